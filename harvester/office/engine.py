"""Who makes which stay, and when: :mod:`~harvester.office.jobs` around the rows of the office.

A job is one stay of one account; its lookups are rows, and what a job leaves undone is found again by them.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock_time
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import structlog
from django.db import connections

from harvester.model.portal import PortalFacts
from harvester.office import audit, jobs, stays, sweep
from harvester.office.clock import Clock
from harvester.office.locks import Busy, Lock
from harvester.office.models import Account, Lookup, PortalSetting, Stay, Sweep, Worker
from harvester.office.plan import Urgency
from harvester.office.prompts import Received, Watcher
from harvester.office.stays import BUSY, Open, Terms, drain
from harvester.office.sweep import SweepReport
from harvester.visit import client
from harvester.visit.wire import Catalogue

log = structlog.get_logger()

AT_ONCE = 4
"""Stays that one worker makes at one time; each has a browser."""
RESERVED = 2
"""Stays that it makes beside them, for people who wait."""
BEAT = 1.0
"""Seconds between two looks for what can be looked up, and for workers that died."""
NIGHT = clock_time(20)
"""When a portal's nightly sweep is planned, in the portal's time zone, unless the practice says otherwise."""
IN_VAIN = 60.0
"""Seconds after which a sweep does not wait any longer for an account that somebody else uses."""
PATIENCE = 2.0
"""Seconds to wait for an account's lock; listing accounts takes it for an instant."""
WAITS = (2.0, 10.0)
"""Seconds that a stay waits before it asks an unavailable portal again."""
ADRIFT = 5.0
"""Seconds after which the end of a job that nobody could note down is not waited for."""
REMEMBERED = timedelta(days=2)
"""For how long jobs that have ended are remembered."""


class Engine:
    """Makes the stays for whatever waits; a context manager.

    ``terms`` are those of every stay. ``at_once``: how many every worker makes at one time from now on;
    ``None``: as before. ``planning``: whether it works as the practice's worker: it plans the nightly
    sweeps as well, and remains signed in where owners agreed. Leaving lets the stays that are under way
    finish their lookup and sign out.
    """

    def __init__(
        self,
        terms: Callable[[], Terms],
        catalogue: Catalogue,
        *,
        at_once: int | None = None,
        planning: bool = False,
    ) -> None:
        host = socket.gethostname().partition(".")[0]
        self.worker = Worker(name=f"{host}.{os.getpid()}.{uuid4().hex[:6]}")
        self.facts: Mapping[str, PortalFacts] = {facts.id: facts for facts in catalogue.portals}
        self.defects: list[Exception] = []
        """What went wrong in stays that this software is to blame for."""
        self._asked, self._catalogue = terms, catalogue
        self._at_once, self._planning = at_once, planning
        self._room = AT_ONCE
        self._stopping, self._beat = threading.Event(), threading.Event()
        self._there = Lock(self.worker.lock)
        self._ended = threading.Event()
        self._nights: list[jobs.Night] = []
        self._forgot = time.monotonic()
        self._broken: Exception | None = None
        """Why this worker ended by itself."""
        self._making = set[str]()
        """Jobs that are under way here."""
        self._adrift: dict[str, float] = {}
        """Since when a job that is not under way here was seen to be noted as such."""
        self._busy: dict[UUID, float] = {}
        """Since when an account is in use by somebody else."""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.worker.began = self.terms().clock.now()
            self.worker.save(force_insert=True)
            opened.enter_context(jobs.worked(self.name, self))
            self._room = jobs.queues(self._at_once, AT_ONCE, RESERVED)
            watch = threading.Thread(target=self._watching, name="watch")
            watch.start()
            opened.callback(watch.join)
            opened.callback(self._stopping.set)
            self._open = opened.pop_all()
        log.info("worker_begun", worker=self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._beat.set()
        idle = time.monotonic()
        while self._working() and time.monotonic() - idle < ADRIFT:
            self._ended.wait(0.1)
            self._ended.clear()
            if self._making:
                idle = time.monotonic()
        self._open.close()
        _end(self.name, self.terms().clock)
        log.info("worker_ended", worker=self.name)

    @property
    def name(self) -> str:
        """The worker's."""
        return self.worker.name

    def terms(self, floor: int = 0) -> Terms:
        """Return the terms of a stay that begins now."""
        return replace(
            self._asked(),
            worker=self.worker,
            stopped=self._stopping.is_set,
            floor=floor,
            answered=lambda row: sweep.follow_up(row, self.facts),
        )

    def serve(self) -> None:
        """Work until the process is told to end; raises the defect that ends it otherwise."""
        # With a time-out: a signal that another thread was given is not seen by one that waits for ever.
        while not self._stopping.wait(BEAT):
            pass
        if self._broken is not None:
            raise self._broken

    def finish(self, run: Sweep) -> None:
        """Wait until nothing of a sweep is left that can be looked up now.

        Raises the first defect that a stay met, when all of them have ended.
        """
        while not self._stopping.is_set():
            with suppress(*jobs.DOWN):
                if not self._can_go_on(run):
                    break
            self._ended.wait(BEAT)
            self._ended.clear()
        for defect in (self._broken, *self.defects):
            if defect is not None:
                raise defect

    def stay(self, job: str, account: UUID, queue: jobs.Queue) -> None:
        """Make one stay; whatever comes of it is in its rows."""
        self._making.add(job)
        try:
            self._drained(Account.objects.select_related("owner").get(pk=account), queue)
        except jobs.DOWN:
            log.warning("database_unavailable", worker=self.name)
        except Exception as defect:
            log.error("stay_failed", worker=self.name, exc_info=defect)
            self.defects.append(defect)
        finally:
            connections.close_all()
            self._making.discard(job)
            self._ended.set()
            self._beat.set()

    def plan(self, portal: str) -> None:
        """Let what is due at a portal wait for the night's stays."""
        terms = self.terms()
        sweep.begin(terms.today, self._catalogue, clock=terms.clock, portals=[portal], nightly=True)
        connections.close_all()

    def _drained(self, account: Account, queue: jobs.Queue) -> None:
        terms = self.terms()
        if queue == "now":
            terms = replace(terms, floor=Urgency.PERSON_WAITS, spare=lambda: not jobs.somebody_waits())
        if self._planning:
            day, portal = terms.today, account.portal
            terms = replace(
                terms, keeps=lambda: self._asked().today == day and not self._needed(queue, portal)
            )
        ended = drain(account, self.facts.get(account.portal), terms)
        if ended.reason == BUSY:
            self._busy.setdefault(account.pk, time.monotonic())
        else:
            self._busy.pop(account.pk, None)

    def _needed(self, queue: jobs.Queue, portal: str) -> bool:
        """Whether somebody can sign in only when a stay of a queue, that has nothing to do, ends."""
        begun = {job.account for job in jobs.listed() if job.begun}
        waits = [
            account.portal for account in stays.ready(self.facts, self.terms()) if account.pk not in begun
        ]
        making = sum(job.startswith(f"{queue}/") for job in self._making.copy())
        if making >= (RESERVED if queue == "now" else self._room):
            return bool(waits)
        there = Account.objects.filter(pk__in=begun, portal=portal).count()
        return portal in waits and there >= self.facts[portal].rules.at_once

    def _working(self) -> bool:
        """Whether a job is under way here, as far as is noted."""
        with suppress(*jobs.DOWN):
            return bool(jobs.begun(self.name))
        return True

    def _watching(self) -> None:
        # A lock of a database's session belongs to the thread that took it.
        with ExitStack() as held:
            held.callback(connections.close_all)
            while not self._stopping.is_set():
                try:
                    self._be_there(held)
                    self._take_over()
                    self._schedule()
                    self._queue()
                    self._end_night()
                    self._forget()
                    audit.tend(self.terms().clock)
                except jobs.DOWN:
                    log.warning("database_unavailable", worker=self.name)
                    connections.close_all()
                except Exception as defect:
                    log.error("worker_failed", worker=self.name, exc_info=defect)
                    self._broken = defect
                    self._stopping.set()
                self._beat.wait(BEAT)
                self._beat.clear()
            self._there.forget()

    def _be_there(self, held: ExitStack) -> None:
        """Hold the lock by which others see that this worker lives; it is lost when the database goes."""
        if self._there.alive():
            return
        self._there.__exit__(None, None, None)
        with suppress(Busy):  # somebody looks
            held.enter_context(self._there)

    def _take_over(self) -> None:
        """Queue again what a worker was at that died, and what ended here while the database was away."""
        begun = defaultdict[str, list[jobs.Begun]](list)
        for one in jobs.begun():
            begun[one.worker].append(one)
        now, mine = time.monotonic(), begun.pop(self.name, [])
        ended = [one for one in mine if one.id not in self._making]
        self._adrift = {one.id: self._adrift.get(one.id, now) for one in ended}
        jobs.again(one for one in ended if now - self._adrift[one.id] > ADRIFT)
        for name, left in begun.items():
            with suppress(Busy), Lock(Worker(name=name).lock) as lock:
                jobs.again(left)
                _end(name, self.terms().clock)
                lock.forget()
                log.warning("worker_died", worker=name)

    def _schedule(self) -> None:
        """See that each portal's nightly sweep is planned when the practice wants it."""
        portals = self.facts.values() if self._planning else ()
        wanted = [jobs.Night(one.id, night(one.id), one.rules.zone) for one in portals]
        if wanted != self._nights:
            jobs.schedule(wanted)
            self._nights = wanted

    def _end_night(self) -> None:
        """Note when nothing of a night's sweep is left that can be looked up now."""
        for run in Sweep.objects.filter(nightly=True, ended=None):
            if not self._can_go_on(run):
                sweep.end(run, self.terms().clock)

    def _forget(self) -> None:
        """Forget jobs that ended days ago, once an hour."""
        if time.monotonic() - self._forgot < 3600:
            return
        jobs.forget(self.terms().clock.now() - REMEMBERED)
        self._forgot = time.monotonic()

    def _queue(self) -> None:
        """Queue a stay for each account that has something to look up and no stay yet.

        Where a person waits and no other stay can begin at once, one of the reserved ones does.
        """
        there = jobs.listed()
        swept = {job.account for job in there if job.queue == "sweep"}
        served = {job.account for job in there if job.queue == "now" or job.begun}
        room = self._room - len(swept)
        taken = Counter(Account.objects.filter(pk__in=swept).values_list("portal", flat=True))
        for account in stays.ready(self.facts, self.terms()):
            if account.pk in swept or taken[account.portal] >= self.facts[account.portal].rules.at_once:
                continue
            taken[account.portal] += 1
            jobs.put(account.pk, "sweep")
            if room > 0:
                served.add(account.pk)
            room -= 1
        for account in stays.ready(self.facts, self.terms(Urgency.PERSON_WAITS)):
            if account.pk not in served:
                jobs.put(account.pk, "now")

    def _can_go_on(self, run: Sweep) -> bool:
        """Whether something of a sweep waits for a stay that is under way or can be made now."""
        left = Lookup.objects.filter(sweep=run, state=Lookup.State.WAITING)
        accounts = set(left.values_list("account", flat=True))
        return bool(accounts) and any(account in accounts for account in self._under_way())

    def _under_way(self) -> Iterator[UUID]:
        """Yield the accounts that have a stay, or can have one now."""
        now = time.monotonic()
        vain = {account for account, since in self._busy.items() if now - since > IN_VAIN}
        yield from (job.account for job in jobs.listed() if job.account not in vain)
        yield from (one.pk for one in stays.ready(self.facts, self.terms()) if one.pk not in vain)


def _end(worker: str, clock: Clock) -> None:
    Worker.objects.filter(name=worker, ended=None).update(ended=clock.now())


def swept(
    today: date,
    *,
    told: Callable[[Stay], None] = lambda _: None,
    watcher: Watcher | None = None,
    clock: Clock | None = None,
    stay: Open = client.Stay,
    catalogue: Callable[[], Catalogue] = client.catalogue,
) -> SweepReport:
    """Look up everything that is due on ``today``, the practice's date, in this process, and report.

    ``told`` is told of each step of each stay, by several threads; ``watcher`` watches, and is asked for
    codes that a portal sent to them.
    """
    clock, known = clock or Clock(), catalogue()
    received = Received(watcher, clock)
    run = sweep.begin(today, known, clock=clock)

    def terms() -> Terms:
        return Terms(
            today=today,
            stay=stay,
            clock=clock,
            told=told,
            patience=PATIENCE,
            waits=WAITS,
            since=run.started,
            received=received,
        )

    with Engine(terms, known) as engine:
        engine.finish(run)
    sweep.end(run, clock)
    return sweep.report(run, engine.facts, terms())


def night(portal: str) -> clock_time:
    """Return when a portal's nightly sweep is planned, in the portal's time zone."""
    setting = PortalSetting.objects.filter(portal=portal).first()
    return (setting and setting.sweep_at) or NIGHT
