"""The sweep: what is due becomes rows, which stays drain, and what changed is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypedDict

import structlog
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from pydantic import ValidationError

from harvester.model.claim import Claim
from harvester.model.codes import ClaimStatus
from harvester.model.portal import LookupKind, PortalFacts
from harvester.model.query import EligibilityQuery, Query
from harvester.model.snapshot import Answer, Outcome
from harvester.model.work import WorkItem
from harvester.office import attempts, listed, lookups, plan, snapshots, standing, worklist
from harvester.office.changes import Change, changes, ending, news
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.locks import AccountLock, Busy
from harvester.office.models import Account, Item, Lookup, Person, Practice, Sighting, Snapshot, Stay, Sweep
from harvester.office.plan import Due, Followed, Hand, Standing, Urgency
from harvester.office.prompts import Received, Watcher
from harvester.office.status import working
from harvester.office.stays import BUSY, Open, Terms, drain, obstacle, waiting, why
from harvester.office.vault import SealError
from harvester.visit import client
from harvester.visit.wire import Catalogue

log = structlog.get_logger()

PAID = ("paid", "paid_partial")
DENIED = ("denied", "denied_line_mixed")
DOCUMENTS = ("pended_provider_info",)

TELLING = ("payments", "overpayments", "authorizations", "remittance_file")
"""Kinds of which the first snapshot may tell something new."""

LOOK, LOOKS = 0.05, 10
"""Seconds between two looks at a lookup that somebody else's stay makes, and how many until its account is
tried again."""


class SweepError(Exception):
    """A lookup cannot be made; one sentence."""


@dataclass(frozen=True)
class Changed:
    """What a snapshot says other than the one before it, or brings where there was none before."""

    snapshot: Snapshot
    before: Snapshot | None
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
    stays: tuple[Stay, ...] = ()
    """What its accounts made since it began."""
    waiting: tuple[Wait, ...] = ()
    """What was not looked up and why, by account, then what no account could take."""

    @cached_property
    def run(self) -> Sweep:
        """The sweep itself."""
        return Sweep.objects.get(pk=self.sweep)

    @property
    def unaskable(self) -> tuple[tuple[int, str], ...]:
        """Items (row number) that lack something that every search needs, and what."""
        return tuple((item, reason) for item, reason in self.run.unaskable)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Lookups by what came of them.

        ``looked_up`` = ``new`` + ``changed`` + ``reworded`` (other words, no typed change) +
        ``seen_again``, and of these ``paid``, ``denied``, ``documents_requested``, ``not_on_file``,
        ``several_on_file``; then ``refused``, ``failed``, ``cancelled`` and ``waiting``.
        """
        rows = Lookup.objects.filter(sweep=self.sweep)
        states: Counter[str] = Counter(rows.values_list("state", flat=True))
        own = Snapshot.objects.filter(lookup__sweep=self.sweep)
        seen = Sighting.objects.filter(lookup__sweep=self.sweep)
        statuses: Counter[str] = Counter(own.exclude(kind="authorizations").values_list("status", flat=True))
        statuses.update(
            seen.exclude(snapshot__kind="authorizations").values_list("snapshot__status", flat=True)
        )
        compared = [one for one in self.changed if one.before is not None]
        changed = sum(1 for one in compared if one.changes)
        return {
            "looked_up": states[Lookup.State.ANSWERED],
            "new": own.count() - len(compared),
            "changed": changed,
            "reworded": len(compared) - changed,
            "seen_again": seen.count(),
            "paid": sum(statuses[status] for status in PAID),
            "denied": sum(statuses[status] for status in DENIED),
            "documents_requested": sum(statuses[status] for status in DOCUMENTS),
            "not_on_file": statuses[Outcome.NOT_FOUND],
            "several_on_file": statuses[Outcome.FOUND_MULTIPLE],
            "refused": states[Lookup.State.REFUSED],
            "failed": states[Lookup.State.FAILED],
            "cancelled": states[Lookup.State.CANCELLED],
            "waiting": states[Lookup.State.WAITING],
        }

    @cached_property
    def changed(self) -> tuple[Changed, ...]:
        """Snapshots that differ from the one before, with what changed, and what came for the first time."""
        found = []
        for snapshot, before in self._followed():
            after = snapshots.answer(snapshot)
            said = news(after) if before is None else changes(snapshots.answer(before), after)
            said += ending(after, _looked_before(snapshot.lookup), self.run.day)
            if before is not None or said:
                found.append(Changed(snapshot, before, after, said))
        again = Sighting.objects.filter(lookup__sweep=self.sweep, snapshot__kind="authorizations")
        for sighting in again.select_related("snapshot", "lookup").order_by("pk"):
            after = snapshots.answer(sighting.snapshot)
            if said := ending(after, _looked_before(sighting.lookup), self.run.day):
                found.append(Changed(sighting.snapshot, None, after, said))
        return tuple(found)

    def _followed(self) -> Iterator[tuple[Snapshot, Snapshot | None]]:
        earlier = Snapshot.objects.filter(subject=OuterRef("subject"), pk__lt=OuterRef("pk")).order_by("-pk")
        new = Snapshot.objects.filter(lookup__sweep=self.sweep).order_by("pk")
        pairs = list(
            new.annotate(before=Subquery(earlier.values("pk")[:1])).values_list("pk", "kind", "before")
        )
        wanted = [(pk, before) for pk, kind, before in pairs if before is not None or kind in TELLING]
        known = Snapshot.objects.select_related("lookup").in_bulk(
            [pk for pair in wanted for pk in pair if pk]
        )
        for pk, before in wanted:
            yield known[pk], known[before] if before is not None else None


def _looked_before(row: Lookup) -> date:
    """Return the day of the look before this one; long ago where there was none."""
    earlier = Lookup.objects.filter(subject=row.subject, state=Lookup.State.ANSWERED, pk__lt=row.pk)
    last: date | None = earlier.aggregate(day=Max("day"))["day"]
    return last or date.min


@dataclass(frozen=True)
class Looked:
    """What came of one lookup: a snapshot, or why there is none yet."""

    lookup: Lookup
    snapshot: Snapshot | None
    answer: Answer | None
    reason: str = ""
    earlier: bool = False
    """Whether it was asked earlier today, and not again now."""


def begin(
    today: date,
    catalogue: Catalogue,
    *,
    clock: Clock,
    portals: Collection[str] | None = None,
    nightly: bool = False,
) -> Sweep:
    """Let everything that is due on ``today``, the practice's date, wait for stays; return the sweep.

    What waits from an earlier sweep is taken over. ``portals``: only what is asked there; all of the night's
    go into one sweep. Raises :class:`~harvester.office.vault.SealError` where the keys cannot open
    credentials.
    """
    can_sign_in()
    worklist.match(catalogue)
    attempts.restored(clock)
    for account in Account.objects.filter(attempts__end=None, attempts__isnull=False).distinct():
        _recover(account, clock)
    now = {"started": clock.now()}
    if nightly:
        run, _ = Sweep.objects.get_or_create(day=today, nightly=True, defaults=now)
    else:
        run = Sweep.objects.create(day=today, **now)
    _plan(run, {one.id: one for one in catalogue.portals}, portals, clock)
    log.info("sweep_begun", sweep=run.pk, count=run.lookups.filter(state=Lookup.State.WAITING).count())
    return run


def end(run: Sweep, clock: Clock) -> None:
    """Note that nothing is left of a sweep that could be looked up by itself."""
    Sweep.objects.filter(pk=run.pk).update(ended=clock.now())
    log.info("sweep_ended", sweep=run.pk)


def cancel(by: Person, *, portal: str | None = None, user_name: str | None = None) -> int:
    """Call off what waits of sweeps, at one portal or of one account only; return how much it was."""
    rows = Lookup.objects.filter(state=Lookup.State.WAITING, requested_by=None)
    if portal is not None:
        rows = rows.filter(portal=portal)
    if user_name is not None:
        rows = rows.filter(account__user_name_folded=user_name.strip().casefold())
    count = rows.update(state=Lookup.State.CANCELLED)
    log.warning("lookups_cancelled", person=by.pk, count=count)
    return count


def report(run: Sweep, facts: Mapping[str, PortalFacts], terms: Terms) -> SweepReport:
    """Return what a sweep did, and why something of it still waits."""
    run.refresh_from_db()
    accounts = Account.objects.select_related("owner").filter(lookups__sweep=run).distinct().order_by("pk")
    made = Stay.objects.filter(account__in=accounts, began__gte=run.started).order_by("began", "pk")
    found = tuple(made.select_related("account__owner"))
    ended = {stay.account_id: stay.reason for stay in found}
    rows = Lookup.objects.filter(sweep=run, state=Lookup.State.WAITING)
    waits = []
    for account in accounts.filter(lookups__state=Lookup.State.WAITING):
        if not (count := rows.filter(account=account).count()):
            continue
        reason = ended.get(account.pk) or why(account, facts.get(account.portal), terms)
        waits.append(Wait(account.portal, account.owner.called, count, reason))
    waits += [Wait(portal, "", count, reason) for portal, count, reason in run.left]
    return SweepReport(run.pk, found, tuple(waits))


def lookup_now(
    query: Query,
    person: Person,
    *,
    today: date,
    stay: Open = client.Stay,
    catalogue: Callable[[], Catalogue] = client.catalogue,
    told: Callable[[Stay], None] = lambda _: None,
    watcher: Watcher | None = None,
    clock: Clock | None = None,
    patience: float = 60.0,
    again: bool = False,
) -> Looked:
    """Look one thing up for a person who waits, with that person's own account.

    What was answered today already is not asked again, unless the person insists (``again``).
    Where a stay of the account is signed in already, or a worker may remain signed in with it, that makes
    the lookup, and this waits for it up to ``patience`` seconds. Raises :class:`SweepError` where no portal
    or account fits.
    """
    can_sign_in()
    clock = clock or Clock()
    portals = [portal for portal in catalogue().portals if query.kind in portal.offered(query.carrier)]
    if not portals:
        raise SweepError(f"no installed flow looks up {query.kind} at carrier {query.carrier}")
    if isinstance(query, EligibilityQuery):
        wanted = query.service_type
        portals = [one for one in portals if wanted in (one.service_types or (wanted,))]
        if not portals:
            raise SweepError(f"the carrier's portal cannot be asked about service type {wanted}")
    names = {portal.id: portal for portal in portals}
    own = Account.objects.select_related("owner").filter(owner=person, portal__in=names, active=True)
    accounts = list(own.order_by("portal", "pk"))
    if not accounts:
        raise SweepError(f"{person.called} has no account at {' or '.join(names)}")
    account = next((one for one in accounts if _hand(one, names).asks_as(query.tin or "")), None)
    if account is None:
        raise SweepError(
            f"no account of {person.called} at {' or '.join(names)} looks up under the tax id {query.tin}"
        )
    if query.tin is None and (tin := account.context.get("tin")):
        query = query.model_copy(update={"tin": tin})
    asker = lookups.Asker(
        day=today, reason=f"{person.called} asked", urgency=Urgency.PERSON_WAITS, person=person
    )
    fresh = lookups.lookup(query, account, asker)
    # Asked a second time while the first one waits: it is the same question.
    row = waiting(account, Urgency.PERSON_WAITS).filter(subject=fresh.subject).first() or fresh
    if not again and (known := _answered_today(fresh)) is not None:
        snapshot = snapshots.of(known)
        assert snapshot is not None
        return Looked(known, snapshot, snapshots.answer(snapshot), "", earlier=True)
    if row is fresh:
        row.save(force_insert=True)
    terms = Terms(
        today=today,
        stay=stay,
        clock=clock,
        told=told,
        floor=Urgency.PERSON_WAITS,
        since=clock.now(),
        received=Received(watcher, clock),
    )
    tries, reason, facts = max(1, round(patience / (LOOKS * LOOK))), "", names[account.portal]
    for remaining in range(tries - 1, -1, -1):
        reason = BUSY if _left_to_a_worker(account, facts, terms) else drain(account, facts, terms).reason
        if reason != BUSY or not remaining or _taken_by_another(row, terms):
            break
    row.refresh_from_db()
    snapshot = snapshots.of(row)
    found = snapshots.answer(snapshot) if snapshot is not None else None
    return Looked(row, snapshot, found, "" if row.state == Lookup.State.ANSWERED else reason)


def _left_to_a_worker(account: Account, facts: PortalFacts, terms: Terms) -> bool:
    """Whether a worker can make the account's lookups, whose stay then remains there for the next one."""
    if account.keep_signed_in is None or set(facts.rules.mfa) - {"authenticator"} or not working():
        return False
    return obstacle(account, facts, replace(terms, received=Received(None, terms.clock))) is None


def _taken_by_another(row: Lookup, terms: Terms) -> bool:
    """Watch for a moment the stay that has the account; return whether it made the lookup."""
    for stay in Stay.objects.filter(account=row.account, ended=None).select_related("account__owner"):
        terms.told(stay)
    for _ in range(LOOKS):
        row.refresh_from_db(fields=["state"])
        if row.state != Lookup.State.WAITING:
            return True
        terms.clock.sleep(LOOK)
    return False


def _answered_today(fresh: Lookup) -> Lookup | None:
    """Return the newest lookup of the day that asked the same and was answered."""
    rows = Lookup.objects.filter(subject=fresh.subject, day=fresh.day, state=Lookup.State.ANSWERED)
    asked = lookups.asked(fresh)
    return next((row for row in rows.order_by("-pk") if lookups.asked(row) == asked), None)


def _plan(run: Sweep, facts: Mapping[str, PortalFacts], only: Collection[str] | None, clock: Clock) -> None:
    """Turn what is due, at ``only`` these portals, into rows; note what no account can take, or be asked."""
    today, places = run.day, None if only is None else ("", *only)
    with transaction.atomic(durable=True):
        # One plans at a time: two that change the same rows would wait for each other.
        Practice.objects.select_for_update().get()
        run.refresh_from_db()
        accounts = {account.pk: account for account in Account.objects.select_related("owner")}
        hands = [_hand(account, facts) for account in accounts.values()]
        usable = {hand.account for hand in hands if not hand.objection}
        rows = Lookup.objects.filter(state=Lookup.State.WAITING, requested_by=None)
        follow = Item.objects.filter(open=True)
        if places is not None:
            rows, follow = rows.filter(portal__in=places), follow.filter(portal__in=places)
        rows.filter(account__in=usable).update(sweep=run, day=today)
        stranded = {_key(row): row for row in rows.exclude(account__in=usable)}
        waits = {_key(row) for row in rows.filter(account__in=usable)} | stranded.keys()
        items = {row.pk: row for row in follow}
        asked: list[Followed | Standing] = [
            *followed(items, facts),
            *standing.questions(items.values(), facts, today, clock.now()),
        ]
        dues = [due for due in plan.due(asked, today) if _key(due) not in waits]
        plans = plan.assign([*map(_handed_on, stranded.values()), *dues], hands)
        unaskable = dict(run.unaskable)
        new = []
        for due, account in plans.taken:
            if (row := stranded.get(_key(due))) is not None:
                Lookup.objects.filter(pk=row.pk).update(account=accounts[account], sweep=run, day=today)
                continue
            try:
                new.append(_row(due, accounts[account], run, items, facts))
            except ValueError as error:
                unaskable[due.item or 0] = _sentence(error)
        Lookup.objects.bulk_create(_once_a_day(new, today), batch_size=500, ignore_conflicts=True)
        reasons = Counter((due.portal, reason) for due, reason in plans.left)
        run.left = [wait for wait in run.left if places is not None and wait[0] not in places]
        run.left += [[portal, count, reason] for (portal, reason), count in sorted(reasons.items())]
        run.unaskable = [*unaskable.items()]
        run.ended = None
        run.save()


def _once_a_day(rows: Iterable[Lookup], today: date) -> list[Lookup]:
    """Return the rows whose question was not answered today already, each question once."""
    answered = Lookup.objects.filter(day=today, state=Lookup.State.ANSWERED)
    asked = set(answered.values_list("subject", flat=True))
    first = {row.subject: row for row in reversed(list(rows))}
    return [row for subject, row in reversed(first.items()) if subject not in asked]


def _row(
    due: Due, account: Account, run: Sweep, items: Mapping[int, Item], facts: Mapping[str, PortalFacts]
) -> Lookup:
    """Return what is due as a row, not stored yet; raises ``ValueError`` where it cannot be asked."""
    asker = lookups.Asker(day=run.day, reason=due.reason, urgency=due.urgency, sweep=run)
    if due.item is None:
        assert due.query is not None
        return lookups.lookup(due.query, account, asker)
    item = items[due.item]
    return lookups.lookup(_query(item, due.kind, facts.get(due.portal)), account, asker, item)


def follow_up(row: Lookup, facts: Mapping[str, PortalFacts]) -> None:
    """Let wait for the same stay what an answer gives a sweep reason for.

    The files of payments that it saw, and the claims that a list shows otherwise than before.
    """
    if row.sweep is None:
        return
    items: Mapping[int, Item] = {}
    asked: Iterable[Followed | Standing] = ()
    if row.kind == "payments" and "remittance_file" in facts[row.portal].offered(row.carrier):
        snapshot = snapshots.of(row)
        assert snapshot is not None
        asked = standing.files(snapshot)
    elif row.kind == "claim_list":
        items = {item.pk: item for item in listed.moved(row)}
        asked = followed(items)
    new = [_row(due, row.account, row.sweep, items, facts) for due in plan.due(asked, row.sweep.day)]
    Lookup.objects.bulk_create(_once_a_day(new, row.sweep.day), batch_size=500, ignore_conflicts=True)


def _key(one: Lookup | Due) -> tuple[str, int] | str:
    """Return by which a waiting row and what is due are known to be the same question."""
    if isinstance(one, Lookup):
        return (one.kind, one.item_id) if one.item_id is not None else one.subject
    if one.item is not None:
        return one.kind, one.item
    assert one.query is not None
    return lookups.subject(one.portal, one.query)


def _handed_on(row: Lookup) -> Due:
    """Return a waiting row, whose account cannot be used now, as what is due."""
    query = lookups.asked(row)
    question = query if isinstance(query, plan.Question) else None
    return Due(
        row.item_id, row.portal, row.reason, Urgency(row.urgency), query.kind, query.tin or "", query=question
    )


def followed(items: Mapping[int, Item], facts: Mapping[str, PortalFacts] | None = None) -> Iterator[Followed]:
    """Yield every open item with what its last look told; ``items`` are the open ones by row number.

    With ``facts`` also the authorizations of appointments, at portals that look them up.
    """
    work = {pk: worklist.opened(row) for pk, row in items.items()}
    on_lists = listed.states(items)
    for pk, looks, last in _looks("claim", Item.Kind.CLAIM, items):
        one = work[pk]
        yield Followed(
            item=pk,
            kind="claim",
            portal=items[pk].portal,
            tin=one.tin or "",
            submitted=one.submitted_date,
            worth=one.balance or one.billed or Decimal(),
            deadline=_deadline(one, looks, last),
            **on_lists.get(pk, listed.NOWHERE),
            **looks,
        )
    kinds: tuple[Literal["eligibility", "authorizations"], ...] = ("eligibility", "authorizations")
    for kind in kinds if facts else kinds[:1]:
        for pk, looks, _ in _looks(kind, Item.Kind.APPOINTMENT, items):
            portal, tin, day = items[pk].portal, work[pk].tin or "", work[pk].service_date
            offered = facts[portal].offered(items[pk].carrier) if facts and portal in facts else ()
            if kind == "eligibility" or (kind in offered and not work[pk].missing_for("eligibility")):
                yield Followed(item=pk, kind=kind, portal=portal, tin=tin, day=day, **looks)


class _Look(TypedDict):
    looked: date | None
    status: str
    seen: int
    refused: bool
    since: date | None


def _looks(kind: str, of: Item.Kind, among: Container[int]) -> Iterator[tuple[int, _Look, int | None]]:
    """Yield the open items of a kind ``among`` those, with the last look of a kind and its snapshot."""
    ended = Lookup.objects.filter(item=OuterRef("pk"), kind=kind).exclude(
        state__in=(Lookup.State.WAITING, Lookup.State.CANCELLED)
    )
    ended = ended.order_by("-pk")
    answered = ended.filter(state=Lookup.State.ANSWERED).annotate(
        snapshot_seen=Coalesce("snapshot", "sighting__snapshot")
    )
    looks = (
        Item.objects.filter(open=True, kind=of)
        .annotate(
            looked=Max("lookups__day", filter=Q(lookups__state=Lookup.State.ANSWERED, lookups__kind=kind)),
            state=Subquery(ended.values("state")[:1]),
            last=Subquery(answered.values("snapshot_seen")[:1]),
        )
        .values_list("pk", "looked", "state", "last")
    )
    known = {
        pk: (status, seen, since)
        for pk, status, seen, since in Snapshot.objects.filter(lookup__item__open=True, kind=kind)
        .annotate(seen=1 + Count("sightings"))
        .values_list("pk", "status", "seen", "lookup__day")
    }
    for pk, looked, state, last in looks:
        if pk not in among:
            continue
        status, seen, since = known.get(last, ("", 0, None))
        refused = state in (Lookup.State.REFUSED, Lookup.State.FAILED)
        found: _Look = {"looked": looked, "status": status, "seen": seen, "refused": refused, "since": since}
        yield pk, found, last


def _deadline(work: WorkItem, looks: _Look, snapshot: int | None) -> date | None:
    """Return until when somebody has to act on a claim, as far as the portal and the practice say so."""
    since = looks["since"]
    match looks["status"]:
        case ClaimStatus.PENDED_PROVIDER_INFO if snapshot is not None:
            answer = snapshots.answer(Snapshot.objects.get(pk=snapshot))
            wanted = answer.requested_documents if isinstance(answer, Claim) else ()
            days = [one.due_date.value for one in wanted if one.due_date.value is not None]
            return min(days, default=None)
        case ClaimStatus.DENIED | ClaimStatus.DENIED_LINE_MIXED if since and work.appeal_days is not None:
            return since + timedelta(days=work.appeal_days)
        case Outcome.NOT_FOUND if work.service_from and work.timely_filing_days is not None:
            return work.service_from + timedelta(days=work.timely_filing_days)
    return None


def _query(item: Item, kind: LookupKind, portal: PortalFacts | None) -> Query:
    if portal is not None and kind not in portal.offered(item.carrier):
        raise ValueError(f"the flow of {portal.name} does not look up {kind} at {item.carrier}")
    work = worklist.opened(item)
    match kind:
        case "claim":
            return work.claim_query(item.carrier)
        case "authorizations":
            return work.authorizations_query(item.carrier)
    return work.eligibility_query(item.carrier)


def _hand(account: Account, facts: Mapping[str, PortalFacts]) -> Hand:
    objection = ""
    if not account.active:
        objection = "not active here"
    elif account.sweep_consent is None:
        objection = "its owner has not agreed to sweeps"
    elif attempts.on_hold(account):
        objection = "on hold"
    return Hand(
        account=account.pk,
        portal=account.portal,
        owner=account.owner.called,
        objection=objection,
        waiting=account.lookups.filter(state=Lookup.State.WAITING).count(),
        tin=account.context.get("tin", ""),
        switches=account.portal in facts and facts[account.portal].switches_tin,
    )


def _recover(account: Account, clock: Clock) -> None:
    """Hold an account whose last attempt nobody finished, unless somebody is about to."""
    try:
        with AccountLock(account.pk, clock=clock):
            attempts.recover(account, clock)
    except Busy:
        return


def can_sign_in() -> None:
    """Raise :class:`~harvester.office.vault.SealError` where this machine cannot open credentials."""
    if keys().private is None:
        raise SealError("this machine has no credentials.private: it can store credentials and not use them")


def _sentence(error: ValueError) -> str:
    # pydantic's own messages hold no input here, and are not sentences.
    return "something in it is not as a portal wants it" if isinstance(error, ValidationError) else str(error)
