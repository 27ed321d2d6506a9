"""What RainierCare's words and codes mean."""

from collections.abc import Mapping

from harvester.model.codes import (
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    Order,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
    Unit,
    service_types,
)

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
SERVICES = service_types(
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
UNITS = {"visits": Unit.VISITS, "Visits": Unit.VISITS, "Units": Unit.UNITS}
PERIODS = {"calendar year": Period.CALENDAR_YEAR}
OTHER = {
    "No other coverage on file": OtherCoverageOutcome.NONE_ON_FILE,
    "No other coverage in effect": OtherCoverageOutcome.NONE_ON_FILE,
    "Order of benefits determined": OtherCoverageOutcome.DETERMINED,
    "Member questionnaire pending": OtherCoverageOutcome.UNDETERMINED,
    "Conflicting information - under review": OtherCoverageOutcome.CONFLICTING,
}
ORDERS = {
    "Primary": Order.PRIMARY,
    "Secondary": Order.SECONDARY,
    "Tertiary": Order.TERTIARY,
    "Undetermined": Order.UNKNOWN,
}
METHODS = {"Paper warrant": PaymentMethod.CHECK, "EFT": PaymentMethod.EFT}
AUTHORIZATION = {
    "Approved": AuthorizationStatus.APPROVED,
    "Approved in part": AuthorizationStatus.PARTIAL,
    "Not approved": AuthorizationStatus.DENIED,
    "In review": AuthorizationStatus.PENDED,
    "In review - clinical notes needed": AuthorizationStatus.PENDED_INFO,
    "Processed - awaiting decision": AuthorizationStatus.AWAITING_DECISION,
    "Withdrawn": AuthorizationStatus.CANCELLED,
    "Expired": AuthorizationStatus.EXPIRED,
}
