"""What is due, why, and with whose account; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Literal
from uuid import UUID

from harvester.model.codes import ClaimStatus

AHEAD = timedelta(days=14)
"""How long before an appointment its coverage is looked up."""
WEEK = timedelta(days=7)

FINAL = frozenset(
    {
        ClaimStatus.PAID,
        ClaimStatus.PAID_PARTIAL,
        ClaimStatus.PAID_ZERO,
        ClaimStatus.DENIED,
        ClaimStatus.DENIED_LINE_MIXED,
        ClaimStatus.VOIDED,
        ClaimStatus.CAPITATED,
    }
)
PENDED = frozenset(
    {
        ClaimStatus.PENDED_PROVIDER_INFO,
        ClaimStatus.PENDED_PATIENT_INFO,
        ClaimStatus.PENDED_COB,
        ClaimStatus.PENDED_PAYER,
    }
)


class Urgency(IntEnum):
    """Which waiting lookup a stay takes next: the highest."""

    SETTLED = 10
    OPEN = 20
    PENDED = 30
    NEW = 40
    APPOINTMENT = 50
    PERSON_WAITS = 100


@dataclass(frozen=True)
class Followed:
    """An item of the worklist and what is known of its last look."""

    item: int
    kind: Literal["claim", "appointment"]
    portal: str
    day: date | None = None
    """The day of an appointment."""
    looked: date | None = None
    """The last day on which the portal answered."""
    status: str = ""
    seen: int = 0
    """How often the last answer was seen."""
    refused: bool = False
    """Whether the last look ended on a page that was refused."""


@dataclass(frozen=True)
class Due:
    """A lookup to make, and why."""

    item: int
    portal: str
    reason: str
    urgency: Urgency


@dataclass(frozen=True)
class Hand:
    """An account that may take lookups; ``objection`` says why it may not."""

    account: UUID
    portal: str
    owner: str
    objection: str = ""
    waiting: int = 0
    """Lookups it has to make already."""


@dataclass(frozen=True)
class Assigned:
    """Which account makes which lookup, and which lookups nobody can make and why."""

    taken: tuple[tuple[Due, UUID], ...]
    left: tuple[tuple[Due, str], ...]


def due(items: Iterable[Followed], today: date, ahead: timedelta = AHEAD) -> list[Due]:
    """Return the lookups to make today, the most urgent first."""
    found = []
    for item in items:
        rule = _appointment(item, today, ahead) if item.kind == "appointment" else _claim(item, today)
        if rule is not None:
            reason, urgency = rule
            found.append(Due(item.item, item.portal, reason, urgency))
    return sorted(found, key=lambda one: (-one.urgency, one.item))


def why_not(item: Followed, today: date, ahead: timedelta = AHEAD) -> str:
    """Return why an item that :func:`due` leaves out is not due today."""
    if item.kind == "appointment":
        if item.day is None:
            return "the day of the appointment is not known"
        if item.day < today:
            return "the appointment is over"
        if item.day > today + ahead:
            return f"the appointment is in {(item.day - today).days} days: from {item.day - ahead}"
    elif item.looked is not None and item.looked < today:
        return f"{item.status.replace('_', ' ')}, seen twice: again on {item.looked + WEEK}"
    return "looked up today"


def assign(dues: Sequence[Due], hands: Sequence[Hand]) -> Assigned:
    """Spread lookups over the accounts of their portal that may take them, each as many as the others."""
    usable: dict[str, list[Hand]] = {}
    for hand in sorted(hands, key=lambda one: one.account):
        if not hand.objection:
            usable.setdefault(hand.portal, []).append(hand)
    load = {hand.account: hand.waiting for hand in hands}
    taken, left = [], []
    for one in dues:
        candidates = usable.get(one.portal)
        if not candidates:
            left.append((one, _why_nobody(one.portal, hands)))
            continue
        account = min(candidates, key=lambda hand: load[hand.account]).account
        load[account] += 1
        taken.append((one, account))
    return Assigned(tuple(taken), tuple(left))


def _claim(item: Followed, today: date) -> tuple[str, Urgency] | None:
    if item.refused:
        return "the page was refused last time", Urgency.NEW
    if item.looked is None:
        return "never looked up", Urgency.NEW
    if item.looked >= today:
        return None
    if item.status in PENDED:
        return "waits for documents or information: looked up daily", Urgency.PENDED
    if item.status not in FINAL:
        return "open: looked up daily", Urgency.OPEN
    if item.seen < 2:
        return f"{item.status}, seen once: looked up again", Urgency.OPEN
    if today - item.looked >= WEEK:
        return f"{item.status}, unchanged: looked up weekly", Urgency.SETTLED
    return None


def _appointment(item: Followed, today: date, ahead: timedelta) -> tuple[str, Urgency] | None:
    if item.day is None or not today <= item.day <= today + ahead:
        return None
    if item.looked is not None and item.looked >= today and not item.refused:
        return None
    days = (item.day - today).days
    when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"appointment {when}", Urgency.APPOINTMENT


def _why_nobody(portal: str, hands: Sequence[Hand]) -> str:
    if not portal:
        return "no installed flow knows the payer"
    objections: Mapping[str, str] = {
        hand.owner: hand.objection for hand in hands if hand.portal == portal and hand.objection
    }
    if not objections:
        return f"nobody has an account at {portal}"
    said = "; ".join(f"{owner}: {objection}" for owner, objection in sorted(objections.items()))
    return f"no account at {portal} can be used ({said})"
