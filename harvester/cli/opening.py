"""Opening the practice for a command, and whoever is at the keyboard."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.cli.options import Mistake

if TYPE_CHECKING:
    from harvester.model.portal import PortalFacts
    from harvester.office.models import Person, Practice

HOME, STATE = "HARVESTER_HOME", "HARVESTER_STATE"

AT_END = ExitStack()
"""What is closed when a command has ended."""


def django() -> None:
    """Make the office usable; raises ``Mistake`` where its settings are wrong."""
    from harvester import office

    try:
        office.ready()
    except (ValueError, ImportError):
        raise Mistake("DATABASE_URL is not the address of a database; an example is postgres://…") from None


def opened() -> Practice:
    """Open the practice; raises the sentence that says why it cannot be."""
    django()
    from django.conf import settings

    from harvester.office import audit, practice

    if not practice.exists():
        raise Mistake(f"there is no practice in {settings.HARVESTER_HOME} yet; run: harvester init")
    found = practice.opened()
    log_to(Path(settings.HARVESTER_HOME, "harvester.log"))
    AT_END.callback(audit.anchored)
    return found


def log_to(path: Path) -> None:
    """Send log lines to a file that only its owner reads; where it cannot be written, nowhere."""
    import structlog

    from harvester import logs

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY)
    file = AT_END.enter_context(os.fdopen(descriptor, "a", encoding="utf-8", buffering=1))
    AT_END.callback(structlog.reset_defaults)
    logs.configure(file)


def known_portals() -> dict[str, PortalFacts]:
    """Return what every installed flow says of its portal, by the portal's id."""
    from harvester.visit import client

    return {facts.id: facts for facts in client.catalogue().portals}


def installed(portal: str) -> PortalFacts:
    """Return what its flow says of a portal; raises ``Mistake`` where none is installed for it."""
    known = known_portals()
    if portal not in known:
        raise Mistake(
            f"no installed flow is for a portal {portal}; there are: {', '.join(sorted(known)) or 'none'}"
        )
    return known[portal]


def person(name: str | None, option: str) -> Person:
    """Return the person of that name, or the only one there is; raises ``Mistake``."""
    from harvester.office.models import Person

    known = {one.username: one for one in Person.objects.order_by("username")}
    if name is None:
        if len(known) == 1:
            return known.popitem()[1]
        raise Mistake(f"say who you are: {option} {' | '.join(known) or 'PERSON'}")
    for username, one in known.items():
        if username.casefold() == name.strip().casefold():
            return one
    raise Mistake(f"nobody here is called {name}; known: {', '.join(known) or 'nobody'}")


def at_the_terminal(name: str | None) -> list[Person]:
    """Return who is known to be at the terminal: who says so, or the only person there is."""
    from harvester.office.models import Person

    if name is None and Person.objects.count() != 1:
        return []
    return [person(name, "--by")]


def typed_twice(prompt: str) -> str:
    """Return what a person types unseen, twice the same; raises ``Mistake``."""
    if not sys.stdin.isatty():
        raise Mistake("there is nobody to type the password; give it with --from-stdin")
    word = getpass.getpass(f"{prompt}: ")
    if getpass.getpass("Once more: ") != word:
        raise Mistake("these were two different passwords; nothing was stored")
    return word


def person_or_new(name: str, full: str | None) -> Person:
    """Return the person of that short name, made known now where a full name is given for a new one."""
    from django.core.exceptions import ValidationError

    from harvester.office.models import Person

    if full is None or Person.objects.filter(username__iexact=name.strip()).exists():
        return person(name, "--owner")
    first, _, last = full.strip().rpartition(" ")
    made = Person(username=name.strip(), first_name=first or last, last_name=last if first else "")
    made.set_unusable_password()
    try:
        made.full_clean()
    except ValidationError:
        raise Mistake(
            "a person's short name has letters, digits and @.+-_ only, and is nobody else's; the full name "
            "has 150 letters at most"
        ) from None
    made.save()
    return made


def program() -> str:
    """Return how this program was started, for sentences that say what to type next."""
    started = Path(sys.argv[0])
    if started.parent == Path() or started.name != "harvester":
        return "harvester"
    with suppress(ValueError):
        started = started.resolve().relative_to(Path.cwd())
    return str(started)
