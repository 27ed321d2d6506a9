"""What RainierCare's words and codes mean, and under which labels it shows what."""

from collections.abc import Mapping

from harvester.model import codes
from harvester.model.codes import AuthorizationStatus, ClaimStatus, CoverageStatus, OtherCoverageOutcome
from harvester.reading import common

EX = "urn:portal:rainier:ex"
"""The plan's own explanation codes."""

CROSSWALK: Mapping[tuple[str, str], str] = {
    ("45C", "Charge is above the plan's fee schedule"): "45",
    ("TF1", "Received after the filing limit"): "29",
    ("BU9", "Payment is part of another service"): "97",
    ("PA0", "No authorization on file for this service"): "197",
    ("TP6", "Member has other coverage that pays first"): "22",
    ("RP2", "Rendering provider number is missing or not enrolled"): "16",
    ("DX7", "Diagnosis is missing or not valid"): "16",
    ("CP3", "Member's copay"): "3",
}
"""The CARC of EX codes, as the plan's crosswalk of 2026-11-03 has them; reviewed on 2026-11-04.

A code counts only with the explanation that was reviewed: with another it stays the plan's own.
"""

STATUS = {
    "Received": ClaimStatus.RECEIVED,
    "In adjudication": ClaimStatus.IN_PROCESS,
    "Suspended - documentation requested": ClaimStatus.PENDED_PROVIDER_INFO,
    "Suspended - third party liability": ClaimStatus.PENDED_COB,
    "Suspended - medical review": ClaimStatus.PENDED_PAYER,
    "To be paid": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Paid": ClaimStatus.PAID,
    "Paid at zero": ClaimStatus.PAID_ZERO,
    "Denied": ClaimStatus.DENIED,
    "Paid in part - line denied": ClaimStatus.DENIED_LINE_MIXED,
    "Adjusted": ClaimStatus.ADJUSTED,
}
COVERAGE = {"Eligible": CoverageStatus.ACTIVE, "Not eligible": CoverageStatus.INACTIVE}
SERVICES = codes.service_types(
    {
        "Office visit": "98",
        "Urgent care": "UC",
        "Emergency room": "86",
        "Chiropractic": "33",
        "Physical therapy": "PT",
        "Behavioral health, outpatient": "MH",
        "Laboratory": "5",
        "Advanced imaging": "62",
    }
)
APPROVAL = {"PA": True, "No PA": False}
PERIODS = {"calendar year": codes.Period.CALENDAR_YEAR}
OTHER = {
    "No other coverage on file": OtherCoverageOutcome.NONE_ON_FILE,
    "No other coverage in effect": OtherCoverageOutcome.NONE_ON_FILE,
    "Order of benefits determined": OtherCoverageOutcome.DETERMINED,
    "Member questionnaire pending": OtherCoverageOutcome.UNDETERMINED,
    "Conflicting information - under review": OtherCoverageOutcome.CONFLICTING,
}
ORDERS = common.ORDERS | {"Undetermined": codes.Order.UNKNOWN}
METHODS = common.METHODS | {"Paper warrant": codes.PaymentMethod.CHECK}
AUTHORIZATION = common.DECISIONS | {
    "In review - clinical notes needed": AuthorizationStatus.PENDED_INFO,
    "Processed - awaiting decision": AuthorizationStatus.AWAITING_DECISION,
}

# Labels, each under the field that it is called like, or that is named before it.
PLAN = "Plan name | Product | Group number | Effective date | End date"
INSURER = """kind=Coverage type | payer_name=Payer | Policy number | Group number | Insured name
| Effective date | end_date=Termination date | Last updated"""
ROW = """patient_account_number=Patient account | patient_name=Member name | processed_date=Status date
| billed=Charged | Paid"""
CLAIM = """Patient account number | Member ID | patient_name=Member name | birth_date=Date of birth
| tin=Provider tax ID | Billing provider | Billing NPI | Rendering provider | Rendering NPI | Service from
| Service to | Received date | Processed date | billed=Total charged | allowed=Total allowed
| paid=Total paid | patient_responsibility=Member responsibility"""
LINE = """number=Ln | service_from=From | service_to=Thru | Units | diagnosis_pointers=Dx | billed=Charged
| Allowed | Paid"""
REFERENCE = "number=Warrant or EFT number | Issue date | Amount | Payee"
AUTHORIZED = """number=PA number | reference=Request number | kind=Type | Reason | Requesting provider
| Servicing provider | Requested date | Decided date | Effective date | Expiration date | Approved | Used
| Remaining | unit=Counted in"""
SERVICE = """number=Ln | service_from=From | service_to=Thru | Requested | Approved | Used | Remaining
| unit=Counted in"""
PAYMENT = f"{REFERENCE} | Payee NPI | payee_tin=Payee tax ID"
PAID = """claim_number=ICN | patient_account_number=Patient account | Member ID | patient_name=Member name
| service_from=From | service_to=Thru | billed=Charged | Paid"""
