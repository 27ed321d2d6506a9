"""Cascadia's money: every payment, demand and file of both tax ids is the portal's truth."""

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
UNREAD = {"Paid on claims", "Sent", "Withheld in all"}
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


def of_a_month(first: date, last: date, tin: str) -> PaymentsQuery:
    return PaymentsQuery(carrier="CMHP1", issued_from=first, issued_to=last, tin=tin)


def file_of(payment: dict[str, Any], tin: str) -> RemittanceFileQuery:
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


def test_the_guard_lets_no_decoy_through(desk: Desk) -> None:
    truth = desk.kit.truth()
    number, reference = (
        truth["payments"][0]["number"]["value"],
        truth["overpayments"][0]["reference"]["value"],
    )
    for path in (f"/payments/{number}/dispute", f"/overpayments/{reference}/offset"):
        assert desk.page.evaluate(POSTED, path) == "blocked"
