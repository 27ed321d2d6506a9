"""Every trouble does what it says, and the portal is well again when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyotp
import pytest

from tests.mock_portals.kit import TIN, Kit, Visitor
from tests.mock_portals.test_cascadia import AMOUNTS, LINE, _part, _same_claim

Scene = Callable[[Kit], None]
SCENES: dict[str, Scene] = {}


def scene(function: Scene) -> Scene:
    SCENES[function.__name__] = function
    return function


def _to_code(kit: Kit) -> tuple[Visitor, str]:
    """Return somebody whose password was just sent, and a code that would be right."""
    person, visitor = kit.staff(), kit.visitor()
    visitor.password(person["user"], person["password"])
    return visitor, pyotp.TOTP(person["totp_secret"]).now()


@scene
def slow(kit: Kit) -> None:
    visitor = kit.visitor()
    kit.trouble("slow", value=120)
    before = time.monotonic()
    visitor.get("/signin")
    assert time.monotonic() - before >= 0.12
    assert visitor.heading == "Sign in"


@scene
def unavailable(kit: Kit) -> None:
    visitor = kit.signed_in()
    kit.trouble("unavailable")
    visitor.get("/home")
    assert (visitor.status, visitor.heading) == (503, "Service unavailable")


@scene
def maintenance(kit: Kit) -> None:
    visitor = kit.signed_in()
    kit.trouble("maintenance")
    visitor.get("/claims")
    assert (visitor.status, visitor.heading) == (200, "Scheduled maintenance")


@scene
def expire_after(kit: Kit) -> None:
    visitor = kit.signed_in()
    spent = len(kit.log()["requests"])
    kit.trouble("expire_after", value=12)
    while visitor.url != "/signin?reason=timeout":
        visitor.get("/claims")
        assert len(kit.log()["requests"]) < spent + 20
    assert "Your session has timed out" in visitor.page.text
    assert kit.log()["sessions"][0]["how"] == "expired"


@scene
def locked(kit: Kit) -> None:
    kit.trouble("locked")
    visitor, _ = _to_code(kit)
    assert visitor.heading == "Your account is locked"
    assert [e["result"] for e in kit.log()["sign_ins"]] == ["locked"]
    (facts,) = [one for one in kit.get("/trouble/cascadia") if one["name"] == "locked"]
    headings = {visitor.heading}
    for why in facts["values"]:
        kit.trouble("locked", value=why)
        headings.add(_to_code(kit)[0].heading)
    assert len(headings) == len(facts["values"]) == 4


@scene
def signin_timed_out(kit: Kit) -> None:
    kit.trouble("signin_timed_out")
    visitor, _ = _to_code(kit)
    assert visitor.url == "/signin?reason=timeout"
    assert "Your session has timed out" in visitor.page.text
    assert kit.log()["sign_ins"] == []


@scene
def step(kit: Kit) -> None:
    kit.trouble("step", value="method")
    visitor, code = _to_code(kit)
    assert (visitor.url, visitor.heading) == ("/step/method", "Choose a new way to verify")
    visitor.get("/signin/code")
    assert visitor.url == "/step/method"
    assert kit.log()["mutations"] == []
    visitor.post("/step/method")
    assert [e["path"] for e in kit.log()["mutations"]] == ["/step/method"]
    kit.trouble("step", value="recovery")
    visitor.code(code)
    assert (visitor.url, visitor.heading) == ("/step/recovery", "Save your recovery code")
    visitor.post("/step/recovery")
    assert visitor.heading == "Choose a practice"


@scene
def strange_page(kit: Kit) -> None:
    kit.trouble("strange_page")
    visitor = kit.visitor()
    visitor.get("/signin")
    strange = visitor.heading
    assert strange == "We are making room for something new"
    kit.trouble("strange_page", value="code")
    visitor, code = _to_code(kit)
    assert (visitor.url, visitor.heading) == ("/step/strange", strange)
    kit.trouble("strange_page", value="elsewhere")
    visitor.get("/signin/code")
    visitor.code(code)
    assert (visitor.url, visitor.heading) == ("/whats-new", strange)


@scene
def no_practice(kit: Kit) -> None:
    kit.trouble("no_practice")
    visitor, code = _to_code(kit)
    visitor.code(code)
    assert visitor.heading == "Choose a practice"
    assert TIN not in visitor.page.text
    visitor.post("/practice", tin=TIN)
    assert "Choose a tax ID to continue." in visitor.page.text


@scene
def password_expired(kit: Kit) -> None:
    kit.trouble("password_expired")
    visitor, code = _to_code(kit)
    assert visitor.heading == "Your password has expired"
    visitor.get("/home")
    assert visitor.heading == "Your password has expired"
    assert kit.log()["mutations"] == []
    visitor.post("/password/expired", newPassword="Fresh-9", againPassword="Fresh-9")
    assert [e["path"] for e in kit.log()["mutations"]] == ["/password/expired"]
    visitor.code(code)
    assert visitor.heading == "Choose a practice"


@scene
def password_expires_soon(kit: Kit) -> None:
    visitor = kit.signed_in()
    assert "expires" not in visitor.page.text
    kit.trouble("password_expires_soon", value=3)
    visitor.get("/home")
    assert "Your password expires in 3 days." in visitor.alert
    assert visitor.heading == "Provider home"


@scene
def code_rejected(kit: Kit) -> None:
    kit.trouble("code_rejected")
    visitor, code = _to_code(kit)
    visitor.code(code)
    assert visitor.alert == "That verification code is not valid or has expired."
    assert [e["result"] for e in kit.log()["codes"]] == ["rejected"]


@scene
def terms(kit: Kit) -> None:
    kit.trouble("terms")
    visitor, code = _to_code(kit)
    visitor.code(code)
    assert visitor.heading == "Terms of use have changed"
    visitor.get("/claims")
    assert visitor.heading == "Terms of use have changed"
    assert kit.log()["mutations"] == []
    visitor.post("/terms", agree="yes")
    assert visitor.heading == "Choose a practice"
    assert [e["path"] for e in kit.log()["mutations"]] == ["/terms"]


@scene
def unknown_dialog(kit: Kit) -> None:
    visitor = kit.signed_in()
    kit.trouble("unknown_dialog")
    visitor.get("/home")
    (dialog,) = [d for d in visitor.page.all("div") if d.attributes.get("role") == "dialog"]
    assert dialog.all("h2")[0].text == "Confirm your directory listing"
    assert visitor.page.one("div", id="page").attributes["aria-hidden"] == "true"
    visitor.post("/directory/confirm", answer="later")
    assert [e["path"] for e in kit.log()["mutations"]] == ["/directory/confirm"]


@scene
def challenge(kit: Kit) -> None:
    kit.trouble("challenge")
    visitor = kit.visitor()
    visitor.get("/signin")
    assert visitor.heading == "Verify you are human"
    assert not [n for n in visitor.page.all("input") if n.attributes.get("name") == "password"]


@scene
def wrong_patient(kit: Kit) -> None:
    visitor, truth = kit.signed_in(), kit.truth()
    kit.trouble("wrong_patient")
    people = [(m["last_name"], m["first_name"]) for m in truth["members"]]
    twin = next(
        m for m in truth["eligibilities"] if people.count(tuple(m["member_name"]["value"].split(", "))) > 1
    )
    for member in (twin, truth["eligibilities"][0]):
        visitor.eligibility(member["member_id"]["value"], member["birth_date"]["words"])
        asked, shown = _part(visitor.page, "Results for").facts(), _part(visitor.page, "Member").facts()
        assert asked["Member ID"] == member["member_id"]["value"] != shown["Member ID"]
        assert (shown["Member name"] == member["member_name"]["value"]) == (member is twin)
    theirs = next(c for c in truth["claims"] if c["member_id"]["value"] == twin["member_id"]["value"])
    visitor.get("/claims/" + theirs["claim_number"]["value"])
    shown = _part(visitor.page, "Patient").facts()
    assert shown["Patient name"] == twin["member_name"]["value"]
    assert shown["Member ID"] != twin["member_id"]["value"]


@scene
def stale_rows(kit: Kit) -> None:
    visitor, members = kit.signed_in(), [m["member_id"] for m in kit.truth()["members"]]
    visitor.claims(members[2])
    before = visitor.page.tables()[0]
    for value, echoed in (("old", members[2]), ("missing", None)):
        visitor.claims(members[2])
        kit.trouble("stale_rows", value=value)
        visitor.claims(members[5])
        assert visitor.page.tables()[0] == before
        assert visitor.page.one("input", id="memberId").attributes["value"] == members[5]
        echo = visitor.page.section("Results for")
        assert (echo.facts()["Member ID"] if echo else None) == echoed
        kit.trouble("stale_rows", on=False)
    fresh = kit.signed_in(1)
    kit.trouble("stale_rows")
    fresh.claims(members[5])
    assert "Showing" in fresh.page.text
    assert _part(fresh.page, "Results for").facts()["Member ID"] != members[5]


@scene
def column_swap(kit: Kit) -> None:
    visitor = kit.signed_in()
    claim = next(c for c in kit.truth()["claims"] if c["status"]["value"] == "paid")
    kit.trouble("column_swap")
    page = visitor.get("/claims/" + claim["claim_number"]["value"])
    row, line = _part(page, "Service lines").tables()[0][0], claim["lines"][0]
    assert (row["Billed"], row["Paid"]) == (line["paid"]["words"], line["billed"]["words"])
    assert row["Allowed"] == line["allowed"]["words"]
    visitor.get("/claims", claimNumber=claim["claim_number"]["value"])
    assert visitor.page.tables()[0][0]["Billed"] == claim["billed"]["words"]
    kit.trouble("column_swap", value="both")
    visitor.get("/claims", claimNumber=claim["claim_number"]["value"])
    assert visitor.page.tables()[0][0]["Paid"] == claim["billed"]["words"]


@scene
def header_renamed(kit: Kit) -> None:
    visitor = kit.signed_in()
    claim = next(c for c in kit.truth()["claims"] if c["status"]["value"] == "paid")
    kit.trouble("header_renamed")
    page = visitor.get("/claims/" + claim["claim_number"]["value"])
    row = _part(page, "Service lines").tables()[0][0]
    assert set(LINE) - set(row) == {"Paid"}
    assert row["Plan payment"] == claim["lines"][0]["paid"]["words"]
    assert _part(page, "Patient").facts()["Subscriber no."] == claim["member_id"]["value"]
    assert "Member ID" not in page.text


@scene
def page_count(kit: Kit) -> None:
    visitor, members = kit.signed_in(), [m["member_id"] for m in kit.truth()["members"]]
    kit.trouble("page_count", value=3)
    visitor.claims(members[0])
    assert "Showing 1–10 of 26 claims" in visitor.page.text
    assert "3" in [li.text for li in visitor.page.all("li")]
    assert "4" not in [li.text for li in visitor.page.all("li")]


@scene
def wrong_amount(kit: Kit) -> None:
    visitor, payment = kit.signed_in(), kit.truth()["payments"][0]
    kit.trouble("wrong_amount", value=-int(payment["amount"]["value"].replace(".", "")))
    visitor.get("/payments/" + payment["number"]["value"])
    assert _part(visitor.page, "Payment").facts()["Amount"] == "$0.00"


@scene
def layout_b(kit: Kit) -> None:
    visitor = kit.signed_in()
    claim = next(c for c in kit.truth()["claims"] if c["status"]["value"] == "paid")
    path = "/claims/" + claim["claim_number"]["value"]
    old = visitor.get(path)
    kit.trouble("layout_b")
    new = visitor.get(path)
    titles = [[h.text for h in page.all("h2")] for page in (old, new)]
    assert titles[0] != titles[1]
    assert sorted(titles[0]) == sorted(titles[1])
    marks = [{n.tag for n in _part(page, "Amounts").below} for page in (old, new)]
    assert "dt" in marks[1] - marks[0]
    assert {label: _part(new, "Amounts").facts()[label] for label in AMOUNTS} == {
        label: claim[key]["words"] for label, key in AMOUNTS.items()
    }
    assert claim["tin"]["value"] == TIN


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_trouble_does_what_it_says_and_passes(kit: Kit, name: str) -> None:
    SCENES[name](kit)
    kit.trouble(name, on=False)
    visitor = kit.signed_in(2)
    claim = next(c for c in kit.truth()["claims"] if c["status"]["value"] == "paid")
    _same_claim(visitor.get("/claims/" + claim["claim_number"]["value"]), claim)


def test_no_trouble_is_without_a_test(kit: Kit) -> None:
    assert {trouble["name"] for trouble in kit.get("/trouble/cascadia")} == set(SCENES)
