"""What an 835 says of itself: which payments it remits. Nothing else of a file is read here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

_READ = b"GS|ST|BPR|TRN|SE"
"""The segments that say it; all others are passed over."""


class Remitted(NamedTuple):
    """One 835 transaction: TRN02, and BPR02 in US dollars."""

    number: str
    amount: Decimal


def remitted(content: bytes) -> tuple[Remitted, ...]:
    """Return the payments of an 835 file; raises ``ValueError``, one sentence, where it is none."""
    found: list[Remitted] = []
    amount: Decimal | None = None
    ended = 0
    for segment in _segments(content):
        match segment:
            case ["GS", code, *_] if code != "HP":
                raise ValueError("the file holds something else than remittances")
            case ["ST", code, *_] if code != "835":
                raise ValueError("the file holds something else than remittances")
            case ["BPR", _, said, *_]:
                amount = _money(said)
            case ["TRN", _, number, *_] if amount is not None:
                found.append(Remitted(number, amount))
                amount = None
            case ["SE", *_]:
                ended += 1
    if not found or ended != len(found):
        raise ValueError("the file does not hold whole remittances")
    return tuple(found)


def _segments(content: bytes) -> Iterator[list[str]]:
    """Yield the segments that are read, in elements; what parts them stands in the ISA."""
    separator = content[3:4]
    header = content[:200].split(separator, 16) if content.startswith(b"ISA") and separator else []
    terminator = header[16][1:2] if len(header) == 17 else b""
    if not terminator or terminator.isalnum() or separator.isalnum():
        raise ValueError("the file does not begin as X12 does")
    part, end = re.escape(separator), re.escape(terminator)
    for segment in re.finditer(rb"%b\s*((?:%b)%b[^%b]*)" % (end, _READ, part, end), content):
        yield [element.decode(errors="replace").strip() for element in segment[1].split(separator)]


def _money(said: str) -> Decimal:
    try:
        found = Decimal(said)
    except InvalidOperation:
        raise ValueError("the file does not say what was paid") from None
    if not found.is_finite():
        raise ValueError("the file does not say what was paid")
    return found
