"""What Tradewind's pages show, leaf by leaf: the pages print it and the truth tells it.

Keys are the fields of the normalized records; those that start with ``_`` are for the page alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from mock_portals.book import ClaimFile, Cover, Line, Member, OtherPayer, Period, Share, Stage
from mock_portals.remits import Remit
from mock_portals.shown import BLANK, Leaf, code, known, promised, text
from mock_portals.systems import MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT
from mock_portals.tradewind import words

View = dict[str, Any]
YEAR = known("23", "23")


def eligibility(member: Member, cover: Cover, today: date) -> View:
    """Return the answer to an eligibility inquiry: nothing in it is worked out."""
    patient = member.patient
    view: View = {
        "kind": "eligibility",
        "member_id": text(member.member_id),
        "member_name": text(patient.name),
        "birth_date": words.day(patient.birth_date),
        "relationship": known(patient.relationship, words.RELATIONSHIPS[patient.relationship]),
        "as_of": words.day(today),
        "coverages": [_period(period) for period in cover.periods],
        "accumulators": [
            {
                "kind": used.kind,
                "level": text(used.level),
                "network": _network(used.network),
                "period": YEAR,
                "limit": words.money(used.limit),
                **({"remaining": words.money(used.limit - used.met)} if used.network == "in" else {}),
            }
            for used in cover.used
            if used.limit is not None
        ],
        "benefits": [_benefit(share, cover) for share in cover.shares],
        "limits": [
            {
                "service": words.service(visits.service),
                "unit": text("VS"),
                "period": YEAR,
                "allowed": known(visits.allowed, str(visits.allowed)),
                "remaining": known(visits.allowed - visits.used, str(visits.allowed - visits.used)),
            }
            for visits in cover.visits
        ],
        "other_coverages": [_other(other) for other in cover.others],
    }
    if cover.primary_care is not None:
        view["primary_care_provider"] = text(cover.primary_care)
    return view


def _network(network: str) -> Leaf:
    return known(network, {"in": "Y", "out": "N", "both": "W"}[network])


def _period(period: Period) -> View:
    return {
        "plan_name": text(period.plan),
        "product": text(words.PRODUCTS[period.product]),
        "group_number": text(period.group),
        "status": known("active", "1") if period.active else known("inactive", "6"),
        "effective_date": words.day(period.start),
        "end_date": words.day(period.end) if period.end else BLANK,
    }


def _benefit(share: Share, cover: Cover) -> View:
    network = _network(share.network)
    if cover.periods[0].product == "HMO" and share.service in ("86", "MH"):
        # Emergencies are covered everywhere; of mental health these payers do not say.
        network = _network("both") if share.service == "86" else Leaf("U", "unreadable")
    view: View = {
        "service": words.service(share.service),
        "network": network,
        "authorization_required": known(share.authorization, "Y" if share.authorization else "N"),
    }
    if share.copay is not None:
        view["copay"] = words.money(share.copay)
    if share.percent is not None:
        view["coinsurance"] = known(f"{share.percent / 100:.2f}", f"{share.percent}%")
    return view


def _other(other: OtherPayer) -> View:
    return {
        "order": text(other.order),
        "payer_name": text(other.payer),
        "policy_number": text(other.policy),
        "group_number": text(other.group),
        "insured_name": text(other.insured),
        "effective_date": words.day(other.start),
        "end_date": words.day(other.end) if other.end else BLANK,
        "last_updated": words.day(other.updated),
    }


Row = dict[str, object]


def rows(view: View, service: str) -> list[Row]:
    """Return the coded rows that an eligibility answer is printed as: base rows and remaining rows."""
    return [row for row in _rows(view) if service in ("30", row["_for"])]


def _rows(view: View) -> Iterator[Row]:
    for used in view["accumulators"]:
        info = words.INFORMATION_OF[used["kind"]]
        base: Row = {"_for": "30", "Info": info, "Service": "30"}
        base |= {"Level": used["level"], "Network": used["network"]}
        yield base | {"Period": used["period"], "Amount": used["limit"]}
        if "remaining" in used:
            yield base | {"Period": "29", "Amount": used["remaining"]}
    for share in view["benefits"]:
        base = {"_for": share["service"].words, "Service": share["service"], "Level": "IND"}
        base |= {"Network": share["network"], "Auth": share["authorization_required"]}
        if "copay" in share:
            yield base | {"Info": "B", "Period": "27", "Amount": share["copay"]}
        if "coinsurance" in share:
            yield base | {"Info": "A", "Percent": share["coinsurance"]}
    for limit in view["limits"]:
        base = {"_for": limit["service"].words, "Info": "F", "Service": limit["service"]}
        base |= {"Level": "IND", "Unit": limit["unit"]}
        yield base | {"Period": limit["period"], "Quantity": limit["allowed"]}
        yield base | {"Period": "29", "Quantity": limit["remaining"]}


def claim(file: ClaimFile, stage: Stage, today: date) -> View:
    """Return the answer to a claim status inquiry."""
    insurer = words.payer(file.member)
    patient = file.member.patient
    pended = stage.status.startswith("pended")
    return {
        "kind": "claim",
        "claim_number": text(file.number),
        "patient_account_number": text(file.account),
        "member_id": text(file.member.member_id),
        "patient_name": text(patient.name),
        "birth_date": words.day(patient.birth_date),
        "tin": text(file.organization.tin),
        "billing_provider": text(file.organization.name),
        "billing_npi": text(file.organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "service_from": words.day(file.start),
        "service_to": words.day(file.end),
        "processed_date": words.day(stage.processed) if stage.processed else BLANK,
        "as_of": words.day(today),
        "status": words.status(insurer, stage.status),
        "billed": words.money(stage.billed),
        "paid": words.money(stage.paid if _settled(stage) else 0),
        "pend_reasons": [text(words.MEANINGS[stage.status])] if pended else [],
        "payment": _payment(stage),
        "lines": [_line(line, stage, file) for line in stage.lines],
        "_effective": words.day(stage.processed or file.received),
    }


def payment(remit: Remit, more: int = 0) -> View:
    """Return a payment as the rows of its 835; its amount says so many cents more."""
    paid, to = remit.payment, remit.organization
    return {
        "number": text(paid.number),
        "method": text(paid.method),
        "amount": words.money(paid.cents + more),
        "issue_date": words.day(paid.issued),
        "payee": text(paid.payee),
        "payee_tin": text(to.tin),
        "payee_npi": text(to.npi),
        "claims": [
            {
                "claim_number": text(file.number),
                "patient_account_number": text(file.account),
                "member_id": text(file.member.member_id),
                "patient_name": text(file.member.patient.name),
                "service_from": words.day(file.start),
                "service_to": words.day(file.end),
                "billed": words.money(stage.billed),
                "paid": words.money(stage.paid),
                "patient_responsibility": words.money(stage.owed),
                "_status": "1",
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": code(PROVIDER_ADJUSTMENT, one.reason),
                "reference": text(one.reference),
                "amount": words.money(one.cents),
            }
            for one in paid.withheld
        ],
    }


def _settled(stage: Stage) -> bool:
    """Tell whether a payment is made or is never to come; before, the hub prints 0.00."""
    return stage.adjudicated and stage.status != "approved_awaiting_payment"


def _payment(stage: Stage) -> View:
    payment = stage.payment
    if payment is None:
        waiting = stage.status == "approved_awaiting_payment"
        return {"method": BLANK, "number": BLANK, "issue_date": promised("Pending") if waiting else BLANK}
    return {
        "method": text(payment.method),
        "number": text(payment.number),
        "issue_date": words.day(payment.issued),
    }


def _line(line: Line, stage: Stage, file: ClaimFile) -> View:
    status = stage.status
    if status == "denied_line_mixed":
        status = "paid" if line.allowed else "denied"
    return {
        "number": text(str(line.number)),
        "service_from": words.day(line.start),
        "service_to": words.day(line.end),
        "procedure": code(PROCEDURE, line.procedure),
        "modifiers": [code(MODIFIER, modifier) for modifier in line.modifiers],
        "units": known(str(line.units), str(line.units)),
        "billed": words.money(line.billed),
        "paid": words.money((line.paid or 0) if _settled(stage) else 0),
        "status": words.status(words.payer(file.member), status),
    }


def legend(view: View) -> list[tuple[str, str, str]]:
    """Return the codes of an answer, each once, with the hub's own words."""
    if view["kind"] == "claim":
        said = [view["status"], *(line["status"] for line in view["lines"])]
        return sorted({("Status", leaf.words, words.MEANINGS[str(leaf.value)]) for leaf in said})
    printed = list(_rows(view))
    lists: tuple[tuple[str, dict[str, str], list[str]], ...] = (
        ("Info", words.INFORMATION, ["1", "6", *(["R"] if view["other_coverages"] else [])]),
        ("Service", words.SERVICES, []),
        ("Period", words.PERIODS, []),
        ("Network", words.NETWORK, []),
    )
    return [
        (name, key, meaning)
        for name, meanings, more in lists
        for key, meaning in meanings.items()
        if key in more or any(str(row.get(name)) == key for row in printed)
    ]
