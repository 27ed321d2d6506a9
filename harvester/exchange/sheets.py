"""A CSV or XLSX file as rows of cells with their line numbers, and nothing lost on the way."""

from __future__ import annotations

import csv
import io
import os
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Literal, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from harvester.exchange.cells import inert
from harvester.exchange.columns import WorklistError, known

DateSystem = Literal["1900", "1904"]
Cell = str | int | float
"""Text; or a spreadsheet's number, which may have lost an identifier's digits. Dates are ISO text."""

LARGEST = 50 * 2**20
LARGEST_UNPACKED = 500 * 2**20
HEADER_WITHIN = 30
"""Rows among which the header is looked for, below any titles."""
FEWEST_HEADERS = 3

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old .xls files begin, and new ones with a password."""


class Row(NamedTuple):
    """One row: the physical line (spreadsheet: row number) on which it starts, from 1."""

    line: int
    cells: tuple[Cell, ...]
    fault: str = ""
    """Why the row could not be taken apart, if so; then the one cell is the whole line."""


class Sheet(NamedTuple):
    """A table: the header row and the rows below it that are not blank."""

    header: Row
    rows: tuple[Row, ...]
    date_system: DateSystem
    typed: bool
    """A workbook, whose cells cannot slip into a neighbour's column."""


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table for a spreadsheet; a new file is readable by its owner only.

    Words that a spreadsheet would run as a formula begin with an apostrophe.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)  # a delimiter in a cell must not begin another
        for row in (header, *rows):
            writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])


def words(cell: Cell) -> str:
    """Return a cell as a person reads it: 12345.0 as 12345, no exponents."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    return str(cell)


def read_sheet(path: Path) -> Sheet:
    """Read the one table of a file; what the file is, its content says, not its name.

    Raises ``WorklistError``, one sentence, for a file that is missing, empty, too large, protected,
    not a spreadsheet, or without (or with two) header rows.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise WorklistError(f"“{path.name}” is larger than {LARGEST // 2**20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise WorklistError(f"“{path.name}” cannot be opened: {error.strerror}") from error
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorklistError(f"“{path.name}” is protected by a password: save it without one")
        raise WorklistError(f"“{path.name}” is an old Excel file: save it as .xlsx or CSV")
    try:
        found = _workbook(data) if data.startswith(b"PK") else _text(data)
    except WorklistError as error:
        raise WorklistError(f"“{path.name}” {error}") from error.__cause__
    if not found:
        raise WorklistError(
            f"no row of “{path.name}” has headers that are understood, such as Payer, Member ID, DOB"
        )
    if len(found) > 1:
        raise WorklistError(f"“{path.name}” has {len(found)} worksheets with tables: keep one of them")
    return found[0]


def _sheet(rows: list[Row], date_system: DateSystem, *, typed: bool) -> Sheet | None:
    """Find the header among the first rows; what stands above it are titles."""
    rows = [row for row in rows if any(words(cell).strip() for cell in row.cells)]
    header = max(rows[:HEADER_WITHIN], key=_headers, default=None)
    if header is None or _headers(header) < FEWEST_HEADERS:
        return None
    return Sheet(header, tuple(rows[rows.index(header) + 1 :]), date_system, typed)


def _headers(row: Row) -> int:
    return known([words(cell) for cell in row.cells])


def _text(data: bytes) -> list[Sheet]:
    text = _decoded(data)
    if not text.strip():
        raise WorklistError("is empty")
    if "\0" in text:
        raise WorklistError("is not a spreadsheet")
    lines = list(io.StringIO(text, newline=""))  # as csv does: \n, \r\n and \r end a line, in quotes too
    delimiter = max(",;\t|", key=lambda mark: max(map(_headers, islice(_rows(lines, mark), HEADER_WITHIN))))
    sheet = _sheet(list(_rows(lines, delimiter)), "1900", typed=False)
    return [sheet] if sheet else []


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WorklistError("is not a spreadsheet, or text in an unknown encoding")


def _rows(lines: list[str], delimiter: str) -> Iterator[Row]:
    """Take CSV apart; a line whose quotation marks do not pair costs that line and no other."""
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True)
        here = start
        try:
            for cells in reader:
                yield Row(here + 1, tuple(cells))
                here = start + reader.line_num
            return
        except csv.Error:
            yield Row(here + 1, (lines[here].rstrip("\r\n"),), "the quotation marks in this line do not pair")
            start = here + 1


def _workbook(data: bytes) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise WorklistError("is protected by a password: save it without one")
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise WorklistError(f"unpacks to more than {LARGEST_UNPACKED // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions; values are kept
            return list(_worksheets(data))
    except WorklistError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part leads it to
        raise WorklistError("is not a spreadsheet, or a damaged one") from error


def _worksheets(data: bytes) -> Iterator[Sheet]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    date_system: DateSystem = "1904" if book.epoch == CALENDAR_MAC_1904 else "1900"
    for worksheet in book.worksheets:
        worksheet.reset_dimensions()  # exporters write wrong ones, and openpyxl would stop there
        rows = [
            Row(line, tuple(_cell(cell.value, getattr(cell, "number_format", "")) for cell in cells))
            for line, cells in enumerate(worksheet.iter_rows(), start=1)
        ]
        if sheet := _sheet(rows, date_system, typed=True):
            yield sheet
    book.close()


def _cell(value: object, number_format: str | None) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    if isinstance(value, date):
        return str(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        # A format of zeros, such as 000000000, is how a spreadsheet keeps leading zeros.
        zeros = re.fullmatch(r"0{2,}", number_format or "")
        return words(value).zfill(len(zeros[0])) if zeros and float(value).is_integer() else value
    return str(value)
