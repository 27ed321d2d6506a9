"""What an account's owner has to do before the portal does it for them: dates that are near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from harvester.model.portal import Rules

AHEAD = timedelta(days=14)
"""How long before its day something is said."""


@dataclass(frozen=True)
class Known:
    """What is known of an account."""

    changed: date | None
    """When its password was changed at the portal."""
    signed_in: date
    """When it was signed in last, or stored here."""
    recertify_by: date | None


@dataclass(frozen=True, order=True)
class Reminder:
    """Something that is due; ``day`` is the last day on which it helps."""

    day: date
    todo: str

    def sentence(self, today: date) -> str:
        """Return what to do and how much time there is."""
        left = (self.day - today).days
        when = "today" if left == 0 else f"within {left} days" if left > 1 else "by tomorrow"
        return f"{self.todo}: {when if left >= 0 else f'it was due on {self.day}'}."


def reminders(known: Known, rules: Rules, today: date) -> tuple[Reminder, ...]:
    """Return what is due within 14 days or over already, the most urgent first."""
    found = []
    if rules.password_days is not None and known.changed is not None:
        expires = known.changed + timedelta(days=rules.password_days)
        found.append(Reminder(expires, "Change the password at the portal and enter it here"))
    if rules.unused_days is not None:
        disabled = known.signed_in + timedelta(days=rules.unused_days)
        found.append(Reminder(disabled, "Sign in once: the portal disables accounts that nobody uses"))
    if known.recertify_by is not None:
        found.append(Reminder(known.recertify_by, "Recertify the account at the portal"))
    return tuple(sorted(one for one in found if one.day - AHEAD <= today))
