"""A portal and a practice for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit
from tests.office.conftest import (  # noqa: F401 - fixtures
    Office,
    office,
    postgresql_office,
    postgresql_template,
    template,
)
from tests.road.crew import Crew
from tests.road.history import ours
from tests.road.road import Road


@pytest.fixture(scope="session")
def portals() -> Iterator[Kit]:
    with running_kit.kit() as kit:
        yield kit


def _road(portals: Kit) -> Road:
    portals.post("/reset")
    return Road(str(portals.control.base_url).rstrip("/"), portals.portals["cascadia"]["url"])


@pytest.fixture
def road(portals: Kit, office: Office) -> Road:  # noqa: F811 - the fixture, not the import
    """A road with nobody on it yet."""
    del office
    return _road(portals)


@pytest.fixture
def crew(ways: tuple[Road, Office]) -> Iterator[Crew]:
    """Workers to be started; three accounts and sixty claims."""
    road, practice = ways
    road.open(0, 1, 2)
    road.follow(ours()[:60])
    road.post("/clock", told_off_seconds=0)
    crew = Crew(road, practice)
    yield crew
    for worker in [*crew.working]:
        crew.end(worker)
    for process in crew.family():
        process.kill()


@pytest.fixture(params=["office", "postgresql_office"], ids=["sqlite", "postgresql"])
def ways(request: pytest.FixtureRequest, portals: Kit) -> tuple[Road, Office]:
    """A road with nobody on it yet, and its office: on each of the two databases."""
    found: Office = request.getfixturevalue(request.param)
    return _road(portals), found
