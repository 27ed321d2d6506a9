"""A database restored from before a refused password: the portal sees nobody again until the owner acted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial

import psycopg
from django.db import connections

from harvester.office import accounts, sweep
from harvester.office.attempts import RESTORED
from harvester.office.models import Attempt, Hold
from tests.office import alone
from tests.office.conftest import Office
from tests.road.history import ours
from tests.road.light import LightStay, catalogue
from tests.road.road import TODAY, Road, lookup_states
from tests.road.still import StillTime


def backed_up(office: Office) -> Callable[[], None]:
    """Copy the database as a backup does, and return what puts the copy in its place."""
    connections["default"].close()
    if office.url.startswith("sqlite"):
        backup = office.home / "backup"
        with closing(sqlite3.connect(office.files[0])) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        return partial(_moved, office)
    server, name = office.url.rsplit("/", 1)
    _told(server, f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')
    return lambda: _told(
        server,
        f'DROP DATABASE "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{name}_backup"',
    )


def _moved(office: Office) -> None:
    connections["default"].close()
    for file in office.files:
        file.unlink()
    (office.home / "backup").rename(office.home / "practice.sqlite3")


def _told(server: str, *statements: str) -> None:
    connections["default"].close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_t_acc_03_after_a_restore_the_portal_sees_no_further_sign_in(ways: tuple[Road, Office]) -> None:
    road, office = ways
    road.open(0, 1)
    (wrong, account), (_, other) = road.staff.items()
    time = StillTime(road.control, office.home)
    stay = partial(LightStay, time=time)
    asked, *followed = ours()[:7]
    road.follow(followed)

    def swept() -> None:
        alone.swept(today=TODAY, stay=stay, catalogue=catalogue, clock=time.clock, waits=(), patience=0)

    def looked() -> None:
        query = asked.claim_query("CMHP1")
        sweep.lookup_now(
            query,
            account.owner,
            today=TODAY,
            stay=stay,
            catalogue=catalogue,
            clock=time.clock,
            patience=0,
            again=True,
        )

    restore = backed_up(office)
    road.post(f"/staff/cascadia/{wrong}", password="Another-Password-1")
    looked()
    assert [(one["user"], one["result"]) for one in road.log["sign_ins"]] == [(wrong, "rejected")]
    restore()
    assert not Attempt.objects.exists()
    for _ in range(2):
        swept()
        looked()
    assert len(road.log["sign_ins"]) == 1
    held = {(hold.account, hold.trouble) for hold in Hold.objects.all()}
    assert held == {(account, RESTORED), (other, RESTORED)}

    accounts.replace(account, by=account.owner, password="Another-Password-1")
    for one in (account, other):
        accounts.release(one, by=one.owner)
    swept()
    looked()
    assert lookup_states().keys() == {"answered"}
    assert {one["result"] for one in road.log["sign_ins"][1:]} == {"accepted"}
