"""A hostile page in a guarded browser: it changes nothing and reaches nobody, and reading still works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

from harvester.flow import Carrier, Lockout, Policy, Portal, Rules, minutes
from harvester.visit.browser import find_browser, launch_arguments, sandboxed
from harvester.visit.egress import Egress
from harvester.visit.guard import Guard
from tests.visit.hostile import Hostile, hostile

PORTAL = Portal(
    id="hostile",
    name="Hostile",
    url="https://hostile.example",
    carriers=(Carrier(id="H1", name="Hostile"),),
    policy=Policy.permitted(source="a test", checked=date(2026, 11, 1)),
    rules=Rules(lockout=Lockout(after=3), idle=minutes(15)),
    signs={},
    enters=(),
    reads=(
        "GET /claims",
        "POST /claims/search",
        "POST /claims/hop",
        "POST /claims/away",
        "GET /claims/redirect",
    ),
    leaves=(),
)


@contextmanager
def page_at(site: Hostile, *, guarded: bool, contained: bool) -> Iterator[tuple[Page, Guard, Egress]]:
    parts = urlsplit(site.address)
    allowed = frozenset({(str(parts.hostname), parts.port or 80)})
    with Egress(allowed, loopback=True) as egress, sync_playwright() as driver:
        found = find_browser(driver)
        assert found is not None
        browser = driver.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=True),
            chromium_sandbox=sandboxed(loopback=True),
            proxy={"server": egress.address, "bypass": "<-loopback>"} if contained else None,
        )
        guard = Guard(PORTAL, {"": site.address})
        guard.phase = "reading"
        if guarded:
            guard.attach(browser)
        page = browser.new_context(base_url=site.address, service_workers="block").new_page()
        yield page, guard, egress
        browser.close()


def tried(page: Page) -> str:
    page.goto("/claims", wait_until="commit")
    page.wait_for_function("document.title.startsWith('tried')")
    title = page.title()
    page.goto("about:blank")
    return title


def test_a_guard_whose_session_is_gone_no_longer_stands(site: Hostile) -> None:
    with page_at(site, guarded=True, contained=True) as (_, guard, _egress):
        assert guard.stands()
        assert guard._session is not None
        guard._session.detach()
        assert not guard.stands()


@pytest.fixture
def site() -> Iterator[Hostile]:
    with hostile() as running:
        yield running


def test_a_hostile_page_changes_nothing_and_reaches_nobody(site: Hostile) -> None:
    with page_at(site, guarded=True, contained=True) as (page, guard, _):
        assert tried(page) == "tried 24"
        assert guard.stands()
    assert site.changed == []
    assert site.reached == []
    assert ("POST", "/claims/search") in site.asked
    assert "POST 127.0.0.1/claims/C1/dispute" in guard.blocked


def test_the_same_page_does_both_in_a_browser_that_is_not_guarded(site: Hostile) -> None:
    """The corpus is worth something only if it can do harm."""
    with page_at(site, guarded=False, contained=False) as (page, _, _):
        tried(page)
    assert len(site.changed) >= 8
    assert len(site.reached) >= 10


def test_without_the_guard_the_proxy_alone_still_lets_nothing_out(site: Hostile) -> None:
    with page_at(site, guarded=False, contained=True) as (page, _, egress):
        tried(page)
        refused = list(egress.refused)
    assert site.reached == []
    assert refused
