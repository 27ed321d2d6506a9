"""Eligibility and benefits as a portal shows them (X12 271; FHIR CoverageEligibilityResponse).

Every leaf is a :class:`~harvester.model.shown.Shown`; what a portal does not show is *not shown*.
Money is US dollars as ``Decimal``; a share is a fraction between 0 and 1 (20 % is 0.20).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from harvester.model.codes import (
    Code,
    CoverageStatus,
    Level,
    Network,
    Order,
    OtherCoverageOutcome,
    Period,
    Relationship,
    Unit,
)
from harvester.model.shown import Fact, Share, Shown, Unmapped

AccumulatorKind = Literal["deductible", "out_of_pocket"]
"""EB01 C and G."""


class Coverage(Fact):
    """One plan period, current or prior. 271 EB*1/EB*6; FHIR ``Coverage``, ``insurance.inforce``."""

    plan_name: Shown[str] = Shown()
    """EB05; FHIR ``Coverage.class[plan]``."""
    product: Shown[str] = Shown()
    """EB04, in the portal's words (PPO, HMO …)."""
    network_name: Shown[str] = Shown()
    group_number: Shown[str] = Shown()
    """REF*6P; FHIR ``Coverage.class[group]``."""
    status: Shown[CoverageStatus] = Shown()
    effective_date: Shown[date] = Shown()
    """DTP*346/356; FHIR ``Coverage.period.start``."""
    end_date: Shown[date] = Shown()
    """DTP*347/357; *none* where the portal shows an open end such as 12/31/9999."""


class Accumulator(Fact):
    """A deductible or out-of-pocket maximum and how much of it is used. 271 EB*C, EB*G."""

    kind: AccumulatorKind
    level: Shown[Level] = Shown()
    network: Shown[Network] = Shown()
    period: Shown[Period] = Shown()
    limit: Shown[Decimal] = Shown()
    """US dollars. EB07 with EB06=23; FHIR ``benefit.allowedMoney``."""
    met: Shown[Decimal] = Shown()
    """US dollars; FHIR ``benefit.usedMoney``."""
    remaining: Shown[Decimal] = Shown()
    """US dollars. EB07 with EB06=29."""


class Benefit(Fact):
    """What the patient owes for one kind of service. 271 EB*A, EB*B; FHIR ``item.benefit``."""

    service: Shown[Code] = Shown()
    """EB03 where the portal's words map to a service type, else the words alone."""
    network: Shown[Network] = Shown()
    copay: Shown[Decimal] = Shown()
    """US dollars a visit. EB*B EB07."""
    coinsurance: Share = Shown()
    """The patient's share, 0 to 1. EB*A EB08."""
    deductible_applies: Shown[bool] = Shown()
    authorization_required: Shown[bool] = Shown()
    """EB11; FHIR ``item.authorizationRequired``."""
    referral_required: Shown[bool] = Shown()


class Limit(Fact):
    """A benefit limit and how much of it is used. 271 EB*F with EB09/EB10 or HSD."""

    service: Shown[Code] = Shown()
    unit: Shown[Unit] = Shown()
    period: Shown[Period] = Shown()
    allowed: Shown[int] = Shown()
    used: Shown[int] = Shown()
    remaining: Shown[int] = Shown()


class OtherCoverage(Fact):
    """Another payer. 271 EB*R with NM1*PRP/SEP/TTP; FHIR ``Coverage.order``."""

    kind: Shown[str] = Shown()
    """Why there is another payer, in the portal's words (Medicare secondary payer type, employer plan)."""
    order: Shown[Order] = Shown()
    payer_name: Shown[str] = Shown()
    policy_number: Shown[str] = Shown()
    group_number: Shown[str] = Shown()
    insured_name: Shown[str] = Shown()
    effective_date: Shown[date] = Shown()
    end_date: Shown[date] = Shown()
    last_updated: Shown[date] = Shown()
    """DTP*636."""


class Fund(Fact):
    """A spending account such as an HRA; no X12 element, payers use MSG text."""

    kind: Shown[str] = Shown()
    balance: Shown[Decimal] = Shown()
    """US dollars."""
    as_of: Shown[date] = Shown()


class Eligibility(Fact):
    """What a portal says of one member's coverage on one day."""

    kind: Literal["eligibility"] = "eligibility"
    member_id: Shown[str] = Shown()
    """2100C NM109; FHIR ``Coverage.subscriberId``."""
    member_name: Shown[str] = Shown()
    birth_date: Shown[date] = Shown()
    relationship: Shown[Relationship] = Shown()
    service_date: Shown[date] = Shown()
    """The day the answer is about, as the portal echoes it (DTP*291)."""
    as_of: Shown[date] = Shown()
    """The day of the data, where the portal says so ("as of last night")."""
    primary_care_provider: Shown[str] = Shown()
    """2120C NM1*P3; of a workers' compensation claim the physician of record."""
    injury_date: Shown[date] = Shown()
    """Of the workers' compensation claim that ``member_id`` then is, DTP*439."""
    conditions: tuple[Shown[Code], ...] = ()
    """Diagnoses that are allowed for the injury, HI; FHIR ``Condition``."""
    claim_manager: Shown[str] = Shown()
    """Who decides on the claim at the payer, 2120C PER."""
    managed_care_organization: Shown[str] = Shown()
    """2120C NM1*Y2; *none* where the portal says that nobody is between payer and provider."""
    coverages: tuple[Coverage, ...] = ()
    accumulators: tuple[Accumulator, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    limits: tuple[Limit, ...] = ()
    other_coverage_outcome: Shown[OtherCoverageOutcome] = Shown()
    other_coverages: tuple[OtherCoverage, ...] = ()
    funds: tuple[Fund, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
