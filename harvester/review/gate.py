"""Who may open which page. What is not written here is nobody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from harvester.office.models import Person
from harvester.office.people import Role
from harvester.review import entrance

log = structlog.get_logger()

IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)
"""A session ends after so long without a request, and after so long whatever happens."""

STAMP = timedelta(minutes=1)
"""That somebody is there is written down no more often."""

POLL = "X-Poll"
"""The header of requests that a page makes by itself: they keep nobody signed in."""

ANYONE, WITHOUT_FACTOR = "anyone", "without a second factor"
"""Besides roles: who is not signed in, and who has yet to set up a second factor."""

_EVERYBODY = frozenset(Role)
_ENTERING = _EVERYBODY | {WITHOUT_FACTOR}

PAGES: Mapping[str, frozenset[str]] = {
    "account_inactive": frozenset({ANYONE}),
    "account_login": frozenset({ANYONE}),
    "mfa_authenticate": frozenset({ANYONE}),
    "account_logout": _ENTERING | {ANYONE},
    "account_reauthenticate": _ENTERING,
    "mfa_activate_totp": _ENTERING,
    "mfa_add_webauthn": _ENTERING,
    "mfa_reauthenticate": _ENTERING,
    "mfa_reauthenticate_webauthn": _ENTERING,
    "account_change_password": _EVERYBODY,
    "home": _EVERYBODY,
    "mfa_deactivate_totp": _EVERYBODY,
    "mfa_edit_webauthn": _EVERYBODY,
    "mfa_generate_recovery_codes": _EVERYBODY,
    "mfa_index": _EVERYBODY,
    "mfa_list_webauthn": _EVERYBODY,
    "mfa_remove_webauthn": _EVERYBODY,
    "mfa_view_recovery_codes": _EVERYBODY,
    "audit": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    "audit_verify": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
}
"""The name of a page, and who may open it."""


MENU: Mapping[str, str] = {"audit": "Audit", "mfa_index": "Your sign-in"}
"""What the head of each page leads to, as far as it is for who asks."""


@dataclass(frozen=True)
class Entry:
    """One line of the menu."""

    address: str
    title: str
    here: bool


def may_open(name: str, person: Person) -> bool:
    """Whether a person with a second factor may open the page of that name."""
    return bool(PAGES.get(name, frozenset()) & set(person.roles))


class Gate:
    """Lets nobody in who may not, ends sessions in time, and lets nothing be kept by a browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.user.is_authenticated:
            _tend(request)
        response = self._get_response(request)
        response["Cache-Control"] = "no-store"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Return what is shown instead of a page that is not for who asks."""
        match = request.resolver_match
        who = PAGES.get(match.view_name) if match is not None else None
        if who is None:
            raise Http404
        person = request.user
        if not isinstance(person, Person):
            if ANYONE in who:
                return None
            return redirect("account_login") if request.method == "GET" else _denied(request)
        if not entrance.has_factor(person):
            return None if WITHOUT_FACTOR in who else redirect("mfa_activate_totp")
        request.menu = [  # type: ignore[attr-defined]
            Entry(reverse(name), title, match.view_name == name)
            for name, title in MENU.items()
            if match is not None and (PAGES[name] == _EVERYBODY or may_open(name, person))
        ]
        if who & set(person.roles) or ANYONE in who or who >= _EVERYBODY:
            return None
        return _denied(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> None:
        """Write down that a page failed, and nothing of what it was about."""
        log.error("page_failed", exc_info=error)


def _denied(request: HttpRequest) -> HttpResponse:
    return render(request, "review/denied.html", status=403)


def _tend(request: HttpRequest) -> None:
    """End the session where it is old or nobody was there; note that somebody is."""
    now, session = timezone.now().timestamp(), request.session
    began, seen = session.get("began", 0), session.get("seen", 0)
    if now - began > ABSOLUTE.total_seconds() or now - seen > IDLE.total_seconds():
        logout(request)
        return
    assert isinstance(request.user, Person)
    if session.get("roles") != request.user.roles:
        session.cycle_key()
        session["roles"] = request.user.roles
    if now - seen >= STAMP.total_seconds() and POLL not in request.headers:
        session["seen"] = now
