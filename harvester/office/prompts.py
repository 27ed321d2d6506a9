"""Codes that a portal sends to a person: its account's owner is asked, and nobody else answers.

Each request is a row, open for five minutes, so that the owner answers wherever that is: at the terminal
of the run, or at another one (`harvester codes`). No portal is made to send a code to somebody who is
not there, and a code that lives long is asked for once a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet

from harvester.model.portal import PortalFacts
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.models import Account, CodeRequest, Person
from harvester.office.vault import Slot

log = structlog.get_logger()

Channel = Literal["text", "email", "push"]

_SENT = {"text": "a text message", "email": "an e-mail"}
SENT = frozenset({*_SENT, "push"})
"""The kinds of second factor that make a portal send something to a person."""

_CHANNEL: Mapping[str, Channel] = {"text": "text", "email": "email", "push": "push"}

OPEN = timedelta(minutes=5)
"""How long a request waits for its answer."""
MOMENT = 0.5
"""Seconds between two looks at a request."""
THERE = timedelta(seconds=30)
"""How long a person who waits for codes counts as there without saying so again."""
LONGEST = 20
"""Letters and digits that a code has at most."""


class PromptError(Exception):
    """The code cannot be taken; one sentence."""


@dataclass(frozen=True)
class Prompt:
    """A portal sent a code to the owner of an account and waits for it."""

    request: UUID
    portal: str
    """The portal's name."""
    owner: Person
    user_name: str
    kind: Channel
    until: datetime
    number: str = ""

    @property
    def sentence(self) -> str:
        """What the owner is asked."""
        if self.kind == "push":
            pick = f"pick {self.number} there" if self.number else "approve it there"
            return (
                f"{self.portal} asks the phone of {self.owner.called} ({self.user_name}) about a sign-in: "
                f"{pick}. It is for that person alone to do."
            )
        return (
            f"{self.portal} sent {_SENT[self.kind]} with a code to {self.owner.called} ({self.user_name}). "
            "It is for that person alone to read and to enter here."
        )


Typed = Callable[[], str | None]
"""Waits a moment; returns the code that was typed, blank for “not now”, ``None`` for nothing yet."""


@dataclass(frozen=True)
class Watcher:
    """Somebody at the terminal of a run."""

    asking: Callable[[Prompt], AbstractContextManager[Typed]]
    """Puts a prompt before them as long as it is open; called by several threads at once."""
    people: frozenset[int] = frozenset()
    """Who is there, by key; none where that is not known: then nobody is asked there."""


class Received:
    """The codes that people enter in one run; those that live are kept, in memory only.

    ``watcher``: who watches the run, ``None`` where nobody does.
    """

    def __init__(self, watcher: Watcher | None = None, clock: Clock | None = None) -> None:
        self._watcher = watcher
        self.clock = clock or Clock()
        self._kept: dict[tuple[UUID, Channel], tuple[str, datetime]] = {}

    @property
    def attended(self) -> bool:
        """Whether a person watches the run."""
        return self._watcher is not None

    def inbox(self, account: Account, portal: PortalFacts) -> Inbox:
        """Return what asks for the codes of one account."""
        return Inbox(self, account, portal)

    def kept(self, account: Account, kind: Channel) -> str | None:
        """Return a code that was entered before and still lives."""
        now = self.clock.now()
        code, until = self._kept.get((account.pk, kind), ("", now))
        return code if now < until else None

    def keep(self, account: Account, kind: Channel, code: str, lives: timedelta) -> None:
        """Remember a code that is good again and again."""
        self._kept[account.pk, kind] = code, self.clock.now() + lives

    def forget(self, account: Account) -> None:
        """Forget an account's code: the portal refused it."""
        for key in [key for key in self._kept if key[0] == account.pk]:
            self._kept.pop(key, None)

    def watched_by(self, owner: Person) -> Watcher | None:
        """Return who watches, where that is this person."""
        return self._watcher if self._watcher and owner.pk in self._watcher.people else None


@dataclass(frozen=True)
class Inbox:
    """The codes that one portal sends to the owner of one account."""

    received: Received
    account: Account
    portal: PortalFacts

    @property
    def vain(self) -> str:
        """Why nobody would enter the code that signing in makes the portal send; empty where it is fine."""
        methods = self.portal.rules.mfa
        if not methods or not SENT.issuperset(methods):
            return ""
        if any(self.received.kept(self.account, kind) for kind in ("text", "email")) or self.there:
            return ""
        return f"{self.portal.name} sends codes, and {self.account.owner.called} is not here to enter one"

    @property
    def there(self) -> bool:
        """Whether the owner watches the run, or waits for codes elsewhere."""
        if self.received.watched_by(self.account.owner) is not None:
            return True
        since = Person.objects.values_list("there", flat=True).get(pk=self.account.owner_id)
        return since is not None and self.received.clock.now() - since < THERE

    def code(self, kind: Channel, stay: UUID) -> str | None:
        """Return the code that was sent: one that still lives, or what the owner enters now.

        ``None`` where the owner enters none in time.
        """
        if (kept := self.received.kept(self.account, kind)) is not None:
            return kept
        if not self.there:
            return None
        code = self._entered(kind, stay)
        if code and (lives := self.portal.rules.code_lives) is not None:
            self.received.keep(self.account, kind, code, lives)
        return code or None

    def tell(self, number: str, stay: UUID) -> bool:
        """Tell the owner which number to pick on the phone; return whether they are there."""
        if not self.there:
            return False
        row = self._request("push", stay, number)
        if (watcher := self.received.watched_by(self.account.owner)) is not None:
            with watcher.asking(prompt(row, self.portal.name)):
                pass  # the phone answers, and the portal's page goes on
        return True

    def close(self, stay: UUID) -> None:
        """Wait for nothing any more that this stay asked for."""
        asked = CodeRequest.objects.filter(stay=stay, closed=None)
        asked.update(sealed_code=None, closed=self.received.clock.now())

    def forget(self) -> None:
        """Forget the code: the portal refused it."""
        self.received.forget(self.account)

    def _request(self, kind: Channel, stay: UUID, number: str = "") -> CodeRequest:
        now = self.received.clock.now()
        log.info("code_requested", account=self.account.pk, stay=stay)
        return CodeRequest.objects.create(
            uuid=uuid4(),
            account=self.account,
            stay=stay,
            kind=kind,
            number=number,
            at=now,
            until=now + OPEN,
        )

    def _entered(self, kind: Channel, stay: UUID) -> str:
        clock, owner = self.received.clock, self.account.owner
        row = self._request(kind, stay)
        watcher = self.received.watched_by(owner)
        asking = watcher.asking(prompt(row, self.portal.name)) if watcher else _elsewhere(clock)
        try:
            with asking as typed:
                put(row, typed, by=owner, clock=clock)
            return given(row)
        finally:
            self.close(stay)


def prompt(row: CodeRequest, portal: str) -> Prompt:
    """Return a request as its owner is asked; ``portal`` is the portal's name."""
    account = row.account
    return Prompt(
        row.uuid, portal, account.owner, account.user_name, _CHANNEL[row.kind], row.until, row.number
    )


def waiting_for(person: Person, clock: Clock | None = None) -> QuerySet[CodeRequest]:
    """Return the requests that this person can answer now, the oldest first."""
    now = (clock or Clock()).now()
    rows = CodeRequest.objects.select_related("account__owner").filter(account__owner=person, until__gt=now)
    return rows.filter(closed=None, answered=None).order_by("pk")


def be_there(person: Person, clock: Clock | None = None) -> None:
    """Note that this person waits for codes, for the next half minute."""
    Person.objects.filter(pk=person.pk).update(there=(clock or Clock()).now())


def leave(person: Person) -> None:
    """Note that this person does not wait for codes any more."""
    Person.objects.filter(pk=person.pk).update(there=None)


def put(row: CodeRequest, typed: Typed, *, by: Person, clock: Clock | None = None) -> None:
    """Take what a person types for a request, as long as it is open; blank closes it."""
    clock = clock or Clock()
    while _open(row, clock):
        said = typed()
        if said is None:
            continue
        if not said.strip():
            CodeRequest.objects.filter(pk=row.pk).update(closed=clock.now())
            continue
        with suppress(PromptError):  # somebody was quicker, or it is no code
            enter(row.uuid, said, by=by, clock=clock)


def legible(code: str) -> bool:
    """Whether this can be a code."""
    code = "".join(code.split())
    return code.isascii() and code.isalnum() and len(code) <= LONGEST


def enter(request: UUID, code: str, *, by: Person, clock: Clock | None = None) -> None:
    """Take a code from the owner of the account that it was sent for.

    Raises :class:`PromptError` for anybody else, for a second code, and where the portal waits no more.
    """
    clock = clock or Clock()
    code = "".join(code.split())
    with transaction.atomic(durable=True):
        row = CodeRequest.objects.select_for_update(of=("self",)).get(uuid=request)
        owner = row.account.owner
        if by.pk != owner.pk:
            log.warning("code_refused", account=row.account_id, stay=row.stay)
            raise PromptError(f"the code was sent to {owner.called}, and nobody else may enter it")
        if row.answered is not None:
            raise PromptError("a code was entered already, and the portal is given one")
        if row.closed is not None or row.kind == "push" or clock.now() >= row.until:
            raise PromptError("nothing waits for this code any more")
        if not legible(code):
            raise PromptError("a code has letters and digits only")
        row.sealed_code = keys().seal_credential(code, _slot(row))
        row.answered = clock.now()
        row.save(update_fields=["sealed_code", "answered"])


def given(row: CodeRequest) -> str:
    """Return the code that was entered; blank where none was."""
    return keys().open_credential(bytes(row.sealed_code), _slot(row)) if row.sealed_code else ""


def _open(row: CodeRequest, clock: Clock) -> bool:
    row.refresh_from_db()
    return row.answered is None and row.closed is None and clock.now() < row.until


def _elsewhere(clock: Clock) -> AbstractContextManager[Typed]:
    """Wait for what the owner enters at another terminal."""
    return nullcontext(lambda: clock.sleep(MOMENT))


def _slot(row: CodeRequest) -> Slot:
    return Slot("code", str(row.uuid), "code")
