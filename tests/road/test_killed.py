"""``kill -9`` of the sweep alone at random moments: its stays live on to sign out, and nothing is lost.

Of everything else that can be killed tell the histories.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from random import Random

import psutil
import pytest

from harvester.office import accounts, snapshots
from harvester.office.models import Item, Lookup, Sighting, Snapshot
from tests.office.conftest import Office
from tests.road import witness
from tests.road.road import TODAY, Road, items, lookup_states


def killed_at_random(road: Road, office: Office, day: date, chance: Random) -> None:
    """Start a sweep, kill it with no warning after some of its steps, and see its children go."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.road.sweeping", road.control, day.isoformat()],
        env={"PATH": os.environ["PATH"], **office.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as sweeping:
        assert sweeping.stdout is not None
        for _ in range(chance.randint(1, 40)):
            if not sweeping.stdout.readline():
                break
        family = psutil.Process(sweeping.pid).children(recursive=True) if sweeping.poll() is None else []
        sweeping.send_signal(signal.SIGKILL)
    # A killed sweep's stays sign out by themselves, and only then can the accounts be used again.
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


@pytest.mark.long  # in `make test` workers with light stays are killed, and each process of a stay alone
@pytest.mark.parametrize(("seed", "rounds"), [(0, 1), (1, 5), (2, 5), (3, 5), (4, 5)])
def test_a_sweep_killed_at_random_moments_loses_nothing_and_repeats_no_harm(
    road: Road, office: Office, seed: int, rounds: int
) -> None:
    chance = Random(seed)
    road.open(0, 1, 2)
    road.follow(chance.sample(items("claims"), 9), chance.sample(items("appointments"), 3))
    for number in range(rounds):
        day = TODAY + timedelta(days=number)
        road.post("/clock", date=day.isoformat())
        killed_at_random(road, office, day, chance)
        for account in road.staff.values():
            accounts.release(account, by=account.owner)
        road.sweep(day)
        # Attempts that the kill left unfinished hold their accounts, until their owners have looked.
        for account in road.staff.values():
            accounts.release(account, by=account.owner)
        if "waiting" in lookup_states():
            road.sweep(day)
        left = [
            (row.state, row.trouble, *snapshots.words(row))
            for row in Lookup.objects.exclude(state="answered")
        ]
        assert left == []
        answered = Counter(Lookup.objects.filter(day=day, kind="claim").values_list("item", flat=True))
        assert set(answered.values()) == {1}
        comparison = road.compared()
        assert comparison, (comparison.sentence, comparison.differences[:5])

    stored = Snapshot.objects.count() + Sighting.objects.count()
    assert stored == Lookup.objects.count()
    assert Item.objects.count() == 12
    log = road.log
    assert witness.harm(log) == []
    assert {one["result"] for one in log["sign_ins"]} == {"accepted"}
    assert all(session["closed"] for session in log["sessions"])
