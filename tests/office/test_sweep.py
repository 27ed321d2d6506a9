from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from harvester.office import sweep, worklist
from harvester.office.models import Sighting, Snapshot
from harvester.office.sweep import SweepReport
from tests.office.conftest import Office
from tests.office.portal import (
    TODAY,
    TOMORROW,
    Portal,
    catalogue,
    claim_item,
)


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def run(portal: Portal) -> Callable[..., SweepReport]:
    return partial(sweep.sweep, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())


def test_every_open_claim_is_looked_up_once(
    either: Office, portal: Portal, run: Callable[..., SweepReport]
) -> None:
    either.account("ana")
    either.account("ben")
    follow(7)
    report = run(today=TODAY)
    assert report.counts["looked_up"] == report.counts["new"] == 7
    assert len(portal.queries) == len({str(query) for _, query in portal.queries}) == 7
    assert report.waiting == ()


def test_the_same_answer_again_is_a_sighting(office: Office, run: Callable[..., SweepReport]) -> None:
    office.account()
    follow(3)
    run(today=TODAY)
    report = run(today=TOMORROW)
    assert report.counts["seen_again"] == 3
    assert (Snapshot.objects.count(), Sighting.objects.count()) == (3, 3)
    assert report.changed == ()
