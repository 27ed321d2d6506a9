"""A practice with many open claims: its worklist, one night's sweep, and whether what is kept is true.

``python -m scripts.bench.nights TOLD ANSWER``, with ``HARVESTER_HOME`` set.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from harvester.office import ready

PAYER = "Cascadia Mutual Health Plan"


def practice(told: Mapping[str, Any]) -> None:
    """Make the practice, one account, and a worklist of all claims that are on file."""
    from harvester.model.work import WorkItem
    from harvester.office import accounts, practice, worklist
    from harvester.office.models import Person
    from harvester.visit import client
    from harvester.visit.wire import Context

    tin, day = told["tin"].replace("-", ""), date.fromisoformat(told["day"])
    practice.init("Bench", tins=(tin,), npis=())
    people = {one["member_id"]: one for one in told["members"]}
    items = []
    for claim in told["claims"]:
        member = people[claim["member_id"]["value"]]
        items.append(
            WorkItem(
                kind="claim",
                payer=PAYER,
                member_id=member["member_id"],
                patient_last=member["last_name"],
                patient_first=member["first_name"],
                birth_date=member["birth_date"],
                patient_account_number=claim["patient_account_number"]["value"],
                payer_claim_number=claim["claim_number"]["value"],
                service_from=claim["service_from"]["value"],
                service_to=claim["service_to"]["value"],
                billed=Decimal(claim["billed"]["value"]),
                submitted_date=day - timedelta(days=30),
                tin=tin,
            )
        )
    worklist.import_items(items, source="bench", catalogue=client.catalogue())
    accounts.set_address("cascadia", told["address"])
    accounts.add(
        portal="cascadia",
        owner=Person.objects.create_user("biller"),
        user_name=told["user"],
        password=told["password"],
        seed=told["seed"],
        context=Context(tin=tin),
        sweep_consent=day,
    )


def forget(share: float) -> None:
    """Let so many claims be shown otherwise on the list than when they were last looked up."""
    from harvester.office.models import Listed

    rows = list(Listed.objects.order_by("pk").values_list("pk", flat=True))
    some = Random(0).sample(  # noqa: S311 - which ones is no secret
        rows, round(share * len(rows))
    )
    Listed.objects.filter(pk__in=some).update(seen="otherwise", opened="otherwise")


def night(told: Mapping[str, Any]) -> dict[str, int]:
    """Sweep on a day; return how many lookups of which kind were answered, and what else came of them."""
    from harvester.office.engine import swept
    from harvester.office.models import Lookup

    report = swept(date.fromisoformat(told["day"]))
    rows = Lookup.objects.filter(sweep=report.sweep)
    answered = Counter(rows.filter(state="answered").values_list("kind", flat=True))
    return {**answered, "not answered": rows.exclude(state="answered").count()}


def checked(told: Mapping[str, Any]) -> list[str]:
    """Return where the newest snapshots of the claims are not the portal's truth, if anywhere."""
    from harvester.office import lookups, snapshots
    from harvester.office.models import Item, Snapshot
    from harvester.testing.truth import Comparison, compare

    comparison = Comparison()
    comparison.again = True
    for item in Item.objects.all():
        newest = Snapshot.objects.filter(item=item, kind="claim").order_by("pk").last()
        if newest is None:
            comparison.differences.append("a claim was never looked up")
            continue
        asked, answer = lookups.asked(newest.lookup), snapshots.answer(newest)
        compare(comparison, asked, answer, told, f"claim {item.pk}")
    return [] if comparison else [comparison.sentence, *comparison.differences[:5]]


def main(told: Path, answer: Path) -> None:
    """Do one of it."""
    ready()
    asked = json.loads(told.read_text())
    do: dict[str, Callable[[Any], object]] = {
        "practice": practice,
        "forget": lambda one: forget(one["share"]),
        "night": night,
        "checked": checked,
    }
    answer.write_text(json.dumps(do[asked["do"]](asked)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
