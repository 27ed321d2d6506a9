"""Worklists in: what a practice-management system exports, as :class:`~harvester.model.work.WorkItem`.

Every row below the header becomes an item or is rejected with its reason; none is dropped. Reasons name
columns and never repeat what stands in a cell, so that they can be shown and logged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from harvester.exchange import cells
from harvester.exchange.columns import Columns, WorklistError, columns, system
from harvester.exchange.sheets import Cell, DateSystem, Row, read_sheet, words, write_csv
from harvester.model.shown import Fact
from harvester.model.work import Kind, WorkItem

__all__ = ["Columns", "Rejected", "Worklist", "WorklistError", "read_worklist", "write_rejects"]


class Rejected(Fact):
    """A row that is not followed, and why."""

    line: int
    """The physical line (spreadsheet: row number) on which the row starts, from 1."""
    reason: str
    cells: tuple[str, ...]
    """The row as exported; a spreadsheet's dates as YYYY-MM-DD."""


class Worklist(Fact):
    """What a file holds: ``len(items) + len(rejected)`` is the number of its rows that are not blank."""

    kind: Kind
    items: tuple[WorkItem, ...]
    lines: tuple[int, ...]
    """The line of each item."""
    rejected: tuple[Rejected, ...]
    columns: Columns
    header: tuple[str, ...]
    header_line: int
    """What stands above it are titles."""
    date_system: DateSystem
    """What dates written as numbers count from; a CSV file does not say and is taken for 1900."""


def read_worklist(path: Path, *, today: date, payer: str | None = None) -> Worklist:
    """Read a CSV or XLSX export of open claims or of appointments.

    ``payer`` names the payer of rows that name none: some exports have no such column. Dates are judged
    by ``today``. Raises ``WorklistError`` with one sentence for a file that cannot be used at all.
    """
    sheet = read_sheet(path)
    header = tuple(words(cell).strip() for cell in sheet.header.cells)
    try:
        found = columns(header)
    except WorklistError as error:
        raise WorklistError(f"in “{path.name}” {error}") from None
    reading = _Reading(
        kind=found.kind,
        rewrites=system(header).rewrites,
        header=header,
        typed=sheet.typed,
        places={its: (header.index(name), name) for name, its in found.understood.items()},
        epoch=EPOCHS[sheet.date_system],
        today=today,
        payer=payer,
    )
    items: dict[tuple[str, ...], tuple[int, WorkItem]] = {}
    rejected = []
    for row in sheet.rows:
        try:
            item = _item(row, reading)
            if earlier := items.get(item.identity):
                raise ValueError(_repeats(item, *earlier))
        except ValueError as error:
            reason = _sentence(error, found)
            rejected.append(Rejected(line=row.line, reason=reason, cells=tuple(map(words, row.cells))))
        else:
            items[item.identity] = (row.line, item)
    return Worklist(
        kind=found.kind,
        items=tuple(item for _, item in items.values()),
        lines=tuple(line for line, _ in items.values()),
        rejected=tuple(rejected),
        columns=found,
        header=header,
        header_line=sheet.header.line,
        date_system=sheet.date_system,
    )


def write_rejects(worklist: Worklist, path: Path) -> None:
    """Write the rejected rows as CSV: line, reason, and the cells as exported.

    Corrected, the file can be imported again. Cells that a spreadsheet would run as a formula begin with
    an apostrophe. The file names patients: a new one is readable by its owner only.
    """
    rows = ((row.line, row.reason, *row.cells) for row in worklist.rejected)
    write_csv(path, ["Line", "Reason", *worklist.header], rows)


class _Reading(NamedTuple):
    """All that a row's meaning depends on."""

    kind: Kind
    rewrites: Mapping[str, tuple[str, str]]
    header: tuple[str, ...]
    typed: bool
    places: Mapping[str, tuple[int, str]]
    """Field → column, from 0, and its header."""
    epoch: date
    today: date
    payer: str | None


EPOCHS: dict[DateSystem, date] = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}

BLANK = {"", "nan", "nat", "none", "n/a", "#n/a", "-", "--", "---", "—", "–"}
BLANK_UNLESS_A_NAME = {"null", "na"}
NAMES = {"patient_last", "patient_first", "patient_name"}

YEAR = timedelta(days=366)
NOT_AHEAD = timedelta()
DAYS = {
    "birth_date": (120 * YEAR, NOT_AHEAD),
    "service_from": (10 * YEAR, NOT_AHEAD),
    "service_to": (10 * YEAR, YEAR),  # rentals are billed for a period that has not ended
    "submitted_date": (10 * YEAR, NOT_AHEAD),
    "last_checked": (10 * YEAR, NOT_AHEAD),
}
"""How long ago and how far ahead a day can be, beyond which it is a slip."""
APPOINTMENT_DAYS = (10 * YEAR, 2 * YEAR)

MONEY = {"billed", "allowed", "paid", "adjusted", "balance"}
READERS: dict[str, Callable[[str], str | int]] = {
    "tin": cells.tin,
    "rendering_npi": cells.npi,
    "billing_npi": cells.npi,
    "payer_rank": cells.rank,
    "timely_filing_days": cells.count,
    "appeal_days": cells.count,
}
IDENTIFIERS = {
    "member_id",
    "group_number",
    "patient_id",
    "patient_account_number",
    "claim_id",
    "payer_claim_number",
    "appointment_id",
    "procedure",
    *READERS,
}
"""What a spreadsheet may have taken for a number."""

TOTAL = re.compile(r"((grand|sub|report|page|overall|final)[\s-]*)?totals?\b.*", re.IGNORECASE | re.DOTALL)
FIGURES = re.compile(r"[-$(),.0-9 ]*")
ABOUT_ONE = {"birth_date", "service_from", "member_id", "patient_account_number", "payer_claim_number"}


def _item(row: Row, reading: _Reading) -> WorkItem:
    """Read one row; raises ``ValueError`` with the reason it is not followed."""
    if row.fault:
        raise ValueError(row.fault)
    if [words(cell).strip() for cell in row.cells] == list(reading.header):
        raise ValueError("the header again, not a row")
    filled = {
        field: row.cells[at]
        for field, (at, _) in reading.places.items()
        if at < len(row.cells) and not _blank(field, row.cells[at])
    }
    if _is_total(row, filled):
        raise ValueError(
            "a total, not an appointment" if reading.kind == "appointment" else "a total, not a claim"
        )
    if not reading.typed and not _last(reading.header) <= len(row.cells) <= len(reading.header) + _blanks(
        row
    ):
        raise ValueError(f"the row has {len(row.cells)} cells where the header has {len(reading.header)}")
    values: dict[str, object] = {"kind": reading.kind, "payer": reading.payer}
    for field, cell in filled.items():
        try:
            values |= _value(field, cell, reading)
        except ValueError as error:
            raise ValueError(f"“{reading.places[field][1]}” {error}") from None
    if values["payer"] is None:
        raise ValueError("no payer is named")
    if "patient_last" not in values and "patient_first" not in values:
        names = cells.split_name(str(values.get("patient_name", "")))
        if names is not None:
            values["patient_last"], values["patient_first"] = names
    if "service_from" in values:
        values.setdefault("service_to", values["service_from"])
    return WorkItem.model_validate(values)


def _last(texts: Sequence[str]) -> int:
    """How many cells there are up to the last that is not blank."""
    return max((at for at, text in enumerate(texts, start=1) if text.strip()), default=0)


def _blanks(row: Row) -> int:
    return len(row.cells) - _last([words(cell) for cell in row.cells])


def _blank(field: str, cell: Cell) -> bool:
    text = words(cell).strip().casefold()
    return text in BLANK or (text in BLANK_UNLESS_A_NAME and field not in NAMES)


def _is_total(row: Row, filled: Mapping[str, Cell]) -> bool:
    """Sums and nothing else, or the word itself on a row that is about no one patient or claim."""
    if filled and filled.keys() <= MONEY:
        return True
    texts = [words(cell).strip() for cell in row.cells]
    others = [text for text in texts if not TOTAL.fullmatch(text)]
    if len(others) == len(texts):
        return False
    about = [field for field in ABOUT_ONE & filled.keys() if words(filled[field]).strip() in others]
    return not about or all(FIGURES.fullmatch(text) for text in others)


def _repeats(item: WorkItem, line: int, earlier: WorkItem) -> str:
    if item == earlier:
        return f"the same row as line {line}"
    if item.procedure != earlier.procedure:
        return f"another service line of the claim in line {line}, which is followed once"
    differing = [name for name in WorkItem.model_fields if getattr(item, name) != getattr(earlier, name)]
    return f"the same {item.kind} as line {line}, but different in {', '.join(differing)}"


def _sentence(error: ValueError, found: Columns) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    headers = [name for name, field in found.understood.items() if field == first["loc"][0]]
    return f"“{headers[0] if headers else first['loc'][0]}” is not usable: {first['msg'].lower()}"


def _value(field: str, cell: Cell, reading: _Reading) -> dict[str, object]:
    """Return the fields that a cell fills: one, or two where it holds the first and the last day."""
    text = cells.clean(words(cell))
    if field == "service_from":
        first, last = cells.span(text)
        if last is None:
            return {field: _day(field, text, reading)}
        if "service_to" in reading.places:
            raise ValueError("holds two days, and another column is the last day of service")
        return {field: _day(field, first, reading), "service_to": _day("service_to", last, reading)}
    if field in DAYS:
        return {field: _day(field, text, reading)}
    if field in MONEY:
        return {field: cells.money(text)}
    if field in IDENTIFIERS:
        if "\n" in words(cell).strip():
            raise ValueError("has several lines: perhaps two rows in one, for want of a quotation mark")
        if field in reading.rewrites and isinstance(cell, str):
            pattern, replacement = reading.rewrites[field]
            text = re.sub(rf"^{pattern}$", replacement, text)
        text = cells.identifier(text, number=not isinstance(cell, str))
    return {field: READERS[field](text) if field in READERS else text}


def _day(field: str, text: str, reading: _Reading) -> date:
    """Read a day that is likely for its field, whatever else it may be."""
    appointment = reading.kind == "appointment" and field == "service_from"
    back, ahead = APPOINTMENT_DAYS if appointment else DAYS[field]
    found = cells.day(text, reading.epoch, reading.today + ahead)
    if found > reading.today + ahead:
        raise ValueError("is after today" if not ahead else f"is more than {ahead.days} days after today")
    if found < reading.today - back:
        raise ValueError(f"is more than {back.days // 366} years ago")
    return found
