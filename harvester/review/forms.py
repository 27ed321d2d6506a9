"""Forms."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from harvester.office.models import AuditRow, Person


class SignIn(LoginForm):  # type: ignore[misc]
    """User name and password; nobody resets a password by e-mail here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class AuditSearch(forms.Form):
    """What acts are looked for."""

    action = forms.ChoiceField(label="Act", required=False, choices=[("", "any"), *AuditRow.Action.choices])
    by = forms.ModelChoiceField(
        Person.objects.order_by("username"),
        label="By",
        required=False,
        to_field_name="uuid",
        empty_label="anybody",
    )
    member = forms.CharField(label="Member ID", required=False, max_length=80)
