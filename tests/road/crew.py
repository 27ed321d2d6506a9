"""Workers that share the work, to be killed, frozen and told to end; the portal's log is the witness."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import psutil
from django.db import connections

from harvester.office import accounts, pauses, sweep
from harvester.office.models import Account, Lookup, Sighting, Snapshot, Stay
from tests.office.conftest import Office
from tests.road import witness
from tests.road.road import TODAY, Road
from tests.road.still import StillTime, moment
from tests.road.working import portals

LATER = timedelta(days=22)
"""After so long everything is due again."""


@dataclass
class Crew:
    """Workers, and the owners of the accounts that they use.

    ``real``: whether their stays have browsers; ``plans``: whether they plan the nights.
    """

    road: Road
    office: Office
    real: bool = False
    plans: bool = False
    acts: list[tuple[str, str]] = field(default_factory=list)
    working: list[subprocess.Popen[str]] = field(default_factory=list)
    seen: set[psutil.Process] = field(default_factory=set)
    """What workers started, as far as somebody looked."""
    rounds: int = 0

    def start(self, count: int = 1) -> None:
        """Start workers, and wait until they are at work."""
        told = self.office.home / "workers.log"
        words = ["real"] * self.real + ["plans"] * self.plans
        for _ in range(count):
            with told.open("a") as log:
                self.working.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "tests.road.working", self.road.control, *words],
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

    def family(self) -> list[psutil.Process]:
        """Return what the workers started and has not ended."""
        for worker in self.working:
            with suppress(psutil.Error):
                self.seen.update(psutil.Process(worker.pid).children(recursive=True))
        return sorted((one for one in self.seen if one.is_running()), key=lambda one: one.pid)

    def act(self) -> None:
        """Let the owners of held accounts look at their portal, and release them."""
        for account in Account.objects.filter(holds__isnull=False, holds__release=None).distinct():
            with suppress(accounts.AccountError):
                self.acts.append((moment(), account.user_name))
                accounts.release(account, by=account.owner)
        if pauses.paused("cascadia") is not None:
            pauses.resume("cascadia", by=Account.objects.all()[0].owner)

    def until(self, what: Callable[[], bool], seconds: float = 60.0) -> float:
        """Wait for what the workers do while owners act; return how long it took."""
        began = time.monotonic()
        while not what():
            assert time.monotonic() - began < seconds, "it did not happen"
            self.act()
            time.sleep(0.02)
        return time.monotonic() - began

    def begin(self) -> None:
        """Let everything wait once more."""
        sweep.begin(TODAY + self.rounds * LATER, portals(real=self.real), clock=self.time.clock)
        self.rounds += 1

    @property
    def time(self) -> StillTime:
        """The portal's, which can be moved on while nobody is on the way in."""
        return StillTime(self.road.control, self.office.home)


def waiting() -> int:
    return Lookup.objects.filter(state="waiting").count()


def nothing_is_lost_or_done_twice(crew: Crew, broken_off: int) -> None:
    """See what is kept, and by the portal's log what was asked; ``broken_off``: how many stays at most."""
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
    # A stay has one lookup in flight.
    assert 0 <= repeated <= broken_off, f"{repeated} lookups were repeated"


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
