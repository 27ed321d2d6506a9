"""The practice: its folder, keys, tables and people."""

from __future__ import annotations

from typing import Annotated

import typer

from harvester.cli import options, screen
from harvester.cli.opening import django, person_or_new
from harvester.cli.options import Json, Mistake


def init(
    name: Annotated[
        str, typer.Option(parser=options.text(200), help="The practice's name; needed the first time.")
    ] = "",
    tin: Annotated[
        list[str] | None, typer.Option(parser=options.tin, metavar="TIN", help="A tax id of it.")
    ] = None,
    npi: Annotated[
        list[str] | None, typer.Option(parser=options.npi, metavar="NPI", help="An NPI of it.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Your short name here, such as ana.")] = None,
    person_name: Annotated[str, typer.Option(help="Your full name.")] = "",
    as_json: Json = False,
) -> None:
    """Make the practice's folder, keys and tables; may be repeated, and overwrites nothing."""
    django()
    from django.conf import settings

    from harvester.office import practice
    from harvester.office.models import Person

    new = not practice.exists()
    if new and not name:
        raise Mistake("give the practice's name: harvester init --name …")
    made = practice.init(name, tins=tuple(tin or ()), npis=tuple(npi or ()))
    if person is not None:
        person_or_new(person, person_name)
    people = [{"name": one.username, "full_name": one.called} for one in Person.objects.order_by("username")]
    if as_json:
        places = {"home": settings.HARVESTER_HOME, "keys": settings.HARVESTER_KEYS}
        numbers = {"tins": made.tins, "npis": made.npis}
        screen.print_json({"practice": made.name, **numbers, **places, "new": new, "people": people})
        return
    screen.say(f"{made.name} is {'set up' if new else 'there already'}: {settings.HARVESTER_HOME}", "bold")
    screen.say(f"Its keys: {settings.HARVESTER_KEYS}; without them nothing of it opens.")
    screen.say("Back them up, and keep them apart from the database.")
    screen.say(f"People: {', '.join(one['name'] for one in people) or 'nobody yet; add --person'}")
