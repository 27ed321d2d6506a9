"""Answers a query with a flow: goes through its lookups in order, and checks what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Page

from harvester.errors import NotOnFile, PortalChanged, SeveralOnFile
from harvester.flow import Flow
from harvester.model.claim import Claim, ClaimList, ClaimRow
from harvester.model.codes import ClaimStatus
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.snapshot import Answer
from harvester.visit import checks

A = TypeVar("A")
Q = TypeVar("Q")

SUPERSEDED = frozenset({ClaimStatus.ADJUSTED, ClaimStatus.VOIDED, ClaimStatus.REVERSED})

CHAIN = 5
"""Replacements that are followed from one claim to the one that stands."""


def answer(flow: Flow, page: Page, query: Query) -> Answer:
    """Look it up; raises the trouble that came instead, ``NotOnFile`` and ``SeveralOnFile`` among them."""
    match query:
        case EligibilityQuery():
            return _checked(flow.eligibility, checks.eligibility, page, query)
        case ClaimsQuery():
            return _checked(flow.claims, checks.claim_list, page, query)
        case ClaimQuery():
            return _claim(flow, page, query)
        case PaymentsQuery():
            return _checked(flow.payments, checks.payment_list, page, query)
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
        row = chosen(_checked(flow.claims, checks.claim_list, page, wanted), query)
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
