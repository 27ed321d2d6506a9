from __future__ import annotations

import pytest

from harvester.office import worklist
from harvester.office.models import Item
from harvester.office.vault import SealError
from harvester.office.worklist import Imported
from harvester.visit.wire import Catalogue
from tests.office.conftest import Office
from tests.office.portal import catalogue, claim_item


def imported(*items: object) -> Imported:
    return worklist.import_items(items, source="test.csv", catalogue=catalogue())  # type: ignore[arg-type]


@pytest.mark.usefixtures("either")
def test_importing_twice_doubles_nothing() -> None:
    items = [claim_item(number) for number in range(3)]
    assert imported(*items) == Imported(3, 0, 0, 0, ())
    assert imported(*items) == Imported(0, 0, 3, 0, ())
    assert Item.objects.count() == 3


@pytest.mark.usefixtures("office")
def test_an_item_that_changed_is_brought_up_to_date() -> None:
    imported(claim_item(1))
    assert imported(claim_item(1, member_id="CHP777777")).updated == 1
    assert [one.work.member_id for one in worklist.listed()] == ["CHP777777"]


@pytest.mark.usefixtures("office")
def test_an_item_that_stands_in_the_file_twice_is_kept_once_and_counted() -> None:
    assert imported(claim_item(1), claim_item(1)) == Imported(1, 0, 0, 1, ())


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("payer", ["Cascadia Health", "cascadia  HEALTH", "cas01", "Cascadia HP"])
def test_a_payer_is_found_by_id_name_or_alias(payer: str) -> None:
    imported(claim_item(1, payer=payer))
    row = Item.objects.get()
    assert (row.portal, row.carrier) == ("cascadia", "CAS01")


@pytest.mark.usefixtures("office")
def test_a_payer_is_never_guessed() -> None:
    report = imported(claim_item(1, payer="Cascadia"), claim_item(2, payer="Cascadia"))
    assert report.unmatched == (("Cascadia", 2),)
    assert {row.portal for row in Item.objects.all()} == {""}


@pytest.mark.usefixtures("office")
def test_a_payer_is_found_once_its_flow_is_installed() -> None:
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=Catalogue())
    worklist.match(catalogue())
    assert Item.objects.get().portal == "cascadia"


def test_t_cry_04_an_items_content_moved_to_another_row_does_not_open(office: Office) -> None:
    del office
    imported(claim_item(1), claim_item(2))
    first, second = Item.objects.order_by("pk")
    Item.objects.filter(pk=first.pk).update(sealed_work=second.sealed_work)
    with pytest.raises(SealError):
        list(worklist.listed())
