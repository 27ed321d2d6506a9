"""A health plan behind the broker: what it has on file, and how its site says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from mock_portals.book import Book, ClaimFile, Cover, Member, Stage, book
from mock_portals.cast import Cast, Organization
from mock_portals.shown import Leaf

View = dict[str, Any]

PLANS = (
    ("Summit Choice 1000", "PPO", "Summit Choice"),
    ("Summit Choice 3000", "PPO", "Summit Choice"),
    ("Homestead", "HMO", "Homestead"),
    ("Ridgeline", "EPO", "Ridgeline"),
)
SITES = ("northpeak", "mossbridge")


@dataclass(frozen=True)
class Payer:
    """A plan: its id on claims, how it writes days and tax ids, its words, and its views."""

    site: str
    id: str
    name: str
    day: Callable[[date], Leaf]
    parse: Callable[[str], date | None]
    services: Mapping[str, str]
    eligibility: Callable[[Member, Cover, date], View]
    claim: Callable[[ClaimFile, Stage, date], View]
    coverage_path: str
    list_headers: Sequence[str]
    line_headers: Sequence[str]
    money_headers: tuple[str, str]
    """What was charged and what was paid, in both tables."""
    rows_a_page: int
    as_of: Callable[[date], date]


def whose(member: Member) -> str:
    """Return the site of the plan that insures a member; families stay together."""
    return SITES[member.patient.family % len(SITES)]


@cache
def both(cast: Cast) -> Book:
    """Return the files of both plans."""
    return book(cast, "beaconpass", "", PLANS, "B", whose)


@cache
def of(cast: Cast, site: str) -> Book:
    """Return one plan's files."""
    whole = both(cast)
    return replace(
        whole,
        members=tuple(member for member in whole.members if whose(member) == site),
        claims=tuple(file for file in whole.claims if whose(file.member) == site),
        demands=tuple(demand for demand in whole.demands if whose(demand.claim.member) == site),
    )


def on_file(book: Book, day: date, organization: Organization | None) -> list[tuple[ClaimFile, Stage]]:
    """Return the claims that a plan has on a day, newest days of service first."""
    found = [
        (file, stage)
        for file in book.claims
        if organization in (None, file.organization) and (stage := file.on(day)) is not None
    ]
    return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)
