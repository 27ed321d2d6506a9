"""Where a person waits for the codes that portals send them, and enters them."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from harvester.cli import screen
from harvester.cli.opening import known_portals, opened, person
from harvester.cli.options import By, Mistake

if TYPE_CHECKING:
    from harvester.office.models import Person
    from harvester.office.prompts import Typed


def codes(by: By = None) -> None:
    """Wait for the codes that portals send you and enter them here, while a sweep runs; Ctrl-C ends it."""
    opened()
    from harvester.cli.watch import typing
    from harvester.office import prompts

    if not sys.stdin.isatty():
        raise Mistake("codes are entered at a terminal by the person they were sent to")
    who = person(by, "--by")
    portals = known_portals()
    out = screen.console()
    screen.say(f"Portals may send codes to {who.called} now. Ctrl-C when you leave.", out=out)
    try:
        while True:
            prompts.be_there(who)
            row = prompts.waiting_for(who).first()
            if row is None:
                time.sleep(prompts.MOMENT)
                continue
            facts = portals.get(row.account.portal)
            portal = facts.name if facts else row.account.portal
            with typing(prompts.prompt(row, portal), out) as typed:
                prompts.put(row, partial(_moment, who, typed), by=who)
    finally:
        prompts.leave(who)


def _moment(who: Person, typed: Typed) -> str | None:
    from harvester.office import prompts

    prompts.be_there(who)
    return typed()
