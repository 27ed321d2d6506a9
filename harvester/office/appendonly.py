"""Rows that are only ever added: the database itself refuses to change or delete them."""

from __future__ import annotations

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
