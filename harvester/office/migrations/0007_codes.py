"""Codes that portals send to people: the requests, and who is there to answer them."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("office", "0006_sessions_left"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="there",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="CodeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("stay", models.UUIDField()),
                ("kind", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("answered", models.DateTimeField(null=True)),
                ("closed", models.DateTimeField(null=True)),
                ("sealed_code", models.BinaryField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="code_requests",
                        to="office.account",
                    ),
                ),
            ],
        ),
    ]
