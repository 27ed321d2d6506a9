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

    from harvester.office.models import Lookup, Stay
    from harvester.office.prompts import Prompt, Typed, Watcher
    from harvester.testing.truth import Comparison, Truth

DAYS = 2
MARKER = ".made-by-harvester-demo"


def demo(
    keep: Annotated[Path, typer.Option(metavar="FOLDER", help="The demo practice's folder.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Sweep make-believe portals on two days, show what changed, and check every value."""
    for name in ("DATABASE_URL", "HARVESTER_KEYS"):
        os.environ.pop(name, None)
    os.environ[opening.HOME] = os.environ[opening.STATE] = str(keep)
    files, began = worklists(), time.monotonic()
    out = screen.console(stderr=as_json)
    with folder(keep), MakeBelieve() as portals:
        opening.django()
        opening.log_to(keep / "harvester.log")
        from harvester.office import accounts

        _practice(portals, files, out)
        try:
            days = [_day(portals, number, out) for number in range(1, DAYS + 1)]
        finally:
            for portal in portals.addresses:
                accounts.set_address(portal, "")
        used = sorted({one.account.portal for one in accounts.listed()})
        seen = {portal: witness(portals, portal, DAYS) for portal in used}
    whole = all(days) and not any(one.wrong for one in seen.values())
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
    files = sorted(file for place in places for file in (Path(place) / "worklist").rglob("*.csv"))
    if not files:
        raise MakeBelieveError(
            "the make-believe portals are not installed here; run the demo from the repository"
        )
    return files


def _practice(portals: MakeBelieve, files: Sequence[Path], out: Console) -> None:
    """Make the practice, its worklist, and its staff with accounts: one for each hundred rows of a portal."""
    from harvester.exchange.worklists import read_worklist
    from harvester.model.portal import Automation
    from harvester.office import accounts, policy, practice, worklist
    from harvester.office.models import Item, Person
    from harvester.visit import client
    from harvester.visit.wire import Context

    cast, today = portals.cast, portals.today
    tins = tuple(tin.replace("-", "") for tin in cast["practice"]["tins"])
    practice.init(cast["practice"]["name"], tins=tins, npis=tuple(cast["practice"]["npis"]))
    counts: Counter[str] = Counter()
    catalogue = client.catalogue()
    for file in files:
        read = read_worklist(file, today=today)
        done = worklist.import_items(read.items, source=file.name, catalogue=catalogue)
        if read.rejected or done.unmatched:
            raise MakeBelieveError(f"rows of the bundled {file.parent.name}/{file.name} were not taken")
        counts[read.kind] += done.added
    people = []
    for staff in cast["staff"]:
        first, _, last = staff["name"].partition(" ")
        people.append(Person.objects.create_user(first.lower(), first_name=first, last_name=last))
    site = cast["practice"]["organizations"][0]
    context = Context(tin=tins[0], npi=site["npi"], organisation=site["site_id"], ptan=site["ptan"])
    made = 0
    for facts in catalogue.portals:
        accounts.set_address(facts.id, portals.addresses[facts.id], portals.sites[facts.id])
        if facts.policy.automation is Automation.REGISTRATION_REQUIRED:
            policy.register(facts, "REG-0001", by=people[0])
        rows = Item.objects.filter(portal=facts.id).count()
        hands = 1 + rows // 100 if rows else 0
        for owner, staff in list(zip(people, cast["staff"], strict=True))[:hands]:
            accounts.add(
                portal=facts.id,
                owner=owner,
                user_name=staff["user"],
                password=staff["password"],
                seed=staff["otpauth"],
                context=context,
                sweep_consent=today,
            )
            made += 1
    screen.say(f"A make-believe practice at {len(catalogue.portals)} make-believe portals", "bold", out=out)
    imported = f"{counts['claim']} claims and {counts['appointment']} appointments imported"
    said = f"{len(people)} people with {made} accounts of their own; {imported}."
    screen.say(said, by=2, out=out)


# A day ------------------------------------------------------------------------------------------


@dataclass
class Day:
    """One day of the demo: its sweep, and how its answers compare with the truth."""

    morning: Morning
    comparison: Comparison
    answers: Counter[str]
    """How many answers were compared, by kind of lookup."""
    unopened: int
    """Claims, compared too, that were not opened because the portal's list shows them as before."""
    seconds: float

    def __bool__(self) -> bool:
        """Whether everything was looked up and is true."""
        return bool(self.comparison) and self.morning.complete

    @property
    def plain(self) -> dict[str, Any]:
        """The same as plain values, without the answers."""
        compared = {
            "answers": dict(self.answers),
            "not_opened": self.unopened,
            "values_compared": self.comparison.compared,
        }
        wrong = {"differences": self.comparison.differences, "seconds": round(self.seconds, 1)}
        return self.morning.whole | compared | wrong


def _day(portals: MakeBelieve, number: int, out: Console) -> Day:
    """Show a day's sweep, and turn the portals' clock to the next."""
    from harvester.cli.watch import Watch

    today = portals.today
    out.print()
    screen.say(f"Day {number}, {today:%A, %B} {today.day}: the nightly sweep", "bold", out=out)
    with Watch(out) as watch:
        done = day(portals, watch)
    out.print()
    print_morning(out, done.morning)
    if number > 1:
        out.print()
        screen.say("What changed since the day before", "bold", out=out)
        print_stories(out, done.morning.stories, more=_command("snapshots diff"))
    portals.turn_to(today + timedelta(days=1))
    return done


def day(portals: MakeBelieve, told: Callable[[Stay], None]) -> Day:
    """Sweep on the portals' date and compare every answer with the truth of that day."""
    from harvester.office.engine import swept

    today, began = portals.today, time.monotonic()
    _want_lists(today)
    report = swept(today, told=told, watcher=_mailbox(portals))
    seconds = time.monotonic() - began
    truths = {portal: portals.truth(portal) for portal in portals.addresses}
    return Day(Morning(report, today), *_compared(report.sweep, today, truths), seconds)


def _want_lists(today: date) -> None:
    """Let somebody at each portal want to see a member's claims: the next stay of theirs looks first."""
    from harvester.model.query import ClaimsQuery
    from harvester.office import lookups, worklist
    from harvester.office.models import Account
    from harvester.office.plan import Urgency

    for portal in Account.objects.values_list("portal", flat=True).distinct():
        account = Account.objects.select_related("owner").filter(portal=portal).order_by("pk")[0]
        item = next(one for one in worklist.listed() if one.row.portal == portal and one.work.kind == "claim")
        one = item.work.claim_query(item.row.carrier)
        query = ClaimsQuery(
            carrier=one.carrier,
            member=one.member,
            service_from=one.service_from,
            service_to=one.service_to,
            tin=one.tin,
        )
        asker = lookups.Asker(today, "a person wants to see it", Urgency.APPOINTMENT, person=account.owner)
        lookups.lookup(query, account, asker).save()


def _mailbox(portals: MakeBelieve) -> Watcher:
    """Play the accounts' owners, who read the codes that portals send them."""
    from harvester.office.models import Person
    from harvester.office.prompts import Watcher

    called = {facts.name: facts.id for facts in opening.known_portals().values()}

    @contextmanager
    def reading(prompt: Prompt) -> Iterator[Typed]:
        def newest() -> str:
            mail = portals.mail(called[prompt.portal], prompt.user_name)
            return next((one["code"] for one in reversed(mail) if one["code"]), "")

        yield newest

    return Watcher(reading, frozenset(Person.objects.values_list("pk", flat=True)))


def _compared(run: int, today: date, truths: Mapping[str, Truth]) -> tuple[Comparison, Counter[str], int]:
    """Compare every answer; what was due is what the worklist says and not what the plan does.

    A claim that was not opened is compared with today's truth as well: with what its last look told.
    """
    from harvester.cli.report import about, about_item
    from harvester.office import listed, plan, worklist
    from harvester.office.models import Lookup
    from harvester.testing.truth import Comparison

    comparison, answers, unopened = Comparison(), Counter[str](), 0
    answered = Lookup.objects.filter(state=Lookup.State.ANSWERED)
    rows = answered.filter(sweep=run) | answered.filter(sweep=None, day=today)
    for row in rows:
        answers[row.kind] += 1
        if row.kind != "claim_list":  # of which nothing is kept but what it says to open
            _against(row, about(row), truths[row.portal], comparison, today)
    done = set(rows.values_list("item", "kind"))
    followed_items = list(worklist.listed())
    on_lists = listed.states({one.row.pk for one in followed_items})
    for followed in followed_items:
        work, on = followed.work, followed.work.service_date
        kind = "claim" if work.kind == "claim" else "eligibility"
        due = kind == "claim" or (on is not None and today <= on <= today + plan.AHEAD)
        if not due or (followed.row.pk, kind) in done:
            continue
        last = answered.filter(item=followed.row, kind=kind).order_by("pk").last()
        shown = on_lists.get(followed.row.pk, listed.NOWHERE)
        if last is None or shown["listed"] != today or shown["moved"]:
            comparison.differences.append(f"{about_item(work)}: it was due and has no answer")
            continue
        unopened += 1
        _against(last, about(last), truths[last.portal], comparison, today)
    return comparison, answers, unopened


def _against(row: Lookup, where: str, truth: Truth, comparison: Comparison, today: date) -> None:
    """Compare the answer to one lookup, or that there is none, with the truth."""
    from harvester.model.remittance import File, RemittanceFile
    from harvester.model.snapshot import Outcome
    from harvester.office import lookups, snapshots
    from harvester.testing.truth import compare, list_truth, true_to

    snapshot = snapshots.of(row)
    if snapshot is None or (snapshot.outcome == Outcome.FOUND_MULTIPLE and snapshot.sealed_answer is None):
        comparison.differences.append(f"{where}: nothing was kept")
        return
    comparison.again = snapshot.lookup_id != row.pk or row.day != today
    answer, query = snapshots.answer(snapshot), lookups.asked(row)
    if isinstance(answer, RemittanceFile):  # its bytes are kept apart
        file = File.of(snapshots.content(snapshot), answer.file.name)
        answer = answer.model_copy(update={"file": file})
    compare(comparison, query, answer, truth, where)
    if comparison.again and answer is not None and row.day == today:
        # What is kept is the first answer, with the day of the data beside it.
        whole = [list_truth(query, truth)] if hasattr(answer, "stated_total") else true_to(query, truth)
        told = [one["as_of"] for one in whole if "as_of" in one]
        comparison.compared += 1
        if told and row.sighting.as_of != date.fromisoformat(told[0]["value"]):
            comparison.differences.append(f"{where}.as_of: seen again with another day")


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


def _judge(out: Console, days: Sequence[Day], seen: Mapping[str, Witness]) -> None:
    """Print how the answers compare with the truth, and what the portals saw."""
    out.print()
    screen.say("Checked against what the portals know and saw", "bold", out=out)
    for number, one in enumerate(days, start=1):
        kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(one.answers.items()))
        if one.unopened:
            kinds += f", {one.unopened} claims unchanged on their portal's list and not opened"
        said = f"Day {number}: {one.answers.total()} answers ({kinds}); {one.comparison.sentence}"
        screen.say(said, "green" if one else "bold red", by=2, out=out)
        for wrong in one.comparison.differences[:10]:
            screen.say(wrong, "red", by=4, out=out)
    saw = list(seen.values())
    said = (
        f"The portals' logs: {sum(one.requests for one in saw):,} requests, "
        f"{sum(one.mutations for one in saw)} that would change something; "
        f"{sum(one.sign_ins for one in saw)} sign-ins to {sum(one.people for one in saw)} accounts on "
        f"{len(days)} days, {sum(one.left_open for one in saw)} left without signing out."
    )
    screen.say(said, "bold red" if any(one.wrong for one in saw) else "green", by=2, out=out)
    for portal, witnessed in seen.items():
        for wrong in witnessed.wrong:
            screen.say(f"{portal}: {wrong}", "red", by=4, out=out)
    out.print()


def _what_next(out: Console, days: Sequence[Day], seconds: float) -> None:
    example = next((story.snapshot for one in reversed(days) for story in one.morning.stories), 1)
    closed = "The make-believe portals have closed; what they answered is kept. Look around in it:"
    screen.say(f"{seconds:.0f} seconds in all. {closed}", "bold", out=out)
    shown = ("list", f"show {example}", f"diff {example}")
    for command in (*(f"snapshots {one}" for one in shown), "account list", "worklist list"):
        screen.say(f"  {_command(command)}", "cyan", out=out)


def _command(command: str) -> str:
    return f"HARVESTER_HOME={shlex.quote(os.environ[opening.HOME])} {opening.program()} {command}"
