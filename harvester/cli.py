"""The command line. Tables for people, ``--json`` for programs, and one sentence where something is wrong.

Nothing secret is ever an argument, and heavy imports wait until a command needs them. Exit codes: 0
done · 1 it could not be done, and stderr says why · 3 a sweep left something undone · 70 a defect of
this software · 130 stopped.
"""

from __future__ import annotations

import getpass
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from uuid import UUID

    from harvester.model.query import ClaimQuery, EligibilityQuery, Member
    from harvester.office.models import Account, Person, Snapshot
    from harvester.visit.wire import Catalogue

DEFECT, STOPPED, UNDONE = 70, 130, 3

HOME = "HARVESTER_HOME"
TRACEBACK = "HARVESTER_TRACEBACK"

EXPECTED = {
    "harvester.demo": ("DemoError",),
    "harvester.exchange.columns": ("WorklistError",),
    "harvester.office.accounts": ("AccountError",),
    "harvester.office.codes": ("SeedError",),
    "harvester.office.practice": ("PracticeError",),
    "harvester.office.sweep": ("SweepError",),
    "harvester.office.vault": ("SealError",),
    "harvester.visit.client": ("StayEnded",),
}
"""Errors whose message is a sentence for the person at the keyboard."""


_END = ExitStack()
"""What is closed when a command has ended."""


class Mistake(Exception):
    """What was asked for cannot be done; one sentence."""


# What every command shares ----------------------------------------------------------------------


def _day(said: str) -> date:
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        with suppress(ValueError):
            return datetime.strptime(said, form).date()  # noqa: DTZ007 - a day has no zone
    raise typer.BadParameter("this is not a day; write it as YYYY-MM-DD")


def _money(said: str) -> Decimal:
    with suppress(InvalidOperation):
        found = Decimal(said.removeprefix("$").replace(",", ""))
        if found.is_finite() and abs(found) < 10**10 and found == found.quantize(Decimal("0.01")):
            return found
    raise typer.BadParameter("this is not an amount; write it as 120.50")


def _tin(said: str) -> str:
    digits = said.replace("-", "").strip()
    if len(digits) != 9 or not (digits.isascii() and digits.isdigit()):
        raise typer.BadParameter("a tax id has nine digits")
    return digits


def _npi(said: str) -> str:
    digits = said.strip()
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        raise typer.BadParameter("an NPI has ten digits")
    return digits


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Today = Annotated[date | None, typer.Option("--today", parser=_day, metavar="DAY", hidden=True)]
By = Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Who does this.")]
FromStdin = Annotated[
    bool,
    typer.Option("--from-stdin", help="Read the password from the first line, the seed from the second."),
]
PortalName = Annotated[str, typer.Argument(metavar="PORTAL", help="As `harvester portals` names it.")]
UserName = Annotated[str, typer.Argument(metavar="USER", help="The user name at the portal.")]
Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**53, help="As `snapshots list` numbers them.")]
MaybeId = Annotated[int | None, typer.Argument(metavar="[ID]", min=1, max=2**53, show_default=False)]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
account_app = typer.Typer(no_args_is_help=True, help="Who signs in where, and what state that is in.")
worklist_app = typer.Typer(no_args_is_help=True, help="The claims and appointments that are followed.")
lookup_app = typer.Typer(no_args_is_help=True, help="Look one thing up now, with your own account.")
snapshots_app = typer.Typer(no_args_is_help=True, help="What portals answered, and what changed.")
app.add_typer(account_app, name="account")
app.add_typer(worklist_app, name="worklist")
app.add_typer(lookup_app, name="lookup")
app.add_typer(snapshots_app, name="snapshots")


@app.callback()
def harvester(
    home: Annotated[
        Path | None,
        typer.Option(help=f"The practice's folder; else {HOME}.", file_okay=False, show_default=False),
    ] = None,
) -> None:
    """Follow a practice's claims and coverage on payers' portals, and see what changed."""
    if home is not None:
        os.environ[HOME] = str(home)


def _django() -> None:
    """Make the office usable; raises ``Mistake`` where its settings are wrong."""
    from harvester import office

    try:
        office.ready()
    except (ValueError, ImportError):
        raise Mistake("DATABASE_URL is not the address of a database; an example is postgres://…") from None


def _open() -> None:
    """Open the practice for a command; raises the sentence that says why it cannot be."""
    _django()
    from django.conf import settings

    from harvester.office import practice

    home = Path(settings.HARVESTER_HOME)
    if not os.environ.get("DATABASE_URL") and not (home / "practice.sqlite3").exists():
        raise Mistake(f"there is no practice in {home} yet; run: harvester init")
    practice.opened()
    _log_to(home / "harvester.log")


def _log_to(path: Path) -> None:
    """Send log lines to a file that only its owner reads; where it cannot be written, nowhere."""
    import structlog

    from harvester import logs

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY)
    file = _END.enter_context(os.fdopen(descriptor, "a", encoding="utf-8", buffering=1))
    _END.callback(structlog.reset_defaults)
    logs.configure(file)


def _print_json(document: Any) -> None:
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _today(said: date | None) -> date:
    return said or date.today()  # noqa: DTZ011 - the practice's day, where the practice is


def _person(name: str | None, option: str) -> Person:
    """Return the person of that name, or the only one there is; raises ``Mistake``."""
    from harvester.office.models import Person

    known = list(Person.objects.order_by("username"))
    if name is None:
        if len(known) == 1:
            return known[0]
        raise Mistake(f"say who you are: {option} {' | '.join(one.username for one in known) or 'PERSON'}")
    for one in known:
        if one.username.casefold() == name.strip().casefold():
            return one
    people = ", ".join(one.username for one in known) or "nobody"
    raise Mistake(f"nobody here is called {name}; known: {people}")


def _new_person(name: str, full: str | None) -> Person:
    """Make a person known; raises ``Mistake`` for a name that cannot be one."""
    from django.core.exceptions import ValidationError

    from harvester.office.models import Person

    first, _, last = (full or "").strip().rpartition(" ")
    person = Person(username=name.strip(), first_name=first or last, last_name=last if first else "")
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError:
        raise Mistake(
            "a person's short name has letters, digits and @.+-_ only, and is nobody else's; the full name "
            "has 150 letters at most"
        ) from None
    person.save()
    return person


def _portals() -> Catalogue:
    from harvester.visit import client

    return client.catalogue()


def _credentials(from_stdin: bool) -> tuple[str, str | None]:
    """Return password and seed, from standard input or from a person who types them unseen."""
    if from_stdin:
        lines = [sys.stdin.readline().rstrip("\r\n") for _ in range(2)]
        if not lines[0]:
            raise Mistake("the first line of standard input is the password, and it is empty")
        return lines[0], lines[1].strip() or None
    if not sys.stdin.isatty():
        raise Mistake("there is nobody to type the password; give it with --from-stdin")
    password = getpass.getpass("Password at the portal: ")
    if not password:
        raise Mistake("the password is empty")
    if getpass.getpass("Once more: ") != password:
        raise Mistake("these were two different passwords; nothing was stored")
    return password, getpass.getpass("Authenticator seed or otpauth address (Enter: none): ").strip() or None


@contextmanager
def _watched(as_json: bool) -> Iterator[Any]:
    """Yield what hears of progress: a display on stderr, nothing for a program."""
    from harvester import screen
    from harvester.office.models import Account

    if as_json and not sys.stderr.isatty():
        yield lambda _: None
        return
    names: dict[UUID, str] = dict(Account.objects.values_list("pk", "user_name"))
    with screen.Watch(screen.console(stderr=True), names) as watch:
        yield watch


# Commands ---------------------------------------------------------------------------------------


@app.command()
def init(
    name: Annotated[str | None, typer.Option(help="The practice's name.", show_default=False)] = None,
    tin: Annotated[list[str] | None, typer.Option(parser=_tin, metavar="TIN", help="A tax id of it.")] = None,
    npi: Annotated[list[str] | None, typer.Option(parser=_npi, metavar="NPI", help="An NPI of it.")] = None,
    person: Annotated[str | None, typer.Option(help="Your short name here, such as ana.")] = None,
    person_name: Annotated[str | None, typer.Option(help="Your full name.")] = None,
    as_json: Json = False,
) -> None:
    """Make the practice's folder, keys and tables; may be repeated, and overwrites nothing."""
    _django()
    from django.conf import settings

    from harvester import screen
    from harvester.office import practice
    from harvester.office.models import Person

    exists = _exists()
    interactive = sys.stdin.isatty() and not as_json
    if not exists and not (name or "").strip():
        if not interactive:
            raise Mistake("give the practice's name: harvester init --name …")
        name = typer.prompt("The practice's name", err=True)
        tin = tin or _asked("Tax id (Enter: none)", _tin)
        npi = npi or _asked("NPI (Enter: none)", _npi)
    if name is not None and len(name) > 200:
        raise Mistake("the practice's name has 200 letters at most")
    made = practice.init((name or "").strip(), tins=tuple(tin or ()), npis=tuple(npi or ()))
    if not Person.objects.exists() and person is None and interactive:
        person = typer.prompt("Your short name here, such as ana", err=True)
        person_name = person_name or typer.prompt("Your full name", err=True)
    if person is not None and not Person.objects.filter(username__iexact=person.strip()).exists():
        _new_person(person, person_name)
    people = list(Person.objects.order_by("username"))
    if as_json:
        _print_json(
            {
                "practice": made.name,
                "tins": made.tins,
                "npis": made.npis,
                "home": str(settings.HARVESTER_HOME),
                "keys": str(settings.HARVESTER_KEYS),
                "new": not exists,
                "people": [{"name": one.username, "full_name": one.called} for one in people],
            }
        )
        return
    out = screen.console()
    said = f"{made.name} is {'there already' if exists else 'set up'}: {settings.HARVESTER_HOME}"
    out.print(screen.text(said, "bold"), soft_wrap=True)
    out.print(screen.text(f"Its keys: {settings.HARVESTER_KEYS}; without them nothing of it opens."))
    out.print(screen.text("Back them up, and keep them apart from the database."))
    out.print(screen.text(f"People: {', '.join(one.username for one in people) or 'nobody yet'}"))


def _exists() -> bool:
    """Whether there is a practice; a folder without one stays untouched."""
    from django.conf import settings
    from django.db import DatabaseError

    from harvester.office.models import Practice

    if not os.environ.get("DATABASE_URL") and not Path(settings.HARVESTER_HOME, "practice.sqlite3").exists():
        return False
    with suppress(DatabaseError):
        return Practice.objects.exists()
    return False


def _asked(question: str, reader: Any) -> list[str]:
    said = typer.prompt(question, default="", show_default=False, err=True)
    return [reader(said)] if said else []


@account_app.command("add")
def account_add(
    portal: PortalName,
    user: UserName,
    owner: Annotated[str, typer.Option(metavar="PERSON", help="Whose account it is; nobody else's.")],
    owner_name: Annotated[
        str | None, typer.Option(help="The owner's full name, where the owner is new here.")
    ] = None,
    tin: Annotated[
        str | None, typer.Option(parser=_tin, metavar="TIN", help="Look up under this tax id.")
    ] = None,
    npi: Annotated[
        str | None, typer.Option(parser=_npi, metavar="NPI", help="Look up under this NPI.")
    ] = None,
    organisation: Annotated[str, typer.Option(help="Look up for this organisation.")] = "",
    consent_sweeps: Annotated[
        bool, typer.Option("--consent-sweeps", help="The owner lets the nightly sweep use it.")
    ] = False,
    from_stdin: FromStdin = False,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """Store a person's own account; the password is typed unseen."""
    _open()
    from harvester import report
    from harvester.office import accounts
    from harvester.office.codes import Seed
    from harvester.office.models import Person
    from harvester.visit.wire import Context

    known = {facts.id for facts in _portals().portals}
    if portal not in known:
        raise Mistake(
            f"no installed flow is for a portal {portal}; there are: {', '.join(sorted(known)) or 'none'}"
        )
    if owner_name is None or Person.objects.filter(username__iexact=owner.strip()).exists():
        person = _person(owner, "--owner")
    else:
        person = _new_person(owner, owner_name)
    _short(user, organisation)
    password, seed = _credentials(from_stdin)
    account = accounts.add(
        portal=portal,
        owner=person,
        user_name=user,
        password=password,
        seed=seed,
        context=Context(tin=tin or "", npi=npi or "", organisation=organisation),
        sweep_consent=_today(today) if consent_sweeps else None,
    )
    if as_json:
        _print_json(report.account_json(accounts.Listed(account, "ready")))
        return
    consent = "the nightly sweep uses it" if consent_sweeps else "only for the owner's own lookups"
    _say(f"{account.user_name} at {portal} is stored for {person.called}; {consent}.")
    if seed is not None and Seed.parse(seed).short:
        _say("Its authenticator seed is shorter than 112 bits: ask the portal for a longer one.")


def _short(*said: str) -> None:
    if any(len(one) > 150 for one in said):
        raise Mistake("a user name or an organisation has 150 letters at most")


@account_app.command("list")
def account_list(as_json: Json = False) -> None:
    """List accounts, their owners and their states."""
    _open()
    from harvester import report, screen
    from harvester.office import accounts

    found = list(accounts.listed())
    if as_json:
        _print_json({"accounts": [report.account_json(one) for one in found]})
        return
    listed = screen.table("Portal", "User name", "Owner", "Sweeps", "State")
    for one in found:
        agreed = one.account.sweep_consent
        style = "red" if one.holds else "green"
        listed.add_row(
            *map(screen.text, (one.account.portal, one.account.user_name, one.account.owner.called)),
            screen.text(f"since {agreed}" if agreed else "no"),
            screen.text(one.state, style),
        )
    _table_or(listed, "There are no accounts yet; add one with: harvester account add")


@account_app.command("hold")
def account_hold(
    portal: PortalName,
    user: UserName,
    by: By = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: Json = False,
) -> None:
    """Put an account on hold: nothing signs in with it until it is released."""
    _open()
    from harvester.office import accounts

    account = accounts.named(portal, user)
    accounts.hold(account, by=_person(by, "--by"), note=note)
    _account_done(account, f"{account.user_name} at {portal} is on hold.", as_json)


@account_app.command("release")
def account_release(
    portal: PortalName,
    user: UserName,
    by: By = None,
    note: Annotated[str, typer.Option(help="What was done.")] = "",
    as_json: Json = False,
) -> None:
    """Release an account after its owner has done what the portal wanted."""
    _open()
    from harvester.office import accounts

    account = accounts.named(portal, user)
    if len(note) > 200:
        raise Mistake("a note has 200 letters at most")
    number = accounts.release(account, by=_person(by, "--by"), note=note)
    said = "is released" if number else "was not on hold"
    _account_done(account, f"{account.user_name} at {portal} {said}.", as_json)


@account_app.command("password")
def account_password(
    portal: PortalName,
    user: UserName,
    by: Annotated[str, typer.Option(metavar="PERSON", help="You, the account's owner.")],
    from_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Store another password, after it was changed at the portal; ends a refused password's hold."""
    _open()
    from harvester.office import accounts

    account, person = accounts.named(portal, user), _person(by, "--by")
    if person.pk != account.owner_id:
        raise Mistake("only the account's owner enters its password")
    password, seed = _credentials(from_stdin)
    accounts.replace(account, by=person, password=password, seed=seed)
    _account_done(account, f"The password of {account.user_name} at {portal} is stored.", as_json)


def _account_done(account: Account, said: str, as_json: bool) -> None:
    from harvester import report
    from harvester.office import accounts

    if as_json:
        _print_json(
            report.account_json(next(one for one in accounts.listed() if one.account.pk == account.pk))
        )
    else:
        _say(said)


@worklist_app.command("import")
def worklist_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, as exported.")],
    payer: Annotated[str | None, typer.Option(help="The payer of rows that name none.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where rejected rows go; else beside FILE.")
    ] = None,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """Follow the claims or appointments of an export; rows that are known are brought up to date."""
    _open()
    from harvester import screen
    from harvester.exchange.worklists import read_worklist, write_rejects
    from harvester.office import worklist

    read = read_worklist(file, today=_today(today), payer=payer)
    place = rejects or file.with_name(f"{file.stem}.rejects.csv")
    if place.resolve() == file.resolve():
        raise Mistake("the rejected rows would overwrite the file itself; name another with --rejects")
    if read.rejected or rejects:
        write_rejects(read, place)
    done = worklist.import_items(read.items, source=file.name[:200], catalogue=_portals())
    searches = {
        search: sum(search in item.searches for item in read.items)
        for search in ("eligibility", "claim_number", "account")
    }
    unaskable = sum(not item.searches for item in read.items)
    if as_json:
        _print_json(
            {
                "file": file.name,
                "system": read.columns.system,
                "kind": read.kind,
                "added": done.added,
                "updated": done.updated,
                "unchanged": done.unchanged,
                "rejected": [{"line": row.line, "reason": row.reason} for row in read.rejected],
                "rejects_file": str(place) if read.rejected or rejects else None,
                "searches": searches | {"none": unaskable},
                "columns": read.columns.understood,
                "columns_not_understood": list(read.columns.not_understood),
                "payers_without_portal": dict(done.unmatched),
            }
        )
        return
    out = screen.console()
    out.print(
        screen.text(
            f"{len(read.items)} {read.kind}s in {file.name} ({read.columns.system}): {done.added} added, "
            f"{done.updated} updated, {done.unchanged} unchanged, {len(read.rejected)} rejected.",
            "bold",
        )
    )
    wording = {"eligibility": "eligibility", "claim_number": "claim by number", "account": "claim by account"}
    said = ", ".join(f"{wording[search]} {number}" for search, number in searches.items() if number)
    out.print(screen.text(f"Rows have what it takes to look up: {said or 'nothing'}."))
    if unaskable:
        missing = next(item for item in read.items if not item.searches)
        search = "eligibility" if missing.kind == "appointment" else "account"
        lacks = ", ".join(missing.missing_for(search))  # type: ignore[arg-type]
        out.print(
            screen.text(f"{unaskable} cannot be looked up at all; the first of them lacks {lacks}.", "yellow")
        )
    if read.columns.not_understood:
        names = ", ".join(f"“{name}”" for name in read.columns.not_understood)
        out.print(screen.text(f"Columns not understood and not imported: {names}.", "yellow"))
    for name, number in done.unmatched:
        out.print(screen.text(f"No installed flow knows the payer “{name}” ({number} rows).", "yellow"))
    for row in read.rejected[:10]:
        out.print(screen.text(f"  line {row.line}: {row.reason}", "red"))
    if read.rejected:
        more = f"{len(read.rejected) - 10} more, " if len(read.rejected) > 10 else ""
        out.print(screen.text(f"  {more}all of them in {place}"), soft_wrap=True)


@worklist_app.command("list")
def worklist_list(
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="Every item, not the first 40.")] = False,
    today: Today = None,
) -> None:
    """List what is followed, what is known of it, and why it is due or not."""
    _open()
    from harvester import report, screen

    now = _today(today)
    found = report.known_items(now)
    if as_json:
        _print_json({"day": now.isoformat(), "items": [one.json for one in found]})
        return
    listed = screen.table("Item", "About", "Payer", "Known", "Looked", "Due", right=("Item",))
    for one in found if every else found[:40]:
        listed.add_row(
            str(one.item),
            screen.text(one.about),
            screen.text(one.payer),
            screen.text(screen.status(one.status) or "nothing yet"),
            screen.text(one.age),
            screen.text(one.reason, "bold" if one.due else "dim"),
        )
    _table_or(listed, "Nothing is followed yet; start with: harvester worklist import FILE")
    if len(found) > 40 and not every:
        _say(f"… and {len(found) - 40} more: harvester worklist list --all")


@app.command()
def sweep(as_json: Json = False, today: Today = None) -> None:
    """Look up everything that is due, with everybody's own account; ends with 3 if something is left."""
    _open()
    from harvester import report, screen
    from harvester.office.sweep import sweep as swept

    now = _today(today)
    with _watched(as_json) as watch:
        morning = report.Morning(swept(today=now, progress=watch), now)
    if as_json:
        _print_json(morning.json)
    else:
        out = screen.console()
        screen.summary(out, morning)
        out.print()
        screen.stories(out, morning.stories, more=f"{_program()} snapshots diff")
    if any(stay.trouble == "StayEnded" and not stay.done for stay in morning.report.stays):
        _browser()
    if not morning.whole:
        raise typer.Exit(UNDONE)


Carrier = Annotated[str, typer.Option("--carrier", help="Payer id, or the carrier's name.")]
MemberId = Annotated[str, typer.Option("--member", metavar="ID", help="The member id on the card.")]
Last = Annotated[str, typer.Option("--last", help="The patient's last name.")]
First = Annotated[str, typer.Option("--first", help="The patient's first name.")]
Born = Annotated[date, typer.Option("--born", parser=_day, metavar="DAY", help="The patient's birth date.")]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="You; your own account is used.")]
Tin = Annotated[
    str | None, typer.Option("--tin", parser=_tin, metavar="TIN", help="The practice's tax id to ask as.")
]


@lookup_app.command("eligibility")
def lookup_eligibility(
    carrier: Carrier,
    member: MemberId,
    last: Last,
    first: First,
    born: Born,
    on: Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="Else today.")] = None,
    service: Annotated[
        str, typer.Option(metavar="TYPE", help="X12 service type; 30 is the whole plan.")
    ] = "30",
    tin: Tin = None,
    as_: As = None,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """Ask whether a patient is covered, and on what terms."""
    _open()
    from harvester.model.query import EligibilityQuery

    now = _today(today)
    with _understood():
        query = EligibilityQuery(
            carrier=_carrier(carrier),
            member=_member(member, last, first, born),
            service_date=on or now,
            service_type=service,
            tin=tin,
        )
    _look(query, as_, now, as_json)


@lookup_app.command("claim")
def lookup_claim(
    carrier: Carrier,
    member: MemberId,
    last: Last,
    first: First,
    born: Born,
    account: Annotated[str, typer.Option(metavar="NUMBER", help="The patient account number on the claim.")],
    from_: Annotated[date, typer.Option("--from", parser=_day, metavar="DAY", help="First day of service.")],
    to: Annotated[
        date | None, typer.Option("--to", parser=_day, metavar="DAY", help="Last day; else the first.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="The payer's claim number, where it is known.")] = None,
    billed: Annotated[
        Decimal | None, typer.Option(parser=_money, metavar="AMOUNT", help="The total charge.")
    ] = None,
    tin: Tin = None,
    as_: As = None,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """Ask where a claim stands."""
    _open()
    from harvester.model.query import ClaimQuery

    if to is not None and to < from_:
        raise Mistake("the last day of service is before the first")
    with _understood():
        query = ClaimQuery(
            carrier=_carrier(carrier),
            member=_member(member, last, first, born),
            claim_number=number,
            patient_account_number=account,
            service_from=from_,
            service_to=to or from_,
            billed=billed,
            tin=tin,
        )
    _look(query, as_, _today(today), as_json)


def _carrier(said: str) -> str:
    """Return the id of the carrier with that id, name or alias; raises ``Mistake``."""
    portals = _portals().portals
    for facts in portals:
        if (found := facts.carrier_named(said)) is not None:
            return found.id
    known = ", ".join(f"{one.name} ({one.id})" for facts in portals for one in facts.carriers)
    raise Mistake(f"no installed flow knows the carrier {said}; known: {known or 'none'}")


def _member(member: str, last: str, first: str, born: date) -> Member:
    from harvester.model.query import Member

    return Member(member_id=member, last_name=last, first_name=first, birth_date=born)


@contextmanager
def _understood() -> Iterator[None]:
    """Say in one sentence, and without the value, which option a query cannot take."""
    from pydantic import ValidationError

    options = {
        "member_id": "--member",
        "last_name": "--last",
        "first_name": "--first",
        "patient_account_number": "--account",
        "claim_number": "--number",
        "service_type": "--service",
    }
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][-1]) if first["loc"] else ""
        raise Mistake(f"{options.get(name, name)} cannot be used: {first['msg'].lower()}") from None


def _look(query: EligibilityQuery | ClaimQuery, person: str | None, today: date, as_json: bool) -> None:
    from harvester import report, screen
    from harvester.office import lookups, snapshots
    from harvester.office.changes import changes
    from harvester.office.sweep import lookup_now

    who = _person(person, "--as")
    with _watched(as_json) as watch:
        looked = lookup_now(query, who, today=today, progress=watch)
    row, snapshot = looked.lookup, looked.snapshot
    words, where = snapshots.words(row)
    before = snapshots.before(snapshot) if snapshot is not None else None
    changed = changes(snapshots.answer(before), looked.answer) if before is not None else ()
    if as_json:
        _print_json(
            {
                "lookup": row.pk,
                "about": report.about(row),
                "state": row.state,
                "outcome": row.outcome,
                "trouble": row.trouble,
                "words": words,
                "where": where,
                "reason": looked.reason,
                "seen_again": snapshot is not None and snapshot.lookup_id != row.pk,
                "snapshot": report.snapshot_json(snapshot, looked.answer) if snapshot is not None else None,
                "changes": [change.model_dump(mode="json") for change in changed],
            }
        )
    if snapshot is None:
        _browser_if(row.trouble)
        known = snapshots.last(lookups.subject(row.portal, query))
        last = f"; last known on {known.captured_at:%Y-%m-%d}: {screen.status(known.status)}" if known else ""
        said = f"; the portal says: “{words}”" if words else ""
        holds = _holds(row.account)
        raise Mistake(
            f"{report.about(row)} was not looked up: {looked.reason or row.outcome}{said}{holds}{last}"
        )
    if as_json:
        return
    out = screen.console()
    again = "the same as on" if snapshot.lookup_id != row.pk else "seen"
    out.print(
        screen.text(
            f"{report.about(row)}: {screen.status(snapshot.status)} — {again} "
            f"{snapshot.captured_at:%Y-%m-%d %H:%M} UTC (snapshot {snapshot.pk})",
            "bold",
        )
    )
    if looked.answer is not None:
        screen.answer(out, looked.answer)
    if changed and snapshot.lookup_id == row.pk and before is not None:
        out.print(screen.text("Changed since the last look:", "bold"))
        screen.sentences(out, changed, more=f"{_program()} snapshots diff {snapshot.pk}")


def _holds(account: Account) -> str:
    from harvester.office import accounts

    listed = next((one for one in accounts.listed() if one.account.pk == account.pk), None)
    return "".join(f"; {account.user_name}: {hold.todo}" for hold in (listed.holds if listed else ())[:1])


def _browser_if(trouble: str) -> None:
    if trouble == "StayEnded":
        _browser()


def _browser() -> None:
    """Say on stderr what to do where there is no browser, which is why stays end at once."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "harvester.visit.browser"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        _complain(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "No browser was found")


@snapshots_app.command("list")
def snapshots_list(
    item: Annotated[int | None, typer.Option(min=1, max=2**53, help="Of this item of the worklist.")] = None,
    status: Annotated[str | None, typer.Option(help="With this status, such as denied.")] = None,
    portal: Annotated[str | None, typer.Option(help="From this portal.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every one, not the newest 40.")] = False,
    as_json: Json = False,
) -> None:
    """List what was seen, the newest first."""
    _open()
    from django.db.models import Count

    from harvester import report, screen
    from harvester.office.models import Snapshot

    rows = Snapshot.objects.select_related("lookup").annotate(again=Count("sightings")).order_by("-pk")
    if item is not None:
        rows = rows.filter(item_id=item)
    if status is not None:
        rows = rows.filter(status=status.strip().casefold().replace(" ", "_"))
    if portal is not None:
        rows = rows.filter(portal=portal)
    total = rows.count()
    shown = rows if every or as_json else rows[:40]
    if as_json:
        _print_json({"snapshots": [report.snapshot_line(one) for one in shown]})
        return
    listed = screen.table(
        "ID",
        "Seen (UTC)",
        "About",
        "Status",
        "Billed",
        "Paid",
        "Again",
        "Item",
        right=("ID", "Billed", "Paid", "Again", "Item"),
    )
    for one in shown:
        listed.add_row(
            str(one.pk),
            f"{one.captured_at:%Y-%m-%d %H:%M}",
            screen.text(report.about(one.lookup)),
            screen.text(screen.status(one.status)),
            *("" if amount is None else f"{amount:,.2f}" for amount in (one.billed, one.paid)),
            str(one.again or ""),
            str(one.item_id or ""),
        )
    _table_or(listed, "There is no such snapshot." if total == 0 else "")
    if total > 40 and not every:
        _say(f"… and {total - 40} older: {_program()} snapshots list --all")


@snapshots_app.command("show")
def snapshots_show(number: Id, as_json: Json = False) -> None:
    """Show one snapshot whole; with --json every value with its state, words and place."""
    _open()
    from harvester import report, screen
    from harvester.office import snapshots

    snapshot = _snapshot(number)
    answer = snapshots.answer(snapshot)
    if as_json:
        _print_json(report.snapshot_json(snapshot, answer))
        return
    out = screen.console()
    again = snapshot.sightings.count()
    as_of = f", data as of {snapshot.as_of}" if snapshot.as_of else ""
    seen = f", the same {again} time{'s' * (again > 1)} more" if again else ""
    out.print(screen.text(f"Snapshot {snapshot.pk}: {report.about(snapshot.lookup)}", "bold"))
    out.print(
        screen.text(
            f"seen at {snapshot.portal} on {snapshot.captured_at:%Y-%m-%d %H:%M} UTC{as_of}{seen}", "dim"
        )
    )
    if answer is None:
        said, _ = snapshots.words(snapshot.lookup)
        out.print(screen.text(f"{screen.status(snapshot.status)}{f': “{said}”' if said else ''}", "yellow"))
        return
    screen.answer(out, answer)


@snapshots_app.command("diff")
def snapshots_diff(first: MaybeId = None, second: MaybeId = None, as_json: Json = False) -> None:
    """Say what changed: between two snapshots, since the one before ID, or in the last sweep."""
    _open()
    from harvester import report, screen
    from harvester.office import snapshots
    from harvester.office.changes import changes

    if first is None:
        stories = report.last_sweep()
        if as_json:
            _print_json({"stories": [story.json for story in stories]})
            return
        screen.stories(screen.console(), stories)
        return
    after = _snapshot(first if second is None else second)
    before = snapshots.before(after) if second is None else _snapshot(first)
    if before is None:
        raise Mistake(f"snapshot {first} is the first of its kind: there is nothing to compare it with")
    if before.subject != after.subject:
        raise Mistake(f"snapshots {before.pk} and {after.pk} are about different things")
    found = changes(snapshots.answer(before), snapshots.answer(after))
    if as_json:
        _print_json(
            {
                "about": report.about(after.lookup),
                "before": before.pk,
                "after": after.pk,
                "changes": [change.model_dump(mode="json") for change in found],
            }
        )
        return
    out = screen.console()
    out.print(
        screen.text(
            f"{report.about(after.lookup)}: snapshot {before.pk} ({before.captured_at:%Y-%m-%d %H:%M}) → "
            f"{after.pk} ({after.captured_at:%Y-%m-%d %H:%M})",
            "bold",
        )
    )
    screen.sentences(out, found)


def _snapshot(number: int) -> Snapshot:
    from harvester.office.models import Snapshot

    found = Snapshot.objects.select_related("lookup").filter(pk=number).first()
    if found is None:
        raise Mistake(f"there is no snapshot {number}; see: harvester snapshots list")
    return found


@app.command()
def portals(as_json: Json = False, today: Today = None) -> None:
    """List installed portals: what they offer, whether software may use them, and their rules."""
    from harvester.visit import client

    now = _today(today)
    found = client.catalogue()
    if as_json:
        _print_json(
            {
                "portals": [
                    facts.model_dump(mode="json") | {"objection": facts.policy.objection(now)}
                    for facts in found.portals
                ],
                "broken": [{"flow": name, "reason": reason} for name, reason in found.broken],
            }
        )
        return
    _django()
    from harvester import screen

    screen.portals(screen.console(), found, now)


@app.command()
def demo(
    keep: Annotated[Path, typer.Option(metavar="FOLDER", help="The demo practice's folder.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Sweep make-believe portals on two days, show what changed, and check every value."""
    from harvester import demo as make_believe

    for name in ("DATABASE_URL", "HARVESTER_KEYS"):
        os.environ.pop(name, None)
    os.environ[HOME] = str(keep)
    shown = make_believe.show(keep, program=_program(), prepare=_prepared, catalogue=_portals, stderr=as_json)
    if as_json:
        _print_json(shown.json)
    if not shown:
        raise typer.Exit(1)


def _prepared() -> None:
    _django()
    _log_to(Path(os.environ[HOME]) / "harvester.log")


# What is said, and how things end ---------------------------------------------------------------


def _say(sentence: str) -> None:
    from harvester import screen

    screen.console().print(screen.text(sentence), soft_wrap=True)


def _table_or(listed: Any, nothing: str) -> None:
    from harvester import screen

    out = screen.console()
    if listed.row_count:
        out.print(listed)
    elif nothing:
        out.print(screen.text(nothing), soft_wrap=True)


def _complain(sentence: str) -> None:
    """Print one sentence on stderr, on one line, without anything that a terminal would act on."""
    line = " ".join(sentence.split())
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    line = line[:1].upper() + line[1:]
    sys.stderr.write(line + ("" if line.endswith((".", "!", "?", "…")) else ".") + "\n")


def _program() -> str:
    """Return how this program was started, for sentences that say what to type next."""
    program = Path(sys.argv[0])
    if program.parent == Path() or program.name != "harvester":
        return "harvester"
    with suppress(ValueError):
        program = program.resolve().relative_to(Path.cwd())
    return str(program)


def _expected(error: BaseException) -> str | None:
    """Return the sentence of an error that can be expected, ``None`` for a defect."""
    if isinstance(error, Mistake):
        return str(error)
    if isinstance(error, typer.TyperException):
        told = getattr(error, "format_message", None)
        return str(told()) if told else str(error)
    for module, names in EXPECTED.items():
        # An error can only be of a class whose module is there already.
        kinds = tuple(getattr(sys.modules[module], name) for name in names) if module in sys.modules else ()
        if isinstance(error, kinds):
            return str(error)
    if "django" in sys.modules:
        from django.core.exceptions import ImproperlyConfigured
        from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError

        if isinstance(error, ImproperlyConfigured):
            return "the settings are not usable: is DATABASE_URL right?"
        if isinstance(error, DatabaseError | InterfaceError):
            return _of_database(str(error), isinstance(error, OperationalError | ProgrammingError))
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower()}"
    return None


def _of_database(said: str, usual: bool) -> str | None:
    """Return what a database's own message means; never the message, which may hold values."""
    said = said.casefold()
    for words, sentence in (
        ("locked", "the database is in use by another process; try again in a moment"),
        ("no such table", "the database is not set up; run: harvester init"),
        ("no such column", "the database is not set up for this version; run: harvester init"),
        ("does not exist", "the database is not set up for this version; run: harvester init"),
        ("readonly", "the database may not be written to; who owns its file?"),
        ("not a database", "the database file is damaged or something else; restore it from its backup"),
        ("malformed", "the database file is damaged; restore it from its backup"),
        ("full", "the disk is full"),
    ):
        if words in said:
            return sentence
    return "the database cannot be reached or opened; is DATABASE_URL right?" if usual else None


def _defect(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}harvester{os.sep}" in frame.filename] or frames
    at = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "no line"
    return (
        f"this is a defect of harvester and not of what you did: {type(error).__name__} at {at}; "
        f"{TRACEBACK}=1 shows more"
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
        _END.close()
    if code == STOPPED:
        _complain("Stopped")
    return code


def _ended_by(error: Exception) -> int:
    """Say what went wrong; return the exit code."""
    sentence = _expected(error)
    if sentence == "":  # the help was asked for, or is all there is to say
        return 0
    if sentence is None and os.environ.get(TRACEBACK) == "1":
        traceback.print_exception(error)
    _complain(sentence or _defect(error))
    return 1 if sentence else DEFECT


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> NoReturn:
    """Run as ``harvester``; when told to end, stays sign out first."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))
