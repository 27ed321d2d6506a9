"""Rows that are only ever added: the database itself refuses to change or delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Change = Literal["UPDATE", "DELETE"]


def refuse(editor: BaseDatabaseSchemaEditor, table: str, *changes: Change) -> None:
    """Add triggers to ``table`` that refuse ``changes``; where deleting is refused, so is emptying."""
    for change in changes:
        name = f"{table}_no_{change.lower()}"
        sentence = f"{table} is append-only"
        if editor.connection.vendor == "sqlite":
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
            continue
        editor.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
            params=None,
        )
        when = "DELETE OR TRUNCATE" if change == "DELETE" else "UPDATE"
        editor.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def refuse_but_emptying(
    editor: BaseDatabaseSchemaEditor, table: str, emptied: str, kept: Sequence[str]
) -> None:
    """Put a trigger in the place of the one against updates that lets a row be emptied and nothing else.

    ``emptied``: the condition that a row fulfils afterwards, on ``NEW``; ``kept``: columns that stay.
    """
    name = f"{table}_no_update"
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in kept)
    when = f"WHEN (NOT ({emptied} AND {same}))"
    if editor.connection.vendor == "sqlite":
        editor.execute(f"DROP TRIGGER {name}")
        editor.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    editor.execute(f"DROP TRIGGER {name} ON {table}")
    editor.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW {when} EXECUTE FUNCTION refuse_change()"
    )
