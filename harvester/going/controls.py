"""Finds a control by the label that a person sees beside it."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Frame, Locator, Page

from harvester.errors import PortalChanged
from harvester.reading.region import label

Place = Page | Frame | Locator
"""Where to look: a page, the document of a frame, or a part of either."""

GLANCE, LOOKS = 250.0, 8
"""Milliseconds between two looks for a control that is not there yet, and how many more looks there are."""

_FIND = files("harvester.going").joinpath("find.js").read_text("utf-8")


def control(where: Place, name: str) -> Locator:
    """Return the one control with this visible label, which is compared without required mark and colon.

    Of a date field in sections it is the group of them. A form that is being drawn is given a moment.
    Raises ``PortalChanged`` where there is none, or more than one.
    """
    top = where if isinstance(where, Locator) else where.locator("body")
    found = top.evaluate(_FIND, label(name))
    for _ in range(LOOKS):
        if found:
            break
        top.page.wait_for_timeout(GLANCE)
        found = top.evaluate(_FIND, label(name))
    if len(found) != 1:
        raise PortalChanged(f"{len(found)} controls are labelled “{name}”, not one", where=name)
    return _document(where).locator(found[0])


def _document(where: Place) -> Page | Frame:
    if not isinstance(where, Locator):
        return where
    frame = where.element_handle().owner_frame()
    assert frame is not None
    return frame
