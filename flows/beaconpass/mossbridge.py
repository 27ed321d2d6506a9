"""Mossbridge's Practice Room: eligibility, claims and authorizations."""

from collections.abc import Mapping

from playwright.sync_api import Page

from flows.beaconpass.portal import PORTAL
from harvester.model.authorization import Authorization, AuthorizationList, AuthorizedService, Letter
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
    MODIFIER,
    PROCEDURE,
    RARC,
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    Level,
    Network,
    Order,
    PaymentMethod,
    Relationship,
    Unit,
    service_types,
)
from harvester.model.eligibility import (
    Accumulator,
    AccumulatorKind,
    Benefit,
    Coverage,
    Eligibility,
    Limit,
    OtherCoverage,
)
from harvester.model.query import AuthorizationsQuery, ClaimQuery, ClaimsQuery, EligibilityQuery
from harvester.reading import Record, Region
from harvester.reading.region import Table

STATUS = {
    "Logged": ClaimStatus.RECEIVED,
    "Working": ClaimStatus.IN_PROCESS,
    "Waiting on your records": ClaimStatus.PENDED_PROVIDER_INFO,
    "Waiting on the other insurer": ClaimStatus.PENDED_COB,
    "With our nurses": ClaimStatus.PENDED_PAYER,
    "Cleared for payment": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Settled": ClaimStatus.PAID,
    "Settled at nothing": ClaimStatus.PAID_ZERO,
    "Declined": ClaimStatus.DENIED,
    "Settled, some items declined": ClaimStatus.DENIED_LINE_MIXED,
    "Superseded": ClaimStatus.ADJUSTED,
}
SERVICES = service_types(
    {
        "All benefits": "30",
        "Clinic visit": "98",
        "Urgent care visit": "UC",
        "Emergency department": "86",
        "Chiropractor": "33",
        "Physical therapy sessions": "PT",
        "Counseling": "MH",
        "Lab work": "5",
        "Advanced imaging": "62",
    }
)
RELATIONS = {
    "Cooperative member": Relationship.SELF,
    "Spouse or partner": Relationship.SPOUSE,
    "Child": Relationship.CHILD,
}
COVERAGE = {"In force": CoverageStatus.ACTIVE, "Not in force": CoverageStatus.INACTIVE}
WHERE = {"Inside the cooperative": Network.IN, "Outside": Network.OUT}
WHO = {"One person": Level.INDIVIDUAL, "Household": Level.FAMILY}
WHAT: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Yearly ceiling": "out_of_pocket"}
TURN = {"First": Order.PRIMARY, "Second": Order.SECONDARY, "Unclear": Order.UNKNOWN}
APPROVAL = {"Ask us first": True, "Not needed": False}
PAID_BY = {"Check": PaymentMethod.CHECK, "Direct deposit": PaymentMethod.EFT}
DECISIONS = {
    "Approved": AuthorizationStatus.APPROVED,
    "Approved in part": AuthorizationStatus.PARTIAL,
    "Not approved": AuthorizationStatus.DENIED,
    "Open": AuthorizationStatus.PENDED,
    "Open - we need your notes": AuthorizationStatus.PENDED_INFO,
    "Reviewed, decision to come": AuthorizationStatus.AWAITING_DECISION,
    "Withdrawn": AuthorizationStatus.CANCELLED,
    "Lapsed": AuthorizationStatus.EXPIRED,
}
UNITS = {"visits": Unit.VISITS, "units": Unit.UNITS}
VISITS = r"(?P<used>\d+) of (?P<allowed>\d+) (?P<unit>\w+)"
PROCEDURES = r"(?P<code>[^-]+)(-(?P<modifiers>.+))?"
"""``97140-GP-59``: a procedure and its modifiers."""


def _found(
    page: Page, path: str, filled: Mapping[str, str], tin: str | None
) -> tuple[Region, Mapping[str, str]]:
    """Fill the form of a page, as one of the practice's tax ids; return the answer and what was asked."""
    said = {**filled, "Asking as (tax ID)": tin} if tin else filled
    return PORTAL.send(page, PORTAL.fetch(page, path), said), said


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a person's plans and what is used of them; what is left is not shown."""
    words = {code.code: said for said, code in SERVICES.items()}
    filled = {
        "Member number": query.member.member_id,
        "Born": f"{query.member.birth_date}",
        "On the day": f"{query.service_date}",
        "Benefit": words.get(query.service_type, words["30"]),
    }
    found, said = _found(page, "/eligibility", filled, query.tin)
    asked = found.answers("Your question", said)
    found.none_if_says("Nobody in the cooperative has this number")
    person = found.fields("Person")
    return person.into(
        Eligibility,
        member_id="Member number",
        member_name="Full name",
        birth_date="Born",
        relationship=("Relation", RELATIONS),
        primary_care_provider=person.text("Home clinician", optional=True),
        service_date=asked.day("On the day"),
        as_of=found.fields("Eligibility").day("Loaded overnight"),
        coverages=tuple(_plan(part.fields()) for part in found.parts("Plans")),
        accumulators=found.table("Spending this year").each(
            Accumulator,
            kind=("What", WHAT),
            level=("Who", WHO),
            network=("Where", WHERE),
            period="Span",
            met="Used so far",
            limit="At most",
        ),
        benefits=found.table("What the person pays").each(
            Benefit,
            service=("Benefit", SERVICES),
            network=("Where", WHERE),
            copay="Fee",
            coinsurance="Share",
            authorization_required=("Approval", APPROVAL),
        ),
        limits=tuple(_limit(row) for row in found.table("Counted visits")),
        other_coverages=tuple(_other(part.fields()) for part in found.parts("Other insurers")),
        unmapped=found,
    )


def _plan(plan: Record) -> Coverage:
    return plan.into(
        Coverage,
        "Plan name | Product | Group number",
        status=("State", COVERAGE),
        effective_date="From",
        end_date="Until",
    )


def _limit(row: Record) -> Limit:
    visits = row.split("Used", VISITS)
    unit, allowed, used = visits.mapped("unit", UNITS), visits.count("allowed"), visits.count("used")
    return row.into(
        Limit, service=("Benefit", SERVICES), period="Span", unit=unit, allowed=allowed, used=used
    )


def _other(insurer: Record) -> OtherCoverage:
    return insurer.into(
        OtherCoverage,
        "Policy number | Insured name | Last updated",
        order=("Pays", TURN),
        payer_name="Insurer",
        effective_date="From",
        end_date="Until",
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a person's claims between two days, or one claim by its number; all pages."""
    filled = {
        "Member number": query.member.member_id,
        "Seen from": f"{query.service_from}",
        "Seen until": f"{query.service_to}",
    }
    wanted = {"Claim": query.claim_number} if query.claim_number else filled
    first, said = _found(page, "/claims", wanted, query.tin)
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Older claims"):
        found.answers("Your question", said)
        found.none_if_says("There is no such claim")
        rows += [_row(row) for row in found.table("Claims in our books")]
    return ClaimList(
        rows=tuple(rows),
        stated_total=first.stated(r"Claims \d+ to \d+ of (\d+)"),
        as_of=first.fields("Claims").day("Loaded overnight"),
    )


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Seen on", separator=" to ")
    return row.into(
        ClaimRow,
        claim_number="Claim",
        patient_account_number="Chart no.",
        patient_name="Patient",
        service_from=first,
        service_to=last,
        billed="Submitted",
        paid="Paid",
        status=("State", STATUS),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    adjusted = detail.table("Adjustments by item", optional=True)
    paid = detail.fields("How it was paid") if detail.has("How it was paid") else None
    return detail.fields().into(
        Claim,
        "Received date | Processed date",
        claim_number="Claim",
        patient_account_number="Chart no.",
        member_id="Member number",
        patient_name="Patient",
        birth_date="Born",
        tin="Practice tax ID",
        billing_npi="Practice NPI",
        rendering_provider="Clinician",
        rendering_npi="Clinician NPI",
        service_from="Seen from",
        service_to="Seen until",
        as_of="Loaded overnight",
        status=("State", STATUS),
        billed="Submitted",
        allowed="Covered",
        paid="Paid",
        patient_responsibility="Patient pays",
        pend_reasons=detail.items("Why it waits", optional=True),
        requested_documents=detail.table("Please send", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=paid and paid.into(PaymentReference, "Number | Issue date | Amount", method=("By", PAID_BY)),
        replaced_by=detail.fields().text("Now under claim", optional=True),
        lines=tuple(_line(row, adjusted) for row in detail.table("Items")),
        unmapped=detail,
    )


def _line(row: Record, adjusted: Table) -> ServiceLine:
    first, last = row.days("Seen on", separator=" to ")
    done = row.split("Procedure", PROCEDURES)
    item = row.cell("Item").words
    return row.into(
        ServiceLine,
        "Paid",
        number="Item",
        service_from=first,
        service_to=last,
        procedure=done.code("code", PROCEDURE),
        modifiers=done.codes("modifiers", MODIFIER, separator="-") if done.has("modifiers") else (),
        units="Qty",
        billed="Submitted",
        allowed="Covered",
        remarks=("Remarks", RARC),
        adjustments=tuple(
            one.into(Adjustment, "Group | Amount", reason=("Reason", CARC))
            for one in adjusted
            if one.cell("Item").words == item
        ),
    )


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """List a person's requests for approval and referrals."""
    filled = {
        "Member number": query.member.member_id,
        "Born": f"{query.member.birth_date}",
        "On the day": f"{query.service_date}",
        "Request or approval no.": query.number or "",
    }
    found, said = _found(page, "/authorizations", filled, None)
    found.answers("Your question", said)
    found.none_if_says("Nobody in the cooperative has this number")
    return found.fields("Person").into(
        AuthorizationList,
        member_id="Member number",
        member_name="Full name",
        birth_date="Born",
        authorizations=tuple(map(_authorization, found.parts("Requests"))),
        stated_total=found.stated(r"(\d+) requests? on file"),
        as_of=found.fields("Authorizations").day("Loaded overnight"),
        unmapped=found,
    )


def _authorization(part: Region) -> Authorization:
    return part.fields().into(
        Authorization,
        "Kind | Reason | Requesting provider | Servicing provider | Requested date | Decided date",
        number="Approval no.",
        reference="Request no.",
        status=("State", DECISIONS),
        service=("Benefit", SERVICES),
        effective_date="Good from",
        expiration_date="Good until",
        lines=part.table("Services").each(
            AuthorizedService,
            "Requested | Approved | Used",
            number="Item",
            procedure=("Procedure", PROCEDURE),
            modifiers=("Modifiers", MODIFIER),
            status=("State", DECISIONS),
            service_from="From",
            service_to="Until",
            unit=("Unit", UNITS),
        ),
        letters=part.table("Letters").each(Letter, "Reference | Sent date", name="Letter")
        if part.has("Letters")
        else (),
    )
