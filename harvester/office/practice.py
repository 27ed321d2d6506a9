"""The practice's folder, keys and database: made once, recognised ever after."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from harvester.office import vault
from harvester.office.keys import keys
from harvester.office.models import Practice
from harvester.office.vault import SealError

_UNREACHABLE = (
    "the database cannot be reached; does it run, and is DATABASE_URL right?",
    "the database cannot be opened; is it there, and is HARVESTER_HOME right?",
)
"""Of a server, and of a file."""


class PracticeError(Exception):
    """The practice cannot be opened; one sentence."""


def init(name: str, *, tins: tuple[str, ...] = (), npis: tuple[str, ...] = ()) -> Practice:
    """Make folder, keys and tables where they are missing, and return the practice.

    May be called again, and brings the tables up to date. Never makes new keys beside data: raises
    :class:`~harvester.office.vault.SealError`.
    """
    home, folder = Path(settings.HARVESTER_HOME), Path(settings.HARVESTER_KEYS)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    if not (folder / vault.PRACTICE).exists():
        if exists():
            raise SealError(
                f"there is a practice in the database and no keys in {folder}; restore them, "
                "or set HARVESTER_KEYS to where they are"
            )
        vault.create(folder)
    held = keys()
    call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
    call_command("createcachetable", verbosity=0, stdout=StringIO())
    practice = Practice.objects.first()
    if practice is None:
        practice = Practice.objects.create(name=name, tins=tins, npis=npis, key_check=held.check)
    return opened()


def exists() -> bool:
    """Whether there is a practice; makes nothing, not even a database file. Raises ``PracticeError``."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False
    return "office_practice" in _tables() and Practice.objects.exists()


def opened() -> Practice:
    """Return the practice; raises :class:`PracticeError` or ``SealError`` where it cannot be used."""
    held = keys()
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        practice = None if behind else Practice.objects.first()
    except DatabaseError:
        raise PracticeError(_UNREACHABLE[connection.vendor == "sqlite"]) from None
    if behind:
        raise PracticeError("the database is not set up for this version; run: harvester init")
    if practice is None:
        raise PracticeError("there is no practice yet; run: harvester init")
    if practice.key_check != held.check:
        raise SealError(f"the keys in {settings.HARVESTER_KEYS} are not the ones this database was made with")
    return practice


def _tables() -> list[str]:
    try:
        return connection.introspection.table_names()
    except DatabaseError:
        raise PracticeError(_UNREACHABLE[connection.vendor == "sqlite"]) from None
