"""Compares an answer with what a mock portal knows to be true, leaf by leaf.

A mock's truth has the field names of :mod:`harvester.model`; a leaf is ``{"state", "value",
"words"}``, and what the portal never shows is left out. A record may say in ``of`` whose it is
(carrier, tin, member_id). A comparison that compared nothing is a failure, which
:meth:`Comparison.sentence` says.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from harvester.model.authorization import AuthorizationList
from harvester.model.claim import ClaimList, ClaimRow
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.shown import Shown, State
from harvester.model.snapshot import MOVING, Answer, facts

Truth = Mapping[str, Any]

ASIDE = frozenset({"follows", "kind", "unmapped", "service_date"})
"""Not part of a portal's truth: its own kind, how it was come by, what was not read, the day asked."""


@dataclass
class Comparison:
    """How many leaves were compared, and where answer and truth differ."""

    compared: int = 0
    again: bool = False
    """Whether the answer was seen again later, so that what is MOVING is of another day."""
    differences: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether something was compared and all of it is the same."""
        return self.compared > 0 and not self.differences

    @property
    def sentence(self) -> str:
        """The result for a person."""
        if not self.compared:
            return "Nothing was compared."
        return f"{self.compared} values compared with the portal's truth, {len(self.differences)} differ."

    def add(self, answer: BaseModel, truth: Mapping[str, Any], where: str) -> None:
        """Compare an answer with its truth; ``where`` names it in the differences."""
        self._fields(answer, truth, where, ASIDE)

    def _fields(
        self, ours: BaseModel, truth: Mapping[str, Any], where: str, aside: Container[str] = ()
    ) -> None:
        for name in type(ours).model_fields:
            value = getattr(ours, name)
            # What kind a record is, as the portal shows it, is compared; an answer's own kind is no fact.
            shown = name == "kind" and isinstance(value, Shown)
            if (shown or name not in aside) and not (self.again and name in MOVING):
                self._any(value, truth.get(name), f"{where}.{name}")
        strange = set(truth) - set(type(ours).model_fields)
        self.differences += [f"{where}.{name}: the model has no such field" for name in sorted(strange)]

    def _any(self, ours: Any, truth: Any, where: str) -> None:
        if isinstance(ours, Shown):
            self.leaf(ours, truth, where)
        elif isinstance(ours, tuple):
            self._each(ours, truth or [], where)
        elif isinstance(ours, BaseModel):
            self._fields(ours, truth or {}, where)
        else:
            self._equal(ours, truth, where)

    def _each(self, ours: Sequence[Any], truth: Sequence[Any], where: str) -> None:
        self._equal(len(ours), len(truth), f"{where}.length")
        for at, (mine, true) in enumerate(zip(ours, truth, strict=False)):
            self._any(mine, true, f"{where}[{at}]")

    def leaf(self, ours: Shown[Any], truth: Truth | None, where: str) -> None:
        """Compare one value: state, value and words."""
        true = dict(truth or {"state": State.NOT_SHOWN.value, "value": None, "words": None})
        if isinstance(ours.value, Decimal) and true["value"] is not None:
            true["value"] = str(ours.value) if ours.value == Decimal(true["value"]) else true["value"]
        self._equal(facts(ours), true, where)

    def _equal(self, ours: Any, truth: Any, where: str) -> None:
        self.compared += 1
        if ours != truth:
            self.differences.append(f"{where}: read {ours!r}, true is {truth!r}")


# Which truth belongs to which question -----------------------------------------------------------

_LISTS: Mapping[type[BaseModel], tuple[str, str]] = {
    ClaimList: ("rows", "claim_number"),
    PaymentList: ("payments", "number"),
    OverpaymentList: ("overpayments", "reference"),
    AuthorizationList: ("authorizations", "reference"),
}
"""The records of a list, and what names each."""

ROW = frozenset({"claim_number", "patient_account_number", "service_from", "status"})
"""What every list of claims shows of each."""


def compare(comparison: Comparison, query: Query, answer: Answer | None, truth: Truth, where: str) -> None:
    """Compare what was answered to a query, ``None`` being *not on file*, with a portal's whole truth.

    A list must have exactly the records that the truth has for the query.
    """
    true = true_to(query, truth)
    if answer is None:
        comparison.compared += 1
        if true or not _absent(query, truth):
            comparison.differences.append(f"{where}: not found, and the portal has it on file")
    elif type(answer) in _LISTS:
        _compare_list(comparison, query, answer, truth, where)
    elif len(true) != 1:
        comparison.differences.append(f"{where}: {len(true)} truths on file, not one")
    else:
        comparison.add(answer, _bare(true[0]), where)


def _compare_list(comparison: Comparison, query: Query, answer: Any, truth: Truth, where: str) -> None:
    name, key = _LISTS[type(answer)]
    found, true = getattr(answer, name), {one[key]["words"]: _bare(one) for one in true_to(query, truth)}
    ours = [getattr(one, key).words for one in found]
    comparison.compared += 1
    if sorted(ours) != sorted(true):
        comparison.differences.append(f"{where}: lists {sorted(ours)}, true is {sorted(true)}")
        return
    for number, one in zip(ours, found, strict=True):
        record = true[number]
        if isinstance(one, ClaimRow):  # a list shows less of a claim than its own page does
            shown = {name for name in ClaimRow.model_fields if getattr(one, name).words is not None} | ROW
            record = {name: leaf for name, leaf in record.items() if name in shown}
        comparison.add(one, record, f"{where} › {number}")
    whole = list_truth(query, truth)
    for name, leaf in whole.items():
        if not (comparison.again and name in MOVING):
            comparison.leaf(getattr(answer, name), leaf, f"{where}.{name}")
    comparison.compared += 1
    if answer.stated_total.value != len(true):
        comparison.differences.append(f"{where}.stated_total: true is {len(true)}")


def list_truth(query: Query, truth: Truth) -> dict[str, Any]:
    """Return what the truth has of a list beside its records."""
    for said in truth.get("lists", ()):
        if said["kind"] == query.kind and _asked(said["of"], query):
            return {name: leaf for name, leaf in said.items() if name not in ("of", "kind")}
    return {}


def true_to(query: Query, truth: Truth) -> list[Truth]:
    """Return the records of a portal's truth that a query is about, without what was replaced."""
    found: list[Truth] = []
    match query:
        case EligibilityQuery():
            found = [one for one in truth["eligibilities"] if _member(one) == query.member.member_id]
        case ClaimQuery():
            found = [
                one
                for one in truth["claims"]
                if _member(one) == query.member.member_id
                and one["patient_account_number"]["value"] == query.patient_account_number
                and one.get("replaced_by", {}).get("state") != "known"
            ]
            found = [one for one in found if _exactly(one, query)] or found
        case ClaimsQuery():
            found = [
                one
                for one in truth["claims"]
                if _member(one) == query.member.member_id
                and _between(one, "service_from", "service_to", query.service_from, query.service_to)
                and query.claim_number in (None, one["claim_number"]["value"])
                and query.tin in (None, _digits(one.get("tin")))
            ]
        case ClaimListQuery():
            found = [
                one
                for one in truth["claims"]
                if _between(one, "service_from", "service_to", query.service_from, query.service_to)
                and query.tin in (None, _digits(one.get("tin")))
            ]
        case PaymentsQuery():
            found = [
                one
                for one in truth["payments"]
                if _between(one, "issue_date", "issue_date", query.issued_from, query.issued_to)
                and query.number in (None, one["number"]["value"])
            ]
        case OverpaymentsQuery():
            found = list(truth["overpayments"])
        case AuthorizationsQuery():
            found = [
                one
                for one in truth["authorizations"]
                if query.number is None or query.number in (one["number"]["value"], one["reference"]["value"])
            ]
        case RemittanceFileQuery():
            wanted = query.payment_number
            found = [one for one in truth["remittance_files"] if one["payment_number"]["value"] == wanted]
    return [one for one in found if _asked(one.get("of", {}), query)]


def _exactly(claim: Truth, query: ClaimQuery) -> bool:
    """Whether a claim is the one that is asked for by its number, else by its charge."""
    if query.claim_number is not None:
        return bool(claim["claim_number"]["value"] == query.claim_number)
    return query.billed is not None and Decimal(claim["billed"]["value"]) == query.billed


def _asked(of: Truth, query: Query) -> bool:
    """Whether what a record is of is what was asked."""
    member = getattr(query, "member", None)
    asked = {"carrier": query.carrier, "tin": query.tin, "member_id": member.member_id if member else None}
    return all(None in (of.get(name), wanted) or of[name] == wanted for name, wanted in asked.items())


def _absent(query: Query, truth: Truth) -> bool:
    """Whether the portal says that it does not know what was asked."""
    nothing: Mapping[str, Sequence[Truth]] = truth["not_on_file"]
    member = getattr(query, "member", None)
    members = [one["member_id"] for one in nothing["members"]]
    if member is None or member.member_id in members:
        return True
    if isinstance(query, ClaimQuery):
        wanted = {"patient_account_number": query.patient_account_number, "member_id": member.member_id}
        return any(wanted.items() <= one.items() for one in nothing["claims"])
    return not isinstance(query, EligibilityQuery)


def _bare(record: Truth) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "of"}


def _member(record: Truth) -> str | None:
    of: str | None = record.get("of", {}).get("member_id")
    own: str | None = record["member_id"]["value"]
    return of or own


def _digits(leaf: Truth | None) -> str | None:
    return str(leaf["value"]).replace("-", "") if leaf and leaf["value"] else None


def _between(record: Truth, first: str, last: str, begin: date, end: date) -> bool:
    known = [date.fromisoformat(record[name]["value"]) for name in (first, last)]
    return known[0] <= end and known[1] >= begin
