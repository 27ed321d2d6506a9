"""Prior authorizations and referrals as a portal shows them (X12 278; FHIR preauthorization)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from harvester.model.codes import AuthorizationStatus, Code, Unit
from harvester.model.shown import Fact, Quantity, Shown, Unmapped


class AuthorizedService(Fact):
    """One line of an authorization. 278 2000F; FHIR ``ClaimResponse.item``."""

    number: Shown[str] = Shown()
    procedure: Shown[Code] = Shown()
    """SV101-2."""
    modifiers: tuple[Shown[Code], ...] = ()
    status: Shown[AuthorizationStatus] = Shown()
    """HCR01 of the line."""
    service_from: Shown[date] = Shown()
    service_to: Shown[date] = Shown()
    unit: Shown[Unit] = Shown()
    """HSD01."""
    requested: Quantity = Shown()
    approved: Quantity = Shown()
    used: Quantity = Shown()
    remaining: Quantity = Shown()


class Letter(Fact):
    """A letter about a decision."""

    name: Shown[str] = Shown()
    reference: Shown[str] = Shown()
    sent_date: Shown[date] = Shown()


class Authorization(Fact):
    """One authorization or referral."""

    number: Shown[str] = Shown()
    """Certification number, HCR02."""
    reference: Shown[str] = Shown()
    """The payer's number of the request, before there is a certification."""
    kind: Shown[str] = Shown()
    """Authorization, referral, notification: in the portal's words."""
    status: Shown[AuthorizationStatus] = Shown()
    """HCR01."""
    reason: Shown[str] = Shown()
    """HCR03, in the portal's words."""
    service: Shown[Code] = Shown()
    """UM03."""
    requesting_provider: Shown[str] = Shown()
    servicing_provider: Shown[str] = Shown()
    requested_date: Shown[date] = Shown()
    decided_date: Shown[date] = Shown()
    effective_date: Shown[date] = Shown()
    expiration_date: Shown[date] = Shown()
    unit: Shown[Unit] = Shown()
    approved: Quantity = Shown()
    used: Quantity = Shown()
    remaining: Quantity = Shown()
    lines: tuple[AuthorizedService, ...] = ()
    letters: tuple[Letter, ...] = ()


class AuthorizationList(Fact):
    """The authorizations that a portal lists for a member, and how many it says there are."""

    kind: Literal["authorizations"] = "authorizations"
    member_id: Shown[str] = Shown()
    member_name: Shown[str] = Shown()
    birth_date: Shown[date] = Shown()
    authorizations: tuple[Authorization, ...] = ()
    stated_total: Shown[int] = Shown()
    as_of: Shown[date] = Shown()
    unmapped: tuple[Unmapped, ...] = ()
