"""BeaconPass and its two plans: the way in and out, and pages against the truth, read by other means."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyotp
import pytest

from tests.mock_portals.kit import Kit, Visitor
from tests.mock_portals.pages import Node

HOME = {"northpeak": "Welcome to Provider Link", "mossbridge": "Good day, this is your Practice Room"}
ENDED = {
    "northpeak": "Your Provider Link session has ended",
    "mossbridge": "The Practice Room has closed on you",
}
NORTHPEAK = {
    "Claim ID": "claim_number",
    "Your account no.": "patient_account_number",
    "Status": "status",
    "First day": "service_from",
    "Last day": "service_to",
    "Received date": "received_date",
    "Processed date": "processed_date",
    "Takes the place of": "replaces",
    "Replaced by": "replaced_by",
    "Member ID": "member_id",
    "Member": "patient_name",
    "Date of birth": "birth_date",
    "Billing tax ID": "tin",
    "Total charge": "billed",
    "Total allowed": "allowed",
    "Total paid": "paid",
    "Member owes": "patient_responsibility",
}
MOSSBRIDGE = {
    "Claim": "claim_number",
    "Chart no.": "patient_account_number",
    "State": "status",
    "Seen from": "service_from",
    "Seen until": "service_to",
    "Processed date": "processed_date",
    "Now under claim": "replaced_by",
    "Member number": "member_id",
    "Patient": "patient_name",
    "Born": "birth_date",
    "Practice tax ID": "tin",
    "Submitted": "billed",
    "Covered": "allowed",
    "Paid": "paid",
    "Patient pays": "patient_responsibility",
}
CLAIMS = {"northpeak": NORTHPEAK, "mossbridge": MOSSBRIDGE}
CARRIERS = {"northpeak": "NPHP4", "mossbridge": "MBHC2"}


@pytest.fixture
def pass_(kit: Kit) -> Kit:
    return kit.at("beaconpass")


def mail(kit: Kit, index: int = 0) -> str:
    return str(kit.get(f"/mail/beaconpass/{kit.staff(index)['user']}")[-1]["code"])


def signed_in(kit: Kit, index: int = 0, password: str | None = None) -> Visitor:
    visitor, person = kit.visitor(), kit.staff(index)
    visitor.get("/signin")
    visitor.post("/signin", userName=person["user"], password=password or person["password"])
    return visitor


def entered(kit: Kit, *sites: str, index: int = 0, **more: str) -> Visitor:
    """Return somebody who has entered these plans, the last one in sight."""
    visitor = signed_in(kit, index)
    for site in sites or HOME:
        visitor.get(f"/launch/{site}")
        totp = pyotp.TOTP(kit.staff(index)["totp_secret"])
        code = mail(kit, index) if site == "northpeak" else totp.now()
        visitor.post(f"/verify/{site}", code=code, **more)
        assert visitor.heading == HOME[site]
    return visitor


def at(visitor: Visitor, site: str, path: str) -> str:
    visitor.get(visitor.sites[site] + path)
    return visitor.heading


def labelled(page: Node) -> dict[str, str]:
    """Return labels and values in all four mark-ups."""
    cells = [
        node for node in page.all("th", "td", "dt", "dd") if node.parent and node.parent.tag in ("tr", "div")
    ]
    found = {
        label.text: value.text
        for label, value in pairwise(cells)
        if (label.tag, value.tag) in (("th", "td"), ("dt", "dd"))
        and "scope" not in value.attributes
        and label.attributes.get("scope") != "col"
    }
    for bold in page.all("b"):
        assert bold.parent is not None
        label = bold.text.strip()
        found[label.removesuffix(":")] = bold.parent.text.removeprefix(label).strip()
    return found


# In and out ---------------------------------------------------------------------------------------


def test_one_password_opens_both_plans_with_a_code_of_its_kind_each(pass_: Kit) -> None:
    visitor = signed_in(pass_)
    assert visitor.heading == "Your applications"
    visitor.get("/launch/northpeak")
    assert "We have e-mailed you a code" in visitor.page.text
    visitor.post("/verify/northpeak", code=mail(pass_))
    assert visitor.heading == HOME["northpeak"]
    visitor.get("/launch/mossbridge")
    assert "only a code of your authenticator app" in visitor.page.text
    assert not [node for node in visitor.page.all("input") if node.attributes.get("name") == "remember"]
    visitor.post("/verify/mossbridge", code=pyotp.TOTP(pass_.staff()["totp_secret"]).now())
    assert visitor.heading == HOME["mossbridge"]
    visitor.get("/launch/northpeak")
    assert visitor.heading == HOME["northpeak"]
    assert [entry["result"] for entry in pass_.log()["handovers"]] == ["accepted"] * 3


def test_a_token_is_good_once_at_its_plan_and_for_a_minute(pass_: Kit) -> None:
    visitor = entered(pass_, "northpeak")
    tokens = []
    for _ in range(3):
        visitor.http.follow_redirects = False
        tokens.append(visitor.http.get("/launch/northpeak").headers["location"].partition("?")[2])
        visitor.http.follow_redirects = True
    assert at(visitor, "northpeak", f"/sso?{tokens[0]}") == HOME["northpeak"]
    assert at(visitor, "northpeak", f"/sso?{tokens[0]}") == "We cannot let you in with this link"
    assert visitor.status == 403
    assert at(visitor, "mossbridge", f"/sso?{tokens[1]}") == "We cannot let you in with this link"
    pass_.post("/clock", {"advance_seconds": 61})
    assert at(visitor, "northpeak", f"/sso?{tokens[2]}") == "We cannot let you in with this link"
    assert [(entry["site"], entry["result"]) for entry in pass_.log()["handovers"]] == [
        ("northpeak", "accepted"),
        ("northpeak", "accepted"),
        ("northpeak", "replayed"),
        ("mossbridge", "unknown"),
        ("northpeak", "expired"),
    ]


def test_two_wrong_tries_lock_for_ten_minutes(pass_: Kit) -> None:
    assert "could not sign you in" in signed_in(pass_, password="wrong").page.text
    assert signed_in(pass_, password="wrong").heading == "Your BeaconPass is locked"
    assert signed_in(pass_).heading == "Your BeaconPass is locked"
    assert signed_in(pass_, index=1).heading == "Your applications"
    pass_.post("/clock", {"advance_seconds": 601})
    assert signed_in(pass_).heading == "Your applications"
    assert [entry["result"] for entry in pass_.log()["sign_ins"]] == [
        "rejected",
        "rejected",
        "locked",
        "accepted",
        "accepted",
    ]


def test_wrong_codes_lock_too_and_end_the_session(pass_: Kit) -> None:
    visitor = signed_in(pass_)
    visitor.get("/launch/northpeak")
    visitor.post("/verify/northpeak", code="0")
    assert "This code is not right" in visitor.page.text
    visitor.post("/verify/northpeak", code="0")
    assert visitor.heading == "Your BeaconPass is locked"
    visitor.get("/home")
    assert visitor.heading == "Sign in once"


def test_an_e_mailed_code_lives_ten_minutes_and_a_newer_one_ends_it(pass_: Kit) -> None:
    visitor = signed_in(pass_)
    visitor.get("/launch/northpeak")
    first = mail(pass_)
    visitor.post("/verify/northpeak/again")
    assert mail(pass_) != first
    second = mail(pass_)
    pass_.post("/clock", {"advance_seconds": 601})
    visitor.get("/verify/northpeak")
    visitor.post("/verify/northpeak", code=second)
    assert "This code is not right" in visitor.page.text


def test_a_remembered_device_is_one_persons_at_one_plan_for_sixty_days(pass_: Kit) -> None:
    visitor = entered(pass_, "northpeak", remember="yes")
    person = pass_.staff()
    for day, heading in (("2027-01-15", HOME["northpeak"]), ("2027-01-16", "One more step")):
        visitor.get("/signout")
        pass_.post("/clock", {"date": day})
        visitor.get("/signin")
        visitor.post("/signin", userName=person["user"], password=person["password"])
        visitor.get("/launch/northpeak")
        assert visitor.heading == heading
    visitor.get("/launch/mossbridge")
    assert visitor.heading == "One more step"
    visitor.get("/signout")
    other = pass_.staff(1)
    pass_.post("/clock", {"date": "2026-11-16"})
    visitor.get("/signin")
    visitor.post("/signin", userName=other["user"], password=other["password"])
    visitor.get("/launch/northpeak")
    assert visitor.heading == "One more step"


def test_the_broker_outlives_the_plans_and_each_plan_has_its_own_clock(pass_: Kit) -> None:
    visitor = entered(pass_)
    pass_.post("/clock", {"advance_seconds": 601})
    assert at(visitor, "northpeak", "/home") == ENDED["northpeak"]
    assert at(visitor, "mossbridge", "/home") == HOME["mossbridge"]
    visitor.get("/launch/northpeak")
    assert visitor.heading == HOME["northpeak"]
    pass_.post("/clock", {"advance_seconds": 901})
    assert at(visitor, "mossbridge", "/claims") == ENDED["mossbridge"]
    visitor.get("/home")
    assert visitor.heading == "Your applications"
    pass_.post("/clock", {"advance_seconds": 3601})
    visitor.get("/home")
    assert visitor.heading == "Sign in once"


def test_signing_out_of_one_leaves_the_others(pass_: Kit) -> None:
    visitor = entered(pass_)
    assert at(visitor, "northpeak", "/signout") == "You have signed out of Northpeak Health Plan"
    assert at(visitor, "northpeak", "/home") == ENDED["northpeak"]
    assert at(visitor, "mossbridge", "/home") == HOME["mossbridge"]
    visitor.get("/signout")
    assert visitor.heading == "You have signed out"
    assert at(visitor, "mossbridge", "/home") == HOME["mossbridge"]
    assert at(visitor, "mossbridge", "/signout") == "You have signed out of Mossbridge Health Cooperative"
    how = {entry["id"].rpartition(":")[0]: entry["how"] for entry in pass_.log()["sessions"]}
    assert how == {"": "signed_out", "northpeak": "signed_out", "mossbridge": "signed_out"}


def test_a_plan_is_closed_to_who_did_not_come_through_the_broker(pass_: Kit) -> None:
    visitor = signed_in(pass_)
    for site in HOME:
        assert at(visitor, site, "/claims") == ENDED[site]


def test_a_lost_hand_over_is_mended_by_the_home_page_or_not(pass_: Kit) -> None:
    pass_.trouble("relay_lost")
    visitor = signed_in(pass_)
    visitor.get("/launch/northpeak")
    visitor.post("/verify/northpeak", code=mail(pass_))
    assert visitor.heading == "You have been authenticated"
    assert at(visitor, "northpeak", "/home") == HOME["northpeak"]
    pass_.trouble("relay_lost", value="twice")
    assert at(visitor, "northpeak", "/home") == "You have been authenticated"


def test_each_plan_has_terms_of_its_own(pass_: Kit) -> None:
    visitor = entered(pass_)
    pass_.trouble("terms", value="northpeak")
    assert at(visitor, "mossbridge", "/home") == HOME["mossbridge"]
    assert at(visitor, "northpeak", "/home") == "Northpeak has changed its terms of use"
    visitor.post(visitor.sites["northpeak"] + "/terms", agree="yes")
    assert visitor.heading == HOME["northpeak"]
    assert [entry["path"] for entry in pass_.log()["mutations"]] == ["northpeak:/terms"]
    pass_.trouble("terms")
    assert at(visitor, "mossbridge", "/home") == "Our access agreement is a new one"


def test_a_new_password_stands_before_the_applications(pass_: Kit) -> None:
    pass_.trouble("password_expired")
    visitor = signed_in(pass_)
    assert visitor.heading == "It is time for a new password"
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    assert visitor.heading == "Your applications"


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["a", "b"])
@pytest.mark.parametrize("site", HOME)
def test_claim_pages_say_what_is_true(pass_: Kit, site: str, layout: str) -> None:
    pass_.trouble("layout_b", on=layout == "b")
    visitor = entered(pass_, site)
    claims = [one for one in pass_.truth()["claims"] if one["of"]["carrier"] == CARRIERS[site]]
    for claim in claims[:: 9 if layout == "a" else 25]:
        at(visitor, site, f"/claims/{claim['claim_number']['value']}")
        shown = labelled(visitor.page)
        for label, name in CLAIMS[site].items():
            assert shown.get(label) == (claim[name]["words"] if name in claim else None), label
        (lines,) = [
            rows for rows in visitor.page.tables() if {"No.", "Item"} & set(rows[0]) and "Paid" in rows[0]
        ]
        for row, line in zip(lines, claim["lines"], strict=True):
            assert row["Paid"] == line["paid"]["words"]
            assert row.get("Charge", row.get("Submitted")) == line["billed"]["words"]
            assert row.get("Allowed", row.get("Covered")) == line["allowed"]["words"]
            codes = row.get("Code", row.get("Procedure", "")).split("-")
            assert codes[0] == line["procedure"]["words"]


def test_lists_state_their_total_and_page_it(pass_: Kit) -> None:
    visitor = entered(pass_)
    for site, first, last, onward, size in (
        ("northpeak", "01/01/2026", "11/16/2026", "Next page", 10),
        ("mossbridge", "2026-01-01", "2026-11-16", "Older claims", 15),
    ):
        claims = [one for one in pass_.truth()["claims"] if one["of"]["carrier"] == CARRIERS[site]]
        own = [one for one in claims if one["tin"]["value"].replace("-", "") == "007300142"]
        owners = [one["member_id"]["value"] for one in own]
        member = max(owners, key=owners.count)
        tin = own[0]["tin"]["value"]
        visitor.get(
            visitor.sites[site] + "/claims", memberId=member, serviceFrom=first, serviceTo=last, tin=tin
        )
        assert owners.count(member) > size
        assert f"of {owners.count(member)}" in visitor.page.text
        seen: list[str] = []
        while True:
            seen += [row.get("Claim ID", row.get("Claim", "")) for row in visitor.page.tables()[0]]
            link = [a.attributes["href"] for a in visitor.page.all("a") if a.text == onward]
            if not link:
                break
            visitor.get(visitor.sites[site] + link[0])
        assert sorted(seen) == sorted(
            one["claim_number"]["value"] for one in own if one["member_id"]["value"] == member
        )


def amounts(page: Node, *headers: str) -> list[list[str]]:
    """Return the rows of the one table that has all these headers."""
    (rows,) = [rows for rows in page.tables() if rows and set(headers) <= set(rows[0])]
    return [[row[header] for header in headers] for row in rows]


def test_coverage_pages_say_what_is_true(pass_: Kit) -> None:
    visitor, truth = entered(pass_), pass_.truth()
    for site, path, used, share in (
        ("northpeak", "/coverage", ("Limit", "Met", "Left"), ("Copay", "Coinsurance")),
        ("mossbridge", "/eligibility", ("At most", "Used so far"), ("Fee", "Share")),
    ):
        people = [one for one in truth["eligibilities"] if one["of"]["carrier"] == CARRIERS[site]]
        for entry in people[::6]:
            visitor.get(
                visitor.sites[site] + path,
                memberId=entry["member_id"]["value"],
                birthDate=entry["birth_date"]["words"],
                serviceDate="11/16/2026" if site == "northpeak" else "2026-11-16",
                serviceType="30",
                tin="007300142",
            )
            names = ("limit", "met", "remaining")[: len(used)]
            assert amounts(visitor.page, *used) == [
                [one[name]["words"] for name in names] for one in entry["accumulators"]
            ]
            assert amounts(visitor.page, *share) == [
                [one["copay"]["words"], one["coinsurance"]["words"]] for one in entry["benefits"]
            ]


def test_payments_add_up_and_say_what_is_true(pass_: Kit) -> None:
    visitor, truth = entered(pass_, "northpeak"), pass_.truth()
    withheld = [one for one in truth["payments"] if one["provider_adjustments"]]
    assert withheld
    for payment in (*withheld, *truth["payments"][::5]):
        at(visitor, "northpeak", f"/payments/{payment['number']['value']}")
        assert labelled(visitor.page)["Amount"] == payment["amount"]["words"]
        assert amounts(visitor.page, "Claim ID", "Paid") == [
            [one["claim_number"]["words"], one["paid"]["words"]] for one in payment["claims"]
        ]
        cents = [round(float(one["paid"]["value"]) * 100) for one in payment["claims"]]
        held = [round(float(one["amount"]["value"]) * 100) for one in payment["provider_adjustments"]]
        assert sum(cents) - sum(held) == round(float(payment["amount"]["value"]) * 100)


def test_requests_for_approval_say_what_is_true(pass_: Kit) -> None:
    visitor, truth = entered(pass_, "mossbridge"), pass_.truth()
    born = {one["member_id"]: one["birth_date"] for one in truth["members"]}
    for member in {one["of"]["member_id"] for one in truth["authorizations"]}:
        own = [one for one in truth["authorizations"] if one["of"]["member_id"] == member]
        visitor.get(visitor.sites["mossbridge"] + "/authorizations", memberId=member, birthDate=born[member])
        assert f"{len(own)} request" in visitor.page.text
        lines = [row for rows in visitor.page.tables() for row in rows if "Approved" in row]
        assert [(row["Procedure"], row["State"], row["Approved"], row["Used"]) for row in lines] == [
            tuple(line[name]["words"] for name in ("procedure", "status", "approved", "used"))
            for one in own
            for line in one["lines"]
        ]


def test_nobody_is_known_to_the_other_plan(pass_: Kit) -> None:
    visitor = entered(pass_)
    one: dict[str, Any] = next(e for e in pass_.truth()["eligibilities"] if e["of"]["carrier"] == "MBHC2")
    year, month, day = one["birth_date"]["words"].split("-")
    visitor.get(
        visitor.sites["northpeak"] + "/coverage",
        memberId=one["member_id"]["value"],
        birthDate=f"{month}/{day}/{year}",
        serviceDate="11/16/2026",
        serviceType="30",
        tin="007300142",
    )
    assert "Northpeak has no member with this ID" in visitor.page.text


def test_the_decoys_change_something_and_are_seen_at_their_site(pass_: Kit) -> None:
    visitor, expected = entered(pass_), []
    claims = pass_.truth()["claims"]
    for site, carrier in CARRIERS.items():
        number = next(c["claim_number"]["value"] for c in claims if c["of"]["carrier"] == carrier)
        at(visitor, site, f"/claims/{number}")
        visitor.post(f"{visitor.sites[site]}/claims/{number}/dispute")
        assert {"Your dispute was received.", "We will look at it again."} & {
            p.text for p in visitor.page.all("p")
        }
        expected.append(f"{site}:/claims/{number}/dispute")
    assert [entry["path"] for entry in pass_.log()["mutations"]] == expected


def test_the_pages_bring_their_assets(pass_: Kit) -> None:
    visitor = entered(pass_)
    for place in ("", *visitor.sites.values()):
        visitor.get(f"{place}/home")
        urls = [place + node.attributes["href"] for node in visitor.page.all("link")]
        assert [visitor.http.get(url).status_code for url in urls] == [200, 200]
