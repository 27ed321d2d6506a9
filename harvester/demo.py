"""The demo: a make-believe practice, swept on two days at make-believe portals, and all of it checked.

What the snapshots say is compared with what the portals know to be true, value by value, and what
the portals saw with what may have been done there. The portals run in a process of their own.
"""

from __future__ import annotations

import fcntl
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel

from harvester.model import shown as model_shown
from harvester.model.snapshot import MOVING, Outcome, facts

if TYPE_CHECKING:
    from rich.console import Console

    from harvester.office.models import Person
    from harvester.office.stays import Progress
    from harvester.report import Morning
    from harvester.testing.truth import Comparison
    from harvester.visit.wire import Catalogue

DAYS = 2
MARKER = ".made-by-harvester-demo"
PORTALS = "mock_portals"

# The portals end with us, however we end: their standard input is a pipe that only we hold open.
_PORTALS_UNTIL_WE_END = """
import os, runpy, signal, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
sys.argv = ["mock_portals", "--json"]
runpy.run_module("mock_portals", run_name="__main__")
"""


class DemoError(Exception):
    """The demo cannot be given; one sentence."""


class MakeBelieve:
    """The make-believe portals in a process of their own, and their control server; a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._control = ""
        self.addresses: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start them; raises :class:`DemoError`."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PORTALS_UNTIL_WE_END],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: stays sign out while the portals still answer
        )
        assert self._process.stdout is not None
        try:
            said = json.loads(self._process.stdout.readline())
        except ValueError:
            self.__exit__(None, None, None)
            raise DemoError("the make-believe portals did not start; try: python -m mock_portals") from None
        self._control = said["control"]
        self.addresses = {name: facts["url"] for name, facts in said["portals"].items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    @property
    def today(self) -> date:
        """The portals' date."""
        return date.fromisoformat(self._ask("/")["date"])

    @property
    def cast(self) -> dict[str, Any]:
        """The make-believe practice and its people."""
        return self._ask("/cast")

    def truth(self, portal: str) -> dict[str, Any]:
        """What a portal knows, on its date."""
        return self._ask(f"/truth/{portal}")

    def log(self, portal: str) -> dict[str, Any]:
        """What a portal saw."""
        return self._ask(f"/log/{portal}")

    def turn_to(self, day: date) -> None:
        """Move the portals' clock."""
        self._ask("/clock", {"date": day.isoformat()})

    def trouble(self, portal: str, name: str, value: object = None) -> None:
        """Switch a trouble on."""
        self._ask(f"/trouble/{portal}", {"name": name, "on": True, "value": value})

    def _ask(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        connection = HTTPConnection(urlsplit(self._control).netloc, timeout=30)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, sent)
            answer = connection.getresponse()
            found: dict[str, Any] = json.loads(answer.read())
            if answer.status != 200:
                raise DemoError(f"the control server of the make-believe portals said {answer.status}")
        except (OSError, HTTPException, ValueError):
            raise DemoError("the make-believe portals do not answer any more") from None
        finally:
            connection.close()
        return found


@dataclass
class Day:
    """One day of the demo: its sweep, and how its answers compare with the truth."""

    morning: Morning
    comparison: Comparison
    answers: int
    """How many answers were compared."""
    left_out: list[str]
    """What was due and has no answer to compare."""
    seconds: float

    def __bool__(self) -> bool:
        """Whether everything was looked up and is true."""
        return bool(self.comparison) and not self.left_out and self.morning.whole

    @property
    def json(self) -> dict[str, Any]:
        """The same as plain values, without the answers."""
        return {
            "day": self.morning.day.isoformat(),
            "seconds": round(self.seconds, 1),
            "counts": self.morning.counts,
            "needs_a_person": [vars(hand) for hand in self.morning.hands],
            "changes": [story.json for story in self.morning.stories],
            "answers": self.answers,
            "values_compared": self.comparison.compared,
            "differences": self.comparison.differences,
            "left_out": self.left_out,
        }


@dataclass
class Witness:
    """What the portals' own logs say of two days."""

    sign_ins: int = 0
    people: int = 0
    requests: int = 0
    mutations: int = 0
    left_open: int = 0
    """Sessions that nobody signed out of."""
    wrong: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether nothing happened at a portal that should not."""
        return not self.wrong


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder for the demo's practice; raises :class:`DemoError`.

    Only a folder that an earlier demo made is emptied; only one demo at a time uses it.
    """
    marker = path / MARKER
    if path.exists() and not path.is_dir():
        raise DemoError(f"{path} is a file; name a folder with --keep")
    if path.is_dir() and any(path.iterdir()) and not marker.is_file():
        raise DemoError(f"{path} was not made by a demo and is left alone; name another folder with --keep")
    path.mkdir(parents=True, exist_ok=True)
    with marker.open("a") as held:
        _lock(held, path)
        for found in path.iterdir():
            if found.name != MARKER:
                shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
        yield path


def _lock(held: IO[str], path: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DemoError(f"another demo is running in {path}") from None


def worklists() -> list[Path]:
    """Return the bundled worklists; raises :class:`DemoError`."""
    found = find_spec(PORTALS)
    places = list(found.submodule_search_locations or ()) if found else []
    files = sorted(file for place in places for file in (Path(place) / "worklist").glob("*.csv"))
    if not files:
        raise DemoError("the make-believe portals are not installed here; run the demo from the repository")
    return files


def people(portals: MakeBelieve, portal: str) -> list[Person]:
    """Make the practice and its staff, each with an account of their own at the portal."""
    from harvester.office import accounts, practice
    from harvester.office.models import Person
    from harvester.visit.wire import Context

    cast, today = portals.cast, portals.today
    tins = tuple(tin.replace("-", "") for tin in cast["practice"]["tins"])
    practice.init(cast["practice"]["name"], tins=tins, npis=tuple(cast["practice"]["npis"]))
    found = []
    for staff in cast["staff"]:
        first, _, last = staff["name"].partition(" ")
        person = Person.objects.create_user(first.lower(), first_name=first, last_name=last)
        accounts.add(
            portal=portal,
            owner=person,
            user_name=staff["user"],
            password=staff["password"],
            seed=staff["otpauth"],
            context=Context(tin=tins[0]),
            sweep_consent=today,
        )
        found.append(person)
    accounts.set_address(portal, portals.addresses[portal])
    return found


def follow(files: Sequence[Path], today: date, catalogue: Catalogue) -> Counter[str]:
    """Import worklists; return how many items of each kind there are. Raises :class:`DemoError`."""
    from harvester.exchange.worklists import read_worklist
    from harvester.office import worklist

    counts: Counter[str] = Counter()
    for file in files:
        read = read_worklist(file, today=today)
        done = worklist.import_items(read.items, source=file.name, catalogue=catalogue)
        if read.rejected or done.unmatched:
            raise DemoError(f"rows of the bundled {file.name} were not taken")
        counts[read.kind] += done.added
    return counts


def day(portals: MakeBelieve, portal: str, progress: Callable[[Progress], None]) -> Day:
    """Sweep on the portals' date and compare every answer with the truth of that day."""
    from harvester.office import sweep
    from harvester.report import Morning
    from harvester.testing.truth import Comparison

    today, began = portals.today, time.monotonic()
    report = sweep.sweep(today=today, progress=progress)
    seconds = time.monotonic() - began
    comparison = Comparison()
    left_out: list[str] = []
    compared = _compare(report.sweep, today, portals.truth(portal), comparison, left_out)
    return Day(Morning(report, today), comparison, compared, left_out, seconds)


def witness(portals: MakeBelieve, portal: str, days: int) -> Witness:
    """Ask the portal's log what was done there over so many days."""
    log = portals.log(portal)
    found = Witness(requests=len(log["requests"]), mutations=len(log["mutations"]))
    accepted = Counter(entry["user"] for entry in log["sign_ins"] if entry["result"] == "accepted")
    found.sign_ins, found.people = accepted.total(), len(accepted)
    if found.mutations:
        found.wrong.append(f"{found.mutations} requests would have changed something at the portal")
    if not accepted:
        found.wrong.append("nobody signed in")
    refused = sum(entry["result"] != "accepted" for entry in log["sign_ins"])
    if refused:
        found.wrong.append(f"{refused} attempts at signing in were refused")
    often = sum(count != days for count in accepted.values())
    if often:
        found.wrong.append(f"{often} people did not sign in exactly once a day")
    found.left_open = sum(session["how"] != "signed_out" for session in log["sessions"])
    if found.left_open:
        found.wrong.append(f"{found.left_open} sessions were not signed out of")
    return found


@dataclass
class Shown:
    """What the demo showed."""

    home: Path
    days: list[Day]
    witness: Witness
    seconds: float

    def __bool__(self) -> bool:
        """Whether every value is true and nothing happened at the portal that should not."""
        return len(self.days) == DAYS and all(self.days) and bool(self.witness)

    @property
    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "whole": bool(self),
            "home": str(self.home),
            "seconds": round(self.seconds, 1),
            "days": [one.json for one in self.days],
            "portal_log": vars(self.witness),
        }


def show(
    home: Path,
    *,
    program: str,
    prepare: Callable[[], None],
    catalogue: Callable[[], Catalogue],
    stderr: bool = False,
) -> Shown:
    """Give the demo in ``home``, which it empties; raises :class:`DemoError`.

    ``prepare`` makes the office usable in that folder, ``catalogue`` returns the installed portals;
    ``program`` is what a person types to start us.
    """
    files, began = worklists(), time.monotonic()
    with folder(home), MakeBelieve() as portals:
        prepare()
        from harvester import screen
        from harvester.office.models import Account

        out = screen.console(stderr=stderr)
        portal = min(portals.addresses)
        staff = people(portals, portal)
        counts = follow(files, portals.today, catalogue())
        out.print(screen.text("A make-believe practice at a make-believe portal", "bold"))
        out.print(
            screen.indented(
                screen.text(
                    f"{len(staff)} people with an account each at {portal}; {counts['claim']} claims and "
                    f"{counts['appointment']} appointments imported from {len(files)} files."
                )
            )
        )
        names = dict(Account.objects.values_list("pk", "user_name"))
        days = []
        for number in range(DAYS):
            today = portals.today
            out.print()
            out.print(screen.text(f"Day {number + 1}, {today:%A, %B} {today.day}: the nightly sweep", "bold"))
            with screen.Watch(out, names) as watch:
                done = day(portals, portal, watch)
            days.append(done)
            out.print()
            screen.summary(out, done.morning)
            if number:
                out.print()
                out.print(screen.text("What changed since the day before", "bold"))
                screen.stories(out, done.morning.stories, more=_next(home, program, "snapshots diff"))
            portals.turn_to(today + timedelta(days=1))
        shown = Shown(home, days, witness(portals, portal, DAYS), time.monotonic() - began)
    _judge(out, shown)
    _what_next(out, shown, program)
    return shown


def _judge(out: Console, shown: Shown) -> None:
    """Print how the answers compare with the truth, and what the portal saw."""
    from harvester import screen

    out.print()
    out.print(screen.text("Checked against what the portal knows and saw", "bold"))
    for number, one in enumerate(shown.days, start=1):
        style = "green" if one else "bold red"
        out.print(
            screen.indented(
                screen.text(f"Day {number}: {one.answers} answers; {one.comparison.sentence}", style)
            )
        )
        for wrong in [*one.comparison.differences, *(f"{left}: no answer" for left in one.left_out)][:10]:
            out.print(screen.indented(screen.text(wrong, "red"), 4))
    seen = shown.witness
    said = (
        f"The portal's log: {seen.requests:,} requests, {seen.mutations} that would change something; "
        f"{seen.sign_ins} sign-ins of {seen.people} people on {len(shown.days)} days, "
        f"{seen.left_open} left without signing out."
    )
    out.print(screen.indented(screen.text(said, "green" if seen else "bold red")))
    for wrong in seen.wrong:
        out.print(screen.indented(screen.text(wrong, "red"), 4))


def _what_next(out: Console, shown: Shown, program: str) -> None:
    from harvester import screen

    out.print()
    if not shown:
        out.print(screen.text("Something is not as it should be; see above.", "bold red"))
    story = next((story for one in shown.days for story in one.morning.stories), None)
    example = story.snapshot if story else 1
    out.print(screen.text(f"{shown.seconds:.0f} seconds in all. Look around in it:", "bold"))
    for command in (
        "snapshots list",
        f"snapshots show {example}",
        f"snapshots diff {example}",
        "account list",
        "worklist list",
    ):
        out.print(screen.indented(screen.text(_next(shown.home, program, command), "cyan")), soft_wrap=True)


def _next(home: Path, program: str, command: str) -> str:
    return f"HARVESTER_HOME={shlex.quote(str(home))} {program} {command}"


def _compare(
    run: int, today: date, truth: Mapping[str, Any], comparison: Comparison, left_out: list[str]
) -> int:
    """Compare the answers of everything that was due, as the worklist says and not as the plan does."""
    from harvester.office import plan, worklist
    from harvester.office.models import Lookup
    from harvester.report import about_item

    rows = {row.item_id: row for row in Lookup.objects.filter(sweep=run, state=Lookup.State.ANSWERED)}
    compared = 0
    for followed in worklist.listed():
        work = followed.work
        if work.kind == "appointment":
            coming = work.service_date is not None and today <= work.service_date <= today + plan.AHEAD
            if not coming:
                continue
        row = rows.pop(followed.row.pk, None)
        if row is None:
            left_out.append(about_item(work))
            continue
        _against(row, work, truth, comparison)
        compared += 1
    left_out += [f"lookup {row.pk}" for row in rows.values()]
    return compared


def _against(row: Any, work: Any, truth: Mapping[str, Any], comparison: Comparison) -> None:
    from harvester.office import snapshots
    from harvester.report import about_item

    where, known = about_item(work), _known(truth, work)
    snapshot = snapshots.of(row)
    if snapshot is None or len(known) > 1:
        comparison.differences.append(f"{where}: no answer, or more than one truth")
        return
    answer = snapshots.answer(snapshot)
    if answer is None or not known:
        comparison.compared += 1
        absent = answer is None and snapshot.outcome == Outcome.NOT_FOUND
        if not (absent and not known and _absent(truth, work)):
            comparison.differences.append(f"{where}: the portal has it on one side only")
        return
    true = known[0]
    if snapshot.lookup_id != row.pk:
        # Seen again: what is kept is the first answer, with the day of the data beside it.
        comparison.compared += 1
        if str(row.sighting.as_of) != true["as_of"]["value"]:
            comparison.differences.append(f"{where}.as_of: seen again with another day")
        true = _as_first_seen(true, answer)
    comparison.add(answer, true, where)


def _as_first_seen(true: Any, ours: Any) -> Any:
    """Return the truth with what moves daily, and makes no other answer, as it was at the first look."""
    if isinstance(ours, BaseModel) and isinstance(true, Mapping) and not isinstance(ours, model_shown.Shown):
        return {
            name: facts(getattr(ours, name))
            if name in MOVING
            else _as_first_seen(leaf, getattr(ours, name, None))
            for name, leaf in true.items()
        }
    if isinstance(ours, tuple) and isinstance(true, list):
        return [_as_first_seen(leaf, mine) for leaf, mine in zip_longest(true, ours[: len(true)])]
    return true


def _known(truth: Mapping[str, Any], work: Any) -> list[dict[str, Any]]:
    if work.kind == "appointment":
        return [one for one in truth["eligibilities"] if _is(one, "member_id", work.member_id)]
    return [
        one
        for one in truth["claims"]
        if _is(one, "patient_account_number", work.patient_account_number)
        and _is(one, "member_id", work.member_id)
        and one.get("replaced_by", {}).get("state") != "known"
    ]


def _is(one: Mapping[str, Any], name: str, value: str) -> bool:
    return bool(one[name]["value"] == value)


def _absent(truth: Mapping[str, Any], work: Any) -> bool:
    absent = truth["not_on_file"]
    if work.kind == "appointment":
        return any(member["member_id"] == work.member_id for member in absent["members"])
    return {
        "patient_account_number": work.patient_account_number,
        "member_id": work.member_id,
    } in absent["claims"]
