"""One stay drains one account's waiting lookups, most urgent first, under the account's lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import takewhile
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from urllib.parse import urlsplit

import structlog
from django.db import DatabaseError
from django.db.models import Count, F, Max, Q, QuerySet

from harvester import errors
from harvester.errors import PolicyForbids, PortalPaused, StaffNeeded, Trouble
from harvester.model.claim import ClaimList
from harvester.model.portal import LookupKind, PortalFacts, Rules
from harvester.model.query import Query
from harvester.office import (
    accounts,
    attempts,
    audit,
    credentials,
    listed,
    lookups,
    models,
    pauses,
    plan,
    policy,
    snapshots,
)
from harvester.office.attempts import Ledger
from harvester.office.clock import Clock
from harvester.office.locks import AccountLock, Busy, PlaceLock, held, in_use
from harvester.office.manners import Manners
from harvester.office.models import Account, Lookup, PortalSetting, SessionLeft
from harvester.office.plan import Urgency
from harvester.office.prompts import Received
from harvester.office.sources import SourceError
from harvester.visit.client import StayEnded
from harvester.visit.wire import Answered, Begin, Context, Entered, GiveSecret, Troubled

log = structlog.get_logger()

MOMENT, MOMENTS = 0.05, 20
"""Seconds after which a stay that remains signed in looks for lookups, and how often before it looks whether
it still may."""

REFUSALS_IN_A_ROW = 3
"""So many refused pages in a row end a stay: the portal changed, and more of it helps nobody."""

MOST_STREAK = 8
"""How many stays are looked back upon for trouble that repeats itself."""

CLOSED = "SourceClosed"
"""The trouble of a stay whose password lies elsewhere and could not be read."""

DIED = "ProcessDied"
"""The trouble of a stay whose process was killed before it could say how the stay ended."""
_DIED = "the process that made the last stay ended before it did"

BUSY = "somebody is signed in with the account, or as many as the portal allows with others"


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
class Drained:
    """Why an account's lookups still wait, without a full stop; nothing where none does."""

    trouble: str = ""
    """A class name of :mod:`harvester.errors`, ``Defect`` or ``StayEnded``."""
    reason: str = ""


@dataclass(frozen=True)
class Terms:
    """What all stays of a run have in common."""

    today: date
    """The practice's date."""
    stay: Open
    clock: Clock
    worker: models.Worker | None = None
    """Who makes them, where it is a worker."""
    told: Callable[[models.Stay], None] = lambda _: None
    """Told of a stay when it begins, with each step, and when it has ended."""
    stopped: Callable[[], bool] = lambda: False
    """Asked between two lookups: whether to sign out and end."""
    floor: int = 0
    """Only lookups of this urgency or higher are a reason to sign in."""
    spare: Callable[[], bool] = lambda: False
    """Asked when those are made: whether to go on with what is less urgent."""
    keeps: Callable[[], bool] = lambda: False
    """Asked when nothing waits: whether the stay may remain signed in, where the account's owner agreed."""
    patience: float = 0.0
    """Seconds to wait for the account's lock."""
    waits: tuple[float, ...] = ()
    """Seconds to wait before each further try while the portal is unavailable."""
    since: datetime | None = None
    """Stays that ended in trouble before then are no reason to wait; ``None``: whenever it was."""
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


def ready(facts: Mapping[str, PortalFacts], terms: Terms) -> Iterator[Account]:
    """Yield the accounts whose waiting lookups can be made now, those with the most urgent first."""
    mine = Q(lookups__requested_by=F("owner")) | Q(lookups__requested_by=None, sweep_consent__isnull=False)
    rows = Account.objects.select_related("owner").filter(
        mine, lookups__state=Lookup.State.WAITING, lookups__urgency__gte=terms.floor
    )
    for account in rows.annotate(most=Max("lookups__urgency")).order_by("-most", "pk"):
        if obstacle(account, facts.get(account.portal), terms) is None:
            yield account


def obstacle(account: Account, portal: PortalFacts | None, terms: Terms) -> Drained | None:
    """Return why nobody signs in with the account now to make what waits, ``None`` where one may."""
    if portal is None:
        return Drained(reason="no installed flow knows the portal")
    if stop := _stop(account, portal, terms):
        return stop
    if _mock(portal).address is None and (urlsplit(portal.url).hostname or "").endswith(".example"):
        return Drained(reason=f"{portal.name} is make-believe and answers only while a demo runs")
    if attempts.on_hold(account):
        return Drained(StaffNeeded.__name__, "the account is on hold")
    if portal.rules.stays_open and (left := accounts.left_open(account, terms.clock)):
        return Drained(reason=f"its last session at {portal.name} may be open until {left:%H:%M} UTC")
    manners = Manners(account, _rules(portal), terms.clock)
    rows = waiting(account, terms.floor)
    if rows.exists() and not waiting(account, terms.floor, manners.closed).exists():
        return Drained(reason=_closed(portal))
    if spent := manners.spent or terms.received.inbox(account, portal).vain:
        return Drained(reason=spent)
    return _rests(account, terms)


def why(account: Account, portal: PortalFacts | None, terms: Terms) -> str:
    """Return why the account's lookups wait."""
    if stop := obstacle(account, portal, terms):
        return stop.reason
    assert portal is not None
    used = in_use(account.pk) or held(PlaceLock(portal.id, portal.rules.at_once))
    return BUSY if used else "they wait for their turn"


def drain(account: Account, portal: PortalFacts | None, terms: Terms) -> Drained:
    """Sign in and make the account's waiting lookups until none is left or trouble ends the stay."""
    attempts.restored(terms.clock)
    if stop := obstacle(account, portal, terms):
        return stop
    assert portal is not None
    try:
        with AccountLock(account.pk, patience=terms.patience, clock=terms.clock) as lock:
            attempts.recover(account, terms.clock)
            _bury(account, terms.clock)
            if stop := obstacle(account, portal, terms):
                return stop
            if not waiting(account, terms.floor).exists():
                return Drained()
            with PlaceLock(portal.id, portal.rules.at_once) as place:
                inherited = (*lock.descriptors, *place.descriptors)
                return _Round(account, portal, terms, lock, inherited).run()
    except Busy:
        return Drained(reason=BUSY)


def _bury(account: Account, clock: Clock) -> None:
    """End the stays of the account whose process ended before they did; the account's lock is held."""
    dead = models.Stay.objects.filter(account=account, ended=None)
    dead.update(ended=clock.now(), doing=models.Stay.Doing.ENDED, trouble=DIED, reason=_DIED)


def _rests(account: Account, terms: Terms) -> Drained | None:
    """Return why nobody signs in again so soon after the last stay; whoever has asked since then may."""
    now = terms.clock.now()
    # What ended later than now did so by a clock that is ahead, and says nothing of how long ago it is.
    ended = models.Stay.objects.filter(account=account, ended__lte=now)
    if terms.since is not None:
        ended = ended.filter(began__gt=terms.since)
    lately = list(ended.order_by("-began")[:MOST_STREAK])
    if not lately:
        return None
    last = lately[0]
    assert last.ended is not None
    alike = takewhile(lambda one: one.trouble == last.trouble and not one.done, lately)
    rest = plan.rest(last.trouble, max(1, len(list(alike))))
    until = last.ended + rest
    if not rest or until <= now:
        return None
    if waiting(account, Urgency.PERSON_WAITS).filter(created__gt=last.ended).exists():
        return None
    return Drained(last.trouble, f"{last.reason}; again from {until:%H:%M} UTC")


class _Round:
    """One stay, from signing in to signing out."""

    def __init__(
        self,
        account: Account,
        portal: PortalFacts,
        terms: Terms,
        lock: AccountLock,
        inherited: tuple[int, ...],
    ) -> None:
        self._manners = Manners(account, _rules(portal), terms.clock)
        self._inherited = inherited
        self._account = account
        self._portal = portal
        self._terms = terms
        self._lock = lock
        self._context = Context.model_validate(account.context)
        self._inbox = terms.received.inbox(account, portal)
        self._done = 0
        self._total = 0
        self._newest = 0
        self._unread = 0
        self._refused = 0
        self._tried: set[int] = set()
        self._log = log.bind(account=account.pk, portal=portal.id)

    def run(self) -> Drained:
        """Make the stay."""
        known = waiting(self._account, self._terms.floor).aggregate(count=Count("pk"), newest=Max("pk"))
        self._total, self._newest = known["count"], known["newest"]
        self._row = models.Stay.objects.create(
            account=self._account,
            worker=self._terms.worker,
            began=self._terms.clock.now(),
            total=self._total,
        )
        self._log = self._log.bind(stay=self._row.pk)
        self._terms.told(self._row)
        self._log.info("stay_begun", waiting=self._total)
        drained = Drained(StayEnded.__name__, "the stay was broken off")
        try:
            drained = self._made()
        except DatabaseError:
            raise
        except Exception:
            drained = Drained("Defect", _REASONS["Defect"])
            raise
        finally:
            self._log.info("stay_ended", done=self._done)
            self._note(
                doing=models.Stay.Doing.ENDED,
                ended=self._terms.clock.now(),
                trouble=drained.trouble,
                reason=drained.reason[:400],
            )
        return drained

    def _made(self) -> Drained:
        try:
            elsewhere = credentials.drawn(self._account)
        except SourceError as error:
            return Drained(CLOSED, str(error))
        self._ledger = Ledger(self._account, self._row.pk, self._terms.clock, self._inbox, elsewhere)
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
        return drained

    def _left(self) -> None:
        """Note that the session may still be open at the portal."""
        now, rules = self._terms.clock.now(), self._portal.rules
        until = now + (rules.stays_open or rules.idle)
        SessionLeft.objects.create(account=self._account, stay=self._row.pk, at=now, until=until)
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
        self._note(doing=models.Stay.Doing.SIGNED_IN)
        while (row := self._next() or self._parked()) is not None:
            if self._terms.stopped():
                return self._drained("", "the sweep was stopped")
            if not self._lock.alive():
                return self._drained("", "the lock of the account was lost")
            if stop := _stop(self._account, self._portal, self._terms):
                return stop
            if spent := self._manners.spent:
                return self._drained("", spent)
            self._manners.wait()
            if over := self._manners.over:
                return self._drained("", over)
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
        closed = self._manners.closed
        row = waiting(self._account, self._terms.floor, closed).first()
        if row is None and self._terms.floor and self._terms.spare():
            rest = waiting(self._account, 0, closed)
            self._total = self._done + rest.count()
            row = rest.first()
        if row is None or row.pk in self._tried:
            return None
        if (
            row.urgency >= self._terms.floor and row.pk > self._newest
        ):  # it came while this stay was signed in
            self._newest = row.pk
            self._total += 1
        return row

    def _parked(self) -> Lookup | None:
        """Remain signed in until something is to be looked up; ``None`` where the stay ends instead."""
        row = None
        while row is None and self._may_remain():
            if self._row.doing != models.Stay.Doing.PARKED:
                self._note(doing=models.Stay.Doing.PARKED)
            for _ in range(MOMENTS):
                self._terms.clock.sleep(MOMENT)
                if row := self._next():
                    self._note(doing=models.Stay.Doing.SIGNED_IN)
                    break
        return row

    def _may_remain(self) -> bool:
        """Whether the stay may remain signed in with nothing to do, as things are now."""
        if self._terms.stopped() or not self._lock.alive():
            return False
        if _stop(self._account, self._portal, self._terms) or self._manners.over or self._manners.idle:
            return False
        return self._account.keep_signed_in is not None and self._terms.keeps()

    def _look(self, stay: Stay, row: Lookup) -> str | None:
        """Make one lookup; the name of the trouble that ends the stay, if one does. Raises ``StayEnded``."""
        query = self._context.asks(lookups.asked(row))
        self._tried.add(row.pk)
        row.stay_id = self._row.pk
        shown = listed.shown(row)
        answer = stay.look(row.pk, query)
        clock, day = self._terms.clock, self._terms.today
        if isinstance(answer, Answered):
            self._settled()
            if isinstance(answer.answer, ClaimList) and row.kind == "claim_list":
                listed.note(row, answer.answer, tin=query.tin, day=day)
            state = snapshots.keep(row, query, answer, day=day, clock=clock)
            if state is Lookup.State.ANSWERED:
                listed.opened(row, shown)
                self._terms.answered(row)
            return self._went(row, state, "")
        name = answer.trouble if _known(answer.trouble) else "Defect"
        answer = answer.model_copy(update={"trouble": name})
        match name:
            case "NotOnFile" | "SeveralOnFile":
                self._settled()
                listed.opened(row, shown)
                return self._went(row, snapshots.keep_nothing(row, query, answer, day=day, clock=clock), name)
            case "PortalChanged" | "WrongPage" if not self._ledger.unsettled:
                return self._went(row, snapshots.refuse(row, query, answer, day=day, clock=clock), name)
            case "Defect" if not self._ledger.unsettled:
                return self._went(row, snapshots.fail(row, query, answer, day=day, clock=clock), name)
        self._again(row, answer)
        return name

    def _again(self, row: Lookup, troubled: Troubled) -> None:
        """Let a lookup wait whose trouble says nothing about it."""
        self._ledger.settle(troubled.trouble, troubled.words)
        query = self._context.asks(lookups.asked(row))
        snapshots.try_again(row, query, troubled, day=self._terms.today, clock=self._terms.clock)

    def _settled(self) -> None:
        """An answer was read: whatever secret left in between, the portal took it."""
        if self._ledger.unsettled:
            self._ledger.settle()

    def _went(self, row: Lookup, state: Lookup.State, trouble: str) -> str | None:
        self._done += 1
        read = state is Lookup.State.ANSWERED
        self._refused += not read
        self._unread = 0 if read else self._unread + 1
        self._log.info("looked_up", lookup=row.pk, kind=row.kind, outcome=state.value)
        self._note(done=self._done, refused=self._refused, total=self._total)
        return (trouble or "WrongPage") if self._unread >= REFUSALS_IN_A_ROW else None

    def _drained(self, trouble: str, reason: str = "") -> Drained:
        if trouble == "CodeNeeded" and self._ledger.unanswered:
            reason = f"{self._portal.name} sends codes to {self._account.owner.called}, and none was entered"
        if trouble and not reason:
            reason = _REASONS.get(trouble, "the account is on hold until a person has acted at the portal")
        return Drained(trouble, reason.removesuffix("."))

    def _note(self, **now: object) -> None:
        for name, value in now.items():
            setattr(self._row, name, value)
        self._row.save(update_fields=list(now))
        self._terms.told(self._row)


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


def _stop(account: Account, portal: PortalFacts, terms: Terms) -> Drained | None:
    """Return what stops the account at the portal, as things are now, whatever waits."""
    if said := audit.objection(terms.clock):
        return Drained(reason=said)
    if objection := policy.objection(portal, terms.today, attended=terms.received.attended):
        return Drained(PolicyForbids.__name__, f"{portal.name} is not asked: {objection}")
    if (pause := pauses.paused(portal.id)) is not None:
        return Drained(PortalPaused.__name__, f"{portal.name} is paused: {pause.words}")
    account.refresh_from_db(fields=["active", "taken_until", "sweep_consent", "keep_signed_in"])
    if not account.active:
        return Drained(reason="the account is not active here")
    if until := accounts.taken(account, terms.clock):
        return Drained(reason=f"{account.owner.called} works at the portal until {until:%H:%M} UTC")
    return None


def _closed(portal: PortalFacts) -> str:
    return f"{portal.name} does not answer what is to be looked up at this hour"


def _rules(portal: PortalFacts) -> Rules:
    """Return the portal's rules, as far as whatever stands there wants them kept."""
    return portal.rules if _mock(portal).address is None else portal.rules.at_a_mock


def _known(trouble: str) -> bool:
    """Whether a stay may end with a trouble of that name."""
    try:
        return trouble == "Defect" or bool(errors.named(trouble))
    except KeyError:
        return False
