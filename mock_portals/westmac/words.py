"""How Westmac says things: its notice, statuses, reason words and formats.

CARC and RARC meanings are in our own words: the official ones are licensed.
"""

from __future__ import annotations

from datetime import date
from random import Random

from mock_portals.shown import BLANK, Leaf, decimal, known

CARRIER = "Westmac Medicare Part B, Jurisdiction W"
NOTICE = (
    "You are accessing a U.S. Government information system, which includes this computer, this network, "
    "and all devices attached to it. It is provided for authorized use only; unauthorized use may lead to "
    "disciplinary action and to civil and criminal penalties. By using it you consent to monitoring and "
    "recording, and you have no expectation of privacy in anything you send or store here."
)
CHANGED_NOTICE = NOTICE.replace(
    "provided for authorized use only",
    "provided for authorized use only, by persons and never by programs that act for them",
)
EMPTY = "No benefits available for the requested date span"

STATUS = {
    "received": "Received",
    "in_process": "Pending - in process",
    "pended_provider_info": "Pending - additional documentation requested",
    "pended_cob": "Pending - MSP development",
    "pended_payer": "Pending - medical review",
    "approved_awaiting_payment": "Approved to pay - payment floor",
    "paid": "Processed - paid",
    "paid_zero": "Processed - no payment due",
    "denied": "Processed - denied",
    "denied_line_mixed": "Processed - denied in part",
    "adjusted": "Adjusted",
}
REASONS = {
    "1": "Goes to the deductible",
    "2": "Beneficiary's coinsurance",
    "3": "Beneficiary's copayment",
    "16": "Something is missing on the claim",
    "18": "This service was billed before",
    "22": "Another insurer pays first",
    "29": "Sent after the filing limit",
    "45": "Above the fee schedule",
    "50": "Not medically necessary by our rules",
    "97": "Part of another service on the claim",
    "197": "Was not authorized beforehand",
}
REMARKS = {
    "M15": "Paid within the other service",
    "M76": "A diagnosis is missing or not valid",
    "M127": "The medical record is missing",
    "MA04": "We need the primary insurer's payment details",
    "N115": "Decided by a local coverage rule",
    "N290": "The rendering provider's number is missing or not valid",
}
MSP_TYPES = ("12 - Working aged", "43 - Disability", "47 - Liability")
DEMANDS = {
    "duplicate": "Duplicate payment",
    "other_insurance": "Medicare was secondary",
    "fee_schedule": "Paid above the fee schedule",
    "not_covered": "Service not covered",
}
LETTERS = {
    "open": "Demand letter sent",
    "recovering": "In recoupment",
    "closed": "Paid in full",
    "disputed": "Redetermination pending",
}
METHODS = {"CHK": "Check", "ACH": "EFT"}
PLB = {"WO": "Overpayment recovered", "L6": "Interest owed by us", "FB": "Balance carried forward"}
INSURERS = ("Cobblestone Senior Plans", "Fernhill Health Partners")
PLAN_TYPES = (("Medicare Advantage HMO", "C"), ("Medicare Advantage PPO", "B"))

_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
_PATTERN = "0AXNAXNAANN"
"""Of a Medicare number; no real one begins with 0. X is a letter or a digit."""


def medicare_number(key: str) -> str:
    """Return the Medicare number that stands for another number."""
    rng = Random(f"westmac {key}")
    kinds = {"A": _LETTERS, "N": "0123456789", "X": _LETTERS + "0123456789", "0": "0"}
    return "".join(rng.choice(kinds[place]) for place in _PATTERN)


def money(cents: int | None) -> Leaf:
    """Return dollars as ``$1,234.50``; minus before the sign."""
    if cents is None:
        return BLANK
    return known(decimal(cents), f"{'-' if cents < 0 else ''}${abs(cents) / 100:,.2f}")


def day(value: date | None) -> Leaf:
    """Return a day as MM/DD/YYYY, blank where there is none."""
    return BLANK if value is None else known(value.isoformat(), f"{value:%m/%d/%Y}")


def number(value: int) -> Leaf:
    return known(value, f"{value:,}")
