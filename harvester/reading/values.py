"""Displayed words to typed values: exact grammars, no guesses.

Each function takes the words and their place and returns a :class:`~harvester.model.shown.Shown`:
blank is *not shown*, ``--`` and ``N/A`` are *none*, ``Pending`` is *not shown*, and whatever the
grammar does not cover is *unreadable*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from harvester.model.shown import Place, Shown

T = TypeVar("T")

NOTHING = frozenset({"--", "-", "—", "–", "n/a", "none", "not applicable"})
"""Words that say there is no such value, compared without case."""

LATER = frozenset({"pending", "tbd", "to be determined"})
"""Words that say a value will come."""

OPEN_ENDED = frozenset({date(9999, 12, 31), date(1900, 1, 1), date(1, 1, 1)})
"""Dates that portals show where there is none."""

# Always with cents: $19 with small raised cents beside it would be read as 1,908 dollars or as 19.
_AMOUNT = re.compile(r"\$? ?((?:\d{1,3}(?:,\d{3})+|\d+)?\.\d{2})", re.ASCII)
_DAY_FORMATS = (
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}", re.ASCII), "%m/%d/%Y"),
    (re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "%Y-%m-%d"),
)


def folded(words: str) -> str:
    """Return words with every run of white space, also no-break ones, as one space."""
    return " ".join(words.split())


_NO_WORDS = re.compile(
    r"(…|\.\.\.|[*†‡§¶]|\[\d{1,2}\]|\(\d{1,2}\))$|^(\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d\d-\d\d|-?\$.*|[\d,]*\.\d\d)$",
    re.ASCII,
)
"""Words that were cut short, carry a footnote mark, or are a date or an amount."""


def read(words: str, place: Place | None, grammar: Callable[[str], T | None]) -> Shown[T]:
    """Return what the words say: nothing, none, later, or a value.

    Words on several lines, and those for which ``grammar`` returns ``None``, are unreadable.
    """
    several = "\n" in words.strip()
    words = folded(words)
    if not words or words.casefold() in LATER:
        return Shown[T].not_shown(words, place)
    if words.casefold() in NOTHING:
        return Shown[T].none(words, place)
    value = None if several else grammar(words)
    if value is None:
        return Shown[T].unreadable(words, place)
    return Shown[T].known(value, words, place)


def text(words: str, place: Place | None = None) -> Shown[str]:
    """Read words as they are; what was cut short, or is a date or an amount, is no words."""
    return read(words, place, lambda found: None if _NO_WORDS.search(found) else found)


def money(words: str, place: Place | None = None) -> Shown[Decimal]:
    """Read US dollars: ``$1,234.50``, ``.00``; negative ``(45.00)``, ``-45.00``, ``45.00-``, ``45.00 CR``."""
    return read(words, place, _dollars)


def _dollars(words: str) -> Decimal | None:
    amount = words.replace("−", "-")
    for before, after, sign in (("", "", 1), ("(", ")", -1), ("-", "", -1), ("", "-", -1), ("", "CR", -1)):
        if amount.startswith(before) and amount.endswith(after):
            inner = amount[len(before) : len(amount) - len(after)].strip()
            if match := _AMOUNT.fullmatch(inner):
                return sign * Decimal(match[1].replace(",", ""))
    return None


def day(words: str, place: Place | None = None) -> Shown[date]:
    """Read ``MM/DD/YYYY`` or ``YYYY-MM-DD``; a date that stands for *open ended* is *none*."""
    shown = read(words, place, _date)
    if shown.value in OPEN_ENDED:
        return Shown[date].none(folded(words), place)
    return shown


def _date(words: str) -> date | None:
    for pattern, form in _DAY_FORMATS:
        if pattern.fullmatch(words):
            try:
                return datetime.strptime(words, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                return None
    return None


def share(words: str, place: Place | None = None) -> Shown[Decimal]:
    """Read a percentage such as ``20%`` as a fraction between 0 and 1."""

    def fraction(found: str) -> Decimal | None:
        match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?) ?%", found, re.ASCII)
        value = Decimal(match[1]) / 100 if match else None
        return value if value is not None and value <= 1 else None

    return read(words, place, fraction)


def count(words: str, place: Place | None = None) -> Shown[int]:
    """Read a whole number of zero or more."""
    return read(words, place, lambda found: int(found.replace(",", "")) if _whole(found) else None)


def _whole(words: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d+", words, re.ASCII) is not None


def quantity(words: str, place: Place | None = None) -> Shown[Decimal]:
    """Read a number of units, e.g. ``1``, ``2.5``."""
    return read(
        words,
        place,
        lambda found: Decimal(found) if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", found, re.ASCII) else None,
    )


def mapped(words: str, table: Mapping[str, T], place: Place | None = None) -> Shown[T]:
    """Read words through an exact table; a word that is not in it is unreadable.

    The table goes before everything else, so that it can give ``N/A`` or ``None`` a meaning.
    """
    found = table.get(folded(words))
    return Shown[T].known(found, folded(words), place) if found is not None else read(words, place, table.get)


def other_kind(words: str, reader: Callable[..., Shown[T]]) -> bool:
    """Whether words are a value, but of another kind than the one they are read as: a slipped column."""
    if reader in (money, day, share, count, quantity) and not re.search(r"\d", words):
        return True
    return any(kind is not reader and kind(words).value is not None for kind in (money, day, share))


YES_NO: Mapping[str, bool] = {"Yes": True, "No": False, "Y": True, "N": False}
