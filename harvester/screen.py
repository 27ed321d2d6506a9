"""What people see in a terminal: tables that fit 100 columns, and progress while it happens.

Without a terminal the tables are plain text, and progress is a line now and then on stderr. Whatever
a portal or a file said is shown without control characters: it must not move the cursor.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import zip_longest
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harvester.model.claim import Claim, ClaimList
from harvester.model.codes import ClaimStatus, Code, CoverageStatus
from harvester.model.eligibility import Eligibility
from harvester.model.shown import Fact, Shown, State
from harvester.model.snapshot import Answer
from harvester.office.changes import Attention, Change, ChangeKind
from harvester.office.stays import Progress
from harvester.office.wording import worth as _worth
from harvester.report import Hand, Morning, Refusal, Story
from harvester.visit.wire import Catalogue

WIDTH = 100
"""Columns that everything fits, and where there is no terminal the width."""

SECTIONS = {
    Attention.ACT_NOW: ("Act now", "bold red", 8),
    Attention.MONEY: ("Money", "bold green", 4),
    Attention.KNOW: ("Good to know", "bold cyan", 3),
}
"""Heading, style, and how many are shown of each: 15 in all."""

ANSWERS = frozenset({"", "NotOnFile", "SeveralOnFile"})
"""Troubles of a lookup that are an answer."""

ORDINARY = frozenset({"CO-45", "PR-1", "PR-2", "PR-3"})
"""Adjustments of every paid claim: the contract's, and the patient's deductible, coinsurance, copay."""

BAR = 16

SENTENCES = 12
"""Changes of one claim shown at once."""


def console(*, stderr: bool = False) -> Console:
    """Return a console on stdout or stderr."""
    stream = sys.stderr if stderr else sys.stdout
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    width = min(columns, WIDTH) if stream.isatty() else WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def plain(said: object) -> str:
    """Return words without anything that a terminal would act on."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(said))


def text(said: object, style: str = "") -> Text:
    """Return words for the screen."""
    return Text(plain(said), style=style)


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table; columns named in ``right`` hold numbers."""
    empty = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        empty.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return empty


def grid(*columns: str) -> Table:
    """Return an empty table without a header; ``right``, ``left`` or ``fold`` for each column."""
    empty = Table.grid(padding=(0, 2, 0, 0))
    for column in columns:
        empty.add_column(
            justify="right" if column == "right" else "left", no_wrap=column != "fold", overflow="fold"
        )
    return empty


def indented(what: RenderableType, by: int = 2) -> Padding:
    """Return something further to the right."""
    return Padding(what, (0, 0, 0, by), expand=False)


class Watch:
    """Shows how stays go, account by account; a context manager that is called with progress.

    ``names`` are the accounts' user names at their portals.
    """

    def __init__(self, shown: Console, names: Mapping[UUID, str]) -> None:
        self._console = shown
        self._names = names
        self._lines: dict[UUID, _Line] = {}
        self._writing = threading.Lock()
        self._live = (
            Live(console=shown, refresh_per_second=8, get_renderable=self._table)
            if shown.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        """Begin."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        """Take in what an account's stay is doing."""
        with self._writing:
            line = self._lines.get(progress.account)
            if line is None:
                line = self._lines[progress.account] = _Line(progress, self._names)
            worth_a_line = line.hear(progress)
            if self._live is None and worth_a_line:
                self._console.print(indented(text(line.sentence)))

    def _table(self) -> Table:
        shown = grid("left", "left", "right", "right", "left")
        with self._writing:
            for line in self._lines.values():
                shown.add_row(*line.cells)
        return shown


class _Line:
    """One account's line."""

    def __init__(self, first: Progress, names: Mapping[UUID, str]) -> None:
        self._who = f"{first.owner} at {first.portal}"
        self._name = names.get(first.account, "")
        self._last = first
        self._began: float | None = None
        self._ended: float | None = None
        self._refused = 0
        self._quarter = 0

    def hear(self, progress: Progress) -> bool:
        """Take in what happened; return whether it is worth a line where nothing can be redrawn."""
        self._last = progress
        if progress.doing == "signed_in":
            self._began = time.monotonic()
        if progress.doing in ("signed_out", "trouble"):
            self._ended = time.monotonic()
        if progress.doing != "looked_up":
            return True
        if progress.trouble not in ANSWERS:
            self._refused += 1
        before, self._quarter = self._quarter, 4 * progress.done // max(progress.total, 1)
        return before < self._quarter < 4

    @property
    def cells(self) -> Sequence[Text]:
        """The line in columns: who, how far, how many, how fast, and what is the matter."""
        last = self._last
        filled = BAR * last.done // max(last.total, 1)
        bar = Text("━" * filled, style="green") + Text("━" * (BAR - filled), style="bright_black")
        styles = {"signing_in": "yellow", "trouble": "bold red", "signed_out": "dim"}
        return (
            text(f"  {self._who}", "bold"),
            bar,
            text(f"{last.done}/{last.total}"),
            text(self._rate, "cyan"),
            text(self._state, styles.get(last.doing, "")),
        )

    @property
    def sentence(self) -> str:
        """The line in words."""
        rate = f", {self._rate}" if self._rate else ""
        return f"{self._who}: {self._last.done}/{self._last.total}{rate}, {self._state}"

    @property
    def _state(self) -> str:
        refused = f", {self._refused} refused" if self._refused else ""
        match self._last.doing:
            case "signing_in":
                return f"signing in as {self._name}"
            case "signed_out":
                return f"signed out{refused}"
            case "trouble":
                return f"stopped: {spaced(self._last.trouble)}{refused}"
        return f"signed in as {self._name}{refused}"

    @property
    def _rate(self) -> str:
        if self._began is None or not self._last.done:
            return ""
        taken = (self._ended or time.monotonic()) - self._began
        return f"{self._last.done / max(taken, 0.1) * 60:,.0f}/min"


_COUNTS = (
    (("looked_up", "looked up", "bold"), ("paid", "paid", "green"), ("refused", "refused pages", "red")),
    (("changed", "changed", "bold"), ("denied", "denied", "red"), ("failed", "failed", "red")),
    (
        ("seen_again", "the same as before", ""),
        ("documents_requested", "documents requested", "yellow"),
        ("waiting", "still to look up", "yellow"),
    ),
    (
        ("new", "seen for the first time", ""),
        ("not_on_file", "not on file", "yellow"),
        ("several_on_file", "several fit", "yellow"),
    ),
)


def summary(shown: Console, morning: Morning) -> None:
    """Print what a sweep did, in the words of a biller."""
    numbers = dict(morning.counts)
    numbers["seen_again"] += numbers["reworded"]  # other words for the same: nothing to do
    counts = grid("right", "left", "right", "left", "right", "left")
    for row in _COUNTS:
        cells = []
        for key, words, style in row:
            number = numbers[key]
            cells += [text(f"{number:>5,}", style if number else "dim"), text(words, "" if number else "dim")]
        counts.add_row(*cells)
    shown.print(indented(counts, 0))
    hands(shown, morning.hands)
    for wait in morning.report.waiting:
        whose = f"{wait.owner} at {wait.portal}" if wait.owner else wait.portal or "no portal"
        shown.print(indented(text(f"{wait.count} not looked up ({whose}): {wait.reason}.", "yellow")))
    if morning.report.unaskable:
        item, reason = morning.report.unaskable[0]
        number = len(morning.report.unaskable)
        shown.print(indented(text(f"{number} cannot be asked, such as item {item}: {reason}.", "yellow")))
    refusals(shown, morning.refusals)


def hands(shown: Console, needed: Sequence[Hand]) -> None:
    """Print who has to do what."""
    style = "bold red" if needed else "dim"
    counted = grid("right", "left")
    counted.add_row(text(f"{len(needed):>5}", style), text("needs a person", style))
    shown.print(counted)
    for hand in needed:
        said = f" The portal says: “{hand.words}”." if hand.words else ""
        who = text(f"{hand.owner} ({hand.user_name} at {hand.portal}): ", "bold")
        shown.print(indented(Text.assemble(who, text(f"{hand.todo}{said}")), 7))


def refusals(shown: Console, refused: Sequence[Refusal], most: int = 5) -> None:
    """Print which pages were refused, and what to do."""
    for refusal in refused[:most]:
        where = f" [{refusal.where}]" if refusal.where else ""
        shown.print(
            indented(text(f"{refusal.about}: {spaced(refusal.trouble)}{where}. {refusal.todo}", "red"))
        )
    if len(refused) > most:
        shown.print(indented(text(f"… and {len(refused) - most} more refused pages", "red")))


def stories(shown: Console, found: Sequence[Story], *, more: str = "") -> None:
    """Print what changed, most pressing first, with the number of its snapshot.

    All of it, or some where ``more`` is the command that shows the rest.
    """
    if not found:
        shown.print(indented(text("Nothing changed.", "dim")))
        return
    sorted_out = defaultdict(list)
    for story in found:
        sorted_out[story.attention].append(story)
    for attention, (heading, style, most) in SECTIONS.items():
        own = sorted_out[attention]
        if not own:
            continue
        chosen = _some(own, most) if more else own
        shown.print(indented(text(f"{heading} ({len(own)})", style)))
        listed = grid("right", "left", "fold")
        for story in chosen:
            listed.add_row(text(story.snapshot, "dim"), text(story.about), told(story))
        shown.print(indented(listed, 4))
        if len(own) > len(chosen):
            shown.print(indented(text(f"… and {len(own) - len(chosen)} more", "dim"), 4))
    if more:
        shown.print(
            indented(text(f"All {len(found)}: {more}; one in full: … diff {found[0].snapshot}", "dim"))
        )


def _some(found: Sequence[Story], most: int) -> list[Story]:
    """Return a few, of every kind some, the first of each kind; in the order they have."""
    by_kind: dict[ChangeKind, list[Story]] = defaultdict(list)
    for story in found:
        by_kind[story.changes[0].kind].append(story)
    in_turn = [story for turn in zip_longest(*by_kind.values()) for story in turn if story is not None]
    return [story for story in found if story in in_turn[:most]]


def sentences(shown: Console, changes: Sequence[Change], *, more: str = "") -> None:
    """Print changes one by one, most pressing first; the first SENTENCES where ``more`` shows the rest."""
    if not changes:
        shown.print(indented(text("Nothing changed.", "dim")))
    for change in changes[:SENTENCES] if more else changes:
        style = SECTIONS[change.attention][1].replace("bold ", "")
        shown.print(indented(text(change.sentence, style)))
    if more and len(changes) > SENTENCES:
        shown.print(indented(text(f"… and {len(changes) - SENTENCES} more: {more}", "dim")))


def portals(shown: Console, found: Catalogue, today: date) -> None:
    """Print what portals there are, what they offer, and whether software may use them."""
    for facts in found.portals:
        objection = facts.policy.objection(today)
        head = Text.assemble(text(facts.id, "bold"), "  ", text(facts.name))
        shown.print(head)
        carriers = ", ".join(f"{one.name} ({one.id})" for one in facts.carriers)
        rules = facts.rules
        limits = [
            f"locks after {rules.lockout.after} refused passwords",
            f"signs out after {rules.idle.total_seconds() / 60:.0f} idle minutes",
            f"second factor: {', '.join(rules.mfa) or 'none'}",
        ]
        if rules.password_days:
            limits.append(f"password lives {rules.password_days} days")
        policy = facts.policy
        source = f" ({policy.source}, read on {policy.checked})" if policy.checked else ""
        listed = grid("left", "fold")
        listed.add_row(text("carriers", "dim"), text(carriers))
        listed.add_row(text("offers", "dim"), text(", ".join(facts.offers) or "nothing"))
        listed.add_row(text("policy", "dim"), text(f"{spaced(policy.automation)}{source}"))
        may = text("runs", "green") if objection is None else text(f"does not run: {objection}", "red")
        listed.add_row(text("", "dim"), may)
        listed.add_row(text("rules", "dim"), text("; ".join(limits)))
        shown.print(indented(listed))
    for name, reason in found.broken:
        shown.print(text(f"{name} is not usable: {reason}", "red"))
    if not (found.portals or found.broken):
        shown.print(text("No flow is installed."))


def told(story: Story) -> Text:
    """Return what a person wants to know of a story first, in a line or two."""
    phrases = _phrases(story.changes)[:4]
    return text("; ".join(phrases) or story.changes[0].sentence)


def _phrases(changes: Sequence[Change]) -> list[str]:
    """Return the state, then why, then what is wanted, then money, then what else is new."""
    said: list[str] = []
    said += [one.sentence for one in changes if one.path == ("status",)]
    said += _reasons(changes)
    for kinds in (
        (ChangeKind.NO_LONGER_ON_FILE, ChangeKind.NOW_ON_FILE),
        (ChangeKind.DOCUMENTS_REQUESTED, ChangeKind.DUE_DATE),
        (ChangeKind.OTHER_COVERAGE, ChangeKind.COVERAGE, ChangeKind.REPLACED),
        (ChangeKind.PAID,),
    ):
        said += [one.sentence for one in changes if one.kind in kinds]
    spent = (ChangeKind.ACCUMULATOR, ChangeKind.LIMIT)
    said += [one.sentence for one in changes if one.kind in spent and one.path[-1] in ("met", "used")]
    return said or [one.sentence for one in changes]


def _reasons(changes: Sequence[Change]) -> list[str]:
    """Return “lines 1, 3: CO-16 N290” for the adjustments that explain something."""
    lines: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        code = re.sub(r" [-0-9.,]+$", "", change.after or "")
        if change.kind is ChangeKind.ADJUSTMENT_ADDED and code not in ORDINARY and change.path[0] != code:
            lines[code].append(change.path[0].removeprefix("line "))
    return [f"line{'s' * (len(own) > 1)} {', '.join(own)}: {code}" for code, own in lines.items()]


def answer(shown: Console, found: Answer) -> None:
    """Print an answer: whole names, every amount, and in the portal's words what is not a value."""
    match found:
        case Claim():
            _claim(shown, found)
        case Eligibility():
            _eligibility(shown, found)
        case ClaimList():
            listed = table(
                "Claim", "Account", "Service", "Status", "Billed", "Paid", right=("Billed", "Paid")
            )
            for row in found.rows:
                listed.add_row(
                    value(row.claim_number),
                    value(row.patient_account_number),
                    value(row.service_from),
                    *(value(row.status), value(row.billed), value(row.paid)),
                )
            shown.print(indented(listed))
    if found.kind != "claims" and found.unmapped:
        labels = ", ".join(" › ".join(one.path) for one in found.unmapped[:5])
        more = f" and {len(found.unmapped) - 5} more" if len(found.unmapped) > 5 else ""
        shown.print(indented(text(f"Also on the page: {labels}{more}", "dim")))


def _claim(shown: Console, claim: Claim) -> None:
    head = grid("left", "fold", "left", "fold")
    _pairs(
        head,
        ("Status", _status(claim)),
        ("Claim number", value(claim.claim_number)),
        ("Patient", value(claim.patient_name)),
        ("Account number", value(claim.patient_account_number)),
        ("Member", value(claim.member_id)),
        ("Born", value(claim.birth_date)),
        ("Service", _joined(" – ", claim.service_from, claim.service_to)),
        ("Rendering", value(claim.rendering_provider)),
        ("Received", value(claim.received_date)),
        ("Processed", value(claim.processed_date)),
        ("Billed", value(claim.billed)),
        ("Allowed", value(claim.allowed)),
        ("Paid", value(claim.paid)),
        ("Patient owes", value(claim.patient_responsibility)),
        ("Replaces", value(claim.replaces)),
        ("Replaced by", value(claim.replaced_by)),
    )
    if claim.payment is not None:
        paid = claim.payment
        _pairs(
            head,
            ("Payment", _joined(" ", paid.method, paid.number)),
            ("Issued", value(paid.issue_date)),
            ("In all", value(paid.amount)),
            ("Payee", value(paid.payee)),
        )
    shown.print(indented(head))
    for reason in claim.pend_reasons:
        shown.print(indented(Text.assemble(text("Pended: ", "yellow"), value(reason))))
    for wanted in claim.requested_documents:
        due = _joined(", due ", wanted.document, wanted.due_date)
        shown.print(indented(Text.assemble(text("Documents requested: ", "yellow"), due)))
    money = ("Billed", "Allowed", "Deductible", "Copay", "Coinsurance", "Paid")
    if claim.lines:
        lines = table("#", "Code", *money, "Why", right=money)
        for line in claim.lines:
            codes = Text(" ").join([value(line.procedure), *map(value, line.modifiers)])
            amounts = (line.billed, line.allowed, line.deductible, line.copay, line.coinsurance, line.paid)
            why = [
                Text("").join([value(one.group), Text("-"), value(one.reason), Text(" "), value(one.amount)])
                for one in line.adjustments
            ] + [value(remark) for remark in line.remarks]
            lines.add_row(value(line.number), codes, *map(value, amounts), Text(", ").join(why))
        shown.print()
        shown.print(indented(lines))
        legend(shown, claim)


def legend(shown: Console, claim: Claim) -> None:
    """Print what the portal itself says that the codes of a claim's lines mean."""
    codes: dict[str, str] = {}
    for line in claim.lines:
        for shown_code in (*(one.reason for one in line.adjustments), *line.remarks):
            if shown_code.value is not None and shown_code.value.text:
                codes[shown_code.value.code] = shown_code.value.text
    if codes:
        listed = grid("left", "fold")
        for code, meaning in sorted(codes.items()):
            listed.add_row(text(code, "bold"), text(meaning, "dim"))
        shown.print(indented(listed))


def _eligibility(shown: Console, found: Eligibility) -> None:
    head = grid("left", "fold", "left", "fold")
    _pairs(
        head,
        ("Member", value(found.member_name)),
        ("Member id", value(found.member_id)),
        ("Born", value(found.birth_date)),
        ("Relationship", value(found.relationship)),
        ("On", value(found.service_date)),
        ("Primary care", value(found.primary_care_provider)),
        ("Other coverage", value(found.other_coverage_outcome)),
        ("As of", value(found.as_of)),
    )
    shown.print(indented(head))
    sections: tuple[tuple[tuple[str, ...], tuple[str, ...], Sequence[Fact]], ...] = (
        (
            ("Coverage", "Product", "Status", "From", "To", "Group"),
            ("plan_name", "product", "status", "effective_date", "end_date", "group_number"),
            found.coverages,
        ),
        (
            ("Amount", "For", "Network", "Limit", "Met", "Remaining"),
            ("kind", "level", "network", "limit", "met", "remaining"),
            found.accumulators,
        ),
        (
            ("Service", "Network", "Copay", "Coinsurance", "Authorization", "Referral"),
            ("service", "network", "copay", "coinsurance", "authorization_required", "referral_required"),
            found.benefits,
        ),
        (
            ("Limit", "Per", "Unit", "Allowed", "Used", "Remaining"),
            ("service", "period", "unit", "allowed", "used", "remaining"),
            found.limits,
        ),
        (
            ("Other payer", "Order", "Policy", "From", "To", "Updated"),
            ("payer_name", "order", "policy_number", "effective_date", "end_date", "last_updated"),
            found.other_coverages,
        ),
        (("Fund", "Balance", "As of"), ("kind", "balance", "as_of"), found.funds),
    )
    for headers, names, entries in sections:
        if entries:
            listed = table(*headers, right={"Limit", "Met", "Remaining", "Copay", "Balance"} - {headers[0]})
            for entry in entries:
                listed.add_row(*(_cell(getattr(entry, name), name) for name in names))
            shown.print()
            shown.print(indented(listed))


def _pairs(head: Table, *pairs: tuple[str, Text]) -> None:
    """Add labelled values, two to a row, those that the portal does not show left out."""
    there = [pair for pair in pairs if pair[1].plain != NOT_SHOWN]
    for at in range(0, len(there), 2):
        row: list[Text] = []
        for label, said in there[at : at + 2]:
            row += [text(label, "dim"), said]
        head.add_row(*row)


def _cell(said: object, name: str) -> Text:
    if not isinstance(said, Shown):
        return text(spaced(str(said)))
    if name == "coinsurance" and said.value is not None:
        return text(f"{said.value * 100:.0f}%")
    if name == "service" and said.value is not None:
        return text(said.value.text or said.value.code)
    return value(said)


def _status(claim: Claim) -> Text:
    words = f" (“{claim.status.words}”)" if claim.status.words else ""
    return text(f"{status(claim.normalized_status)}{words}", "bold")


def _joined(between: str, *shown: Shown[Any]) -> Text:
    said = [value(one) for one in shown if one.state is not State.NOT_SHOWN or one.words]
    if len(said) == 2 and said[0].plain == said[1].plain:
        said = said[:1]
    return Text(between).join(said) if said else text(NOT_SHOWN)


NOT_SHOWN = "·"
"""Where the portal says nothing."""


def value(shown: Shown[Any]) -> Text:
    """Return a value for a table; what is none, promised or unreadable in the portal's own words."""
    match shown.state:
        case State.NOT_SHOWN:
            return text(shown.words, "dim") if shown.words else text(NOT_SHOWN, "dim")
        case State.NONE:
            return text(shown.words, "dim")
        case State.UNREADABLE:
            return text(f"“{shown.words}”?", "red")
    worth = shown.value
    match worth:
        case CoverageStatus():
            return text(worth.value, "green" if worth is CoverageStatus.ACTIVE else "red")
        case bool():
            return text("yes" if worth else "no")
        case Decimal():
            return text(f"{worth:,.2f}" if worth == worth.quantize(Decimal("0.01")) else f"{worth}")
        case date():
            return text(f"{worth:%m/%d/%Y}")
        case Code():
            return text(worth.code or worth.text or "")
        case Enum():
            return text(_worth(worth))
    return text(worth)


def status(code: str) -> str:
    """Return a status in the words of :mod:`harvester.office.changes`."""
    return _worth(ClaimStatus(code)) if code in list(ClaimStatus) else spaced(code)


def spaced(name: str) -> str:
    """Return ``PortalChanged`` and ``portal_changed`` as “portal changed”."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).replace("_", " ").strip()
