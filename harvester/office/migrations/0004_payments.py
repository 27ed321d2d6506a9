"""Files of payments, and lookups that no item of the worklist asks."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from harvester.office.appendonly import refuse


def append_only(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    refuse(editor, "office_attachment", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [("office", "0003_portal_sites")]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("type", models.CharField(max_length=8)),
                ("size", models.PositiveIntegerField()),
                ("sealed_content", models.BinaryField()),
                (
                    "snapshot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachment",
                        to="office.snapshot",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(model_name="lookup", name="one_waiting_lookup_per_item"),
        migrations.AddIndex(
            model_name="lookup",
            index=models.Index(fields=["subject", "-id"], name="lookups_of_subject"),
        ),
        migrations.AddConstraint(
            model_name="lookup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("item", "kind"),
                name="one_waiting_lookup_per_item",
            ),
        ),
        migrations.AddConstraint(
            model_name="lookup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("item", None), ("requested_by", None), ("state", "waiting")),
                fields=("subject",),
                name="one_waiting_lookup_per_subject",
            ),
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
    ]
