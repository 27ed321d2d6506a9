"""RainierCare's pages against its truth, read by other means than the harvester's; its doors and decoys."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyotp
import pytest

from tests.mock_portals.kit import Kit, Visitor
from tests.mock_portals.pages import Node

CLAIM = {
    "ICN": "claim_number",
    "Status": "status",
    "Patient account number": "patient_account_number",
    "Member ID": "member_id",
    "Member name": "patient_name",
    "Date of birth": "birth_date",
    "Service from": "service_from",
    "Service to": "service_to",
    "Received date": "received_date",
    "Processed date": "processed_date",
    "Adjusts ICN": "replaces",
    "Adjusted by ICN": "replaced_by",
}
AMOUNTS = {
    "Total charged": "billed",
    "Total allowed": "allowed",
    "Total paid": "paid",
    "Member responsibility": "patient_responsibility",
}
LINE = {
    "Ln": "number",
    "From": "service_from",
    "Thru": "service_to",
    "Procedure": "procedure",
    "Units": "units",
    "Dx": "diagnosis_pointers",
    "Charged": "billed",
    "Allowed": "allowed",
    "Paid": "paid",
    "Line status": "status",
}
OTHER = {
    "Order": "order",
    "Payer": "payer_name",
    "Coverage type": "kind",
    "Policy number": "policy_number",
    "Group number": "group_number",
    "Insured name": "insured_name",
    "Effective date": "effective_date",
    "Termination date": "end_date",
    "Last updated": "last_updated",
}
REQUEST = {
    "Request number": "reference",
    "PA number": "number",
    "Type": "kind",
    "Service": "service",
    "Requesting provider": "requesting_provider",
    "Servicing provider": "servicing_provider",
    "Requested date": "requested_date",
}
DECISION = {
    "Status": "status",
    "Reason": "reason",
    "Decided date": "decided_date",
    "Effective date": "effective_date",
    "Expiration date": "expiration_date",
    "Counted in": "unit",
    "Approved": "approved",
    "Used": "used",
    "Remaining": "remaining",
}


@pytest.fixture
def plan(kit: Kit) -> Kit:
    return kit.at("rainier")


def knock(plan: Kit, index: int = 0, password: str | None = None, computer: str = "public") -> Visitor:
    """Return somebody who has given a password."""
    visitor, person = plan.visitor(), plan.staff(index)
    visitor.get("/signin")
    visitor.post("/signin", userId=person["user"], computer=computer)
    visitor.post("/signin/password", password=password or person["password"])
    return visitor


def inside(plan: Kit, index: int = 0) -> Visitor:
    visitor = knock(plan, index)
    visitor.post("/signin/code", code=pyotp.TOTP(plan.staff(index)["totp_secret"]).now())
    assert visitor.heading == "Welcome to Provider Access"
    return visitor


def labelled(part: Node | None) -> dict[str, str]:
    """Return labels and values of a part in either mark-up."""
    assert part is not None
    cells = [node for node in part.all("th", "td", "dt", "dd") if node.parent and node.parent.tag != "thead"]
    return {
        label.text: value.text
        for label, value in pairwise(cells)
        if (label.tag, value.tag) in (("th", "td"), ("dt", "dd"))
    }


def table(page: Node, title: str) -> list[dict[str, str]]:
    part = page.section(title)
    assert part is not None
    (rows,) = part.tables()
    return rows


def words(record: dict[str, Any], labels: dict[str, str]) -> dict[str, str]:
    return {label: record[key]["words"] for label, key in labels.items() if key in record}


def ours(records: list[Any]) -> list[Any]:
    return [one for one in records if one["tin"]["value"] == "00-7300142"]


# The doors ----------------------------------------------------------------------------------------


def test_the_ladder_is_user_computer_password_and_code(plan: Kit) -> None:
    visitor = plan.visitor()
    visitor.get("/home")
    assert visitor.heading == "Sign in to Provider Access"
    visitor.post("/signin", userId=plan.staff()["user"])
    assert "which computer" in visitor.page.text
    visitor = knock(plan)
    assert visitor.heading == "Verify that it is you"
    visitor.get("/claims/search")
    assert visitor.heading == "Verify that it is you"
    visitor.post("/signin/code", code="000000")
    assert "does not match" in visitor.page.text
    visitor.post("/signin/code", code=pyotp.TOTP(plan.staff()["totp_secret"]).now())
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    assert plan.log()["mutations"] == []


def test_a_personal_computer_is_remembered_which_is_a_change(plan: Kit) -> None:
    knock(plan, computer="personal")
    (change,) = plan.log()["mutations"]
    assert (change["path"], change["fields"]) == ("/signin", {"computer": "personal"})


def test_three_wrong_passwords_lock(plan: Kit) -> None:
    for _ in range(2):
        assert "do not match our records" in knock(plan, password="no").page.text
    assert knock(plan, password="no").heading == "Account locked"
    assert knock(plan).heading == "Account locked"
    assert inside(plan, 1).heading == "Welcome to Provider Access"


def test_fifteen_idle_minutes_end_a_session(plan: Kit) -> None:
    visitor = inside(plan)
    plan.post("/clock", {"advance_seconds": 14 * 60})
    visitor.get("/claims/search")
    assert visitor.heading == "Claim Inquiry"
    plan.post("/clock", {"advance_seconds": 15 * 60 + 1})
    visitor.get("/claims/search")
    assert "You were signed out because nothing happened" in visitor.page.text


def test_a_challenge_stands_before_sign_in_and_before_every_page(plan: Kit) -> None:
    visitor = inside(plan)
    plan.trouble("challenge")
    visitor.get("/home")
    assert visitor.heading == "Robot challenge"
    visitor.post("/challenge", human="yes")
    assert visitor.heading == "Robot challenge"
    assert plan.visitor().get("/signin").one("h1").text == "Robot challenge"
    assert [entry["path"] for entry in plan.log()["mutations"]] == ["/challenge"]


def test_a_security_question_is_asked_in_place_of_a_code(plan: Kit) -> None:
    plan.trouble("security_question")
    visitor = knock(plan)
    assert visitor.heading == "Answer your security question"
    visitor.post("/signin/question", answer="Elm Street")
    assert "not the answer on file" in visitor.page.text


def test_a_new_password_and_a_changed_agreement_stand_before_home(plan: Kit) -> None:
    plan.trouble("password_expired")
    plan.trouble("terms")
    visitor = knock(plan)
    assert visitor.heading == "Your password has to be changed"
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    visitor.post("/signin/code", code=pyotp.TOTP(plan.staff()["totp_secret"]).now())
    assert visitor.heading == "The user agreement has changed"
    visitor.post("/terms", agree="yes")
    assert visitor.heading == "Welcome to Provider Access"


def test_without_a_function_its_menu_item_is_missing_and_its_pages_are_home(plan: Kit) -> None:
    plan.trouble("role_missing", value="claims,payments")
    visitor = inside(plan)
    menu = [link.text for link in visitor.page.one("nav").all("a")]
    assert "View Authorizations" in menu
    assert not {"Claim Inquiry", "Payment History"} & set(menu)
    for path in ("/claims/search", "/claims/226288104017", "/payments"):
        visitor.get(path)
        assert (visitor.status, visitor.url) == (200, "/home")


# The pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["a", "b"])
def test_claim_pages_say_what_is_true(plan: Kit, layout: str) -> None:
    plan.trouble("layout_b", on=layout == "b")
    visitor, claims = inside(plan), ours(plan.truth()["claims"])
    for claim in claims[:: 6 if layout == "a" else 25]:
        visitor.get(f"/claims/{claim['claim_number']['value']}")
        shown = labelled(visitor.page.section("Claim"))
        assert shown.pop("Media") in ("Paper", "Electronic", "Adjustment")
        assert shown == words(claim, CLAIM)
        assert labelled(visitor.page.section("Amounts")) == words(claim, AMOUNTS)
        for row, line in zip(table(visitor.page, "Service lines"), claim["lines"], strict=True):
            assert row.pop("Mod") == ", ".join(one["words"] for one in line["modifiers"])
            assert row.pop("Remarks") == ", ".join(one["words"] for one in line["remarks"])
            assert row.pop("EX codes") == "; ".join(
                f"{one['group']['words']} {one['reason']['words']} {one['amount']['words']}"
                for one in line["adjustments"]
            )
            assert row == words(line, LINE)


def test_an_explanation_code_is_explained_beside_it_and_published_where_it_has_a_counterpart(
    plan: Kit,
) -> None:
    visitor = inside(plan)
    visitor.get("/ex-codes")
    published = {
        row["EX code"]: (row["Explanation"], row["CARC"]) for row in table(visitor.page, "Crosswalk")
    }
    found = [
        one["reason"]
        for claim in plan.truth()["claims"]
        for line in claim["lines"]
        for one in line["adjustments"]
    ]
    for reason in found:
        value = reason["value"]
        if reason["words"] in published:
            assert (value["text"], value["code"]) == published[reason["words"]]
        else:
            assert (value["system"], value["code"]) == ("urn:portal:rainier:ex", reason["words"])
    said = {reason["words"] for reason in found}
    assert said & set(published)
    assert said - set(published)


def test_an_icn_tells_paper_electronic_and_adjustment(plan: Kit) -> None:
    visitor = inside(plan)
    for claim in ours(plan.truth()["claims"])[::20]:
        number = claim["claim_number"]["value"]
        visitor.get(f"/claims/{number}")
        media = labelled(visitor.page.section("Claim"))["Media"]
        assert media == {"1": "Paper", "2": "Electronic", "5": "Adjustment"}[number[0]]
        assert ("replaces" in claim) == (number[0] == "5")


def test_a_search_states_its_total_and_pages_it(plan: Kit) -> None:
    visitor, claims = inside(plan), ours(plan.truth()["claims"])
    owners = [claim["member_id"]["value"] for claim in claims]
    member = max(owners, key=owners.count)
    visitor.get("/claims/search")
    visitor.post("/claims/search", memberId=member, **{"from": "01/01/2026", "to": "11/16/2026"})
    assert f"of {owners.count(member)}" in visitor.page.text
    seen = [row["ICN"] for row in table(visitor.page, "Claims")]
    visitor.get("/claims/results?page=2")
    seen += [row["ICN"] for row in table(visitor.page, "Claims")]
    assert sorted(seen) == sorted(
        c["claim_number"]["value"] for c in claims if c["member_id"]["value"] == member
    )


def test_the_cob_tab_has_every_payer_with_its_history(plan: Kit) -> None:
    visitor, outcomes = inside(plan), set()
    for entry in plan.truth()["eligibilities"]:
        if not entry["other_coverages"] and "none_on_file" in outcomes:
            continue
        visitor.get(f"/members/{entry['member_id']['value']}/cob")
        shown = labelled(visitor.page.section("Coordination of benefits"))
        assert shown["COB status"] == entry["other_coverage_outcome"]["words"]
        if entry["other_coverages"]:
            expected = [words(other, OTHER) for other in entry["other_coverages"]]
            assert table(visitor.page, "Other payers") == expected
        outcome = entry["other_coverage_outcome"]["value"]
        if outcome == "undetermined":
            assert shown["Questionnaire returned"] == "Pending"
        outcomes.add(outcome)
    assert outcomes == {"none_on_file", "determined", "undetermined", "conflicting"}


def test_authorizations_say_what_is_true(plan: Kit) -> None:
    visitor = inside(plan)
    for one in plan.truth()["authorizations"][::4]:
        visitor.get(f"/authorizations/{one['reference']['value']}")
        shown = labelled(visitor.page.section("Request"))
        assert shown.pop("Member ID") == one["of"]["member_id"]
        assert shown.pop("Member name")
        assert shown == words(one, REQUEST)
        assert labelled(visitor.page.section("Decision")) == words(one, DECISION)
        counted = [(row["Status"], row["Approved"], row["Used"]) for row in table(visitor.page, "Lines")]
        assert counted == [
            tuple(line[k]["words"] for k in ("status", "approved", "used")) for line in one["lines"]
        ]


def test_a_pa_number_needs_its_member(plan: Kit) -> None:
    visitor = inside(plan)
    one = next(one for one in plan.truth()["authorizations"] if one["number"]["value"])
    number, member = one["number"]["value"], one["of"]["member_id"]
    visitor.get("/authorizations")
    visitor.post("/authorizations", number=number)
    assert "A PA number alone is not enough" in visitor.page.text
    visitor.post("/authorizations", memberId=member)
    assert "Enter both dates" in visitor.page.text
    visitor.post("/authorizations", number=number, memberId=member)
    assert "1 authorization found" in visitor.page.text


def test_payments_add_up(plan: Kit) -> None:
    visitor = inside(plan)
    for payment in plan.truth()["payments"][::5]:
        if payment["payee_tin"]["value"] != "00-7300142":
            continue
        visitor.get(f"/payments/{payment['number']['value']}")
        assert labelled(visitor.page.section("Payment"))["Amount"] == payment["amount"]["words"]
        paid = [row["Paid"] for row in table(visitor.page, "Claims paid")]
        assert paid == [claim["paid"]["words"] for claim in payment["claims"]]
        total = sum(float(claim["paid"]["value"]) for claim in payment["claims"])
        total -= sum(float(one["amount"]["value"]) for one in payment["provider_adjustments"])
        assert round(total, 2) == float(payment["amount"]["value"])


def test_another_tax_id_has_its_own_claims(plan: Kit) -> None:
    visitor, claims = inside(plan), plan.truth()["claims"]
    other = next(claim for claim in claims if claim["tin"]["value"] == "00-7300658")["claim_number"]["value"]
    assert visitor.get(f"/claims/{other}").one("h1").text == "Page not found"
    visitor.get("/home")
    visitor.post("/acting", tin="00-7300658")
    assert visitor.get(f"/claims/{other}").one("h1").text == f"Claim {other}"


def test_the_decoys_change_something_and_are_seen(plan: Kit) -> None:
    visitor = inside(plan)
    visitor.get(f"/claims/{ours(plan.truth()['claims'])[0]['claim_number']['value']}")
    decoys = {"Adjust claim", "Void claim", "Copy claim"}
    assert decoys <= {button.text for button in visitor.page.all("button")}
    visitor.post("/requests/void")
    assert visitor.heading == "Request received"
    assert [entry["path"] for entry in plan.log()["mutations"]] == ["/requests/void"]


def test_the_pages_bring_their_assets(plan: Kit) -> None:
    visitor = inside(plan)
    urls = [node.attributes["href"] for node in visitor.page.all("link")]
    assert len(urls) == 2
    assert {visitor.http.get(url).status_code for url in urls} == {200}
