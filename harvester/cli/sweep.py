"""The sweep, and the morning after it: what changed, and what needs a person."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import typer

from harvester.cli import options, screen
from harvester.cli.opening import at_the_terminal, opened, program
from harvester.cli.options import By, Json, Today

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from harvester.office.changes import Change, ChangeKind
    from harvester.office.sweep import SweepReport

UNDONE = 3
"""Exit code of a sweep that left something to do."""


def sweep(by: By = None, as_json: Json = False, today: Today = options.NOW) -> None:
    """Look up everything that is due, with everybody's own account; ends with 3 if something is left."""
    opened()
    from harvester.cli.watch import Watch
    from harvester.office.engine import swept

    with Watch(screen.console(stderr=True), quiet=as_json) as watch:
        done = swept(today, told=watch, watcher=watch.watcher(at_the_terminal(by)))
    morning = Morning(done, today)
    if as_json:
        screen.print_json(morning.whole | {"answers": list(_answers(morning.report.sweep))})
    else:
        out = screen.console()
        print_morning(out, morning)
        out.print()
        print_stories(out, morning.stories, more=f"{program()} snapshots diff")
    if not morning.complete:
        raise typer.Exit(UNDONE)


# What a sweep tells -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """All that changed about one claim or one member since the last look, most pressing first."""

    about: str
    snapshot: int
    before: int | None
    changes: tuple[Change, ...]


class Morning:
    """What a sweep did, for the person who comes in the morning."""

    def __init__(self, report: SweepReport, day: date) -> None:
        self.report = report
        self.day = day

    @property
    def complete(self) -> bool:
        """Whether everything that was due was looked up and became data."""
        counts = self.report.counts
        left = counts["refused"] + counts["failed"] + counts["waiting"]
        return not (left or self.report.waiting or self.report.unaskable)

    @cached_property
    def stories(self) -> list[Story]:
        """What changed, by claim and member, the most pressing first."""
        from harvester.cli.report import about
        from harvester.office.changes import importance

        found = [
            Story(
                about(one.snapshot.lookup),
                one.snapshot.pk,
                one.before.pk if one.before else None,
                one.changes,
            )
            for one in self.report.changed
            if one.changes
        ]
        return sorted(found, key=lambda story: (*importance(story.changes[0])[:2], story.about))

    @cached_property
    def hands(self) -> list[dict[str, str]]:
        """Who has to do what at which portal, and the whole of it as a sentence."""
        from harvester.office import accounts

        return [
            {
                "owner": one.account.owner.called,
                "portal": one.account.portal,
                "user_name": one.account.user_name,
                **vars(hold),
                "sentence": hold.sentence,
            }
            for one in accounts.listed()
            for hold in one.holds
        ]

    @cached_property
    def told(self) -> list[dict[str, str]]:
        """What the portals told account owners on the way in, and what is due soon."""
        from harvester.cli.report import reminders
        from harvester.office import accounts

        due, since = reminders(self.day), self.report.run.started
        return [
            {
                "owner": one.account.owner.called,
                "portal": one.account.portal,
                "user_name": one.account.user_name,
                "sentence": sentence,
            }
            for one in accounts.listed()
            for sentence in (
                *(f"The portal says: “{words}”." for words in accounts.notices(one.account, since)),
                *due.get(one.account.pk, ()),
            )
        ]

    @cached_property
    def refusals(self) -> list[dict[str, Any]]:
        """Pages that did not become data, and what the person who acts next does."""
        from harvester import errors
        from harvester.cli.report import about
        from harvester.office import snapshots
        from harvester.office.models import Lookup

        ended = (Lookup.State.REFUSED, Lookup.State.FAILED)
        found: list[dict[str, Any]] = []
        for row in Lookup.objects.filter(sweep=self.report.sweep, state__in=ended).order_by("pk"):
            words, where = snapshots.words(row)
            try:
                todo = errors.named(row.trouble).todo
            except KeyError:
                todo = "Tell the flow's author: this is a defect of the software."
            ending = {"lookup": row.pk, "outcome": row.outcome, "trouble": row.trouble}
            found.append({"about": about(row), **ending, "where": where, "words": words, "todo": todo})
        return found

    @property
    def whole(self) -> dict[str, Any]:
        """The whole of it as plain values, without the answers."""
        return {
            "sweep": self.report.sweep,
            "day": self.day,
            "complete": self.complete,
            "counts": self.report.counts,
            "stays": [
                {
                    "account": stay.account_id,
                    "owner": stay.account.owner.called,
                    "portal": stay.account.portal,
                    "done": stay.done,
                    "trouble": stay.trouble,
                    "reason": stay.reason,
                }
                for stay in self.report.stays
            ],
            "needs_a_person": self.hands,
            "waiting": self.report.waiting,
            "cannot_be_asked": [{"item": item, "reason": why} for item, why in self.report.unaskable],
            "refused": self.refusals,
            "told": self.told,
            "changes": self.stories,
        }


def last_sweep() -> list[Story]:
    """Return what the last sweep changed, most pressing first."""
    from harvester.office.models import Sweep
    from harvester.office.sweep import SweepReport

    last = Sweep.objects.order_by("-pk").first()
    if last is None:
        return []
    return Morning(SweepReport(last.pk), last.day).stories


def _answers(run: int) -> Iterator[dict[str, Any]]:
    """Yield every answer of a sweep: each value with state, words and place, unless it was seen before."""
    from harvester.cli import report
    from harvester.office import snapshots
    from harvester.office.models import Lookup

    for row in Lookup.objects.filter(sweep=run, state=Lookup.State.ANSWERED).order_by("pk"):
        found = snapshots.of(row)
        assert found is not None
        again = found.lookup_id != row.pk
        answer = {} if again else {"answer": snapshots.answer(found)}
        yield {"lookup": row.pk, **report.snapshot(found), "seen_again": again, **answer}


# How it is shown --------------------------------------------------------------------------------

_COUNTS = {
    "looked_up": ("looked up", "bold"),
    "paid": ("paid", "green"),
    "refused": ("refused pages", "red"),
    "changed": ("changed", "bold"),
    "denied": ("denied", "red"),
    "failed": ("failed", "red"),
    "seen_again": ("the same as before", ""),
    "documents_requested": ("documents requested", "yellow"),
    "waiting": ("still to look up", "yellow"),
    "new": ("seen for the first time", ""),
    "not_on_file": ("not on file", "yellow"),
    "several_on_file": ("several fit", "yellow"),
}
"""What is counted, three to a row: its words and colour."""


def print_morning(out: Console, morning: Morning) -> None:
    """Print what a sweep did, in the words of a biller."""
    numbers = dict(morning.report.counts)
    numbers["seen_again"] += numbers["reworded"]  # other words for the same: nothing to do
    counts = screen.grid("right", "left", "right", "left", "right", "left")
    cells = []
    for key, (words, style) in _COUNTS.items():
        number = numbers[key]
        cells += [screen.text(f"{number:>5,}", style if number else "dim")]
        cells += [screen.text(words, "" if number else "dim")]
    for at in range(0, len(cells), 6):
        counts.add_row(*cells[at : at + 6])
    out.print(counts)
    hands, refusals = morning.hands, morning.refusals
    screen.say(f"{len(hands):>5}  needs a person", "bold red" if hands else "dim", out=out)
    for one, style in (*((hand, "") for hand in hands), *((told, "yellow") for told in morning.told)):
        whose = f"{one['owner']} ({one['user_name']} at {one['portal']})"
        screen.say(f"{whose}: {one['sentence']}", style, by=7, out=out)
    if hands:
        done = f"Done there? {program()} account release PORTAL USER, or account password with another one."
        screen.say(done, "dim", by=7, out=out)
    for wait in morning.report.waiting:
        whose = f"{wait.owner} at {wait.portal}" if wait.owner else wait.portal or "no portal"
        screen.say(f"{wait.count} not looked up ({whose}): {wait.reason}.", "yellow", by=2, out=out)
    for item, reason in morning.report.unaskable[:1]:
        count = len(morning.report.unaskable)
        screen.say(f"{count} cannot be asked, such as item {item}: {reason}.", "yellow", by=2, out=out)
    for refusal in refusals[:5]:
        where = f" [{refusal['where']}]" if refusal["where"] else ""
        said = f"{refusal['about']}: {screen.spaced(refusal['trouble'])}{where}. {refusal['todo']}"
        screen.say(said, "red", by=2, out=out)
    if len(refusals) > 5:
        screen.say(f"… and {len(refusals) - 5} more refused pages", "red", by=2, out=out)


SECTIONS = {
    "act_now": ("Act now", "red", 8),
    "money": ("Money", "green", 4),
    "know": ("Good to know", "cyan", 3),
}
"""Heading, colour, and how many stories are shown of each: 15 in all."""


def print_stories(out: Console, found: Sequence[Story], *, more: str = "") -> None:
    """Print what changed, most pressing first, with the number of its snapshot.

    All of it, or some where ``more`` is the command that shows the rest.
    """
    if not found:
        screen.say("Nothing changed.", "dim", by=2, out=out)
    for attention, (heading, colour, most) in SECTIONS.items():
        own = [story for story in found if story.changes[0].attention == attention]
        if not own:
            continue
        chosen = _some(own, most) if more else own
        screen.say(f"{heading} ({len(own)})", f"bold {colour}", by=2, out=out)
        listed = screen.grid("right", "left", "fold")
        for story in chosen:
            told = "; ".join(_phrases(story.changes)[:4])
            listed.add_row(screen.text(story.snapshot, "dim"), screen.text(story.about), screen.text(told))
        out.print(screen.indented(listed, 4))
        if len(own) > len(chosen):
            screen.say(f"… and {len(own) - len(chosen)} more", "dim", by=4, out=out)
    if more and found:
        rest = f"All {len(found)}: {more}; one in full: … diff {found[0].snapshot}"
        screen.say(rest, "dim", by=2, out=out)


def print_changes(out: Console, changes: Sequence[Change], *, more: str = "") -> None:
    """Print changes one by one, most pressing first; the first 12 where ``more`` shows the rest."""
    shown = changes[:12] if more else changes
    for change in shown:
        screen.say(change.sentence, SECTIONS[change.attention][1], by=2, out=out)
    if len(changes) > len(shown):
        screen.say(f"… and {len(changes) - len(shown)} more: {more}", "dim", by=2, out=out)
    if not changes:
        screen.say("Nothing changed.", "dim", by=2, out=out)


def _some(found: Sequence[Story], most: int) -> list[Story]:
    """Return a few, of every kind some, the first of each kind; in the order they have."""
    by_kind: dict[ChangeKind, list[Story]] = defaultdict(list)
    for story in found:
        by_kind[story.changes[0].kind].append(story)
    in_turn = [story for turn in zip_longest(*by_kind.values()) for story in turn if story is not None]
    return [story for story in found if story in in_turn[:most]]


_IN_TURN = (
    ("no_longer_on_file", "now_on_file"),
    ("documents_requested", "due_date"),
    ("other_coverage", "coverage", "replaced"),
    ("paid",),
)
"""What a line tells after the status and its reasons."""


def _phrases(changes: Sequence[Change]) -> list[str]:
    """Return the state, then why, then what is wanted, then money, then what else is new."""
    said = [one.sentence for one in changes if one.path == ("status",)]
    said += _reasons(changes)
    for kinds in _IN_TURN:
        said += _merged(one.sentence for one in changes if one.kind in kinds)
    spent = [one for one in changes if one.kind in ("accumulator", "limit")]
    said += [one.sentence for one in spent if one.path[-1] in ("met", "used")]
    return said or list(_merged(one.sentence for one in changes))


def _merged(sentences: Iterable[str]) -> Iterator[str]:
    """Return sentences, those that begin alike as one: “records requested: Office notes; X-ray”."""
    alike: dict[str, list[str]] = defaultdict(list)
    for sentence in sentences:
        begin, colon, rest = sentence.partition(": ")
        alike[begin + colon].append(rest)
    return (begin + "; ".join(_few(rests)) for begin, rests in alike.items())


def _few(told: Sequence[str]) -> list[str]:
    """Return the first three, and how many more there are."""
    more = len(told) - 3
    return [*told[:3], f"{more} more"] if more > 1 else list(told)


ORDINARY = frozenset({"CO-45", "PR-1", "PR-2", "PR-3"})
"""Adjustments of every paid claim: the contract's, and the patient's deductible, coinsurance, copay."""


def _reasons(changes: Iterable[Change]) -> list[str]:
    """Return “lines 1, 3: CO-16 N290” for the adjustments that explain something."""
    lines: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        code = re.sub(r" [-0-9.,]+$", "", change.after or "")
        if change.kind == "adjustment_added" and code not in ORDINARY and change.path[0] != code:
            lines[code].append(change.path[0].removeprefix("line "))
    return [f"line{'s' * (len(own) > 1)} {', '.join(own)}: {code}" for code, own in lines.items()]
