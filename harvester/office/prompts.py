"""Codes that a portal sends to a person: the person is asked, and what lives long is asked for once a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from harvester.model.portal import PortalFacts
from harvester.office.clock import Clock
from harvester.office.models import Account

Channel = Literal["text", "email"]

_SENT = {"text": "a text message", "email": "an e-mail"}


@dataclass(frozen=True)
class Prompt:
    """A portal sent a code to the owner of an account and waits for it."""

    portal: str
    """The portal's name."""
    owner: str
    user_name: str
    kind: Channel

    @property
    def sentence(self) -> str:
        """What the owner is asked."""
        return (
            f"{self.portal} sent {_SENT[self.kind]} with a code to {self.owner} ({self.user_name}). "
            "It is for that person alone to read and to enter here."
        )


Answer = Callable[[Prompt], str | None]
"""Asks the owner and returns the code, ``None`` where nobody is there to enter it."""


def nobody(_prompt: Prompt) -> None:
    """Answer for a run that nobody watches."""


class Received:
    """The codes that people entered in one run; those that live are kept, in memory only.

    ``answer`` is called by several threads at once.
    """

    def __init__(self, answer: Answer = nobody, clock: Clock | None = None) -> None:
        self._answer = answer
        self._clock = clock or Clock()
        self._kept: dict[tuple[UUID, Channel], tuple[str, datetime]] = {}

    @property
    def attended(self) -> bool:
        """Whether somebody may be there to enter a code."""
        return self._answer is not nobody

    def inbox(self, account: Account, portal: PortalFacts) -> Inbox:
        """Return what asks for the codes of one account."""
        return Inbox(self, account, portal)

    def code(self, inbox: Inbox, kind: Channel) -> str | None:
        """Return the code that the portal sent; asks the owner unless an earlier one still lives."""
        account, portal, now = inbox.account, inbox.portal, self._clock.now()
        code, until = self._kept.get((account.pk, kind), ("", now))
        if now < until:
            return code
        prompt = Prompt(portal.name, account.owner.called, account.user_name, kind)
        code = (self._answer(prompt) or "").strip()
        if code and portal.rules.code_lives is not None:
            self._kept[account.pk, kind] = (code, now + portal.rules.code_lives)
        return code or None

    def forget(self, account: Account) -> None:
        """Forget an account's code: the portal refused it."""
        for key in [key for key in self._kept if key[0] == account.pk]:
            self._kept.pop(key, None)


@dataclass(frozen=True)
class Inbox:
    """The codes that one portal sends to the owner of one account."""

    received: Received
    account: Account
    portal: PortalFacts

    def code(self, kind: Channel) -> str | None:
        """Return the code that was sent, ``None`` where nobody enters it."""
        return self.received.code(self, kind)

    def forget(self) -> None:
        """Forget the code: the portal refused it."""
        self.received.forget(self.account)
