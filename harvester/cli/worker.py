"""Work that goes on by itself: a worker, what it and others are at, and how it is called off."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli import screen
from harvester.cli.opening import known_portals, opened, person, program
from harvester.cli.options import By, Json, Mistake, today

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harvester.office.models import Stay
    from harvester.office.status import AccountNow, Status
    from harvester.office.stays import Terms

EVERY = 1.0
"""Seconds between two looks of a status that is followed."""


def worker(
    at_once: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Stays that every worker makes at one time from now on; else 4."),
    ] = None,
) -> None:
    """Sweep every night and look up whatever waits, until told to end; runs beside others like it."""
    opened()
    from harvester.cli.watch import Watch
    from harvester.office import sweep
    from harvester.office.engine import Engine
    from harvester.visit import client

    sweep.can_sign_in()
    with Watch(screen.console(stderr=True)) as watch:
        terms = _terms(watch)
        engine = Engine(
            lambda: replace(terms, today=today()), client.catalogue(), at_once=at_once, planning=True
        )
        with engine:
            screen.say(f"Works as {engine.name}; Ctrl-C ends it after the lookups that are under way.")
            with suppress(KeyboardInterrupt):
                engine.serve()
            screen.say("Ends after the lookups that are under way.")


def status(
    as_json: Json = False,
    openmetrics: Annotated[
        bool, typer.Option("--openmetrics", help="Print counters for a monitoring system instead.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on showing it, until Ctrl-C.")] = False,
) -> None:
    """Show the last sweep, who works, who is signed in where, and what waits and why."""
    opened()
    if openmetrics:
        from harvester.office.metrics import metrics

        sys.stdout.write(metrics())
        return
    from harvester.office.status import status as now

    facts = known_portals()
    if as_json:
        screen.print_json(_plain(now(facts, _terms())))
        return
    out = screen.console()
    if not (follow and out.is_terminal):
        out.print(_shown(now(facts, _terms())))
        return
    from rich.live import Live

    with Live(console=out, auto_refresh=False) as live:
        while True:
            live.update(_shown(now(facts, _terms())), refresh=True)
            time.sleep(EVERY)


def cancel(
    portal: Annotated[str | None, typer.Option(help="Only what is asked at this portal.")] = None,
    user: Annotated[str | None, typer.Option(help="Only what the account of this user name makes.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Call off what waits of sweeps; a stay that is signed in ends after its lookup."""
    opened()
    from harvester.office import sweep

    if user is not None and portal is None:
        raise Mistake("say at which portal: --portal")
    count = sweep.cancel(person(by, "--by"), portal=portal, user_name=user)
    if as_json:
        screen.print_json({"cancelled": count})
        return
    screen.say(f"{count} lookups are called off; the next sweep asks again what is due then.")


def _terms(told: Callable[[Stay], None] = lambda _: None) -> Terms:
    from harvester.office import engine
    from harvester.office.clock import Clock
    from harvester.office.stays import Terms
    from harvester.visit import client

    return Terms(
        today=today(),
        stay=client.Stay,
        clock=Clock(),
        told=told,
        patience=engine.PATIENCE,
        waits=engine.WAITS,
    )


def _shown(now: Status) -> RenderableType:
    from rich.console import Group

    shown: list[RenderableType] = []
    if now.sweep is None:
        shown.append(screen.text("No sweep yet.", "dim"))
    else:
        day = f"{now.sweep.day:%A, %B} {now.sweep.day.day}"
        whole = sum(now.counts.values())
        when = "the night of" if now.sweep.nightly else "the sweep of"
        shown.append(screen.text(f"Of {when} {day}: {now.looked_up:,} of {whole:,} looked up.", "bold"))
    if now.unproved:
        since = f"{now.unproved:%Y-%m-%d %H:%M} UTC"
        shown.append(screen.text(f"The audit's anchors cannot be written since {since}.", "bold red"))
    if now.workers:
        names = ", ".join(f"{one.name} (since {one.began:%m-%d %H:%M} UTC)" for one in now.workers)
        shown.append(screen.text(f"At work: {names}.", "dim"))
    else:
        shown.append(screen.text(f"No worker is at work; {program()} worker starts one.", "yellow"))
    listed = screen.table("Portal", "Account", "Done", "Waiting", "Now", right=("Done", "Waiting"))
    for one in now.accounts:
        listed.add_row(*(screen.text(cell) for cell in _cells(one)))
    if now.accounts:
        shown.append(listed)
    else:
        shown.append(screen.text("Nothing waits.", "dim"))
    return Group(*shown)


def _cells(one: AccountNow) -> tuple[str, ...]:
    from harvester.cli.watch import doing

    urgent = f" ({one.urgent} urgent)" if one.urgent else ""
    done = f"{one.stay.done}/{one.stay.total}" if one.stay else ""
    said = doing(one.stay) if one.stay else one.why
    who = f"{one.account.owner.called} ({one.account.user_name})"
    return one.account.portal, who, done, f"{one.waiting}{urgent}", said


def _plain(now: Status) -> dict[str, Any]:
    return {
        "sweep": now.sweep
        and {"id": now.sweep.pk, "day": now.sweep.day, "nightly": now.sweep.nightly, "counts": now.counts},
        "audit_not_anchored_since": now.unproved,
        "workers": [{"name": one.name, "since": one.began} for one in now.workers],
        "accounts": [
            {
                "portal": one.account.portal,
                "owner": one.account.owner.called,
                "user_name": one.account.user_name,
                "doing": one.stay.doing if one.stay else None,
                "done": one.stay.done if one.stay else 0,
                "waiting": one.waiting,
                "urgent": one.urgent,
                "since": one.since,
                "why": one.why,
            }
            for one in now.accounts
        ],
    }
