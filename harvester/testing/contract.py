"""What every flow keeps at its mock portal; a flow's test says what is its own and inherits the checks.

::

    class TestCascadia(FlowContract):
        flow = FLOW
        endings = {"maintenance": errors.PortalUnavailable, "step": {"method": errors.FactorToEnroll, …}, …}
        troubles = {"layout_b": Outcome(), …}

The stay is the real one (:mod:`harvester.visit.stay`), with its guard and in a real browser; only the
office's end of the pipe is played, and the account's owner, who reads the portal's e-mail.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar, get_args

import pyotp
import pytest
from playwright.sync_api import Browser

from harvester.errors import (
    AccountLocked,
    PortalChanged,
    PortalUnavailable,
    SignedOut,
    StaffNeeded,
    Trouble,
    named,
)
from harvester.flow import Flow
from harvester.model.portal import LookupKind, Request
from harvester.model.query import (
    AboutMember,
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.snapshot import Answer
from harvester.reading.values import folded
from harvester.testing.make_believe import MakeBelieve
from harvester.testing.truth import Comparison, Truth, compare, true_to
from harvester.visit.guard import Guard
from harvester.visit.stay import OfficeGone, Stay, browsing
from harvester.visit.wire import Answered, Ask, Begin, Context, Deny, FromStay, Look, Secret, ToStay, Troubled

STEP = 30
"""Seconds of an authenticator's time step."""


HURRY = timedelta(seconds=4)
"""How long the sights after a page that nobody knows are waited for."""


@dataclass(frozen=True)
class Ending:
    """How signing in ends: the trouble's name, or none where somebody is signed in all the same."""

    trouble: type[Trouble] | None = None
    where: str = ""
    """A pattern that the place of the trouble has."""
    ours: bool = False
    """Whether the words are the flow's: the page does not say what is the matter."""


Ends = type[Trouble] | Ending | None
"""An ending, or its trouble alone."""


@dataclass(frozen=True)
class Outcome:
    """What comes of a trouble: the trouble's name, or none where the answers are the truth all the same."""

    trouble: type[Trouble] | None = None
    where: str = ""
    """A pattern that the place of the trouble has: the page and field that it names."""
    value: object = None
    """The switch's value, where it is not the default."""
    kinds: tuple[LookupKind, ...] = ()
    """The lookups that it concerns; all of the flow's if none is named."""
    inside: bool = False
    """Whether it begins after sign-in."""
    unreadable: str = ""
    """The one field of the answers that cannot be read meanwhile, and is said to be so."""


@dataclass
class Owner:
    """The office's end of the pipe, and the account's owner."""

    portals: MakeBelieve
    portal: str
    number: int = 0
    """Which of the cast's staff."""
    password: str | None = None
    """Another password than the right one."""
    user: str = ""
    """Another user name than the right one."""
    said: list[FromStay] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    """Time steps whose code was given."""

    @property
    def person(self) -> Mapping[str, Any]:
        """The person of the cast."""
        found: Mapping[str, Any] = self.portals.cast["staff"][self.number]
        return found

    def say(self, message: FromStay) -> None:
        """Hear what the stay says."""
        self.said.append(message)

    def hear(self) -> ToStay:
        """Answer what the stay asked."""
        asked = self.said[-1]
        if not isinstance(asked, Ask):
            raise OfficeGone
        if asked.secret == "password":  # noqa: S105 - the kind of secret, not one
            return Secret(value=self.password or self.person["password"])
        if asked.secret == "authenticator":  # noqa: S105
            return Secret(value=self._authenticator())
        if asked.secret == "push":  # noqa: S105
            self.portals.approve(self.portal, self.person["user"], asked.number)
            return Secret(value="")
        sent = [one for one in self.portals.mail(self.portal, self.person["user"]) if one["code"]]
        return Secret(value=sent[-1]["code"]) if sent else Deny(trouble="CodeNeeded", words="nothing came")

    def _authenticator(self) -> str:
        now = int(time.time()) // STEP
        step = next((one for one in (now, now + 1, now - 1) if one not in self.used), now)
        self.used.add(step)
        return pyotp.TOTP(self.person["totp_secret"]).at(step * STEP)


@dataclass
class World:
    """The flow's mock portal, and a guarded browser in front of it."""

    flow: Flow
    portals: MakeBelieve
    browser: Browser
    guard: Guard

    truths: dict[date, Truth] = field(default_factory=dict)

    @property
    def truth(self) -> Truth:
        """What the portal knows; it changes with the portals' date alone."""
        today = self.portals.today
        if today not in self.truths:
            self.truths[today] = self.portals.truth(self.flow.portal.id)
        return self.truths[today]

    @property
    def log(self) -> Mapping[str, Any]:
        """What the portal saw."""
        return self.portals.log(self.flow.portal.id)

    @property
    def context(self) -> Context:
        """For whom the practice's first account looks things up."""
        practice = self.portals.cast["practice"]["organizations"][0]
        known = {
            "organisation": practice.get("site_id", ""),
            "tin": practice["tin"].replace("-", ""),
            "npi": practice["npi"],
            "ptan": practice.get("ptan", ""),
        }
        return Context(**{name: value for name, value in known.items() if name in Context.model_fields})

    @contextmanager
    def visit(self, owner: Owner) -> Iterator[Visit]:
        """A stay, not signed in yet, that signs out in the end."""
        begin = Begin(
            portal=self.flow.portal.id,
            user_name=owner.user or owner.person["user"],
            context=self.context,
            address=self.portals.addresses[self.flow.portal.id],
            sites=self.portals.sites[self.flow.portal.id],
        )
        others = self.browser.contexts
        stay = Stay(owner, begin, self.flow, self.browser, self.guard)
        try:
            yield Visit(self, owner, stay)
        finally:
            left = stay.leave()
            for context in self.browser.contexts:
                if context not in others:
                    context.close()
        assert left, "the portal did not confirm that the stay signed out"

    def owner(self, number: int = 0) -> Owner:
        """Return one of the cast's staff."""
        return Owner(self.portals, self.flow.portal.id, number)


@dataclass
class Visit:
    """One person's stay at the mock."""

    world: World
    owner: Owner
    stay: Stay

    def enter(self) -> None:
        """Sign in; raises ``Trouble``."""
        self.stay.enter()

    @property
    def shown(self) -> str:
        """The visible words of the page that is open."""
        (page,) = self.world.browser.contexts[-1].pages
        return folded(" ".join(frame.evaluate("document.body?.innerText ?? ''") for frame in page.frames))

    def look(self, query: Query) -> Answer | Troubled:
        """Look one thing up and return what the stay says of it."""
        self.stay.look(Look(lookup=1, query=query))
        said = self.owner.said[-1]
        assert isinstance(said, (Answered, Troubled))
        return said.answer if isinstance(said, Answered) else said

    def compare(self, query: Query, comparison: Comparison) -> Answer | None:
        """Look one thing up and compare it with the truth."""
        found = self.look(query)
        if isinstance(found, Troubled) and found.trouble != "NotOnFile":
            comparison.differences.append(f"{query.kind}: {found.trouble} {found.words} [{found.where}]")
            return None
        answer = None if isinstance(found, Troubled) else found
        compare(comparison, query, answer, self.world.truth, query.kind)
        return answer


class FlowContract:
    """Checks of one flow at its mock portal; subclass it in a test module and say what is the flow's own."""

    flow: ClassVar[Flow]
    mock: ClassVar[str] = "mock_portals"
    """The module that starts the mock portals: ``python -m … --json``."""
    endings: ClassVar[Mapping[str, Ends | Mapping[object, Ends]]]
    """How signing in ends with each trouble that the mock plays there, and with each value of it."""
    troubles: ClassVar[Mapping[str, Outcome | Sequence[Outcome]]]
    """What comes of each other trouble that the mock can play, and of those that begin after sign-in."""
    driven: ClassVar[bool] = False
    """Whether its pages have to be driven: troubles and the second day take minutes, `make test-long`.

    Then one question of each kind is asked of each carrier on the first day, and all on the second.
    """
    most: ClassVar[int] = 8
    """Records of each kind whose truth is asked for on the first day; half as many on the second."""
    unread: ClassVar[frozenset[str]] = frozenset()
    """Labels that stand on pages and that no model has a field for."""

    def queries(self, world: World) -> Iterator[Query]:
        """Return what is asked: something of every kind that the truth has records for."""
        return Asking(world, self.most).queries()

    @pytest.fixture(scope="class")
    @classmethod
    def _world(cls) -> Iterator[World]:
        with MakeBelieve(cls.mock) as portals:
            portal = cls.flow.portal
            place = portals.addresses[portal.id], portals.sites[portal.id]
            with browsing(portal, *place) as (browser, guard):
                yield World(cls.flow, portals, browser, guard)

    @pytest.fixture
    def world(self, _world: World) -> World:
        """The mock portal as at the start."""
        _world.portals.reset()
        return _world

    @staticmethod
    def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
        """Give each day, each ending of a sign-in, and each trouble's outcomes, a test of their own."""
        assert metafunc.cls is not None
        marks = [pytest.mark.long] if metafunc.cls.driven else []
        if "day" in metafunc.fixturenames:
            metafunc.parametrize("day", [0, pytest.param(1, marks=marks)])
        if "days" in metafunc.fixturenames:
            metafunc.parametrize("days", [pytest.param(800, marks=marks)])
        if "ending" in metafunc.fixturenames:
            metafunc.parametrize(
                ("name", "value", "ending"),
                [
                    # What locks an account is never left to those who have minutes.
                    pytest.param(
                        *one, marks=() if one[2].trouble is AccountLocked else marks, id=_named(*one)
                    )
                    for one in metafunc.cls.every_ending()
                ],
            )
        if "outcome" in metafunc.fixturenames:
            played = [
                (name, one)
                for name, outcomes in metafunc.cls.troubles.items()
                for one in ([outcomes] if isinstance(outcomes, Outcome) else outcomes)
            ]
            metafunc.parametrize(
                ("name", "outcome"),
                [
                    pytest.param(name, one, marks=marks, id=_named(name, one.value, one))
                    for name, one in played
                ],
            )

    def test_every_lookup_that_the_flow_offers_has_a_case(self, world: World) -> None:
        """A lookup that nothing is asked of is not tested."""
        truth = world.truth
        kinds = {query.kind for query in self.queries(world) if true_to(query, truth)}
        assert kinds == set(self.flow.offers)

    def test_every_answer_is_the_truth(self, world: World, day: int, record_property: Any) -> None:
        """Everything that is asked is answered with what the portal knows, on both days."""
        world.portals.turn_to(world.portals.today + timedelta(days=day))
        comparison, unread = Comparison(), set()
        asked = list(self.queries(world))
        if not self.driven:
            asked = asked[:: day + 1]
        elif day == 0:
            asked = list({(query.kind, query.carrier): query for query in asked}.values())
        with world.visit(world.owner()) as visit:
            visit.enter()
            for query in asked:
                answer = visit.compare(query, comparison)
                unread |= {one.path[-1] for one in getattr(answer, "unmapped", ())}
        assert comparison.differences == []
        assert comparison.compared > 5 * len(asked)
        assert sorted(unread - self.unread) == []
        record_property("values compared", comparison.compared)
        self._left_alone(world)

    def test_a_trouble_has_its_outcome_and_when_it_is_over_all_is_as_before(
        self, world: World, name: str, outcome: Outcome
    ) -> None:
        """The trouble is named, nothing is answered wrong; the stay goes on, or the next one recovers."""
        portal, owner = self.flow.portal.id, world.owner()
        before, samples = self._samples(world, outcome.kinds or self.flow.offers)
        recovered = Comparison()
        with world.visit(owner) as visit:
            if outcome.inside:
                visit.enter()
                for query in before:
                    visit.look(query)
            world.portals.trouble(portal, name, outcome.value)
            if not outcome.inside:
                visit.enter()
            self._inside(visit, outcome, samples)
            if outcome.trouble is PortalUnavailable:  # there is nothing to sign out of meanwhile
                world.portals.trouble(portal, name, on=False)
            goes_on = not issubclass(outcome.trouble or Trouble, (SignedOut, StaffNeeded))
            if goes_on:
                world.portals.trouble(portal, name, on=False)
                self._recovers(visit, samples, recovered)
        world.portals.trouble(portal, name, on=False)
        assert {one["result"] for one in world.log["sign_ins"]} == {"accepted"}
        if not goes_on:
            with world.visit(owner) as visit:
                visit.enter()
                self._recovers(visit, samples, recovered)
        assert recovered.differences == []
        assert recovered
        self._left_alone(world)

    @staticmethod
    def _recovers(visit: Visit, samples: Sequence[Query], comparison: Comparison) -> None:
        for query in samples[:2]:
            visit.compare(query, comparison)

    def _inside(self, visit: Visit, outcome: Outcome, samples: Sequence[Query]) -> None:
        assert samples, "nothing is asked"
        if outcome.trouble is None:
            comparison = Comparison()
            for query in samples:
                visit.compare(query, comparison)
            wrong = comparison.differences
            if outcome.unreadable:
                assert wrong, "the trouble changed nothing"
                said = rf"\.{outcome.unreadable}: read {{'state': 'unreadable', "
                wrong = [one for one in wrong if not re.search(said, one)]
            assert wrong == []
            assert comparison.compared
            return
        for query in samples:
            found = visit.look(query)
            assert isinstance(found, Troubled), f"{query.kind} was answered"
            assert found.trouble == outcome.trouble.__name__, f"{query.kind}: {found}"
            assert re.search(outcome.where, found.where), f"{query.kind}: {found.where}"
            if issubclass(named(found.trouble), (SignedOut, StaffNeeded)):
                return

    @classmethod
    def every_ending(cls) -> Iterator[tuple[str, object, Ending]]:
        """Yield every ending of a sign-in with the trouble that plays it, and the trouble's value."""
        for name, ends in cls.endings.items():
            for value, end in (ends if isinstance(ends, Mapping) else {None: ends}).items():
                yield name, value, end if isinstance(end, Ending) else Ending(end)

    def test_every_trouble_of_the_mock_has_an_outcome(self, world: World) -> None:
        """A trouble that nothing is said of is not tested."""
        names = {one["name"] for one in world.portals.troubles(self.flow.portal.id)}
        assert {*self.endings, *self.troubles} == names

    def test_every_way_in_which_signing_in_can_end_has_a_case(self, world: World) -> None:
        """One of which nothing is said is not tested, with any of its values."""
        played = {
            (one["name"], value)
            for one in world.portals.troubles(self.flow.portal.id)
            for value in one["values"] or [None]
            if one["at_sign_in"]
        }
        assert {(name, value) for name, value, _ in self.every_ending()} == played

    def test_signing_in_ends_by_its_name_and_nothing_more_is_tried(
        self, world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: object, ending: Ending
    ) -> None:
        """The password left once at most, the portal's words are kept, and its owner is told what to do.

        Of a locked account the portal hears nothing more at all (T-ACC-10), else that somebody signs out.
        """
        portal = self.flow.portal
        world.portals.trouble(portal.id, name, value)
        if ending.trouble is PortalChanged:
            monkeypatch.setitem(vars(portal.rules), "patience", HURRY)
        with world.visit(world.owner()) as visit:
            stopped = _stopped(visit)
            shown, before = visit.shown, world.log
            if issubclass(ending.trouble or Trouble, PortalUnavailable):  # nothing to sign out of meanwhile
                world.portals.trouble(portal.id, name, on=False)
        after = world.log
        assert type(stopped) is (ending.trouble or type(None)), stopped and stopped.sentence
        passwords = [one for one in after["sign_ins"] if not one["result"].startswith("code_")]
        assert len(passwords) <= 1
        assert [one["result"] for one in after["codes"]].count("rejected") <= 1
        assert (after["sign_ins"], after["codes"]) == (before["sign_ins"], before["codes"])
        self._only_leaves(after["requests"][len(before["requests"]) :], ending.trouble)
        self._left_alone(world)
        if stopped is not None:
            _tells(stopped, ending, shown)

    def _only_leaves(self, asked: Sequence[Mapping[str, Any]], trouble: type[Trouble] | None) -> None:
        """Be sure that what was asked of the portal after the ending was to sign out, if anything."""
        leaves = () if trouble is AccountLocked else self.flow.portal.requests(self.flow.portal.leaves)
        for one in asked:
            site, _, path = one["path"].rpartition(":")
            if not path.startswith("/static/"):
                assert _declared(leaves, one["method"], path, site), one

    def test_nobody_who_is_unknown_is_tried_twice(self, world: World) -> None:
        """A user name that the portal does not know ends like a wrong password."""
        owner = world.owner()
        owner.user = "nobody.here"
        with world.visit(owner) as visit:
            stopped = _stopped(visit)
        assert stopped is not None
        assert type(stopped).__name__ == "WrongPassword"
        assert [one["result"] for one in world.log["sign_ins"]] == ["rejected"]

    def test_a_search_longer_than_the_portal_takes_is_answered_whole(self, world: World, days: int) -> None:
        """Claims and payments of more than two years are what the portal knows of them."""
        comparison = Comparison()
        samples = self._samples(world, self.flow.offers)[1]
        with world.visit(world.owner()) as visit:
            visit.enter()
            for query in samples:
                if (search := _longer(query, timedelta(days=days))) is not None:
                    visit.compare(search, comparison)
        assert comparison.differences == []
        assert comparison
        self._left_alone(world)

    def test_a_wrong_password_is_sent_once(self, world: World) -> None:
        """The portal's own log says how often it was tried."""
        owner = world.owner()
        owner.password = "not the password"  # noqa: S105 - nobody's
        with world.visit(owner) as visit, pytest.raises(StaffNeeded) as trouble:
            visit.enter()
        assert trouble.type.__name__ == "WrongPassword"
        assert [one["result"] for one in world.log["sign_ins"]] == ["rejected"]

    def _samples(self, world: World, kinds: Sequence[LookupKind]) -> tuple[list[Query], list[Query]]:
        """Return two queries of each kind that have a true answer, the second for the trouble.

        Those come first whose answer tells columns apart.
        """
        truth = world.truth
        found: dict[str, list[Query]] = {kind: [] for kind in get_args(LookupKind) if kind in kinds}
        queries = [one for one in self.queries(world) if one.kind in found and true_to(one, truth)]
        for query in sorted(queries, key=lambda one: not _telling(one, true_to(one, truth))):
            found[query.kind].append(query)
        assert all(found.values()), "nothing is asked of a kind"
        return [asked[-1] for asked in found.values()], [asked[0] for asked in found.values()]

    @staticmethod
    def _left_alone(world: World) -> None:
        log = world.log
        assert log["mutations"] == []
        assert [one for one in log["sessions"] if not one["closed"]] == []


def _stopped(visit: Visit) -> Trouble | None:
    """Return the trouble that ends the sign-in, if one does."""
    try:
        visit.enter()
    except Trouble as trouble:
        return trouble
    return None


def _longer(query: Query, by: timedelta) -> Query | None:
    """Return a search that begins so much earlier, if it is a search between two days."""
    match query:
        case ClaimsQuery(claim_number=None) | ClaimListQuery():
            return query.model_copy(update={"service_from": query.service_from - by})
        case PaymentsQuery(number=None):
            return query.model_copy(update={"issued_from": query.issued_from - by})
    return None


def _tells(stopped: Trouble, ending: Ending, shown: str) -> None:
    """Be sure that a trouble says where it was, what the portal said, and what is to be done."""
    assert re.search(ending.where, stopped.where), stopped.where
    assert stopped.words
    if not ending.ours:
        said = stopped.words.split(" — ")
        first = 1 if isinstance(stopped, PortalChanged) else 0  # our own words are before the portal's
        assert said[first:], stopped.words
        assert [one for one in said[first:] if one not in shown] == []
    if isinstance(stopped, StaffNeeded):
        assert stopped.todo not in (Trouble.todo, StaffNeeded.todo)
        assert re.fullmatch(r"[A-Z][^.!?]+\.", stopped.todo), stopped.todo


def _declared(requests: Sequence[Request], method: str, path: str, site: str) -> bool:
    return any(one.allows(method, path, site=site) for one in requests)


def _named(name: str, value: object, one: Outcome | Ending) -> str:
    said = "" if value is None else f"-{value}"
    return f"{name}{said}{'-inside' if isinstance(one, Outcome) and one.inside else ''}"


def _telling(query: Query, true: Sequence[Truth]) -> bool:
    """Whether the true answer would tell columns apart, and there is one."""
    if not isinstance(query, (ClaimQuery, ClaimsQuery)):
        return bool(true)
    return any(
        one["paid"]["value"] not in (None, "0.00", one["billed"]["value"])
        and query.model_dump().get("claim_number") is None
        for one in true
    )


class Asking:
    """Makes queries of what the truth says is on file, and of what is not."""

    def __init__(self, world: World, most: int) -> None:
        self._flow, self._truth, self._most = world.flow, world.truth, most
        self._today = date.fromisoformat(self._truth["date"])
        # The account's own, and where the flow goes from one to another all that the practice has.
        own, every = world.context.tin, world.portals.cast["practice"]["tins"]
        others = [tin.replace("-", "") for tin in every] if world.flow.portal.switches_tin else []
        self._tins = list(dict.fromkeys((own, *others)))
        nothing = self._truth["not_on_file"]
        self._people = {one["member_id"]: one for one in (*self._truth["members"], *nothing["members"])}
        self._strangers = nothing

    def queries(self) -> Iterator[Query]:
        """Return queries of every kind that the flow offers."""
        for kind in self._flow.offers:
            yield from getattr(self, f"_{kind}")()

    def _eligibility(self) -> Iterator[Query]:
        for one in self._spread(self._truth["eligibilities"]):
            yield self._about(EligibilityQuery, one, service_date=self._today)
        for one in self._strangers["members"]:
            yield self._about(EligibilityQuery, {"of": one}, service_date=self._today)

    def _claims(self) -> Iterator[Query]:
        for one in self._spread(self._own("claims"))[:3]:
            first, last = _days(one)
            around = {"service_from": first - timedelta(days=9), "service_to": last + timedelta(days=9)}
            yield self._about(ClaimsQuery, one, tin=self._tin(one), **around)

    def _claim_list(self) -> Iterator[Query]:
        for carrier, tin in self._payers("claims"):
            days = {"service_from": self._today - timedelta(days=90), "service_to": self._today}
            yield ClaimListQuery.model_validate({"carrier": carrier, "tin": tin} | days)

    def _claim(self) -> Iterator[Query]:
        listed = [one for one in self._own("claims") if one.get("replaced_by", {}).get("state") != "known"]
        # First one whose amounts tell columns apart, by what only this claim has.
        paid = [one for one in listed if one["paid"]["value"] not in (None, "0.00", one["billed"]["value"])]
        for number, one in enumerate([*paid[:1], *self._spread(listed)]):
            first, last = _days(one)
            yield self._about(
                ClaimQuery,
                one,
                claim_number=one["claim_number"]["value"] if number % 2 else None,
                patient_account_number=one["patient_account_number"]["value"],
                service_from=first,
                service_to=last,
                tin=self._tin(one),
            )
        day = self._today - timedelta(days=20)
        for one in self._strangers["claims"]:
            account = one["patient_account_number"]
            yield self._about(
                ClaimQuery, {"of": one}, patient_account_number=account, service_from=day, service_to=day
            )

    def _payments(self) -> Iterator[Query]:
        begin = self._today.replace(day=1)
        before = (begin - timedelta(days=1)).replace(day=1)
        this_month, last_month = (begin, self._today), (before, begin - timedelta(days=1))
        for carrier, tin in self._payers("payments"):
            for first, last in (this_month, last_month)[: 2 if tin == self._tins[0] else 1]:
                yield PaymentsQuery(carrier=carrier, issued_from=first, issued_to=last, tin=tin)
        for one in self._own("payments")[:1]:
            day, number = one["issue_date"]["value"], one["number"]["value"]
            yield PaymentsQuery(
                carrier=self._carrier(one), issued_from=day, issued_to=day, number=number, tin=self._tin(one)
            )

    def _overpayments(self) -> Iterator[Query]:
        for carrier, tin in self._payers("overpayments"):
            yield OverpaymentsQuery(carrier=carrier, tin=tin)

    def _authorizations(self) -> Iterator[Query]:
        members = {one["of"]["member_id"]: one for one in self._truth["authorizations"]}
        for one in self._spread(list(members.values())):
            yield self._about(AuthorizationsQuery, one, service_date=self._today)

    def _remittance_file(self) -> Iterator[Query]:
        for one in self._spread(self._own("remittance_files"))[:3]:
            yield RemittanceFileQuery(
                carrier=self._carrier(one),
                payment_number=one["payment_number"]["value"],
                issue_date=one["issue_date"]["value"],
                amount=one["amount"]["value"],
                tin=self._tin(one),
            )

    def _spread(self, records: Sequence[Truth]) -> list[Truth]:
        """Return at most so many records, evenly from the first to the last."""
        step = max(1, -(-len(records) // self._most))
        return list(records[::step])

    def _own(self, kind: str) -> list[Truth]:
        """Return the records of tax ids that the account looks up under."""
        return [one for one in self._truth[kind] if self._tin(one) in self._tins]

    def _payers(self, kind: str) -> list[tuple[str, str]]:
        """Return by whom there are records, and of which tax id."""
        return list(dict.fromkeys((self._carrier(one), self._tin(one)) for one in self._own(kind)))

    def _tin(self, record: Truth) -> str:
        """Return whose a record is; the account's own where it is nobody's."""
        own = record.get("tin") or {}
        said: str | None = record.get("of", {}).get("tin") or own.get("value")
        return said.replace("-", "") if said else self._tins[0]

    def _carrier(self, record: Truth) -> str:
        of: str | None = record.get("of", {}).get("carrier")
        carriers = self._flow.portal.carriers
        assert of or len(carriers) == 1, "the truth does not say which carrier a record is of"
        return of or carriers[0].id

    def _about(self, kind: type[AboutMember], record: Truth, **more: object) -> Query:
        of: str | None = record.get("of", {}).get("member_id")
        known = self._people[of or record["member_id"]["value"]]
        person = {name: known[name] for name in ("member_id", "last_name", "first_name", "birth_date")}
        asked = {"carrier": self._carrier(record), "member": person, "tin": self._tins[0]}
        return kind.model_validate(asked | more)


def _days(record: Truth) -> tuple[date, date]:
    first, last = (date.fromisoformat(record[name]["value"]) for name in ("service_from", "service_to"))
    return first, last
