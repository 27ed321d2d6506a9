from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from harvester import errors
from harvester.office import accounts, attempts, credentials, lastattempt, pauses, worklist
from harvester.office.attempts import RESTORED, UNFINISHED, Ledger
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.office.models import Account, Attempt, AttemptEnd, CodeUse, Credential, Hold
from harvester.office.practice import PracticeError
from harvester.office.prompts import Received
from harvester.office.sources import CommandSource, Secrets
from harvester.office.vault import Slot
from harvester.visit.wire import Deny, Secret
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, PASSWORD, SEED, TODAY, Portal, Time, catalogue, claim_item

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
    shutil.rmtree(state)
    state.write_text("a file in the folder's place")
    with pytest.raises(PracticeError, match="HARVESTER_STATE"):
        alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
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


def test_an_expired_password_is_no_refusal(office: Office) -> None:
    time = Time()
    refused(office.account("ana"), time)
    refused(office.account("ben"), time, "PasswordExpired")
    assert pauses.paused("cascadia") is None


# What is written, and of whom ---------------------------------------------------------------------


def test_nothing_is_written_or_leaves_where_an_outer_transaction_could_take_it_back(office: Office) -> None:
    account, time = office.account(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(None, time.clock).inbox(account, FACTS))
    lastattempt.remember(Attempt(pk=99, stay=uuid4()))

    def refuses(*writes: Callable[[], object]) -> None:
        for write in writes:
            with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
                write()

    refuses(partial(asked, "password"), asked.settle, partial(attempts.recover, account), attempts.restored)
    assert isinstance(asked("password"), Secret)
    refuses(partial(asked, "authenticator"), partial(asked, "email"))
    assert [attempt.kind for attempt in Attempt.objects.all()] == ["password"]


def test_every_attempt_and_every_end_has_its_time(office: Office) -> None:
    account, time = office.account(), Time()
    asked = ledger(account, time)
    asked("password")
    time.at += timedelta(seconds=3)
    asked("authenticator")
    time.at += timedelta(seconds=4)
    asked.settle()
    begun = [attempt.at - START for attempt in Attempt.objects.order_by("pk")]
    ended = [end.at - START for end in AttemptEnd.objects.order_by("attempt")]
    assert (begun, ended) == (
        [timedelta(), timedelta(seconds=3)],
        [timedelta(seconds=3), timedelta(seconds=7)],
    )


def test_what_ended_once_does_not_end_again(office: Office) -> None:
    account = office.account()
    asked = ledger(account)
    asked("password")
    asked.settle("WrongPassword")
    asked.settle()
    assert results(account) == ["rejected"]


def test_it_is_known_whether_a_secret_left_and_whether_the_portal_took_a_password(office: Office) -> None:
    asked = ledger(office.account(seed=None))
    assert (asked.unsettled, asked.entered, asked.unanswered) == (False, False, False)
    asked("password")
    assert (asked.unsettled, asked.entered) == (True, False)
    asked.settle()
    assert (asked.unsettled, asked.entered, asked.unanswered) == (False, True, False)
    denied = ledger(office.account("ben", seed=None))
    denied("password")
    denied.settle("WrongPassword")
    denied.settle()
    assert (denied.unsettled, denied.entered) == (False, False)


def test_a_password_was_taken_also_where_the_code_after_it_is_refused(office: Office) -> None:
    asked = ledger(office.account())
    asked("password")
    asked("authenticator")
    asked.settle("CodeRejected")
    assert asked.entered


def test_another_accounts_codes_are_not_mine(office: Office) -> None:
    ana, ben = ledger(office.account("ana")), ledger(office.account("ben"))
    for asked in (ana, ben):
        asked("password")
    assert isinstance(ben("authenticator"), Secret)
    assert isinstance(ana("authenticator"), Secret)
    for asked in (ana, ben):
        asked.settle()
    assert [end.result for end in AttemptEnd.objects.all()] == ["accepted"] * 4
    assert all(attempt.credential.account == attempt.account for attempt in Attempt.objects.all())
    assert CodeUse.objects.filter(time_step=int(START.timestamp())).count() == 2


def test_a_code_that_was_sent_is_not_refused_because_the_authenticators_is_asked_for(office: Office) -> None:
    account, time = office.account(), Time()
    asked = ledger(account, time)
    asked("password")
    sent = Attempt.objects.create(
        account=account,
        credential=Credential.objects.get(),
        stay=Attempt.objects.get().stay,
        kind="email",
        at=START,
    )
    asked("authenticator")
    assert not AttemptEnd.objects.filter(attempt=sent).exists()


def test_signing_in_again_in_the_same_stay_has_two_codes_of_its_own(office: Office) -> None:
    asked = ledger(office.account())
    for _ in range(2):
        answers = [asked(kind) for kind in ("password", "authenticator", "authenticator")]
        assert [type(answer) for answer in answers] == [Secret] * 3
        asked.settle()


def test_a_password_that_lies_elsewhere_leaves_as_it_was_read_and_so_do_its_codes(office: Office) -> None:
    account = accounts.add(portal="cascadia", owner=office.person(), user_name="ana", password=None)
    fingerprint = credentials.fingerprint(account, PASSWORD)
    Credential.objects.create(account=account, version=1, fingerprint=fingerprint)
    for seed, code in ((Seed.parse(SEED), True), (None, False)):
        asked = Ledger(account, uuid4(), Time().clock, elsewhere=Secrets(PASSWORD, seed))
        assert asked("password") == Secret(value=PASSWORD)
        assert isinstance(asked("authenticator"), Secret) is code
        asked.settle()


def test_a_code_with_five_seconds_left_is_used_at_once(office: Office) -> None:
    time = Time(START + timedelta(seconds=25))
    asked = ledger(office.account(), time)
    asked("password")
    asked("authenticator")
    assert time.slept == []


def test_a_clock_that_went_back_two_periods_waits_for_an_unused_step(office: Office) -> None:
    account = office.account()
    ahead, back = Time(START + timedelta(seconds=30)), Time(START)
    for time in (ahead, back):
        asked = ledger(account, time)
        asked("password")
        assert isinstance(asked("authenticator"), Secret)
        asked.settle()
    assert back.slept == [60.0]


def test_recovering_an_account_touches_no_other_and_nothing_that_has_ended(office: Office) -> None:
    ana, ben = office.account("ana"), office.account("ben")
    done = ledger(ana)
    done("password")
    done.settle()
    ledger(ben)("password")
    assert not attempts.recover(ana)
    assert not attempts.on_hold(ana)
    assert results(ben) == []


def test_an_unfinished_attempt_is_named_by_its_hold(office: Office) -> None:
    account, time = office.account(), Time()
    ledger(account, time)("password")
    time.at += timedelta(hours=1)
    assert attempts.recover(account, time.clock)
    hold = Hold.objects.get()
    assert (hold.attempt, hold.at, hold.trouble) == (Attempt.objects.get(), time.at, UNFINISHED)
    assert AttemptEnd.objects.get().at == time.at


def test_t_acc_03_a_restore_holds_nobody_twice_and_nobody_who_is_off(office: Office) -> None:
    ana, ben, cleo = (office.account(name) for name in ("ana", "ben", "cleo"))
    attempts.hold(ana, "TermsToAccept")
    Account.objects.filter(pk=cleo.pk).update(active=False)
    lastattempt.remember(Attempt(pk=99, stay=uuid4()))
    time = Time(START + timedelta(hours=5))
    assert attempts.restored(time.clock)
    held = [(hold.account, hold.trouble) for hold in Hold.objects.order_by("pk")]
    assert held == [(ana, "TermsToAccept"), (ben, RESTORED)]
    assert Hold.objects.get(account=ben).at == time.at


@pytest.mark.parametrize("trouble", [None, "AnotherSession"])
def test_whom_the_portal_knows_it_has_accepted(office: Office, trouble: str | None) -> None:
    ana, ben = office.account("ana"), office.account("ben")
    ledger(ben)("password")
    asked = ledger(ana)
    asked("password")
    asked.settle(trouble)
    assert (results(ana), results(ben)) == (["accepted"], [])
    assert not Hold.objects.exists()


def test_sessions_that_a_portal_ended_for_others_are_not_counted(office: Office) -> None:
    time = Time()
    for name in ("ben", "cleo", "dora"):
        twice(office.account(name, seed=None), time)
    assert isinstance(twice(office.account("ana", seed=None), time), Secret)


def test_a_code_after_a_password_is_no_signing_in_again(office: Office) -> None:
    account, time = office.account(), Time()
    for _ in range(3):
        asked = ledger(account, time)
        asked("password")
        asked("authenticator")
        asked.settle()
    assert isinstance(twice(account, time), Secret)


# Why a secret is denied, as a person reads it -----------------------------------------------------


def on_hold(office: Office) -> Secret | Deny:
    account = office.account()
    attempts.hold(account, "TermsToAccept")
    return ledger(account)("password")


def off(office: Office) -> Secret | Deny:
    account = office.account("ana")
    Account.objects.update(active=False)
    office.account("ben")
    return ledger(account)("password")


def without_a_password(office: Office) -> Secret | Deny:
    account = accounts.add(portal="cascadia", owner=office.person(), user_name="ana", password=None)
    return ledger(account)("password")


def found_nowhere(office: Office) -> Secret | Deny:
    account = accounts.add(portal="cascadia", owner=office.person(), user_name="ana", password=None)
    Credential.objects.create(account=account, version=1, fingerprint="of what lies elsewhere")
    return ledger(account)("password")


def while_one_is_open(office: Office) -> Secret | Deny:
    account = office.account()
    ledger(account)("password")
    return ledger(account)("password")


def a_third_time(office: Office) -> Secret | Deny:
    asked = ledger(office.account())
    for _ in range(2):
        asked("password")
        asked.settle()
    return asked("password")


def ended_too_often(office: Office) -> Secret | Deny:
    account, time = office.account(seed=None), Time()
    return [twice(account, time) for _ in range(4)][-1]


def ahead(office: Office) -> Secret | Deny:
    return ledger(office.account())("password", START + timedelta(seconds=20.6))


def behind(office: Office) -> Secret | Deny:
    return ledger(office.account())("password", START - timedelta(hours=1))


def without_any_time(office: Office) -> Secret | Deny:
    clock = Clock(now=Time().clock.now, synchronised=lambda: False)
    return Ledger(office.account(), uuid4(), clock)("password")


def before_the_password(office: Office) -> Secret | Deny:
    return ledger(office.account())("authenticator")


def without_a_seed(office: Office) -> Secret | Deny:
    asked = ledger(office.account(seed=None))
    asked("password")
    return asked("authenticator")


def a_third_code(office: Office) -> Secret | Deny:
    asked = ledger(office.account())
    return [asked(kind) for kind in ("password", "authenticator", "authenticator", "authenticator")][-1]


def an_hour_back(office: Office) -> Secret | Deny:
    account = office.account()
    a_code = ledger(account)
    a_code("password")
    a_code("authenticator")
    a_code.settle()
    asked = ledger(account, Time(START - timedelta(hours=1)))
    asked("password")
    return asked("authenticator")


def held_meanwhile(office: Office) -> Secret | Deny:
    account = office.account()
    asked = ledger(account)
    asked("password")
    attempts.hold(account, "TermsToAccept")
    return asked("authenticator")


def by_mail(office: Office) -> Secret | Deny:
    return ledger(office.account())("email")


def while_paused(office: Office) -> Secret | Deny:
    pauses.pause("cascadia", "their administrator called")
    return ledger(office.account())("password")


NOT_FINISHED = (
    "Sign in to the portal by hand to see that the account works, then release it: an attempt at signing in "
    "was not finished, and nobody knows whether the portal counted it."
)


@pytest.mark.parametrize(
    ("asking", "trouble", "words"),
    [
        (on_hold, "StaffNeeded", "the account is on hold"),
        (held_meanwhile, "StaffNeeded", "the account is on hold"),
        (off, "StaffNeeded", "the account is not active here"),
        (without_a_password, "StaffNeeded", "no password is stored for the account"),
        (found_nowhere, "SignedOut", "another password was stored during the stay"),
        (
            while_one_is_open,
            "StaffNeeded",
            NOT_FINISHED,
        ),
        (a_third_time, "SignedOut", "this stay has signed in again once already"),
        (ended_too_often, "SignedOut", "the portal has ended 3 sessions since yesterday"),
        (ahead, "ClockWrong", "the portal's clock is 21 s ahead of this machine's"),
        (behind, "ClockWrong", "the portal's clock is 3600 s behind this machine's"),
        (
            without_any_time,
            "ClockWrong",
            "the portal does not tell its time, and no time server keeps this machine's clock",
        ),
        (before_the_password, "PortalChanged", "a code was asked for before the password"),
        (without_a_seed, "CodeNeeded", "no authenticator seed is stored for the account"),
        (a_third_code, "CodeRejected", "the portal refused two codes"),
        (an_hour_back, "ClockWrong", "the clock of this machine jumped"),
        (by_mail, "CodeNeeded", "the portal sends this code to a person"),
        (while_paused, "PortalPaused", "their administrator called"),
    ],
)
def test_why_a_secret_is_denied_is_told(
    office: Office, asking: Callable[[Office], Secret | Deny], trouble: str, words: str
) -> None:
    assert asking(office) == Deny(trouble=trouble, words=words)


def test_a_password_that_belongs_to_another_account_does_not_open(office: Office) -> None:
    ana, ben = office.account("ana"), office.account("ben")
    sealed = Credential.objects.get(account=ben).sealed_password
    Credential.objects.create(account=ana, version=2, sealed_password=sealed, fingerprint="of ben's")
    assert ledger(ana)("password") == Deny(
        trouble="StaffNeeded",
        words=f"the password of credential {ana.pk}/2 does not open: "
        "it was changed, moved from another row, or sealed with other keys",
    )
    assert not Attempt.objects.exists()


# What a hold says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "said"), [("503", "PortalUnavailable: 503"), ("", "PortalUnavailable")])
def test_the_hold_says_how_an_unfinished_attempt_ended(office: Office, words: str, said: str) -> None:
    time = Time()
    asked = ledger(office.account(), time)
    asked("password")
    time.at += timedelta(seconds=9)
    asked.settle("PortalUnavailable", words)
    (listed,) = accounts.listed()
    assert listed.state.endswith(f"nobody knows whether the portal counted it. It ended with: “{said}”.")
    hold = Hold.objects.get()
    assert (hold.attempt, hold.at) == (Attempt.objects.get(), time.at)


def test_the_hold_of_a_refusal_names_the_last_attempt_and_its_time(office: Office) -> None:
    time = Time()
    asked = ledger(office.account(), time)
    asked("password")
    asked("authenticator")
    time.at += timedelta(seconds=9)
    asked.settle("CodeRejected", "Code incorrect")
    hold = Hold.objects.get()
    assert hold.attempt is not None
    assert (hold.attempt.kind, hold.at, hold.by) == ("authenticator", time.at, None)


@pytest.mark.parametrize("trouble", ["TermsToAccept", "CodeNeeded"])
def test_trouble_that_needs_staff_holds_the_account_also_where_nothing_had_left(
    office: Office, trouble: str
) -> None:
    ledger(office.account()).settle(trouble)
    hold = Hold.objects.get()
    assert (hold.trouble, hold.attempt) == (trouble, None)


def test_who_put_an_account_on_hold_is_asked_before_it_is_released(office: Office) -> None:
    account, ben = office.account(), office.person("ben")
    attempts.hold(account, attempts.HELD, words="on leave", by=ben)
    attempts.hold(account, attempts.HELD)
    first, second = Hold.objects.order_by("pk")
    assert (first.todo, first.by) == ("Ben put it on hold: ask before it is released.", ben)
    assert second.todo == "Somebody put it on hold: ask before it is released."


def test_what_to_do_about_a_refused_password_depends_on_where_it_lies(office: Office) -> None:
    sealed, elsewhere = office.account("ana"), office.account("ben")
    elsewhere.source = CommandSource(argv=("/bin/true",)).model_dump(mode="json")
    todos = [
        [attempts.hold(account, trouble).todo for trouble in ("WrongPassword", "TermsToAccept")]
        for account in (sealed, elsewhere)
    ]
    put = "Sign in by hand, put the password that works where it lies, then release the account here."
    assert todos == [
        [errors.WrongPassword.todo, errors.TermsToAccept.todo],
        [put, errors.TermsToAccept.todo],
    ]


def test_a_hold_without_words_says_what_to_do_and_nothing_else(office: Office) -> None:
    attempts.hold(office.account("ana"), "TermsToAccept")
    ledger(office.account("ben")).settle("TermsToAccept")
    assert [one.state for one in accounts.listed()] == [f"on hold: {errors.TermsToAccept.todo}"] * 2


def test_what_is_sealed_in_a_database_lies_where_it_was_put(office: Office) -> None:
    # Under another name, or another's, nothing that is stored would open.
    account = office.account()
    hold = attempts.hold(account, "TermsToAccept")
    credential = Credential.objects.get()
    assert [
        attempts.password_slot(credential),
        attempts.seed_slot(credential),
        attempts.words_slot(hold),
    ] == [
        Slot("credential", f"{account.pk}/1", "password"),
        Slot("credential", str(account.pk), "seed"),
        Slot("hold", str(hold.uuid), "words"),
    ]
