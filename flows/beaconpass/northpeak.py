"""Northpeak's Provider Link: coverage, claims and payments."""

from collections.abc import Mapping
from datetime import date

from playwright.sync_api import Page

from flows.beaconpass.portal import PORTAL
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
    DIAGNOSIS,
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    RARC,
    ClaimStatus,
    Code,
    CoverageStatus,
    Level,
    Order,
    OtherCoverageOutcome,
    PaymentMethod,
    service_types,
)
from harvester.model.eligibility import (
    Accumulator,
    AccumulatorKind,
    Benefit,
    Coverage,
    Eligibility,
    Fund,
    Limit,
    OtherCoverage,
)
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery, PaymentsQuery
from harvester.model.shown import Shown
from harvester.reading import Record, Region

STATUS = {
    "Received, not entered yet": ClaimStatus.RECEIVED,
    "In progress": ClaimStatus.IN_PROCESS,
    "On hold - records needed": ClaimStatus.PENDED_PROVIDER_INFO,
    "On hold - other carrier": ClaimStatus.PENDED_COB,
    "On hold - medical review": ClaimStatus.PENDED_PAYER,
    "Approved, check run pending": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Paid": ClaimStatus.PAID,
    "Processed, zero payment": ClaimStatus.PAID_ZERO,
    "Not payable": ClaimStatus.DENIED,
    "Paid in part": ClaimStatus.DENIED_LINE_MIXED,
    "Replaced": ClaimStatus.ADJUSTED,
}
SERVICES = service_types(
    {
        "Whole plan": "30",
        "Office visit": "98",
        "Urgent care": "UC",
        "Emergency room": "86",
        "Chiropractic": "33",
        "Physical therapy": "PT",
        "Behavioral health": "MH",
        "Laboratory": "5",
        "MRI and CT scan": "62",
    }
)
COVERAGE = {"Active": CoverageStatus.ACTIVE, "Ended": CoverageStatus.INACTIVE}
KINDS: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}
LEVELS = {"Member": Level.INDIVIDUAL, "Family": Level.FAMILY}
OTHER = {
    "No other coverage known": OtherCoverageOutcome.NONE_ON_FILE,
    "Other coverage, order settled": OtherCoverageOutcome.DETERMINED,
    "Other coverage, order not settled": OtherCoverageOutcome.UNDETERMINED,
}
ORDERS = {"Pays first": Order.PRIMARY, "Pays second": Order.SECONDARY, "Not settled": Order.UNKNOWN}
METHODS = {"Paper check": PaymentMethod.CHECK, "Electronic transfer": PaymentMethod.EFT}
REASON = r"(?P<group>[A-Z]{2}) (?P<reason>\w{1,3}) (?P<amount>\S+)"
"""One of ``CO 45 $34.50; PR 1 $20.00``."""


def _day(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def _found(
    page: Page, path: str, filled: Mapping[str, str], tin: str | None
) -> tuple[Region, Mapping[str, str]]:
    """Fill the form of a page, as one of the practice's tax ids; return the answer and what was asked."""
    said = {**filled, "Billing tax ID": f"{tin[:2]}-{tin[2:]}"} if tin else filled
    return PORTAL.send(page, PORTAL.fetch(page, path), said), said


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, what is used of it and left, and other coverage."""
    words = {code.code: said for said, code in SERVICES.items()}
    filled = {
        "Member ID": query.member.member_id,
        "Date of birth": _day(query.member.birth_date),
        "Date of service": _day(query.service_date),
        "Service": words.get(query.service_type, words["30"]),
    }
    found, said = _found(page, "/coverage", filled, query.tin)
    asked = found.answers("You asked for", said)
    found.none_if_says("has no member with this ID")
    fund = found.fields("Health fund") if found.has("Health fund") else None
    return found.fields("Member").into(
        Eligibility,
        "Member ID | Relationship",
        member_name="Member",
        birth_date="Date of birth",
        primary_care_provider=found.fields("Member").text("Primary care provider", optional=True),
        service_date=asked.day("Date of service"),
        as_of=found.fields("Coverage").day("Data as of"),
        coverages=found.table("Plans").each(
            Coverage,
            plan_name="Plan",
            product="Type",
            network_name="Network",
            group_number="Group no.",
            status=("Status", COVERAGE),
            effective_date="Starts",
            end_date="Ends",
        ),
        accumulators=found.table("Deductible and maximum").each(
            Accumulator,
            "Network | Period | Limit | Met",
            kind=("Amount", KINDS),
            level=("For", LEVELS),
            remaining="Left",
        ),
        benefits=found.table("What the member pays").each(
            Benefit,
            "Network | Copay | Coinsurance | Deductible applies | Authorization required | Referral required",
            service=("Service", SERVICES),
        ),
        limits=found.table("Visits").each(
            Limit, "Period | Allowed | Used | Remaining", service=("Service", SERVICES), unit="Counted in"
        ),
        other_coverage_outcome=found.fields("Other coverage").mapped("What we know", OTHER),
        other_coverages=found.table("Other carriers", optional=True).each(
            OtherCoverage,
            "Policy number | Group number | Insured name | Last updated",
            order=("Order", ORDERS),
            payer_name="Carrier",
            effective_date="Starts",
            end_date="Ends",
        ),
        funds=(fund.into(Fund, "Balance", kind="Fund", as_of="Balance as of"),) if fund else (),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its number; all pages."""
    filled = {
        "Member ID": query.member.member_id,
        "Service from": _day(query.service_from),
        "Service to": _day(query.service_to),
    }
    wanted = {"Claim ID": query.claim_number} if query.claim_number else filled
    first, said = _found(page, "/claims", wanted, query.tin)
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Next page"):
        found.answers("You asked for", said)
        found.none_if_says("has no claim like this")
        rows += found.table("Claims found").each(
            ClaimRow,
            claim_number="Claim ID",
            patient_account_number="Your account no.",
            patient_name="Member",
            service_from="First day",
            service_to="Last day",
            billed="Charge",
            paid="Paid",
            status=("Status", STATUS),
        )
    return ClaimList(
        rows=tuple(rows),
        stated_total=first.stated(r"Showing \d+-\d+ of (\d+) claims?"),
        as_of=first.fields("Claims").day("Data as of"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    paid = detail.fields("Payment") if detail.has("Payment") else None
    return detail.fields().into(
        Claim,
        "Member ID | Billing provider | Billing NPI | Rendering provider | Rendering NPI "
        "| Received date | Processed date",
        claim_number="Claim ID",
        patient_account_number="Your account no.",
        patient_name="Member",
        birth_date="Date of birth",
        tin="Billing tax ID",
        service_from="First day",
        service_to="Last day",
        as_of="Data as of",
        status=("Status", STATUS),
        billed="Total charge",
        allowed="Total allowed",
        paid="Total paid",
        patient_responsibility="Member owes",
        diagnoses=tuple(map(_diagnosis, detail.table("Diagnoses"), "ABCDEFGHIJKL")),
        pend_reasons=detail.items("Why it is on hold", optional=True),
        requested_documents=detail.table("Records that we need", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=paid
        and paid.into(
            PaymentReference,
            "Issue date | Payee",
            method=("Paid by", METHODS),
            number="Check or trace number",
            amount="Amount of the payment",
        ),
        replaces=detail.fields().text("Takes the place of", optional=True),
        replaced_by=detail.fields().text("Replaced by", optional=True),
        lines=detail.table("Services").each(
            ServiceLine,
            "Units | Allowed | Deductible | Copay | Coinsurance | Paid",
            number="No.",
            service_from="First day",
            service_to="Last day",
            procedure=("Code", PROCEDURE),
            modifiers=("Mod.", MODIFIER),
            diagnosis_pointers="Dx",
            billed="Charge",
            adjustments=_adjustments,
            remarks=("Remarks", RARC),
        ),
        unmapped=detail,
    )


def _diagnosis(row: Record, pointer: str) -> Shown[Code]:
    row.text("Dx", echo=pointer)
    return row.code("Code", DIAGNOSIS)


def _adjustments(line: Record) -> tuple[Adjustment, ...]:
    reasons = line.each("Reasons", REASON)
    return tuple(one.into(Adjustment, "Group | Amount", reason=("reason", CARC)) for one in reasons)


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """List the payments of some days, or one by its number, each with its own page."""
    filled = {"Issued from": _day(query.issued_from), "Issued to": _day(query.issued_to)}
    wanted = {"Check or trace number": query.number} if query.number else filled
    found, said = _found(page, "/payments", wanted, query.tin)
    asked = found.answers("You asked for", said)
    found.none_if_says("has issued no payment like this")
    return PaymentList(
        tin=asked.text("Billing tax ID"),
        payments=tuple(_payment(page, row) for row in found.table("Payments found")),
        stated_total=found.stated(r"(\d+) payments?"),
        as_of=found.fields("Payments").day("Data as of"),
        unmapped=found.unread,
    )


def _payment(page: Page, row: Record) -> Payment:
    number = row.text("Check or trace number").value
    detail = PORTAL.fetch(page, f"/payments/{number}")
    paid = detail.fields("Payment")
    paid.text("Check or trace number", echo=number)
    paid.text("Amount", echo=row.says("Amount"))
    return paid.into(
        Payment,
        "Issue date | Amount | Payee",
        number="Check or trace number",
        method=("Paid by", METHODS),
        payee_tin="Billing tax ID",
        payee_npi="Billing NPI",
        claims=detail.table("Claims in this payment").each(
            PaidClaim,
            "Member ID | Paid",
            claim_number="Claim ID",
            patient_account_number="Your account no.",
            patient_name="Member",
            service_from="First day",
            service_to="Last day",
            billed="Charge",
            patient_responsibility="Member owes",
        ),
        provider_adjustments=detail.table("Withheld or added", optional=True).each(
            ProviderAdjustment,
            "Reference",
            reason=("Reason", PROVIDER_ADJUSTMENT, "Meaning"),
            amount="Withheld",
        ),
    )
