"""What RainierCare's pages show, leaf by leaf: the pages print it and the truth tells it.

Keys are the fields of the normalized records; those that start with ``_`` are for the page alone.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from mock_portals.authorizations import Authorization, Decision, Service
from mock_portals.book import ClaimFile, Cover, Line, Member, Period, Share, Stage, Visits
from mock_portals.rainier import words
from mock_portals.rainier.files import Coordination, Other
from mock_portals.remits import Remit
from mock_portals.shown import Leaf, code, known, none, promised, text, us_date
from mock_portals.systems import DIAGNOSIS, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT, RARC

View = dict[str, Any]


def who(member: Member) -> View:
    """Return who a member is, as every page says it."""
    return {
        "member_id": text(member.member_id),
        "member_name": text(member.patient.name),
        "birth_date": us_date(member.patient.birth_date),
    }


def eligibility(member: Member, cover: Cover, coordination: Coordination, today: date) -> View:
    """Return coverage, benefits and limits, and what the COB tab shows."""
    return {
        "kind": "eligibility",
        **who(member),
        "as_of": us_date(today),
        "primary_care_provider": text(cover.primary_care) if cover.primary_care else none("None"),
        "coverages": [_period(period) for period in cover.periods],
        "benefits": [_benefit(share) for share in cover.shares],
        "limits": [_limit(visits) for visits in cover.visits],
        "other_coverage_outcome": known(
            "none_on_file" if coordination.outcome == "ended" else coordination.outcome,
            words.OTHER[coordination.outcome],
        ),
        "other_coverages": [_other(other) for other in coordination.others],
        "_asked": us_date(coordination.asked) if coordination.asked else none("None sent"),
        "_answered": _answered(coordination),
    }


def _answered(coordination: Coordination) -> Leaf:
    if coordination.asked is None:
        return none("N/A")
    return us_date(coordination.answered) if coordination.answered else promised("Pending")


def _period(period: Period) -> View:
    return {
        "plan_name": text(period.plan),
        "product": text("Managed care"),
        "group_number": text(period.group),
        "status": known("active", "Eligible") if period.active else known("inactive", "Not eligible"),
        "effective_date": us_date(period.start),
        "end_date": words.end(period.end),
    }


def _benefit(share: Share) -> View:
    return {
        "service": words.service(share.service),
        "copay": words.money(share.copay or 0),
        "authorization_required": known(share.authorization, "PA" if share.authorization else "No PA"),
        "referral_required": known(share.referral, "Yes" if share.referral else "No"),
    }


def _limit(visits: Visits) -> View:
    return {
        "service": words.service(visits.service),
        "unit": known("VS", "visits"),
        "period": known("23", "calendar year"),
        "allowed": known(visits.allowed, str(visits.allowed)),
        "used": known(visits.used, str(visits.used)),
        "remaining": known(visits.allowed - visits.used, str(visits.allowed - visits.used)),
    }


def _other(other: Other) -> View:
    payer = other.payer
    order = words.ORDERS[payer.order]
    return {
        "kind": text(other.kind),
        "order": known(payer.order, order),
        "payer_name": text(payer.payer),
        "policy_number": text(payer.policy),
        "group_number": text(payer.group) if payer.group else none("--"),
        "insured_name": text(payer.insured),
        "effective_date": us_date(payer.start),
        "end_date": words.end(payer.end),
        "last_updated": us_date(payer.updated),
    }


def claim(file: ClaimFile, stage: Stage) -> View:
    """Return a claim with its lines."""
    patient, worked = file.member.patient, stage.adjudicated
    pended = stage.status.startswith("pended")
    return {
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
        "processed_date": words.maybe(stage.processed),
        "status": known(stage.status, words.STATUS[stage.status]),
        "billed": words.money(stage.billed),
        "allowed": words.money(stage.allowed) if worked else promised("Pending"),
        "paid": _paid(stage, stage.paid),
        "patient_responsibility": words.money(stage.owed) if worked else promised("Pending"),
        "diagnoses": [code(DIAGNOSIS, one) for one in file.diagnoses],
        "pend_reasons": [text(words.PENDS[stage.status])] if pended else [],
        "requested_documents": [
            {
                "document": text(document.name),
                "reference": text(document.reference),
                "due_date": us_date(document.due) if document.due else none("--"),
            }
            for document in stage.documents
        ],
        "payment": _payment(stage),
        **({"replaces": text(file.replaces)} if file.replaces else {}),
        **({"replaced_by": text(stage.replaced_by)} if stage.replaced_by else {}),
        "lines": [_line(line, stage) for line in stage.lines],
        "_media": words.MEDIA[file.number[0]],
        "_ex": _legend(stage),
    }


def _paid(stage: Stage, cents: int | None) -> Leaf:
    """Return what was paid, which is to come until the plan has paid or will not."""
    if not stage.adjudicated or stage.status == "approved_awaiting_payment":
        return promised("Pending")
    return words.money(cents or 0)


def _payment(stage: Stage) -> View | None:
    payment = stage.payment
    if payment is None:
        return None
    return {
        "method": known(payment.method, words.METHODS[payment.method]),
        "number": text(payment.number),
        "issue_date": us_date(payment.issued),
        "amount": words.money(payment.cents),
        "payee": text(payment.payee),
    }


def line_status(line: Line, stage: Stage) -> str:
    """Return the normalized status of one line."""
    if stage.status == "denied_line_mixed":
        return "paid" if line.allowed else "denied"
    return stage.status


def _line(line: Line, stage: Stage) -> View:
    status = line_status(line, stage)
    return {
        "number": text(str(line.number)),
        "service_from": us_date(line.start),
        "service_to": us_date(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "diagnosis_pointers": text(", ".join(line.pointers)),
        "billed": words.money(line.billed),
        "allowed": promised("Pending") if line.allowed is None else words.money(line.allowed),
        "paid": _paid(stage, line.paid),
        "status": known(status, words.STATUS[status]),
        "adjustments": [
            {
                "group": text(one.group),
                "reason": words.reason(words.explanation(line, one)),
                "amount": words.money(one.cents),
            }
            for one in line.adjustments
        ],
        "remarks": [code(RARC, remark) for remark in line.remarks],
    }


def _legend(stage: Stage) -> list[words.Explanation]:
    found = {words.explanation(line, one) for line in stage.lines for one in line.adjustments}
    return sorted(found, key=lambda one: one.code)


def authorization(file: Authorization, decision: Decision) -> View:
    """Return a prior authorization or referral with its lines and letters."""
    view: View = {
        "number": text(decision.number) if decision.number else promised("Pending"),
        "reference": text(file.reference),
        "kind": text(words.KINDS[file.kind]),
        "status": known(decision.status, words.AUTHORIZATION[decision.status]),
        "reason": text(words.REASONS[decision.reason]) if decision.reason else none("--"),
        "service": words.service(file.service),
        "requesting_provider": text(file.requesting.name),
        "servicing_provider": text(file.servicing.name),
        "requested_date": us_date(file.requested),
        "decided_date": words.maybe(decision.decided),
        "effective_date": words.maybe(decision.effective),
        "expiration_date": words.maybe(decision.expires),
        "unit": known(decision.lines[0].unit, words.UNITS[decision.lines[0].unit]),
        "lines": [_service(line) for line in decision.lines],
        "letters": [
            {
                "name": text(letter.name),
                "reference": text(letter.reference),
                "sent_date": us_date(letter.sent),
            }
            for letter in decision.letters
        ],
    }
    return view | _units(decision.approved, decision.used)


def _units(approved: int | None, used: int) -> View:
    if approved is None:
        return {name: promised("Pending") for name in ("approved", "used", "remaining")}
    counts = {"approved": approved, "used": used, "remaining": approved - used}
    return {name: known(str(count), str(count)) for name, count in counts.items()}


def _service(line: Service) -> View:
    return {
        "number": text(str(line.number)),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "status": known(line.status, words.AUTHORIZATION[line.status]),
        "service_from": us_date(line.start),
        "service_to": us_date(line.end),
        "unit": known(line.unit, words.UNITS[line.unit]),
        "requested": known(str(line.requested), str(line.requested)),
        **_units(line.approved, line.used),
    }


def payment(remit: Remit) -> View:
    """Return a payment with what it pays and withholds."""
    issued = remit.payment
    return {
        "number": text(issued.number),
        "method": known(issued.method, words.METHODS[issued.method]),
        "amount": words.money(issued.cents),
        "issue_date": us_date(issued.issued),
        "payee": text(issued.payee),
        "payee_tin": text(remit.organization.tin),
        "payee_npi": text(remit.organization.npi),
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
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": code(PROVIDER_ADJUSTMENT, one.reason, words.WITHHELD[one.reason]),
                "reference": text(one.reference) if one.reference else none("--"),
                "amount": words.money(one.cents),
            }
            for one in issued.withheld
        ],
    }
