"""How RainierCare says things, in words and codes of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mock_portals.book import Adjusted, Line
from mock_portals.shown import BLANK, Leaf, code, decimal, known, us_date
from mock_portals.systems import CARC, SERVICE_TYPE

EX = "urn:portal:rainier:ex"
"""The plan's own explanation codes."""


@dataclass(frozen=True)
class Explanation:
    """An EX code; ``carc`` where the plan's crosswalk publishes what it is elsewhere."""

    code: str
    words: str
    carc: str | None = None


EXPLANATIONS = {
    "45": Explanation("45C", "Charge is above the plan's fee schedule", "45"),
    "29": Explanation("TF1", "Received after the filing limit", "29"),
    "50": Explanation("MN4", "Not medically needed under plan policy"),
    "97": Explanation("BU9", "Payment is part of another service", "97"),
    "197": Explanation("PA0", "No authorization on file for this service", "197"),
    "18": Explanation("DU2", "Same as a claim already on file"),
    "22": Explanation("TP6", "Member has other coverage that pays first", "22"),
    "1": Explanation("SD1", "Applied to the member's spenddown"),
    "2": Explanation("SH2", "Member's share of cost"),
    "3": Explanation("CP3", "Member's copay", "3"),
}
LACKING = {
    "N290": Explanation("RP2", "Rendering provider number is missing or not enrolled", "16"),
    "M76": Explanation("DX7", "Diagnosis is missing or not valid", "16"),
    "M127": Explanation("MR3", "Medical records were not received in time"),
}
"""Why a claim lacks something, by the remark that goes with it."""
REDEFINED = Explanation("45C", "Rate withheld under the quality program")
"""What the first of them means while the plan has given it another meaning."""

STATUS = {
    "received": "Received",
    "in_process": "In adjudication",
    "pended_provider_info": "Suspended - documentation requested",
    "pended_cob": "Suspended - third party liability",
    "pended_payer": "Suspended - medical review",
    "approved_awaiting_payment": "To be paid",
    "paid": "Paid",
    "paid_zero": "Paid at zero",
    "denied": "Denied",
    "denied_line_mixed": "Paid in part - line denied",
    "adjusted": "Adjusted",
}
PENDS = {
    "pended_provider_info": "Documentation was requested from the provider",
    "pended_cob": "The other payer's remittance has not arrived",
    "pended_payer": "A nurse reviewer has the claim",
}
MEDIA = {"1": "Paper", "2": "Electronic", "5": "Adjustment"}
"""The first digit of an ICN."""
SERVICES = {
    "98": "Office visit",
    "UC": "Urgent care",
    "86": "Emergency room",
    "33": "Chiropractic",
    "PT": "Physical therapy",
    "MH": "Behavioral health, outpatient",
    "5": "Laboratory",
    "62": "Advanced imaging",
}
METHODS = {"CHK": "Paper warrant", "ACH": "EFT"}
WITHHELD = {"WO": "Overpayment recovered", "L6": "Interest paid to provider"}
ORDERS = {"P": "Primary", "S": "Secondary", "T": "Tertiary", "U": "Undetermined"}
OTHER = {
    "none_on_file": "No other coverage on file",
    "ended": "No other coverage in effect",
    "determined": "Order of benefits determined",
    "undetermined": "Member questionnaire pending",
    "conflicting": "Conflicting information - under review",
}
AUTHORIZATION = {
    "approved": "Approved",
    "partial": "Approved in part",
    "denied": "Not approved",
    "pended": "In review",
    "pended_info": "In review - clinical notes needed",
    "awaiting_decision": "Processed - awaiting decision",
    "cancelled": "Withdrawn",
    "expired": "Expired",
}
KINDS = {"authorization": "Prior authorization", "referral": "Referral"}
REASONS = {
    "missing_notes": "Clinical notes were not received",
    "criteria_not_met": "Plan criteria are not met",
    "out_of_network": "A network provider is available",
}
UNITS = {"VS": "Visits", "UN": "Units"}
FUNCTIONS = {
    "eligibility": ("/members/eligibility", "Member Focused Viewing"),
    "claims": ("/claims/search", "Claim Inquiry"),
    "authorizations": ("/authorizations", "View Authorizations"),
    "payments": ("/payments", "Payment History"),
}
"""What a delegate may be given: the first page, and the menu's word for it."""


def money(cents: int) -> Leaf:
    """Return dollars as ``$1,234.50``, below zero as ``$12.00-``."""
    words = f"${abs(cents) / 100:,.2f}"
    return known(decimal(cents), f"{words}-" if cents < 0 else words)


def end(day: date | None) -> Leaf:
    """Return the end of a span; what is open ends in the year 9999."""
    return us_date(day) if day else Leaf("12/31/9999", "none")


def maybe(day: date | None) -> Leaf:
    return us_date(day) if day else BLANK


def service(service_type: str) -> Leaf:
    return code(SERVICE_TYPE, service_type, SERVICES[service_type], SERVICES[service_type])


def explanation(line: Line, adjusted: Adjusted) -> Explanation:
    """Return the plan's own code for an adjustment."""
    if adjusted.reason == "16":
        return next(LACKING[remark] for remark in line.remarks if remark in LACKING)
    return EXPLANATIONS[adjusted.reason]


def reason(found: Explanation) -> Leaf:
    """Return the code that stands on the page, as what the plan has published that it is."""
    if found.carc:
        return code(CARC, found.carc, found.words, found.code)
    return code(EX, found.code, found.words)
