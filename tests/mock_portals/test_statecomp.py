"""StateComp's pages against its truth, read by other means than the harvester's; its doors and decoys."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pyotp
import pytest

from tests.mock_portals.kit import Kit, Visitor
from tests.mock_portals.pages import Node

TIN = "00-7300142"
PROGRAMS = {
    "LMGIF": "General Injury Fund",
    "LMPSI": "Public Servants Injury Program",
    "LMMQD": "Mine and Quarry Dust Program",
}
BILL = {
    "Document number": "claim_number",
    "Invoice number": "patient_account_number",
    "Bill status": "status",
    "Received": "received_date",
    "First service": "service_from",
    "Last service": "service_to",
    "Processed": "processed_date",
    "Total billed": "billed",
    "Total allowed": "allowed",
    "Total paid": "paid",
    "Corrects document": "replaces",
    "Superseded by document": "replaced_by",
}
PROVIDER = {
    "Billing provider": "billing_provider",
    "Billing NPI": "billing_npi",
    "Billing tax ID": "tin",
    "Servicing provider": "rendering_provider",
    "Servicing NPI": "rendering_npi",
}
FUNDS = {
    "Funds released to": "released_to",
    "Funds release date": "released_date",
    "Remittance number": "remittance_number",
    "Payment method": "method",
    "EFT or warrant number": "number",
    "Paid to provider on": "issue_date",
    "Payee": "payee",
}
LINE = {
    "Ln": "number",
    "From": "service_from",
    "Through": "service_to",
    "Code": "procedure",
    "Dx": "diagnosis_pointers",
    "Units": "units",
    "Billed": "billed",
    "Allowed": "allowed",
    "Paid": "paid",
    "Line status": "status",
}
DEMAND = {
    "Demand number": "reference",
    "Recovery status": "status",
    "Document number": "claim_number",
    "Invoice number": "patient_account_number",
    "Injury claim number": "member_id",
    "Injured worker": "patient_name",
    "First service": "service_from",
    "Last service": "service_to",
    "Reason": "reason",
    "Letter date": "demand_date",
    "Amount demanded": "amount",
    "Withheld before this week": "recovered_before",
    "Withheld this week": "recovered_now",
    "Withheld from": "payment_number",
    "Repaid by provider": "refunded",
    "Balance": "balance",
}


@pytest.fixture
def desk(kit: Kit) -> Kit:
    return kit.at("statecomp")


def enter(desk: Kit, index: int = 0, password: str | None = None, code: str | None = None) -> Visitor:
    """Go up the ladder as far as these let go."""
    visitor, person = desk.visitor(), desk.staff(index)
    visitor.get("/signin")
    visitor.post("/signin", userId=person["user"], password=password or person["password"])
    if visitor.heading == "Enter your security code":
        visitor.post("/signin/code", code=code or pyotp.TOTP(person["totp_secret"]).now())
    return visitor


def us_day(iso: str) -> str:
    return f"{iso[5:7]}/{iso[8:]}/{iso[:4]}"


def whose(truth: Any, record: Any) -> dict[str, str]:
    """Return what a form asks about a record's injury claim."""
    (member,) = [one for one in truth["members"] if one["member_id"] == record["of"]["member_id"]]
    return {
        "program": PROGRAMS[record["of"]["carrier"]],
        "taxId": TIN,
        "injury": member["member_id"],
        "birth": us_day(member["birth_date"]),
    }


def ask(visitor: Visitor, kind: str, **fields: str) -> Node:
    visitor.get(f"/inquiry/{kind}")
    return visitor.post(f"/inquiry/{kind}", **fields)


def part(page: Node, title: str) -> Node | None:
    """Return what stands under a heading in either mark-up."""
    heads = [node.parent for node in page.all("legend", "h3") if node.text == title]
    assert len(heads) <= 1
    return heads[0] if heads else None


def labelled(found: Node | None) -> dict[str, str]:
    """Return labels and values of a part in either mark-up."""
    assert found is not None
    return {
        label.text.removesuffix(":"): value.text
        for label, value in pairwise(found.all("td", "dt", "dd"))
        if "lbl" in label.classes or label.tag == "dt"
    }


def table(page: Node, title: str) -> list[dict[str, str]]:
    found = part(page, title)
    if found is None:
        return []
    (rows,) = found.tables()
    return rows


def words(record: Any, labels: dict[str, str]) -> dict[str, str]:
    return {label: record[key]["words"] for label, key in labels.items() if key in record}


def spaced(leaves: Iterable[Any]) -> str:
    return " ".join(leaf["words"] for leaf in leaves)


# Doors --------------------------------------------------------------------------------------------


def test_the_ladder_is_password_code_home(desk: Kit) -> None:
    person, visitor = desk.staff(), desk.visitor()
    visitor.get("/inquiry/bills")
    assert visitor.heading == "Provider sign in"
    visitor.post("/signin", userId=person["user"], password=person["password"])
    visitor.get("/inquiry/bills")
    assert visitor.heading == "Enter your security code"
    visitor.post("/signin/code", code=pyotp.TOTP(person["totp_secret"]).now())
    assert visitor.heading == "Provider home"
    assert {name for name in PROGRAMS.values() if name in visitor.page.text} == set(PROGRAMS.values())
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    visitor.get("/home")
    assert visitor.heading == "Provider sign in"


def test_three_failures_lock_and_the_right_password_does_not_open(desk: Kit) -> None:
    for _ in range(2):
        assert "do not match our records" in enter(desk, password="wrong").page.text
    assert enter(desk, password="wrong").heading == "Your User ID is locked"
    assert enter(desk).heading == "Your User ID is locked"
    assert [e["result"] for e in desk.log()["sign_ins"]] == [*["rejected"] * 3, "locked"]
    assert enter(desk, 1).heading == "Provider home"


def test_three_wrong_codes_lock_too(desk: Kit) -> None:
    visitor = enter(desk, code="000000")
    assert "security code is not valid" in visitor.page.text
    for _ in range(2):
        visitor.post("/signin/code", code="000000")
    assert visitor.heading == "Your User ID is locked"


def test_a_session_ends_after_20_minutes_idle(desk: Kit) -> None:
    visitor = enter(desk)
    desk.post("/clock", {"advance_seconds": 19 * 60})
    assert visitor.get("/home").one("h1").text == "Provider home"
    desk.post("/clock", {"advance_seconds": 21 * 60})
    visitor.get("/home")
    assert "Your session ended after 20 minutes" in visitor.page.text
    code = pyotp.TOTP(desk.staff()["totp_secret"]).at(int(time.time()) + 40 * 60)
    assert enter(desk, code=code).heading == "Provider home"


def test_what_is_due_stands_before_home_until_it_is_done(desk: Kit) -> None:
    for trouble in ("password_expired", "terms", "attestation", "training"):
        desk.trouble(trouble)
    visitor, steps = enter(desk), []
    steps.append(visitor.heading)
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    visitor.post("/signin/code", code=pyotp.TOTP(desk.staff()["totp_secret"]).now())
    for path in ("/terms", "/due/attestation", "/due/training"):
        visitor.get("/inquiry/bills")
        steps.append(visitor.heading)
        visitor.post(path)
        assert visitor.heading == steps[-1]
        visitor.post(path, agree="yes")
    assert visitor.heading == "Provider home"
    assert steps == [
        "Your password is more than 90 days old",
        "Acceptable use agreement (revised)",
        "Annual provider attestation",
        "Fraud prevention training is overdue",
    ]
    assert {e["path"] for e in desk.log()["mutations"]} == {
        "/password/expired",
        "/terms",
        "/due/attestation",
        "/due/training",
    }


def test_a_closed_office_answers_no_inquiry(desk: Kit) -> None:
    visitor = enter(desk)
    desk.trouble("closed")
    assert visitor.get("/inquiry/bills").one("h1").text == "The inquiry system is closed"
    assert visitor.get("/home").one("h1").text == "Provider home"


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["a", "b"])
def test_bills_say_what_is_true(desk: Kit, layout: str) -> None:
    desk.trouble("layout_b", on=layout == "b")
    visitor, truth = enter(desk), desk.truth()
    for bill in truth["claims"][:: 9 if layout == "a" else 40]:
        number = bill["claim_number"]["value"]
        page = ask(visitor, "bills", **whose(truth, bill), document=number)
        assert labelled(part(page, "Bill")) == words(bill, BILL)
        assert labelled(part(page, "Provider")) == words(bill, PROVIDER)
        if bill["payment"]:
            assert labelled(part(page, "Release of funds")) == words(bill["payment"], FUNDS)
        else:
            assert part(page, "Release of funds") is None
        for shown, line in zip(table(page, "Service lines"), bill["lines"], strict=True):
            assert shown.pop("Mod") == spaced(line["modifiers"])
            assert shown.pop("EOB") == spaced(one["reason"] for one in line["adjustments"])
            assert shown.pop("Edit") == spaced(line["remarks"])
            assert shown == words(line, LINE)
        used = {
            (one["words"], one["value"]["text"])
            for line in bill["lines"]
            for one in (*(a["reason"] for a in line["adjustments"]), *line["remarks"])
        }
        legend = table(page, "Explanation of codes")
        assert {(row["Board code"], row["Explanation"]) for row in legend} == used


def test_injury_claims_say_what_is_true_and_hide_the_number(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    for entry in truth["eligibilities"][::5]:
        page = ask(visitor, "injury", **whose(truth, entry), service="11/16/2026")
        shown, coverage = labelled(part(page, "Injury claim")), entry["coverages"][0]
        assert shown.pop("Social Security number").startswith("***-**-")
        assert shown.pop("Employer")
        assert shown == {
            "Injury claim number": entry["member_id"]["words"],
            "Claim type": coverage["plan_name"]["words"],
            "Injured worker": entry["member_name"]["words"],
            "Date of birth": entry["birth_date"]["words"],
            "Date of injury": entry["injury_date"]["words"],
            "Status on date of service": coverage["status"]["words"],
            "Medical benefits from": coverage["effective_date"]["words"],
            "Medical benefits through": coverage["end_date"]["words"],
        }
        allowed = [row["ICD-10"] for row in table(page, "Conditions") if row["Decision"] == "Allowed"]
        assert allowed == [one["words"] for one in entry["conditions"]]


def test_every_party_s_bills_are_listed_and_counted_apart(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    owners = [one["of"]["member_id"] for one in truth["bills_of_others"]]
    busiest = max(truth["eligibilities"], key=lambda one: owners.count(one["of"]["member_id"]))
    member = busiest["of"]["member_id"]
    page = ask(visitor, "bills", **whose(truth, busiest), **{"from": "01/01/2026", "to": "11/16/2026"})
    every = [one for one in truth["claims"] + truth["bills_of_others"] if one["of"]["member_id"] == member]
    own = [one for one in every if one["tin"]["value"] == TIN]
    stated = f"{len(every)} bills on file for this injury claim, {len(own)} under your tax ID"
    seen: dict[str, str] = {}
    while True:
        assert stated in page.text
        seen |= {row["Document no."]: row["Tax ID"] for row in table(page, "Bills")}
        onward = [a.attributes["href"] for a in page.all("a") if a.text == "Next >>"]
        if not onward:
            break
        page = visitor.get(onward[0])
    assert seen == {one["claim_number"]["value"]: one["tin"]["value"] for one in every}


def test_a_program_knows_only_its_own_injury_claims(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    asked = whose(truth, truth["eligibilities"][0])
    for wrong in (
        {"program": next(name for name in PROGRAMS.values() if name != asked["program"])},
        {"birth": "01/02/1903"},
    ):
        page = ask(visitor, "injury", **(asked | wrong), service="11/16/2026")
        assert "No injury claim with this number" in page.text
    assert "Select a program" in ask(visitor, "injury", **(asked | {"program": "x"}), service="x").text


def test_remittances_add_up_and_recoveries_say_what_is_true(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    paid = [one for one in truth["payments"] if one["provider_adjustments"]][::4]
    for payment in paid:
        program = PROGRAMS[payment["of"]["carrier"]]
        tin = payment["payee_tin"]["value"]
        ask(visitor, "remittances", program=program, taxId=tin, number=payment["number"]["value"])
        page = visitor.get(f"/remittances/{payment['remittance_number']['value']}")
        cents = [_cents(row["Paid"]) for row in table(page, "Bills paid")]
        cents += [-_cents(row["Withheld"]) for row in table(page, "Adjustments to the remittance")]
        stated = labelled(part(page, "Remittance"))["Remittance amount"]
        assert stated == payment["amount"]["words"]
        assert sum(cents) == _cents(stated)
    own = [one for one in truth["overpayments"] if one["of"]["carrier"] == "LMGIF"]
    page = ask(visitor, "recoveries", program=PROGRAMS["LMGIF"], taxId=TIN)
    assert f"{len(own)} demands on file" in page.text
    for demand in own:
        title = f"Demand {demand['reference']['words']}"
        assert labelled(part(page, title)) == words(demand, DEMAND)


def _cents(shown: str) -> int:
    digits = int("".join(one for one in shown if one.isdigit()))
    return -digits if shown.startswith("(") else digits


def test_a_request_and_its_utilization_say_what_is_true(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    for request in truth["authorizations"][::9]:
        ask(visitor, "authorizations", **whose(truth, request))
        number = request["reference"]["value"]
        page = visitor.get(f"/authorizations/{number}")
        shown = labelled(part(page, "Request"))
        assert (shown["Request status"], shown["Type"]) == (
            request["status"]["words"],
            request["kind"]["words"],
        )
        assert [row["Line status"] for row in table(page, "Lines")] == [
            line["status"]["words"] for line in request["lines"]
        ]
        page = visitor.get(f"/authorizations/{number}/utilization")
        assert [(row["Approved"], row["Used"], row["Left"]) for row in table(page, "Utilization")] == [
            tuple(line[name]["words"] for name in ("approved", "used", "remaining"))
            for line in request["lines"]
        ]


def test_the_decoys_change_something_and_are_seen(desk: Kit) -> None:
    visitor, truth = enter(desk), desk.truth()
    bill = truth["claims"][0]
    number = bill["claim_number"]["value"]
    page = ask(visitor, "bills", **whose(truth, bill), document=number)
    assert {"Request reconsideration", "Withdraw bill"} <= {button.text for button in page.all("button")}
    assert desk.log()["mutations"] == []
    visitor.post(f"/bills/{number}/reconsideration")
    assert "A request for reconsideration was filed" in visitor.page.text
    visitor.get("/inquiry/bills")
    visitor.post("/bills/1/unheard-of")
    assert visitor.status == 404
    changed = [f"/bills/{number}/reconsideration", "/bills/1/unheard-of"]
    assert [e["path"] for e in desk.log()["mutations"]] == changed


def test_the_pages_bring_their_assets(desk: Kit) -> None:
    visitor = enter(desk)
    urls = [
        node.attributes.get("href") or node.attributes["src"] for node in visitor.page.all("link", "script")
    ]
    assert len(urls) == 3
    assert {visitor.http.get(url).status_code for url in urls} == {200}
