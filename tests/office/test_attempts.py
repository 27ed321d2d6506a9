from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from harvester import errors
from harvester.office import accounts, attempts
from harvester.office.attempts import UNFINISHED, Ledger
from harvester.office.codes import Seed
from harvester.office.models import Account, Attempt, AttemptEnd, CodeUse, Hold
from harvester.visit.wire import Deny, Secret
from tests.office.conftest import Office
from tests.office.portal import PASSWORD, SEED, Time

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
    assert (answer.trouble, time.slept) == ("CodeRejected", [])


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
