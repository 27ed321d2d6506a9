"""What is due, why, and with whose account; pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Literal
from uuid import UUID

from pydantic import ValidationError

from harvester.model.codes import ClaimStatus, OverpaymentStatus
from harvester.model.payment import PaymentList
from harvester.model.portal import LookupKind
from harvester.model.query import ClaimListQuery, OverpaymentsQuery, PaymentsQuery, RemittanceFileQuery
from harvester.office import hazard

AHEAD = timedelta(days=14)
"""How long before an appointment its coverage is looked up."""
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)
"""How long after a payment its file is asked for, where the portal has none yet."""
YEAR = timedelta(days=365)
LEAST = 10
"""So many claims of a tax id, and its list is read before they are."""
FRESH = timedelta(days=3)
"""How long a list says that a claim has not changed."""
SHOWS = timedelta(days=4)
"""How long after it was sent a claim shows at a portal, as a rule."""
LAST_DAYS = timedelta(days=3)
"""How long before a deadline a claim is looked up daily."""
BACK_OFF = ((2 * WEEK, WEEK), (5 * WEEK, 2 * WEEK))
"""Unchanged for less than the first, looked up after the second at the latest; then after three weeks."""
ENOUGH = ((Decimal(1000), 0.10), (Decimal(250), 0.15), (Decimal(), 0.22))
"""For a claim of so many dollars or more, the chance of a change that is worth a lookup."""
LATE = timedelta(days=3)
"""How long after a week its payments are looked up daily: portals list some of them days later."""
WATCHED = 6
"""So many weeks' payments are looked up, the running week with them: checks clear, and are voided."""

NOTHING, RECEIVED = "none", "received"
"""The status of an empty list of payments, demands or authorizations, and of a file that is kept."""

_LONGEST_REST = timedelta(hours=1)
_RESTS = {
    "PortalUnavailable": 5 * MINUTE,
    "StayEnded": MINUTE,
    "AnotherSession": 15 * MINUTE,
    "ClockWrong": 15 * MINUTE,
    "CodeNeeded": 15 * MINUTE,
    "SignedOut": 15 * MINUTE,
    "SourceClosed": 15 * MINUTE,
}
"""How long nobody signs in after a trouble that ends by itself; the next time twice as long."""
_HELPS_NOBODY = frozenset({"Defect", "NotOnFile", "PortalChanged", "WrongPage"})
"""Troubles that are there until somebody mends a flow: not again in the same night."""

Question = PaymentsQuery | OverpaymentsQuery | RemittanceFileQuery | ClaimListQuery
"""What is asked about a tax id of the practice, without an item of the worklist."""

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
    FILE = 15
    OPEN = 20
    PENDED = 30
    NEW = 40
    MONEY = 45
    LIST = 46
    APPOINTMENT = 50
    PERSON_WAITS = 100


_URGENCY: Mapping[str, Urgency] = {"remittance_file": Urgency.FILE, "claim_list": Urgency.LIST}
"""Of a question about a tax id, by its kind, where it is not a question about money."""


@dataclass(frozen=True)
class Followed:
    """What is asked about an item of the worklist, and what is known of its last look."""

    item: int
    kind: Literal["claim", "eligibility", "authorizations"]
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
    tin: str = ""
    """The tax id to ask as; empty: whichever."""
    since: date | None = None
    """The day on which the portal first gave its last answer."""
    submitted: date | None = None
    """When the claim was sent to the payer, where the practice said so."""
    worth: Decimal = Decimal()
    """US dollars that hang on the claim."""
    deadline: date | None = None
    """Until when somebody has to act: documents, an appeal, filing in time."""
    listed: date | None = None
    """The last day on which the portal's list of claims showed it; ``None``: it is on none."""
    moved: bool = False
    """Whether that list showed it otherwise than when it was looked up."""


@dataclass(frozen=True)
class Standing:
    """A question about a tax id, and what is known of its last look."""

    query: Question
    portal: str
    looked: date | None = None
    status: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Due:
    """A lookup to make, and why: about an item, or a query without one."""

    item: int | None
    portal: str
    reason: str
    urgency: Urgency
    kind: LookupKind
    tin: str = ""
    query: Question | None = None
    value: float = 0.0
    """Of two that are as urgent, the one worth more goes first: dollars times the chance of a change."""


@dataclass(frozen=True)
class Hand:
    """An account that may take lookups; ``objection`` says why it may not."""

    account: UUID
    portal: str
    owner: str
    objection: str = ""
    waiting: int = 0
    """Lookups it has to make already."""
    tin: str = ""
    """The tax id that it looks up under."""
    switches: bool = False
    """Whether the portal's flow goes from one tax id to another by itself."""

    def asks_as(self, tin: str) -> bool:
        """Whether it can look up under a tax id; an empty one is any."""
        return self.switches or tin in ("", self.tin)


@dataclass(frozen=True)
class Assigned:
    """Which account makes which lookup, and which lookups nobody can make and why."""

    taken: tuple[tuple[Due, UUID], ...]
    left: tuple[tuple[Due, str], ...]


def due(asked: Iterable[Followed | Standing], today: date, ahead: timedelta = AHEAD) -> list[Due]:
    """Return the lookups to make today, the most urgent first."""
    found = []
    for one in asked:
        if isinstance(one, Standing):
            if (rule := _question(one, today)) is not None:
                query = one.query
                found.append(Due(None, one.portal, *rule, query.kind, query.tin or "", query))
            continue
        rule = _claim(one, today) if one.kind == "claim" else _appointment(one, today, ahead)
        if rule is not None:
            found.append(Due(one.item, one.portal, *rule, one.kind, one.tin, value=_value(one, today)))
    return sorted(found, key=lambda one: (-one.urgency, -one.value, one.item or 0))


def money(carrier: str, tin: str, offers: Container[LookupKind], today: date) -> Iterator[Question]:
    """Yield what is asked of a carrier for a tax id: payments, by the week from Monday on, and demands."""
    of = {"carrier": carrier, "tin": tin or None}
    if "payments" in offers:
        monday = today - today.weekday() * DAY
        for first in (monday - n * WEEK for n in range(WATCHED)):
            days = {"issued_from": first, "issued_to": min(first + 6 * DAY, today)}
            yield PaymentsQuery.model_validate(of | days)
    if "overpayments" in offers:
        yield OverpaymentsQuery.model_validate(of)


def listing(
    carrier: str, tin: str, days: Iterable[tuple[date, date]], today: date
) -> Iterator[ClaimListQuery]:
    """Yield the question for the list of a tax id's claims, where it costs less than to open each of them.

    ``days`` are the first and the last day of service of each claim that is followed.
    """
    lately = [(first, last) for first, last in days if first >= today - YEAR]
    if len(lately) >= LEAST:
        first, last = min(first for first, _ in lately), max(last for _, last in lately)
        yield ClaimListQuery(carrier=carrier, tin=tin or None, service_from=first, service_to=last)


def files(found: PaymentList, asked: PaymentsQuery) -> Iterator[RemittanceFileQuery]:
    """Yield the question for the file of each payment of which enough is known."""
    for payment in found.payments:
        known = {
            "payment_number": payment.number.value,
            "issue_date": payment.issue_date.value,
            "amount": payment.amount.value,
        }
        with suppress(ValidationError):
            yield RemittanceFileQuery.model_validate({"carrier": asked.carrier, "tin": asked.tin} | known)


def rest(trouble: str, streak: int) -> timedelta:
    """Return how long after a stay that ended in trouble nobody signs in again by itself.

    ``streak`` is how many stays in a row ended so, and made no lookup.
    """
    if trouble in _HELPS_NOBODY:
        return timedelta(hours=20)
    if trouble == "ProcessDied":
        return min(MINUTE * ((1 << streak - 1) - 1), _LONGEST_REST)
    return min(_RESTS.get(trouble, timedelta()) * (1 << streak - 1), _LONGEST_REST)


def why_not(item: Followed, today: date, ahead: timedelta = AHEAD) -> str:
    """Return why an item that :func:`due` leaves out is not due today."""
    if item.kind != "claim":
        if item.day is None:
            return "the day of the appointment is not known"
        if item.day < today:
            return "the appointment is over"
        if item.day > today + ahead:
            return f"the appointment is in {(item.day - today).days} days: from {item.day - ahead}"
    elif item.looked is None or item.looked < today:
        again = next(day for day in (today + n * DAY for n in range(1, 99)) if _claim(item, day))
        said = f"{item.status.replace('_', ' ')}, unchanged" if item.looked else f"sent on {item.submitted}"
        if _on_a_list(item, today):
            return f"{said} by the portal's list of {item.listed}"
        return f"{said}: looked up on {again}"
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
        candidates = [hand for hand in usable.get(one.portal, ()) if hand.asks_as(one.tin)]
        if not candidates:
            left.append((one, _why_nobody(one, hands)))
            continue
        account = min(candidates, key=lambda hand: load[hand.account]).account
        load[account] += 1
        taken.append((one, account))
    return Assigned(tuple(taken), tuple(left))


def _claim(item: Followed, today: date) -> tuple[str, Urgency] | None:
    if item.refused:
        return "the page was refused last time", Urgency.NEW
    if item.looked is None:
        if item.submitted is not None and today < item.submitted + SHOWS:
            return None
        return "never looked up", Urgency.NEW
    if item.looked >= today:
        return None
    said = item.status.replace("_", " ")
    if item.deadline is not None and timedelta() <= item.deadline - today <= LAST_DAYS:
        return f"{said}, and somebody has to act until {item.deadline}: looked up daily", Urgency.PENDED
    pressing = Urgency.PENDED if item.status in PENDED else Urgency.OPEN
    on_a_list = _on_a_list(item, today)
    if on_a_list and item.moved:
        return f"{said}, and the portal's list shows something else", pressing
    if item.seen < 2 and not on_a_list:
        return f"{said}, seen once: looked up again", Urgency.OPEN
    final = item.status in FINAL
    longest = MONTH if final else _longest(item.looked - (item.since or item.looked))
    if today - item.looked >= longest:
        words = f"{said}, unchanged: looked up after {longest.days} days at the latest"
        return words, Urgency.SETTLED if final else pressing
    if not final and not on_a_list and _chance(item, today) >= _enough(item.worth):
        return f"{said}: may well have changed", pressing
    return None


def _on_a_list(item: Followed, today: date) -> bool:
    """Return whether the portal's list tells when a claim changes, so that nobody has to look."""
    return item.listed is not None and today - item.listed <= FRESH


def _longest(unchanged: timedelta) -> timedelta:
    """Return after how long a claim is looked up at the latest that has not changed for so long."""
    return next((longest for until, longest in BACK_OFF if unchanged < until), 3 * WEEK)


def _chance(item: Followed, today: date) -> float:
    """Return how likely it is that a claim has changed since it was looked up."""
    if item.looked is None:
        return 1.0
    begun = item.submitted or item.since or item.looked
    return hazard.changed(item.status, (today - begun).days, (today - item.looked).days)


def _enough(worth: Decimal) -> float:
    """Return from which chance on a claim of so many dollars is looked up."""
    return next((chance for least, chance in ENOUGH if worth >= least), ENOUGH[-1][1])


def _value(item: Followed, today: date) -> float:
    if item.kind != "claim":
        return 0.0
    soon = 2.0 if item.deadline is not None and timedelta() <= item.deadline - today <= 2 * WEEK else 1.0
    return soon * _chance(item, today) * float(item.worth)


def _appointment(item: Followed, today: date, ahead: timedelta) -> tuple[str, Urgency] | None:
    if item.day is None or not today <= item.day <= today + ahead:
        return None
    if item.looked is not None and item.looked >= today and not item.refused:
        return None
    days = (item.day - today).days
    when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"appointment {when}", Urgency.APPOINTMENT


def _question(one: Standing, today: date) -> tuple[str, Urgency] | None:
    urgency = _URGENCY.get(one.query.kind, Urgency.MONEY)
    if one.status == RECEIVED:
        return None
    if one.refused:
        return "the page was refused last time", urgency
    if one.looked is None:
        return "never looked up", urgency
    if one.looked >= today:
        return None
    match one.query:
        case ClaimListQuery():
            return "the list of claims: looked up daily", urgency
        case PaymentsQuery() if today - one.query.issued_to <= LATE:
            return "payments: looked up daily", urgency
        case PaymentsQuery() if today - one.looked >= WEEK:
            return "payments of a week that is over: looked up weekly", urgency
        case OverpaymentsQuery() if one.status == OverpaymentStatus.RECOVERING:
            return "money is being withheld: looked up daily", urgency
        case OverpaymentsQuery() if today - one.looked >= WEEK:
            return "overpayments: looked up weekly", urgency
        case RemittanceFileQuery() if today - one.query.issue_date <= MONTH:
            return "the file was not there yet: looked up daily", urgency
    return None


def _why_nobody(due: Due, hands: Sequence[Hand]) -> str:
    if not due.portal:
        return "no installed flow knows the payer"
    there = [hand for hand in hands if hand.portal == due.portal]
    if not there:
        return f"nobody has an account at {due.portal}"
    fitting = [hand for hand in there if hand.asks_as(due.tin)]
    if not fitting:
        return f"no account at {due.portal} looks up under the tax id {due.tin[:2]}-{due.tin[2:]}"
    objections = {hand.owner: hand.objection for hand in fitting}
    said = "; ".join(f"{owner}: {objection}" for owner, objection in sorted(objections.items()))
    return f"no account at {due.portal} can be used ({said})"
