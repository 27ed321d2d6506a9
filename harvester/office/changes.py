"""What differs between two answers about one subject: typed, and as the sentence a biller reads.

What counts as different
- A value is its state and what it is worth; where it has no worth (none, not shown, unreadable) its
  words count, and so they do where a status is *unknown*: there the words are all there is.
- Other words for the same worth are no change. Portals reword statuses and legends and write 300.00
  as ``$300`` overnight, for every claim at once; what a biller would do stays the same. A code's
  ``text`` is such words. The snapshots keep them.
- Where a value stood, the day of the data and what nobody read never count (``snapshot.MOVING``),
  nor does the order of entries.

Entries of a list are the same entry by their keys (``_ENTRIES``), never by position. Entries
that nothing tells apart are paired equal ones first, then in the order of their content.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from harvester.model.claim import (
    Adjustment,
    Claim,
    ClaimList,
    ClaimRow,
    PaymentReference,
    RequestedDocument,
    ServiceLine,
)
from harvester.model.codes import (
    AdjustmentGroup,
    ClaimStatus,
    Code,
    CoverageStatus,
    Network,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
)
from harvester.model.eligibility import (
    Accumulator,
    Benefit,
    Coverage,
    Eligibility,
    Fund,
    Limit,
    OtherCoverage,
)
from harvester.model.shown import Fact, Shown, State
from harvester.model.snapshot import MOVING, Answer

T = TypeVar("T")
F = TypeVar("F", bound=Fact)
Key = tuple[str, ...]
Test = Callable[[Fact], bool]
_Decided = Claim | ServiceLine | ClaimRow


class Attention(StrEnum):
    """What a change asks of the person who reads it, most pressing first."""

    ACT_NOW = "act_now"
    MONEY = "money"
    KNOW = "know"


class ChangeKind(StrEnum):
    """What sort of thing changed, in the order in which a biller wants to read it."""

    NO_LONGER_ON_FILE = "no_longer_on_file"
    DENIED = "denied"
    DOCUMENTS_REQUESTED = "documents_requested"
    DUE_DATE = "due_date"
    STATUS = "status"
    OTHER_COVERAGE = "other_coverage"
    COVERAGE = "coverage"
    PAID = "paid"
    """A claim counts as paid now, or more of it is; always with a payment to show for it."""
    PAYMENT = "payment"
    AMOUNT = "amount"
    ADJUSTMENT_ADDED = "adjustment_added"
    """An adjustment (CARC) or a remark (RARC)."""
    ADJUSTMENT_REMOVED = "adjustment_removed"
    LINE_ADDED = "line_added"
    LINE_REMOVED = "line_removed"
    NOW_ON_FILE = "now_on_file"
    DOCUMENT_NO_LONGER_REQUESTED = "document_no_longer_requested"
    """The request is gone; whether the document arrived, no portal says."""
    PEND_REASON = "pend_reason"
    REPLACED = "replaced"
    ACCUMULATOR = "accumulator"
    LIMIT = "limit"
    BENEFIT = "benefit"
    FUND = "fund"
    IDENTITY = "identity"
    DETAIL = "detail"


class Change(Fact):
    """One difference. ``before`` and ``after`` are texts, ``None`` where nothing stood there.

    ``path`` is the labels that lead to it, outermost first, e.g. ``("line 2", "paid")``.
    """

    kind: ChangeKind
    attention: Attention
    path: tuple[str, ...]
    before: str | None = None
    after: str | None = None
    sentence: str


def changes(before: Answer | None, after: Answer | None) -> tuple[Change, ...]:
    """Return what differs, most pressing first; ``None`` is *the portal has nothing on file*.

    What comes on file brings along what wants acting on at once (denied, documents requested, other
    insurance) and what is paid. A claim list differs by rows: which claims came, went or changed.
    Raises ``TypeError`` where the answers are of different kinds.
    """
    if before is not None and after is not None:
        if type(before) is not type(after):
            raise TypeError(f"{before.kind} and {after.kind} cannot be compared")
        found = list(_between(before, after, _Where()))
    else:
        found = list(_entries(_items(before), _items(after), _Where()))
        if after is not None:
            brought = _between(type(after)(), after, _Where())
            found += (c for c in brought if c.attention is Attention.ACT_NOW or c.kind is ChangeKind.PAID)
    return tuple(sorted(found, key=_importance))


def _importance(change: Change) -> tuple[Any, ...]:
    numbers = tuple((len(label), label) if label.startswith("line ") else (0, label) for label in change.path)
    return _PRESSING[change.attention], _RANK[change.kind], numbers, change.sentence


_PRESSING = {attention: rank for rank, attention in enumerate(Attention)}
_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}


# What a difference means -----------------------------------------------------------------------

FIELDS: dict[type[Fact], dict[ChangeKind, tuple[str, ...]]] = {
    Claim: {
        ChangeKind.IDENTITY: (
            *("claim_number", "patient_account_number", "member_id", "patient_name", "birth_date"),
            *("tin", "billing_provider", "billing_npi", "rendering_provider", "rendering_npi"),
        ),
        ChangeKind.STATUS: ("status",),
        ChangeKind.AMOUNT: ("billed", "allowed", "paid", "patient_responsibility"),
        ChangeKind.PEND_REASON: ("pend_reasons",),
        ChangeKind.REPLACED: ("replaces", "replaced_by"),
    },
    ServiceLine: {
        ChangeKind.STATUS: ("status",),
        ChangeKind.AMOUNT: ("billed", "allowed", "deductible", "copay", "coinsurance", "paid"),
    },
    Adjustment: {ChangeKind.AMOUNT: ("amount",)},
    RequestedDocument: {
        ChangeKind.DOCUMENTS_REQUESTED: ("document",),
        ChangeKind.DUE_DATE: ("due_date",),
    },
    PaymentReference: {ChangeKind.PAYMENT: ("method", "number", "issue_date", "amount", "payee")},
    ClaimRow: {
        ChangeKind.IDENTITY: ("claim_number", "patient_account_number", "patient_name", "member_id"),
        ChangeKind.STATUS: ("status",),
        ChangeKind.AMOUNT: ("billed", "paid"),
    },
    Eligibility: {
        ChangeKind.IDENTITY: ("member_id", "member_name", "birth_date", "relationship"),
        ChangeKind.OTHER_COVERAGE: ("other_coverage_outcome",),
    },
    Coverage: {ChangeKind.COVERAGE: ("product", "network_name", "status", "end_date")},
    Accumulator: {ChangeKind.ACCUMULATOR: ("limit", "met", "remaining")},
    Benefit: {
        ChangeKind.BENEFIT: (
            *("copay", "coinsurance", "deductible_applies"),
            *("authorization_required", "referral_required"),
        )
    },
    Limit: {ChangeKind.LIMIT: ("allowed", "used", "remaining")},
    OtherCoverage: {ChangeKind.OTHER_COVERAGE: ("order", "effective_date", "end_date")},
    Fund: {ChangeKind.FUND: ("balance",)},
}
"""Of which kind a change of a field is; every other field is a detail."""

_KINDS = {(f, name): kind for f, kinds in FIELDS.items() for kind, names in kinds.items() for name in names}

_ATTENTION = {
    ChangeKind.NO_LONGER_ON_FILE: Attention.ACT_NOW,
    ChangeKind.DENIED: Attention.ACT_NOW,
    ChangeKind.DOCUMENTS_REQUESTED: Attention.ACT_NOW,
    ChangeKind.DUE_DATE: Attention.ACT_NOW,
    ChangeKind.OTHER_COVERAGE: Attention.ACT_NOW,
    ChangeKind.PAID: Attention.MONEY,
    ChangeKind.PAYMENT: Attention.MONEY,
    ChangeKind.AMOUNT: Attention.MONEY,
    ChangeKind.ADJUSTMENT_ADDED: Attention.MONEY,
    ChangeKind.ADJUSTMENT_REMOVED: Attention.MONEY,
    ChangeKind.LINE_ADDED: Attention.MONEY,
    ChangeKind.LINE_REMOVED: Attention.MONEY,
}
"""What kinds ask for; all others are good to know."""

_STATUS_ATTENTION = {
    **dict.fromkeys((ClaimStatus.DENIED, ClaimStatus.DENIED_LINE_MIXED), Attention.ACT_NOW),
    ClaimStatus.REJECTED_UNPROCESSABLE: Attention.ACT_NOW,
    ClaimStatus.PENDED_PROVIDER_INFO: Attention.ACT_NOW,
    ClaimStatus.PENDED_COB: Attention.ACT_NOW,
    ClaimStatus.NOT_FOUND: Attention.ACT_NOW,
    ClaimStatus.UNKNOWN: Attention.ACT_NOW,  # words that nobody has mapped may well be a denial
    **dict.fromkeys((ClaimStatus.PAID, ClaimStatus.PAID_PARTIAL, ClaimStatus.PAID_ZERO), Attention.MONEY),
    **dict.fromkeys((ClaimStatus.ADJUSTED, ClaimStatus.REVERSED, ClaimStatus.VOIDED), Attention.MONEY),
}
_DENIED = (ClaimStatus.DENIED, ClaimStatus.DENIED_LINE_MIXED)
_PAID = (ClaimStatus.PAID, ClaimStatus.PAID_PARTIAL)
_SILENT = (State.NONE, State.NOT_SHOWN)


def _attention(kind: ChangeKind, before: Fact | None, after: Fact | None) -> Attention:
    match kind, before, after:
        case ChangeKind.STATUS, _, Claim() | ServiceLine() | ClaimRow() if after.status.state not in _SILENT:
            return _STATUS_ATTENTION.get(after.status.value or ClaimStatus.UNKNOWN, Attention.KNOW)
        case ChangeKind.LINE_ADDED | ChangeKind.NOW_ON_FILE, None, ServiceLine() | ClaimRow():
            if after.status.value in _DENIED:
                return Attention.ACT_NOW
        case ChangeKind.COVERAGE, Coverage(), _ if _active(before) and not _active(after):
            return Attention.ACT_NOW
        case ChangeKind.OTHER_COVERAGE, Eligibility(), Eligibility():
            nobody = (None, OtherCoverageOutcome.NONE_ON_FILE)
            outcomes = (before.other_coverage_outcome, after.other_coverage_outcome)
            if all(o.value in nobody and o.state is not State.UNREADABLE for o in outcomes):
                return Attention.KNOW
    return _ATTENTION.get(kind, Attention.KNOW)


def _active(coverage: Fact | None) -> bool:
    return isinstance(coverage, Coverage) and coverage.status.value is CoverageStatus.ACTIVE


# What is compared ------------------------------------------------------------------------------


def _identity(value: Any) -> Any:
    """Return what a value says as nested tuples: equal, hashed and sorted by what counts alone."""
    match value:
        case Shown(state=State.KNOWN):
            worth = value.value
            if isinstance(worth, Code):
                return State.KNOWN.value, (worth.system, worth.code or worth.text or "")
            return State.KNOWN.value, worth, (value.words or "") if worth is ClaimStatus.UNKNOWN else ""
        case Shown():
            return value.state.value, value.words is not None, value.words or ""
        case Fact():
            return tuple(_identity(getattr(value, name)) for name in _names(type(value)))
        case tuple():
            return tuple(sorted(map(_identity, value)))
        case None:
            return ()
    return value


@cache
def _names(fact: type[Fact]) -> tuple[str, ...]:
    return tuple(name for name in fact.model_fields if name not in MOVING)


def _without(items: Sequence[T], others: Sequence[T]) -> list[T]:
    """Return the items that have no equal among the others, each of which is used up once; sorted."""
    spare = Counter(map(_identity, others))
    left = []
    for identity, item in sorted(((_identity(item), item) for item in items), key=itemgetter(0)):
        if spare[identity]:
            spare[identity] -= 1
        else:
            left.append(item)
    return left


def _pairs(before: Sequence[F], after: Sequence[F], keys: Sequence[Key]) -> list[tuple[F | None, F | None]]:
    """Pair the differing entries that are the same thing; what has no partner stands alone.

    The first of two keys decides where it is known on both sides, else the second does.
    """
    old, new = _without(before, after), _without(after, before)
    found: list[tuple[F | None, F | None]] = []
    for key, left, right in _rounds(keys):
        partners = defaultdict(list)
        for item in new:
            if right(item):
                partners[_key(item, key)].append(item)
        taken = [(item, partners[_key(item, key)]) for item in old if left(item)]
        pairs = [(item, waiting.pop(0)) for item, waiting in taken if waiting]
        found += pairs
        old = [item for item in old if not any(item is pair[0] for pair in pairs)]
        new = [item for item in new if not any(item is pair[1] for pair in pairs)]
    return found + [(item, None) for item in old] + [(None, item) for item in new]


def _rounds(keys: Sequence[Key]) -> list[tuple[Key, Test, Test]]:
    if len(keys) == 1:
        return [(keys[0], lambda _: True, lambda _: True)]
    first, second = keys

    def has(item: Fact) -> bool:
        return _has(item, first)

    def lacks(item: Fact) -> bool:
        return not _has(item, first)

    return [(first, has, has), (second, lacks, lacks), (second, lacks, has), (second, has, lacks)]


def _key(item: Fact, key: Key) -> tuple[Any, ...]:
    return tuple(_identity(getattr(item, name)) for name in key)


def _has(item: Fact, key: Key) -> bool:
    return all(getattr(item, name).state is State.KNOWN for name in key)


# How it is said --------------------------------------------------------------------------------


def _money(amount: Decimal) -> str:
    text = f"{amount:z,.2f}"
    return text if Decimal(text.replace(",", "")) == amount else f"{amount:,f}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _service(service: Code) -> str:
    return service.text or service.code


_CODES: dict[type[StrEnum], dict[Any, str]] = {
    AdjustmentGroup: {group: group.value for group in AdjustmentGroup},
    ClaimStatus: {
        ClaimStatus.PENDED_PAYER: "pended",
        ClaimStatus.PENDED_PROVIDER_INFO: "pended for information from us",
        ClaimStatus.PENDED_PATIENT_INFO: "pended for information from the patient",
        ClaimStatus.PENDED_COB: "pended for other coverage",
        ClaimStatus.PAID_PARTIAL: "paid in part",
        ClaimStatus.PAID_ZERO: "paid at zero",
        ClaimStatus.DENIED_LINE_MIXED: "denied in part",
        ClaimStatus.REJECTED_UNPROCESSABLE: "rejected as unprocessable",
    },
    Network: {
        Network.IN: "in network",
        Network.OUT: "out of network",
        Network.BOTH: "in and out of network",
    },
    PaymentMethod: {PaymentMethod.EFT: "EFT"},
}
"""Words for codes; every other code is called by its name."""

_WORTH: dict[tuple[type[Fact], str], Callable[[Any], str]] = {
    (Benefit, "coinsurance"): lambda share: f"{_plain(share * 100)}%",
    (Benefit, "service"): _service,
    (Limit, "service"): _service,
    (ServiceLine, "units"): _plain,
}
"""Fields that are not written the way their type is."""

_LABELS = {
    "billing_npi": "billing NPI",
    "member_id": "member ID",
    "rendering_npi": "rendering NPI",
    "tin": "tax ID",
}


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _worth(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case StrEnum():
            return _CODES.get(type(value), {}).get(value, value.name.lower().replace("_", " "))
        case Decimal():
            return _money(value)
        case date():
            return f"{value:%m/%d/%Y}"
        case Code():
            return value.code or value.text or ""
    return str(value)


def _words(shown: Shown[Any], worth: Callable[[Any], str] = _worth) -> str | None:
    """Return a value with its state, ``None`` where not even a label was found."""
    quoted = {None: "", "": " (blank)"}.get(shown.words, f" (“{shown.words}”)")
    match shown.state:
        case State.KNOWN:
            return worth(shown.value) + (quoted if shown.value is ClaimStatus.UNKNOWN else "")
        case State.NOT_SHOWN:
            return None if shown.words is None else f"not shown{quoted}"
    return shown.state.value + quoted


def _said(fact: Fact, name: str) -> str | None:
    """Return a field in words; *paid* is said only where there is something to show for it."""
    shown = getattr(fact, name)
    if name == "status" and shown.value in _PAID and not _is_paid(fact):
        return f"“{shown.words or _worth(shown.value)}” without a payment to show"
    return _words(shown, _WORTH.get((type(fact), name), _worth))


def _is_paid(fact: Fact) -> bool:
    if isinstance(fact, Claim):
        return fact.normalized_status in _PAID
    return isinstance(fact, ServiceLine | ClaimRow) and (fact.paid.value or 0) > 0


def _turn(old: Shown[Any], new: Shown[Any], before: str | None, after: str | None) -> str:
    """Return “300.00 → 540.00”, “300.00 → no longer shown” or “540.00, newly shown”."""
    if before is None and new.state is not State.NOT_SHOWN:
        return f"{after}, newly shown"
    after = after or "not shown"
    if new.state is State.NOT_SHOWN and old.state is not State.NOT_SHOWN:
        after = after.replace("not shown", "no longer shown", 1)
    return f"{before or 'not shown'} → {after}"


# Fields ----------------------------------------------------------------------------------------


class _Where(NamedTuple):
    """The entry that is spoken of: its labels, and how a sentence about it begins."""

    path: tuple[str, ...] = ()
    begin: str = ""


def _between(before: Fact, after: Fact, where: _Where) -> Iterator[Change]:
    """Yield what differs between two facts of one type, field by field."""
    for name in _names(type(after)):
        old, new = getattr(before, name), getattr(after, name)
        if (type(after), name) in _OWN:
            yield from _OWN[type(after), name](before, after, where)
        elif isinstance(new, Shown):
            yield from _field(before, after, name, where)
        elif any(isinstance(item, Shown) for item in (*_items(old), *_items(new))):
            yield from _values(type(after), name, old, new, where)
        else:
            yield from _entries(_items(old), _items(new), where)


def _items(value: Any) -> tuple[Any, ...]:
    """Return a list as it is, a fact as a list of one, and anything else as nothing to compare."""
    return value if isinstance(value, tuple) else (value,) if isinstance(value, Fact) else ()


def _field(before: Fact, after: Fact, name: str, where: _Where, more: str = "") -> Iterator[Change]:
    old, new = getattr(before, name), getattr(after, name)
    if _identity(old) == _identity(new):
        return
    was, now = _said(before, name), _said(after, name)
    # ``--`` that turns blank is a detail, whatever the field.
    silent = old.state in _SILENT and new.state in _SILENT
    kind = ChangeKind.DETAIL if silent else _KINDS.get((type(after), name), ChangeKind.DETAIL)
    yield Change(
        kind=kind,
        attention=_attention(kind, before, after),
        path=(*where.path, _label(name)),
        before=was,
        after=now,
        sentence=f"{where.begin}{_label(name)} {_turn(old, new, was, now and now + more)}",
    )


def _values(
    fact: type[Fact], name: str, old: Sequence[Shown[Any]], new: Sequence[Shown[Any]], where: _Where
) -> Iterator[Change]:
    """Yield the bare values that a list has gained and lost."""
    kind = _KINDS.get((fact, name), ChangeKind.DETAIL)
    for shown in _without(new, old):
        yield _value(kind, name, shown, where, added=True)
    for shown in _without(old, new):
        yield _value(kind, name, shown, where, added=False)


_ONE = {"diagnoses": "diagnosis", "modifiers": "modifier", "pend_reasons": "pend reason", "remarks": "remark"}


def _value(kind: ChangeKind, name: str, shown: Shown[Any], where: _Where, *, added: bool) -> Change:
    text = _words(shown) or "not shown"
    named = f"{_ONE[name]} “{text}”" if isinstance(shown.value, str) else f"{_ONE[name]} {text}"
    kind = ChangeKind.DETAIL if shown.state in _SILENT else kind
    path = (*where.path, _label(name))
    return _one_sided(
        kind, path, text, f"{where.begin}{named} {'added' if added else 'removed'}", added=added
    )


def _one_sided(
    kind: ChangeKind,
    path: tuple[str, ...],
    text: str,
    sentence: str,
    *,
    added: bool,
    fact: Fact | None = None,
) -> Change:
    """Return the change that something came (``added``) or went."""
    return Change(
        kind=kind,
        attention=_attention(kind, None, fact) if added else _attention(kind, fact, None),
        path=path,
        before=None if added else text,
        after=text if added else None,
        sentence=sentence,
    )


# Entries of lists ------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """How the entries of a list are told apart, called and told of."""

    keys: tuple[Key, ...]
    """What names an entry; of two, the second is for entries where the first is not known."""
    name: Callable[[Any], str]
    kinds: tuple[ChangeKind, ChangeKind]
    """Of an entry that came, and of one that went."""
    tells: dict[str, str]
    """The fields worth telling of an entry that came or went, and the words before each."""
    phrases: tuple[str, str] = ("{} added", "{} removed")
    section: tuple[str, ...] = ()
    joint: str = ": "


def _entries(old: Sequence[Fact], new: Sequence[Fact], where: _Where) -> Iterator[Change]:
    """Yield the entries that came and went, and what differs within those that stayed."""
    if not (old or new):
        return
    entry = _ENTRIES[type((*old, *new)[0])]
    for before, after in _pairs(old, new, entry.keys):
        if before is not None and after is not None:
            named = before if len(entry.keys) > 1 and not _has(after, entry.keys[0]) else after
            path = (*where.path, *entry.section, entry.name(named))
            yield from _between(before, after, _Where(path, f"{where.begin}{entry.name(named)}{entry.joint}"))
        else:
            yield _whole(entry, before, after, where)


def _whole(entry: _Entry, before: Fact | None, after: Fact | None, where: _Where) -> Change:
    fact, added = after or before, after is not None
    assert fact is not None
    name, phrase = entry.name(fact), entry.phrases[0 if added else 1]
    told = _told(fact, entry)
    said = phrase.format(name) + ((", " if ":" in phrase else ": ") + told if told else "")
    path = (*where.path, *entry.section, name)
    text = f"{name}: {told}" if told else name
    return _one_sided(entry.kinds[0 if added else 1], path, text, where.begin + said, added=added, fact=fact)


def _told(fact: Fact, entry: _Entry) -> str:
    fields = ((words, getattr(fact, name), name) for name, words in entry.tells.items())
    return ", ".join(
        words
        + (_reasons(sorted(value, key=_identity)) if isinstance(value, tuple) else _said(fact, name) or "")
        for words, value, name in fields
        if (value if isinstance(value, tuple) else value.state not in _SILENT)
    )


def _called(fact: Fact, name: str) -> str:
    """Return a field as part of an entry's name, nothing where nothing stands there."""
    value = getattr(fact, name)
    if not isinstance(value, Shown):
        return _worth(value).replace("_", " ")
    if value.state in _SILENT or value.value is Period.CALENDAR_YEAR:
        return ""
    return _said(fact, name) or ""


def _naming(noun: str, *names: str, marks: tuple[str, ...] = ()) -> Callable[[Any], str]:
    """Return how entries are called: the noun, the first field that says something, and its marks."""

    def name(fact: Fact) -> str:
        main = next(filter(None, (_called(fact, field) for field in names)), "")
        said = ", ".join(filter(None, (_called(fact, mark) for mark in marks)))
        return " ".join(filter(None, (noun, main, f"({said})" if said else ""))) or "not named"

    return name


def _line(line: ServiceLine) -> str:
    if line.number.state is State.KNOWN:
        return f"line {line.number.value}"
    return _naming("line", "procedure", marks=("service_from",))(line)


def _adjustment(adjustment: Adjustment) -> str:
    group, reason = _called(adjustment, "group"), _called(adjustment, "reason")
    return f"{group}-{reason}" if group and reason else f"adjustment {group or reason}".rstrip()


_ON_FILE = (ChangeKind.NOW_ON_FILE, ChangeKind.NO_LONGER_ON_FILE)
_FILED = ("now on file: {}", "no longer on file: {}")

_ENTRIES: dict[type[Fact], _Entry] = {
    Claim: _Entry(((),), _naming("claim", "claim_number"), _ON_FILE, {"status": ""}, _FILED),
    ClaimList: _Entry(((),), lambda claims: f"{len(claims.rows)} claims", _ON_FILE, {}, _FILED),
    Eligibility: _Entry(((),), _naming("member", "member_id"), _ON_FILE, {}, _FILED),
    ClaimRow: _Entry(
        (("claim_number",), ("patient_account_number", "service_from", "service_to")),
        _naming("claim", "claim_number", "patient_account_number"),
        _ON_FILE,
        {"status": "", "billed": "billed ", "paid": "paid "},
        ("{} now on file", "{} no longer on file"),
    ),
    ServiceLine: _Entry(
        (("number",), ("procedure", "modifiers", "service_from", "service_to")),
        _line,
        (ChangeKind.LINE_ADDED, ChangeKind.LINE_REMOVED),
        {
            "procedure": "",
            "status": "",
            "billed": "billed ",
            "paid": "paid ",
            "adjustments": "",
            "remarks": "",
        },
    ),
    Adjustment: _Entry(
        (("group", "reason"),),
        _adjustment,
        (ChangeKind.ADJUSTMENT_ADDED, ChangeKind.ADJUSTMENT_REMOVED),
        {"amount": ""},
        section=("adjustments",),
        joint=" ",
    ),
    RequestedDocument: _Entry(
        (("reference",), ("document",)),
        _naming("", "document", "reference"),
        (ChangeKind.DOCUMENTS_REQUESTED, ChangeKind.DOCUMENT_NO_LONGER_REQUESTED),
        {"due_date": "due "},
        ("records requested: {}", "records no longer requested: {}"),
        section=("requested documents",),
    ),
    PaymentReference: _Entry(
        ((),),
        lambda _: "payment",
        (ChangeKind.PAYMENT, ChangeKind.PAYMENT),
        {"method": "", "number": "number ", "issue_date": "issued ", "amount": "in all "},
        joint=" ",
    ),
    Coverage: _Entry(
        (("plan_name", "group_number", "effective_date"),),
        _naming("coverage", "plan_name", "group_number"),
        (ChangeKind.COVERAGE, ChangeKind.COVERAGE),
        {"status": "", "effective_date": "from ", "end_date": "to ", "group_number": "group "},
    ),
    Accumulator: _Entry(
        (("kind", "level", "network", "period"),),
        _naming("", "kind", marks=("level", "network", "period")),
        (ChangeKind.ACCUMULATOR, ChangeKind.ACCUMULATOR),
        {"limit": "limit ", "met": "met ", "remaining": "remaining "},
        joint=" ",
    ),
    Benefit: _Entry(
        (("service", "network"),),
        _naming("benefit", "service", marks=("network",)),
        (ChangeKind.BENEFIT, ChangeKind.BENEFIT),
        {"copay": "copay ", "coinsurance": "coinsurance "},
    ),
    Limit: _Entry(
        (("service", "unit", "period"),),
        _naming("limit", "service", marks=("unit", "period")),
        (ChangeKind.LIMIT, ChangeKind.LIMIT),
        {"allowed": "allowed ", "used": "used ", "remaining": "remaining "},
    ),
    OtherCoverage: _Entry(
        (("payer_name", "policy_number"),),
        _naming("other coverage", "payer_name", "policy_number"),
        (ChangeKind.OTHER_COVERAGE, ChangeKind.OTHER_COVERAGE),
        {"order": "", "policy_number": "policy ", "effective_date": "from ", "end_date": "to "},
    ),
    Fund: _Entry(
        (("kind",),), _naming("fund", "kind"), (ChangeKind.FUND, ChangeKind.FUND), {"balance": "balance "}
    ),
}


# Fields with a say of their own ----------------------------------------------------------------


def _status(before: _Decided, after: _Decided, where: _Where) -> Iterator[Change]:
    """“pended → denied”; where both ends are known, the word “status” is left out."""
    for change in _field(before, after, "status", where):
        ends = (before.status.state, after.status.state)
        kind = ChangeKind.DENIED if after.status.value in _DENIED else change.kind
        sentence = f"{where.begin}{change.before} → {change.after}"
        yield change.model_copy(
            update={"kind": kind, "sentence": sentence if set(ends) == {State.KNOWN} else change.sentence}
        )


def _paid(before: Claim, after: Claim, where: _Where) -> Iterator[Change]:
    """“paid 0.00 → 120.50 by EFT 900123”, also where the amount stood there before its payment did."""
    was, now = _is_paid(before), _is_paid(after)
    more = now and (not was or (after.paid.value or 0) > (before.paid.value or 0))
    update = {"kind": ChangeKind.PAID, "attention": Attention.MONEY} if more else {}
    said = list(_field(before, after, "paid", where, _by(after)))
    if not said and was != now:
        amount = _said(after, "paid") or ""
        sentence = f"paid {amount}{_by(after)}" if now else f"{amount} no longer counts as paid"
        said = [_one_sided(ChangeKind.AMOUNT, (*where.path, "paid"), amount, sentence, added=now)]
    yield from (change.model_copy(update=update) for change in said)


def _by(claim: Claim) -> str:
    payment = claim.payment
    if payment is None or payment.number.value is None or not claim.paid.value:
        return ""
    methods = (None, PaymentMethod.NONE)
    method = "payment" if payment.method.value in methods else _worth(payment.method.value)
    return f" by {method} {payment.number.value}"


def _reasons_changed(before: ServiceLine, after: ServiceLine, where: _Where) -> Iterator[Change]:
    """“line 2: CO-16 N290 added (120.00)”: remarks go with the one adjustment that came with them."""
    entry, path = _ENTRIES[Adjustment], (*where.path, "adjustments")
    pairs = _pairs(before.adjustments, after.adjustments, entry.keys)
    for old, new in pairs:
        if old is not None and new is not None:
            name = _adjustment(new)
            yield from _between(old, new, _Where((*path, name), f"{where.begin}{name} "))
    sides = (
        (True, [new for old, new in pairs if old is None], _without(after.remarks, before.remarks)),
        (False, [old for old, new in pairs if new is None], _without(before.remarks, after.remarks)),
    )
    for added, adjustments, remarks in sides:
        kind, verb = (entry.kinds[0], "added") if added else (entry.kinds[1], "removed")
        along = [r for r in remarks if r.state is State.KNOWN] if len(adjustments) == 1 else []
        for adjustment in adjustments:
            assert adjustment is not None
            name = _reasons((adjustment, *along))
            amount = _told(adjustment, entry)
            sentence = f"{where.begin}{name} {verb}" + (f" ({amount})" if amount else "")
            yield _one_sided(kind, path, f"{name} {amount}".rstrip(), sentence, added=added)
        for remark in remarks:
            if remark not in along:
                yield _value(kind, "remarks", remark, where, added=added)


def _reasons(reasons: Sequence[Adjustment | Shown[Any]]) -> str:
    return " ".join(
        _adjustment(r) if isinstance(r, Adjustment) else _words(r) or "not shown" for r in reasons
    )


def _other_coverage(before: Eligibility, after: Eligibility, where: _Where) -> Iterator[Change]:
    """“other coverage: none on file → primary: Example Mutual”."""
    for change in _field(before, after, "other_coverage_outcome", where):
        was, now = _payers(before), _payers(after)
        turn = _turn(before.other_coverage_outcome, after.other_coverage_outcome, was, now)
        sentence = f"{where.begin}other coverage: {turn}"
        path = (*where.path, "other coverage")
        yield change.model_copy(update={"path": path, "before": was, "after": now, "sentence": sentence})


def _payers(eligibility: Eligibility) -> str | None:
    """Return who else pays, in order, or what the portal says instead."""
    outcome = eligibility.other_coverage_outcome
    said = _said(eligibility, "other_coverage_outcome")
    if outcome.value is not OtherCoverageOutcome.DETERMINED or not eligibility.other_coverages:
        return said
    payer = _naming("", "payer_name", "policy_number")
    others = (
        (_called(other, "order") or "order not shown", payer(other)) for other in eligibility.other_coverages
    )
    return "; ".join(f"{order}: {name}" for order, name in sorted(others))


_OWN: dict[tuple[type[Fact], str], Callable[[Any, Any, _Where], Iterator[Change]]] = {
    (Claim, "status"): _status,
    (ServiceLine, "status"): _status,
    (ClaimRow, "status"): _status,
    (Claim, "paid"): _paid,
    (ServiceLine, "adjustments"): _reasons_changed,
    (ServiceLine, "remarks"): lambda *_: iter(()),  # told with the adjustments
    (Eligibility, "other_coverage_outcome"): _other_coverage,
}
