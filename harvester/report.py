"""What a sweep or a snapshot tells: gathered once, shown by the screen and printed as JSON.

A claim or a member is called by the practice's own account number or the member id, and by the
patient's initials: what stands on a screen is seen by others. Whole names are in the answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from harvester import errors
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery, Member
from harvester.model.snapshot import Answer
from harvester.model.work import Search, WorkItem
from harvester.office import accounts, lookups, plan, snapshots, sweep, worklist
from harvester.office.changes import Attention, Change, ChangeKind
from harvester.office.models import Account, Lookup, Sighting, Snapshot, Sweep
from harvester.office.sweep import Changed, SweepReport

Json = dict[str, Any]

_PRESSING = {attention: rank for rank, attention in enumerate(Attention)}
_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}


@dataclass(frozen=True)
class Story:
    """All that changed about one claim or one member since the last look, most pressing first."""

    about: str
    snapshot: int
    before: int
    changes: tuple[Change, ...]

    @property
    def attention(self) -> Attention:
        """What the most pressing change asks for."""
        return self.changes[0].attention

    @property
    def json(self) -> Json:
        """The story as plain values."""
        return {
            "about": self.about,
            "snapshot": self.snapshot,
            "before": self.before,
            "changes": [change.model_dump(mode="json") for change in self.changes],
        }


@dataclass(frozen=True)
class Hand:
    """An account on hold, and what its owner has to do."""

    owner: str
    portal: str
    user_name: str
    trouble: str
    todo: str
    words: str


@dataclass(frozen=True)
class Refusal:
    """A lookup whose page was refused, or that ended on a defect; nothing of it became data."""

    about: str
    lookup: int
    outcome: str
    trouble: str
    where: str
    words: str

    @property
    def todo(self) -> str:
        """What the person who acts next does."""
        try:
            return errors.named(self.trouble).todo
        except KeyError:
            return "Tell the flow's author: this is a defect of the software."


class Morning:
    """What a sweep did, for the person who comes in the morning."""

    def __init__(self, report: SweepReport, day: date) -> None:
        self.report = report
        self.day = day

    @property
    def counts(self) -> dict[str, int]:
        """See :attr:`~harvester.office.sweep.SweepReport.counts`."""
        return self.report.counts

    @property
    def whole(self) -> bool:
        """Whether everything that was due was looked up and became data."""
        left = self.counts["refused"] + self.counts["failed"] + self.counts["waiting"]
        return not (left or self.report.waiting or self.report.unaskable)

    @cached_property
    def stories(self) -> list[Story]:
        """What changed, by claim and member, the most pressing first."""
        found = [_story(changed) for changed in self.report.changed if changed.changes]
        return sorted(found, key=_importance)

    @cached_property
    def hands(self) -> list[Hand]:
        """Who has to do what."""
        return [
            Hand(
                listed.account.owner.called,
                listed.account.portal,
                listed.account.user_name,
                hold.trouble,
                hold.todo,
                hold.words,
            )
            for listed in accounts.listed()
            for hold in listed.holds
        ]

    @cached_property
    def refusals(self) -> list[Refusal]:
        """Pages that did not become data."""
        states = (Lookup.State.REFUSED, Lookup.State.FAILED)
        found = []
        for row in Lookup.objects.filter(sweep=self.report.sweep, state__in=states).order_by("pk"):
            words, where = snapshots.words(row)
            found.append(Refusal(about(row), row.pk, row.outcome, row.trouble, where, words))
        return found

    @property
    def json(self) -> Json:
        """The whole of it, with every new answer: each value with state, words and place."""
        return {
            "sweep": self.report.sweep,
            "day": self.day.isoformat(),
            "complete": self.whole,
            "counts": self.counts,
            "stays": [
                {
                    "portal": stay.portal,
                    "owner": stay.owner,
                    "account": str(stay.account),
                    "done": stay.done,
                    "trouble": stay.trouble,
                    "reason": stay.reason,
                }
                for stay in self.report.stays
            ],
            "needs_a_person": [vars(hand) for hand in self.hands],
            "waiting": [vars(wait) for wait in self.report.waiting],
            "cannot_be_asked": [{"item": item, "reason": why} for item, why in self.report.unaskable],
            "refused": [vars(refusal) | {"todo": refusal.todo} for refusal in self.refusals],
            "changes": [story.json for story in self.stories],
            "answers": [_answered(row) for row in _ended(self.report.sweep)],
        }


def about(row: Lookup) -> str:
    """Return whom or what a lookup asks about, without a whole name."""
    query = lookups.asked(row)
    initials = initialled(query.member)
    match query:
        case ClaimQuery():
            return f"claim {query.patient_account_number} ({initials})"
        case ClaimsQuery():
            return f"claims of member {query.member.member_id} ({initials})"
        case EligibilityQuery():
            return f"member {query.member.member_id} ({initials})"


def about_item(work: WorkItem) -> str:
    """Return what an item of the worklist is about, without a whole name."""
    names = [name for name in (work.patient_first, work.patient_last) if name]
    initials = f" ({_initials(names)})" if names else ""
    number = work.patient_account_number or work.payer_claim_number or work.claim_id or work.member_id or "?"
    if work.kind == "claim":
        return f"claim {number}{initials}"
    return f"member {work.member_id or '?'}{initials}"


def initialled(member: Member) -> str:
    """Return a member's initials."""
    return _initials([member.first_name, member.last_name])


def snapshot_json(snapshot: Snapshot, answer: Answer | None) -> Json:
    """Return a snapshot with every value's state, words and place."""
    seen = list(snapshot.sightings.order_by("pk"))
    return {
        "id": snapshot.pk,
        "item": snapshot.item_id,
        "about": about(snapshot.lookup),
        "kind": snapshot.kind,
        "portal": snapshot.portal,
        "carrier": snapshot.carrier,
        "captured_at": snapshot.captured_at.isoformat(),
        "as_of": snapshot.as_of.isoformat() if snapshot.as_of else None,
        "outcome": snapshot.outcome,
        "status": snapshot.status,
        "billed": _text(snapshot.billed),
        "paid": _text(snapshot.paid),
        "seen_again": [sighting.at.isoformat() for sighting in seen],
        "answer": answer.model_dump(mode="json") if answer is not None else None,
    }


def snapshot_line(snapshot: Snapshot) -> Json:
    """Return what a list says of a snapshot."""
    whole = snapshot_json(snapshot, None)
    return {name: whole[name] for name in whole if name != "answer"}


@dataclass(frozen=True)
class Known:
    """An item of the worklist, what its last look told, and whether it is due."""

    item: int
    kind: str
    about: str
    payer: str
    portal: str
    status: str
    looked: date | None
    age: str
    due: bool
    reason: str

    @property
    def json(self) -> Json:
        """The item as plain values."""
        return vars(self) | {"looked": self.looked.isoformat() if self.looked else None}


def known_items(today: date) -> list[Known]:
    """Return the open items in the order of their import."""
    items = {one.row.pk: one for one in worklist.listed()}
    last = {one.item: one for one in sweep.followed({pk: one.row for pk, one in items.items()})}
    due = {one.item: one.reason for one in plan.due(last.values(), today)}
    waiting = Lookup.objects.filter(state=Lookup.State.WAITING, item__in=list(items))
    waits = dict(waiting.values_list("item", "account__user_name"))
    found = []
    for pk, one in items.items():
        followed, missing = last[pk], _missing(one.work)
        if pk in waits:
            reason = f"waits for {waits[pk]}"
        elif not one.row.portal:
            reason = "no installed flow knows the payer"
        elif missing:
            reason = f"lacks {missing}"
        else:
            reason = due.get(pk) or plan.why_not(followed, today)
        found.append(
            Known(
                item=pk,
                kind=one.work.kind,
                about=about_item(one.work),
                payer=one.work.payer,
                portal=one.row.portal,
                status=followed.status,
                looked=followed.looked,
                age=_age(followed.looked, today),
                due=pk in waits or (pk in due and bool(one.row.portal) and not missing),
                reason=reason,
            )
        )
    return found


def last_sweep() -> list[Story]:
    """Return what the last sweep changed, most pressing first."""
    last = Sweep.objects.order_by("-pk").first()
    if last is None:
        return []
    return Morning(SweepReport(sweep=last.pk, stays=(), left=(), unaskable=()), last.day).stories


def _missing(work: WorkItem) -> str:
    search: Search = "eligibility" if work.kind == "appointment" else "account"
    return ", ".join(work.missing_for(search))


def _age(looked: date | None, today: date) -> str:
    if looked is None:
        return "never"
    days = (today - looked).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago" if days > 0 else str(looked))


def _story(changed: Changed) -> Story:
    return Story(about(changed.snapshot.lookup), changed.snapshot.pk, changed.before.pk, changed.changes)


def _importance(story: Story) -> tuple[int, int, str]:
    first = story.changes[0]
    return _PRESSING[first.attention], _RANK[first.kind], story.about


def _ended(sweep: int) -> Iterable[Lookup]:
    rows = Lookup.objects.filter(sweep=sweep, state=Lookup.State.ANSWERED)
    return rows.select_related("account").order_by("pk")


def _answered(row: Lookup) -> Json:
    own = Snapshot.objects.filter(lookup=row).first()
    if own is not None:
        return {"lookup": row.pk, "seen_again": False, **snapshot_json(own, snapshots.answer(own))}
    sighting = Sighting.objects.select_related("snapshot").get(lookup=row)
    known = snapshot_json(sighting.snapshot, None)
    return {"lookup": row.pk, "seen_again": True} | {key: known[key] for key in known if key != "answer"}


def account_json(listed: accounts.Listed) -> Json:
    """Return an account and its state."""
    account: Account = listed.account
    return {
        "portal": account.portal,
        "user_name": account.user_name,
        "owner": account.owner.username,
        "owner_name": account.owner.called,
        "context": account.context,
        "sweep_consent": account.sweep_consent.isoformat() if account.sweep_consent else None,
        "state": listed.state.partition(":")[0],
        "holds": [vars(hold) for hold in listed.holds],
    }


def _initials(names: Iterable[str]) -> str:
    return "".join(f"{name.strip()[:1].upper()}." for name in names if name.strip())


def _text(value: object) -> str | None:
    return None if value is None else str(value)
