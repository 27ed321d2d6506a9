"""Harborline's calls and rendered pages against its truth, its doors, troubles and decoys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from playwright.sync_api import FrameLocator, Page, sync_playwright

from harvester.visit.browser import find_browser, launch_arguments, sandboxed
from mock_portals.harborline.words import PAYERS, Payer
from tests.mock_portals.kit import Kit

GROUP = "Alder & Finch Medical Group"
HERE = Path(__file__).parents[2] / "mock_portals" / "harborline"
JSON = dict[str, Any]


@pytest.fixture
def hub(kit: Kit) -> Kit:
    return kit.at("harborline")


def at_the_door(hub: Kit, password: str | None = None, index: int = 0) -> tuple[httpx.Client, httpx.Response]:
    http, person = hub.visitor().http, hub.staff(index)
    asked = {"userId": person["user"], "password": password or person["password"]}
    return http, http.post("/api/sign-in", json=asked)


def inside(hub: Kit, index: int = 0) -> httpx.Client:
    http, _ = at_the_door(hub, index=index)
    http.post("/api/sign-in/method", json={"method": "authenticator"})
    code = pyotp.TOTP(hub.staff(index)["totp_secret"]).now()
    assert http.post("/api/sign-in/code", json={"code": code}).json() == {"next": "home"}
    return http


def asked(http: httpx.Client, kind: str, payer: Payer, tab: str, **fields: str) -> JSON:
    """Send an inquiry in the payer's region, and ask until the answer is there."""
    http.post("/api/region", json={"region": payer.region})
    body = {"payer": payer.id, "organization": GROUP, "tab": tab} | fields
    answer = http.post(f"/api/{kind}", json=body)
    while answer.status_code == 202:
        answer = http.get(f"/api/inquiries/{answer.json()['id']}")
    found: JSON = answer.json()
    return found


def detail(http: httpx.Client, payer: Payer, number: str) -> list[JSON]:
    http.post("/api/region", json={"region": payer.region})
    found = http.get(f"/api/claims/{number}", params={"payer": payer.id, "organization": GROUP}).json()
    blocks: list[JSON] = found["blocks"]
    return blocks


def block(blocks: list[JSON], title: str) -> JSON:
    (found,) = [one for one in blocks if one["title"] == title]
    return found


def words(record: JSON, names: str) -> str:
    """Return what stands under a label: one value, a list, or a span of two days."""
    shown = []
    for name in names.split("+"):
        leaf = record[name]
        shown.append(", ".join(one["words"] for one in leaf) if isinstance(leaf, list) else leaf["words"])
    return " - ".join(dict.fromkeys(shown))


def rows(payer: Payer, part: str, records: list[JSON]) -> list[list[str]]:
    return [[words(record, names) for names in payer.shown[part]] for record in records]


def facts(payer: Payer, part: str, record: JSON) -> list[list[str]]:
    labels = payer.shown[part].items()
    return [[label, words(record, names)] for names, label in labels if names.split("+")[0] in record]


def own(payer: Payer, records: list[JSON]) -> list[JSON]:
    """Return a payer's records of the group that has most of them."""
    mine = [one for one in records if one["member_id"]["value"].startswith(payer.prefix)]
    return [one for one in mine if "tin" not in one or one["tin"]["value"] == "00-7300142"]


# Doors --------------------------------------------------------------------------------------------


def test_password_way_and_code_lead_in_and_signing_out_leads_out(hub: Kit) -> None:
    http, answer = at_the_door(hub)
    assert answer.json() == {"next": "method"}
    assert http.get("/api/me").status_code == 401
    assert http.post("/api/sign-in/method", json={"method": "text"}).status_code == 400
    assert http.post("/api/sign-in/method", json={"method": "authenticator"}).json() == {"next": "code"}
    code = pyotp.TOTP(hub.staff()["totp_secret"]).now()
    assert http.post("/api/sign-in/code", json={"code": code}).json() == {"next": "home"}
    assert http.get("/api/me").json()["name"] == hub.staff()["name"]
    http.post("/api/sign-out", json={})
    assert http.get("/api/me").status_code == 401
    log = hub.log()
    assert [entry["how"] for entry in log["sessions"]] == ["signed_out"]
    assert log["mutations"] == []


def test_four_refusals_lock(hub: Kit) -> None:
    for _ in range(3):
        assert "does not match" in at_the_door(hub, "wrong")[1].json()["message"]
    assert at_the_door(hub, "wrong")[1].json()["locked"]
    assert at_the_door(hub)[1].json()["locked"]
    assert [e["result"] for e in hub.log()["sign_ins"]] == [*["rejected"] * 4, "locked"]
    assert at_the_door(hub, index=1)[1].json() == {"next": "method"}


def test_a_refused_code_and_a_code_twice_are_seen(hub: Kit) -> None:
    inside(hub)
    http, _ = at_the_door(hub)
    http.post("/api/sign-in/method", json={"method": "authenticator"})
    used = hub.log()["codes"][0]["code_step"]
    code = pyotp.TOTP(hub.staff()["totp_secret"]).at(used * 30)
    assert http.post("/api/sign-in/code", json={"code": code}).status_code == 401
    assert [entry["result"] for entry in hub.log()["codes"]] == ["accepted", "reused"]


def test_a_trusted_device_is_not_asked_again_and_trusting_is_a_change(hub: Kit) -> None:
    http = inside(hub)
    http.post("/api/sign-in/trust", json={})
    assert [entry["path"] for entry in hub.log()["mutations"]] == ["/api/sign-in/trust"]
    person = hub.staff()
    asking = {"userId": person["user"], "password": person["password"]}
    assert http.post("/api/sign-in", json=asking).json() == {"next": "home"}


def test_a_new_password_and_new_terms_stand_before_the_shell(hub: Kit) -> None:
    hub.trouble("password_expired")
    hub.trouble("terms")
    http, _ = at_the_door(hub)
    http.post("/api/sign-in/method", json={"method": "authenticator"})
    code = pyotp.TOTP(hub.staff()["totp_secret"]).now()
    assert http.post("/api/sign-in/code", json={"code": code}).json() == {"next": "password"}
    assert http.post("/api/sign-in/password", json={"password": "Fresh-9"}).json() == {"next": "terms"}
    assert http.get("/api/me").status_code == 401
    assert http.post("/api/sign-in/terms", json={}).json() == {"next": "home"}
    assert [e["path"] for e in hub.log()["mutations"]] == ["/api/sign-in/password", "/api/sign-in/terms"]


def test_further_steps_and_strange_pages_stand_where_they_belong(hub: Kit) -> None:
    hub.trouble("step", value="unusual")
    http, answer = at_the_door(hub)
    assert (answer.json()["next"], answer.json()["step"]["heading"]) == ("step", "Is this you?")
    assert http.post("/api/sign-in/step", json={}).json() == {"next": "method"}
    hub.trouble("step", value="enroll")
    http.post("/api/sign-in/method", json={"method": "authenticator"})
    code = pyotp.TOTP(hub.staff()["totp_secret"]).now()
    answer = http.post("/api/sign-in/code", json={"code": code})
    assert (answer.json()["next"], answer.json()["step"]["button"]) == ("step", "Add a way")
    assert http.get("/api/me").status_code == 401
    assert http.post("/api/sign-in/step", json={}).json() == {"next": "home"}
    assert [e["path"] for e in hub.log()["mutations"]] == ["/api/sign-in/step"] * 2
    hub.trouble("strange_page")
    assert "Welcome to the new Harborline" in http.get("/signin").text


def test_each_way_to_shut_an_account_has_words_of_its_own(hub: Kit) -> None:
    said = set()
    for why in ("tries", "inactive", "shared"):
        hub.trouble("locked", value=why)
        said.add(at_the_door(hub)[1].json()["message"])
    assert len(said) == 3


def test_half_an_hour_without_a_call_ends_the_session(hub: Kit) -> None:
    http = inside(hub)
    hub.post("/clock", {"advance_seconds": 1790})
    assert http.get("/api/me").status_code == 200
    hub.post("/clock", {"advance_seconds": 1810})
    assert http.get("/api/payers").json() == {"reason": "timeout"}
    assert str(http.get("/home").url).endswith("/signin?reason=timeout")
    assert [entry["how"] for entry in hub.log()["sessions"]] == ["timed_out"]


# Answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payer", PAYERS, ids=lambda payer: payer.id)
def test_claims_say_what_is_true(hub: Kit, payer: Payer) -> None:
    http, claims = inside(hub), own(payer, hub.truth()["claims"])
    assert len(claims) > 30
    for claim in claims[::4]:
        blocks = detail(http, payer, claim["claim_number"]["value"])
        assert block(blocks, payer.titles["claim"])["facts"] == facts(payer, "claim", claim)
        lines = block(blocks, payer.titles["lines"])
        assert lines["headers"] == list(payer.shown["lines"].values())
        assert lines["rows"] == rows(payer, "lines", claim["lines"])
        if claim["payment"]:
            paid = block(blocks, payer.titles["payment"])
            assert paid["facts"] == facts(payer, "payment", claim["payment"])
        if claim.get("pend_reasons"):
            said = [reason["words"] for reason in claim["pend_reasons"]]
            assert block(blocks, payer.titles["pends"])["items"] == said
        if claim.get("requested_documents"):
            wanted = rows(payer, "documents", claim["requested_documents"])
            assert block(blocks, payer.titles["documents"])["rows"] == wanted


def test_codes_stand_under_their_line_and_once_in_a_table(hub: Kit) -> None:
    http, payer = inside(hub), PAYERS[0]
    for claim in own(payer, hub.truth()["claims"])[::5]:
        blocks = detail(http, payer, claim["claim_number"]["value"])
        told = block(blocks, payer.titles["lines"])["details"]
        lines = [
            [*(one["reason"] for one in line["adjustments"]), *line["remarks"]] for line in claim["lines"]
        ]
        assert [entry[0][1] for entry in told] == [
            ", ".join(leaf["words"] for leaf in line) for line in lines
        ]
        means = {leaf["words"]: leaf["value"]["text"] for line in lines for leaf in line}
        if means:
            table = block(blocks, payer.titles["codes"])
            assert {code: text for _, code, text in table["rows"]} == means


@pytest.mark.parametrize("payer", PAYERS, ids=lambda payer: payer.id)
def test_coverage_says_what_is_true(hub: Kit, payer: Payer) -> None:
    http, truth = inside(hub), hub.truth()
    for entry in own(payer, truth["eligibilities"])[::5]:
        person = next(p for p in truth["members"] if p["member_id"] == entry["member_id"]["value"])
        fields = {
            "memberId": person["member_id"],
            "birthDate": person["birth_date"],
            "lastName": person["last_name"],
            "firstName": person["first_name"],
            "serviceDate": "2026-11-16",
            "serviceType": "30",
        }
        blocks = asked(http, "eligibility", payer, "Inquiry", **fields)["blocks"]
        assert block(blocks, payer.titles["member"])["facts"] == facts(payer, "member", entry)
        for part, name in (("coverages", "coverages"), ("benefits", "benefits"), ("limits", "limits")):
            if part in payer.shown:
                assert block(blocks, payer.titles[part])["rows"] == rows(payer, part, entry[name])
        amounts = {name: label for name, label in payer.shown["accumulators"].items() if name != "kind"}
        table = block(blocks, payer.titles["accumulators"])
        for shown, used in zip(table["rows"], entry["accumulators"], strict=True):
            told = dict(zip(table["headers"], shown, strict=True))
            assert {told[label] for label in amounts.values()} == {words(used, n) for n in amounts}


def test_a_list_says_how_many_there_are_and_pages_of_others_differ(hub: Kit) -> None:
    http, truth = inside(hub), hub.truth()
    for payer in PAYERS:
        mine = own(payer, truth["claims"])
        owners = [claim["member_id"]["value"] for claim in mine]
        member = max(owners, key=owners.count)
        person = next(p for p in truth["members"] if p["member_id"] == member)
        fields = {"birthDate": person["birth_date"], "lastName": person["last_name"], "memberId": member}
        fields |= {"serviceFrom": "2026-01-01", "serviceTo": "2026-11-16"}
        answer = asked(http, "claims", payer, payer.tabs[0].name, **fields)
        (found,) = answer["blocks"]
        assert found["found"].startswith(f"{owners.count(member)} claim")
        assert len(found["rows"]) == min(10 if payer.paged else 99, owners.count(member))
        true = {claim["claim_number"]["value"]: claim for claim in mine}
        assert dict(answer["echo"])["Payer"] == payer.name
        for number, row in zip(found["links"], found["rows"], strict=True):
            shown = {
                n: words(true[number], n)
                for n in payer.shown["row"]
                if set(n.split("+")) <= set(true[number])
            }
            assert set(shown.values()) <= set(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"memberId": "KW0000"}, "could not find this subscriber"),
        ({"birthDate": "1901-01-01"}, "does not match"),
        ({"serviceFrom": "2020-01-01", "serviceTo": "2020-02-01"}, "could not find any claims"),
    ],
)
def test_what_is_not_on_file_is_said_in_different_words(hub: Kit, change: dict[str, str], said: str) -> None:
    http, person = inside(hub), hub.truth()["members"][0]
    fields = {"memberId": person["member_id"], "birthDate": person["birth_date"]}
    fields |= {"serviceFrom": "2026-01-01", "serviceTo": "2026-11-16"} | change
    answer = asked(http, "claims", PAYERS[0], "Member", **fields)
    assert said in answer["alert"]["words"]
    assert answer["blocks"] == []


def test_payers_are_known_in_their_region_only(hub: Kit) -> None:
    http = inside(hub)
    named = {}
    for region in ("Washington", "Oregon", "Idaho"):
        http.post("/api/region", json={"region": region})
        named[region] = [entry["id"] for entry in http.get("/api/payers").json()]
    assert named == {"Washington": ["KWHA1", "GLAS2"], "Oregon": ["LMCP3", "SGTR4"], "Idaho": []}
    assert http.get("/api/forms/claims", params={"payer": "KWHA1"}).status_code == 404


def test_the_decoys_change_something_and_are_seen(hub: Kit) -> None:
    http = inside(hub)
    for path in ("/api/claims/1/dispute", "/api/claims/1/attachments", "/api/survey"):
        assert http.post(path, json={}).status_code == 200
    assert [entry["path"] for entry in hub.log()["mutations"]] == [
        "/api/claims/1/dispute",
        "/api/claims/1/attachments",
        "/api/survey",
    ]


# The application as a person sees it ---------------------------------------------------------------


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with sync_playwright() as driver:
        found = find_browser(driver)
        assert found is not None
        browser = driver.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=True),
            chromium_sandbox=sandboxed(loopback=True),
        )
        yield browser.new_page(viewport={"width": 1500, "height": 900})
        browser.close()


def walk_in(hub: Kit, tab: Page, said: list[str]) -> None:
    """Sign in by hand and answer the cookie banner; errors of the page go into ``said``."""
    tab.context.clear_cookies()
    tab.on("pageerror", lambda error: said.append(str(error)))
    person = hub.staff()
    tab.goto(hub.portals["harborline"]["url"] + "/signin")
    tab.evaluate("localStorage.clear()")
    tab.get_by_label("User ID").fill(person["user"])
    tab.get_by_label("Password").fill(person["password"])
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Continue").click()
    tab.get_by_label("Six-digit code").fill(pyotp.TOTP(person["totp_secret"]).now())
    assert not tab.get_by_label("Trust this device").is_checked()
    tab.get_by_role("button", name="Verify").click()
    tab.get_by_role("button", name="Only what is needed").click()


def open_app(tab: Page, name: str, payer: str) -> FrameLocator:
    tab.get_by_role("navigation").get_by_role("button", name=name).click()
    app = tab.frame_locator(f"iframe[title='{name}']")
    for label, chosen in (("Organization", GROUP), ("Payer", payer)):
        app.get_by_label(label).fill(chosen[:9])
        app.get_by_role("option", name=chosen).first.click()
    return app


def test_what_the_calls_say_stands_on_the_page(hub: Kit, tab: Page) -> None:
    said: list[str] = []
    walk_in(hub, tab, said)
    truth, payer = hub.truth(), PAYERS[1]
    claims = own(payer, truth["claims"])
    owners = [claim["member_id"]["value"] for claim in claims]
    person = next(p for p in truth["members"] if p["member_id"] == max(owners, key=owners.count))
    app = open_app(tab, "Claim Status", payer.name)
    for label, entered in (
        ("Subscriber ID", person["member_id"]),
        ("Patient last name", person["last_name"]),
        ("Patient birth date", "{1}/{2}/{0}".format(*person["birth_date"].split("-"))),
        ("Service start", "01/01/2026"),
        ("Service end", "11/16/2026"),
    ):
        app.get_by_label(label).fill(entered)
    app.get_by_role("button", name="Search").click()
    total = owners.count(person["member_id"])
    app.get_by_text(f"{total} claims found").wait_for()
    assert app.get_by_role("table").get_by_role("row").count() == 11
    app.get_by_role("link", name="Next page").click()
    app.get_by_text("Page 2 of 2").wait_for()
    assert app.get_by_role("table").get_by_role("row").count() == total - 10 + 1
    number = app.get_by_role("table").get_by_role("row").nth(1).get_by_role("link").inner_text()
    app.get_by_role("link", name=number).click()
    app.get_by_role("button", name="Expand all").click()
    shown = app.locator(".results").inner_text()
    (claim,) = [one for one in claims if one["claim_number"]["value"] == number]
    for label, told in [
        *facts(payer, "claim", claim),
        *(("", one) for row in rows(payer, "lines", claim["lines"]) for one in row),
    ]:
        assert label in shown
        assert told in shown
    tab.get_by_label("Region: Washington").click()
    tab.get_by_text("Oregon", exact=True).click()
    tab.get_by_label("Region: Oregon").wait_for()
    assert tab.locator("iframe").count() == 0
    assert said == []
    assert hub.log()["mutations"] == []


def test_the_bundle_is_small_names_no_machine_and_tells_whose_it_is() -> None:
    bundle = (HERE / "static" / "harborline.js").read_text("utf-8")
    assert len(bundle) < 1_500_000
    assert "sourceMappingURL" not in bundle
    for trace in ("/home/", "/tmp/", "/root/", "node_modules/", "file://"):
        assert trace not in bundle
    notices = (HERE / "static" / "THIRD-PARTY-NOTICES.txt").read_text("utf-8")
    lock = (HERE / "frontend" / "package-lock.json").read_text("utf-8")
    assert "react-select" in notices
    assert "resolved" not in lock
