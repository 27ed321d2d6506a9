"""What an answer must satisfy before it counts as data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from harvester.errors import NotOnFile, PortalChanged, SeveralOnFile, WrongPage
from harvester.model.claim import Adjustment, Claim, ClaimList, ClaimRow, ServiceLine
from harvester.model.codes import CARC, AdjustmentGroup, ClaimStatus, Code
from harvester.model.eligibility import Accumulator, Coverage, Eligibility
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery, Member
from harvester.model.shown import Shown
from harvester.visit import checks, lookups

MEMBER = Member(member_id="CMX100200", last_name="Example", first_name="Ada", birth_date=date(1980, 2, 3))
DAY = date(2026, 11, 2)
QUERY = ClaimQuery(
    carrier="CMHP1",
    member=MEMBER,
    claim_number="C1",
    patient_account_number="1234",
    service_from=DAY,
    service_to=DAY,
    billed=Decimal("100.00"),
)


LISTED = ClaimsQuery(carrier="CMHP1", member=MEMBER, service_from=DAY, service_to=DAY)


def known(value: Any) -> Shown[Any]:
    return Shown.known(value)


def money(amount: str) -> Shown[Decimal]:
    return Shown[Decimal].known(Decimal(amount))


def line(number: str = "1", **changed: Any) -> ServiceLine:
    adjustments = (
        Adjustment(
            group=known(AdjustmentGroup.CO), reason=known(Code(system=CARC, code="45")), amount=money("30.00")
        ),
        Adjustment(
            group=known(AdjustmentGroup.PR), reason=known(Code(system=CARC, code="1")), amount=money("20.00")
        ),
    )
    amounts: dict[str, Any] = {
        "billed": money("100.00"),
        "allowed": money("70.00"),
        "deductible": money("20.00"),
    }
    facts: dict[str, Any] = {"number": known(number), "paid": money("50.00"), "adjustments": adjustments}
    return ServiceLine(**facts | amounts | changed)


def claim(**changed: Any) -> Claim:
    facts: dict[str, Any] = {
        "claim_number": known("C1"),
        "patient_account_number": known("1234"),
        "member_id": known("CMX-100200"),
        "birth_date": known(MEMBER.birth_date),
        "service_from": known(DAY),
        "service_to": known(DAY),
        "billed": money("100.00"),
        "paid": money("50.00"),
        "lines": (line(),),
    }
    return Claim(**facts | changed)


def row(number: str, **changed: Any) -> ClaimRow:
    facts: dict[str, Any] = {
        "claim_number": known(number),
        "patient_account_number": known("1234"),
        "service_from": known(DAY),
        "service_to": known(DAY),
        "billed": money("100.00"),
        "status": known(ClaimStatus.PAID),
    }
    return ClaimRow(**facts | changed)


def test_a_claim_that_is_the_one_asked_for_and_adds_up_passes() -> None:
    checks.claim(claim(), QUERY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("claim_number", known("C2")),
        ("member_id", known("CMX100201")),
        ("member_id", Shown.not_shown()),
        ("birth_date", known(date(1980, 2, 4))),
        ("patient_account_number", known("51234")),
        ("service_from", known(date(2026, 11, 3))),
    ],
)
def test_a_page_about_something_else_is_refused_and_names_the_field(field: str, value: Shown[Any]) -> None:
    with pytest.raises(WrongPage) as refused:
        checks.claim(claim(**{field: value}), QUERY)
    assert refused.value.where == field


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"billed": money("110.00")}, "billed"),
        ({"paid": money("49.99")}, "paid"),
        (
            {"lines": (line(billed=money("70.00"), allowed=money("100.00")),), "billed": money("70.00")},
            "paid",
        ),
        ({"lines": (line(allowed=money("60.00")),)}, "allowed"),
        ({"patient_responsibility": money("25.00")}, "patient_responsibility"),
        ({"service_to": known(date(2026, 11, 1))}, "service_from"),
        ({"lines": (line(), line()), "billed": money("200.00"), "paid": money("100.00")}, "lines"),
        ({"lines": (line(deductible=money("0.00"), copay=money("20.00")),)}, "deductible"),
    ],
)
def test_amounts_that_do_not_add_up_are_refused_and_name_the_field(changed: Any, where: str) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.claim(claim(**changed), QUERY)
    assert refused.value.where.endswith(where)


def test_amounts_that_are_not_shown_are_not_zero() -> None:
    checks.claim(claim(paid=money("999.00"), lines=(line(paid=Shown.not_shown("")),)), QUERY)


@pytest.mark.parametrize("stated", [Shown.not_shown(), known(3), known(1)])
def test_a_list_is_refused_unless_it_says_how_many_rows_it_has_and_has_them(stated: Shown[int]) -> None:
    with pytest.raises(PortalChanged):
        checks.claim_list(ClaimList(rows=(row("C1"), row("C2")), stated_total=stated), LISTED)


def test_a_list_with_a_claim_twice_is_refused() -> None:
    with pytest.raises(PortalChanged, match="twice"):
        checks.claim_list(ClaimList(rows=(row("C1"), row("C1")), stated_total=known(2)), LISTED)


def test_an_account_number_that_is_a_part_of_another_is_not_taken_for_it() -> None:
    listed = ClaimList(rows=(row("C1", patient_account_number=known("51234")),), stated_total=known(1))
    with pytest.raises(NotOnFile):
        lookups.chosen(listed, QUERY)


def test_of_several_claims_with_one_account_number_the_one_with_exact_days_and_amount_is_taken() -> None:
    listed = ClaimList(rows=(row("C1", billed=money("90.00")), row("C2")), stated_total=known(2))
    assert lookups.chosen(listed, QUERY).claim_number.value == "C2"


def test_of_a_replaced_claim_and_its_replacement_the_one_that_stands_is_taken() -> None:
    listed = ClaimList(rows=(row("C1", status=known(ClaimStatus.ADJUSTED)), row("C2")), stated_total=known(2))
    assert lookups.chosen(listed, QUERY).claim_number.value == "C2"


def test_of_two_claims_that_fit_alike_none_is_chosen() -> None:
    with pytest.raises(SeveralOnFile):
        lookups.chosen(ClaimList(rows=(row("C1"), row("C2")), stated_total=known(2)), QUERY)


ASKED = EligibilityQuery(carrier="CMHP1", member=MEMBER, service_date=DAY)


def eligibility(**changed: Any) -> Eligibility:
    facts: dict[str, Any] = {
        "member_id": known("CMX100200"),
        "birth_date": known(MEMBER.birth_date),
        "service_date": known(DAY),
        "coverages": (Coverage(plan_name=known("Trillium Choice")),),
    }
    return Eligibility(**facts | changed)


def test_an_eligibility_answer_for_the_member_and_day_passes() -> None:
    checks.eligibility(eligibility(), ASKED)


@pytest.mark.parametrize(
    "changed",
    [
        {"member_id": known("CMX100201")},
        {"birth_date": known(date(1981, 2, 3))},
        {"service_date": known(date(2026, 11, 1))},
    ],
)
def test_an_eligibility_answer_about_somebody_or_some_day_else_is_refused(changed: Any) -> None:
    with pytest.raises(WrongPage):
        checks.eligibility(eligibility(**changed), ASKED)


def test_met_and_remaining_must_add_up_to_the_limit() -> None:
    wrong = Accumulator(kind="deductible", limit=money("1500"), met=money("300"), remaining=money("1300"))
    with pytest.raises(PortalChanged, match="add up"):
        checks.eligibility(eligibility(accumulators=(wrong,)), ASKED)
