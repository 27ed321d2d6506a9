"""Northpeak's Provider Link: coverage, claims and payments."""

from collections.abc import Iterator, Mapping

from playwright.sync_api import Page

from flows.beaconpass.portal import PORTAL
from harvester.flow import tax_id
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
from harvester.reading import Record, Region, common, unread

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
COVERAGE = common.COVERAGE | {"Ended": CoverageStatus.INACTIVE}
KINDS: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}
LEVELS = common.LEVELS | {"Member": Level.INDIVIDUAL}
OTHER = {
    "No other coverage known": OtherCoverageOutcome.NONE_ON_FILE,
    "Other coverage, order settled": OtherCoverageOutcome.DETERMINED,
    "Other coverage, order not settled": OtherCoverageOutcome.UNDETERMINED,
}
ORDERS = {"Pays first": Order.PRIMARY, "Pays second": Order.SECONDARY, "Not settled": Order.UNKNOWN}
METHODS = {"Paper check": PaymentMethod.CHECK, "Electronic transfer": PaymentMethod.EFT}
REASON = r"(?P<group>[A-Z]{2}) (?P<reason>\w{1,3}) (?P<amount>\S+)"
"""One of ``CO 45 $34.50; PR 1 $20.00``."""


NOTHING = "has no member with this ID", "has no claim like this", "has issued no payment like this"

# Labels, each under the field that it is called like, or that is named before it.
PLAN = """plan_name=Plan | product=Type | network_name=Network | group_number=Group no.
| effective_date=Starts | end_date=Ends"""
BENEFIT = "Network | Copay | Coinsurance | Deductible applies | Authorization required | Referral required"
INSURER = """payer_name=Carrier | Policy number | Group number | Insured name | effective_date=Starts
| end_date=Ends | Last updated"""
FUND = "kind=Fund | Balance | as_of=Balance as of"
ROW = """claim_number=Claim ID | patient_account_number=Your account no. | patient_name=Member
| service_from=First day | service_to=Last day | billed=Charge | Paid"""
CLAIM = """claim_number=Claim ID | patient_account_number=Your account no. | Member ID | patient_name=Member
| birth_date=Date of birth | tin=Billing tax ID | Billing provider | Billing NPI | Rendering provider
| Rendering NPI | service_from=First day | service_to=Last day | Received date | Processed date
| as_of=Data as of | billed=Total charge | allowed=Total allowed | paid=Total paid
| patient_responsibility=Member owes"""
REFERENCE = "number=Check or trace number | Issue date | amount=Amount of the payment | Payee"
LINE = """number=No. | service_from=First day | service_to=Last day | diagnosis_pointers=Dx | Units
| billed=Charge | Allowed | Deductible | Copay | Coinsurance | Paid"""
PAYMENT = """number=Check or trace number | Issue date | Amount | Payee | payee_tin=Billing tax ID
| payee_npi=Billing NPI"""
PAID = f"{ROW} | Member ID | patient_responsibility=Member owes"


def _found(page: Page, path: str, filled: Mapping[str, str], tin: str | None) -> Iterator[Region]:
    """Fill the form of a page, as one of the practice's tax ids; yield the pages of the answer."""
    said = {**filled, "Billing tax ID": tax_id(tin)} if tin else filled
    form = PORTAL.fetch(page, path)
    return PORTAL.search(page, form, said, echo="You asked for", nothing=NOTHING, onward="Next page")


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, what is used of it and left, and other coverage."""
    words = {code.code: said for said, code in SERVICES.items()}
    filled = {
        "Member ID": query.member.member_id,
        "Date of birth": f"{query.member.birth_date:%m/%d/%Y}",
        "Date of service": f"{query.service_date:%m/%d/%Y}",
        "Service": words[query.service_type],
    }
    (found,) = _found(page, "/coverage", filled, query.tin)
    member = found.fields("Member")
    return member.into(
        Eligibility,
        "Member ID | Relationship | member_name=Member | birth_date=Date of birth",
        primary_care_provider=member.text("Primary care provider", optional=True),
        service_date=found.fields("You asked for").day("Date of service"),
        as_of=found.fields("Coverage").day("Data as of"),
        coverages=found.table("Plans").each(Coverage, PLAN, status=("Status", COVERAGE)),
        accumulators=found.table("Deductible and maximum").each(
            Accumulator,
            "Network | Period | Limit | Met | remaining=Left",
            kind=("Amount", KINDS),
            level=("For", LEVELS),
        ),
        benefits=found.table("What the member pays").each(Benefit, BENEFIT, service=("Service", SERVICES)),
        limits=found.table("Visits").each(
            Limit, "Period | Allowed | Used | Remaining | unit=Counted in", service=("Service", SERVICES)
        ),
        other_coverage_outcome=found.fields("Other coverage").mapped("What we know", OTHER),
        other_coverages=found.table("Other carriers", optional=True).each(
            OtherCoverage, INSURER, order=("Order", ORDERS)
        ),
        funds=(found.fields("Health fund").into(Fund, FUND),) if found.has("Health fund") else (),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its number; all pages."""
    filled = {
        "Member ID": query.member.member_id,
        "Service from": f"{query.service_from:%m/%d/%Y}",
        "Service to": f"{query.service_to:%m/%d/%Y}",
    }
    if query.claim_number:
        filled = {"Claim ID": query.claim_number}
    found = list(_found(page, "/claims", filled, query.tin))
    rows = [row for one in found for row in one.table("Claims found")]
    return ClaimList(
        rows=tuple(row.into(ClaimRow, ROW, status=("Status", STATUS)) for row in rows),
        stated_total=found[0].stated(r"Showing \d+-\d+ of (\d+) claims?"),
        as_of=found[0].fields("Claims").day("Data as of"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    return detail.fields().into(
        Claim,
        CLAIM,
        status=("Status", STATUS),
        diagnoses=tuple(map(_diagnosis, detail.table("Diagnoses"), "ABCDEFGHIJKL")),
        pend_reasons=detail.items("Why it is on hold", optional=True),
        requested_documents=detail.table("Records that we need", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=_reference(detail.fields("Payment")) if detail.has("Payment") else None,
        replaces=detail.fields().text("Takes the place of", optional=True),
        replaced_by=detail.fields().text("Replaced by", optional=True),
        lines=detail.table("Services").each(
            ServiceLine,
            LINE,
            procedure=("Code", PROCEDURE),
            modifiers=("Mod.", MODIFIER),
            adjustments=_adjustments,
            remarks=("Remarks", RARC),
        ),
        unmapped=detail,
    )


def _reference(paid: Record) -> PaymentReference:
    return paid.into(PaymentReference, REFERENCE, method=("Paid by", METHODS))


def _diagnosis(row: Record, pointer: str) -> Shown[Code]:
    row.text("Dx", echo=pointer)
    return row.code("Code", DIAGNOSIS)


def _adjustments(line: Record) -> tuple[Adjustment, ...]:
    reasons = line.each("Reasons", REASON)
    return tuple(one.into(Adjustment, "Group | Amount", reason=("reason", CARC)) for one in reasons)


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """List the payments of some days, or one by its number, each with its own page."""
    filled = {"Issued from": f"{query.issued_from:%m/%d/%Y}", "Issued to": f"{query.issued_to:%m/%d/%Y}"}
    if query.number:
        filled = {"Check or trace number": query.number}
    (found,) = _found(page, "/payments", filled, query.tin)
    rows = found.table("Payments found").rows
    details = [_detail(page, row.says("Check or trace number"), found) for row in rows]
    return PaymentList(
        tin=found.fields("You asked for").text("Billing tax ID"),
        payments=tuple(map(_payment, details, rows)),
        stated_total=found.stated(r"(\d+) payments?"),
        as_of=found.fields("Payments").day("Data as of"),
        unmapped=unread(found, *details),
    )


def _detail(page: Page, number: str, found: Region) -> Region:
    """Return a payment's own page, which is of the same day as the list."""
    detail = PORTAL.fetch(page, f"/payments/{number}")
    as_of = found.fields("Payments").says("Data as of")
    detail.answers(f"Payment {number}", {"Data as of": as_of})
    return detail


def _payment(detail: Region, row: Record) -> Payment:
    listed = {name: row.says(name) for name in ("Check or trace number", "Amount")}
    return detail.answers("Payment", listed).into(
        Payment,
        PAYMENT,
        method=("Paid by", METHODS),
        claims=detail.table("Claims in this payment").each(PaidClaim, PAID),
        provider_adjustments=detail.table("Withheld or added", optional=True).each(
            ProviderAdjustment,
            "Reference | amount=Withheld",
            reason=("Reason", PROVIDER_ADJUSTMENT, "Meaning"),
        ),
    )
