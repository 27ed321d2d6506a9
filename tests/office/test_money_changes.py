"""What differs between two looks at money and authorizations, and how a biller reads it."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.authorization import Authorization, AuthorizationList, AuthorizedService, Letter
from harvester.model.codes import (
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    AuthorizationStatus,
    Code,
    OverpaymentStatus,
    PaymentMethod,
    PaymentStatus,
    Unit,
)
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.remittance import File, FileType, RemittanceFile
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer
from harvester.office.changes import Attention, ChangeKind, changes, ending, news
from tests.office.test_changes import disturbed, many, of, only, sentences, usd

K = Shown.known
DAY = date(2026, 11, 2)


def listed(*payments: Payment) -> PaymentList:
    return PaymentList(payments=payments, stated_total=K(len(payments)))


def payment(number: str = "900123", **fields: Any) -> Payment:
    facts: dict[str, Any] = {
        "number": K(number),
        "method": K(PaymentMethod.EFT),
        "amount": usd("1234.50"),
        "issue_date": K(DAY),
    }
    return Payment(**facts | fields)


def withheld(amount: str, code: str = "WO") -> ProviderAdjustment:
    reason = Code(system=PROVIDER_ADJUSTMENT, code=code)
    return ProviderAdjustment(reason=K(reason), reference=K("DM-1"), amount=usd(amount))


def owed(**fields: Any) -> OverpaymentList:
    facts: dict[str, Any] = {"reference": K("DM-1"), "amount": usd("300.00"), "balance": usd("300.00")}
    return OverpaymentList(overpayments=(Overpayment(**facts | fields),), stated_total=K(1))


def allowed(**fields: Any) -> AuthorizationList:
    facts: dict[str, Any] = {
        "number": K("A1"),
        "status": K(AuthorizationStatus.APPROVED),
        "unit": K(Unit.VISITS),
        "approved": K(Decimal(12)),
        "used": K(Decimal(8)),
    }
    return AuthorizationList(authorizations=(Authorization(**facts | fields),), stated_total=K(1))


def file(content: bytes = b"ISA 1") -> RemittanceFile:
    return RemittanceFile(payment_number=K("900123"), type=FileType.X12_835, file=File.of(content, "x"))


@pytest.mark.parametrize(
    ("before", "after", "kind", "attention", "sentence"),
    [
        (
            listed(),
            listed(payment()),
            ChangeKind.PAYMENT,
            Attention.MONEY,
            "new: EFT 900123, 1,234.50, issued 11/02/2026",
        ),
        (
            listed(payment()),
            listed(payment(amount=usd("1234.00"))),
            ChangeKind.AMOUNT,
            Attention.MONEY,
            "EFT 900123: amount 1,234.50 → 1,234.00",
        ),
        (
            listed(payment(status=K(PaymentStatus.ISSUED))),
            listed(payment(status=K(PaymentStatus.CLEARED))),
            ChangeKind.PAYMENT,
            Attention.MONEY,
            "EFT 900123: issued → cleared",
        ),
        (
            listed(payment(status=K(PaymentStatus.ISSUED))),
            listed(payment(status=K(PaymentStatus.STOPPED))),
            ChangeKind.PAYMENT,
            Attention.ACT_NOW,
            "EFT 900123: issued → stopped",
        ),
        (
            listed(payment()),
            listed(payment(provider_adjustments=(withheld("200.00"),))),
            ChangeKind.WITHHELD,
            Attention.MONEY,
            "EFT 900123: withheld for overpayment recovery DM-1: 200.00",
        ),
        (
            listed(payment()),
            listed(payment(provider_adjustments=(withheld("-12.00", "L6"),))),
            ChangeKind.WITHHELD,
            Attention.MONEY,
            "EFT 900123: added for interest DM-1: -12.00",
        ),
        (
            listed(payment()),
            listed(payment(claims=(PaidClaim(claim_number=K("C1"), paid=usd("10.00")),))),
            ChangeKind.PAYMENT,
            Attention.MONEY,
            "EFT 900123: claim C1 added: paid 10.00",
        ),
        (
            listed(payment()),
            listed(),
            ChangeKind.PAYMENT,
            Attention.MONEY,
            "no longer listed: EFT 900123, 1,234.50, issued 11/02/2026",
        ),
        (
            OverpaymentList(),
            owed(demand_date=K(DAY), reason=K("Paid twice")),
            ChangeKind.OVERPAYMENT,
            Attention.ACT_NOW,
            "wanted back: overpayment DM-1, 300.00, balance 300.00, letter of 11/02/2026, Paid twice",
        ),
        (
            owed(),
            owed(balance=usd("120.00")),
            ChangeKind.OVERPAYMENT,
            Attention.MONEY,
            "overpayment DM-1: balance 300.00 → 120.00",
        ),
        (
            owed(status=K(OverpaymentStatus.OPEN)),
            owed(status=K(OverpaymentStatus.CLOSED)),
            ChangeKind.OVERPAYMENT,
            Attention.MONEY,
            "overpayment DM-1: open → closed",
        ),
        (
            AuthorizationList(),
            allowed(expiration_date=K(DAY)),
            ChangeKind.AUTHORIZATION,
            Attention.KNOW,
            "new: authorization A1, approved, approved 12, to 11/02/2026",
        ),
        (
            allowed(status=K(AuthorizationStatus.PENDED)),
            allowed(),
            ChangeKind.AUTHORIZATION,
            Attention.KNOW,
            "authorization A1: pended → approved",
        ),
        (
            allowed(status=K(AuthorizationStatus.PENDED)),
            allowed(status=K(AuthorizationStatus.PENDED_INFO)),
            ChangeKind.AUTHORIZATION,
            Attention.ACT_NOW,
            "authorization A1: pended → pended for information from us",
        ),
        (
            allowed(),
            allowed(used=K(Decimal(9))),
            ChangeKind.UNITS,
            Attention.KNOW,
            "authorization A1: 3 of 12 visits left",
        ),
        (
            allowed(),
            allowed(used=K(Decimal(10))),
            ChangeKind.UNITS,
            Attention.ACT_NOW,
            "authorization A1: 2 of 12 visits left",
        ),
        (
            allowed(),
            allowed(used=K(Decimal(12)), remaining=K(Decimal(0))),
            ChangeKind.UNITS,
            Attention.ACT_NOW,
            "authorization A1: none of 12 visits left",
        ),
        (
            allowed(),
            allowed(letters=(Letter(name=K("Approval"), sent_date=K(DAY)),)),
            ChangeKind.AUTHORIZATION,
            Attention.KNOW,
            "authorization A1: letter Approval added: of 11/02/2026",
        ),
        (None, file(), ChangeKind.FILE, Attention.KNOW, "file received: 835 of payment 900123"),
        (file(), file(b"ISA 2"), ChangeKind.FILE, Attention.KNOW, "another file: 835 of payment 900123"),
    ],
)
def test_one_thing_that_changed_is_one_sentence(
    before: Answer, after: Answer, kind: ChangeKind, attention: Attention, sentence: str
) -> None:
    change = only(before, after)
    assert (change.kind, change.attention, change.sentence) == (kind, attention, sentence)


def test_a_denied_authorization_comes_first() -> None:
    denied = allowed(status=K(AuthorizationStatus.DENIED), used=K(Decimal(9)))
    first = changes(allowed(), denied)[0]
    assert (first.kind, first.attention) == (ChangeKind.DENIED, Attention.ACT_NOW)
    assert first.sentence == "authorization A1: approved → denied"


def test_a_new_payment_says_what_it_withholds() -> None:
    after = listed(payment(provider_adjustments=(withheld("200.00"),)))
    assert sentences(listed(), after) == [
        "new: EFT 900123, 1,234.50, issued 11/02/2026",
        "EFT 900123: withheld for overpayment recovery DM-1: 200.00",
    ]


def test_a_request_keeps_its_reference_when_it_gets_its_number() -> None:
    before = allowed(number=Shown.none("--"), reference=K("R1"), status=K(AuthorizationStatus.PENDED))
    said = sentences(before, allowed(reference=K("R1")))
    assert said == [
        "authorization A1: number none (“--”) → A1",
        "authorization A1: pended → approved",
    ]


def test_lines_of_an_authorization_have_a_status_and_units_of_their_own() -> None:
    line = AuthorizedService(
        number=K("1"),
        procedure=K(Code(system=PROCEDURE, code="97110")),
        unit=K(Unit.UNITS),
        approved=K(Decimal(8)),
        used=K(Decimal(5)),
    )
    later = line.model_copy(update={"used": K(Decimal(7))})
    assert sentences(allowed(lines=(line,)), allowed(lines=(later,))) == [
        "authorization A1: line 1: 1 of 8 units left"
    ]


def test_nothing_on_file_is_an_empty_list() -> None:
    assert changes(None, listed(payment())) == changes(listed(), listed(payment()))
    assert changes(listed(payment()), None) == changes(listed(payment()), listed())
    assert changes(None, AuthorizationList()) == ()


def test_a_first_look_tells_money_and_what_is_to_be_done() -> None:
    assert [c.kind for c in news(listed(payment(provider_adjustments=(withheld("1.00"),))))] == [
        ChangeKind.PAYMENT,
        ChangeKind.WITHHELD,
    ]
    assert [c.kind for c in news(owed())] == [ChangeKind.OVERPAYMENT]
    assert [c.kind for c in news(file())] == [ChangeKind.FILE]
    assert news(allowed()) == ()
    assert [c.sentence for c in news(allowed(used=K(Decimal(11))))] == [
        "authorization A1: 1 of 12 visits left"
    ]
    assert news(None) == ()


@pytest.mark.parametrize(
    ("since", "today", "told"),
    [
        (date(2026, 11, 15), date(2026, 11, 16), True),
        (date.min, date(2026, 11, 20), True),
        (date(2026, 11, 16), date(2026, 11, 17), False),
        (date(2026, 11, 14), date(2026, 11, 15), False),
        (date.min, date(2026, 12, 1), False),
    ],
)
def test_an_authorization_that_ends_in_two_weeks_is_told_once(since: date, today: date, told: bool) -> None:
    found = ending(allowed(expiration_date=K(date(2026, 11, 30))), since, today)
    assert [c.sentence for c in found] == ["authorization A1 ends on 11/30/2026"] * told


LISTS = st.one_of([of(fact) for fact in (PaymentList, OverpaymentList, AuthorizationList)])


@many
@given(LISTS, st.randoms(use_true_random=False))
def test_order_places_words_and_the_day_of_the_data_are_no_change(
    answer: Answer, luck: random.Random
) -> None:
    assert changes(answer, disturbed(answer, luck)) == ()


@many
@given(LISTS)
def test_an_answer_that_was_kept_and_read_again_has_not_changed(answer: Answer) -> None:
    assert changes(answer, type(answer).model_validate_json(answer.model_dump_json())) == ()


@many
@given(LISTS)
def test_whatever_comes_and_goes_can_be_said(answer: Answer) -> None:
    for change in (*changes(None, answer), *changes(answer, None)):
        assert change.sentence
        assert "  " not in change.sentence
