"""The command line. Tables for people, ``--json`` for programs, and one sentence where something is wrong.

Nothing secret is ever an argument, and heavy imports wait until a command needs them. Exit codes: 0
done · 1 it could not be done, and stderr says why · 3 a sweep left something undone · 70 a defect of
this software · 130 stopped.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from harvester.cli import (
    account,
    audit,
    codes,
    demo,
    lookup,
    opening,
    people,
    portals,
    practice,
    screen,
    serve,
    snapshots,
    sources,
    sweep,
    worker,
    worklist,
)
from harvester.cli.options import Mistake

DEFECT, STOPPED = 70, 130

TRACEBACK = "HARVESTER_TRACEBACK"

EXPECTED = {
    "harvester.testing.make_believe": "MakeBelieveError",
    "harvester.exchange.columns": "WorklistError",
    "harvester.office.accounts": "AccountError",
    "harvester.office.codes": "SeedError",
    "harvester.office.pauses": "PauseError",
    "harvester.office.people": "PersonError",
    "harvester.office.policy": "PolicyError",
    "harvester.office.practice": "PracticeError",
    "harvester.office.prompts": "PromptError",
    "harvester.office.sources": "SourceError",
    "harvester.office.sweep": "SweepError",
    "harvester.office.vault": "SealError",
    "harvester.visit.client": "StayEnded",
}
"""Errors whose message is a sentence for the person at the keyboard."""

DATABASE = {
    "locked": "the database is in use by another process; try again in a moment",
    "no such table": "the database is not set up; run: harvester init",
    "no such column": "the database is not set up for this version; run: harvester init",
    "does not exist": "the database is not set up for this version; run: harvester init",
    "readonly": "the database may not be written to; who owns its file?",
    "not a database": "the database file is damaged or something else; restore it from its backup",
    "malformed": "the database file is damaged; restore it from its backup",
    "full": "the disk is full",
}
"""What a database's own message means; never the message, which may hold values."""

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def harvester(
    home: Annotated[
        Path | None,
        typer.Option(help=f"The practice's folder; else {opening.HOME}.", file_okay=False),
    ] = None,
) -> None:
    """Follow a practice's claims and coverage on payers' portals, and see what changed."""
    if home is not None:
        os.environ[opening.HOME] = str(home)


app.command()(practice.init)
account.account.add_typer(sources.source, name="source")
app.add_typer(account.account, name="account")
app.add_typer(people.people, name="people")
app.add_typer(worklist.worklist, name="worklist")
app.command()(sweep.sweep)
app.command()(worker.worker)
app.command()(worker.status)
app.command()(serve.serve)
app.command()(worker.cancel)
app.add_typer(lookup.lookup, name="lookup")
app.command()(codes.codes)
app.add_typer(snapshots.snapshots, name="snapshots")
app.add_typer(portals.portals, name="portals")
app.add_typer(audit.audit, name="audit")
app.command()(demo.demo)


def _expected(error: BaseException) -> str | None:
    """Return the sentence of an error that can be expected, ``None`` for a defect."""
    if isinstance(error, Mistake):
        return str(error)
    if isinstance(error, typer.TyperException):
        told = getattr(error, "format_message", None)
        return str(told()) if told else str(error)
    if type(error).__name__ == EXPECTED.get(type(error).__module__):
        return str(error)
    if "django" in sys.modules:
        from django.core.exceptions import ImproperlyConfigured
        from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError

        if isinstance(error, ImproperlyConfigured):
            return "the settings are not usable: is DATABASE_URL right?"
        if isinstance(error, DatabaseError | InterfaceError):
            said = str(error).casefold()
            usual = isinstance(error, OperationalError | ProgrammingError)
            otherwise = "the database cannot be reached or opened; is DATABASE_URL right?" if usual else None
            return next((sentence for words, sentence in DATABASE.items() if words in said), otherwise)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or ''}: {error.strerror.lower()}".removeprefix(": ")
    return None


def _defect(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}harvester{os.sep}" in frame.filename] or frames
    return (
        f"this is a defect of harvester and not of what you did: {type(error).__name__} at "
        f"{Path(own[-1].filename).name}:{own[-1].lineno}; {TRACEBACK}=1 shows more"
    )


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is one sentence on stderr."""
    try:
        if not all(argument.isprintable() for argument in arguments):
            raise Mistake("an argument holds characters that cannot be printed")
        ended = typer.main.get_command(app)(list(arguments), prog_name="harvester", standalone_mode=False)
        sys.stdout.flush()
        code = ended if isinstance(ended, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    except BrokenPipeError:
        # Whoever read our output, such as head, has had enough; nothing more may be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback is nothing for a user
        return _ended_by(error)
    finally:
        opening.AT_END.close()
    if code == STOPPED:
        screen.complain("Stopped")
    return code


def _ended_by(error: Exception) -> int:
    """Say what went wrong; return the exit code."""
    sentence = _expected(error)
    if sentence == "":  # the help was asked for, or is all there is to say
        return 0
    if sentence is None and os.environ.get(TRACEBACK) == "1":
        traceback.print_exception(error)
    screen.complain(sentence or _defect(error))
    return 1 if sentence else DEFECT


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> NoReturn:
    """Run as ``harvester``; when told to end, stays sign out first."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:])
    if code == STOPPED and threading.active_count() > 1:
        # Told to end a second time, while stays were signing out: they do so by themselves.
        os._exit(code)
    sys.exit(code)
