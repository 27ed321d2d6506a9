"""Works in an application that stands in a frame of the portal's page."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Error, Frame, Page

from harvester.errors import PortalChanged
from harvester.reading.region import label

_PAUSE = 50
"""Milliseconds between two looks."""

_LOADED = "document.readyState !== 'loading' && location.href !== 'about:blank'"


def frame(page: Page, title: str, *, patience: float, clock: Callable[[], float] = time.monotonic) -> Frame:
    """Return the document of the one visible frame with this title, loaded within ``patience`` seconds.

    A page that replaces its frame makes the document useless: ask again after whatever may do so.
    Raises ``PortalChanged`` where there is no such frame.
    """
    end = clock() + patience
    while True:
        try:
            held = page.locator("iframe").filter(visible=True).element_handles()
            found = [one for one in held if label(one.get_attribute("title") or "") == label(title)]
            document = found[0].content_frame() if len(found) == 1 else None
            if document is not None and document.evaluate(_LOADED):
                return document
        except Error as problem:
            if "detached" not in problem.message and "context was destroyed" not in problem.message:
                raise
        if clock() > end:
            raise PortalChanged(f"there is no frame “{title}”", where=title)
        page.wait_for_timeout(_PAUSE)
