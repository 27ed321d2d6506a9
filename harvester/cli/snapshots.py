"""What portals answered, and what changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli import screen
from harvester.cli.opening import opened, program
from harvester.cli.options import Every, Json, Mistake

if TYPE_CHECKING:
    from harvester.office.models import Snapshot

snapshots = typer.Typer(no_args_is_help=True, help="What portals answered, and what changed.")

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**53, help="As `snapshots list` numbers them.")]
MaybeId = Annotated[int | None, typer.Argument(metavar="[ID]", min=1, max=2**53, show_default=False)]


@snapshots.command("list")
def snapshots_list(
    item: Annotated[int | None, typer.Option(min=1, max=2**53, help="Of this item of the worklist.")] = None,
    status: Annotated[str | None, typer.Option(help="With this status, such as denied.")] = None,
    portal: Annotated[str | None, typer.Option(help="From this portal.")] = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """List what was seen, the newest first."""
    opened()
    from django.db.models import Count

    from harvester.cli import report
    from harvester.office import audit
    from harvester.office.models import AuditRow, Snapshot

    asked = {
        "item": item,
        "status": status and status.strip().casefold().replace(" ", "_"),
        "portal": portal,
    }
    rows = Snapshot.objects.filter(**{name: said for name, said in asked.items() if said is not None})
    rows = rows.select_related("lookup").defer("sealed_answer").annotate(again=Count("sightings"))
    found = list(rows.order_by("-pk"))
    audit.looked(AuditRow.Action.SEARCHED, portal=portal or "", count=len(found))
    if as_json:
        screen.print_json({"snapshots": [report.snapshot(one) for one in found]})
        return
    numbers = ("ID", "Billed", "Paid", "Again", "Item")
    screen.print_rows(
        screen.table("ID", "Seen (UTC)", "About", "Status", "Billed", "Paid", "Again", "Item", right=numbers),
        found,
        lambda one: (
            *(
                one.pk,
                f"{one.captured_at:%Y-%m-%d %H:%M}",
                report.about(one.lookup),
                report.status(one.status),
            ),
            *("" if amount is None else f"{amount:,.2f}" for amount in (one.billed, one.paid)),
            *(one.again or "", one.item_id or ""),
        ),
        none="There is no such snapshot.",
        every="" if every else f"{program()} snapshots list --all",
    )


@snapshots.command("show")
def snapshots_show(number: Id, as_json: Json = False) -> None:
    """Show one snapshot whole; with --json every value with its state, words and place."""
    opened()
    from harvester.cli import report
    from harvester.cli.answers import print_answer
    from harvester.office import snapshots as kept

    snapshot = _viewed(number)
    answer = kept.answer(snapshot)
    if as_json:
        screen.print_json(report.snapshot(snapshot) | {"answer": answer})
        return
    out = screen.console()
    again = snapshot.sightings.count()
    as_of = f", data as of {snapshot.as_of}" if snapshot.as_of else ""
    same = f", the same {again} time{'s' * (again > 1)} more" if again else ""
    screen.say(f"Snapshot {snapshot.pk}: {report.about(snapshot.lookup)}", "bold", out=out)
    seen = f"seen at {snapshot.portal} on {snapshot.captured_at:%Y-%m-%d %H:%M} UTC"
    screen.say(f"{seen}{as_of}{same}", "dim", out=out)
    if answer is None:
        words, _ = kept.words(snapshot.lookup)
        said = f": “{words}”" if words else ""
        screen.say(f"{report.status(snapshot.status)}{said}", "yellow", out=out)
    else:
        print_answer(out, answer)


@snapshots.command("diff")
def snapshots_diff(first: MaybeId = None, second: MaybeId = None, as_json: Json = False) -> None:
    """Say what changed: between two snapshots, since the one before ID, or in the last sweep."""
    opened()
    from harvester.cli import report
    from harvester.cli.sweep import last_sweep, print_changes, print_stories
    from harvester.office import snapshots as kept
    from harvester.office.changes import changes

    if first is None:
        stories = last_sweep()
        if as_json:
            screen.print_json({"stories": stories})
        else:
            print_stories(screen.console(), stories)
        return
    after = _viewed(second or first)
    before = _viewed(first) if second else kept.before(after)
    if before is None:
        raise Mistake(f"snapshot {first} is the first of its kind: there is nothing to compare it with")
    if before.subject != after.subject:
        raise Mistake(f"snapshots {before.pk} and {after.pk} are about different things")
    found, about = changes(kept.answer(before), kept.answer(after)), report.about(after.lookup)
    if as_json:
        screen.print_json({"about": about, "before": before.pk, "after": after.pk, "changes": found})
        return
    out = screen.console()
    was, now = (f"{one.pk} ({one.captured_at:%Y-%m-%d %H:%M})" for one in (before, after))
    screen.say(f"{about}: snapshot {was} → {now}", "bold", out=out)
    print_changes(out, found)


@snapshots.command("save-file")
def snapshots_save_file(
    number: Id,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Where to; nothing is overwritten.")],
    as_json: Json = False,
) -> None:
    """Write the file of a payment, as the portal gave it, for a person to open."""
    opened()
    from harvester.model.remittance import RemittanceFile
    from harvester.office import audit, wording
    from harvester.office import snapshots as kept
    from harvester.office.models import AuditRow

    snapshot = _snapshot(number)
    answer = kept.answer(snapshot)
    if not isinstance(answer, RemittanceFile):
        raise Mistake(f"snapshot {number} is not of a file; `lookup remittance` fetches one")
    audit.looked(AuditRow.Action.EXPORTED, snapshot, portal=snapshot.portal, count=1)
    content = kept.content(snapshot)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Mistake(f"{path} is there already, and nothing is overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    if as_json:
        said = {"type": answer.type, "size": answer.file.size, "sha256": answer.file.sha256}
        screen.print_json({"snapshot": snapshot.pk, "path": path, **said})
        return
    screen.say(f"{path}: the {wording.file_name(answer)}, {answer.file.size:,} bytes.", "bold")
    screen.say(f"It is as {snapshot.portal} gave it, and nobody has looked into it: open it with care.")


def _viewed(number: int) -> Snapshot:
    """Return a snapshot that is shown, which the audit knows by then."""
    from harvester.office import audit, lookups
    from harvester.office.models import AuditRow

    found = _snapshot(number)
    member = lookups.member(found.lookup)
    audit.looked(AuditRow.Action.PATIENT_VIEWED, found, portal=found.portal, member=member)
    return found


def _snapshot(number: int) -> Snapshot:
    from harvester.office.models import Snapshot

    found = Snapshot.objects.select_related("lookup").filter(pk=number).first()
    if found is None:
        raise Mistake(f"there is no snapshot {number}; see: harvester snapshots list")
    return found
