"""A flow at its mock portal: somebody signed in there, in a guarded browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from harvester.flow import Flow, User
from harvester.visit.browser import find_browser, launch_arguments, sandboxed
from harvester.visit.egress import Egress
from harvester.visit.guard import Guard
from tests.mock_portals.kit import Kit


def user(kit: Kit, secret: Callable[[str], str] | None = None, index: int = 0) -> User:
    """Return a person of the cast, as the practice's first organization."""
    person, site = kit.staff(index), kit.get("/cast")["practice"]["organizations"][0]
    tin = site["tin"].replace("-", "")
    secrets = secret or {"password": person["password"]}.__getitem__
    return User(person["user"], tin, site["npi"], site["site_id"], secrets)


@contextmanager
def entrance(kit: Kit, flow: Flow) -> Iterator[tuple[Page, Guard]]:
    """A guarded browser in front of the portal, and its guard."""
    address = kit.portals[flow.portal.id]["url"]
    with (
        Egress(frozenset({("127.0.0.1", urlsplit(address).port or 80)}), loopback=True) as egress,
        sync_playwright() as driver,
    ):
        found = find_browser(driver)
        assert found is not None
        browser = driver.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=True),
            chromium_sandbox=sandboxed(loopback=True),
            proxy={"server": egress.address, "bypass": "<-loopback>"},
        )
        guard = Guard(flow.portal, address)
        guard.attach(browser)
        yield browser.new_context(base_url=address, service_workers="block").new_page(), guard
        browser.close()


@contextmanager
def signed_in(kit: Kit, flow: Flow, person: User) -> Iterator[Page]:
    """A page of somebody who is signed in; signs out at the end."""
    with entrance(kit, flow) as (page, guard):
        flow.sign_in(page, person)
        guard.phase = "reading"
        yield page
        guard.phase = "leaving"
        flow.sign_out(page)
