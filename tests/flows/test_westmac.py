"""Westmac's flow: every answer is the portal's truth, every trouble has its name, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from flows.westmac import FLOW, NOTICE
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.flow import User
from harvester.model.claim import Claim, ClaimList
from harvester.model.eligibility import Eligibility
from harvester.model.payment import PaymentList
from harvester.model.query import (
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.snapshot import Answer
from harvester.model.work import WorkItem
from harvester.testing.truth import Comparison, compare
from harvester.visit import lookups
from harvester.visit.guard import Guard
from harvester.visit.wire import Context
from mock_portals.westmac.words import NOTICE as SHOWN_NOTICE
from tests.flows.desk import entrance, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY = date(2026, 11, 16)
CARRIER = FLOW.portal.carriers[0].id
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "westmac"
UNREAD = {"Bill option", "Billing PTAN", "Crossed over", "Hospice NPI", "Medicare is", "Phone", "Position"}
"""What stands on a page and the model has no field for; positions are what the lines point to."""


@dataclass
class Desk:
    """A practice's biller in front of the gateway, in one browser for all tests."""

    kit: Kit
    page: Page
    guard: Guard
    context: Context

    def person(self, **other: str) -> User:
        """Return the account's owner, who reads the code in the mailbox."""

        def secret(kind: str) -> str:
            own = {"password": self.kit.staff()["password"]} | other
            return own[kind] if kind in own else str(self.kit.mail()[-1]["code"])

        return user(self.kit, secret)

    def enter(self, **other: str) -> None:
        self.guard.phase = "entering"
        FLOW.sign_in(self.page, self.person(**other))
        self.guard.phase = "reading"

    def leave(self) -> None:
        self.guard.phase = "leaving"
        FLOW.sign_out(self.page)

    @contextmanager
    def signed_in(self) -> Iterator[None]:
        self.enter()
        yield
        self.leave()

    def answer(self, query: Query) -> Answer:
        return lookups.answer(FLOW, self.page, self.asked(query))

    def asked(self, query: Query) -> Query:
        return self.context.asks(query)


@pytest.fixture(scope="module")
def _desk() -> Iterator[Desk]:
    with running_kit.kit() as running:
        kit = running.at("westmac")
        site = kit.get("/cast")["practice"]["organizations"][0]
        context = Context(tin=site["tin"].replace("-", ""), npi=site["npi"], ptan=site["ptan"])
        with entrance(kit, FLOW) as (page, guard):
            yield Desk(kit, page, guard, context)


@pytest.fixture
def desk(_desk: Desk) -> Desk:
    _desk.kit.post("/reset")
    return _desk


def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def query_of(item: WorkItem) -> EligibilityQuery | ClaimQuery:
    claim = item.kind == "claim"
    return item.claim_query(CARRIER) if claim else item.eligibility_query(CARRIER)


def all_true(desk: Desk, queries: list[Query]) -> tuple[Comparison, set[str]]:
    """Look everything up, compare it with the truth, and return what of the pages was left unread."""
    comparison, truth, unread = Comparison(), desk.kit.truth(), set()
    with desk.signed_in():
        for number, query in enumerate(queries):
            try:
                answer = desk.answer(query)
            except errors.NotOnFile:
                compare(comparison, desk.asked(query), None, truth, f"{query.kind} {number}")
                continue
            compare(comparison, desk.asked(query), answer, truth, f"{query.kind} {number}")
            unread |= {left.path[-1] for left in getattr(answer, "unmapped", ())}
    assert desk.kit.log()["mutations"] == []
    assert {entry["how"] for entry in desk.kit.log()["sessions"]} == {"signed_out"}
    return comparison, unread


# Answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=1)], ids=str)
def test_claims_of_the_worklist_are_the_truth(
    desk: Desk, day: date, record_property: Callable[[str, object], None]
) -> None:
    desk.kit.post("/clock", {"date": day.isoformat()})
    chosen = [query_of(item) for item in items("claims")][:: 3 if day == TODAY else 12]
    absent = {claim["patient_account_number"] for claim in desk.kit.truth()["not_on_file"]["claims"]}
    chosen += [query_of(item) for item in items("claims") if item.patient_account_number in absent]
    comparison, unread = all_true(desk, list(dict.fromkeys(chosen)))
    assert comparison.differences == []
    assert comparison.compared > 50 * len(chosen) / 2
    assert unread - UNREAD == set()
    record_property("values compared", comparison.compared)


def test_eligibilities_of_the_worklist_are_the_truth(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    asked: list[Query] = [query_of(item) for item in items("appointments")]
    comparison, unread = all_true(desk, asked)
    assert comparison.differences == []
    assert comparison.compared > 20 * len(asked)
    assert unread - UNREAD == set()
    record_property("values compared", comparison.compared)


def test_all_tabs_have_something_for_somebody(desk: Desk) -> None:
    told = [
        {
            "msp": any("insured_name" in other for other in one["other_coverages"]),
            "advantage": any("insured_name" not in other for other in one["other_coverages"]),
            "hospice": any("Hospice" in plan["plan_name"]["value"] for plan in one["coverages"]),
        }
        for one in desk.kit.truth()["eligibilities"]
        if one["member_id"]["value"] in {item.member_id for item in items("appointments")}
    ]
    for name in ("msp", "advantage", "hospice"):
        assert {one[name] for one in told} == {True, False}


def test_payments_and_demands_are_the_truth(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    number = desk.kit.truth()["payments"][3]["number"]["value"]
    asked: list[Query] = [
        PaymentsQuery(carrier=CARRIER, issued_from=TODAY - timedelta(days=120), issued_to=TODAY),
        PaymentsQuery(carrier=CARRIER, issued_from=date(2026, 1, 1), issued_to=TODAY, number=number),
        OverpaymentsQuery(carrier=CARRIER),
    ]
    comparison, unread = all_true(desk, asked)
    assert comparison.differences == []
    assert comparison.compared > 500
    assert unread == set()
    record_property("values compared", comparison.compared)


def test_a_remittance_advice_is_the_pdf_of_its_payment(desk: Desk) -> None:
    asked: list[Query] = []
    for one in desk.kit.truth()["remittance_files"][:3]:
        named = {"payment_number": "payment_number", "issue_date": "issue_date", "amount": "amount"}
        facts = {field: one[leaf]["value"] for field, leaf in named.items()}
        asked.append(RemittanceFileQuery.model_validate({"carrier": CARRIER, **facts}))
    comparison, _ = all_true(desk, asked)
    assert comparison.differences == []
    assert comparison.compared > 20


def whole_year(item: WorkItem) -> ClaimsQuery:
    """Ask for all claims of an item's member."""
    member = item.claim_query(CARRIER).member
    return ClaimsQuery(carrier=CARRIER, member=member, service_from=date(2026, 5, 1), service_to=TODAY)


def test_a_long_span_is_asked_45_days_at_a_time(desk: Desk) -> None:
    every = [item.member_id for item in items("claims")]
    query = whole_year(max(items("claims"), key=lambda item: every.count(item.member_id)))
    comparison, _ = all_true(desk, [query])
    assert comparison
    assert comparison.compared > 100


def test_an_empty_time_is_no_list_and_a_payment_that_is_not_there_is_not_on_file(desk: Desk) -> None:
    empty = date(2024, 3, 1)
    with desk.signed_in():
        listed = desk.answer(PaymentsQuery(carrier=CARRIER, issued_from=empty, issued_to=empty))
        assert isinstance(listed, PaymentList)
        assert (listed.payments, listed.stated_total.value) == ((), 0)
        assert listed.approved_claims.value
        with pytest.raises(errors.NotOnFile):
            desk.answer(PaymentsQuery(carrier=CARRIER, issued_from=empty, issued_to=empty, number="1"))
        with pytest.raises(errors.NotOnFile):
            desk.answer(
                whole_year(items("claims")[0]).model_copy(update={"service_from": empty, "service_to": empty})
            )


# Signing in ---------------------------------------------------------------------------------------


def test_the_notice_is_accepted_in_its_known_words_only(desk: Desk) -> None:
    assert NOTICE == SHOWN_NOTICE
    desk.kit.trouble("notice_changed")
    with pytest.raises(errors.TermsToAccept):
        desk.enter()
    assert [entry["path"] for entry in desk.kit.log()["requests"] if entry["method"] == "POST"] == []


def test_the_code_in_the_mailbox_is_good_for_a_second_sign_in_and_never_asked_for_again(desk: Desk) -> None:
    for _ in range(2):
        with desk.signed_in():
            pass
    assert len({message["code"] for message in desk.kit.mail()}) == 1
    assert [entry["result"] for entry in desk.kit.log()["codes"]] == ["accepted", "accepted"]
    assert desk.kit.log()["mutations"] == []


@pytest.mark.parametrize(
    ("secrets", "error"),
    [({"password": "no"}, errors.WrongPassword), ({"email": "no"}, errors.CodeRejected)],
    ids=["password", "code"],
)
def test_what_is_refused_is_sent_once(
    desk: Desk, secrets: dict[str, str], error: type[errors.Trouble]
) -> None:
    with pytest.raises(error):
        desk.enter(**secrets)
    refused = [entry for entry in desk.kit.log()["sign_ins"] if entry["result"] != "accepted"]
    assert len(refused) == 1


DOOR = {
    "unavailable": errors.PortalUnavailable,
    "maintenance": errors.PortalUnavailable,
    "locked": errors.AccountLocked,
    "code_rejected": errors.CodeRejected,
    "password_expired": errors.PasswordExpired,
    "terms": errors.TermsToAccept,
    "notice_changed": errors.TermsToAccept,
    "another_session": errors.AnotherSession,
    "recertification": errors.TrainingDue,
}
"""What stops somebody at the door."""


@pytest.mark.parametrize("name", DOOR)
def test_a_trouble_at_the_door_has_its_name_and_ends(desk: Desk, name: str) -> None:
    desk.kit.trouble(name)
    with pytest.raises(errors.Trouble) as trouble:
        desk.enter()
    assert type(trouble.value) is DOOR[name]
    assert desk.kit.log()["mutations"] == []
    desk.kit.trouble(name, on=False)
    if name in ("terms", "recertification"):  # signed in, and in the ladder
        desk.leave()
    with desk.signed_in():
        pass


def test_who_does_not_sign_out_is_kept_out_for_three_hours(desk: Desk) -> None:
    desk.enter()
    desk.page.context.clear_cookies()
    with pytest.raises(errors.AnotherSession, match="try again in 180 minutes"):
        desk.enter()
    desk.kit.post("/clock", {"advance_seconds": 3 * 3600 + 60})
    with desk.signed_in():
        pass


# Troubles inside ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A trouble inside, and what comes of a lookup; no error means the true answer."""

    name: str
    value: object
    asked: str
    error: type[errors.Trouble] | None
    where: str = ""


INSIDE = (
    Case("slow", 20, "claim", None),
    Case("layout_b", None, "claim", None),
    Case("layout_b", None, "eligibility", None),
    Case("unavailable", None, "claim", errors.PortalUnavailable),
    Case("maintenance", None, "eligibility", errors.PortalUnavailable),
    Case("expire_after", 3, "claim", errors.SignedOut),
    Case("wrong_patient", None, "claim", errors.WrongPage, "member_id"),
    Case("wrong_patient", None, "eligibility", errors.WrongPage, "member_id"),
    Case("stale_rows", "old", "claim", errors.WrongPage, "Your inquiry"),
    Case("stale_rows", "missing", "claim", errors.PortalChanged, "Your inquiry"),
    Case("column_swap", "lines", "claim", errors.PortalChanged, "billed"),
    Case("column_swap", "both", "claim", errors.PortalChanged, "billed"),
    Case("header_renamed", None, "claim", errors.PortalChanged, "MBI"),
    Case("header_renamed", None, "eligibility", errors.PortalChanged, "MBI"),
    Case("page_count", 2, "claim", errors.PortalChanged, "rows"),
    Case("page_count", 2, "payments", errors.PortalChanged, "payments"),
    Case("page_count", 2, "overpayments", errors.PortalChanged, "overpayments"),
    Case("closed", None, "claim", errors.PortalUnavailable),
    Case("closed", None, "overpayments", errors.PortalUnavailable),
    Case("closed", None, "eligibility", None),
    Case("autofill_warning", None, "eligibility", errors.Challenge),
    Case("autofill_warning", None, "claim", errors.Challenge),
    Case("other_provider", None, "eligibility", errors.WrongPage, "TIN"),
    Case("other_provider", None, "claim", errors.WrongPage, "TIN"),
    Case("other_provider", None, "payments", errors.WrongPage, "TIN"),
    Case("other_provider", None, "overpayments", errors.WrongPage, "TIN"),
)


def test_every_trouble_of_the_portal_has_a_case(desk: Desk) -> None:
    known = {trouble["name"] for trouble in desk.kit.get("/trouble/westmac")}
    assert {case.name for case in INSIDE} | set(DOOR) == known


def sample(truth: Any, kind: str) -> Query:
    """Return a question whose true answer tells columns apart."""
    if kind == "payments":
        return PaymentsQuery(carrier=CARRIER, issued_from=TODAY - timedelta(days=20), issued_to=TODAY)
    if kind == "overpayments":
        return OverpaymentsQuery(carrier=CARRIER)
    if kind == "eligibility":
        known = {one["member_id"]["value"] for one in truth["eligibilities"]}
        return query_of(next(item for item in items("appointments") if item.member_id in known))
    paid = {
        claim["patient_account_number"]["value"]
        for claim in truth["claims"]
        if claim["paid"]["value"] not in (None, "0.00", claim["billed"]["value"]) and len(claim["lines"]) > 1
    }
    return query_of(next(item for item in items("claims") if item.patient_account_number in paid))


def true_to(desk: Desk, query: Query) -> None:
    comparison = Comparison()
    answer = desk.answer(query)
    assert isinstance(answer, Claim | Eligibility | ClaimList) or query.kind.endswith("payments")
    compare(comparison, desk.asked(query), answer, desk.kit.truth(), query.kind)
    assert comparison, comparison.differences


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: f"{case.name}-{case.value or ''}-{case.asked}")
def test_a_trouble_inside_has_its_outcome_and_ends(desk: Desk, case: Case) -> None:
    query = sample(desk.kit.truth(), case.asked)
    with desk.signed_in():
        desk.kit.trouble(case.name, value=case.value)
        if case.error is None:
            true_to(desk, query)
        else:
            with pytest.raises(errors.Trouble) as trouble:
                desk.answer(query)
            assert type(trouble.value) is case.error
            assert case.where in trouble.value.where
        desk.kit.trouble(case.name, on=False)
        if case.error is not errors.SignedOut:
            true_to(desk, query)
    assert desk.kit.log()["mutations"] == []


def test_claims_and_money_are_closed_on_sundays(desk: Desk) -> None:
    desk.kit.post("/clock", {"date": "2026-11-22"})
    with desk.signed_in(), pytest.raises(errors.PortalUnavailable, match="outside its hours"):
        desk.answer(OverpaymentsQuery(carrier=CARRIER))


def test_without_npi_and_ptan_nothing_is_answered(desk: Desk) -> None:
    with desk.signed_in(), pytest.raises(errors.PortalChanged):
        desk.answer(OverpaymentsQuery(carrier=CARRIER, tin="007300658"))


POSTED = """fields => fetch("/home", {method: "POST", body: new URLSearchParams(fields)})
    .then(() => "sent", () => "blocked")"""


@pytest.mark.parametrize("task", ["appeal", "offset", "typed"])
def test_the_guard_lets_no_decoy_through(desk: Desk, task: str) -> None:
    with desk.signed_in():
        assert desk.page.evaluate(POSTED, {"task": task}) == "blocked"
        assert desk.page.evaluate(POSTED, [["task", "claims"], ["task", task]]) == "blocked"
        assert desk.page.evaluate(POSTED, {"task": "claims"}) == "sent"
    assert desk.kit.log()["mutations"] == []
