"""Who makes which stay, and when: DBOS Transact around the rows of :mod:`harvester.office.models`.

A job is one stay of one account; its lookups are rows, and what a job leaves undone is found again by them.
So the engine's own tables hold ids only, and can be deleted while nothing runs. One engine runs in a process.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock_time
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias
from uuid import UUID, uuid4

import sqlalchemy
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, ScheduleInput, Serializer, WorkflowStatus
from django.db import DatabaseError, InterfaceError, connections
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from harvester.model.portal import PortalFacts
from harvester.office import stays, sweep
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

Queue: TypeAlias = Literal["sweep", "now"]

_DOWN = (DatabaseError, InterfaceError, SQLAlchemyError)
"""What a database raises that is away, or locked for long: it comes back, and the rows say what is left."""
_VERSION = "1"
"""Of jobs: a newer program goes on with what an older one queued."""


class Job(NamedTuple):
    """One stay that is queued or under way: its account, and which queue it is in."""

    account: UUID
    queue: Queue
    begun: bool


class Engine:
    """Makes the stays for whatever waits; a context manager.

    ``terms`` are those of every stay. ``at_once``: how many every worker makes at one time from now on;
    ``None``: as before. ``planning``: whether it plans the nightly sweeps as well. Leaving lets the stays
    that are under way finish their lookup and sign out.
    """

    here: ClassVar[Engine | None] = None
    """The one of this process."""

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
        self._nights: list[ScheduleInput] = []
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
        assert Engine.here is None, "one engine runs in a process"
        with ExitStack() as opened:
            self.worker.began = self.terms().clock.now()
            self.worker.save(force_insert=True)
            opened.enter_context(_launched(self.name))
            Engine.here = self
            opened.callback(setattr, Engine, "here", None)
            self._room = self._queues()
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
        while self._working():
            self._ended.wait(0.1)
            self._ended.clear()
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
            with suppress(*_DOWN):
                left = Lookup.objects.filter(sweep=run, state=Lookup.State.WAITING)
                accounts = set(left.values_list("account", flat=True))
                if not any(account in accounts for account in self._under_way()):
                    break
            self._beat.set()
            self._stopping.wait(0.2)
        for defect in (self._broken, *self.defects):
            if defect is not None:
                raise defect

    def stay(self, account: UUID, queue: Queue) -> None:
        """Make one stay; whatever comes of it is in its rows."""
        job = DBOS.workflow_id or ""
        self._making.add(job)
        try:
            self._drained(Account.objects.select_related("owner").get(pk=account), queue)
        except _DOWN:
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

    def _drained(self, account: Account, queue: Queue) -> None:
        terms = self.terms()
        if queue == "now":
            terms = replace(terms, floor=Urgency.PERSON_WAITS, spare=_nobody_waits)
        ended = drain(account, self.facts.get(account.portal), terms)
        if ended.reason == BUSY:
            self._busy.setdefault(account.pk, time.monotonic())
        else:
            self._busy.pop(account.pk, None)

    def _working(self) -> bool:
        """Whether a job is under way here."""
        with suppress(*_DOWN):
            return bool(_rows(status="PENDING", executor_id=self.name))
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
                    self._forget()
                except _DOWN:
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
        begun = defaultdict[str, list[WorkflowStatus]](list)
        for one in _rows(status="PENDING"):
            begun[one.executor_id or ""].append(one)
        now, mine = time.monotonic(), begun.pop(self.name, [])
        ended = [one for one in mine if one.workflow_id not in self._making]
        self._adrift = {one.workflow_id: self._adrift.get(one.workflow_id, now) for one in ended}
        _again(one for one in ended if now - self._adrift[one.workflow_id] > ADRIFT)
        for name, jobs in begun.items():
            with suppress(Busy), Lock(Worker(name=name).lock) as lock:
                _again(jobs)
                _end(name, self.terms().clock)
                lock.forget()
                log.warning("worker_died", worker=name)

    def _schedule(self) -> None:
        """See that each portal's nightly sweep is planned when the practice wants it."""
        wanted = [_nightly(facts) for facts in self.facts.values()] if self._planning else []
        if wanted != self._nights:
            DBOS.apply_schedules(wanted)
            self._nights = wanted

    def _forget(self) -> None:
        """Forget jobs that ended days ago, once an hour."""
        if time.monotonic() - self._forgot < 3600:
            return
        until = self.terms().clock.now() - REMEMBERED
        ended = _rows(status=["SUCCESS", "ERROR", "CANCELLED"], completed_before=until.isoformat())
        DBOS.delete_workflows([one.workflow_id for one in ended])
        self._forgot = time.monotonic()

    def _queues(self) -> int:
        """Declare the queues; return how many stays a worker makes at one time."""
        DBOS.register_queue("now", worker_concurrency=RESERVED, polling_interval_sec=0.2)
        queue = DBOS.register_queue(
            "sweep",
            worker_concurrency=self._at_once or AT_ONCE,
            polling_interval_sec=0.5,
            on_conflict="never_update" if self._at_once is None else "always_update",
        )
        return queue.worker_concurrency or AT_ONCE

    def _queue(self) -> None:
        """Queue a stay for each account that has something to look up and no stay yet.

        Where a person waits and no other stay can begin at once, one of the reserved ones does.
        """
        jobs = list(_jobs())
        swept = {job.account for job in jobs if job.queue == "sweep"}
        served = {job.account for job in jobs if job.queue == "now" or job.begun}
        room = self._room - len(swept)
        taken = Counter(Account.objects.filter(pk__in=swept).values_list("portal", flat=True))
        for account in stays.ready(self.facts, self.terms()):
            if account.pk in swept or taken[account.portal] >= self.facts[account.portal].rules.at_once:
                continue
            taken[account.portal] += 1
            _enqueue(DBOS.enqueue_workflow_with_options, account.pk, "sweep")
            if room > 0:
                served.add(account.pk)
            room -= 1
        for account in stays.ready(self.facts, self.terms(Urgency.PERSON_WAITS)):
            if account.pk not in served:
                _enqueue(DBOS.enqueue_workflow_with_options, account.pk, "now")

    def _under_way(self) -> Iterator[UUID]:
        """Yield the accounts that have a stay, or can have one now."""
        now = time.monotonic()
        vain = {account for account, since in self._busy.items() if now - since > IN_VAIN}
        yield from (job.account for job in _jobs() if job.account not in vain)
        yield from (one.pk for one in stays.ready(self.facts, self.terms()) if one.pk not in vain)


def _again(jobs: Iterable[WorkflowStatus]) -> None:
    """Queue jobs again, each where it was."""
    for one in jobs:
        DBOS.resume_workflows([one.workflow_id], queue_name=one.queue_name)


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


def ask(account: UUID) -> None:
    """Let a worker make the account's urgent lookups now; for processes that make no stays themselves."""
    with _database() as place, _client(place) as client:
        _enqueue(client.enqueue, account, "now")


@DBOS.workflow(name="stay")
def _stay(account: str, queue: Queue) -> None:
    """Make one stay."""
    if Engine.here is not None:
        Engine.here.stay(UUID(account), queue)


@DBOS.workflow(name="night")
def _night(_at: object, portal: str) -> None:
    """Plan what is asked at a portal in this night."""
    assert Engine.here is not None
    Engine.here.plan(portal)


def _jobs() -> Iterator[Job]:
    """Yield what is queued and what is under way."""
    for one in _rows(status=["ENQUEUED", "PENDING"], queue_name=["sweep", "now"]):
        queue, account, _ = one.workflow_id.split("/")
        yield Job(UUID(account), "now" if queue == "now" else "sweep", one.status == "PENDING")


def _nobody_waits() -> bool:
    """Whether all for whom a person waits have their stay."""
    return not _rows(status="ENQUEUED", queue_name="now")


def _rows(**which: Any) -> list[WorkflowStatus]:
    return DBOS.list_workflows(load_input=False, load_output=False, **which)


def _enqueue(put: Callable[..., object], account: UUID, queue: Queue) -> None:
    options: EnqueueOptions = {
        "workflow_name": "stay",
        "queue_name": queue,
        "workflow_id": f"{queue}/{account}/{uuid4()}",
        "deduplication_id": str(account),
        "duplication_policy": "return-existing",
    }
    put(options, str(account), queue)


def _nightly(facts: PortalFacts) -> ScheduleInput:
    at = night(facts.id)
    return {
        "schedule_name": f"night.{facts.id}",
        "workflow_fn": _night,
        "schedule": f"{at.minute} {at.hour} * * *",
        "cron_timezone": facts.rules.zone,
        "context": facts.id,
        "automatic_backfill": True,
    }


class _Json(Serializer):
    """Ids as JSON: nothing that is read back can be a program."""

    @override
    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=str)

    @override
    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)


@contextmanager
def _launched(worker: str) -> Iterator[None]:
    """Run DBOS in this process, which makes its tables where there are none."""
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # it brings one that writes to the terminal
    with _database() as place:
        config: DBOSConfig = {
            "name": "harvester",
            "application_version": _VERSION,
            "executor_id": worker,
            "enable_otlp": False,
            "serializer": _Json(),
            **place.config,
        }
        DBOS(config=config)
        try:
            DBOS.launch()
            yield
        finally:
            DBOS.destroy()


class _Place(NamedTuple):
    """Where the engine's own tables are: in a file beside the SQLite database, in a schema of PostgreSQL."""

    url: str
    engine: sqlalchemy.Engine | None
    schema: str | None

    @property
    def config(self) -> DBOSConfig:
        found: DBOSConfig = {"system_database_url": self.url, "use_listen_notify": False}
        if self.engine is not None:
            found["system_database_engine"] = self.engine
        if self.schema is not None:
            found["dbos_system_schema"] = self.schema
        return found


@contextmanager
def _database() -> Iterator[_Place]:
    """Open the database of the engine's own tables."""
    known = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite":
        import pysqlite3  # Debian's SQLite is too old for DBOS

        url = f"sqlite:///{Path(known['NAME']).with_suffix('.engine.sqlite3')}"
        engine = sqlalchemy.create_engine(url, module=pysqlite3, connect_args={"timeout": 30})
        sqlalchemy.event.listen(engine, "connect", _wal)
        try:
            yield _Place(url, engine, None)
        finally:
            engine.dispose()
        return
    host, socket_folder = known["HOST"], str(known["HOST"]).startswith("/")
    query = {name: str(value) for name, value in known["OPTIONS"].items() if name != "options"}
    address = sqlalchemy.URL.create(
        "postgresql",
        username=known["USER"] or None,
        password=known["PASSWORD"] or None,
        host=None if socket_folder else host or None,
        port=int(known["PORT"]) if known["PORT"] else None,
        database=known["NAME"],
        query=query | ({"host": host} if socket_folder else {}),
    )
    yield _Place(address.render_as_string(hide_password=False), None, "engine")


def _wal(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def _client(place: _Place) -> Iterator[DBOSClient]:
    client = DBOSClient(
        system_database_url=place.url,
        system_database_engine=place.engine,
        dbos_system_schema=place.schema,
        serializer=_Json(),
        application_name="harvester",
    )
    try:
        yield client
    finally:
        client.destroy()
