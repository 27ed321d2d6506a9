"""How Tradewind says things: in codes, whose meanings it gives in its own words.

Payers differ only by the codes they use. X12's descriptions are licensed and not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mock_portals.book import Member
from mock_portals.shown import Leaf, code, decimal, known
from mock_portals.systems import SERVICE_TYPE


@dataclass(frozen=True)
class Payer:
    """A payer behind the hub: its id, and the category:code that it uses for each status."""

    id: str
    name: str
    codes: dict[str, str]


PAYERS = (
    Payer(
        "PCBT7",
        "Pinecrest Benefit Trust",
        {
            "received": "A1:19",
            "in_process": "P1:1",
            "pended_provider_info": "P3:297",
            "pended_cob": "P3:171",
            "pended_payer": "P2:46",
            "approved_awaiting_payment": "F0:3",
            "paid": "F1:65",
            "paid_zero": "F1:104",
            "denied": "F2:88",
            "denied_line_mixed": "F1:72",
            "adjusted": "F3:101",
        },
    ),
    Payer(
        "QLHP2",
        "Quartzline Health Plan",
        {
            "received": "A2:20",
            "in_process": "P0:0",
            "pended_provider_info": "R4:294",
            "pended_cob": "P4:286",
            "pended_payer": "P5:45",
            "approved_awaiting_payment": "P1:3",
            "paid": "F0:65",
            "paid_zero": "F4:104",
            "denied": "F2:585",
            "denied_line_mixed": "F0:72",
            "adjusted": "F3:72",
        },
    ),
    Payer(
        "SWMA5",
        "Saltwater Mutual Assurance",
        {
            "received": "A1:16",
            "in_process": "P2:46",
            "pended_provider_info": "P3:298",
            "pended_cob": "R3:171",
            "pended_payer": "P2:287",
            "approved_awaiting_payment": "F3:3",
            "paid": "F1:107",
            "paid_zero": "F4:98",
            "denied": "F2:483",
            "denied_line_mixed": "F1:585",
            "adjusted": "F3:101",
        },
    ),
)
MEANINGS = {
    "received": "Payer has it",
    "in_process": "Being worked",
    "pended_provider_info": "Payer wants records from you",
    "pended_cob": "Payer waits for the other insurer",
    "pended_payer": "Payer is reviewing",
    "approved_awaiting_payment": "Worked, payment run to come",
    "paid": "Payment made",
    "paid_zero": "Done, nothing payable",
    "denied": "Turned down",
    "denied_line_mixed": "Done, some lines turned down",
    "adjusted": "Superseded by a later claim",
}
SERVICES = {
    "30": "Plan as a whole",
    "98": "Visit, office",
    "UC": "Urgent care",
    "86": "Emergency",
    "33": "Chiropractor",
    "PT": "Physical therapy",
    "MH": "Mental health",
    "5": "Lab",
    "62": "MRI or CT",
}
INFORMATION = {
    "1": "In force",
    "6": "Not in force",
    "A": "Member's percentage",
    "B": "Member's fee",
    "C": "Deductible",
    "F": "Limit",
    "G": "Out-of-pocket cap",
    "R": "Another insurer",
}
PERIODS = {"23": "Calendar year", "27": "Each visit", "29": "What is left"}
NETWORK = {"Y": "In network", "N": "Out of network", "W": "Either", "U": "Payer does not say"}
RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19"}
PRODUCTS = {"PPO": "PR", "HMO": "HM", "EPO": "EP"}
INFORMATION_OF = {"deductible": "C", "out_of_pocket": "G"}


def payer(member: Member) -> Payer:
    """Return who insures a member; families stay together."""
    return PAYERS[member.patient.family % len(PAYERS)]


def money(cents: int) -> Leaf:
    """Return dollars as ``1234.50``."""
    return known(decimal(cents), decimal(cents))


def day(value: date) -> Leaf:
    return known(value.isoformat(), value.isoformat())


def status(insurer: Payer, value: str) -> Leaf:
    return known(value, insurer.codes[value])


def service(service_type: str) -> Leaf:
    return code(SERVICE_TYPE, service_type, SERVICES[service_type])
