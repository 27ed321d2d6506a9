"""The portal's time for several processes at once: nobody moves it on while somebody signs in."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from typing_extensions import override

from harvester.visit import client
from harvester.visit.wire import Begin, Entered
from tests.road.road import PortalTime


class StillTime(PortalTime):
    """Waiting moves the portal's clock on once all who sign in have come in, or have been killed.

    In the real world a clock does not jump half a minute between a code's birth and its arrival;
    here it would, whenever somebody else waits meanwhile. Locks in ``folder`` keep that apart.
    """

    def __init__(self, control: str, folder: Path) -> None:
        super().__init__(control)
        # No connection is kept: this may be used on both sides of a fork.
        self._http = httpx.Client(
            base_url=control, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._door, self._room = folder / "time.door", folder / "time.room"
        self._mine = threading.local()

    def enter(self) -> int:
        """Keep the clock still from here on; the descriptor does so for a child that has it as well."""
        room = _opened(self._room)
        self._locked(room, fcntl.LOCK_SH)
        self._mine.room = room
        return room

    def leave(self) -> None:
        """Let others move it on."""
        room, self._mine.room = getattr(self._mine, "room", None), None
        if room is not None:
            fcntl.flock(room, fcntl.LOCK_UN)
            os.close(room)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Keep the clock still meanwhile."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    @override
    def sleep(self, seconds: float) -> None:
        """Let that time pass at the portal, unless it has passed by the time that everybody is in."""
        until = self.now() + timedelta(seconds=seconds)
        mine = getattr(self._mine, "room", None)
        room = _opened(self._room) if mine is None else mine
        fcntl.flock(room, fcntl.LOCK_UN)
        self._locked(room, fcntl.LOCK_EX)
        left = (until - self.now()).total_seconds()
        if left > 0:
            self.tell("/clock", advance_seconds=left)
            self._ahead += left
        fcntl.flock(room, fcntl.LOCK_UN)
        if mine is None:
            os.close(room)
        else:
            self._locked(room, fcntl.LOCK_SH)

    def look(self) -> None:
        """Look at the portal's clock, which others may have moved on."""
        self._ahead = float(self._http.get("/").json()["advanced_seconds"])

    def tell(self, path: str, **body: object) -> None:
        """Tell the control server."""
        self._http.post(path, json=body).raise_for_status()

    def _locked(self, room: int, how: int) -> None:
        """Lock the room, whoever wants it alone before those who come later, and look at the clock."""
        door = _opened(self._door)
        fcntl.flock(door, how)
        fcntl.flock(room, how)
        os.close(door)
        self.look()


class StillStay(client.Stay):
    """A real stay during whose way in the clock is kept still, also by its child where the office dies."""

    def __init__(self, begin: Begin, *, time: StillTime, inherit: tuple[int, ...], **more: Any) -> None:
        self._time = time
        super().__init__(begin, inherit=(*inherit, time.enter()), **more)

    @override
    def enter(self) -> Entered:
        """Sign in."""
        try:
            return super().enter()
        finally:
            self._time.leave()

    @override
    def __enter__(self) -> Self:
        """Start the child."""
        try:
            return super().__enter__()
        except BaseException:
            self._time.leave()
            raise

    @override
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign out."""
        super().__exit__(kind, value, trace)
        self._time.leave()


def moment(at: datetime | None = None) -> str:
    """Return a moment as the portal's log writes it; this one by the machine's clock if none is given."""
    return (at or datetime.now(UTC)).isoformat(timespec="milliseconds")


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
