"""What people do with their accounts besides, what portals told them, and who left."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import credentials_only_emptied, refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for table in ("office_notice", "office_departure"):
        refuse(editor, table, "UPDATE", "DELETE")


def destroyable(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    credentials_only_emptied(editor)


class Migration(migrations.Migration):
    dependencies = [("office", "0007_codes")]

    operations = [
        migrations.AddField(
            "account", "role", models.CharField(blank=True, max_length=80, default=""), False
        ),
        migrations.AddField("account", "recertify_by", models.DateField(null=True)),
        migrations.AddField("account", "taken_until", models.DateTimeField(null=True)),
        migrations.AddField("credential", "changed", models.DateField(null=True)),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=64)),
                ("sealed_words", models.BinaryField()),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="office.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "subject"), name="one_notice"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="departures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
        migrations.RunPython(destroyable, migrations.RunPython.noop),
    ]
