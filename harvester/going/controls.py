"""Finds a control by the label that a person sees beside it."""

from __future__ import annotations

from playwright.sync_api import Frame, Locator, Page

from harvester.errors import PortalChanged
from harvester.reading.region import label

Place = Page | Frame | Locator
"""Where to look: a page, the document of a frame, or a part of either."""

# Returns the paths of the controls that a label names, most direct way first: tied to it (for, around,
# aria-labelledby, aria-label), else the first control that follows it in the smallest part with one.
# A control that is kept for scripts alone stands for the visible one beside it.
_FIND = """(root, wanted) => {
  const fold = (text) => text.replace(/\\*/g, " ").replace(/\\s+/g, " ").trim().replace(/[:：\\s]+$/, "").toLowerCase();
  const CONTROL = "input:not([type=hidden]):not([type=submit]):not([type=button]), select, textarea, [role=combobox], "
    + "[role=spinbutton], button[aria-haspopup=listbox]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const forPeople = (one) => shown(one) && one.getAttribute("aria-hidden") !== "true" && !one.closest("[aria-hidden=true]");
  const whole = (one) => one.getAttribute("role") === "spinbutton" ? one.closest("[role=group]") || one.parentElement : one;
  const within = (part) => [...new Set([...part.querySelectorAll(CONTROL)].filter(forPeople).map(whole))];
  const near = (one) => {
    if (one.matches(CONTROL) && forPeople(one)) return [whole(one)];
    for (let part = one; part; part = part.parentElement) if (within(part).length) return within(part).slice(0, 1);
    return [];
  };
  const top = root.body ?? root;
  const words = (one) => {
    const copy = one.cloneNode(true);
    copy.querySelectorAll("input, select, textarea, button, [role=combobox], [role=group]").forEach((inner) => inner.remove());
    return fold(copy.textContent);
  };
  const labels = [...top.querySelectorAll("label, legend")].filter((one) => words(one) === wanted && (shown(one) || one.control));
  const named = [...top.querySelectorAll("[aria-labelledby]")].filter((one) =>
    fold(one.getAttribute("aria-labelledby").split(/\\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ")) === wanted);
  const said = [...top.querySelectorAll("[aria-label]")].filter((one) => fold(one.getAttribute("aria-label")) === wanted);
  let found = [];
  for (const one of labels) {
    const tied = (one.htmlFor && document.getElementById(one.htmlFor)) || one.control;
    found.push(...(tied && top.contains(tied) ? near(tied) : after(one)));
  }
  found.push(...[...named, ...said].filter((one) => one.matches(CONTROL) || within(one).length).flatMap((one) => near(one)));
  if (!found.length) {
    const plain = [...top.querySelectorAll("span, div, p, td, th, dt, b, strong")].filter((one) =>
      !one.children.length && shown(one) && fold(one.textContent) === wanted);
    found = plain.flatMap(after);
  }
  function after(one) {
    for (let part = one.parentElement; part; part = part.parentElement) {
      const next = within(part).filter((control) => one.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (next.length) return next.slice(0, 1);
      if (part === top) break;
    }
    return [];
  }
  const path = (one) => {
    const steps = [];
    for (let at = one; at && at !== document.documentElement; at = at.parentElement)
      steps.unshift(`${at.tagName.toLowerCase()}:nth-child(${[...at.parentElement.children].indexOf(at) + 1})`);
    return `html > ${steps.join(" > ")}`;
  };
  return [...new Set(found)].map((one) => one.id ? `[id="${CSS.escape(one.id)}"]` : path(one));
}"""


def control(where: Place, name: str) -> Locator:
    """Return the one control with this visible label, which is compared without required mark and colon.

    Of a date field in sections it is the group of them. Raises ``PortalChanged`` where there is none, or
    more than one.
    """
    top = where if isinstance(where, Locator) else where.locator("body")
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
