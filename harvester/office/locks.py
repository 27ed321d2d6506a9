"""One process at a time uses an account, and so many a portal. A lock goes when its holders are gone.

A locked file's descriptor is passed on to the stay's child process, and the lock lives until both
have closed it: a killed office leaves a child that signs out and ends, and only then is the account
free. On PostgreSQL a session's advisory lock stands beside it, for workers on other machines.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from harvester.office.clock import Clock

PAUSE = 0.1
"""Seconds between two tries."""


class Busy(Exception):
    """Another process, or the child of one that was killed, uses the account."""


class Lock:
    """The first of several locks that is free; a context manager.

    Raises :class:`Busy` where none is for ``patience`` seconds.
    """

    def __init__(self, *names: str, patience: float = 0.0, clock: Clock | None = None) -> None:
        self._names = names
        self._patience = patience
        self._clock = clock or Clock()
        self._file: int | None = None
        self._session: BaseDatabaseWrapper | None = None

    def __enter__(self) -> Self:
        tries = round(self._patience / PAUSE)
        while not self._taken():
            if tries <= 0:
                raise Busy
            tries -= 1
            self._clock.sleep(PAUSE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            # A session's end is heard late: whoever is next must not find the lock taken.
            with suppress(DatabaseError), self._session.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
            with suppress(DatabaseError):
                self._session.close()
            self._session = None
        # Closed, never unlocked: unlocking would take the lock from the child as well.
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the child inherits."""
        assert self._file is not None, "the lock is not held"
        return (self._file,)

    def forget(self) -> None:
        """Remove the file of a lock that is held and that nobody will want again."""
        for name in self._names:
            _file(name).unlink(missing_ok=True)

    def alive(self) -> bool:
        """Whether the lock is still held; asks the database where the lock is a session of it."""
        if self._file is None:
            return False
        if self._session is None:
            return True
        try:
            with self._session.cursor() as cursor:
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND pid = pg_backend_pid()"
                )
                return cursor.fetchone() is not None
        except DatabaseError:
            return False

    def _taken(self) -> bool:
        return any(self._one_taken(name) for name in self._names)

    def _one_taken(self, name: str) -> bool:
        path = _file(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        if connections["default"].vendor == "postgresql" and not self._session_taken(name):
            self.__exit__(None, None, None)
            return False
        return True

    def _session_taken(self, name: str) -> bool:
        self._session = connections.create_connection("default")
        with self._session.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(name)])
            row = cursor.fetchone()
        return row is not None and bool(row[0])


class AccountLock(Lock):
    """The lock of one account: nobody else signs in with it meanwhile."""

    def __init__(self, account: UUID, *, patience: float = 0.0, clock: Clock | None = None) -> None:
        super().__init__(str(account), patience=patience, clock=clock)


class PlaceLock(Lock):
    """One of the places that a portal has for stays of different people at the same time."""

    def __init__(self, portal: str, places: int) -> None:
        super().__init__(*(f"{portal}.{place}" for place in range(places)))


def in_use(account: UUID) -> bool:
    """Whether somebody holds the account's lock now."""
    return held(AccountLock(account))


def held(lock: Lock) -> bool:
    """Whether somebody holds a lock now, where it has several places all of them."""
    try:
        with lock:
            return False
    except Busy:
        return True


def _file(name: str) -> Path:
    return Path(settings.HARVESTER_HOME) / "locks" / f"{name}.lock"


def _number(name: str) -> int:
    digest = hashlib.blake2b(f"lock:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
