"""A trouble at the portal ends in a state of its lookups and accounts, and the next sweep recovers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from harvester.office import accounts, snapshots
from harvester.office.models import Evidence, Hold, Lookup, Snapshot
from tests.road.road import TODAY, Road, items, lookup_states

TOMORROW = TODAY + timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A trouble, and what comes of it."""

    name: str
    value: object = None
    lookups: str = "waiting"
    """State of every lookup afterwards, or ``refused`` and the like for ``only``."""
    trouble: str = ""
    hold: str = ""
    where: str = ""
    """The field that a refusal names, as a pattern."""
    only: tuple[str, ...] = ()
    """The kinds of lookup that the trouble concerns, where it does not concern all."""


CASES = [
    Case("unavailable", trouble="PortalUnavailable"),
    Case("code_rejected", trouble="CodeRejected", hold="CodeRejected"),
    Case("expire_after", 60, lookups="answered"),
    Case(
        "wrong_patient",
        lookups="refused",
        trouble="WrongPage",
        where="member_id|claim_number",
        only=("eligibility", "claim"),
    ),
    Case("column_swap", "grid", lookups="refused", trouble="PortalChanged", where="billed", only=("claim",)),
]
"""One of each kind of outcome: what each trouble comes to is the flow's own test's."""
SLOW = ("column_swap", "expire_after", "unavailable", "wrong_patient")
"""Cases that the flow's own test plays too, without an office: these are `make test-long`'s."""


def sample(road: Road) -> None:
    """Follow a claim whose amounts tell columns apart, and an appointment."""
    paid = {
        claim["patient_account_number"]["value"]
        for claim in road.get("/truth/cascadia")["claims"]
        if (claim["paid"]["value"] or "0.00") not in ("0.00", claim["billed"]["value"])
    }
    claims = [item for item in items("claims") if item.patient_account_number in paid]
    road.follow(claims[:2], items("appointments")[:1])


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.long] if case.name in SLOW else [])
        for case in CASES
    ],
)
def test_a_trouble_has_its_outcome_and_the_next_sweep_recovers(road: Road, case: Case) -> None:
    road.open(0)
    sample(road)
    road.post("/trouble/cascadia", name=case.name, on=True, **({"value": case.value} if case.value else {}))
    report = road.sweep()

    concerned = Lookup.objects.filter(kind__in=case.only) if case.only else Lookup.objects.all()
    assert {row.state for row in concerned} == {case.lookups}
    if case.lookups == "refused":
        assert {row.trouble for row in concerned} == {case.trouble}
        assert all(re.search(case.where, snapshots.words(row)[1]) for row in concerned)
        assert not Snapshot.objects.filter(lookup__in=concerned).exists()
        assert all(Evidence.objects.filter(lookup=row, refused=True).exists() for row in concerned)
    elif case.trouble:
        assert [stay.trouble for stay in report.stays] == [case.trouble]
        assert not Snapshot.objects.exists()
        assert not Evidence.objects.exists()
    assert list(Hold.objects.values_list("trouble", flat=True)) == ([case.hold] if case.hold else [])
    assert len([one for one in road.log["sign_ins"] if one["result"] != "accepted"]) <= 1

    road.post("/trouble/cascadia", name=case.name, on=False)
    for account in road.staff.values():
        accounts.release(account, by=account.owner)
    day = TODAY if case.lookups == "waiting" else TOMORROW
    road.post("/clock", date=day.isoformat())
    road.sweep(day)

    assert lookup_states().get("waiting", 0) == 0
    comparison = road.compared()
    assert comparison, (comparison.sentence, comparison.differences[:5])
    assert road.log["mutations"] == []
    assert all(session["closed"] for session in road.log["sessions"])
