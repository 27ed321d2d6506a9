"""Cascadia's money: every payment, demand and file is the portal's truth, and troubles have their names."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page

from flows.cascadia import FLOW
from harvester import errors
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.query import OverpaymentsQuery, PaymentsQuery, Query, RemittanceFileQuery
from harvester.model.shown import State
from harvester.model.snapshot import Answer
from harvester.testing.truth import Comparison, compare
from harvester.visit import lookups
from tests.flows.desk import signed_in, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TINS = ("007300142", "007300658")
MONTHS = [(date(2026, month, 1), date(2026, month, monthrange(2026, month)[1])) for month in range(6, 12)]
UNREAD = {"Information as of", "Paid on claims", "Practice", "Sent", "Withheld in all"}
POSTED = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"


@dataclass
class Desk:
    """The running portals and a page of somebody who is signed in there for all tests."""

    kit: Kit
    page: Page

    def ask(self, query: Query) -> Answer | None:
        """Return the answer, ``None`` where it is not on file."""
        try:
            return lookups.answer(FLOW, self.page, query)
        except errors.NotOnFile:
            return None


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with running_kit.kit() as kit:
        person = kit.staff()
        known = {"password": person["password"], "authenticator": pyotp.TOTP(person["totp_secret"]).now()}
        with signed_in(kit, FLOW, user(kit, known.__getitem__)) as page:
            yield Desk(kit, page)
        log = kit.log()
        assert log["mutations"] == []
        assert [entry["user"] for entry in log["sign_outs"]] == [person["user"]]


@pytest.fixture(autouse=True)
def _well_again(desk: Desk) -> Iterator[None]:
    yield
    for trouble in desk.kit.get("/trouble/cascadia"):
        if trouble["on"]:
            desk.kit.trouble(trouble["name"], on=False)
    desk.kit.post("/clock", {"date": "2026-11-16"})


def of_a_month(first: date, last: date, tin: str = TINS[0], number: str | None = None) -> PaymentsQuery:
    return PaymentsQuery(carrier="CMHP1", issued_from=first, issued_to=last, tin=tin, number=number)


def file_of(payment: dict[str, Any], tin: str = TINS[0]) -> RemittanceFileQuery:
    return RemittanceFileQuery(
        carrier="CMHP1",
        payment_number=payment["number"]["value"],
        issue_date=payment["issue_date"]["value"],
        amount=Decimal(payment["amount"]["value"]),
        tin=tin,
    )


@pytest.mark.parametrize("day", ["2026-11-16", "2026-11-17"])
def test_every_payment_and_demand_is_the_truth(
    desk: Desk, day: str, record_property: Callable[[str, object], None]
) -> None:
    desk.kit.post("/clock", {"date": day})
    truth, comparison, seen = desk.kit.truth(), Comparison(), 0
    for tin in TINS:
        for first, last in MONTHS:
            query = of_a_month(first, last, tin)
            answer = desk.ask(query)
            compare(comparison, query, answer, truth, f"{tin} {first:%B}")
            if isinstance(answer, PaymentList):
                seen += len(answer.payments)
                assert {entry.path[-1] for entry in answer.unmapped} == UNREAD
        owed = OverpaymentsQuery(carrier="CMHP1", tin=tin)
        answer = desk.ask(owed)
        compare(comparison, owed, answer, truth, f"{tin} overpayments")
        assert (answer is None) == (tin == TINS[1])
        if isinstance(answer, OverpaymentList):
            assert {demand.patient_account_number.state for demand in answer.overpayments} == {
                State.KNOWN,
                State.NONE,
            }
    assert comparison.differences == []
    assert seen == len(truth["payments"])
    assert comparison.compared > 15 * seen
    record_property("values compared", comparison.compared)


def test_every_file_is_the_truth(desk: Desk) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    for payment in truth["payments"]:
        query = file_of(payment, payment["of"]["tin"])
        compare(comparison, query, desk.ask(query), truth, query.payment_number)
    assert comparison.differences == []
    assert comparison.compared > 6 * len(truth["payments"])


def test_a_payment_is_found_by_its_number_whatever_its_days(desk: Desk) -> None:
    truth, comparison = desk.kit.truth(), Comparison()
    number = truth["payments"][0]["number"]["value"]
    query = of_a_month(date(2026, 11, 1), date(2026, 11, 16), number=number)
    compare(comparison, query, desk.ask(query), truth, number)
    assert comparison


def sample(desk: Desk, asked: str) -> Query:
    """Return a query whose answer has several pages, claims and adjustments."""
    if asked == "payments":
        return of_a_month(date(2026, 10, 1), date(2026, 10, 31))
    if asked == "overpayments":
        return OverpaymentsQuery(carrier="CMHP1", tin=TINS[0])
    return file_of(next(one for one in desk.kit.truth()["payments"] if one["of"]["tin"] == TINS[0]))


@pytest.mark.parametrize(
    ("trouble", "value", "asked", "error", "where"),
    [
        ("layout_b", None, "payments", None, ""),
        ("layout_b", None, "overpayments", None, ""),
        ("page_count", None, "payments", errors.PortalChanged, "payments"),
        ("page_count", None, "overpayments", errors.PortalChanged, "overpayments"),
        ("wrong_amount", None, "payments", errors.PortalChanged, "payments › amount"),
        ("wrong_amount", None, "remittance_file", errors.WrongPage, "amount"),
        ("column_swap", "lines", "payments", errors.PortalChanged, "payments › amount"),
        ("header_renamed", None, "payments", errors.PortalChanged, "Member ID"),
        ("header_renamed", None, "overpayments", errors.PortalChanged, "Member ID"),
        ("maintenance", None, "remittance_file", errors.PortalUnavailable, ""),
        ("unavailable", None, "overpayments", errors.PortalUnavailable, ""),
    ],
)
def test_a_trouble_has_its_name(
    desk: Desk, trouble: str, value: str | None, asked: str, error: type[errors.Trouble] | None, where: str
) -> None:
    query, comparison = sample(desk, asked), Comparison()
    desk.kit.trouble(trouble, value=value)
    if error is None:
        compare(comparison, query, desk.ask(query), desk.kit.truth(), trouble)
        assert comparison
        return
    with pytest.raises(error) as raised:
        lookups.answer(FLOW, desk.page, query)
    assert type(raised.value) is error
    assert where in (raised.value.where or "")


def test_the_guard_lets_no_decoy_through(desk: Desk) -> None:
    truth = desk.kit.truth()
    number, reference = (
        truth["payments"][0]["number"]["value"],
        truth["overpayments"][0]["reference"]["value"],
    )
    for path in (f"/payments/{number}/dispute", f"/overpayments/{reference}/offset"):
        assert desk.page.evaluate(POSTED, path) == "blocked"
