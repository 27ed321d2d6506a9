"""Claims as a portal shows them (X12 277 and 835; FHIR ClaimResponse, ExplanationOfBenefit).

Every leaf is a :class:`~harvester.model.shown.Shown`; money is US dollars as ``Decimal``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from harvester.model.codes import AdjustmentGroup, ClaimStatus, Code, PaymentMethod
from harvester.model.shown import Fact, Quantity, Shown, Unmapped


class Adjustment(Fact):
    """Why billed and paid differ. 835 CAS; FHIR ``adjudication`` with an adjustment reason."""

    group: Shown[AdjustmentGroup] = Shown()
    """CAS01."""
    reason: Shown[Code] = Shown()
    """CARC, CAS02; ``text`` is the portal's own explanation."""
    amount: Shown[Decimal] = Shown()
    """US dollars, CAS03."""


class ServiceLine(Fact):
    """One line of a claim. 277 2220D SVC, 835 2110 SVC; FHIR ``ClaimResponse.item``."""

    number: Shown[str] = Shown()
    """REF*6R or the portal's own line number; FHIR ``item.itemSequence``."""
    service_from: Shown[date] = Shown()
    service_to: Shown[date] = Shown()
    procedure: Shown[Code] = Shown()
    """SVC01-2; FHIR ``item.productOrService``."""
    modifiers: tuple[Shown[Code], ...] = ()
    units: Quantity = Shown()
    """SVC05/SVC07; FHIR ``item.quantity``."""
    diagnosis_pointers: Shown[str] = Shown()
    billed: Shown[Decimal] = Shown()
    """SVC02; FHIR adjudication ``submitted``."""
    allowed: Shown[Decimal] = Shown()
    """AMT*B6; FHIR adjudication ``eligible``."""
    deductible: Shown[Decimal] = Shown()
    copay: Shown[Decimal] = Shown()
    coinsurance: Shown[Decimal] = Shown()
    paid: Shown[Decimal] = Shown()
    """SVC03; FHIR adjudication ``benefit``."""
    status: Shown[ClaimStatus] = Shown()
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[Shown[Code], ...] = ()
    """RARC, LQ*HE."""


class RequestedDocument(Fact):
    """Something the payer waits for (277 R0–R17, 277RFAI)."""

    document: Shown[str] = Shown()
    reference: Shown[str] = Shown()
    due_date: Shown[date] = Shown()


class PaymentReference(Fact):
    """How a claim was paid. 277 STC08/09; 835 BPR, TRN; FHIR ``payment``."""

    method: Shown[PaymentMethod] = Shown()
    number: Shown[str] = Shown()
    """Check or EFT trace number, TRN02."""
    issue_date: Shown[date] = Shown()
    amount: Shown[Decimal] = Shown()
    """US dollars of the whole check or transfer, BPR02."""
    payee: Shown[str] = Shown()
    remittance_number: Shown[str] = Shown()
    """Of the remittance advice, where it has a number beside the check's."""
    released_to: Shown[str] = Shown()
    """Who got the money on its way to the provider (a managed-care organisation), if anybody."""
    released_date: Shown[date] = Shown()


class Claim(Fact):
    """What a portal says of one claim."""

    kind: Literal["claim"] = "claim"
    claim_number: Shown[str] = Shown()
    """The payer's own number, REF*1K, CLP07; FHIR ``ClaimResponse.identifier``."""
    patient_account_number: Shown[str] = Shown()
    """The practice's own number, REF*EJ, CLP01; FHIR ``Claim.identifier``."""
    member_id: Shown[str] = Shown()
    patient_name: Shown[str] = Shown()
    birth_date: Shown[date] = Shown()
    tin: Shown[str] = Shown()
    billing_provider: Shown[str] = Shown()
    billing_npi: Shown[str] = Shown()
    rendering_provider: Shown[str] = Shown()
    rendering_npi: Shown[str] = Shown()
    injury_number: Shown[str] = Shown()
    """The workers' compensation claim that this bill hangs on, REF*Y4."""
    injury_date: Shown[date] = Shown()
    """DTP*439."""
    service_from: Shown[date] = Shown()
    """DTP*472, DTM*232; FHIR ``billablePeriod.start``."""
    service_to: Shown[date] = Shown()
    received_date: Shown[date] = Shown()
    """DTM*050."""
    processed_date: Shown[date] = Shown()
    """STC06; FHIR ``payment.date`` or ``created``."""
    as_of: Shown[date] = Shown()
    """The day of the data, where the portal says so ("as of last night")."""
    status: Shown[ClaimStatus] = Shown()
    """STC01, in the portal's words and mapped by the flow's declared table."""
    billed: Shown[Decimal] = Shown()
    """STC04, CLP03; FHIR ``total[submitted]``."""
    allowed: Shown[Decimal] = Shown()
    """AMT*AU; FHIR ``total[eligible]``."""
    paid: Shown[Decimal] = Shown()
    """STC05, CLP04; FHIR ``total[benefit]``."""
    patient_responsibility: Shown[Decimal] = Shown()
    """CLP05; FHIR ``total[memberliability]``."""
    diagnoses: tuple[Shown[Code], ...] = ()
    pend_reasons: tuple[Shown[str], ...] = ()
    requested_documents: tuple[RequestedDocument, ...] = ()
    payment: PaymentReference | None = None
    """``None`` where the portal has no payment section for this claim."""
    crossed_over_to: Shown[str] = Shown()
    """The payer that the claim was forwarded to, NM1*TT; *none* where the portal says to nobody."""
    replaces: Shown[str] = Shown()
    """The claim number this one replaces (frequency code 7)."""
    replaced_by: Shown[str] = Shown()
    follows: tuple[str, ...] = ()
    """The claim that was asked for and those after it, where the portal said that each was replaced."""
    lines: tuple[ServiceLine, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()

    @property
    def normalized_status(self) -> ClaimStatus:
        """The status to act on: *paid* only with an amount above zero and a payment to show for it.

        A word such as "Finalized" and an amount of $0.00 are by themselves neither paid nor denied.
        """
        status = self.status.value or ClaimStatus.UNKNOWN
        if status in (ClaimStatus.PAID, ClaimStatus.PAID_PARTIAL):
            evidence = self.payment is not None and self.payment.number.value is not None
            if not evidence or self.paid.value is None or self.paid.value <= 0:
                return ClaimStatus.UNKNOWN
        return status


class ClaimRow(Fact):
    """One row of a portal's claim list; enough to find a claim and to see that it changed."""

    claim_number: Shown[str] = Shown()
    patient_account_number: Shown[str] = Shown()
    patient_name: Shown[str] = Shown()
    member_id: Shown[str] = Shown()
    service_from: Shown[date] = Shown()
    service_to: Shown[date] = Shown()
    processed_date: Shown[date] = Shown()
    billed: Shown[Decimal] = Shown()
    paid: Shown[Decimal] = Shown()
    status: Shown[ClaimStatus] = Shown()


class ClaimList(Fact):
    """All rows a portal lists for a query, and how many it says there are."""

    kind: Literal["claims"] = "claims"
    rows: tuple[ClaimRow, ...] = ()
    stated_total: Shown[int] = Shown()
    as_of: Shown[date] = Shown()
