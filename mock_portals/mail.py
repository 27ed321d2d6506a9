"""What portals send to people, and the codes in it: the mailbox that only its owner reads.

The control server shows it, so that a test or a demo can play the owner.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mock_portals.cast import Staff
from mock_portals.clock import Clock
from mock_portals.gate import Gate
from mock_portals.shown import Json

Channel = Literal["email", "text", "push"]


class Mailbox:
    """Everything that one portal sent to its users, newest last."""

    def __init__(self, clock: Clock, staff: Iterable[Staff]) -> None:
        self._clock = clock
        self._sent: dict[str, list[dict[str, Json]]] = {person.user: [] for person in staff}

    def send(self, user: str, channel: Channel, subject: str, text: str, code: str | None = None) -> None:
        at = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
        message: dict[str, Json] = {
            "at": at,
            "channel": channel,
            "subject": subject,
            "text": text,
            "code": code,
        }
        self._sent[user].append(message)

    def inbox(self, user: str) -> list[dict[str, Json]]:
        """Return what a user got; raises KeyError for a stranger."""
        return list(self._sent[user])


@dataclass
class _Code:
    digits: str
    sent: float
    used: bool = False


class SentCodes:
    """Codes that a portal sends: good for ``lives`` seconds since they were made, once or again and again.

    Where they are good again and again, the same one is sent as long as it lives. A newer code ends the
    older one. Refused ones count in the gate, and lock like wrong passwords.
    """

    def __init__(
        self, mail: Mailbox, gate: Gate, clock: Clock, *, sender: str, lives: int, again: bool = False
    ) -> None:
        self._mail, self._gate, self._clock = mail, gate, clock
        self._sender, self._lives, self._again = sender, lives, again
        self._codes: dict[str, _Code] = {}

    def send(self, user: str, channel: Channel = "email", *, fresh: bool = False) -> None:
        """Send a code; ``fresh``: another one also where the last one still lives."""
        code = self._codes.get(user)
        if fresh or code is None or not (self._again and self._alive(code)):
            code = self._codes[user] = _Code(f"{secrets.randbelow(10**6):06d}", self._clock.wall())
        text = f"Your one-time code is {code.digits}. Nobody of {self._sender} will ask you for it."
        self._mail.send(user, channel, f"{self._sender}: your code", text, code.digits)

    def judge(self, user: str, said: str, session: str) -> str:
        """Judge a code: accepted, reused, or rejected; every call is in the log."""
        code = self._codes.get(user)
        if code is None or said != code.digits or not self._alive(code):
            result = "rejected"
        elif code.used and not self._again:
            result = "reused"
        else:
            result = "accepted"
        taken = self._gate.judged(user, result, session)
        if taken == "accepted" and code is not None:
            code.used = True
        return taken

    def _alive(self, code: _Code) -> bool:
        return self._clock.wall() - code.sent < self._lives


PUSH_LIVES = 120
"""Seconds in which a sign-in is approved, or is not."""


@dataclass
class _Asked:
    user: str
    session: str
    number: str
    at: float
    state: str = "waiting"


class Approvals:
    """Sign-ins that wait for the app on a person's phone, where the number on the page has to be picked."""

    def __init__(self, mail: Mailbox, gate: Gate, clock: Clock) -> None:
        self._mail, self._gate, self._clock = mail, gate, clock
        self._asked: dict[str, _Asked] = {}

    def ask(self, user: str, session: str, sender: str) -> None:
        """Let the phone ask; the number is on the page alone, among others on the phone."""
        numbers = [f"{one}" for one in secrets.SystemRandom().sample(range(10, 100), 3)]
        self._asked[session] = _Asked(user, session, numbers[0], self._clock.wall())
        text = f"Sign-in to {sender}. Pick the number that you see there: {', '.join(sorted(numbers))}"
        self._mail.send(user, "push", f"{sender}: approve sign-in?", text)

    def number(self, session: str) -> str:
        """Return the number for the page."""
        return self._asked[session].number

    def answer(self, user: str, number: str | None) -> str:
        """Answer on the phone what was asked last, ``None`` to refuse; return what comes of it.

        Raises KeyError where nothing was asked of that user.
        """
        waiting = [one for one in self._asked.values() if one.user == user]
        if not waiting:
            raise KeyError(user)
        asked = waiting[-1]
        if self.state(asked.session) == "waiting":
            asked.state = self._judged(asked, "accepted" if number == asked.number else "rejected")
        return asked.state

    def state(self, session: str) -> str:
        """Return ``waiting``, ``accepted``, ``rejected`` or ``expired``."""
        asked = self._asked[session]
        if asked.state == "waiting" and self._clock.wall() - asked.at >= PUSH_LIVES:
            asked.state = "expired"
        return asked.state

    def end(self, session: str, state: str) -> None:
        """Let the phone refuse, or let the time be over."""
        asked = self._asked[session]
        asked.state = self._judged(asked, state) if state == "rejected" else state

    def _judged(self, asked: _Asked, result: str) -> str:
        return self._gate.counted(asked.user, result, asked.session)
