"""What the practice recorded of portals' terms."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    refuse(editor, "office_portalterms", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [
        ("office", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PortalTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("portal", models.SlugField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("registered", "Registered"), ("forbidden", "Forbidden")], max_length=16
                    ),
                ),
                ("words", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
