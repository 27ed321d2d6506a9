"""How an account behaves at its portal: not faster, not more and not later than the portal's rules say."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import random

from harvester.model.portal import LookupKind, Rules
from harvester.office.clock import Clock
from harvester.office.models import Account, Lookup

JITTER = 0.5
"""By how much of the pace a pause may be longer than it, at random."""


class Manners:
    """The rules of one portal, kept by one account."""

    def __init__(self, account: Account, rules: Rules, clock: Clock) -> None:
        self._account = account
        self._rules = rules
        self._clock = clock
        self._last: datetime | None = None
        self._began = clock.now()

    def wait(self) -> None:
        """Let the pace of the portal pass since the last call."""
        if self._last is not None and self._rules.pace:
            pause = self._rules.pace * (1 + JITTER * random())  # noqa: S311 - a pause, no secret
            left = (self._last + pause - self._clock.now()).total_seconds()
            if left > 0:
                self._clock.sleep(left)
        self._last = self._clock.now()

    @property
    def closed(self) -> frozenset[LookupKind]:
        """The kinds of lookup that the portal does not answer now."""
        return self._rules.closed(self._clock.now())

    @property
    def over(self) -> str:
        """Why the stay ends: the portal ends every session after some time. Empty where it may go on."""
        longest = self._rules.absolute
        if longest is None or self._clock.now() - self._began < longest - self._rules.patience:
            return ""
        return f"the portal ends a session after {longest.total_seconds() / 60:.0f} minutes"

    @property
    def idle(self) -> bool:
        """Whether the portal soon ends a session in which so long nothing was asked."""
        since = self._last or self._began
        return self._clock.now() >= since + self._rules.idle - 2 * self._rules.patience

    @property
    def spent(self) -> str:
        """Why the account makes no more lookups for now; empty where it may."""
        now = self._clock.now()
        for most, within, words in (
            (self._rules.an_hour, timedelta(hours=1), "an hour"),
            (self._rules.a_day, timedelta(days=1), "a day"),
        ):
            if most is None:
                continue
            made = Lookup.objects.filter(account=self._account, done_at__gt=now - within).count()
            if made >= most:
                return f"the account has made the {most} lookups {words} that the portal allows"
        return ""
