"""What every command prints with: 100 columns, plain text where there is no terminal, and JSON.

Whatever a portal or a file said is shown without control characters: it must not move the cursor.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 100
"""Columns that everything fits, and where there is no terminal the width."""

MOST = 40
"""Rows of a list that are shown unless all are asked for."""

T = TypeVar("T")


def console(*, stderr: bool = False) -> Console:
    """Return a console on stdout or stderr."""
    stream = sys.stderr if stderr else sys.stdout
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    width = min(columns, WIDTH) if stream.isatty() else WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def plain(said: object) -> str:
    """Return words without anything that a terminal would act on."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(said))


def text(said: object, style: str = "") -> Text:
    """Return words for the screen."""
    return Text(plain(said), style=style)


def say(said: object, style: str = "", *, by: int = 0, out: Console | None = None) -> None:
    """Print a sentence, ``by`` columns to the right; without that it is one line, which may be copied."""
    what = text(said, style)
    (out or console()).print(indented(what, by) if by else what, soft_wrap=not by)


def indented(what: RenderableType, by: int = 2) -> Padding:
    """Return something further to the right."""
    return Padding(what, (0, 0, 0, by), expand=False)


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table; columns named in ``right`` hold numbers."""
    empty = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        empty.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return empty


def grid(*columns: str) -> Table:
    """Return an empty table without a header; ``right``, ``left`` or ``fold`` for each column."""
    empty = Table.grid(padding=(0, 2, 0, 0))
    for column in columns:
        empty.add_column(
            justify="right" if column == "right" else "left", no_wrap=column != "fold", overflow="fold"
        )
    return empty


def print_rows(
    listed: Table, found: Sequence[T], cells: Callable[[T], Iterable[object]], *, none: str, every: str = ""
) -> None:
    """Print what was found in a table: the first 40 where ``every`` is the command that prints all."""
    shown = found[:MOST] if every else found
    for one in shown:
        listed.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in cells(one)))
    if found:
        console().print(listed)
    else:
        say(none)
    if len(found) > len(shown):
        say(f"… and {len(found) - len(shown)} more: {every}")


def print_json(document: object) -> None:
    """Print one JSON document; dataclasses, models, dates and amounts are what pydantic makes of them."""
    from pydantic_core import to_jsonable_python

    json.dump(to_jsonable_python(document), sys.stdout, indent=1)
    sys.stdout.write("\n")


def complain(sentence: str) -> None:
    """Print one sentence on stderr, on one line."""
    line = plain(" ".join(sentence.split()))
    line = line[:1].upper() + line[1:]
    sys.stderr.write(line + ("" if line.endswith((".", "!", "?", "…")) else ".") + "\n")


def spaced(name: str) -> str:
    """Return ``PortalChanged`` and ``portal_changed`` as “portal changed”."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).replace("_", " ").strip()
