"""Who may open what, generated from the addresses; and when a session ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from harvester.office import people
from harvester.office.models import AuditRow, Person
from harvester.office.people import Role, give_roles
from harvester.review.gate import ANYONE, PAGES, WITHOUT_FACTOR
from tests.office.conftest import Office
from tests.review.conftest import PASSWORD, somebody

SignedIn = Callable[[Person], Client]

CLOSED = {
    "account_change_password": False,
    "account_confirm_email": True,
    "account_confirm_login_code": True,
    "account_email": True,
    "account_email_verification_sent": True,
    "account_reset_password": True,
    "account_reset_password_done": True,
    "account_reset_password_from_key": True,
    "account_reset_password_from_key_done": True,
    "account_set_password": True,
    "account_signup": True,
    "mfa_download_recovery_codes": True,
}
"""What the library offers and nobody opens here."""

PARAMETERS = {"key": "x", "uidb36": "1", "pk": 1}

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def addresses() -> dict[str, str]:
    """Return every address there is, by name."""

    def found(patterns: list[URLPattern | URLResolver], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for one in patterns:
            takes = (*names, *one.pattern.converters, *getattr(one.pattern.regex, "groupindex", ()))
            if isinstance(one, URLResolver):
                yield from found(one.url_patterns, takes)
            else:
                assert one.name, one
                yield (
                    one.name,
                    reverse(one.name, kwargs={name: PARAMETERS[name] for name in dict.fromkeys(takes)}),
                )

    return dict(found(get_resolver().url_patterns, ()))


def test_t_web_01_every_address_is_somebodys_or_known_to_be_closed() -> None:
    known = set(PAGES) | {name for name, closed in CLOSED.items() if closed}
    assert set(addresses()) == known
    assert PAGES.keys().isdisjoint(name for name, closed in CLOSED.items() if closed)


@pytest.mark.parametrize("who", [ANYONE, WITHOUT_FACTOR, "no role", *Role])
def test_t_web_01_every_address_for_everybody(office: Office, signed_in: SignedIn, who: str) -> None:
    del office
    roles = [Role(who)] if who in set(Role) else []
    person = somebody("ana", *roles, factor=who != WITHOUT_FACTOR)
    seen = {}
    for name, address in addresses().items():
        client = Client() if who == ANYONE else signed_in(person)
        seen[name] = _kind(client.get(address))
    expected = {name: _expected(name, who) for name in addresses()}
    opened = {name for name, kind in expected.items() if kind == "open"}
    assert {name: kind for name, kind in seen.items() if name not in opened} == {
        name: kind for name, kind in expected.items() if name not in opened
    }
    # The page itself may send on: to the entrance where nobody is about to sign in, or to a first page.
    assert opened
    assert {name: seen[name] for name in opened if seen[name] not in ("open", "sent on", "nothing")} == (
        dict.fromkeys(("account_logout", "mfa_authenticate"), "to the entrance") if who == ANYONE else {}
    )


def _expected(name: str, who: str) -> str:
    may = PAGES.get(name)
    if may is None:
        return "nothing"
    if who == ANYONE:
        return "open" if ANYONE in may else "to the entrance"
    if who == WITHOUT_FACTOR:
        return "open" if WITHOUT_FACTOR in may else "to a factor"
    if ANYONE in may or set(Role) <= may:
        return "open"
    return "open" if who in may else "denied"


def _kind(response: HttpResponseBase) -> str:
    status, to = response.status_code, response.headers.get("Location", "")
    if status == 302:
        if to == reverse("account_login"):
            return "to the entrance"
        return "to a factor" if to == reverse("mfa_activate_totp") else "sent on"
    return {200: "open", 403: "denied", 404: "nothing", 405: "open"}[status]


def test_t_web_04_a_role_that_is_taken_away_and_a_person_who_leaves_see_nothing_more(
    office: Office, signed_in: SignedIn
) -> None:
    ana = somebody("ana", Role.AUDITOR)
    client = signed_in(ana)
    assert client.get(reverse("audit")).status_code == 200
    key = client.session.session_key
    give_roles(ana, [Role.BILLER], by=None)
    assert client.get(reverse("audit")).status_code == 403
    assert client.session.session_key != key
    assert not Session.objects.filter(pk=key).exists()
    people.leave(ana, by=office.person("ben"))
    assert client.get(reverse("audit"))["Location"] == reverse("account_login")


def test_t_web_06_a_session_ends_when_nobody_is_there_and_after_eight_hours(
    office: Office, signed_in: SignedIn
) -> None:
    del office
    ana = somebody("ana", Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        client = signed_in(ana)
        for _ in range(3):
            clock.shift(timedelta(minutes=15))
            assert client.get(reverse("audit")).status_code == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert client.get(reverse("audit"))["Location"] == reverse("account_login")
        client = signed_in(ana)
        polled = []
        for _ in range(3):
            clock.shift(timedelta(minutes=7))
            polled.append(client.get(reverse("audit"), headers={"X-Poll": "1"}).status_code)
        assert polled == [200, 200, 302]
        client = signed_in(ana)
        for _ in range(32):
            clock.shift(timedelta(minutes=15))
            assert client.get(reverse("audit")).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert client.get(reverse("audit")).status_code == 302


def test_t_web_10_every_answer_has_the_headers(office: Office, signed_in: SignedIn) -> None:
    del office
    for response in (
        signed_in(somebody("ana", Role.AUDITOR)).get(reverse("audit")),
        Client().get(reverse("account_login")),
        Client().get("/nothing/"),
    ):
        assert response["Cache-Control"] == "no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in f"{policy};"
        assert "unsafe" not in policy
        assert b"<script>" not in response.content
        assert b"style=" not in response.content
    assert Client().get("/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_t_web_08_nothing_is_done_without_a_token(office: Office) -> None:
    del office
    somebody("ana", Role.AUDITOR)
    client = Client(enforce_csrf_checks=True)
    form = {"login": "ana", "password": PASSWORD}
    assert client.post(reverse("account_login"), form).status_code == 403
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(reverse("audit_verify"))
        assert response.status_code in (302, 403), method
    assert not AuditRow.objects.filter(action=AuditRow.Action.SIGNED_IN).exists()
    assert not AuditRow.objects.filter(action=AuditRow.Action.AUDIT_VERIFIED).exists()
