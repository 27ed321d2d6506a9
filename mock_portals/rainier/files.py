"""RainierCare's own files: claim numbers, nominal copays, and other coverage over the years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from mock_portals.book import Book, ClaimFile, Cover, Member, OtherPayer, Stage, book
from mock_portals.cast import BASE_DATE, Cast

DAY = timedelta(days=1)
PREFIX = "RC"
SERIES = "R"
PLANS = (
    ("Foothill Adult Medicaid", "HMO", ""),
    ("Foothill Family Medicaid", "HMO", ""),
    ("Subalpine Children's Coverage", "HMO", ""),
    ("Timberline Expansion", "HMO", ""),
)
_PAYERS = ("Juniper Valley Health", "Blue Lantern Assurance", "Old Ferry Employers Trust")
_KINDS = ("Employer group plan", "Individual policy", "Medicare Advantage", "Court-ordered dependent cover")


def files(cast: Cast) -> Book:
    """Return the plan's book: ICNs for numbers, no deductibles, copays of a few dollars."""
    plain = book(cast, "rainier", PREFIX, PLANS, SERIES)
    numbers = {file.number: _icn(file, place) for place, file in enumerate(plain.claims)}
    members = {member.member_id: _member(member) for member in plain.members}
    claims = {file.number: _claim(file, numbers, members[file.member.member_id]) for file in plain.claims}
    demands = tuple(replace(one, claim=claims[one.claim.number]) for one in plain.demands)
    return Book(tuple(members.values()), tuple(claims.values()), demands)


def _icn(file: ClaimFile, place: int) -> str:
    """Return region, year, day of the year, batch and sequence: ``226288104017``."""
    region = "5" if file.replaces else "1" if int(file.number) % 6 == 0 else "2"
    return f"{region}{file.received:%y%j}{100 + place * 7 % 800:03d}{place:03d}"


def _claim(file: ClaimFile, numbers: dict[str, str], member: Member) -> ClaimFile:
    return replace(
        file,
        number=numbers[file.number],
        member=member,
        replaces=numbers[file.replaces] if file.replaces else None,
        stages=tuple(_stage(stage, numbers) for stage in file.stages),
    )


def _stage(stage: Stage, numbers: dict[str, str]) -> Stage:
    paid = stage.payment
    if paid:
        withheld = (replace(w, reference=numbers.get(w.reference, w.reference)) for w in paid.withheld)
        paid = replace(paid, withheld=tuple(withheld))
    by = numbers[stage.replaced_by] if stage.replaced_by else None
    return replace(stage, payment=paid, replaced_by=by)


def _member(member: Member) -> Member:
    return replace(member, covers=tuple(_cover(cover) for cover in member.covers))


def _cover(cover: Cover) -> Cover:
    shares = tuple(
        replace(share, copay=(share.copay or 0) // 1000 * 100, percent=None, deductible=False)
        for share in cover.shares
    )
    return replace(cover, used=(), shares=shares, fund=None)


@dataclass(frozen=True)
class Other:
    """A payer beside the plan, as the plan heard of it; ``kind`` is what sort of coverage it is."""

    kind: str
    payer: OtherPayer


@dataclass(frozen=True)
class Coordination:
    """What the plan knows of a member's other coverage on a day, newest first."""

    outcome: str
    others: tuple[Other, ...]
    asked: date | None = None
    """When the member was sent a questionnaire."""
    answered: date | None = None


def coordination(cast: Cast, member: Member, day: date) -> Coordination:
    """Return who else pays for a member: one in three has had somebody, some have two who both say first."""
    rng = Random(f"rainier {cast.seed} other {member.member_id}")
    cover = member.on(day)
    now = [Other(rng.choice(_KINDS), other) for other in cover.others]
    past = list(_past(rng, member, rng.choice((0, 0, 1, 2)) if now else rng.choice((0, 0, 0, 1))))
    asked = date(2026, rng.randint(8, 10), rng.randint(1, 28))
    if not now:
        return Coordination("ended" if past else "none_on_file", tuple(past))
    if cover.other == "undetermined":
        if rng.random() < 0.4 and day > BASE_DATE:
            first = replace(now[0].payer, order="P", updated=BASE_DATE)
            found = (replace(now[0], payer=first), *past)
            return Coordination("determined", found, asked, BASE_DATE)
        return Coordination("undetermined", (*now, *past), asked)
    if rng.random() < 0.25:
        again = _payer(rng, member, "P", date(2026, 2, 1), None, date(2026, 10, rng.randint(1, 28)))
        both = (Other(rng.choice(_KINDS), again), replace(now[0], payer=replace(now[0].payer, order="P")))
        return Coordination("conflicting", (*both, *past))
    return Coordination("determined", (*now, *past))


def _past(rng: Random, member: Member, count: int) -> Iterator[Other]:
    last = date(2023, 12, 31)
    for _ in range(count):
        first = last - DAY * rng.randint(200, 700)
        yield Other(
            rng.choice(_KINDS),
            _payer(rng, member, rng.choice("PST"), first, last, last + DAY * rng.randint(3, 60)),
        )
        last = first - DAY * rng.randint(1, 90)


def _payer(
    rng: Random, member: Member, order: str, start: date, end: date | None, updated: date
) -> OtherPayer:
    return OtherPayer(
        order=order,
        payer=rng.choice(_PAYERS),
        policy=f"{rng.choice('JKX')}{rng.randrange(10**7, 10**8)}",
        group=f"{rng.randrange(1000, 9999)}" if rng.random() < 0.6 else "",
        insured=member.patient.name,
        start=start,
        end=end,
        updated=updated,
    )
