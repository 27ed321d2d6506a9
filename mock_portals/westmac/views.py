"""What Westmac's pages show, leaf by leaf: the pages print it and the truth tells it.

Keys are the fields of the normalized records; those that start with ``_`` are for the page alone.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import date, timedelta
from random import Random
from typing import Any

from mock_portals.book import ClaimFile, Demand, Line, Member, OtherPayer, Period, Stage
from mock_portals.remits import Remit, pdf, progress
from mock_portals.shown import BLANK, Json, Leaf, code, known, none, text
from mock_portals.systems import CARC, DIAGNOSIS, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT, RARC
from mock_portals.westmac import words
from mock_portals.westmac.words import day, money

View = dict[str, Any]


def eligibility(member: Member, today: date) -> View:
    """Return all tabs of a beneficiary."""
    cover, rng = member.on(today), Random(f"westmac {member.member_id}")
    deductible = [
        u for u in cover.used if (u.kind, u.level, u.network) == ("deductible", "IND", "in") and u.limit
    ]
    return {
        "kind": "eligibility",
        "member_id": text(member.member_id),
        "member_name": text(member.patient.name),
        "birth_date": day(member.patient.birth_date),
        "coverages": [
            *(_part(letter, period) for period in cover.periods for letter in "AB"),
            *_hospice(rng),
        ],
        "accumulators": [
            {
                "kind": "deductible",
                "period": known("23", "Calendar year"),
                "limit": money(used.limit),
                "remaining": money((used.limit or 0) - used.met),
            }
            for used in deductible
        ],
        "other_coverages": [
            *(_secondary(rng, other) for other in cover.others if other.order != "S"),
            *_advantage(rng),
        ],
    }


def _part(letter: str, period: Period) -> View:
    return {
        "plan_name": text(f"Part {letter}"),
        "status": known("active", "Entitled") if period.active else known("inactive", "Terminated"),
        "effective_date": day(period.start),
        "end_date": day(period.end),
    }


def _hospice(rng: Random) -> list[View]:
    """Return hospice benefit periods: most beneficiaries have none."""
    if rng.random() > 0.12:
        return []
    start, periods = date(2026, rng.randint(1, 4), rng.randint(1, 28)), []
    for number in range(1, rng.randint(1, 2) + 1):
        end = start + timedelta(days=89)
        periods.append(
            {
                "plan_name": text(f"Hospice period {number}"),
                "effective_date": day(start),
                "end_date": day(end),
                "_hospice": text(f"{1700000000 + rng.randrange(10**8)}"),
            }
        )
        start = end + timedelta(days=1)
    return periods


def _secondary(rng: Random, other: OtherPayer) -> View:
    return {
        "kind": text(rng.choice(words.MSP_TYPES)),
        "payer_name": text(other.payer),
        "policy_number": text(other.policy),
        "group_number": text(other.group),
        "insured_name": text(other.insured),
        "effective_date": day(other.start),
        "end_date": day(other.end),
        "last_updated": day(other.updated),
    }


def _advantage(rng: Random) -> list[View]:
    if rng.random() > 0.15:
        return []
    kind, bill = rng.choice(words.PLAN_TYPES)
    plan: View = {
        "kind": text(kind),
        "payer_name": text(rng.choice(words.INSURERS)),
        "policy_number": text(f"H0{rng.randrange(100, 999)}-{rng.randrange(1, 40):03d}"),
        "effective_date": day(date(2026, 1, 1)),
        "end_date": BLANK,
        "_bill": text(bill),
        "_phone": text(f"1-800-555-01{rng.randrange(10, 99)}"),
    }
    return [plan]


def claim(file: ClaimFile, stage: Stage, as_of: date) -> View:
    """Return the page of a claim."""
    cover, settled = file.member.on(as_of), stage.adjudicated
    patient, organization = file.member.patient, file.organization
    forwarded = [o.payer for o in cover.others if o.order == "S"] if settled else []
    primary = [o for o in cover.others if o.order == "P"]
    return {
        "kind": "claim",
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(patient.name),
        "birth_date": day(patient.birth_date),
        "tin": text(organization.tin),
        "billing_provider": text(organization.name),
        "billing_npi": text(organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "service_from": day(file.start),
        "service_to": day(file.end),
        "received_date": day(file.received),
        "processed_date": day(stage.processed),
        "as_of": day(as_of),
        "status": known(stage.status, words.STATUS[stage.status]),
        "billed": money(stage.billed),
        "allowed": money(stage.allowed if settled else None),
        "paid": money(stage.paid if settled else None),
        "patient_responsibility": money(stage.owed if settled else None),
        "diagnoses": [code(DIAGNOSIS, diagnosis) for diagnosis in file.diagnoses],
        "pend_reasons": [text(reason) for reason in stage.pends],
        "requested_documents": [
            {"document": text(d.name), "reference": text(d.reference), "due_date": day(d.due)}
            for d in stage.documents
        ],
        "payment": _reference(stage),
        "crossed_over_to": text(forwarded[0]) if forwarded else none("None"),
        "replaces": text(file.replaces) if file.replaces else none("None"),
        "replaced_by": text(stage.replaced_by) if stage.replaced_by else none("None"),
        "lines": [_line(line) for line in stage.lines],
        "_ptan": text(organization.ptan),
        "_crossed": "Y" if forwarded else "N",
        "_medicare": "Secondary" if primary else "Primary",
    }


def _reference(stage: Stage) -> View | None:
    payment = stage.payment
    if payment is None:
        return None
    return {
        "method": known(payment.method, words.METHODS[payment.method]),
        "number": text(payment.number),
        "issue_date": day(payment.issued),
        "amount": money(payment.cents),
        "payee": text(payment.payee),
    }


def _line(line: Line) -> View:
    settled = line.allowed is not None
    return {
        "number": text(str(line.number)),
        "service_from": day(line.start),
        "service_to": day(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "diagnosis_pointers": text(" ".join(line.pointers)),
        "billed": money(line.billed),
        "allowed": money(line.allowed),
        "deductible": money(line.deductible if settled else None),
        "copay": money(line.copay if settled else None),
        "coinsurance": money(line.coinsurance if settled else None),
        "paid": money(line.paid),
        "adjustments": [
            {
                "group": known(one.group, one.group),
                "reason": code(CARC, one.reason, words.REASONS[one.reason]),
            }
            for one in line.adjustments
        ],
        "remarks": [code(RARC, remark, words.REMARKS[remark]) for remark in line.remarks],
    }


def payment(remit: Remit) -> View:
    """Return a check or transfer and what it pays."""
    own, to = remit.payment, remit.organization
    return {
        "number": text(own.number),
        "method": known(own.method, words.METHODS[own.method]),
        "amount": money(own.cents),
        "issue_date": day(own.issued),
        "payee": text(own.payee),
        "payee_tin": text(to.tin),
        "payee_npi": text(to.npi),
        "claims": [
            {
                "claim_number": text(file.number),
                "patient_account_number": text(file.account),
                "member_id": text(file.member.member_id),
                "patient_name": text(file.member.patient.name),
                "service_from": day(file.start),
                "service_to": day(file.end),
                "billed": money(stage.billed),
                "paid": money(stage.paid),
                "patient_responsibility": money(stage.owed),
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": code(PROVIDER_ADJUSTMENT, one.reason, words.PLB[one.reason]),
                "reference": text(one.reference),
                "amount": money(one.cents),
            }
            for one in own.withheld
        ],
    }


def advice(remit: Remit) -> tuple[str, bytes]:
    """Return the remittance advice as a file: its name, and a PDF."""
    view = payment(remit)
    lines = [
        "WESTMAC MEDICARE PART B - REMITTANCE ADVICE (MAKE-BELIEVE)",
        "",
        f"{'CHECK/EFT':<14}{view['number']}",
        f"{'DATE':<14}{view['issue_date']}",
        f"{'AMOUNT':<14}{view['amount']}",
        f"{'PAYEE':<14}{view['payee']}  TIN {view['payee_tin']}  NPI {view['payee_npi']}",
        "",
        f"{'CLAIM':<16}{'CONTROL NO':<14}{'MEDICARE NO':<14}{'CHARGES':>12}{'PAID':>12}",
    ]
    for one in view["claims"]:
        left = f"{one['claim_number']!s:<16}{one['patient_account_number']!s:<14}{one['member_id']!s:<14}"
        lines.append(f"{left}{one['billed']!s:>12}{one['paid']!s:>12}")
    lines += [
        f"PLB {one['reason'].words} {one['reference']!s:<36}{one['amount']!s:>28}"
        for one in view["provider_adjustments"]
    ]
    return f"RA_{remit.payment.number}_{remit.payment.issued:%Y%m%d}.pdf", pdf(lines)


def remittance_file(remit: Remit) -> Json:
    """Return the truth of a remittance advice."""
    view = payment(remit)
    name, content = advice(remit)
    shown = {"payment_number": view["number"], "issue_date": view["issue_date"], "amount": view["amount"]}
    leaves: dict[str, Json] = {
        key: {"state": leaf.state, "value": leaf.value, "words": leaf.words} for key, leaf in shown.items()
    }
    file: Json = {
        "name": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "packed": b64encode(content).decode(),
    }
    return leaves | {"type": "pdf", "file": file}


def overpayment(demand: Demand, today: date) -> View:
    """Return one line of the accounts receivable."""
    back, balance, file = progress(demand, today), demand.balance(today), demand.claim
    status = "disputed" if demand.disputed else "open"
    if not demand.disputed and demand.back(today):
        status = "recovering" if balance else "closed"
    return {
        "reference": text(demand.reference),
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(file.member.patient.name),
        "service_from": day(file.start),
        "service_to": day(file.end),
        "reason": text(words.DEMANDS[demand.reason]),
        "status": known(status, words.LETTERS[status]),
        "demand_date": day(demand.demanded),
        "amount": money(demand.cents),
        "recovered_before": money(back.before),
        "recovered_now": money(back.now),
        "refunded": money(back.refunded),
        "balance": money(balance),
        "payment_number": text(back.payment) if back.payment else BLANK,
    }


def legend(view: View) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the reason and remark codes of a claim's lines, each once, with what they mean."""
    told = sorted({one["reason"].words for line in view["lines"] for one in line["adjustments"]})
    remarks = sorted({one.words for line in view["lines"] for one in line["remarks"]})
    return [(one, words.REASONS[one]) for one in told], [(one, words.REMARKS[one]) for one in remarks]


def reasons(line: View) -> Leaf:
    """Return the codes of a line as its cell states them: ``CO-45 PR-1 N290``."""
    said = [f"{one['group']}-{one['reason'].words}" for one in line["adjustments"]]
    return text(" ".join([*said, *(one.words for one in line["remarks"])]))
