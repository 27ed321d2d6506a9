"""The newest attempt of this machine is remembered outside the database."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from harvester.office import lastattempt
from harvester.office.attempts import Ledger
from harvester.office.models import Account, Attempt, AttemptEnd
from harvester.office.practice import PracticeError
from tests.office.conftest import Office


def attempt(account: Account) -> Attempt:
    """Let a password leave."""
    for left in Attempt.objects.filter(account=account, end=None):
        AttemptEnd.objects.create(attempt=left, result=AttemptEnd.Result.ACCEPTED, at=left.at)
    Ledger(account, uuid4())("password")
    return Attempt.objects.latest("pk")


def test_an_attempt_is_known_as_long_as_the_database_has_it(office: Office) -> None:
    assert not lastattempt.unknown()
    last = attempt(office.account(seed=None))
    assert not lastattempt.unknown()
    other = Attempt(pk=last.pk + 1, stay=last.stay)
    lastattempt.remember(other)
    assert lastattempt.unknown()
    lastattempt.forget()
    assert not lastattempt.unknown()
    lastattempt.forget()


def test_another_attempt_of_the_same_number_is_not_the_one(office: Office) -> None:
    last = attempt(office.account(seed=None))
    lastattempt.forget()
    lastattempt.remember(Attempt(pk=last.pk, stay=uuid4()))
    assert lastattempt.unknown()


def test_what_is_newer_stays(office: Office) -> None:
    account = office.account(seed=None)
    first, second = attempt(account), attempt(account)
    for one in (first, Attempt(pk=second.pk, stay=uuid4())):
        lastattempt.remember(one)
        assert not lastattempt.unknown()


def test_its_folder_is_made_for_its_owner_alone(office: Office, tmp_path: Path) -> None:
    last = attempt(office.account(seed=None))
    with override_settings(HARVESTER_STATE=tmp_path / "not" / "yet"):
        lastattempt.remember(last)
        folder = Path(settings.HARVESTER_STATE)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not lastattempt.unknown()


def test_where_nothing_can_be_written_down_nobody_signs_in(office: Office, tmp_path: Path) -> None:
    account = office.account(seed=None)
    (tmp_path / "file").touch()
    with (
        override_settings(HARVESTER_STATE=tmp_path / "file"),
        pytest.raises(PracticeError, match="let HARVESTER_STATE name another folder"),
    ):
        Ledger(account, uuid4())("password")
