"""Sessions by cookie, with CSRF tokens and an idle time-out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from mock_portals.clock import Clock
from mock_portals.log import Entry, Log


@dataclass
class Session:
    """One browser's session; ``id`` is for the log and is not the cookie.

    ``notes`` is where a portal keeps what it remembers between pages; it starts empty at sign-in.
    """

    id: str
    token: str
    csrf: str
    touched: float
    user: str | None = None
    stage: str = "anonymous"
    pages: int = 0
    ended: str | None = None
    entry: Entry | None = None
    notes: dict[str, Any] = field(default_factory=dict)


class Sessions:
    """The sessions of one site; ``prefix`` is what their ids in the log begin with."""

    def __init__(self, log: Log, clock: Clock, idle_seconds: int, prefix: str = "") -> None:
        self._log, self._clock, self._idle = log, clock, idle_seconds
        self._prefix = prefix
        self._all: dict[str, Session] = {}

    def find(self, token: str | None) -> Session | None:
        """Return the session of a cookie, also one that has ended (``ended`` says how)."""
        session = self._all.get(token or "")
        if session and not session.ended and self._clock.seconds() - session.touched > self._idle:
            self.end(session, "timed_out")
        return session

    def start(self) -> Session:
        """Return a new session of nobody yet."""
        session = Session(
            id=f"{self._prefix}s{len(self._all) + 1}",
            token=secrets.token_urlsafe(24),
            csrf=secrets.token_urlsafe(24),
            touched=self._clock.seconds(),
        )
        self._all[session.token] = session
        return session

    def renew(self, old: Session, user: str, stage: str) -> Session:
        """Return a session under a new cookie for somebody who has just shown a password."""
        self.end(old, "renewed")
        session = self.start()
        session.user, session.stage = user, stage
        return session

    def open(self, session: Session, stage: str) -> None:
        """Record that its user is signed in from here on."""
        session.stage = stage
        session.entry = self._log.add(
            self._log.sessions, id=session.id, user=session.user, opened=None, closed=None, how=None
        )
        session.entry["opened"] = session.entry["at"]

    def touch(self, session: Session) -> None:
        session.touched = self._clock.seconds()

    def end(self, session: Session, how: str) -> None:
        """End a session: signed_out, timed_out, expired (by a trouble), locked, or renewed."""
        session.ended = how
        if session.entry and session.entry["closed"] is None:
            stamp = self._log.stamp()
            session.entry |= {"closed": stamp["at"], "closed_seq": stamp["seq"], "how": how}

    def sweep(self) -> None:
        """End every session that has idled too long, as the portal's own housekeeping does."""
        for token in self._all:
            self.find(token)
