"""Lists of claims: whatever a portal's list shows as it did before costs no page of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Mapping
from datetime import date
from typing import TypedDict

from django.db.models import F, QuerySet

from harvester.model.claim import ClaimList
from harvester.model.snapshot import facts
from harvester.office import worklist
from harvester.office.keys import keys
from harvester.office.models import Item, Listed, Lookup, Practice


class State(TypedDict):
    """What lists said of a claim; see :class:`~harvester.office.plan.Followed`."""

    listed: date | None
    moved: bool


NOWHERE: State = {"listed": None, "moved": False}


def note(row: Lookup, found: ClaimList, *, tin: str | None, day: date) -> None:
    """Note how a list of a tax id's claims shows those that are followed."""
    shown = defaultdict[tuple[str, str], set[str]](set)
    for one in found.rows:
        said = json.dumps(facts(one), sort_keys=True)
        if one.claim_number.value is not None:
            shown["claim", one.claim_number.value].add(said)
        if one.patient_account_number.value is not None:
            shown["account", one.patient_account_number.value].add(said)
    main = Practice.objects.get().main_tin
    seen = []
    for item in _followed(row).filter(kind=Item.Kind.CLAIM):
        work = worklist.opened(item)
        if (work.tin or main) == (tin or main):
            numbers = ("claim", work.payer_claim_number or ""), ("account", work.patient_account_number or "")
            mine = sorted({said for number in numbers for said in shown.get(number, ())})
            seen.append(Listed(item=item, day=day, seen=keys().hashed("listed", *mine) if mine else ""))
    Listed.objects.bulk_create(
        seen, batch_size=500, update_conflicts=True, unique_fields=["item"], update_fields=["day", "seen"]
    )


def shown(row: Lookup) -> str:
    """Return the hash of how a list shows the claim that is about to be looked up."""
    return Listed.objects.filter(item=row.item_id).values_list("seen", flat=True).first() or ""


def opened(row: Lookup, seen: str) -> None:
    """Note that a claim was looked up when a list showed it so."""
    if row.kind == "claim" and row.item_id is not None:
        Listed.objects.filter(item=row.item_id).update(opened=seen)


def moved(row: Lookup) -> QuerySet[Item]:
    """Return the claims that a list shows otherwise than when they were last looked up."""
    return _followed(row).filter(listed__isnull=False).exclude(listed__seen=F("listed__opened"))


def states(items: Container[int]) -> Mapping[int, State]:
    """Return what lists said of items, by row number."""
    return {
        # One that the list has shown and shows no more is one that it shows otherwise.
        one.pk: {"listed": one.day if one.seen or one.opened else None, "moved": one.seen != one.opened}
        for one in Listed.objects.all()
        if one.pk in items
    }


def _followed(row: Lookup) -> QuerySet[Item]:
    return Item.objects.filter(open=True, portal=row.portal, carrier=row.carrier)
