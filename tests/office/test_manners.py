"""The portal's rules are kept by whoever looks up there; the portal's own log is the witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from harvester.model.portal import Hours, PortalFacts, Rules
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, sweep, worklist
from harvester.office.locks import PlaceLock
from harvester.office.models import Account, SessionLeft
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Catalogue
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, TOMORROW, Portal, appointment_item, catalogue, claim_item, truth

Run = Callable[..., SweepReport]


class Watched(Portal):
    """A portal that notes when it was asked."""

    def __init__(self) -> None:
        super().__init__(answers=self.noted)
        self.asked: list[datetime] = []

    def noted(self, query: Query) -> Answer:
        self.asked.append(self.time.at)
        return truth(query)


@pytest.fixture
def portal(office: Office) -> Watched:
    office.account()
    return Watched()


def ruled(**rules: object) -> PortalFacts:
    return FACTS.model_copy(update={"rules": Rules.model_validate(vars(FACTS.rules) | rules)})


def swept(portal: Watched, facts: PortalFacts) -> SweepReport:
    return alone.swept(
        today=TODAY,
        stay=portal.stay,
        catalogue=lambda: Catalogue(portals=(facts,)),
        clock=portal.time.clock,
    )


def follow(claims: int, appointments: int = 0) -> None:
    items = [*map(claim_item, range(claims))]
    items += [appointment_item(1000 + number, TOMORROW) for number in range(appointments)]
    worklist.import_items(items, source="test.csv", catalogue=catalogue())


def test_t_acc_15_a_thousand_lookups_are_made_at_the_portals_pace_and_within_its_budgets(
    portal: Watched,
) -> None:
    follow(1000)
    facts = ruled(pace=timedelta(seconds=2), an_hour=40, a_day=120)
    first = swept(portal, facts)
    assert len(portal.asked) == 40
    assert "40 lookups an hour" in first.waiting[0].reason
    gaps = [(later - before).total_seconds() for before, later in pairwise(portal.asked)]
    assert min(gaps) >= 2
    assert max(gaps) <= 3
    assert len({round(gap, 3) for gap in gaps}) > 10, "a pause is never the same twice"

    assert swept(portal, facts).counts["looked_up"] == 0
    assert len(portal.sign_ins) == 1, "nobody signs in to do nothing"
    for _ in range(2):
        portal.time.at += timedelta(hours=1)
        swept(portal, facts)
    portal.time.at += timedelta(hours=1)
    assert "120 lookups a day" in swept(portal, facts).waiting[0].reason
    assert len(portal.asked) == 120
    portal.time.at += timedelta(days=1)
    assert swept(portal, facts).counts["looked_up"] == 40


def test_what_a_portal_does_not_answer_at_this_hour_waits_and_the_rest_is_looked_up(
    portal: Watched,
) -> None:
    follow(2, 3)
    hours = Hours(kinds=("claim",), days=(0, 1, 2, 3, 4), opens=time(6), closes=time(18))
    facts = ruled(hours=(hours,), zone="America/New_York")
    portal.time.at = datetime(2026, 11, 16, 10, 59, tzinfo=UTC)  # one minute to six in New York
    report = swept(portal, facts)
    assert [query.kind for _, query in portal.queries] == ["eligibility"] * 3
    assert report.waiting[0].count == 2
    assert "at this hour" in report.waiting[0].reason
    swept(portal, facts)
    assert len(portal.sign_ins) == 1, "nobody signs in to do nothing"
    portal.time.at = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
    assert swept(portal, facts).counts["looked_up"] == 2


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        (datetime(2026, 11, 16, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 16, 5, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 16, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), False),  # a Sunday
    ],
)
def test_hours_that_close_at_midnight_close_then(at: datetime, open_: bool) -> None:
    hours = Hours(days=(0, 1, 2, 3, 4, 5), opens=time(6), closes=time(0))
    assert hours.open(at) is open_


def test_a_zone_keeps_its_hours_when_its_clocks_are_changed() -> None:
    rules = Rules.model_validate(vars(FACTS.rules) | {"hours": (Hours(opens=time(6), closes=time(18)),)})
    assert not rules.closed(datetime(2026, 10, 31, 10, 0, tzinfo=UTC))  # summer time: six o'clock
    assert rules.closed(datetime(2026, 11, 1, 10, 0, tzinfo=UTC))  # five o'clock


def test_a_stay_ends_before_the_portal_ends_it(portal: Watched) -> None:
    follow(100)
    facts = ruled(pace=timedelta(seconds=30), absolute=timedelta(minutes=20))
    report = swept(portal, facts)
    assert portal.asked[-1] - portal.asked[0] < timedelta(minutes=20)
    assert portal.sign_outs == 1
    assert "after 20 minutes" in report.waiting[0].reason
    assert swept(portal, facts).counts["looked_up"] > 0


def test_a_mock_on_this_machine_is_not_spared(portal: Watched) -> None:
    follow(10)
    accounts.set_address("cascadia", "http://127.0.0.1:9")
    shut = Hours(days=(), opens=time(6), closes=time(18))
    facts = ruled(pace=timedelta(seconds=2), an_hour=5, hours=(shut,))
    assert swept(portal, facts).counts["looked_up"] == 10
    assert portal.time.slept == [alone.APART]


@pytest.mark.parametrize("places", [1, 2])
def test_no_more_people_are_signed_in_at_once_than_the_portal_allows(
    office: Office, portal: Watched, places: int
) -> None:
    for name in ("ben", "cleo", "dora"):
        office.account(name)
    follow(40)
    most = 0

    def counted(query: Query) -> Answer:
        nonlocal most
        most = max(most, len(portal.signed_in))
        return truth(query)

    portal.answers = counted
    assert swept(portal, ruled(at_once=places)).counts["looked_up"] == 40
    assert 1 <= most <= places
    assert {user for user, _ in portal.sign_ins} == {"ana.user", "ben.user", "cleo.user", "dora.user"}


def test_a_place_that_another_process_holds_is_not_free(office: Office, portal: Watched) -> None:
    del office
    follow(1)
    with PlaceLock("cascadia", 1):
        report = swept(portal, ruled(at_once=1))
    assert portal.begun == []
    assert "as many as the portal allows" in report.waiting[0].reason
    with PlaceLock("cascadia", 1):
        assert swept(portal, ruled(at_once=2)).counts["looked_up"] == 1


@pytest.mark.parametrize("stays_open", [None, timedelta(hours=3)])
def test_a_session_that_may_be_open_is_noted_and_waited_for_where_the_portal_keeps_people_out(
    portal: Watched, stays_open: timedelta | None
) -> None:
    follow(2)
    facts = ruled(stays_open=stays_open, idle=timedelta(minutes=15))
    portal.forgets_to_say = True
    assert swept(portal, facts).counts["looked_up"] == 2
    (account,) = Account.objects.all()
    until = portal.time.at + (stays_open or timedelta(minutes=15))
    assert accounts.left_open(account, portal.time.clock) == until

    portal.forgets_to_say = False
    worklist.import_items([claim_item(7)], source="test.csv", catalogue=catalogue())
    report = swept(portal, facts)
    assert len(portal.sign_ins) == (2 if stays_open is None else 1)
    if stays_open is not None:
        assert f"may be open until {until:%H:%M} UTC" in report.waiting[0].reason
        portal.time.at = until
        assert swept(portal, facts).counts["looked_up"] == 1
    assert SessionLeft.objects.count() == 1


def test_where_no_password_was_taken_no_session_is_left(portal: Watched) -> None:
    follow(1)
    portal.passwords["ana.user"] = "another"
    portal.forgets_to_say = True
    swept(portal, FACTS)
    assert not SessionLeft.objects.exists()


def test_t_acc_15_the_same_question_is_asked_once_a_day(office: Office, portal: Watched) -> None:
    ben = office.account("ben").owner
    twice = [appointment_item(7, TODAY), appointment_item(7, TOMORROW)]
    worklist.import_items(twice, source="test.csv", catalogue=catalogue())
    for _ in range(2):
        swept(portal, FACTS)
    assert len(portal.asked) == 1
    asks: Mapping[str, Any] = {
        "stay": portal.stay,
        "catalogue": catalogue,
        "clock": portal.time.clock,
    }
    looked = sweep.lookup_now(portal.queries[0][1], ben, today=TODAY, **asks)
    assert (looked.earlier, len(portal.asked)) == (True, 1)
    alone.swept(today=TOMORROW, **asks)
    assert len(portal.asked) == 2


@pytest.mark.parametrize(
    ("days", "asked"), [(0, [0]), (45, [45]), (46, [45, 0]), (100, [45, 45, 8])], ids=str
)
def test_a_longer_search_is_split_into_what_the_portal_takes(days: int, asked: list[int]) -> None:
    rules = FACTS.rules.model_copy(update={"longest_search": {"claims": timedelta(days=45)}})
    last = TODAY + timedelta(days=days)
    spans = list(rules.spans("claims", TODAY, last))
    assert [(to - since).days for since, to in spans] == asked
    assert (spans[0][0], spans[-1][1]) == (TODAY, last)
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(spans))
    assert list(rules.spans("payments", TODAY, last)) == [(TODAY, last)]
