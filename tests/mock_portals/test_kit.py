"""The kit that every portal stands on: start and stop, control, clocks, log, cast and worklist."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import httpx
import pyotp
import pytest

from mock_portals import authorizations, remits
from mock_portals.book import Book, Stage, book
from mock_portals.cast import BASE_DATE, SEED, cast
from mock_portals.worklist import HERE, files
from tests.mock_portals.kit import Kit, running

DAY_ONE = date(2026, 11, 17)


def test_one_json_line_says_where_everything_is_and_sigterm_ends_it() -> None:
    with running() as (process, places):
        assert set(places) == {"control", "portals"}
        assert places["portals"]["cascadia"]["name"] == "Cascadia Mutual Health Plan — Provider Connection"
        assert httpx.get(places["portals"]["cascadia"]["url"] + "/signin").status_code == 200
        process.terminate()
        assert process.wait(5) == 0


def test_the_index_page_leads_a_person_to_every_portal_with_what_signing_in_needs(kit: Kit) -> None:
    index = httpx.get(kit.control.base_url, headers={"Accept": "text/html"}).text
    assert all(f'href="{portal["url"]}/"' in index for portal in kit.portals.values())
    for person in cast().staff:
        assert person.user in index
        assert person.password in index
    now = kit.get("/codes")["authenticator"]
    for person in cast().staff:
        assert pyotp.TOTP(person.totp_secret).verify(now[person.user], valid_window=1)


def test_the_printed_list_gives_the_credentials_of_all_staff() -> None:
    command = [sys.executable, "-m", "mock_portals"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        while "Ctrl-C" not in text:
            text += process.stdout.readline()
        process.terminate()
        process.wait(5)
    for person in cast().staff:
        assert person.user in text
        assert person.password in text
        assert person.totp_secret in text


def test_date_and_seed_are_chosen_at_the_start() -> None:
    with running("--date", "2026-11-17", "--seed", "5") as (_, places):
        assert httpx.get(places["control"] + "/truth/cascadia").json()["date"] == "2026-11-17"
        assert httpx.get(places["control"] + "/cast").json()["seed"] == 5


@pytest.mark.parametrize("path", ["/cast", "/truth/cascadia", "/log/cascadia", "/trouble/cascadia", "/clock"])
def test_control_is_not_reachable_at_the_portals_address(kit: Kit, path: str) -> None:
    visitor = kit.visitor()
    visitor.get(path)
    assert visitor.status == 404
    assert visitor.http.post("/reset").status_code == 404


def test_control_says_what_it_does_not_know(kit: Kit) -> None:
    assert kit.control.get("/truth/nowhere").status_code == 404
    assert kit.control.post("/trouble/cascadia", json={"name": "nothing"}).status_code == 404
    assert kit.control.post("/clock", json={"date": "soon"}).status_code == 400
    assert kit.control.post("/clock", content=b"soon").status_code == 400
    assert kit.control.post("/staff/cascadia/nobody", json={"password": "x"}).status_code == 404


def test_the_clock_moves_claims_and_accumulators(kit: Kit) -> None:
    before = kit.truth()
    assert kit.post("/clock", {"date": DAY_ONE.isoformat()})["date"] == "2026-11-17"
    after = kit.truth()
    old = {c["claim_number"]["value"]: c for c in before["claims"]}
    new = {c["claim_number"]["value"]: c for c in after["claims"]}
    moves = [(old[n]["status"]["value"], new[n]["status"]["value"]) for n in old]
    for move in (
        ("pended_provider_info", "denied"),
        ("in_process", "paid"),
        ("in_process", "pended_provider_info"),
        ("approved_awaiting_payment", "paid"),
        ("denied", "adjusted"),
    ):
        assert move in moves
    assert 0.75 < sum(a == b for a, b in moves) / len(moves) < 0.85
    assert set(new) - set(old), "corrected claims turn up"
    first, moved = before["eligibilities"][0], after["eligibilities"][0]
    assert first["accumulators"][0]["met"]["value"] == "300.00"
    assert moved["accumulators"][0]["met"]["value"] == "540.00"


def test_reset_restores_everything(kit: Kit) -> None:
    truth = kit.truth()
    visitor, person = kit.signed_in(), kit.staff()
    claim = next(c for c in truth["claims"] if c["status"]["value"] == "paid")["claim_number"]["value"]
    visitor.get(f"/claims/{claim}")
    visitor.post(f"/claims/{claim}/correct")
    kit.post("/clock", {"date": "2026-11-17"})
    kit.post("/staff/cascadia/" + person["user"], {"password": "another"})
    for _ in range(3):
        kit.visitor().password(kit.staff(1)["user"], "wrong")
    kit.trouble("maintenance")
    assert kit.truth() != truth
    kit.post("/reset")
    assert kit.truth() == truth
    assert set(map(len, kit.log().values())) == {0}
    assert not any(trouble["on"] for trouble in kit.get("/trouble/cascadia"))
    assert visitor.get("/home").one("h1").text == "Sign in"
    kit.signed_in(0)
    kit.signed_in(1)


def test_an_idle_session_ends_by_the_session_clock(kit: Kit) -> None:
    visitor = kit.signed_in()
    kit.post("/clock", {"advance_seconds": 14 * 60})
    visitor.get("/claims")
    assert visitor.heading == "Claims"
    kit.post("/clock", {"advance_seconds": 15 * 60 + 1})
    assert kit.log()["sessions"][0]["how"] == "timed_out"
    visitor.get("/claims")
    assert visitor.url == "/signin?reason=timeout"
    assert "Your session has timed out" in visitor.page.text


def test_a_person_changes_the_password_at_the_portal(kit: Kit) -> None:
    person = kit.staff()
    kit.post("/staff/cascadia/" + person["user"], {"password": "New-Words-7"})
    visitor = kit.visitor()
    assert "incorrect" in visitor.password(person["user"], person["password"]).text
    assert visitor.password(person["user"], "New-Words-7").one("h1").text == "Verify it's you"


def test_the_log_tells_sign_in_session_and_sign_out(kit: Kit) -> None:
    person = kit.staff()
    visitor = kit.signed_in()
    visitor.get("/signout")
    log = kit.log()
    assert [(e["user"], e["result"]) for e in log["sign_ins"]] == [(person["user"], "accepted")]
    assert [(e["user"], e["result"]) for e in log["codes"]] == [(person["user"], "accepted")]
    (session,) = log["sessions"]
    assert session["user"] == person["user"]
    assert session["how"] == "signed_out"
    assert session["opened"] < session["closed"]
    assert [(e["user"], e["session"]) for e in log["sign_outs"]] == [(person["user"], session["id"])]
    assert log["mutations"] == []
    assert {e["session"] for e in log["requests"] if e["path"] == "/home"} == {session["id"]}
    stamps = [e["seq"] for kind in log.values() for e in kind]
    assert len(set(stamps)) == len(stamps)
    assert person["password"] not in str(log)


def test_every_change_is_logged_also_one_that_is_refused(kit: Kit) -> None:
    visitor = kit.signed_in()
    visitor.get("/account")
    visitor.post("/account/contact", phone="1", email="a@b.example")
    visitor.http.post("/account/password", data={"oldPassword": "a", "newPassword": "b"})
    visitor.http.delete("/claims/1")
    visitor.http.put("/nowhere", content=b"not a form")
    stranger = kit.visitor()
    stranger.http.post("/claims/1/dispute")
    user = kit.staff()["user"]
    seen = [(e["method"], e["path"], e["user"]) for e in kit.log()["mutations"]]
    assert seen == [
        ("POST", "/account/contact", user),
        ("POST", "/account/password", user),
        ("DELETE", "/claims/1", user),
        ("PUT", "/nowhere", user),
        ("POST", "/claims/1/dispute", None),
    ]
    assert kit.log()["mutations"][0]["fields"]["phone"] == "1"
    assert kit.log()["mutations"][1]["fields"]["newPassword"] == "***"


def test_a_trouble_can_be_one_persons_own(kit: Kit) -> None:
    mine, theirs = kit.signed_in(0), kit.signed_in(1)
    kit.trouble("unavailable", user=kit.staff(0)["user"])
    mine.get("/home")
    theirs.get("/home")
    assert (mine.status, theirs.status) == (503, 200)


def test_the_cast_is_plainly_fictitious() -> None:
    people = cast()
    assert [o.tin[:3] for o in people.organizations] == ["00-", "00-"]
    for npi in [o.npi for o in people.organizations] + [p.npi for p in people.providers]:
        digits = [int(d) for d in reversed("80840" + npi)]
        doubled = sum(sum(divmod(d * 2, 10)) for d in digits[1::2])
        assert (doubled + sum(digits[::2])) % 10 != 0
    assert len({s.user for s in people.staff}) == 3
    assert all(len(s.totp_secret) == 32 and pyotp.parse_uri(s.otpauth("x")) for s in people.staff)


def test_the_cast_has_namesakes_with_other_birth_dates() -> None:
    people = cast().patients
    assert len(people) >= 70
    names = [p.name for p in people]
    namesakes = [p for p in people if names.count(p.name) > 1]
    assert len(namesakes) == 4
    assert len({(p.name, p.birth_date) for p in namesakes}) == 4


def test_a_seed_gives_the_same_cast_and_another_seed_another() -> None:
    assert cast(7) == cast(7)
    assert cast(7) != cast(8)


def _book(seed: int) -> Book:
    return book(cast(seed), "cascadia", "CMH", [("A", "PPO", "N"), ("B", "HMO", "M")])


def _stages(seed: int) -> list[Stage]:
    return [stage for claim in _book(seed).claims for stage in claim.stages]


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_every_claim_adds_up(seed: int) -> None:
    stages = _stages(seed)
    assert len(stages) > 220
    for stage in stages:
        assert 1 <= len(stage.lines) <= 7
        assert stage.billed == sum(line.billed for line in stage.lines)
        for line in stage.lines:
            if line.allowed is None:
                assert not line.adjustments
                continue
            contract = sum(a.cents for a in line.adjustments if a.group == "CO")
            members = sum(a.cents for a in line.adjustments if a.group == "PR")
            assert line.billed == line.allowed + contract
            assert line.owed == members
            assert line.allowed == line.deductible + line.copay + line.coinsurance + (line.paid or 0)
        if stage.status in ("paid", "denied_line_mixed"):
            assert stage.paid > 0
            assert stage.payment is not None


def test_a_payment_is_its_claims_less_what_it_withholds() -> None:
    paid: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for claim in _book(SEED).claims:
        payments = {(s.payment, s.paid) for s in claim.stages if s.payment}
        for payment, share in payments:
            paid[payment.number] = paid.get(payment.number, 0) + share
            amounts[payment.number] = payment.cents + sum(one.cents for one in payment.withheld)
    assert paid == amounts
    assert len(amounts) > 20


@pytest.mark.parametrize("day", [BASE_DATE, DAY_ONE])
def test_what_a_demand_got_back_was_withheld_from_payments(day: date) -> None:
    book, found = _book(SEED), 0
    for organization in cast(SEED).organizations:
        withheld: dict[str, int] = {}
        for remit in remits.remits(book, organization, day):
            assert remit.payment.cents > 0
            for one in remit.payment.withheld:
                if one.reason == "WO":
                    withheld[one.reference] = withheld.get(one.reference, 0) + one.cents
        back: dict[str, int] = {}
        for demand in remits.demands(book, organization, day):
            moved = remits.progress(demand, day)
            assert demand.cents - moved.before - moved.now - moved.refunded == demand.balance(day) >= 0
            if moved.before + moved.now:
                back[demand.claim.number] = moved.before + moved.now
        assert back == withheld
        found += len(back)
    assert found > 5


def test_authorizations_use_no_more_than_was_approved() -> None:
    files = authorizations.authorizations(cast(SEED), "a payer", _book(SEED))
    assert {one.decisions[0].status for one in files} > {"approved", "denied", "pended", "awaiting_decision"}
    assert sum(len(one.decisions) > 1 for one in files) > 5
    for line in [line for one in files for decision in one.decisions for line in decision.lines]:
        assert (line.approved is None) == (line.status == "pended")
        assert line.used <= (line.approved or 0) <= line.requested


def test_the_committed_worklist_is_what_the_cast_gives(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "mock_portals.worklist", str(tmp_path)], check=True, capture_output=True
    )
    for name, text in files().items():
        assert (HERE / name).read_text(encoding="utf-8") == text
        assert (tmp_path / name).read_text(encoding="utf-8") == text
