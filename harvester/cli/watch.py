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
from harvester.office.models import Person
from harvester.office.prompts import MOMENT, Prompt, Typed, Watcher, legible
from harvester.office.stays import Progress

ANSWERS = frozenset({"", "NotOnFile", "SeveralOnFile"})
"""Troubles of a lookup that are an answer."""


class Watch:
    """Shows how stays go; a context manager that is called with progress.

    ``quiet``: nothing is said where there is no terminal.
    """

    def __init__(self, shown: Console, *, quiet: bool = False) -> None:
        self._console = shown
        self._quiet = quiet or shown.is_terminal
        self._stays: dict[UUID, _Stay] = {}
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

    def __call__(self, heard: Progress) -> None:
        """Take in what an account's stay is doing."""
        with self._writing:
            if heard.account not in self._stays:
                who = screen.plain(f"{heard.owner} at {heard.portal}")
                self._stays[heard.account] = _Stay(who, self._live.add_task("", who=who, rate="", state=""))
            stay = self._stays[heard.account]
            worth_a_sentence = stay.hear(heard)
            state = f"[{_STYLES.get(heard.doing, 'default')}]{escape(stay.state)}"
            self._live.update(stay.line, completed=heard.done, total=heard.total, rate=stay.rate, state=state)
            if worth_a_sentence and not self._quiet:
                rate = f", {stay.rate}" if stay.rate else ""
                said = f"{stay.who}: {heard.done}/{heard.total}{rate}, {stay.state}"
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


_STYLES = {"signing_in": "yellow", "trouble": "bold red", "signed_out": "dim"}


class _Stay:
    """What was heard of one account."""

    def __init__(self, who: str, line: progress.TaskID) -> None:
        self.who, self.line = who, line
        self.rate = ""
        self.state = ""
        self._began = time.monotonic()
        self._refused = 0
        self._quarter = 0

    def hear(self, heard: Progress) -> bool:
        """Take in what happened; return whether it is worth a sentence where nothing can be redrawn."""
        if heard.doing == "signed_in":
            self._began = time.monotonic()
        if heard.done:
            self.rate = f"{heard.done / max(time.monotonic() - self._began, 0.1) * 60:,.0f}/min"
        looked_up = heard.doing == "looked_up"
        self._refused += looked_up and heard.trouble not in ANSWERS
        doing = {
            "signing_in": f"signing in as {heard.user_name}",
            "signed_out": "signed out",
            "trouble": f"stopped: {screen.spaced(heard.trouble)}",
        }.get(heard.doing, f"signed in as {heard.user_name}")
        self.state = screen.plain(f"{doing}, {self._refused} refused" if self._refused else doing)
        before, self._quarter = self._quarter, 4 * heard.done // max(heard.total, 1)
        return not looked_up or before < self._quarter < 4
