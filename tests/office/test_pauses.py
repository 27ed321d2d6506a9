"""A paused portal is asked by nobody; a person pauses and resumes it, or two refusals at once do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from harvester.office import accounts, attempts, pauses
from harvester.office.models import Account, Pause
from harvester.office.pauses import PauseError
from tests.office.conftest import Office
from tests.office.portal import PASSWORD, Time


def elsewhere(office: Office) -> Account:
    """Return an account at another portal."""
    return accounts.add(
        portal="elsewhere",
        owner=office.person("eve"),
        user_name="eve.user",
        password=PASSWORD,
        sweep_consent=date(2026, 11, 1),
    )


def refused(account: Account, time: Time, trouble: str = "WrongPassword") -> None:
    """Let the portal refuse an account."""
    attempts.hold(account, trouble, words="", clock=time.clock)
    pauses.storm(account, time.clock)


def test_a_pause_is_of_one_portal_and_says_who_and_why(office: Office) -> None:
    time, ana = Time(), office.person()
    pauses.pause("cascadia", "  it looks odd  ", by=ana, clock=time.clock)
    found = pauses.paused("cascadia")
    assert found is not None
    assert (found.words, found.by, found.at) == ("it looks odd", ana, time.at)
    assert pauses.paused("elsewhere") is None


def test_nobody_pauses_a_portal_without_a_reason(office: Office) -> None:
    with pytest.raises(PauseError, match=r"^say why the portal is paused$"):
        pauses.pause("cascadia", "  ", by=office.person())
    assert not Pause.objects.exists()


def test_resuming_ends_every_pause_of_that_portal_alone(office: Office) -> None:
    time, ana = Time(), office.person()
    for portal in ("cascadia", "cascadia", "elsewhere"):
        pauses.pause(portal, "for a test", by=ana, clock=time.clock)
    assert pauses.resume("cascadia", by=ana, note="it was a test", clock=time.clock) == 2
    assert pauses.paused("cascadia") is None
    assert pauses.paused("elsewhere") is not None
    ended = [pause.resumption for pause in Pause.objects.filter(portal="cascadia")]
    assert [(one.by, one.note, one.at) for one in ended] == [(ana, "it was a test", time.at)] * 2
    pauses.resume("elsewhere", by=ana)
    assert Pause.objects.get(portal="elsewhere").resumption.note == ""
    with pytest.raises(PauseError, match="cascadia is not paused"):
        pauses.resume("cascadia", by=ana)


def test_two_accounts_refused_within_15_minutes_pause_their_portal_once(office: Office) -> None:
    time = Time()
    for name in ("ana", "ben", "cleo"):
        refused(office.account(name), time)
        time.sleep(7 * 60)
    (pause,) = Pause.objects.all()
    assert (pause.portal, pause.words) == ("cascadia", "it refused two accounts within 15 minutes")
    assert (pause.by, pause.at) == (None, Time().at + timedelta(minutes=7))


@pytest.mark.parametrize("later", [15 * 60 + 1, 3600])
def test_refusals_far_apart_are_a_coincidence(office: Office, later: int) -> None:
    time = Time()
    refused(office.account("ana"), time)
    time.sleep(later)
    refused(office.account("ben"), time)
    assert not Pause.objects.exists()


def test_an_account_refused_elsewhere_or_held_for_something_else_pauses_nothing(office: Office) -> None:
    time = Time()
    refused(elsewhere(office), time)
    attempts.hold(office.account("ana"), "TermsToAccept", words="", clock=time.clock)
    refused(office.account("ben"), time)
    assert not Pause.objects.exists()


def test_one_account_refused_twice_pauses_nothing(office: Office) -> None:
    time, account = Time(), office.account()
    refused(account, time)
    accounts.replace(account, by=account.owner, password="Another-Password-1", clock=time.clock)
    refused(account, time, "CodeRejected")
    assert not Pause.objects.exists()
