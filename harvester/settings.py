"""Django's settings, from the environment.

======================  ==============================================================================
``HARVESTER_HOME``      the practice's folder; default ``~/.local/share/harvester``
``HARVESTER_KEYS``      the folder of its keys; default ``keys`` in HOME, better on another volume
``DATABASE_URL``        default: the SQLite file ``practice.sqlite3`` in HOME; PostgreSQL works as well
======================  ==============================================================================

Reading this module touches nothing on disk but the key file; ``harvester.office.init`` makes folders.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url

from harvester.office.vault import web_key

HARVESTER_HOME = Path(os.environ.get("HARVESTER_HOME") or "~/.local/share/harvester").expanduser()
HARVESTER_KEYS = Path(os.environ.get("HARVESTER_KEYS") or HARVESTER_HOME / "keys").expanduser()
HARVESTER_STATE = Path(os.environ.get("HARVESTER_STATE") or "~/.local/state/harvester").expanduser()
"""What this machine remembers outside the database, and outside what is backed up with it."""


def database(url: str) -> dict[str, Any]:
    """Return Django's description of the database at ``url``, with what both kinds need to be safe."""
    found: dict[str, Any] = dict(dj_database_url.parse(url))
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = found.get("OPTIONS", {}) | {
            "timeout": 30,
            # A transaction that reads first and writes later must not find the file taken in between.
            "transaction_mode": "IMMEDIATE",
            # FULL: an attempt at signing in is on the disk before the password leaves.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    else:
        # The same promise on PostgreSQL, whatever the server's default is.
        found["OPTIONS"] = found.get("OPTIONS", {}) | {"options": "-c synchronous_commit=on"}
    return found


DATABASES = {
    "default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{HARVESTER_HOME}/practice.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = web_key(HARVESTER_KEYS)
"""Empty until the practice is set up; Django then refuses whatever would need it."""

USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "harvester.office"]
AUTH_USER_MODEL = "office.Person"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

LOGGING_CONFIG = None
"""``harvester.logs`` is the only way out for a log line."""
