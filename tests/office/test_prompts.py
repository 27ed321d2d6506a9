"""Codes that a portal sends to a person: who is asked, how often, and what comes of no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from unittest.mock import patch
from uuid import uuid4

import pytest

from harvester import errors
from harvester.model.portal import PortalFacts
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, prompts, worklist
from harvester.office.attempts import Ledger
from harvester.office.models import Account, Attempt, AttemptEnd, CodeRequest, Hold, Lookup, Person
from harvester.office.prompts import MOMENT, Channel, Prompt, PromptError, Received, Typed, Watcher
from harvester.office.sweep import SweepReport
from harvester.office.vault import SealError
from harvester.visit.wire import Catalogue, Deny, Secret
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, Portal, Time, claim_item, truth

Run = Callable[..., SweepReport]
CODE = "204871"


@dataclass
class Owner:
    """Sits at the terminal of the run and enters a code, or says “not now”, or looks away."""

    code: str | None = CODE
    asked: list[Prompt] = field(default_factory=list)
    time: Time = field(default_factory=Time)

    @contextmanager
    def asking(self, prompt: Prompt) -> Iterator[Typed]:
        self.asked.append(prompt)
        yield self.typed

    def typed(self) -> str | None:
        self.time.sleep(MOMENT)
        return self.code

    @property
    def watcher(self) -> Watcher:
        """As the run knows them: everybody of the practice at once."""
        return Watcher(self.asking, frozenset(Person.objects.values_list("pk", flat=True)))


@pytest.fixture
def portal() -> Portal:
    """A portal that e-mails a code."""
    return Portal(seed=None, sends=CODE)


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(alone.swept, today=TODAY, stay=portal.stay, catalogue=known(), clock=portal.time.clock)


def known(lives: timedelta | None = None) -> Callable[[], Catalogue]:
    rules = FACTS.rules.model_copy(update={"code_lives": lives})
    return lambda: Catalogue(portals=(facts(rules=rules),))


def facts(**other: object) -> PortalFacts:
    return FACTS.model_copy(update=other)


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=known()())


def results() -> list[tuple[str, str]]:
    ends = AttemptEnd.objects.order_by("attempt").values_list("attempt__kind", "result")
    return [(kind, result) for kind, result in ends]


def test_the_owner_is_asked_by_name_and_the_request_is_written_before(either: Office, run: Run) -> None:
    either.account("ana")
    follow(2)
    owner = Owner()
    written = []

    def typed() -> str:
        written.append(Attempt.objects.filter(end=None).get().kind)
        return f" {CODE[:3]} {CODE[3:]} "

    with patch.object(owner, "typed", typed):
        assert run(watcher=owner.watcher).counts["looked_up"] == 2
    assert written == ["email"]
    (prompt,) = owner.asked
    assert (prompt.owner.called, prompt.user_name, prompt.kind) == ("Ana", "ana.user", "email")
    assert prompt.sentence.startswith(
        "Cascadia Provider Portal sent an e-mail with a code to Ana (ana.user)."
    )
    row = CodeRequest.objects.get()
    assert (prompt.request, prompt.until, prompt.number, row.number) == (row.uuid, row.until, "", "")
    assert row.closed is not None
    assert results() == [("password", "accepted"), ("email", "accepted")]


@pytest.mark.parametrize("said", [None, "", "  ", "no code!"])
def test_without_an_answer_the_lookups_wait_and_nobody_is_held(
    office: Office, portal: Portal, run: Run, said: str | None
) -> None:
    office.account("ana")
    follow(2)
    owner = Owner(said, time=portal.time)
    report = run(watcher=owner.watcher)
    (waiting,) = report.waiting
    assert (waiting.owner, waiting.count) == ("Ana", 2)
    assert waiting.reason.endswith("sends codes to Ana, and none was entered")
    assert len(owner.asked) == 1
    assert portal.codes == []
    assert results() == [("password", "accepted"), ("email", "unknown")]
    assert not Hold.objects.exists()
    assert CodeRequest.objects.get().closed is not None
    assert run(watcher=Owner().watcher).counts["looked_up"] == 2


def only_by_email() -> Catalogue:
    return Catalogue(portals=(facts(rules=FACTS.rules.model_copy(update={"mfa": ("email",)})),))


def test_no_portal_is_made_to_send_a_code_while_its_owner_is_not_there(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    ben = office.person("ben")
    follow(1)
    owner = Owner()
    for watcher in (None, Watcher(owner.asking), Watcher(owner.asking, frozenset({ben.pk}))):
        (waiting,) = run(catalogue=only_by_email, watcher=watcher).waiting
        assert waiting.reason.endswith("sends codes, and Ana is not here to enter one")
    assert (portal.begun, portal.sign_ins, owner.asked) == ([], [], [])
    assert not Hold.objects.exists()


def test_the_owner_answers_from_another_terminal(either: Office, portal: Portal, run: Run) -> None:
    owner, time = either.account("ana").owner, portal.time
    follow(1)
    prompts.be_there(owner, time.clock)
    answered = []

    def elsewhere(seconds: float) -> None:
        time.sleep(seconds)
        for row in prompts.waiting_for(owner, time.clock):
            prompts.enter(row.uuid, CODE, by=owner, clock=time.clock)
            answered.append(bytes(CodeRequest.objects.get().sealed_code or b""))

    clock = replace(time.clock, sleep=elsewhere)
    assert run(catalogue=only_by_email, clock=clock).counts["looked_up"] == 1
    assert portal.codes == [("ana.user", CODE)]
    assert len(answered) == 1
    assert CODE.encode() not in answered[0]
    assert CodeRequest.objects.get().sealed_code is None


def test_who_left_is_not_there(office: Office, portal: Portal, run: Run) -> None:
    owner, clock = office.account("ana").owner, portal.time.clock
    follow(1)
    prompts.be_there(owner, clock)
    prompts.leave(owner)
    run(catalogue=only_by_email)
    prompts.be_there(owner, clock)
    portal.time.sleep(prompts.THERE.total_seconds())
    run(catalogue=only_by_email)
    assert portal.sign_ins == []


def test_nobody_signs_in_again_when_the_owner_has_left_meanwhile(
    office: Office, portal: Portal, run: Run
) -> None:
    account = office.account("ana")
    follow(2)
    prompts.be_there(account.owner, portal.time.clock)

    def answering(seconds: float) -> None:
        portal.time.sleep(seconds)
        for row in prompts.waiting_for(account.owner, portal.time.clock):
            prompts.enter(row.uuid, CODE, by=account.owner, clock=portal.time.clock)

    clock = replace(portal.time.clock, sleep=answering)
    ended = twice()

    def left(query: Query) -> Answer | Exception:
        prompts.leave(account.owner)
        return ended(query)

    portal.answers = left
    run(catalogue=only_by_email, clock=clock)
    assert portal.sign_ins == [("ana.user", True)]
    assert not Hold.objects.exists()
    assert Lookup.objects.filter(state="waiting").count() == 2


@pytest.fixture
def request_(office: Office) -> CodeRequest:
    """A code that was sent to Ana."""
    return requested(office.account("ana"))


def requested(account: Account) -> CodeRequest:
    now = Time().at
    return CodeRequest.objects.create(
        account=account, stay=uuid4(), kind="text", at=now, until=now + prompts.OPEN
    )


def refusal(request: CodeRequest, by: Person, code: str = CODE, later: float = 0.0) -> str:
    """Return why a code is not taken."""
    time = Time()
    time.sleep(later)
    with pytest.raises(PromptError) as refused:
        prompts.enter(request.uuid, code, by=by, clock=time.clock)
    return str(refused.value)


def test_t_acc_11_nobody_but_the_owner_enters_a_code_however_often(
    office: Office, request_: CodeRequest
) -> None:
    ben = office.person("ben")
    assert not prompts.waiting_for(ben, Time().clock).exists()
    said = {refusal(request_, ben, f"{guess:06}") for guess in range(20)}
    assert said == {"the code was sent to Ana, and nobody else may enter it"}
    request_.refresh_from_db()
    assert (request_.answered, request_.sealed_code) == (None, None)
    assert prompts.waiting_for(request_.account.owner, Time().clock).get() == request_


def test_t_acc_11_one_code_is_taken_and_no_second_one(either: Office) -> None:
    row = requested(either.account("ana"))
    owner = row.account.owner
    prompts.enter(row.uuid, CODE, by=owner, clock=Time().clock)
    said = {refusal(row, owner, f"{guess:06}") for guess in range(20)}
    assert said == {"a code was entered already, and the portal is given one"}


@pytest.mark.parametrize(("later", "closed"), [(300.0, False), (0.0, True)], ids=["expired", "closed"])
def test_t_acc_11_a_code_that_comes_too_late_is_not_taken(
    request_: CodeRequest, later: float, closed: bool
) -> None:
    if closed:
        request_.closed = Time().at
        request_.save()
    assert refusal(request_, request_.account.owner, later=later) == "nothing waits for this code any more"


@pytest.mark.parametrize("code", ["", "12 34-56", "1" * 21, "١٢٣٤"])
def test_t_acc_11_what_is_no_code_is_not_taken_and_may_be_entered_again(
    request_: CodeRequest, code: str
) -> None:
    owner = request_.account.owner
    assert refusal(request_, owner, code) == "a code has letters and digits only"
    prompts.enter(request_.uuid, CODE, by=owner, clock=Time().clock)


def test_a_request_is_shown_until_its_time_is_over(request_: CodeRequest) -> None:
    owner, clock = request_.account.owner, Time(request_.until - timedelta(seconds=1)).clock
    assert prompts.waiting_for(owner, clock).get() == request_
    assert not prompts.waiting_for(owner, Time(request_.until).clock).exists()


def test_a_code_has_letters_and_digits_and_is_not_too_long() -> None:
    for said, legible in {"1" * 20: True, "1" * 21: False, "12 34": True, "1-2": False, "": False}.items():
        assert prompts.legible(said) is legible, said


def test_an_empty_line_closes_the_request_and_asks_no_more(request_: CodeRequest) -> None:
    said, clock = iter(["", "204871"]), Time().clock
    prompts.put(request_, lambda: next(said), by=request_.account.owner, clock=clock)
    request_.refresh_from_db()
    assert (request_.closed is not None, request_.answered, prompts.given(request_)) == (True, None, "")
    assert next(said) == "204871"


def test_only_the_requests_of_that_stay_are_closed(request_: CodeRequest) -> None:
    received, other = Received(None, Time().clock), uuid4()
    received.inbox(request_.account, FACTS).close(other)
    request_.refresh_from_db()
    assert request_.closed is None
    received.inbox(request_.account, FACTS).close(request_.stay)
    request_.refresh_from_db()
    assert request_.closed is not None


def test_t_acc_11_of_two_open_requests_each_gets_its_own_code(request_: CodeRequest) -> None:
    owner, clock = request_.account.owner, Time().clock
    other = requested(accounts.add(portal="elsewhere", owner=owner, user_name="ana", password="x" * 12))
    assert list(prompts.waiting_for(owner, clock)) == [request_, other]
    prompts.enter(other.uuid, "111111", by=owner, clock=clock)
    assert list(prompts.waiting_for(owner, clock)) == [request_]
    other.refresh_from_db()
    assert prompts.given(other) == "111111"
    request_.sealed_code = other.sealed_code
    with pytest.raises(SealError):  # a code opens in its own row alone
        prompts.given(request_)


def test_t_acc_11_of_twenty_guesses_one_reaches_the_portal(office: Office, portal: Portal, run: Run) -> None:
    office.account("ana")
    follow(3)
    for guess in range(20):
        run(watcher=Owner(f"{guess:06}").watcher)
    assert portal.codes == [("ana.user", "000000")]
    assert Hold.objects.get().trouble == "CodeRejected"


def test_a_refused_code_holds_the_account_and_is_not_asked_for_again(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    follow(1)
    owner = Owner("111111")
    run(watcher=owner.watcher)
    run(watcher=owner.watcher)
    assert portal.codes == [("ana.user", "111111")]
    assert len(owner.asked) == 1
    assert Hold.objects.get().trouble == "CodeRejected"
    assert results() == [("password", "accepted"), ("email", "rejected")]


def test_one_sign_in_asks_once(office: Office) -> None:
    account, owner, time = office.account(), Owner(), Time()
    inbox = Received(owner.watcher, time.clock).inbox(account, facts())
    asked = Ledger(account, uuid4(), time.clock, inbox)
    asked("password")
    assert asked("email") == Secret(value=CODE)
    second = asked("email")
    assert isinstance(second, Deny)
    assert second.trouble == "CodeRejected"
    assert len(owner.asked) == 1


def test_nobody_is_asked_before_the_password_or_for_an_account_on_hold(office: Office) -> None:
    account, owner, time = office.account(), Owner(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(owner.watcher, time.clock).inbox(account, facts()))
    early = asked("email")
    assert isinstance(early, Deny)
    assert early.trouble == "PortalChanged"
    asked("password")
    accounts.hold(account, by=office.person())
    late = asked("email")
    assert isinstance(late, Deny)
    assert late.trouble == "StaffNeeded"
    assert owner.asked == []


def ledger(account: Account, owner: Owner | None, mfa: tuple[Channel, ...] = ()) -> Ledger:
    """Return what gives the account's secrets, while its owner watches or nobody does."""
    clock = Time().clock
    rules = FACTS.rules.model_copy(update={"mfa": mfa})
    inbox = Received(owner.watcher if owner else None, clock).inbox(account, facts(rules=rules))
    return Ledger(account, uuid4(), clock, inbox)


def test_why_a_code_that_a_person_receives_is_denied_is_told(office: Office) -> None:
    asked = ledger(office.account(), Owner())
    assert asked("email") == Deny(trouble="PortalChanged", words="a code was asked for before the password")
    asked("password")
    asked("email")
    assert asked("email") == Deny(trouble="CodeRejected", words="the portal refused the code")


def test_a_code_that_nobody_enters_leaves_nothing_unsettled(office: Office) -> None:
    asked = ledger(office.account(), None)
    asked("password")
    assert asked("email") == Deny(
        trouble="CodeNeeded", words="nobody was there to enter the code that the portal sent"
    )
    assert (asked.unsettled, asked.unanswered) == (False, True)


def test_no_password_leaves_where_nobody_would_enter_the_code(office: Office) -> None:
    asked = ledger(office.account(), None, mfa=("email",))
    assert asked("password") == Deny(
        trouble="CodeNeeded",
        words="Cascadia Provider Portal sends codes, and Ana is not here to enter one",
    )
    assert asked.unanswered
    assert not Attempt.objects.exists()


def test_a_code_that_came_another_way_was_not_refused(office: Office) -> None:
    asked = ledger(office.account(), Owner())
    asked("password")
    assert [asked("email"), asked("text")] == [Secret(value=CODE)] * 2
    asked.settle()
    assert {result for _, result in results()} == {"accepted"}


def test_signing_in_again_in_the_same_stay_asks_for_another_code(office: Office) -> None:
    owner = Owner()
    asked = ledger(office.account(), owner)
    for _ in range(2):
        asked("password")
        assert asked("email") == Secret(value=CODE)
        asked.settle()
    assert len(owner.asked) == 2


def twice() -> Callable[[Query], Answer | Exception]:
    """Let the portal end the session once, so that the stay signs in again."""
    left = [errors.SignedOut("Session ended")]
    return lambda query: left.pop() if left else truth(query)


@pytest.mark.parametrize(("lives", "times"), [(None, 2), (timedelta(hours=8), 1)], ids=["once", "8 hours"])
def test_a_code_that_lives_is_asked_for_once_a_run(
    office: Office, portal: Portal, run: Run, lives: timedelta | None, times: int
) -> None:
    office.account("ana")
    follow(3)
    portal.answers = twice()
    owner = Owner()
    assert run(watcher=owner.watcher, catalogue=known(lives)).counts["looked_up"] == 3
    assert len(owner.asked) == times
    assert portal.codes == [("ana.user", CODE)] * 2
    assert results() == [("password", "accepted"), ("email", "accepted")] * 2


def test_a_kept_code_is_forgotten_when_its_time_is_over_or_the_portal_refused_it(office: Office) -> None:
    account, owner, passing = office.account(), Owner(), Time()
    rules = FACTS.rules.model_copy(update={"code_lives": timedelta(hours=8)})
    inbox = Received(owner.watcher, passing.clock).inbox(account, facts(rules=rules))
    assert [inbox.code("email", uuid4()) for _ in range(2)] == [CODE, CODE]
    assert len(owner.asked) == 1
    passing.sleep(8 * 3600)
    inbox.code("email", uuid4())
    assert len(owner.asked) == 2
    inbox.forget()
    inbox.code("email", uuid4())
    assert len(owner.asked) == 3


def test_another_session_at_the_portal_lets_the_lookups_wait_and_holds_nobody(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    follow(1)
    portal.at_the_door = errors.AnotherSession("Another session is active")
    report = run(watcher=Owner().watcher)
    assert [wait.reason for wait in report.waiting] == [
        "another session of the account is open at the portal"
    ]
    assert not Hold.objects.exists()
    assert results() == [("password", "accepted")]
    portal.at_the_door = None
    assert run(watcher=Owner().watcher).counts["looked_up"] == 1
    assert Lookup.objects.get().state == Lookup.State.ANSWERED


# On the phone -------------------------------------------------------------------------------------


def test_the_owner_is_told_which_number_to_pick_and_nothing_crosses(either: Office) -> None:
    account, owner, time = either.account(), Owner(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(owner.watcher, time.clock).inbox(account, facts()))
    asked("password")
    assert asked("push", None, "42") == Secret(value="")
    (prompt,) = owner.asked
    assert prompt.sentence == (
        "Cascadia Provider Portal asks the phone of Ana (ana.user) about a sign-in: pick 42 there. "
        "It is for that person alone to do."
    )
    assert prompts.waiting_for(account.owner, time.clock).get().number == "42"
    asked.settle()
    assert not prompts.waiting_for(account.owner, time.clock).exists()
    assert results() == [("password", "accepted"), ("push", "accepted")]


def test_where_the_portal_shows_no_number_the_owner_approves_it(office: Office) -> None:
    owner = Owner()
    asked = ledger(office.account(), owner)
    asked("password")
    assert asked("push") == Secret(value="")
    (prompt,) = owner.asked
    assert (prompt.number, "approve it there" in prompt.sentence) == ("", True)


def test_nobody_types_what_the_phone_answers(office: Office) -> None:
    account, owner, time = office.account(), Owner(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(owner.watcher, time.clock).inbox(account, facts()))
    asked("password")
    asked("push", None, "42")
    assert refusal(CodeRequest.objects.get(), account.owner) == "nothing waits for this code any more"


@pytest.mark.parametrize(
    ("trouble", "held", "result"), [("CodeNeeded", False, "unknown"), ("CodeRejected", True, "rejected")]
)
def test_what_nobody_approves_holds_nobody_and_what_is_refused_does(
    office: Office, trouble: str, held: bool, result: str
) -> None:
    account, owner, time = office.account(), Owner(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(owner.watcher, time.clock).inbox(account, facts()))
    asked("password")
    asked("push", None, "42")
    asked.settle(trouble)
    assert asked.unanswered is (not held)
    assert Hold.objects.exists() is held
    assert results() == [("password", "accepted"), ("push", result)]


def test_no_phone_is_asked_about_while_its_owner_is_not_there(office: Office) -> None:
    account, time = office.account(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(None, time.clock).inbox(account, facts()))
    asked("password")
    answer = asked("push", None, "42")
    assert isinstance(answer, Deny)
    assert answer.trouble == "CodeNeeded"
    asked.settle("CodeNeeded")
    assert not Hold.objects.exists()
