"""The worklist: what the practice follows, each item once however often it is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction

from harvester.model.work import WorkItem
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.models import Item
from harvester.office.vault import Slot
from harvester.visit.wire import Catalogue


@dataclass(frozen=True)
class Imported:
    """What an import did; ``unmatched`` are payers that no installed flow knows, with their rows."""

    added: int
    updated: int
    unchanged: int
    repeated: int
    """Rows of the same item further down in the same file."""
    unmatched: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Followed:
    """An item and its row."""

    row: Item
    work: WorkItem


def import_items(
    items: Iterable[WorkItem], *, source: str, catalogue: Catalogue, clock: Clock | None = None
) -> Imported:
    """Store items; one that is known is brought up to date and opened again, never doubled."""
    clock = clock or Clock()
    counts: Counter[str] = Counter()
    unmatched: Counter[str] = Counter()
    seen: set[str] = set()
    with transaction.atomic():
        known = {row.subject: row for row in Item.objects.all()}
        for work in items:
            subject = keys().hashed("item", *work.identity)
            portal, carrier = _carrier(work.payer, catalogue)
            if not portal:
                unmatched[work.payer] += 1
            if subject in seen:
                counts["repeated"] += 1
                continue
            seen.add(subject)
            row = known.get(subject)
            if row is None:
                row = Item(uuid=uuid4(), subject=subject, kind=work.kind)
                counts["added"] += 1
            elif (opened(row), row.portal, row.carrier, row.open) == (work, portal, carrier, True):
                counts["unchanged"] += 1
                continue
            else:
                counts["updated"] += 1
            row.portal, row.carrier, row.open = portal, carrier, True
            row.source, row.imported_at = source, clock.now()
            row.sealed_work = keys().seal(work.model_dump_json().encode(), _work_slot(row))
            row.save()
    return Imported(
        added=counts["added"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        repeated=counts["repeated"],
        unmatched=tuple(sorted(unmatched.items())),
    )


def listed(*, open_only: bool = True) -> Iterator[Followed]:
    """Yield the items in the order of their import."""
    rows = Item.objects.order_by("pk")
    for row in rows.filter(open=True) if open_only else rows:
        yield Followed(row, opened(row))


def match(catalogue: Catalogue) -> None:
    """Find carriers for items whose payer no flow knew when they were imported."""
    for row in Item.objects.filter(open=True, portal=""):
        portal, carrier = _carrier(opened(row).payer, catalogue)
        if portal:
            Item.objects.filter(pk=row.pk).update(portal=portal, carrier=carrier)


def opened(row: Item) -> WorkItem:
    """Open an item."""
    return WorkItem.model_validate_json(keys().open(bytes(row.sealed_work), _work_slot(row)))


def _carrier(payer: str, catalogue: Catalogue) -> tuple[str, str]:
    """Return portal and carrier of exactly that name, both empty where there is none."""
    for facts in catalogue.portals:
        if (carrier := facts.carrier_named(payer)) is not None:
            return facts.id, carrier.id
    return "", ""


def _work_slot(row: Item) -> Slot:
    return Slot("item", str(row.uuid), "work")
