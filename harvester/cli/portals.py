"""The portals there are, whether software may use them, and what the practice records of their terms."""

from __future__ import annotations

from collections import defaultdict
from datetime import time
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli import options, screen
from harvester.cli.opening import django, installed, opened, person
from harvester.cli.options import By, Json, PortalName, Today

if TYPE_CHECKING:
    from datetime import date

    from rich.table import Table

    from harvester.model.portal import PortalFacts
    from harvester.office.models import PortalTerms
    from harvester.office.policy import Recorded

portals = typer.Typer(
    invoke_without_command=True, help="What is installed, whether software may use it, and its rules."
)


@portals.callback()
def portals_list(context: typer.Context, as_json: Json = False, today: Today = options.NOW) -> None:
    """List installed portals: what they offer, whether software may use them, and their rules."""
    if context.invoked_subcommand is not None:
        return
    from harvester.visit import client

    found = client.catalogue()
    recorded, accounts = _recorded(found.portals), _accounts()
    if as_json:
        listed = [
            _plain(facts, recorded[facts.id], today) | {"accounts": accounts[facts.id]}
            for facts in found.portals
        ]
        broken = [{"flow": name, "reason": reason} for name, reason in found.broken]
        screen.print_json({"portals": listed, "broken": broken})
        return
    out = screen.console()
    for facts in found.portals:
        screen.say(f"{facts.id}  {facts.name}", "bold", out=out)
        out.print(screen.indented(_described(facts, recorded[facts.id], today, accounts[facts.id])))
    for name, reason in found.broken:
        screen.say(f"{name} is not usable: {reason}", "red", out=out)
    if not (found.portals or found.broken):
        screen.say("No flow is installed.", out=out)


@portals.command("register")
def portals_register(
    portal: PortalName,
    number: Annotated[
        str,
        typer.Argument(
            metavar="ID", parser=options.text(200), help="The registration's number at the portal."
        ),
    ],
    by: By = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Record that the practice registered this software with a portal that wants that."""
    opened()
    from harvester.office import policy

    facts = installed(portal)
    policy.register(facts, number, by=person(by, "--by"))
    _done(facts, as_json, today, f"{facts.name}: registered as {number}.")


@portals.command("attest")
def portals_attest(
    portal: PortalName,
    source: Annotated[
        str, typer.Option(parser=options.text(200), help="Where its terms say so, read by you today.")
    ],
    by: By = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Record that you read a portal's terms and that they allow software; believed for 180 days."""
    opened()
    from harvester.office import policy

    facts = installed(portal)
    policy.attest(facts, source, by=person(by, "--by"))
    _done(facts, as_json, today, f"{facts.name}: attested.")


@portals.command("nightly")
def portals_nightly(
    portal: PortalName,
    at: Annotated[
        time, typer.Argument(parser=options.time_of_day, metavar="HH:MM", help="In the portal's time zone.")
    ],
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Set when workers begin the nightly sweep of a portal; 20:00 unless you say otherwise."""
    opened()
    from harvester.office.models import PortalSetting

    facts = installed(portal)
    PortalSetting.objects.update_or_create(portal=facts.id, defaults={"sweep_at": at})
    _done(facts, as_json, today, f"{facts.name} is swept every night from {at:%H:%M} ({facts.rules.zone}).")


@portals.command("pause")
def portals_pause(
    portal: PortalName,
    reason: Annotated[str, typer.Option(parser=options.text(200), help="Why.")],
    by: By = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Let nobody sign in at a portal until it is resumed; stays that are there end after their lookup."""
    opened()
    from harvester.office import pauses

    facts = installed(portal)
    pauses.pause(facts.id, reason, by=person(by, "--by"))
    _done(facts, as_json, today, f"{facts.name} is paused.")


@portals.command("resume")
def portals_resume(
    portal: PortalName,
    note: Annotated[str, typer.Option(parser=options.text(200), help="What was found out.")] = "",
    by: By = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Let accounts sign in at a portal again."""
    opened()
    from harvester.office import pauses

    facts = installed(portal)
    pauses.resume(facts.id, by=person(by, "--by"), note=note)
    _done(facts, as_json, today, f"{facts.name} is asked again.")


@portals.command("forbid")
def portals_forbid(
    portal: PortalName,
    source: Annotated[
        str, typer.Option(parser=options.text(200), help="Where its terms say so, and when you read it.")
    ],
    by: By = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Record that a portal's terms forbid software: nothing runs there again. It cannot be undone."""
    opened()
    from harvester.office import policy

    facts = installed(portal)
    policy.forbid(facts, source, by=person(by, "--by"))
    _done(facts, as_json, today, f"{facts.name} is not asked any more.")


def _done(facts: PortalFacts, as_json: bool, today: date, said: str) -> None:
    """Print the portal as it is now, or what was done."""
    from harvester.office import policy

    recorded = policy.recorded(facts.id)
    if as_json:
        screen.print_json(_plain(facts, recorded, today))
        return
    screen.say(said)
    if objection := _objection(facts, recorded, today):
        screen.say(f"It does not run: {objection}.")


def _recorded(portals: tuple[PortalFacts, ...]) -> dict[str, Recorded]:
    """Return what the practice recorded of these portals; nothing where there is no practice yet."""
    django()
    from harvester.office import policy, practice

    if not practice.exists():
        return {facts.id: policy.Recorded() for facts in portals}
    opened()
    return {facts.id: policy.recorded(facts.id) for facts in portals}


def _accounts() -> defaultdict[str, list[str]]:
    """Return who has an account at which portal and in what state; nothing where there is no practice."""
    from harvester.office import accounts, practice

    found = defaultdict[str, list[str]](list)
    for one in accounts.listed() if practice.exists() else ():
        said = f"{one.account.owner.called} ({one.account.user_name}), {one.brief}"
        found[one.account.portal].append(said)
    return found


def _plain(facts: PortalFacts, recorded: Recorded, today: date) -> dict[str, object]:
    return vars(facts) | {
        "registered": _row(recorded.registered),
        "attested": _row(recorded.attested),
        "forbidden": _row(recorded.forbidden),
        "objection": _objection(facts, recorded, today),
    }


def _objection(facts: PortalFacts, recorded: Recorded, today: date) -> str | None:
    """Return why nobody signs in there today unattended; of pauses only where there is a practice."""
    from harvester.office import pauses, practice

    if (said := recorded.objection(facts, today)) or not practice.exists():
        return said
    if (pause := pauses.paused(facts.id)) is None:
        return None
    return f"paused: {pause.words} ({pause.by.called if pause.by else 'by itself'}, {pause.at.date()})"


def _row(terms: PortalTerms | None) -> dict[str, object] | None:
    return {"words": terms.words, "by": terms.by.username, "at": terms.at} if terms else None


def _described(facts: PortalFacts, recorded: Recorded, today: date, accounts: list[str]) -> Table:
    policy, rules, objection = facts.policy, facts.rules, _objection(facts, recorded, today)
    source = f" ({policy.source}, read on {policy.checked})" if policy.checked else ""
    limits = [
        f"locks after {rules.lockout.after} refused passwords",
        f"signs out after {rules.idle.total_seconds() / 60:.0f} idle minutes",
        f"second factor: {', '.join(rules.mfa) or 'none'}",
    ]
    limits += [
        said
        for said in (
            f"{rules.pace.total_seconds():.0f} s between lookups" if rules.pace else "",
            f"{rules.an_hour} lookups an hour" if rules.an_hour else "",
            f"{rules.a_day} lookups a day" if rules.a_day else "",
            *(f"{kind} of {longest.days} days at most" for kind, longest in rules.longest_search.items()),
            f"{rules.at_once} signed in at once",
            f"password lives {rules.password_days} days" if rules.password_days else "",
        )
        if said
    ]
    listed = screen.grid("left", "fold")
    for label, said, style in (
        ("carriers", ", ".join(f"{one.name} ({one.id})" for one in facts.carriers), ""),
        ("offers", ", ".join(facts.offers) or "nothing", ""),
        ("policy", f"{screen.spaced(policy.automation)}{source}", ""),
        ("registered", _told(recorded.registered), ""),
        ("attested", _told(recorded.attested), ""),
        ("forbidden", _told(recorded.forbidden), ""),
        ("", f"does not run: {objection}" if objection else "runs", "red" if objection else "green"),
        ("rules", "; ".join(limits), ""),
        ("address", facts.url, ""),
        ("call", "; ".join(line.sentence for line in facts.lines), ""),
        ("accounts", "; ".join(accounts), ""),
    ):
        if said:
            listed.add_row(screen.text(label, "dim"), screen.text(said, style))
    return listed


def _told(terms: PortalTerms | None) -> str:
    return f"{terms.words} (by {terms.by.called}, {terms.at.date()})" if terms else ""
