"""Mocks that stand in for a portal of several sites."""

from django.db import migrations, models

import harvester.office.models


class Migration(migrations.Migration):
    dependencies = [("office", "0002_portal_terms")]

    operations = [
        migrations.AddField(
            model_name="portalsetting",
            name="sites",
            field=models.JSONField(
                blank=True, default=dict, validators=[harvester.office.models.all_loopback]
            ),
        ),
    ]
