"""Signing in to the pages: nobody signs up, everybody has a second factor, and all of it is audited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa import signals as mfa
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from typing_extensions import override

from harvester.office import audit
from harvester.office.keys import keys
from harvester.office.models import AuditRow, Person
from harvester.office.vault import Slot

Action = AuditRow.Action
_SECRET = Slot("authenticator", "-", "secret")
"""The library says of no secret whose it is, so that all of them have one slot."""


class Entrance(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the administrator, never by whoever comes along."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    @override
    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Whoever changes how they sign in says again who they are; not for the first second factor."""
        return has_factor(self.request.user)


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, whose secrets lie sealed in the database."""

    @override
    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return keys().seal(text.encode(), _SECRET).hex()

    @override
    def decrypt(self, encrypted_text: str) -> str:
        """Open what :meth:`encrypt` sealed."""
        return keys().open(bytes.fromhex(encrypted_text), _SECRET).decode()

    @override
    def get_totp_issuer(self) -> str:
        """Return what an authenticator app calls this."""
        return "Portal status harvester"


def has_factor(person: Person) -> bool:
    """Whether a person has a second factor; recovery codes alone are none."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user=person, type__in=kinds).exists())


def listen() -> None:
    """Audit every sign-in, refused sign-in, sign-out and change of a factor or password."""
    user_logged_in.connect(_signed_in, dispatch_uid="review.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="review.signed_out")
    user_login_failed.connect(_refused, dispatch_uid="review.refused")
    mfa.authentication_failed.connect(_refused_factor, dispatch_uid="review.refused_factor")
    password_changed.connect(_changed, dispatch_uid="review.password")
    for signal in (mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset):
        signal.connect(_changed, dispatch_uid="review.factor")


def _signed_in(request: HttpRequest, user: Person, **_: object) -> None:
    now = timezone.now().timestamp()
    request.session.update({"began": now, "seen": now, "roles": user.roles})
    audit.looked(Action.SIGNED_IN, by=user, address=address(request))


def _signed_out(request: HttpRequest, user: Person | None, **_: object) -> None:
    if user is not None:
        audit.looked(Action.SIGNED_OUT, by=user, address=address(request))


def _refused(request: HttpRequest | None, credentials: dict[str, Any], **_: object) -> None:
    named = Person.objects.filter(username__iexact=str(credentials.get("username", ""))).first()
    audit.looked(Action.SIGN_IN_REFUSED, by=named, address=address(request), result="password")


def _refused_factor(request: HttpRequest, user: Person, **_: object) -> None:
    audit.looked(Action.SIGN_IN_REFUSED, by=user, address=address(request), result="second factor")


def _changed(
    request: HttpRequest, user: Person, authenticator: Authenticator | None = None, **_: object
) -> None:
    what = authenticator.type if authenticator is not None else "password"
    audit.looked(Action.FACTOR_CHANGED, by=user, address=address(request), result=what)


def address(request: HttpRequest | None) -> str:
    """Return where a request came from."""
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
