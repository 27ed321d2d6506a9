"""One-time codes are made by a clock; where it is not the portal's, nobody signs in."""

from __future__ import annotations

import pytest

from harvester.office.models import Attempt, Hold
from tests.road.road import Road, items, lookup_states


@pytest.mark.parametrize("off", [-40, pytest.param(90, marks=pytest.mark.long)])
def test_t_acc_08_nobody_signs_in_where_the_portals_clock_is_another(road: Road, off: int) -> None:
    road.open(0)
    road.follow(items("claims")[:1])
    road.post("/clock", told_off_seconds=off)
    report = road.sweep()
    assert "the portal's clock is" in report.waiting[0].reason
    assert road.log["sign_ins"] == []
    assert not Attempt.objects.exists()
    assert not Hold.objects.exists()

    road.post("/clock", told_off_seconds=0)
    road.sweep()
    assert lookup_states().keys() == {"answered"}
    assert [one["result"] for one in road.log["sign_ins"]] == ["accepted"]


@pytest.mark.parametrize("kept", [True, False])
def test_t_acc_09_a_portal_that_tells_no_time_is_asked_where_a_time_server_keeps_ours(
    road: Road, kept: bool
) -> None:
    road.open(0)
    road.follow(items("claims")[:1])
    road.post("/clock", told_off_seconds=None)
    report = road.sweep(kept=kept)
    assert len(road.log["sign_ins"]) == kept
    assert bool(report.waiting) is not kept
