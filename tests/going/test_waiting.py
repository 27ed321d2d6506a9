"""What comes after a click is waited for, and told from what stood there before."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route

from harvester import errors
from harvester.flow import Lockout, Policy, Portal, Rules, minutes
from harvester.going import waiting
from tests.reading.conftest import Desk

PORTAL = Portal(
    id="going",
    name="Going",
    url="https://going.example",
    carriers=(),
    policy=Policy.unknown(),
    rules=Rules(lockout=Lockout(after=3), idle=minutes(5), patience=minutes(0.05)),
    signs={"closed for the night": errors.PortalUnavailable},
    enters=(),
    reads=(),
    leaves=(),
    dialogs={"How are we doing?": "Not now"},
)
SEARCH = """<!doctype html><button id=go>Search</button><div id=busy aria-busy=false></div>
<p class=row>old row</p><script>
go.onclick = () => setTimeout(() => {
  busy.setAttribute("aria-busy", "true");
  setTimeout(async () => {
    if (window.behind) await fetch(window.behind).then((answer) => answer.text());
    if (window.stuck) return;
    document.querySelector(".row").outerHTML = window.answer ?? "<p class=row>new row</p>";
    busy.setAttribute("aria-busy", "false");
  }, 150);
}, 100);
</script>"""
DIALOG = """<div role=dialog aria-label="%s">
<button onclick="this.parentElement.remove()">Not now</button></div>"""


def at(desk: Desk, tab: Page, html: str = SEARCH) -> None:
    desk.documents = {
        "/": (200, "text/html", html),
        "/app": (200, "text/html", SEARCH),
        "/other": (200, "text/html", "<!doctype html><h1>Other</h1>"),
        "/refused": (401, "application/json", "{}"),
    }
    tab.goto("/")


def test_rows_of_the_search_before_do_not_count(desk: Desk, tab: Page) -> None:
    at(desk, tab)
    row = PORTAL.press(tab.get_by_role("button"), tab.locator(".row"), tab.get_by_text("Nothing"))
    assert row.inner_text() == "new row"


def test_a_page_that_stays_busy_is_unavailable(desk: Desk, tab: Page) -> None:
    at(desk, tab)
    tab.evaluate("window.stuck = true")
    with pytest.raises(errors.PortalUnavailable, match="still working"):
        PORTAL.press(tab.get_by_role("button"), tab.locator(".row"))


def test_a_refusal_behind_an_empty_list_is_the_end_of_the_session(desk: Desk, tab: Page) -> None:
    at(desk, tab)
    tab.evaluate("() => { window.behind = '/refused'; window.answer = '<p class=row>Nothing</p>'; }")
    with pytest.raises(errors.SignedOut):
        PORTAL.press(tab.get_by_role("button"), tab.get_by_text("Nothing"))


def test_a_sign_in_a_frame_is_seen(desk: Desk, tab: Page) -> None:
    at(desk, tab, "<!doctype html><iframe title=App src=/app></iframe>")
    app = PORTAL.frame(tab, "App")
    app.evaluate("window.answer = '<p>We are closed for the night.</p>'")
    with pytest.raises(errors.PortalUnavailable, match="closed"):
        PORTAL.press(app.get_by_role("button"), app.locator(".row"))


def test_a_frame_that_is_replaced_is_found_again(desk: Desk, tab: Page) -> None:
    at(desk, tab, "<!doctype html><iframe title=App src=/app></iframe>")
    PORTAL.arrive(PORTAL.frame(tab, "App").get_by_role("button"))
    tab.evaluate("""() => setTimeout(() => {
      document.body.innerHTML = "<iframe title=Other src=/other></iframe>";
    }, 100)""")
    assert PORTAL.read(PORTAL.frame(tab, "Other *")).lines == ["Other"]
    with pytest.raises(errors.PortalChanged, match="no frame"):
        PORTAL.frame(tab, "App")


@pytest.mark.parametrize("hidden", ["We are closed for the night.", DIALOG % "Your mailbox is full"])
def test_what_a_style_sheet_hides_says_nothing_before_the_style_sheet_is_there(
    desk: Desk, tab: Page, hidden: str
) -> None:
    desk.documents = {
        "/": (
            200,
            "text/html",
            f"<!doctype html><link rel=stylesheet href=/late.css><h1>Home</h1><div>{hidden}",
        )
    }
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/late.css", hold)
    tab.goto("/", wait_until="commit")
    looked = iter(range(100))

    def clock() -> float:
        if next(looked) == 3:
            held.pop().fulfill(body="div { display: none }", content_type="text/css")
        return 0.0

    home = tab.get_by_role("heading", name="Home")
    arrived = waiting.arrive(home, signs=PORTAL.signs, dialogs=PORTAL.dialogs, patience=1, clock=clock)
    assert arrived.is_visible()
    assert held == []


@pytest.mark.parametrize("title", ["How are we doing?", "Your mailbox is full"])
def test_only_a_declared_dialog_is_closed(desk: Desk, tab: Page, title: str) -> None:
    over = f"<style>[role=dialog] {{ position: fixed; inset: 0 }}</style>{DIALOG % title}"
    at(desk, tab, f"<!doctype html><iframe title=App src=/app></iframe>{over}")
    app = PORTAL.frame(tab, "App")
    if title in PORTAL.dialogs:
        assert PORTAL.press(app.get_by_role("button"), app.locator(".row")).inner_text() == "new row"
    else:
        with pytest.raises(errors.UnknownDialog, match="mailbox"):
            PORTAL.press(app.get_by_role("button"), app.locator(".row"))
