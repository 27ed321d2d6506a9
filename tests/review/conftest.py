"""People of each role with a second factor, and browsers of theirs."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from harvester.office.models import Person
from harvester.office.people import Role, give_roles
from tests.office.conftest import (  # noqa: F401 - fixtures
    Office,
    either,
    office,
    postgresql_office,
    postgresql_template,
    template,
)

PASSWORD = "make-believe staple 7"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def somebody(name: str, *roles: Role, factor: bool = True) -> Person:
    """Return a member of staff who can sign in to the pages."""
    person = Person.objects.filter(username=name).first() or Person(username=name, first_name=name.title())
    person.set_password(PASSWORD)
    person.save()
    give_roles(person, roles, by=None)
    if factor:
        TOTP.activate(person, SEED)
        RecoveryCodes.activate(person)
    return person


def code(at: float) -> str:
    return pyotp.TOTP(SEED).at(int(at))


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    """Return a browser in which a person has signed in, without the forms."""

    def signed_in(person: Person) -> Client:
        from django.utils import timezone

        client = Client()
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        now = timezone.now().timestamp()
        session.update({"began": now, "seen": now, "roles": person.roles})
        session.save()
        return client

    return signed_in
