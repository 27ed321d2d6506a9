"""The reader reads a live page, a fetched document and a kept one alike, and only what is visible."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from harvester.errors import NotOnFile, PortalChanged, PortalUnavailable, SignedOut, Trouble, WrongPage
from harvester.model.shown import State
from harvester.reading import Region, pages
from tests.reading.conftest import Desk

STYLE = """<style>.gone { display: none } .card .gone.back { display: block }
@media print { .card { display: none } } #off { visibility: hidden }</style>"""
DETAIL = f"""<!doctype html><title>Claim</title>{STYLE}
<header><div class="who"><span class="label">Practice</span> <span>Alder</span> <br>
<span class="label">Tax ID</span> <span>00-1</span> <a href="/change">Change</a></div></header>
<main><h1>Claim detail</h1><div class="gone">Your session has timed out</div><p hidden>Locked</p>
<p id="off">Gone too</p><p style="display:none">Gone as well</p>
<div class="card"><div class="head"><h2>Claim summary</h2></div><div class="body">
<dl><div><dt>Claim number *</dt><dd>C100</dd></div><dt>Total paid:</dt><dd>$1,234.50<sup>1</sup></dd></dl>
<div><label>Member ID</label> <span>W12</span></div><p><b>Plan:</b> Gold <i>PPO</i></p><p><b>Owed:</b> </p>
<p class="gone back">Shown again: yes</p></div></div>
<section><h2>Amounts</h2><table><tbody><tr><th scope="row">Billed</th><td>(45.00)</td></tr>
<tr><th scope="row">Allowed</th><td>--</td></tr></tbody></table></section>
<section><h2>Coverage</h2><h3>Prior plan</h3><p>Name: A</p><h3>Prior plan</h3><p>Name: B</p></section>
<h2>Service lines</h2><table><thead><tr><th rowspan="2">Line</th><th colspan="2">Money</th></tr>
<tr><th>Billed</th><th>Paid</th></tr></thead><tbody><tr><td>1</td><td>10.00</td><td></td></tr>
<tr class="gone"><td>9</td><td>9.00</td><td>9.00</td></tr><tr><td colspan="3">No more lines</td></tr></tbody>
<tfoot><tr><td>Total</td><td>10.00</td><td></td></tr></tfoot></table>
<h2>Reasons</h2><ul><li>First reason</li><li class="gone">Hidden</li><li>Second reason</li></ul>
<p>Showing 1–10 of 23 claims</p>
<nav><ul><li><a href="?page=2">Next</a></li></ul></nav></main>"""

Read = Callable[[str], Region]


@pytest.fixture(params=["live", "fetched", "kept"])
def read(request: pytest.FixtureRequest, desk: Desk, tab: Page) -> Read:
    """Read a document in one of the three ways."""

    def reading(html: str) -> Region:
        desk.documents = {"/": (200, "text/html", "<title>Home</title>"), "/d": (200, "text/html", html)}
        if request.param == "live":
            tab.goto("/d")
            return pages.live(tab, {})
        tab.goto("/")
        found = fetch(tab, "/d")
        return pages.kept(tab, found.document) if request.param == "kept" else found

    return reading


def fetch(tab: Page, path: str, signs: dict[str, type[Trouble]] | None = None) -> Region:
    return pages.fetched(tab, signs or {}, method="GET", path=path, body=None, patience=5)


def test_labelled_values_are_read_in_every_mark_up(read: Read) -> None:
    found = read(DETAIL)
    summary = found.fields("Claim summary")
    assert summary.text("Claim number").value == "C100"
    assert summary.money("Total paid").value == Decimal("1234.50")
    assert summary.text("Member ID").value == "W12"
    assert summary.text("Plan").value == "Gold PPO"
    assert summary.text("Shown again").value == "yes"
    assert found.fields("Amounts").money("Billed").value == Decimal("-45.00")
    assert found.fields("Amounts").money("Allowed").state is State.NONE


def test_a_label_with_nothing_beside_it_is_not_shown_and_not_missing(read: Read) -> None:
    owed = read(DETAIL).fields("Claim summary").money("Owed")
    assert (owed.state, owed.words) == (State.NOT_SHOWN, "")


def test_a_footnote_mark_is_no_part_of_a_number(read: Read) -> None:
    assert read(DETAIL).fields("Claim summary").cell("Total paid").notes == ("1",)


def test_a_table_is_read_by_its_headers_without_hidden_rows(read: Read) -> None:
    table = read(DETAIL).table("Service lines")
    assert [row.money("Money › Billed").value for row in table] == [Decimal("10.00")]
    assert table.spans == ("No more lines",)
    assert table.foot[0].text("Line").value == "Total"


def test_only_what_is_visible_counts(read: Read) -> None:
    said = " ".join(read(DETAIL).lines)
    assert "timed out" not in said
    assert "Locked" not in said
    assert "Gone" not in said
    assert "Hidden" not in said


def test_lists_links_banner_and_stated_numbers_are_read(read: Read) -> None:
    found = read(DETAIL)
    assert [item.value for item in found.items("Reasons")] == ["First reason", "Second reason"]
    assert found.link("Next") == "?page=2"
    assert found.link("Previous") is None
    assert found.banner.text("Tax ID").value == "00-1"
    assert found.stated(r"Showing \d+–\d+ of (\d+) claims").value == 23


def test_two_parts_with_the_same_heading_stay_apart(read: Read) -> None:
    assert [plan.fields().text("Name").value for plan in read(DETAIL).parts("Coverage")] == ["A", "B"]


def test_a_value_knows_where_it_stood(read: Read) -> None:
    found = read(DETAIL)
    place = found.fields("Claim summary").text("Claim number").place
    assert place is not None
    assert place.path == ("Claim detail", "Claim summary", "Claim number")
    assert place.document == found.document.sha256
    assert f'<dd data-n="{place.mark}">C100</dd>' in found.document.html


def test_what_was_not_read_is_told(read: Read) -> None:
    found = read(DETAIL)
    found.fields("Amounts").money("Billed")
    left = {entry.path[-1]: entry.words for entry in found.unread}
    assert left["Allowed"] == "--"
    assert left["Money › Billed"] == "10.00"
    assert "Billed" not in left


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda found: found.fields("Amounts").money("Paid"), "is missing"),
        (lambda found: found.fields("Coverage").text("Name"), "stands 2 times"),
        (lambda found: found.table("Payments"), "0 tables"),
        (lambda found: found.section("Payment"), "is missing"),
        (lambda found: found.fields("Claim summary").split("Plan", r"(?P<a>\d+)"), "not written as expected"),
        (lambda found: found.form("Member ID"), "0 forms"),
    ],
)
def test_what_is_not_there_exactly_once_is_refused(
    desk: Desk, tab: Page, act: Callable[[Region], Any], said: str
) -> None:
    desk.documents = {"/": (200, "text/html", ""), "/d": (200, "text/html", DETAIL)}
    tab.goto("/")
    with pytest.raises(PortalChanged, match=said):
        act(fetch(tab, "/d"))


def test_a_row_with_other_cells_than_headers_is_refused(read: Read) -> None:
    rows = "<tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td><td>3</td></tr>"
    with pytest.raises(PortalChanged, match="3 cells under 2 headers"):
        read(f"<h2>T</h2><table>{rows}</table>").table("T")


def test_an_echo_of_something_else_is_the_wrong_page(read: Read) -> None:
    summary = read(DETAIL).fields("Claim summary")
    assert summary.text("Claim number", echo="c100").value == "C100"
    with pytest.raises(WrongPage):
        summary.text("Claim number", echo="C1000")


def test_the_portals_word_for_nothing_on_file_is_an_answer(read: Read) -> None:
    found = read("<h1>Claims</h1><p role=alert>We could not find any claims.</p>")
    with pytest.raises(NotOnFile, match="could not find"):
        found.none_if_says("could not find any claims")


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((503, "text/html", "<h1>Down</h1>"), PortalUnavailable),
        ((429, "text/html", "<h1>Slow down</h1>"), PortalUnavailable),
        ((401, "text/html", "<h1>Sign in</h1>"), SignedOut),
        ((440, "application/json", "{}"), SignedOut),
        ((200, "text/html", "<form><input type=password></form>"), SignedOut),
        ((200, "text/html", "<p>Your session has timed out.</p>"), SignedOut),
        ((404, "text/html", "<h1>Page not found</h1>"), PortalChanged),
        ((200, "application/pdf", "%PDF"), PortalChanged),
        ((302, "text/html", "http://localhost:9/elsewhere"), PortalUnavailable),
    ],
)
def test_an_answer_that_is_no_data_is_named(
    desk: Desk, tab: Page, answer: tuple[int, str, str], trouble: type[Trouble]
) -> None:
    desk.documents = {"/": (200, "text/html", ""), "/d": answer}
    tab.goto("/")
    with pytest.raises(Trouble) as raised:
        fetch(tab, "/d", {"session has timed out": SignedOut})
    assert type(raised.value) is trouble


def test_a_kept_document_holds_no_script_secret_token_or_hidden_text(read: Read) -> None:
    kept = read(
        "<title>T</title><script>alert(1)</script><p hidden>gone</p><p onclick='x()'>Name: A</p>"
        "<img src='https://elsewhere.example/x'><a href='https://elsewhere.example'>out</a>"
        "<form><input type=hidden name=csrf value=token123><input type=text value=typed></form>"
    ).document.html
    for word in ("script", "alert", "gone", "onclick", "elsewhere", "token123", "csrf"):
        assert word not in kept
    assert "Name: A" in kept


def test_a_page_that_asks_for_a_password_is_never_kept(desk: Desk, tab: Page) -> None:
    desk.documents = {"/": (200, "text/html", "<p>Name: A</p><input type=password value=secret>")}
    tab.goto("/")
    with pages.journal() as kept, pytest.raises(SignedOut):
        pages.live(tab, {})
    assert kept == []


CODED = """<!doctype html><h1>Benefits</h1><h2>Rows</h2><table><thead><tr><th>Info</th><th>Network</th>
<th>Period</th><th>Amount</th></tr></thead><tbody>
<tr><td>C</td><td>Y</td><td>23</td><td>10.00</td></tr><tr><td>C</td><td>N</td><td>23</td><td>20.00</td></tr>
<tr><td>C</td><td>Y</td><td>29</td><td>4.00</td></tr><tr><td>J</td><td>Y</td><td>23</td><td>9.00</td></tr>
</tbody></table>"""


def test_coded_rows_of_one_thing_are_read_together(read: Read) -> None:
    table = read(CODED).table("Rows")
    groups = table.where("Info", "C", "G").groups("Info", "Network")
    assert [len(group) for group in groups] == [2, 1]
    inside, outside = groups
    assert inside.only("Period", "23").money("Amount").value == Decimal("10.00")
    assert inside.only("Period", "29").money("Amount").value == Decimal("4.00")
    left = outside.only("Period", "29", optional=True)
    assert left.money("Amount", optional=True).state is State.NOT_SHOWN
    for refused in (outside, table):
        with pytest.raises(PortalChanged, match="not one"):
            refused.only("Period", "29" if refused is outside else "23")


def test_a_row_that_nobody_read_is_told(read: Read) -> None:
    region = read(CODED)
    for row in region.table("Rows").where("Info", "C"):
        row.money("Amount")
        for name in ("Info", "Network", "Period"):
            row.text(name)
    assert [(entry.path[-1], entry.words) for entry in region.unread] == [("4", "J | Y | 23 | 9.00")]


EXPANDED = """<!doctype html><h1>Claim</h1><h2>Service lines</h2><table>
<thead><tr><th>Line</th><th>Paid</th></tr></thead><tbody>
<tr><td>1</td><td>10.00</td></tr><tr><td colspan="2"><p>Codes: 45</p></td></tr>
<tr><td>2</td><td>0.00</td></tr><tr><td colspan="2"><p>Codes: 16, N290</p></td></tr></tbody></table>"""


def test_what_is_expanded_under_a_row_belongs_to_it(read: Read) -> None:
    rows = read(EXPANDED).table("Service lines").rows
    assert [(row.text("Line").value, row.below.fields().text("Codes").value) for row in rows] == [
        ("1", "45"),
        ("2", "16, N290"),
    ]


GRID = """<!doctype html><h1>Claims</h1><div role="grid" aria-label="Results"><div role="presentation">
<div role="row"><div role="columnheader">Claim *</div><div role="columnheader">Paid</div></div></div>
<div role="rowgroup"><div role="row"><div role="gridcell">C1</div><div role="gridcell">$1.00</div>
<div role="presentation"></div></div></div></div>"""


def test_a_grid_of_roles_is_a_table(read: Read) -> None:
    (row,) = read(GRID).table("Results").rows
    assert (row.text("Claim").value, row.money("Paid").value) == ("C1", Decimal("1.00"))
