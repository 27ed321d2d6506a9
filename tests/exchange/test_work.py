"""What a row is enough for, and what it is known by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from harvester.model.work import WorkItem

CLAIM = WorkItem(
    kind="claim",
    payer="Northlight",
    member_id="M1",
    patient_last="Quill",
    patient_first="Ada",
    birth_date=date(1980, 2, 3),
    patient_account_number="PA-1",
    payer_claim_number="ICN9",
    service_from=date(2026, 6, 1),
    service_to=date(2026, 6, 3),
    billed=Decimal("10.00"),
)


def test_a_claim_query_carries_all_that_tells_the_claim_from_others() -> None:
    query = CLAIM.claim_query("NLH01")
    assert (query.carrier, query.claim_number, query.patient_account_number) == ("NLH01", "ICN9", "PA-1")
    assert (query.service_from, query.service_to) == (date(2026, 6, 1), date(2026, 6, 3))
    assert query.billed == Decimal("10.00")
    assert query.member.birth_date == date(1980, 2, 3)


def test_a_claim_without_the_payers_number_is_asked_for_by_account() -> None:
    item = CLAIM.model_copy(update={"payer_claim_number": None})
    assert item.searches == ("eligibility", "account")
    assert item.claim_query("NLH01").claim_number is None


def test_the_charge_of_one_service_line_is_not_taken_for_the_claims() -> None:
    assert CLAIM.model_copy(update={"procedure": "99213"}).claim_query("NLH01").billed is None


def test_coverage_is_asked_for_the_day_of_service() -> None:
    query = CLAIM.eligibility_query("NLH01")
    assert (query.service_date, query.member.member_id) == (date(2026, 6, 1), "M1")


def test_a_search_that_lacks_something_says_what() -> None:
    item = CLAIM.model_copy(update={"member_id": None, "birth_date": None})
    with pytest.raises(ValueError, match=r"it lacks the member id, the birth date$"):
        item.claim_query("NLH01")


def test_an_appointment_is_no_claim_to_search() -> None:
    item = CLAIM.model_copy(update={"kind": "appointment"})
    assert item.searches == ("eligibility",)
    with pytest.raises(ValueError, match="this is an appointment"):
        item.claim_query("NLH01")


def test_a_row_with_nothing_to_search_by_is_none() -> None:
    with pytest.raises(ValidationError, match="nothing to search by"):
        WorkItem(kind="claim", payer="Northlight", claim_id="77")


@pytest.mark.parametrize(
    "update",
    [
        {"balance": Decimal(5)},
        {"paid": Decimal(5)},
        {"assigned_to": "Fern"},
        {"payer": "NORTHLIGHT"},
        {"payer_claim_number": None},
        {"member_id": "M2"},
        {"billed": Decimal(10)},
    ],
)
def test_what_changes_between_exports_does_not_make_another_item(update: dict[str, object]) -> None:
    assert CLAIM.model_copy(update=update).identity == CLAIM.identity


@pytest.mark.parametrize(
    "update",
    [
        {"payer": "Southlight"},
        {"patient_account_number": "PA-11"},
        {"service_from": date(2026, 6, 2)},
        {"billed": Decimal(11)},
        {"kind": "appointment"},
    ],
)
def test_another_claim_is_another_item(update: dict[str, object]) -> None:
    assert CLAIM.model_copy(update=update).identity != CLAIM.identity


def test_the_practices_own_id_is_enough_to_know_a_claim_again() -> None:
    one = CLAIM.model_copy(update={"claim_id": "77"})
    assert one.model_copy(update={"billed": Decimal(11), "service_to": None}).identity == one.identity
    assert one.model_copy(update={"claim_id": "78"}).identity != one.identity
