from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connections

from harvester import errors
from harvester.office import accounts, attempts, lastattempt, pauses, sweep, worklist
from harvester.office.attempts import RESTORED, UNFINISHED, Ledger
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.office.models import Account, Attempt, AttemptEnd, CodeUse, Hold
from harvester.office.practice import PracticeError
from harvester.visit.wire import Deny, Secret
from tests.office.conftest import Office
from tests.office.portal import PASSWORD, SEED, TODAY, Portal, Time, catalogue, claim_item

START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


def ledger(account: Account, time: Time | None = None, stay: UUID | None = None) -> Ledger:
    return Ledger(account, stay or uuid4(), (time or Time()).clock)


def results(account: Account) -> list[str]:
    return [end.result for end in AttemptEnd.objects.filter(attempt__account=account).order_by("attempt")]


def test_the_attempt_is_written_before_the_password_leaves(either: Office) -> None:
    account = either.account()
    assert ledger(account)("password") == Secret(value=PASSWORD)
    attempt = Attempt.objects.get()
    assert (attempt.account, attempt.kind, attempt.credential.version) == (account, "password", 1)


def test_asking_for_a_code_means_that_the_password_was_accepted(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked("authenticator")
    assert results(account) == ["accepted"]


def test_the_code_is_the_one_of_the_time_step(office: Office) -> None:
    time = Time()
    asked = ledger(office.account(), time)
    asked("password")
    assert asked("authenticator") == Secret(value=Seed.parse(SEED).code(int(time.at.timestamp())))


def test_one_rejected_password_holds_the_account(either: Office) -> None:
    account = either.account()
    asked = ledger(account)
    asked("password")
    asked.settle("WrongPassword", "User ID or password incorrect")
    assert results(account) == ["rejected"]
    answer = ledger(account)("password")
    assert isinstance(answer, Deny)
    assert answer.trouble == "StaffNeeded"
    assert Attempt.objects.count() == 1


def test_the_hold_keeps_the_portals_words_for_a_person(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked.settle("AccountLocked", "Locked since Monday")
    (listed,) = accounts.listed()
    assert listed.state == f"on hold: {errors.AccountLocked.todo} The portal says: “Locked since Monday”."


@pytest.mark.parametrize("trouble", ["PortalUnavailable", "StayEnded", "PortalChanged", "Defect"])
def test_trouble_after_the_password_left_counts_as_a_rejection(office: Office, trouble: str) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked.settle(trouble)
    assert results(account) == ["unknown"]
    assert Hold.objects.get().trouble == UNFINISHED


@pytest.mark.parametrize("trouble", ["PortalUnavailable", "StayEnded", "PortalChanged", "Defect"])
def test_trouble_before_the_password_left_holds_nobody(office: Office, trouble: str) -> None:
    account = office.account()
    ledger(account).settle(trouble)
    assert not Hold.objects.exists()


def test_an_attempt_without_an_end_holds_the_account_when_it_is_found(either: Office) -> None:
    account = either.account()
    ledger(account)("password")
    assert attempts.recover(account)
    assert results(account) == ["unknown"]
    assert attempts.on_hold(account)


def test_an_attempt_without_an_end_denies_the_password_to_any_stay(office: Office) -> None:
    account = office.account()
    ledger(account)("password")
    assert isinstance(ledger(account)("password"), Deny)


def test_the_same_stay_gets_the_password_twice_at_most(office: Office) -> None:
    account = office.account(seed=None)
    asked = ledger(account)
    answers = []
    for _ in range(3):
        answers.append(asked("password"))
        asked.settle()
    assert [type(answer) for answer in answers] == [Secret, Secret, Deny]


def test_an_inactive_account_gets_no_password(office: Office) -> None:
    account = office.account()
    Account.objects.update(active=False)
    assert isinstance(ledger(account)("password"), Deny)


def test_a_code_that_only_a_person_receives_is_denied(office: Office) -> None:
    asked = ledger(office.account())
    answer = asked("text")
    assert isinstance(answer, Deny)
    assert answer.trouble == "CodeNeeded"


def test_without_a_seed_a_code_is_denied(office: Office) -> None:
    asked = ledger(office.account(seed=None))
    asked("password")
    answer = asked("authenticator")
    assert isinstance(answer, Deny)
    assert answer.trouble == "CodeNeeded"


def test_t_acc_05_after_two_refused_codes_there_is_no_third(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    answers = [asked("authenticator") for _ in range(3)]
    assert [type(answer) for answer in answers] == [Secret, Secret, Deny]
    assert CodeUse.objects.count() == 2
    assert results(account) == ["accepted", "rejected", "rejected"]


@pytest.mark.parametrize("left", [0.5, 1, 2, 4.9])
def test_t_acc_07_a_code_with_little_life_left_is_not_used(office: Office, left: float) -> None:
    time = Time(START + timedelta(seconds=30 - left))
    asked = ledger(office.account(), time)
    asked("password")
    asked("authenticator")
    assert CodeUse.objects.get().time_step == START.timestamp() + 30
    assert time.at == START + timedelta(seconds=30)


def test_t_acc_06_a_second_sign_in_within_a_step_waits_for_the_next(either: Office) -> None:
    time = Time()
    account = either.account()
    for _ in range(2):
        asked = ledger(account, time)
        asked("password")
        asked("authenticator")
        asked.settle()
    steps = sorted(use.time_step for use in CodeUse.objects.all())
    assert steps == [START.timestamp(), START.timestamp() + 30]


def test_t_acc_08_a_clock_that_went_back_an_hour_gets_no_code(office: Office) -> None:
    account = office.account()
    first = ledger(account)
    first("password")
    first("authenticator")
    first.settle()
    time = Time(START - timedelta(hours=1))
    second = ledger(account, time)
    second("password")
    answer = second("authenticator")
    assert isinstance(answer, Deny)
    assert (answer.trouble, time.slept) == ("ClockWrong", [])
    second.settle(answer.trouble, answer.words)
    assert results(account) == ["accepted"] * 3, "the portal refused nothing"
    assert not Hold.objects.exists()


@pytest.mark.parametrize("seconds", [-3600, -40, 90, 3600])
def test_t_acc_08_a_clock_that_jumps_while_a_code_is_waited_for_makes_none(
    office: Office, seconds: int
) -> None:
    time, account = Time(START + timedelta(seconds=28)), office.account()

    def jumping(slept: float) -> None:
        time.sleep(slept + seconds)

    clock = Clock(now=lambda: time.at, sleep=jumping, synchronised=lambda: True)
    asked = Ledger(account, uuid4(), clock)
    asked("password")
    answer = asked("authenticator")
    assert isinstance(answer, Deny)
    asked.settle(answer.trouble, answer.words)
    assert (answer.trouble, results(account)) == ("ClockWrong", ["accepted"])
    assert not CodeUse.objects.exists()
    assert not Hold.objects.exists()


def test_t_acc_08_a_clock_that_went_back_40_seconds_reuses_no_step(office: Office) -> None:
    account = office.account()
    first = ledger(account, Time(START + timedelta(seconds=45)))
    first("password")
    first("authenticator")
    first.settle()
    second = ledger(account, Time(START + timedelta(seconds=5)))
    second("password")
    second("authenticator")
    steps = [use.time_step - START.timestamp() for use in CodeUse.objects.order_by("pk")]
    assert steps == [30, 60]


def test_a_rejected_code_holds_the_account(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked("authenticator")
    asked.settle("CodeRejected", "Code incorrect")
    assert results(account) == ["accepted", "rejected"]
    assert Hold.objects.get().trouble == "CodeRejected"


def test_a_denied_password_does_not_add_a_hold_to_a_hold(office: Office) -> None:
    account = office.account()
    accounts.hold(account, by=office.person())
    asked = ledger(account)
    answer = asked("password")
    assert isinstance(answer, Deny)
    asked.settle(answer.trouble, answer.words)
    assert Hold.objects.count() == 1


def test_t_acc_03_a_database_from_before_the_last_attempt_holds_every_account(
    office: Office, tmp_path: Path
) -> None:
    account, other = office.account("ana"), office.account("ben")
    backup = tmp_path / "backup"
    with closing(sqlite3.connect(office.files[0])) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)
    asked = ledger(account)
    asked("password")
    asked.settle("WrongPassword")

    connections["default"].close()
    for file in office.files:
        file.unlink()
    shutil.copy(backup, office.home / "practice.sqlite3")

    assert Hold.objects.count() == Attempt.objects.count() == 0
    assert attempts.restored()
    held = {(hold.account, hold.trouble) for hold in Hold.objects.all()}
    assert held == {(account, RESTORED), (other, RESTORED)}
    assert isinstance(ledger(account)("password"), Deny)
    for one in (account, other):
        accounts.release(one, by=one.owner)
    assert not attempts.restored()
    assert isinstance(ledger(account)("password"), Secret)


def test_t_acc_03_an_attempt_that_the_database_knows_is_no_restore(either: Office) -> None:
    account = either.account()
    asked = ledger(account)
    asked("password")
    asked.settle()
    assert not attempts.restored()
    assert not Hold.objects.exists()


def test_t_acc_03_where_no_attempt_could_be_remembered_nobody_signs_in(office: Office) -> None:
    office.account()
    portal, state = Portal(), office.home / "state"
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=catalogue())
    state.write_text("a file in the folder's place")
    with pytest.raises(PracticeError, match="HARVESTER_STATE"):
        sweep.sweep(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert portal.sign_ins == []
    assert not Attempt.objects.exists()


def test_t_acc_03_another_attempt_in_the_place_of_the_last_one_is_a_restore_too(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked.settle()
    known = Attempt.objects.get()
    lastattempt.forget()
    lastattempt.remember(Attempt(pk=known.pk, stay=uuid4()))
    assert attempts.restored()


@pytest.mark.parametrize("ahead", [-21.0, 21.0, 90.0, -40.0, 3600.0])
def test_t_acc_08_no_sign_in_begins_where_the_clocks_are_apart(office: Office, ahead: float) -> None:
    account = office.account()
    answer = ledger(account)("password", START + timedelta(seconds=ahead))
    assert isinstance(answer, Deny)
    assert answer.trouble == "ClockWrong"
    assert f"{abs(ahead):.0f} s" in answer.words
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("ahead", [-20.0, -1.0, 0.0, 20.0])
def test_clocks_that_differ_by_less_than_a_code_allows_are_one(office: Office, ahead: float) -> None:
    asked = ledger(office.account())
    assert isinstance(asked("password", START + timedelta(seconds=ahead)), Secret)
    assert isinstance(asked("authenticator", START + timedelta(seconds=ahead)), Secret)


def test_t_acc_08_a_clock_that_jumps_after_the_password_gets_no_code_and_no_hold(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password", START)
    answer = asked("authenticator", START - timedelta(seconds=40))
    assert isinstance(answer, Deny)
    asked.settle(answer.trouble, answer.words)
    assert results(account) == ["accepted"]
    assert not CodeUse.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("kept", [True, False])
def test_t_acc_09_where_the_portal_tells_no_time_a_time_server_has_to_keep_ours(
    office: Office, kept: bool
) -> None:
    time, account = Time(), office.account()
    clock = Clock(now=lambda: time.at, sleep=time.sleep, synchronised=lambda: kept)
    answer = Ledger(account, uuid4(), clock)("password", None)
    assert isinstance(answer, Secret) is kept
    assert Attempt.objects.count() == kept


def test_an_account_without_an_authenticator_needs_no_clock(office: Office) -> None:
    account = office.account(seed=None)
    assert isinstance(ledger(account)("password", START + timedelta(hours=1)), Secret)


def twice(account: Account, time: Time) -> Secret | Deny:
    """Sign in, and again in the same stay; return the second answer."""
    asked = ledger(account, time)
    assert isinstance(asked("password"), Secret)
    asked.settle()
    answer = asked("password")
    asked.settle()
    return answer


def test_a_portal_that_ended_three_sessions_since_yesterday_gets_no_fourth_sign_in_again(
    office: Office,
) -> None:
    account, time = office.account(seed=None), Time()
    for _ in range(3):
        assert isinstance(twice(account, time), Secret)
        time.at += timedelta(hours=1)
    answer = twice(account, time)
    assert isinstance(answer, Deny)
    assert answer.trouble == "SignedOut"
    time.at += timedelta(days=1)
    assert isinstance(twice(account, time), Secret)


def refused(account: Account, time: Time, trouble: str = "WrongPassword") -> None:
    asked = ledger(account, time)
    asked("password")
    asked.settle(trouble)


@pytest.mark.parametrize("trouble", ["WrongPassword", "CodeRejected", "AccountLocked"])
def test_two_accounts_refused_within_15_minutes_pause_the_portal(either: Office, trouble: str) -> None:
    time, third = Time(), either.account("cleo")
    refused(either.account("ana"), time)
    time.at += timedelta(minutes=15)
    assert pauses.paused("cascadia") is None
    refused(either.account("ben"), time, trouble)
    paused = pauses.paused("cascadia")
    assert paused is not None
    assert "two accounts within 15 minutes" in paused.words
    answer = ledger(third, time)("password")
    assert isinstance(answer, Deny)
    assert answer.trouble == "PortalPaused"
    assert not third.attempts.exists()

    assert pauses.resume("cascadia", by=third.owner, note="the portal had a bad day") == 1
    assert isinstance(ledger(third, time)("password"), Secret)


def test_one_account_refused_twice_or_two_at_long_intervals_are_no_storm(office: Office) -> None:
    time, ana = Time(), office.account("ana")
    refused(ana, time)
    accounts.replace(ana, by=ana.owner, password="another one", clock=time.clock)
    refused(ana, time)
    time.at += timedelta(minutes=15, seconds=1)
    refused(office.account("ben"), time)
    assert pauses.paused("cascadia") is None


def test_an_expired_password_is_no_refusal(office: Office) -> None:
    time = Time()
    refused(office.account("ana"), time)
    refused(office.account("ben"), time, "PasswordExpired")
    assert pauses.paused("cascadia") is None
