"""A practice of its own for each test: its folder, its keys, and a migrated database from a template."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from harvester.office import accounts, practice
from harvester.office.models import Account, Person
from harvester.settings import database
from tests.office.portal import PASSWORD, SEED


@dataclass
class Office:
    """A practice to test with."""

    home: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process of its own needs to find this practice."""
        return {
            "HARVESTER_HOME": str(self.home),
            "HARVESTER_STATE": str(self.home / "state"),
            "DATABASE_URL": self.url,
        }

    @property
    def files(self) -> list[Path]:
        """The SQLite database, with what is written beside it."""
        return sorted(self.home.glob("practice.sqlite3*"))

    def person(self, name: str = "ana") -> Person:
        """Return a member of staff."""
        found = Person.objects.filter(username=name).first()
        return found or Person.objects.create(username=name, first_name=name.title())

    def account(
        self, name: str = "ana", *, password: str = PASSWORD, seed: str | None = SEED, consent: bool = True
    ) -> Account:
        """Return a person's account at the make-believe portal."""
        return accounts.add(
            portal="cascadia",
            owner=self.person(name),
            user_name=f"{name}.user",
            password=password,
            seed=seed,
            sweep_consent=date(2026, 11, 1) if consent else None,
        )


@contextmanager
def at(home: Path, url: str) -> Iterator[None]:
    """Use the practice in ``home`` and the database at ``url``."""
    before = connections.settings["default"]
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": database(url)})["default"]
    try:
        with override_settings(
            HARVESTER_HOME=home, HARVESTER_KEYS=home / "keys", HARVESTER_STATE=home / "state"
        ):
            yield
    finally:
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = before


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    """A folder with keys and a migrated SQLite database, to be copied."""
    # A session a mutant would take longer for it than for the tests: those of `make mutants` share one.
    if "MUTANT_UNDER_TEST" not in os.environ:
        home = tmp_path_factory.mktemp("template")
    elif (home := Path("template").absolute()).exists():
        return home
    with django_db_blocker.unblock(), at(home, f"sqlite:///{home}/practice.sqlite3"):
        practice.init("Template")
    return home


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, template: Path, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a migrated PostgreSQL database, to be copied; its keys are those of ``template``."""
    name = f"template_{uuid4().hex}"
    _create(postgresql, name)
    with django_db_blocker.unblock(), at(template, f"{postgresql}{name}"):
        practice.init("Template")
    return name


@pytest.fixture
def office(tmp_path: Path, template: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Office]:
    """A practice on SQLite."""
    home = tmp_path / "home"
    shutil.copytree(template, home)
    url = f"sqlite:///{home}/practice.sqlite3"
    with django_db_blocker.unblock(), at(home, url):
        yield Office(home, url)


@pytest.fixture
def postgresql_office(
    tmp_path: Path,
    template: Path,
    postgresql: str,
    postgresql_template: str,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Office]:
    """A practice on PostgreSQL."""
    home = tmp_path / "home"
    (home / "keys").parent.mkdir()
    shutil.copytree(template / "keys", home / "keys")
    name = f"practice_{uuid4().hex}"
    _create(postgresql, name, postgresql_template)
    url = f"{postgresql}{name}"
    with django_db_blocker.unblock(), at(home, url):
        yield Office(home, url)


@pytest.fixture(params=["office", "postgresql_office"], ids=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Office:
    """A practice on each of the two databases."""
    found: Office = request.getfixturevalue(request.param)
    return found


def _create(server: str, name: str, template: str = "template0") -> None:
    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
