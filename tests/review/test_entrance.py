"""Signing in to the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from harvester.office import audit
from harvester.office.models import AuditRow
from harvester.office.people import Role
from tests.office.conftest import Office
from tests.review.conftest import PASSWORD, SEED, code, somebody

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Action = AuditRow.Action


def enter(client: Client, password: str = PASSWORD, name: str = "ana") -> str:
    """Send user name and password; return where that leads."""
    response = client.post(reverse("account_login"), {"login": name, "password": password})
    return str(response.headers.get("Location", response.status_code))


def confirm(client: Client, given: str) -> str:
    """Send a second factor's code; return where that leads."""
    response = client.post(reverse("mfa_authenticate"), {"code": given})
    return str(response.headers.get("Location", response.status_code))


def acts() -> list[tuple[str, str]]:
    return list(AuditRow.objects.exclude(by=None).order_by("seq").values_list("action", "result"))


def test_t_web_05_nobody_is_in_before_the_second_factor(either: Office) -> None:
    del either
    somebody("ana", Role.AUDITOR)
    client = Client()
    with time_machine.travel(NOON, tick=False):
        assert enter(client) == reverse("mfa_authenticate")
        assert client.get(reverse("audit"))["Location"] == reverse("account_login")
        assert confirm(client, "000000") == "200"
        assert client.get(reverse("audit"))["Location"] == reverse("account_login")
        assert confirm(client, code(NOON.timestamp())) == reverse("home")
        assert client.get(reverse("audit")).status_code == 200
    assert acts()[:2] == [("sign_in_refused", "second factor"), ("signed_in", "")]
    assert not audit.verify().wrong


def test_t_web_05_who_has_no_second_factor_sets_one_up_first(office: Office) -> None:
    del office
    ana = somebody("ana", Role.AUDITOR, factor=False)
    client = Client()
    assert enter(client) == reverse("home")
    assert client.get(reverse("audit"))["Location"] == reverse("mfa_activate_totp")
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    from pyotp import TOTP

    done = client.post(reverse("mfa_activate_totp"), {"code": TOTP(secret).now()})
    assert done.status_code == 302
    assert client.get(reverse("audit")).status_code == 200
    kept = "".join(str(one.data) for one in Authenticator.objects.filter(user=ana))
    assert kept
    assert secret not in kept


def test_t_web_05_a_code_that_was_used_is_refused_by_another_process_too(office: Office) -> None:
    del office
    somebody("ana", Role.AUDITOR)
    one, other = Client(), Client()
    with time_machine.travel(NOON, tick=False):
        enter(one)
        enter(other)
        assert confirm(one, code(NOON.timestamp())) == reverse("home")
        assert confirm(other, code(NOON.timestamp())) == "200"
        assert other.get(reverse("audit")).status_code == 302


def test_t_web_05_a_recovery_code_is_used_once(office: Office) -> None:
    del office
    ana = somebody("ana", Role.AUDITOR)
    authenticator = Authenticator.objects.get(user=ana, type="recovery_codes")
    given = authenticator.wrap().get_unused_codes()[0]
    one, other = Client(), Client()
    enter(one)
    assert confirm(one, given) == reverse("home")
    enter(other)
    assert confirm(other, given) == "200"
    assert other.get(reverse("audit")).status_code == 302


def test_t_web_07_the_session_of_before_is_not_the_one_of_after(office: Office) -> None:
    del office
    somebody("ana", Role.AUDITOR)
    client = Client()
    client.get(reverse("account_login"))
    with time_machine.travel(NOON, tick=False):
        enter(client)
        before = client.session.session_key
        client.cookies["harvester_session"] = before or ""
        confirm(client, code(NOON.timestamp()))
    assert client.session.session_key != before


def test_t_web_09_five_wrong_passwords_in_five_minutes_and_no_more(office: Office) -> None:
    del office
    somebody("ana", Role.AUDITOR)
    with time_machine.travel(NOON, tick=False) as clock:
        told = [enter(Client(), "wrong" + str(number)) for number in range(12)]
        assert told[:4] == ["200"] * 4
        assert set(told[5:]) <= {"403", "429", "200"}
        assert enter(Client()) != reverse("mfa_authenticate")
        clock.shift(timedelta(minutes=5, seconds=1))
        assert enter(Client()) == reverse("mfa_authenticate")
    refused = [one for one in acts() if one == ("sign_in_refused", "password")]
    assert 0 < len(refused) <= 6


def test_t_web_09_a_name_that_nobody_has_is_answered_alike(office: Office) -> None:
    del office
    somebody("ana", Role.AUDITOR)
    known = Client().post(reverse("account_login"), {"login": "ana", "password": "wrong"})
    unknown = Client().post(reverse("account_login"), {"login": "eve", "password": "wrong"})
    assert (known.status_code, unknown.status_code) == (200, 200)
    said = [
        response.content.decode().split("errorlist")[1].split("</ul>")[0] for response in (known, unknown)
    ]
    assert said[0] == said[1]


def test_secrets_of_people_lie_sealed(office: Office) -> None:
    somebody("ana", Role.AUDITOR)
    enter(Client(), "wrong horse 77")
    for file in office.files:
        content = file.read_bytes()
        for secret in (SEED, PASSWORD, "wrong horse 77"):
            assert secret.encode() not in content, (file.name, secret)
