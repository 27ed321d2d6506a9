"""The office's end of the pipe: starts a stay in a child process, talks to it, and ends it.

Nothing of Playwright or of a flow is imported here. The child gets a clean environment, a folder of
its own for temporary files, and a group of its own, which is killed as one when it overstays.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
from pydantic import ValidationError

from harvester.errors import named
from harvester.model.query import Query
from harvester.visit.wire import (
    FROM_STAY,
    Answered,
    Ask,
    Begin,
    Catalogue,
    Entered,
    FromStay,
    GiveSecret,
    Leave,
    Left,
    Look,
    Step,
    ToStay,
    Troubled,
)

PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HARVESTER_BROWSER", "PLAYWRIGHT_BROWSERS_PATH", "SYSTEMROOT")
"""The whole environment of a stay; everything else of ours, and every secret, stays here."""

MEMORY = "/dev/shm"  # noqa: S108 - mkdtemp makes a folder of its own in it

FOLDERS = "harvester-stay-"
"""How the folders of stays begin; the process id of the office follows."""

LEAVING = 30.0
"""Seconds in which a stay signs out and ends before it is killed."""
LOOK = 5.0
"""Seconds between two looks at whether a busy stay is still wanted."""
MOMENT = 1.0
"""Seconds in which what was said already is heard."""


class StayEnded(Exception):
    """The child died, overstayed, or broke the protocol; ``reason`` is one sentence without a value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stay:
    """One person signed in at one portal, seen from the office.

    A context manager: leaving it signs out, or kills what does not. ``secrets`` is called when the
    portal's page wants a secret, in the caller's thread, with the time by the portal's clock
    where it tells it, and writes the attempt down before it answers. ``step`` hears what the stay is doing,
    ``again`` that it had to sign in a second time. ``wanted`` is asked now and then while the stay is
    busy: where it says no, the stay signs out, or is killed. ``inherit`` are file descriptors that the child
    keeps open as long as it lives: the account's lock. ``deadline`` is how many seconds one answer
    may take.
    """

    def __init__(
        self,
        begin: Begin,
        *,
        secrets: GiveSecret,
        step: Callable[[str], None] = lambda _: None,
        again: Callable[[Entered], None] = lambda _: None,
        wanted: Callable[[], bool] = lambda: True,
        inherit: tuple[int, ...] = (),
        deadline: float = 120.0,
    ) -> None:
        self._begin = begin
        self._secrets = secrets
        self._step = step
        self._again = again
        self._wanted = wanted
        self._inherit = inherit
        self._deadline = deadline
        self._heard: queue.Queue[str | None] = queue.Queue()
        self._left: Left | None = None
        self._child: subprocess.Popen[str] | None = None
        self._folder = ""

    def __enter__(self) -> Self:
        """Start the child."""
        _forget_the_killed()
        self._folder = tempfile.mkdtemp(prefix=f"{FOLDERS}{os.getpid()}-", dir=_memory())
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-m", "harvester.visit"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=environment(self._folder),
                cwd=self._folder,
                start_new_session=True,
                pass_fds=self._inherit,
            )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        assert self._child.stdout is not None
        threading.Thread(target=_listen, args=(self._child.stdout, self._heard), daemon=True).start()
        self._say(self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign out, and see to it that nothing of the child is left."""
        assert self._child is not None
        try:
            self.leave()
            self._child.wait(timeout=LEAVING)
        except (StayEnded, subprocess.TimeoutExpired):
            pass
        finally:
            self._kill()
            for stream in (self._child.stdin, self._child.stdout):
                if stream is not None:
                    _close(stream)
            shutil.rmtree(self._folder, ignore_errors=True)

    def enter(self) -> Entered:
        """Sign in. Raises the :class:`~harvester.errors.Trouble` that came instead, or ``StayEnded``."""
        answer = self._hear((Entered, Troubled))
        if isinstance(answer, Troubled):
            raise _raised(answer)
        assert isinstance(answer, Entered)
        return answer

    def look(self, lookup: int, query: Query) -> Answered | Troubled:
        """Look one thing up. Raises ``StayEnded``."""
        self._say(Look(lookup=lookup, query=query))
        answer = self._hear((Answered, Troubled))
        assert isinstance(answer, (Answered, Troubled))
        if isinstance(answer, Troubled) and answer.lookup is None:
            raise StayEnded(f"The stay ended: {answer.words}.")
        if answer.lookup != lookup:
            raise StayEnded("The stay answered another lookup than it was asked.")
        return answer

    def leave(self) -> Left:
        """Sign out; may be called again. Raises ``StayEnded`` when the stay did not say goodbye."""
        if self._left is None:
            self._say(Leave())
            answer = self._hear((Left,), LEAVING)
            assert isinstance(answer, Left)
            self._left = answer
        return self._left

    @property
    def signed_out(self) -> bool:
        """Whether the portal confirmed that the stay signed out, if it had to."""
        return self._left is not None and self._left.signed_out

    def _say(self, message: ToStay) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(message.model_dump_json() + "\n")
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # what it said last is still to be heard

    def _hear(self, wanted: tuple[type[FromStay], ...], deadline: float | None = None) -> FromStay:
        while True:
            line = self._line(deadline or self._deadline, leaving=Left in wanted)
            if line is None:
                self._heard.put(None)  # nothing will ever be heard again
                raise StayEnded("The stay died.")
            try:
                message = FROM_STAY.validate_json(line)
            except ValidationError:
                self._kill()
                raise StayEnded("The stay said something that is not understood and was ended.") from None
            if isinstance(message, Step):
                self._step(message.name)
            elif isinstance(message, Ask):
                self._say(self._secrets(message.secret, message.told, message.number))
            elif isinstance(message, wanted):
                return message
            elif isinstance(message, Entered):
                self._again(message)
            elif isinstance(message, Left):
                self._left = message
                raise StayEnded("The stay ended by itself.")
            elif Left not in wanted:
                self._kill()
                raise StayEnded("The stay spoke out of turn and was ended.")

    def _line(self, seconds: float, *, leaving: bool) -> str | None:
        """Return the next line, ``None`` at the end; raises ``StayEnded``."""
        until, left = time.monotonic() + seconds, seconds
        while left > 0:
            left = until - time.monotonic()
            with suppress(queue.Empty):
                # A moment at least: who was frozen until now has not heard what was said meanwhile.
                return self._heard.get(timeout=max(left if leaving else min(left, LOOK), MOMENT))
            if not leaving and not self._wanted():
                raise StayEnded("The account was taken off while the stay was busy.")
        self._kill()
        raise StayEnded("The stay did not answer in time and was ended.")

    def _kill(self) -> None:
        """Kill the child and everything that it started; the browser has a group of its own."""
        assert self._child is not None
        if self._child.poll() is not None:
            return
        try:
            family = [*psutil.Process(self._child.pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            family = []
        os.killpg(self._child.pid, signal.SIGKILL)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._child.wait()


def catalogue() -> Catalogue:
    """Return the installed portals' facts, read in a child so that no flow is imported here."""
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "harvester.visit", "--catalogue"],
            env=environment(folder),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    if done.returncode != 0:
        raise StayEnded("The list of portals could not be read; try `python -m harvester.visit --catalogue`.")
    return Catalogue.model_validate_json(done.stdout)


def environment(folder: str) -> dict[str, str]:
    """Return the environment of a child: nothing of ours but what is needed to find a browser."""
    own = Path.home() / ".cache" / "ms-playwright"
    found = {"PLAYWRIGHT_BROWSERS_PATH": str(own)} if own.is_dir() else {}
    found |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return found | {"HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}


def _memory() -> str | None:
    """Return a folder in memory where there is one, so that no page's trace touches a disk."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


def _forget_the_killed() -> None:
    """Remove the folders of stays whose office was killed; their pages' traces are in them."""
    for folder in Path(_memory() or tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        office = folder.name.removeprefix(FOLDERS).partition("-")[0]
        if office.isdecimal() and not psutil.pid_exists(int(office)):
            shutil.rmtree(folder, ignore_errors=True)


def _listen(source: IO[str], heard: queue.Queue[str | None]) -> None:
    try:
        for line in source:
            heard.put(line)
    except ValueError:
        pass  # closed while it was read
    heard.put(None)


def _close(stream: IO[str]) -> None:
    with suppress(BrokenPipeError):
        stream.close()


def _raised(message: Troubled) -> Exception:
    try:
        return named(message.trouble)(message.words, where=message.where)
    except KeyError:
        if message.trouble != "Defect":
            return StayEnded(message.words)
        return StayEnded(f"A defect ended the stay: {message.words} at {message.where}.")
