"""Where a portal lists claims, a night costs what changed; the portal's log is the witness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from harvester.office.models import Lookup, Snapshot
from tests.road.history import ours
from tests.road.road import TODAY, Road, lookup_states

COUNT, NIGHTS = 16, (1, 3)
"""Claims that are followed, and the nights on which their list is read again."""
IN_THE_ROW = ("claim_number", "patient_name", "billed", "paid", "status")
"""What the portal's list shows of each, beside account number and days."""


def rows(road: Road) -> dict[str, list[Any]]:
    """Return how the portal's list shows the claims of each account number, by its truth."""
    found: dict[str, list[Any]] = {}
    for claim in road.get("/truth/cascadia")["claims"]:
        shown = [claim[name]["words"] for name in IN_THE_ROW]
        found.setdefault(claim["patient_account_number"]["value"], []).append(shown)
    return found


def night(road: Road, day: date) -> tuple[int, list[str]]:
    """Sweep on a day; return how many pages of lists were asked for, and which claims were opened."""
    road.post("/clock", date=day.isoformat())
    before = road.log["requests"][-1]["seq"] if road.log["requests"] else 0
    road.sweep(day)
    asked = [one["path"] for one in road.log["requests"] if one["seq"] > before]
    return asked.count("/claims"), sorted(path for path in asked if path.startswith("/claims/"))


def test_a_claim_whose_row_has_not_changed_costs_no_page_of_its_own(
    road: Road, record_property: Callable[[str, object], None]
) -> None:
    on_file = rows(road)
    followed = [one for one in ours() if one.patient_account_number in on_file][:COUNT]
    accounts = [one.patient_account_number or "" for one in followed]
    assert len(followed) == COUNT
    road.open(0)
    road.follow(followed)
    _, opened = night(road, TODAY)
    assert len(opened) >= COUNT
    some = 0
    for number in NIGHTS:
        before, day = rows(road), TODAY + number * timedelta(days=1)
        lists, opened = night(road, day)
        after = rows(road)
        changed = [account for account in accounts if before[account] != after[account]]
        newest = {
            claim["claim_number"]["value"]: claim["patient_account_number"]["value"]
            for claim in road.get("/truth/cascadia")["claims"]
        }
        assert {newest[path.removeprefix("/claims/")] for path in opened} == set(changed)
        assert 0 < lists <= 6
        assert lookup_states() == {"answered": Lookup.objects.count()}
        comparison = road.compared(all_items=True)
        assert comparison, (comparison.sentence, comparison.differences[:5])
        some += len(changed)
        record_property(f"night {number}", f"{lists} pages of lists, {len(opened)} of {len(changed)} claims")
    assert 0 < some < COUNT * 2
    # Of the list it is kept that it was read, and no page.
    (kept,) = Snapshot.objects.filter(kind="claim_list")
    assert kept.sightings.count() == len(NIGHTS)
    assert not kept.lookup.evidence.exists()
    assert road.log["mutations"] == []


@pytest.mark.long
def test_a_list_that_is_refused_says_nothing_of_any_claim(road: Road) -> None:
    followed = ours()[:12]
    road.open(0)
    road.follow(followed)
    night(road, TODAY)
    road.post("/trouble/cascadia", name="stale_rows", value="old", on=True)
    _, opened = night(road, TODAY + timedelta(days=3))
    assert opened == []
    # Nobody knows for days what changed: claims are opened again as if there were no list.
    _, opened = night(road, TODAY + timedelta(days=4))
    assert len(set(opened)) >= len(followed) - 2
    lists = Lookup.objects.filter(kind="claim_list").order_by("pk")
    assert [row.state for row in lists] == ["answered", "refused", "refused"]


@pytest.mark.long
def test_a_list_whose_columns_are_exchanged_costs_pages_and_makes_nothing_wrong(road: Road) -> None:
    road.open(0)
    road.follow(ours()[:12])
    night(road, TODAY)
    road.post("/trouble/cascadia", name="column_swap", value="grid", on=True)
    _, opened = night(road, TODAY + timedelta(days=1))
    assert len(set(opened)) > 6
    comparison = road.compared(all_items=True)
    assert comparison, (comparison.sentence, comparison.differences[:5])
