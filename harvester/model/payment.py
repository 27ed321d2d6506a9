"""Payments as a portal shows them (X12 835; FHIR PaymentReconciliation).

Money is US dollars as ``Decimal``. What an 835 must satisfy holds here too: what the claims were paid,
less the provider-level adjustments, is the payment.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from harvester.model.codes import Code, PaymentMethod, PaymentStatus
from harvester.model.shown import Fact, Shown, Unmapped


class PaidClaim(Fact):
    """One claim on a check or transfer. 835 2100 CLP; FHIR ``PaymentReconciliation.detail``."""

    claim_number: Shown[str] = Shown()
    """CLP07."""
    patient_account_number: Shown[str] = Shown()
    """CLP01."""
    member_id: Shown[str] = Shown()
    patient_name: Shown[str] = Shown()
    service_from: Shown[date] = Shown()
    service_to: Shown[date] = Shown()
    billed: Shown[Decimal] = Shown()
    """CLP03."""
    paid: Shown[Decimal] = Shown()
    """CLP04."""
    patient_responsibility: Shown[Decimal] = Shown()
    """CLP05."""


class ProviderAdjustment(Fact):
    """Money that a payment holds back or adds and that is no claim's. 835 PLB."""

    reason: Shown[Code] = Shown()
    """PLB03-1 (WO overpayment recovery, FB forwarding balance, L6 interest …)."""
    reference: Shown[str] = Shown()
    """PLB03-2, often the claim that the money is about."""
    amount: Shown[Decimal] = Shown()
    """PLB04: positive is withheld from the payment, negative added to it."""


class Payment(Fact):
    """One check or transfer and everything that it pays."""

    number: Shown[str] = Shown()
    """Check or EFT trace number, TRN02."""
    remittance_number: Shown[str] = Shown()
    """Of the remittance advice, where it has a number beside the check's."""
    method: Shown[PaymentMethod] = Shown()
    """BPR04."""
    status: Shown[PaymentStatus] = Shown()
    """Where the money is, if the portal says."""
    amount: Shown[Decimal] = Shown()
    """BPR02."""
    issue_date: Shown[date] = Shown()
    """BPR16."""
    cleared_date: Shown[date] = Shown()
    payee: Shown[str] = Shown()
    """1000B N102."""
    payee_tin: Shown[str] = Shown()
    payee_npi: Shown[str] = Shown()
    claims: tuple[PaidClaim, ...] = ()
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()


class PaymentList(Fact):
    """The payments that a portal lists for a query, and how many it says there are."""

    kind: Literal["payments"] = "payments"
    tin: Shown[str] = Shown()
    """The tax id that the portal says the payments are to."""
    payments: tuple[Payment, ...] = ()
    stated_total: Shown[int] = Shown()
    approved_claims: Shown[int] = Shown()
    """Claims that are approved and not paid yet (a Medicare contractor's payment floor)."""
    approved_amount: Shown[Decimal] = Shown()
    as_of: Shown[date] = Shown()
    unmapped: tuple[Unmapped, ...] = ()
