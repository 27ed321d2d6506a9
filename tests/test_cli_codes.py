"""Codes that a person enters at a terminal: a real one, since nothing may block while nobody types."""

from __future__ import annotations

import io
import os
import pty
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from rich.console import Console

from harvester import cli
from harvester.cli import watch
from harvester.office import prompts
from harvester.office.models import CodeRequest, Person
from harvester.visit import client
from tests.office.conftest import Office, office, template  # noqa: F401 - fixtures
from tests.office.portal import catalogue


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What somebody types at this process's terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield ours
    os.close(ours)


@pytest.fixture
def request_(office: Office) -> CodeRequest:  # noqa: F811
    """A code that was sent to Ana, and a stay waits for it."""
    now = datetime.now(UTC)
    until = now + prompts.OPEN
    return CodeRequest.objects.create(
        account=office.account(), stay=uuid4(), kind="text", at=now, until=until
    )


def codes(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Run `harvester codes` until it has nothing more to ask, and return what it printed."""

    def bored(_: float) -> None:
        assert Person.objects.exclude(there=None).exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", bored)
    monkeypatch.setattr(client, "catalogue", catalogue)
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert cli.run(["codes", *arguments]) == 130
    return out.getvalue()


def test_the_owner_enters_the_code_and_leaves(
    monkeypatch: pytest.MonkeyPatch, keyboard: int, request_: CodeRequest
) -> None:
    os.write(keyboard, b"no-code!\n204 871\n")
    said = " ".join(codes(monkeypatch).split())
    assert "Cascadia Provider Portal sent a text message with a code to Ana (ana.user)." in said
    assert "letters and digits only; once more" in said
    request_.refresh_from_db()
    assert prompts.given(request_) == "204871"
    assert "204" not in said
    assert not Person.objects.exclude(there=None).exists()


def test_not_now_closes_the_request(
    monkeypatch: pytest.MonkeyPatch, keyboard: int, request_: CodeRequest
) -> None:
    os.write(keyboard, b"\n")
    codes(monkeypatch)
    request_.refresh_from_db()
    assert (request_.closed is not None, request_.answered) == (True, None)


@pytest.mark.usefixtures("keyboard")
def test_somebody_else_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
    office: Office,  # noqa: F811
    request_: CodeRequest,
) -> None:
    office.person("ben")
    assert "text message" not in codes(monkeypatch, "--by", "ben")
    request_.refresh_from_db()
    assert request_.answered is None


@pytest.mark.usefixtures("keyboard")
def test_a_code_that_is_not_waited_for_any_more_is_said_so(office: Office, request_: CodeRequest) -> None:  # noqa: F811
    shown = io.StringIO()
    owner = office.person()
    asked = prompts.prompt(request_, "Cascadia Provider Portal")
    with watch.typing(asked, Console(file=shown, width=200)) as typed:
        CodeRequest.objects.update(closed=datetime.now(UTC))
        prompts.put(request_, typed, by=owner)
    assert "not waited for any more" in shown.getvalue()


def test_without_a_terminal_nobody_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    office.person()
    monkeypatch.setattr(sys, "stdin", io.StringIO("204871\n"))
    said = io.StringIO()
    with redirect_stderr(said):
        assert cli.run(["codes"]) == 1
    assert said.getvalue() == "Codes are entered at a terminal by the person they were sent to.\n"
    assert watch.Watch(Console(file=io.StringIO())).watcher([office.person()]) is None
