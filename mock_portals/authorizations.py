"""Prior authorizations and referrals that a payer has on file for its members, and how they move over days.

Facts only; how they are worded is each portal's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from mock_portals.book import Book, Member
from mock_portals.cast import BASE_DATE, Cast, Provider

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Service:
    """A line; ``status`` is approved, partial, denied or pended, units are of ``unit`` (UN or VS)."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    status: str
    start: date
    end: date
    unit: str
    requested: int
    approved: int | None
    """``None`` until it is decided."""
    used: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    name: str
    reference: str
    sent: date


@dataclass(frozen=True, slots=True)
class Decision:
    """An authorization as it stands from ``since`` on.

    ``status``: approved, partial, denied, pended, pended_info, awaiting_decision, cancelled or expired.
    """

    since: date
    status: str
    lines: tuple[Service, ...]
    number: str | None = None
    """The certification number, once there is one."""
    reason: str | None = None
    """missing_notes, criteria_not_met, out_of_network or ``None``."""
    decided: date | None = None
    effective: date | None = None
    expires: date | None = None
    letters: tuple[Letter, ...] = ()

    @property
    def approved(self) -> int | None:
        known = [line.approved for line in self.lines if line.approved is not None]
        return sum(known) if known else None

    @property
    def used(self) -> int:
        return sum(line.used for line in self.lines)


@dataclass(frozen=True, slots=True)
class Authorization:
    """One request and what was decided of it."""

    reference: str
    kind: str
    """authorization or referral."""
    member: Member
    service: str
    """X12 service type code."""
    requesting: Provider
    servicing: Provider
    requested: date
    decisions: tuple[Decision, ...]

    def on(self, day: date) -> Decision | None:
        """Return how it stands on a day; ``None`` while the payer does not have it yet."""
        past = [one for one in self.decisions if one.since <= day]
        return past[-1] if past else None


_KINDS = (
    ("PT", (("97110", ("GP",)), ("97140", ("GP",))), "VS", 12),
    ("62", (("73721", ("RT",)),), "UN", 1),
    ("33", (("98941", ("AT",)),), "VS", 10),
    ("MH", (("90837", ()),), "VS", 20),
)
_STATUSES = (
    ("approved", 9),
    ("partial", 3),
    ("denied", 3),
    ("pended", 3),
    ("pended_info", 3),
    ("awaiting_decision", 2),
    ("cancelled", 1),
    ("expired", 2),
)


def authorizations(cast: Cast, payer: str, book: Book) -> tuple[Authorization, ...]:
    """Return a payer's authorizations: two members in three have one, some two; a few move on day 1."""
    found: list[Authorization] = []
    for index, member in enumerate(book.members):
        rng = Random(f"{payer} {cast.seed} authorization {index}")
        found += (_one(cast, rng, member, number) for number in range((0, 1, 2)[index % 3]))
    return tuple(found)


def of(files: tuple[Authorization, ...], member: Member, day: date) -> list[tuple[Authorization, Decision]]:
    """Return a member's authorizations on a day, newest request first."""
    now = [(one, one.on(day)) for one in files if one.member.member_id == member.member_id]
    known = [(one, decision) for one, decision in now if decision is not None]
    return sorted(known, key=lambda pair: (pair[0].requested, pair[0].reference), reverse=True)


def _one(cast: Cast, rng: Random, member: Member, number: int) -> Authorization:
    service, procedures, unit, units = rng.choice(_KINDS)
    statuses = [status for status, weight in _STATUSES for _ in range(weight)]
    requested = BASE_DATE - DAY * rng.randint(6, 80)
    status = rng.choice(statuses)
    request = Authorization(
        reference=f"SR{rng.randrange(10**7, 10**8)}",
        kind="referral" if number == 1 and rng.random() < 0.4 else "authorization",
        member=member,
        service=service,
        requesting=rng.choice(cast.providers),
        servicing=rng.choice(cast.providers),
        requested=requested,
        decisions=(),
    )
    lines = tuple(
        Service(at, procedure, modifiers, "pended", requested, requested + DAY * 90, unit, units, None)
        for at, (procedure, modifiers) in enumerate(procedures, start=1)
    )
    first = _decided(rng, lines, status, requested)
    return replace(request, decisions=(first, *_moves(rng, first, lines)))


def _decided(rng: Random, lines: tuple[Service, ...], status: str, requested: date) -> Decision:
    if status in ("pended", "pended_info", "awaiting_decision", "cancelled"):
        reason = "missing_notes" if status == "pended_info" else None
        return Decision(requested, status, lines, reason=reason)
    decided = requested + DAY * rng.randint(1, 5)
    number = f"A{rng.randrange(10**8, 10**9)}"
    letter = Letter("Notice of decision", f"L{rng.randrange(10**5, 10**6)}", decided + DAY)
    if status == "denied":
        denied = tuple(replace(line, status="denied", approved=0) for line in lines)
        reason = rng.choice(("criteria_not_met", "out_of_network"))
        return Decision(requested, status, denied, reason=reason, decided=decided, letters=(letter,))
    expires = requested - DAY if status == "expired" else decided + DAY * rng.choice((60, 90, 180))
    begin = expires - DAY * 90 if status == "expired" else decided
    done = []
    for at, line in enumerate(lines):
        short = status == "partial" and (at == len(lines) - 1)
        approved = line.requested // 2 if short else line.requested
        state = "denied" if short and approved == 0 else "partial" if short else "approved"
        used = approved if status == "expired" else rng.randint(0, approved)
        done.append(replace(line, status=state, start=begin, end=expires, approved=approved, used=used))
    return Decision(
        since=requested,
        status=status,
        lines=tuple(done),
        number=number,
        decided=decided,
        effective=begin,
        expires=expires,
        letters=(letter,),
    )


def _moves(rng: Random, first: Decision, lines: tuple[Service, ...]) -> Iterator[Decision]:
    """Decide on day 1 of one in three that wait, and use one unit of one in three that are approved."""
    if rng.random() > 0.34:
        return
    if first.status in ("pended", "awaiting_decision"):
        yield replace(
            _decided(rng, lines, rng.choice(("approved", "denied")), BASE_DATE - DAY * 5),
            since=BASE_DATE + DAY,
        )
    elif first.status == "approved":
        head, *rest = first.lines
        if head.approved is not None and head.used < head.approved:
            yield replace(first, since=BASE_DATE + DAY, lines=(replace(head, used=head.used + 1), *rest))
