"""Goes through lists of which only a part is in the document: by scrolling, and page by page."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Locator

from harvester.errors import PortalChanged

_COLLECT = files("harvester.going").joinpath("collect.js").read_text("utf-8")


def collect(grid: Locator) -> tuple[str, list[str], list[list[str]]]:
    """Return all of a grid that shows only a part of itself: its caption, headers and rows, in words.

    Raises ``PortalChanged`` where fewer rows or columns come than the grid itself says it has.
    """
    found = grid.evaluate(_COLLECT)
    caption, headers, rows = found["caption"], found["headers"], found["rows"]
    if found["stated"] != len(rows) + found["heads"]:
        raise PortalChanged(f"{len(rows)} rows could be scrolled to, not all of them", where=caption)
    if found["across"] > len(headers) or any(len(row) != len(headers) for row in rows):
        raise PortalChanged("a column could not be scrolled to", where=caption)
    return caption, headers, rows


def more(onward: Locator) -> bool:
    """Whether a list goes on: this control is there, and neither it nor its list item is disabled."""
    there = onward.filter(visible=True)
    if not there.count():
        return False
    return not there.evaluate(
        """(control) => {
          const off = (one) => Boolean(one) && (one.disabled || one.getAttribute("aria-disabled") === "true"
            || /(^|[-_ ])disabled( |$)/.test(one.className?.baseVal ?? one.className ?? ""));
          return off(control) || off(control.closest("li"));
        }"""
    )
