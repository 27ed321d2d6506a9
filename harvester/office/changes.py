"""What differs between two answers about one subject: typed, and as the sentence a biller reads.

What counts as different
- A value is its state and what it is worth; where it has no worth (none, not shown, unreadable) its
  words count, and so they do where a status is *unknown*: there the words are all there is.
- Other words for the same worth are no change. Portals reword statuses and legends and write 300.00
  as ``$300`` overnight, for every claim at once; what a biller would do stays the same. A code's
  ``text`` is such words. The snapshots keep them.
- Where a value stood, the day of the data and what nobody read never count (``snapshot.MOVING``),
  nor does the order of entries.

Entries of a list are the same entry by their keys (``_ENTRIES``), never by position:
:mod:`harvester.office.pairing`. How it is said is in :mod:`harvester.office.wording`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from harvester.model.authorization import Authorization, AuthorizationList, AuthorizedService, Letter
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
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    OtherCoverageOutcome,
    PaymentStatus,
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
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.remittance import RemittanceFile
from harvester.model.shown import Fact, Shown, State
from harvester.model.snapshot import Answer
from harvester.office import pairing, wording
from harvester.office.pairing import Key

_Decided = Claim | ServiceLine | ClaimRow | Payment | Overpayment | Authorization | AuthorizedService

SOON = timedelta(days=14)
"""How long before an authorization ends that is told."""

FEW = 2
"""So many units of an authorization are nearly none."""


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
    OVERPAYMENT = "overpayment"
    """A demand is new, its balance moved, or it is closed."""
    OTHER_COVERAGE = "other_coverage"
    AUTHORIZATION = "authorization"
    """An authorization is new, says something else, or ends soon."""
    UNITS = "units"
    """What is left of an authorization."""
    COVERAGE = "coverage"
    PAID = "paid"
    """A claim counts as paid now, or more of it is; always with a payment to show for it."""
    PAYMENT = "payment"
    WITHHELD = "withheld"
    """Money that a payment holds back or adds, and that is no claim's."""
    FILE = "file"
    """The file of a payment was received."""
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
    insurance) and what is paid. A list differs by its entries: which came, went or changed.
    Raises ``TypeError`` where the answers are of different kinds.
    """
    if before is not None and after is not None:
        if type(before) is not type(after):
            raise TypeError(f"{before.kind} and {after.kind} cannot be compared")
        found = list(_between(before, after, _Where()))
    elif isinstance(whole := after or before, PaymentList | OverpaymentList | AuthorizationList):
        # Nothing on file is an empty list.
        found = list(_between(before or type(whole)(), after or type(whole)(), _Where()))
    else:
        found = list(_entries(_items(before), _items(after), _Where()))
        if after is not None and not isinstance(after, RemittanceFile):
            brought = _between(type(after)(), after, _Where())
            found += (c for c in brought if c.attention is Attention.ACT_NOW or c.kind is ChangeKind.PAID)
    return tuple(sorted(found, key=importance))


_NEWS = (ChangeKind.PAYMENT, ChangeKind.WITHHELD, ChangeKind.FILE)


def news(first: Answer | None) -> tuple[Change, ...]:
    """Return what the first answer about a subject brings: money and its files, and what is to be done.

    A claim or a member that is looked up for the first time is no news; nor is what is authorized.
    """
    if not isinstance(first, PaymentList | OverpaymentList | AuthorizationList | RemittanceFile):
        return ()
    return tuple(c for c in changes(None, first) if c.attention is Attention.ACT_NOW or c.kind in _NEWS)


def ending(after: Answer | None, since: date, today: date) -> tuple[Change, ...]:
    """Return which authorizations came to end soon between two looks: the time passes, not the answer."""
    if not isinstance(after, AuthorizationList):
        return ()
    found = []
    for one in after.authorizations:
        last = one.expiration_date.value
        if last is not None and last >= today and since < last - SOON <= today:
            name = _ENTRIES[Authorization].name(one)
            said = wording.worth(last)
            found.append(
                Change(
                    kind=ChangeKind.AUTHORIZATION,
                    attention=Attention.ACT_NOW,
                    path=(name, "expiration date"),
                    after=said,
                    sentence=f"{name} ends on {said}",
                )
            )
    return tuple(found)


def importance(change: Change) -> tuple[Any, ...]:
    """Return what changes are sorted by: attention, kind, then place."""
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
    PaymentList: {ChangeKind.IDENTITY: ("tin",), ChangeKind.AMOUNT: ("approved_amount",)},
    Payment: {
        ChangeKind.IDENTITY: ("payee", "payee_tin", "payee_npi"),
        ChangeKind.PAYMENT: ("number", "method", "status", "issue_date", "cleared_date"),
        ChangeKind.AMOUNT: ("amount",),
    },
    PaidClaim: {ChangeKind.AMOUNT: ("billed", "paid", "patient_responsibility")},
    ProviderAdjustment: {ChangeKind.WITHHELD: ("amount",)},
    OverpaymentList: {ChangeKind.IDENTITY: ("tin",)},
    Overpayment: {ChangeKind.OVERPAYMENT: ("status", "amount", "balance", "next_action_date")},
    AuthorizationList: {ChangeKind.IDENTITY: ("member_id", "member_name", "birth_date")},
    Authorization: {
        ChangeKind.AUTHORIZATION: (
            *("number", "status", "reason", "approved", "unit"),
            *("effective_date", "expiration_date"),
        )
    },
    AuthorizedService: {ChangeKind.AUTHORIZATION: ("status", "approved", "unit")},
    RemittanceFile: {ChangeKind.IDENTITY: ("payment_number",)},
}
"""Of which kind a change of a field is; every other field is a detail."""

_KINDS = {(f, name): kind for f, kinds in FIELDS.items() for kind, names in kinds.items() for name in names}

_ATTENTION = {
    ChangeKind.NO_LONGER_ON_FILE: Attention.ACT_NOW,
    ChangeKind.DENIED: Attention.ACT_NOW,
    ChangeKind.DOCUMENTS_REQUESTED: Attention.ACT_NOW,
    ChangeKind.DUE_DATE: Attention.ACT_NOW,
    ChangeKind.OTHER_COVERAGE: Attention.ACT_NOW,
    ChangeKind.OVERPAYMENT: Attention.MONEY,
    ChangeKind.PAID: Attention.MONEY,
    ChangeKind.PAYMENT: Attention.MONEY,
    ChangeKind.WITHHELD: Attention.MONEY,
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
_REFUSED = (
    AuthorizationStatus.DENIED,
    AuthorizationStatus.PENDED_INFO,
    AuthorizationStatus.CANCELLED,
    AuthorizationStatus.EXPIRED,
)
"""What of an authorization has to be seen to."""
_UNPAID = (PaymentStatus.VOIDED, PaymentStatus.STOPPED, PaymentStatus.RETURNED)


def _attention(kind: ChangeKind, before: Fact | None, after: Fact | None) -> Attention:
    match kind, before, after:
        case ChangeKind.STATUS, _, Claim() | ServiceLine() | ClaimRow():
            if after.status.state not in wording.SILENT:
                return _STATUS_ATTENTION.get(after.status.value or ClaimStatus.UNKNOWN, Attention.KNOW)
        case ChangeKind.LINE_ADDED | ChangeKind.NOW_ON_FILE, None, ServiceLine() | ClaimRow():
            if after.status.value in _DENIED:
                return Attention.ACT_NOW
        case ChangeKind.AUTHORIZATION, _, Authorization() | AuthorizedService():
            if after.status.value in _REFUSED or after.status.state is State.UNREADABLE:
                return Attention.ACT_NOW
        case ChangeKind.PAYMENT, _, Payment() if after.status.value in _UNPAID:
            return Attention.ACT_NOW
        case ChangeKind.OVERPAYMENT, None, Overpayment():
            return Attention.ACT_NOW  # deadlines count from the letter
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


# Fields ----------------------------------------------------------------------------------------


class _Where(NamedTuple):
    """The entry that is spoken of: its labels, and how a sentence about it begins."""

    path: tuple[str, ...] = ()
    begin: str = ""


def _between(before: Fact, after: Fact, where: _Where) -> Iterator[Change]:
    """Yield what differs between two facts of one type, field by field."""
    for name in pairing.fields(type(after)):
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
    if pairing.identity(old) == pairing.identity(new):
        return
    was, now = wording.said(before, name), wording.said(after, name)
    # ``--`` that turns blank is a detail, whatever the field.
    silent = old.state in wording.SILENT and new.state in wording.SILENT
    kind = ChangeKind.DETAIL if silent else _KINDS.get((type(after), name), ChangeKind.DETAIL)
    yield Change(
        kind=kind,
        attention=_attention(kind, before, after),
        path=(*where.path, wording.label(name)),
        before=was,
        after=now,
        sentence=f"{where.begin}{wording.label(name)} {wording.turn(old, new, was, now and now + more)}",
    )


def _values(
    fact: type[Fact], name: str, old: Sequence[Shown[Any]], new: Sequence[Shown[Any]], where: _Where
) -> Iterator[Change]:
    """Yield the bare values that a list has gained and lost."""
    kind = _KINDS.get((fact, name), ChangeKind.DETAIL)
    for shown in pairing.without(new, old):
        yield _value(kind, name, shown, where, added=True)
    for shown in pairing.without(old, new):
        yield _value(kind, name, shown, where, added=False)


_ONE = {
    "conditions": "condition",
    "diagnoses": "diagnosis",
    "modifiers": "modifier",
    "pend_reasons": "pend reason",
    "remarks": "remark",
}


def _value(kind: ChangeKind, name: str, shown: Shown[Any], where: _Where, *, added: bool) -> Change:
    text = wording.words(shown) or "not shown"
    named = f"{_ONE[name]} “{text}”" if isinstance(shown.value, str) else f"{_ONE[name]} {text}"
    kind = ChangeKind.DETAIL if shown.state in wording.SILENT else kind
    path = (*where.path, wording.label(name))
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
    for before, after in pairing.pairs(old, new, entry.keys):
        if before is not None and after is not None:
            named = before if len(entry.keys) > 1 and not pairing.has(after, entry.keys[0]) else after
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
        + (
            wording.reasons(sorted(value, key=pairing.identity))
            if isinstance(value, tuple)
            else wording.said(fact, name) or ""
        )
        for words, value, name in fields
        if (value if isinstance(value, tuple) else value.state not in wording.SILENT)
    )


_ON_FILE = (ChangeKind.NOW_ON_FILE, ChangeKind.NO_LONGER_ON_FILE)
_FILED = ("now on file: {}", "no longer on file: {}")

_ENTRIES: dict[type[Fact], _Entry] = {
    Claim: _Entry(((),), wording.naming("claim", "claim_number"), _ON_FILE, {"status": ""}, _FILED),
    ClaimList: _Entry(((),), lambda claims: f"{len(claims.rows)} claims", _ON_FILE, {}, _FILED),
    Eligibility: _Entry(((),), wording.naming("member", "member_id"), _ON_FILE, {}, _FILED),
    ClaimRow: _Entry(
        (("claim_number",), ("patient_account_number", "service_from", "service_to")),
        wording.naming("claim", "claim_number", "patient_account_number"),
        _ON_FILE,
        {"status": "", "billed": "billed ", "paid": "paid "},
        ("{} now on file", "{} no longer on file"),
    ),
    ServiceLine: _Entry(
        (("number",), ("procedure", "modifiers", "service_from", "service_to")),
        wording.line_name,
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
        wording.adjustment_name,
        (ChangeKind.ADJUSTMENT_ADDED, ChangeKind.ADJUSTMENT_REMOVED),
        {"amount": ""},
        section=("adjustments",),
        joint=" ",
    ),
    RequestedDocument: _Entry(
        (("reference",), ("document",)),
        wording.naming("", "document", "reference"),
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
        wording.naming("coverage", "plan_name", "group_number"),
        (ChangeKind.COVERAGE, ChangeKind.COVERAGE),
        {"status": "", "effective_date": "from ", "end_date": "to ", "group_number": "group "},
    ),
    Accumulator: _Entry(
        (("kind", "level", "network", "period"),),
        wording.naming("", "kind", marks=("level", "network", "period")),
        (ChangeKind.ACCUMULATOR, ChangeKind.ACCUMULATOR),
        {"limit": "limit ", "met": "met ", "remaining": "remaining "},
        joint=" ",
    ),
    Benefit: _Entry(
        (("service", "network"),),
        wording.naming("benefit", "service", marks=("network",)),
        (ChangeKind.BENEFIT, ChangeKind.BENEFIT),
        {"copay": "copay ", "coinsurance": "coinsurance "},
    ),
    Limit: _Entry(
        (("service", "unit", "period"),),
        wording.naming("limit", "service", marks=("unit", "period")),
        (ChangeKind.LIMIT, ChangeKind.LIMIT),
        {"allowed": "allowed ", "used": "used ", "remaining": "remaining "},
    ),
    OtherCoverage: _Entry(
        (("payer_name", "policy_number"),),
        wording.naming("other coverage", "payer_name", "policy_number"),
        (ChangeKind.OTHER_COVERAGE, ChangeKind.OTHER_COVERAGE),
        {"order": "", "policy_number": "policy ", "effective_date": "from ", "end_date": "to "},
    ),
    Fund: _Entry(
        (("kind",),),
        wording.naming("fund", "kind"),
        (ChangeKind.FUND, ChangeKind.FUND),
        {"balance": "balance "},
    ),
    Payment: _Entry(
        (("number",), ("issue_date", "amount")),
        wording.payment_name,
        (ChangeKind.PAYMENT, ChangeKind.PAYMENT),
        {"amount": "", "issue_date": "issued ", "status": ""},
        ("new: {}", "no longer listed: {}"),
    ),
    PaidClaim: _Entry(
        (("claim_number",), ("patient_account_number", "service_from", "service_to")),
        wording.naming("claim", "patient_account_number", "claim_number"),
        (ChangeKind.PAYMENT, ChangeKind.PAYMENT),
        {"billed": "billed ", "paid": "paid "},
    ),
    ProviderAdjustment: _Entry(
        (("reason", "reference"),),
        wording.withheld_name,
        (ChangeKind.WITHHELD, ChangeKind.WITHHELD),
        {"amount": ""},
        ("{}", "no longer {}"),
    ),
    Overpayment: _Entry(
        (("reference",), ("claim_number", "demand_date", "amount")),
        wording.naming("overpayment", "reference", "claim_number"),
        (ChangeKind.OVERPAYMENT, ChangeKind.OVERPAYMENT),
        {"amount": "", "balance": "balance ", "demand_date": "letter of ", "reason": ""},
        ("wanted back: {}", "no longer listed: {}"),
    ),
    Authorization: _Entry(
        (("number",), ("reference",)),
        wording.naming("authorization", "number", "reference"),
        (ChangeKind.AUTHORIZATION, ChangeKind.AUTHORIZATION),
        {"status": "", "approved": "approved ", "effective_date": "from ", "expiration_date": "to "},
        ("new: {}", "no longer listed: {}"),
    ),
    AuthorizedService: _Entry(
        (("number",), ("procedure", "modifiers", "service_from", "service_to")),
        wording.line_name,
        (ChangeKind.AUTHORIZATION, ChangeKind.AUTHORIZATION),
        {"procedure": "", "status": "", "approved": "approved "},
    ),
    Letter: _Entry(
        (("reference",), ("name", "sent_date")),
        wording.naming("letter", "name", "reference"),
        (ChangeKind.AUTHORIZATION, ChangeKind.DETAIL),
        {"sent_date": "of "},
    ),
    RemittanceFile: _Entry(
        ((),),
        wording.file_name,
        (ChangeKind.FILE, ChangeKind.FILE),
        {},
        ("file received: {}", "file no longer there: {}"),
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
    was, now = wording.is_paid(before), wording.is_paid(after)
    more = now and (not was or (after.paid.value or 0) > (before.paid.value or 0))
    update = {"kind": ChangeKind.PAID, "attention": Attention.MONEY} if more else {}
    said = list(_field(before, after, "paid", where, wording.paid_by(after)))
    if not said and was != now:
        amount = wording.said(after, "paid") or ""
        sentence = f"paid {amount}{wording.paid_by(after)}" if now else f"{amount} no longer counts as paid"
        said = [_one_sided(ChangeKind.AMOUNT, (*where.path, "paid"), amount, sentence, added=now)]
    yield from (change.model_copy(update=update) for change in said)


def _reasons_changed(before: ServiceLine, after: ServiceLine, where: _Where) -> Iterator[Change]:
    """“line 2: CO-16 N290 added (120.00)”: remarks go with the one adjustment that came with them."""
    entry, path = _ENTRIES[Adjustment], (*where.path, "adjustments")
    pairs = pairing.pairs(before.adjustments, after.adjustments, entry.keys)
    for old, new in pairs:
        if old is not None and new is not None:
            name = wording.adjustment_name(new)
            yield from _between(old, new, _Where((*path, name), f"{where.begin}{name} "))
    sides = (
        (True, [new for old, new in pairs if old is None], pairing.without(after.remarks, before.remarks)),
        (False, [old for old, new in pairs if new is None], pairing.without(before.remarks, after.remarks)),
    )
    for added, adjustments, remarks in sides:
        kind, verb = (entry.kinds[0], "added") if added else (entry.kinds[1], "removed")
        along = [r for r in remarks if r.state is State.KNOWN] if len(adjustments) == 1 else []
        for adjustment in adjustments:
            assert adjustment is not None
            name = wording.reasons((adjustment, *along))
            amount = _told(adjustment, entry)
            sentence = f"{where.begin}{name} {verb}" + (f" ({amount})" if amount else "")
            yield _one_sided(kind, path, f"{name} {amount}".rstrip(), sentence, added=added)
        for remark in remarks:
            if remark not in along:
                yield _value(kind, "remarks", remark, where, added=added)


def _other_coverage(before: Eligibility, after: Eligibility, where: _Where) -> Iterator[Change]:
    """“other coverage: none on file → primary: Example Mutual”."""
    for change in _field(before, after, "other_coverage_outcome", where):
        was, now = wording.payers(before), wording.payers(after)
        turn = wording.turn(before.other_coverage_outcome, after.other_coverage_outcome, was, now)
        sentence = f"{where.begin}other coverage: {turn}"
        path = (*where.path, "other coverage")
        yield change.model_copy(update={"path": path, "before": was, "after": now, "sentence": sentence})


def _payments(before: PaymentList, after: PaymentList, where: _Where) -> Iterator[Change]:
    """As entries are told; of a payment that is new also what it withholds."""
    yield from _entries(before.payments, after.payments, where)
    for old, new in pairing.pairs(before.payments, after.payments, _ENTRIES[Payment].keys):
        if old is None and new is not None:
            name = wording.payment_name(new)
            yield from _entries((), new.provider_adjustments, _Where((*where.path, name), f"{name}: "))


def _authorizations(before: AuthorizationList, after: AuthorizationList, where: _Where) -> Iterator[Change]:
    """As entries are told; of one that is new also when little is left of it."""
    yield from _entries(before.authorizations, after.authorizations, where)
    entry = _ENTRIES[Authorization]
    for old, new in pairing.pairs(before.authorizations, after.authorizations, entry.keys):
        if old is None and new is not None:
            name = entry.name(new)
            said = _left(Authorization(), new, _Where((*where.path, name), f"{name}: "))
            yield from (change for change in said if change.attention is Attention.ACT_NOW)


def _left(
    before: Authorization | AuthorizedService, after: Authorization | AuthorizedService, where: _Where
) -> Iterator[Change]:
    """“2 of 12 visits left”, also where the portal shows only what is approved and used."""
    was, now = wording.remaining(before), wording.remaining(after)
    if now is None or was == now:
        return
    unit = wording.worth(after.unit.value) if after.unit.value else "units"
    of = f" of {wording.said(after, 'approved')}" if after.approved.value is not None else ""
    quantity = wording.number(now) if now > 0 else "none" if of else "no"
    sentence = f"{quantity}{of} {unit} left"
    yield Change(
        kind=ChangeKind.UNITS,
        attention=Attention.ACT_NOW if now <= FEW else Attention.KNOW,
        path=(*where.path, "remaining"),
        before=None if was is None else wording.number(was),
        after=wording.number(now),
        sentence=f"{where.begin}{sentence}",
    )


def _another_file(before: RemittanceFile, after: RemittanceFile, where: _Where) -> Iterator[Change]:
    if before.file.sha256 != after.file.sha256:
        name = wording.file_name(after)
        yield _one_sided(
            ChangeKind.FILE, (*where.path, "file"), name, f"{where.begin}another file: {name}", added=True
        )


_OWN: dict[tuple[type[Fact], str], Callable[[Any, Any, _Where], Iterator[Change]]] = {
    (Claim, "status"): _status,
    (ServiceLine, "status"): _status,
    (ClaimRow, "status"): _status,
    (Claim, "paid"): _paid,
    (ServiceLine, "adjustments"): _reasons_changed,
    (ServiceLine, "remarks"): lambda *_: iter(()),  # told with the adjustments
    (Eligibility, "other_coverage_outcome"): _other_coverage,
    (PaymentList, "payments"): _payments,
    (Payment, "status"): _status,
    (Overpayment, "status"): _status,
    (AuthorizationList, "authorizations"): _authorizations,
    (Authorization, "status"): _status,
    (Authorization, "remaining"): _left,
    (Authorization, "used"): lambda *_: iter(()),  # told as what is left
    (AuthorizedService, "status"): _status,
    (AuthorizedService, "remaining"): _left,
    (AuthorizedService, "used"): lambda *_: iter(()),
    (RemittanceFile, "file"): _another_file,
    (PaymentList, "stated_total"): lambda *_: iter(()),  # told as what came and went
    (OverpaymentList, "stated_total"): lambda *_: iter(()),
    (AuthorizationList, "stated_total"): lambda *_: iter(()),
}
