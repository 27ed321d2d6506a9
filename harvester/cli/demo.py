"""The demo: a make-believe practice, swept on two days at make-believe portals, and all of it checked.

What the snapshots say is compared with what the portals know to be true, value by value, and what
the portals saw with what may have been done there.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli import opening, screen
from harvester.cli.options import Json
from harvester.cli.sweep import Morning, print_morning, print_stories
from harvester.testing.make_believe import MakeBelieve, MakeBelieveError

if TYPE_CHECKING:
    from rich.console import Console

    from harvester.model.work import WorkItem
    from harvester.office.models import Lookup
    from harvester.office.stays import Progress
    from harvester.testing.truth import Comparison

DAYS = 2
MARKER = ".made-by-harvester-demo"


def demo(
    keep: Annotated[Path, typer.Option(metavar="FOLDER", help="The demo practice's folder.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Sweep make-believe portals on two days, show what changed, and check every value."""
    for name in ("DATABASE_URL", "HARVESTER_KEYS"):
        os.environ.pop(name, None)
    os.environ[opening.HOME] = str(keep)
    files, began = worklists(), time.monotonic()
    out = screen.console(stderr=as_json)
    with folder(keep), MakeBelieve() as portals:
        opening.django()
        opening.log_to(keep / "harvester.log")
        from harvester.office import accounts

        portal = min(portals.addresses)
        _practice(portals, portal, files, out)
        try:
            days = [_day(portals, portal, number, out) for number in range(1, DAYS + 1)]
        finally:
            accounts.set_address(portal, "")
        seen = witness(portals, portal, DAYS)
    whole = all(days) and not seen.wrong
    seconds = time.monotonic() - began
    _judge(out, days, seen)
    if not whole:
        screen.say("Something is not as it should be; see above.", "bold red", out=out)
    _what_next(out, days, seconds)
    if as_json:
        told = {"whole": whole, "home": keep, "seconds": round(seconds, 1)}
        screen.print_json(told | {"days": [one.plain for one in days], "portal_log": seen})
    if not whole:
        raise typer.Exit(1)


# The practice -----------------------------------------------------------------------------------


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder for the demo's practice; raises :class:`MakeBelieveError`.

    Only a folder that an earlier demo made is emptied; only one demo at a time uses it.
    """
    marker = path / MARKER
    if path.exists() and not path.is_dir():
        raise MakeBelieveError(f"{path} is a file; name a folder with --keep")
    if path.is_dir() and any(path.iterdir()) and not marker.is_file():
        raise MakeBelieveError(
            f"{path} was not made by a demo and is left alone; name another folder with --keep"
        )
    path.mkdir(parents=True, exist_ok=True)
    with marker.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MakeBelieveError(f"another demo is running in {path}") from None
        for found in path.iterdir():
            if found.name != MARKER:
                shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
        yield path


def worklists() -> list[Path]:
    """Return the bundled worklists; raises :class:`MakeBelieveError`."""
    found = find_spec("mock_portals")
    places = list(found.submodule_search_locations or ()) if found else []
    files = sorted(file for place in places for file in (Path(place) / "worklist").glob("*.csv"))
    if not files:
        raise MakeBelieveError(
            "the make-believe portals are not installed here; run the demo from the repository"
        )
    return files


def _practice(portals: MakeBelieve, portal: str, files: Sequence[Path], out: Console) -> None:
    """Make the practice, its staff with an account each, and its worklist."""
    from harvester.exchange.worklists import read_worklist
    from harvester.office import accounts, practice, worklist
    from harvester.office.models import Person
    from harvester.visit import client
    from harvester.visit.wire import Context

    cast, today = portals.cast, portals.today
    tins = tuple(tin.replace("-", "") for tin in cast["practice"]["tins"])
    practice.init(cast["practice"]["name"], tins=tins, npis=tuple(cast["practice"]["npis"]))
    for staff in cast["staff"]:
        first, _, last = staff["name"].partition(" ")
        accounts.add(
            portal=portal,
            owner=Person.objects.create_user(first.lower(), first_name=first, last_name=last),
            user_name=staff["user"],
            password=staff["password"],
            seed=staff["otpauth"],
            context=Context(tin=tins[0]),
            sweep_consent=today,
        )
    accounts.set_address(portal, portals.addresses[portal])
    counts: Counter[str] = Counter()
    catalogue = client.catalogue()
    for file in files:
        read = read_worklist(file, today=today)
        done = worklist.import_items(read.items, source=file.name, catalogue=catalogue)
        if read.rejected or done.unmatched:
            raise MakeBelieveError(f"rows of the bundled {file.name} were not taken")
        counts[read.kind] += done.added
    screen.say("A make-believe practice at a make-believe portal", "bold", out=out)
    imported = f"{counts['claim']} claims and {counts['appointment']} appointments imported"
    said = f"{len(cast['staff'])} people with an account each at {portal}; {imported}."
    screen.say(said, by=2, out=out)


# A day ------------------------------------------------------------------------------------------


@dataclass
class Day:
    """One day of the demo: its sweep, and how its answers compare with the truth."""

    morning: Morning
    comparison: Comparison
    answers: int
    """How many answers were compared."""
    seconds: float

    def __bool__(self) -> bool:
        """Whether everything was looked up and is true."""
        return bool(self.comparison) and self.morning.complete

    @property
    def plain(self) -> dict[str, Any]:
        """The same as plain values, without the answers."""
        compared = {"answers": self.answers, "values_compared": self.comparison.compared}
        wrong = {"differences": self.comparison.differences, "seconds": round(self.seconds, 1)}
        return self.morning.whole | compared | wrong


def _day(portals: MakeBelieve, portal: str, number: int, out: Console) -> Day:
    """Show a day's sweep, and turn the portals' clock to the next."""
    from harvester.cli.watch import Watch

    today = portals.today
    out.print()
    screen.say(f"Day {number}, {today:%A, %B} {today.day}: the nightly sweep", "bold", out=out)
    with Watch(out) as watch:
        done = day(portals, portal, watch)
    out.print()
    print_morning(out, done.morning)
    if number > 1:
        out.print()
        screen.say("What changed since the day before", "bold", out=out)
        print_stories(out, done.morning.stories, more=_command("snapshots diff"))
    portals.turn_to(today + timedelta(days=1))
    return done


def day(portals: MakeBelieve, portal: str, progress: Callable[[Progress], None]) -> Day:
    """Sweep on the portals' date and compare every answer with the truth of that day."""
    from harvester.office import sweep

    today, began = portals.today, time.monotonic()
    report = sweep.sweep(today=today, progress=progress)
    seconds = time.monotonic() - began
    return Day(Morning(report, today), *_compared(report.sweep, today, portals.truth(portal)), seconds)


def _compared(run: int, today: date, truth: Mapping[str, Any]) -> tuple[Comparison, int]:
    """Compare the answers of everything that was due, as the worklist says and not as the plan does."""
    from harvester.cli.report import about_item
    from harvester.office import plan, worklist
    from harvester.office.models import Lookup
    from harvester.testing.truth import Comparison

    rows = {row.item_id: row for row in Lookup.objects.filter(sweep=run, state=Lookup.State.ANSWERED)}
    comparison, answers = Comparison(), len(rows)
    for followed in worklist.listed():
        work, row = followed.work, rows.pop(followed.row.pk, None)
        on = work.service_date
        if row is not None:
            _against(row, work, truth, comparison)
        elif work.kind == "claim" or (on is not None and today <= on <= today + plan.AHEAD):
            comparison.differences.append(f"{about_item(work)}: it was due and has no answer")
    comparison.differences += [f"lookup {row.pk}: nobody follows what it asked" for row in rows.values()]
    return comparison, answers


def _against(row: Lookup, work: WorkItem, truth: Mapping[str, Any], comparison: Comparison) -> None:
    """Compare the answer to one lookup, or that there is none, with the truth."""
    from harvester.cli.report import about_item
    from harvester.model.snapshot import Outcome
    from harvester.office import snapshots

    where, (true, absent) = about_item(work), _known(truth, work)
    snapshot = snapshots.of(row)
    answer = snapshots.answer(snapshot) if snapshot is not None else None
    comparison.again = snapshot is not None and snapshot.lookup_id != row.pk
    if answer is None or true is None:
        comparison.compared += 1
        nothing = snapshot is not None and snapshot.outcome == Outcome.NOT_FOUND
        if not (nothing and true is None and absent):
            comparison.differences.append(f"{where}: the portal has it on one side only")
        return
    if comparison.again:  # what is kept is the first answer, with the day of the data beside it
        comparison.compared += 1
        if str(row.sighting.as_of) != true["as_of"]["value"]:
            comparison.differences.append(f"{where}.as_of: seen again with another day")
    comparison.add(answer, true, where)


def _known(truth: Mapping[str, Any], work: WorkItem) -> tuple[dict[str, Any] | None, bool]:
    """Return the truth about an item, and whether the portal has nothing on file for it."""
    names = ("member_id",) if work.kind == "appointment" else ("patient_account_number", "member_id")
    wanted = {name: getattr(work, name) for name in names}
    kind, absent = ("eligibilities", "members") if work.kind == "appointment" else ("claims", "claims")
    found = [
        one
        for one in truth[kind]
        if wanted == {name: one[name]["value"] for name in names}
        and one.get("replaced_by", {}).get("state") != "known"
    ]
    if len(found) > 1:
        raise MakeBelieveError("the make-believe portal knows two truths about one claim or member")
    missing = any(wanted.items() <= one.items() for one in truth["not_on_file"][absent])
    return (found[0] if found else None), missing


# What the portals saw ---------------------------------------------------------------------------


@dataclass
class Witness:
    """What the portals' own logs say of the days."""

    sign_ins: int = 0
    people: int = 0
    requests: int = 0
    mutations: int = 0
    left_open: int = 0
    """Sessions that nobody signed out of."""
    wrong: list[str] = field(default_factory=list)


def witness(portals: MakeBelieve, portal: str, days: int) -> Witness:
    """Ask the portal's log what was done there over so many days."""
    log = portals.log(portal)
    accepted = Counter(entry["user"] for entry in log["sign_ins"] if entry["result"] == "accepted")
    found = Witness(
        sign_ins=accepted.total(),
        people=len(accepted),
        requests=len(log["requests"]),
        mutations=len(log["mutations"]),
        left_open=sum(session["how"] != "signed_out" for session in log["sessions"]),
    )
    for count, wrong in (
        (found.mutations, "requests would have changed something at the portal"),
        (not accepted, "day without anybody signed in"),
        (len(log["sign_ins"]) - found.sign_ins, "attempts at signing in were refused"),
        (sum(count != days for count in accepted.values()), "people did not sign in exactly once a day"),
        (found.left_open, "sessions were not signed out of"),
    ):
        if count:
            found.wrong.append(f"{int(count)} {wrong}")
    return found


# What is said -----------------------------------------------------------------------------------


def _judge(out: Console, days: Sequence[Day], seen: Witness) -> None:
    """Print how the answers compare with the truth, and what the portal saw."""
    out.print()
    screen.say("Checked against what the portal knows and saw", "bold", out=out)
    for number, one in enumerate(days, start=1):
        said = f"Day {number}: {one.answers} answers; {one.comparison.sentence}"
        screen.say(said, "green" if one else "bold red", by=2, out=out)
        for wrong in one.comparison.differences[:10]:
            screen.say(wrong, "red", by=4, out=out)
    said = (
        f"The portal's log: {seen.requests:,} requests, {seen.mutations} that would change something; "
        f"{seen.sign_ins} sign-ins of {seen.people} people on {len(days)} days, "
        f"{seen.left_open} left without signing out."
    )
    screen.say(said, "bold red" if seen.wrong else "green", by=2, out=out)
    for wrong in seen.wrong:
        screen.say(wrong, "red", by=4, out=out)
    out.print()


def _what_next(out: Console, days: Sequence[Day], seconds: float) -> None:
    example = next((story.snapshot for one in reversed(days) for story in one.morning.stories), 1)
    closed = "The make-believe portal has closed; what it answered is kept. Look around in it:"
    screen.say(f"{seconds:.0f} seconds in all. {closed}", "bold", out=out)
    shown = ("list", f"show {example}", f"diff {example}")
    for command in (*(f"snapshots {one}" for one in shown), "account list", "worklist list"):
        screen.say(f"  {_command(command)}", "cyan", out=out)


def _command(command: str) -> str:
    return f"HARVESTER_HOME={shlex.quote(os.environ[opening.HOME])} {opening.program()} {command}"
