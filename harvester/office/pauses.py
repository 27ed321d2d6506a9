"""Portals at which nobody signs in for now: a person said so, or several accounts were refused at once."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction

from harvester.office import audit
from harvester.office.clock import Clock
from harvester.office.models import Account, AuditRow, Hold, Pause, Person, Resumption

log = structlog.get_logger()

STORM = timedelta(minutes=15)
"""Two accounts of one portal that are refused within this time are no coincidence."""

REFUSED = ("WrongPassword", "CodeRejected", "AccountLocked")


class PauseError(Exception):
    """The portal cannot be paused or resumed; one sentence."""


def paused(portal: str) -> Pause | None:
    """Return why nobody signs in at a portal now, ``None`` where they may."""
    return Pause.objects.filter(portal=portal, resumption=None).order_by("pk").first()


def pause(portal: str, words: str, *, by: Person | None = None, clock: Clock | None = None) -> Pause:
    """Let nobody sign in at a portal until it is resumed; stays that are there end after their lookup.

    Raises :class:`PauseError` where nobody says why.
    """
    if not words.strip():
        raise PauseError("say why the portal is paused")
    with transaction.atomic():
        row = Pause.objects.create(portal=portal, words=words.strip(), by=by, at=(clock or Clock()).now())
        audit.record(AuditRow.Action.PORTAL_PAUSED, row, by=by, portal=portal, clock=clock)
    log.warning("portal_paused", portal=portal)
    return row


def resume(portal: str, *, by: Person, note: str = "", clock: Clock | None = None) -> int:
    """End every pause of a portal and return how many there were; raises :class:`PauseError` for none."""
    now = (clock or Clock()).now()
    with transaction.atomic():
        pauses = list(Pause.objects.filter(portal=portal, resumption=None))
        for paused in pauses:
            row = Resumption.objects.create(pause=paused, by=by, note=note, at=now)
            audit.record(AuditRow.Action.PORTAL_RESUMED, row, by=by, portal=portal, clock=clock)
    if not pauses:
        raise PauseError(f"{portal} is not paused")
    return len(pauses)


def storm(account: Account, clock: Clock) -> None:
    """Pause the portal where another of its accounts was refused shortly before this one."""
    lately = Hold.objects.filter(
        account__portal=account.portal, trouble__in=REFUSED, at__gte=clock.now() - STORM
    )
    if lately.exclude(account=account).exists() and paused(account.portal) is None:
        minutes = STORM.total_seconds() / 60
        pause(account.portal, f"it refused two accounts within {minutes:.0f} minutes", clock=clock)
