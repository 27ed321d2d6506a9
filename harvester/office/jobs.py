"""Jobs, as DBOS Transact keeps them: what is queued, what is under way and where, and what a night begins.

A job is one stay of one account. DBOS's tables hold ids only, and can be deleted while nothing runs; they are
in a file beside the SQLite database, or in a schema of their own in PostgreSQL.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID, uuid4

import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer, WorkflowStatus
from django.db import DatabaseError, InterfaceError, connections
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

Queue: TypeAlias = Literal["sweep", "now"]

DOWN = (DatabaseError, InterfaceError, SQLAlchemyError)
"""What a database raises that is away, or locked for long: it comes back, and the rows say what is left."""
_VERSION = "1"
"""Of jobs: a newer program goes on with what an older one queued."""


class Worker(Protocol):
    """Who does this process's jobs."""

    def stay(self, job: str, account: UUID, queue: Queue) -> None:
        """Make one stay."""

    def plan(self, portal: str) -> None:
        """Plan what is asked at a portal in this night."""


class Job(NamedTuple):
    """One stay that is queued or under way."""

    account: UUID
    queue: Queue
    begun: bool


class Begun(NamedTuple):
    """Whatever is under way, stays and nights: its queue, and the worker that does it."""

    id: str
    queue: str | None
    worker: str


class Night(NamedTuple):
    """When a portal's nightly sweep is planned, and in which time zone."""

    portal: str
    at: time
    zone: str


_worker: Worker | None = None


@contextmanager
def worked(name: str, worker: Worker) -> Iterator[None]:
    """Let ``worker``, the only one of this process, do jobs under a name; makes the tables if need be."""
    global _worker  # noqa: PLW0603 - DBOS runs functions of a module, one set of them in a process
    assert _worker is None, "one engine runs in a process"
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # it brings one that writes to the terminal
    with _database() as place:
        config: DBOSConfig = {
            "name": "harvester",
            "application_version": _VERSION,
            "executor_id": name,
            "enable_otlp": False,
            "serializer": _Json(),
            **place.config,
        }
        DBOS(config=config)
        _worker = worker
        try:
            DBOS.launch()
            yield
        finally:
            DBOS.destroy()
            _worker = None


def queues(swept: int | None, default: int, reserved: int) -> int:
    """Declare the queues; return how many stays every worker makes at one time, beside the reserved ones.

    ``swept`` says how many from now on; ``None``: as somebody said before, else the default.
    """
    DBOS.register_queue("now", worker_concurrency=reserved, polling_interval_sec=0.2)
    queue = DBOS.register_queue(
        "sweep",
        worker_concurrency=swept or default,
        polling_interval_sec=0.5,
        on_conflict="never_update" if swept is None else "always_update",
    )
    return queue.worker_concurrency or default


def put(account: UUID, queue: Queue) -> None:
    """Queue a stay; an account has one job at most in each queue."""
    _put(DBOS.enqueue_workflow_with_options, account, queue)


def ask(account: UUID) -> None:
    """Queue a stay for somebody who waits, from a process that makes none itself."""
    with _database() as place, _client(place) as client:
        _put(client.enqueue, account, "now")


def listed() -> list[Job]:
    """Return the stays that are queued and those that are under way."""
    found = []
    for one in _rows(status=["ENQUEUED", "PENDING"], queue_name=["sweep", "now"]):
        queue, account, _ = one.workflow_id.split("/")
        found.append(Job(UUID(account), "now" if queue == "now" else "sweep", one.status == "PENDING"))
    return found


def begun(worker: str | None = None) -> list[Begun]:
    """Return what is under way, anywhere or at one worker."""
    of = {} if worker is None else {"executor_id": worker}
    found = _rows(status="PENDING", **of)
    return [Begun(one.workflow_id, one.queue_name, one.executor_id or "") for one in found]


def somebody_waits() -> bool:
    """Whether anybody who waits has no stay yet."""
    return bool(_rows(status="ENQUEUED", queue_name="now"))


def ended() -> int:
    """Return how many jobs that have ended are remembered."""
    return len(_rows(status=_ENDED))


def forget(until: datetime) -> None:
    """Forget the jobs that ended before then."""
    DBOS.delete_workflows(
        [one.workflow_id for one in _rows(status=_ENDED, completed_before=until.isoformat())]
    )


def again(jobs: Iterable[Begun]) -> None:
    """Queue jobs again, each where it was."""
    for one in jobs:
        DBOS.resume_workflows([one.id], queue_name=one.queue)


def schedule(nights: Sequence[Night]) -> None:
    """Have these portals' nights, and no others, planned when it is time, once whoever plans."""
    DBOS.apply_schedules(
        [
            {
                "schedule_name": f"night.{one.portal}",
                "workflow_fn": _night,
                "schedule": f"{one.at.minute} {one.at.hour} * * *",
                "cron_timezone": one.zone,
                "context": one.portal,
                "automatic_backfill": True,
            }
            for one in nights
        ]
    )


@DBOS.workflow(name="stay")
def _stay(account: str, queue: Queue) -> None:
    """Make one stay."""
    if _worker is not None:
        _worker.stay(DBOS.workflow_id or "", UUID(account), queue)


@DBOS.workflow(name="night")
def _night(_at: object, portal: str) -> None:
    """Plan what is asked at a portal in this night."""
    assert _worker is not None
    _worker.plan(portal)


_ENDED = ["SUCCESS", "ERROR", "CANCELLED"]


def _rows(**which: Any) -> list[WorkflowStatus]:
    return DBOS.list_workflows(load_input=False, load_output=False, **which)


def _put(enqueue: Callable[..., object], account: UUID, queue: Queue) -> None:
    options: EnqueueOptions = {
        "workflow_name": "stay",
        "queue_name": queue,
        "workflow_id": f"{queue}/{account}/{uuid4()}",
        "deduplication_id": str(account),
        "duplication_policy": "return-existing",
    }
    enqueue(options, str(account), queue)


class _Json(Serializer):
    """Ids as JSON: nothing that is read back can be a program."""

    @override
    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=str)

    @override
    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)


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
