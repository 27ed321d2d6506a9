"""How Harborline's carriers differ: their forms, headings, labels and words, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from harvester.model.codes import (
    DIAGNOSIS,
    MODIFIER,
    PROCEDURE,
    SERVICE_TYPE,
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    Level,
    Network,
    Order,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
    Relationship,
    Unit,
    service_types,
)
from harvester.model.eligibility import AccumulatorKind
from harvester.reading import Record

Labels = Mapping[str, object]
"""What fills each field of a model: its label, or its label with a table or a code system."""

KINDS: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}
COVERAGE = {"Active": CoverageStatus.ACTIVE, "Inactive": CoverageStatus.INACTIVE}
RELATIONSHIPS = {
    "Subscriber": Relationship.SELF,
    "Spouse": Relationship.SPOUSE,
    "Dependent child": Relationship.CHILD,
}
NETWORKS = {
    "In network": Network.IN,
    "Out of network": Network.OUT,
    "INN": Network.IN,
    "OON": Network.OUT,
    "Y": Network.IN,
    "N": Network.OUT,
    "In-network": Network.IN,
    "Out-of-network": Network.OUT,
}
LEVELS = {
    "Individual": Level.INDIVIDUAL,
    "Family": Level.FAMILY,
    "IND": Level.INDIVIDUAL,
    "FAM": Level.FAMILY,
    "Person": Level.INDIVIDUAL,
    "Household": Level.FAMILY,
}
PERIODS = {"Calendar year": Period.CALENDAR_YEAR}
UNITS = {"Visits": Unit.VISITS, "Units": Unit.UNITS}
ORDERS = {"Primary": Order.PRIMARY, "Secondary": Order.SECONDARY, "Not determined": Order.UNKNOWN}
OUTCOMES = {
    "No other insurance on file": OtherCoverageOutcome.NONE_ON_FILE,
    "Other insurance on file": OtherCoverageOutcome.DETERMINED,
    "Other insurance on file, order of payment not determined": OtherCoverageOutcome.UNDETERMINED,
}
METHODS = {"Paper check": PaymentMethod.CHECK, "Electronic funds transfer": PaymentMethod.EFT}
SERVICES = service_types(
    {
        "Health plan coverage": "30",
        "Office visit": "98",
        "Urgent care center": "UC",
        "Emergency room": "86",
        "Chiropractic care": "33",
        "Physical therapy": "PT",
        "Behavioral health": "MH",
        "Laboratory": "5",
        "Advanced imaging": "62",
    }
)
SERVICE_TYPES = {code.code: f"{code.code} - {words}" for words, code in SERVICES.items()}
"""The forms' choices, by service type."""


def span(label: str) -> Labels:
    """Return how both days of service stand under one label."""

    def first(row: Record) -> object:
        return row.days(label)[0]

    def last(row: Record) -> object:
        return row.days(label)[1]

    return {"service_from": first, "service_to": last}


@dataclass(frozen=True)
class Pages:
    """A carrier's pages: where they are, what they ask, and under which words they answer."""

    name: str
    region: str
    inquiry: Mapping[str, str]
    """Labels of the eligibility form, by what is asked."""
    by_member: tuple[str, Mapping[str, str]]
    """The tab that searches claims by member and days, and its labels."""
    by_number: tuple[str, Mapping[str, str]]
    """The tab that searches a claim by its number, and its labels."""
    titles: Mapping[str, str]
    """Headings of the parts; a part that is not there is not shown by this carrier."""
    labels: Mapping[str, Labels]
    primary_care: str | None = None
    """The label of the primary care provider, which only some plans have."""
    written: str = "%m/%d/%Y"
    grid: bool = False
    """Whether claims are listed in a grid that shows only a part of them."""


KELPWOOD_STATUS = {
    "Received": ClaimStatus.RECEIVED,
    "In process": ClaimStatus.IN_PROCESS,
    "Pended - information requested": ClaimStatus.PENDED_PROVIDER_INFO,
    "Pended - other insurance": ClaimStatus.PENDED_COB,
    "Pended - clinical review": ClaimStatus.PENDED_PAYER,
    "Finalized - payment pending": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Finalized - paid": ClaimStatus.PAID,
    "Finalized - no payment due": ClaimStatus.PAID_ZERO,
    "Finalized - denied": ClaimStatus.DENIED,
    "Finalized - partly denied": ClaimStatus.DENIED_LINE_MIXED,
    "Replaced": ClaimStatus.ADJUSTED,
}
KELPWOOD = Pages(
    name="Kelpwood Health Alliance",
    region="Washington",
    grid=True,
    primary_care="Primary care provider",
    inquiry={
        "member_id": "Member ID",
        "birth_date": "Date of birth",
        "service_date": "Service date",
        "service_type": "Service type",
    },
    by_member=(
        "Member",
        {
            "member_id": "Member ID",
            "birth_date": "Date of birth",
            "service_from": "From service date",
            "service_to": "To service date",
        },
    ),
    by_number=(
        "Claim Number",
        {
            "member_id": "Member ID",
            "claim_number": "Claim number",
        },
    ),
    titles={
        "member": "Member",
        "coverages": "Plan coverage",
        "accumulators": "Deductible and out-of-pocket",
        "benefits": "Benefits",
        "limits": "Benefit limits",
        "other": "Other insurance",
        "funds": "Spending account",
        "row": "Claims",
        "claim": "Claim information",
        "lines": "Service lines",
        "payment": "Payment",
        "pends": "Why this claim is pended",
        "documents": "Requested documents",
        "codes": "Codes on this claim",
    },
    labels={
        "member": {
            "member_id": "Member ID",
            "member_name": "Member name",
            "birth_date": "Birth date",
            "relationship": ("Relationship", RELATIONSHIPS),
            "as_of": "As of",
        },
        "coverages": {
            "plan_name": "Plan name",
            "product": "Product",
            "network_name": "Network name",
            "group_number": "Group number",
            "status": ("Status", COVERAGE),
            "effective_date": "Effective date",
            "end_date": "End date",
        },
        "accumulators": {
            "kind": ("Benefit", KINDS),
            "level": ("Level", LEVELS),
            "network": ("Network", NETWORKS),
            "period": ("Period", PERIODS),
            "limit": "Limit",
            "met": "Met",
            "remaining": "Remaining",
        },
        "benefits": {
            "service": ("Service", SERVICES),
            "network": ("Network", NETWORKS),
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "deductible_applies": "Deductible applies",
            "authorization_required": "Authorization required",
            "referral_required": "Referral required",
        },
        "limits": {
            "service": ("Service", SERVICES),
            "unit": ("Unit", UNITS),
            "period": ("Period", PERIODS),
            "allowed": "Allowed",
            "used": "Used",
            "remaining": "Remaining",
        },
        "other": {
            "order": ("Order", ORDERS),
            "payer_name": "Payer name",
            "policy_number": "Policy number",
            "group_number": "Group number",
            "insured_name": "Insured name",
            "effective_date": "Effective date",
            "end_date": "End date",
            "last_updated": "Last updated",
        },
        "funds": {
            "kind": "Kind",
            "balance": "Balance",
            "as_of": "As of",
        },
        "row": {
            "claim_number": "Claim number",
            "patient_account_number": "Patient account number",
            "patient_name": "Patient name",
            "member_id": "Member ID",
            **span("Service dates"),
            "processed_date": "Finalized date",
            "billed": "Billed",
            "paid": "Paid",
            "status": ("Status", KELPWOOD_STATUS),
        },
        "claim": {
            "claim_number": "Claim number",
            "status": ("Status", KELPWOOD_STATUS),
            "patient_account_number": "Patient account number",
            "patient_name": "Patient name",
            "member_id": "Member ID",
            "birth_date": "Birth date",
            **span("Service dates"),
            "received_date": "Received date",
            "processed_date": "Finalized date",
            "as_of": "As of",
            "billed": "Billed",
            "allowed": "Allowed",
            "paid": "Paid",
            "patient_responsibility": "Patient responsibility",
            "diagnoses": ("Diagnoses", DIAGNOSIS),
            "billing_provider": "Billing provider",
            "billing_npi": "Billing NPI",
            "tin": "Tax ID",
            "rendering_provider": "Rendering provider",
            "rendering_npi": "Rendering NPI",
            "replaces": "Replaces claim",
            "replaced_by": "Replaced by claim",
        },
        "payment": {
            "method": ("Method", METHODS),
            "number": "Check/EFT number",
            "issue_date": "Issue date",
            "amount": "Amount",
            "payee": "Payee",
        },
        "documents": {
            "document": "Document",
            "reference": "Reference",
            "due_date": "Due date",
        },
        "lines": {
            "number": "Line",
            **span("Service dates"),
            "procedure": ("Procedure", PROCEDURE),
            "modifiers": ("Modifiers", MODIFIER),
            "units": "Units",
            "diagnosis_pointers": "Diagnosis pointers",
            "billed": "Billed",
            "allowed": "Allowed",
            "deductible": "Deductible",
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "paid": "Paid",
            "status": ("Status", KELPWOOD_STATUS),
        },
    },
)
GRANITE_STATUS = {
    "NEW": ClaimStatus.RECEIVED,
    "OPEN": ClaimStatus.IN_PROCESS,
    "HOLD/PROVIDER": ClaimStatus.PENDED_PROVIDER_INFO,
    "HOLD/COB": ClaimStatus.PENDED_COB,
    "HOLD/REVIEW": ClaimStatus.PENDED_PAYER,
    "APPROVED/UNPAID": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "CLOSED/PAID": ClaimStatus.PAID,
    "CLOSED/ZERO PAY": ClaimStatus.PAID_ZERO,
    "CLOSED/DENIED": ClaimStatus.DENIED,
    "CLOSED/PARTIAL": ClaimStatus.DENIED_LINE_MIXED,
    "CLOSED/ADJUSTED": ClaimStatus.ADJUSTED,
}
GRANITE = Pages(
    name="Granite Lantern Assurance",
    region="Washington",
    primary_care="PCP",
    inquiry={
        "member_id": "Subscriber ID",
        "last_name": "Patient last name",
        "first_name": "Patient first name",
        "birth_date": "Patient birth date",
        "service_date": "As-of date",
    },
    by_member=(
        "Service Dates",
        {
            "member_id": "Subscriber ID",
            "last_name": "Patient last name",
            "birth_date": "Patient birth date",
            "service_from": "Service start",
            "service_to": "Service end",
        },
    ),
    by_number=(
        "Claim History",
        {
            "member_id": "Subscriber ID",
            "claim_number": "Claim ID",
        },
    ),
    titles={
        "member": "Patient",
        "coverages": "Policies",
        "accumulators": "Accumulators",
        "benefits": "What the patient owes",
        "limits": "Visit maximums",
        "other": "Coordination of benefits",
        "row": "Claim list",
        "claim": "Claim summary",
        "lines": "Line items",
        "payment": "Remittance",
        "pends": "Hold reasons",
        "documents": "Requested documents",
        "codes": "Code descriptions",
    },
    labels={
        "member": {
            "member_name": "Patient name",
            "birth_date": "Patient birth date",
            "member_id": "Subscriber ID",
            "relationship": ("Relation to subscriber", RELATIONSHIPS),
            "as_of": "Data as of",
        },
        "coverages": {
            "group_number": "Group",
            "plan_name": "Policy",
            "product": "Type",
            "effective_date": "Begins",
            "end_date": "Ends",
            "status": ("Standing", COVERAGE),
        },
        "accumulators": {
            "level": ("For", LEVELS),
            "kind": ("Accumulator", KINDS),
            "network": ("Tier", NETWORKS),
            "period": ("Per", PERIODS),
            "remaining": "Left",
            "limit": "Maximum",
        },
        "benefits": {
            "network": ("Tier", NETWORKS),
            "service": ("Service", SERVICES),
            "coinsurance": "Share",
            "copay": "Fee",
            "authorization_required": "Prior approval",
        },
        "limits": {
            "service": ("Service", SERVICES),
            "period": ("Per", PERIODS),
            "unit": ("Counted in", UNITS),
            "used": "Used",
            "allowed": "Maximum",
        },
        "other": {
            "payer_name": "Carrier",
            "order": ("Position", ORDERS),
            "policy_number": "Policy ID",
            "insured_name": "Policyholder",
            "effective_date": "Begins",
            "end_date": "Ends",
            "last_updated": "Verified",
        },
        "row": {
            "service_from": "Service start",
            "service_to": "Service end",
            "patient_name": "Patient",
            "claim_number": "Claim ID",
            "patient_account_number": "Account",
            "status": ("Claim state", GRANITE_STATUS),
            "billed": "Charges",
            "paid": "Plan paid",
            "processed_date": "Closed on",
        },
        "claim": {
            "patient_name": "Patient name",
            "member_id": "Subscriber ID",
            "birth_date": "Patient birth date",
            "patient_account_number": "Account",
            "claim_number": "Claim ID",
            "status": ("Claim state", GRANITE_STATUS),
            "received_date": "Received on",
            "processed_date": "Closed on",
            "as_of": "Data as of",
            "service_from": "Service start",
            "service_to": "Service end",
            "billed": "Charges",
            "allowed": "Covered amount",
            "patient_responsibility": "Patient share",
            "paid": "Plan paid",
            "rendering_provider": "Treating provider",
            "rendering_npi": "Treating NPI",
            "billing_provider": "Pay-to provider",
            "billing_npi": "Pay-to NPI",
            "tin": "Pay-to tax ID",
            "replaces": "Corrects",
            "replaced_by": "Corrected by",
        },
        "payment": {
            "payee": "Paid to",
            "number": "Check/trace number",
            "method": ("Paid by", METHODS),
            "issue_date": "Paid on",
            "amount": "Total of payment",
        },
        "documents": {
            "document": "Needed",
            "due_date": "By",
            "reference": "Request number",
        },
        "lines": {
            "number": "Item",
            "service_from": "Start",
            "service_to": "End",
            "procedure": ("Service code", PROCEDURE),
            "modifiers": ("Mod", MODIFIER),
            "units": "Qty",
            "paid": "Plan paid",
            "allowed": "Covered amount",
            "billed": "Charges",
        },
    },
)
LARKMOOR_STATUS = {
    "A1 / 19": ClaimStatus.RECEIVED,
    "P1 / 1": ClaimStatus.IN_PROCESS,
    "P3 / 297": ClaimStatus.PENDED_PROVIDER_INFO,
    "P3 / 171": ClaimStatus.PENDED_COB,
    "P2 / 46": ClaimStatus.PENDED_PAYER,
    "F0 / 3": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "F1 / 65": ClaimStatus.PAID,
    "F1 / 104": ClaimStatus.PAID_ZERO,
    "F2 / 88": ClaimStatus.DENIED,
    "F1 / 72": ClaimStatus.DENIED_LINE_MIXED,
    "F3 / 101": ClaimStatus.ADJUSTED,
}
LARKMOOR = Pages(
    name="Larkmoor Community Plan",
    region="Oregon",
    written="%Y-%m-%d",
    inquiry={
        "member_id": "Member number",
        "birth_date": "Birth date",
        "service_date": "Inquiry date",
        "service_type": "Service type code",
    },
    by_member=(
        "HIPAA Standard",
        {
            "member_id": "Member number",
            "birth_date": "Birth date",
            "service_from": "Service period from",
            "service_to": "Service period through",
            "claim_number": "Payer claim control number",
        },
    ),
    by_number=(
        "HIPAA Standard",
        {
            "member_id": "Member number",
            "birth_date": "Birth date",
            "service_from": "Service period from",
            "service_to": "Service period through",
            "claim_number": "Payer claim control number",
        },
    ),
    titles={
        "member": "Member",
        "coverages": "Eligibility or benefit information",
        "accumulators": "Deductible and out-of-pocket",
        "benefits": "Benefits",
        "row": "Claim status responses",
        "claim": "Claim level status",
        "lines": "Service line status",
        "payment": "Payment information",
    },
    labels={
        "member": {
            "member_id": "Member number",
            "member_name": "Member name",
            "birth_date": "Birth date",
            "relationship": ("Relationship", RELATIONSHIPS),
            "as_of": "Response date",
        },
        "coverages": {
            "status": ("Information", COVERAGE),
            "plan_name": "Plan",
            "product": "Insurance type",
            "group_number": "Group number",
            "effective_date": "Begin",
            "end_date": "End",
        },
        "accumulators": {
            "kind": ("Information", KINDS),
            "level": ("Coverage level", LEVELS),
            "network": ("In plan", NETWORKS),
            "period": ("Time period", PERIODS),
            "limit": "Amount",
            "remaining": "Amount remaining",
        },
        "benefits": {
            "service": ("Service type", SERVICE_TYPE),
            "network": ("In plan", NETWORKS),
            "copay": "Copayment",
            "coinsurance": "Coinsurance",
            "authorization_required": "Authorization",
        },
        "row": {
            "claim_number": "Payer claim control number",
            "patient_account_number": "Patient control number",
            **span("Service period"),
            "status": ("Category / status", LARKMOOR_STATUS),
            "billed": "Total charge",
            "paid": "Payment amount",
        },
        "claim": {
            "claim_number": "Payer claim control number",
            "patient_account_number": "Patient control number",
            "member_id": "Member number",
            "patient_name": "Patient name",
            "birth_date": "Birth date",
            **span("Service period"),
            "status": ("Category / status", LARKMOOR_STATUS),
            "as_of": "Response date",
            "processed_date": "Adjudication date",
            "billed": "Total charge",
            "paid": "Payment amount",
            "billing_provider": "Billing provider",
            "billing_npi": "Billing NPI",
            "tin": "Tax ID",
        },
        "payment": {
            "method": ("Method", METHODS),
            "number": "Check or EFT trace number",
            "issue_date": "Remittance date",
        },
        "lines": {
            "number": "Line",
            "procedure": ("Procedure", PROCEDURE),
            "modifiers": ("Modifiers", MODIFIER),
            "units": "Units",
            **span("Service period"),
            "status": ("Category / status", LARKMOOR_STATUS),
            "billed": "Line charge",
            "paid": "Line payment",
        },
    },
)
SUNDIAL_STATUS = {
    "In the door": ClaimStatus.RECEIVED,
    "Being worked": ClaimStatus.IN_PROCESS,
    "Waiting for you": ClaimStatus.PENDED_PROVIDER_INFO,
    "Waiting for other plan": ClaimStatus.PENDED_COB,
    "Waiting for nurse review": ClaimStatus.PENDED_PAYER,
    "Approved, not yet paid": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Paid": ClaimStatus.PAID,
    "Processed, nothing to pay": ClaimStatus.PAID_ZERO,
    "Not payable": ClaimStatus.DENIED,
    "Paid in part": ClaimStatus.DENIED_LINE_MIXED,
    "Reopened under a new number": ClaimStatus.ADJUSTED,
}
SUNDIAL = Pages(
    name="Sundial Guild Trust",
    region="Oregon",
    inquiry={
        "member_id": "Participant ID",
        "birth_date": "Participant birth date",
        "service_date": "Coverage date",
        "service_type": "Kind of care",
    },
    by_member=(
        "Participant",
        {
            "member_id": "Participant ID",
            "birth_date": "Participant birth date",
            "service_from": "First day of care",
            "service_to": "Last day of care",
        },
    ),
    by_number=(
        "Claim Number",
        {
            "claim_number": "Trust claim number",
            "member_id": "Participant ID",
        },
    ),
    titles={
        "member": "Participant",
        "coverages": "Enrollment",
        "accumulators": "Plan year amounts",
        "benefits": "Cost of care",
        "limits": "Care limits",
        "other": "Other insurance",
        "funds": "Spending account",
        "row": "Claims found",
        "claim": "About this claim",
        "lines": "Charges",
        "payment": "How it was paid",
        "pends": "What we are waiting for",
        "documents": "Please send",
        "codes": "Explanations",
    },
    labels={
        "member": {
            "member_id": "Participant ID",
            "member_name": "Participant",
            "relationship": ("Enrolled as", RELATIONSHIPS),
            "birth_date": "Participant birth date",
            "as_of": "Trust records as of",
        },
        "coverages": {
            "plan_name": "Plan",
            "status": ("State", COVERAGE),
            "effective_date": "From",
            "end_date": "Through",
            "group_number": "Local",
            "network_name": "Network",
        },
        "accumulators": {
            "kind": ("What", KINDS),
            "network": ("Where", NETWORKS),
            "level": ("Whose", LEVELS),
            "period": ("In", PERIODS),
            "met": "So far",
            "limit": "Of",
        },
        "benefits": {
            "service": ("Kind of care", SERVICES),
            "network": ("Where", NETWORKS),
            "copay": "You collect",
            "coinsurance": "Participant pays",
            "deductible_applies": "After deductible",
            "referral_required": "Referral",
            "authorization_required": "Approval",
        },
        "limits": {
            "service": ("Kind of care", SERVICES),
            "allowed": "Up to",
            "unit": ("Counted in", UNITS),
            "period": ("In", PERIODS),
            "remaining": "Still left",
        },
        "other": {
            "order": ("Rank", ORDERS),
            "payer_name": "Plan",
            "group_number": "Group",
            "policy_number": "Policy",
            "last_updated": "Told us on",
        },
        "funds": {
            "balance": "Balance",
            "kind": "Account",
            "as_of": "On",
        },
        "row": {
            "status": ("Where it stands", SUNDIAL_STATUS),
            "claim_number": "Trust claim number",
            **span("Days of care"),
            "patient_account_number": "Your account number",
            "patient_name": "Participant",
            "paid": "We paid",
            "billed": "You charged",
        },
        "claim": {
            "status": ("Where it stands", SUNDIAL_STATUS),
            "claim_number": "Trust claim number",
            "member_id": "Participant ID",
            "patient_name": "Participant",
            "birth_date": "Participant birth date",
            "patient_account_number": "Your account number",
            **span("Days of care"),
            "received_date": "Reached us",
            "processed_date": "Finished",
            "as_of": "Trust records as of",
            "billed": "You charged",
            "paid": "We paid",
            "patient_responsibility": "Participant owes",
            "diagnoses": ("Diagnosis codes", DIAGNOSIS),
            "rendering_provider": "Seen by",
            "rendering_npi": "Seen by NPI",
            "replaces": "Earlier number",
            "replaced_by": "New number",
        },
        "payment": {
            "number": "Payment number",
            "amount": "Whole payment",
            "issue_date": "Sent on",
            "payee": "Sent to",
            "method": ("Sent as", METHODS),
        },
        "documents": {
            "document": "What",
            "reference": "Our reference",
            "due_date": "No later than",
        },
        "lines": {
            "number": "No.",
            "procedure": ("Code", PROCEDURE),
            "modifiers": ("Modifiers", MODIFIER),
            **span("Days of care"),
            "units": "How many",
            "billed": "You charged",
            "paid": "We paid",
            "deductible": "Deductible",
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "status": ("Where it stands", SUNDIAL_STATUS),
        },
    },
)

REMITTANCES = (
    "Check/EFT",
    {"issued_from": "Issued from", "issued_to": "Issued to", "number": "Check/EFT number"},
)
REVIEWS = (
    "",
    {
        "member_id": "Member ID",
        "birth_date": "Date of birth",
        "number": "Reference or certification number",
    },
)
"""The hub's own applications: their tab and what they ask, whoever the carrier is."""
REVIEW_STATUS = {
    "Certified in total": AuthorizationStatus.APPROVED,
    "Certified - partial": AuthorizationStatus.PARTIAL,
    "Not certified": AuthorizationStatus.DENIED,
    "Pended": AuthorizationStatus.PENDED,
    "Pended - information needed": AuthorizationStatus.PENDED_INFO,
    "Under review": AuthorizationStatus.AWAITING_DECISION,
    "Cancelled": AuthorizationStatus.CANCELLED,
    "Expired": AuthorizationStatus.EXPIRED,
}

CARRIERS: Mapping[str, Pages] = {"KWHA1": KELPWOOD, "GLAS2": GRANITE, "LMCP3": LARKMOOR, "SGTR4": SUNDIAL}
