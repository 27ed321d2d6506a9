"""The worklist: what is followed, and why it is due or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli import options, screen
from harvester.cli.opening import opened, program
from harvester.cli.options import Every, Json, Mistake, Today

if TYPE_CHECKING:
    from harvester.model.work import WorkItem

worklist = typer.Typer(no_args_is_help=True, help="The claims and appointments that are followed.")


@worklist.command("import")
def worklist_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, as exported.")],
    payer: Annotated[str | None, typer.Option(help="The payer of rows that name none.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where rejected rows go; else beside FILE.")
    ] = None,
    as_json: Json = False,
    today: Today = options.NOW,
) -> None:
    """Follow the claims or appointments of an export; rows that are known are brought up to date."""
    opened()
    from harvester.exchange.worklists import read_worklist, write_rejects
    from harvester.office import worklist as kept
    from harvester.visit import client

    place = rejects or file.with_name(f"{file.stem}.rejects.csv")
    if place.resolve() == file.resolve():
        raise Mistake("the rejected rows would overwrite the file itself; name another with --rejects")
    read = read_worklist(file, today=today, payer=payer)
    if read.rejected or rejects:
        write_rejects(read, place)
    done = kept.import_items(read.items, source=file.name[:200], catalogue=client.catalogue())
    searches = ("eligibility", "claim_number", "account")
    told: dict[str, Any] = {
        "file": file.name,
        "system": read.columns.system,
        "kind": read.kind,
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "rejected": [{"line": row.line, "reason": row.reason} for row in read.rejected],
        "rejects_file": place if read.rejected or rejects else None,
        "searches": {one: sum(one in item.searches for item in read.items) for one in searches},
        "columns": read.columns.understood,
        "columns_not_understood": read.columns.not_understood,
        "payers_without_portal": dict(done.unmatched),
    }
    unaskable = [item for item in read.items if not item.searches]
    told["searches"]["none"] = len(unaskable)
    if as_json:
        screen.print_json(told)
    else:
        screen.say(f"{len(read.items)} {read.kind}s in {file.name} ({read.columns.system}):", "bold")
        _print_import(told, _missing(unaskable[0]) if unaskable else "")


def _print_import(told: dict[str, Any], lacking: str) -> None:
    """Print what an import did; ``lacking`` is what the first row that cannot be looked up lacks."""
    counts = ", ".join(f"{told[key]} {key}" for key in ("added", "updated", "unchanged"))
    rejected = told["rejected"]
    screen.say(f"{counts}, {len(rejected)} rejected.", "bold", by=2)
    words = {"eligibility": "eligibility", "claim_number": "claim by number", "account": "claim by account"}
    said = ", ".join(f"{words[one]} {told['searches'][one]}" for one in words if told["searches"][one])
    screen.say(f"Rows have what it takes to look up: {said or 'nothing'}.")
    if lacking:
        none = told["searches"]["none"]
        screen.say(f"{none} cannot be looked up at all; the first of them lacks {lacking}.", "yellow")
    if told["columns_not_understood"]:
        names = ", ".join(f"“{name}”" for name in told["columns_not_understood"])
        screen.say(f"Columns not understood and not imported: {names}.", "yellow")
    for name, number in told["payers_without_portal"].items():
        screen.say(f"No installed flow knows the payer “{name}” ({number} rows).", "yellow")
    for row in rejected[:10]:
        screen.say(f"line {row['line']}: {row['reason']}", "red", by=2)
    if rejected:
        screen.say(f"All rejected rows are in {told['rejects_file']}")


@worklist.command("list")
def worklist_list(as_json: Json = False, every: Every = False, today: Today = options.NOW) -> None:
    """List what is followed, what is known of it, and why it is due or not."""
    opened()
    from harvester.cli.report import status
    from harvester.office import audit
    from harvester.office.models import AuditRow

    found = list(_known(today))
    audit.looked(AuditRow.Action.SEARCHED, count=len(found))
    if as_json:
        screen.print_json({"day": today, "items": found})
        return
    screen.print_rows(
        screen.table("Item", "About", "Payer", "Known", "Looked", "Due", right=("Item",)),
        found,
        lambda one: (
            *(one["item"], one["about"], one["payer"], status(one["status"]) or "nothing yet", one["age"]),
            screen.text(one["reason"], "bold" if one["due"] else "dim"),
        ),
        none="Nothing is followed yet; start with: harvester worklist import FILE",
        every="" if every else f"{program()} worklist list --all",
    )


def _known(today: date) -> Iterator[dict[str, Any]]:
    """Yield the open items in the order of their import: what the last look told, whether one is due."""
    from harvester.cli.report import about_item
    from harvester.office import plan, sweep
    from harvester.office import worklist as kept
    from harvester.office.models import Lookup

    items = {one.row.pk: one for one in kept.listed()}
    last = {one.item: one for one in sweep.followed({pk: one.row for pk, one in items.items()})}
    due = {one.item: one.reason for one in plan.due(last.values(), today)}
    waiting = Lookup.objects.filter(state=Lookup.State.WAITING, item__in=list(items))
    waits = dict(waiting.values_list("item", "account__user_name"))
    for pk, one in items.items():
        missing = _missing(one.work)
        if pk in waits:
            reason = f"waits for {waits[pk]}"
        elif not one.row.portal:
            reason = "no installed flow knows the payer"
        elif missing:
            reason = f"lacks {missing}"
        else:
            reason = due.get(pk) or plan.why_not(last[pk], today)
        yield {
            "item": pk,
            "kind": one.work.kind,
            "about": about_item(one.work),
            "payer": one.work.payer,
            "portal": one.row.portal,
            "status": last[pk].status,
            "looked": last[pk].looked,
            "age": _age(last[pk].looked, today),
            "due": pk in waits or (pk in due and bool(one.row.portal) and not missing),
            "reason": reason,
        }


def _missing(work: WorkItem) -> str:
    return ", ".join(work.missing_for("eligibility" if work.kind == "appointment" else "account"))


def _age(looked: date | None, today: date) -> str:
    if looked is None:
        return "never"
    days = (today - looked).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago" if days > 0 else str(looked))
