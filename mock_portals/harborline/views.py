"""What Harborline's pages show, leaf by leaf: the pages print it and the truth tells it.

A view has the fields of the normalized records, as far as the payer shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mock_portals.authorizations import Authorization, Decision
from mock_portals.book import ClaimFile, Cover, Line, Member, Stage
from mock_portals.harborline.words import (
    HOUSE,
    KINDS,
    LETTER,
    METHODS,
    ORDERS,
    OUTCOMES,
    REASONS,
    RELATIONSHIPS,
    REMARKS,
    REMIT_ADJUSTMENT,
    REMIT_CLAIM,
    REMIT_DETAIL,
    REVIEW,
    REVIEW_KINDS,
    REVIEW_LINE,
    REVIEW_REASONS,
    REVIEW_STATUSES,
    REVIEW_UNITS,
    UNITS,
    WITHHELD,
    Labels,
    Payer,
)
from mock_portals.remits import Remit
from mock_portals.shown import Leaf, code, known, promised, text
from mock_portals.systems import CARC, DIAGNOSIS, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT, RARC

View = dict[str, Any]
Block = dict[str, Any]
YEAR = known("23", "Calendar year")


def _only(part: str, payer: Payer, facts: View) -> View:
    """Keep what the payer shows of these facts."""
    names = {name for span in payer.shown.get(part, {}) for name in span.split("+")}
    return {name: leaf for name, leaf in facts.items() if name in names}


def _text(payer: Payer, words: str | None) -> Leaf:
    return text(words) if words else payer.nothing


def eligibility(payer: Payer, member: Member, cover: Cover, today: date) -> View:
    """Return the answer to an eligibility inquiry."""
    patient = member.patient
    whose = {
        "member_id": text(member.member_id),
        "member_name": text(patient.name),
        "birth_date": payer.day(patient.birth_date),
        "relationship": known(patient.relationship, RELATIONSHIPS[patient.relationship]),
        "as_of": payer.day(today),
    }
    if cover.primary_care is not None:
        whose["primary_care_provider"] = text(cover.primary_care)
    view: View = {"kind": "eligibility"} | _only("member", payer, whose)
    view["coverages"] = [
        _only(
            "coverages",
            payer,
            {
                "plan_name": text(period.plan),
                "product": text(period.product),
                "network_name": text(period.network),
                "group_number": text(period.group),
                "status": known("active", "Active") if period.active else known("inactive", "Inactive"),
                "effective_date": payer.day(period.start),
                "end_date": payer.day(period.end),
            },
        )
        for period in cover.periods
    ]
    view["accumulators"] = [
        _only(
            "accumulators",
            payer,
            {
                "level": known(used.level, payer.levels[used.level]),
                "network": known(used.network, payer.networks[used.network]),
                "period": YEAR,
                "limit": payer.money(used.limit),
                "met": payer.money(used.met),
                "remaining": payer.money(used.limit - used.met),
            },
        )
        | {"kind": used.kind, "_kind": text(KINDS[used.kind])}
        for used in cover.used
        if used.limit is not None
    ]
    view["benefits"] = [
        _only(
            "benefits",
            payer,
            {
                "service": payer.service(share.service),
                "network": known(share.network, payer.networks[share.network]),
                "copay": payer.nothing if share.copay is None else payer.money(share.copay),
                "coinsurance": payer.nothing
                if share.percent is None
                else known(f"{share.percent / 100:.2f}", f"{share.percent}%"),
                "deductible_applies": payer.flag(share.deductible),
                "authorization_required": payer.flag(share.authorization),
                "referral_required": payer.flag(share.referral),
            },
        )
        for share in cover.shares
    ]
    if "limits" in payer.shown:
        view["limits"] = [
            _only(
                "limits",
                payer,
                {
                    "service": payer.service(visits.service),
                    "unit": known("VS", UNITS["VS"]),
                    "period": YEAR,
                    "allowed": known(visits.allowed, str(visits.allowed)),
                    "used": known(visits.used, str(visits.used)),
                    "remaining": known(visits.allowed - visits.used, str(visits.allowed - visits.used)),
                },
            )
            for visits in cover.visits
        ]
    if "other" in payer.shown:
        view["other_coverage_outcome"] = known(cover.other, OUTCOMES[cover.other])
        view["other_coverages"] = [
            _only(
                "other",
                payer,
                {
                    "order": known(other.order, ORDERS[other.order]),
                    "payer_name": text(other.payer),
                    "policy_number": text(other.policy),
                    "group_number": _text(payer, other.group),
                    "insured_name": text(other.insured),
                    "effective_date": payer.day(other.start),
                    "end_date": payer.day(other.end),
                    "last_updated": payer.day(other.updated),
                },
            )
            for other in cover.others
        ]
    if "funds" in payer.shown:
        view["funds"] = [
            {
                "kind": text("Health reimbursement account"),
                "balance": payer.money(cover.fund),
                "as_of": payer.day(today),
            }
            for _ in range(cover.fund is not None)
        ]
    return view


def claim(payer: Payer, file: ClaimFile, stage: Stage, today: date) -> View:
    """Return the detail of a claim."""
    settled = stage.adjudicated
    patient = file.member.patient
    facts: View = {
        "claim_number": text(file.number),
        "status": known(stage.status, payer.statuses[stage.status]),
        "patient_account_number": text(file.account),
        "patient_name": text(patient.name),
        "member_id": text(file.member.member_id),
        "birth_date": payer.day(patient.birth_date),
        "service_from": payer.day(file.start),
        "service_to": payer.day(file.end),
        "received_date": payer.day(file.received),
        "processed_date": payer.day(stage.processed),
        "as_of": payer.day(today),
        "billed": payer.money(stage.billed),
        "allowed": payer.money(stage.allowed if settled else None),
        "paid": payer.money(_paid(stage, stage.paid if settled else None)),
        "patient_responsibility": payer.money(stage.owed if settled else None),
        "diagnoses": [code(DIAGNOSIS, one) for one in file.diagnoses],
        "tin": text(file.organization.tin),
        "billing_provider": text(file.organization.name),
        "billing_npi": text(file.organization.npi),
        "rendering_provider": text(file.rendering.name),
        "rendering_npi": text(file.rendering.npi),
        "replaces": _text(payer, file.replaces),
        "replaced_by": _text(payer, stage.replaced_by),
    }
    view: View = {"kind": "claim"} | _only("claim", payer, facts)
    view["payment"] = _payment(payer, stage)
    view["lines"] = [_line(payer, line, stage) for line in stage.lines]
    if "documents" in payer.shown:
        view["pend_reasons"] = [text(words) for words in stage.pends]
        view["requested_documents"] = [
            {
                "document": text(one.name),
                "reference": text(one.reference),
                "due_date": payer.day(one.due),
            }
            for one in stage.documents
        ]
    return view


def row(payer: Payer, file: ClaimFile, stage: Stage, today: date) -> View:
    """Return a claim as the list shows it."""
    patient = file.member.patient
    return claim(payer, file, stage, today) | {
        "member_id": text(file.member.member_id),
        "patient_name": text(patient.name),
    }


def _paid(stage: Stage, cents: int | None) -> int | None:
    return None if stage.status == "approved_awaiting_payment" else cents


def _payment(payer: Payer, stage: Stage) -> View | None:
    payment = stage.payment
    if payment is not None:
        return _only(
            "payment",
            payer,
            {
                "method": known(payment.method, METHODS[payment.method]),
                "number": text(payment.number),
                "issue_date": payer.day(payment.issued),
                "amount": payer.money(payment.cents),
                "payee": text(payment.payee),
            },
        )
    if stage.status != "approved_awaiting_payment":
        return None
    soon = dict.fromkeys(("method", "number", "amount", "payee"), payer.nothing)
    return _only("payment", payer, soon | {"issue_date": promised("Pending")})


def _line(payer: Payer, line: Line, stage: Stage) -> View:
    status = stage.status
    if status == "denied_line_mixed":
        status = "paid" if line.allowed else "denied"
    settled = line.allowed is not None
    view = _only(
        "lines",
        payer,
        {
            "number": text(str(line.number)),
            "service_from": payer.day(line.start),
            "service_to": payer.day(line.end),
            "procedure": code(PROCEDURE, line.procedure),
            "modifiers": [code(MODIFIER, one) for one in line.modifiers],
            "units": known(str(line.units), str(line.units)),
            "diagnosis_pointers": text("".join(line.pointers)),
            "billed": payer.money(line.billed),
            "allowed": payer.money(line.allowed),
            "deductible": payer.money(line.deductible if settled else None),
            "copay": payer.money(line.copay if settled else None),
            "coinsurance": payer.money(line.coinsurance if settled else None),
            "paid": payer.money(_paid(stage, line.paid)),
            "status": known(status, payer.statuses[status]),
        },
    )
    if not payer.iso:
        reasons = [one.reason for one in line.adjustments]
        view["adjustments"] = [{"reason": code(CARC, one, REASONS[one])} for one in reasons]
        view["remarks"] = [code(RARC, one, REMARKS[one]) for one in line.remarks]
    return view


def payment(remit: Remit) -> View:
    """Return a check or transfer with what it pays and what it withholds."""
    issued = remit.payment
    return {
        "number": text(issued.number),
        "method": known(issued.method, METHODS[issued.method]),
        "amount": HOUSE.money(issued.cents),
        "issue_date": HOUSE.day(issued.issued),
        "payee": text(issued.payee),
        "payee_tin": text(remit.organization.tin),
        "payee_npi": text(remit.organization.npi),
        "claims": [
            {
                "claim_number": text(file.number),
                "patient_account_number": text(file.account),
                "patient_name": text(file.member.patient.name),
                "member_id": text(file.member.member_id),
                "service_from": HOUSE.day(file.start),
                "service_to": HOUSE.day(file.end),
                "billed": HOUSE.money(stage.billed),
                "paid": HOUSE.money(stage.paid),
            }
            for file, stage in remit.claims
        ],
        "provider_adjustments": [
            {
                "reason": code(PROVIDER_ADJUSTMENT, one.reason, WITHHELD[one.reason]),
                "_means": text(WITHHELD[one.reason]),
                "reference": _text(HOUSE, one.reference),
                "amount": HOUSE.money(one.cents),
            }
            for one in issued.withheld
        ],
    }


def who(member: Member) -> View:
    """Return whose service reviews are listed."""
    patient = member.patient
    return {
        "member_id": text(member.member_id),
        "member_name": text(patient.name),
        "birth_date": HOUSE.day(patient.birth_date),
    }


def authorization(file: Authorization, decision: Decision) -> View:
    """Return a service review with its lines, each with a status of its own, and its letters."""
    return {
        "number": _text(HOUSE, decision.number),
        "reference": text(file.reference),
        "kind": text(REVIEW_KINDS[file.kind]),
        "status": known(decision.status, REVIEW_STATUSES[decision.status]),
        "reason": _text(HOUSE, decision.reason and REVIEW_REASONS[decision.reason]),
        "service": HOUSE.service(file.service),
        "requesting_provider": text(file.requesting.name),
        "servicing_provider": text(file.servicing.name),
        "requested_date": HOUSE.day(file.requested),
        "decided_date": HOUSE.day(decision.decided),
        "effective_date": HOUSE.day(decision.effective),
        "expiration_date": HOUSE.day(decision.expires),
        "unit": known(decision.lines[0].unit, REVIEW_UNITS[decision.lines[0].unit]),
        **_counted(decision.approved, decision.used),
        "lines": [
            {
                "number": text(str(line.number)),
                "procedure": code(PROCEDURE, line.procedure),
                "modifiers": [code(MODIFIER, one) for one in line.modifiers],
                "status": known(line.status, REVIEW_STATUSES[line.status]),
                "service_from": HOUSE.day(line.start),
                "service_to": HOUSE.day(line.end),
                "unit": known(line.unit, REVIEW_UNITS[line.unit]),
                "requested": known(str(line.requested), str(line.requested)),
                **_counted(line.approved, line.used),
            }
            for line in decision.lines
        ],
        "letters": [
            {"name": text(one.name), "reference": text(one.reference), "sent_date": HOUSE.day(one.sent)}
            for one in decision.letters
        ],
    }


def _counted(approved: int | None, used: int) -> View:
    if approved is None:
        return dict.fromkeys(("approved", "used", "remaining"), HOUSE.nothing)
    counts = {"approved": approved, "used": used, "remaining": approved - used}
    return {name: known(str(count), str(count)) for name, count in counts.items()}


# Blocks: what the application draws ------------------------------------------------------------


def _words(leaf: Any) -> str:
    return ", ".join(_words(one) for one in leaf) if isinstance(leaf, list) else str(leaf)


def _cell(record: View, names: str) -> str:
    first, _, last = names.partition("+")
    if not last:
        return _words(record[first])
    begin, end = _words(record[first]), _words(record[last])
    return begin if begin == end else f"{begin} - {end}"


def facts(payer: Payer, part: str, record: View) -> Block:
    """Return labelled facts of a part of the payer's."""
    return labelled(payer.titles[part], payer.shown[part], record)


def labelled(title: str, shown: Labels, record: View) -> Block:
    """Return labelled facts; what a record does not have is left out."""
    pairs = [[label, _cell(record, names)] for names, label in shown.items() if names.split("+")[0] in record]
    return {"kind": "facts", "title": title, "facts": pairs}


def table(payer: Payer, part: str, records: Sequence[View]) -> Block:
    """Return a table of a part of the payer's."""
    return tabled(payer.titles[part], payer.shown[part], records)


def tabled(title: str, shown: Labels, records: Sequence[View]) -> Block:
    """Return a table with a row for each record."""
    rows = [[_cell(record, names) for names in shown] for record in records]
    return {"kind": "table", "title": title, "headers": list(shown.values()), "rows": rows}


def _said(title: str, words: Sequence[Leaf]) -> Block:
    return {"kind": "list", "title": title, "items": [str(leaf) for leaf in words]}


def coverage_blocks(payer: Payer, view: View) -> list[Block]:
    """Return the parts of an eligibility answer."""
    amounts = [entry | {"kind": entry["_kind"]} for entry in view["accumulators"]]
    blocks = [
        facts(payer, "member", view),
        table(payer, "coverages", view["coverages"]),
        table(payer, "accumulators", amounts),
        table(payer, "benefits", view["benefits"]),
    ]
    if "limits" in view:
        blocks.append(table(payer, "limits", view["limits"]))
    if "other_coverages" in view:
        title, outcome = payer.titles["other"], str(view["other_coverage_outcome"])
        blocks.append({"kind": "facts", "title": title, "facts": [["Outcome", outcome]]})
        if view["other_coverages"]:
            blocks.append(table(payer, "other", view["other_coverages"]) | {"title": f"{title} on file"})
    if view.get("funds"):
        blocks.append(facts(payer, "funds", view["funds"][0]))
    return blocks


def claim_blocks(payer: Payer, view: View) -> list[Block]:
    """Return the parts of a claim's detail; codes stand under each line, and once in a table."""
    lines = table(payer, "lines", view["lines"])
    blocks = [facts(payer, "claim", view), lines]
    used: dict[tuple[str, str], str] = {}
    if not payer.iso:
        lines["details"] = []
        for line in view["lines"]:
            reasons = [one["reason"] for one in line["adjustments"]]
            used |= {("Reason", leaf.words): REASONS[leaf.words] for leaf in reasons}
            used |= {("Remark", leaf.words): REMARKS[leaf.words] for leaf in line["remarks"]}
            both = [str(leaf) for leaf in (*reasons, *line["remarks"])]
            lines["details"].append([["Reason/Remark codes", ", ".join(both)]])
    if used:
        rows = [[kind, short, words] for (kind, short), words in sorted(used.items())]
        headers = ["Type", "Code", "Description"]
        blocks.append({"kind": "table", "title": payer.titles["codes"], "headers": headers, "rows": rows})
    if view.get("pend_reasons"):
        blocks.append(_said(payer.titles["pends"], view["pend_reasons"]))
    if view.get("requested_documents"):
        blocks.append(table(payer, "documents", view["requested_documents"]))
    if view["payment"]:
        blocks.append(facts(payer, "payment", view["payment"]))
    return blocks


def remit_blocks(view: View) -> list[Block]:
    """Return the parts of a remittance; of its claims only the first two are shown at once."""
    blocks = [
        labelled("Remittance", REMIT_DETAIL, view),
        tabled("Claims on this remittance", REMIT_CLAIM, view["claims"]) | {"more": 2},
    ]
    if view["provider_adjustments"]:
        blocks.append(tabled("Provider adjustments", REMIT_ADJUSTMENT, view["provider_adjustments"]))
    return blocks


def review_blocks(member: Member, reviews: Sequence[View]) -> list[Block]:
    """Return whose the service reviews are, and each of them with its lines and letters."""
    items = []
    for view in reviews:
        lines, letters = (
            tabled(title, shown, view[title.lower()])
            for title, shown in (("Lines", REVIEW_LINE), ("Letters", LETTER))
        )
        inner = [labelled("", REVIEW, view), lines, letters]
        items.append(
            {"title": f"Review {view['reference']}", "summary": str(view["status"]), "blocks": inner}
        )
    count = len(reviews)
    found = f"{count} service {'review' if count == 1 else 'reviews'} found"
    whose = {"member_id": "Member ID", "member_name": "Member name", "birth_date": "Birth date"}
    return [
        labelled("Member", whose, who(member)),
        {"kind": "reviews", "title": "Service reviews", "found": found, "items": items},
    ]


def swapped(block: Block, one: str, other: str) -> Block:
    """Return a table with two of its headers in each other's place."""
    places = {one: other, other: one}
    return block | {"headers": [places.get(header, header) for header in block["headers"]]}


def renamed(block: Block, names: Mapping[str, str]) -> Block:
    """Return a part with other words for some labels."""
    if "headers" in block:
        return block | {"headers": [names.get(header, header) for header in block["headers"]]}
    if "facts" in block:
        return block | {"facts": [[names.get(label, label), words] for label, words in block["facts"]]}
    return block
