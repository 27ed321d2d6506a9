"""Codes that a portal sends to a person: who is asked, how often, and what comes of no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from harvester import errors
from harvester.model.portal import PortalFacts
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, sweep, worklist
from harvester.office.attempts import Ledger
from harvester.office.models import Attempt, AttemptEnd, Hold, Lookup
from harvester.office.prompts import Prompt, Received
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Catalogue, Deny, Secret
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, Portal, Time, claim_item, truth

Run = Callable[..., SweepReport]
CODE = "204871"


@dataclass
class Owner:
    """Enters a code, or is not there."""

    code: str | None = CODE
    asked: list[Prompt] = field(default_factory=list)

    def __call__(self, prompt: Prompt) -> str | None:
        self.asked.append(prompt)
        return self.code


@pytest.fixture
def portal() -> Portal:
    """A portal that e-mails a code."""
    return Portal(seed=None, sends=CODE)


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(sweep.sweep, today=TODAY, stay=portal.stay, catalogue=known(), clock=portal.time.clock)


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
    written = []

    def answer(prompt: Prompt) -> str:
        written.append((prompt, Attempt.objects.filter(end=None).get().kind))
        return f" {CODE} "

    assert run(answer=answer).counts["looked_up"] == 2
    ((prompt, kind),) = written
    assert kind == "email"
    assert (prompt.owner, prompt.user_name, prompt.kind) == ("Ana", "ana.user", "email")
    assert "e-mail with a code to Ana (ana.user)" in prompt.sentence
    assert results() == [("password", "accepted"), ("email", "accepted")]


@pytest.mark.parametrize("said", [None, "", "  "])
def test_without_an_answer_the_lookups_wait_and_nobody_is_held(
    office: Office, portal: Portal, run: Run, said: str | None
) -> None:
    office.account("ana")
    follow(2)
    owner = Owner(said)
    report = run(answer=owner)
    (waiting,) = report.waiting
    assert (waiting.owner, waiting.count) == ("Ana", 2)
    assert waiting.reason.endswith("sent a code to Ana, and nobody entered it")
    assert len(owner.asked) == 1
    assert portal.codes == []
    assert results() == [("password", "accepted"), ("email", "unknown")]
    assert not Hold.objects.exists()
    assert run(answer=Owner()).counts["looked_up"] == 2


def test_a_run_that_nobody_watches_asks_nobody(office: Office, run: Run) -> None:
    office.account("ana")
    follow(1)
    assert run().counts["waiting"] == 1
    assert not Hold.objects.exists()


def test_a_refused_code_holds_the_account_and_is_not_asked_for_again(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    follow(1)
    owner = Owner("111111")
    run(answer=owner)
    run(answer=owner)
    assert portal.codes == [("ana.user", "111111")]
    assert len(owner.asked) == 1
    assert Hold.objects.get().trouble == "CodeRejected"
    assert results() == [("password", "accepted"), ("email", "rejected")]


def test_one_sign_in_asks_once(office: Office) -> None:
    account, owner, time = office.account(), Owner(), Time()
    inbox = Received(owner, time.clock).inbox(account, facts())
    asked = Ledger(account, uuid4(), time.clock, inbox)
    asked("password")
    assert asked("email") == Secret(value=CODE)
    second = asked("email")
    assert isinstance(second, Deny)
    assert second.trouble == "CodeRejected"
    assert len(owner.asked) == 1


def test_nobody_is_asked_before_the_password_or_for_an_account_on_hold(office: Office) -> None:
    account, owner, time = office.account(), Owner(), Time()
    asked = Ledger(account, uuid4(), time.clock, Received(owner, time.clock).inbox(account, facts()))
    early = asked("email")
    assert isinstance(early, Deny)
    assert early.trouble == "PortalChanged"
    asked("password")
    accounts.hold(account, by=office.person())
    late = asked("email")
    assert isinstance(late, Deny)
    assert late.trouble == "StaffNeeded"
    assert owner.asked == []


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
    assert run(answer=owner, catalogue=known(lives)).counts["looked_up"] == 3
    assert len(owner.asked) == times
    assert portal.codes == [("ana.user", CODE)] * 2
    assert results() == [("password", "accepted"), ("email", "accepted")] * 2


def test_a_kept_code_is_forgotten_when_its_time_is_over_or_the_portal_refused_it(office: Office) -> None:
    account, owner, passing = office.account(), Owner(), Time()
    rules = FACTS.rules.model_copy(update={"code_lives": timedelta(hours=8)})
    inbox = Received(owner, passing.clock).inbox(account, facts(rules=rules))
    assert [inbox.code("email") for _ in range(2)] == [CODE, CODE]
    assert len(owner.asked) == 1
    passing.sleep(8 * 3600)
    inbox.code("email")
    assert len(owner.asked) == 2
    inbox.forget()
    inbox.code("email")
    assert len(owner.asked) == 3


def test_another_session_at_the_portal_lets_the_lookups_wait_and_holds_nobody(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    follow(1)
    portal.at_the_door = errors.AnotherSession("Another session is active")
    report = run(answer=Owner())
    assert [wait.reason for wait in report.waiting] == [
        "another session of the account is open at the portal"
    ]
    assert not Hold.objects.exists()
    assert results() == [("password", "accepted")]
    portal.at_the_door = None
    assert run(answer=Owner()).counts["looked_up"] == 1
    assert Lookup.objects.get().state == Lookup.State.ANSWERED
