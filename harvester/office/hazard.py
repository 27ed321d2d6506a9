"""How likely it is that a claim's status has changed since somebody looked; pure.

The rates are estimates from how payers say that they work (electronic claims show within days, are decided
mostly in the third and fourth week, and are paid days after approval); the year that
``tests/office/test_year.py`` simulates has rates of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from harvester.model.codes import ClaimStatus

OPEN: Sequence[tuple[int, float]] = ((7, 0.02), (14, 0.06), (30, 0.10), (60, 0.05))
"""Until which day after submission the status of an open claim changes at which rate a day."""
LATER = 0.02
"""The rate of an open claim that is older."""

RATES: Mapping[str, float] = {
    ClaimStatus.APPROVED_AWAITING_PAYMENT: 0.25,
    ClaimStatus.PENDED_PROVIDER_INFO: 0.08,
    ClaimStatus.PENDED_PATIENT_INFO: 0.05,
    ClaimStatus.PENDED_COB: 0.05,
    ClaimStatus.FORWARDED: 0.05,
    ClaimStatus.REJECTED_UNPROCESSABLE: 0.01,
    ClaimStatus.DENIED: 0.01,
    ClaimStatus.DENIED_LINE_MIXED: 0.01,
    ClaimStatus.PAID_ZERO: 0.01,
    ClaimStatus.PAID: 0.004,
    ClaimStatus.PAID_PARTIAL: 0.006,
    ClaimStatus.CAPITATED: 0.002,
    ClaimStatus.ADJUSTED: 0.002,
    ClaimStatus.REVERSED: 0.01,
    ClaimStatus.VOIDED: 0.002,
}
"""The rate a day of a status that age says little about."""


def rate(status: str, age: int) -> float:
    """Return how often a day a status changes; ``age`` is days since the claim was submitted."""
    if (known := RATES.get(status)) is not None:
        return known
    return next((rate for until, rate in OPEN if age < until), LATER)


def changed(status: str, age: int, days: int) -> float:
    """Return the chance that a status has changed in the ``days`` before ``age``; 0 to 1."""
    return 1 - exp(-sum(rate(status, age - ago) for ago in range(days)))
