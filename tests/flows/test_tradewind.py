"""Tradewind's flow: every answer of its worklist is the portal's truth, and every trouble has its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from flows.tradewind import FLOW
from flows.tradewind.codes import CARRIERS, STATUS
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.model.claim import Claim, ClaimList
from harvester.model.eligibility import Eligibility
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery
from harvester.model.shown import State
from harvester.model.work import WorkItem
from harvester.testing.truth import Comparison
from harvester.visit import lookups
from tests.flows.desk import entrance, signed_in, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY = date(2026, 11, 16)
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "tradewind"
UNREAD = {"Batch no.", "Code", "Effective", "List", "Meaning", "Response date", "Site ID", "User"}
"""What stands on a claim's page and the model has no field for; the codes' meanings where none is held up."""


@pytest.fixture(scope="module")
def _running() -> Iterator[Kit]:
    with running_kit.kit() as running:
        yield running


@pytest.fixture
def kit(_running: Kit) -> Kit:
    _running.post("/reset")
    return _running.at("tradewind")


def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def carrier(item: WorkItem) -> str:
    found = FLOW.portal.carrier_named(item.payer)
    assert found is not None
    return found.id


def true_claims(kit: Kit) -> dict[str, Mapping[str, Any]]:
    return {claim["claim_number"]["value"]: claim for claim in kit.truth()["claims"]}


@pytest.mark.parametrize("day", [TODAY, date(2026, 11, 17)], ids=str)
def test_every_claim_of_the_worklist_is_the_truth(
    kit: Kit, day: date, record_property: Callable[[str, object], None]
) -> None:
    kit.post("/clock", {"date": day.isoformat()})
    true, comparison = true_claims(kit), Comparison()
    missing = {claim["patient_account_number"] for claim in kit.truth()["not_on_file"]["claims"]}
    absent, seen, asked = set(), set(), items("claims")
    if day != TODAY:
        numbers = {c["patient_account_number"]["value"] for c in true.values()}
        asked = tuple(i for i in asked if i.patient_account_number in numbers)[::4]
        missing = set()
    with signed_in(kit, FLOW, user(kit)) as page:
        for item in asked:
            query = item.claim_query(carrier(item))
            try:
                answer = lookups.answer(FLOW, page, query)
            except errors.NotOnFile:
                absent.add(item.patient_account_number)
                continue
            assert isinstance(answer, Claim)
            assert answer.patient_account_number.value == item.patient_account_number
            comparison.add(answer, true[str(answer.claim_number.value)], str(item.claim_id))
            seen |= {entry.path[-1] for entry in answer.unmapped}
    assert comparison.differences == []
    assert absent == missing
    assert comparison.compared > 40 * (len(asked) - len(absent))
    assert seen - UNREAD == set()
    assert kit.log()["mutations"] == []
    record_property("values compared", comparison.compared)


def test_every_eligibility_of_the_worklist_is_the_truth(
    kit: Kit, record_property: Callable[[str, object], None]
) -> None:
    true = {entry["member_id"]["value"]: entry for entry in kit.truth()["eligibilities"]}
    missing = {member["member_id"] for member in kit.truth()["not_on_file"]["members"]}
    comparison, absent, asked = Comparison(), set(), items("appointments")
    with signed_in(kit, FLOW, user(kit)) as page:
        for item in asked:
            query = item.eligibility_query(carrier(item))
            try:
                answer = lookups.answer(FLOW, page, query)
            except errors.NotOnFile:
                absent.add(query.member.member_id)
                continue
            assert isinstance(answer, Eligibility)
            assert answer.service_date.value == query.service_date
            comparison.add(answer, true[query.member.member_id], str(item.appointment_id))
    assert comparison.differences == []
    assert absent == missing
    assert comparison.compared > 80 * (len(asked) - len(absent))
    assert kit.log()["mutations"] == []
    record_property("values compared", comparison.compared)


def whole_year(item: WorkItem) -> ClaimsQuery:
    """Ask for all claims of an item's member."""
    member = item.claim_query(carrier(item)).member
    return ClaimsQuery(
        carrier=carrier(item), member=member, service_from=date(2026, 1, 1), service_to=TODAY, tin="007300142"
    )


def busiest() -> WorkItem:
    """Return a claim of the patient with the most claims."""
    every = [item.member_id for item in items("claims")]
    return max(items("claims"), key=lambda item: every.count(item.member_id))


def test_a_list_is_read_over_all_its_pages(kit: Kit) -> None:
    query, true = whole_year(busiest()), true_claims(kit)
    with signed_in(kit, FLOW, user(kit)) as page:
        listed = lookups.answer(FLOW, page, query)
    assert isinstance(listed, ClaimList)
    assert len(listed.rows) > 20
    comparison = Comparison()
    for row in listed.rows:
        claim = true[str(row.claim_number.value)]
        shared = {name: leaf for name, leaf in claim.items() if name in type(row).model_fields}
        comparison.add(row, shared | {"member_id": None}, str(row.claim_number.value))
    assert comparison


def test_a_code_means_what_this_payer_means_by_it() -> None:
    assert set(STATUS) == set(CARRIERS)
    assert STATUS["PCBT7"]["P2:46"] != STATUS["SWMA5"]["P2:46"]
    assert all(len(set(table.values())) == 11 for table in STATUS.values())


def test_a_code_of_another_payer_is_unreadable(kit: Kit) -> None:
    kit.trouble("new_code", value="F4:104")
    item = next(i for i in items("claims") if carrier(i) == "SWMA5" and i.patient_account_number != "T90101")
    with signed_in(kit, FLOW, user(kit)) as page:
        listed = lookups.answer(FLOW, page, whole_year(item))
    assert isinstance(listed, ClaimList)
    assert {(row.status.state, row.status.words) for row in listed.rows} == {(State.UNREADABLE, "F4:104")}


POSTED = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"


# Troubles -----------------------------------------------------------------------------------------


DOOR = {
    "unavailable": errors.PortalUnavailable,
    "maintenance": errors.PortalUnavailable,
    "locked": errors.AccountLocked,
    "password_expired": errors.PasswordExpired,
    "terms": errors.TermsToAccept,
}
"""What stops somebody at the door."""


@pytest.mark.parametrize("name", DOOR)
def test_a_trouble_at_the_door_has_its_name_and_ends(kit: Kit, name: str) -> None:
    kit.trouble(name)
    with entrance(kit, FLOW) as (page, _), pytest.raises(DOOR[name]):
        FLOW.sign_in(page, user(kit))
    assert kit.log()["mutations"] == []
    kit.trouble(name, on=False)
    with signed_in(kit, FLOW, user(kit)):
        pass


@pytest.mark.parametrize("wrong", ["password", "site"])
def test_a_wrong_password_or_site_is_sent_once(kit: Kit, wrong: str) -> None:
    person = user(kit, (lambda _: "no") if wrong == "password" else None)
    if wrong == "site":
        person = replace(person, organisation="AF00000")
    with entrance(kit, FLOW) as (page, _), pytest.raises(errors.WrongPassword):
        FLOW.sign_in(page, person)
    assert [entry["result"] for entry in kit.log()["sign_ins"]] == ["rejected"]


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
    Case("expire_after", 3, "claim", errors.SignedOut),
    Case("wrong_patient", None, "claim", errors.WrongPage, "member_id"),
    Case("wrong_patient", None, "eligibility", errors.WrongPage, "member_id"),
    Case("stale_rows", "old", "claim", errors.WrongPage, "Inquiry"),
    Case("stale_rows", "missing", "claim", errors.PortalChanged, "Inquiry"),
    Case("column_swap", "lines", "claim", errors.PortalChanged, "billed"),
    Case("column_swap", "grid", "claim", errors.PortalChanged, "billed"),
    Case("column_swap", "both", "claim", errors.PortalChanged, "billed"),
    Case("header_renamed", None, "claim", errors.PortalChanged, "Member ID"),
    Case("header_renamed", None, "eligibility", errors.PortalChanged, "Member ID"),
    Case("page_count", 2, "claim", errors.PortalChanged, "rows"),
    Case("new_code", None, "claim", None),
)


def test_every_trouble_of_the_portal_has_a_case(kit: Kit) -> None:
    known = {trouble["name"] for trouble in kit.get("/trouble/tradewind")}
    assert {case.name for case in INSIDE} | set(DOOR) == known


def sample(kit: Kit, kind: str) -> ClaimQuery | EligibilityQuery:
    """Ask for a claim whose amounts tell columns apart, or for a member's coverage."""
    if kind == "eligibility":
        item = next(i for i in items("appointments") if not f"{i.member_id}".startswith("9000"))
        return item.eligibility_query(carrier(item))
    paid = {
        claim["patient_account_number"]["value"]
        for claim in true_claims(kit).values()
        if claim["paid"]["value"] not in ("0.00", claim["billed"]["value"])
    }
    item = next(i for i in items("claims") if i.patient_account_number in paid)
    return item.claim_query(carrier(item))


def true_to(kit: Kit, page: Page, query: ClaimQuery | EligibilityQuery, case: Case | None) -> None:
    """Look it up and compare; the status alone is something else while its code is a new one."""
    answer, comparison = lookups.answer(FLOW, page, query), Comparison()
    if isinstance(answer, Claim):
        true = true_claims(kit)[str(answer.claim_number.value)]
    else:
        (true,) = [
            e for e in kit.truth()["eligibilities"] if e["member_id"]["value"] == query.member.member_id
        ]
    assert isinstance(answer, Claim | Eligibility)
    if case and case.name == "new_code":
        true = dict(true) | {"status": {"state": "unreadable", "value": None, "words": "F9:999"}}
    comparison.add(answer, true, query.kind)
    assert comparison.differences == []
    assert comparison


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: f"{case.name}-{case.value or ''}-{case.asked}")
def test_a_trouble_inside_has_its_outcome_and_ends(kit: Kit, case: Case) -> None:
    query = sample(kit, case.asked)
    with signed_in(kit, FLOW, user(kit)) as page:
        kit.trouble(case.name, value=case.value)
        if case.error is None:
            true_to(kit, page, query, case)
        else:
            with pytest.raises(errors.Trouble) as trouble:
                lookups.answer(FLOW, page, query)
            assert type(trouble.value) is case.error
            assert case.where in trouble.value.where
        kit.trouble(case.name, on=False)
        if case.error is not errors.SignedOut:
            true_to(kit, page, query, None)
    assert kit.log()["mutations"] == []


def test_the_guard_lets_no_decoy_through(kit: Kit) -> None:
    with signed_in(kit, FLOW, user(kit)) as page:
        lookups.answer(FLOW, page, sample(kit, "claim"))
        (batch, *_) = [r["path"] for r in kit.log()["requests"] if r["path"].startswith("/batches/")]
        for path in (f"{batch}/resubmit", f"{batch}/delete"):
            assert page.evaluate(POSTED, path) == "blocked"
    assert kit.log()["mutations"] == []
