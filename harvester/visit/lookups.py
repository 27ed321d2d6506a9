"""Answers a query with a flow: goes through its lookups in order, and checks what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from playwright.sync_api import Page

from harvester.errors import NotOnFile, PortalChanged, SeveralOnFile
from harvester.flow import Flow
from harvester.model.claim import Claim, ClaimList, ClaimRow
from harvester.model.codes import ClaimStatus
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
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer
from harvester.visit import checks

A = TypeVar("A")
Q = TypeVar("Q")
L = TypeVar("L", ClaimsQuery, ClaimListQuery)

SUPERSEDED = frozenset({ClaimStatus.ADJUSTED, ClaimStatus.VOIDED, ClaimStatus.REVERSED})

CHAIN = 5
"""Replacements that are followed from one claim to the one that stands."""


def answer(flow: Flow, page: Page, query: Query) -> Answer:
    """Look it up; raises the trouble that came instead, ``NotOnFile`` and ``SeveralOnFile`` among them."""
    match query:
        case EligibilityQuery():
            return _checked(flow.eligibility, checks.eligibility, page, query)
        case ClaimsQuery():
            return _claims(flow.claims, flow, page, query, alone=query.claim_number is not None)
        case ClaimListQuery():
            return _claims(flow.claim_list, flow, page, query)
        case ClaimQuery():
            return _claim(flow, page, query)
        case PaymentsQuery():
            return _payments(flow, page, query)
        case OverpaymentsQuery():
            return _checked(flow.overpayments, checks.overpayment_list, page, query)
        case AuthorizationsQuery():
            return _checked(flow.authorizations, checks.authorization_list, page, query)
        case RemittanceFileQuery():
            return _checked(flow.remittance_file, checks.remittance_file, page, query)


def _checked(look: Callable[[Page, Q], A] | None, check: Callable[[A, Q], None], page: Page, query: Q) -> A:
    assert look is not None
    found = look(page, query)
    check(found, query)
    return found


def _all(
    look: Callable[[Page, Q], A] | None, check: Callable[[A, Q], None], page: Page, queries: Sequence[Q]
) -> list[A]:
    """Return what each of several searches finds, one after another; ``NotOnFile`` where none does."""
    found = []
    for query in queries:
        with suppress(NotOnFile):
            found.append(_checked(look, check, page, query))
    if not found:
        raise NotOnFile("none of the searches lists anything")
    return found


def _claims(
    look: Callable[[Page, L], ClaimList] | None, flow: Flow, page: Page, query: L, *, alone: bool = False
) -> ClaimList:
    """List claims, in several searches where the portal takes none that is so long; ``alone``: one claim."""
    spans = list(flow.portal.rules.spans(query.kind, query.service_from, query.service_to))
    if alone or len(spans) == 1:
        return _checked(look, checks.claim_list, page, query)
    parts = [query.model_copy(update={"service_from": first, "service_to": last}) for first, last in spans]
    found = _all(look, checks.claim_list, page, parts)
    # A claim of several days may be in two searches.
    rows = {row.claim_number.value: row for part in found for row in part.rows}
    return found[-1].model_copy(
        update={"rows": tuple(rows.values()), "stated_total": _together(found, len(rows))}
    )


def _payments(flow: Flow, page: Page, query: PaymentsQuery) -> PaymentList:
    """List payments, in several searches where the portal takes none that is so long."""
    spans = list(flow.portal.rules.spans("payments", query.issued_from, query.issued_to))
    if query.number is not None or len(spans) == 1:
        return _checked(flow.payments, checks.payment_list, page, query)
    parts = [query.model_copy(update={"issued_from": first, "issued_to": last}) for first, last in spans]
    found = _all(flow.payments, checks.payment_list, page, parts)
    payments = tuple(payment for part in found for payment in part.payments)
    together = {
        "payments": payments,
        "stated_total": _together(found, len(payments)),
        "unmapped": tuple(one for part in found for one in part.unmapped),
    }
    return found[-1].model_copy(update=together)


def _together(found: Sequence[ClaimList | PaymentList], count: int) -> Shown[int]:
    """Return how many there are in all searches: each of them is complete by what the portal states."""
    return Shown.known(count, " + ".join(f"{part.stated_total.words}" for part in found))


def _claim(flow: Flow, page: Page, query: ClaimQuery) -> Claim:
    assert flow.claim is not None
    row = None
    if query.claim_number is None:
        wanted = ClaimsQuery(
            carrier=query.carrier,
            member=query.member,
            service_from=query.service_from,
            service_to=query.service_to,
            tin=query.tin,
            npi=query.npi,
            ptan=query.ptan,
        )
        row = chosen(_claims(flow.claims, flow, page, wanted), query)
        query = query.model_copy(update={"claim_number": row.claim_number.value})
    seen: list[str | None] = []
    while True:
        found = flow.claim(page, query)
        checks.claim(found, query)
        listed = row.billed.value if row else None
        if listed is not None and found.billed.value not in (None, listed):
            raise PortalChanged("list and detail show different amounts", where="billed")
        newer = found.replaced_by.value
        if newer is None:
            return found.model_copy(update={"follows": tuple(seen)})
        seen.append(found.claim_number.value)
        if newer in seen or len(seen) > CHAIN:
            raise PortalChanged("the chain of replacements does not end", where="replaced_by")
        row, query = None, query.model_copy(update={"claim_number": newer})


def chosen(claims: ClaimList, query: ClaimQuery) -> ClaimRow:
    """Return the one row with exactly the query's account number, days and amount.

    Where a claim was replaced the one that stands is taken. An amount that differs is no reason to
    doubt a single row with the right account number and days.
    """
    rows = [row for row in claims.rows if row.patient_account_number.value == query.patient_account_number]
    if not rows:
        raise NotOnFile("no claim with this account number is listed")
    if len(rows) > 1:
        rows = [
            row
            for row in rows
            if (row.service_from.value, row.service_to.value) == (query.service_from, query.service_to)
            and query.billed in (None, row.billed.value)
        ]
    if len(rows) > 1:
        rows = [row for row in rows if row.status.value not in SUPERSEDED]
    if len(rows) != 1:
        raise SeveralOnFile("several claims have this account number")
    return rows[0]
