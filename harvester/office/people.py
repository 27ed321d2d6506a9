"""People: who is here, what accounts they have, and what happens when somebody leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import structlog
from django.db import transaction

from harvester.office import accounts, audit
from harvester.office.clock import Clock
from harvester.office.locks import in_use
from harvester.office.models import Account, AuditRow, CodeRequest, Credential, Departure, Lookup, Person

log = structlog.get_logger()


class Role(StrEnum):
    """What somebody does here; who has none opens no page."""

    FRONT_DESK = "front_desk"
    BILLER = "biller"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"
    """Of the portals: people, accounts, terms, the review of access."""
    AUDITOR = "auditor"


GONE = 60
"""Seconds in which the stays of somebody who left have ended."""


class PersonError(Exception):
    """What was asked of a person cannot be; one sentence."""


@dataclass(frozen=True)
class Reviewed:
    """One line of the access review: a person's account at a portal."""

    person: str
    name: str
    here: str
    """``active``, or since when the person has left."""
    portal: str
    user_name: str
    role: str
    """What they may do at the portal, in its words."""
    sweeps: date | None
    """Since when its owner lets the sweep use it."""
    password_changed: date | None
    signed_in: datetime | None
    """When the portal took its password last."""
    state: str


def give_roles(person: Person, roles: Iterable[Role], *, by: Person | None) -> None:
    """Let a person have exactly these roles; raises :class:`PersonError` for somebody who has left."""
    if not person.is_active:
        raise PersonError(f"{person.called} has left the practice")
    wanted = [role.value for role in Role if role in set(roles)]
    with transaction.atomic(durable=True):
        Person.objects.filter(pk=person.pk).update(roles=wanted)
        audit.record(AuditRow.Action.ROLES_CHANGED, person, by=by, result=" ".join(wanted) or "none")
    person.roles = wanted


def set_password(person: Person, password: str) -> None:
    """Let a person sign in to the pages with it; their sessions there end.

    Raises :class:`PersonError` for somebody who has left.
    """
    if not person.is_active:
        raise PersonError(f"{person.called} has left the practice")
    person.set_password(password)
    with transaction.atomic(durable=True):
        person.save(update_fields=["password"])
        audit.record(AuditRow.Action.FACTOR_CHANGED, person, result="password")


def leave(person: Person, *, by: Person, clock: Clock | None = None) -> list[Account]:
    """Let a person be gone: their accounts are off, their secrets destroyed, nothing of theirs is used.

    Stays of theirs that are running are told to end (see :func:`still_signed_in`). Returns the accounts that
    somebody has to close at the portals. What the portals answered stays.
    Raises :class:`PersonError` for whoever does it.
    """
    if by.pk == person.pk:
        raise PersonError("somebody else does this: nobody is left to close your accounts at the portals")
    now = (clock or Clock()).now()
    with transaction.atomic(durable=True):
        found = list(Account.objects.select_for_update().filter(owner=person).order_by("portal", "user_name"))
        Account.objects.filter(owner=person).update(
            active=False, sweep_consent=None, keep_signed_in=None, source=None
        )
        Credential.objects.filter(account__owner=person).update(sealed_password=b"", sealed_seed=None)
        CodeRequest.objects.filter(account__owner=person, closed=None).update(closed=now, sealed_code=None)
        asked = Lookup.objects.filter(requested_by=person, state=Lookup.State.WAITING)
        asked.update(state=Lookup.State.CANCELLED)
        if Person.objects.filter(pk=person.pk, is_active=True).update(is_active=False, there=None):
            row = Departure.objects.create(person=person, by=by, at=now)
            audit.record(AuditRow.Action.PERSON_LEFT, row, by=by, clock=clock)
    for account in found:
        log.warning("account_off", account=account.pk)
    return found


def still_signed_in(person: Person, clock: Clock | None = None) -> list[Account]:
    """Wait up to a minute for the stays of somebody who left, and return accounts that are in use still."""
    clock = clock or Clock()
    used = list(Account.objects.filter(owner=person))
    for _ in range(GONE):
        used = [account for account in used if in_use(account.pk)]
        if not used:
            break
        clock.sleep(1.0)
    return used


def review() -> Iterator[Reviewed]:
    """Yield who has an account where, in what state, by person and portal."""
    left = dict(Departure.objects.values_list("person", "at"))
    for one in sorted(accounts.listed(), key=lambda one: (one.account.owner.username, one.account.portal)):
        owner, gone = one.account.owner, left.get(one.account.owner_id)
        yield Reviewed(
            person=owner.username,
            name=owner.called,
            here=f"left on {gone.date()}" if gone else "active",
            portal=one.account.portal,
            user_name=one.account.user_name,
            role=one.account.role,
            sweeps=one.account.sweep_consent,
            password_changed=one.known.changed,
            signed_in=one.signed_in,
            state=one.brief,
        )
