"""Northpeak Health Plan: its words, and what its pages show leaf by leaf, which the truth tells too."""

from __future__ import annotations

from datetime import date

from mock_portals.beaconpass.payer import Payer, View
from mock_portals.book import Adjusted, ClaimFile, Cover, Line, Member, OtherPayer, Period, Share, Stage, Used
from mock_portals.remits import Remit
from mock_portals.served import us_day
from mock_portals.shown import BLANK, Leaf, code, decimal, known, none, promised, text, us_date
from mock_portals.systems import (
    CARC,
    DIAGNOSIS,
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    RARC,
    SERVICE_TYPE,
)

STATUS = {
    "received": "Received, not entered yet",
    "in_process": "In progress",
    "pended_provider_info": "On hold - records needed",
    "pended_cob": "On hold - other carrier",
    "pended_payer": "On hold - medical review",
    "approved_awaiting_payment": "Approved, check run pending",
    "paid": "Paid",
    "paid_zero": "Processed, zero payment",
    "denied": "Not payable",
    "denied_line_mixed": "Paid in part",
    "adjusted": "Replaced",
}
SERVICES = {
    "30": "Whole plan",
    "98": "Office visit",
    "UC": "Urgent care",
    "86": "Emergency room",
    "33": "Chiropractic",
    "PT": "Physical therapy",
    "MH": "Behavioral health",
    "5": "Laboratory",
    "62": "MRI and CT scan",
}
RELATIONSHIPS = {"self": "Subscriber", "spouse": "Spouse", "child": "Child"}
NETWORKS = {"in": "In-network", "out": "Out-of-network"}
LEVELS = {"IND": "Member", "FAM": "Family"}
KINDS = {"deductible": "Deductible", "out_of_pocket": "Out-of-pocket maximum"}
OTHER = {
    "none_on_file": "No other coverage known",
    "determined": "Other coverage, order settled",
    "undetermined": "Other coverage, order not settled",
}
ORDERS = {"P": "Pays first", "S": "Pays second", "U": "Not settled"}
METHODS = {"CHK": "Paper check", "ACH": "Electronic transfer"}
REASONS = {"WO": "Overpayment taken back", "L6": "Interest", "FB": "Balance carried forward"}
YEAR = known("23", "Calendar year")


def money(cents: int) -> Leaf:
    """Return dollars as ``$1,234.50``, and less than nothing as ``-$4.50``'s accounting form ``($4.50)``."""
    shown = f"${abs(cents) / 100:,.2f}"
    return known(decimal(cents), f"({shown})" if cents < 0 else shown)


def yes(value: bool) -> Leaf:
    return known(value, "Yes" if value else "No")


def service(service_type: str) -> Leaf:
    words = SERVICES[service_type]
    return known({"system": SERVICE_TYPE, "code": service_type, "text": words}, words)


def eligibility(member: Member, cover: Cover, today: date) -> View:
    """Return a member's coverage."""
    patient = member.patient
    view: View = {
        "kind": "eligibility",
        "member_id": text(member.member_id),
        "member_name": text(patient.name),
        "birth_date": us_date(patient.birth_date),
        "relationship": known(patient.relationship, RELATIONSHIPS[patient.relationship]),
        "as_of": us_date(today),
        "coverages": [_period(period) for period in cover.periods],
        "accumulators": [_used(used) for used in cover.used],
        "benefits": [_share(share) for share in cover.shares],
        "limits": [
            {
                "service": service(visits.service),
                "unit": known("VS", "visits"),
                "period": YEAR,
                "allowed": known(visits.allowed, str(visits.allowed)),
                "used": known(visits.used, str(visits.used)),
                "remaining": known(visits.allowed - visits.used, str(visits.allowed - visits.used)),
            }
            for visits in cover.visits
        ],
        "other_coverage_outcome": known(cover.other, OTHER[cover.other]),
        "other_coverages": [_other(other) for other in cover.others],
        "funds": [],
    }
    if cover.primary_care is not None:
        view["primary_care_provider"] = text(cover.primary_care)
    if cover.fund is not None:
        fund = {"kind": text("Health reimbursement fund"), "balance": money(cover.fund)}
        view["funds"] = [fund | {"as_of": us_date(today)}]
    return view


def _period(period: Period) -> View:
    return {
        "plan_name": text(period.plan),
        "product": text(period.product),
        "network_name": text(period.network),
        "group_number": text(period.group),
        "status": known("active", "Active") if period.active else known("inactive", "Ended"),
        "effective_date": us_date(period.start),
        "end_date": us_date(period.end) if period.end else none("12/31/9999"),
    }


def _used(used: Used) -> View:
    no_limit = none("N/A")
    return {
        "kind": used.kind,
        "level": known(used.level, LEVELS[used.level]),
        "network": known(used.network, NETWORKS[used.network]),
        "period": YEAR,
        "limit": no_limit if used.limit is None else money(used.limit),
        "met": no_limit if used.limit is None else money(used.met),
        "remaining": no_limit if used.limit is None else money(used.limit - used.met),
        "_kind": KINDS[used.kind],
    }


def _share(share: Share) -> View:
    return {
        "service": service(share.service),
        "network": known(share.network, NETWORKS[share.network]),
        "copay": none("--") if share.copay is None else money(share.copay),
        "coinsurance": none("--")
        if share.percent is None
        else known(f"{share.percent / 100:.2f}", f"{share.percent}%"),
        "deductible_applies": yes(share.deductible),
        "authorization_required": yes(share.authorization),
        "referral_required": yes(share.referral),
    }


def _other(other: OtherPayer) -> View:
    return {
        "order": known(other.order, ORDERS[other.order]),
        "payer_name": text(other.payer),
        "policy_number": text(other.policy),
        "group_number": text(other.group),
        "insured_name": text(other.insured),
        "effective_date": us_date(other.start),
        "end_date": us_date(other.end) if other.end else none("12/31/9999"),
        "last_updated": us_date(other.updated),
    }


def claim(file: ClaimFile, stage: Stage, today: date) -> View:
    """Return a claim; amounts stand there once it is worked out."""
    patient = file.member.patient
    done = stage.adjudicated
    waiting = stage.status == "approved_awaiting_payment"
    view: View = {
        "kind": "claim",
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(patient.name),
        "birth_date": us_date(patient.birth_date),
        "tin": text(file.organization.tin),
        "billing_provider": text(file.organization.name),
        "billing_npi": text(file.organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "service_from": us_date(file.start),
        "service_to": us_date(file.end),
        "received_date": us_date(file.received),
        "processed_date": us_date(stage.processed) if stage.processed else none("--"),
        "as_of": us_date(today),
        "status": known(stage.status, STATUS[stage.status]),
        "billed": money(stage.billed),
        "allowed": money(stage.allowed) if done else none("--"),
        "paid": promised("Pending") if waiting else money(stage.paid) if done else none("--"),
        "patient_responsibility": money(stage.owed) if done else none("--"),
        "diagnoses": [code(DIAGNOSIS, diagnosis) for diagnosis in file.diagnoses],
        "pend_reasons": [text(reason) for reason in stage.pends],
        "requested_documents": [
            {
                "document": text(document.name),
                "reference": text(document.reference),
                "due_date": us_date(document.due) if document.due else BLANK,
            }
            for document in stage.documents
        ],
        "payment": _payment(stage),
        "lines": [_line(line, waiting) for line in stage.lines],
    }
    if file.replaces:
        view["replaces"] = text(file.replaces)
    if stage.replaced_by:
        view["replaced_by"] = text(stage.replaced_by)
    return view


def _payment(stage: Stage) -> View | None:
    payment = stage.payment
    if payment is None:
        return None
    return {
        "method": known(payment.method, METHODS[payment.method]),
        "number": text(payment.number),
        "issue_date": us_date(payment.issued),
        "amount": money(payment.cents),
        "payee": text(payment.payee),
    }


def _line(line: Line, waiting: bool) -> View:
    done = line.paid is not None
    return {
        "number": text(str(line.number)),
        "service_from": us_date(line.start),
        "service_to": us_date(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "diagnosis_pointers": text(", ".join(line.pointers)),
        "billed": money(line.billed),
        "allowed": money(line.allowed or 0) if done else none("--"),
        "deductible": money(line.deductible) if done else none("--"),
        "copay": money(line.copay) if done else none("--"),
        "coinsurance": money(line.coinsurance) if done else none("--"),
        "paid": promised("Pending") if waiting else money(line.paid or 0) if done else none("--"),
        "adjustments": [_adjusted(one) for one in line.adjustments],
        "remarks": [code(RARC, remark) for remark in line.remarks],
    }


def _adjusted(adjusted: Adjusted) -> View:
    return {
        "group": known(adjusted.group, adjusted.group),
        "reason": code(CARC, adjusted.reason),
        "amount": money(adjusted.cents),
    }


def payment(remit: Remit) -> View:
    """Return a payment with its claims and what was withheld from it or added to it."""
    paid, to = remit.payment, remit.organization
    return {
        "of": {"carrier": PAYER.id, "tin": to.tin.replace("-", "")},
        "number": text(paid.number),
        "method": known(paid.method, METHODS[paid.method]),
        "amount": money(paid.cents),
        "issue_date": us_date(paid.issued),
        "payee": text(paid.payee),
        "payee_tin": text(to.tin),
        "payee_npi": text(to.npi),
        "claims": [
            {
                "claim_number": text(file.number),
                "patient_account_number": text(file.account),
                "member_id": text(file.member.member_id),
                "patient_name": text(file.member.patient.name),
                "service_from": us_date(file.start),
                "service_to": us_date(file.end),
                "billed": money(stage.billed),
                "paid": money(stage.paid),
                "patient_responsibility": money(stage.owed),
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": code(PROVIDER_ADJUSTMENT, one.reason, REASONS[one.reason]),
                "reference": text(one.reference),
                "amount": money(one.cents),
            }
            for one in paid.withheld
        ],
    }


PAYER = Payer(
    site="northpeak",
    id="NPHP4",
    name="Northpeak Health Plan",
    day=us_date,
    parse=us_day,
    services=SERVICES,
    eligibility=eligibility,
    claim=claim,
    coverage_path="/coverage",
    list_headers=(
        "Claim ID",
        "Your account no.",
        "Member",
        "First day",
        "Last day",
        "Status",
        "Charge",
        "Paid",
    ),
    line_headers=(
        "No.",
        "First day",
        "Last day",
        "Code",
        "Mod.",
        "Units",
        "Dx",
        "Charge",
        "Allowed",
        "Deductible",
        "Copay",
        "Coinsurance",
        "Paid",
        "Reasons",
        "Remarks",
    ),
    money_headers=("Charge", "Paid"),
    rows_a_page=10,
    as_of=lambda today: today,
)
