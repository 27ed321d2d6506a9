"""What is asked of a portal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from harvester.model.shown import Fact

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Member(Fact):
    """Whom a lookup is about, as the practice knows the person (2100C NM1, DMG)."""

    member_id: Word
    last_name: Word
    first_name: Word
    birth_date: date


class Asked(Fact):
    """Root of the queries: of which carrier, and as which part of the practice."""

    carrier: Word
    tin: Word | None = None
    """The practice's tax id to ask as, nine digits, where it has several."""
    npi: Word | None = None
    ptan: Word | None = None
    """Under which a Medicare contractor knows the provider; it belongs to tax id and NPI."""


class EligibilityQuery(Asked):
    """Is this member covered on a day, and on what terms (270)."""

    kind: Literal["eligibility"] = "eligibility"
    member: Member
    service_date: date
    service_type: Word = "30"
    """X12 service type code (EB03); 30 is the plan as a whole."""


class Served(Asked):
    """Root of the questions for what was done between two days of service."""

    service_from: date
    service_to: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.service_to < self.service_from:
            raise ValueError("the last day of service is before the first")
        return self


class ClaimsQuery(Served):
    """Which claims the portal lists for a member between two days of service (276 by member)."""

    kind: Literal["claims"] = "claims"
    member: Member
    claim_number: Word | None = None
    """Asks for this claim alone, whatever its days."""


class ClaimListQuery(Served):
    """Which claims the portal lists for a tax id between two days of service, whoever the members are."""

    kind: Literal["claim_list"] = "claim_list"


class ClaimQuery(Asked):
    """One claim: by the payer's number where it is known, else by what only this claim has.

    Without ``claim_number`` the claim is looked for in the member's list and taken only where
    account number, days of service and billed amount are all exactly the same.
    """

    kind: Literal["claim"] = "claim"
    member: Member
    claim_number: Word | None = None
    patient_account_number: Word
    service_from: date
    service_to: date
    billed: Decimal | None = None
    """Total charge in US dollars (CLM02)."""


class PaymentsQuery(Asked):
    """Which checks and transfers were issued to a tax id between two days (835 by date), or one of them."""

    kind: Literal["payments"] = "payments"
    issued_from: date
    issued_to: date
    number: Word | None = None
    """Asks for this check or transfer alone."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.issued_to < self.issued_from:
            raise ValueError("the last day of issue is before the first")
        return self


class OverpaymentsQuery(Asked):
    """What a payer wants back from a tax id."""

    kind: Literal["overpayments"] = "overpayments"


class AuthorizationsQuery(Asked):
    """Which authorizations and referrals a member has on a day (278 inquiry)."""

    kind: Literal["authorizations"] = "authorizations"
    member: Member
    service_date: date
    number: Word | None = None
    """Asks for this authorization alone."""


class RemittanceFileQuery(Asked):
    """The file of one payment."""

    kind: Literal["remittance_file"] = "remittance_file"
    payment_number: Word
    issue_date: date
    amount: Decimal
    """US dollars, as the payment's own page says: the file must say the same."""


AboutMember = EligibilityQuery | ClaimsQuery | ClaimQuery | AuthorizationsQuery
"""What is asked about one member."""

Query = Annotated[
    AboutMember | ClaimListQuery | PaymentsQuery | OverpaymentsQuery | RemittanceFileQuery,
    Field(discriminator="kind"),
]
