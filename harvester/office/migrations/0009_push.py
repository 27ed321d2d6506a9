"""Sign-ins that are approved on a phone, where a number is picked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("office", "0008_people")]

    operations = [
        migrations.AddField(
            "coderequest", "number", models.CharField(blank=True, default="", max_length=20), False
        ),
        migrations.AlterField(
            "attempt",
            "kind",
            models.CharField(
                choices=[
                    ("password", "Password"),
                    ("authenticator", "Authenticator"),
                    ("text", "Text"),
                    ("email", "Email"),
                    ("push", "Push"),
                ],
                max_length=16,
            ),
        ),
    ]
