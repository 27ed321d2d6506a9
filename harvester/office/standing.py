"""Questions that no item of the worklist asks: lists of claims, payments, demands, files of payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Max

from harvester.model.payment import PaymentList
from harvester.model.portal import PortalFacts
from harvester.model.query import PaymentsQuery, RemittanceFileQuery
from harvester.office import lookups, plan, snapshots, worklist
from harvester.office.models import Account, Item, Lookup, Practice, Snapshot
from harvester.office.plan import Question, Standing

LATELY = timedelta(days=60)
"""How old a snapshot of payments may be whose files are still asked for."""


def questions(
    items: Iterable[Item], facts: Mapping[str, PortalFacts], today: date, now: datetime
) -> list[Standing]:
    """Return what is asked at each portal that a sweep may use, with what is known of it.

    Of every carrier on the worklist, for every tax id that stands there with it; ``items`` are the open
    ones. A row without a tax id stands for the practice's first.
    """
    swept = set(
        Account.objects.filter(active=True, sweep_consent__isnull=False).values_list("portal", flat=True)
    )
    main = Practice.objects.get().main_tin
    payees = defaultdict[tuple[str, str, str], list[tuple[date, date]]](list)
    for item in items:
        if item.portal in swept and item.portal in facts:
            work = worklist.opened(item)
            days = payees[item.portal, item.carrier, work.tin or main]
            if item.kind == Item.Kind.CLAIM and work.service_from is not None:
                days.append((work.service_from, work.service_to or work.service_from))
    asked: list[tuple[str, Question]] = []
    for (portal, carrier, tin), days in sorted(payees.items()):
        offered = facts[portal].offered(carrier)
        if "claim_list" in offered:
            asked += ((portal, query) for query in plan.listing(carrier, tin, days, today))
        asked += ((portal, query) for query in plan.money(carrier, tin, offered, today))
    lately = Snapshot.objects.filter(
        kind="payments", portal__in=swept & facts.keys(), captured_at__gte=now - LATELY
    )
    newest = lately.values("subject").annotate(newest=Max("pk")).values_list("newest", flat=True)
    for snapshot in Snapshot.objects.filter(pk__in=list(newest)).select_related("lookup"):
        if "remittance_file" in facts[snapshot.portal].offered(snapshot.carrier):
            asked += ((snapshot.portal, query) for query in _files(snapshot))
    return _known(asked)


def files(snapshot: Snapshot) -> list[Standing]:
    """Return the question for the file of each payment of a snapshot, with what is known of it."""
    return _known((snapshot.portal, query) for query in _files(snapshot))


def payment(carrier: str, number: str, tin: str | None) -> RemittanceFileQuery | None:
    """Return the question for the file of a payment that a snapshot knows, from the newest that does."""
    for snapshot in Snapshot.objects.filter(kind="payments", carrier=carrier).order_by("-pk"):
        for query in _files(snapshot):
            if query.payment_number == number and tin in (None, query.tin):
                return query
    return None


def _files(snapshot: Snapshot) -> Iterator[RemittanceFileQuery]:
    found, asked = snapshots.answer(snapshot), lookups.asked(snapshot.lookup)
    if isinstance(found, PaymentList) and isinstance(asked, PaymentsQuery):
        yield from plan.files(found, asked)


def _known(asked: Iterable[tuple[str, Question]]) -> list[Standing]:
    """Return each question once, with its last look."""
    subjects = {lookups.subject(portal, query): (portal, query) for portal, query in asked}
    looked: dict[str, date] = {}
    last: dict[str, str] = {}
    ended = Lookup.objects.filter(subject__in=list(subjects)).exclude(state=Lookup.State.WAITING)
    for subject, state, day in ended.order_by("pk").values_list("subject", "state", "day"):
        last[subject] = state
        if state == Lookup.State.ANSWERED:
            looked[subject] = max(day, looked.get(subject, day))
    seen = Snapshot.objects.filter(subject__in=list(subjects)).order_by("pk")
    statuses: dict[str, str] = dict(seen.values_list("subject", "status"))
    return [
        Standing(
            query=query,
            portal=portal,
            looked=looked.get(subject),
            status=statuses.get(subject, ""),
            refused=last.get(subject) in (Lookup.State.REFUSED, Lookup.State.FAILED),
        )
        for subject, (portal, query) in subjects.items()
    ]
