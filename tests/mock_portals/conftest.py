"""Portals that run for as long as a worker's tests do, as new before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit


@pytest.fixture(scope="session")
def _running() -> Iterator[Kit]:
    with running_kit.kit() as kit:
        yield kit


@pytest.fixture
def kit(_running: Kit) -> Iterator[Kit]:
    _running.post("/reset")
    yield _running
    for visitor in _running.visitors:
        visitor.http.close()
    _running.visitors.clear()
