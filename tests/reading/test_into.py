"""A model filled from a page: by labels, by the words that every portal has, by codes and their meanings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page

from harvester.errors import PortalChanged, WrongPage
from harvester.model.codes import PROVIDER_ADJUSTMENT, Level, Network, Order
from harvester.model.eligibility import Accumulator, AccumulatorKind, OtherCoverage
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import ProviderAdjustment
from harvester.model.shown import State
from harvester.reading import Region, pages, unread
from harvester.reading.common import ORDERS
from tests.reading.conftest import Desk

KINDS: dict[str, AccumulatorKind] = {"Deductible": "deductible"}
PAGE = """<!doctype html><dl><dt>User</dt><dd>Wren</dd></dl><h1>Payment</h1>
<h2>Adjustments</h2><table><thead><tr><th>Code</th><th>Meaning</th><th>Amount</th></tr></thead><tbody>
<tr><td>WO</td><td>Taken back</td><td>$45.00</td></tr><tr><td>L6</td><td>Interest</td><td>(4.08)</td></tr>
<tr><td>FB</td><td></td><td>45.00-</td></tr><tr><td>CS</td><td>Else</td><td>45.00 CR</td></tr></tbody></table>
<h2>Used</h2><table><thead><tr><th>What</th><th>Level</th><th>Network</th><th>Met</th></tr></thead><tbody>
<tr><td>Deductible</td><td>Family</td><td>In network</td><td>$3.00</td></tr>
<tr><td>Deductible</td><td>Household</td><td>Out-of-network</td><td>$0.00</td></tr></tbody></table>
<h2>Other</h2><dl><dt>Order</dt><dd>Not determined</dd><dt>Payer name</dt><dd>Juniper</dd></dl>
<h2>Other twin</h2><dl><dt>Order</dt><dd>Primary</dd></dl>
<h2>Demand</h2><dl><dt>Account</dt><dd>No Account #</dd><dt>Reference</dt><dd>No Account #</dd></dl>
<h2>Results for</h2><dl><dt>Member ID</dt><dd>W12</dd><dt>From</dt><dd>10/01/2026</dd></dl>
<a href="/remit.pdf">Advice</a>
<h2>Codes on this page</h2><table><thead><tr><th>List</th><th>Code</th><th>Meaning</th></tr></thead><tbody>
<tr><td>Remark</td><td>N1</td><td>Appeal  it</td></tr><tr><td>Reason</td><td>1</td><td>Deductible</td></tr>
<tr><td>Remark</td><td>N2</td><td></td></tr></tbody></table>"""


@pytest.fixture
def found(desk: Desk, tab: Page) -> Region:
    desk.documents = {"/": (200, "text/html", ""), "/d": (200, "text/html", PAGE)}
    tab.goto("/")
    return pages.fetched(tab, {}, method="GET", path="/d", body=None, patience=5)


def test_an_amount_that_is_added_is_read_with_its_sign_and_a_code_with_its_meaning(found: Region) -> None:
    adjustments = found.table("Adjustments").each(
        ProviderAdjustment, "Amount", reason=("Code", PROVIDER_ADJUSTMENT, "Meaning")
    )
    assert [one.amount.value for one in adjustments] == [
        Decimal(amount) for amount in ("45.00", "-4.08", "-45.00", "-45.00")
    ]
    codes = [one.reason.value for one in adjustments]
    assert [(code.code, code.text) for code in codes if code] == [
        ("WO", "Taken back"),
        ("L6", "Interest"),
        ("FB", None),
        ("CS", "Else"),
    ]
    assert "Adjustments › Meaning" not in {" › ".join(entry.path[-2:]) for entry in found.unread}


def test_a_label_alone_is_read_by_the_words_that_every_portal_has(found: Region) -> None:
    both = found.table("Used").each(Accumulator, "Level | Network | Met", kind=("What", KINDS))
    assert [one.network.value for one in both] == [Network.IN, Network.OUT]
    assert [one.kind for one in both] == ["deductible", "deductible"]
    first, second = (one.level for one in both)
    assert first.value is Level.FAMILY
    assert (second.state, second.words) == (State.UNREADABLE, "Household")


def test_a_word_of_the_portals_own_is_declared(found: Region) -> None:
    other = found.fields("Other")
    assert other.into(OtherCoverage, "Order | Payer name").order.state is State.UNREADABLE
    assert other.into(OtherCoverage, "Order | insured_name=Payer name").insured_name.value == "Juniper"
    own = ORDERS | {"Not determined": Order.UNKNOWN}
    assert other.into(OtherCoverage, order=("Order", own)).order.value is Order.UNKNOWN


def test_a_kind_that_is_not_in_its_table_is_refused(found: Region) -> None:
    other: dict[str, AccumulatorKind] = {"Maximum": "out_of_pocket"}
    with pytest.raises(PortalChanged, match="none of the known words"):
        found.table("Used").each(Accumulator, kind=("What", other))


def test_the_portals_own_words_for_none_are_none_under_that_label_only(found: Region) -> None:
    demand = found.fields("Demand").into(
        Overpayment,
        "Reference",
        patient_account_number=lambda record: record.text("Account", none="No Account #"),
    )
    assert demand.patient_account_number.state is State.NONE
    assert demand.patient_account_number.words == "No Account #"
    assert demand.reference.value == "No Account #"


def test_what_was_asked_is_what_the_page_says(found: Region) -> None:
    asked = found.answers("Results for", {"Member ID": "W12", "From": "10/01/2026"})
    assert asked.day("From").value
    with pytest.raises(WrongPage):
        found.answers("Results for", {"Member ID": "W13"})


def test_a_link_that_has_to_be_there_is_missed(found: Region) -> None:
    assert found.goal("Advice") == "/remit.pdf"
    with pytest.raises(PortalChanged, match="no link “Letter”"):
        found.goal("Letter")


def test_what_codes_mean_is_read_for_all_or_for_those_of_one_list(found: Region) -> None:
    codes = found.table("Codes on this page")
    assert codes.legend("Code", "Meaning") == {"N1": "Appeal it", "1": "Deductible", "N2": None}
    assert codes.legend("Code", "Meaning", of=("List", "Remark")) == {"N1": "Appeal it", "N2": None}


def test_parts_of_a_page_are_read_together_and_a_label_in_two_of_them_is_refused(found: Region) -> None:
    both = found.fields("Other", "Results for")
    assert (both.text("Payer name").value, both.text("Member ID").value) == ("Juniper", "W12")
    with pytest.raises(PortalChanged, match="is missing"):
        both.text("Reference")
    with pytest.raises(PortalChanged, match="stands 2 times"):
        found.fields("Other", "Other twin").text("Order")
    with pytest.raises(PortalChanged, match="“Elsewhere” is missing"):
        found.fields("Other", "Elsewhere")


def test_what_is_left_of_several_pages_is_kept_but_for_their_banners(found: Region, tab: Page) -> None:
    second = pages.kept(tab, found.document)
    answer = found.fields("Other").into(OverpaymentList, unmapped=(found, second))
    left = [" › ".join(entry.path) for entry in answer.unmapped]
    assert left.count("Payment › Other › Order") == 2
    second.fields("Other").text("Order")
    assert [" › ".join(entry.path) for entry in unread(found, second)].count("Payment › Other › Order") == 1
    assert not [one for one in left if "User" in one]
    assert found.banner.says("User") == "Wren"


def test_a_line_that_says_something_is_found_as_it_stands(found: Region) -> None:
    assert found.says("account no account #") == "Account No Account #"
    assert found.says("nobody") is None
