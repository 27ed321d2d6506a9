"""The people of the practice: who has which account, and what happens when somebody leaves."""

from __future__ import annotations

import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from harvester.cli import options, screen
from harvester.cli.opening import known_portals, opened, person, typed_twice
from harvester.cli.options import By, Json, Mistake, Today

if TYPE_CHECKING:
    from datetime import datetime

    from harvester.model.portal import PortalFacts
    from harvester.office.models import Account

people = typer.Typer(no_args_is_help=True, help="Who is here, who has which account, and who left.")

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Their short name here.")]


@people.command("list")
def people_list(as_json: Json = False) -> None:
    """List the people of the practice, their roles, and how many accounts they have."""
    opened()
    from harvester.office.models import Person

    found = list(Person.objects.prefetch_related("accounts").order_by("username"))
    if as_json:
        listed = [
            {"name": one.username, "full_name": one.called, "active": one.is_active, "roles": one.roles}
            for one in found
        ]
        screen.print_json({"people": listed})
        return
    screen.print_rows(
        screen.table("Name", "Full name", "Roles", "Accounts", "", right=("Accounts",)),
        found,
        lambda one: (
            *(one.username, one.called, ", ".join(one.roles) or "none"),
            *(one.accounts.count(), "" if one.is_active else "left"),
        ),
        none="There is nobody yet; add somebody with: harvester init --person",
    )


@people.command("leave")
def people_leave(leaver: Person, by: By = None, as_json: Json = False) -> None:
    """Let somebody be gone: accounts off, secrets destroyed, stays ended; ends with what is left to close.

    What their accounts looked up stays. It cannot be undone: who comes back gets new accounts.
    """
    opened()
    from harvester.office import people
    from harvester.office.accounts import left_open

    gone = person(leaver, "PERSON")
    found = people.leave(gone, by=person(by, "--by"))
    used = people.still_signed_in(gone)
    facts = known_portals()
    rows = [_ToClose.of(one, facts.get(one.portal), left_open(one), one in used) for one in found]
    if as_json:
        screen.print_json({"person": gone.username, "accounts": rows})
        return
    screen.say(f"{gone.called} has left: accounts are off and secrets destroyed.", "bold")
    for row in rows:
        call = f"; call {', '.join(row.call)}" if row.call else ""
        screen.say(f"Have {row.user_name} closed at {row.portal_name}{call}.", by=2)
        if row.signed_in:
            screen.say("A stay of it is still ending: run this command again in a minute.", "bold red", by=4)
        elif row.open_until:
            screen.say(f"Its last session may be open until {row.open_until:%Y-%m-%d %H:%M} UTC.", by=4)


@dataclass(frozen=True)
class _ToClose:
    """An account that somebody has to have closed at its portal."""

    portal: str
    portal_name: str
    user_name: str
    call: tuple[str, ...]
    open_until: datetime | None
    signed_in: bool

    @classmethod
    def of(
        cls, account: Account, facts: PortalFacts | None, open_until: datetime | None, signed_in: bool
    ) -> Self:
        name = facts.name if facts else account.portal
        call = tuple(line.sentence for line in facts.lines) if facts else ()
        return cls(account.portal, name, account.user_name, call, open_until, signed_in)


@people.command("roles")
def people_roles(
    who: Person,
    role: Annotated[
        list[str] | None,
        typer.Option(help="front_desk, biller, lead, administrator or auditor; may be repeated."),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let somebody have exactly these roles in the web pages; without --role, none."""
    opened()
    from harvester.office.people import Role, give_roles

    wanted = [_role(one) for one in role or ()]
    found = person(who, "PERSON")
    give_roles(found, [Role(one) for one in wanted], by=person(by, "--by") if by else None)
    if as_json:
        screen.print_json({"person": found.username, "roles": found.roles})
        return
    screen.say(f"{found.called}: {', '.join(found.roles) or 'no role'}.", "bold")


def _role(said: str) -> str:
    from harvester.office.people import Role

    found = said.strip().casefold().replace(" ", "_").replace("-", "_")
    if found not in list(Role):
        raise Mistake(f"there is no role {said}; there are: {', '.join(Role)}")
    return found


@people.command("password")
def people_password(
    who: Person,
    from_stdin: Annotated[bool, typer.Option("--from-stdin", help="Read it from the first line.")] = False,
    as_json: Json = False,
) -> None:
    """Enter the password with which somebody signs in to the web pages; ends their sessions there."""
    opened()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from harvester.office.people import set_password

    found = person(who, "PERSON")
    word = sys.stdin.readline().rstrip("\r\n") if from_stdin else typed_twice("Password for the web pages")
    try:
        validate_password(word, found)
    except ValidationError as error:
        raise Mistake(" ".join(error.messages).rstrip(".")) from None
    set_password(found, word)
    if as_json:
        screen.print_json({"person": found.username})
        return
    screen.say(f"{found.called} signs in with it and sets up a second factor then.", "bold")


@people.command("review")
def people_review(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write a CSV file, for whoever signs it off.")
    ] = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Print who may do what where: every person, portal, role, last sign-in and state."""
    opened()
    from harvester.exchange.sheets import write_csv
    from harvester.office import audit, people
    from harvester.office.models import AuditRow

    found = list(people.review())
    audit.looked(AuditRow.Action.ACCESS_REVIEWED, count=len(found))
    if to is not None:
        header = [screen.spaced(field.name) for field in fields(people.Reviewed)]
        write_csv(to, header, [["" if cell is None else str(cell) for cell in astuple(one)] for one in found])
    if as_json:
        screen.print_json({"day": today, "accounts": found})
        return
    if to is not None:
        screen.say(f"The review is in {to}.")
        return
    screen.print_rows(
        screen.table("Person", "Portal", "User name", "Role", "Sweeps", "Last sign-in", "State"),
        found,
        lambda one: (
            one.name if one.here == "active" else f"{one.name} ({one.here})",
            *(one.portal, one.user_name, one.role or "not recorded", one.sweeps or "no"),
            one.signed_in.date() if one.signed_in else "never",
            one.state,
        ),
        none="There are no accounts.",
    )
