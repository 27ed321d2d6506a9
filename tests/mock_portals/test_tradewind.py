"""Tradewind's pages against its truth, read by other means than the harvester's; its doors and decoys."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest

from mock_portals.tradewind.words import PAYERS
from tests.mock_portals.kit import Kit, Visitor
from tests.mock_portals.pages import Node

SITE = "AF20418"
CLAIM = {
    "Payer claim no.": "claim_number",
    "Account no.": "patient_account_number",
    "Patient": "patient_name",
    "Member ID": "member_id",
    "Birth date": "birth_date",
    "As of": "as_of",
    "Service from": "service_from",
    "Service thru": "service_to",
}
PROVIDER = {
    "Billing provider": "billing_provider",
    "Billing NPI": "billing_npi",
    "Rendering provider": "rendering_provider",
    "Rendering NPI": "rendering_npi",
    "Provider tax ID": "tin",
}
LINE = {
    "Line": "number",
    "From": "service_from",
    "Thru": "service_to",
    "Procedure": "procedure",
    "Units": "units",
    "Category:code": "status",
    "Charge": "billed",
    "Paid": "paid",
}
MEMBER = {
    "Name": "member_name",
    "Member ID": "member_id",
    "Birth date": "birth_date",
    "Relationship code": "relationship",
    "Primary care provider": "primary_care_provider",
}


@pytest.fixture
def desk(kit: Kit) -> Kit:
    return kit.at("tradewind")


def log_on(desk: Kit, password: str | None = None, site: str = SITE, index: int = 0) -> Visitor:
    visitor, person = desk.visitor(), desk.staff(index)
    visitor.get("/signin")
    visitor.post("/signin", siteId=site, userId=person["user"], password=password or person["password"])
    return visitor


def insurer(claims: list[Any], member_id: str) -> str:
    """Return the payer that knows a member, by the codes of the member's claims."""
    codes = {claim["status"]["words"] for claim in claims if claim["member_id"]["value"] == member_id}
    return next(payer.name for payer in PAYERS if codes <= set(payer.codes.values()))


def labelled(part: Node | None) -> dict[str, str]:
    """Return labels and values of a part in either mark-up."""
    assert part is not None
    cells = [node for node in part.all("th", "td", "dt", "dd") if node.parent and node.parent.tag != "thead"]
    return {
        label.text.removesuffix(":"): value.text
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


def test_a_site_signs_in_with_site_user_and_password(desk: Kit) -> None:
    visitor = log_on(desk)
    assert visitor.heading == "Dashboard"
    assert f"Site ID {SITE}" in visitor.page.text
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    visitor.get("/batches")
    assert visitor.heading == "Log on to Provider Desk"


def test_five_refused_sign_ins_lock_and_a_wrong_site_is_one(desk: Kit) -> None:
    assert log_on(desk, site="AF99999").heading == "Log on to Provider Desk"
    for _ in range(3):
        assert "is not valid" in log_on(desk, "wrong").page.text
    assert log_on(desk, "wrong").heading == "This user is locked"
    assert log_on(desk).heading == "This user is locked"
    assert [e["result"] for e in desk.log()["sign_ins"]] == [*["rejected"] * 5, "locked"]
    assert log_on(desk, index=1).heading == "Dashboard"


def test_a_new_password_and_new_terms_stand_before_the_desk(desk: Kit) -> None:
    desk.trouble("password_expired")
    desk.trouble("terms")
    visitor = log_on(desk)
    visitor.get("/status")
    assert visitor.heading == "Your password is past its 90 days"
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    visitor.get("/status")
    assert visitor.heading == "The trading partner terms are new"
    visitor.post("/terms", agree="yes")
    assert visitor.heading == "Dashboard"
    assert [e["path"] for e in desk.log()["mutations"]] == ["/password/expired", "/terms"]


@pytest.mark.parametrize("layout", ["a", "b"])
def test_claim_pages_say_what_is_true(desk: Kit, layout: str) -> None:
    desk.trouble("layout_b", on=layout == "b")
    visitor, claims = log_on(desk), desk.truth()["claims"]
    asked = [claim for claim in claims if claim["tin"]["value"] == "00-7300142"][
        :: 6 if layout == "a" else 20
    ]
    assert len(asked) > 10
    for claim in asked:
        number, member = claim["claim_number"]["value"], claim["member_id"]["value"]
        visitor.get("/status")
        visitor.post("/status", payer=insurer(claims, member), memberId=member, claimNumber=number)
        page = visitor.page
        assert labelled(page.section("Claim")) == words(claim, CLAIM)
        assert labelled(page.section("Provider")) == words(claim, PROVIDER)
        (level,) = table(page, "Claim level")
        effective = level.pop("Effective")
        assert effective <= claim["as_of"]["value"]
        payment = claim["payment"]
        assert level == {
            "Category:code": claim["status"]["words"],
            "Finalized": claim["processed_date"]["words"],
            "Charge": claim["billed"]["words"],
            "Paid": claim["paid"]["words"],
            "Method": payment["method"]["words"],
            "Check/EFT": payment["number"]["words"],
            "Remit date": payment["issue_date"]["words"],
        }
        for shown, line in zip(table(page, "Line level"), claim["lines"], strict=True):
            assert shown.pop("Mods").split() == [m["words"] for m in line["modifiers"]]
            assert shown == words(line, LINE)


def test_a_list_states_its_total_and_pages_it(desk: Kit) -> None:
    visitor, claims = log_on(desk), desk.truth()["claims"]
    owners = [c["member_id"]["value"] for c in claims if c["tin"]["value"] == "00-7300142"]
    member = max(owners, key=owners.count)
    payer = insurer(claims, member)
    visitor.get("/status")
    visitor.post("/status", payer=payer, memberId=member, serviceFrom="2026-01-01", serviceThru="2026-11-16")
    seen: list[str] = []
    assert f"{owners.count(member)} claims in this batch" in visitor.page.text
    while True:
        seen += [row["Payer claim no."] for row in table(visitor.page, "Claims")]
        onward = [a.attributes["href"] for a in visitor.page.all("a") if a.text == "Next page"]
        if not onward:
            break
        visitor.get(onward[0])
    assert sorted(seen) == sorted(
        c["claim_number"]["value"]
        for c in claims
        if c["member_id"]["value"] == member and c["tin"]["value"] == "00-7300142"
    )


def test_another_payer_knows_nobody_of_these(desk: Kit) -> None:
    visitor, claims = log_on(desk), desk.truth()["claims"]
    member = claims[0]["member_id"]["value"]
    other = next(payer.name for payer in PAYERS if payer.name != insurer(claims, member))
    visitor.get("/status")
    visitor.post("/status", payer=other, memberId=member, serviceFrom="2026-01-01", serviceThru="2026-11-16")
    assert "found no claim" in visitor.page.text


def test_coverage_rows_are_base_and_remaining_and_nothing_else(desk: Kit) -> None:
    visitor, truth = log_on(desk), desk.truth()
    for entry in truth["eligibilities"][::7]:
        member = entry["member_id"]["value"]
        if not any(claim["member_id"]["value"] == member for claim in truth["claims"]):
            continue
        visitor.get("/eligibility")
        visitor.post(
            "/eligibility",
            payer=insurer(truth["claims"], member),
            memberId=member,
            birthDate=entry["birth_date"]["value"],
            serviceDate="2026-11-16",
            serviceType="30",
        )
        assert labelled(visitor.page.section("Member")) == words(entry, MEMBER)
        rows = table(visitor.page, "Benefit rows")
        amounts = [row["Amount"] for row in rows if row["Info"] in "CG"]
        expected = [
            used[name]["words"]
            for used in entry["accumulators"]
            for name in ("limit", "remaining")
            if name in used
        ]
        assert amounts == expected
        owed = [row["Amount"] or row["Percent"] for row in rows if row["Info"] in "AB"]
        assert owed == [
            share[name]["words"]
            for share in entry["benefits"]
            for name in ("copay", "coinsurance")
            if name in share
        ]
        assert "met" not in "".join(str(sorted(used)) for used in entry["accumulators"])


PAYMENT = {
    "TRN02 Trace no.": "number",
    "BPR02 Amount": "amount",
    "BPR04 Method": "method",
    "BPR16 Date": "issue_date",
}
PAYEE = {"N102 Payee": "payee", "N104 NPI": "payee_npi", "REF TJ Tax ID": "payee_tin"}
PAID = {
    "CLP01 Account no.": "patient_account_number",
    "CLP07 Payer claim no.": "claim_number",
    "NM109 Member ID": "member_id",
    "NM103 Patient": "patient_name",
    "DTM232 From": "service_from",
    "DTM233 Thru": "service_to",
    "CLP03 Charge": "billed",
    "CLP04 Paid": "paid",
    "CLP05 Patient": "patient_responsibility",
}
WITHHELD = {"PLB03-1 Reason": "reason", "PLB03-2 Reference": "reference", "PLB04 Amount": "amount"}


def remittance(visitor: Visitor, payment: dict[str, Any]) -> str:
    """Ask for a payment by its trace number, and return the address of its page."""
    payer = next(one for one in PAYERS if one.id == payment["of"]["carrier"])
    number = payment["number"]["value"]
    visitor.get("/era")
    visitor.post("/era", payer=payer.name, trace=number)
    assert table(visitor.page, "Remittances")[0]["TRN02 Trace no."] == number
    path = f"{visitor.url}/remits/{number}"
    visitor.get(path)
    return path


@pytest.mark.parametrize(("day", "layout"), [("2026-11-16", "a"), ("2026-11-17", "b")])
def test_remittances_and_their_835s_are_the_truth(desk: Kit, day: str, layout: str) -> None:
    desk.post("/clock", {"date": day})
    desk.trouble("layout_b", on=layout == "b")
    visitor, truth = log_on(desk), desk.truth()
    files = {one["payment_number"]["value"]: one["file"] for one in truth["remittance_files"]}
    mine = [one for one in truth["payments"] if one["of"]["tin"] == "007300142"]
    assert len(mine) > 40
    for payment in [one for one in mine if one["provider_adjustments"]] + mine[::4]:
        path = remittance(visitor, payment)
        page = visitor.page
        shown = labelled(page.section("Payment"))
        assert (shown.pop("BPR01 Handling"), shown.pop("TRN03 Payer ID")) == ("I", payment["of"]["carrier"])
        assert shown == words(payment, PAYMENT)
        assert labelled(page.section("Payee")) == words(payment, PAYEE)
        rows = table(page, "Claim payments")
        assert {row.pop("CLP02 Status") for row in rows} == {"1"}
        assert rows == [words(claim, PAID) for claim in payment["claims"]]
        withheld = table(page, "Provider level") if page.section("Provider level") else []
        assert withheld == [words(one, WITHHELD) for one in payment["provider_adjustments"]]
        file = files[payment["number"]["value"]]
        answer = visitor.http.get(f"{path}/835")
        assert answer.headers["content-type"] == "application/edi-x12"
        assert answer.headers["content-disposition"] == f"attachment; filename={file['name']}"
        assert answer.content == base64.b64decode(file["packed"])
        assert f"TRN*1*{payment['number']['value']}*" in answer.text
        assert [line[4:] for line in answer.text.splitlines() if line.startswith("PLB*")] == [
            line for line in [plb(payment)] if payment["provider_adjustments"]
        ]


def plb(payment: dict[str, Any]) -> str:
    """Return what a payment's PLB segment says after its name."""
    parts = [
        f"{one['reason']['words']}:{one['reference']['words']}*{one['amount']['value']}"
        for one in payment["provider_adjustments"]
    ]
    year = payment["issue_date"]["value"][:4]
    return "*".join([payment["payee_npi"]["value"], f"{year}1231", *parts]) + "~"


def test_each_payer_pays_for_its_own_members_alone(desk: Kit) -> None:
    truth = desk.truth()
    of = {one["claim_number"]["value"]: one["of"]["carrier"] for one in truth["claims"]}
    for payment in truth["payments"]:
        assert {of[claim["claim_number"]["value"]] for claim in payment["claims"]} == {
            payment["of"]["carrier"]
        }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"payer": "", "trace": "1"}, "Choose a payer."),
        ({"issuedFrom": "2026-10-01"}, "Give a trace number, or both issue dates in order as YYYY-MM-DD."),
        (
            {"issuedFrom": "2026-07-01", "issuedThru": "2026-10-31"},
            "Issue dates can be 92 days apart at most.",
        ),
        ({"trace": "1"}, "There is no remittance for this inquiry in your ERA mailbox."),
    ],
)
def test_an_inquiry_for_remittances_that_has_no_answer_says_why(
    desk: Kit, asked: dict[str, str], said: str
) -> None:
    visitor = log_on(desk)
    visitor.get("/era")
    visitor.post("/era", **{"payer": PAYERS[0].name} | asked)
    assert said in visitor.page.text


def test_a_remittance_is_of_its_batch(desk: Kit) -> None:
    visitor, truth = log_on(desk), desk.truth()
    first = truth["payments"][0]
    other = next(one for one in truth["payments"] if one["of"] == first["of"] and one != first)
    path = remittance(visitor, first)
    visitor.get(path.replace(first["number"]["value"], other["number"]["value"]))
    assert visitor.status == 404


def test_troubles_play_on_remittances_too(desk: Kit) -> None:
    visitor, payment = log_on(desk), desk.truth()["payments"][0]
    path = remittance(visitor, payment)
    desk.trouble("wrong_amount")
    visitor.get(path)
    assert float(labelled(visitor.page.section("Payment"))["BPR02 Amount"]) == pytest.approx(
        float(payment["amount"]["value"]) + 1
    )
    desk.trouble("wrong_amount", on=False)
    desk.trouble("column_swap")
    visitor.get(path)
    assert table(visitor.page, "Claim payments")[0]["CLP04 Paid"] == payment["claims"][0]["billed"]["words"]
    desk.trouble("page_count")
    visitor.get(path.partition("/remits/")[0])
    assert "3 remittances in this batch" in visitor.page.text
    desk.trouble("header_renamed")
    visitor.get(path)
    assert "NM109 Subscriber no." in table(visitor.page, "Claim payments")[0]


def test_the_decoys_change_something_and_are_seen(desk: Kit) -> None:
    visitor, claims = log_on(desk), desk.truth()["claims"]
    member = claims[0]["member_id"]["value"]
    visitor.get("/status")
    visitor.post(
        "/status",
        payer=insurer(claims, member),
        memberId=member,
        claimNumber=claims[0]["claim_number"]["value"],
    )
    batch = visitor.url
    assert {"Resubmit batch", "Delete inquiry"} <= {button.text for button in visitor.page.all("button")}
    assert desk.log()["mutations"] == []
    visitor.post(f"{batch}/resubmit")
    assert "Resubmitted" in visitor.page.text
    visitor.post(f"{batch}/delete")
    visitor.get(batch)
    assert visitor.status == 404
    assert [e["path"] for e in desk.log()["mutations"]] == [f"{batch}/resubmit", f"{batch}/delete"]
    path = remittance(visitor, desk.truth()["payments"][0])
    visitor.post(f"{path}/resend")
    assert "Resent" in visitor.page.text
    assert [e["path"] for e in desk.log()["mutations"]][2:] == [f"{path}/resend"]


def test_the_pages_bring_their_assets(desk: Kit) -> None:
    visitor = log_on(desk)
    urls = [node.attributes["href"] for node in visitor.page.all("link")]
    assert len(urls) == 2
    assert {visitor.http.get(url).status_code for url in urls} == {200}
