"""An answer as a person reads it: whole names, every amount, and the portal's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harvester.cli.screen import grid, indented, say, spaced, table, text
from harvester.model.claim import Adjustment, Claim
from harvester.model.codes import CoverageStatus
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
RIGHT = frozenset({"limit", "met", "remaining", "used", "balance", *MONEY})


def print_answer(out: Console, answer: Answer) -> None:
    """Print an answer."""
    head = grid("left", "fold", "left", "fold")
    _pairs(head, answer, HEAD[answer.kind])
    if isinstance(answer, Claim) and answer.payment is not None:
        _pairs(head, answer.payment, PAYMENT, "payment ")
    out.print(indented(head))
    if isinstance(answer, Claim):
        _claim(out, answer)
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


def _pairs(head: Table, fact: Fact, names: str, begin: str = "") -> None:
    """Add labelled values, two to a row, those that the portal does not show left out."""
    pairs = [(text(begin + wording.label(name), "dim"), value(fact, name)) for name in names.split()]
    there = [pair for pair in pairs if pair[1].plain != NOT_SHOWN]
    for at in range(0, len(there), 2):
        head.add_row(*(cell for pair in there[at : at + 2] for cell in pair))


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
