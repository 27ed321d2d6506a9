"""A sweep in this thread, one account after another, without the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from harvester.office import sweep
from harvester.office.clock import Clock
from harvester.office.models import Account, Lookup, Stay
from harvester.office.prompts import Received, Watcher
from harvester.office.stays import Open, Terms, drain
from harvester.office.sweep import SweepReport
from harvester.visit import client
from harvester.visit.wire import Catalogue

APART = 0.001
"""Seconds that pass before each sweep: no two of them begin at the same moment."""


def swept(
    today: date,
    *,
    stay: Open = client.Stay,
    catalogue: Callable[[], Catalogue] = client.catalogue,
    told: Callable[[Stay], None] = lambda _: None,
    watcher: Watcher | None = None,
    clock: Clock | None = None,
    patience: float = 2.0,
    waits: tuple[float, ...] = (2.0, 10.0),
) -> SweepReport:
    """Look up everything that is due, and report."""
    clock, known = clock or Clock(), catalogue()
    clock.sleep(APART)
    run = sweep.begin(today, known, clock=clock)
    facts = {one.id: one for one in known.portals}
    terms = Terms(
        today=today,
        stay=stay,
        clock=clock,
        told=told,
        patience=patience,
        waits=waits,
        since=run.started,
        received=Received(watcher, clock),
        answered=lambda row: sweep.follow_up(row, facts),
    )
    waiting = Account.objects.filter(lookups__sweep=run, lookups__state=Lookup.State.WAITING)
    for account in waiting.select_related("owner").distinct().order_by("pk"):
        drain(account, facts.get(account.portal), terms)
    sweep.end(run, clock)
    return sweep.report(run, facts, terms)
