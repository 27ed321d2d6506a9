"""Fills and chooses, and reads back what the page then shows: what is not there was not entered."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as Timeout

from harvester.errors import PortalChanged
from harvester.going.controls import Place, control
from harvester.reading.values import folded

US = "%m/%d/%Y"
SLICE, SLICES = 1000, 10
"""Milliseconds to wait for an option before the list is scrolled on, and how often."""

_CHOSEN = """async (field, awaited) => {
  const fold = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
  const shown = () => {
    if (field.tagName === "SELECT") return field.selectedOptions[0]?.text;
    if (field.value) return field.value;
    for (let box = field; box && !["FORM", "BODY"].includes(box.tagName); box = box.parentElement)
      if (fold(box.innerText)) return box.innerText;
    return "";
  };
  const open = () => field.getAttribute("aria-expanded") === "true";
  const chosen = () => !open() && new RegExp(awaited).test(fold(shown()));
  for (const end = Date.now() + 1000; awaited !== null && !chosen() && Date.now() < end;)
    await new Promise((next) => setTimeout(next, 20));
  return awaited === null || chosen() ? fold(shown()) : "";
}"""
"""What a field shows as chosen: beside an emptied input, in it, or as its text; blank if not as awaited."""

_ONWARD = """(option) => {
  let list = option;
  while (list.parentElement && list.scrollHeight <= list.clientHeight) list = list.parentElement;
  list.scrollTop += list.clientHeight;
}"""
"""Scrolls a list on, so that it brings more options."""

_SECTIONS = """(group) => ({
  sections: Object.fromEntries([...group.querySelectorAll("[role=spinbutton]")].map((one) =>
    [(one.getAttribute("aria-label") || "").trim().toLowerCase(), one.textContent.replace(/[^0-9]/g, "")])),
  kept: group.parentElement.querySelector("input")?.value ?? null,
})"""


def fill(where: Place, name: str, words: str) -> None:
    """Enter words into the control with this label; raises ``PortalChanged`` where it shows others."""
    field = control(where, name)
    field.fill(words)
    if folded(field.input_value()) != folded(words):
        raise PortalChanged(f"“{name}” does not take what is entered", where=name)


def choose(where: Place, name: str, words: str, *, within: bool = False) -> None:
    """Choose the one option with exactly these words, whatever kind of list the control opens.

    The options may come later, by typing or by scrolling. ``within``: the option says more beside these
    words, a name beside a number. Raises ``PortalChanged`` where there is no such option or more than one,
    or where the page shows another choice afterwards.
    """
    field = control(where, name)
    wanted = _pattern(words, within)
    if re.search(wanted, field.evaluate(_CHOSEN, None)):
        return
    if field.evaluate("field => field.tagName") == "SELECT":
        every = field.locator("option").all_inner_texts()
        options = [one for one in every if re.search(wanted, folded(one))]
        if len(options) != 1:
            raise PortalChanged(f"{len(options)} choices “{words}”, not one", where=name)
        field.select_option(label=options[0])
    else:
        _option(field, words, name, within).click()
    if not field.evaluate(_CHOSEN, wanted):
        raise PortalChanged(f"“{name}” shows another choice than the one made", where=name)


def _pattern(words: str, within: bool) -> str:
    """Return a pattern for all of a choice, or for words that stand in it; JavaScript reads it alike."""
    escaped = re.escape(folded(words)).replace("/", r"\/")
    return rf"(?<!\w){escaped}(?!\w)" if within else f"^{escaped}$"


def _option(field: Locator, words: str, name: str, within: bool) -> Locator:
    """Open a list and return its one option with these words."""
    field.click()
    if field.evaluate("field => field.tagName === 'INPUT' && !field.readOnly"):
        field.fill(words)
    frame = field.element_handle().owner_frame()
    assert frame is not None
    options = frame.get_by_role("option").filter(visible=True)
    said = frame.get_by_text(words, exact=True)
    fitting = options.and_(said).or_(options.locator(said))
    if within:
        fitting = options.filter(has_text=re.compile(_pattern(words, within)))
    for _ in range(SLICES):
        with suppress(Timeout):
            fitting.first.wait_for(timeout=SLICE)
            break
        if options.count():
            options.first.evaluate(_ONWARD)
    if fitting.count() != 1:
        raise PortalChanged(f"{fitting.count()} choices “{words}”, not one", where=name)
    return fitting


def fill_day(where: Place, name: str, day: date, *, written: str = US) -> None:
    """Enter a day into a date field of any kind: plain, masked, native, or in sections.

    ``written`` is how a field in one piece shows a day. Raises ``PortalChanged`` where the field then
    shows, or holds, another one.
    """
    field = control(where, name)
    if field.locator("[role=spinbutton]").count():
        _fill_sections(field, name, day)
        return
    native = field.get_attribute("type") == "date"
    words = day.isoformat() if native else day.strftime(written)
    field.fill(words)
    if field.input_value() != words:
        field.fill("")
        field.press_sequentially("".join(character for character in words if character.isdigit()))
    field.blur()
    if field.input_value() != words:
        raise PortalChanged(f"“{name}” does not take the day that is entered", where=name)


def _fill_sections(group: Locator, name: str, day: date) -> None:
    wanted = {"month": f"{day:%m}", "day": f"{day:%d}", "year": f"{day:%Y}"}
    for section, digits in wanted.items():
        group.get_by_role("spinbutton", name=section).press_sequentially(digits)
    shown = group.evaluate(_SECTIONS)
    if shown["sections"] != wanted or shown["kept"] not in (None, day.strftime(US), day.isoformat()):
        raise PortalChanged(f"“{name}” does not take the day that is entered", where=name)
