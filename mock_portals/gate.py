"""Passwords and one-time codes as a portal checks them: lock-out, single use, and a log of it all."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import pyotp

from mock_portals.cast import Staff
from mock_portals.clock import Clock
from mock_portals.log import Log
from mock_portals.troubles import CODE_REJECTED, LOCKED, Troubles

STEP_SECONDS = 30


class Gate:
    """Who may sign in; ``attempts`` wrong passwords or codes in a row lock a user.

    For ``lock_seconds``, or for good.
    """

    def __init__(
        self,
        log: Log,
        troubles: Troubles,
        clock: Clock,
        staff: Iterable[Staff],
        attempts: int,
        lock_seconds: int | None = None,
    ) -> None:
        self._log, self._troubles, self._clock, self._attempts = log, troubles, clock, attempts
        self._staff = {person.user: person for person in staff}
        self._passwords = {user: person.password for user, person in self._staff.items()}
        self._wrong: dict[str, int] = {}
        self._wrong_codes: dict[str, int] = {}
        self._lock_seconds = lock_seconds
        self._last_wrong: dict[str, float] = {}
        self._used: set[tuple[str, int]] = set()
        self._tried: dict[str, list[str]] = {}

    def name(self, user: str) -> str:
        return self._staff[user].name

    def knows(self, user: str) -> bool:
        return user in self._staff

    def set_password(self, user: str, password: str) -> None:
        """Change a password as the person would, which also unlocks; raises KeyError for a stranger."""
        self._staff[user]
        self._passwords[user] = password
        self._wrong.pop(user, None)
        self._wrong_codes.pop(user, None)

    def has_password(self, user: str, password: str) -> bool:
        return hmac.compare_digest(self._passwords.get(user, "").encode(), password.encode())

    def locked(self, user: str) -> bool:
        if self._lock_seconds is not None:
            since = self._clock.seconds() - self._last_wrong.get(user, 0.0)
            if since >= self._lock_seconds:
                self._wrong.pop(user, None)
                self._wrong_codes.pop(user, None)
        counts = self._wrong.get(user, 0), self._wrong_codes.get(user, 0)
        return max(counts) >= self._attempts or self._troubles.get(LOCKED, user) is not None

    def password(self, user: str, password: str, session: str, *, site: bool = True) -> str:
        """Judge a password: accepted, rejected, or locked; every call is one attempt in the log.

        ``site`` is whether what else the portal asks for is right.
        """
        if self.locked(user):
            result = "locked"
        elif site and self.knows(user) and self.has_password(user, password):
            self._wrong.pop(user, None)
            result = "accepted"
        else:
            result = "rejected"
            if self.knows(user):
                self._wrong[user] = self._wrong.get(user, 0) + 1
                self._last_wrong[user] = self._clock.seconds()
        which = self._which(user, password)
        self._log.add(self._log.sign_ins, user=user, result=result, session=session, which=which)
        return result

    def _which(self, user: str, password: str) -> int:
        """Tell a user's passwords apart without showing them: the first that was ever tried is 1."""
        tried = self._tried.setdefault(user, [])
        if password not in tried:
            tried.append(password)
        return tried.index(password) + 1

    def code(self, user: str, code: str, session: str) -> str:
        """Judge a code: accepted, reused, or rejected. A time step's code is good once, ± one step."""
        at = self._clock.wall()
        now = int(at) // STEP_SECONDS
        totp = pyotp.TOTP(self._staff[user].totp_secret)
        step = next((s for s in (now, now - 1, now + 1) if totp.at(s * STEP_SECONDS) == code), None)
        if step is None:
            result = "rejected"
        elif (user, step) in self._used:
            result = "reused"
        else:
            result = "accepted"
        left = None if step is None else round((step + 1) * STEP_SECONDS - at, 3)
        result = self.judged(user, result, session, step, left)
        if result == "accepted" and step is not None:
            self._used.add((user, step))
        return result

    def judged(
        self, user: str, result: str, session: str, step: int | None = None, left: float | None = None
    ) -> str:
        """Log how a code was judged and count the refused ones; return what comes of it."""
        if self._troubles.get(CODE_REJECTED, user) is not None:
            result = "rejected"
        return self.counted(user, result, session, step, left)

    def counted(
        self, user: str, result: str, session: str, step: int | None = None, left: float | None = None
    ) -> str:
        """Log what came of a second factor and count the refused ones; return it."""
        if result == "accepted":
            self._wrong_codes.pop(user, None)
        else:
            self._wrong_codes[user] = self._wrong_codes.get(user, 0) + 1
            self._last_wrong[user] = self._clock.seconds()
            facts = {"result": f"code_{result}", "session": session, "which": None}
            self._log.add(self._log.sign_ins, user=user, **facts)
        self._log.add(self._log.codes, user=user, code_step=step, left=left, result=result, session=session)
        return result
