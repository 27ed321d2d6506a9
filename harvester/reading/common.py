"""Words that mean the same on every payer's portal: what a label alone is read by, where its field is a code.

A portal that says it in other words declares its own table, ``ORDERS | {"Not determined": …}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from harvester.model.codes import (
    GROUPS,
    AdjustmentGroup,
    AuthorizationStatus,
    CoverageStatus,
    Level,
    Network,
    Order,
    PaymentMethod,
    Period,
    Relationship,
    Unit,
)

NETWORKS = {
    "In network": Network.IN,
    "In-network": Network.IN,
    "Out of network": Network.OUT,
    "Out-of-network": Network.OUT,
}
LEVELS = {"Individual": Level.INDIVIDUAL, "Family": Level.FAMILY}
PERIODS = {"Calendar year": Period.CALENDAR_YEAR, "Lifetime": Period.LIFETIME}
UNITS = {
    "visits": Unit.VISITS,
    "Visits": Unit.VISITS,
    "days": Unit.DAYS,
    "hours": Unit.HOURS,
    "units": Unit.UNITS,
    "Units": Unit.UNITS,
}
ORDERS = {"Primary": Order.PRIMARY, "Secondary": Order.SECONDARY, "Tertiary": Order.TERTIARY}
RELATIONSHIPS = {
    "Self": Relationship.SELF,
    "Subscriber": Relationship.SELF,
    "Spouse": Relationship.SPOUSE,
    "Child": Relationship.CHILD,
}
COVERAGE = {
    "Active": CoverageStatus.ACTIVE,
    "Inactive": CoverageStatus.INACTIVE,
    "Terminated": CoverageStatus.INACTIVE,
}
METHODS = {"Check": PaymentMethod.CHECK, "EFT": PaymentMethod.EFT, "Virtual card": PaymentMethod.VIRTUAL_CARD}
DECISIONS = {
    "Approved": AuthorizationStatus.APPROVED,
    "Approved in part": AuthorizationStatus.PARTIAL,
    "Denied": AuthorizationStatus.DENIED,
    "Not approved": AuthorizationStatus.DENIED,
    "In review": AuthorizationStatus.PENDED,
    "Withdrawn": AuthorizationStatus.CANCELLED,
    "Expired": AuthorizationStatus.EXPIRED,
}

TABLES: Mapping[type[StrEnum], Mapping[str, Any]] = {
    AdjustmentGroup: GROUPS,
    AuthorizationStatus: DECISIONS,
    CoverageStatus: COVERAGE,
    Level: LEVELS,
    Network: NETWORKS,
    Order: ORDERS,
    PaymentMethod: METHODS,
    Period: PERIODS,
    Relationship: RELATIONSHIPS,
    Unit: UNITS,
}
