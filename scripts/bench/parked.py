"""A person who asks beside a worker that remains signed in with the person's account.

``python -m scripts.bench.parked TOLD ANSWER``, with ``HARVESTER_HOME`` set.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from harvester.office import ready
from scripts.bench.job import now
from scripts.bench.portal import Mock

if TYPE_CHECKING:
    from harvester.office.models import Account


def practised(told: Mapping[str, Any]) -> Account:
    """Make the practice, and a person whose account a worker may remain signed in with."""
    from harvester.office import accounts, practice
    from harvester.office.models import Person
    from harvester.visit.wire import Context

    day, tin = date.fromisoformat(told["day"]), told["tin"].replace("-", "")
    practice.init("Bench", tins=(tin,), npis=())
    accounts.set_address("cascadia", told["address"])
    person = Person.objects.create_user("desk")
    account = accounts.add(
        portal="cascadia",
        owner=person,
        user_name=told["user"],
        password=told["password"],
        seed=told["seed"],
        context=Context(tin=tin),
    )
    accounts.keep_signed_in(account, by=person, day=day)
    return account


def answered(told: Mapping[str, Any], account: Account) -> list[dict[str, Any]]:
    """Ask one thing after another; return the answers, how long each took, and the portal's part."""
    from harvester.model.query import EligibilityQuery
    from harvester.office import sweep
    from harvester.visit import client

    day, known = date.fromisoformat(told["day"]), client.catalogue()
    mock = Mock(httpx.Client(base_url=told["control"], timeout=30), told["address"], "cascadia")
    found = []
    for asked in told["queries"]:
        before, began = mock.served(), now()
        looked = sweep.lookup_now(
            EligibilityQuery.model_validate(asked), account.owner, today=day, catalogue=lambda: known
        )
        seconds = now() - began
        part = mock.served().since(before)
        if looked.answer is None:
            sys.exit(f"It was not looked up: {looked.reason}")
        found.append(
            {
                "seconds": seconds,
                "requests": part.requests,
                "portal_seconds": part.seconds,
                "answer": looked.answer.model_dump(mode="json"),
            }
        )
    return found


def main(told: Path, answer: Path) -> None:
    """Start a worker for a new practice, ask, and end it."""
    ready()
    asked = json.loads(told.read_text())
    account = practised(asked)
    command: list[str | Path] = [Path(sys.executable).with_name("harvester"), "worker"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        try:
            assert worker.stdout is not None
            if not worker.stdout.readline():  # it says that it works
                sys.exit("No worker works.")
            found = answered(asked, account)
        finally:
            worker.terminate()
    if account.stays.filter(worker=None).exists() or account.stays.count() != 1:
        sys.exit("It was not one stay of the worker's that looked it all up.")
    answer.write_text(json.dumps(found))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
