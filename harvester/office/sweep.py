"""The sweep: what is due becomes rows, stays drain them, and what changed is reported."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import structlog
from django.db import connections, transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from pydantic import ValidationError

from harvester.model.portal import PortalFacts
from harvester.model.query import Query
from harvester.model.snapshot import Answer, Outcome
from harvester.office import attempts, lookups, plan, prompts, snapshots, worklist
from harvester.office.changes import Change, changes
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.locks import AccountLock, Busy
from harvester.office.models import Account, Item, Lookup, Person, Sighting, Snapshot, Sweep
from harvester.office.plan import Due, Followed, Hand, Urgency
from harvester.office.stays import BUSY, Drained, Open, Progress, Terms, drain, waiting
from harvester.office.vault import SealError
from harvester.visit import client
from harvester.visit.wire import Catalogue

log = structlog.get_logger()

AT_ONCE = 4
"""Stays at one time; each has a browser."""
PATIENCE = 2.0
"""Seconds to wait for an account's lock; listing accounts takes it for an instant."""
WAITS = (2.0, 10.0)
"""Seconds that a sweep waits before it asks an unavailable portal again, within a stay."""

PAID = ("paid", "paid_partial")
DENIED = ("denied", "denied_line_mixed")
DOCUMENTS = ("pended_provider_info",)


class SweepError(Exception):
    """A lookup cannot be made; one sentence."""


@dataclass(frozen=True)
class Changed:
    """What a new snapshot says other than the one before it."""

    snapshot: Snapshot
    before: Snapshot
    after: Answer | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Wait:
    """Lookups that are due and were not made, and why."""

    portal: str
    owner: str
    """Whose account; empty where no account can take them."""
    count: int
    reason: str


@dataclass(frozen=True)
class SweepReport:
    """What a sweep did; the counts are of its lookups as they are now."""

    sweep: int
    stays: tuple[Drained, ...]
    left: tuple[tuple[Due, str], ...]
    """Due, and taken by no account."""
    unaskable: tuple[tuple[int, str], ...]
    """Items (row number) that lack something that every search needs, and what."""

    @cached_property
    def counts(self) -> dict[str, int]:
        """Lookups by what came of them.

        ``looked_up`` = ``new`` + ``changed`` + ``reworded`` (other words, no typed change) +
        ``seen_again``, and of these ``paid``, ``denied``, ``documents_requested``, ``not_on_file``,
        ``several_on_file``; then ``refused``, ``failed`` and ``waiting``.
        """
        rows = Lookup.objects.filter(sweep=self.sweep)
        states: Counter[str] = Counter(rows.values_list("state", flat=True))
        own = Snapshot.objects.filter(lookup__sweep=self.sweep)
        seen = Sighting.objects.filter(lookup__sweep=self.sweep)
        statuses: Counter[str] = Counter(own.values_list("status", flat=True))
        statuses.update(seen.values_list("snapshot__status", flat=True))
        changed = sum(1 for one in self.changed if one.changes)
        return {
            "looked_up": states[Lookup.State.ANSWERED],
            "new": own.count() - len(self.changed),
            "changed": changed,
            "reworded": len(self.changed) - changed,
            "seen_again": seen.count(),
            "paid": sum(statuses[status] for status in PAID),
            "denied": sum(statuses[status] for status in DENIED),
            "documents_requested": sum(statuses[status] for status in DOCUMENTS),
            "not_on_file": statuses[Outcome.NOT_FOUND],
            "several_on_file": statuses[Outcome.FOUND_MULTIPLE],
            "refused": states[Lookup.State.REFUSED],
            "failed": states[Lookup.State.FAILED],
            "waiting": states[Lookup.State.WAITING],
        }

    @cached_property
    def waiting(self) -> tuple[Wait, ...]:
        """What was not looked up and why, by account, then what no account could take."""
        found = []
        for stay in self.stays:
            count = Lookup.objects.filter(sweep=self.sweep, account=stay.account, state=Lookup.State.WAITING)
            if number := count.count():
                found.append(Wait(stay.portal, stay.owner, number, stay.reason))
        reasons = Counter((due.portal, reason) for due, reason in self.left)
        found += [Wait(portal, "", number, reason) for (portal, reason), number in sorted(reasons.items())]
        return tuple(found)

    @cached_property
    def changed(self) -> tuple[Changed, ...]:
        """Snapshots that differ from the one before, with what changed, computed from both."""
        found = []
        for snapshot, before in self._followed():
            after = snapshots.answer(snapshot)
            found.append(Changed(snapshot, before, after, changes(snapshots.answer(before), after)))
        return tuple(found)

    def _followed(self) -> Iterator[tuple[Snapshot, Snapshot]]:
        earlier = Snapshot.objects.filter(subject=OuterRef("subject"), pk__lt=OuterRef("pk")).order_by("-pk")
        new = Snapshot.objects.filter(lookup__sweep=self.sweep).order_by("pk")
        pairs = list(new.annotate(before=Subquery(earlier.values("pk")[:1])).values_list("pk", "before"))
        known = Snapshot.objects.in_bulk([pk for pair in pairs for pk in pair if pair[1] is not None])
        for pk, before in pairs:
            if before is not None:
                yield known[pk], known[before]


@dataclass(frozen=True)
class Looked:
    """What came of one lookup: a snapshot, or why there is none yet."""

    lookup: Lookup
    snapshot: Snapshot | None
    answer: Answer | None
    reason: str = ""


def sweep(
    *,
    today: date,
    stay: Open = client.Stay,
    catalogue: Callable[[], Catalogue] = client.catalogue,
    progress: Callable[[Progress], None] = lambda _: None,
    answer: prompts.Answer = prompts.nobody,
    clock: Clock | None = None,
    at_once: int = AT_ONCE,
    patience: float = PATIENCE,
    waits: tuple[float, ...] = WAITS,
) -> SweepReport:
    """Look up everything that is due on ``today``, the practice's date, and report.

    Each account's lookups are made by a thread and a stay of their own, ``at_once`` of them at a
    time. What waits from an earlier sweep is taken up again. ``patience``: seconds to wait for an
    account that is in use; ``waits``: before each further try while a portal is unavailable.
    ``answer`` asks an account's owner for a code that a portal sent, from several threads at once.
    Raises :class:`~harvester.office.vault.SealError` before anything is tried where the keys cannot
    open credentials.
    """
    _can_sign_in()
    clock = clock or Clock()
    portals = catalogue()
    worklist.match(portals)
    for account in Account.objects.filter(attempts__end=None, attempts__isnull=False).distinct():
        _recover(account, clock)
    run = Sweep.objects.create(day=today, started=clock.now())
    facts = {portal.id: portal for portal in portals.portals}
    left, unaskable = _planned(run, today, facts)
    stopped, telling = threading.Event(), threading.Lock()

    def tell(event: Progress) -> None:
        with telling:
            progress(event)

    terms = Terms(
        today=today,
        stay=stay,
        clock=clock,
        progress=tell,
        stopped=stopped.is_set,
        patience=patience,
        waits=waits,
        received=prompts.Received(answer, clock),
    )
    working = list(
        Account.objects.select_related("owner")
        .filter(lookups__sweep=run, lookups__state=Lookup.State.WAITING)
        .distinct()
        .order_by("pk")
    )
    log.info("sweep_begun", sweep=run.pk, count=len(working))
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="stay") as threads:
        tasks = [threads.submit(_alone, account, facts.get(account.portal), terms) for account in working]
        try:
            wait(tasks)
        except BaseException:
            stopped.set()
            for task in tasks:
                task.cancel()
            raise
    # A defect in one stay is raised when the others have finished.
    stays = tuple(task.result() for task in tasks)
    Sweep.objects.filter(pk=run.pk).update(ended=clock.now())
    log.info("sweep_ended", sweep=run.pk)
    return SweepReport(sweep=run.pk, stays=stays, left=left, unaskable=unaskable)


def lookup_now(
    query: Query,
    person: Person,
    *,
    today: date,
    stay: Open = client.Stay,
    catalogue: Callable[[], Catalogue] = client.catalogue,
    progress: Callable[[Progress], None] = lambda _: None,
    answer: prompts.Answer = prompts.nobody,
    clock: Clock | None = None,
    patience: float = 60.0,
) -> Looked:
    """Look one thing up for a person who waits, with that person's own account.

    Where a stay of the account is signed in already, it takes the lookup next, and this waits for it
    up to ``patience`` seconds. Raises :class:`SweepError` where no portal or account fits.
    """
    _can_sign_in()
    clock = clock or Clock()
    portals = [portal for portal in catalogue().portals if query.kind in portal.offered(query.carrier)]
    if not portals:
        raise SweepError(f"no installed flow looks up {query.kind} at carrier {query.carrier}")
    names = {portal.id: portal for portal in portals}
    account = (
        Account.objects.select_related("owner")
        .filter(owner=person, portal__in=names, active=True)
        .order_by("portal", "pk")
        .first()
    )
    if account is None:
        raise SweepError(f"{person.called} has no account at {' or '.join(names)}")
    asker = lookups.Asker(
        day=today, reason=f"{person.called} asked", urgency=Urgency.PERSON_WAITS, person=person
    )
    fresh = lookups.lookup(query, account, asker)
    # Asked a second time while the first one waits: it is the same question.
    row = waiting(account, Urgency.PERSON_WAITS).filter(subject=fresh.subject).first() or fresh
    if row is fresh:
        row.save(force_insert=True)
    terms = Terms(
        today=today,
        stay=stay,
        clock=clock,
        progress=progress,
        floor=Urgency.PERSON_WAITS,
        received=prompts.Received(answer, clock),
    )
    tries, reason = max(1, round(patience / 0.5)), ""
    for remaining in range(tries - 1, -1, -1):
        drained = drain(account, names[account.portal], terms)
        reason = drained.reason
        row.refresh_from_db()
        if row.state != Lookup.State.WAITING or drained.reason != BUSY or not remaining:
            break
        clock.sleep(0.5)
    snapshot = snapshots.of(row)
    found = snapshots.answer(snapshot) if snapshot is not None else None
    return Looked(row, snapshot, found, "" if row.state == Lookup.State.ANSWERED else reason)


def _planned(
    run: Sweep, today: date, facts: Mapping[str, PortalFacts]
) -> tuple[tuple[tuple[Due, str], ...], tuple[tuple[int, str], ...]]:
    """Turn what is due into rows; return what no account can take, and what cannot be asked."""
    with transaction.atomic(durable=True):
        hands = _hands()
        usable = {hand.account for hand in hands if not hand.objection}
        rows = Lookup.objects.filter(state=Lookup.State.WAITING, requested_by=None, item__isnull=False)
        rows.filter(account__in=usable).update(sweep=run, day=today)
        stranded = {row.item_id: row for row in rows.exclude(account__in=usable)}
        kept = set(rows.filter(account__in=usable).values_list("item_id", flat=True))
        hands = [_loaded(hand) for hand in hands]
        handed = [
            Due(row.item_id or 0, row.portal, row.reason, Urgency(row.urgency)) for row in stranded.values()
        ]
        items = {row.pk: row for row in Item.objects.filter(open=True)}
        idle = [one for one in followed(items) if one.item not in kept and one.item not in stranded]
        plans = plan.assign([*handed, *plan.due(idle, today)], hands)
        accounts = {account.pk: account for account in Account.objects.all()}
        unaskable = []
        new = []
        for due, account in plans.taken:
            if (row := stranded.get(due.item)) is not None:
                Lookup.objects.filter(pk=row.pk).update(account=accounts[account], sweep=run, day=today)
                continue
            asker = lookups.Asker(day=today, reason=due.reason, urgency=due.urgency, sweep=run)
            try:
                query = _query(items[due.item], facts.get(due.portal))
            except ValueError as error:
                unaskable.append((due.item, _sentence(error)))
                continue
            new.append(lookups.lookup(query, accounts[account], asker, items[due.item]))
        Lookup.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    return plans.left, tuple(unaskable)


def followed(items: Mapping[int, Item]) -> Iterator[Followed]:
    """Yield every open item with what its last look told; ``items`` are the open ones by row number."""
    ended = Lookup.objects.filter(item=OuterRef("pk")).exclude(state=Lookup.State.WAITING).order_by("-pk")
    answered = ended.filter(state=Lookup.State.ANSWERED).annotate(
        seen=Coalesce("snapshot", "sighting__snapshot")
    )
    looks = (
        Item.objects.filter(open=True)
        .annotate(
            looked=Max("lookups__day", filter=Q(lookups__state=Lookup.State.ANSWERED)),
            state=Subquery(ended.values("state")[:1]),
            last=Subquery(answered.values("seen")[:1]),
        )
        .values_list("pk", "looked", "state", "last")
    )
    known = {
        pk: (status, seen)
        for pk, status, seen in Snapshot.objects.filter(lookup__item__open=True)
        .annotate(seen=1 + Count("sightings"))
        .values_list("pk", "status", "seen")
    }
    for pk, looked, state, last in looks:
        work = worklist.opened(items[pk])
        status, seen = known.get(last, ("", 0))
        yield Followed(
            item=pk,
            kind=work.kind,
            portal=items[pk].portal,
            day=work.service_date if work.kind == "appointment" else None,
            looked=looked,
            status=status,
            seen=seen,
            refused=state in (Lookup.State.REFUSED, Lookup.State.FAILED),
        )


def _query(item: Item, portal: PortalFacts | None) -> Query:
    work = worklist.opened(item)
    claim = work.kind == "claim"
    query = work.claim_query(item.carrier) if claim else work.eligibility_query(item.carrier)
    if portal is not None and query.kind not in portal.offered(query.carrier):
        raise ValueError(f"the flow of {portal.name} does not look up {query.kind} at {query.carrier}")
    return query


def _hands() -> list[Hand]:
    found = []
    for account in Account.objects.select_related("owner").order_by("pk"):
        objection = ""
        if not account.active:
            objection = "not active here"
        elif account.sweep_consent is None:
            objection = "its owner has not agreed to sweeps"
        elif attempts.on_hold(account):
            objection = "on hold"
        found.append(Hand(account.pk, account.portal, account.owner.called, objection))
    return found


def _loaded(hand: Hand) -> Hand:
    rows = Lookup.objects.filter(account=hand.account, state=Lookup.State.WAITING)
    return replace(hand, waiting=rows.count())


def _recover(account: Account, clock: Clock) -> None:
    """Hold an account whose last attempt nobody finished, unless somebody is about to."""
    try:
        with AccountLock(account.pk, clock=clock):
            attempts.recover(account, clock)
    except Busy:
        return


def _alone(account: Account, portal: PortalFacts | None, terms: Terms) -> Drained:
    """Drain in a thread of its own, with a database connection of its own."""
    try:
        return drain(account, portal, terms)
    finally:
        connections.close_all()


def _can_sign_in() -> None:
    if keys().private is None:
        raise SealError("this machine has no credentials.private: it can store credentials and not use them")


def _sentence(error: ValueError) -> str:
    # pydantic's own messages hold no input here, and are not sentences.
    return "something in it is not as a portal wants it" if isinstance(error, ValidationError) else str(error)
