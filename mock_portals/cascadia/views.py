"""What Cascadia's pages show, leaf by leaf: the pages print it and the truth tells it.

Keys are the fields of the normalized records; those that start with ``_`` are for the page alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from mock_portals.book import (
    ClaimFile,
    Cover,
    Demand,
    Document,
    Line,
    Member,
    OtherPayer,
    Payment,
    Period,
    Stage,
)
from mock_portals.cascadia import words
from mock_portals.remits import Remit, pdf, progress
from mock_portals.shown import BLANK, Leaf, code, known, none, promised, text, us_date
from mock_portals.systems import DIAGNOSIS, MODIFIER, PROCEDURE

View = dict[str, Any]


def eligibility(member: Member, cover: Cover, as_of: date) -> View:
    """Return the eligibility result page's data."""
    patient = member.patient
    return {
        "kind": "eligibility",
        "member_id": text(member.member_id),
        "member_name": text(patient.name),
        "birth_date": us_date(patient.birth_date),
        "relationship": words.said(words.RELATIONSHIPS, patient.relationship),
        "as_of": last_night(as_of),
        "primary_care_provider": none("N/A") if cover.primary_care is None else text(cover.primary_care),
        "coverages": [_period(period) for period in cover.periods],
        "accumulators": [
            {
                "kind": used.kind,
                "_title": words.ACCUMULATORS[used.kind],
                "level": words.said(words.LEVELS, used.level),
                "network": words.said(words.NETWORKS, used.network),
                "period": known("23", "Calendar year"),
                "limit": none("N/A") if used.limit is None else words.money(used.limit),
                "met": none("--") if used.limit is None else words.money(used.met),
                "remaining": none("--") if used.limit is None else words.money(used.limit - used.met),
            }
            for used in cover.used
        ],
        "benefits": [
            {
                "service": words.service(share.service),
                "network": words.said(words.NETWORKS, share.network),
                "copay": none("--") if share.copay is None else words.money(share.copay),
                "coinsurance": _percent(share.percent),
                "deductible_applies": words.yes_no(share.deductible),
                "authorization_required": words.yes_no(share.authorization, "Required", "Not required"),
                "referral_required": words.yes_no(share.referral, "Required", "Not required"),
            }
            for share in cover.shares
        ],
        "limits": [
            {
                "service": words.service(visits.service),
                "unit": known("VS", "visits"),
                "period": known("23", "Calendar year"),
                "allowed": known(visits.allowed, str(visits.allowed)),
                "used": known(visits.used, str(visits.used)),
                "remaining": known(visits.allowed - visits.used, str(visits.allowed - visits.used)),
            }
            for visits in cover.visits
        ],
        "other_coverage_outcome": words.said(words.OTHER_INSURANCE, cover.other),
        "other_coverages": [_other(other) for other in cover.others],
        "funds": []
        if cover.fund is None
        else [
            {
                "kind": text("Health reimbursement account (HRA)"),
                "balance": words.money(cover.fund),
                "as_of": us_date(as_of),
            }
        ],
    }


def last_night(as_of: date) -> Leaf:
    """Return the day of the data, as it stands beside "Information as of"."""
    return known(as_of.isoformat(), f"{as_of:%m/%d/%Y} (last night)")


def _percent(percent: int | None) -> Leaf:
    return none("--") if percent is None else known(f"{percent / 100:.2f}", f"{percent}%")


def _period(period: Period) -> View:
    return {
        "_title": "Current plan" if period.active else "Prior plan",
        "plan_name": text(period.plan),
        "product": text(period.product),
        "network_name": text(period.network),
        "group_number": text(period.group),
        "status": known("active", "Active") if period.active else known("inactive", "Terminated"),
        "effective_date": us_date(period.start),
        "end_date": words.end_date(period.end),
    }


def _other(other: OtherPayer) -> View:
    return {
        "order": words.said(words.ORDERS, other.order),
        "payer_name": text(other.payer),
        "policy_number": text(other.policy),
        "group_number": text(other.group),
        "insured_name": text(other.insured),
        "effective_date": us_date(other.start),
        "end_date": words.end_date(other.end),
        "last_updated": us_date(other.updated),
    }


def claim(file: ClaimFile, stage: Stage, as_of: date) -> View:
    """Return the claim detail page's data."""
    patient = file.member.patient
    done = stage.adjudicated
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
        "processed_date": us_date(stage.processed) if stage.processed else promised("Pending"),
        "as_of": last_night(as_of),
        "status": words.said(words.STATUS, stage.status),
        "billed": words.money(stage.billed),
        "allowed": words.money(stage.allowed) if done else none("--"),
        "paid": paid(stage),
        "patient_responsibility": _responsibility(stage),
        "diagnoses": [code(DIAGNOSIS, icd, words.DIAGNOSES[icd]) for icd in file.diagnoses],
        "pend_reasons": [text(reason) for reason in stage.pends],
        "requested_documents": [_document(document) for document in stage.documents],
        "payment": _payment(stage),
        "lines": [_line(line) for line in stage.lines],
        "_adjustment": words.money(stage.adjustment) if done else none("--"),
        "_legend": _legend(stage),
        "_no_payment": stage.status in ("paid_zero", "denied"),
    }
    if file.replaces:
        view["replaces"] = text(file.replaces)
    if stage.replaced_by:
        view["replaced_by"] = text(stage.replaced_by)
    return view


def paid(stage: Stage) -> Leaf:
    """Return the total paid, which is not there before the claim is worked out."""
    if not stage.adjudicated:
        return none("--")
    return promised("Pending") if stage.status == "approved_awaiting_payment" else words.money(stage.paid)


def _responsibility(stage: Stage) -> Leaf:
    if not stage.adjudicated:
        return BLANK
    return none("N/A") if stage.status == "denied" else words.money(stage.owed)


def _document(document: Document) -> View:
    return {
        "document": text(document.name),
        "reference": text(document.reference),
        "due_date": us_date(document.due) if document.due else BLANK,
    }


def _payment(stage: Stage) -> View | None:
    """Return the payment section; a payment run to come has its labels already."""
    if stage.status == "approved_awaiting_payment":
        waiting = promised("Pending")
        return {
            "method": waiting,
            "number": waiting,
            "issue_date": waiting,
            "amount": waiting,
            "payee": BLANK,
        }
    if stage.payment is None:
        return None
    payment: Payment = stage.payment
    return {
        "method": words.said(words.METHODS, payment.method),
        "number": text(payment.number),
        "issue_date": us_date(payment.issued),
        "amount": words.money(payment.cents),
        "payee": text(payment.payee),
    }


def payment(remit: Remit, more: int = 0) -> View:
    """Return the page of a payment; its amount says so many cents more."""
    paid, to = remit.payment, remit.organization
    return {
        "number": text(paid.number),
        "method": words.said(words.METHODS, paid.method),
        "amount": words.money(paid.cents + more),
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
                "billed": words.money(stage.billed),
                "paid": words.money(stage.paid),
                "patient_responsibility": words.money(stage.owed),
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": words.withheld(one.reason),
                "reference": text(one.reference),
                "amount": words.money(one.cents),
            }
            for one in paid.withheld
        ],
        "_gross": words.money(sum(stage.paid for _, stage in remit.claims)),
        "_withheld": words.money(sum(one.cents for one in paid.withheld)),
    }


def replica(remit: Remit) -> bytes:
    """Return the replica remittance advice of a payment, a PDF."""
    shown = payment(remit)
    lines = [
        "CASCADIA MUTUAL HEALTH PLAN",
        "REPLICA REMITTANCE ADVICE - NOT A CHECK",
        "",
        f"PAYEE   {shown['payee']}   TIN {shown['payee_tin']}   NPI {shown['payee_npi']}",
        f"PAYMENT {shown['number']}   {shown['method']}   ISSUED {shown['issue_date']}",
        "",
        f"{'CLAIM':16}{'ACCOUNT':12}{'PATIENT':26}{'BILLED':>12}{'PAID':>12}{'PATIENT OWES':>14}",
    ]
    for one in shown["claims"]:
        who = f"{one['claim_number']!s:16}{one['patient_account_number']!s:12}{one['patient_name']!s:26.25}"
        owes = f"{one['patient_responsibility']!s:>14}"
        lines.append(f"{who}{one['billed']!s:>12}{one['paid']!s:>12}{owes}")
    lines += ["", f"{'TOTAL OF CLAIMS':78}{shown['_gross']!s:>14}"]
    for one in shown["provider_adjustments"]:
        what = f"{one['reason']} {one['reason'].value['text'].upper()} {one['reference']}"
        lines.append(f"{what:78}{one['amount']!s:>14}")
    lines += [f"{'PAYMENT AMOUNT':78}{shown['amount']!s:>14}", "", "A make-believe health plan."]
    return pdf(lines)


NO_ACCOUNT = none("No Patient Account #")


def overpayment(demand: Demand, day: date) -> View:
    """Return one entry of the statement of overpayments."""
    so_far, file = progress(demand, day), demand.claim
    cycle = day - timedelta(days=day.weekday())
    before = demand.cents if demand.demanded < cycle else 0
    taken = next((one.on for one in demand.recoveries if one.payment == so_far.payment), None)
    return {
        "reference": text(demand.reference),
        "status": words.said(words.DEMANDS, _stands(demand, day)),
        "reason": text(words.DEMAND_REASONS[demand.reason]),
        "demand_date": us_date(demand.demanded),
        "patient_name": text(file.member.patient.name),
        "member_id": text(file.member.member_id),
        # What came on paper has no account number.
        "patient_account_number": text(file.account) if int(demand.reference[2:]) % 4 else NO_ACCOUNT,
        "claim_number": text(file.number),
        "service_from": us_date(file.start),
        "service_to": us_date(file.end),
        "payment_number": text(so_far.payment) if so_far.payment else none("--"),
        "cycle_date": us_date(taken) if so_far.payment and taken else none("--"),
        "amount_before": words.money(before),
        "amount_now": words.money(demand.cents - before),
        "amount": words.money(demand.cents),
        "refunded": words.money(so_far.refunded),
        "recovered_before": words.money(so_far.before),
        "recovered_now": words.money(so_far.now),
        "balance": words.money(demand.balance(day)),
        "_provider": file.organization.name,
    }


def _stands(demand: Demand, day: date) -> str:
    if demand.disputed:
        return "disputed"
    if not demand.back(day):
        return "open"
    return "recovering" if demand.balance(day) else "closed"


def _line(line: Line) -> View:
    done = line.allowed is not None
    return {
        "number": text(str(line.number)),
        "service_from": us_date(line.start),
        "service_to": us_date(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "diagnosis_pointers": text(", ".join(line.pointers)),
        "billed": words.line_money(line.billed),
        "allowed": words.line_money(line.allowed) if line.allowed is not None else none("--"),
        "deductible": words.line_money(line.deductible) if done else none("--"),
        "copay": words.line_money(line.copay) if done else none("--"),
        "coinsurance": words.line_money(line.coinsurance) if done else none("--"),
        "paid": words.line_money(line.paid) if line.paid is not None else none("--"),
        "adjustments": [
            {
                "group": known(adjusted.group, adjusted.group),
                "reason": words.reason(adjusted.reason),
                "amount": words.money(adjusted.cents),
            }
            for adjusted in line.adjustments
        ],
        "remarks": [words.remark(remark) for remark in line.remarks],
    }


def _legend(stage: Stage) -> list[tuple[str, str, str]]:
    """Return the codes on the page, each once, with the portal's own explanation."""
    adjusted = [adjustment for line in stage.lines for adjustment in line.adjustments]
    groups = sorted({a.group for a in adjusted})
    reasons = sorted({a.reason for a in adjusted}, key=int)
    remarks = sorted({remark for line in stage.lines for remark in line.remarks})
    return [
        *(("Group", group, words.GROUPS[group]) for group in groups),
        *(("Reason", reason, words.REASONS[reason]) for reason in reasons),
        *(("Remark", remark, words.REMARKS[remark]) for remark in remarks),
    ]
