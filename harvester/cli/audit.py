"""The audit: who did what, and whether all of it is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli import screen
from harvester.cli.opening import opened, person, program
from harvester.cli.options import Every, Json, Mistake

if TYPE_CHECKING:
    from harvester.office.models import AuditRow

audit = typer.Typer(no_args_is_help=True, help="Who did what, and whether the record of it is whole.")


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Compare every row of the audit with its hash, with what it is about, and with the anchors.

    Exit code 1 where anything is not as it was written; the first such row is named.
    """
    opened()
    from django.conf import settings

    from harvester.office import audit

    found = audit.verify()
    if as_json:
        screen.print_json({"whole": not found.wrong, **vars(found)})
    elif found.wrong:
        screen.say(f"The audit is not as it was written: {found.wrong}.", "bold red")
    else:
        screen.say(f"{found.rows:,} rows are as they were written, and so is what they are about.", "bold")
        said = f"{found.anchors:,} anchors in {settings.HARVESTER_STATE} say the same."
        screen.say(said if found.anchors else "There is no anchor yet to compare them with.")
    if found.wrong:
        raise typer.Exit(1)


@audit.command("list")
def audit_list(
    by: Annotated[str | None, typer.Option(metavar="PERSON", help="What this person did.")] = None,
    action: Annotated[str | None, typer.Option(help="Such as credential_used.")] = None,
    portal: Annotated[str | None, typer.Option(help="At this portal.")] = None,
    member: Annotated[str | None, typer.Option(metavar="MEMBER_ID", help="About this member.")] = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """List acts, the newest first."""
    opened()
    from harvester.office import audit
    from harvester.office.models import AuditRow

    if action is not None and action not in AuditRow.Action.values:
        raise Mistake(f"no act is called {action}; there are: {', '.join(AuditRow.Action.values)}")
    asked = {
        "by": by and person(by, "--by"),
        "action": action,
        "portal": portal,
        "patient": member and audit.patient(member),
    }
    rows = AuditRow.objects.filter(**{name: said for name, said in asked.items() if said is not None})
    found = list(rows.select_related("by", "account__owner").order_by("-seq"))
    if as_json:
        screen.print_json({"acts": [_plain(row) for row in found]})
        return
    screen.print_rows(
        screen.table("Seq", "When (UTC)", "Act", "By", "About", "Result", right=("Seq",)),
        found,
        lambda row: (
            row.seq,
            f"{row.at:%Y-%m-%d %H:%M:%S}",
            row.said,
            row.by.username if row.by else f"({row.os_user})",
            _about(row),
            row.result.replace("_", " "),
        ),
        none="There is no such act.",
        every="" if every else f"{program()} audit list --all",
    )


def _about(row: AuditRow) -> str:
    if row.account is not None:
        return f"{row.account.user_name} at {row.portal}"
    return row.portal or (f"{row.about} {row.about_key}" if row.about else "")


def _plain(row: AuditRow) -> dict[str, Any]:
    said = {
        "seq": row.seq,
        "at": row.at,
        "act": row.action,
        "by": row.by.username if row.by else None,
        "os_user": row.os_user,
        "about": row.about,
        "key": row.about_key,
        "account": row.account_id,
        "portal": row.portal,
        "patient": row.patient,
        "stay": row.stay,
        "result": row.result,
        "count": row.count,
    }
    return {name: value for name, value in said.items() if value not in ("", None)}
