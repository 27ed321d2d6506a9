"""Sessions that nobody signed out of, as far as the portal said."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    refuse(editor, "office_sessionleft", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [("office", "0005_pauses")]

    operations = [
        migrations.CreateModel(
            name="SessionLeft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stay", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions_left",
                        to="office.account",
                    ),
                ),
            ],
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
