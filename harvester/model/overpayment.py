"""Money that a payer wants back, and how much of it it has (835 PLB WO and FB tell only the movements).

Money is US dollars as ``Decimal``. Where all of them are shown, the demand less what was recovered
before, recovered in this cycle and paid back by the provider is the balance.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from harvester.model.codes import OverpaymentStatus
from harvester.model.shown import Fact, Shown, Unmapped


class Overpayment(Fact):
    """One demand."""

    reference: Shown[str] = Shown()
    """The payer's number of the demand (letter, account receivable)."""
    claim_number: Shown[str] = Shown()
    patient_account_number: Shown[str] = Shown()
    """*None* where the portal says that there is none."""
    member_id: Shown[str] = Shown()
    patient_name: Shown[str] = Shown()
    service_from: Shown[date] = Shown()
    service_to: Shown[date] = Shown()
    reason: Shown[str] = Shown()
    """In the portal's words."""
    status: Shown[OverpaymentStatus] = Shown()
    demand_date: Shown[date] = Shown()
    """Of the letter; deadlines count from it."""
    amount: Shown[Decimal] = Shown()
    """What is demanded."""
    amount_before: Shown[Decimal] = Shown()
    """The part of it that was demanded in earlier cycles."""
    amount_now: Shown[Decimal] = Shown()
    """The part that is new in this cycle."""
    recovered_before: Shown[Decimal] = Shown()
    """Withheld from payments of earlier cycles."""
    recovered_now: Shown[Decimal] = Shown()
    """Withheld from the payment of this cycle."""
    refunded: Shown[Decimal] = Shown()
    """Paid back by the provider."""
    interest: Shown[Decimal] = Shown()
    """Added to the demand."""
    balance: Shown[Decimal] = Shown()
    payment_number: Shown[str] = Shown()
    """The check or transfer from which this cycle's part was withheld."""
    cycle_date: Shown[date] = Shown()
    """The day of that payment's cycle."""
    next_action_date: Shown[date] = Shown()
    """When recovery begins or goes on, if the portal says."""


class OverpaymentList(Fact):
    """The demands that a portal lists for a tax id, and how many it says there are."""

    kind: Literal["overpayments"] = "overpayments"
    tin: Shown[str] = Shown()
    overpayments: tuple[Overpayment, ...] = ()
    stated_total: Shown[int] = Shown()
    as_of: Shown[date] = Shown()
    unmapped: tuple[Unmapped, ...] = ()
