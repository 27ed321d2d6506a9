"""Codes by (system, code), under their X12, CMS and FHIR names; meanings are in our own words.

X12's, the AMA's and NUBC's descriptions are licensed and not part of this software: a code's
``text`` is what the portal itself displayed beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from harvester.model.shown import Fact

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
PROCEDURE = "urn:cms:hcpcs"
"""HCPCS level I (CPT) and II codes, SVC01 / ``item.productOrService``."""
MODIFIER = "urn:cms:hcpcs-modifier"
DIAGNOSIS = "http://hl7.org/fhir/sid/icd-10-cm"
SERVICE_TYPE = "https://x12.org/codes/service-type-codes"
PROVIDER_ADJUSTMENT = "https://x12.org/codes/provider-adjustment-reason-codes"
"""PLB03-1."""


_WRITTEN = {
    CARC: r"[A-Z]?\d{1,3}",
    RARC: r"M\d{1,3}|MA\d{1,3}|N\d{1,4}",
    PROCEDURE: r"\d{4}[0-9A-Z]|[A-Z]\d{4}",
    MODIFIER: r"[A-Z0-9]{2}",
    PROVIDER_ADJUSTMENT: r"[A-Z0-9]{2}",
    DIAGNOSIS: r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
}


def is_code(system: str, words: str) -> bool:
    """Whether words are written as this system's codes are; any words are a portal's own code."""
    pattern = _WRITTEN.get(system)
    return pattern is None or re.fullmatch(pattern, words, re.ASCII) is not None


class Code(Fact):
    """A code and the system it belongs to; ``text`` is the portal's own explanation, if shown."""

    system: str
    code: str
    text: str | None = None


def service_types(words: Mapping[str, str]) -> dict[str, Code]:
    """Return a portal's words for services, each with its X12 service type code (EB03)."""
    return {said: Code(system=SERVICE_TYPE, code=code, text=said) for said, code in words.items()}


class ClaimStatus(StrEnum):
    """The state of a claim, mapped from a portal's words by an exact, declared table only."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_PROCESS = "in_process"
    PENDED_PAYER = "pended_payer"
    PENDED_PROVIDER_INFO = "pended_provider_info"
    PENDED_PATIENT_INFO = "pended_patient_info"
    PENDED_COB = "pended_cob"
    APPROVED_AWAITING_PAYMENT = "approved_awaiting_payment"
    PAID = "paid"
    PAID_PARTIAL = "paid_partial"
    PAID_ZERO = "paid_zero"
    DENIED = "denied"
    DENIED_LINE_MIXED = "denied_line_mixed"
    REJECTED_UNPROCESSABLE = "rejected_unprocessable"
    ADJUSTED = "adjusted"
    REVERSED = "reversed"
    VOIDED = "voided"
    FORWARDED = "forwarded"
    CAPITATED = "capitated"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


class AdjustmentGroup(StrEnum):
    """CAS01: who bears an adjustment. CR stood in 4010 only and is kept where a portal shows it."""

    CO = "CO"
    PR = "PR"
    OA = "OA"
    PI = "PI"
    CR = "CR"


GROUPS = {group.value: group for group in AdjustmentGroup}
"""Adjustment groups by their codes, for portals that show the codes."""


class PaymentMethod(StrEnum):
    """BPR04: how the money moved."""

    CHECK = "CHK"
    EFT = "ACH"
    NONE = "NON"
    VIRTUAL_CARD = "BOP"


class PaymentStatus(StrEnum):
    """Where a payment's money is."""

    ISSUED = "issued"
    CLEARED = "cleared"
    VOIDED = "voided"
    STOPPED = "stopped"
    RETURNED = "returned"


class OverpaymentStatus(StrEnum):
    """How far a payer is with getting its money back."""

    OPEN = "open"
    RECOVERING = "recovering"
    CLOSED = "closed"
    DISPUTED = "disputed"


class AuthorizationStatus(StrEnum):
    """HCR01: what was decided of a request for authorization."""

    APPROVED = "approved"
    """A1, certified in total."""
    PARTIAL = "partial"
    """A2."""
    DENIED = "denied"
    """A3."""
    PENDED = "pended"
    """A4: received, not decided."""
    PENDED_INFO = "pended_info"
    """A4, waiting for information from the provider."""
    MODIFIED = "modified"
    """A6."""
    AWAITING_DECISION = "awaiting_decision"
    """Processed, and still not decided."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_REQUIRED = "not_required"
    """NA."""


class CoverageStatus(StrEnum):
    """EB01 1 and 6: whether a coverage period is in force."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


class Relationship(StrEnum):
    """INS02: the patient's relationship to the subscriber."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    OTHER = "other"


class Level(StrEnum):
    """EB02: whom an amount is for."""

    INDIVIDUAL = "IND"
    FAMILY = "FAM"


class Network(StrEnum):
    """EB12: which network an amount applies to."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Period(StrEnum):
    """EB06: the time an amount or a limit covers."""

    VISIT = "27"
    CALENDAR_YEAR = "23"
    SERVICE_YEAR = "22"
    CONTRACT = "25"
    LIFETIME = "32"
    MONTH = "34"
    WEEK = "35"
    DAY = "7"
    EPISODE = "26"


class Unit(StrEnum):
    """EB09: what a limit counts."""

    VISITS = "VS"
    DAYS = "DY"
    HOURS = "HS"
    UNITS = "UN"
    DOLLARS = "USD"


class Order(StrEnum):
    """SBR01: a payer's place in line."""

    PRIMARY = "P"
    SECONDARY = "S"
    TERTIARY = "T"
    UNKNOWN = "U"


class OtherCoverageOutcome(StrEnum):
    """What a portal's coordination-of-benefits page amounts to."""

    NONE_ON_FILE = "none_on_file"
    DETERMINED = "determined"
    UNDETERMINED = "undetermined"
    CONFLICTING = "conflicting"
