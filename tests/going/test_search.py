"""A search is sent, and every page of its answer is sure to be to just this search."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from harvester.errors import NotOnFile, WrongPage
from harvester.flow import tax_id
from harvester.reading import Region
from tests.going.test_waiting import PORTAL
from tests.reading.conftest import Desk

FORM = """<!doctype html><h1>Search</h1><form action=/found><label>Member ID <input name=member></label>
<button name=do value=list>Find</button><button name=do value=delete>Delete</button></form>"""
FOUND = "<!doctype html><h1>Found</h1><h2>You asked</h2><p>Member ID: {member}</p><p>{said}</p>{onward}"


def asked(desk: Desk, tab: Page, **pages: str) -> list[Region]:
    """Search for member W12 where these are the pages of the answer."""
    desk.documents = {path: (200, "text/html", html) for path, html in {"/": FORM, **pages}.items()}
    desk.sent.clear()
    tab.goto("/")
    return list(
        PORTAL.search(
            tab,
            PORTAL.fetch(tab, "/"),
            {"Member ID": "W12"},
            echo="You asked",
            nothing=("no such member", "no claims"),
            onward="More",
            button="Find",
        )
    )


def found(said: str, member: str = "W12", onward: str = "") -> str:
    return FOUND.format(member=member, said=said, onward=onward)


def test_every_page_of_the_answer_comes_and_only_the_named_button_is_sent(desk: Desk, tab: Page) -> None:
    more = {"/found": found("C1", onward="<a href=/more>More</a>"), "/more": found("C2")}
    assert [one.document.path for one in asked(desk, tab, **more)] == ["/found", "/more"]
    assert ("GET", "/found?member=W12&do=list", "") in desk.sent


def test_a_later_page_about_another_is_refused(desk: Desk, tab: Page) -> None:
    more = {"/found": found("C1", onward="<a href=/more>More</a>"), "/more": found("C2", member="W13")}
    with pytest.raises(WrongPage):
        asked(desk, tab, **more)


def test_nothing_is_believed_only_of_the_one_who_was_asked_for(desk: Desk, tab: Page) -> None:
    with pytest.raises(NotOnFile, match="There are no claims"):
        asked(desk, tab, **{"/found": found("There are no claims.")})
    with pytest.raises(WrongPage):
        asked(desk, tab, **{"/found": found("There are no claims.", member="W13")})


def test_a_tax_id_is_written_as_it_is_printed() -> None:
    assert tax_id("007300142") == "00-7300142"
