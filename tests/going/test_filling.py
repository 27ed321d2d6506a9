"""Controls are found by what stands beside them, and show afterwards what was entered or chosen."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page

from harvester.errors import PortalChanged
from harvester.going import choose, control, fill, fill_day
from tests.reading.conftest import Desk

LABELS = """<form>
<label for=tied>* Member ID:</label><input id=tied>
<label>Group no. <input id=inside></label>
<label id=l>Plan</label><input id=named aria-labelledby=l>
<input id=said aria-label="Service date *">
<div><label>Provider/Supplier</label><div><input id=loose></div></div>
<div><span>Start date</span> <input id=spoken placeholder="mm/dd/yyyy"></div>
<label>Twice <input></label><label>Twice <input></label>
<label for=gone>Region</label><select id=gone style="display:none"><option>East</select>
<button type=button id=button aria-haspopup=listbox>East</button>
</form>"""


def page(desk: Desk, tab: Page, html: str) -> None:
    desk.documents = {"/": (200, "text/html", f"<!doctype html><title>T</title>{html}")}
    tab.goto("/")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Member ID", "tied"),
        ("member id *", "tied"),
        ("Group no.", "inside"),
        ("Plan", "named"),
        ("Service date", "said"),
        ("Provider/Supplier", "loose"),
        ("Start date", "spoken"),
        ("Region", "button"),
    ],
)
def test_a_control_is_found_by_its_visible_label(desk: Desk, tab: Page, name: str, found: str) -> None:
    page(desk, tab, LABELS)
    assert control(tab, name).get_attribute("id") == found


@pytest.mark.parametrize("name", ["Member", "Twice"])
def test_a_label_that_is_not_there_exactly_once_is_refused(desk: Desk, tab: Page, name: str) -> None:
    page(desk, tab, LABELS)
    with pytest.raises(PortalChanged, match="not one"):
        control(tab, name)


def test_a_control_that_another_label_names_is_not_taken(desk: Desk, tab: Page) -> None:
    page(
        desk,
        tab,
        """<label for=a>Birth date</label><input id=a aria-hidden=true><label>Service date <input></label>
<label>Street</label><div><label>Town</label><input></div>""",
    )
    for name in ("Birth date", "Street"):
        with pytest.raises(PortalChanged, match="0 controls"):
            control(tab, name)


def test_sections_that_are_transparent_while_they_are_empty_are_a_control(desk: Desk, tab: Page) -> None:
    sections = "".join(f"<span role=spinbutton aria-label={name}>--</span>" for name in ("Month", "Day"))
    page(
        desk,
        tab,
        f"""<label id=l for=i>Born *</label><div>
<div role=group aria-labelledby=l style="opacity: 0">{sections}</div>
<input id=i aria-hidden=true></div><label>Seen <input></label>""",
    )
    assert control(tab, "Born").get_attribute("role") == "group"


def test_a_control_is_found_in_a_part_of_a_page(desk: Desk, tab: Page) -> None:
    page(desk, tab, "<div id=a><label>Day <input id=one></label></div><label>Day <input></label>")
    assert control(tab.locator("#a"), "Day").get_attribute("id") == "one"


def test_what_a_field_does_not_take_is_refused(desk: Desk, tab: Page) -> None:
    page(
        desk,
        tab,
        "<label>Name <input></label><label>Short <input oninput='value = value.slice(0, 2)'></label>",
    )
    fill(tab, "Name", "Ångqvist")
    assert control(tab, "Name").input_value() == "Ångqvist"
    with pytest.raises(PortalChanged, match="Short"):
        fill(tab, "Short", "Ångqvist")


LATE = """<label for=box>Payer</label>
<div><div><div id=shown>Choose…</div><div><input id=box role=combobox></div></div></div>
<script>
const all = ["Larkmoor Plan", "Larkmoor Plan West", "Granite"];
box.oninput = () => setTimeout(() => {
  document.querySelectorAll("[role=listbox]").forEach((old) => old.remove());
  const list = document.body.appendChild(document.createElement("div"));
  list.setAttribute("role", "listbox");
  for (const words of all.filter((one) => one.includes(box.value))) {
    const option = list.appendChild(document.createElement("div"));
    option.setAttribute("role", "option");
    option.textContent = words;
    option.onclick = () => {
      shown.textContent = window.deaf ? "Granite" : words;
      box.value = "";
      list.remove();
    };
  }
}, 100);
</script>"""


def test_an_option_that_comes_later_is_chosen_by_all_of_its_words(desk: Desk, tab: Page) -> None:
    page(desk, tab, LATE)
    choose(tab, "Payer", "Larkmoor Plan")
    assert tab.locator("#shown").inner_text() == "Larkmoor Plan"


def test_an_option_is_chosen_by_a_number_in_it(desk: Desk, tab: Page) -> None:
    options = "<option>Alder (00-123/4)<option>Alder West (00-123/45)"
    page(desk, tab, f"<label>Group <select id=group>{options}</select></label>")
    choose(tab, "Group", "00-123/45", within=True)
    assert tab.locator("#group").input_value() == "Alder West (00-123/45)"
    choose(tab, "Group", "00-123/4", within=True)
    assert tab.locator("#group").input_value() == "Alder (00-123/4)"
    with pytest.raises(PortalChanged, match="0 choices"):
        choose(tab, "Group", "00-12", within=True)


def test_a_choice_that_the_page_does_not_show_is_refused(desk: Desk, tab: Page) -> None:
    page(desk, tab, LATE)
    tab.evaluate("window.deaf = true")
    with pytest.raises(PortalChanged, match="another choice"):
        choose(tab, "Payer", "Larkmoor Plan")


def test_a_native_list_and_a_list_behind_a_button_are_chosen_from(desk: Desk, tab: Page) -> None:
    page(
        desk,
        tab,
        """<label>Kind <select id=kind><option>Office<option>Urgent</select></label>
<label for=gone>Region</label><select id=gone style="display:none"><option>East<option>West</select>
<button type=button id=button aria-haspopup=listbox>East</button>
<ul role=listbox hidden><li role=option>East<li role=option>West</ul>
<script>const list = document.querySelector("ul");
button.onclick = () => list.hidden = false;
list.onclick = (event) => { button.textContent = event.target.textContent; list.hidden = true; };</script>""",
    )
    choose(tab, "Kind", "Urgent")
    choose(tab, "Region", "West")
    assert (tab.locator("#kind").input_value(), tab.locator("#button").inner_text()) == ("Urgent", "West")
    with pytest.raises(PortalChanged, match="0 choices"):
        choose(tab, "Kind", "Urg")


DATES = """<label>Plain <input id=plain></label>
<label>Masked <input id=masked></label><label>Native <input id=native type=date></label>
<label id=l>Sectioned</label><div><div role=group aria-labelledby=l>
<span role=spinbutton tabindex=0 aria-label=Month>MM</span>/
<span role=spinbutton tabindex=0 aria-label=Day>DD</span>/
<span role=spinbutton tabindex=0 aria-label=Year>YYYY</span></div>
<input id=kept tabindex=-1 aria-hidden=true></div>
<script>
masked.onkeydown = (event) => {
  event.preventDefault();
  const digits = (masked.value + event.key).replace(/[^0-9]/g, "").slice(0, 8);
  masked.value = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join("/");
};
masked.oninput = () => masked.value = "";
for (const one of document.querySelectorAll("[role=spinbutton]")) one.onkeydown = (event) => {
  const length = one.ariaLabel === "Year" && !window.drops ? 4 : 2;
  one.textContent = ((one.textContent.match(/[0-9]+/)?.[0] ?? "") + event.key).slice(-length);
  kept.value = [...document.querySelectorAll("[role=spinbutton]")].map((each) => each.textContent).join("/");
};
</script>"""


@pytest.mark.parametrize("name", ["Plain", "Masked", "Native", "Sectioned"])
def test_a_day_is_entered_into_every_kind_of_field(desk: Desk, tab: Page, name: str) -> None:
    page(desk, tab, DATES)
    fill_day(tab, name, date(2026, 7, 4))
    field = tab.locator("#kept" if name == "Sectioned" else f"#{name.lower()}")
    assert field.input_value() == ("2026-07-04" if name == "Native" else "07/04/2026")


def test_a_field_that_drops_digits_is_refused(desk: Desk, tab: Page) -> None:
    page(desk, tab, DATES)
    tab.evaluate("window.drops = true")
    with pytest.raises(PortalChanged, match="Sectioned"):
        fill_day(tab, "Sectioned", date(2026, 7, 4))
