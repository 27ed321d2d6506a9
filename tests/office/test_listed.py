"""What is known of a claim from a portal's lists."""

from __future__ import annotations

import pytest

from harvester.office import listed, worklist
from harvester.office.models import Item, Listed, Lookup
from harvester.visit.wire import Catalogue
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, claim_item


@pytest.mark.parametrize(
    ("seen", "opened", "state", "opens"),
    [
        ("", "", listed.NOWHERE, False),
        ("now", "now", {"listed": TODAY, "moved": False}, False),
        ("now", "", {"listed": TODAY, "moved": True}, True),
        ("now", "before", {"listed": TODAY, "moved": True}, True),
        ("", "before", {"listed": TODAY, "moved": True}, True),
    ],
    ids=["never shown", "as before", "never opened", "otherwise", "shown no more"],
)
def test_a_claim_is_opened_where_a_list_shows_it_otherwise(
    office: Office, seen: str, opened: str, state: listed.State, opens: bool
) -> None:
    del office
    worklist.import_items([claim_item(0)], source="test.csv", catalogue=Catalogue(portals=(FACTS,)))
    item = Item.objects.get()
    Listed.objects.create(item=item, day=TODAY, seen=seen, opened=opened)
    assert listed.states({item.pk})[item.pk] == state
    assert listed.moved(Lookup(portal=item.portal, carrier=item.carrier)).exists() == opens
