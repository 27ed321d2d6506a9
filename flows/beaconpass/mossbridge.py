"""Mossbridge's Practice Room: eligibility, claims and authorizations."""

from collections.abc import Iterator, Mapping

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
from harvester.reading import Record, Region, Table, common

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
RELATIONS = common.RELATIONSHIPS | {
    "Cooperative member": Relationship.SELF,
    "Spouse or partner": Relationship.SPOUSE,
}
COVERAGE = {"In force": CoverageStatus.ACTIVE, "Not in force": CoverageStatus.INACTIVE}
WHERE = {"Inside the cooperative": Network.IN, "Outside": Network.OUT}
WHO = {"One person": Level.INDIVIDUAL, "Household": Level.FAMILY}
WHAT: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Yearly ceiling": "out_of_pocket"}
TURN = {"First": Order.PRIMARY, "Second": Order.SECONDARY, "Unclear": Order.UNKNOWN}
APPROVAL = {"Ask us first": True, "Not needed": False}
PAID_BY = common.METHODS | {"Direct deposit": PaymentMethod.EFT}
DECISIONS = common.DECISIONS | {
    "Open": AuthorizationStatus.PENDED,
    "Open - we need your notes": AuthorizationStatus.PENDED_INFO,
    "Reviewed, decision to come": AuthorizationStatus.AWAITING_DECISION,
    "Lapsed": AuthorizationStatus.EXPIRED,
}
PAID = "How it was paid"
VISITS = r"(?P<used>\d+) of (?P<allowed>\d+) (?P<unit>\w+)"
PROCEDURES = r"(?P<code>[^-]+)(-(?P<modifiers>.+))?"
"""``97140-GP-59``: a procedure and its modifiers."""


NOTHING = "Nobody in the cooperative has this number", "There is no such claim"

# Labels, each under the field that it is called like, or that is named before it.
PERSON = "member_id=Member number | member_name=Full name | birth_date=Born"
PLAN = "Plan name | Product | Group number | effective_date=From | end_date=Until"
INSURER = """payer_name=Insurer | Policy number | Insured name | effective_date=From | end_date=Until
| Last updated"""
ROW = """claim_number=Claim | patient_account_number=Chart no. | patient_name=Patient | billed=Submitted
| Paid"""
CLAIM = f"""{ROW} | member_id=Member number | birth_date=Born | tin=Practice tax ID
| billing_npi=Practice NPI | rendering_provider=Clinician | rendering_npi=Clinician NPI
| service_from=Seen from | service_to=Seen until | Received date | Processed date
| as_of=Loaded overnight | allowed=Covered | patient_responsibility=Patient pays"""
LINE = "number=Item | units=Qty | billed=Submitted | allowed=Covered | Paid"
REQUEST = """number=Approval no. | reference=Request no. | Kind | Reason | Requesting provider
| Servicing provider | Requested date | Decided date | effective_date=Good from
| expiration_date=Good until"""
SERVICE = "number=Item | service_from=From | service_to=Until | Unit | Requested | Approved | Used"


def _found(page: Page, path: str, filled: Mapping[str, str], tin: str | None) -> Iterator[Region]:
    """Fill the form of a page, as one of the practice's tax ids; yield the pages of the answer."""
    said = {**filled, "Asking as (tax ID)": tin} if tin else filled
    form = PORTAL.fetch(page, path)
    return PORTAL.search(page, form, said, echo="Your question", nothing=NOTHING, onward="Older claims")


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a person's plans and what is used of them; what is left is not shown."""
    words = {code.code: said for said, code in SERVICES.items()}
    filled = {
        "Member number": query.member.member_id,
        "Born": f"{query.member.birth_date}",
        "On the day": f"{query.service_date}",
        "Benefit": words[query.service_type],
    }
    (found,) = _found(page, "/eligibility", filled, query.tin)
    person = found.fields("Person")
    return person.into(
        Eligibility,
        PERSON,
        relationship=("Relation", RELATIONS),
        primary_care_provider=person.text("Home clinician", optional=True),
        service_date=found.fields("Your question").day("On the day"),
        as_of=found.fields("Eligibility").day("Loaded overnight"),
        coverages=found.each("Plans", Coverage, PLAN, status=("State", COVERAGE)),
        accumulators=found.table("Spending this year").each(
            Accumulator,
            "period=Span | limit=At most | met=Used so far",
            kind=("What", WHAT),
            level=("Who", WHO),
            network=("Where", WHERE),
        ),
        benefits=found.table("What the person pays").each(
            Benefit,
            "copay=Fee | coinsurance=Share",
            service=("Benefit", SERVICES),
            network=("Where", WHERE),
            authorization_required=("Approval", APPROVAL),
        ),
        limits=tuple(map(_limit, found.table("Counted visits"))),
        other_coverages=found.each("Other insurers", OtherCoverage, INSURER, order=("Pays", TURN)),
        unmapped=found,
    )


def _limit(row: Record) -> Limit:
    visits = row.split("Used", VISITS)
    used = {"used": visits.count("used"), "allowed": visits.count("allowed")}
    unit = visits.mapped("unit", common.UNITS)
    return row.into(Limit, "period=Span", service=("Benefit", SERVICES), unit=unit, **used)


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a person's claims between two days, or one claim by its number; all pages."""
    filled = {
        "Member number": query.member.member_id,
        "Seen from": f"{query.service_from}",
        "Seen until": f"{query.service_to}",
    }
    if query.claim_number:
        filled = {"Claim": query.claim_number}
    found = list(_found(page, "/claims", filled, query.tin))
    return ClaimList(
        rows=tuple(_row(row) for one in found for row in one.table("Claims in our books")),
        stated_total=found[0].stated(r"Claims \d+ to \d+ of (\d+)"),
        as_of=found[0].fields("Claims").day("Loaded overnight"),
    )


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Seen on", separator=" to ")
    return row.into(ClaimRow, ROW, service_from=first, service_to=last, status=("State", STATUS))


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    adjusted = detail.table("Adjustments by item", optional=True)
    return detail.fields().into(
        Claim,
        CLAIM,
        status=("State", STATUS),
        pend_reasons=detail.items("Why it waits", optional=True),
        requested_documents=detail.table("Please send", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=_reference(detail.fields(PAID)) if detail.has(PAID) else None,
        replaced_by=detail.fields().text("Now under claim", optional=True),
        lines=tuple(_line(row, adjusted) for row in detail.table("Items")),
        unmapped=detail,
    )


def _reference(paid: Record) -> PaymentReference:
    return paid.into(PaymentReference, "Number | Issue date | Amount", method=("By", PAID_BY))


def _line(row: Record, adjusted: Table) -> ServiceLine:
    first, last = row.days("Seen on", separator=" to ")
    done = row.split("Procedure", PROCEDURES)
    item = row.cell("Item").words
    return row.into(
        ServiceLine,
        LINE,
        service_from=first,
        service_to=last,
        procedure=done.code("code", PROCEDURE),
        modifiers=done.codes("modifiers", MODIFIER, separator="-") if done.has("modifiers") else (),
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
    (found,) = _found(page, "/authorizations", filled, None)
    return found.fields("Person").into(
        AuthorizationList,
        PERSON,
        authorizations=tuple(map(_authorization, found.parts("Requests"))),
        stated_total=found.stated(r"(\d+) requests? on file"),
        as_of=found.fields("Authorizations").day("Loaded overnight"),
        unmapped=found,
    )


def _authorization(part: Region) -> Authorization:
    letters = part.table("Letters").rows if part.has("Letters") else ()
    return part.fields().into(
        Authorization,
        REQUEST,
        status=("State", DECISIONS),
        service=("Benefit", SERVICES),
        lines=part.table("Services").each(
            AuthorizedService,
            SERVICE,
            procedure=("Procedure", PROCEDURE),
            modifiers=("Modifiers", MODIFIER),
            status=("State", DECISIONS),
        ),
        letters=tuple(one.into(Letter, "name=Letter | Reference | Sent date") for one in letters),
    )
