"""A history: many processes at work with a few accounts, killed at random, while passwords change.

It is made by a process of its own (:mod:`tests.road.making`), which does what the accounts' owners do, and
forks another that starts the workers and kills them meanwhile. Who forks has neither thread nor connection.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

import psutil
from django.db import connections
from pydantic import BaseModel

from harvester.model.query import Query
from harvester.model.work import WorkItem
from harvester.office import accounts, lookups, pauses, sweep
from harvester.office.keys import keys
from harvester.office.models import Account, AttemptEnd, Lookup, Person
from tests.office import alone
from tests.road.light import LightStay, catalogue
from tests.road.road import TODAY, items
from tests.road.road import catalogue as installed
from tests.road.still import StillStay, StillTime, moment

WORKERS = 4
DAY = 3.0
"""Seconds of a history after which the practice's next day begins, and everything is due again."""
ASKED = 40
"""How many claims people ask for."""
PATIENCE = 60.0
WORDS = "Harbor-Lantern"
"""What new passwords begin with."""


def ours() -> list[WorkItem]:
    """Return the claims under the tax id of the accounts."""
    return [one for one in items("claims") if one.tin == "007300142"]


class Plan(BaseModel):
    """What is to happen; ``passwords`` are the right ones at the beginning, by user name."""

    control: str
    seed: int
    passwords: dict[str, str]
    seconds: float = 0.0
    """How long workers are killed; 0: each does its work once and ends, and nobody is killed."""
    until: dict[str, int] = {}
    """How many holds for what there have to be before it ends, and more sign-ins than these.

    A slow machine gets a minute more.
    """
    pace: float = 0.03
    """Seconds from one kill to the next."""
    real: bool = False
    """Whether stays have browsers, which then are killed too."""
    changes: float = 0.05
    """How likely it is between two kills that a password changes at the portal."""


class Killed(BaseModel):
    """What was done to the workers."""

    kills: Counter[str] = Counter()
    """By what was killed."""
    pace: float = 0.0
    """Seconds from one kill to the next, in the middle."""
    defects: int = 0
    """Workers that ended by themselves, other than they should."""


class Told(Killed):
    """What happened, as far as the portal cannot know it."""

    acts: list[tuple[str, str]] = []
    """When which account's owner acted: moments as the portal's log has them, and user names."""
    entered: int = 0
    """How many new passwords were entered."""
    holds: Counter[str] = Counter()
    """What accounts were on hold for, where an owner acted."""
    kept: list[int] = []
    """Lookups of which a worker was told that they have an answer."""
    reasons: Counter[str] = Counter()
    """Why lookups of workers that were not killed were not answered."""


class Owners:
    """The accounts' owners: they sign in by hand, enter what works, and release; portals are resumed.

    What works at the portal is known here, and only here: each owner changes the own password.
    """

    def __init__(self, plan: Plan, told: Told) -> None:
        self._control, self._told = StillTime(plan.control, Path(os.environ["HARVESTER_HOME"])), told
        self._works = dict(plan.passwords)
        self._entered = dict(plan.passwords)
        self._refuses: set[str] = set()
        self._accounts = {one.user_name: one for one in Account.objects.select_related("owner")}

    def odd(self, chance: Random, likely: float) -> None:
        """Let something happen at the portal, perhaps."""
        user = chance.choice(sorted(self._works))
        if chance.random() < likely and self._works[user] == self._entered[user]:
            self._works[user] = f"{WORDS}-{chance.randrange(10**8)}"
            self._control.tell(f"/staff/cascadia/{user}", password=self._works[user])
        elif chance.random() < likely / 4 and not self._refuses:
            self._refuses.add(user)
            self._control.tell("/trouble/cascadia", name="code_rejected", on=True, user=user)

    def act(self, user: str) -> None:
        """Look at an account as its owner does, and put right what is wrong there."""
        account = self._accounts[user]
        clock = self._control.clock
        if pauses.paused("cascadia") is not None:
            pauses.resume("cascadia", by=account.owner, note="the owners were asked", clock=clock)
            self._told.holds["PortalPaused"] += 1
        troubles = [hold.trouble for hold in account.holds.filter(release=None)]
        if not troubles:
            return
        self._told.holds.update(troubles)
        if "CodeRejected" in troubles:
            self._refuses.discard(user)
            self._control.tell("/trouble/cascadia", name="code_rejected", on=False)
        # Signing in by hand: whatever the portal counted before, it counts no more.
        self._control.tell(f"/staff/cascadia/{user}", password=self._works[user])
        # Not before: what a killed worker sent may reach a busy portal while the owner is on the way there.
        self._told.acts.append((moment(), user))
        right = self._works[user] == self._entered[user]
        if "WrongPassword" in troubles or not right:
            accounts.replace(account, by=account.owner, password=self._works[user], clock=clock)
            self._entered[user] = self._works[user]
            self._told.entered += 1
        accounts.release(account, by=account.owner, clock=clock)

    def users(self) -> list[str]:
        """Return whose accounts there are."""
        return sorted(self._accounts)


class Workers:
    """The processes that work for the practice; who is killed is replaced at once."""

    def __init__(self, work: Callable[[int], None]) -> None:
        self._work = work
        self._begun = 0
        self._working: set[int] = set()
        self.defects = 0
        """How many ended by themselves, other than they should."""

    def start(self) -> None:
        """Fork another one."""
        connections.close_all()
        self._begun += 1
        if pid := os.fork():
            self._working.add(pid)
            return
        code = 1
        try:
            os.nice(3)  # whoever kills must not wait for whoever is killed
            self._work(self._begun)
            code = 0
        except Exception:  # noqa: BLE001 - shown, and counted by who waits
            traceback.print_exc()
        finally:
            os._exit(code)

    def kill(self, pid: int) -> None:
        """Kill one of them, or something that one of them started."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if pid in self._working:
            self._buried(pid)

    def wait(self) -> None:
        """Wait until all have ended."""
        for pid in sorted(self._working):
            self._buried(pid)

    def end(self) -> None:
        """Kill all."""
        for pid in sorted(self._working):
            self.kill(pid)

    @property
    def pids(self) -> list[int]:
        """Return those that work now."""
        return sorted(self._working)

    def _buried(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        self._working.discard(pid)
        if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
            self.defects += 1


class Work:
    """What a worker does: sweeps and looks up what people ask for, again and again."""

    def __init__(self, plan: Plan, notes: Path) -> None:
        keys()
        self._plan, self._notes = plan, notes
        self._time = StillTime(plan.control, Path(os.environ["HARVESTER_HOME"]))
        self._stay = partial(StillStay if plan.real else LightStay, time=self._time)
        offered = installed() if plan.real else catalogue()
        self._catalogue = lambda: offered
        ordered = Account.objects.select_related("owner").order_by("user_name")
        self._people = [account.owner for account in ordered]
        self._asked = [one.claim_query("CMHP1") for one in ours()[-ASKED:]]
        self._begun = time.monotonic()

    def __call__(self, number: int) -> None:
        """Work until killed, or once where nobody is."""
        chance = Random(f"{self._plan.seed} {number}")
        if self._plan.seconds:
            while True:
                if chance.random() < 1 / 3:
                    self.sweep()
                else:
                    self.lookup(chance.choice(self._people), chance.choice(self._asked))
        if number % 2:
            self.sweep()
        for one in range(10):
            self.lookup(self._people[0], self._asked[10 * number - one - 1])

    def sweep(self) -> None:
        """Look up what is due."""
        report = alone.swept(
            today=self._today,
            stay=self._stay,
            catalogue=self._catalogue,
            clock=self._time.clock,
            patience=0,
            waits=(),
        )
        for stay in report.stays:
            self._note(f"- {stay.trouble or stay.reason}")

    def lookup(self, person: Person, query: Query) -> None:
        """Look something up for a person with an account."""
        looked = sweep.lookup_now(
            query,
            person,
            today=self._today,
            stay=self._stay,
            catalogue=self._catalogue,
            clock=self._time.clock,
            patience=0,
            again=True,
        )
        self._note(f"{looked.lookup.pk}" if looked.snapshot is not None else f"- {looked.reason}")

    @property
    def _today(self) -> date:
        return TODAY + timedelta(days=int((time.monotonic() - self._begun) / DAY))

    def _note(self, line: str) -> None:
        with self._notes.open("a") as notes:
            notes.write(f"{line}\n")


def settled(work: Work, owners: Owners) -> None:
    """Let everything that still waits be looked up in peace."""
    for _ in range(8):
        for user in owners.users():
            owners.act(user)
        waiting = Lookup.objects.filter(state=Lookup.State.WAITING)
        if not waiting.exists():
            return
        work.sweep()
        for row in waiting.exclude(requested_by=None).select_related("requested_by"):
            assert row.requested_by is not None
            if not waiting.filter(pk=row.pk).exists():
                continue  # the stay for the one before took it along
            work.lookup(row.requested_by, lookups.asked(row))


def make(plan: Plan) -> Told:
    """Make history in this process."""
    told = Told()
    notes = Path(os.environ["HARVESTER_HOME"]) / "notes"
    notes.touch()
    owners, work = Owners(plan, told), Work(plan, notes)
    if plan.seconds:
        work.sweep()  # in peace: what a first sweep loads is not loaded again in each worker
    if plan.seconds:
        with _killing(plan, Workers(work)) as killed:
            _lived(plan, owners, told)
        told = told.model_copy(update=dict(killed()))
        settled(work, owners)
    else:
        workers = Workers(work)
        for _ in range(WORKERS):
            workers.start()
        workers.wait()
        told.defects = workers.defects
    if told.defects:
        sys.exit("a worker ended by itself")
    for line in notes.read_text().splitlines():
        if line.startswith("-"):
            told.reasons[line[2:]] += 1
        else:
            told.kept.append(int(line))
    return told


def _lived(plan: Plan, owners: Owners, told: Told) -> None:
    """Let owners act, and change what they change, until it was long enough."""
    chance, end = Random(plan.seed), time.monotonic() + plan.seconds
    while (now := time.monotonic()) < end or (now < end + PATIENCE and not _enough(plan, told)):
        owners.odd(chance, plan.changes)
        owners.act(chance.choice(owners.users()))
        time.sleep(plan.pace)


@contextmanager
def _killing(plan: Plan, workers: Workers) -> Iterator[Callable[[], Killed]]:
    """Have workers started and killed, by a process of its own; what it tells is known afterwards."""
    connections.close_all()
    (heard, tells), (hears, ends) = os.pipe(), os.pipe()
    if (pid := os.fork()) == 0:
        code = 1
        try:
            os.close(ends)
            with os.fdopen(tells, "w") as told:
                told.write(_killed(plan, workers, hears).model_dump_json())
            code = 0
        except Exception:  # noqa: BLE001 - shown, and seen by who waits
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(tells)
    os.close(hears)
    with os.fdopen(heard) as killer:
        try:
            yield lambda: Killed.model_validate_json(said)
        finally:
            os.close(ends)
            said = killer.read()
            _, status = os.waitpid(pid, 0)
    assert status == 0


def _killed(plan: Plan, workers: Workers, until: int) -> Killed:
    """Kill at a steady pace, until the other end of a pipe is closed."""
    chance, told = Random(plan.seed), Killed()
    me, family, beats = psutil.Process(), set[psutil.Process](), list[float]()
    for _ in range(WORKERS):
        workers.start()
    beat = time.monotonic()
    while not select.select([until], [], [], max(0.0, beat - time.monotonic()))[0]:
        victim = chance.choice(workers.pids)
        if plan.real:
            family.update(one for one in me.children(recursive=True) if one.pid not in workers.pids)
            alive = [one.pid for one in family if one.is_running()]
            victim = chance.choice([*workers.pids, *sorted(alive)])
        told.kills["worker" if victim in workers.pids else _called(victim)] += 1
        beats.append(time.monotonic())
        workers.kill(victim)
        while len(workers.pids) < WORKERS:
            workers.start()
        beat = max(beat + plan.pace, time.monotonic())
    workers.end()
    # Stays whose worker was killed sign out by themselves, and only then are their accounts free.
    psutil.wait_procs(list(family), timeout=60)
    gaps = sorted(after - before for before, after in pairwise(beats))
    told.pace, told.defects = round(gaps[len(gaps) // 2], 4) if gaps else 0.0, workers.defects
    return told


def _enough(plan: Plan, told: Told) -> bool:
    """Whether there was as much trouble as there has to be, and between it somebody got in."""
    got_in = AttemptEnd.objects.filter(attempt__kind="password", result="accepted")
    troubled = all(told.holds[trouble] >= count for trouble, count in plan.until.items())
    return troubled and got_in.count() > sum(plan.until.values())


def _called(pid: int) -> str:
    """Return what a process of a stay is."""
    with suppress(psutil.Error):
        line = " ".join(psutil.Process(pid).cmdline())
        for name, sign in (("child", "harvester.visit"), ("driver", "run-driver"), ("browser", "--headless")):
            if sign in line:
                return "renderer" if "--type=" in line else name
    return "other"


def made(plan: Plan, environment: dict[str, str]) -> Told:
    """Make a history in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.road.making"],
        input=plan.model_dump_json(),
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=plan.seconds + PATIENCE + 600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return Told.model_validate_json(done.stdout)
