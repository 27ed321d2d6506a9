"""Signing in meets a page that nobody knows: once is nobody's hold, twice in a row is its owner's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from harvester import errors
from harvester.office import accounts, worklist
from harvester.office.attempts import STRANGE, UNFINISHED
from harvester.office.models import Hold
from harvester.visit.wire import Begin, Entered, GiveSecret
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import TODAY, InProcessStay, Portal, catalogue, claim_item

PAGE = errors.PortalChanged("none of the expected sights came — Pick a color", where="/step/color")


@dataclass
class Door(Portal):
    """A portal at whose door stands, in place of the sign-in, what the next of these is."""

    pages: list[errors.Trouble | None] = field(default_factory=list)

    def stay(
        self,
        begin: Begin,
        *,
        secrets: GiveSecret,
        again: Callable[[Entered], None] = lambda _: None,
        wanted: Callable[[], bool] = lambda: True,
        inherit: tuple[int, ...] = (),
    ) -> InProcessStay:
        stay = super().stay(begin, secrets=secrets, again=again, wanted=wanted, inherit=inherit)
        page = self.pages.pop(0) if self.pages else None

        class AtTheDoor(InProcessStay):
            def enter(self) -> Entered:
                if page is not None:
                    raise page
                return super().enter()

        stay.__class__ = AtTheDoor
        return stay


def swept(portal: Door, *pages: errors.Trouble | None, **more: Any) -> list[str]:
    """Sweep once for each page, at whose end the portal has nothing more to hide; return the holds."""
    portal.pages = list(pages)
    for _ in pages:
        alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock, **more)
    return list(Hold.objects.filter(release=None).values_list("trouble", flat=True))


def opened(office: Office) -> Door:
    """Return a portal, with an account there that has a claim to look up."""
    office.account("ana")
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=catalogue())
    return Door()


@pytest.fixture
def portal(office: Office) -> Door:
    return opened(office)


def test_the_first_unknown_page_before_a_secret_left_holds_nobody(portal: Door) -> None:
    assert swept(portal, PAGE) == []
    assert portal.sign_ins == []


def test_the_second_in_a_row_holds_the_account_and_says_what_stood_there_and_what_to_do(
    either: Office,
) -> None:
    portal = opened(either)
    assert swept(portal, PAGE, PAGE, None) == [STRANGE]
    assert portal.sign_ins == []
    assert len(portal.begun) == 2
    ((held,),) = [account.holds for account in accounts.listed()]
    assert "do what its page asks" in held.sentence
    said = "PortalChanged: none of the expected sights came — Pick a color [/step/color]"
    assert held.sentence.endswith(f"It ended with: “{said}”.")


def test_a_sign_in_between_two_unknown_pages_parts_them(portal: Door) -> None:
    assert swept(portal, PAGE, None) == []
    worklist.import_items([claim_item(2), claim_item(3)], source="test.csv", catalogue=catalogue())
    assert swept(portal, PAGE) == []


def test_a_portal_that_is_down_between_two_unknown_pages_does_not_part_them(portal: Door) -> None:
    assert swept(portal, PAGE, errors.PortalUnavailable("HTTP 503"), PAGE) == [STRANGE]


def test_who_releases_the_account_begins_anew(portal: Door) -> None:
    swept(portal, PAGE, PAGE)
    (account,) = [one.account for one in accounts.listed()]
    accounts.release(account, by=account.owner)
    assert swept(portal, PAGE) == []
    assert swept(portal, PAGE) == [STRANGE]


def test_another_account_of_the_portal_is_not_meant(portal: Door, office: Office) -> None:
    assert swept(portal, PAGE) == []
    office.account("ben")
    worklist.import_items(map(claim_item, range(2, 6)), source="test.csv", catalogue=catalogue())
    portal.pages = [PAGE, PAGE]
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert portal.pages == []
    assert Hold.objects.get().account.owner == office.person("ana")


def test_an_unknown_page_after_the_password_left_holds_at_once(portal: Door) -> None:
    portal.at_the_door = PAGE
    assert swept(portal, None) == [UNFINISHED]
    assert len(portal.sign_ins) == 1
