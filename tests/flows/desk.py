"""A flow at its mock portal: somebody signed in there, in a guarded browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from harvester.flow import Flow, User
from harvester.visit.guard import Guard
from harvester.visit.stay import browsing
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
    address, sites = (kit.portals[flow.portal.id][key] for key in ("url", "sites"))
    with browsing(flow.portal, address, sites) as (browser, guard):
        yield browser.new_context(base_url=address, service_workers="block").new_page(), guard


@contextmanager
def signed_in(kit: Kit, flow: Flow, person: User) -> Iterator[Page]:
    """A page of somebody who is signed in; signs out at the end."""
    with entrance(kit, flow) as (page, guard):
        flow.sign_in(page, person)
        guard.phase = "reading"
        yield page
        guard.phase = "leaving"
        flow.sign_out(page)
