"""A value as a portal showed it: what it is, in the portal's own words, and where it stood."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

T = TypeVar("T")


class Fact(BaseModel):
    """Root of everything asked and kept: frozen, exact, and silent about its content in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class State(StrEnum):
    """What a portal said of one value; blank, ``--`` and ``$0.00`` are different facts."""

    KNOWN = "known"
    NONE = "none"
    """The portal says that there is none: ``--``, ``N/A``, ``None``, an open end date."""
    NOT_SHOWN = "not_shown"
    """The label is missing, or stands there with nothing, or with a promise such as ``Pending``."""
    UNREADABLE = "unreadable"
    """Something stands there that is not understood; it is kept in words and never guessed."""


class Place(Fact):
    """Where a value stood.

    ``document`` is the SHA-256 (hex) of the document as it was read, under which the evidence is
    kept; ``path`` is the labels that lead to the value, outermost first, e.g.
    ``("Service lines", "2", "Paid")``; ``mark`` is the value's number in the kept document
    (``data-n``).
    """

    document: str
    path: tuple[str, ...]
    mark: int


class Shown(Fact, Generic[T]):
    """One value of a portal page: its state, the value where known, the words, and the place.

    ``words`` is the displayed text with white space folded, ``None`` where no label was found.
    ``value`` is there exactly when ``state`` is known.
    """

    state: State = State.NOT_SHOWN
    value: T | None = None
    words: str | None = None
    place: Place | None = None

    @model_validator(mode="after")
    def _known_has_a_value(self) -> Self:
        if (self.value is not None) != (self.state is State.KNOWN):
            raise ValueError("a value is there exactly when it is known")
        return self

    @classmethod
    def known(cls, value: T, words: str | None = None, place: Place | None = None) -> Self:
        """Return a value the portal states."""
        return cls(state=State.KNOWN, value=value, words=words, place=place)

    @classmethod
    def none(cls, words: str, place: Place | None = None) -> Self:
        """Return the statement that there is no such thing."""
        return cls(state=State.NONE, words=words, place=place)

    @classmethod
    def not_shown(cls, words: str | None = None, place: Place | None = None) -> Self:
        """Return the absence of any statement."""
        return cls(state=State.NOT_SHOWN, words=words, place=place)

    @classmethod
    def unreadable(cls, words: str, place: Place | None = None) -> Self:
        """Return words that stand there and are not understood."""
        return cls(state=State.UNREADABLE, words=words, place=place)


Share = Annotated[Shown[Decimal], "share"]
"""A percentage, as a fraction between 0 and 1; other decimals of the model are US dollars."""

Quantity = Annotated[Shown[Decimal], "quantity"]
"""A number of units."""


class Unmapped(Fact):
    """A label and its words that the flow did not read: kept, so that nothing is lost unseen."""

    path: tuple[str, ...]
    words: str
