"""Passwords may lie elsewhere: an account says where, and a credential need not be sealed here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("office", "0007_codes")]

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
    ]
