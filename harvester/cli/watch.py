"""How stays go while they go, a line for each account, and who is asked for codes meanwhile."""

from __future__ import annotations

import select
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

from rich import progress
from rich.console import Console
from rich.markup import escape

from harvester.cli import screen
from harvester.office.models import Person, Stay
from harvester.office.prompts import MOMENT, Prompt, Typed, Watcher, legible


class Watch:
    """Shows how stays go; a context manager that is told of each step of theirs.

    ``quiet``: nothing is said where there is no terminal.
    """

    def __init__(self, shown: Console, *, quiet: bool = False) -> None:
        self._console = shown
        self._quiet = quiet or shown.is_terminal
        self._lines: dict[UUID, _Line] = {}
        self._writing = threading.Lock()
        self._asking = threading.Lock()
        self._live = progress.Progress(
            progress.TextColumn("  {task.fields[who]}", style="bold", markup=False),
            progress.BarColumn(16, style="bright_black", complete_style="green", finished_style="green"),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rate]}", style="cyan", markup=False, justify="right"),
            progress.TextColumn("{task.fields[state]}"),
            console=shown,
            disable=not shown.is_terminal,
        )

    def __enter__(self) -> Self:
        """Begin."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen."""
        self._live.stop()

    def __call__(self, stay: Stay) -> None:
        """Take in what a stay is doing."""
        with self._writing:
            if stay.account_id not in self._lines:
                who = screen.plain(f"{stay.account.owner.called} at {stay.account.portal}")
                self._lines[stay.account_id] = _Line(who, self._live.add_task("", who=who, rate="", state=""))
            line = self._lines[stay.account_id]
            worth_a_sentence = line.hear(stay)
            state = f"[{_style(stay)}]{escape(line.state)}"
            self._live.update(line.task, completed=stay.done, total=stay.total, rate=line.rate, state=state)
            if worth_a_sentence and not self._quiet:
                rate = f", {line.rate}" if line.rate else ""
                said = f"{line.who}: {stay.done}/{stay.total}{rate}, {line.state}"
                screen.say(said, by=2, out=self._console)

    def watcher(self, people: Iterable[Person]) -> Watcher | None:
        """Return who is at the terminal and may be asked there; ``None`` where there is no terminal."""
        if not sys.stdin.isatty():
            return None
        return Watcher(self._asked, frozenset(person.pk for person in people))

    @contextmanager
    def _asked(self, prompt: Prompt) -> Iterator[Typed]:
        with self._asking:  # the other stays go on meanwhile
            self._live.stop()
            try:
                with typing(prompt, self._console) as typed:
                    yield typed
            finally:
                self._live.start()


@contextmanager
def typing(prompt: Prompt, shown: Console) -> Iterator[Typed]:
    """Ask the person at the terminal for a code, as long as the context is open."""
    screen.say(prompt.sentence, "bold yellow", by=2, out=shown)
    if prompt.kind == "push":
        yield partial(time.sleep, MOMENT)  # the phone answers
        return
    shown.print("  Code (Enter: not now): ", end="")
    typed = False

    def line() -> str | None:
        nonlocal typed
        ready, _, _ = select.select([sys.stdin], [], [], MOMENT)
        if not ready:
            return None
        said = sys.stdin.readline()
        if said.strip() and not legible(said):
            shown.print("  A code has letters and digits only; once more: ", end="")
            return None
        typed = True
        return said

    yield line
    if not typed:
        screen.say("", out=shown)
        screen.say("This code is not waited for any more.", by=2, out=shown)


def doing(stay: Stay) -> str:
    """Return what a stay is doing, in words."""
    if stay.doing == Stay.Doing.ENDED:
        said = f"stopped: {screen.spaced(stay.trouble)}" if stay.trouble else "signed out"
    elif stay.doing == Stay.Doing.SIGNING_IN:
        said = f"signing in as {stay.account.user_name}"
    elif stay.doing == Stay.Doing.PARKED:
        said = f"remains signed in as {stay.account.user_name}"
    else:
        said = f"signed in as {stay.account.user_name}"
    return screen.plain(f"{said}, {stay.refused} refused" if stay.refused else said)


def _style(stay: Stay) -> str:
    if stay.doing == Stay.Doing.ENDED:
        return "bold red" if stay.trouble else "dim"
    return "yellow" if stay.doing == Stay.Doing.SIGNING_IN else "default"


class _Line:
    """What was heard of one account."""

    def __init__(self, who: str, task: progress.TaskID) -> None:
        self.who, self.task = who, task
        self.rate = ""
        self.state = ""
        self._began = time.monotonic()
        self._done = 0
        self._quarter = 0

    def hear(self, stay: Stay) -> bool:
        """Take in what happened; return whether it is worth a sentence where nothing can be redrawn."""
        if stay.doing == Stay.Doing.SIGNED_IN and not stay.done:
            self._began = time.monotonic()
        if stay.done:
            self.rate = f"{stay.done / max(time.monotonic() - self._began, 0.1) * 60:,.0f}/min"
        looked_up, self._done = stay.done != self._done, stay.done
        self.state = doing(stay)
        before, self._quarter = self._quarter, 4 * stay.done // max(stay.total, 1)
        return not looked_up or before < self._quarter < 4
