"""The audit, of which no row is ever changed or deleted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    refuse(editor, "office_auditrow", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [
        ("office", "0013_keep_signed_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditRow",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=32)),
                ("os_user", models.CharField(max_length=80)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("about", models.CharField(blank=True, max_length=32)),
                ("about_key", models.CharField(blank=True, max_length=40)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("portal", models.SlugField(blank=True)),
                ("patient", models.CharField(blank=True, max_length=64)),
                ("stay", models.UUIDField(null=True)),
                ("result", models.CharField(blank=True, max_length=80)),
                ("count", models.PositiveIntegerField(null=True)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="office.account",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["by", "-seq"], name="audit_of_person"),
                    models.Index(fields=["about", "about_key"], name="audit_of_row"),
                ],
            },
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
