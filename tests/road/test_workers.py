"""Two workers share the work; whoever is killed, frozen or told to end, nothing is lost or done twice.

The portal's log is the witness of what was asked there.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random

import psutil
import pytest
from django.db import connections

from harvester.office import accounts, jobs, lookups, sweep
from harvester.office.models import Account, Lookup, Sighting, Snapshot, Stay
from harvester.office.plan import Urgency
from tests import postgres
from tests.office.conftest import Office
from tests.road import witness
from tests.road.history import ours
from tests.road.light import catalogue
from tests.road.road import TODAY, PortalTime, Road
from tests.road.still import moment

TAKEN_OVER = 5.0
"""Seconds within which somebody else goes on where a worker was killed."""
SERVED = 2.0
"""Seconds within which most people have their answer while everything else is swept."""


@dataclass
class Crew:
    """Workers, and the owners of the accounts that they use."""

    road: Road
    office: Office
    acts: list[tuple[str, str]] = field(default_factory=list)
    working: list[subprocess.Popen[str]] = field(default_factory=list)
    rounds: int = 0

    def start(self, count: int = 1) -> None:
        """Start workers, and wait until they are at work."""
        told = self.office.home / "workers.log"
        for _ in range(count):
            with told.open("a") as log:
                self.working.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "tests.road.working", self.road.control],
                        env={"PATH": os.environ["PATH"], **self.office.environment},
                        stdout=subprocess.PIPE,
                        stderr=log,
                        text=True,
                    )
                )
        for worker in self.working[-count:]:
            assert worker.stdout is not None
            assert worker.stdout.readline(), told.read_text()[-3000:]

    def end(self, worker: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> int:
        """End a worker, and return its exit code."""
        worker.send_signal(how)
        code = worker.wait(60)
        assert worker.stdout is not None
        worker.stdout.close()
        self.working.remove(worker)
        return code

    def act(self) -> None:
        """Let the owners of held accounts look at their portal, and release them."""
        for account in Account.objects.filter(holds__isnull=False, holds__release=None).distinct():
            with suppress(accounts.AccountError):
                self.acts.append((moment(), account.user_name))
                accounts.release(account, by=account.owner)

    def until(self, what: Callable[[], bool], seconds: float = 60.0) -> float:
        """Wait for what the workers do while owners act; return how long it took."""
        began = time.monotonic()
        while not what():
            assert time.monotonic() - began < seconds, "it did not happen"
            self.act()
            time.sleep(0.02)
        return time.monotonic() - began

    def begin(self) -> None:
        """Let everything wait once more: three weeks later all of it is due again."""
        clock = PortalTime(self.road.control).clock
        sweep.begin(TODAY + self.rounds * timedelta(days=22), catalogue(), clock=clock)
        self.rounds += 1


@pytest.fixture
def crew(ways: tuple[Road, Office]) -> Iterator[Crew]:
    road, office = ways
    road.open(0, 1, 2)
    road.follow(ours()[:60])
    road.post("/clock", told_off_seconds=0)
    crew = Crew(road, office)
    yield crew
    for worker in [*crew.working]:
        crew.end(worker)


def _line(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def waiting() -> int:
    return Lookup.objects.filter(state="waiting").count()


def nothing_is_lost_or_done_twice(crew: Crew, broken_off: int) -> None:
    """See what is kept, and by the portal's log what was asked; ``broken_off``: how many workers were."""
    assert set(Lookup.objects.values_list("state", flat=True)) == {"answered"}
    kept = [*Snapshot.objects.values_list("lookup", flat=True)]
    kept += Sighting.objects.values_list("lookup", flat=True)
    assert len(kept) == len(set(kept)) == Lookup.objects.count()
    log = crew.road.log
    assert witness.harm(log, crew.acts) == []
    details = Counter(
        one["path"] for one in log["requests"] if one["user"] and one["path"].startswith("/claims/")
    )
    repeated = sum(details.values()) - Lookup.objects.count()
    # Each of the three accounts has one stay, and each stay one lookup in flight.
    assert 0 <= repeated <= broken_off * len(crew.road.staff), f"{repeated} lookups were repeated"


def gone_on(stay: Stay) -> bool:
    """Whether somebody makes what a stay left undone."""
    rows = Lookup.objects.filter(account=stay.account_id, state="waiting")
    return not rows.exists() or Stay.objects.filter(account=stay.account_id, began__gt=stay.began).exists()


def answered(row: int) -> bool:
    return Lookup.objects.get(pk=row).state == "answered"


def caught(crew: Crew) -> subprocess.Popen[str]:
    """Freeze a worker in the middle of a stay, and not while it alone may write; return it."""
    for _ in range(9):
        crew.begin()
        crew.until(in_the_middle)
        for worker in crew.working:
            worker.send_signal(signal.SIGSTOP)
            if in_the_middle_of(worker) and writable(crew):
                return worker
            worker.send_signal(signal.SIGCONT)
        crew.until(all_answered)
    raise AssertionError("no worker was caught in the middle of a stay")


def writable(crew: Crew) -> bool:
    """Whether the others can write; on PostgreSQL they always can."""
    if connections["default"].vendor != "sqlite":
        return True
    with closing(sqlite3.connect(crew.office.home / "practice.sqlite3", timeout=1)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.rollback()
    return True


def in_the_middle_of(worker: subprocess.Popen[str]) -> bool:
    mine = Stay.objects.filter(ended=None, doing="signed_in", worker__name__contains=f".{worker.pid}.")
    return any(not gone_on(stay) for stay in mine)


def in_the_middle() -> bool:
    return Stay.objects.filter(ended=None, doing="signed_in", done__gt=0).exists()


def all_answered() -> bool:
    return not waiting()


def passed(moment: float) -> bool:
    return time.monotonic() > moment


@pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)
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
    nothing_is_lost_or_done_twice(crew, rounds)


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
    nothing_is_lost_or_done_twice(crew, 200)


@pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)
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


@pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)
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


@pytest.mark.parametrize(
    "ways", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)
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
    nothing_is_lost_or_done_twice(crew, 3 * 2)
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
    nothing_is_lost_or_done_twice(crew, 2)
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
    nothing_is_lost_or_done_twice(crew, 1)


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
