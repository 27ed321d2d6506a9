"""Passwords may lie elsewhere: an account says where, and a credential need not be sealed here."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import credentials_only_emptied


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # SQLite changes a column by making the table anew, and its triggers go with the old one.
    if editor.connection.vendor == "sqlite":
        credentials_only_emptied(editor)


class Migration(migrations.Migration):
    dependencies = [("office", "0009_push")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="source",
            field=models.JSONField(default=None, null=True),
        ),
        migrations.AlterField(
            model_name="credential",
            name="sealed_password",
            field=models.BinaryField(null=True),
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
