"""Documents from a portal: the live page, one fetched inside it, and kept ones read again."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from importlib.resources import files
from typing import Any

from playwright.sync_api import Frame, Page

from harvester.errors import (
    AccountLocked,
    PortalChanged,
    PortalUnavailable,
    SignedOut,
    StaffNeeded,
    Trouble,
)
from harvester.model.remittance import LARGEST_FILE, File
from harvester.model.snapshot import Document
from harvester.reading.region import Reading, Region
from harvester.reading.values import folded


def _file(name: str) -> str:
    return files("harvester.reading").joinpath(name).read_text("utf-8").rstrip().rstrip(";")


# As one string: Playwright would take a structure apart and put it together again value by value,
# which costs more than reading does.
_READER = f"async (request) => JSON.stringify(await ({_file('reader.js')})(request))"

_DOWNLOAD = f"async (request) => JSON.stringify(await ({_file('download.js')})(request))"

_DASH = " — "
_TELEPHONE = re.compile(r"(?<!\d)\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)")

_journal: ContextVar[list[Document] | None] = ContextVar("journal", default=None)


@contextmanager
def journal() -> Iterator[list[Document]]:
    """Collect every document that is read meanwhile, refused ones too, in order."""
    kept: list[Document] = []
    token = _journal.set(kept)
    try:
        yield kept
    finally:
        _journal.reset(token)


def live(page: Page | Frame, signs: Mapping[str, type[Trouble]]) -> Region:
    """Read the page, or the document of a frame, as it is shown now; raises the trouble that it shows."""
    return _region(_read(page, {}), signs)


def fetched(
    page: Page,
    signs: Mapping[str, type[Trouble]],
    *,
    method: str,
    path: str,
    body: list[tuple[str, str]] | None,
    patience: float,
) -> Region:
    """Ask the portal for a document inside the signed-in page and read it without rendering.

    ``patience`` is seconds. Raises the trouble that the answer shows.
    """
    request = {"method": method, "path": path, "body": body, "patience": patience}
    return _region(_read(page, {"fetch": request}), signs)


def downloaded(page: Page, signs: Mapping[str, type[Trouble]], *, path: str, patience: float) -> File:
    """Ask the portal for a file inside the signed-in page.

    At most :data:`~harvester.model.remittance.LARGEST_FILE` bytes; ``patience`` is seconds. Raises the
    trouble that a page shows which comes instead.
    """
    request = {"path": path, "patience": patience, "largest": LARGEST_FILE}
    raw: dict[str, Any] = json.loads(page.evaluate(_DOWNLOAD, request))
    if raw.get("unanswered"):
        raise PortalUnavailable("no answer", where=path)
    if raw.get("elsewhere"):
        raise PortalChanged("the answer came from another site", where=path)
    if refusal := _refusal(raw["status"], path):
        raise refusal
    if raw.get("tooLarge"):
        raise PortalChanged(f"the file is larger than {LARGEST_FILE} bytes", where=path)
    content = b64decode(raw["content"])
    if raw["html"]:
        shown = _read(page, {"html": content.decode("utf-8", "replace")})
        _region(shown | {"path": path, "status": raw["status"]}, signs)
        raise PortalChanged("a page came instead of the file", where=path)
    return File.of(content, raw["name"])


def kept(page: Page, document: Document) -> Region:
    """Read a kept document again, in any page; values stand where they stood."""
    return _region(_read(page, {"html": document.html}) | {"path": document.path}, {})


def gathered(
    page: Page | Frame, caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]]
) -> Region:
    """Read a table of which only parts stood in the document at a time, as if all of it had."""

    def line(tag: str, words: Sequence[str]) -> str:
        cells = (escape(cell).replace("\n", "<br>") for cell in words)
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    table = f"<caption>{escape(caption)}</caption><thead>{line('th', headers)}</thead><tbody>{body}</tbody>"
    return _region(_read(page, {"html": f"<!doctype html><table>{table}</table>"}), {})


def _read(page: Page | Frame, request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.evaluate(_READER, request))
    return found


def _region(raw: Mapping[str, Any], signs: Mapping[str, type[Trouble]]) -> Region:
    path = raw["path"]
    if raw.get("unanswered"):
        raise PortalUnavailable("no answer", where=path)
    if raw.get("elsewhere"):
        raise PortalChanged("the answer came from another site", where=path)
    if raw.get("notHtml"):
        raise _refusal(raw["status"], path) or PortalChanged("the answer is not a page", where=path)
    document = Document.of(raw["html"], path)
    if (journal := _journal.get()) is not None and not raw["wantsPassword"]:
        journal.append(document)
    if trouble := trouble_in(raw["lines"], signs):
        trouble.where = path
        raise trouble
    if refusal := _refusal(raw["status"], path):
        raise refusal
    if raw["wantsPassword"]:
        raise SignedOut("the portal asks to sign in", where=path)
    return Region(Reading(raw=raw, document=document))


def _refusal(status: int, path: str) -> Trouble | None:
    if status >= 500 or status == 429:
        return PortalUnavailable(f"HTTP {status}", where=path)
    if status in (401, 403, 419, 440):
        return SignedOut(f"HTTP {status}", where=path)
    return PortalChanged(f"HTTP {status}", where=path) if status >= 400 else None


def trouble_in(lines: list[str], signs: Mapping[str, type[Trouble]]) -> Trouble | None:
    """Return the trouble whose sign one of the visible lines contains, with that line as its words.

    What a person acts on is said in full: a heading with the line below it, and where somebody has to be
    called, the line with a telephone number; they stand with dashes between them.
    """
    whole = folded(" ".join(lines)).casefold()
    here = {sign: trouble for sign, trouble in signs.items() if sign.casefold() in whole}
    if not here:
        return None
    shown = [said for line in lines if (said := folded(line))]
    for place, said in enumerate(shown):
        for sign, trouble in here.items():
            if sign.casefold() in said.casefold():
                return trouble(_DASH.join(_in_full(shown, place, trouble)))
    return None


def _in_full(shown: list[str], place: int, trouble: type[Trouble]) -> list[str]:
    said = shown[place : place + 1]
    if not issubclass(trouble, StaffNeeded):
        return said
    if not said[0].endswith((".", "!", "?")):
        said = shown[place : place + 2]
    if issubclass(trouble, AccountLocked) and not any(map(_TELEPHONE.search, said)):
        said += [line for line in shown if _TELEPHONE.search(line)][:1]
    return said
