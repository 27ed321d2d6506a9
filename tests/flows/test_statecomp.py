"""StateComp's flow: every answer is the portal's truth, only our own bills are ours, troubles have names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from flows.statecomp import FLOW, PROGRAMS
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.model.claim import Claim, ClaimList
from harvester.model.codes import AuthorizationStatus, CoverageStatus
from harvester.model.eligibility import Eligibility
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
)
from harvester.model.snapshot import Answer
from harvester.model.work import WorkItem
from harvester.testing.truth import Comparison, compare
from harvester.visit import lookups
from harvester.visit.guard import Guard
from harvester.visit.stay import browsing
from tests.flows.desk import user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY, NEXT = date(2026, 11, 16), date(2026, 11, 17)
TIN = "007300142"
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "statecomp"
UNREAD = {
    *("1", "2", "3", "Description", "Decision", "ICD-10"),
    "Billing tax ID",
    "Claim manager telephone",
    "Decided",
    "Document number",
    "Employer",
    "Enrolled provider",
    "Injury claim number",
    "Date of birth",
    "Managed care organization",
    "Pointer",
    "Program",
    "User",
}
"""What stands on the pages and the model has no field for; conditions that are not allowed."""


@dataclass
class Desk:
    """A running portal, and a browser at it in which the first person of the cast is signed in."""

    kit: Kit
    browser: Browser
    guard: Guard
    page: Page
    advanced: int = 0
    seen: set[str] = field(default_factory=set)

    @contextmanager
    def entrance(self) -> Iterator[Page]:
        """Another window of the browser, in front of the portal."""
        self.guard.phase = "entering"
        context = self.browser.new_context(
            base_url=self.kit.portals["statecomp"]["url"], service_workers="block"
        )
        yield context.new_page()
        context.close()
        self.guard.phase = "reading"

    def sign_in(self, page: Page, index: int, **wrong: str) -> None:
        """Sign somebody in with a fresh code, or with something wrong."""
        self.advanced += 31
        self.kit.post("/clock", {"advance_seconds": 31})
        person = self.kit.staff(index)
        code = pyotp.TOTP(person["totp_secret"]).at(int(time.time()) + self.advanced)
        known = {"password": person["password"], "authenticator": code} | wrong
        FLOW.sign_in(page, user(self.kit, known.__getitem__, index))
        self.guard.phase = "reading"

    def ask(self, query: Query, page: Page | None = None) -> Answer | None:
        try:
            answer = lookups.answer(FLOW, page or self.page, query)
        except errors.NotOnFile:
            return None
        self.seen |= {entry.path[-1] for entry in getattr(answer, "unmapped", ())}
        return answer


@pytest.fixture(scope="module")
def _desk() -> Iterator[Desk]:
    with running_kit.kit() as running:
        kit = running.at("statecomp")
        with browsing(FLOW.portal, kit.portals["statecomp"]["url"]) as (browser, guard):
            page = browser.new_context(
                base_url=kit.portals["statecomp"]["url"], service_workers="block"
            ).new_page()
            desk = Desk(kit, browser, guard, page)
            desk.sign_in(page, 0)
            yield desk
            assert desk.seen <= UNREAD
            guard.phase = "leaving"
            FLOW.sign_out(page)
            log = kit.log()
            assert log["mutations"] == []
            assert log["sign_outs"][-1]["user"] == kit.staff()["user"]


@pytest.fixture
def desk(_desk: Desk) -> Iterator[Desk]:
    """The desk, with every trouble off before and after, on the portal's first day."""
    yield _desk
    for trouble in _desk.kit.get("/trouble/statecomp"):
        _desk.kit.trouble(trouble["name"], on=False)
    _desk.kit.post("/clock", {"date": f"{TODAY}"})


def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def carrier(name: str) -> str:
    found = FLOW.portal.carrier_named(name)
    assert found is not None
    return found.id


def members(truth: Any) -> list[tuple[str, Member]]:
    """Return every injury claim of the portal's truth, with its program."""
    return [(carrier(truth["programs"][one["member_id"]]), Member(**one)) for one in truth["members"]]


def told(comparison: Comparison, least: int) -> None:
    assert comparison.differences == []
    assert comparison.compared > least


# Answers ------------------------------------------------------------------------------------------


def bills_are_true(
    desk: Desk, asked: Sequence[WorkItem], record_property: Callable[[str, object], None]
) -> None:
    truth, comparison, absent = desk.kit.truth(), Comparison(), set()
    for item in asked:
        query = item.claim_query(carrier(item.payer))
        answer = desk.ask(query)
        compare(comparison, query, answer, truth, f"{item.claim_id}")
        if answer is None:
            absent.add(item.patient_account_number)
        else:
            assert isinstance(answer, Claim)
            assert answer.tin.value == "00-7300142"
            assert answer.injury_number == answer.member_id
    told(comparison, 40 * (len(asked) - len(absent)))
    never = {one["patient_account_number"] for one in truth["not_on_file"]["claims"]}
    assert absent == never & {item.patient_account_number for item in asked}
    record_property("values compared", comparison.compared)


@pytest.mark.parametrize("day", [TODAY, NEXT], ids=str)
def test_bills_of_the_worklist_are_the_truth(
    desk: Desk, day: date, record_property: Callable[[str, object], None]
) -> None:
    desk.kit.post("/clock", {"date": f"{day}"})
    never = {one["patient_account_number"] for one in desk.kit.truth()["not_on_file"]["claims"]}
    asked = [item for item in items("claims") if item.patient_account_number in never]
    bills_are_true(desk, [*asked, *items("claims")[:: 4 if day == TODAY else 9]], record_property)


@pytest.mark.long
def test_every_bill_of_the_worklist_is_the_truth(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    bills_are_true(desk, items("claims"), record_property)


def test_every_injury_claim_is_the_truth(desk: Desk, record_property: Callable[[str, object], None]) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    asked = [item.eligibility_query(carrier(item.payer)) for item in items("appointments")]
    asked += [
        EligibilityQuery(carrier=c, member=m, service_date=TODAY, tin=TIN) for c, m in members(truth)[-6:]
    ]
    statuses = set()
    for query in asked:
        answer = desk.ask(query)
        compare(comparison, query, answer, truth, query.member.member_id)
        if isinstance(answer, Eligibility):
            assert answer.service_date.value == query.service_date
            statuses.add(answer.coverages[0].status.value)
    assert statuses == {CoverageStatus.ACTIVE, CoverageStatus.INACTIVE, CoverageStatus.PENDING}
    told(comparison, 15 * len(asked))
    record_property("values compared", comparison.compared)


def test_a_list_has_all_of_our_bills_and_nobody_else_s(desk: Desk) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    others = [one["member_id"]["value"] for one in truth["bills_of_others"]]
    known = {m.member_id: (c, m) for c, m in members(truth)}
    busiest = max(known, key=others.count)
    for tin in (TIN, "007300658"):
        for number in (busiest, truth["claims"][0]["member_id"]["value"]):
            program, member = known[number]
            query = ClaimsQuery(
                carrier=program, member=member, service_from=date(2026, 1, 1), service_to=TODAY, tin=tin
            )
            answer = desk.ask(query)
            assert isinstance(answer, ClaimList)
            compare(comparison, query, answer, truth, number)
    told(comparison, 200)


def test_every_payment_is_the_truth_and_what_it_withholds(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    for program in PROGRAMS:
        for tin in (TIN, "007300658"):
            query = PaymentsQuery(carrier=program, issued_from=date(2026, 6, 1), issued_to=TODAY, tin=tin)
            compare(comparison, query, desk.ask(query), truth, program)
    number = truth["payments"][0]["number"]["value"]
    one = PaymentsQuery(
        carrier=truth["payments"][0]["of"]["carrier"], issued_from=TODAY, issued_to=TODAY, number=number
    )
    answer = desk.ask(one)
    assert answer is not None
    told(comparison, 1000)
    record_property("values compared", comparison.compared)


def test_every_demand_is_the_truth(desk: Desk, record_property: Callable[[str, object], None]) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    for program in PROGRAMS:
        query = OverpaymentsQuery(carrier=program, tin=TIN)
        compare(comparison, query, desk.ask(query), truth, program)
    told(comparison, 100)
    record_property("values compared", comparison.compared)


def test_every_authorization_is_the_truth_down_to_its_lines(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    truth, comparison, statuses = desk.kit.truth(), Comparison(), set()
    for program, member in members(truth)[::4]:
        query = AuthorizationsQuery(carrier=program, member=member, service_date=TODAY, tin=TIN)
        answer = desk.ask(query)
        compare(comparison, query, answer, truth, member.member_id)
        statuses |= {line.status.value for one in getattr(answer, "authorizations", ()) for line in one.lines}
    assert AuthorizationStatus.AWAITING_DECISION in statuses
    told(comparison, 200)
    record_property("values compared", comparison.compared)


# Whose bill it is ---------------------------------------------------------------------------------


def test_another_provider_s_bill_with_our_invoice_number_is_not_ours(desk: Desk) -> None:
    truth = desk.kit.truth()
    accounts = {item.patient_account_number: item for item in items("claims")}
    unsent = {one["patient_account_number"] for one in truth["not_on_file"]["claims"]}
    twins = [o for o in truth["bills_of_others"] if o["patient_account_number"]["value"] in accounts]
    assert len(twins) > 20
    assert any(twin["patient_account_number"]["value"] in unsent for twin in twins)
    for twin in twins[:3]:
        item = accounts[twin["patient_account_number"]["value"]]
        query = item.claim_query(carrier(item.payer))
        answer = desk.ask(query)
        assert isinstance(answer, Claim)
        assert answer.claim_number.value != twin["claim_number"]["value"]
        theirs = query.model_copy(update={"claim_number": twin["claim_number"]["value"]})
        with pytest.raises(errors.WrongPage, match="not the one asked for"):
            lookups.answer(FLOW, desk.page, theirs)


def test_a_social_security_number_is_no_value_of_ours(desk: Desk) -> None:
    item = items("claims")[0]
    bill = desk.ask(item.claim_query(carrier(item.payer)))
    injury = desk.ask(
        EligibilityQuery.model_validate(
            item.claim_query(carrier(item.payer)).model_dump(include={"carrier", "member", "tin"})
            | {"service_date": TODAY}
        )
    )
    for answer in (bill, injury):
        assert answer is not None
        assert "***-**-" not in answer.model_dump_json()
        assert "Social Security" not in answer.model_dump_json()


# Troubles -----------------------------------------------------------------------------------------

DOOR = {
    "unavailable": errors.PortalUnavailable,
    "maintenance": errors.PortalUnavailable,
    "locked": errors.AccountLocked,
    "password_expired": errors.PasswordExpired,
    "code_rejected": errors.CodeRejected,
    "terms": errors.TermsToAccept,
    "attestation": errors.TermsToAccept,
    "training": errors.TrainingDue,
}
"""What stops somebody at the door."""


@pytest.mark.parametrize("name", DOOR)
def test_a_trouble_at_the_door_has_its_name_and_ends(desk: Desk, name: str) -> None:
    desk.kit.trouble(name, user=None if name in ("unavailable", "maintenance") else desk.kit.staff(1)["user"])
    with desk.entrance() as page:
        with pytest.raises(errors.Trouble) as trouble:
            desk.sign_in(page, 1)
        assert type(trouble.value) is DOOR[name]
    desk.kit.trouble(name, on=False)
    desk.kit.trouble(name, on=False, user=desk.kit.staff(1)["user"])
    with desk.entrance() as page:
        desk.sign_in(page, 1)


def test_a_wrong_password_is_sent_once(desk: Desk) -> None:
    before = len(desk.kit.log()["sign_ins"])
    with desk.entrance() as page, pytest.raises(errors.WrongPassword):
        desk.sign_in(page, 2, password="no")
    assert [entry["result"] for entry in desk.kit.log()["sign_ins"][before:]] == ["rejected"]


@dataclass(frozen=True)
class Case:
    """A trouble inside, and what comes of a lookup; no error means the true answer."""

    name: str
    value: object
    asked: str
    error: type[errors.Trouble] | None
    where: str = ""


INSIDE = (
    Case("slow", 100, "claim", None),
    Case("layout_b", None, "claim", None),
    Case("layout_b", None, "eligibility", None),
    Case("unavailable", None, "claim", errors.PortalUnavailable),
    Case("maintenance", None, "eligibility", errors.PortalUnavailable),
    Case("closed", None, "claim", errors.PortalUnavailable),
    Case("wrong_patient", None, "claim", errors.WrongPage, "member_id"),
    Case("wrong_patient", None, "eligibility", errors.WrongPage, "member_id"),
    Case("stale_rows", "old", "claim", errors.WrongPage, "Your inquiry"),
    Case("stale_rows", "missing", "claim", errors.PortalChanged, "Your inquiry"),
    Case("column_swap", "lines", "claim", errors.PortalChanged, "billed"),
    Case("column_swap", "grid", "claim", errors.PortalChanged, "billed"),
    Case("column_swap", "both", "claim", errors.PortalChanged, "billed"),
    Case("header_renamed", None, "claim", errors.PortalChanged, "Injury claim number"),
    Case("header_renamed", None, "eligibility", errors.PortalChanged, "Injury claim number"),
    Case("page_count", 2, "claim", errors.PortalChanged, "rows"),
)


def test_every_trouble_of_the_portal_has_a_case(desk: Desk) -> None:
    known = {trouble["name"] for trouble in desk.kit.get("/trouble/statecomp")}
    assert {case.name for case in INSIDE} | set(DOOR) | {"expire_after"} == known


def sample(kit: Kit, kind: str) -> ClaimQuery | EligibilityQuery:
    """Ask for a bill whose amounts tell columns apart, or for an injury claim."""
    if kind == "eligibility":
        item = items("appointments")[0]
        return item.eligibility_query(carrier(item.payer))
    paid = {
        claim["patient_account_number"]["value"]
        for claim in kit.truth()["claims"]
        if claim["paid"]["value"] not in ("0.00", None, claim["billed"]["value"])
    }
    item = next(i for i in items("claims") if i.patient_account_number in paid)
    return item.claim_query(carrier(item.payer))


def true_to(desk: Desk, query: Query, page: Page | None = None) -> None:
    comparison = Comparison()
    compare(comparison, query, desk.ask(query, page), desk.kit.truth(), query.kind)
    told(comparison, 15)


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: f"{case.name}-{case.value or ''}-{case.asked}")
def test_a_trouble_inside_has_its_outcome_and_ends(desk: Desk, case: Case) -> None:
    query = sample(desk.kit, case.asked)
    desk.kit.trouble(case.name, value=case.value)
    if case.error is None:
        true_to(desk, query)
    else:
        with pytest.raises(errors.Trouble) as trouble:
            lookups.answer(FLOW, desk.page, query)
        assert type(trouble.value) is case.error
        assert case.where in trouble.value.where
    desk.kit.trouble(case.name, on=False)
    true_to(desk, query)


def test_a_session_that_ends_is_signed_out(desk: Desk) -> None:
    with desk.entrance() as page:
        desk.sign_in(page, 2)
        query = sample(desk.kit, "claim")
        desk.kit.trouble("expire_after", value=3, user=desk.kit.staff(2)["user"])
        with pytest.raises(errors.SignedOut):
            desk.ask(query, page)
    desk.kit.trouble("expire_after", on=False, user=desk.kit.staff(2)["user"])


def test_the_guard_lets_no_decoy_through(desk: Desk) -> None:
    truth = desk.kit.truth()
    posted = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"
    bill, demand = truth["claims"][0]["claim_number"]["value"], truth["overpayments"][0]["reference"]["value"]
    asked = truth["authorizations"][0]["reference"]["value"]
    injury = truth["members"][0]["member_id"]
    for path in (
        f"/bills/{bill}/reconsideration",
        f"/bills/{bill}/void",
        f"/injury/{injury}/physician",
        f"/authorizations/{asked}/withdraw",
        f"/recoveries/{demand}/appeal",
        "/due/attestation",
        "/terms",
    ):
        assert desk.page.evaluate(posted, path) == "blocked"
    assert desk.kit.log()["mutations"] == []


def test_dates_of_a_year_are_one_inquiry(desk: Desk) -> None:
    program, member = members(desk.kit.truth())[0]
    query = ClaimsQuery(
        carrier=program, member=member, service_from=TODAY - timedelta(days=365), service_to=TODAY, tin=TIN
    )
    assert isinstance(desk.ask(query), ClaimList)
