"""Westmac's pages against its truth, read by other means than the harvester's; doors, rules and decoys."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from mock_portals.westmac.words import EMPTY
from tests.mock_portals.kit import Kit, Visitor

CLAIM = {
    "Claim number": "claim_number",
    "Patient control no.": "patient_account_number",
    "Status": "status",
    "Received": "received_date",
    "From": "service_from",
    "Through": "service_to",
    "Finalized": "processed_date",
    "Data as of": "as_of",
    "Total charges": "billed",
    "Total allowed": "allowed",
    "Medicare paid": "paid",
    "Beneficiary owes": "patient_responsibility",
    "Crossover insurer": "crossed_over_to",
    "Adjusts claim": "replaces",
    "Adjusted by claim": "replaced_by",
}
PAYMENT = {
    "Method": "method",
    "Check/EFT number": "number",
    "Issue date": "issue_date",
    "Check/EFT amount": "amount",
    "Payee": "payee",
}
LINE = {
    "Line": "number",
    "From": "service_from",
    "Through": "service_to",
    "HCPCS": "procedure",
    "Units": "units",
    "Dx pointer": "diagnosis_pointers",
    "Billed": "billed",
    "Allowed": "allowed",
    "Deductible": "deductible",
    "Coinsurance": "coinsurance",
    "Copay": "copay",
    "Paid": "paid",
}
DEMAND = {
    "Letter number": "reference",
    "Letter date": "demand_date",
    "Claim number": "claim_number",
    "Patient control no.": "patient_account_number",
    "MBI": "member_id",
    "Beneficiary": "patient_name",
    "From": "service_from",
    "Through": "service_to",
    "Reason": "reason",
    "Status": "status",
    "Original amount": "amount",
    "Recouped before": "recovered_before",
    "Recouped this cycle": "recovered_now",
    "Refunded": "refunded",
    "Balance": "balance",
    "Withheld from": "payment_number",
}


@pytest.fixture
def gateway(kit: Kit) -> Kit:
    return kit.at("westmac")


def to_passcode(gateway: Kit, password: str | None = None, index: int = 0) -> Visitor:
    visitor, person = gateway.visitor(), gateway.staff(index)
    visitor.get("/notice")
    visitor.post("/notice")
    visitor.post("/signin", userId=person["user"], password=password or person["password"])
    return visitor


def signed_in(gateway: Kit) -> Visitor:
    visitor = to_passcode(gateway)
    visitor.post("/passcode", passcode=gateway.mail()[-1]["code"])
    return visitor


def send(visitor: Visitor, task: str, **fields: str) -> None:
    view = visitor.page.one("input", name="_view").attributes["value"]
    visitor.post("/home", _view=view, task=task, **fields)


def ask(gateway: Kit, visitor: Visitor, inquiry: str, **fields: str) -> None:
    """Send an inquiry as the practice's first organization."""
    site = gateway.get("/cast")["practice"]["organizations"][0]
    visitor.get("/home")
    send(visitor, inquiry)
    send(visitor, f"{inquiry}.find", **{name: site[name] for name in ("tin", "npi", "ptan")} | fields)


def whom(truth: Any, member_id: str) -> dict[str, str]:
    one = next(member for member in truth["members"] if member["member_id"] == member_id)
    year, month, day = one["birth_date"].split("-")
    return {
        "mbi": member_id,
        "last": one["last_name"],
        "first": one["first_name"],
        "born": f"{month}/{day}/{year}",
    }


def words(record: dict[str, Any], labels: dict[str, str]) -> dict[str, str]:
    return {label: record[key]["words"] for label, key in labels.items() if key in record}


def part(visitor: Visitor, title: str) -> list[dict[str, str]]:
    """Return the rows of the table under a heading; none where there is no table."""
    found = visitor.page.section(title)
    assert found is not None
    return next(iter(found.tables()), [])


def facts(visitor: Visitor, title: str) -> dict[str, str]:
    found = visitor.page.section(title)
    assert found is not None
    return found.facts()


# Doors --------------------------------------------------------------------------------------------


def test_the_way_in_is_notice_password_and_code(gateway: Kit) -> None:
    visitor = gateway.visitor()
    visitor.get("/signin")
    assert visitor.heading == "U.S. Government information system"
    visitor = to_passcode(gateway)
    assert visitor.heading == "Enter your passcode"
    visitor.get("/home")
    assert visitor.heading == "Enter your passcode"
    visitor.post("/passcode", passcode=gateway.mail()[-1]["code"])
    assert visitor.heading == "Provider home"
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    visitor.get("/home")
    assert visitor.heading == "U.S. Government information system"
    assert gateway.log()["mutations"] == []


def test_three_wrong_passwords_suspend(gateway: Kit) -> None:
    for _ in range(2):
        assert "do not match our records" in to_passcode(gateway, "wrong").page.text
    assert to_passcode(gateway, "wrong").heading == "User ID suspended"
    assert to_passcode(gateway).heading == "User ID suspended"
    assert [entry["result"] for entry in gateway.log()["sign_ins"]] == [*["rejected"] * 3, "locked"]
    assert to_passcode(gateway, index=1).heading == "Enter your passcode"


def test_three_wrong_codes_suspend(gateway: Kit) -> None:
    visitor = to_passcode(gateway)
    for _ in range(2):
        visitor.post("/passcode", passcode="no")
        assert "not correct or has expired" in visitor.page.text
    visitor.post("/passcode", passcode="no")
    assert visitor.heading == "User ID suspended"


def test_a_code_is_good_for_eight_hours_and_sent_again(gateway: Kit) -> None:
    signed_in(gateway).get("/signout")
    gateway.post("/clock", {"advance_seconds": 7 * 3600})
    signed_in(gateway).get("/signout")
    gateway.post("/clock", {"advance_seconds": 3601})
    visitor = to_passcode(gateway)
    visitor.post("/passcode", passcode=gateway.mail()[0]["code"])
    old_again = gateway.mail()[0]["code"] == gateway.mail()[-1]["code"]
    assert (visitor.heading == "Provider home") is old_again
    assert len({message["code"] for message in gateway.mail()[:2]}) == 1


def test_a_new_code_is_a_change_at_the_portal(gateway: Kit) -> None:
    visitor = to_passcode(gateway)
    visitor.post("/passcode/resend")
    assert len(gateway.mail()) == 2
    assert [entry["path"] for entry in gateway.log()["mutations"]] == ["/passcode/resend"]


def test_half_an_hour_of_nothing_ends_a_session_and_keeps_its_user_out(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    gateway.post("/clock", {"advance_seconds": 31 * 60})
    visitor.get("/home")
    assert visitor.heading == "Session ended"
    assert "Another session is active" in to_passcode(gateway).page.text
    gateway.post("/clock", {"advance_seconds": 150 * 60})
    assert to_passcode(gateway).heading == "Enter your passcode"


def test_who_signed_out_gets_in_again_at_once(gateway: Kit) -> None:
    signed_in(gateway).get("/signout")
    assert signed_in(gateway).heading == "Provider home"


def test_what_stands_before_the_home_page(gateway: Kit) -> None:
    for trouble in ("password_expired", "terms", "recertification"):
        gateway.trouble(trouble)
    visitor = to_passcode(gateway)
    assert visitor.heading == "Your password is more than 365 days old"
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    visitor.post("/passcode", passcode=gateway.mail()[-1]["code"])
    assert visitor.heading == "The rules of behavior have changed"
    visitor.post("/terms", agree="yes")
    assert visitor.heading == "Your annual recertification is due"
    visitor.post("/recertification")
    assert visitor.heading == "Provider home"
    assert [entry["path"] for entry in gateway.log()["mutations"]] == [
        "/password/expired",
        "/terms",
        "/recertification",
    ]


# Pages and truth ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["a", "b"])
def test_claim_pages_say_what_is_true(gateway: Kit, layout: str) -> None:
    gateway.trouble("layout_b", on=layout == "b")
    visitor, truth = signed_in(gateway), gateway.truth()
    own = [one for one in truth["claims"] if one["tin"]["value"].endswith("142")]
    for claim in own[:: 12 if layout == "a" else 40]:
        number = claim["claim_number"]["value"]
        ask(gateway, visitor, "claims", **whom(truth, claim["member_id"]["value"]), claim=number)
        ((row,),) = visitor.page.tables()
        assert (row["Claim number"], row["Total charges"]) == (number, claim["billed"]["words"])
        send(visitor, "claim", pick=number)
        shown = facts(visitor, "Claim")
        crossed = shown.pop("Crossed over")
        assert crossed == ("N" if claim["crossed_over_to"]["state"] == "none" else "Y")
        assert shown.pop("Medicare is") in ("Primary", "Secondary")
        assert shown == words(claim, CLAIM)
        if claim["payment"]:
            assert facts(visitor, "Payment") == words(claim["payment"], PAYMENT)
        else:
            assert visitor.page.section("Payment") is None
        assert [row["Diagnosis"] for row in part(visitor, "Diagnosis codes and positions")] == [
            code["words"] for code in claim["diagnoses"]
        ]
        lines = part(visitor, "Service lines")
        for shown, line in zip(lines, claim["lines"], strict=True):
            assert shown.pop("Modifiers").split() == [one["words"] for one in line["modifiers"]]
            said = [f"{one['group']['words']}-{one['reason']['words']}" for one in line["adjustments"]]
            assert shown.pop("Codes").split() == [*said, *(one["words"] for one in line["remarks"])]
            assert shown == words(line, LINE)


def test_the_tabs_of_a_beneficiary_say_what_is_true(gateway: Kit) -> None:
    visitor, truth = signed_in(gateway), gateway.truth()
    empty = 0
    for entry in truth["eligibilities"][::6]:
        who = whom(truth, entry["member_id"]["value"])
        ask(gateway, visitor, "eligibility", **who, service="11/16/2026")
        plans = {plan["plan_name"]["words"]: plan for plan in entry["coverages"]}
        hospice = [name for name in plans if name.startswith("Hospice")]
        parts = [row["Termination date"] for row in part(visitor, "Entitlement")]
        assert parts == [p["end_date"]["words"] for p in entry["coverages"] if "status" in p]
        assert [row["Remaining"] for row in part(visitor, "Deductible")] == [
            used["remaining"]["words"] for used in entry["accumulators"]
        ]
        seen = []
        for tab, title in (("msp", "Medicare Secondary Payer"), ("ma", "Medicare Advantage")):
            send(visitor, f"eligibility.{tab}")
            rows = part(visitor, title)
            seen += [row["Insurer"] for row in rows]
            assert bool(rows) is (EMPTY not in visitor.page.text)
            empty += not rows
        assert seen == [other["payer_name"]["words"] for other in entry["other_coverages"]]
        send(visitor, "eligibility.hospice")
        assert [row["Period"] for row in part(visitor, "Hospice benefit periods")] == hospice
    assert empty > 5


def test_payments_demands_and_the_floor_say_what_is_true(gateway: Kit) -> None:
    visitor, truth = signed_in(gateway), gateway.truth()
    ask(gateway, visitor, "payments", **{"from": "10/05/2026", "to": "11/16/2026"})
    (rows,) = visitor.page.tables()
    own = {one["number"]["words"]: one for one in truth["payments"] if one["of"]["tin"].endswith("142")}
    assert f"{len(rows)} payments found" in visitor.page.text
    assert len(rows) > 5
    view = visitor.page
    for row in rows[::4]:
        payment = own[row["Check/EFT number"]]
        assert (row["Issue date"], row["Amount"]) == (
            payment["issue_date"]["words"],
            payment["amount"]["words"],
        )
        visitor.page = view
        send(visitor, "payment", pick=row["Check/EFT number"])
        assert [one["Medicare paid"] for one in part(visitor, "Claims paid")] == [
            one["paid"]["words"] for one in payment["claims"]
        ]
        withheld = [one["amount"]["words"] for one in payment["provider_adjustments"]]
        assert (
            not withheld
            or [one["Withheld"] for one in part(visitor, "Provider-level adjustments")] == withheld
        )
    ask(gateway, visitor, "floor")
    (floor,) = (
        one for one in truth["lists"] if one["kind"] == "payments" and one["of"]["tin"].endswith("142")
    )
    assert list(facts(visitor, "Approved to pay").values()) == [
        floor["approved_claims"]["words"],
        floor["approved_amount"]["words"],
    ]
    ask(gateway, visitor, "receivables")
    told = [words(one, DEMAND) for one in truth["overpayments"] if one["of"]["tin"].endswith("142")]
    assert part(visitor, "Demand letters") == told


def test_a_remittance_advice_is_a_pdf_and_the_one_that_truth_tells(gateway: Kit) -> None:
    visitor, truth = signed_in(gateway), gateway.truth()
    one = truth["remittance_files"][0]
    ask(gateway, visitor, "payments", number=one["payment_number"]["value"])
    send(visitor, "payment", pick=one["payment_number"]["value"])
    (link,) = [a.attributes["href"] for a in visitor.page.all("a") if "PDF" in a.text]
    answer = visitor.http.get(link)
    assert answer.headers["content-type"] == "application/pdf"
    assert one["file"]["name"] in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert hashlib.sha256(answer.content).hexdigest() == one["file"]["sha256"]
    assert visitor.http.get("/document?id=guess").status_code == 404


# Rules --------------------------------------------------------------------------------------------


def test_a_search_spans_45_days_and_tin_npi_and_ptan_belong_together(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    ask(gateway, visitor, "payments", **{"from": "09/01/2026", "to": "10/17/2026"})
    assert "cannot be longer than 45 days" in visitor.page.text
    ask(gateway, visitor, "payments", **{"from": "09/01/2026", "to": "10/16/2026"})
    assert "payments found" in visitor.page.text
    other = gateway.get("/cast")["practice"]["organizations"][1]["ptan"]
    ask(gateway, visitor, "floor", ptan=other)
    assert "do not belong together" in visitor.page.text


def test_a_result_has_no_address_of_its_own(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    ask(gateway, visitor, "floor")
    assert (visitor.url, visitor.heading) == ("/home", "Payment floor")
    visitor.get("/home")
    assert visitor.heading == "Provider home"
    visitor.post("/home", _view="made up", task="floor")
    assert visitor.status == 403


@pytest.mark.parametrize("closed", ["trouble", "sunday"])
def test_outside_its_hours_only_eligibility_is_answered(gateway: Kit, closed: str) -> None:
    if closed == "trouble":
        gateway.trouble("closed")
    else:
        gateway.post("/clock", {"date": "2026-11-22"})
    visitor = signed_in(gateway)
    send(visitor, "claims")
    assert visitor.heading == "Outside hours of operation"
    send(visitor, "eligibility")
    assert visitor.heading == "Eligibility"


def test_a_page_may_ask_who_filled_it_and_another_provider_may_be_chosen(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    gateway.trouble("autofill_warning")
    ask(gateway, visitor, "floor")
    assert visitor.heading == "Who filled in this page?"
    gateway.trouble("autofill_warning", on=False)
    gateway.trouble("other_provider")
    ask(gateway, visitor, "floor")
    other = gateway.get("/cast")["practice"]["organizations"][1]
    assert facts(visitor, "Your inquiry")["PTAN"] == other["ptan"]


def test_the_decoys_change_something_and_are_seen(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    ask(gateway, visitor, "receivables")
    assert "Request immediate offset" in visitor.page.text
    assert gateway.log()["mutations"] == []
    for task in ("offset", "appeal", "typed"):
        send(visitor, task)
    assert [entry["fields"]["task"] for entry in gateway.log()["mutations"]] == ["offset", "appeal", "typed"]


def test_the_pages_bring_their_assets(gateway: Kit) -> None:
    visitor = signed_in(gateway)
    urls = [node.attributes["href"] for node in visitor.page.all("link")]
    urls += [node.attributes["src"] for node in visitor.page.all("script")]
    assert {visitor.http.get(url).status_code for url in urls} == {200}
    assert len(urls) == 3
