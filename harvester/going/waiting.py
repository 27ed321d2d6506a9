"""Going from page to page: wait for one of several sights, and see trouble when it comes instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from urllib.parse import urlsplit

from playwright.sync_api import Error, JSHandle, Locator, Page
from playwright.sync_api import TimeoutError as Timeout

from harvester.errors import PortalChanged, PortalUnavailable, SignedOut, Trouble, UnknownDialog
from harvester.reading.pages import trouble_in
from harvester.reading.region import label

GLANCE = 0.25
"""Seconds between two looks for trouble while none of the sights has come."""

BUSY = "[aria-busy=true], [role=progressbar]"
"""What says that a page is still working, as a CSS selector."""

_SHOWN = """() => ({
  whole: document.readyState === "complete",
  status: performance.getEntriesByType("navigation")[0]?.responseStatus || 200,
  lines: (document.body?.innerText || "").split("\\n"),
  path: location.pathname,
})"""

_WATCH = files("harvester.going").joinpath("watch.js").read_text("utf-8")

_DIALOGS = "[role=dialog], [role=alertdialog], [aria-modal=true], dialog[open]"

_ON_THE_MOVE = ("navigat", "context was destroyed", "detached")
"""What Playwright says while a document is replaced by the next one."""


def arrive(
    *sights: Locator,
    signs: Mapping[str, type[Trouble]],
    dialogs: Mapping[str, str],
    patience: float,
    clock: Callable[[], float] = time.monotonic,
) -> Locator:
    """Return the one of ``sights`` that becomes visible within ``patience`` seconds.

    All sights are in one document, which may be a frame's; trouble and dialogs are seen in every one.
    Documents that are still loading say nothing: what their style sheets hide is in sight until then.
    Closes only dialogs declared by title with the button that closes them; any other raises
    ``UnknownDialog``. A sign in the visible text raises its trouble, an answer of 500 or more
    ``PortalUnavailable``, and a page with none of it ``PortalChanged``.
    """
    return _arrive(sights, None, signs, dialogs, clock() + patience, clock)


def press(
    control: Locator,
    *sights: Locator,
    signs: Mapping[str, type[Trouble]],
    dialogs: Mapping[str, str],
    patience: float,
    busy: str = BUSY,
    clock: Callable[[], float] = time.monotonic,
) -> Locator:
    """Click a control and return the sight that stands there after the page was ``busy`` with this click.

    What stood there before counts only when the busy state has come and gone. Raises what :func:`arrive`
    does, ``PortalUnavailable`` where the page stays busy, and ``SignedOut`` where a request of the page
    was refused (401, 419, 440) behind what it shows.
    """
    page, end = control.page, clock() + patience
    watch = _Watch(control.evaluate_handle(_WATCH, busy))
    try:
        for seconds in count(1):  # longer each time: a busy machine draws slowly
            with suppress(Timeout):
                control.click(timeout=seconds * 1000)
                break
            closed = _look(page, signs) and _closed(page, dialogs)
            if not closed and clock() > end:
                raise PortalChanged("something is in the way of a button", where=_path(page))
        return _arrive(sights, watch, signs, dialogs, end, clock)
    finally:
        with suppress(Error):
            watch.handle.evaluate("watch => watch.end()")


def said(page: Page, signs: Mapping[str, type[Trouble]]) -> Trouble | None:
    """Return the trouble that a page shows now or within a second, if any."""
    for last in (False, False, False, True):
        try:
            _look(page, signs, late=last)
        except Trouble as trouble:
            return trouble
        except Error as problem:
            if not _moving(problem):
                return None
        page.wait_for_timeout(GLANCE * 1000)
    return None


@dataclass
class _Watch:
    """What a document does since something in it was clicked."""

    handle: JSHandle
    busy: bool = False
    refused: bool = False

    def done(self) -> bool:
        """Wait a glance; return whether the busy state has come and gone, or the document has."""
        try:
            state = self.handle.evaluate("(watch, patience) => watch.settled(patience)", GLANCE * 1000)
        except Error as problem:
            if not _moving(problem):
                raise
            return True
        self.busy, self.refused = state["busy"], state["refused"]
        return bool(state["begun"]) and not self.busy


def _moving(problem: Error) -> bool:
    """Whether Playwright gave up because the document is being replaced by the next one."""
    return any(words in problem.message for words in _ON_THE_MOVE)


def _arrive(
    sights: tuple[Locator, ...],
    watch: _Watch | None,
    signs: Mapping[str, type[Trouble]],
    dialogs: Mapping[str, str],
    end: float,
    clock: Callable[[], float],
) -> Locator:
    page = sights[0].page
    awaited = sights[0]
    for sight in sights[1:]:
        awaited = awaited.or_(sight)
    while True:
        done = watch is None or watch.done()
        try:
            if done:
                with suppress(Timeout):
                    awaited.filter(visible=True).first.wait_for(timeout=GLANCE * 1000)
            # What stands beside a sight comes with it: trouble and dialogs are looked for after it is seen.
            there = done and any(sight.filter(visible=True).count() for sight in sights)
            whole = _look(page, signs, late=clock() > end)
            if whole and not _closed(page, dialogs) and there and (seen := _seen(sights, page)):
                if watch is not None and watch.refused:
                    raise SignedOut("the portal refused a request behind the page", where=_path(page))
                return seen
        except Error as problem:
            if not _moving(problem):
                raise
            page.wait_for_timeout(GLANCE * 1000)
        if clock() > end:
            if watch is not None and watch.busy:
                raise PortalUnavailable("the portal is still working on it", where=_path(page))
            raise PortalChanged("none of the expected sights came", where=_path(page))


def _seen(sights: tuple[Locator, ...], page: Page) -> Locator | None:
    seen = [sight for sight in sights if sight.filter(visible=True).count()]
    if seen and (len(seen) > 1 or seen[0].filter(visible=True).count() > 1):
        raise PortalChanged("more than one of the expected sights is there", where=_path(page))
    return seen[0] if seen else None


def _look(page: Page, signs: Mapping[str, type[Trouble]], *, late: bool = False) -> bool:
    """Raise the trouble that one of the page's documents shows; return whether all of them are there.

    One that is still loading is given a glance, and is taken as it is when it is ``late``.
    """
    whole = True
    for frame in page.frames:
        with suppress(*(() if frame is page.main_frame else (Error,))):
            shown = frame.evaluate(_SHOWN)
            if not (shown["whole"] or late):
                whole = False
                with suppress(Timeout):
                    frame.wait_for_load_state(timeout=GLANCE * 1000)
                continue
            if shown["status"] >= 500 or shown["status"] == 429:
                raise PortalUnavailable(f"HTTP {shown['status']}", where=shown["path"])
            if trouble := trouble_in(shown["lines"], signs):
                trouble.where = shown["path"]
                raise trouble
    return whole


def _path(page: Page) -> str:
    return urlsplit(page.url).path


def _closed(page: Page, dialogs: Mapping[str, str]) -> bool:
    """Close one declared dialog; return whether there was one. Raises ``UnknownDialog`` for others."""
    for frame in page.frames:
        for dialog in frame.locator(_DIALOGS).filter(visible=True).all():
            title = _title(dialog)
            button = next((button for name, button in dialogs.items() if label(name) == label(title)), None)
            if button is None:
                raise UnknownDialog(title)
            dialog.get_by_role("button", name=button, exact=True).click()
            frame.locator(_DIALOGS).filter(has_text=title, visible=True).wait_for(state="hidden")
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
