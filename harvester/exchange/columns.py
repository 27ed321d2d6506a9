"""What the headers of practice-management exports mean: declared tables, and one function over them.

A header is compared by its letters and digits alone, without case; ``#`` reads as *number*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harvester.model.shown import Fact
from harvester.model.work import Kind, WorkItem


class WorklistError(ValueError):
    """A file that cannot be used as a worklist; the message is one sentence for the person who has it."""


class Columns(Fact):
    """How a file's header was understood."""

    system: str
    """Whose export it is, where the header set tells; else ``"general"``."""
    kind: Kind
    understood: dict[str, str]
    """Header as written → field of :class:`~harvester.model.work.WorkItem`."""
    not_understood: tuple[str, ...]
    """Headers without a field here, in the order of the file; their cells are not imported."""


class System(NamedTuple):
    """One system's export: recognised when all headers of any mark are there."""

    name: str
    kind: Kind
    marks: tuple[frozenset[str], ...]
    means: Mapping[str, str | None]
    """Squeezed header → field, over ``ALIASES``; ``None`` is *has no field here*."""
    rewrites: Mapping[str, tuple[str, str]] = {}
    """Field → (pattern of the whole cell, replacement)."""


ALIASES: dict[str, tuple[str, ...]] = {
    "payer": ("payor", "payername", "payorname", "payerkey", "insurance", "insurancename", "insurancecompany",
              "carrier", "carriername"),
    "plan": ("planname",),
    "payer_rank": ("insurancerank",),
    "member_id": ("memberno", "membernumber", "subscriberid", "subscribernumber", "policynumber",
                  "insuranceid"),
    "group_number": ("groupno", "groupid"),
    "patient_last": ("patientlastname", "lastname"),
    "patient_first": ("patientfirstname", "firstname"),
    "patient_name": ("patient", "name"),
    "birth_date": ("dob", "patientdob", "dateofbirth", "patientdateofbirth", "patientbirthdate"),
    "patient_id": ("chartnumber", "patientnumber", "mrn"),
    "patient_account_number": ("pcn", "patientaccount", "patientaccountno", "patientacctnumber",
                               "patientacctno", "patientcontrolnumber", "accountnumber", "accountno",
                               "acctnumber", "acctno"),
    "claim_id": (),
    "payer_claim_number": ("icn", "dcn", "tcn", "payerclaimid", "payerclaimcontrolnumber",
                           "claimcontrolnumber"),
    "appointment_id": ("appointment", "appt", "apptid", "appointmentnumber"),
    "appointment_time": ("time", "appttime"),
    "service_from": ("dos", "dosfrom", "fromdos", "dateofservice", "servicedate", "servicefromdate",
                     "svcdate", "appointmentdate", "apptdate"),
    "service_to": ("dosto", "todos", "servicetodate"),
    "submitted_date": ("submitted", "submittedat", "datesubmitted", "submissiondate", "datesent"),
    "last_checked": (),
    "procedure": ("procedurecode", "cpt", "cptcode", "hcpcs"),
    "billed": ("billedamount", "totalbilled", "charge", "charges", "totalcharge", "totalcharges",
               "chargeamount"),
    "allowed": ("allowedamount",),
    "paid": ("paidamount", "amountpaid"),
    "adjusted": ("adj", "adjust", "adjustment", "adjustments"),
    "balance": ("balancedue", "openbalance"),
    "tin": ("taxid", "taxidnumber", "ein"),
    "rendering_npi": ("renderingprovidernpi",),
    "billing_npi": ("billingprovidernpi",),
    "provider_name": ("provider", "rendering", "renderingprovider", "renderingprovidername"),
    "service": ("visittype", "appointmenttype"),
    "assigned_to": ("assignee",),
    "priority": (),
    "clearinghouse_status": (),
    "timely_filing_days": (),
    "appeal_days": (),
}  # fmt: skip
"""Field → squeezed headers that mean it everywhere; the field's own name always does."""

AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "account": ("patient_account_number", "patient_id"),
    "accountid": ("patient_account_number", "patient_id"),
    "amount": ("billed", "balance"),
    "claim": ("claim_id", "payer_claim_number"),
    "claimno": ("claim_id", "payer_claim_number"),
    "claimnumber": ("claim_id", "payer_claim_number"),
    "date": ("service_from", "submitted_date"),
    "id": ("member_id", "patient_id", "claim_id"),
    "invoice": ("patient_account_number", "claim_id"),
    "invoicenumber": ("patient_account_number", "claim_id"),
    "npi": ("rendering_npi", "billing_npi"),
    "policy": ("member_id", "plan"),
}
"""Squeezed headers that mean different things in different systems."""


def _mark(*headers: str) -> frozenset[str]:
    return frozenset(headers)


SYSTEMS = (
    System(
        "appointment list",
        "appointment",
        tuple(map(_mark, ("appointment", "appointmentid", "appointmentdate", "appt", "apptid", "apptdate"))),
        {"date": "service_from"},
    ),
    System(  # Insurance Followup Detail and AR Aging Analysis Detail: a row for each service line
        "PM-BAS",
        "claim",
        tuple(_mark("accountid", other) for other in ("payerrank", "daysoutstanding", "caseid")),
        {"accountid": "patient_account_number", "claim": "claim_id", "npi": "rendering_npi"},
    ),
    System(  # one row a visit; StartDate and EndDate are the claim's
        "claim status checker",
        "claim",
        (_mark("altpatientid", "invoicenumber"),),
        {
            "altpatientid": "member_id",
            "invoicenumber": "patient_account_number",
            "startdate": "service_from",
            "enddate": "service_to",
            "visitdate": None,
        },
    ),
    System(
        "OpenEMR",
        "claim",
        (_mark("insurance", "invoice"), _mark("policy", "invoice")),
        {
            "id": "patient_id",
            "pubpid": "patient_id",
            "policy": "member_id",
            "invoice": "patient_account_number",
        },
        # Its report writes patient.encounter and its claims patient-encounter (CLM01).
        {"patient_account_number": (r"([0-9]+)\.([0-9]+)", r"\1-\2")},
    ),
    System("Open Dental", "claim", (_mark("carrier", "datesent"),), {"amount": "billed"}),
    System("Tebra", "claim", (_mark("claimid", "patient", "totalcharge"),), {}),
    System(
        "TherapyPMS",
        "claim",
        (_mark("payorname", "daterange"),),
        {"claim": "claim_id", "daterange": "service_from"},
    ),
)
GENERAL = System("general", "claim", (), {})

FIELDS = {name: field for field, names in ALIASES.items() for name in (field.replace("_", ""), *names)}
KNOWN = {*FIELDS, *AMBIGUOUS, *(name for system in SYSTEMS for name in system.means)}
assert set(ALIASES) == set(WorkItem.model_fields) - {"kind"}


def squeezed(header: str) -> str:
    """Return what headers are compared by: lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", header.casefold().replace("#", "number"))


def known(cells: Sequence[str]) -> int:
    """Return how many cells of a row are headers of some system: the header row has the most."""
    return len({squeezed(cell) for cell in cells} & KNOWN)


def system(header: Sequence[str]) -> System:
    """Return whose export a header row is; raises ``WorklistError`` where it is of two systems."""
    there = {squeezed(cell) for cell in header}
    found = [each for each in SYSTEMS if any(mark <= there for mark in each.marks)]
    if len(found) > 1:
        raise WorklistError(f"the columns are those of {' and of '.join(each.name for each in found)}")
    return found[0] if found else GENERAL


def columns(header: Sequence[str]) -> Columns:
    """Say what each header means, by the whole header set.

    Raises ``WorklistError`` where a header is ambiguous, two mean one field, or the columns are
    those of claims and of appointments at once.
    """
    whose = system(header)
    understood: dict[str, str] = {}
    not_understood: list[str] = []
    for name in filter(str.strip, header):
        word = squeezed(name)
        field = whose.means[word] if word in whose.means else FIELDS.get(word)
        if field is None and word in AMBIGUOUS and word not in whose.means:
            choices = " or ".join(AMBIGUOUS[word])
            raise WorklistError(f"the column “{name}” means different things: name it {choices}")
        if field is None:
            not_understood.append(name)
            continue
        if twin := next((other for other, its in understood.items() if its == field), None):
            raise WorklistError(f"the columns “{twin}” and “{name}” are both {field}: keep one of them")
        understood[name] = field
    of_claims = {"claim_id", "billed", "payer_claim_number"}.intersection(understood.values())
    if whose.kind == "appointment" and of_claims:
        raise WorklistError("the columns are those of claims and of appointments: export them to two files")
    return Columns(
        system=whose.name, kind=whose.kind, understood=understood, not_understood=tuple(not_understood)
    )
