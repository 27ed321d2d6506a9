"""A read document and its parts: values by label and header, each with the place where it stood."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from harvester.errors import NotOnFile, PortalChanged, WrongPage
from harvester.model.codes import Code, is_code
from harvester.model.shown import Place, Shown, State, Unmapped
from harvester.model.snapshot import Document
from harvester.reading import values
from harvester.reading.common import TABLES
from harvester.reading.values import folded

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@lru_cache(maxsize=4096)
def label(words: str) -> str:
    """Return a label as it is compared: without case, required mark, colon and extra space."""
    return folded(words.replace("*", " ")).rstrip(":： ").casefold()


@dataclass(frozen=True)
class Cell:
    """One displayed value: its number in the kept document, words and footnote marks."""

    n: int
    words: str
    notes: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    """The headings above it, outermost first."""

    @classmethod
    def of(cls, raw: Mapping[str, Any] | None, under: Sequence[str] = ()) -> Cell:
        """Build from the reader's answer; a cell that is missing in its row is an empty one."""
        if raw is None:
            return cls(n=0, words="", under=tuple(under))
        return cls(raw["n"], raw["words"], tuple(raw["notes"]), tuple(under))


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


def _code(system: str, words: str, legend: Mapping[str, str | None] | None = None) -> Code | None:
    if not is_code(system, words):
        return None
    return Code(system=system, code=words, text=(legend or {}).get(words))


_GETTERS = {str: "text", Decimal: "money", date: "day", int: "count", bool: "flag"}


@cache
def _shown(model: type[BaseModel], name: str) -> Any:
    """Return what a field of type ``Shown[…]`` is of, ``None`` for a field of another type."""
    shown = model.model_fields[name].annotation
    if isinstance(shown, type) and issubclass(shown, Shown):
        return shown.__pydantic_generic_metadata__["args"][0]
    return None


@cache
def _getter(model: type[BaseModel], name: str) -> str | None:
    """Return how a field is read by a label alone, if it can be."""
    said = [word for word in model.model_fields[name].metadata if isinstance(word, str)]
    return said[0] if said else _GETTERS.get(_shown(model, name))


@cache
def _by_field(labels: str) -> dict[str, str]:
    """Return the labels of ``"Plan name | payer_name=Insurer"`` by field: named, or called like it."""
    named = [folded(part).rpartition("=") for part in labels.split("|") if part.strip()]
    return {
        field or re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_"): words for field, _, words in named
    }


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

    def has(self, name: str) -> bool:
        """Whether the label is there."""
        return any(label(words) == label(name) for words, _ in self._cells)

    def cell(self, name: str) -> Cell:
        """Return the value as displayed."""
        cell = self._cell(name)
        self._reading.consumed.add(cell.n)
        return cell

    def _cell(self, name: str) -> Cell:
        found = [cell for words, cell in self._cells if label(words) == label(name)]
        if len(found) != 1:
            times = "is missing" if not found else f"stands {len(found)} times"
            raise PortalChanged(f"“{name}” {times}", where=self._where(name))
        return found[0]

    def says(self, name: str) -> str:
        """Return the words of a value, white space folded, to choose by: it does not count as read."""
        return folded(self._cell(name).words)

    @property
    def path(self) -> str:
        """Where the record stands, for a person."""
        return " › ".join((self._reading.document.path, *self._path))

    def place(self, name: str, cell: Cell) -> Place:
        """Return where a value of this record stands."""
        path = (*(cell.under or self._path), name)
        return Place(document=self._reading.document.sha256, path=path, mark=cell.n)

    @property
    def below(self) -> Region:
        """What is expanded under this row of a table, in a row of its own."""
        return Region(self._reading, self._path)

    def into(self, model: type[M], labels: str = "", /, **fields: object) -> M:
        """Fill a model of :mod:`harvester.model`: each field by the label that it stands under.

        ``labels`` are called like their fields or have them named: ``"End date | payer_name=Insurer"``. Each
        is read as the field's type says: words, US dollars, a date, a percentage, a number, yes or no, or a
        code by the words that every portal has for it (:mod:`harvester.reading.common`). The others are
        named: ``copay="Copay amount"``. ``status=("Status", STATUS)`` goes through an exact, declared table,
        ``procedure=("Service", PROCEDURE)`` and ``("Service", PROCEDURE, legend)`` are codes of a system; a
        legend may be the label of what the code means: ``("Code", DIAGNOSIS, "Description")``. A function is
        given this record. A region, or several, stands for what is left unread there when everything else has
        been read. Anything else is taken as it is.
        """
        filled = {
            name: self._filled(model, name, found) for name, found in (_by_field(labels) | fields).items()
        }
        pages = {name: found if isinstance(found, tuple) else (found,) for name, found in fields.items()}
        left = {
            name: unread(*found)
            for name, found in pages.items()
            if found and all(isinstance(one, Region) for one in found)
        }
        return model(**filled | left)

    def _filled(self, model: type[BaseModel], name: str, found: Any) -> object:
        getter, of = _getter(model, name), _shown(model, name)
        match found:
            case str() if getter is not None:
                return getattr(self, getter)(found)
            case str() if of in TABLES:
                return self.mapped(found, TABLES[of])
            case (str(words), Mapping() as table):
                return self.mapped(words, table) if of is not None else self.one_of(words, table)
            case (str(words), str(system), *legend):
                return (self.code if of is Code else self.codes)(words, system, *legend)
        return found(self) if callable(found) else found

    def text(
        self, name: str, *, echo: str | None = None, none: str | None = None, optional: bool = False
    ) -> Shown[str]:
        """Read words; ``none`` are the portal's own for *there is no such thing*."""
        # What was asked is compared as it stands; it may be a date.
        read = values.text if echo is None else lambda words, place: values.read(words, place, str)
        shown = self._shown(name, read, optional)
        if echo is not None and folded(shown.words or "").casefold() != folded(echo).casefold():
            raise WrongPage(f"“{name}” is not the one asked for", where=self._where(name))
        return Shown[str].none(shown.words, shown.place) if none and shown.words == none else shown

    def money(self, name: str, *, optional: bool = False) -> Shown[Decimal]:
        """Read US dollars."""
        return self._shown(name, values.money, optional)

    def day(self, name: str, *, echo: date | None = None, optional: bool = False) -> Shown[date]:
        """Read a date."""
        shown = self._shown(name, values.day, optional)
        if shown.state is State.UNREADABLE and re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", shown.words or ""):
            # Days stand before months, or worse: the other dates of the page would be read wrong.
            raise PortalChanged(f"“{name}” is no date", where=self._where(name))
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

    def one_of(self, name: str, table: Mapping[str, T]) -> T:
        """Return what the words stand for where they must be in the table; else ``PortalChanged``."""
        shown = self.mapped(name, table)
        if shown.value is None:
            raise PortalChanged(f"“{name}” is none of the known words", where=self._where(name))
        return shown.value

    def days(self, name: str, *, separator: str = " - ") -> tuple[Shown[date], Shown[date]]:
        """Read the first and the last day of a span; one day is both."""
        cell = self.cell(name)
        first, _, last = folded(cell.words).partition(separator)
        place = self.place(name, cell)
        return values.day(first, place), values.day(last or first, place)

    def flag(self, name: str, *, optional: bool = False) -> Shown[bool]:
        """Read Yes or No."""
        return self.mapped(name, values.YES_NO, optional=optional)

    def code(
        self, name: str, system: str, legend: Mapping[str, str | None] | str | None = None
    ) -> Shown[Code]:
        """Read one code of a system; ``legend`` is what the portal says that its codes mean, or its label."""
        meanings = {self.says(name): self.text(legend).value} if isinstance(legend, str) else legend

        def grammar(words: str) -> Code | None:
            return _code(system, words, meanings)

        return self.read(name, grammar)

    def codes(
        self,
        name: str,
        system: str,
        legend: Mapping[str, str | None] | None = None,
        *,
        separator: str = ",",
    ) -> tuple[Shown[Code], ...]:
        """Read a list of codes of a system; none where the value is blank."""
        cell = self.cell(name)
        words = [folded(part) for part in cell.words.split(separator)] if cell.words else []
        place = self.place(name, cell)
        return tuple(values.read(word, place, lambda one: _code(system, one, legend)) for word in words)

    def split(self, name: str, pattern: str) -> Record:
        r"""Return the named groups of a pattern that a value has as values of their own.

        ``row.split("Visits used", r"(?P<used>\d+) of (?P<allowed>\d+)").count("used")``. Raises
        ``PortalChanged`` where the value does not have the pattern.
        """
        return self._split(name, self.cell(name).words, pattern)

    def each(self, name: str, pattern: str, *, separator: str = ";") -> tuple[Record, ...]:
        """Split a value that is a list, as :meth:`split` does each part; none where it is blank."""
        parts = [part for part in self.cell(name).words.split(separator) if part.strip()]
        return tuple(self._split(name, part, pattern) for part in parts)

    def _split(self, name: str, words: str, pattern: str) -> Record:
        match = re.fullmatch(pattern, folded(words), re.ASCII)
        if match is None:
            raise PortalChanged(f"“{name}” is not written as expected", where=self._where(name))
        groups = {part: found for part, found in match.groupdict().items() if found is not None}
        cell = self.cell(name)
        parts = [(part, replace(cell, words=found)) for part, found in groups.items()]
        return Record(self._reading, (*self._path, name), parts)

    def read(self, name: str, grammar: Callable[[str], T | None], *, optional: bool = False) -> Shown[T]:
        """Read words by a grammar of the flow's own, which returns ``None`` for what it does not cover."""
        return self._shown(name, lambda words, place: values.read(words, place, grammar), optional)

    def _shown(self, name: str, read: Any, optional: bool) -> Shown[Any]:
        if optional and not self.has(name):
            return Shown.not_shown()
        cell = self.cell(name)
        shown: Shown[Any] = read(cell.words, self.place(name, cell))
        if shown.state is State.UNREADABLE and values.other_kind(folded(cell.words), read):
            raise PortalChanged(f"“{name}” is of another kind", where=self._where(name))
        return shown

    def _where(self, name: str) -> str:
        return f"{self.path} › {name}"


@dataclass(frozen=True)
class Table:
    """A table's rows, and the words of rows that span it."""

    rows: tuple[Record, ...]
    spans: tuple[str, ...]
    foot: tuple[Record, ...]
    empty: Record
    """A row without a value, for what :meth:`only` does not find."""

    def where(self, name: str, *words: str) -> Table:
        """Return the table with only those rows that have one of these words under a header."""
        return replace(self, rows=tuple(row for row in self.rows if row.says(name) in words))

    def groups(self, *names: str) -> tuple[Table, ...]:
        """Return one table for each combination of words under these headers, in order of appearance."""
        found = dict.fromkeys(tuple(row.says(name) for name in names) for row in self.rows)
        return tuple(
            replace(self, rows=tuple(row for row in self.rows if tuple(map(row.says, names)) == words))
            for words in found
        )

    def only(self, name: str, words: str, *, optional: bool = False) -> Record:
        """Return the one row with these words under a header; where ``optional``, else :attr:`empty`.

        Raises ``PortalChanged`` where there are several, or none that is not optional.
        """
        rows = self.where(name, words).rows
        if not rows and optional:
            return self.empty
        if len(rows) != 1:
            raise PortalChanged(f"{len(rows)} rows with “{name}” {words}, not one", where=self.empty.path)
        rows[0].cell(name)
        return rows[0]

    def legend(
        self, codes: str, meanings: str, *, of: tuple[str, str] | None = None
    ) -> dict[str, str | None]:
        """Return what the codes under one header mean, as another says.

        ``of`` is a header and its words in the rows that count: ``("List", "Remark")``.
        """
        rows = [row for row in self.rows if of is None or folded(row.cell(of[0]).words) == of[1]]
        return {folded(row.cell(codes).words): row.text(meanings).value for row in rows}

    def each(self, model: type[M], labels: str = "", /, **fields: object) -> tuple[M, ...]:
        """Fill one model for each row, as :meth:`Record.into` does."""
        return tuple(row.into(model, labels, **fields) for row in self.rows)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Region:
    """A document, or the part of it under a heading."""

    def __init__(self, reading: Reading, path: tuple[str, ...] = (), heading: int | None = None) -> None:
        self._reading = reading
        self._path = path
        self._heading = heading

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
        if not self.has(heading):
            raise PortalChanged(f"“{heading}” is missing", where=self._where(heading))
        return Region(self._reading, (*self._path, heading), self._heading)

    def has(self, heading: str) -> bool:
        """Whether there is anything labelled, a table or a list under that heading."""
        return any(self._parts(kind, heading) for kind in ("fields", "tables", "lists"))

    def parts(self, heading: str) -> tuple[Region, ...]:
        """Return the parts under a heading that have a heading of their own, in order.

        Two parts may have the same heading, such as two prior plans.
        """
        below = (*self._path, heading)
        own: dict[int, str] = {}
        for kind in ("fields", "tables", "lists"):
            for part in self._parts(kind, heading):
                at = next(n for n, words in enumerate(part["section"]) if label(words) == label(heading)) + 1
                if at < len(part["under"]):
                    own[part["under"][at]] = part["section"][at]
        return tuple(Region(self._reading, (*below, own[number]), number) for number in sorted(own))

    def each(self, heading: str, model: type[M], labels: str = "", /, **fields: object) -> tuple[M, ...]:
        """Fill one model for each of the :meth:`parts` under a heading, as :meth:`Record.into` does."""
        return tuple(part.fields().into(model, labels, **fields) for part in self.parts(heading))

    def items(self, heading: str, *, optional: bool = False) -> tuple[Shown[str], ...]:
        """Return the items of the one list under a heading, as words."""
        found = self._right_under("lists", heading)
        if not found and optional and not self._headed(heading):
            return ()
        if len(found) != 1:
            raise PortalChanged(f"{len(found)} lists “{heading}”, not one", where=self._where(heading))
        shown = []
        for number, raw in enumerate(found[0]["items"], start=1):
            cell = Cell.of(raw)
            self._reading.consumed.add(cell.n)
            path = (*self._path, heading, str(number))
            place = Place(document=self._reading.document.sha256, path=path, mark=cell.n)
            shown.append(values.text(cell.words, place))
        return tuple(shown)

    def fields(self, *headings: str) -> Record:
        """Return the labelled values of this region, or of the parts under these headings together."""
        regions = tuple(map(self.section, headings)) or (self,)
        parts = {id(raw): raw for region in regions for raw in region._parts("fields")}
        cells = [(raw["label"], Cell.of(raw["value"], raw["section"])) for raw in parts.values()]
        return Record(self._reading, (regions[0] if len(regions) == 1 else self)._path, cells)

    def table(self, heading: str, *, optional: bool = False) -> Table:
        """Return the one table with this caption or right under this heading, by its headers.

        Raises ``PortalChanged`` where there is none (unless ``optional``: no rows), more than one, or
        where a row has more or fewer cells than there are headers.
        """
        below = (*self._path, heading)
        empty = Record(self._reading, below, ())
        found = self._right_under("tables", heading)
        if not found and optional and not self._headed(heading):
            return Table(rows=(), spans=(), foot=(), empty=empty)
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
                under = (*found[0]["section"], str(number))
                cells = [(header, Cell.of(cell, under)) for header, cell in zip(headers, raw, strict=True)]
                made.append(Record(self._reading, (*below, str(number)), cells))
            return tuple(made)

        return Table(
            rows=rows(found[0]["rows"]),
            spans=tuple(found[0]["spans"]),
            foot=rows(found[0]["foot"]),
            empty=empty,
        )

    def stated(self, pattern: str) -> Shown[int]:
        r"""Return the number in the one visible line that is like ``Showing \d+-\d+ of (\d+) claims``."""
        lines = [folded(line) for line in self._reading.lines]
        found = [match for line in lines if (match := re.fullmatch(pattern, line, re.ASCII))]
        if len(found) != 1:
            raise PortalChanged(f"{len(found)} lines say how many there are, not one", where=self._where(""))
        place = Place(document=self._reading.document.sha256, path=self._path, mark=0)
        return values.count(found[0][1], place).model_copy(update={"words": found[0][0]})

    @property
    def banner(self) -> Record:
        """What is labelled above the first heading of the document: whose session it is, for whom."""
        raw = [part for part in self._reading.raw["fields"] if not part["section"]]
        return Record(self._reading, (), [(part["label"], Cell.of(part["value"])) for part in raw])

    def answers(self, heading: str, filled: Mapping[str, str]) -> Record:
        """Return what the part under a heading says was asked, sure that it is this and nothing else."""
        asked = self.fields(heading)
        for name, words in filled.items():
            asked.text(name, echo=words)
        return asked

    def goal(self, words: str) -> str:
        """Return the address of the document's one visible link with these words; there has to be one."""
        if (path := self.link(words)) is None:
            raise PortalChanged(f"no link “{words}”", where=self._where(words))
        return path

    def link(self, words: str) -> str | None:
        """Return the address of the document's one visible link with these words, or ``None``."""
        found = {link["path"] for link in self._reading.raw["links"] if folded(link["words"]) == words}
        if len(found) > 1:
            raise PortalChanged(f"{len(found)} links “{words}”, not one", where=self._where(words))
        return found.pop() if found else None

    def none_if_says(self, words: str) -> None:
        """Raise ``NotOnFile`` where a visible line contains these words; check the echo before."""
        if said := self.says(words):
            raise NotOnFile(said, where=self._reading.document.path)

    def says(self, words: str) -> str | None:
        """Return the first visible line that contains these words, or ``None``."""
        wanted = folded(words).casefold()
        return next((said for line in self.lines if wanted in (said := folded(line)).casefold()), None)

    def form(self, *labels: str) -> Mapping[str, Any]:
        """Return the one form that has controls with all these labels."""
        wanted = {label(words) for words in labels}
        found: list[Mapping[str, Any]] = [
            form
            for form in self._reading.raw["forms"]
            if wanted <= {label(control["group"] or control["label"]) for control in form["controls"]}
        ]
        if len(found) != 1:
            controls = [control for form in self._reading.raw["forms"] for control in form["controls"]]
            there = {label(control["group"] or control["label"]) for control in controls}
            missing = next((words for words in labels if label(words) not in there), labels[0])
            raise PortalChanged(
                f"{len(found)} forms ask for “{missing}”, not one", where=self._where(missing)
            )
        return found[0]

    @property
    def unread(self) -> tuple[Unmapped, ...]:
        """Everything labelled in this region that was not read, so that it is kept and can be seen.

        The :attr:`banner` of a page with headings is about the session, and left out.
        """
        consumed, headed = self._reading.consumed, bool(self._reading.raw["headings"])
        left = [
            Unmapped(
                path=(*part["section"], part["label"].rstrip(":* ")), words=folded(part["value"]["words"])
            )
            for part in self._parts("fields")
            if part["value"]["n"] not in consumed and (part["section"] or not headed)
        ]
        for part in self._parts("tables"):
            for column, header in enumerate(part["headers"]):
                cells = [row[column] for row in part["rows"] if len(row) > column and row[column]]
                if header and cells and not any(cell["n"] in consumed for cell in cells):
                    words = " | ".join(folded(cell["words"]) for cell in cells)
                    left.append(Unmapped(path=(*part["section"], header), words=words))
            left += _rows_unread(part, consumed)
        return tuple(left)

    def _parts(self, kind: str, heading: str | None = None) -> list[Mapping[str, Any]]:
        path = self._path if heading is None else (*self._path, heading)
        return [
            part
            for part in self._reading.raw[kind]
            if _under(part["section"], path) and self._heading in (None, *part["under"])
        ]

    def _headed(self, heading: str) -> bool:
        """Whether the heading is there, with or without anything under it."""
        return any(label(words) == label(heading) for words in self._reading.raw["headings"])

    def _right_under(self, kind: str, heading: str) -> list[Mapping[str, Any]]:
        """Return the parts whose innermost heading this is, else those anywhere under it."""
        found = self._parts(kind, heading)
        return [part for part in found if label(part["section"][-1]) == label(heading)] or found

    def _where(self, name: str) -> str:
        return " › ".join(part for part in (self._reading.document.path, *self._path, name) if part)


def unread(*pages: Region) -> tuple[Unmapped, ...]:
    """Return what was not read of several pages that are one answer."""
    return tuple(one for page in pages for one in page.unread)


def _rows_unread(table: Mapping[str, Any], consumed: Container[int]) -> Iterator[Unmapped]:
    """Yield the rows of which nothing was read although other rows of the table were."""
    filled = [(number, [cell for cell in row if cell]) for number, row in enumerate(table["rows"], start=1)]
    read = [any(cell["n"] in consumed for cell in cells) for _, cells in filled]
    for (number, cells), done in zip(filled, read, strict=True):
        if any(read) and not done and cells:
            words = " | ".join(folded(cell["words"]) for cell in cells)
            yield Unmapped(path=(*table["section"], str(number)), words=words)


def _under(section: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the headings of ``path`` are among those of ``section``, in order."""
    names = iter(label(words) for words in section)
    return all(label(wanted) in names for wanted in path)
