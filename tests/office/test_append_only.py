from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from harvester.office import accounts, pauses, people, policy, worklist
from harvester.office.models import Credential
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, TOMORROW, Portal, claim_item, whole_catalogue

TABLES = (
    "snapshot",
    "sighting",
    "evidence",
    "attempt",
    "attemptend",
    "hold",
    "release",
    "codeuse",
    "portalterms",
    "pause",
    "resumption",
    "sessionleft",
    "notice",
    "departure",
    "attachment",
    "auditrow",
)


def fill(office: Office) -> None:
    """Put at least one row into every table."""
    portal = Portal(forgets_to_say=True)
    account = office.account()
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=whole_catalogue())
    for day in (TODAY, TOMORROW):
        alone.swept(today=day, stay=portal.stay, catalogue=whole_catalogue, clock=portal.time.clock)
    accounts.hold(account, by=office.person())
    accounts.release(account, by=office.person())
    policy.forbid(FACTS, "terms", by=office.person())
    pauses.pause("cascadia", "their site is odd")
    pauses.resume("cascadia", by=office.person())
    accounts.notice(account, ["Your password expires in 9 days."])
    people.leave(office.person("ben"), by=office.person())


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


def test_a_row_cannot_be_changed(either: Office) -> None:
    fill(either)
    taken = []
    for table in TABLES:
        model = apps.get_model("office", table)
        assert model._default_manager.exists(), table
        columns = [field.column for field in model._meta.local_fields]
        changes = [f"UPDATE office_{table} SET {column} = {column}" for column in columns]  # noqa: S608
        taken += [change for change in changes if not refused(change)]
    assert taken == []


def test_a_row_cannot_be_deleted(either: Office) -> None:
    fill(either)
    for table in TABLES:
        rows = apps.get_model("office", table)._default_manager
        before = rows.count()
        assert refused(f"DELETE FROM office_{table}"), table  # noqa: S608
        assert rows.count() == before > 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.usefixtures("postgresql_office")
def test_a_table_cannot_be_emptied(table: str) -> None:
    assert refused(f"TRUNCATE office_{table} CASCADE")


def test_a_credential_cannot_be_put_in_the_place_of_another(either: Office) -> None:
    either.account("ana")
    either.account("ben")
    assert refused("UPDATE office_credential SET sealed_password = sealed_password")
    for change in (
        "sealed_password = ''",
        "sealed_password = NULL, sealed_seed = NULL",
        "sealed_seed = NULL",
        "sealed_password = '', sealed_seed = NULL, fingerprint = 'x'",
        "sealed_password = '', sealed_seed = NULL, version = 7",
    ):
        assert refused(f"UPDATE office_credential SET {change}"), change  # noqa: S608


def test_a_credential_can_be_destroyed(either: Office) -> None:
    either.account("ana")
    Credential.objects.update(sealed_password=b"", sealed_seed=None)
    gone = Credential.objects.get()
    assert gone.sealed_password is not None
    assert (bytes(gone.sealed_password), gone.sealed_seed) == (b"", None)


@pytest.mark.usefixtures("office")
def test_the_migrations_say_all_that_the_models_say() -> None:
    call_command("makemigrations", "office", "--check", "--dry-run", verbosity=0)
