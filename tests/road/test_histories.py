"""Account safety over whole histories; the portal's own log is the only witness."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from harvester.office.attempts import UNFINISHED
from harvester.office.models import Attempt, Hold, Lookup, Pause, Sighting, Snapshot
from tests.office.conftest import Office
from tests.road import witness
from tests.road.history import Plan, Told, made, ours
from tests.road.road import Road

LITTLE = {UNFINISHED: 1, "WrongPassword": 1}
MUCH = {UNFINISHED: 10, "WrongPassword": 5}
"""Holds that a history has to have, or it says nothing."""


@dataclass
class History:
    """What happened in one history, and the portal's log of it."""

    told: Told
    log: Any

    @property
    def figures(self) -> str:
        """What it came to, for people to read."""
        told, held = self.told, Counter(Hold.objects.values_list("trouble", flat=True))
        counted = Counter(Lookup.objects.values_list("state", flat=True))
        return (
            f"portal {witness.results(self.log)}, kills {dict(told.kills)} every {told.pace} s, "
            f"holds {dict(held)}, pauses {Pause.objects.count()}, passwords entered {told.entered}, "
            f"lookups {dict(counted)}, sightings {Sighting.objects.count()}"
        )

    def count(self, *results: str) -> int:
        """Count sign-ins in the portal's log by how they went."""
        return sum(one["result"] in results for one in self.log["sign_ins"])


def history(
    road: Road, office: Office, seed: int, *, people: int = 3, claims: int = 60, **more: Any
) -> History:
    """Make a history, and see that nothing is in it that must not be."""
    road.open(*range(people))
    road.follow(ours()[:claims])
    # Nobody's clock jumps here while somebody signs in: the portal may tell the time.
    road.post("/clock", told_off_seconds=0)
    passwords = {one["user"]: one["password"] for one in road.get("/cast")["staff"][:people]}
    told = made(Plan(control=road.control, seed=seed, passwords=passwords, **more), office.environment)
    log = road.log
    (office.home / "log.json").write_text(json.dumps([log, told.acts]))
    assert witness.harm(log, told.acts) == []
    # Whatever reached the portal had been written down before.
    tried = Counter(one["user"] for one in log["sign_ins"] if one["which"] is not None)
    for user, account in road.staff.items():
        assert tried[user] <= Attempt.objects.filter(account=account, kind="password").count()
    return History(told, log)


def nothing_is_lost(told: Told) -> None:
    """See that every lookup was answered, once, and that whatever was told to be kept is kept."""
    assert set(Lookup.objects.values_list("state", flat=True)) == {"answered"}
    kept = [*Snapshot.objects.values_list("lookup", flat=True)]
    kept += Sighting.objects.values_list("lookup", flat=True)
    assert len(kept) == len(set(kept)) == Lookup.objects.filter(state="answered").count()
    assert set(told.kept) <= set(kept)
    swept = Counter(
        Lookup.objects.filter(requested_by=None, kind="claim", state="answered").values_list("item", "day")
    )
    assert set(swept.values()) == {1}


def killed(
    ways: tuple[Road, Office], record: Callable[[str, object], None], seed: int, **more: Any
) -> History:
    """Make a history with kills in it, and see that it was one."""
    found = history(*ways, seed, **more)
    record(f"seed {seed}", found.figures)
    nothing_is_lost(found.told)
    held = Counter(Hold.objects.values_list("trouble", flat=True))
    assert all(held[trouble] >= count for trouble, count in more["until"].items())
    assert found.count("accepted") > sum(more["until"].values())
    assert found.count("rejected") >= held["WrongPassword"]
    return found


@pytest.mark.parametrize("ways", ["office"], indirect=True)
def test_t_acc_02_killed_at_any_moment_no_password_is_refused_twice(
    ways: tuple[Road, Office], record_property: Callable[[str, object], None]
) -> None:
    killed(ways, record_property, 0, seconds=1.5, until=LITTLE, claims=12, changes=0.2)


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "ways"),
    [(seed, ("office", "postgresql_office")[seed % 2]) for seed in range(50)],
    indirect=["ways"],
)
def test_t_acc_02_histories(
    ways: tuple[Road, Office], seed: int, record_property: Callable[[str, object], None]
) -> None:
    found = killed(ways, record_property, seed, seconds=60, until=MUCH)
    assert found.told.kills["worker"] > 100


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ways", ["office"], indirect=True)
def test_t_acc_02_with_browsers_of_which_any_process_is_killed(
    ways: tuple[Road, Office], seed: int, record_property: Callable[[str, object], None]
) -> None:
    found = killed(
        ways, record_property, seed, seconds=90, until=LITTLE, pace=0.7, claims=12, changes=0.2, real=True
    )
    assert {"worker", "child", "driver", "browser"} <= set(found.told.kills)


@pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)
def test_t_acc_01_four_processes_with_a_wrong_password_try_it_once(ways: tuple[Road, Office]) -> None:
    road, office = ways
    user = road.get("/cast")["staff"][0]["user"]
    road.post(f"/staff/cascadia/{user}", password="Another-Password-1")
    found = history(road, office, 0, people=1)
    assert [(one["user"], one["result"]) for one in found.log["sign_ins"]] == [(user, "rejected")]
    assert Lookup.objects.filter(state="waiting").count() == Lookup.objects.count() == 100
    assert Hold.objects.get().trouble == "WrongPassword"
