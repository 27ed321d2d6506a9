"""Going from page to page: wait for one of several sights, and see trouble when it comes instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from playwright.sync_api import Error, Locator, Page
from playwright.sync_api import TimeoutError as Timeout

from harvester.errors import PortalChanged, PortalUnavailable, Trouble, UnknownDialog
from harvester.reading.pages import trouble_in
from harvester.reading.region import label

GLANCE = 0.25
"""Seconds between two looks for trouble while none of the sights has come."""

_SHOWN = """() => ({
  status: performance.getEntriesByType("navigation")[0]?.responseStatus || 200,
  lines: (document.body?.innerText || "").split("\\n"),
  path: location.pathname,
})"""

_DIALOGS = "[role=dialog], [role=alertdialog], [aria-modal=true], dialog[open]"


def arrive(
    *sights: Locator,
    signs: Mapping[str, type[Trouble]],
    dialogs: Mapping[str, str],
    patience: float,
    clock: Callable[[], float] = time.monotonic,
) -> Locator:
    """Return the one of ``sights`` that becomes visible within ``patience`` seconds.

    Closes only dialogs declared by title with the button that closes them; any other raises
    ``UnknownDialog``. A sign in the visible text raises its trouble, an answer of 500 or more
    ``PortalUnavailable``, and a page with none of it ``PortalChanged``.
    """
    page = sights[0].page
    end = clock() + patience
    awaited = page.locator(_DIALOGS)
    for sight in sights:
        awaited = awaited.or_(sight)
    path = ""
    while True:
        with suppress(Timeout):
            awaited.filter(visible=True).first.wait_for(timeout=GLANCE * 1000)
        try:
            shown = page.evaluate(_SHOWN)
            path = shown["path"]
            if shown["status"] >= 500 or shown["status"] == 429:
                raise PortalUnavailable(f"HTTP {shown['status']}", where=path)
            if trouble := trouble_in(shown["lines"], signs):
                trouble.where = path
                raise trouble
            if not _closed(page, dialogs):
                seen = [sight for sight in sights if sight.filter(visible=True).count()]
                if len(seen) == 1 and seen[0].filter(visible=True).count() == 1:
                    return seen[0]
                if seen:
                    raise PortalChanged("more than one of the expected sights is there", where=path)
        except Error as problem:
            if "navigat" not in problem.message and "context was destroyed" not in problem.message:
                raise
        if clock() > end:
            raise PortalChanged("none of the expected sights came", where=path)


def _closed(page: Page, dialogs: Mapping[str, str]) -> bool:
    """Close one declared dialog; return whether there was one. Raises ``UnknownDialog`` for others."""
    for dialog in page.locator(_DIALOGS).filter(visible=True).all():
        title = _title(dialog)
        button = next((button for name, button in dialogs.items() if label(name) == label(title)), None)
        if button is None:
            raise UnknownDialog(title)
        dialog.get_by_role("button", name=button, exact=True).click()
        page.locator(_DIALOGS).filter(has_text=title, visible=True).wait_for(state="hidden")
        return True
    return False


def _title(dialog: Locator) -> str:
    return str(
        dialog.evaluate(
            """element => {
              const named = element.getAttribute("aria-labelledby");
              const title = named && document.getElementById(named)
                || element.querySelector("h1, h2, h3, h4, [role=heading]");
              const words = title ? title.innerText : element.getAttribute("aria-label");
              return (words || element.innerText.split("\\n")[0]).trim();
            }"""
        )
    )
