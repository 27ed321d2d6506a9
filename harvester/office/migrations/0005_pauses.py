"""Portals that are paused, and terms that somebody attests."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    refuse(editor, "office_pause", "UPDATE", "DELETE")
    refuse(editor, "office_resumption", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [("office", "0004_payments")]

    operations = [
        migrations.AlterField(
            model_name="portalterms",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("attested", "Attested"),
                    ("forbidden", "Forbidden"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("portal", models.SlugField()),
                ("words", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
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
        ),
        migrations.CreateModel(
            name="Resumption",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pause",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resumption",
                        to="office.pause",
                    ),
                ),
            ],
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
