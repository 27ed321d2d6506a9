"""An answer as a person reads it: whole names, every amount, and the portal's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harvester.cli.screen import grid, indented, say, spaced, table, text
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Adjustment, Claim
from harvester.model.codes import CoverageStatus
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.remittance import RemittanceFile
from harvester.model.shown import Fact, Shown, State
from harvester.model.snapshot import Answer
from harvester.office import wording

NOT_SHOWN = "·"
"""Where the portal says nothing."""

HEAD = {
    "claim": "status claim_number patient_name patient_account_number member_id birth_date service_from "
    "service_to rendering_provider received_date processed_date billed allowed paid patient_responsibility "
    "replaces replaced_by",
    "eligibility": "member_name member_id birth_date relationship service_date primary_care_provider "
    "other_coverage_outcome as_of",
    "claims": "stated_total",
    "payments": "tin stated_total approved_claims approved_amount as_of",
    "overpayments": "tin stated_total as_of",
    "authorizations": "member_name member_id birth_date stated_total as_of",
    "remittance_file": "payment_number issue_date amount",
}
PAYMENT = "method number issue_date amount payee"

TABLES = {
    "coverages": "plan_name product status effective_date end_date group_number",
    "accumulators": "kind level network limit met remaining",
    "benefits": "service network copay coinsurance authorization_required referral_required",
    "limits": "service period unit allowed used remaining",
    "other_coverages": "payer_name order policy_number effective_date end_date last_updated",
    "funds": "kind balance as_of",
    "rows": "claim_number patient_account_number service_from status billed paid",
}
"""The lists of an answer, and what is shown of their entries."""

MONEY = ("billed", "allowed", "deductible", "copay", "coinsurance", "paid")
RIGHT = frozenset(
    {
        *("limit", "met", "remaining", "used", "balance", "approved", "left"),
        *("amount", "wanted", "before", "now", "refunded", "patient"),
        *MONEY,
    }
)

PAID = {
    "number": "number",
    "method": "method",
    "issued": "issue_date",
    "status": "status",
    "amount": "amount",
}
PAID_CLAIM = {
    "claim": "claim_number",
    "account": "patient_account_number",
    "service from": "service_from",
    "billed": "billed",
    "paid": "paid",
    "patient": "patient_responsibility",
}
OWED = {
    "reference": "reference",
    "claim": "claim_number",
    "status": "status",
    "letter": "demand_date",
    "wanted": "amount",
    "before": "recovered_before",
    "now": "recovered_now",
    "refunded": "refunded",
    "balance": "balance",
}
"""What was withheld in earlier cycles, and in this one, is *before* and *now*."""
AUTHORIZED = {
    "number": "number",
    "reference": "reference",
    "status": "status",
    "from": "effective_date",
    "to": "expiration_date",
    "unit": "unit",
    "approved": "approved",
    "used": "used",
    "left": "remaining",
}
AUTHORIZED_LINE = {
    "#": "number",
    "code": "procedure modifiers",
    "status": "status",
    "unit": "unit",
    "approved": "approved",
    "used": "used",
    "left": "remaining",
}


def print_answer(out: Console, answer: Answer) -> None:
    """Print an answer."""
    pairs = _pairs(answer, HEAD[answer.kind])
    if isinstance(answer, Claim) and answer.payment is not None:
        pairs += _pairs(answer.payment, PAYMENT, "payment ")
    out.print(indented(_head(pairs)))
    match answer:
        case Claim():
            _claim(out, answer)
        case PaymentList():
            _payments(out, answer)
        case OverpaymentList():
            _overpayments(out, answer)
        case AuthorizationList():
            _authorizations(out, answer)
        case RemittanceFile():
            said = f"{wording.file_name(answer)}: {answer.file.size:,} bytes, kept sealed; nothing opened it"
            say(said, by=2, out=out)
    for name, names in TABLES.items():
        if entries := getattr(answer, name, ()):
            out.print()
            _listed(out, entries, {wording.label(one): one for one in names.split()})
    unmapped = [" › ".join(one.path) for one in getattr(answer, "unmapped", ())]
    if unmapped:
        more = f" and {len(unmapped) - 5} more" if len(unmapped) > 5 else ""
        say(f"Also on the page: {', '.join(unmapped[:5])}{more}", "dim", by=2, out=out)


def _claim(out: Console, claim: Claim) -> None:
    for reason in claim.pend_reasons:
        out.print(indented(Text.assemble(text("Pended: ", "yellow"), _shown(reason))))
    for wanted in claim.requested_documents:
        said = [value(wanted, "document"), value(wanted, "due_date")]
        shown = Text(", due ").join(one for one in said if one.plain != NOT_SHOWN)
        out.print(indented(Text.assemble(text("Documents requested: ", "yellow"), shown)))
    if not claim.lines:
        return
    columns = {"#": "number", "code": "procedure modifiers", **dict(zip(MONEY, MONEY, strict=True))}
    out.print()
    _listed(out, claim.lines, columns | {"why": "adjustments remarks"})
    codes = (one for line in claim.lines for one in (*(a.reason for a in line.adjustments), *line.remarks))
    legend = {one.value.code: one.value.text for one in codes if one.value is not None and one.value.text}
    meanings = grid("left", "fold")
    for code, meaning in sorted(legend.items()):
        meanings.add_row(text(code, "bold"), text(meaning, "dim"))
    out.print(indented(meanings))


def _payments(out: Console, answer: PaymentList) -> None:
    if answer.payments:
        out.print()
        _listed(out, answer.payments, PAID)
    for payment in answer.payments:
        if not (payment.claims or payment.provider_adjustments):
            continue
        out.print()
        say(wording.payment_name(payment), "bold", by=2, out=out)
        if payment.claims:
            _listed(out, payment.claims, PAID_CLAIM)
        for withheld in payment.provider_adjustments:
            name = text(f"{wording.withheld_name(withheld)}: ", "yellow")
            out.print(indented(Text.assemble(name, value(withheld, "amount"))))


def _overpayments(out: Console, answer: OverpaymentList) -> None:
    if answer.overpayments:
        out.print()
        _listed(out, answer.overpayments, OWED)
    notes = grid("left", "fold")
    for demand in answer.overpayments:
        names = ("reason", "interest", "payment_number", "next_action_date")
        said = [
            Text.assemble(text(f"{wording.label(name)} ", "dim"), value(demand, name))
            for name in names
            if value(demand, name).plain != NOT_SHOWN
        ]
        if said:
            notes.add_row(value(demand, "reference"), Text(", ").join(said))
    if notes.row_count:
        out.print()
        out.print(indented(notes))


def _authorizations(out: Console, answer: AuthorizationList) -> None:
    if answer.authorizations:
        out.print()
        _listed(out, answer.authorizations, AUTHORIZED)
    for found in answer.authorizations:
        names = "kind service requesting_provider servicing_provider requested_date decided_date reason"
        pairs = _pairs(found, names)
        if not (pairs or found.lines or found.letters):
            continue
        name = next(one for one in (found.number.value, found.reference.value, "authorization") if one)
        out.print()
        say(name, "bold", by=2, out=out)
        out.print(indented(_head(pairs)))
        if found.lines:
            _listed(out, found.lines, AUTHORIZED_LINE)
        for letter in found.letters:
            sent = Text.assemble(
                text("letter ", "dim"), value(letter, "name"), " ", value(letter, "sent_date")
            )
            out.print(indented(sent))


def _pairs(fact: Fact, names: str, begin: str = "") -> list[tuple[Text, Text]]:
    """Return labelled values, those that the portal does not show left out."""
    pairs = [(text(begin + wording.label(name), "dim"), value(fact, name)) for name in names.split()]
    return [pair for pair in pairs if pair[1].plain != NOT_SHOWN]


def _head(pairs: Sequence[tuple[Text, Text]]) -> Table:
    """Return labelled values two to a row."""
    head = grid(*("left", "fold") * min(len(pairs), 2))
    for at in range(0, len(pairs), 2):
        head.add_row(*(cell for pair in pairs[at : at + 2] for cell in pair))
    return head


def _listed(out: Console, entries: Iterable[Fact], columns: Mapping[str, str]) -> None:
    listed = table(*columns, right=RIGHT)
    for entry in entries:
        listed.add_row(*(_cell(entry, names.split()) for names in columns.values()))
    out.print(indented(listed))


def _cell(entry: Fact, names: Sequence[str]) -> Text:
    return Text(" ").join(said for said in (value(entry, name) for name in names) if said.plain)


def value(fact: Fact, name: str) -> Text:
    """Return a field for a table; what is none, promised or unreadable in the portal's own words."""
    found = getattr(fact, name)
    if isinstance(found, tuple):
        return Text(", ").join(map(_entry, found))
    if not isinstance(found, Shown):
        return text(spaced(found))
    said = wording.said(fact, name) or ""
    if name == "status" and isinstance(fact, Claim) and found.words and found.words not in said:
        return text(f"{said} (“{found.words}”)", "bold")
    return _shown(found, said)


def _entry(one: Adjustment | Shown[Any]) -> Text:
    if isinstance(one, Adjustment):
        return Text.assemble(text(wording.adjustment_name(one)), " ", value(one, "amount"))
    return _shown(one)


def _shown(shown: Shown[Any], said: str = "") -> Text:
    match shown.state:
        case State.KNOWN:
            style = "green" if shown.value is CoverageStatus.ACTIVE else "red"
            coverage = isinstance(shown.value, CoverageStatus)
            return text(said or wording.worth(shown.value), style if coverage else "")
        case State.UNREADABLE:
            return text(f"“{shown.words}”?", "red")
    return text(shown.words or NOT_SHOWN, "dim")
