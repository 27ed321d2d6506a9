"""Options and arguments that commands share, and how what is typed becomes a value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer


class Mistake(Exception):
    """What was asked for cannot be done; one sentence."""


def day(said: str) -> date:
    """Read a day; raises ``BadParameter``."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        with suppress(ValueError):
            return datetime.strptime(said, form).date()  # noqa: DTZ007 - a day has no zone
    raise typer.BadParameter("this is not a day; write it as YYYY-MM-DD")


def time_of_day(said: str) -> time:
    """Read a time of day; raises ``BadParameter``."""
    with suppress(ValueError):
        return datetime.strptime(said, "%H:%M").time()  # noqa: DTZ007 - the portal's zone is the portal's
    raise typer.BadParameter("this is not a time of day; write it as 21:30")


def money(said: str) -> Decimal:
    """Read an amount in dollars and cents; raises ``BadParameter``."""
    with suppress(InvalidOperation):
        found = Decimal(said.removeprefix("$").replace(",", ""))
        if found.is_finite() and abs(found) < 10**10 and found == found.quantize(Decimal("0.01")):
            return found
    raise typer.BadParameter("this is not an amount; write it as 120.50")


def _digits(count: int, otherwise: str) -> Callable[[str], str]:
    def digits(said: str) -> str:
        found = said.replace("-", "").strip()
        if len(found) == count and found.isascii() and found.isdigit():
            return found
        raise typer.BadParameter(otherwise)

    return digits


tin = _digits(9, "a tax id has nine digits")
npi = _digits(10, "an NPI has ten digits")


def text(most: int) -> Callable[[str], str]:
    """Return how words of so many letters at most are read, as their column holds them."""

    def words(said: str) -> str:
        if len(said) <= most:
            return said.strip()
        raise typer.BadParameter(f"this has {most} letters at most")

    return words


NOW = date.min
"""Stands for the day on which the command runs."""


def today() -> date:
    """Return the practice's own day."""
    return date.today()  # noqa: DTZ011


def _today(said: str) -> date:
    given = str(said)  # the default comes as it is
    return today() if given == str(NOW) else day(given)


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Today = Annotated[date, typer.Option("--today", parser=_today, metavar="DAY", hidden=True)]
By = Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Who does this.")]
Owner = Annotated[str, typer.Option("--by", metavar="PERSON", help="You, the account's owner.")]
PortalName = Annotated[str, typer.Argument(metavar="PORTAL", help="As `harvester portals` names it.")]
UserName = Annotated[
    str, typer.Argument(metavar="USER", parser=text(150), help="The user name at the portal.")
]
Every = Annotated[bool, typer.Option("--all", help="Every one, not 40.")]
Tin = Annotated[
    str | None, typer.Option("--tin", parser=tin, metavar="TIN", help="The practice's tax id to ask as.")
]
