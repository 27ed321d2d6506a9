"""Rules that hold for every file, row and cell."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harvester.exchange import cells
from harvester.exchange.worklists import Worklist, WorklistError, write_rejects
from tests.exchange.exports import CLAIM, CLAIMS, EXPORTS, TODAY, as_csv, imported, saved, workbook

EPOCH = date(1899, 12, 30)
WORKBOOK = saved(workbook([CLAIMS, CLAIM]))

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
odd = st.sampled_from(
    ["", "--", "NaN", "Total", "Not Found", "=1+1", '"', "a\nb", "02/30/2026", "(5.00)", "0206-01-01", "45.0"]
)
rows = st.lists(
    st.lists(st.one_of(words, odd, st.sampled_from(CLAIM)), min_size=1, max_size=len(CLAIMS) + 2)
    | st.builds(
        lambda at, cell: [*CLAIM[:at], cell, *CLAIM[at + 1 :]],
        st.integers(0, len(CLAIM) - 1),
        words | odd,
    ),
    max_size=8,
)
days = st.dates(TODAY - timedelta(days=3000), TODAY)


def read(content: str | bytes) -> Worklist:
    with tempfile.TemporaryDirectory() as folder:
        return imported(Path(folder) / "export", content)


@given(rows, st.sampled_from(",;\t|"))
def test_every_row_of_a_csv_is_an_item_or_rejected(rows: list[list[str]], delimiter: str) -> None:
    worklist = read(as_csv([CLAIMS, *rows], delimiter))
    data = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(worklist.items) + len(worklist.rejected) == len(data)
    assert all(row.reason for row in worklist.rejected)
    lines = {*worklist.lines, *(row.line for row in worklist.rejected)}
    assert len(lines) == len(data)


@given(st.lists(st.lists(st.none() | st.integers() | st.floats(-1e9, 1e9) | st.dates() | odd, max_size=17)))
def test_every_row_of_a_workbook_is_an_item_or_rejected(rows: list[list[object]]) -> None:
    rows = [[f"'{cell}" if cell == "=1+1" else cell for cell in row] for row in rows]
    worklist = read(saved(workbook([CLAIMS, *rows])))
    data = [row for row in rows if any(cell not in (None, "") for cell in row)]
    assert len(worklist.items) + len(worklist.rejected) == len(data)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_whatever_the_text_no_line_below_the_header_is_lost(text: str) -> None:
    try:
        worklist = read(as_csv([CLAIMS]) + text)
    except WorklistError:
        assert "\0" in text
        return
    seen = "".join(cell for row in worklist.rejected for cell in row.cells)
    kept = {mark for mark in text if mark.isalnum()}
    assert kept <= set(seen)


@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_is_read_or_refused_and_never_crashes(at: int, damage: bytes) -> None:
    try:
        read(WORKBOOK[:at] + damage + WORKBOOK[at + len(damage) :])
    except WorklistError:
        return


@given(rows)
def test_importing_the_same_file_again_finds_the_same_items(rows: list[list[str]]) -> None:
    text = as_csv([CLAIMS, CLAIM, *rows])
    first, again = ([item.identity for item in read(text).items] for _ in range(2))
    assert first == again
    assert len(first) == len(set(first))


@given(st.sampled_from(sorted(EXPORTS)), st.randoms(use_true_random=False))
def test_the_order_of_columns_means_nothing(system: str, chance: object) -> None:
    table = list(csv.reader(io.StringIO(EXPORTS[system])))
    width = min(map(len, table))
    order = list(range(width))
    chance.shuffle(order)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        straight = imported(path, as_csv(row[:width] for row in table), payer="P")
        mixed = imported(path, as_csv([row[at] for at in order] for row in table), payer="P")
    assert straight.items == mixed.items


@given(days)
def test_a_day_is_the_same_in_every_way_of_writing_it(day: date) -> None:
    written = (
        f"{day:%m/%d/%Y}",
        f"{day.month}/{day.day}/{day:%y}",
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d} 00:00:00",
        f"{day:%m/%d/%Y} 12:00:00 AM",
        str((day - EPOCH).days),
        f"{(day - EPOCH).days}.0",
    )
    assert {cells.day(text, EPOCH, TODAY) for text in written} == {day}


@given(st.decimals(0, Decimal("999999999.99"), places=2))
def test_an_amount_is_the_same_in_every_way_of_writing_it(amount: Decimal) -> None:
    plain = {
        cells.money(text) for text in (f"{amount}", f"${amount:,}", f" $ {amount:,}".strip(), f"{amount}00")
    }
    negative = (f"({amount})", f"-${amount:,}", f"(${amount:,})", f"{amount}-", f"{amount} CR", f"$-{amount}")
    assert plain == {amount}
    assert {cells.money(text) for text in negative} == {-amount}


@given(st.floats(-1e8, 1e8).map(lambda amount: round(amount, 2)))
def test_a_spreadsheets_amount_keeps_its_cents(amount: float) -> None:
    item = read(saved(workbook([CLAIMS, [*CLAIM[:9], amount, *CLAIM[10:]]]))).items[0]
    assert item.billed == Decimal(repr(amount)).quantize(Decimal("0.01"))


@given(words)
def test_a_disarmed_cell_starts_no_formula_and_says_the_same(text: str) -> None:
    inert = cells.inert(text)
    first = inert.lstrip()[:1]
    assert first not in {"=", "@"}
    assert first not in {"+", "-"} or set(inert) <= set("+-.,0123456789")
    try:
        before = cells.clean(text)
    except ValueError:
        return
    assert cells.clean(inert) == before


@given(rows)
def test_every_reject_is_written(rows: list[list[str]]) -> None:
    worklist = read(as_csv([CLAIMS, *rows]))
    with tempfile.TemporaryDirectory() as folder:
        write_rejects(worklist, Path(folder) / "rejects.csv")
        text = (Path(folder) / "rejects.csv").read_bytes().decode("utf-8-sig")
    written = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(written) == 1 + len(worklist.rejected)
    assert [row[1] for row in written[1:]] == [row.reason for row in worklist.rejected]
