"""One lookup, now, for a person who waits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli import options, screen
from harvester.cli.opening import opened, person, program
from harvester.cli.options import Json, Mistake, Tin, Today

if TYPE_CHECKING:
    from harvester.model.query import Query
    from harvester.office.models import Account

lookup = typer.Typer(no_args_is_help=True, help="Look one thing up now, with your own account.")

Carrier = Annotated[str, typer.Option("--carrier", help="Payer id, or the carrier's name.")]
MemberId = Annotated[str, typer.Option("--member", metavar="ID", help="The member id on the card.")]
Last = Annotated[str, typer.Option("--last", help="The patient's last name.")]
First = Annotated[str, typer.Option("--first", help="The patient's first name.")]
Born = Annotated[
    date, typer.Option("--born", parser=options.day, metavar="DAY", help="The patient's birth date.")
]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="You; your own account is used.")]

Again = Annotated[bool, typer.Option("--again", help="Ask the portal although it answered today already.")]

OPTIONS = {
    "member_id": "--member",
    "last_name": "--last",
    "first_name": "--first",
    "patient_account_number": "--account",
    "claim_number": "--number",
    "service_type": "--service",
    "number": "--number",
    "payment_number": "--number",
}
"""The option that gives a field of a query."""


@lookup.command("eligibility")
def lookup_eligibility(
    carrier: Carrier,
    member: MemberId,
    last: Last,
    first: First,
    born: Born,
    on: Annotated[date | None, typer.Option(parser=options.day, metavar="DAY", help="Else today.")] = None,
    service: Annotated[
        str, typer.Option(metavar="TYPE", help="X12 service type; 30 is the whole plan.")
    ] = "30",
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Ask whether a patient is covered, and on what terms."""
    asked = {"kind": "eligibility", "service_date": on or today, "service_type": service, "tin": tin}
    _look(asked | _whom(carrier, member, last, first, born), as_, again, today, as_json)


@lookup.command("claim")
def lookup_claim(
    carrier: Carrier,
    member: MemberId,
    last: Last,
    first: First,
    born: Born,
    account: Annotated[str, typer.Option(metavar="NUMBER", help="The patient account number on the claim.")],
    from_: Annotated[
        date, typer.Option("--from", parser=options.day, metavar="DAY", help="First day of service.")
    ],
    to: Annotated[
        date | None, typer.Option("--to", parser=options.day, metavar="DAY", help="Last day; else the first.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="The payer's claim number, where it is known.")] = None,
    billed: Annotated[
        Decimal | None, typer.Option(parser=options.money, metavar="AMOUNT", help="The total charge.")
    ] = None,
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Ask where a claim stands."""
    if to is not None and to < from_:
        raise Mistake("the last day of service is before the first")
    asked = {
        "kind": "claim",
        "claim_number": number,
        "patient_account_number": account,
        "service_from": from_,
        "service_to": to or from_,
        "billed": billed,
        "tin": tin,
    }
    _look(asked | _whom(carrier, member, last, first, born), as_, again, today, as_json)


@lookup.command("payments")
def lookup_payments(
    carrier: Carrier,
    from_: Annotated[
        date | None,
        typer.Option(
            "--from", parser=options.day, metavar="DAY", help="Issued from; else the month's first."
        ),
    ] = None,
    to: Annotated[
        date | None, typer.Option("--to", parser=options.day, metavar="DAY", help="Issued until; else today.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="This check or EFT alone.")] = None,
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Ask which checks and transfers were issued, and what each of them paid."""
    last = to or today
    first = from_ or last.replace(day=1)
    if last < first:
        raise Mistake("the last day of issue is before the first")
    asked = {"kind": "payments", "issued_from": first, "issued_to": last, "number": number, "tin": tin}
    _look(asked | {"carrier": carrier}, as_, again, today, as_json)


@lookup.command("overpayments")
def lookup_overpayments(
    carrier: Carrier,
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Ask what a payer wants back, and how much of it it has."""
    _look({"kind": "overpayments", "carrier": carrier, "tin": tin}, as_, again, today, as_json)


@lookup.command("authorizations")
def lookup_authorizations(
    carrier: Carrier,
    member: MemberId,
    last: Last,
    first: First,
    born: Born,
    on: Annotated[date | None, typer.Option(parser=options.day, metavar="DAY", help="Else today.")] = None,
    number: Annotated[str | None, typer.Option(help="This authorization alone.")] = None,
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Ask what is authorized for a patient, and how much of it is left."""
    asked = {"kind": "authorizations", "service_date": on or today, "number": number, "tin": tin}
    _look(asked | _whom(carrier, member, last, first, born), as_, again, today, as_json)


@lookup.command("remittance")
def lookup_remittance(
    carrier: Carrier,
    number: Annotated[str, typer.Option(help="The check or EFT number of a payment that was looked up.")],
    tin: Tin = None,
    as_: As = None,
    again: Again = False,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Fetch the 835 or PDF of a payment; it is kept sealed, and `snapshots save-file` writes it."""
    opened()
    from harvester.office import standing

    payer = _carrier(carrier)
    asked = standing.payment(payer, number, tin)
    if asked is None:
        known = f"{program()} lookup payments --carrier {payer} --number {number}"
        raise Mistake(
            f"no payment {number} of {payer} was looked up yet; its day and amount are needed: {known}"
        )
    _look(asked.model_dump(), as_, again, today, as_json)


def _whom(carrier: str, member: str, last: str, first: str, born: date) -> dict[str, object]:
    whose = {"member_id": member, "last_name": last, "first_name": first, "birth_date": born}
    return {"carrier": carrier, "member": whose}


def _query(asked: dict[str, object]) -> Query:
    """Return what is asked; raises ``Mistake`` that names the option, and not the value."""
    from pydantic import TypeAdapter, ValidationError

    from harvester.model.query import Query

    payer = _carrier(str(asked["carrier"]))
    adapter: TypeAdapter[Query] = TypeAdapter(Query)
    try:
        return adapter.validate_python(asked | {"carrier": payer})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        option = OPTIONS.get(str(first["loc"][-1]), str(first["loc"][-1]))
        raise Mistake(f"{option} cannot be used: {first['msg'].lower()}") from None


def _carrier(name: str) -> str:
    """Return the payer id of a carrier by id or name; raises ``Mistake`` where no flow knows it."""
    from harvester.visit import client

    portals = client.catalogue().portals
    found = [one for facts in portals if (one := facts.carrier_named(name)) is not None]
    if not found:
        known = ", ".join(f"{one.name} ({one.id})" for facts in portals for one in facts.carriers)
        raise Mistake(f"no installed flow knows the carrier {name}; known: {known or 'none'}")
    return found[0].id


def _look(asked: dict[str, object], name: str | None, again: bool, today: date, as_json: bool) -> None:
    opened()
    from harvester.cli import report
    from harvester.cli.answers import print_answer
    from harvester.cli.sweep import print_changes
    from harvester.cli.watch import Watch
    from harvester.office import snapshots
    from harvester.office.changes import changes
    from harvester.office.sweep import lookup_now

    query, who = _query(asked), person(name, "--as")
    with Watch(screen.console(stderr=True), quiet=as_json) as watch:
        looked = lookup_now(query, who, today=today, told=watch, watcher=watch.watcher([who]), again=again)
    row, found = looked.lookup, looked.snapshot
    about, (words, where) = report.about(row), snapshots.words(row)
    before = snapshots.before(found) if found is not None else None
    changed = changes(snapshots.answer(before), looked.answer) if before is not None else ()
    same = found is not None and found.lookup_id != row.pk
    if as_json:
        kept = report.snapshot(found) | {"answer": looked.answer} if found is not None else None
        ended: dict[str, Any] = {"state": row.state, "outcome": row.outcome, "trouble": row.trouble}
        said = {"words": words, "where": where, "reason": looked.reason}
        rest = {"seen_again": same, "earlier": looked.earlier, "snapshot": kept, "changes": changed}
        screen.print_json({"lookup": row.pk, "about": about, **ended, **said, **rest})
    if found is None:
        said_there = f"; the portal says: “{words}”" if words and row.trouble != "StayEnded" else ""
        last = snapshots.last(row.subject)
        known = f"; last known on {last.captured_at:%Y-%m-%d}: {report.status(last.status)}" if last else ""
        why = f"{looked.reason or row.outcome}{said_there}{_holds(row.account)}{known}"
        raise Mistake(f"{about} was not looked up: {why}")
    if as_json:
        return
    out = screen.console()
    seen = f"{'the same as on' if same else 'seen'} {found.captured_at:%Y-%m-%d %H:%M} UTC"
    screen.say(f"{about}: {report.status(found.status)} — {seen} (snapshot {found.pk})", "bold", out=out)
    if looked.earlier:
        asked_at = f"{row.done_at:%H:%M} UTC" if row.done_at else "today"
        screen.say(
            f"It was asked at {asked_at} today; to ask the portal once more: --again", "yellow", out=out
        )
    if looked.answer is not None:
        print_answer(out, looked.answer)
    if row.kind == "remittance_file":
        screen.say(f"To write it: {program()} snapshots save-file {found.pk} PATH", "dim", by=2, out=out)
    if changed and not same:
        screen.say("Changed since the last look:", "bold", out=out)
        print_changes(out, changed, more=f"{program()} snapshots diff {found.pk}")


def _holds(account: Account) -> str:
    """Return what the account is on hold for."""
    from harvester.office import accounts

    holds = [hold for one in accounts.listed() if one.account.pk == account.pk for hold in one.holds]
    return "".join(f"; {account.user_name}: {hold.sentence.rstrip('.')}" for hold in holds[:1])
