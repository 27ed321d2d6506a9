"""What differs between two answers, and how a biller reads it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.model.claim import (
    Adjustment,
    Claim,
    ClaimList,
    ClaimRow,
    PaymentReference,
    RequestedDocument,
    ServiceLine,
)
from harvester.model.codes import (
    CARC,
    MODIFIER,
    PROCEDURE,
    RARC,
    SERVICE_TYPE,
    AdjustmentGroup,
    ClaimStatus,
    Code,
    CoverageStatus,
    Level,
    Network,
    Order,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
    Unit,
)
from harvester.model.eligibility import (
    Accumulator,
    Benefit,
    Coverage,
    Eligibility,
    Fund,
    Limit,
    OtherCoverage,
)
from harvester.model.shown import Fact, Place, Shown, State, Unmapped
from harvester.model.snapshot import MOVING, Answer
from harvester.office.changes import FIELDS, Attention, Change, ChangeKind, changes

K = Shown.known


def usd(amount: str) -> Shown[Decimal]:
    return K(Decimal(amount), f"${amount}")


def sentences(before: Answer | None, after: Answer | None) -> list[str]:
    return [change.sentence for change in changes(before, after)]


def only(before: Answer | None, after: Answer | None) -> Change:
    [change] = changes(before, after)
    return change


def claim_with(**fields: Any) -> Claim:
    return Claim(claim_number=K("4471"), **fields)


def line(number: str = "2", **fields: Any) -> ServiceLine:
    return ServiceLine(number=K(number), procedure=K(Code(system=PROCEDURE, code="99213")), **fields)


def line_without_number(procedure: str, **fields: Any) -> ServiceLine:
    return ServiceLine(procedure=K(Code(system=PROCEDURE, code=procedure)), **fields)


def co(reason: str, amount: str | None = None, group: AdjustmentGroup = AdjustmentGroup.CO) -> Adjustment:
    shown = usd(amount) if amount else Shown[Decimal]()
    return Adjustment(group=K(group), reason=K(Code(system=CARC, code=reason)), amount=shown)


def remark(code: str) -> Shown[Code]:
    return K(Code(system=RARC, code=code))


def status(value: ClaimStatus, words: str | None = None) -> Shown[ClaimStatus]:
    return K(value, words)


def paid_claim(amount: str = "120.50") -> Claim:
    return claim_with(
        status=status(ClaimStatus.PAID, "Finalized - Paid"),
        paid=usd(amount),
        payment=PaymentReference(method=K(PaymentMethod.EFT), number=K("900123")),
    )


# On file or not ---------------------------------------------------------------------------------


def test_nothing_on_file_twice_is_no_change() -> None:
    assert changes(None, None) == ()


def test_a_claim_that_comes_on_file_says_its_status() -> None:
    change = only(None, claim_with(status=status(ClaimStatus.IN_PROCESS)))
    assert (change.kind, change.attention) == (ChangeKind.NOW_ON_FILE, Attention.KNOW)
    assert change.sentence == "now on file: claim 4471, in process"


def test_a_claim_that_comes_on_file_denied_is_also_denied() -> None:
    found = changes(None, claim_with(status=status(ClaimStatus.DENIED), billed=usd("80")))
    assert [change.kind for change in found] == [ChangeKind.DENIED, ChangeKind.NOW_ON_FILE]


def test_a_claim_that_comes_on_file_brings_its_requested_documents_and_its_payment() -> None:
    documents = (RequestedDocument(document=K("operative note")),)
    found = changes(None, paid_claim().model_copy(update={"requested_documents": documents}))
    assert {ChangeKind.DOCUMENTS_REQUESTED, ChangeKind.PAID} < {change.kind for change in found}


def test_a_member_who_comes_on_file_without_other_insurance_needs_nobody() -> None:
    answer = Eligibility(member_id=K("M1"), other_coverage_outcome=K(OtherCoverageOutcome.NONE_ON_FILE))
    assert sentences(None, answer) == ["now on file: member M1"]


def test_a_claim_that_is_no_longer_on_file_asks_for_action() -> None:
    change = only(claim_with(status=status(ClaimStatus.PENDED_PAYER)), None)
    assert (change.kind, change.attention) == (ChangeKind.NO_LONGER_ON_FILE, Attention.ACT_NOW)
    assert change.sentence == "no longer on file: claim 4471, pended"


def test_answers_of_different_kinds_cannot_be_compared() -> None:
    with pytest.raises(TypeError, match="claim and eligibility cannot be compared"):
        changes(Claim(), Eligibility())


def test_a_claim_list_says_which_claims_came_went_and_changed() -> None:
    before = ClaimList(rows=(ClaimRow(claim_number=K("1")), ClaimRow(claim_number=K("2"), paid=usd("0"))))
    after = ClaimList(rows=(ClaimRow(claim_number=K("2"), paid=usd("9")), ClaimRow(claim_number=K("3"))))
    assert sentences(before, after) == [
        "claim 1 no longer on file",
        "claim 2: paid 0.00 → 9.00",
        "claim 3 now on file",
    ]


# Status and payment -----------------------------------------------------------------------------


def test_a_denial_is_said_as_one() -> None:
    before = claim_with(status=status(ClaimStatus.PENDED_PAYER, "Pended"))
    change = only(before, claim_with(status=status(ClaimStatus.DENIED, "Finalized - Denied")))
    assert (change.kind, change.attention, change.path) == (ChangeKind.DENIED, Attention.ACT_NOW, ("status",))
    assert (change.before, change.after, change.sentence) == ("pended", "denied", "pended → denied")


def test_a_line_denied_says_which_line() -> None:
    before = claim_with(lines=(line(status=status(ClaimStatus.IN_PROCESS)),))
    change = only(before, claim_with(lines=(line(status=status(ClaimStatus.DENIED)),)))
    assert (change.kind, change.sentence) == (ChangeKind.DENIED, "line 2: in process → denied")


@pytest.mark.parametrize(
    ("now", "attention"),
    [
        (ClaimStatus.PENDED_PROVIDER_INFO, Attention.ACT_NOW),
        (ClaimStatus.REJECTED_UNPROCESSABLE, Attention.ACT_NOW),
        (ClaimStatus.REVERSED, Attention.MONEY),
        (ClaimStatus.APPROVED_AWAITING_PAYMENT, Attention.KNOW),
    ],
)
def test_a_status_asks_for_what_it_means(now: ClaimStatus, attention: Attention) -> None:
    before = claim_with(status=status(ClaimStatus.IN_PROCESS))
    change = only(before, claim_with(status=status(now)))
    assert (change.kind, change.attention) == (ChangeKind.STATUS, attention)


def test_paid_is_not_said_without_a_payment_to_show() -> None:
    before = claim_with(status=status(ClaimStatus.IN_PROCESS), paid=usd("0.00"))
    change = only(before, claim_with(status=status(ClaimStatus.PAID, "Finalized"), paid=usd("0.00")))
    assert change.kind is ChangeKind.STATUS
    assert change.sentence == "in process → “Finalized” without a payment to show"


def test_paid_is_not_said_of_a_line_that_paid_nothing() -> None:
    before = claim_with(lines=(line(status=status(ClaimStatus.IN_PROCESS), paid=usd("0")),))
    after = claim_with(lines=(line(status=status(ClaimStatus.PAID, "Processed"), paid=usd("0")),))
    assert sentences(before, after) == ["line 2: in process → “Processed” without a payment to show"]


def test_other_words_of_an_unknown_status_are_a_change_that_somebody_must_read() -> None:
    before = claim_with(status=status(ClaimStatus.UNKNOWN, "In limbo"))
    change = only(before, claim_with(status=status(ClaimStatus.UNKNOWN, "Set aside")))
    assert (change.kind, change.attention) == (ChangeKind.STATUS, Attention.ACT_NOW)
    assert change.sentence == "unknown (“In limbo”) → unknown (“Set aside”)"


def test_a_payment_says_how_it_came() -> None:
    before = claim_with(status=status(ClaimStatus.APPROVED_AWAITING_PAYMENT), paid=usd("0.00"))
    found = {change.kind: change for change in changes(before, paid_claim())}
    assert found[ChangeKind.PAID].sentence == "paid 0.00 → 120.50 by EFT 900123"
    assert found[ChangeKind.PAID].attention is Attention.MONEY
    assert found[ChangeKind.STATUS].sentence == "approved awaiting payment → paid"
    assert found[ChangeKind.PAYMENT].sentence == "payment added: EFT, number 900123"


def test_a_claim_becomes_paid_when_its_payment_shows_up_later_than_its_amount() -> None:
    before = paid_claim().model_copy(update={"payment": None})
    assert "paid 120.50 by EFT 900123" in sentences(before, paid_claim())


def test_a_claim_whose_status_falls_back_no_longer_counts_as_paid() -> None:
    after = paid_claim().model_copy(update={"status": status(ClaimStatus.REVERSED)})
    assert set(sentences(paid_claim(), after)) == {"paid → reversed", "120.50 no longer counts as paid"}


def test_a_smaller_payment_is_an_amount_and_not_a_payment_come_in() -> None:
    assert only(paid_claim("120.50"), paid_claim("90.00")).kind is ChangeKind.AMOUNT


def test_another_number_of_a_payment_is_said() -> None:
    payment = PaymentReference(method=K(PaymentMethod.EFT), number=K("900124"))
    change = only(paid_claim(), paid_claim().model_copy(update={"payment": payment}))
    assert (change.kind, change.path) == (ChangeKind.PAYMENT, ("payment", "number"))
    assert change.sentence == "payment number 900123 → 900124"


def test_a_replacement_names_the_other_claim() -> None:
    change = only(claim_with(), claim_with(replaced_by=K("5512")))
    assert (change.kind, change.sentence) == (ChangeKind.REPLACED, "replaced by 5512, newly shown")


# Documents and reasons --------------------------------------------------------------------------


def note(due: date | None = None, reference: str | None = None) -> RequestedDocument:
    return RequestedDocument(
        document=K("operative note"),
        due_date=K(due) if due else Shown(),
        reference=K(reference) if reference else Shown(),
    )


def test_requested_documents_say_when_they_are_due() -> None:
    change = only(claim_with(), claim_with(requested_documents=(note(date(2026, 12, 1)),)))
    assert (change.kind, change.attention) == (ChangeKind.DOCUMENTS_REQUESTED, Attention.ACT_NOW)
    assert change.path == ("requested documents", "operative note")
    assert change.sentence == "records requested: operative note, due 12/01/2026"


def test_a_document_is_no_longer_requested() -> None:
    change = only(claim_with(requested_documents=(note(),)), claim_with())
    assert change.kind is ChangeKind.DOCUMENT_NO_LONGER_REQUESTED
    assert change.sentence == "records no longer requested: operative note"


def test_a_due_date_moves() -> None:
    before = claim_with(requested_documents=(note(date(2026, 12, 1), "R1"),))
    change = only(before, claim_with(requested_documents=(note(date(2026, 12, 15), "R1"),)))
    assert (change.kind, change.attention) == (ChangeKind.DUE_DATE, Attention.ACT_NOW)
    assert change.sentence == "operative note: due date 12/01/2026 → 12/15/2026"


def test_the_same_document_under_another_reference_is_another_request() -> None:
    before = claim_with(requested_documents=(note(reference="R1"),))
    kinds = {
        change.kind for change in changes(before, claim_with(requested_documents=(note(reference="R2"),)))
    }
    assert kinds == {ChangeKind.DOCUMENTS_REQUESTED, ChangeKind.DOCUMENT_NO_LONGER_REQUESTED}


def test_a_document_that_gets_a_reference_is_the_same_document() -> None:
    before = claim_with(requested_documents=(note(),))
    change = only(before, claim_with(requested_documents=(note(reference="R1"),)))
    assert (change.kind, change.sentence) == (ChangeKind.DETAIL, "operative note: reference R1, newly shown")


def test_a_pend_reason_is_said_in_the_portals_words() -> None:
    change = only(claim_with(), claim_with(pend_reasons=(K("Awaiting records"),)))
    assert (change.kind, change.path) == (ChangeKind.PEND_REASON, ("pend reasons",))
    assert change.sentence == "pend reason “Awaiting records” added"


# Lines and adjustments --------------------------------------------------------------------------


def test_a_remark_goes_with_the_one_adjustment_that_came_with_it() -> None:
    after = claim_with(lines=(line(adjustments=(co("16", "120.00"),), remarks=(remark("N290"),)),))
    change = only(claim_with(lines=(line(),)), after)
    assert (change.kind, change.path) == (ChangeKind.ADJUSTMENT_ADDED, ("line 2", "adjustments"))
    assert (change.before, change.after) == (None, "CO-16 N290 120.00")
    assert change.sentence == "line 2: CO-16 N290 added (120.00)"


def test_a_remark_stands_alone_where_several_adjustments_came() -> None:
    after = claim_with(lines=(line(adjustments=(co("16"), co("45")), remarks=(remark("N290"),)),))
    assert sentences(claim_with(lines=(line(),)), after) == [
        "line 2: CO-16 added",
        "line 2: CO-45 added",
        "line 2: remark N290 added",
    ]


def test_an_adjustment_goes_away() -> None:
    change = only(claim_with(lines=(line(adjustments=(co("45", "20.00"),)),)), claim_with(lines=(line(),)))
    assert change.kind is ChangeKind.ADJUSTMENT_REMOVED
    assert change.sentence == "line 2: CO-45 removed (20.00)"


def test_an_adjustment_of_another_amount_is_the_same_adjustment() -> None:
    before = claim_with(lines=(line(adjustments=(co("45", "20.00"),)),))
    change = only(before, claim_with(lines=(line(adjustments=(co("45", "30.00"),)),)))
    assert (change.kind, change.path) == (ChangeKind.AMOUNT, ("line 2", "adjustments", "CO-45", "amount"))
    assert change.sentence == "line 2: CO-45 amount 20.00 → 30.00"


def test_the_same_adjustment_a_second_time_is_added() -> None:
    before = claim_with(lines=(line(adjustments=(co("45", "20.00"),)),))
    after = claim_with(lines=(line(adjustments=(co("45", "20.00"), co("45", "20.00"))),))
    assert sentences(before, after) == ["line 2: CO-45 added (20.00)"]


def test_a_new_line_tells_what_became_of_it() -> None:
    new = line(status=status(ClaimStatus.DENIED), billed=usd("120"), adjustments=(co("16"),))
    change = only(claim_with(), claim_with(lines=(new,)))
    assert (change.kind, change.attention) == (ChangeKind.LINE_ADDED, Attention.ACT_NOW)
    assert change.sentence == "line 2 added: 99213, denied, billed 120.00, CO-16"


def test_a_line_goes_away() -> None:
    change = only(claim_with(lines=(line(),)), claim_with())
    assert (change.kind, change.sentence) == (ChangeKind.LINE_REMOVED, "line 2 removed: 99213")


def test_lines_without_numbers_are_matched_by_what_was_done() -> None:
    one, two = line_without_number("99213", paid=usd("1")), line_without_number("99214", paid=usd("1"))
    dearer = line_without_number("99214", paid=usd("2"))
    change = only(claim_with(lines=(one, two)), claim_with(lines=(dearer, one)))
    assert change.sentence == "line 99214: paid 1.00 → 2.00"


def test_a_line_whose_number_is_no_longer_shown_is_the_same_line() -> None:
    before = claim_with(lines=(line(paid=usd("1")), line("3")))
    after = claim_with(lines=(line_without_number("99213", paid=usd("2")), line("3")))
    assert sentences(before, after) == ["line 2: paid 1.00 → 2.00", "line 2: number 2 → no longer shown"]


def test_another_line_number_is_another_line_even_for_the_same_procedure() -> None:
    found = changes(claim_with(lines=(line("2"),)), claim_with(lines=(line("3"),)))
    assert {change.kind for change in found} == {ChangeKind.LINE_ADDED, ChangeKind.LINE_REMOVED}


def test_a_modifier_is_said_with_its_line() -> None:
    after = claim_with(lines=(line(modifiers=(K(Code(system=MODIFIER, code="59")),)),))
    assert sentences(claim_with(lines=(line(),)), after) == ["line 2: modifier 59 added"]


def test_lines_are_told_in_their_numbers_order() -> None:
    before = claim_with(lines=tuple(line(n, paid=usd("0")) for n in ("10", "9")))
    after = claim_with(lines=tuple(line(n, paid=usd("1")) for n in ("10", "9")))
    assert [change.path[0] for change in changes(before, after)] == ["line 9", "line 10"]


# Eligibility ------------------------------------------------------------------------------------


def deductible(met: Shown[Decimal], level: Level = Level.INDIVIDUAL) -> Accumulator:
    return Accumulator(
        kind="deductible", level=K(level), network=K(Network.IN), period=K(Period.CALENDAR_YEAR), met=met
    )


def test_a_deductible_says_whose_it_is_and_what_is_met() -> None:
    before = Eligibility(accumulators=(deductible(usd("9"), Level.FAMILY), deductible(usd("300"))))
    after = Eligibility(accumulators=(deductible(usd("540")), deductible(usd("9"), Level.FAMILY)))
    change = only(before, after)
    assert (change.kind, change.attention) == (ChangeKind.ACCUMULATOR, Attention.KNOW)
    assert change.path == ("deductible (individual, in network)", "met")
    assert change.sentence == "deductible (individual, in network) met 300.00 → 540.00"


def test_other_coverage_names_who_pays_first() -> None:
    before = Eligibility(other_coverage_outcome=K(OtherCoverageOutcome.NONE_ON_FILE))
    other = OtherCoverage(order=K(Order.PRIMARY), payer_name=K("Example Mutual"), policy_number=K("77"))
    after = Eligibility(other_coverage_outcome=K(OtherCoverageOutcome.DETERMINED), other_coverages=(other,))
    found = changes(before, after)
    assert {(c.kind, c.attention) for c in found} == {(ChangeKind.OTHER_COVERAGE, Attention.ACT_NOW)}
    assert [change.sentence for change in found] == [
        "other coverage: none on file → primary: Example Mutual",
        "other coverage Example Mutual added: primary, policy 77",
    ]


def test_a_coverage_that_ends_asks_for_action() -> None:
    before = Eligibility(coverages=(Coverage(plan_name=K("Gold"), status=K(CoverageStatus.ACTIVE)),))
    after = Eligibility(coverages=(Coverage(plan_name=K("Gold"), status=K(CoverageStatus.INACTIVE)),))
    change = only(before, after)
    assert (change.kind, change.attention) == (ChangeKind.COVERAGE, Attention.ACT_NOW)
    assert change.sentence == "coverage Gold: status active → inactive"


def test_a_benefit_a_limit_and_a_fund_are_said_in_the_portals_words() -> None:
    therapy = K(Code(system=SERVICE_TYPE, code="PT", text="Physical therapy"))
    before = Eligibility(
        benefits=(Benefit(service=therapy, network=K(Network.IN), coinsurance=K(Decimal("0.2"))),),
        limits=(Limit(service=therapy, unit=K(Unit.VISITS), used=K(12)),),
        funds=(Fund(kind=K("HRA"), balance=usd("212.40")),),
    )
    after = Eligibility(
        benefits=(Benefit(service=therapy, network=K(Network.IN), coinsurance=K(Decimal("0.25"))),),
        limits=(Limit(service=therapy, unit=K(Unit.VISITS), used=K(13)),),
        funds=(Fund(kind=K("HRA"), balance=usd("100")),),
    )
    assert set(sentences(before, after)) == {
        "benefit Physical therapy (in network): coinsurance 20% → 25%",
        "limit Physical therapy (visits): used 12 → 13",
        "fund HRA: balance 212.40 → 100.00",
    }


# Values -----------------------------------------------------------------------------------------


def paid(shown: Shown[Decimal]) -> Claim:
    return claim_with(paid=shown)


def test_what_is_no_longer_shown_is_never_zero() -> None:
    change = only(paid(usd("80")), paid(Shown()))
    assert (change.before, change.after, change.sentence) == ("80.00", None, "paid 80.00 → no longer shown")


def test_a_promise_in_place_of_a_value_is_quoted() -> None:
    change = only(paid(usd("80")), paid(Shown.not_shown("Pending")))
    assert change.sentence == "paid 80.00 → no longer shown (“Pending”)"


def test_what_is_unreadable_is_said_with_its_words() -> None:
    change = only(paid(usd("80")), paid(Shown.unreadable("8O.OO")))
    assert (change.kind, change.sentence) == (ChangeKind.AMOUNT, "paid 80.00 → unreadable (“8O.OO”)")


def test_dashes_that_turn_blank_are_a_detail() -> None:
    change = only(paid(Shown.none("--")), paid(Shown.not_shown("")))
    assert (change.kind, change.attention) == (ChangeKind.DETAIL, Attention.KNOW)
    assert change.sentence == "paid none (“--”) → no longer shown (blank)"


def test_a_label_without_a_value_that_disappears_is_a_detail() -> None:
    change = only(paid(Shown.not_shown("")), paid(Shown()))
    assert (change.kind, change.sentence) == (ChangeKind.DETAIL, "paid not shown (blank) → not shown")


def test_a_value_that_was_not_there_before_is_newly_shown() -> None:
    assert only(paid(Shown()), paid(usd("80"))).sentence == "paid 80.00, newly shown"


def test_other_words_for_the_same_value_are_no_change() -> None:
    before = claim_with(status=status(ClaimStatus.DENIED, "Denied"), paid=K(Decimal("1234.5"), "1234.50"))
    after = claim_with(
        status=status(ClaimStatus.DENIED, "Not covered"), paid=K(Decimal("1234.50"), "$1,234.50")
    )
    assert changes(before, after) == ()


def test_another_explanation_of_the_same_code_is_no_change() -> None:
    one, two = (
        claim_with(diagnoses=(K(Code(system="icd", code="M54.5", text=text)),))
        for text in ("Pain", "Back pain")
    )
    assert changes(one, two) == ()


def test_money_has_two_decimals_and_hides_none() -> None:
    assert only(paid(usd("1234")), paid(usd("1234.005"))).sentence == "paid 1,234.00 → 1,234.005"


def test_a_change_survives_its_json() -> None:
    change = only(paid(usd("80")), paid(Shown()))
    assert Change.model_validate_json(change.model_dump_json()) == change


def test_what_presses_most_comes_first() -> None:
    before = claim_with(status=status(ClaimStatus.IN_PROCESS), paid=usd("1"), replaced_by=K("1"))
    after = claim_with(
        status=status(ClaimStatus.DENIED), paid=usd("0"), replaced_by=K("2"), requested_documents=(note(),)
    )
    kinds = [change.kind for change in changes(before, after)]
    assert kinds == [
        ChangeKind.DENIED,
        ChangeKind.DOCUMENTS_REQUESTED,
        ChangeKind.AMOUNT,
        ChangeKind.REPLACED,
    ]


# What holds for every answer --------------------------------------------------------------------
# Answers are made from the model's own annotations, so that a field added there is covered here.

VALUES: dict[Any, tuple[Any, ...]] = {
    str: ("A", "B", "7"),
    Decimal: (Decimal(0), Decimal("0.00"), Decimal("1.5"), Decimal(20)),
    date: (date(2026, 1, 1), date(2026, 2, 3)),
    int: (0, 1, 2),
    bool: (False, True),
    Code: tuple(
        Code(system=CARC, code=code, text=text) for code, text in (("A", None), ("A", "x"), ("B", None))
    ),
}
UNREAD = st.just(Unmapped(path=("Notes",), words="none"))


def of(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation is Unmapped:
        return UNREAD
    if annotation is str:
        return st.sampled_from(["one", "two"])
    if isinstance(annotation, type) and issubclass(annotation, Shown):
        return shown_of(annotation)
    if get_origin(annotation) is tuple:
        return st.lists(of(get_args(annotation)[0]), max_size=3).map(tuple)
    if get_origin(annotation) is UnionType:
        return st.none() | of(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    fields = annotation.model_fields.items()
    return st.builds(annotation, **{name: of(field.annotation) for name, field in fields})


def shown_of(shown: type[Shown[Any]]) -> st.SearchStrategy[Shown[Any]]:
    [inner] = shown.__pydantic_generic_metadata__["args"]
    values = list(inner) if issubclass(inner, StrEnum) else VALUES[inner]
    return st.sampled_from(
        [
            shown.not_shown(),
            *(shown.known(value, words) for value in values for words in ("one", "two")),
            *(shown.not_shown(words) for words in ("", "Pending")),
            *(shown.none(words) for words in ("", "--", "Pending")),
            *(shown.unreadable(words) for words in ("", "--", "Pending")),
        ]
    )


ANSWERS = st.one_of(of(Claim), of(Eligibility), of(ClaimList))
many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

Leaf = tuple[str | int, ...]


def leaves(value: Any, here: Leaf = ()) -> Iterator[Leaf]:
    if isinstance(value, Shown):
        yield here
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from leaves(item, (*here, index))
    elif isinstance(value, Fact):
        for name in type(value).model_fields.keys() - MOVING:
            yield from leaves(getattr(value, name), (*here, name))


def at(value: Any, leaf: Leaf) -> Any:
    for step in leaf:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def put(value: Any, leaf: Leaf, new: Shown[Any]) -> Any:
    if not leaf:
        return new
    step, rest = leaf[0], leaf[1:]
    if isinstance(step, int):
        return (*value[:step], put(value[step], rest, new), *value[step + 1 :])
    return value.model_copy(update={step: put(getattr(value, step), rest, new)})


def says(shown: Shown[Any]) -> tuple[Any, ...]:
    """What counts of a value, told here once more and differently."""
    if isinstance(shown.value, Code):
        return ("known", shown.value.system, shown.value.code)
    if shown.value is None or shown.value is ClaimStatus.UNKNOWN:
        return (shown.state, shown.words)
    return ("known", shown.value)


SECTIONS: dict[str, str | tuple[str, ...]] = {
    "lines": "line",
    "rows": "claim",
    "requested_documents": "requested documents",
    "payment": "payment",
    "coverages": "coverage",
    "accumulators": ("deductible", "out of pocket"),
    "benefits": "benefit",
    "limits": "limit",
    "other_coverages": "other coverage",
    "funds": "fund",
    "diagnoses": "diagnoses",
    "pend_reasons": "pend reasons",
    "other_coverage_outcome": "other coverage",
    "tin": "tax ID",
}
WHOLE = {
    *(ChangeKind.LINE_ADDED, ChangeKind.LINE_REMOVED, ChangeKind.DOCUMENTS_REQUESTED, ChangeKind.COVERAGE),
    *(
        ChangeKind.ACCUMULATOR,
        ChangeKind.BENEFIT,
        ChangeKind.LIMIT,
        ChangeKind.OTHER_COVERAGE,
        ChangeKind.FUND,
    ),
    *(ChangeKind.NOW_ON_FILE, ChangeKind.NO_LONGER_ON_FILE, ChangeKind.DOCUMENT_NO_LONGER_REQUESTED),
}


def names(change: Change, leaf: Leaf) -> bool:
    """Whether a change's path leads to a leaf: its section, and the field or else the whole entry."""
    section = str(leaf[0]).replace("_", " ")
    if (
        not change.path[0].startswith(SECTIONS.get(str(leaf[0]), section))
        and change.path[0].casefold() != section
    ):
        return False
    steps = [step.replace("_", " ") for step in leaf[1:] if isinstance(step, str)]
    if not steps or change.kind in WHOLE:
        return True
    reasons = "adjustments" in change.path and steps[0] in ("adjustments", "remarks")
    return reasons or change.path[-1].casefold() == steps[-1]


@many
@given(ANSWERS, st.data())
def test_every_value_that_differs_is_named_by_a_change(answer: Answer, data: st.DataObject) -> None:
    leaf = data.draw(st.sampled_from(sorted(leaves(answer), key=str)))
    old = at(answer, leaf)
    new = data.draw(shown_of(type(old)).filter(lambda shown: says(shown) != says(old)))
    after = put(answer, leaf, new)
    assert any(names(change, leaf) for change in changes(answer, after)), changes(answer, after)
    assert any(names(change, leaf) for change in changes(after, answer)), changes(after, answer)


def test_the_table_of_kinds_names_fields_that_exist() -> None:
    named = {(fact, name) for fact, kinds in FIELDS.items() for names in kinds.values() for name in names}
    assert named
    assert named <= {(fact, name) for fact in FIELDS for name in fact.model_fields}


def disturbed(value: Any, luck: random.Random) -> Any:
    """The same answer on another day: other order, places, words; another day; other unread labels."""
    if isinstance(value, Shown):
        place = Place(document="elsewhere", path=(str(luck.random()),), mark=luck.randrange(9))
        loose = value.state is State.KNOWN and value.value is not ClaimStatus.UNKNOWN
        return value.model_copy(update={"place": place, **({"words": "reworded"} if loose else {})})
    if isinstance(value, tuple):
        return tuple(disturbed(item, luck) for item in luck.sample(value, len(value)))
    if isinstance(value, Fact):
        moving: dict[str, Any] = {
            "as_of": K(date(2020, 1, 1 + luck.randrange(28))),
            "follows": (str(luck.random()),),
            "unmapped": (Unmapped(path=("x",), words=str(luck.random())),),
        }
        fields = type(value).model_fields
        kept = {name: disturbed(getattr(value, name), luck) for name in fields.keys() - MOVING}
        return value.model_copy(update=kept | {name: moving[name] for name in fields.keys() & MOVING})
    return value


@many
@given(ANSWERS, st.randoms(use_true_random=False))
def test_order_places_words_and_the_day_of_the_data_are_no_change(
    answer: Answer, luck: random.Random
) -> None:
    assert changes(answer, disturbed(answer, luck)) == ()


PAIRS = st.one_of([st.tuples(of(fact), of(fact)) for fact in (Claim, Eligibility, ClaimList)])


@many
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(pair: tuple[Answer, Answer], luck: random.Random) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(shuffled(item) for item in luck.sample(value, len(value)))
        if isinstance(value, Fact) and not isinstance(value, Shown):
            return value.model_copy(update={n: shuffled(getattr(value, n)) for n in type(value).model_fields})
        return value

    assert changes(*map(shuffled, pair)) == changes(*pair)


@many
@given(PAIRS)
def test_looked_at_backwards_as_much_has_changed(pair: tuple[Answer, Answer]) -> None:
    before, after = pair
    forth, back = changes(before, after), changes(after, before)
    assert len(forth) == len(back)
    assert sorted(f"{c.before}|{c.after}" for c in forth) == sorted(f"{c.after}|{c.before}" for c in back)


@many
@given(ANSWERS)
def test_an_answer_that_was_kept_and_read_again_has_not_changed(answer: Answer) -> None:
    assert changes(answer, type(answer).model_validate_json(answer.model_dump_json())) == ()


@many
@given(ANSWERS)
def test_whatever_comes_and_goes_can_be_said(answer: Answer) -> None:
    assert changes(None, answer)
    assert only(answer, None).attention is Attention.ACT_NOW
    for change in changes(None, answer):
        assert change.sentence
        assert "  " not in change.sentence
