"""Where everything is now: the last sweep, who works, each account's stay, what waits and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q

from harvester.model.portal import PortalFacts
from harvester.office import audit, stays
from harvester.office.locks import Lock, held, in_use
from harvester.office.models import Account, Lookup, Stay, Sweep, Worker
from harvester.office.plan import Urgency
from harvester.office.stays import Terms


@dataclass(frozen=True)
class AccountNow:
    """One account with a stay, or with lookups that wait."""

    account: Account
    stay: Stay | None
    """The one that is signed in, or signing in, now."""
    waiting: int
    urgent: int
    """Of these, lookups for which a person waits."""
    since: datetime | None
    """When the oldest of them was asked."""
    why: str
    """Why they wait, where no stay makes them."""


@dataclass(frozen=True)
class Status:
    """Everything, as it is at one moment."""

    sweep: Sweep | None
    """The newest one."""
    counts: Mapping[str, int]
    """Its lookups by state."""
    workers: tuple[Worker, ...]
    accounts: tuple[AccountNow, ...]
    unproved: datetime | None
    """Since when the audit's anchors cannot be written, where that is so for minutes."""

    @property
    def looked_up(self) -> int:
        """How many lookups of the sweep are done, whatever came of them."""
        return sum(self.counts.values()) - self.counts.get(Lookup.State.WAITING, 0)


def status(facts: Mapping[str, PortalFacts], terms: Terms) -> Status:
    """Return where everything is; ``terms`` are those of a stay that would begin now."""
    run = Sweep.objects.order_by("-pk").first()
    rows = Lookup.objects.filter(sweep=run) if run is not None else Lookup.objects.none()
    counts = Counter(dict(rows.order_by().values_list("state").annotate(Count("pk"))))
    accounts, unproved = tuple(_accounts(facts, terms)), audit.unanchored(terms.clock)
    return Status(run, counts, tuple(working()), accounts, unproved)


def working() -> list[Worker]:
    """Return the workers that live."""
    there = Worker.objects.filter(ended=None).order_by("began")
    return [worker for worker in there if held(Lock(worker.lock))]


def _accounts(facts: Mapping[str, PortalFacts], terms: Terms) -> list[AccountNow]:
    waits = Q(lookups__state=Lookup.State.WAITING)
    known = Account.objects.select_related("owner").annotate(
        waiting=Count("lookups", filter=waits),
        urgent=Count("lookups", filter=waits & Q(lookups__urgency__gte=Urgency.PERSON_WAITS)),
        since=Min("lookups__created", filter=waits),
    )
    open_ones: dict[UUID, Stay] = {
        stay.account_id: stay for stay in Stay.objects.filter(ended=None).order_by("began")
    }
    found = []
    for account in known.filter(Q(waiting__gt=0) | Q(pk__in=open_ones)).order_by("portal", "user_name"):
        stay = open_ones.get(account.pk)
        if stay is not None and not in_use(account.pk):
            stay = None  # whoever made it died
        if stay is None and not account.waiting:
            continue
        why = "" if stay is not None else stays.why(account, facts.get(account.portal), terms)
        found.append(AccountNow(account, stay, account.waiting, account.urgent, account.since, why))
    return found
