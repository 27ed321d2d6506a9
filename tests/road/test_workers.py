"""Two workers share the work; whoever is killed, frozen or told to end, nothing is lost or done twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random

import psutil
import pytest

from harvester.office import jobs, lookups
from harvester.office.models import Account, Lookup, Stay
from harvester.office.plan import Urgency
from tests.road import witness
from tests.road.crew import (
    Crew,
    all_answered,
    answered,
    caught,
    gone_on,
    nothing_is_lost_or_done_twice,
    passed,
    waiting,
)
from tests.road.history import ours
from tests.road.road import TODAY

TAKEN_OVER = 5.0
"""Seconds within which somebody else goes on where a worker was killed."""
SERVED = 2.0
"""Seconds within which most people have their answer while everything else is swept."""
BOTH = pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)


def _line(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


@BOTH
def test_where_a_worker_is_killed_another_goes_on_within_seconds(
    crew: Crew, record_property: Callable[[str, object], None]
) -> None:
    crew.start(2)
    took, rounds = [], 2
    for _ in range(rounds):
        victim = caught(crew)
        mine = Stay.objects.filter(ended=None, worker__name__contains=f".{victim.pid}.")
        broken_off = [stay for stay in mine if not gone_on(stay)]
        crew.end(victim)
        took += [crew.until(partial(gone_on, stay)) for stay in broken_off]
        crew.start()
        crew.until(all_answered)
    record_property("taken over after", [round(one, 2) for one in took])
    assert took
    assert all(one <= TAKEN_OVER for one in took)
    nothing_is_lost_or_done_twice(crew, rounds * len(crew.road.staff))


@pytest.mark.long
@pytest.mark.parametrize("ways", ["office", "postgresql_office"], indirect=True)
def test_workers_killed_at_two_hundred_random_moments(
    crew: Crew, record_property: Callable[[str, object], None]
) -> None:
    chance = Random(1)
    crew.start(2)
    for _ in range(200):
        if not waiting():
            crew.begin()
        crew.until(partial(passed, time.monotonic() + chance.random()))
        crew.end(chance.choice(crew.working))
        crew.start()
    crew.until(all_answered, 600)
    record_property("lookups", Lookup.objects.count())
    record_property("sign-ins", witness.results(crew.road.log))
    nothing_is_lost_or_done_twice(crew, 200 * len(crew.road.staff))


@BOTH
def test_a_worker_that_is_frozen_keeps_its_accounts_and_goes_on(crew: Crew) -> None:
    crew.start(2)
    victim = caught(crew)
    mine = Stay.objects.filter(ended=None, worker__name__contains=f".{victim.pid}.")
    frozen = {stay.account_id for stay in mine}
    assert frozen
    others = Lookup.objects.filter(state="waiting").exclude(account__in=frozen)
    crew.until(lambda: not others.exists())
    kept = list(mine.values_list("pk", flat=True))
    assert not Stay.objects.filter(account__in=frozen, ended=None).exclude(pk__in=kept).exists()
    assert Lookup.objects.filter(state="waiting", account__in=frozen).exists()
    victim.send_signal(signal.SIGCONT)
    crew.until(all_answered)
    nothing_is_lost_or_done_twice(crew, 0)


@BOTH
def test_a_worker_that_is_told_to_end_leaves_nothing_open_and_the_other_goes_on(crew: Crew) -> None:
    crew.start(2)
    first = caught(crew)
    first.send_signal(signal.SIGTERM)
    assert crew.end(first, signal.SIGCONT) == 0
    crew.until(all_answered)
    assert crew.end(crew.working[0], signal.SIGTERM) == 0
    assert not Stay.objects.filter(ended=None).exists()
    nothing_is_lost_or_done_twice(crew, 0)
    left = [one for one in psutil.process_iter() if crew.road.control in _line(one)]
    assert left == []


@BOTH
def test_people_are_served_within_seconds_beside_a_full_sweep(
    crew: Crew, record_property: Callable[[str, object], None]
) -> None:
    chance = Random(2)
    asked = ours()[60:80]
    everybody = list(Account.objects.select_related("owner"))
    crew.start(2)
    took = []
    for one in asked:
        if not waiting():
            crew.begin()
        account = chance.choice(everybody)
        asker = lookups.Asker(TODAY, "they asked", Urgency.PERSON_WAITS, person=account.owner)
        row = lookups.lookup(one.claim_query("CMHP1"), account, asker)
        row.save()
        jobs.ask(account.pk)
        took.append(crew.until(partial(answered, row.pk)))
    record_property("served after", sorted(round(one, 2) for one in took))
    assert sorted(took)[round(len(took) * 0.95) - 1] <= SERVED
    crew.until(all_answered)
    nothing_is_lost_or_done_twice(crew, 0)
