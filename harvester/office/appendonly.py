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


def credentials_only_emptied(editor: BaseDatabaseSchemaEditor) -> None:
    """Let a credential's secrets be destroyed, and nothing else of it be changed."""
    table = "office_credential"
    kept = ("id", "account_id", "version", "fingerprint", "created")
    emptied = "coalesce(length(NEW.sealed_password), 1) = 0 AND NEW.sealed_seed IS NULL"
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in kept)
    when = f"WHEN (NOT ({emptied} AND {same}))"
    name = f"{table}_no_update"
    if editor.connection.vendor == "sqlite":
        editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        editor.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    editor.execute(f"DROP TRIGGER {name} ON {table}")
    editor.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW {when} EXECUTE FUNCTION refuse_change()"
    )
