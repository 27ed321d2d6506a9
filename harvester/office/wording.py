"""How values, codes and entries of an answer are said to a biller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from harvester.model.authorization import Authorization, AuthorizedService
from harvester.model.claim import Adjustment, Claim, ClaimRow, ServiceLine
from harvester.model.codes import (
    AdjustmentGroup,
    AuthorizationStatus,
    ClaimStatus,
    Code,
    Network,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
)
from harvester.model.eligibility import Benefit, Eligibility, Limit
from harvester.model.payment import Payment, ProviderAdjustment
from harvester.model.remittance import FileType, RemittanceFile
from harvester.model.shown import Fact, Shown, State

PAID = (ClaimStatus.PAID, ClaimStatus.PAID_PARTIAL)
SILENT = (State.NONE, State.NOT_SHOWN)


def _money(amount: Decimal) -> str:
    text = f"{amount:z,.2f}"
    return text if Decimal(text.replace(",", "")) == amount else f"{amount:,f}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _service(service: Code) -> str:
    return service.text or service.code


_CODES: dict[type[StrEnum], dict[Any, str]] = {
    AdjustmentGroup: {group: group.value for group in AdjustmentGroup},
    ClaimStatus: {
        ClaimStatus.PENDED_PAYER: "pended",
        ClaimStatus.PENDED_PROVIDER_INFO: "pended for information from us",
        ClaimStatus.PENDED_PATIENT_INFO: "pended for information from the patient",
        ClaimStatus.PENDED_COB: "pended for other coverage",
        ClaimStatus.PAID_PARTIAL: "paid in part",
        ClaimStatus.PAID_ZERO: "paid at zero",
        ClaimStatus.DENIED_LINE_MIXED: "denied in part",
        ClaimStatus.REJECTED_UNPROCESSABLE: "rejected as unprocessable",
    },
    Network: {
        Network.IN: "in network",
        Network.OUT: "out of network",
        Network.BOTH: "in and out of network",
    },
    PaymentMethod: {PaymentMethod.EFT: "EFT"},
    AuthorizationStatus: {
        AuthorizationStatus.PARTIAL: "approved in part",
        AuthorizationStatus.PENDED_INFO: "pended for information from us",
    },
}
"""Words for codes; every other code is called by its name."""

_WORTH: dict[tuple[type[Fact], str], Callable[[Any], str]] = {
    (Benefit, "coinsurance"): lambda share: f"{_plain(share * 100)}%",
    (Benefit, "service"): _service,
    (Limit, "service"): _service,
    (ServiceLine, "units"): _plain,
    **{
        (fact, name): _plain
        for fact, names in (
            (Authorization, ("approved", "used", "remaining")),
            (AuthorizedService, ("requested", "approved", "used", "remaining")),
        )
        for name in names
    },
}
"""Fields that are not written the way their type is."""

_LABELS = {
    "billing_npi": "billing NPI",
    "member_id": "member ID",
    "payee_npi": "payee NPI",
    "payee_tin": "payee tax ID",
    "rendering_npi": "rendering NPI",
    "tin": "tax ID",
}


def label(name: str) -> str:
    """Return how a field is called."""
    return _LABELS.get(name, name.replace("_", " "))


def worth(value: Any) -> str:
    """Return what a known value is worth, in words."""
    match value:
        case bool():
            return "yes" if value else "no"
        case StrEnum():
            return _CODES.get(type(value), {}).get(value, value.name.lower().replace("_", " "))
        case Decimal():
            return _money(value)
        case date():
            return f"{value:%m/%d/%Y}"
        case Code():
            return value.code or value.text or ""
    return str(value)


def words(shown: Shown[Any], worth: Callable[[Any], str] = worth) -> str | None:
    """Return a value with its state, ``None`` where not even a label was found."""
    quoted = {None: "", "": " (blank)"}.get(shown.words, f" (“{shown.words}”)")
    match shown.state:
        case State.KNOWN:
            return worth(shown.value) + (quoted if shown.value is ClaimStatus.UNKNOWN else "")
        case State.NOT_SHOWN:
            return None if shown.words is None else f"not shown{quoted}"
    return shown.state.value + quoted


def said(fact: Fact, name: str) -> str | None:
    """Return a field in words; *paid* is said only where there is something to show for it."""
    shown = getattr(fact, name)
    if name == "status" and shown.value in PAID and not is_paid(fact):
        return f"“{shown.words or worth(shown.value)}” without a payment to show"
    return words(shown, _WORTH.get((type(fact), name), worth))


def is_paid(fact: Fact) -> bool:
    """Whether there is something to show for the word *paid*."""
    if isinstance(fact, Claim):
        return fact.normalized_status in PAID
    return isinstance(fact, ServiceLine | ClaimRow) and (fact.paid.value or 0) > 0


def turn(old: Shown[Any], new: Shown[Any], before: str | None, after: str | None) -> str:
    """Return “300.00 → 540.00”, “300.00 → no longer shown” or “540.00, newly shown”."""
    if before is None and new.state is not State.NOT_SHOWN:
        return f"{after}, newly shown"
    after = after or "not shown"
    if new.state is State.NOT_SHOWN and old.state is not State.NOT_SHOWN:
        after = after.replace("not shown", "no longer shown", 1)
    return f"{before or 'not shown'} → {after}"


def called(fact: Fact, name: str) -> str:
    """Return a field as part of an entry's name, nothing where nothing stands there."""
    value = getattr(fact, name)
    if not isinstance(value, Shown):
        return worth(value).replace("_", " ")
    if value.state in SILENT or value.value is Period.CALENDAR_YEAR:
        return ""
    return said(fact, name) or ""


def naming(noun: str, *names: str, marks: tuple[str, ...] = ()) -> Callable[[Any], str]:
    """Return how entries are called: the noun, the first field that says something, and its marks."""

    def name(fact: Fact) -> str:
        main = next(filter(None, (called(fact, field) for field in names)), "")
        said = ", ".join(filter(None, (called(fact, mark) for mark in marks)))
        return " ".join(filter(None, (noun, main, f"({said})" if said else ""))) or "not named"

    return name


def number(quantity: Decimal) -> str:
    """Return a number of units without idle zeros."""
    return _plain(quantity)


def payment_name(payment: Payment) -> str:
    """Return “EFT 900123”, “check 10045”, or “payment” where it has no number."""
    method = payment.method.value
    noun = "payment" if method in (None, PaymentMethod.NONE) else worth(method)
    return f"{noun} {called(payment, 'number')}".rstrip()


_WITHHELD = {
    "72": "authorized return",
    "CS": "adjustment",
    "FB": "forwarding balance",
    "L6": "interest",
    "WO": "overpayment recovery",
}
"""Reasons of provider-level adjustments (PLB03-1) in our own words."""


def withheld_name(adjustment: ProviderAdjustment) -> str:
    """Return “withheld for overpayment recovery DM-1”."""
    verb = "added" if (adjustment.amount.value or 0) < 0 else "withheld"
    reason = adjustment.reason.value
    why = (
        (_WITHHELD.get(reason.code) or reason.text or reason.code) if reason else called(adjustment, "reason")
    )
    return " ".join(filter(None, (verb, "for", why or "a reason not shown", called(adjustment, "reference"))))


def file_name(file: RemittanceFile) -> str:
    """Return “835 of payment 900123”; the file's own name is the portal's, and is not said."""
    kind = "PDF" if file.type is FileType.PDF else file.type.value
    return f"{kind} of payment {called(file, 'payment_number')}".rstrip()


def remaining(authorized: Authorization | AuthorizedService) -> Decimal | None:
    """Return what is left of an authorization, worked out where only approved and used are shown."""
    if authorized.remaining.value is not None:
        return authorized.remaining.value
    if authorized.approved.value is None or authorized.used.value is None:
        return None
    return authorized.approved.value - authorized.used.value


def line_name(line: ServiceLine | AuthorizedService) -> str:
    """Return “line 2”, or how a line without a number is called."""
    if line.number.state is State.KNOWN:
        return f"line {line.number.value}"
    return naming("line", "procedure", marks=("service_from",))(line)


def adjustment_name(adjustment: Adjustment) -> str:
    """Return “CO-16”."""
    group, reason = called(adjustment, "group"), called(adjustment, "reason")
    return f"{group}-{reason}" if group and reason else f"adjustment {group or reason}".rstrip()


def paid_by(claim: Claim) -> str:
    """Return “ by EFT 900123”, nothing where no payment is shown."""
    payment = claim.payment
    if payment is None or payment.number.value is None or not claim.paid.value:
        return ""
    methods = (None, PaymentMethod.NONE)
    method = "payment" if payment.method.value in methods else worth(payment.method.value)
    return f" by {method} {payment.number.value}"


def reasons(found: Sequence[Adjustment | Shown[Any]]) -> str:
    """Return adjustments and remarks as “CO-16 N290”."""
    return " ".join(
        adjustment_name(r) if isinstance(r, Adjustment) else words(r) or "not shown" for r in found
    )


def payers(eligibility: Eligibility) -> str | None:
    """Return who else pays, in order, or what the portal says instead."""
    outcome = eligibility.other_coverage_outcome
    if outcome.value is not OtherCoverageOutcome.DETERMINED or not eligibility.other_coverages:
        return said(eligibility, "other_coverage_outcome")
    payer = naming("", "payer_name", "policy_number")
    others = (
        (called(other, "order") or "order not shown", payer(other)) for other in eligibility.other_coverages
    )
    return "; ".join(f"{order}: {name}" for order, name in sorted(others))
