"""Cascadia's pages: the sign-in ladder, and that truth and pages say the same."""

from __future__ import annotations

import csv
from typing import Any

import pyotp
import pytest

from harvester.model.claim import Claim
from harvester.model.eligibility import Eligibility
from mock_portals.worklist import HERE
from tests.mock_portals.kit import TIN, Kit, Visitor
from tests.mock_portals.pages import Node

Leaf = dict[str, Any]
EVERY = pytest.mark.parametrize(
    ("day", "layout", "step"), [("2026-11-16", "a", 1), ("2026-11-17", "a", 4), ("2026-11-17", "b", 4)]
)
"""The first day whole, every fourth page on the second, and in the other layout."""


def test_the_ladder_is_password_code_practice_bulletin_home(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.visitor()
    visitor.get("/home")
    assert visitor.heading == "Sign in"
    visitor.password(person["user"], person["password"])
    assert visitor.heading == "Verify it's you"
    visitor.get("/claims")
    assert visitor.heading == "Verify it's you"
    visitor.code(pyotp.TOTP(person["totp_secret"]).now())
    assert visitor.heading == "Choose a practice"
    assert f"{TIN} - Alder & Finch Medical Group" in visitor.page.text
    visitor.post("/practice")
    assert visitor.alert == "Choose a tax ID to continue."
    visitor.post("/practice", tin=TIN)
    assert [d.all("h2")[0].text for d in visitor.page.all("div") if d.attributes.get("role") == "dialog"] == [
        "Provider bulletin"
    ]
    visitor.get("/claims")
    assert visitor.url == "/home"
    visitor.post("/announcement/close")
    assert visitor.heading == "Provider home"
    assert not [d for d in visitor.page.all("div") if d.attributes.get("role") == "dialog"]
    assert f"Signed in as {person['name']}" in visitor.page.text
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    visitor.get("/home")
    assert visitor.heading == "Sign in"


def test_three_wrong_passwords_lock_for_good(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.visitor()
    for _ in range(2):
        visitor.password(person["user"], "wrong")
        assert visitor.alert == "The user ID or password you entered is incorrect."
    visitor.password(person["user"], "wrong")
    assert visitor.heading == "Your account is locked"
    visitor.password(person["user"], person["password"])
    assert visitor.heading == "Your account is locked"
    results = [(e["user"], e["result"]) for e in kit.log()["sign_ins"]]
    assert results == [(person["user"], r) for r in ("rejected", "rejected", "rejected", "locked")]
    kit.signed_in(1)


def test_a_code_works_once(kit: Kit) -> None:
    person = kit.staff()
    code = pyotp.TOTP(person["totp_secret"]).now()
    first, second = kit.visitor(), kit.visitor()
    first.password(person["user"], person["password"])
    first.code(code)
    assert first.heading == "Choose a practice"
    second.password(person["user"], person["password"])
    second.code(code)
    assert second.alert == "That verification code is not valid or has expired."
    assert [e["result"] for e in kit.log()["codes"]] == ["accepted", "reused"]
    assert [e["result"] for e in kit.log()["sign_ins"]] == ["accepted", "accepted", "code_reused"]


def test_three_wrong_codes_lock(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.visitor()
    visitor.password(person["user"], person["password"])
    for _ in range(3):
        visitor.code("000000")
    assert visitor.heading == "Your account is locked"


def test_a_form_without_its_token_is_refused(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.visitor()
    visitor.get("/signin")
    response = visitor.http.post("/signin", data={"userId": person["user"], "password": person["password"]})
    assert response.status_code == 403
    assert kit.log()["sign_ins"] == []


def test_signing_in_changes_the_cookie(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.visitor()
    visitor.get("/signin")
    before = visitor.http.cookies["cmhp_session"]
    visitor.password(person["user"], person["password"])
    assert visitor.http.cookies["cmhp_session"] != before


def test_the_pages_bring_their_assets(kit: Kit) -> None:
    visitor = kit.visitor()
    visitor.get("/signin")
    urls = [n.attributes.get("href") or n.attributes["src"] for n in visitor.page.all("link", "img")]
    assert len(urls) == 4
    for url in [*urls, "/static/portal.js", "/static/mutual-sans-600.woff2"]:
        assert visitor.http.get(url).status_code == 200


# Truth and pages


def _same(shown: str | None, leaf: Leaf | None, where: str) -> None:
    """Compare the words of a page with a leaf; no leaf means that the label is not there."""
    assert shown == (leaf["words"] if leaf else None), where


def _labels(part: Node | None, record: dict[str, Any], labels: dict[str, str]) -> None:
    facts = part.facts() if part else {}
    assert set(facts) <= set(labels), set(facts) - set(labels)
    for label, key in labels.items():
        _same(facts.get(label), record.get(key), label)


SUMMARY = {
    "Claim number": "claim_number",
    "Patient account number": "patient_account_number",
    "Status": "status",
    "Received date": "received_date",
    "Processed date": "processed_date",
    "First date of service": "service_from",
    "Last date of service": "service_to",
    "Replaces claim": "replaces",
    "Replaced by claim": "replaced_by",
}
PATIENT = {"Patient name": "patient_name", "Member ID": "member_id", "Date of birth": "birth_date"}
PROVIDER = {
    "Billing provider": "billing_provider",
    "Billing NPI": "billing_npi",
    "Tax ID": "tin",
    "Rendering provider": "rendering_provider",
    "Rendering NPI": "rendering_npi",
}
AMOUNTS = {
    "Total billed": "billed",
    "Total allowed": "allowed",
    "Total paid": "paid",
    "Patient responsibility": "patient_responsibility",
}
PAYMENT = {
    "Payment method": "method",
    "Check or EFT number": "number",
    "Issue date": "issue_date",
    "Payment amount": "amount",
    "Payee": "payee",
}
LINE = {
    "Line": "number",
    "From": "service_from",
    "Through": "service_to",
    "Procedure": "procedure",
    "Units": "units",
    "Diagnosis": "diagnosis_pointers",
    "Billed": "billed",
    "Allowed": "allowed",
    "Deductible": "deductible",
    "Copay": "copay",
    "Coinsurance": "coinsurance",
    "Paid": "paid",
}


def _as_of(page: Node) -> str:
    (line,) = [n for n in page.all("p") if "as-of" in n.classes]
    return line.text.removeprefix("Information as of ")


def _same_claim(page: Node, claim: dict[str, Any]) -> None:
    assert page.one("h1").text == "Claim detail"
    _same(_as_of(page), claim["as_of"], "as of")
    _labels(page.section("Claim summary"), claim, SUMMARY)
    _labels(page.section("Patient"), claim, PATIENT)
    _labels(page.section("Provider"), claim, PROVIDER)
    amounts = page.section("Amounts")
    assert amounts is not None
    facts = amounts.facts()
    assert set(facts) == {*AMOUNTS, "Contract adjustment"}
    for label, key in AMOUNTS.items():
        _same(facts[label], claim[key], label)
    _same_lines(page, claim)
    pends = page.section("Why this claim is pended")
    assert [n.text for n in pends.all("li")] == [r["words"] for r in claim["pend_reasons"]] if pends else True
    assert bool(pends) == bool(claim["pend_reasons"])
    asked = page.section("Documents requested")
    rows = asked.tables()[0] if asked else []
    assert [list(row.values()) for row in rows] == [
        [d["document"]["words"], d["reference"]["words"], d["due_date"]["words"]]
        for d in claim["requested_documents"]
    ]
    payment = page.section("Payment")
    if claim["payment"]:
        _labels(payment, claim["payment"], PAYMENT)
    else:
        assert payment is None or payment.text == "PaymentNo payment was issued for this claim."
    diagnoses = page.section("Diagnoses")
    assert diagnoses is not None
    assert [(row["Code"], row["Description"]) for row in diagnoses.tables()[0]] == [
        (d["words"], d["value"]["text"]) for d in claim["diagnoses"]
    ]


def _same_lines(page: Node, claim: dict[str, Any]) -> None:
    section = page.section("Service lines")
    assert section is not None
    lines, *legends = section.tables()
    legend = {(row["Type"], row["Code"]): row["Explanation"] for row in legends[0]} if legends else {}
    assert len(lines) == len(claim["lines"])
    for row, line in zip(lines, claim["lines"], strict=True):
        for label, key in LINE.items():
            _same(row[label], line[key], label)
        assert row["Modifiers"] == ", ".join(m["words"] for m in line["modifiers"])
        codes = []
        for adjustment in line["adjustments"]:
            group, reason, amount = (adjustment[k]["words"] for k in ("group", "reason", "amount"))
            codes.append(f"{group}-{reason} {amount}")
            assert ("Group", group) in legend
            assert legend["Reason", reason] == adjustment["reason"]["value"]["text"]
        for remark in line["remarks"]:
            codes.append(remark["words"])
            assert legend["Remark", remark["words"]] == remark["value"]["text"]
        assert row["Codes"] == "; ".join(codes)


@EVERY
def test_every_claim_page_shows_the_truth(kit: Kit, day: str, layout: str, step: int) -> None:
    kit.post("/clock", {"date": day})
    kit.trouble("layout_b", on=layout == "b")
    visitor = kit.signed_in()
    compared = 0
    for claim in kit.truth()["claims"][::step]:
        visitor.get("/claims/" + claim["claim_number"]["value"])
        if claim["tin"]["value"] == TIN:
            _same_claim(visitor.page, claim)
            compared += 1
        else:
            assert visitor.status == 404
    assert compared > 220 // step


MEMBER = {
    "Member name": "member_name",
    "Member ID": "member_id",
    "Date of birth": "birth_date",
    "Relationship": "relationship",
    "Primary care provider": "primary_care_provider",
}
COVERAGE = {
    "Plan name": "plan_name",
    "Product": "product",
    "Network": "network_name",
    "Group number": "group_number",
    "Status": "status",
    "Effective date": "effective_date",
    "End date": "end_date",
}
OTHER = {
    "Order": "order",
    "Insurer": "payer_name",
    "Policy number": "policy_number",
    "Group number": "group_number",
    "Insured": "insured_name",
    "Effective date": "effective_date",
    "End date": "end_date",
    "Last updated": "last_updated",
}
BENEFIT = {
    "Service": "service",
    "Network": "network",
    "Copay": "copay",
    "Coinsurance": "coinsurance",
    "Deductible applies": "deductible_applies",
    "Prior authorization": "authorization_required",
    "Referral": "referral_required",
}
FUND = {"Account": "kind", "Available balance": "balance", "Balance as of": "as_of"}
KINDS = {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}


def _part(page: Node, title: str) -> Node:
    found = page.section(title)
    assert found is not None, title
    return found


def _same_eligibility(page: Node, member: dict[str, Any]) -> None:
    assert page.one("h1").text == "Eligibility results"
    _same(_as_of(page), member["as_of"], "as of")
    _labels(_part(page, "Member"), member, MEMBER)
    plans = [n for n in _part(page, "Coverage").all("div") if n.classes & {"plan", "sub"}]
    for plan, coverage in zip(plans, member["coverages"], strict=True):
        _labels(plan, coverage, COVERAGE)
    rows = _part(page, "Deductibles and out-of-pocket").tables()[0]
    for row, accumulator in zip(rows, member["accumulators"], strict=True):
        assert KINDS[row["Accumulator"]] == accumulator["kind"]
        for key in ("level", "network", "period", "limit", "met", "remaining"):
            _same(row[key.capitalize()], accumulator[key], key)
    rows = _part(page, "Copay and coinsurance by service").tables()[0]
    for row, benefit in zip(rows, member["benefits"], strict=True):
        for label, key in BENEFIT.items():
            _same(row[label], benefit[key], label)
    rows = _part(page, "Visit limits").tables()[0]
    for row, limit in zip(rows, member["limits"], strict=True):
        used, allowed, unit = (limit[key]["words"] for key in ("used", "allowed", "unit"))
        assert row["Visits used"] == f"{used} of {allowed} {unit} used"
        for label, key in (("Service", "service"), ("Visits remaining", "remaining"), ("Period", "period")):
            _same(row[label], limit[key], label)
    cob = _part(page, "Coordination of benefits")
    facts = cob.facts()
    _same(facts.pop("Other insurance"), member["other_coverage_outcome"], "other insurance")
    for other in member["other_coverages"]:
        for label, key in OTHER.items():
            _same(facts.pop(label), other[key], label)
    assert not facts
    funds = page.section("Spending account")
    assert bool(funds) == bool(member["funds"])
    for fund in member["funds"]:
        _labels(funds, fund, FUND)


@EVERY
def test_every_eligibility_page_shows_the_truth(kit: Kit, day: str, layout: str, step: int) -> None:
    kit.post("/clock", {"date": day})
    kit.trouble("layout_b", on=layout == "b")
    visitor = kit.signed_in()
    members = kit.truth()["eligibilities"][::step]
    for member in members:
        visitor.eligibility(member["member_id"]["value"], member["birth_date"]["words"])
        assert _part(visitor.page, "Results for").facts()["Member ID"] == member["member_id"]["value"]
        _same_eligibility(visitor.page, member)
    assert len(members) >= 70 // step


def test_truth_has_every_kind_of_value(kit: Kit) -> None:
    leaves: list[Leaf] = []

    def collect(tree: Any) -> None:
        if isinstance(tree, dict):
            if set(tree) == {"state", "value", "words"}:
                leaves.append(tree)
                assert (tree["value"] is not None) == (tree["state"] == "known")
            else:
                for branch in tree.values():
                    collect(branch)
        elif isinstance(tree, list):
            for branch in tree:
                collect(branch)

    truth = kit.truth()
    collect([truth["claims"], truth["eligibilities"]])
    words = {(leaf["state"], leaf["words"]) for leaf in leaves}
    assert {
        ("none", "--"),
        ("none", "N/A"),
        ("none", "12/31/9999"),
        ("not_shown", ""),
        ("not_shown", "Pending"),
        ("known", ".00"),
        ("known", "$0.00"),
    } <= words
    assert any(w.startswith("(") for _, w in words), "an amount below zero"
    assert any("," in w and w.startswith("$") for _, w in words), "an amount above a thousand"
    outcomes = {e["other_coverage_outcome"]["value"] for e in truth["eligibilities"]}
    assert outcomes == {"none_on_file", "determined", "undetermined"}
    assert {len(e["coverages"]) for e in truth["eligibilities"]} == {1, 2}


# Searching


def _rows(visitor: Visitor) -> list[dict[str, str]]:
    return visitor.page.tables()[0] if visitor.page.tables() else []


def _count(visitor: Visitor) -> str:
    return next(n.text for n in visitor.page.all("p") if "count" in n.classes)


def test_the_grid_has_ten_rows_a_page_and_says_how_many_there_are(kit: Kit) -> None:
    visitor, member = kit.signed_in(), kit.truth()["members"][0]["member_id"]
    visitor.claims(member)
    assert len(_rows(visitor)) == 10
    total = int(_count(visitor).split()[3])
    assert total == 23
    assert _count(visitor) == "Showing 1–10 of 23 claims"
    numbers = [row["Claim number"] for row in _rows(visitor)]
    while links := [a for a in visitor.page.all("a") if a.attributes.get("rel") == "next"]:
        visitor.get(links[0].attributes["href"])
        numbers += [row["Claim number"] for row in _rows(visitor)]
    assert _count(visitor) == "Showing 21–23 of 23 claims"
    assert len(set(numbers)) == total
    assert [li.text for li in visitor.page.all("li") if "disabled" in li.classes] == ["Next"]
    assert set(numbers) == {
        c["claim_number"]["value"]
        for c in kit.truth()["claims"]
        if c["member_id"]["value"] == member and c["tin"]["value"] == TIN
    }


def test_grid_rows_say_what_the_detail_says(kit: Kit) -> None:
    visitor = kit.signed_in()
    claims = {c["claim_number"]["value"]: c for c in kit.truth()["claims"]}
    for member in kit.truth()["members"][10:40]:
        visitor.claims(member["member_id"])
        for row in _rows(visitor):
            claim = claims[row["Claim number"]]
            first, last = claim["service_from"]["words"], claim["service_to"]["words"]
            assert row["Dates of service"] == (first if first == last else f"{first} - {last}")
            for header, key in (
                ("Patient", "patient_name"),
                ("Account number", "patient_account_number"),
                ("Billed", "billed"),
                ("Paid", "paid"),
                ("Status", "status"),
            ):
                _same(row[header], claim[key], header)
            assert row["Actions"] == "View Dispute"


def test_an_account_number_finds_every_number_that_it_is_a_part_of(kit: Kit) -> None:
    visitor = kit.signed_in()
    visitor.get("/claims", accountNumber="10442")
    rows = _rows(visitor)
    assert {row["Account number"] for row in rows} == {"10442", "110442"}
    assert len({(row["Patient"], row["Dates of service"], row["Billed"]) for row in rows}) == 1
    assert len({row["Status"] for row in rows}) == 2


def test_a_claim_number_finds_one_claim(kit: Kit) -> None:
    visitor = kit.signed_in()
    claim = kit.truth()["claims"][3]["claim_number"]["value"]
    visitor.get("/claims", claimNumber=claim)
    assert [row["Claim number"] for row in _rows(visitor)] == [claim]
    assert _part(visitor.page, "Results for").facts() == {"Claim number": claim}


def test_nothing_found_is_said_and_is_not_an_empty_table(kit: Kit) -> None:
    visitor, truth = kit.signed_in(), kit.truth()
    for claim in truth["not_on_file"]["claims"]:
        visitor.get("/claims", accountNumber=claim["patient_account_number"])
        assert visitor.alert.startswith("We could not find any claims that match your search.")
        assert not visitor.page.tables()
    for member in truth["not_on_file"]["members"]:
        month, day, year = member["birth_date"][5:7], member["birth_date"][8:], member["birth_date"][:4]
        visitor.eligibility(member["member_id"], f"{month}/{day}/{year}")
        assert visitor.alert == "Member not found. Check the member ID and date of birth, then try again."
    known = truth["members"][0]
    visitor.eligibility(known["member_id"], "01/01/1950")
    assert visitor.alert.startswith("Member not found.")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"memberId": "CMH1"},
            "Enter both service dates, or a claim number, or an account number.",
        ),
        (
            {"memberId": "CMH1", "serviceFrom": "2026-01-01", "serviceTo": "01/02/2026"},
            "Enter the service dates as MM/DD/YYYY.",
        ),
        (
            {"memberId": "CMH1", "serviceFrom": "01/01/2025", "serviceTo": "11/01/2026"},
            "Service dates can span 12 months at most.",
        ),
        (
            {"memberId": "CMH1", "serviceFrom": "02/01/2026", "serviceTo": "01/01/2026"},
            "The second service date is before the first.",
        ),
    ],
)
def test_a_search_that_asks_too_little_is_told_so(kit: Kit, asked: dict[str, str], words: str) -> None:
    visitor = kit.signed_in()
    visitor.get("/claims", **asked)
    assert visitor.alert == words
    assert "could not find" not in visitor.page.text


def test_a_service_type_narrows_the_benefits(kit: Kit) -> None:
    visitor, member = kit.signed_in(), kit.truth()["eligibilities"][0]
    visitor.eligibility(member["member_id"]["value"], member["birth_date"]["words"], serviceType="PT")
    rows = _part(visitor.page, "Copay and coinsurance by service").tables()[0]
    assert {row["Service"] for row in rows} == {"Physical therapy"}
    assert _part(visitor.page, "Results for").facts()["Service type"] == "Physical therapy"


def test_an_inquiry_belongs_to_its_session(kit: Kit) -> None:
    mine, theirs = kit.signed_in(0), kit.signed_in(1)
    member = kit.truth()["eligibilities"][0]
    mine.eligibility(member["member_id"]["value"], member["birth_date"]["words"])
    theirs.get(mine.url)
    assert theirs.status == 404


def test_the_other_tax_id_has_its_own_claims(kit: Kit) -> None:
    visitor = kit.signed_in(tin="00-7300658")
    mine = [c for c in kit.truth()["claims"] if c["tin"]["value"] == "00-7300658"]
    assert len(mine) == 5
    for claim in mine:
        visitor.get("/claims/" + claim["claim_number"]["value"])
        _same_claim(visitor.page, claim)


# What changes something


def _paid(kit: Kit) -> str:
    claims = kit.truth()["claims"]
    number: str = next(c for c in claims if c["status"]["value"] == "paid")["claim_number"]["value"]
    return number


def test_a_dispute_is_really_filed(kit: Kit) -> None:
    visitor, number = kit.signed_in(), _paid(kit)
    visitor.get(f"/claims/{number}")
    visitor.post(f"/claims/{number}/dispute")
    assert "Dispute 1 submitted on 11/16/2026" in _part(visitor.page, "Disputes").text
    assert [e["path"] for e in kit.log()["mutations"]] == [f"/claims/{number}/dispute"]


def test_a_correction_really_takes_the_claim_back(kit: Kit) -> None:
    visitor, number = kit.signed_in(), _paid(kit)
    visitor.get(f"/claims/{number}")
    visitor.post(f"/claims/{number}/correct")
    claim = next(c for c in kit.truth()["claims"] if c["claim_number"]["value"] == number)
    assert claim["status"]["value"] == "in_process"
    _same_claim(visitor.page, claim)


def test_an_upload_really_answers_the_request(kit: Kit) -> None:
    visitor = kit.signed_in()
    claim = next(c for c in kit.truth()["claims"] if c["requested_documents"])
    number = claim["claim_number"]["value"]
    visitor.get(f"/claims/{number}")
    visitor.http.post(
        f"/claims/{number}/documents", data={"_csrf": visitor.token}, files={"file": ("note.pdf", b"%PDF")}
    )
    after = next(c for c in kit.truth()["claims"] if c["claim_number"]["value"] == number)
    assert len(after["requested_documents"]) == len(claim["requested_documents"]) - 1
    assert kit.log()["mutations"][0]["fields"]["file"] == "note.pdf"


def test_a_changed_password_is_the_password(kit: Kit) -> None:
    person, visitor = kit.staff(), kit.signed_in()
    visitor.get("/account")
    visitor.post("/account/password", oldPassword="no", newPassword="New-Words-7")
    assert visitor.alert == "Your current password is not right."
    visitor.post("/account/password", oldPassword=person["password"], newPassword="New-Words-7")
    assert visitor.alert == "Your password is changed."
    assert kit.visitor().password(person["user"], "New-Words-7").one("h1").text == "Verify it's you"


def test_a_pcp_request_is_a_mutation(kit: Kit) -> None:
    visitor, member = kit.signed_in(), kit.truth()["eligibilities"][0]
    visitor.eligibility(member["member_id"]["value"], member["birth_date"]["words"])
    visitor.post(f"/members/{member['member_id']['value']}/pcp")
    assert visitor.heading == "Your request was sent"
    assert len(kit.log()["mutations"]) == 1


# The worklist against the portal


def test_the_worklist_is_on_file_but_for_four_claims_and_two_members(kit: Kit) -> None:
    with (HERE / "claims.csv").open(encoding="utf-8", newline="") as file:
        claims = list(csv.DictReader(file))
    with (HERE / "appointments.csv").open(encoding="utf-8", newline="") as file:
        appointments = list(csv.DictReader(file))
    truth = kit.truth()

    def key(claim: dict[str, Any]) -> tuple[str, ...]:
        names = ("patient_account_number", "member_id", "service_from", "service_to")
        return (*(claim[name]["words"] for name in names), claim["billed"]["value"])

    on_file = [key(claim) for claim in truth["claims"]]
    assert len(set(on_file)) == len(on_file), "account, days and charge tell claims apart"
    columns = ("Patient Account #", "Member ID", "DOS From", "DOS To", "Billed Amount")
    missing = [row for row in claims if tuple(row[c] for c in columns) not in on_file]
    assert len(claims) >= 200
    assert {row["Patient Account #"] for row in missing} == {
        c["patient_account_number"] for c in truth["not_on_file"]["claims"]
    }
    assert len(missing) == 4
    members = {m["member_id"] for m in truth["members"]}
    assert len(appointments) >= 40
    assert len([row for row in appointments if row["Member ID"] not in members]) == 2
    names = [(m["last_name"], m["first_name"]) for m in truth["members"]]
    twins = {n for n in names if names.count(n) > 1}
    for rows in (claims, appointments):
        found = {
            row["Member ID"] for row in rows if (row["Patient Last Name"], row["Patient First Name"]) in twins
        }
        assert len(found) == 4
    assert {"10442", "110442"} <= {row["Patient Account #"] for row in claims}
    assert not {c["claim_number"]["value"] for c in truth["claims"]} & {
        v for row in claims for v in row.values()
    }


def test_the_truth_mirrors_the_model(kit: Kit) -> None:
    truth = kit.truth()
    claims = [Claim.model_validate(claim) for claim in truth["claims"]]
    members = [Eligibility.model_validate(member) for member in truth["eligibilities"]]
    assert len(claims) + len(members) > 300
    unknown = [claim for claim in claims if claim.normalized_status != claim.status.value]
    assert unknown == [], "a paid claim has its payment"


def test_a_hidden_time_out_text_stands_in_every_page(kit: Kit) -> None:
    visitor = kit.signed_in()
    for path in ("/home", "/eligibility", "/claims", "/account", "/signout"):
        visitor.get(path)
        assert visitor.response is not None
        assert "Your session has timed out" in visitor.response.text
        assert "Your session has timed out" not in visitor.page.text
