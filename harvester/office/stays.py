"""One stay drains one account's waiting lookups, most urgent first, under the account's lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import structlog
from django.db.models import Count, Max, Q, QuerySet

from harvester import errors
from harvester.errors import PolicyForbids, PortalPaused, StaffNeeded, Trouble
from harvester.model.portal import LookupKind, PortalFacts, Rules
from harvester.model.query import Query
from harvester.office import accounts, attempts, credentials, lookups, pauses, policy, snapshots
from harvester.office.attempts import Ledger
from harvester.office.clock import Clock
from harvester.office.locks import AccountLock, Busy, PlaceLock
from harvester.office.manners import Manners
from harvester.office.models import Account, Lookup, PortalSetting, SessionLeft
from harvester.office.prompts import Received
from harvester.office.sources import Secrets, SourceError
from harvester.visit.client import StayEnded
from harvester.visit.wire import Answered, Begin, Context, Entered, GiveSecret, Troubled

log = structlog.get_logger()

REFUSALS_IN_A_ROW = 3
"""So many refused pages in a row end a stay: the portal changed, and more of it helps nobody."""

BUSY = "somebody is signed in with the account, or as many as the portal allows with others"

Doing = Literal["signing_in", "signed_in", "looked_up", "trouble", "signed_out"]


class Stay(Protocol):
    """One person signed in at one portal; see :class:`harvester.visit.client.Stay`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def signed_out(self) -> bool:
        """Whether the portal confirmed, at the end, that the stay signed out."""

    def enter(self) -> Entered:
        """Sign in; raises ``Trouble`` or ``StayEnded``."""

    def look(self, lookup: int, query: Query) -> Answered | Troubled:
        """Look one thing up; raises ``StayEnded``."""


class Open(Protocol):
    """Starts a stay."""

    def __call__(
        self,
        begin: Begin,
        *,
        secrets: GiveSecret,
        again: Callable[[Entered], None],
        wanted: Callable[[], bool],
        inherit: tuple[int, ...],
    ) -> Stay:
        """Return the stay, not started yet; see :class:`harvester.visit.client.Stay`."""


@dataclass(frozen=True)
class Progress:
    """Where one account's stay is, for a person who watches."""

    account: UUID
    owner: str
    user_name: str
    portal: str
    doing: Doing
    done: int
    total: int
    """Lookups done, and done or still to do, in this stay."""
    trouble: str = ""
    """A class name of :mod:`harvester.errors`, ``Defect`` or ``StayEnded``."""


@dataclass(frozen=True)
class Drained:
    """How an account's stay ended; ``reason`` says why lookups still wait, without a full stop."""

    account: UUID
    owner: str
    portal: str
    done: int = 0
    trouble: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Terms:
    """What all stays of a run have in common."""

    today: date
    """The practice's date."""
    stay: Open
    clock: Clock
    progress: Callable[[Progress], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False
    """Asked between two lookups: whether to sign out and end."""
    floor: int = 0
    """Only lookups of this urgency or higher."""
    patience: float = 0.0
    """Seconds to wait for the account's lock."""
    waits: tuple[float, ...] = ()
    """Seconds to wait before each further try while the portal is unavailable."""
    received: Received = field(default_factory=Received)
    """Where codes come from that a portal sends to a person."""
    answered: Callable[[Lookup], None] = lambda _: None
    """Told of each lookup that became data; may let more of them wait, which the same stay makes."""


def waiting(
    account: Account, floor: int = 0, closed: Collection[LookupKind] = frozenset()
) -> QuerySet[Lookup]:
    """Return the lookups that the account may make, the most urgent first; none of the ``closed`` kinds.

    Its owner's own, and the sweep's where the owner has agreed to that.
    """
    whose = Q(requested_by=account.owner_id)
    if account.sweep_consent is not None:
        whose |= Q(requested_by=None)
    rows = Lookup.objects.filter(whose, account=account, state=Lookup.State.WAITING, urgency__gte=floor)
    return rows.exclude(kind__in=closed).order_by("-urgency", "pk")


def drain(account: Account, portal: PortalFacts | None, terms: Terms) -> Drained:
    """Sign in and make the account's waiting lookups until none is left or trouble ends the stay."""
    if portal is None:
        return _idle(account, "no installed flow knows the portal")
    if stop := _stop(account, portal, terms):
        return _idle(account, *stop)
    attempts.restored(terms.clock)
    if _mock(portal).address is None and (urlsplit(portal.url).hostname or "").endswith(".example"):
        return _idle(account, f"{portal.name} is make-believe and answers only while a demo runs")
    try:
        with AccountLock(account.pk, patience=terms.patience, clock=terms.clock) as lock:
            attempts.recover(account, terms.clock)
            if stop := _stop(account, portal, terms):
                return _idle(account, *stop)
            if attempts.on_hold(account):
                return _idle(account, "the account is on hold", StaffNeeded.__name__)
            if not waiting(account, terms.floor).exists():
                return _idle(account, "")
            if portal.rules.stays_open and (left := accounts.left_open(account, terms.clock)):
                return _idle(account, f"its last session at {portal.name} may be open until {left:%H:%M} UTC")
            manners = Manners(account, _rules(portal), terms.clock)
            if not waiting(account, terms.floor, manners.closed).exists():
                return _idle(account, _closed(portal))
            if spent := manners.spent:
                return _idle(account, spent)
            if vain := terms.received.inbox(account, portal).vain:
                return _idle(account, vain)
            with PlaceLock(portal.id, portal.rules.at_once) as place:
                inherited = (*lock.descriptors, *place.descriptors)
                elsewhere = credentials.drawn(account)
                return _Round(account, portal, terms, lock, inherited, manners, elsewhere).run()
    except Busy:
        return _idle(account, BUSY)
    except SourceError as error:
        return _idle(account, str(error))


class _Round:
    """One stay, from signing in to signing out."""

    def __init__(
        self,
        account: Account,
        portal: PortalFacts,
        terms: Terms,
        lock: AccountLock,
        inherited: tuple[int, ...],
        manners: Manners,
        elsewhere: Secrets | None,
    ) -> None:
        self._manners = manners
        self._inherited = inherited
        self._account = account
        self._portal = portal
        self._terms = terms
        self._lock = lock
        self._id = uuid4()
        self._context = Context.model_validate(account.context)
        inbox = terms.received.inbox(account, portal)
        self._ledger = Ledger(account, self._id, terms.clock, inbox, elsewhere)
        self._done = 0
        self._total = 0
        self._newest = 0
        self._refused = 0
        self._tried: set[int] = set()
        self._log = log.bind(account=account.pk, portal=portal.id, stay=self._id)

    def run(self) -> Drained:
        """Make the stay."""
        known = waiting(self._account, self._terms.floor).aggregate(count=Count("pk"), newest=Max("pk"))
        self._total, self._newest = known["count"], known["newest"]
        self._log.info("stay_begun", waiting=self._total)
        self._tell("signing_in")
        begin = Begin(
            portal=self._portal.id,
            user_name=self._account.user_name,
            context=self._context,
            **_mock(self._portal)._asdict(),
            waits=self._terms.waits,
        )
        opened = self._terms.stay(
            begin,
            secrets=self._ledger,
            again=self._entered,
            wanted=Account.objects.filter(pk=self._account.pk, active=True).exists,
            inherit=self._inherited,
        )
        with opened as stay:
            drained = self._stay(stay)
        if self._ledger.entered and not stay.signed_out:
            self._left()
        self._log.info("stay_ended", done=drained.done)
        self._tell("trouble" if drained.trouble else "signed_out", drained.trouble)
        return drained

    def _left(self) -> None:
        """Note that the session may still be open at the portal."""
        now, rules = self._terms.clock.now(), self._portal.rules
        until = now + (rules.stays_open or rules.idle)
        SessionLeft.objects.create(account=self._account, stay=self._id, at=now, until=until)
        self._log.warning("session_left")

    def _stay(self, stay: Stay) -> Drained:
        try:
            entered = stay.enter()
        except StayEnded as error:
            self._ledger.settle(StayEnded.__name__, error.reason)
            return self._drained(StayEnded.__name__, error.reason)
        except Trouble as error:
            name = type(error).__name__
            said = f"{error.words} [{error.where}]" if error.where else error.words
            self._ledger.settle(name, said)
            if name in _AT_THE_DOOR:
                self._met_a_stranger(name, said)
            return self._drained(name, error.words if name in _OURS else _AT_THE_DOOR.get(name, ""))
        self._entered(entered)
        self._strange.update(trouble="")
        self._tell("signed_in")
        while (row := self._next()) is not None:
            if self._terms.stopped():
                return self._drained("", "the sweep was stopped")
            if not self._lock.alive():
                return self._drained("", "the lock of the account was lost")
            if stop := _stop(self._account, self._portal, self._terms):
                return self._drained(stop.trouble, stop.reason)
            if spent := self._manners.spent or self._manners.over:
                return self._drained("", spent)
            self._manners.wait()
            try:
                trouble = self._look(stay, row)
            except StayEnded as error:
                self._again(row, Troubled(lookup=row.pk, trouble=StayEnded.__name__, words=error.reason))
                return self._drained(StayEnded.__name__, error.reason)
            if trouble is not None:
                return self._drained(trouble)
        shut = waiting(self._account, self._terms.floor).filter(kind__in=self._manners.closed)
        return self._drained("", _closed(self._portal) if shut.exists() else "")

    def _entered(self, entered: Entered) -> None:
        self._ledger.settle()
        accounts.notice(self._account, entered.notices, self._terms.clock)

    @property
    def _strange(self) -> QuerySet[Lookup]:
        """The waiting lookup for which signing in met a page that nobody knows, the last time."""
        return waiting(self._account).filter(trouble__in=_AT_THE_DOOR)

    def _met_a_stranger(self, trouble: str, words: str) -> None:
        """Note an unknown page in place of the sign-in on the next lookup; hold for the second in a row."""
        if attempts.on_hold(self._account):
            return
        if self._strange.update(trouble=""):
            attempts.hold(
                self._account, attempts.STRANGE, words=f"{trouble}: {words}", clock=self._terms.clock
            )
        elif row := self._next():
            Lookup.objects.filter(pk=row.pk).update(trouble=trouble)

    def _next(self) -> Lookup | None:
        row = waiting(self._account, self._terms.floor, self._manners.closed).first()
        if row is None or row.pk in self._tried:
            return None
        if row.pk > self._newest:  # it came while this stay was signed in
            self._newest = row.pk
            self._total += 1
        return row

    def _look(self, stay: Stay, row: Lookup) -> str | None:
        """Make one lookup; the name of the trouble that ends the stay, if one does. Raises ``StayEnded``."""
        query = self._context.asks(lookups.asked(row))
        self._tried.add(row.pk)
        answer = stay.look(row.pk, query)
        clock, day = self._terms.clock, self._terms.today
        if isinstance(answer, Answered):
            self._settled()
            state = snapshots.keep(row, query, answer, day=day, clock=clock)
            if state is Lookup.State.ANSWERED:
                self._terms.answered(row)
            return self._went(row, state, "")
        name = answer.trouble if _known(answer.trouble) else "Defect"
        answer = answer.model_copy(update={"trouble": name})
        match name:
            case "NotOnFile" | "SeveralOnFile":
                self._settled()
                return self._went(row, snapshots.keep_nothing(row, answer, day=day, clock=clock), name)
            case "PortalChanged" | "WrongPage" if not self._ledger.unsettled:
                return self._went(row, snapshots.refuse(row, answer, day=day, clock=clock), name)
            case "Defect" if not self._ledger.unsettled:
                return self._went(row, snapshots.fail(row, answer, day=day, clock=clock), name)
        self._again(row, answer)
        return name

    def _again(self, row: Lookup, troubled: Troubled) -> None:
        """Let a lookup wait whose trouble says nothing about it."""
        self._ledger.settle(troubled.trouble, troubled.words)
        snapshots.try_again(row, troubled, day=self._terms.today, clock=self._terms.clock)

    def _settled(self) -> None:
        """An answer was read: whatever secret left in between, the portal took it."""
        if self._ledger.unsettled:
            self._ledger.settle()

    def _went(self, row: Lookup, state: Lookup.State, trouble: str) -> str | None:
        self._done += 1
        self._refused = 0 if state is Lookup.State.ANSWERED else self._refused + 1
        self._log.info("looked_up", lookup=row.pk, kind=row.kind, outcome=state.value)
        self._tell("looked_up", trouble)
        return (trouble or "WrongPage") if self._refused >= REFUSALS_IN_A_ROW else None

    def _drained(self, trouble: str, reason: str = "") -> Drained:
        if trouble == "CodeNeeded" and self._ledger.unanswered:
            reason = f"{self._portal.name} sends codes to {self._account.owner.called}, and none was entered"
        if trouble and not reason:
            reason = _REASONS.get(trouble, "the account is on hold until a person has acted at the portal")
        return _idle(self._account, reason.removesuffix("."), trouble, self._done)

    def _tell(self, doing: Doing, trouble: str = "") -> None:
        self._terms.progress(
            Progress(
                account=self._account.pk,
                owner=self._account.owner.called,
                user_name=self._account.user_name,
                portal=self._portal.id,
                doing=doing,
                done=self._done,
                total=self._total,
                trouble=trouble,
            )
        )


_AT_THE_DOOR = {
    "PortalChanged": "the portal's sign-in is not as the flow knows it",
    "WrongPage": "the portal's sign-in is not as the flow knows it",
}
_OURS = frozenset({"ClockWrong", "PortalPaused"})
"""Troubles whose words are ours, and say why."""

_REASONS = {
    "PortalUnavailable": "the portal is unavailable",
    "AnotherSession": "another session of the account is open at the portal",
    "SignedOut": "the portal ended the session twice",
    "PortalChanged": "the portal changed: pages in a row are not as the flow knows them",
    "WrongPage": "the portal showed other pages than asked, several in a row",
    "PolicyForbids": "the portal does not allow software",
    "Defect": "the flow has a defect",
    "NotOnFile": "the portal has no such page",
}


class _Mock(NamedTuple):
    """Where a mock stands in for a portal and its further sites."""

    address: str | None = None
    sites: Mapping[str, str] = {}


def _mock(portal: PortalFacts) -> _Mock:
    setting = PortalSetting.objects.filter(portal=portal.id).first()
    return _Mock(setting.address, setting.sites) if setting and setting.address else _Mock()


class _Stop(NamedTuple):
    """Why nothing is looked up with an account now, and the trouble's name if it has one."""

    reason: str
    trouble: str = ""


def _stop(account: Account, portal: PortalFacts, terms: Terms) -> _Stop | None:
    """Return what somebody decided that stops the account at the portal, as things are now."""
    if objection := policy.objection(portal, terms.today, attended=terms.received.attended):
        return _Stop(f"{portal.name} is not asked: {objection}", PolicyForbids.__name__)
    if (pause := pauses.paused(portal.id)) is not None:
        return _Stop(f"{portal.name} is paused: {pause.words}", PortalPaused.__name__)
    account.refresh_from_db(fields=["active", "taken_until", "sweep_consent"])
    if not account.active:
        return _Stop("the account is not active here")
    if until := accounts.taken(account, terms.clock):
        return _Stop(f"{account.owner.called} works at the portal until {until:%H:%M} UTC")
    return None


def _closed(portal: PortalFacts) -> str:
    return f"{portal.name} does not answer what is to be looked up at this hour"


def _rules(portal: PortalFacts) -> Rules:
    """Return the portal's rules, as far as whatever stands there wants them kept."""
    return portal.rules if _mock(portal).address is None else portal.rules.at_a_mock


def _idle(account: Account, reason: str, trouble: str = "", done: int = 0) -> Drained:
    return Drained(account.pk, account.owner.called, account.portal, done, trouble, reason)


def _known(trouble: str) -> bool:
    """Whether a stay may end with a trouble of that name."""
    try:
        return trouble == "Defect" or bool(errors.named(trouble))
    except KeyError:
        return False
