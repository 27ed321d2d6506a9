"""What a practice wants followed: one claim or one appointment, as its own system exported it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from harvester.model.query import AuthorizationsQuery, ClaimQuery, EligibilityQuery, Word
from harvester.model.shown import Fact

Kind = Literal["claim", "appointment"]
Search = Literal["eligibility", "claim_number", "account"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Npi = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
Tin = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]

MEMBER = ("member_id", "patient_last", "patient_first", "birth_date")

NEEDS: dict[Search, tuple[str, ...]] = {
    "eligibility": (*MEMBER, "service_from"),
    "claim_number": ("payer_claim_number", *MEMBER, "patient_account_number", "service_from"),
    "account": (*MEMBER, "patient_account_number", "service_from"),
}
"""What each search cannot do without; a claim number is not enough, since whose claim the portal
shows is checked against all the rest."""

WORDS = {
    "member_id": "the member id",
    "patient_last": "the patient's last name",
    "patient_first": "the patient's first name",
    "birth_date": "the birth date",
    "patient_account_number": "the patient account number",
    "payer_claim_number": "the payer's claim number",
    "service_from": "the date of service",
}
UNSPLIT = "the patient's last and first name apart"


class WorkItem(Fact):
    """One claim to follow or one appointment to check coverage for; all as the practice knows it.

    Money is US dollars. ``None`` is *not exported*. A row needs a payer and something that a payer
    can be asked about; anything less raises ``ValidationError`` with one sentence.
    """

    kind: Kind
    payer: Text
    """The payer in the words of the export; which carrier that is, the office decides."""
    plan: Text | None = None
    payer_rank: Annotated[int, Field(ge=1, le=3)] | None = None
    """1 primary, 2 secondary, 3 tertiary (SBR01)."""
    member_id: Word | None = None
    """2010BA NM109."""
    group_number: Word | None = None
    """SBR03."""
    patient_last: Word | None = None
    patient_first: Word | None = None
    patient_name: Text | None = None
    """The whole name where the export has it in one column, whether or not it could be split."""
    birth_date: date | None = None
    patient_id: Word | None = None
    """The practice's chart number; no payer knows it."""
    patient_account_number: Word | None = None
    """The number on the claim, CLM01: what the payer returns as patient control number."""
    claim_id: Word | None = None
    """The practice's own id of the claim; no payer knows it."""
    payer_claim_number: Word | None = None
    """The payer's number (ICN, DCN, TCN), REF*1K."""
    appointment_id: Word | None = None
    appointment_time: Word | None = None
    """In the words of the export; an appointment's day is ``service_date``."""
    service_from: date | None = None
    service_to: date | None = None
    """The same as ``service_from`` for one day, and for every appointment."""
    submitted_date: date | None = None
    last_checked: date | None = None
    procedure: Word | None = None
    """Where an export has a row for each service line: its code. Amounts and dates are the line's."""
    billed: Decimal | None = None
    allowed: Decimal | None = None
    paid: Decimal | None = None
    adjusted: Decimal | None = None
    balance: Decimal | None = None
    tin: Tin | None = None
    rendering_npi: Npi | None = None
    billing_npi: Npi | None = None
    provider_name: Text | None = None
    service: Text | None = None
    """What the appointment is for, in words."""
    assigned_to: Text | None = None
    priority: Word | None = None
    clearinghouse_status: Text | None = None
    timely_filing_days: Annotated[int, Field(ge=0)] | None = None
    appeal_days: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        known = (
            self.member_id,
            self.patient_last,
            self.patient_name,
            self.patient_account_number,
            self.payer_claim_number,
        )
        if not any(known):
            raise ValueError("nothing to search by: no member id, patient, account or payer claim number")
        if self.service_from is None:
            if self.service_to is not None:
                raise ValueError("there is a last day of service without a first")
            return self
        if self.service_to is not None and self.service_to < self.service_from:
            raise ValueError("the last day of service is before the first")
        if self.birth_date is not None and self.service_from < self.birth_date:
            raise ValueError("the date of service is before the patient's birth")
        return self

    @property
    def service_date(self) -> date | None:
        """The day of an appointment, and the first day of a claim."""
        return self.service_from

    @property
    def searches(self) -> tuple[Search, ...]:
        """Which searches this row has everything for, in the order of ``NEEDS``."""
        return tuple(search for search in NEEDS if not self.missing_for(search))

    def missing_for(self, search: Search) -> tuple[str, ...]:
        """Return what a search still needs, in words; empty where it can be made."""
        if self.kind == "appointment" and search != "eligibility":
            return ("a claim (this is an appointment)",)
        missing = [name for name in NEEDS[search] if getattr(self, name) is None]
        names = {"patient_last", "patient_first"}
        if self.patient_name is not None and names <= set(missing):
            return (*(WORDS[name] for name in missing if name not in names), UNSPLIT)
        return tuple(WORDS[name] for name in missing)

    def eligibility_query(self, carrier: str) -> EligibilityQuery:
        """Ask for coverage on the day of service; raises ``ValueError`` saying what is missing."""
        self._require("eligibility")
        return EligibilityQuery.model_validate(
            {"carrier": carrier, "member": self._member(), "service_date": self.service_from, "tin": self.tin}
        )

    def authorizations_query(self, carrier: str) -> AuthorizationsQuery:
        """Ask for the authorizations on the day of service; raises ``ValueError`` saying what is missing."""
        self._require("eligibility")
        return AuthorizationsQuery.model_validate(
            {"carrier": carrier, "member": self._member(), "service_date": self.service_from, "tin": self.tin}
        )

    def claim_query(self, carrier: str) -> ClaimQuery:
        """Ask for this claim, by the payer's number where it is known, else by account.

        The billed amount goes along only where it is the whole claim's, not one service line's.
        Raises ``ValueError`` saying what is missing.
        """
        self._require("account")
        return ClaimQuery.model_validate(
            {
                "carrier": carrier,
                "member": self._member(),
                "claim_number": self.payer_claim_number,
                "patient_account_number": self.patient_account_number,
                "service_from": self.service_from,
                "service_to": self.service_to or self.service_from,
                "billed": None if self.procedure else self.billed,
                "tin": self.tin,
            }
        )

    @property
    def identity(self) -> tuple[str, ...]:
        """What stays the same when the row is exported again, so that it updates and never doubles.

        The practice's own id if there is one; else the account number with the days and the charge,
        else the patient with them. The payer is part of it: a claim is followed at each of its payers.
        """
        days = (str(self.service_from or ""), str(self.service_to or self.service_from or ""))
        charge = "" if self.billed is None or self.procedure else f"{self.billed:.2f}"
        own = self.claim_id if self.kind == "claim" else self.appointment_id
        parts: tuple[str, ...]
        if own is not None:
            parts = ("id", own)
        elif self.kind == "claim" and self.patient_account_number is not None:
            parts = ("account", self.patient_account_number, *days, charge)
        else:
            name = f"{self.patient_last}, {self.patient_first}" if self.patient_last else self.patient_name
            number = self.member_id or self.payer_claim_number or self.patient_account_number
            rest = (self.appointment_time, self.provider_name) if self.kind == "appointment" else ()
            parts = ("patient", number or "", name or "", str(self.birth_date or ""), *days, charge)
            parts += tuple(word or "" for word in rest)
        return tuple(part.casefold() for part in (self.kind, self.payer, *parts))

    def _require(self, search: Search) -> None:
        if missing := self.missing_for(search):
            raise ValueError(f"this row cannot be searched by {search}: it lacks {', '.join(missing)}")

    def _member(self) -> dict[str, object]:
        return {
            "member_id": self.member_id,
            "last_name": self.patient_last,
            "first_name": self.patient_first,
            "birth_date": self.birth_date,
        }
