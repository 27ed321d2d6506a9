"""How Cascadia says things: the words for statuses, codes, money and the rest.

All explanations are our own; X12's and the AMA's descriptions are licensed.
"""

from __future__ import annotations

from datetime import date

from mock_portals.shown import Leaf, code, decimal, known, none, us_date
from mock_portals.systems import CARC, PROVIDER_ADJUSTMENT, RARC, SERVICE_TYPE

STATUS = {
    "received": "Received",
    "in_process": "In process",
    "pended_provider_info": "Pended - additional information requested",
    "pended_cob": "Pended - other insurance",
    "pended_payer": "Pended - clinical review",
    "approved_awaiting_payment": "Approved - awaiting payment run",
    "paid": "Finalized - paid",
    "paid_zero": "Finalized - no payment",
    "denied": "Finalized - denied",
    "denied_line_mixed": "Finalized - partially denied",
    "adjusted": "Adjusted",
}
GROUPS = {
    "CO": "The plan's agreement with you covers this amount; do not bill the member",
    "PR": "The member owes this amount",
}
REASONS = {
    "1": "Goes toward the member's deductible",
    "2": "Member's coinsurance share",
    "3": "Member's copay",
    "16": "Something is missing from the claim or wrong on it; see the remark",
    "18": "We already have this same claim or service",
    "22": "Another insurance may have to pay first",
    "29": "Reached us after the filing deadline",
    "45": "Above the rate in your agreement",
    "50": "Not shown to be medically needed",
    "97": "Included in another service on the claim",
    "197": "Approval before the service is missing",
}
REMARKS = {
    "N290": "Rendering provider's identifier is missing or not valid",
    "M76": "Diagnosis is missing or not complete",
    "M15": "Billed apart although it belongs to one service",
    "M127": "Patient's record for this service was not received",
    "MA04": "First insurance's payment notice was missing or unreadable",
    "N115": "Decided under a coverage guideline; ask for a copy at any time",
}
DIAGNOSES = {
    "M54.50": "Low back pain",
    "M25.561": "Pain in right knee",
    "E11.9": "Type 2 diabetes without complications",
    "I10": "High blood pressure",
    "J06.9": "Upper respiratory infection",
    "F41.1": "Generalized anxiety",
    "R07.9": "Chest pain",
    "M17.11": "Arthritis of right knee",
    "Z00.00": "General adult exam",
    "S83.241A": "Meniscus tear, right knee, first visit",
}
SERVICES = {
    "30": "Plan coverage (general)",
    "98": "Office visit",
    "UC": "Urgent care",
    "86": "Emergency room",
    "33": "Chiropractic care",
    "PT": "Physical therapy",
    "MH": "Mental health, outpatient",
    "5": "Laboratory",
    "62": "MRI and CT",
}
RELATIONSHIPS = {"self": "Subscriber", "spouse": "Spouse", "child": "Dependent child"}
LEVELS = {"IND": "Individual", "FAM": "Family"}
NETWORKS = {"in": "In network", "out": "Out of network"}
ACCUMULATORS = {"deductible": "Deductible", "out_of_pocket": "Out-of-pocket maximum"}
ORDERS = {"P": "Primary", "S": "Secondary", "U": "Not determined"}
OTHER_INSURANCE = {
    "none_on_file": "None on file",
    "determined": "On file - order of benefits determined",
    "undetermined": "On file - order of benefits not determined",
}
METHODS = {"CHK": "Check", "ACH": "EFT"}
WITHHELD = {
    "WO": "Overpayment recovered from this payment",
    "L6": "Interest that we owe you",
}
DEMANDS = {
    "open": "Open",
    "recovering": "Recovering",
    "closed": "Closed - paid back in full",
    "disputed": "In dispute - recovery on hold",
}
DEMAND_REASONS = {
    "duplicate": "Paid twice for the same service",
    "other_insurance": "Another insurance was primary",
    "fee_schedule": "Priced by the wrong fee schedule",
    "not_covered": "Member was not covered on the date of service",
}


def said(words: dict[str, str], value: str) -> Leaf:
    """Return a declared word for a value."""
    return known(value, words[value])


def money(cents: int) -> Leaf:
    """Return dollars as ``$1,234.50``; what was taken back as ``(45.00)``."""
    if cents < 0:
        return known(decimal(cents), f"({-cents / 100:,.2f})")
    return known(decimal(cents), f"${cents / 100:,.2f}")


def line_money(cents: int) -> Leaf:
    """Return dollars as in the tables that the claim system prints, where zero is ``.00``."""
    return known(decimal(0), ".00") if cents == 0 else money(cents)


def end_date(day: date | None) -> Leaf:
    """Return the end of a period; an open one ends at the end of time."""
    return none("12/31/9999") if day is None else us_date(day)


def yes_no(value: bool, yes: str = "Yes", no: str = "No") -> Leaf:
    return known(value, yes if value else no)


def service(service_type: str) -> Leaf:
    words = SERVICES[service_type]
    return code(SERVICE_TYPE, service_type, words, words)


def withheld(code_: str) -> Leaf:
    return code(PROVIDER_ADJUSTMENT, code_, WITHHELD[code_])


def reason(code_: str) -> Leaf:
    return code(CARC, code_, REASONS[code_])


def remark(code_: str) -> Leaf:
    return code(RARC, code_, REMARKS[code_])
