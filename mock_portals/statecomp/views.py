"""What StateComp's pages show, leaf by leaf: the pages print it and the truth tells it.

Keys are the fields of the normalized records; those that start with ``_`` are for the page alone.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from mock_portals.authorizations import Authorization, Decision, Service
from mock_portals.book import ClaimFile, Demand, Line, Payment, Stage
from mock_portals.remits import Remit, progress
from mock_portals.shown import BLANK, Leaf, code, known, none, promised, text
from mock_portals.statecomp import words
from mock_portals.statecomp.board import Condition, Injury
from mock_portals.systems import DIAGNOSIS, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT

View = dict[str, Any]


def eligibility(injury: Injury, today: date) -> View:
    """Return an injury claim as it stands on a day."""
    standing = injury.on(today)
    closed = injury.closed if standing == "closed" else None
    return {
        "kind": "eligibility",
        **worker(injury),
        "as_of": words.day(today - timedelta(days=1)),
        "injury_date": words.day(injury.happened),
        "primary_care_provider": text(injury.physician) if injury.physician else none("None"),
        "managed_care_organization": text(injury.mco) if injury.mco else none("N/A"),
        "claim_manager": text(injury.manager[0]),
        "coverages": [
            {
                "plan_name": text(words.KINDS[injury.kind]),
                "status": known(*words.STANDINGS[standing]),
                "effective_date": words.day(injury.happened),
                "end_date": words.day(closed) if closed else none("--"),
            }
        ],
        "conditions": [_condition(one) for one in _conditions(injury, standing) if one.status == "allowed"],
        "_conditions": [
            (
                _condition(one),
                one.text,
                words.CONDITIONS[one.status],
                words.day(one.decided) if one.status != "pending" else BLANK,
            )
            for one in _conditions(injury, standing)
        ],
        "_injury": injury,
    }


def worker(injury: Injury) -> dict[str, Leaf]:
    """Return the number of an injury claim and whose it is."""
    patient = injury.member.patient
    return {
        "member_id": text(injury.member.member_id),
        "member_name": text(patient.name.upper()),
        "birth_date": words.day(patient.birth_date),
    }


def _conditions(injury: Injury, standing: str) -> list[Condition]:
    """Return the conditions; a claim that was pending and is open now has its first one allowed."""
    first, *rest = injury.conditions
    if standing == "open" and first.status == "pending":
        first = Condition(first.code, first.text, "allowed", first.decided)
    return [first, *rest]


def _condition(one: Condition) -> Leaf:
    return code(DIAGNOSIS, one.code, one.text)


def bill(file: ClaimFile, stage: Stage, injury: Injury, today: date) -> View:
    """Return a bill."""
    done = stage.adjudicated
    return {
        "kind": "claim",
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(file.member.patient.name.upper()),
        "birth_date": words.day(file.member.patient.birth_date),
        "tin": text(file.organization.tin),
        "billing_provider": text(file.organization.name),
        "billing_npi": text(file.organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "injury_number": text(file.member.member_id),
        "injury_date": words.day(injury.happened),
        "service_from": words.day(file.start),
        "service_to": words.day(file.end),
        "received_date": words.day(file.received),
        "processed_date": words.day(stage.processed) if stage.processed else BLANK,
        "as_of": words.day(today - timedelta(days=1)),
        "status": words.status(stage.status),
        "billed": words.money(stage.billed),
        "allowed": words.money(stage.allowed) if done else BLANK,
        "paid": _paid(stage),
        "diagnoses": [code(DIAGNOSIS, one) for one in file.diagnoses],
        "pend_reasons": [text(words.SUSPENDED[stage.status])] if stage.status in words.SUSPENDED else [],
        "requested_documents": [
            {
                "document": text(one.name),
                "reference": text(one.reference),
                "due_date": words.day(one.due) if one.due else none("--"),
            }
            for one in stage.documents
        ],
        "payment": _payment(stage, injury),
        **({"replaces": text(file.replaces)} if file.replaces else {}),
        **({"replaced_by": text(stage.replaced_by)} if stage.replaced_by else {}),
        "lines": [_line(line, stage) for line in stage.lines],
        "_legend": _legend(stage),
        "_injury": injury,
    }


def _paid(stage: Stage) -> Leaf:
    if stage.status == "approved_awaiting_payment":
        return promised("Pending")
    return words.money(stage.paid) if stage.adjudicated else BLANK


def _payment(stage: Stage, injury: Injury) -> View | None:
    if stage.payment is None:
        waiting = stage.status == "approved_awaiting_payment"
        if not waiting:
            return None
        return {
            "method": BLANK,
            "number": BLANK,
            "issue_date": promised("Pending"),
            "payee": BLANK,
            "remittance_number": BLANK,
            "released_to": BLANK,
            "released_date": promised("Pending"),
        }
    paid = stage.payment
    return {
        "method": known(paid.method, words.METHODS[paid.method]),
        "number": text(paid.number),
        "issue_date": words.day(paid.issued),
        "payee": text(paid.payee),
        "remittance_number": text(remittance(paid)),
        "released_to": text(injury.mco or "Provider"),
        "released_date": words.day(released(paid, injury)),
    }


def remittance(payment: Payment) -> str:
    """Return the number of a payment's remittance."""
    return f"RA-{payment.issued:%y%j}-{payment.number[-5:]}"


def released(payment: Payment, injury: Injury) -> date:
    """Return when the board let go of the money: managed-care organizations take two days to pass it on."""
    return payment.issued - timedelta(days=2 if injury.mco else 0)


def _line(line: Line, stage: Stage) -> View:
    status = stage.status
    if status == "denied_line_mixed":
        status = "paid" if line.allowed else "denied"
    done = line.paid is not None
    waiting = stage.status == "approved_awaiting_payment"
    return {
        "number": text(str(line.number)),
        "service_from": words.day(line.start),
        "service_to": words.day(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, one) for one in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "diagnosis_pointers": text(" ".join(line.pointers)),
        "billed": words.money(line.billed),
        "allowed": words.money(line.allowed or 0) if done else BLANK,
        "paid": promised("Pending") if waiting else words.money(line.paid or 0) if done else BLANK,
        "status": words.status(status),
        "adjustments": [{"reason": words.explained(words.EOB, one.reason)} for one in line.adjustments],
        "remarks": [words.explained(words.EDIT, one) for one in line.remarks],
    }


def _legend(stage: Stage) -> list[tuple[str, str, str]]:
    """Return the board's codes on a bill, each once."""
    used = {("EOB", one.reason) for line in stage.lines for one in line.adjustments}
    used |= {("Edit", one) for line in stage.lines for one in line.remarks}
    return [(kind, number, words.MEANINGS[number]) for kind, number in sorted(used, key=lambda one: one[1])]


def payment(remit: Remit) -> View:
    """Return a remittance with the bills that it pays."""
    paid = remit.payment
    return {
        "number": text(paid.number),
        "method": known(paid.method, words.METHODS[paid.method]),
        "amount": words.money(paid.cents),
        "issue_date": words.day(paid.issued),
        "payee": text(remit.organization.name),
        "payee_tin": text(remit.organization.tin),
        "payee_npi": text(remit.organization.npi),
        "remittance_number": text(remittance(paid)),
        "claims": [
            {
                "claim_number": text(file.number),
                "patient_account_number": text(file.account),
                "member_id": text(file.member.member_id),
                "patient_name": text(file.member.patient.name.upper()),
                "service_from": words.day(file.start),
                "service_to": words.day(file.end),
                "billed": words.money(stage.billed),
                "paid": words.money(stage.paid),
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": known(
                    {
                        "system": PROVIDER_ADJUSTMENT,
                        "code": one.reason,
                        "text": words.ADJUSTMENTS[one.reason],
                    },
                    one.reason,
                ),
                "reference": text(one.reference),
                "amount": words.money(one.cents),
            }
            for one in paid.withheld
        ],
        "_issued": paid.issued,
    }


def overpayment(demand: Demand, today: date) -> View:
    """Return what the board wants back for a bill."""
    done, file = progress(demand, today), demand.claim
    balance = demand.balance(today)
    state = (
        ("disputed", "Under appeal")
        if demand.disputed
        else ("closed", "Recovered")
        if balance == 0
        else ("recovering", "In recovery")
        if done.before or done.now or done.refunded
        else ("open", "Letter sent")
    )
    return {
        "reference": text(demand.reference),
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(file.member.patient.name.upper()),
        "service_from": words.day(file.start),
        "service_to": words.day(file.end),
        "reason": text(words.DEMANDS[demand.reason]),
        "status": known(*state),
        "demand_date": words.day(demand.demanded),
        "amount": words.money(demand.cents),
        "recovered_before": words.money(done.before),
        "recovered_now": words.money(done.now),
        "refunded": words.money(done.refunded),
        "balance": words.money(balance),
        "payment_number": text(done.payment) if done.payment else none("--"),
    }


def authorization(file: Authorization, decision: Decision) -> View:
    """Return a request for authorization as it was decided."""
    return {
        "number": text(decision.number) if decision.number else none("--"),
        "reference": text(file.reference),
        "kind": text(words.REQUESTS[file.kind]),
        "status": known(decision.status, words.AUTHORIZATIONS[decision.status]),
        "reason": text(words.WHY[decision.reason]) if decision.reason else BLANK,
        "requesting_provider": text(file.requesting.name),
        "servicing_provider": text(file.servicing.name),
        "requested_date": words.day(file.requested),
        "decided_date": words.day(decision.decided) if decision.decided else BLANK,
        "effective_date": words.day(decision.effective) if decision.effective else BLANK,
        "expiration_date": words.day(decision.expires) if decision.expires else BLANK,
        "approved": _units(decision.approved),
        "used": _units(decision.used if decision.approved is not None else None),
        "lines": [_service(line, decision) for line in decision.lines],
        "letters": [
            {"name": text(one.name), "reference": text(one.reference), "sent_date": words.day(one.sent)}
            for one in decision.letters
        ],
        "_level": "3" if file.service in ("62", "MH") else "2",
    }


def _units(number: int | None) -> Leaf:
    return BLANK if number is None else known(str(number), str(number))


def _service(line: Service, decision: Decision) -> View:
    waiting = decision.status == "awaiting_decision" and line.approved is None
    status = "awaiting_decision" if waiting else line.status
    return {
        "number": text(str(line.number)),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, one) for one in line.modifiers],
        "status": known(status, words.AUTHORIZATIONS[status]),
        "service_from": words.day(line.start),
        "service_to": words.day(line.end),
        "unit": known(line.unit, words.UNITS[line.unit]),
        "requested": _units(line.requested),
        "approved": _units(line.approved),
        "used": _units(line.used if line.approved is not None else None),
        "remaining": _units(None if line.approved is None else line.approved - line.used),
    }
