"""The engine makes the stays that are due: as many as may be, each account's one at a time, none for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from harvester.model.portal import PortalFacts
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, attempts, engine, jobs, lookups, pauses, people, stays, sweep, worklist
from harvester.office.clock import Clock
from harvester.office.engine import Engine
from harvester.office.locks import AccountLock, Lock
from harvester.office.models import Account, Lookup, Person, Snapshot, Stay, Sweep
from harvester.office.models import Worker as WorkerRow
from harvester.office.plan import Urgency
from harvester.office.stays import Terms
from harvester.visit.wire import Catalogue, Troubled
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, Portal, appointment_item, claim_item, truth

LONG_ON_POSTGRESQL = pytest.mark.parametrize(
    "either", ["office", pytest.param("postgresql_office", marks=pytest.mark.long)], indirect=True
)


@pytest.fixture
def portal() -> Portal:
    """A portal without codes, at the real time of day."""
    return Portal(seed=None)


def catalogue(places: int = 4) -> Catalogue:
    """Return the portal, with room for so many people."""
    return Catalogue(portals=(FACTS.model_copy(update={"rules": rules(places)}),))


def rules(places: int) -> Any:
    told = {"at_once": places, "pace": timedelta(), "absolute": timedelta(minutes=20)}
    return FACTS.rules.model_copy(update=told)


def staff(office: Office, *names: str) -> list[Account]:
    return [office.account(name, seed=None) for name in names]


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())


def swept(portal: Portal, places: int = 4) -> sweep.SweepReport:
    return engine.swept(TODAY, stay=portal.stay, catalogue=lambda: catalogue(places))


@dataclass
class Worker:
    """An engine that works, and how often it looked at what waits."""

    engine: Engine
    looks: int = 0
    today: date = TODAY
    ahead: timedelta = timedelta()
    """How far the clock of this machine has gone on by itself."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def has_looked(self) -> None:
        """Wait until it has looked at everything that waits, more than once."""
        before = self.looks
        until(lambda: self.looks > before + 6)


@contextmanager
def working(portal: Portal, places: int = 4, **more: Any) -> Iterator[Worker]:
    """Run a worker."""

    def terms() -> Terms:
        worker.looks += 1
        return Terms(today=worker.today, stay=portal.stay, clock=Clock(now=worker.now), patience=2.0)

    worker = Worker(Engine(terms, catalogue(places), **more))
    with worker.engine:
        yield worker


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another thread does."""
    waited = threading.Event()
    for _ in range(round(seconds / 0.05)):
        if what():
            return
        waited.wait(0.05)
    raise AssertionError("it did not happen")


@dataclass
class Crowd:
    """Who is signed in at the portal at the same time."""

    portal: Portal
    most: int = 0
    met: threading.Event = field(default_factory=threading.Event)
    expected: int = 1

    def answer(self, query: Query) -> Answer:
        with self.portal.lock:
            self.most = max(self.most, len(self.portal.signed_in))
            if self.most >= self.expected:
                self.met.set()
        self.met.wait(5)
        return truth(query)


@LONG_ON_POSTGRESQL
@pytest.mark.parametrize(("places", "together"), [(2, 2), (9, engine.AT_ONCE)])
def test_as_many_sign_in_at_once_as_the_portal_and_the_worker_have_room_for(
    either: Office, portal: Portal, places: int, together: int
) -> None:
    staff(either, "ana", "ben", "cleo", "dan", "eve", "finn")
    follow(12)
    crowd = Crowd(portal, expected=together)
    portal.answers = crowd.answer
    report = swept(portal, places)
    assert (report.counts["looked_up"], report.waiting, crowd.most) == (12, (), together)
    assert portal.sign_outs == len(portal.sign_ins) == 6
    assert Stay.objects.filter(doing="ended", trouble="", done=2).count() == 6
    assert report.run.ended is not None


def test_a_defect_in_one_stay_lets_the_others_finish(office: Office, portal: Portal) -> None:
    staff(office, "ana", "ben")
    follow(8)

    def answers(query: Query) -> Answer | Exception:
        return ZeroDivisionError() if portal.queries[-1][0] == "ana.user" else truth(query)

    portal.answers = answers
    with pytest.raises(ZeroDivisionError):
        swept(portal, places=1)
    assert Lookup.objects.filter(state="answered").count() == 4
    assert (portal.sign_outs, len(portal.sign_ins)) == (2, 2)
    assert Stay.objects.get(account__user_name="ana.user").trouble == "Defect"


def test_a_worker_that_is_told_to_end_finishes_the_lookup_in_flight_and_signs_out(
    either: Office, portal: Portal
) -> None:
    staff(either, "ana")
    follow(5)
    looking, end = threading.Event(), threading.Event()

    def slowly(query: Query) -> Answer:
        looking.set()
        end.wait(20)
        return truth(query)

    portal.answers = slowly
    sweep.begin(TODAY, catalogue(), clock=Clock())
    with working(portal) as worker:
        assert looking.wait(20)
        threading.Timer(0.3, end.set).start()
        assert not worker.engine.defects
    assert (len(portal.queries), portal.sign_outs) == (1, 1)
    assert sorted(Lookup.objects.values_list("state", flat=True)) == ["answered", *["waiting"] * 4]


@LONG_ON_POSTGRESQL
def test_what_waits_is_found_again_when_nothing_stands_in_its_way_any_more(
    either: Office, portal: Portal
) -> None:
    (account,) = staff(either, "ana")
    follow(2)
    pauses.pause("cascadia", "for a test")
    sweep.begin(TODAY, catalogue(), clock=Clock())
    with working(portal) as worker:
        worker.has_looked()
        assert portal.begun == []
        pauses.resume("cascadia", by=account.owner)
        until(lambda: Snapshot.objects.count() == 2)
    assert portal.sign_outs == 1


def test_somebody_who_waits_is_served_beside_a_full_sweep(either: Office, portal: Portal) -> None:
    staff(either, "ana", "ben", "cleo", "dan")
    eve = either.account("eve", seed=None, consent=False)
    follow(8)
    full, done = threading.Event(), threading.Event()

    def answers(query: Query) -> Answer:
        if query.kind == "claim":
            if len(portal.signed_in) == 4:
                full.set()
            done.wait(20)
        return truth(query)

    portal.answers = answers
    sweep.begin(TODAY, catalogue(9), clock=Clock())
    with working(portal, 9):
        assert full.wait(20)
        row = asks(eve)
        until(lambda: Lookup.objects.get(pk=row.pk).state == "answered", 10)
        assert not Lookup.objects.filter(kind="claim", state="answered").exists()
        done.set()
    assert ("eve.user", lookups.asked(row)) in portal.queries


@LONG_ON_POSTGRESQL
def test_a_stay_for_somebody_who_waits_goes_on_with_the_rest_while_nobody_else_waits(
    either: Office, portal: Portal
) -> None:
    both = staff(either, "ana", "ben")
    follow(6)
    looking, done = threading.Event(), threading.Event()

    def answers(query: Query) -> Answer:
        if portal.queries[-1][0] == portal.queries[0][0]:  # whoever was first has not done yet
            looking.set()
            done.wait(20)
        return truth(query)

    portal.answers = answers
    sweep.begin(TODAY, catalogue(), clock=Clock())
    with working(portal, at_once=1):
        assert looking.wait(20)
        (first,) = (user for user, _ in portal.sign_ins)
        (waits,) = (account for account in both if account.user_name != first)
        asks(waits)
        until(lambda: Lookup.objects.filter(account=waits, state="answered").count() == 4)
        assert not Lookup.objects.exclude(account=waits).filter(state="answered").exists()
        done.set()
        until(lambda: Snapshot.objects.count() == 7)
    assert [user for user, _ in portal.sign_ins] == [first, waits.user_name]
    assert Stay.objects.get(account=waits).total == 4


@LONG_ON_POSTGRESQL
def test_an_account_that_somebody_else_uses_is_waited_for(either: Office, portal: Portal) -> None:
    (account,) = staff(either, "ana")
    follow(1)
    sweep.begin(TODAY, catalogue(), clock=Clock())
    with working(portal) as worker:
        with AccountLock(account.pk):
            worker.has_looked()
            assert portal.begun == []
        until(lambda: Snapshot.objects.count() == 1)


@LONG_ON_POSTGRESQL
def test_trouble_that_passes_is_tried_again_later_and_not_at_once(either: Office, portal: Portal) -> None:
    staff(either, "ana")
    follow(2)
    portal.answers = lambda _: Troubled(lookup=None, trouble="PortalUnavailable")
    report = swept(portal)
    ((count, reason),) = [(wait.count, wait.reason) for wait in report.waiting]
    assert (count, reason, len(portal.begun)) == (2, "the portal is unavailable", 1)
    with working(portal) as worker:
        worker.has_looked()
    assert len(portal.begun) == 1
    assert swept(portal).stays[-1].trouble == "PortalUnavailable"  # a person may insist
    assert len(portal.begun) == 2


def asks(account: Account, number: int = 5) -> Lookup:
    """Let the account's owner ask something; return it."""
    query = appointment_item(number, TODAY).eligibility_query("CAS01")
    asker = lookups.Asker(TODAY, "they asked", Urgency.PERSON_WAITS, person=account.owner)
    row = lookups.lookup(query, account, asker)
    row.save()
    jobs.ask(account.pk)
    return row


def answers_are(count: int) -> Callable[[], bool]:
    return lambda: Lookup.objects.filter(state="answered").count() == count


def parked(*accounts_: Account) -> Callable[[], bool]:
    return lambda: Stay.objects.filter(account__in=accounts_, doing="parked").count() == len(accounts_)


@LONG_ON_POSTGRESQL
def test_a_stay_remains_signed_in_where_the_owner_agreed_and_takes_what_comes(
    either: Office, portal: Portal
) -> None:
    (account,) = staff(either, "ana")
    accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    with working(portal, planning=True):
        asks(account, 1)
        until(parked(account))
        asks(account, 2)
        until(answers_are(2))
        follow(3)
        sweep.begin(TODAY, catalogue(), clock=Clock())
        until(answers_are(5))
        until(parked(account))
        assert (len(portal.sign_ins), portal.sign_outs) == (1, 0)
    stay = Stay.objects.get()
    assert (stay.doing, stay.trouble, stay.done, stay.total) == ("ended", "", 5, 5)
    assert (len(portal.sign_ins), portal.sign_outs) == (1, 1)


def test_nobody_remains_signed_in_unasked(office: Office, portal: Portal) -> None:
    (account,) = staff(office, "ana")
    with working(portal, planning=True):
        asks(account)
        until(answers_are(1))
        until(lambda: portal.sign_outs == 1)
    other = office.account("ben", seed=None)
    with pytest.raises(accounts.AccountError, match="only the account's owner"):
        accounts.keep_signed_in(account, by=other.owner, day=TODAY)


def test_a_sweep_by_hand_leaves_nobody_signed_in(office: Office, portal: Portal) -> None:
    (account,) = staff(office, "ana")
    accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    follow(2)
    assert swept(portal).counts["looked_up"] == portal.sign_outs + 1 == 2


def _takes_back(worker: Worker, account: Account) -> None:
    del worker
    accounts.keep_signed_in(account, by=account.owner, day=None)


def _works_there(worker: Worker, account: Account) -> None:
    accounts.take(account, by=account.owner, until=worker.now() + timedelta(hours=1))


def _leaves(worker: Worker, account: Account) -> None:
    del worker
    people.leave(account.owner, by=Person.objects.create_user("lead"))


def _is_paused(worker: Worker, account: Account) -> None:
    del worker
    pauses.pause(account.portal, "for a test")


def _is_idle(worker: Worker, account: Account) -> None:
    del account
    worker.ahead = FACTS.rules.idle - timedelta(seconds=30)


def _is_over(worker: Worker, account: Account) -> None:
    worker.ahead = timedelta(minutes=10)
    asks(account, 2)
    until(answers_are(2))
    worker.ahead = timedelta(minutes=19, seconds=40)


def _next_day(worker: Worker, account: Account) -> None:
    del account
    worker.today = TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    "what", [_takes_back, _works_there, _leaves, _is_paused, _is_idle, _is_over, _next_day]
)
def test_a_stay_that_remains_signed_in_ends_when_it_may_not_any_more(
    office: Office, portal: Portal, what: Callable[[Worker, Account], None]
) -> None:
    (account,) = staff(office, "ana")
    accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    with working(portal, planning=True) as worker:
        asks(account)
        until(parked(account))
        what(worker, account)
        until(lambda: portal.sign_outs == 1)


@LONG_ON_POSTGRESQL
@pytest.mark.parametrize(("places", "room"), [(1, 4), (9, 1)])
def test_a_stay_that_remains_signed_in_gives_its_place_to_whoever_has_none(
    either: Office, portal: Portal, places: int, room: int
) -> None:
    first, *others = staff(either, "ana", "ben", "cleo", "dan")
    for account in (first, *others):
        accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    with working(portal, places, planning=True, at_once=room):
        for number, account in enumerate((first, *others), start=1):
            asks(account, number)
            until(answers_are(number))
        assert portal.sign_outs > 0


def test_a_stay_that_remains_signed_in_stays_where_others_have_a_place(
    office: Office, portal: Portal
) -> None:
    first, *others = staff(office, "ana", "ben", "cleo")
    accounts.keep_signed_in(first, by=first.owner, day=TODAY)
    with working(portal, planning=True):
        asks(first, 1)
        until(parked(first))
        for number, account in enumerate(others, start=2):
            asks(account, number)
        until(answers_are(3))
        until(lambda: portal.sign_outs == 2)
        assert portal.signed_in == {first.user_name}


def test_where_a_person_waits_trouble_that_passes_is_tried_again_later_or_when_they_ask_again(
    office: Office, portal: Portal
) -> None:
    (account,) = staff(office, "ana")
    portal.answers = lambda _: Troubled(lookup=None, trouble="PortalUnavailable")
    with working(portal, planning=True) as worker:
        asks(account, 1)
        until(lambda: Stay.objects.filter(trouble="PortalUnavailable").exists())
        worker.has_looked()
        assert len(portal.begun) == 1
        portal.answers = truth
        asks(account, 2)
        until(answers_are(2))
        assert len(portal.begun) == 2


def test_a_worker_looks_up_for_a_person_where_it_may_remain_signed_in(office: Office, portal: Portal) -> None:
    (account,) = staff(office, "ana")
    accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    seen = list[str]()

    def told(stay: Stay) -> None:
        seen.append(stay.doing)

    def look(number: int) -> sweep.Looked:
        query = appointment_item(number, TODAY).eligibility_query("CAS01")
        return sweep.lookup_now(
            query, account.owner, today=TODAY, stay=portal.stay, catalogue=catalogue, told=told
        )

    with working(portal, planning=True):
        assert [look(number).answer is not None for number in (1, 2)] == [True, True]
        assert len(portal.sign_ins) == 1
        attempts.hold(account, attempts.HELD, words="I work there", by=account.owner, clock=Clock())
        assert look(3).reason == "the account is on hold"
    assert seen
    assert Stay.objects.get().worker is not None
    assert look(1).earlier


@pytest.mark.parametrize(
    ("told", "left"), [({}, True), ({"mfa": ("text",)}, False), ({"mfa": ("authenticator",)}, True)]
)
def test_a_lookup_is_left_to_a_worker_that_can_make_it_and_to_no_other(
    office: Office, portal: Portal, told: dict[str, object], left: bool
) -> None:
    (account,) = staff(office, "ana")
    accounts.keep_signed_in(account, by=account.owner, day=TODAY)
    there = WorkerRow.objects.create(name="somewhere", began=Clock().now())
    facts = FACTS.model_copy(update={"rules": rules(4).model_copy(update=told)})

    def look() -> sweep.Looked:
        return sweep.lookup_now(
            appointment_item(1, TODAY).eligibility_query("CAS01"),
            account.owner,
            today=TODAY,
            stay=portal.stay,
            catalogue=lambda: Catalogue(portals=(facts,)),
            patience=1.0,
        )

    with Lock(there.lock):
        assert (look().reason == stays.BUSY) is left
        assert portal.begun == []
        attempts.hold(account, attempts.HELD, words="I work there", by=account.owner, clock=Clock())
        assert look().reason == "the account is on hold"


def test_a_stay_that_ended_well_by_a_clock_that_is_ahead_lets_nobody_wait(
    office: Office, portal: Portal
) -> None:
    staff(office, "ana")
    follow(1)
    swept(portal)
    Stay.objects.update(ended=Clock().now() + timedelta(minutes=1))
    follow(2)
    sweep.begin(TODAY, catalogue(), clock=Clock())
    with working(portal):
        until(lambda: Snapshot.objects.count() == 2)


@LONG_ON_POSTGRESQL
def test_the_nights_sweep_is_planned_portal_by_portal_and_once(either: Office, portal: Portal) -> None:
    staff(either, "ana")
    follow(3)
    facts: PortalFacts = FACTS.model_copy(update={"id": "other", "carriers": ()})
    both = Catalogue(portals=(*catalogue().portals, facts))
    night = partial(sweep.begin, TODAY, both, clock=Clock(), nightly=True)
    assert night(portals=["other"]).lookups.count() == 0
    first, second = night(portals=["cascadia"]), night(portals=["cascadia"])
    assert first == second == Sweep.objects.get()
    assert first.lookups.count() == 3
    with working(portal, planning=True) as worker:
        worker.engine.plan("cascadia")
        until(lambda: Snapshot.objects.count() == 3)
        until(lambda: Sweep.objects.get().ended is not None)
    assert first.lookups.count() == 3


def test_the_engines_own_tables_hold_ids_only(office: Office, portal: Portal) -> None:
    staff(office, "ana")
    follow(3)
    portal.answers = lambda _: ValueError("Canaryson")
    with pytest.raises(ValueError, match="Canaryson"):
        swept(portal)
    stored = b"".join(path.read_bytes() for path in office.home.glob("*.engine.sqlite3*"))
    assert b"sweep/" in stored
    for canary in (b"Canaryson", b"CHP00", b"ana.user", b"ACC"):
        assert canary not in stored


@LONG_ON_POSTGRESQL
def test_a_hold_is_never_queued(either: Office, portal: Portal) -> None:
    (account,) = staff(either, "ana")
    follow(2)
    attempts.hold(account, attempts.HELD, words="I work there", by=account.owner, clock=Clock())
    report = swept(portal)
    assert [(wait.count, wait.reason) for wait in report.waiting] == [
        (2, "no account at cascadia can be used (Ana: on hold)")
    ]
    assert portal.begun == []


def test_how_many_stays_a_worker_makes_is_said_once_for_all(office: Office, portal: Portal) -> None:
    staff(office, "ana", "ben", "cleo")
    with working(portal, 9, at_once=2):
        pass
    follow(6)
    crowd = Crowd(portal, expected=2)
    portal.answers = crowd.answer
    assert swept(portal, 9).counts["looked_up"] == 6
    assert crowd.most == 2


def test_a_worker_that_has_a_defect_ends_and_says_so(office: Office, portal: Portal) -> None:
    staff(office, "ana")

    working = [Terms(today=TODAY, stay=portal.stay, clock=Clock())]

    def terms() -> Terms:
        if working:
            return working.pop()
        raise ZeroDivisionError

    worker = Engine(terms, catalogue())
    with pytest.raises(ZeroDivisionError), worker:
        worker.serve()


def test_jobs_that_ended_days_ago_are_forgotten(
    office: Office, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff(office, "ana")
    follow(1)
    swept(portal)
    monkeypatch.setattr(engine, "REMEMBERED", timedelta(seconds=-60))
    with working(portal) as worker:
        assert jobs.ended() > 0
        worker.engine._forgot -= 3601
        until(lambda: jobs.ended() == 0)
