"""Cascadia's payments and overpayments: truth and pages say the same, searches, files, decoys, troubles."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from tests.mock_portals.kit import TIN, Kit, Visitor
from tests.mock_portals.pages import Node

PAYMENT = {"Number": "number", "Method": "method", "Issue date": "issue_date", "Amount": "amount"}
PAYEE = {"Payee": "payee", "Payee TIN": "payee_tin", "Payee NPI": "payee_npi"}
PAID = {
    "Claim number": "claim_number",
    "Patient account number": "patient_account_number",
    "Member ID": "member_id",
    "Patient name": "patient_name",
    "Service from": "service_from",
    "Service to": "service_to",
    "Billed": "billed",
    "Paid": "paid",
    "Patient responsibility": "patient_responsibility",
}
DEMAND = {
    "Reference": "reference",
    "Status": "status",
    "Reason": "reason",
    "Demand date": "demand_date",
    "Patient name": "patient_name",
    "Member ID": "member_id",
    "Patient account #": "patient_account_number",
    "Claim number": "claim_number",
    "Service from": "service_from",
    "Service to": "service_to",
    "Payment reference ID": "payment_number",
    "Payment cycle date": "cycle_date",
    "Overpayment prior cycles": "amount_before",
    "Overpayment this cycle": "amount_now",
    "Overpayment in all": "amount",
    "Payment from provider": "refunded",
    "Recovered prior cycles": "recovered_before",
    "Recovered this cycle": "recovered_now",
    "Balance": "balance",
}
DAYS = pytest.mark.parametrize(("day", "layout"), [("2026-11-16", "a"), ("2026-11-17", "b")])


def words(record: dict[str, Any], labels: dict[str, str]) -> dict[str, str]:
    return {label: record[key]["words"] for label, key in labels.items()}


def part(page: Node, title: str) -> Node:
    found = page.section(title)
    assert found is not None, title
    return found


def payments(kit: Kit, tin: str = TIN) -> list[dict[str, Any]]:
    return [one for one in kit.truth()["payments"] if one["payee_tin"]["value"] == tin]


def same_payment(page: Node, payment: dict[str, Any]) -> None:
    assert part(page, "Payment").facts() == words(payment, PAYMENT)
    assert part(page, "Paid to").facts() == words(payment, PAYEE)
    (rows,) = part(page, "Claims paid").tables()
    assert rows == [words(claim, PAID) for claim in payment["claims"]]
    adjusted = page.section("Provider adjustments")
    rows = adjusted.tables()[0] if adjusted else []
    assert rows == [
        {
            "Code": one["reason"]["words"],
            "Meaning": one["reason"]["value"]["text"],
            "Reference": one["reference"]["words"],
            "Withheld": one["amount"]["words"],
        }
        for one in payment["provider_adjustments"]
    ]


@DAYS
def test_every_payment_page_shows_the_truth(kit: Kit, day: str, layout: str) -> None:
    kit.post("/clock", {"date": day})
    kit.trouble("layout_b", on=layout == "b")
    visitor, truth = kit.signed_in(), kit.truth()["payments"]
    files = {one["payment_number"]["value"]: one for one in kit.truth()["remittance_files"]}
    for payment in truth:
        number = payment["number"]["value"]
        visitor.get(f"/payments/{number}")
        if payment["payee_tin"]["value"] != TIN:
            assert visitor.status == 404
            continue
        same_payment(visitor.page, payment)
        link = next(a for a in visitor.page.all("a") if a.text == "Replica remittance advice (PDF)")
        answer = visitor.http.get(link.attributes["href"])
        assert answer.headers["content-type"] == "application/pdf"
        file = files[number]["file"]
        assert f'filename="{file["name"]}"' in answer.headers["content-disposition"]
        assert answer.content == base64.b64decode(file["packed"])
        assert answer.content.startswith(b"%PDF-")
    assert len(payments(kit)) >= 50
    assert any(one["provider_adjustments"] for one in truth)


def test_a_payment_is_its_claims_less_what_it_withholds(kit: Kit) -> None:
    for payment in kit.truth()["payments"]:
        paid = sum(Decimal(claim["paid"]["value"]) for claim in payment["claims"])
        withheld = sum(Decimal(one["amount"]["value"]) for one in payment["provider_adjustments"])
        assert Decimal(payment["amount"]["value"]) == paid - withheld
    signs = {
        Decimal(one["amount"]["value"]) > 0
        for payment in kit.truth()["payments"]
        for one in payment["provider_adjustments"]
    }
    assert signs == {True, False}


def listed(visitor: Visitor) -> list[dict[str, str]]:
    """Return the rows of a search over all its pages."""
    rows: list[dict[str, str]] = []
    while True:
        rows += visitor.page.tables()[0]
        onward = [a for a in visitor.page.all("a") if a.attributes.get("rel") == "next"]
        if not onward:
            return rows
        visitor.get(onward[0].attributes["href"])


def test_a_search_lists_what_was_issued_between_two_days_ten_a_page(kit: Kit) -> None:
    visitor = kit.signed_in()
    visitor.get("/payments", issuedFrom="10/01/2026", issuedTo="10/31/2026")
    assert "Showing 1–10 of 17 payments" in visitor.page.text
    wanted = [one for one in payments(kit) if one["issue_date"]["value"].startswith("2026-10")]
    rows = listed(visitor)
    assert [{label: row[label] for label in PAYMENT} for row in rows] == [
        words(one, PAYMENT) for one in wanted
    ]
    assert [int(row["Claims"]) for row in rows] == [len(one["claims"]) for one in wanted]


def test_a_number_finds_one_payment_whenever_it_was_issued(kit: Kit) -> None:
    visitor, payment = kit.signed_in(), payments(kit)[-1]
    visitor.get("/payments", number=payment["number"]["value"])
    assert [row["Number"] for row in listed(visitor)] == [payment["number"]["value"]]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"issuedFrom": "10/01/2026"}, "Enter both issue dates as MM/DD/YYYY, or a payment number."),
        ({"issuedFrom": "07/01/2026", "issuedTo": "10/31/2026"}, "Issue dates can span 92 days at most."),
        (
            {"issuedFrom": "10/31/2026", "issuedTo": "10/01/2026"},
            "The second issue date is before the first.",
        ),
        ({"number": "1"}, "We could not find any payments that match your search."),
    ],
)
def test_a_search_that_cannot_be_answered_says_why(kit: Kit, asked: dict[str, str], said: str) -> None:
    visitor = kit.signed_in()
    visitor.get("/payments", **asked)
    assert visitor.alert.startswith(said)
    assert not visitor.page.tables()


def entries(page: Node) -> list[dict[str, str]]:
    return [entry.facts() for entry in part(page, "Overpayments").all("article")]


@DAYS
def test_the_statement_of_overpayments_shows_the_truth(kit: Kit, day: str, layout: str) -> None:
    kit.post("/clock", {"date": day})
    kit.trouble("layout_b", on=layout == "b")
    visitor, truth = kit.signed_in(), kit.truth()["overpayments"]
    visitor.get("/overpayments")
    assert f"Showing 1–10 of {len(truth)} overpayments" in visitor.page.text
    shown = entries(visitor.page)
    visitor.get("/overpayments", page="2")
    shown += entries(visitor.page)
    assert {entry.pop("Provider") for entry in shown} == {"Alder & Finch Medical Group"}
    assert shown == [words(one, DEMAND) for one in truth]
    for one in truth:
        leaves = {key: leaf for key, leaf in one.items() if key != "of"}
        dollars = {
            key: Decimal(leaf["value"]) for key, leaf in leaves.items() if leaf["words"].startswith("$")
        }
        back = dollars["refunded"] + dollars["recovered_before"] + dollars["recovered_now"]
        assert dollars["amount"] == dollars["amount_before"] + dollars["amount_now"]
        assert dollars["amount"] - back == dollars["balance"]
    accounts = {one["patient_account_number"]["state"] for one in truth}
    assert accounts == {"known", "none"}
    assert "No Patient Account #" in {entry["Patient account #"] for entry in shown}


def test_a_demand_moves_with_the_payment_of_the_cycle(kit: Kit) -> None:
    before = {one["reference"]["value"]: one for one in kit.truth()["overpayments"]}
    kit.post("/clock", {"date": "2026-11-17"})
    moved = [
        one
        for one in kit.truth()["overpayments"]
        if one["recovered_now"]["value"] != before[one["reference"]["value"]]["recovered_now"]["value"]
    ]
    assert moved
    paid = kit.truth()["payments"]
    for one in moved:
        last = next(p for p in paid if p["number"] == one["payment_number"])
        assert last["issue_date"]["value"] == one["cycle_date"]["value"]
        withheld = [
            Decimal(part["amount"]["value"])
            for payment in paid
            if payment["issue_date"]["value"] >= "2026-11-16"
            for part in payment["provider_adjustments"]
            if part["reference"]["value"] == one["claim_number"]["value"]
        ]
        assert sum(withheld) == Decimal(one["recovered_now"]["value"])


def test_nobody_owes_under_the_other_tax_id(kit: Kit) -> None:
    visitor = kit.signed_in(tin="00-7300658")
    visitor.get("/overpayments")
    assert "There are no overpayments for this tax ID." in visitor.alert
    assert len(payments(kit, "00-7300658")) == 2


def test_the_decoys_change_something_and_are_seen(kit: Kit) -> None:
    visitor, number = kit.signed_in(), payments(kit)[0]["number"]["value"]
    reference = kit.truth()["overpayments"][0]["reference"]["value"]
    visitor.get(f"/payments/{number}")
    assert "Dispute this payment" in {button.text for button in visitor.page.all("button")}
    visitor.post(f"/payments/{number}/dispute")
    assert visitor.alert == "Dispute submitted on 11/16/2026"
    visitor.get("/overpayments")
    assert "Request immediate offset" in {button.text for button in visitor.page.all("button")}
    visitor.post(f"/overpayments/{reference}/offset")
    assert "Immediate offset requested on 11/16/2026" in visitor.alert
    paths = [f"/payments/{number}/dispute", f"/overpayments/{reference}/offset"]
    assert [e["path"] for e in kit.log()["mutations"]] == paths


def test_troubles_play_on_the_money_pages_too(kit: Kit) -> None:
    visitor, payment = kit.signed_in(), payments(kit)[0]
    path = f"/payments/{payment['number']['value']}"
    kit.trouble("page_count")
    visitor.get("/payments", issuedFrom="10/01/2026", issuedTo="10/31/2026")
    assert "of 19 payments" in visitor.page.text
    visitor.get("/overpayments")
    assert f"of {len(kit.truth()['overpayments']) + 2} overpayments" in visitor.page.text
    kit.trouble("wrong_amount")
    visitor.get(path)
    more = Decimal(part(visitor.page, "Payment").facts()["Amount"].strip("$").replace(",", ""))
    assert more == Decimal(payment["amount"]["value"]) + 1
    kit.trouble("wrong_amount", on=False)
    kit.trouble("column_swap")
    visitor.get(path)
    row = part(visitor.page, "Claims paid").tables()[0][0]
    assert (row["Billed"], row["Paid"]) == (
        payment["claims"][0]["paid"]["words"],
        payment["claims"][0]["billed"]["words"],
    )
    kit.trouble("column_swap", on=False)
    kit.trouble("header_renamed")
    visitor.get(path)
    assert "Subscriber no." in part(visitor.page, "Claims paid").tables()[0][0]
    kit.trouble("header_renamed", on=False)
    visitor.get(path)
    same_payment(visitor.page, payment)
