"""What every test stands on: no test ever sees the practice of the person who runs it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import settings

from tests import postgres

# A slow machine is no defect of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_NOWHERE = tempfile.mkdtemp(prefix="harvester-tests-")
atexit.register(shutil.rmtree, _NOWHERE, ignore_errors=True)
os.environ["HARVESTER_HOME"] = os.environ["HARVESTER_STATE"] = _NOWHERE
os.environ.pop("HARVESTER_KEYS", None)
os.environ.pop("DATABASE_URL", None)


@pytest.fixture(scope="session", autouse=True)
def _no_practice_of_anybody() -> Iterator[None]:
    from django.test import override_settings

    django_settings.SECRET_KEY = "make-believe"  # a practice's own lies with its keys
    with override_settings(
        HARVESTER_HOME=_NOWHERE, HARVESTER_KEYS=f"{_NOWHERE}/keys", HARVESTER_STATE=_NOWHERE
    ):
        assert str(django_settings.HARVESTER_HOME) == _NOWHERE
        yield
    assert list(Path(_NOWHERE).glob("*")) == []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real server, without a database's name."""
    with postgres.server() as address:
        yield address


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests measured."""
    for report in terminalreporter.getreports("passed"):
        for name, figure in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid}: {name}: {figure}")
