"""One value of a page: what it is, and the words that stand there.

A page prints the leaf (its words), the truth tells it whole: the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from markupsafe import Markup, escape
from typing_extensions import override

State = Literal["known", "none", "not_shown", "unreadable"]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A displayed value; ``value`` is its JSON form and there only where it is known."""

    words: str
    state: State
    value: Json = None

    @override
    def __str__(self) -> str:
        return self.words

    def __html__(self) -> Markup:
        return escape(self.words)


def known(value: Json, words: str) -> Leaf:
    return Leaf(words, "known", value)


def text(words: str) -> Leaf:
    """Return words that are the value; blank where there are none."""
    return Leaf(words, "known", words) if words else BLANK


def none(words: str) -> Leaf:
    """Return the statement that there is no such thing (``--``, ``N/A``, ``None``)."""
    return Leaf(words, "none")


def promised(words: str) -> Leaf:
    """Return words that stand where a value will be one day (``Pending``)."""
    return Leaf(words, "not_shown")


BLANK = Leaf("", "not_shown")
"""A label with nothing beside it."""


def decimal(cents: int) -> str:
    """Return cents as an exact decimal string of dollars."""
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))


def us_date(day: date) -> Leaf:
    """Return a day as MM/DD/YYYY."""
    return known(day.isoformat(), day.strftime("%m/%d/%Y"))


def code(system: str, code: str, explanation: str | None = None, words: str | None = None) -> Leaf:
    """Return a code of a system, with the explanation that the portal displays."""
    return known({"system": system, "code": code, "text": explanation}, words or code)


def truth(tree: object) -> Json:
    """Return a page's data as plain JSON; keys that start with ``_`` are for the page alone."""
    if isinstance(tree, Leaf):
        return {"state": tree.state, "value": tree.value, "words": tree.words}
    if isinstance(tree, Mapping):
        return {key: truth(value) for key, value in tree.items() if not key.startswith("_")}
    if isinstance(tree, (list, tuple)):
        return [truth(value) for value in tree]
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    raise TypeError(f"{type(tree).__name__} has no place on a page")
