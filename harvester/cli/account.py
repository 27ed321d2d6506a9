"""Accounts at portals: stored, held and released, and what their owners say about them."""

from __future__ import annotations

import getpass
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli import options, screen
from harvester.cli.opening import installed, opened, person, person_or_new, typed_twice
from harvester.cli.options import By, Json, Mistake, Owner, PortalName, Tin, Today, UserName

if TYPE_CHECKING:
    from rich.text import Text

    from harvester.office.accounts import Listed
    from harvester.office.models import Account

account = typer.Typer(no_args_is_help=True, help="Who signs in where, and what state that is in.")

PATIENCE = 60.0
"""Seconds that a person waits for a stay to sign out."""

FromStdin = Annotated[
    bool,
    typer.Option("--from-stdin", help="Read the password from the first line, the seed from the second."),
]
PasswordChanged = Annotated[
    date | None,
    typer.Option(parser=options.day, metavar="DAY", help="When it was changed at the portal; else today."),
]
Note = Annotated[str, typer.Option(parser=options.text(200), help="Why, or what was done.")]


@account.command("add")
def account_add(
    portal: PortalName,
    user: UserName,
    owner: Annotated[str, typer.Option(metavar="PERSON", help="Whose account it is; nobody else's.")],
    owner_name: Annotated[
        str | None, typer.Option(help="The owner's full name, where the owner is new here.")
    ] = None,
    tin: Tin = None,
    npi: Annotated[
        str | None, typer.Option(parser=options.npi, metavar="NPI", help="Look up under this NPI.")
    ] = None,
    ptan: Annotated[
        str,
        typer.Option(
            parser=options.text(20), metavar="PTAN", help="A Medicare contractor's number of the provider."
        ),
    ] = "",
    organisation: Annotated[
        str, typer.Option(parser=options.text(150), help="Look up for this organisation.")
    ] = "",
    role: Annotated[
        str, typer.Option(parser=options.text(80), help="What the owner may do at the portal, in its words.")
    ] = "",
    password_changed: PasswordChanged = None,
    recertify_by: Annotated[
        date | None,
        typer.Option(parser=options.day, metavar="DAY", help="When the portal wants it recertified."),
    ] = None,
    consent_sweeps: Annotated[
        bool, typer.Option("--consent-sweeps", help="The owner lets the nightly sweep use it.")
    ] = False,
    from_stdin: FromStdin = False,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Its password lies elsewhere; say where with account source.")
    ] = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Store a person's own account; the password is typed unseen."""
    practice = opened()
    from harvester.office import accounts
    from harvester.office.codes import Seed
    from harvester.visit.wire import Context

    facts = installed(portal)
    number = tin or next(iter(practice.tins), "")
    if not number:
        raise Mistake("portals ask for the tax id to look up under, and the practice has none: add --tin")
    context = Context(tin=number, npi=npi or "", ptan=ptan, organisation=organisation)
    if lacking := [f"--{need}" for need in facts.needs if not getattr(context, need)]:
        raise Mistake(f"{facts.name} does not let an account in without it: add {' and '.join(lacking)}")
    if elsewhere and from_stdin:
        raise Mistake("a password that lies elsewhere is not read from standard input: leave one of both out")
    whose = person_or_new(owner, owner_name)
    password, seed = (None, None) if elsewhere else _credentials(from_stdin)
    made = accounts.add(
        portal=portal,
        owner=whose,
        user_name=user,
        password=password,
        seed=seed,
        context=context,
        sweep_consent=today if consent_sweeps else None,
        role=role,
        changed=password_changed or today,
        recertify_by=recertify_by,
    )
    consent = "the nightly sweep uses it" if consent_sweeps else "only for the owner's own lookups"
    said = [f"{made.user_name} at {portal} is stored for {whose.called}; {consent}."]
    if tin is None:
        said += [f"It looks up under the practice's first tax id, {number[:2]}-{number[2:]}."]
    if elsewhere:
        said += ["It has no password yet: say where that lies with harvester account source."]
    if seed is not None and Seed.parse(seed).short:
        said += ["Its authenticator seed is shorter than 112 bits: ask the portal for a longer one."]
    done(made, as_json, *said)


def _credentials(from_stdin: bool) -> tuple[str, str | None]:
    """Return password and seed, from standard input or from a person who types them unseen."""
    if from_stdin:
        password, seed = (sys.stdin.readline().rstrip("\r\n") for _ in range(2))
        if not password:
            raise Mistake("the first line of standard input is the password, and it is empty")
    else:
        password = typed_twice("Password at the portal")
        seed = getpass.getpass("Authenticator seed or otpauth address (Enter: none): ")
    return password, seed.strip() or None


@account.command("list")
def account_list(as_json: Json = False, today: Today = options.NOW) -> None:
    """List accounts, their owners and their states, and what is due soon."""
    opened()
    from harvester.cli import report
    from harvester.office import accounts

    found, due = list(accounts.listed()), report.reminders(today)
    if as_json:
        dated = [_plain(one) | {"reminders": due.get(one.account.pk, [])} for one in found]
        screen.print_json({"accounts": dated})
        return
    screen.print_rows(
        screen.table("Portal", "User name", "Owner", "Sweeps", "Password", "State"),
        found,
        lambda one: (
            *(one.account.portal, one.account.user_name, one.account.owner.called),
            f"since {one.account.sweep_consent}" if one.account.sweep_consent else "no",
            one.where,
            _state(one, due.get(one.account.pk, [])),
        ),
        none="There are no accounts yet; add one with: harvester account add",
    )


@account.command("hold")
def account_hold(
    portal: PortalName, user: UserName, by: By = None, note: Note = "", as_json: Json = False
) -> None:
    """Put an account on hold: nothing signs in with it until it is released."""
    opened()
    from harvester.office import accounts

    held = accounts.named(portal, user)
    accounts.hold(held, by=person(by, "--by"), note=note)
    done(held, as_json, f"{held.user_name} at {portal} is on hold.")


@account.command("release")
def account_release(
    portal: PortalName, user: UserName, by: By = None, note: Note = "", as_json: Json = False
) -> None:
    """Release an account after its owner has done what the portal wanted."""
    opened()
    from harvester.office import accounts

    held = accounts.named(portal, user)
    count = accounts.release(held, by=person(by, "--by"), note=note)
    done(held, as_json, f"{held.user_name} at {portal} {'is released' if count else 'was not on hold'}.")


@account.command("password")
def account_password(
    portal: PortalName,
    user: UserName,
    by: Owner,
    password_changed: PasswordChanged = None,
    from_stdin: FromStdin = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Seal another password here, after it was changed at the portal; ends a refused password's hold."""
    opened()
    from harvester.office import accounts

    own, owner = accounts.named(portal, user), person(by, "--by")
    password, seed = _credentials(from_stdin)
    accounts.replace(own, by=owner, password=password, seed=seed, changed=password_changed or today)
    done(own, as_json, f"The password of {own.user_name} at {portal} is stored.")


@account.command("consent")
def account_consent(
    portal: PortalName,
    user: UserName,
    by: Owner,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back.")] = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Let the nightly sweep use your account from now on, or no longer."""
    opened()
    from harvester.office import accounts

    own = accounts.named(portal, user)
    accounts.consent(own, by=person(by, "--by"), day=None if withdraw else today)
    uses = "does not use it any more" if withdraw else "uses it"
    done(own, as_json, f"{own.user_name} at {portal}: the nightly sweep {uses}.")


@account.command("keep")
def account_keep(
    portal: PortalName,
    user: UserName,
    by: Owner,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back.")] = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Let a worker remain signed in with your account, as long as the portal lets it, or no longer."""
    opened()
    from harvester.office import accounts

    own = accounts.named(portal, user)
    accounts.keep_signed_in(own, by=person(by, "--by"), day=None if withdraw else today)
    said = "signs out when nothing waits" if withdraw else "remains signed in for your next lookup"
    done(own, as_json, f"{own.user_name} at {portal}: a worker {said}.")


@account.command("take")
def account_take(
    portal: PortalName,
    user: UserName,
    by: Owner,
    minutes: Annotated[int, typer.Option(min=1, max=720, help="For how long you work there.")] = 60,
    as_json: Json = False,
) -> None:
    """Work at the portal yourself: a stay that is there signs out first, and none begins meanwhile."""
    opened()
    from harvester.office import accounts
    from harvester.office.clock import Clock
    from harvester.office.locks import AccountLock, Busy

    own, clock = accounts.named(portal, user), Clock()
    until = clock.now() + timedelta(minutes=minutes)
    accounts.take(own, by=person(by, "--by"), until=until)
    try:
        with AccountLock(own.pk, patience=PATIENCE, clock=clock):
            pass
    except Busy:
        raise Mistake(
            f"{own.user_name} is still signed in at {portal} for a lookup in progress; wait a moment more"
        ) from None
    done(own, as_json, f"{own.user_name} at {portal} is yours until {until:%H:%M} UTC.")


@account.command("give-back")
def account_give_back(portal: PortalName, user: UserName, by: Owner, as_json: Json = False) -> None:
    """Say that you have signed out at the portal: the account is used here again."""
    opened()
    from harvester.office import accounts

    own = accounts.named(portal, user)
    accounts.give_back(own, by=person(by, "--by"))
    done(own, as_json, f"{own.user_name} at {portal} is used here again.")


@account.command("recertified")
def account_recertified(
    portal: PortalName,
    user: UserName,
    next_by: Annotated[
        date, typer.Argument(parser=options.day, metavar="DAY", help="By when the portal asks again.")
    ],
    as_json: Json = False,
) -> None:
    """Record that the portal was told that the owner still needs the account."""
    opened()
    from harvester.office import accounts

    own = accounts.named(portal, user)
    accounts.recertified(own, next_by=next_by)
    done(own, as_json, f"{own.user_name} at {portal}: recertified, next by {next_by}.")


def _state(listed: Listed, due: list[str]) -> Text:
    state = screen.text(listed.state, "red" if listed.holds else "green")
    for sentence in due:
        state.append("\n").append_text(screen.text(sentence, "yellow"))
    return state


def done(changed: Account, as_json: bool, *said: str) -> None:
    """Print the account as it is now, or what was done."""
    from harvester.office import accounts

    if as_json:
        screen.print_json(_plain(next(one for one in accounts.listed() if one.account.pk == changed.pk)))
        return
    for sentence in said:
        screen.say(sentence)


def _plain(listed: Listed) -> dict[str, object]:
    one = listed.account
    return {
        "portal": one.portal,
        "user_name": one.user_name,
        "owner": one.owner.username,
        "owner_name": one.owner.called,
        "context": one.context,
        "role": one.role,
        "signed_in": listed.signed_in,
        "taken_until": one.taken_until,
        "recertify_by": one.recertify_by,
        "sweep_consent": one.sweep_consent,
        "keep_signed_in": one.keep_signed_in,
        "password": listed.where,
        "state": listed.brief,
        "holds": listed.holds,
    }
