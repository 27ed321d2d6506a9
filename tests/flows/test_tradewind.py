"""Tradewind's flow: every answer of its worklist is the portal's truth, and every trouble has its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Page

from flows.tradewind import CARRIERS, FLOW, STATUS
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.model.claim import ClaimList
from harvester.model.payment import PaymentList
from harvester.model.query import ClaimsQuery, PaymentsQuery, Query, RemittanceFileQuery
from harvester.model.shown import State
from harvester.model.snapshot import Answer
from harvester.model.work import WorkItem
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.truth import Comparison, compare
from harvester.visit import lookups
from tests.flows.desk import entrance, signed_in, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY = date(2026, 11, 16)
TIN = "007300142"
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "tradewind"
UNREAD = {"Batch no.", "Code", "Effective", "List", "Meaning", "Response date"}
"""What stands on a claim's page and the model has no field for; the codes' meanings where none is held up."""
OF_PAYMENTS = {"BPR01 Handling", "CLP02 Status", "TRN03 Payer ID"}
POSTED = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"


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


def ask(page: Page, query: Query) -> Answer | None:
    """Return the answer, ``None`` where it is not on file."""
    try:
        return lookups.answer(FLOW, page, query)
    except errors.NotOnFile:
        return None


def test_claims_and_coverages_of_the_worklist_are_the_truth(
    kit: Kit, record_property: Callable[[str, object], None]
) -> None:
    truth, comparison = kit.truth(), Comparison()
    asked: list[tuple[str, Query]] = [
        (f"{item.claim_id}", item.claim_query(carrier(item))) for item in items("claims")[::4]
    ]
    asked += [
        (f"{item.appointment_id}", item.eligibility_query(carrier(item)))
        for item in items("appointments")[::8]
    ]
    with signed_in(kit, FLOW, user(kit)) as page:
        for name, query in asked:
            compare(comparison, query, ask(page, query), truth, name)
    assert comparison.differences == []
    assert comparison.compared > 40 * len(asked)
    assert kit.log()["mutations"] == []
    record_property("values compared", comparison.compared)


@pytest.mark.parametrize(
    "day", [TODAY, pytest.param(TODAY + timedelta(days=1), marks=pytest.mark.long)], ids=str
)
def test_every_payment_and_its_835_is_the_truth(
    kit: Kit, day: date, record_property: Callable[[str, object], None]
) -> None:
    kit.post("/clock", {"date": day.isoformat()})
    truth, comparison, seen = kit.truth(), Comparison(), 0
    spans = [(date(2026, 6, 1), date(2026, 8, 31)), (date(2026, 9, 1), date(2026, 11, 30))]
    with signed_in(kit, FLOW, user(kit)) as page:
        for payer in CARRIERS:
            for first, last in spans:
                query = PaymentsQuery(carrier=payer, issued_from=first, issued_to=last, tin=TIN)
                answer = ask(page, query)
                compare(comparison, query, answer, truth, f"{payer} {first}")
                seen += len(answer.payments) if isinstance(answer, PaymentList) else 0
        mine = [one for one in truth["payments"] if one["of"]["tin"] == TIN]
        for payment in mine[:: 1 if day == TODAY else 6]:
            of_it = {name: payment[name]["value"] for name in ("issue_date", "amount")}
            file = RemittanceFileQuery(
                **of_it, carrier=payment["of"]["carrier"], payment_number=payment["number"]["value"], tin=TIN
            )
            compare(comparison, file, ask(page, file), truth, file.payment_number)
    assert comparison.differences == []
    assert seen == len(mine) > 40
    assert comparison.compared > 20 * seen
    assert kit.log()["mutations"] == []
    record_property("values compared", comparison.compared)


def whole_year(item: WorkItem) -> ClaimsQuery:
    """Ask for all claims of an item's member."""
    member = item.claim_query(carrier(item)).member
    return ClaimsQuery(
        carrier=carrier(item), member=member, service_from=date(2026, 1, 1), service_to=TODAY, tin=TIN
    )


def busiest() -> WorkItem:
    """Return a claim of the patient with the most claims."""
    every = [item.member_id for item in items("claims")]
    return max(items("claims"), key=lambda item: every.count(item.member_id))


def test_a_list_is_read_over_all_its_pages(kit: Kit) -> None:
    query, comparison = whole_year(busiest()), Comparison()
    with signed_in(kit, FLOW, user(kit)) as page:
        listed = lookups.answer(FLOW, page, query)
    assert isinstance(listed, ClaimList)
    assert len(listed.rows) > 20
    compare(comparison, query, listed, kit.truth(), "busiest")
    assert comparison.differences == []


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


def test_a_wrong_site_is_sent_once(kit: Kit) -> None:
    person = replace(user(kit), organisation="AF00000")
    with entrance(kit, FLOW) as (page, _), pytest.raises(errors.WrongPassword):
        FLOW.sign_in(page, person)
    assert [entry["result"] for entry in kit.log()["sign_ins"]] == ["rejected"]


def test_the_guard_lets_no_decoy_through(kit: Kit) -> None:
    payment: dict[str, Any] = kit.truth()["payments"][0]
    day, number = payment["issue_date"]["value"], payment["number"]["value"]
    query = PaymentsQuery(
        carrier=payment["of"]["carrier"], issued_from=day, issued_to=day, number=number, tin=TIN
    )
    with signed_in(kit, FLOW, user(kit)) as page:
        lookups.answer(FLOW, page, query)
        paths = [r["path"] for r in kit.log()["requests"] if r["path"].endswith(f"/remits/{number}")]
        batch = paths[0].partition("/remits/")[0]
        for path in (f"{batch}/resubmit", f"{batch}/delete", f"{paths[0]}/resend"):
            assert page.evaluate(POSTED, path) == "blocked"
    assert kit.log()["mutations"] == []


class TestTradewind(FlowContract):
    flow = FLOW
    unread = frozenset(UNREAD | OF_PAYMENTS | {"Info"})
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "site"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "push": {"waiting": None, "rejected": errors.CodeRejected, "expired": errors.CodeNeeded},
        "step": {
            "expiring": errors.PasswordExpired,
            "enroll": errors.FactorToEnroll,
            "contact": errors.DetailsToConfirm,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "home": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=100),
        "unavailable": Outcome(errors.PortalUnavailable, inside=True),
        "maintenance": Outcome(errors.PortalUnavailable, inside=True),
        "layout_b": Outcome(),
        "expire_after": Outcome(value=9, kinds=("eligibility", "claims", "claim")),
        "wrong_patient": Outcome(errors.WrongPage, "member_id", kinds=("eligibility", "claim")),
        "stale_rows": (
            Outcome(errors.WrongPage, "Inquiry", "old", ("claims", "claim"), inside=True),
            Outcome(errors.PortalChanged, "Inquiry", "missing", ("claims", "claim"), inside=True),
        ),
        "column_swap": (
            Outcome(errors.PortalChanged, "billed", "lines", ("claim",)),
            Outcome(errors.PortalChanged, "billed", "grid", ("claim",)),
            Outcome(errors.PortalChanged, "payments › amount", "lines", ("payments",)),
        ),
        "header_renamed": Outcome(
            errors.PortalChanged, "Member ID", kinds=("eligibility", "claim", "payments")
        ),
        "page_count": (
            Outcome(errors.PortalChanged, "rows", kinds=("claims", "claim")),
            Outcome(errors.PortalChanged, "payments", kinds=("payments",)),
        ),
        "wrong_amount": (
            Outcome(errors.PortalChanged, "payments › amount", kinds=("payments",)),
            Outcome(errors.WrongPage, "amount", kinds=("remittance_file",)),
        ),
        "new_code": Outcome(kinds=("claim",), unreadable="status"),
    }
