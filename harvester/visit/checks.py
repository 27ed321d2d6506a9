"""What an answer must satisfy before it counts as data: whose it is, that it is whole, that it adds up.

Each function raises :class:`~harvester.errors.WrongPage` or :class:`~harvester.errors.PortalChanged`
naming the field, and returns nothing. Only values that are known are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from harvester.errors import PortalChanged, WrongPage
from harvester.model.claim import Claim, ClaimList, ServiceLine
from harvester.model.codes import AdjustmentGroup
from harvester.model.eligibility import Eligibility
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery, Member
from harvester.model.shown import Shown, State

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


def claim_list(answer: ClaimList, query: ClaimsQuery) -> None:
    """Check that as many rows were read as the portal says there are, none twice, of the days asked for."""
    for row in answer.rows:
        _written(row.claim_number, IDENTIFIER, "rows › claim_number")
        _written(row.patient_account_number, IDENTIFIER, "rows › patient_account_number")
        _readable(row.service_from, "rows › service_from")
        _readable(row.service_to, "rows › service_to")
        _in_order("rows › service_from", row.service_from, row.service_to)
        first, last = row.service_from.value, row.service_to.value
        outside = first and last and (last < query.service_from or first > query.service_to)
        if outside and query.claim_number is None:
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
    if answer.patient_responsibility.value is None or not (every and shown) or None in owed:
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
