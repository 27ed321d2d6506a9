"""One-time codes at the end of their step, and under clocks that jump; the portal's log is the witness."""

from __future__ import annotations

import time as machine
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import override

from harvester.office import sweep
from harvester.office.attempts import Ledger
from harvester.office.models import Hold
from harvester.office.stays import BUSY
from harvester.office.sweep import Looked
from harvester.visit.wire import Begin
from tests.office.conftest import Office
from tests.road import witness
from tests.road.history import ours
from tests.road.light import LightStay, Moment, catalogue
from tests.road.road import TODAY, Road
from tests.road.still import StillTime

STEP = 30.0
ZONE = "America/New_York"
JUMPS = [-40, 90, -3600]
"""Seconds."""


class JumpingTime(StillTime):
    """The office's clock, which is not the portal's once it has jumped."""

    def __init__(self, control: str, folder: Path) -> None:
        super().__init__(control, folder)
        self.off = timedelta()
        self.soon = timedelta()
        """By how much it jumps in the next wait."""

    @override
    def now(self) -> datetime:
        """Return the time by the office's clock."""
        return super().now() + self.off

    @override
    def sleep(self, seconds: float) -> None:
        """Let that time pass at the portal."""
        super().sleep(seconds)
        self.off, self.soon = self.off + self.soon, timedelta()

    @override
    def _locked(self, room: int, how: int) -> None:
        """Do without locks: nobody else is here."""

    def until_left(self, seconds: float) -> None:
        """Wait until a time step of which no code was used has so many seconds left."""
        self.sleep(STEP + (STEP - seconds - self.now().timestamp()) % STEP)


class Desk:
    """One person who looks claims up, one after another."""

    def __init__(self, road: Road, office: Office) -> None:
        road.open(0)
        road.post("/clock", told_off_seconds=0)
        ((self.user, self.account),) = road.staff.items()
        self.road, self.time = road, JumpingTime(road.control, office.home)
        self._asked = iter(ours())

    def look(self, jump: timedelta = timedelta(), at: Moment | None = None) -> Looked:
        """Look the next claim up; the clock jumps at a moment of it."""

        jumps = [jump] if jump else []

        def watch(moment: Moment) -> None:
            if moment == at and jumps:
                self.time.off += jumps.pop()
                # Whatever the clock says, the lock is that of whoever is signed in, or about to be.
                assert self.look().reason == BUSY

        return sweep.lookup_now(
            next(self._asked).claim_query("CMHP1"),
            self.account.owner,
            today=TODAY,
            stay=partial(LightStay, time=self.time, watch=watch),
            catalogue=catalogue,
            clock=self.time.clock,
            patience=0,
            again=True,
        )

    @property
    def accepted(self) -> int:
        """Return how often the portal let the person in; nothing else may have happened."""
        log = self.road.log
        assert witness.harm(log) == []
        assert {one["result"] for one in (*log["sign_ins"], *log["codes"])} <= {"accepted"}
        assert not Hold.objects.exists()
        return len(log["codes"])


@pytest.fixture
def desk(road: Road, office: Office) -> Desk:
    """A person with an account."""
    return Desk(road, office)


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.long)])
def test_t_acc_07_sign_ins_at_the_end_of_a_step_are_all_accepted_the_first_time(
    desk: Desk, count: int
) -> None:
    chance, road = Random(7), desk.road
    begin = Begin(portal="cascadia", user_name=desk.user, address=road.address)
    for number in range(count):
        left = chance.choice((1.0, chance.uniform(0.0, 0.1), chance.uniform(0.0, 6.0)))
        ledger = Ledger(desk.account, uuid4(), desk.time.clock)

        def late(moment: Moment, left: float = left, number: int = number) -> None:
            # Some milliseconds before the code is asked for; else before the password is.
            if moment == "password" and number % 2:
                desk.time.until_left(left)

        if number % 2 == 0:
            desk.time.until_left(left)
        stay = LightStay(
            begin,
            secrets=ledger,
            wanted=lambda: True,
            again=lambda _: None,
            inherit=(0,),
            time=desk.time,
            watch=late,
        )
        with stay:
            stay.enter()
            ledger.settle()
    assert desk.accepted == count
    assert len(road.log["sign_ins"]) == count
    # The portal would have taken a code of the step before; none came that late.
    assert min(code["left"] for code in road.log["codes"]) > 0


@pytest.mark.parametrize("seconds", JUMPS)
def test_t_acc_08_a_clock_that_jumps_costs_no_code_and_no_hold(desk: Desk, seconds: int) -> None:
    jump, done = timedelta(seconds=seconds), 0
    moments: tuple[Moment | None, ...] = (None, "password", "entered", "looking")
    for at in moments:
        # Who has signed in goes on, who has not gets no code.
        looked = desk.look(jump, at)
        assert (looked.answer is not None) is (at != "password")
        done += at != "password"
        desk.time.off = jump
        assert "the portal's clock is" in desk.look().reason
        desk.time.off = timedelta()
        assert desk.accepted == done

    # Half a minute is waited for: the last code's step is not over.
    assert desk.look().answer is not None
    desk.time.soon = jump
    assert "jumped" in desk.look().reason
    assert desk.accepted == done + 1
    desk.time.off = timedelta()
    assert desk.look().answer is not None
    assert desk.accepted == done + 2
    assert len(desk.road.log["sign_ins"]) == done + 4


@pytest.fixture
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in a zone with summer time."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", ZONE)
        machine.tzset()
        yield
    machine.tzset()


def switches(after: datetime) -> list[datetime]:
    """Return when the clocks of the zone are next put forward and back, in some order."""
    zone, found, at = ZoneInfo(ZONE), list[datetime](), after.replace(minute=0, second=0, microsecond=0)
    while len(found) < 2:
        later = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later)
        at = later
    return found


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize("which", [0, 1])
def test_t_acc_08_summer_time_begins_and_ends_without_anybody_being_refused(desk: Desk, which: int) -> None:
    switch = switches(desk.time.now())[which]
    desk.time.sleep((switch - desk.time.now()).total_seconds() - STEP)
    before = machine.localtime(desk.time.now().timestamp()).tm_isdst
    for _ in range(3):
        assert desk.look().answer is not None
    assert machine.localtime(desk.time.now().timestamp()).tm_isdst != before
    assert desk.accepted == len(desk.road.log["sign_ins"]) == 3
