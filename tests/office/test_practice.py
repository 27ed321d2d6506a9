from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from harvester.office import practice
from harvester.office.models import Practice, Snapshot
from harvester.office.practice import PracticeError
from harvester.office.vault import SealError
from tests.office.conftest import Office, at


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/practice.sqlite3"
    server: str = request.getfixturevalue("postgresql")
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(f"{server}postgres", autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server}{name}"


def test_an_empty_database_becomes_a_practice(
    address: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), at(tmp_path, address):
        made = practice.init("Cedar Clinic", tins=("123456789",))
        assert (made.name, made.tins) == ("Cedar Clinic", ["123456789"])
        assert Snapshot.objects.count() == 0


def test_setting_up_twice_changes_nothing(office: Office) -> None:
    keys = (office.home / "keys" / "practice.key").read_bytes()
    practice.init("Another name")
    assert (office.home / "keys" / "practice.key").read_bytes() == keys
    assert [one.name for one in Practice.objects.all()] == ["Template"]


def test_keys_are_never_made_anew_beside_data(office: Office) -> None:
    (office.home / "keys").rename(office.home / "elsewhere")
    with pytest.raises(SealError, match="there is a practice in the database and no keys"):
        practice.init("Again")
    assert not (office.home / "keys").exists()


def test_the_keys_of_another_practice_are_recognised(office: Office, template: Path) -> None:
    del template
    Practice.objects.update(key_check="0" * 64)
    with pytest.raises(SealError, match="not the ones this database was made with"):
        practice.opened()
    assert (office.home / "keys").exists()


def test_a_practice_that_is_not_set_up_is_one_sentence(
    tmp_path: Path, template: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    (tmp_path / "keys").symlink_to(template / "keys")
    empty = at(tmp_path, f"sqlite:///{tmp_path}/practice.sqlite3")
    with django_db_blocker.unblock(), empty, pytest.raises(PracticeError, match="run: harvester init"):
        practice.opened()


def test_a_truncated_database_is_never_replaced_by_an_empty_one(office: Office) -> None:
    connection.close()
    for file in office.files:
        content = file.read_bytes()
        file.write_bytes(b"not a database" + content[14:200])
    with pytest.raises(PracticeError, match="cannot be opened"):
        practice.opened()


def test_a_server_that_does_not_answer_is_told_with_the_setting_that_names_it(
    tmp_path: Path, template: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    (tmp_path / "keys").symlink_to(template / "keys")
    nobody = at(tmp_path, "postgres://nobody:canary@127.0.0.1:1/x")
    with django_db_blocker.unblock(), nobody, pytest.raises(PracticeError, match="is DATABASE_URL right"):
        practice.opened()


def test_the_folder_is_its_owners_alone(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    home = tmp_path / "home"
    with django_db_blocker.unblock(), at(home, f"sqlite:///{home}/practice.sqlite3"):
        practice.init("Cedar Clinic")
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_sqlite_keeps_what_was_committed(office: Office, pragma: str, value: object) -> None:
    del office
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)
