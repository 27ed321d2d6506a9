"""RainierCare's own: other payers over time, codes of its own, authorizations, and two tax ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page

from flows.rainier import FLOW, icn
from flows.rainier.words import CROSSWALK, EX
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.flow import User
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList
from harvester.model.codes import CARC, OtherCoverageOutcome
from harvester.model.eligibility import Eligibility
from harvester.model.payment import PaymentList
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    PaymentsQuery,
    Query,
)
from harvester.model.snapshot import Answer
from harvester.model.work import WorkItem
from harvester.testing.truth import Comparison, Truth, compare
from harvester.visit import lookups
from harvester.visit.guard import Guard
from mock_portals.rainier.words import EXPLANATIONS, LACKING, REDEFINED
from tests.flows.desk import entrance, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY = date(2026, 11, 16)
TOMORROW = date(2026, 11, 17)
TIN, OTHER_TIN = "007300142", "007300658"
CARRIER = "RNCP4"
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "rainier"
UNREAD = {
    "eligibility": {"Member name", "Questionnaire sent", "Questionnaire returned"},
    "claim": {"Media", "Pointer"},
    "authorizations": {"Type", "Service", "Status", "Requested", "PA number", "Member name"},
    "payments": {"Method", "Issue date", "Amount"},
}
"""What stands on pages and the models have no field for, or have from another page of the answer."""


@pytest.fixture(scope="module")
def kit() -> Iterator[Kit]:
    with running_kit.kit() as running:
        yield running.at("rainier")


@pytest.fixture(scope="module")
def truth(kit: Kit) -> Truth:
    """The portal's truth of today."""
    found: Truth = kit.truth()
    return found


def person(kit: Kit, index: int = 0, **known: str) -> User:
    """Return somebody of the practice with password and authenticator."""
    staff = kit.staff(index)
    secrets = {"password": staff["password"], "authenticator": pyotp.TOTP(staff["totp_secret"]).now()}
    return user(kit, (secrets | known).__getitem__, index)


@pytest.fixture(scope="module")
def inside(kit: Kit) -> Iterator[tuple[Page, Guard]]:
    """Somebody who is signed in for all tests; in the end nothing was changed, and nobody is left inside."""
    with entrance(kit, FLOW) as (page, guard):
        FLOW.sign_in(page, person(kit))
        guard.phase = "reading"
        yield page, guard
        guard.phase = "leaving"
        FLOW.sign_out(page)
    log, own = kit.log(), kit.staff()["user"]
    assert log["mutations"] == []
    assert [session["how"] for session in log["sessions"] if session["user"] == own][-1] == "signed_out"


@pytest.fixture
def page(inside: tuple[Page, Guard]) -> Page:
    return inside[0]


@pytest.fixture
def door(inside: tuple[Page, Guard]) -> Iterator[Page]:
    """A fresh browser in front of the portal, and the guard as it is at sign-in."""
    page, guard = inside
    assert page.context.browser is not None
    guard.phase = "entering"
    with page.context.browser.new_context(base_url=page.url, service_workers="block") as context:
        yield context.new_page()
    guard.phase = "reading"


@cache
def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def members(truth: Truth) -> list[Member]:
    return [Member.model_validate(one) for one in truth["members"]]


def asked(page: Page, query: Query) -> Answer | None:
    """Look it up; ``None`` where it is not on file."""
    with suppress(errors.NotOnFile):
        return lookups.answer(FLOW, page, query)
    return None


def held_up(
    truth: Truth, page: Page, queries: list[Query], record_property: Callable[[str, object], None]
) -> list[Answer]:
    """Compare every answer with the truth; return the answers."""
    comparison, found = Comparison(), []
    for number, query in enumerate(queries):
        answer = asked(page, query)
        compare(comparison, query, answer, truth, f"{query.kind} {number}")
        found += [answer] if answer is not None else []
    assert comparison.differences == []
    assert comparison.compared > 3 * len(queries)
    for answer in found:
        assert {entry.path[-1] for entry in getattr(answer, "unmapped", ())} <= UNREAD.get(answer.kind, set())
    record_property("values compared", comparison.compared)
    return found


def test_every_claim_of_the_worklist_is_the_truth(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    queries: list[Query] = [item.claim_query(CARRIER) for item in items("claims")]
    answers = held_up(truth, page, queries, record_property)
    claims = [answer for answer in answers if isinstance(answer, Claim)]
    missing = truth["not_on_file"]["claims"]
    assert len(claims) == len(queries) - len(missing) > 30
    assert {entry.path[-1] for claim in claims for entry in claim.unmapped} == UNREAD["claim"]
    reasons = [a.reason for claim in claims for line in claim.lines for a in line.adjustments]
    assert {reason.value.system for reason in reasons if reason.value} == {CARC, EX}


def test_every_eligibility_of_the_worklist_is_the_truth(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    queries: list[Query] = [item.eligibility_query(CARRIER) for item in items("appointments")]
    assert len(held_up(truth, page, queries, record_property)) == len(queries) - 2


def test_other_payers_have_an_order_a_history_and_an_outcome(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    known = [entry["member_id"]["value"] for entry in truth["eligibilities"] if entry["other_coverages"]]
    queries: list[Query] = [
        EligibilityQuery(carrier=CARRIER, member=member, service_date=TODAY)
        for member in members(truth)
        if member.member_id in known
    ]
    answers = held_up(truth, page, queries, record_property)
    found = [answer for answer in answers if isinstance(answer, Eligibility)]
    assert {answer.other_coverage_outcome.value for answer in found} == set(OtherCoverageOutcome)
    assert max(len(answer.other_coverages) for answer in found) >= 3


def test_what_moves_overnight_is_read_as_it_is_then(
    kit: Kit, truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    kit.post("/clock", {"date": TOMORROW.isoformat()})
    try:
        queries: list[Query] = [item.claim_query(CARRIER) for item in items("claims")[::9]]
        queries += [
            EligibilityQuery(carrier=CARRIER, member=member, service_date=TOMORROW)
            for member in members(truth)[::6]
        ]
        then, comparison = kit.truth(), Comparison()
        for query in queries:
            answer = asked(page, query)
            if answer is not None:
                compare(comparison, query, answer, then, query.kind)
        assert comparison.differences == []
        record_property("values compared", comparison.compared)
    finally:
        kit.post("/clock", {"date": TODAY.isoformat()})


def test_every_authorization_is_the_truth(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    queries: list[Query] = [
        AuthorizationsQuery(carrier=CARRIER, member=member, service_date=TODAY) for member in members(truth)
    ]
    answers = held_up(truth, page, queries, record_property)
    found = [answer for answer in answers if isinstance(answer, AuthorizationList)]
    listed = [one for answer in found for one in answer.authorizations]
    assert len(listed) > 40
    assert {one.status.value for one in listed} >= {"approved", "partial", "denied", "pended_info", "expired"}
    lines = [line.status.value for one in listed if one.status.value == "partial" for line in one.lines]
    assert {"approved", "partial"} <= set(lines)


def test_an_authorization_is_found_by_its_number_with_its_member(truth: Truth, page: Page) -> None:
    first = next(one for one in truth["authorizations"] if one["number"]["value"])
    member = next(one for one in members(truth) if one.member_id == first["of"]["member_id"])
    other = next(one for one in members(truth) if one.member_id != member.member_id)
    query = AuthorizationsQuery(
        carrier=CARRIER, member=member, service_date=TODAY, number=first["number"]["value"]
    )
    comparison = Comparison()
    compare(comparison, query, lookups.answer(FLOW, page, query), truth, "by number")
    assert comparison
    none = lookups.answer(FLOW, page, query.model_copy(update={"member": other}))
    assert isinstance(none, AuthorizationList)
    assert none.authorizations == ()


def payments(since: date = date(2026, 6, 1), tin: str = TIN, number: str | None = None) -> PaymentsQuery:
    return PaymentsQuery(carrier=CARRIER, issued_from=since, issued_to=TODAY, tin=tin, number=number)


def test_every_payment_is_the_truth_under_each_tax_id(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    queries: list[Query] = [payments(), payments(tin=OTHER_TIN), payments()]
    answers = held_up(truth, page, queries, record_property)
    found = [answer for answer in answers if isinstance(answer, PaymentList)]
    assert len(found[0].payments) > 20
    assert 0 < len(found[1].payments) < 4
    assert any(payment.provider_adjustments for payment in found[0].payments)
    number = found[0].payments[0].number.value
    assert len(held_up(truth, page, [payments(number=number)], lambda *_: None)) == 1


def busiest() -> WorkItem:
    """Return a claim of the patient with the most claims."""
    every = [item.member_id for item in items("claims")]
    return max(items("claims"), key=lambda item: every.count(item.member_id))


def whole_year(tin: str = TIN) -> ClaimsQuery:
    member = busiest().claim_query(CARRIER).member
    return ClaimsQuery(
        carrier=CARRIER, member=member, service_from=date(2026, 1, 1), service_to=TODAY, tin=tin
    )


def test_a_list_is_read_over_all_its_pages(
    truth: Truth, page: Page, record_property: Callable[[str, object], None]
) -> None:
    queries: list[Query] = [whole_year(), whole_year(OTHER_TIN), whole_year()]
    first, *_ = held_up(truth, page, queries, record_property)
    assert isinstance(first, ClaimList)
    assert len(first.rows) > 15
    number = str(first.rows[0].claim_number.value)
    held_up(truth, page, [whole_year().model_copy(update={"claim_number": number})], lambda *_: None)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("226288104017", "226288104017"),
        ("126001000000", "126001000000"),
        ("526366000999", "526366000999"),
        ("326288104017", None),
        ("226367104017", None),
        ("226000104017", None),
        ("22628810401", None),
        ("44711234567890", None),
    ],
)
def test_an_icn_has_a_known_region_and_a_day_of_the_year(said: str, read: str | None) -> None:
    assert icn(said) == read


def test_the_crosswalk_has_what_the_plan_has_published_and_nothing_else() -> None:
    found = [*EXPLANATIONS.values(), *LACKING.values()]
    assert {(one.code, one.words): one.carc for one in found if one.carc} == CROSSWALK
    assert any(one.carc is None for one in found)


def reasons(answer: Answer | None) -> set[tuple[str, str]]:
    """Return systems and codes of all adjustments of a claim."""
    assert isinstance(answer, Claim)
    every = [a.reason.value for line in answer.lines for a in line.adjustments]
    return {(code.system, code.code) for code in every if code is not None}


def test_a_code_that_the_plan_redefined_is_not_translated_any_more(
    kit: Kit, truth: Truth, page: Page
) -> None:
    query = sample(truth, "claim")
    assert (CARC, "45") in reasons(asked(page, query))
    with troubled(kit, "ex_redefined"):
        found = asked(page, query)
    assert (CARC, "45") not in reasons(found)
    assert (EX, REDEFINED.code) in reasons(found)


# Troubles -----------------------------------------------------------------------------------------


@contextmanager
def troubled(kit: Kit, name: str, value: object = None) -> Iterator[None]:
    kit.trouble(name, value=value)
    try:
        yield
    finally:
        kit.trouble(name, on=False)


def test_somebody_acts_for_the_tax_id_of_the_account_until_the_session_ends(
    kit: Kit, truth: Truth, door: Page, inside: tuple[Page, Guard]
) -> None:
    FLOW.sign_in(door, replace(person(kit, 2), tin=OTHER_TIN))
    assert "00-7300658" in door.get_by_role("banner").inner_text()
    inside[1].phase = "reading"
    query = sample(truth, "claim")
    kit.trouble("expire_after", value=0, user=kit.staff(2)["user"])
    for _ in ("when it ended", "ever after"):
        with pytest.raises(errors.SignedOut):
            lookups.answer(FLOW, door, query)


def sample(truth: Truth, kind: str) -> Query:
    """Ask for a claim whose amounts tell columns apart, or for what another kind has."""
    if kind == "payments":
        return payments(date(2026, 11, 1))
    if kind == "authorizations":
        wanted = truth["authorizations"][0]["of"]["member_id"]
        member = next(one for one in members(truth) if one.member_id == wanted)
        return AuthorizationsQuery(carrier=CARRIER, member=member, service_date=TODAY)
    if kind == "eligibility":
        return next(
            query
            for item in items("appointments")
            if (query := item.eligibility_query(CARRIER)).member in members(truth)
        )
    paid = {
        claim["patient_account_number"]["value"]
        for claim in truth["claims"]
        if claim["paid"]["value"] not in (None, "0.00", claim["billed"]["value"])
    }
    return next(i for i in items("claims") if i.patient_account_number in paid).claim_query(CARRIER)


POSTED = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"


def test_the_guard_lets_no_decoy_through(kit: Kit, page: Page) -> None:
    for path in ("/requests/void", "/requests/questionnaire", "/challenge", "/terms", "/signin"):
        assert page.evaluate(POSTED, path) == "blocked"
    assert kit.log()["mutations"] == []


def test_a_pa_number_alone_is_refused(page: Page) -> None:
    search = FLOW.portal.fetch(page, "/authorizations")
    refused = FLOW.portal.send(page, search, {"PA number": "A123456789"})
    assert "A PA number alone is not enough: enter the member ID too." in refused.lines
