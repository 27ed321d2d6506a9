"""What an answer must satisfy before it counts as data: whose it is, that it is whole, that it adds up.

Each function raises :class:`~harvester.errors.WrongPage` or :class:`~harvester.errors.PortalChanged`
naming the field, and returns nothing. Only values that are known are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from harvester.errors import PortalChanged, WrongPage
from harvester.model.claim import Claim, ClaimList, ServiceLine
from harvester.model.codes import AdjustmentGroup
from harvester.model.eligibility import Eligibility
from harvester.model.query import ClaimQuery, EligibilityQuery, Member
from harvester.model.shown import Shown, State


def eligibility(answer: Eligibility, query: EligibilityQuery) -> None:
    """Check the member, the day, that there is a coverage, and that met and remaining add up."""
    _about(answer.member_id, answer.birth_date, query.member)
    if answer.service_date.value not in (None, query.service_date):
        raise WrongPage("the answer is for another day of service", where="service_date")
    if not answer.coverages:
        raise PortalChanged("no coverage is shown", where="coverages")
    for money in answer.accumulators:
        _sum(money.limit, (money.met, money.remaining), f"accumulators › {money.kind}")
    for limit in answer.limits:
        _sum(limit.allowed, (limit.used, limit.remaining), "limits")


def claim_list(answer: ClaimList) -> None:
    """Check that as many rows were read as the portal says there are, none of them twice."""
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
    if answer.claim_number.value != query.claim_number:
        raise WrongPage("the page is about another claim", where="claim_number")
    if answer.patient_account_number.value not in (None, query.patient_account_number):
        raise WrongPage("the claim has another account number", where="patient_account_number")
    first, last = answer.service_from.value, answer.service_to.value
    if first and last and (last < query.service_from or first > query.service_to):
        raise WrongPage("the claim is for other days of service", where="service_from")
    for name in ("billed", "allowed", "paid"):
        _total(getattr(answer, name), [getattr(line, name) for line in answer.lines], name)
    for line in answer.lines:
        _line(line)


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
