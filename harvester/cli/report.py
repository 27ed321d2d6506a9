"""What lookups are called on a screen, and snapshots as plain values.

A claim or a member is called by the practice's own account number or the member id, and by the
patient's initials: what stands on a screen is seen by others. Whole names are in the answers.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from harvester.cli.opening import known_portals
from harvester.model.codes import AuthorizationStatus, ClaimStatus
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.work import WorkItem
from harvester.office import accounts, lookups, wording
from harvester.office import reminders as reminding
from harvester.office.models import Lookup, Snapshot


def about(row: Lookup) -> str:
    """Return whom or what a lookup asks about."""
    query = lookups.asked(row)
    match query:
        case PaymentsQuery(number=None):
            first, last = query.issued_from, query.issued_to
            month = first.day == 1 and first.replace(day=1) == last.replace(day=1)
            return f"payments {f'of {first:%Y-%m}' if month else f'{first}–{last}'}{_to(query.tin)}"
        case PaymentsQuery():
            return f"payment {query.number}{_to(query.tin)}"
        case ClaimListQuery():
            return f"list of claims{_to(query.tin)}"
        case OverpaymentsQuery():
            return f"overpayments{_to(query.tin)}"
        case RemittanceFileQuery():
            return f"file of payment {query.payment_number}"
    member = query.member
    initials = _initials(member.first_name, member.last_name)
    match query:
        case ClaimQuery():
            return f"claim {query.patient_account_number}{initials}"
        case ClaimsQuery():
            return f"claims of member {member.member_id}{initials}"
        case AuthorizationsQuery():
            return f"authorizations of member {member.member_id}{initials}"
    return f"member {member.member_id}{initials}"


def _to(tin: str | None) -> str:
    return f" to {tin[:2]}-{tin[2:]}" if tin else ""


def reminders(today: date) -> dict[UUID, list[str]]:
    """Return what is due soon for accounts that are in use, by account, in sentences."""
    found: dict[UUID, list[str]] = {}
    portals = known_portals()
    for one in accounts.listed():
        if one.account.active and (facts := portals.get(one.account.portal)) is not None:
            due = reminding.reminders(one.known, facts.rules, today)
            found[one.account.pk] = [reminder.sentence(today) for reminder in due]
    return found


def about_item(work: WorkItem) -> str:
    """Return what an item of the worklist is about."""
    initials = _initials(work.patient_first, work.patient_last)
    if work.kind == "appointment":
        return f"member {work.member_id or '?'}{initials}"
    number = work.patient_account_number or work.payer_claim_number or work.claim_id or work.member_id or "?"
    return f"claim {number}{initials}"


def _initials(*names: str | None) -> str:
    found = "".join(f"{name.strip()[:1].upper()}." for name in names if name and name.strip())
    return f" ({found})" if found else ""


def status(code: str) -> str:
    """Return a status in the words that changes are told in."""
    for known in (ClaimStatus, AuthorizationStatus):
        if code in list(known):
            return wording.worth(known(code))
    return code.replace("_", " ")


def snapshot(one: Snapshot) -> dict[str, Any]:
    """Return what is known of a snapshot beside its answer."""
    return {
        "id": one.pk,
        "item": one.item_id,
        "about": about(one.lookup),
        "kind": one.kind,
        "portal": one.portal,
        "carrier": one.carrier,
        "captured_at": one.captured_at,
        "as_of": one.as_of,
        "outcome": one.outcome,
        "status": one.status,
        "billed": one.billed,
        "paid": one.paid,
        "seen_again": list(one.sightings.order_by("pk").values_list("at", flat=True)),
    }
