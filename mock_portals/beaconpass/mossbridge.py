"""Mossbridge Health Cooperative: its words, and what its pages show leaf by leaf, as the truth tells it."""

from __future__ import annotations

from datetime import date, timedelta

from mock_portals.authorizations import Authorization, Decision, Service
from mock_portals.beaconpass.payer import Payer, View
from mock_portals.book import ClaimFile, Cover, Line, Member, OtherPayer, Period, Share, Stage, Used
from mock_portals.cast import Patient
from mock_portals.shown import BLANK, Leaf, code, decimal, known, text
from mock_portals.systems import CARC, MODIFIER, PROCEDURE, RARC, SERVICE_TYPE

STATUS = {
    "received": "Logged",
    "in_process": "Working",
    "pended_provider_info": "Waiting on your records",
    "pended_cob": "Waiting on the other insurer",
    "pended_payer": "With our nurses",
    "approved_awaiting_payment": "Cleared for payment",
    "paid": "Settled",
    "paid_zero": "Settled at nothing",
    "denied": "Declined",
    "denied_line_mixed": "Settled, some items declined",
    "adjusted": "Superseded",
}
SERVICES = {
    "30": "All benefits",
    "98": "Clinic visit",
    "UC": "Urgent care visit",
    "86": "Emergency department",
    "33": "Chiropractor",
    "PT": "Physical therapy sessions",
    "MH": "Counseling",
    "5": "Lab work",
    "62": "Advanced imaging",
}
RELATIONS = {"self": "Cooperative member", "spouse": "Spouse or partner", "child": "Child"}
WHERE = {"in": "Inside the cooperative", "out": "Outside"}
WHO = {"IND": "One person", "FAM": "Household"}
WHAT = {"deductible": "Deductible", "out_of_pocket": "Yearly ceiling"}
TURN = {"P": "First", "S": "Second", "U": "Unclear"}
PAID_BY = {"CHK": "Check", "ACH": "Direct deposit"}
DECISIONS = {
    "approved": "Approved",
    "partial": "Approved in part",
    "denied": "Not approved",
    "pended": "Open",
    "pended_info": "Open - we need your notes",
    "awaiting_decision": "Reviewed, decision to come",
    "cancelled": "Withdrawn",
    "expired": "Lapsed",
}
REASONS = {
    "missing_notes": "Clinical notes are missing",
    "criteria_not_met": "Criteria for the service are not met",
    "out_of_network": "The provider is outside the cooperative",
}
YEAR = known("23", "Calendar year")
UNITS = {"VS": "visits", "UN": "units"}


def money(cents: int) -> Leaf:
    """Return dollars as ``1,234.50``, and less than nothing as ``4.50-``."""
    shown = f"{abs(cents) / 100:,.2f}"
    return known(decimal(cents), f"{shown}-" if cents < 0 else shown)


def day(value: date) -> Leaf:
    return known(value.isoformat(), value.isoformat())


def _parsed(shown: str) -> date | None:
    try:
        return date.fromisoformat(shown)
    except ValueError:
        return None


def name(patient: Patient) -> Leaf:
    return text(f"{patient.first} {patient.last}")


def tax_id(tin: str) -> Leaf:
    return text(tin.replace("-", ""))


def service(service_type: str) -> Leaf:
    words = SERVICES[service_type]
    return known({"system": SERVICE_TYPE, "code": service_type, "text": words}, words)


def eligibility(member: Member, cover: Cover, today: date) -> View:
    """Return a member's coverage: what is used, not what is left."""
    patient = member.patient
    view: View = {
        "kind": "eligibility",
        "member_id": text(member.member_id),
        "member_name": name(patient),
        "birth_date": day(patient.birth_date),
        "relationship": known(patient.relationship, RELATIONS[patient.relationship]),
        "as_of": day(today - timedelta(days=1)),
        "coverages": [_period(period) for period in cover.periods],
        "accumulators": [_used(used) for used in cover.used if used.limit is not None],
        "benefits": [_share(share) for share in cover.shares],
        "limits": [
            {
                "service": service(visits.service),
                "unit": known("VS", "visits"),
                "period": YEAR,
                "allowed": known(visits.allowed, str(visits.allowed)),
                "used": known(visits.used, str(visits.used)),
            }
            for visits in cover.visits
        ],
        "other_coverages": [_other(other) for other in cover.others],
    }
    if cover.primary_care is not None:
        view["primary_care_provider"] = text(cover.primary_care)
    return view


def _period(period: Period) -> View:
    return {
        "plan_name": text(period.plan),
        "product": text(period.product),
        "group_number": text(period.group),
        "status": known("active", "In force") if period.active else known("inactive", "Not in force"),
        "effective_date": day(period.start),
        "end_date": day(period.end) if period.end else BLANK,
    }


def _used(used: Used) -> View:
    assert used.limit is not None
    return {
        "kind": used.kind,
        "level": known(used.level, WHO[used.level]),
        "network": known(used.network, WHERE[used.network]),
        "period": YEAR,
        "limit": money(used.limit),
        "met": money(used.met),
        "_kind": WHAT[used.kind],
    }


def _share(share: Share) -> View:
    needed = share.authorization
    return {
        "service": service(share.service),
        "network": known(share.network, WHERE[share.network]),
        "copay": BLANK if share.copay is None else money(share.copay),
        "coinsurance": BLANK
        if share.percent is None
        else known(f"{share.percent / 100:.2f}", f"{share.percent}%"),
        "authorization_required": known(needed, "Ask us first" if needed else "Not needed"),
    }


def _other(other: OtherPayer) -> View:
    return {
        "order": known(other.order, TURN[other.order]),
        "payer_name": text(other.payer),
        "policy_number": text(other.policy),
        "insured_name": text(other.insured),
        "effective_date": day(other.start),
        "end_date": day(other.end) if other.end else BLANK,
        "last_updated": day(other.updated),
    }


def claim(file: ClaimFile, stage: Stage, today: date) -> View:
    """Return a claim; amounts are blank until it is worked out, and none is given to deductible or copay."""
    done = stage.adjudicated
    settled = done and stage.status != "approved_awaiting_payment"
    view: View = {
        "kind": "claim",
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": name(file.member.patient),
        "birth_date": day(file.member.patient.birth_date),
        "tin": tax_id(file.organization.tin),
        "billing_npi": text(file.organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "service_from": day(file.start),
        "service_to": day(file.end),
        "received_date": day(file.received),
        "processed_date": day(stage.processed) if stage.processed else BLANK,
        "as_of": day(today - timedelta(days=1)),
        "status": known(stage.status, STATUS[stage.status]),
        "billed": money(stage.billed),
        "allowed": money(stage.allowed) if done else BLANK,
        "paid": money(stage.paid) if settled else BLANK,
        "patient_responsibility": money(stage.owed) if done else BLANK,
        "pend_reasons": [text(reason) for reason in stage.pends],
        "requested_documents": [
            {
                "document": text(document.name),
                "reference": text(document.reference),
                "due_date": day(document.due) if document.due else BLANK,
            }
            for document in stage.documents
        ],
        "payment": _payment(stage),
        "lines": [_line(line, settled) for line in stage.lines],
    }
    if stage.replaced_by:
        view["replaced_by"] = text(stage.replaced_by)
    return view


def _payment(stage: Stage) -> View | None:
    payment = stage.payment
    if payment is None:
        return None
    return {
        "method": known(payment.method, PAID_BY[payment.method]),
        "number": text(payment.number),
        "issue_date": day(payment.issued),
        "amount": money(payment.cents),
    }


def _line(line: Line, settled: bool) -> View:
    return {
        "number": text(str(line.number)),
        "service_from": day(line.start),
        "service_to": day(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "billed": money(line.billed),
        "allowed": BLANK if line.allowed is None else money(line.allowed),
        "paid": money(line.paid or 0) if settled else BLANK,
        "adjustments": [
            {
                "group": known(one.group, one.group),
                "reason": code(CARC, one.reason),
                "amount": money(one.cents),
            }
            for one in line.adjustments
        ],
        "remarks": [code(RARC, remark) for remark in line.remarks],
    }


def authorization(request: Authorization, decision: Decision) -> View:
    """Return a request for authorization, its lines and its letters."""
    view: View = {
        "of": {"carrier": PAYER.id, "member_id": request.member.member_id},
        "reference": text(request.reference),
        "number": text(decision.number or ""),
        "kind": text({"authorization": "Prior approval", "referral": "Referral"}[request.kind]),
        "status": known(decision.status, DECISIONS[decision.status]),
        "reason": text(REASONS[decision.reason]) if decision.reason else BLANK,
        "service": service(request.service),
        "requesting_provider": text(request.requesting.name),
        "servicing_provider": text(request.servicing.name),
        "requested_date": day(request.requested),
        "decided_date": day(decision.decided) if decision.decided else BLANK,
        "effective_date": day(decision.effective) if decision.effective else BLANK,
        "expiration_date": day(decision.expires) if decision.expires else BLANK,
        "lines": [_service(line) for line in decision.lines],
        "letters": [
            {"name": text(one.name), "reference": text(one.reference), "sent_date": day(one.sent)}
            for one in decision.letters
        ],
    }
    return view


def _service(line: Service) -> View:
    decided = line.approved is not None
    view: View = {
        "number": text(str(line.number)),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "status": known(line.status, DECISIONS[line.status]),
        "service_from": day(line.start),
        "service_to": day(line.end),
        "unit": known(line.unit, UNITS[line.unit]),
        "requested": known(str(line.requested), str(line.requested)),
        "approved": known(str(line.approved), str(line.approved)) if decided else BLANK,
        "used": known(str(line.used), str(line.used)) if decided else BLANK,
    }
    return view


PAYER = Payer(
    site="mossbridge",
    id="MBHC2",
    name="Mossbridge Health Cooperative",
    day=day,
    parse=_parsed,
    services=SERVICES,
    eligibility=eligibility,
    claim=claim,
    coverage_path="/eligibility",
    list_headers=("Claim", "Chart no.", "Patient", "Seen on", "State", "Submitted", "Paid"),
    line_headers=("Item", "Seen on", "Procedure", "Qty", "Submitted", "Covered", "Paid", "Remarks"),
    money_headers=("Submitted", "Paid"),
    rows_a_page=15,
    as_of=lambda today: today - timedelta(days=1),
)
