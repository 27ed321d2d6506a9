"""How Harborline's payers say things: each has its own forms, labels, columns, formats and status words.

``Payer.shown`` says, part by part, which facts a payer shows and under which labels, in the order of its
pages; what is not there is shown nowhere and is no part of the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from mock_portals.shown import BLANK, Leaf, code, decimal, known, none, promised
from mock_portals.systems import SERVICE_TYPE

Labels = dict[str, str]
"""Label by fact; ``one+other`` stands under one label, as a span."""


@dataclass(frozen=True)
class Tab:
    """A way to search: its name, and the label of each field that it asks for."""

    name: str
    fields: Labels
    optional: tuple[str, ...] = ()


@dataclass(frozen=True)
class Payer:
    """A payer behind the hub; ``dates`` is sections, plain or masked, ``results`` grid, table or roles."""

    id: str
    name: str
    prefix: str
    region: str
    dates: str
    results: str
    polls: int
    """How often it has to be asked before its answer is there."""
    banner: str
    inquiry: Labels
    tabs: tuple[Tab, ...]
    statuses: dict[str, str]
    titles: Labels
    """Headings of the parts."""
    shown: dict[str, Labels]
    levels: dict[str, str] = field(default_factory=lambda: {"IND": "Individual", "FAM": "Family"})
    networks: dict[str, str] = field(default_factory=lambda: {"in": "In network", "out": "Out of network"})
    yes: tuple[str, str] = ("Yes", "No")
    dollar: str = "$"
    iso: bool = False
    paged: bool = False
    """Whether its lists come page by page."""
    nothing: Leaf = BLANK
    """What stands where there is no value."""
    later: Leaf = BLANK
    """What stands for an amount that is not worked out yet."""

    def money(self, cents: int | None) -> Leaf:
        """Return dollars; without a number what stands for it."""
        if cents is None:
            return self.later
        number = f"{abs(cents) / 100:,.2f}" if self.dollar else decimal(abs(cents))
        return known(decimal(cents), f"{'-' if cents < 0 else ''}{self.dollar}{number}")

    def day(self, value: date | None) -> Leaf:
        """Return a day as the payer writes it; without one what stands for it."""
        if value is None:
            return self.nothing
        return known(value.isoformat(), value.isoformat() if self.iso else f"{value:%m/%d/%Y}")

    def flag(self, value: bool) -> Leaf:
        return known(value, self.yes[0] if value else self.yes[1])

    def service(self, service_type: str) -> Leaf:
        if self.iso:
            return code(SERVICE_TYPE, service_type)
        words = SERVICES[service_type]
        return code(SERVICE_TYPE, service_type, words, words)


SERVICES = {
    "30": "Health plan coverage",
    "98": "Office visit",
    "UC": "Urgent care center",
    "86": "Emergency room",
    "33": "Chiropractic care",
    "PT": "Physical therapy",
    "MH": "Behavioral health",
    "5": "Laboratory",
    "62": "Advanced imaging",
}
REASONS = {
    "1": "Applied to the deductible",
    "2": "Member's coinsurance",
    "3": "Member's copay",
    "16": "Something needed is missing",
    "18": "Same as another claim",
    "22": "Another plan may pay first",
    "29": "Sent too late",
    "45": "Above the contracted rate",
    "50": "Not shown to be needed",
    "97": "Part of another service",
    "197": "No approval beforehand",
}
REMARKS = {
    "M15": "Billed apart from its main service",
    "M76": "Diagnosis missing or not valid",
    "M127": "Records needed with this line",
    "MA04": "Primary plan's statement needed",
    "N115": "See the coverage policy",
    "N290": "Rendering provider's number missing or not valid",
}
KINDS = {"deductible": "Deductible", "out_of_pocket": "Out-of-pocket maximum"}
RELATIONSHIPS = {"self": "Subscriber", "spouse": "Spouse", "child": "Dependent child"}
ORDERS = {"P": "Primary", "S": "Secondary", "U": "Not determined"}
OUTCOMES = {
    "none_on_file": "No other insurance on file",
    "determined": "Other insurance on file",
    "undetermined": "Other insurance on file, order of payment not determined",
}
METHODS = {"CHK": "Paper check", "ACH": "Electronic funds transfer"}
UNITS = {"VS": "Visits"}

TITLES = {
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
}
_COVERAGE = {
    "plan_name": "Plan name",
    "product": "Product",
    "network_name": "Network name",
    "group_number": "Group number",
    "status": "Status",
    "effective_date": "Effective date",
    "end_date": "End date",
}
_OTHER = {
    "order": "Order",
    "payer_name": "Payer name",
    "policy_number": "Policy number",
    "group_number": "Group number",
    "insured_name": "Insured name",
    "effective_date": "Effective date",
    "end_date": "End date",
    "last_updated": "Last updated",
}
_PAYMENT = {
    "method": "Method",
    "number": "Check/EFT number",
    "issue_date": "Issue date",
    "amount": "Amount",
    "payee": "Payee",
}
_DOCUMENTS = {"document": "Document", "reference": "Reference", "due_date": "Due date"}

KELPWOOD = Payer(
    id="KWHA1",
    name="Kelpwood Health Alliance",
    prefix="KW",
    region="Washington",
    dates="sections",
    results="grid",
    polls=1,
    banner="Finalized claims can take up to 5 business days to appear here.",
    inquiry={
        "memberId": "Member ID",
        "birthDate": "Date of birth",
        "serviceDate": "Service date",
        "serviceType": "Service type",
    },
    tabs=(
        Tab(
            "Member",
            {
                "memberId": "Member ID",
                "birthDate": "Date of birth",
                "serviceFrom": "From service date",
                "serviceTo": "To service date",
            },
        ),
        Tab("Claim Number", {"memberId": "Member ID", "claimNumber": "Claim number"}),
    ),
    statuses={
        "received": "Received",
        "in_process": "In process",
        "pended_provider_info": "Pended - information requested",
        "pended_cob": "Pended - other insurance",
        "pended_payer": "Pended - clinical review",
        "approved_awaiting_payment": "Finalized - payment pending",
        "paid": "Finalized - paid",
        "paid_zero": "Finalized - no payment due",
        "denied": "Finalized - denied",
        "denied_line_mixed": "Finalized - partly denied",
        "adjusted": "Replaced",
    },
    titles=TITLES,
    shown={
        "member": {
            "member_id": "Member ID",
            "member_name": "Member name",
            "birth_date": "Birth date",
            "relationship": "Relationship",
            "primary_care_provider": "Primary care provider",
            "as_of": "As of",
        },
        "coverages": _COVERAGE,
        "accumulators": {
            "kind": "Benefit",
            "level": "Level",
            "network": "Network",
            "period": "Period",
            "limit": "Limit",
            "met": "Met",
            "remaining": "Remaining",
        },
        "benefits": {
            "service": "Service",
            "network": "Network",
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "deductible_applies": "Deductible applies",
            "authorization_required": "Authorization required",
            "referral_required": "Referral required",
        },
        "limits": {
            "service": "Service",
            "unit": "Unit",
            "period": "Period",
            "allowed": "Allowed",
            "used": "Used",
            "remaining": "Remaining",
        },
        "other": _OTHER,
        "funds": {"kind": "Kind", "balance": "Balance", "as_of": "As of"},
        "row": {
            "claim_number": "Claim number",
            "patient_account_number": "Patient account number",
            "patient_name": "Patient name",
            "member_id": "Member ID",
            "service_from+service_to": "Service dates",
            "processed_date": "Finalized date",
            "billed": "Billed",
            "paid": "Paid",
            "status": "Status",
        },
        "claim": {
            "claim_number": "Claim number",
            "status": "Status",
            "patient_account_number": "Patient account number",
            "patient_name": "Patient name",
            "member_id": "Member ID",
            "birth_date": "Birth date",
            "service_from+service_to": "Service dates",
            "received_date": "Received date",
            "processed_date": "Finalized date",
            "as_of": "As of",
            "billed": "Billed",
            "allowed": "Allowed",
            "paid": "Paid",
            "patient_responsibility": "Patient responsibility",
            "diagnoses": "Diagnoses",
            "billing_provider": "Billing provider",
            "billing_npi": "Billing NPI",
            "tin": "Tax ID",
            "rendering_provider": "Rendering provider",
            "rendering_npi": "Rendering NPI",
            "replaces": "Replaces claim",
            "replaced_by": "Replaced by claim",
        },
        "payment": _PAYMENT,
        "documents": _DOCUMENTS,
        "lines": {
            "number": "Line",
            "service_from+service_to": "Service dates",
            "procedure": "Procedure",
            "modifiers": "Modifiers",
            "units": "Units",
            "diagnosis_pointers": "Diagnosis pointers",
            "billed": "Billed",
            "allowed": "Allowed",
            "deductible": "Deductible",
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "paid": "Paid",
            "status": "Status",
        },
    },
    nothing=none("--"),
    later=none("--"),
)

GRANITE = Payer(
    id="GLAS2",
    name="Granite Lantern Assurance",
    prefix="GL",
    region="Washington",
    dates="plain",
    results="table",
    polls=0,
    banner="This search supports commercial plans only; other lines of business are answered elsewhere.",
    inquiry={
        "memberId": "Subscriber ID",
        "lastName": "Patient last name",
        "firstName": "Patient first name",
        "birthDate": "Patient birth date",
        "serviceDate": "As-of date",
    },
    tabs=(
        Tab(
            "Service Dates",
            {
                "memberId": "Subscriber ID",
                "lastName": "Patient last name",
                "birthDate": "Patient birth date",
                "serviceFrom": "Service start",
                "serviceTo": "Service end",
            },
        ),
        Tab("Claim History", {"memberId": "Subscriber ID", "claimNumber": "Claim ID"}),
    ),
    statuses={
        "received": "NEW",
        "in_process": "OPEN",
        "pended_provider_info": "HOLD/PROVIDER",
        "pended_cob": "HOLD/COB",
        "pended_payer": "HOLD/REVIEW",
        "approved_awaiting_payment": "APPROVED/UNPAID",
        "paid": "CLOSED/PAID",
        "paid_zero": "CLOSED/ZERO PAY",
        "denied": "CLOSED/DENIED",
        "denied_line_mixed": "CLOSED/PARTIAL",
        "adjusted": "CLOSED/ADJUSTED",
    },
    titles=TITLES
    | {
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
        "codes": "Code descriptions",
    },
    shown={
        "member": {
            "member_name": "Patient name",
            "birth_date": "Patient birth date",
            "member_id": "Subscriber ID",
            "relationship": "Relation to subscriber",
            "primary_care_provider": "PCP",
            "as_of": "Data as of",
        },
        "coverages": {
            "group_number": "Group",
            "plan_name": "Policy",
            "product": "Type",
            "effective_date": "Begins",
            "end_date": "Ends",
            "status": "Standing",
        },
        "accumulators": {
            "level": "For",
            "kind": "Accumulator",
            "network": "Tier",
            "period": "Per",
            "remaining": "Left",
            "limit": "Maximum",
        },
        "benefits": {
            "network": "Tier",
            "service": "Service",
            "coinsurance": "Share",
            "copay": "Fee",
            "authorization_required": "Prior approval",
        },
        "limits": {
            "service": "Service",
            "period": "Per",
            "unit": "Counted in",
            "used": "Used",
            "allowed": "Maximum",
        },
        "other": {
            "payer_name": "Carrier",
            "order": "Position",
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
            "status": "Claim state",
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
            "status": "Claim state",
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
            "method": "Paid by",
            "issue_date": "Paid on",
            "amount": "Total of payment",
        },
        "documents": {"document": "Needed", "due_date": "By", "reference": "Request number"},
        "lines": {
            "number": "Item",
            "service_from": "Start",
            "service_to": "End",
            "procedure": "Service code",
            "modifiers": "Mod",
            "units": "Qty",
            "paid": "Plan paid",
            "allowed": "Covered amount",
            "billed": "Charges",
        },
    },
    networks={"in": "INN", "out": "OON"},
    yes=("Y", "N"),
    dollar="",
    paged=True,
)

LARKMOOR = Payer(
    id="LMCP3",
    name="Larkmoor Community Plan",
    prefix="LC",
    region="Oregon",
    dates="masked",
    results="roles",
    polls=2,
    banner="Larkmoor answers with the HIPAA standard transactions only.",
    inquiry={
        "memberId": "Member number",
        "birthDate": "Birth date",
        "serviceDate": "Inquiry date",
        "serviceType": "Service type code",
    },
    tabs=(
        Tab(
            "HIPAA Standard",
            {
                "memberId": "Member number",
                "birthDate": "Birth date",
                "serviceFrom": "Service period from",
                "serviceTo": "Service period through",
                "claimNumber": "Payer claim control number",
            },
            ("serviceFrom", "serviceTo", "claimNumber"),
        ),
    ),
    statuses={
        "received": "A1 / 19",
        "in_process": "P1 / 1",
        "pended_provider_info": "P3 / 297",
        "pended_cob": "P3 / 171",
        "pended_payer": "P2 / 46",
        "approved_awaiting_payment": "F0 / 3",
        "paid": "F1 / 65",
        "paid_zero": "F1 / 104",
        "denied": "F2 / 88",
        "denied_line_mixed": "F1 / 72",
        "adjusted": "F3 / 101",
    },
    titles=TITLES
    | {
        "coverages": "Eligibility or benefit information",
        "row": "Claim status responses",
        "claim": "Claim level status",
        "lines": "Service line status",
        "payment": "Payment information",
    },
    shown={
        "member": {
            "member_id": "Member number",
            "member_name": "Member name",
            "birth_date": "Birth date",
            "relationship": "Relationship",
            "as_of": "Response date",
        },
        "coverages": {
            "status": "Information",
            "plan_name": "Plan",
            "product": "Insurance type",
            "group_number": "Group number",
            "effective_date": "Begin",
            "end_date": "End",
        },
        "accumulators": {
            "kind": "Information",
            "level": "Coverage level",
            "network": "In plan",
            "period": "Time period",
            "limit": "Amount",
            "remaining": "Amount remaining",
        },
        "benefits": {
            "service": "Service type",
            "network": "In plan",
            "copay": "Copayment",
            "coinsurance": "Coinsurance",
            "authorization_required": "Authorization",
        },
        "row": {
            "claim_number": "Payer claim control number",
            "patient_account_number": "Patient control number",
            "service_from+service_to": "Service period",
            "status": "Category / status",
            "billed": "Total charge",
            "paid": "Payment amount",
        },
        "claim": {
            "claim_number": "Payer claim control number",
            "patient_account_number": "Patient control number",
            "member_id": "Member number",
            "patient_name": "Patient name",
            "birth_date": "Birth date",
            "service_from+service_to": "Service period",
            "status": "Category / status",
            "as_of": "Response date",
            "processed_date": "Adjudication date",
            "billed": "Total charge",
            "paid": "Payment amount",
            "billing_provider": "Billing provider",
            "billing_npi": "Billing NPI",
            "tin": "Tax ID",
        },
        "payment": {
            "method": "Method",
            "number": "Check or EFT trace number",
            "issue_date": "Remittance date",
        },
        "lines": {
            "number": "Line",
            "procedure": "Procedure",
            "modifiers": "Modifiers",
            "units": "Units",
            "service_from+service_to": "Service period",
            "status": "Category / status",
            "billed": "Line charge",
            "paid": "Line payment",
        },
    },
    levels={"IND": "IND", "FAM": "FAM"},
    networks={"in": "Y", "out": "N"},
    yes=("Y", "N"),
    dollar="",
    iso=True,
)

SUNDIAL = Payer(
    id="SGTR4",
    name="Sundial Guild Trust",
    prefix="SG",
    region="Oregon",
    dates="sections",
    results="table",
    polls=3,
    banner="Some provider records are incomplete. Review your provider list before you submit new claims.",
    inquiry={
        "memberId": "Participant ID",
        "birthDate": "Participant birth date",
        "serviceDate": "Coverage date",
        "serviceType": "Kind of care",
    },
    tabs=(
        Tab(
            "Participant",
            {
                "memberId": "Participant ID",
                "birthDate": "Participant birth date",
                "serviceFrom": "First day of care",
                "serviceTo": "Last day of care",
            },
        ),
        Tab("Claim Number", {"claimNumber": "Trust claim number", "memberId": "Participant ID"}),
    ),
    statuses={
        "received": "In the door",
        "in_process": "Being worked",
        "pended_provider_info": "Waiting for you",
        "pended_cob": "Waiting for other plan",
        "pended_payer": "Waiting for nurse review",
        "approved_awaiting_payment": "Approved, not yet paid",
        "paid": "Paid",
        "paid_zero": "Processed, nothing to pay",
        "denied": "Not payable",
        "denied_line_mixed": "Paid in part",
        "adjusted": "Reopened under a new number",
    },
    titles=TITLES
    | {
        "member": "Participant",
        "coverages": "Enrollment",
        "accumulators": "Plan year amounts",
        "benefits": "Cost of care",
        "limits": "Care limits",
        "row": "Claims found",
        "claim": "About this claim",
        "lines": "Charges",
        "payment": "How it was paid",
        "pends": "What we are waiting for",
        "documents": "Please send",
        "codes": "Explanations",
    },
    shown={
        "member": {
            "member_id": "Participant ID",
            "member_name": "Participant",
            "relationship": "Enrolled as",
            "birth_date": "Participant birth date",
            "as_of": "Trust records as of",
        },
        "coverages": {
            "plan_name": "Plan",
            "status": "State",
            "effective_date": "From",
            "end_date": "Through",
            "group_number": "Local",
            "network_name": "Network",
        },
        "accumulators": {
            "kind": "What",
            "network": "Where",
            "level": "Whose",
            "period": "In",
            "met": "So far",
            "limit": "Of",
        },
        "benefits": {
            "service": "Kind of care",
            "network": "Where",
            "copay": "You collect",
            "coinsurance": "Participant pays",
            "deductible_applies": "After deductible",
            "referral_required": "Referral",
            "authorization_required": "Approval",
        },
        "limits": {
            "service": "Kind of care",
            "allowed": "Up to",
            "unit": "Counted in",
            "period": "In",
            "remaining": "Still left",
        },
        "other": {
            "order": "Rank",
            "payer_name": "Plan",
            "group_number": "Group",
            "policy_number": "Policy",
            "last_updated": "Told us on",
        },
        "funds": {"balance": "Balance", "kind": "Account", "as_of": "On"},
        "row": {
            "status": "Where it stands",
            "claim_number": "Trust claim number",
            "service_from+service_to": "Days of care",
            "patient_account_number": "Your account number",
            "patient_name": "Participant",
            "paid": "We paid",
            "billed": "You charged",
        },
        "claim": {
            "status": "Where it stands",
            "claim_number": "Trust claim number",
            "member_id": "Participant ID",
            "patient_name": "Participant",
            "birth_date": "Participant birth date",
            "patient_account_number": "Your account number",
            "service_from+service_to": "Days of care",
            "received_date": "Reached us",
            "processed_date": "Finished",
            "as_of": "Trust records as of",
            "billed": "You charged",
            "paid": "We paid",
            "patient_responsibility": "Participant owes",
            "diagnoses": "Diagnosis codes",
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
            "method": "Sent as",
        },
        "documents": {"document": "What", "reference": "Our reference", "due_date": "No later than"},
        "lines": {
            "number": "No.",
            "procedure": "Code",
            "modifiers": "Modifiers",
            "service_from+service_to": "Days of care",
            "units": "How many",
            "billed": "You charged",
            "paid": "We paid",
            "deductible": "Deductible",
            "copay": "Copay",
            "coinsurance": "Coinsurance",
            "status": "Where it stands",
        },
    },
    levels={"IND": "Person", "FAM": "Household"},
    networks={"in": "In-network", "out": "Out-of-network"},
    nothing=none("N/A"),
    later=promised("Pending"),
)

PAYERS = (KELPWOOD, GRANITE, LARKMOOR, SUNDIAL)
REGIONS = ("Washington", "Oregon", "Idaho")

# The hub's own applications, which look the same whoever the payer is; they write as Kelpwood does.

HOUSE = KELPWOOD
REMITTANCES = (
    Tab(
        "Check/EFT",
        {"issuedFrom": "Issued from", "issuedTo": "Issued to", "checkNumber": "Check/EFT number"},
        ("checkNumber",),
    ),
    Tab("Claim", {"claimNumber": "Claim number"}),
)
REVIEWS = (
    Tab(
        "Inquiry",
        {
            "memberId": "Member ID",
            "birthDate": "Date of birth",
            "reference": "Reference or certification number",
        },
        ("reference",),
    ),
)
REMIT = {
    "number": "Check/EFT number",
    "issue_date": "Issue date",
    "method": "Method",
    "amount": "Amount",
    "payee": "Payee",
}
REMIT_DETAIL = REMIT | {"payee_tin": "Payee tax ID", "payee_npi": "Payee NPI"}
REMIT_CLAIM = {
    "claim_number": "Claim number",
    "patient_account_number": "Patient account number",
    "patient_name": "Patient name",
    "member_id": "Member ID",
    "service_from+service_to": "Service dates",
    "billed": "Charge amount",
    "paid": "Payment amount",
}
REMIT_ADJUSTMENT = {"reason": "Code", "_means": "Description", "reference": "Reference", "amount": "Amount"}
REVIEW = {
    "number": "Certification number",
    "reference": "Reference number",
    "kind": "Kind",
    "status": "Status",
    "reason": "Reason",
    "service": "Service type",
    "requesting_provider": "Requesting provider",
    "servicing_provider": "Servicing provider",
    "requested_date": "Requested date",
    "decided_date": "Decided date",
    "effective_date": "Effective date",
    "expiration_date": "Expiration date",
    "unit": "Unit",
    "approved": "Approved",
    "used": "Used",
    "remaining": "Remaining",
}
REVIEW_LINE = {
    "number": "Line",
    "procedure": "Procedure",
    "modifiers": "Modifiers",
    "status": "Line status",
    "service_from+service_to": "Service dates",
    "unit": "Unit",
    "requested": "Requested",
    "approved": "Approved",
    "used": "Used",
    "remaining": "Remaining",
}
LETTER = {"name": "Letter", "reference": "Reference", "sent_date": "Sent date"}
REVIEW_STATUSES = {
    "approved": "Certified in total",
    "partial": "Certified - partial",
    "denied": "Not certified",
    "pended": "Pended",
    "pended_info": "Pended - information needed",
    "awaiting_decision": "Under review",
    "cancelled": "Cancelled",
    "expired": "Expired",
}
REVIEW_REASONS = {
    "missing_notes": "Clinical notes are missing",
    "criteria_not_met": "Criteria of the policy are not met",
    "out_of_network": "The servicing provider is not in the network",
}
REVIEW_KINDS = {"authorization": "Prior authorization", "referral": "Referral"}
REVIEW_UNITS = {"VS": "Visits", "UN": "Units"}
WITHHELD = {
    "WO": "Earlier overpayment taken back",
    "L6": "Interest paid",
}
