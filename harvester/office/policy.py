"""Whether software may use a portal: what its flow declares, and what the practice recorded of its terms.

What is recorded only makes a declared policy stricter, or fulfils what it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from harvester.model.portal import Automation, Policy, PortalFacts
from harvester.office import audit
from harvester.office.clock import Clock
from harvester.office.models import AuditRow, Person, PortalTerms


class PolicyError(Exception):
    """What was to be recorded of a portal's terms cannot be; one sentence."""


@dataclass(frozen=True)
class Recorded:
    """What the practice recorded of a portal, the newest of each kind; ``None``: nothing."""

    registered: PortalTerms | None = None
    attested: PortalTerms | None = None
    forbidden: PortalTerms | None = None

    def objection(self, portal: PortalFacts, today: date, *, attended: bool = False) -> str | None:
        """Return why software may not use the portal today, in one sentence, or ``None``.

        ``attended``: a person watches.
        """
        policy = portal.policy
        if self.forbidden is not None:
            policy = Policy.prohibited(source=self.forbidden.words, checked=self.forbidden.at.date())
        return policy.objection(
            today,
            registration=self.registered.words if self.registered else "",
            attested=self.attested.at.date() if self.attested else None,
            attended=attended,
        )


def recorded(portal: str) -> Recorded:
    """Return what the practice recorded of a portal."""
    rows = {row.kind: row for row in PortalTerms.objects.filter(portal=portal).order_by("pk")}
    return Recorded(**{kind.value: rows.get(kind) for kind in PortalTerms.Kind})


def objection(portal: PortalFacts, today: date, *, attended: bool = False) -> str | None:
    """Return why software may not use the portal today, in one sentence, or ``None``."""
    return recorded(portal.id).objection(portal, today, attended=attended)


def register(portal: PortalFacts, number: str, *, by: Person, clock: Clock | None = None) -> None:
    """Record that the practice's software is registered with the portal under ``number``.

    Raises :class:`PolicyError` where that would change nothing.
    """
    if not number.strip():
        raise PolicyError("the registration's number is empty")
    if portal.policy.automation is not Automation.REGISTRATION_REQUIRED:
        raise PolicyError(f"{portal.name} registers no software; its policy is: {portal.policy.automation}")
    if recorded(portal.id).forbidden is not None:
        raise PolicyError(
            f"{portal.name} is recorded as forbidding software; a registration does not undo it"
        )
    _record(portal, PortalTerms.Kind.REGISTERED, number, by, clock)


def attest(portal: PortalFacts, source: str, *, by: Person, clock: Clock | None = None) -> None:
    """Record that somebody read the portal's terms today and that they allow software, as ``source`` says.

    Raises :class:`PolicyError` where nobody says where, or where the terms are known to forbid it.
    """
    if not source.strip():
        raise PolicyError("say where the portal's terms allow software")
    if recorded(portal.id).forbidden is not None or portal.policy.automation is Automation.PROHIBITED:
        raise PolicyError(f"{portal.name} forbids software; nobody can attest otherwise here")
    _record(portal, PortalTerms.Kind.ATTESTED, source, by, clock)


def forbid(portal: PortalFacts, source: str, *, by: Person, clock: Clock | None = None) -> None:
    """Record that the portal's terms forbid software, as ``source`` says; nothing runs there any more.

    Raises :class:`PolicyError` where nobody says where that is written.
    """
    if not source.strip():
        raise PolicyError("say where the portal's terms forbid software")
    _record(portal, PortalTerms.Kind.FORBIDDEN, source, by, clock)


def _record(portal: PortalFacts, kind: PortalTerms.Kind, words: str, by: Person, clock: Clock | None) -> None:
    now = (clock or Clock()).now()
    with transaction.atomic():
        row = PortalTerms.objects.create(portal=portal.id, kind=kind, words=words.strip(), by=by, at=now)
        recorded = AuditRow.Action.TERMS_RECORDED
        audit.record(recorded, row, by=by, portal=portal.id, result=kind.value, clock=clock)
