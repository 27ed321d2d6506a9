"""What an answer must satisfy before it counts as data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from harvester.errors import NotOnFile, PortalChanged, SeveralOnFile, WrongPage
from harvester.model.authorization import Authorization, AuthorizationList, AuthorizedService
from harvester.model.claim import Adjustment, Claim, ClaimList, ClaimRow, ServiceLine
from harvester.model.codes import CARC, AdjustmentGroup, ClaimStatus, Code
from harvester.model.eligibility import Accumulator, Coverage, Eligibility
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import LARGEST_FILE, File, FileType, RemittanceFile
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


PAYMENTS = PaymentsQuery(
    carrier="CMHP1", tin="007300142", issued_from=date(2026, 11, 1), issued_to=date(2026, 11, 22)
)
ONE_PAYMENT = PAYMENTS.model_copy(update={"number": "900123"})


def payment(**changed: Any) -> Payment:
    facts: dict[str, Any] = {
        "number": known("900123"),
        "amount": money("130.00"),
        "issue_date": known(DAY),
        "payee_tin": known("00-7300142"),
        "claims": (PaidClaim(paid=money("100.00")), PaidClaim(paid=money("50.00"))),
        "provider_adjustments": (ProviderAdjustment(amount=money("20.00")),),
    }
    return Payment(**facts | changed)


def payments(*listed: Payment, **changed: Any) -> PaymentList:
    facts: dict[str, Any] = {"tin": known("00-7300142"), "stated_total": known(len(listed))}
    return PaymentList(payments=listed, **facts | changed)


def test_payments_that_add_up_and_are_whole_pass() -> None:
    checks.payment_list(payments(payment(), payment(number=known("900124"))), PAYMENTS)
    checks.payment_list(payments(), PAYMENTS)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"amount": money("130.01")}, "payments › amount"),
        ({"provider_adjustments": ()}, "payments › amount"),
        ({"claims": (PaidClaim(paid=money("100.00")),)}, "payments › amount"),
        ({"provider_adjustments": (ProviderAdjustment(amount=money("-20.00")),)}, "payments › amount"),
        ({"number": known("900 123")}, "payments › number"),
        ({"issue_date": Shown.unreadable("13/45/2026")}, "payments › issue_date"),
        ({"cleared_date": known(date(2026, 11, 1))}, "payments › cleared_date"),
        ({"payee_tin": known("7300142")}, "payments › payee_tin"),
    ],
)
def test_a_payment_that_does_not_add_up_is_refused_and_names_the_field(changed: Any, where: str) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.payment_list(payments(payment(**changed)), PAYMENTS)
    assert refused.value.where == where


@pytest.mark.parametrize(
    "changed",
    [
        {"claims": ()},
        {"claims": (PaidClaim(paid=Shown.not_shown("")),)},
        {"provider_adjustments": (ProviderAdjustment(amount=Shown.not_shown("")),)},
        {"amount": Shown.not_shown()},
    ],
)
def test_what_a_payment_does_not_show_is_not_zero(changed: Any) -> None:
    checks.payment_list(payments(payment(**changed)), PAYMENTS)


@pytest.mark.parametrize(
    ("query", "changed", "where"),
    [
        (PAYMENTS, {"issue_date": known(date(2026, 10, 31))}, "payments › issue_date"),
        (PAYMENTS, {"issue_date": known(date(2026, 11, 23))}, "payments › issue_date"),
        (PAYMENTS, {"payee_tin": known("00-7300143")}, "payments › payee_tin"),
        (ONE_PAYMENT, {"number": known("900124")}, "payments › number"),
        (ONE_PAYMENT, {"number": Shown.not_shown()}, "payments › number"),
    ],
)
def test_a_payment_of_others_or_of_other_days_is_refused(
    query: PaymentsQuery, changed: Any, where: str
) -> None:
    with pytest.raises(WrongPage) as refused:
        checks.payment_list(payments(payment(**changed)), query)
    assert refused.value.where == where


def test_a_payment_that_was_asked_for_by_number_may_be_of_any_day() -> None:
    listed = payments(payment(issue_date=known(date(2025, 1, 2))), stated_total=Shown.not_shown())
    checks.payment_list(listed, ONE_PAYMENT)


@pytest.mark.parametrize(
    ("listed", "where"),
    [
        (payments(payment(), stated_total=known(2)), "payments"),
        (payments(payment(), stated_total=Shown.not_shown()), "stated_total"),
        (payments(payment(), payment()), "payments › number"),
        (payments(tin=known("00-7300143")), "tin"),
    ],
)
def test_a_list_of_payments_that_is_not_whole_is_refused(listed: PaymentList, where: str) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.payment_list(listed, PAYMENTS)
    assert refused.value.where == where


OWED = OverpaymentsQuery(carrier="CMHP1", tin="007300142")


def demand(**changed: Any) -> Overpayment:
    facts: dict[str, Any] = {
        "reference": known("DM-1"),
        "amount": money("300.00"),
        "interest": money("10.00"),
        "recovered_before": money("100.00"),
        "recovered_now": money("50.00"),
        "refunded": Shown.none("--"),
        "balance": money("160.00"),
    }
    return Overpayment(**facts | changed)


def demands(*listed: Overpayment, **changed: Any) -> OverpaymentList:
    facts: dict[str, Any] = {"tin": known("007300142"), "stated_total": known(len(listed))}
    return OverpaymentList(overpayments=listed, **facts | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"interest": Shown.not_shown(), "balance": money("150.00")},
        {"recovered_now": Shown.not_shown(), "balance": money("1.00")},
    ],
)
def test_a_demand_whose_balance_adds_up_or_is_not_all_shown_passes(changed: Any) -> None:
    checks.overpayment_list(demands(demand(**changed)), OWED)


@pytest.mark.parametrize(
    ("listed", "where"),
    [
        (demands(demand(balance=money("159.99"))), "overpayments › balance"),
        (demands(demand(interest=Shown.not_shown())), "overpayments › balance"),
        (demands(demand(refunded=money("1.00"))), "overpayments › balance"),
        (demands(demand(recovered_before=money("0.00"))), "overpayments › balance"),
        (demands(demand(), demand()), "overpayments › reference"),
        (demands(demand(reference=known("DM 1"))), "overpayments › reference"),
        (
            demands(demand(service_from=known(DAY), service_to=known(date(2026, 11, 1)))),
            "overpayments › service_from",
        ),
        (demands(demand(), stated_total=known(2)), "overpayments"),
        (demands(demand(), stated_total=Shown.not_shown()), "stated_total"),
        (demands(demand(), tin=known("007300143")), "tin"),
    ],
)
def test_demands_that_do_not_add_up_or_are_not_ours_are_refused(listed: OverpaymentList, where: str) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.overpayment_list(listed, OWED)
    assert refused.value.where == where


ALLOWED = AuthorizationsQuery(carrier="CMHP1", member=MEMBER, service_date=DAY)


def authorization(**changed: Any) -> Authorization:
    facts: dict[str, Any] = {
        "number": known("A1"),
        "reference": known("R1"),
        "requested_date": known(date(2026, 10, 1)),
        "decided_date": known(date(2026, 10, 2)),
        "effective_date": known(date(2026, 10, 1)),
        "expiration_date": known(date(2027, 3, 31)),
        "approved": known(Decimal(12)),
        "used": known(Decimal(10)),
        "remaining": known(Decimal(2)),
        "lines": (AuthorizedService(number=known("1")), AuthorizedService(number=known("2"))),
    }
    return Authorization(**facts | changed)


def authorizations(*listed: Authorization, **changed: Any) -> AuthorizationList:
    facts: dict[str, Any] = {
        "member_id": known("CMX100200"),
        "birth_date": known(MEMBER.birth_date),
        "stated_total": known(len(listed)),
    }
    return AuthorizationList(authorizations=listed, **facts | changed)


def test_authorizations_of_the_member_that_add_up_pass() -> None:
    pended = authorization(number=Shown.none("--"), reference=known("R2"))
    checks.authorization_list(authorizations(authorization(), pended), ALLOWED)
    checks.authorization_list(authorizations(), ALLOWED)


@pytest.mark.parametrize(
    ("listed", "where"),
    [
        (authorizations(member_id=Shown.not_shown()), "member_id"),
        (authorizations(member_id=known("CMX100201")), "member_id"),
        (authorizations(birth_date=known(date(1980, 2, 4))), "birth_date"),
        (authorizations(birth_date=Shown.unreadable("2/30/1980")), "birth_date"),
        (authorizations(authorization(remaining=known(Decimal(3)))), "authorizations › remaining"),
        (
            authorizations(authorization(decided_date=known(date(2026, 9, 1)))),
            "authorizations › decided_date",
        ),
        (
            authorizations(authorization(expiration_date=known(date(2026, 9, 1)))),
            "authorizations › expiration_date",
        ),
        (authorizations(authorization(), authorization(reference=known("R2"))), "authorizations › number"),
        (authorizations(authorization(), authorization(number=known("A2"))), "authorizations › reference"),
        (authorizations(authorization(number=known("A 1"))), "authorizations › number"),
        (authorizations(authorization(lines=(AuthorizedService(number=known("1")),) * 2)), "lines › number"),
        (
            authorizations(
                authorization(
                    lines=(AuthorizedService(service_from=known(DAY), service_to=known(date(2026, 1, 1))),)
                )
            ),
            "lines › service_from",
        ),
        (
            authorizations(
                authorization(
                    lines=(
                        AuthorizedService(
                            approved=known(Decimal(4)), used=known(Decimal(1)), remaining=known(Decimal(4))
                        ),
                    )
                )
            ),
            "lines › remaining",
        ),
        (authorizations(authorization(), stated_total=known(0)), "authorizations"),
        (authorizations(authorization(), stated_total=Shown.not_shown()), "stated_total"),
    ],
)
def test_authorizations_of_others_or_that_do_not_add_up_are_refused(
    listed: AuthorizationList, where: str
) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.authorization_list(listed, ALLOWED)
    assert refused.value.where == where


def test_another_authorization_than_the_one_asked_for_is_refused() -> None:
    checks.authorization_list(authorizations(authorization()), ALLOWED.model_copy(update={"number": "R1"}))
    with pytest.raises(WrongPage) as refused:
        checks.authorization_list(
            authorizations(authorization()), ALLOWED.model_copy(update={"number": "A2"})
        )
    assert refused.value.where == "authorizations › number"


FILE = RemittanceFileQuery(carrier="CMHP1", payment_number="900123", issue_date=DAY, amount=Decimal("130.00"))
ISA = (
    "ISA*00*          *00*          *ZZ*CASCADIA       *ZZ*PRACTICE       "
    "*261102*0900*^*00501*000000001*0*P*:~"
)


def era(
    number: str = "900123", amount: str = "130.00", group: str = "HP", kind: str = "835", times: int = 1
) -> bytes:
    payments = "".join(
        f"ST*{kind}*{n:04}~BPR*I*{amount}*C*ACH~TRN*1*{number}*1007300142~SE*4*{n:04}~" for n in range(times)
    )
    return (
        f"{ISA}GS*{group}*A*B*20261102*0900*1*X*005010X221A1~{payments}GE*{times}*1~IEA*1*000000001~".encode()
    )


def file(content: bytes, type: FileType = FileType.X12_835, **changed: Any) -> RemittanceFile:  # noqa: A002
    facts: dict[str, Any] = {"type": type, "file": File.of(content, "../remit.835")}
    return RemittanceFile(**facts | changed)


PDF = b"%PDF-1.7 whatever"


@pytest.mark.parametrize(
    "answer",
    [
        file(era()),
        file(era().replace(b"~", b"~\n")),
        file(era().replace(b"*", b"|").replace(b"~", b"\n")),
        file(era(amount="65", times=2)),
        file(era(), payment_number=known("900123"), amount=money("130"), issue_date=known(DAY)),
        file(PDF, FileType.PDF, payment_number=known("900123")),
    ],
)
def test_a_file_of_the_payment_passes(answer: RemittanceFile) -> None:
    checks.remittance_file(answer, FILE)


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (file(era(number="900124")), "file › TRN02"),
        (file(era(amount="130.01")), "file › BPR02"),
        (file(era(times=2)), "file › BPR02"),
        (file(era(), payment_number=known("900124")), "payment_number"),
        (file(era(), amount=money("130.01")), "amount"),
        (file(era(), issue_date=known(date(2026, 11, 3))), "issue_date"),
        (file(PDF, FileType.PDF), "payment_number"),
    ],
)
def test_a_file_of_another_payment_is_refused(answer: RemittanceFile, where: str) -> None:
    with pytest.raises(WrongPage) as refused:
        checks.remittance_file(answer, FILE)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (
            file(b"<!doctype html><title>Sign in</title>", FileType.PDF, payment_number=known("900123")),
            "type",
        ),
        (file(PDF, FileType.X12_835), "type"),
        (file(era(), FileType.PDF, payment_number=known("900123")), "type"),
        (file(b"", FileType.PDF), "file › size"),
        (file(b"%PDF-" + b"0" * LARGEST_FILE, FileType.PDF), "file › size"),
        (file(PDF, file=File.of(PDF, "x").model_copy(update={"size": 3})), "file › size"),
        (file(PDF, file=File.of(PDF, "x").model_copy(update={"sha256": "0" * 64})), "file › sha256"),
        (file(PDF, file=File.of(PDF, "x").model_copy(update={"packed": "%%%"})), "file › packed"),
        (file(era(group="HB")), "file"),
        (file(era(kind="271")), "file"),
        (file(era(amount="lots")), "file"),
        (file(era(amount="NaN")), "file"),
        (file(era(times=0)), "file"),
        (file(era()[:-60]), "file"),
        (file(b"ISA"), "file"),
        (file(b"ISA*" + b"0" * 200), "file"),
        (file(era().replace(b"*:~", b"*:A")), "file"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(answer: RemittanceFile, where: str) -> None:
    with pytest.raises(PortalChanged) as refused:
        checks.remittance_file(answer, FILE)
    assert refused.value.where == where
