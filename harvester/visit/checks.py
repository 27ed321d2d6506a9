"""What an answer must satisfy before it counts as data: whose it is, that it is whole, that it adds up.

Each function raises :class:`~harvester.errors.WrongPage` or :class:`~harvester.errors.PortalChanged`
naming the field, and returns nothing. Only values that are known are compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from harvester.errors import PortalChanged, WrongPage
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList, ServiceLine
from harvester.model.codes import AdjustmentGroup
from harvester.model.eligibility import Eligibility
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import Payment, PaymentList
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import LARGEST_FILE, FileType, RemittanceFile
from harvester.model.shown import Shown, State
from harvester.model.x12 import remitted

IDENTIFIER = r"[A-Za-z0-9][A-Za-z0-9./-]*"
"""A number that identifies a claim: one word."""


def eligibility(answer: Eligibility, query: EligibilityQuery) -> None:
    """Check the member, the day, that there is a coverage, and that met and remaining add up."""
    _about(answer.member_id, answer.birth_date, query.member)
    if answer.service_date.value not in (None, query.service_date):
        raise WrongPage("the answer is for another day of service", where="service_date")
    _readable(answer.birth_date, "birth_date")
    if not answer.coverages:
        raise PortalChanged("no coverage is shown", where="coverages")
    _once(
        "accumulators",
        [(a.kind, a.level.words, a.network.words, a.period.words) for a in answer.accumulators],
    )
    _once("benefits", [(b.service.words, b.network.words) for b in answer.benefits])
    _once("limits", [(v.service.words, v.unit.words, v.period.words) for v in answer.limits])
    for plan in answer.coverages:
        _in_order("coverages", plan.effective_date, plan.end_date)
    for other in answer.other_coverages:
        _in_order("other_coverages", other.effective_date, other.end_date)
    for money in answer.accumulators:
        _sum(money.limit, (money.met, money.remaining), f"accumulators › {money.kind}")
    for limit in answer.limits:
        _sum(limit.allowed, (limit.used, limit.remaining), "limits")


def claim_list(answer: ClaimList, query: ClaimsQuery | ClaimListQuery) -> None:
    """Check that as many rows were read as the portal says there are, none twice, of the days asked for."""
    for row in answer.rows:
        _written(row.claim_number, IDENTIFIER, "rows › claim_number")
        _written(row.patient_account_number, IDENTIFIER, "rows › patient_account_number")
        _readable(row.service_from, "rows › service_from")
        _readable(row.service_to, "rows › service_to")
        _in_order("rows › service_from", row.service_from, row.service_to)
        first, last = row.service_from.value, row.service_to.value
        outside = first and last and (last < query.service_from or first > query.service_to)
        if outside and not (isinstance(query, ClaimsQuery) and query.claim_number):
            raise WrongPage("a claim of other days is listed", where="rows › service_from")
    stated = answer.stated_total.value
    if stated is None:
        raise PortalChanged("the portal does not say how many claims there are", where="stated_total")
    if stated != len(answer.rows):
        raise PortalChanged(f"{len(answer.rows)} of {stated} claims were shown", where="rows")
    numbers = [row.claim_number.value for row in answer.rows]
    if len(set(numbers)) != len(numbers):
        raise PortalChanged("a claim is listed twice", where="rows › claim_number")


def claim(answer: Claim, query: ClaimQuery) -> None:
    """Check member, numbers and days, and that lines and adjustments add up to the header."""
    _about(answer.member_id, answer.birth_date, query.member)
    for name in ("birth_date", "patient_account_number", "service_from", "service_to"):
        _readable(getattr(answer, name), name)
    if answer.claim_number.value != query.claim_number:
        raise WrongPage("the page is about another claim", where="claim_number")
    if answer.patient_account_number.value not in (None, query.patient_account_number):
        raise WrongPage("the claim has another account number", where="patient_account_number")
    first, last = answer.service_from.value, answer.service_to.value
    if first and last and (last < query.service_from or first > query.service_to):
        raise WrongPage("the claim is for other days of service", where="service_from")
    for name in ("billing_npi", "rendering_npi"):
        _written(getattr(answer, name), r"\d{10}", name)
    _written(answer.tin, r"\d{2}-?\d{7}", "tin")
    _in_order("service_from", answer.service_from, answer.service_to)
    _in_order("as_of", answer.processed_date, answer.as_of)
    _once("lines", [line.number.words for line in answer.lines])
    _once("diagnoses", [code.words for code in answer.diagnoses])
    _once("requested_documents", [(d.document.words, d.reference.words) for d in answer.requested_documents])
    for name in ("billed", "allowed", "paid"):
        _total(getattr(answer, name), [getattr(line, name) for line in answer.lines], name)
    for line in answer.lines:
        _in_order("lines › service_from", answer.service_from, line.service_from, line.service_to)
        _in_order("lines › service_to", line.service_to, answer.service_to)
        _line(line)
    _owed(answer)


def payment_list(answer: PaymentList, query: PaymentsQuery) -> None:
    """Check whose payments they are, the days asked for, that none is missing, and that each adds up."""
    each = answer.tin.value is None and bool(answer.payments)
    _payee("tin", answer.tin, query.tin, needed=not each)
    one = answer.payments if query.number is not None and len(answer.payments) == 1 else ()
    _complete("payments", answer.payments, answer.stated_total, stated=not one)
    _distinct("payments › number", [payment.number for payment in answer.payments])
    for payment in answer.payments:
        _written(payment.number, IDENTIFIER, "payments › number")
        _payee("payments › payee_tin", payment.payee_tin, query.tin, needed=each)
        _readable(payment.issue_date, "payments › issue_date")
        _in_order("payments › cleared_date", payment.issue_date, payment.cleared_date)
        issued = payment.issue_date.value
        if query.number is not None:
            if payment.number.value != query.number:
                raise WrongPage("another payment is shown", where="payments › number")
        elif issued is not None and not query.issued_from <= issued <= query.issued_to:
            raise WrongPage("a payment of other days is listed", where="payments › issue_date")
        _paid_out(payment)


def overpayment_list(answer: OverpaymentList, query: OverpaymentsQuery) -> None:
    """Check whose demands they are, that none is missing, and that each balance adds up."""
    _payee("tin", answer.tin, query.tin, needed=True)
    _complete("overpayments", answer.overpayments, answer.stated_total)
    _distinct("overpayments › reference", [demand.reference for demand in answer.overpayments])
    for demand in answer.overpayments:
        _written(demand.reference, IDENTIFIER, "overpayments › reference")
        _in_order("overpayments › service_from", demand.service_from, demand.service_to)
        _sum(demand.amount, (demand.amount_before, demand.amount_now), "overpayments › amount")
        parts = [demand.recovered_before, demand.recovered_now, demand.refunded, demand.balance]
        if demand.interest.state is not State.NOT_SHOWN:
            parts.append(_less(demand.interest))
        _total(demand.amount, parts, "overpayments › balance")


def authorization_list(answer: AuthorizationList, query: AuthorizationsQuery) -> None:
    """Check the member, that none is missing, the days, and that used and remaining are what is approved."""
    _about(answer.member_id, answer.birth_date, query.member)
    _readable(answer.birth_date, "birth_date")
    one = answer.authorizations if query.number is not None and len(answer.authorizations) == 1 else ()
    _complete("authorizations", answer.authorizations, answer.stated_total, stated=not one)
    _distinct("authorizations › number", [found.number for found in answer.authorizations])
    _distinct("authorizations › reference", [found.reference for found in answer.authorizations])
    for found in answer.authorizations:
        if query.number is not None and query.number not in (found.number.value, found.reference.value):
            raise WrongPage("another authorization is shown", where="authorizations › number")
        _written(found.number, IDENTIFIER, "authorizations › number")
        _in_order("authorizations › decided_date", found.requested_date, found.decided_date)
        _in_order("authorizations › expiration_date", found.effective_date, found.expiration_date)
        _sum(found.approved, (found.used, found.remaining), "authorizations › remaining")
        _distinct("lines › number", [line.number for line in found.lines])
        for line in found.lines:
            _in_order("lines › service_from", line.service_from, line.service_to)
            _sum(line.approved, (line.used, line.remaining), "lines › remaining")


def remittance_file(answer: RemittanceFile, query: RemittanceFileQuery) -> None:
    """Check that the file is what it says it is and belongs to the payment; a PDF is never opened.

    An 835 names its payment itself; of a PDF the page beside it has to.
    """
    for name in ("payment_number", "issue_date", "amount"):
        if getattr(answer, name).value not in (None, getattr(query, name)):
            raise WrongPage("the file is of another payment", where=name)
    try:
        content = answer.file.content
    except ValueError:
        raise PortalChanged("the file is not whole", where="file › packed") from None
    if not 0 < len(content) <= LARGEST_FILE:
        raise PortalChanged(f"a file has 1 to {LARGEST_FILE} bytes", where="file › size")
    if answer.file.size != len(content):
        raise PortalChanged("the file has another size", where="file › size")
    if answer.file.sha256 != hashlib.sha256(content).hexdigest():
        raise PortalChanged("the file has another hash", where="file › sha256")
    if FileType.of(content) is not answer.type:
        raise PortalChanged(f"the file is not a {answer.type.value}", where="type")
    if answer.type is FileType.PDF:
        if answer.payment_number.value is None:
            raise WrongPage("the page does not say which payment the file is of", where="payment_number")
        return
    try:
        payments = remitted(content)
    except ValueError as error:
        raise PortalChanged(str(error), where="file") from None
    if {payment.number for payment in payments} != {query.payment_number}:
        raise WrongPage("the 835 is of another payment", where="file › TRN02")
    if sum(payment.amount for payment in payments) != query.amount:
        raise WrongPage("the 835 is of another amount", where="file › BPR02")


def _paid_out(payment: Payment) -> None:
    """Check, as in an 835, that what the claims were paid less what is withheld is the payment."""
    withheld = [_less(adjustment.amount) for adjustment in payment.provider_adjustments]
    if payment.claims:
        _total(payment.amount, [*(claim.paid for claim in payment.claims), *withheld], "payments › amount")


def _less(amount: Shown[Decimal]) -> Shown[Decimal]:
    return amount if amount.value is None else Shown[Decimal].known(-amount.value)


def _payee(where: str, shown: Shown[str], tin: str | None, *, needed: bool) -> None:
    """Check that the tax id whose money a page shows is the one asked as; ``needed``: and that it is said."""
    _written(shown, r"\d{2}-?\d{7}", where)
    if tin is None:
        return
    if shown.value is None and needed:
        raise WrongPage("the page does not say which tax id it is about", where=where)
    if shown.value is not None and _bare(shown.value) != _bare(tin):
        raise WrongPage("the page is about another tax id", where=where)


def _complete(where: str, rows: Sequence[object], total: Shown[int], *, stated: bool = True) -> None:
    if total.value is None and stated:
        raise PortalChanged("the portal does not say how many there are", where="stated_total")
    if total.value not in (None, len(rows)):
        raise PortalChanged(f"{len(rows)} of {total.value} were shown", where=where)


def _distinct(where: str, shown: Iterable[Shown[str]]) -> None:
    _once(where, [one.value for one in shown if one.value is not None])


def _written(shown: Shown[str], pattern: str, where: str) -> None:
    if shown.value is not None and not re.fullmatch(pattern, shown.value, re.ASCII):
        raise PortalChanged("it is not written as such a number is", where=where)


def _about(member_id: Shown[str], birth_date: Shown[date], member: Member) -> None:
    if member_id.value is None:
        raise WrongPage("the page does not say which member it is about", where="member_id")
    if _bare(member_id.value) != _bare(member.member_id):
        raise WrongPage("the page is about another member", where="member_id")
    if birth_date.value not in (None, member.birth_date):
        raise WrongPage("the page is about somebody born on another day", where="birth_date")


def _bare(identifier: str) -> str:
    return "".join(identifier.split()).replace("-", "").casefold()


def _line(line: ServiceLine) -> None:
    where = f"lines › {line.number.words}"
    amounts = [
        (a.group.value, a.reason.value and a.reason.value.code, a.amount.value) for a in line.adjustments
    ]
    if not amounts or any(group is None or amount is None for group, _, amount in amounts):
        return
    adjusted = sum((amount for _, _, amount in amounts if amount is not None), Decimal())
    if line.billed.value is not None and line.paid.value is not None:
        # As in an 835: what was billed less all adjustments is what was paid.
        _equal(line.billed.value, line.paid.value + adjusted, f"{where} › paid")
    borne = [amount for group, _, amount in amounts if group is not AdjustmentGroup.PR and amount is not None]
    if line.billed.value is not None and line.allowed.value is not None:
        _equal(line.billed.value, line.allowed.value + sum(borne, Decimal()), f"{where} › allowed")
    for code, shown, name in (
        ("1", line.deductible, "deductible"),
        ("2", line.coinsurance, "coinsurance"),
        ("3", line.copay, "copay"),
    ):
        parts = [
            a
            for group, reason, a in amounts
            if group is AdjustmentGroup.PR and reason == code and a is not None
        ]
        if shown.value is not None:
            _equal(shown.value, sum(parts, Decimal()), f"{where} › {name}")


def _owed(answer: Claim) -> None:
    """Check what the patient owes against the adjustments of every line, where all of them are shown."""
    every = [adjustment for line in answer.lines for adjustment in line.adjustments]
    shown = all(line.adjustments or line.billed.value == line.paid.value for line in answer.lines)
    owed = [a.amount.value for a in every if a.group.value is AdjustmentGroup.PR]
    unknown = None in owed or any(a.group.value is None for a in every)
    if answer.patient_responsibility.value is None or not (every and shown) or unknown:
        return
    total = sum((amount for amount in owed if amount is not None), Decimal())
    _equal(answer.patient_responsibility.value, total, "patient_responsibility")


def _in_order(where: str, *days: Shown[date]) -> None:
    known = [day.value for day in days if day.value is not None]
    if known != sorted(known):
        raise PortalChanged("days are not in order", where=where)


def _once(where: str, keys: Sequence[object]) -> None:
    if len(set(keys)) != len(keys):
        raise PortalChanged("a row is there twice", where=where)


def _readable(shown: Shown[date] | Shown[str], where: str) -> None:
    if shown.state is State.UNREADABLE:
        raise PortalChanged("what says whose it is cannot be read", where=where)


def _total(header: Shown[Decimal], lines: Iterable[Shown[Decimal]], where: str) -> None:
    parts = [Decimal() if part.state is State.NONE else part.value for part in lines]
    if header.value is None or not parts or any(part is None for part in parts):
        return
    _equal(header.value, sum((part for part in parts if part is not None), Decimal()), where)


def _sum(
    whole: Shown[Decimal] | Shown[int], parts: Iterable[Shown[Decimal] | Shown[int]], where: str
) -> None:
    values = [part.value for part in parts]
    if whole.value is not None and all(value is not None for value in values):
        _equal(Decimal(whole.value), sum((Decimal(v) for v in values if v is not None), Decimal()), where)


def _equal(stated: Decimal, added: Decimal, where: str) -> None:
    if stated != added:
        raise PortalChanged("the amounts shown do not add up", where=where)
