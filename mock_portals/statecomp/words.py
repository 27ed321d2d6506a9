"""How the board says things: plain agency English, and explanation codes of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mock_portals.book import Member
from mock_portals.shown import Leaf, code, decimal, known

EOB = "https://provider.statecomp.example/codes/eob"
EDIT = "https://provider.statecomp.example/codes/edit"


@dataclass(frozen=True)
class Program:
    """One of the board's programs: a fund of its own, billed and paid apart."""

    id: str
    name: str
    managed: bool
    """Whether its money goes through managed-care organizations."""


PROGRAMS = (
    Program("LMGIF", "General Injury Fund", True),
    Program("LMPSI", "Public Servants Injury Program", True),
    Program("LMMQD", "Mine and Quarry Dust Program", False),
)
STATUSES = {
    "received": ("received", "Received"),
    "in_process": ("in_process", "In process"),
    "pended_provider_info": ("pended_provider_info", "Suspended - documentation requested"),
    "pended_cob": ("pended_payer", "Suspended - injury claim under determination"),
    "pended_payer": ("pended_payer", "Suspended - medical review"),
    "approved_awaiting_payment": ("approved_awaiting_payment", "Approved - funds not released"),
    "paid": ("paid", "Paid"),
    "paid_zero": ("paid_zero", "Processed - nothing payable"),
    "denied": ("denied", "Denied"),
    "denied_line_mixed": ("denied_line_mixed", "Paid in part - see lines"),
    "adjusted": ("adjusted", "Superseded - see newer document"),
}
"""The normalized status and the board's words for each status of the book."""
SUSPENDED = {
    "pended_provider_info": "The reviewer needs records before the bill can go on",
    "pended_cob": "The injury claim itself is still being decided",
    "pended_payer": "A nurse reviewer compares the services with the allowed conditions",
}
METHODS = {"CHK": "Warrant", "ACH": "EFT"}
REDUCED, NOTHING, ABOVE = "104", "118", "109"
REASONS = {"16": "201", "18": "218", "22": "240", "29": "229", "50": "250", "97": "297", "197": "260"}
"""The board's own denial code for what other payers give an adjustment reason code."""
EDITS = {"N290": "E31", "M76": "E12", "N115": "E44", "M15": "E50", "MA04": "E07", "M127": "E29"}
MEANINGS = {
    REDUCED: "Reduced to the medical fee schedule",
    NOTHING: "Nothing is payable under the fee schedule",
    ABOVE: "Paid by a schedule rule that is above the charge",
    "201": "Information is missing or does not agree",
    "218": "The same service was billed before",
    "229": "Received after the one-year filing limit",
    "240": "The injury claim does not allow this service",
    "250": "Not shown to be needed for an allowed condition",
    "260": "No prior authorization covers this service",
    "297": "Part of another service of this bill",
    "E07": "Determination of the injury claim is needed first",
    "E12": "Check the diagnosis on this line",
    "E29": "Records were not received in time",
    "E31": "Check the servicing provider's number",
    "E44": "Decided by a treatment guideline",
    "E50": "Bundled by the coding rules",
}
STANDINGS = {
    "open": ("active", "Allowed - open"),
    "closed": ("inactive", "Allowed - closed"),
    "pending": ("pending", "Determination pending"),
    "disallowed": ("inactive", "Disallowed"),
}
CONDITIONS = {"allowed": "Allowed", "disallowed": "Disallowed", "pending": "Under review"}
KINDS = {"medical": "Medical only", "lost_time": "Lost time", "disease": "Occupational disease"}
AUTHORIZATIONS = {
    "approved": "Approved",
    "partial": "Approved in part",
    "denied": "Denied",
    "pended": "In review",
    "pended_info": "Returned - information needed",
    "awaiting_decision": "Processed - awaiting decision",
    "cancelled": "Withdrawn",
    "expired": "Expired",
}
REQUESTS = {"authorization": "Prior authorization", "referral": "Referral to specialist"}
WHY = {
    "missing_notes": "Send the office notes of the last visit",
    "criteria_not_met": "Treatment guideline is not met",
    "out_of_network": "Servicing provider is not certified",
}
UNITS = {"UN": "Units", "VS": "Visits"}
DEMANDS = {
    "duplicate": "Service paid twice",
    "other_insurance": "Another insurer is liable",
    "fee_schedule": "Paid above the fee schedule",
    "not_covered": "Condition was not allowed",
}
ADJUSTMENTS = {"WO": "Overpayment recovered", "L6": "Interest on a late payment"}


def program(member: Member) -> Program:
    """Return the program that a worker's injury belongs to; families stay together."""
    return PROGRAMS[member.patient.family % len(PROGRAMS)]


def named(name: str) -> Program | None:
    """Return the program of that name."""
    return next((one for one in PROGRAMS if one.name == name), None)


def money(cents: int) -> Leaf:
    """Return dollars as ``$1,234.50``, less than nothing as ``($1,234.50)``."""
    shown = f"${abs(cents) / 100:,.2f}"
    return known(decimal(cents), f"({shown})" if cents < 0 else shown)


def day(value: date) -> Leaf:
    """Return a day as ``MM/DD/YYYY``."""
    return known(value.isoformat(), f"{value:%m/%d/%Y}")


def status(value: str) -> Leaf:
    """Return the status of a bill or of one of its lines."""
    return known(*STATUSES[value])


def explained(system: str, number: str) -> Leaf:
    """Return one of the board's own codes with what it means."""
    return code(system, number, MEANINGS[number])
