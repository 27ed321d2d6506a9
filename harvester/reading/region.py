"""A read document and its parts: values by label and header, each with the place where it stood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from harvester.errors import PortalChanged, WrongPage
from harvester.model.shown import Place, Shown, Unmapped
from harvester.model.snapshot import Document
from harvester.reading import values
from harvester.reading.values import folded

T = TypeVar("T")


def label(words: str) -> str:
    """Return a label as it is compared: without case, required mark, colon and extra space."""
    return folded(words.replace("*", " ")).rstrip(":： ").casefold()


@dataclass(frozen=True)
class Cell:
    """One displayed value: its number in the kept document, words, footnote marks and links."""

    n: int
    words: str
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Words and address of each link in it."""

    @classmethod
    def of(cls, raw: Mapping[str, Any] | None) -> Cell:
        """Build from the reader's answer; a cell that is missing in its row is an empty one."""
        if raw is None:
            return cls(n=0, words="")
        links = tuple((link["words"], link["path"]) for link in raw["links"])
        return cls(n=raw["n"], words=raw["words"], notes=tuple(raw["notes"]), links=links)


@dataclass
class Reading:
    """What the reader returned for one document, and which of its values a flow has read."""

    raw: Mapping[str, Any]
    document: Document
    consumed: set[int] = field(default_factory=set)

    @property
    def lines(self) -> Sequence[str]:
        """Visible text, line by line."""
        lines: Sequence[str] = self.raw["lines"]
        return lines


class Record:
    """Labelled values that belong together: the fields of a section, or one row of a table.

    Every getter takes the label as displayed. A label that is missing raises
    :class:`~harvester.errors.PortalChanged`, or is *not shown* where ``optional``; one that stands
    twice always raises. ``echo`` is what the page must say to be the page that was asked for:
    anything else raises :class:`~harvester.errors.WrongPage`.
    """

    def __init__(self, reading: Reading, path: tuple[str, ...], cells: Sequence[tuple[str, Cell]]) -> None:
        self._reading = reading
        self._path = path
        self._cells = cells

    def cell(self, name: str, *, optional: bool = False) -> Cell | None:
        """Return the value as displayed, or ``None`` where an optional label is missing."""
        found = [cell for words, cell in self._cells if label(words) == label(name)]
        if len(found) > 1:
            raise PortalChanged(f"“{name}” stands {len(found)} times", where=self._where(name))
        if not found:
            if optional:
                return None
            raise PortalChanged(f"“{name}” is missing", where=self._where(name))
        self._reading.consumed.add(found[0].n)
        return found[0]

    def place(self, name: str, cell: Cell) -> Place:
        """Return where a value of this record stands."""
        return Place(document=self._reading.document.sha256, path=(*self._path, name), mark=cell.n)

    def text(self, name: str, *, echo: str | None = None, optional: bool = False) -> Shown[str]:
        """Read words."""
        shown = self._shown(name, values.text, optional)
        if echo is not None and (shown.value or "").casefold() != folded(echo).casefold():
            raise WrongPage(f"“{name}” is not the one asked for", where=self._where(name))
        return shown

    def money(self, name: str, *, optional: bool = False) -> Shown[Decimal]:
        """Read US dollars."""
        return self._shown(name, values.money, optional)

    def day(self, name: str, *, echo: date | None = None, optional: bool = False) -> Shown[date]:
        """Read a date."""
        shown = self._shown(name, values.day, optional)
        if echo is not None and shown.value != echo:
            raise WrongPage(f"“{name}” is not the one asked for", where=self._where(name))
        return shown

    def share(self, name: str, *, optional: bool = False) -> Shown[Decimal]:
        """Read a percentage as a fraction between 0 and 1."""
        return self._shown(name, values.share, optional)

    def count(self, name: str, *, optional: bool = False) -> Shown[int]:
        """Read a whole number."""
        return self._shown(name, values.count, optional)

    def quantity(self, name: str, *, optional: bool = False) -> Shown[Decimal]:
        """Read a number of units."""
        return self._shown(name, values.quantity, optional)

    def mapped(self, name: str, table: Mapping[str, T], *, optional: bool = False) -> Shown[T]:
        """Read words through an exact, declared table; a word not in it is unreadable."""
        return self._shown(name, lambda words, place: values.mapped(words, table, place), optional)

    def flag(self, name: str, *, optional: bool = False) -> Shown[bool]:
        """Read Yes or No."""
        return self.mapped(name, values.YES_NO, optional=optional)

    def link(self, name: str, words: str | None = None) -> str:
        """Return the address of the one link in a value, or of the one with these words."""
        cell = self.cell(name)
        links = [to for said, to in (cell.links if cell else ()) if words is None or folded(said) == words]
        if len(links) != 1:
            raise PortalChanged(f"“{name}” has {len(links)} links, not one", where=self._where(name))
        return links[0]

    def _shown(self, name: str, read: Any, optional: bool) -> Shown[Any]:
        cell = self.cell(name, optional=optional)
        if cell is None:
            return Shown.not_shown()
        shown: Shown[Any] = read(cell.words, self.place(name, cell))
        return shown

    def _where(self, name: str) -> str:
        return " › ".join((self._reading.document.path, *self._path, name))


@dataclass(frozen=True)
class Table:
    """A table's rows, and the words of rows that span it."""

    rows: tuple[Record, ...]
    spans: tuple[str, ...]
    foot: tuple[Record, ...]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Region:
    """A document, or the part of it under a heading."""

    def __init__(self, reading: Reading, path: tuple[str, ...] = ()) -> None:
        self._reading = reading
        self._path = path

    @property
    def document(self) -> Document:
        """The document as it is kept."""
        return self._reading.document

    @property
    def lines(self) -> Sequence[str]:
        """All visible text of the document, line by line."""
        return self._reading.lines

    def section(self, heading: str) -> Region:
        """Return the part under a heading; raises ``PortalChanged`` where there is none."""
        region = Region(self._reading, (*self._path, heading))
        if not self.has(heading):
            raise PortalChanged(f"“{heading}” is missing", where=self._where(heading))
        return region

    def has(self, heading: str) -> bool:
        """Whether there is anything under that heading."""
        below = (*self._path, heading)
        parts = (*self._reading.raw["fields"], *self._reading.raw["tables"])
        return any(_under(part["section"], below) for part in parts)

    def fields(self, heading: str | None = None) -> Record:
        """Return the labelled values of this region, or of the part under a heading."""
        region = self if heading is None else self.section(heading)
        cells = [
            (raw["label"], Cell.of(raw["value"]))
            for raw in self._reading.raw["fields"]
            if _under(raw["section"], region._path)
        ]
        return Record(self._reading, region._path, cells)

    def table(self, heading: str, *, optional: bool = False) -> Table:
        """Return the one table with this caption or under this heading, by its headers.

        Raises ``PortalChanged`` where there is none (unless ``optional``: no rows), more than one, or
        where a row has more or fewer cells than there are headers.
        """
        below = (*self._path, heading)
        found = [raw for raw in self._reading.raw["tables"] if _under(raw["section"], below)]
        if not found and optional:
            return Table(rows=(), spans=(), foot=())
        if len(found) != 1:
            raise PortalChanged(f"{len(found)} tables “{heading}”, not one", where=self._where(heading))
        headers = found[0]["headers"]

        def rows(raw_rows: Sequence[Sequence[Any]]) -> tuple[Record, ...]:
            made = []
            for number, raw in enumerate(raw_rows, start=1):
                if len(raw) != len(headers):
                    raise PortalChanged(
                        f"row {number} has {len(raw)} cells under {len(headers)} headers",
                        where=self._where(heading),
                    )
                cells = [(header, Cell.of(cell)) for header, cell in zip(headers, raw, strict=True)]
                made.append(Record(self._reading, (*below, str(number)), cells))
            return tuple(made)

        return Table(rows=rows(found[0]["rows"]), spans=tuple(found[0]["spans"]), foot=rows(found[0]["foot"]))

    def after(self, words: str) -> str | None:
        """Return what follows these words in the one visible line that begins with them, else ``None``."""
        found = [line for line in self._reading.lines if line.casefold().startswith(words.casefold())]
        return folded(found[0][len(words) :]) if len(found) == 1 else None

    def says(self, words: str) -> bool:
        """Whether a visible line contains these words, compared without case."""
        wanted = folded(words).casefold()
        return any(wanted in folded(line).casefold() for line in self._reading.lines)

    def form(self, *labels: str) -> Mapping[str, Any]:
        """Return the one form that has controls with all these labels."""
        wanted = {label(words) for words in labels}
        found: list[Mapping[str, Any]] = [
            form
            for form in self._reading.raw["forms"]
            if wanted <= {label(control["label"]) for control in form["controls"]}
        ]
        if len(found) != 1:
            raise PortalChanged(
                f"{len(found)} forms with {', '.join(labels)}, not one", where=self._where("")
            )
        return found[0]

    @property
    def unread(self) -> tuple[Unmapped, ...]:
        """Everything labelled in this region that was not read, so that it is kept and can be seen."""
        raw, consumed = self._reading.raw, self._reading.consumed
        left = [
            Unmapped(path=(*part["section"], part["label"]), words=folded(part["value"]["words"]))
            for part in raw["fields"]
            if _under(part["section"], self._path) and part["value"]["n"] not in consumed
        ]
        for part in raw["tables"]:
            if not _under(part["section"], self._path):
                continue
            for column, header in enumerate(part["headers"]):
                cells = [row[column] for row in part["rows"] if len(row) > column and row[column]]
                if header and cells and not any(cell["n"] in consumed for cell in cells):
                    words = " | ".join(folded(cell["words"]) for cell in cells)
                    left.append(Unmapped(path=(*part["section"], header), words=words))
        return tuple(left)

    def _where(self, name: str) -> str:
        return " › ".join(part for part in (self._reading.document.path, *self._path, name) if part)


def _under(section: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the headings of ``path`` are among those of ``section``, in order."""
    names = iter(label(words) for words in section)
    return all(label(wanted) in names for wanted in path)
