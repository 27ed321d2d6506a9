"""A list is collected whole, by scrolling or page by page, or refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from harvester.errors import PortalChanged
from harvester.reading import pages
from tests.going.test_waiting import PORTAL
from tests.reading.conftest import Desk

GRID = """<!doctype html><h1>Claims</h1><style>
#view {{ height: 120px; width: 300px; overflow: auto; position: relative }}
#tall {{ height: 1200px; width: 500px }}
[role=row] {{ position: absolute; height: 24px }}</style>
<div role=grid aria-label=Claims aria-rowcount={stated} aria-colcount=3>
<div id=view><div id=tall></div></div></div><script>
function draw() {{
  view.querySelectorAll("[role=row]").forEach((row) => row.remove());
  const cells = (role, words) => words.map((word, at) => at < 2 || view.scrollLeft > 50
    ? `<div role=${{role}} aria-colindex=${{at + 1}}>${{word}}</div>` : "").join("");
  const row = (index, role, words) => view.insertAdjacentHTML("beforeend",
    `<div role=row aria-rowindex=${{index}} style="top: ${{index * 24}}px">${{cells(role, words)}}</div>`);
  row(1, "columnheader", ["Claim", "Patient", "Paid"]);
  const first = Math.floor(view.scrollTop / 24);
  for (let at = first; at < Math.min(first + 6, 49); at++)
    row(at + 2, "gridcell", [`C${{at}}`, "A &amp; B<br>C", `$${{at}}.00`]);
}}
view.onscroll = draw; draw();
</script>"""


def grid(desk: Desk, tab: Page, stated: int) -> None:
    desk.documents = {"/": (200, "text/html", GRID.format(stated=stated))}
    tab.goto("/")


def test_a_grid_is_scrolled_through_and_read_as_one_table(desk: Desk, tab: Page) -> None:
    grid(desk, tab, 50)
    with pages.journal() as kept:
        rows = PORTAL.collect(tab, tab.get_by_role("grid")).table("Claims").rows
    assert [row.text("Claim").value for row in rows] == [f"C{at}" for at in range(49)]
    assert rows[48].money("Paid").words == "$48.00"
    assert rows[0].cell("Patient").words == "A & B\nC"
    assert "C48" in kept[0].html


def test_a_grid_with_fewer_rows_than_it_says_is_refused(desk: Desk, tab: Page) -> None:
    grid(desk, tab, 52)
    with pytest.raises(PortalChanged, match="not all"):
        PORTAL.collect(tab, tab.get_by_role("grid"))


LIST = """<!doctype html><h1>Claims</h1><p id=row>Page: 1</p><ul><li id=item><a href=# id=next>Next</a></ul>
<script>let at = 1; const last = {last};
next.onclick = () => {{ document.body.ariaBusy = "true"; setTimeout(() => {{
  row.textContent = `Page: ${{++at}}`; document.body.ariaBusy = "false";
  if (at === last) {{ {end} }}
}}, 20); }};</script>"""


@pytest.mark.parametrize(
    "end", ["next.ariaDisabled = 'true'", "item.className = 'page-item disabled'", "next.remove()"]
)
def test_a_list_is_turned_to_its_last_page(desk: Desk, tab: Page, end: str) -> None:
    desk.documents = {"/": (200, "text/html", LIST.format(last=3, end=end))}
    tab.goto("/")
    shown = PORTAL.turn(tab, tab.get_by_role("link", name="Next"), tab.locator("#row"))
    assert [part.fields().text("Page").value for part in shown] == ["1", "2", "3"]


def test_a_list_without_an_end_is_refused(desk: Desk, tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.flow.LONGEST", 3)
    desk.documents = {"/": (200, "text/html", LIST.format(last=99, end=""))}
    tab.goto("/")
    with pytest.raises(PortalChanged, match="do not end"):
        list(PORTAL.turn(tab, tab.get_by_role("link", name="Next"), tab.locator("#row")))
