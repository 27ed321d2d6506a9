"""Lookups as rows: what is asked, sealed, and about whom, hashed."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from pydantic import TypeAdapter

from harvester.model.claim import Claim
from harvester.model.query import (
    AboutMember,
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.office import snapshots
from harvester.office.keys import keys
from harvester.office.models import Account, Item, Lookup, Person, Sweep
from harvester.office.plan import Urgency
from harvester.office.vault import Slot

_QUERY: TypeAdapter[Query] = TypeAdapter(Query)


@dataclass(frozen=True)
class Asker:
    """On whose behalf, when and how urgently."""

    day: date
    reason: str
    urgency: Urgency
    sweep: Sweep | None = None
    person: Person | None = None


def lookup(query: Query, account: Account, asker: Asker, item: Item | None = None) -> Lookup:
    """Return a row, not stored yet, that waits for a stay of ``account``."""
    row = Lookup(
        uuid=uuid4(),
        kind=query.kind,
        portal=account.portal,
        carrier=query.carrier,
        account=account,
        item=item,
        sweep=asker.sweep,
        requested_by=asker.person,
        subject=subject(account.portal, query, asker.day),
        urgency=asker.urgency,
        reason=asker.reason,
        day=asker.day,
    )
    row.sealed_query = keys().seal(query.model_dump_json().encode(), _query_slot(row))
    return row


def asked(row: Lookup) -> Query:
    """Return the row's query; a claim is asked for by the payer's number once a snapshot knows it."""
    query = _QUERY.validate_json(keys().open(bytes(row.sealed_query), _query_slot(row)))
    if isinstance(query, ClaimQuery) and query.claim_number is None:
        known = snapshots.last_found(row.subject)
        answer = snapshots.answer(known) if known is not None else None
        if isinstance(answer, Claim) and answer.claim_number.value is not None:
            return query.model_copy(update={"claim_number": answer.claim_number.value})
    return query


def member(row: Lookup) -> str:
    """Return the id of the member whom the row asks about; empty where it asks about nobody."""
    query = asked(row)
    return query.member.member_id if isinstance(query, AboutMember) else ""


def subject(portal: str, query: Query, day: date | None = None) -> str:
    """Return what the query is about, hashed: the same claim, or the payments of a week or a month.

    ``day`` is when it is asked: until then is all that a week or a month that is not over has.
    """
    return keys().hashed("subject", portal, query.carrier, query.kind, *_about(query, day))


def _about(query: Query, day: date | None) -> tuple[str, ...]:
    match query:
        case PaymentsQuery(number=None):
            first, last = query.issued_from, query.issued_to
            end = next((end for end in _ends(first) if last <= end), last)
            return query.tin or "", first.isoformat(), (end if last == (day or last) else last).isoformat()
        case PaymentsQuery():
            return query.tin or "", "number", (query.number or "").casefold()
        case OverpaymentsQuery() | ClaimListQuery():
            return (query.tin or "",)
        case RemittanceFileQuery():
            return query.tin or "", query.payment_number.casefold()
    return query.member.member_id.casefold(), query.member.birth_date.isoformat(), *_beside(query)


def _ends(first: date) -> Iterator[date]:
    """Yield the last day of the week, and of the month, that begins on a day."""
    if first.weekday() == 0:
        yield first + timedelta(days=6)
    if first.day == 1:
        yield first.replace(day=monthrange(first.year, first.month)[1])


def _beside(query: AboutMember) -> tuple[str, ...]:
    match query:
        case EligibilityQuery():
            return (query.service_type,)
        case AuthorizationsQuery():
            return (query.number or "").casefold(), query.service_date.isoformat()
    days = (query.service_from.isoformat(), query.service_to.isoformat())
    if isinstance(query, ClaimsQuery):
        return days
    return (query.patient_account_number.casefold(), *days, str(query.billed))


def _query_slot(row: Lookup) -> Slot:
    return Slot("lookup", str(row.uuid), "query")
