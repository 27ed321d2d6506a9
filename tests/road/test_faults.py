"""What happens to a practice: its database goes away, its clock jumps, whatever a stay consists of dies."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

import psutil
import pytest
from django.db import connections

from harvester.office import jobs, lookups
from harvester.office.models import Account, Lookup, PortalSetting, Stay, Sweep
from harvester.office.plan import Urgency
from tests import postgres
from tests.road import witness
from tests.road.crew import (
    Crew,
    all_answered,
    answered,
    caught,
    in_the_middle,
    nothing_is_lost_or_done_twice,
    passed,
    waiting,
)
from tests.road.history import ours
from tests.road.road import TODAY
from tests.road.working import JUMPS, portals

EITHER = pytest.mark.parametrize("ways", ["office", "postgresql_office"], indirect=True)


VICTIMS = {
    "worker": "tests.road.working",
    "child": "harvester.visit",
    "driver": "run-driver",
    "browser": "--headless",
}
"""Whatever a stay consists of, by what its command line has."""


def called(process: psutil.Process) -> str:
    """Return what a process is of a stay; empty for what else there is."""
    with suppress(psutil.Error):
        line = " ".join(process.cmdline())
        return next((name for name, sign in VICTIMS.items() if sign in line), "")
    return ""


@pytest.mark.long
@EITHER
def test_whatever_of_a_stay_is_killed_at_two_hundred_moments_nothing_is_lost(
    crew: Crew, record_property: Callable[[str, object], None]
) -> None:
    chance, killed = Random(1), Counter[str]()
    crew.real = True
    crew.start(2)
    while killed.total() < 200:
        if not waiting():
            crew.begin()
        crew.until(partial(somebody_is_there, crew), 120)
        crew.until(partial(passed, time.monotonic() + chance.uniform(0, 3)))
        family = crew.family()
        there = {called(one): one for one in chance.sample(family, len(family))}
        there.pop("", None)
        kind = chance.choice(["worker", *sorted(there)])
        killed[kind] += 1
        if kind == "worker":
            crew.end(chance.choice(crew.working))
            crew.start()
        else:
            with suppress(psutil.Error):
                there[kind].kill()
    in_peace(crew)
    record_property("killed", dict(killed))
    record_property("lookups", Lookup.objects.count())
    record_property("sign-ins", witness.results(crew.road.log))
    assert min(killed[kind] for kind in VICTIMS) > 20
    nothing_is_lost_or_done_twice(crew, killed["worker"] * len(crew.road.staff) + killed.total())
    crew.family()
    for worker in [*crew.working]:
        assert crew.end(worker, signal.SIGTERM) == 0
    crew.until(lambda: crew.family() == [])


def somebody_is_there(crew: Crew) -> bool:
    """Whether a stay is under way; whoever was unlucky rests for some minutes, which pass at once."""
    if any(called(one) == "child" for one in crew.family()):
        return True
    crew.time.sleep(30)
    return False


def in_peace(crew: Crew) -> None:
    """Let everything that still waits be looked up; whoever rests for long does so at once."""
    for _ in range(60):
        if all_answered():
            return
        crew.until(partial(passed, time.monotonic() + 5))
        crew.time.sleep(600)
    raise AssertionError(f"{waiting()} lookups wait for ever")


@pytest.mark.long
@EITHER
def test_a_worker_whose_clock_jumps_loses_nothing(crew: Crew) -> None:
    crew.start(2)
    for _ in JUMPS:
        crew.begin()
        crew.until(in_the_middle)
        crew.working[0].send_signal(signal.SIGUSR1)
        crew.until(partial(passed, time.monotonic() + 5))
        crew.begin()  # whoever signs in from here on does so by the other clock
        crew.until(partial(passed, time.monotonic() + 5))
    in_peace(crew)
    assert Stay.objects.filter(trouble="ClockWrong").exists(), "nobody noticed that the clock had jumped"
    nothing_is_lost_or_done_twice(crew, len(JUMPS) * len(crew.road.staff))
    assert [worker.poll() for worker in crew.working] == [None, None]


@pytest.mark.long
@EITHER
def test_a_night_that_two_workers_plan_is_planned_once(crew: Crew) -> None:
    crew.plans = True
    soon = datetime.now(ZoneInfo(portals(real=False).portals[0].rules.zone)) + timedelta(seconds=75)
    PortalSetting.objects.filter(portal="cascadia").update(
        sweep_at=soon.time().replace(second=0, microsecond=0)
    )
    crew.start(2)
    crew.until(Sweep.objects.exists, 120)
    crew.until(Lookup.objects.exists)
    crew.until(all_answered)
    crew.until(partial(passed, time.monotonic() + 5))
    assert [run.nightly for run in Sweep.objects.all()] == [True]
    assert Lookup.objects.count() == 60
    nothing_is_lost_or_done_twice(crew, 0)


@pytest.mark.long
@EITHER
def test_a_worker_that_is_frozen_for_minutes_keeps_its_accounts_and_goes_on(crew: Crew) -> None:
    crew.start(2)
    victim = caught(crew)
    mine = Stay.objects.filter(ended=None, worker__name__contains=f".{victim.pid}.")
    frozen = set(mine.values_list("account", flat=True))
    crew.until(partial(passed, time.monotonic() + 180), 200)
    left = Lookup.objects.filter(state="waiting")
    assert set(left.values_list("account", flat=True)) <= frozen
    assert left.exists()
    victim.send_signal(signal.SIGCONT)
    # What it had just asked the portal for was not answered in time, and it rests as after any such trouble.
    in_peace(crew)
    nothing_is_lost_or_done_twice(crew, len(frozen))
    assert [worker.poll() for worker in crew.working] == [None, None]


@pytest.mark.long
@pytest.mark.parametrize("ways", ["postgresql_office"], indirect=True)
def test_t_ops_04_a_database_that_restarts_in_the_middle_loses_nothing(crew: Crew, postgresql: str) -> None:
    crew.start(2)
    for _ in range(3):
        crew.begin()
        crew.until(in_the_middle)
        postgres.restart(postgresql)
        connections.close_all()
        crew.until(all_answered, 120)
    nothing_is_lost_or_done_twice(crew, 3 * len(crew.road.staff))
    assert [worker.poll() for worker in crew.working] == [None, None]


@pytest.mark.long
@pytest.mark.parametrize("ways", ["office"], indirect=True)
def test_t_ops_04_a_database_that_is_locked_for_a_minute_loses_nothing(crew: Crew) -> None:
    crew.start(2)
    crew.begin()
    crew.until(in_the_middle)
    with closing(sqlite3.connect(crew.office.home / "practice.sqlite3", timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(60)
        other.rollback()
    crew.until(all_answered, 120)
    nothing_is_lost_or_done_twice(crew, len(crew.road.staff))
    assert [worker.poll() for worker in crew.working] == [None, None]


@pytest.mark.parametrize("ways", ["office"], indirect=True)
def test_t_ops_01_where_nothing_can_be_written_nobody_signs_in(crew: Crew) -> None:
    crew.start(1)
    crew.begin()
    (worker,) = crew.working
    crew.until(in_the_middle)
    # Whatever is written from here on is refused, as on a full disk.
    full = psutil.Process(worker.pid)
    full.rlimit(psutil.RLIMIT_FSIZE, (1, psutil.RLIM_INFINITY))
    crew.until(partial(passed, time.monotonic() + 3))
    before = waiting(), len(crew.road.log["sign_ins"])
    crew.until(partial(passed, time.monotonic() + 3))
    assert (waiting(), len(crew.road.log["sign_ins"])) == before
    assert waiting()
    full.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    crew.until(all_answered)
    nothing_is_lost_or_done_twice(crew, len(crew.road.staff))


@pytest.mark.long
@pytest.mark.parametrize("ways", ["office"], indirect=True)
def test_t_ops_08_five_hundred_stays_in_a_row_leave_nothing_behind(
    crew: Crew, record_property: Callable[[str, object], None]
) -> None:
    crew.start(1)
    (worker,) = crew.working
    process, people = psutil.Process(worker.pid), list(Account.objects.select_related("owner"))
    size: dict[int, tuple[int, int]] = {}
    for number in range(1, 501):
        account = people[number % len(people)]
        asker = lookups.Asker(TODAY, "they asked", Urgency.PERSON_WAITS, person=account.owner)
        row = lookups.lookup(ours()[number % 60].claim_query("CMHP1"), account, asker)
        row.save()
        jobs.ask(account.pk)
        crew.until(partial(answered, row.pk))
        if number in (100, 500):
            size[number] = process.memory_info().rss, process.num_fds()
    record_property("bytes and descriptors after 100 and 500 stays", size)
    assert Stay.objects.filter(trouble="").count() == 500
    assert size[500][0] <= 1.05 * size[100][0]
    assert size[500][1] <= 1.05 * size[100][1] + 1
    assert [one for one in process.children() if one.status() == psutil.STATUS_ZOMBIE] == []
