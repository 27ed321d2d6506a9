"""Somebody leaves, works at the portal, or is asked to do something: nothing of theirs is used meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from harvester.model.portal import Lockout, Rules
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, lookups, people, prompts, worklist
from harvester.office.accounts import AccountError
from harvester.office.attempts import Ledger
from harvester.office.locks import AccountLock
from harvester.office.models import (
    Account,
    CodeRequest,
    Credential,
    Departure,
    Hold,
    Lookup,
    Person,
    Snapshot,
)
from harvester.office.people import PersonError
from harvester.office.plan import Urgency
from harvester.office.reminders import Known, reminders
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Deny, Entered
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import TODAY, InProcessStay, Portal, catalogue, claim_item, truth

Run = Callable[..., SweepReport]


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(alone.swept, today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())


def once(portal: Portal, act: Callable[[], object]) -> None:
    """Let something happen while the first lookup is being answered."""
    left = [act]

    def answer(query: Query) -> Answer:
        if left:
            left.pop()()
        return truth(query)

    portal.answers = answer


def reasons(report: SweepReport) -> list[str]:
    return [one.reason for one in report.waiting]


# Leaving ------------------------------------------------------------------------------------------


def test_of_somebody_who_left_nothing_is_used_any_more(either: Office, portal: Portal, run: Run) -> None:
    account = either.account("ana")
    ben = either.account("ben").owner
    follow(4)
    run()
    people.leave(account.owner, by=ben, clock=portal.time.clock)
    before = len(portal.sign_ins)
    follow(8)
    assert run().counts["waiting"] == 0
    assert {user for user, _ in portal.sign_ins[before:]} == {"ben.user"}
    gone = Account.objects.get(pk=account.pk)
    assert (gone.active, gone.sweep_consent, gone.owner.is_active) == (False, None, False)
    assert Lookup.objects.filter(account=account, state="answered").exists()
    assert Snapshot.objects.filter(lookup__account=account).exists()


def test_what_somebody_asked_who_left_is_called_off(office: Office) -> None:
    account, ben = office.account("ana"), office.account("ben")
    query = claim_item(1).claim_query("CAS01")
    for one in (account, ben):
        asker = lookups.Asker(TODAY, "they asked", Urgency.PERSON_WAITS, person=one.owner)
        lookups.lookup(query, one, asker).save()
    people.leave(account.owner, by=ben.owner)
    assert dict(Lookup.objects.values_list("account", "state")) == {
        account.pk: "cancelled",
        ben.pk: "waiting",
    }


def test_the_secrets_of_somebody_who_left_are_destroyed(office: Office) -> None:
    account, ben = office.account("ana"), office.person("ben")
    accounts.replace(account, by=account.owner, password="Another-Password-1")
    people.leave(account.owner, by=ben)
    left = Credential.objects.filter(account=account)
    assert {one.sealed_seed for one in left} == {None}
    assert [one.sealed_password for one in left if one.sealed_password != b""] == []
    with pytest.raises(AccountError, match="left the practice"):
        accounts.replace(account, by=account.owner, password="Another-Password-2")
    answer = Ledger(account, uuid4())("password")
    assert isinstance(answer, Deny)
    assert answer.words == "the account is not active here"
    gone = Person.objects.get(pk=account.owner_id)
    with pytest.raises(AccountError, match="Ana has left the practice"):
        accounts.add(portal="elsewhere", owner=gone, user_name="ana", password="x" * 12)


def test_a_stay_of_somebody_who_left_ends_at_once_and_signs_out(
    either: Office, portal: Portal, run: Run
) -> None:
    account, ben = either.account("ana"), either.person("ben")
    follow(5)
    once(portal, lambda: people.leave(account.owner, by=ben, clock=portal.time.clock))
    report = run()
    assert reasons(report) == ["the account is not active here"]
    assert (report.counts["looked_up"], len(portal.queries), portal.sign_outs) == (1, 1, 1)
    assert not Hold.objects.exists()


def test_the_code_of_somebody_who_left_is_not_waited_for(office: Office) -> None:
    account, now = office.account("ana"), datetime.now(UTC)
    row = CodeRequest.objects.create(
        account=account, stay=uuid4(), kind="text", at=now, until=now + prompts.OPEN
    )
    people.leave(account.owner, by=office.person("ben"))
    assert not prompts.waiting_for(account.owner).exists()
    row.refresh_from_db()
    assert row.closed is not None


def test_who_left_is_waited_for_a_minute_and_named_where_a_stay_goes_on(
    office: Office, portal: Portal
) -> None:
    account, other = office.account("ana"), office.account("ben")
    with AccountLock(account.pk):
        assert people.still_signed_in(account.owner, portal.time.clock) == [account]
    assert sum(portal.time.slept) == people.GONE
    assert people.still_signed_in(account.owner, portal.time.clock) == []
    assert people.still_signed_in(other.owner, portal.time.clock) == []


def test_it_takes_somebody_else_and_is_noted_once(office: Office) -> None:
    account, ben = office.account("ana"), office.person("ben")
    with pytest.raises(PersonError, match="somebody else does this"):
        people.leave(account.owner, by=account.owner)
    assert Account.objects.get().active
    for _ in range(2):
        assert people.leave(account.owner, by=ben) == [account]
    assert Departure.objects.get().by == ben


def test_the_access_review_names_every_account_with_its_last_sign_in(
    office: Office, portal: Portal, run: Run
) -> None:
    account, never = office.account("ana"), office.account("ben", consent=False)
    Account.objects.filter(pk=account.pk).update(role="claims viewer")
    follow(1)
    run()
    people.leave(never.owner, by=account.owner, clock=portal.time.clock)
    first, second = people.review()
    assert (first.person, first.role, first.state, first.here) == ("ana", "claims viewer", "ready", "active")
    assert first.signed_in is not None
    assert first.signed_in.date() == portal.time.at.date()
    assert (second.signed_in, second.state, second.here) == (None, "off", f"left on {portal.time.at.date()}")


# Working at the portal oneself --------------------------------------------------------------------


def test_nobody_signs_in_while_the_owner_works_at_the_portal(
    either: Office, portal: Portal, run: Run
) -> None:
    account = either.account("ana")
    follow(2)
    until = portal.time.at + timedelta(minutes=30)
    accounts.take(account, by=account.owner, until=until)
    assert reasons(run()) == [f"Ana works at the portal until {until:%H:%M} UTC"]
    assert portal.begun == []
    portal.time.sleep(30 * 60)
    assert run().counts["looked_up"] == 2


def test_a_stay_makes_way_for_the_owner_after_its_lookup(either: Office, portal: Portal, run: Run) -> None:
    account = either.account("ana")
    follow(3)
    until = portal.time.at + timedelta(minutes=30)
    once(portal, lambda: accounts.take(account, by=account.owner, until=until))
    report = run()
    assert reasons(report) == [f"Ana works at the portal until {until:%H:%M} UTC"]
    assert (report.counts["looked_up"], portal.sign_outs) == (1, 1)
    accounts.give_back(account, by=account.owner)
    assert run().counts["looked_up"] == 2


def test_an_account_that_its_owner_uses_says_so(office: Office) -> None:
    account = office.account("ana")
    accounts.take(account, by=account.owner, until=datetime.now(UTC) + timedelta(hours=1))
    (listed,) = accounts.listed()
    assert listed.state.startswith("its owner works at the portal until ")


@pytest.mark.parametrize(
    "act",
    [
        partial(accounts.take, until=datetime.now(UTC)),
        accounts.give_back,
        partial(accounts.consent, day=None),
    ],
    ids=["take", "give back", "consent"],
)
def test_nobody_but_the_owner_takes_gives_or_agrees(office: Office, act: Callable[..., None]) -> None:
    account, ben = office.account("ana"), office.person("ben")
    with pytest.raises(AccountError, match="only the account's owner"):
        act(account, by=ben)


def test_without_the_owners_consent_the_sweep_leaves_the_account_alone(
    office: Office, portal: Portal, run: Run
) -> None:
    account = office.account("ana")
    follow(2)
    accounts.consent(account, by=account.owner, day=None)
    run()
    assert portal.begun == []
    accounts.consent(account, by=account.owner, day=TODAY)
    assert run().counts["looked_up"] == 2


# What is due --------------------------------------------------------------------------------------

RULES = Rules(lockout=Lockout(after=3), idle=timedelta(minutes=15), password_days=60, unused_days=90)
DAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (15, None),
        (14, "within 14 days"),
        (7, "within 7 days"),
        (3, "within 3 days"),
        (1, "by tomorrow"),
        (0, "today"),
        (-2, "it was due on 2026-11-14"),
    ],
)
@pytest.mark.parametrize(
    ("what", "known"),
    [
        ("Change the password at the portal", lambda day: Known(day - timedelta(days=60), DAY, None)),
        ("Sign in once", lambda day: Known(None, day - timedelta(days=90), None)),
        ("Recertify the account", lambda day: Known(None, DAY, day)),
    ],
)
def test_what_is_due_is_said_14_days_before(
    what: str, known: Callable[[date], Known], left: int, said: str | None
) -> None:
    found = reminders(known(DAY + timedelta(days=left)), RULES, DAY)
    sentences = [one.sentence(DAY) for one in found]
    if said is None:
        assert sentences == []
        return
    (sentence,) = sentences
    assert sentence.startswith(what)
    assert sentence.endswith(f": {said}.")


def test_where_the_portal_has_no_such_rule_nothing_is_due() -> None:
    plain = RULES.model_copy(update={"password_days": None, "unused_days": None})
    assert reminders(Known(date(2020, 1, 1), date(2020, 1, 1), None), plain, DAY) == ()


def test_the_most_urgent_comes_first() -> None:
    known = Known(DAY - timedelta(days=50), DAY, DAY + timedelta(days=2))
    assert [one.day for one in reminders(known, RULES, DAY)] == [
        DAY + timedelta(days=2),
        DAY + timedelta(days=10),
    ]


def test_a_password_is_as_old_as_its_owner_says(office: Office) -> None:
    account = office.account("ana")
    (listed,) = accounts.listed()
    assert listed.known.changed == account.created.date()
    accounts.replace(account, by=account.owner, password="Another-Password-1", changed=date(2026, 9, 1))
    (listed,) = accounts.listed()
    assert listed.known.changed == date(2026, 9, 1)


def test_what_the_portal_tells_on_the_way_in_is_kept_once(
    either: Office, portal: Portal, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = either.account("ana")
    told = "Your password expires in 9 days."
    enter = InProcessStay.enter

    def telling(stay: InProcessStay) -> Entered:
        enter(stay)
        return Entered(notices=(told,))

    monkeypatch.setattr(InProcessStay, "enter", telling)
    began = portal.time.at
    follow(1)
    run()
    follow(2)
    run()
    assert len(portal.sign_ins) == 2
    assert accounts.notices(account, began) == [told]
    stored = b"".join(path.read_bytes() for path in either.files)
    assert told.encode() not in stored
