"""A portal and a practice for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit
from tests.office.conftest import Office, office, template  # noqa: F401 - fixtures
from tests.road.road import Road


@pytest.fixture(scope="session")
def portals() -> Iterator[Kit]:
    with running_kit.kit() as kit:
        yield kit


@pytest.fixture
def road(portals: Kit, office: Office) -> Road:  # noqa: F811 - the fixture, not the import
    """A road with nobody on it yet."""
    del office
    portals.post("/reset")
    return Road(str(portals.control.base_url).rstrip("/"), portals.portals["cascadia"]["url"])
