"""What Tradewind's payers mean by their codes: exact tables, by payer where payers differ."""

from collections.abc import Mapping

from harvester.model.codes import (
    ClaimStatus,
    CoverageStatus,
    Level,
    Network,
    Order,
    PaymentMethod,
    Period,
    Relationship,
    Unit,
)
from harvester.model.eligibility import AccumulatorKind

CARRIERS = {
    "PCBT7": "Pinecrest Benefit Trust",
    "QLHP2": "Quartzline Health Plan",
    "SWMA5": "Saltwater Mutual Assurance",
}
STATUS: Mapping[str, Mapping[str, ClaimStatus]] = {
    "PCBT7": {
        "A1:19": ClaimStatus.RECEIVED,
        "P1:1": ClaimStatus.IN_PROCESS,
        "P3:297": ClaimStatus.PENDED_PROVIDER_INFO,
        "P3:171": ClaimStatus.PENDED_COB,
        "P2:46": ClaimStatus.PENDED_PAYER,
        "F0:3": ClaimStatus.APPROVED_AWAITING_PAYMENT,
        "F1:65": ClaimStatus.PAID,
        "F1:104": ClaimStatus.PAID_ZERO,
        "F2:88": ClaimStatus.DENIED,
        "F1:72": ClaimStatus.DENIED_LINE_MIXED,
        "F3:101": ClaimStatus.ADJUSTED,
    },
    "QLHP2": {
        "A2:20": ClaimStatus.RECEIVED,
        "P0:0": ClaimStatus.IN_PROCESS,
        "R4:294": ClaimStatus.PENDED_PROVIDER_INFO,
        "P4:286": ClaimStatus.PENDED_COB,
        "P5:45": ClaimStatus.PENDED_PAYER,
        "P1:3": ClaimStatus.APPROVED_AWAITING_PAYMENT,
        "F0:65": ClaimStatus.PAID,
        "F4:104": ClaimStatus.PAID_ZERO,
        "F2:585": ClaimStatus.DENIED,
        "F0:72": ClaimStatus.DENIED_LINE_MIXED,
        "F3:72": ClaimStatus.ADJUSTED,
    },
    "SWMA5": {
        "A1:16": ClaimStatus.RECEIVED,
        "P2:46": ClaimStatus.IN_PROCESS,
        "P3:298": ClaimStatus.PENDED_PROVIDER_INFO,
        "R3:171": ClaimStatus.PENDED_COB,
        "P2:287": ClaimStatus.PENDED_PAYER,
        "F3:3": ClaimStatus.APPROVED_AWAITING_PAYMENT,
        "F1:107": ClaimStatus.PAID,
        "F4:98": ClaimStatus.PAID_ZERO,
        "F2:483": ClaimStatus.DENIED,
        "F1:585": ClaimStatus.DENIED_LINE_MIXED,
        "F3:101": ClaimStatus.ADJUSTED,
    },
}
"""What each payer means by a category:code; the same code differs from payer to payer."""
PENDED = (ClaimStatus.PENDED_PROVIDER_INFO, ClaimStatus.PENDED_COB, ClaimStatus.PENDED_PAYER)
KINDS: Mapping[str, AccumulatorKind] = {"C": "deductible", "G": "out_of_pocket"}
COVERAGE = {"1": CoverageStatus.ACTIVE, "6": CoverageStatus.INACTIVE}
RELATIONSHIPS = {"18": Relationship.SELF, "01": Relationship.SPOUSE, "19": Relationship.CHILD}
LEVELS = {level.value: level for level in Level}
NETWORKS = {"Y": Network.IN, "N": Network.OUT, "W": Network.BOTH}
PERIODS = {"23": Period.CALENDAR_YEAR}
UNITS = {"VS": Unit.VISITS, "DY": Unit.DAYS}
ORDERS = {"P": Order.PRIMARY, "S": Order.SECONDARY, "T": Order.TERTIARY, "U": Order.UNKNOWN}
METHODS = {"CHK": PaymentMethod.CHECK, "ACH": PaymentMethod.EFT}
