"""What the board has on file: injuries, the bills that hang on them, and bills that others sent.

The facts come from the kit's book. A worker is an adult, pays nothing and is known by the number of
the injury; each program pays its bills by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random

from mock_portals.authorizations import Authorization, authorizations
from mock_portals.book import Adjusted, Book, ClaimFile, Line, Member, Stage, book
from mock_portals.cast import BASE_DATE, Cast, Organization, Provider
from mock_portals.statecomp import words
from mock_portals.statecomp.words import Program
from mock_portals.worklist.rows import Export, strangers

DAY = timedelta(days=1)
OTHERS = (
    Organization("Pinegate Surgical Hospital", "00-8120033", "1490964837", "", ""),
    Organization("Rivermark Rehabilitation Group", "00-8120477", "1079133887", "", ""),
)
_CARERS = (
    Provider("Oswin Tallowdale, MD", "1112808228"),
    Provider("Brisa Underhay, PT", "1756017102"),
)
_MCOS = ("Larkmoor CareBridge MCO", "Granite Path Managed Care", "Meridian Return-to-Work MCO")
_EMPLOYERS = (
    "Thornfield Cooperage",
    "Larkmoor Transit Authority",
    "Bellwether Foundry Works",
    "County of Nettlemere",
    "Whitestone Quarry Company",
)
_MANAGERS = (
    ("Odette Marchbanks", "1-800-555-0171"),
    ("Silas Penhallow", "1-800-555-0172"),
    ("Ruth Amberley", "1-800-555-0173"),
)
_CONDITIONS = (
    ("S39.012A", "Strain of the lower back"),
    ("M54.50", "Low back pain"),
    ("S83.241A", "Tear of the inner knee cartilage"),
    ("M25.561", "Pain in the right knee"),
    ("S46.011A", "Strain of the right shoulder cuff"),
    ("G56.01", "Carpal tunnel, right arm"),
    ("J60", "Coal worker's lung"),
    ("J62.8", "Silica dust lung"),
    ("S61.412A", "Cut of the left hand"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis of an injury and whether it is allowed: allowed, disallowed or pending."""

    code: str
    text: str
    status: str
    decided: date


@dataclass(frozen=True, slots=True)
class Injury:
    """An injury claim; ``standings`` are since when it is open, closed, pending or disallowed."""

    member: Member
    program: Program
    happened: date
    kind: str
    standings: tuple[tuple[date, str], ...]
    closed: date | None
    physician: str
    employer: str
    manager: tuple[str, str]
    mco: str | None
    conditions: tuple[Condition, ...]
    masked: str
    """The Social Security number, as far as anybody sees it."""

    def on(self, day: date) -> str:
        return [standing for since, standing in self.standings if since <= day][-1]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that is on file."""

    book: Book
    """The practice's bills."""
    programs: Mapping[str, Book]
    """The same by the name of the program."""
    injuries: Mapping[str, Injury]
    others: tuple[ClaimFile, ...]
    """Bills of other providers, which every party to an injury claim sees."""
    authorizations: tuple[Authorization, ...]
    export: Export


@cache
def board(cast: Cast) -> Board:
    """Return the board's files on the practice's patients."""
    raw = book(cast, "statecomp", "", (("", "", ""),), "W", insurer=lambda member: words.program(member).name)
    injuries = list(_injuries(cast, raw))
    workers = {injury.member.patient: injury.member for injury in reversed(injuries)}
    heads = {member.patient.family: member for patient, member in workers.items() if patient.person == 1}
    bills = {
        file.number: _bill(file, workers.get(file.member.patient) or heads[file.member.patient.family])
        for file in raw.claims
    }
    whole = Book(
        tuple(injury.member for injury in injuries),
        tuple(bills.values()),
        tuple(replace(demand, claim=bills[demand.claim.number]) for demand in raw.demands),
    )
    unknown = [
        replace(member, member_id=f"25-9000{number}") for number, member in enumerate(strangers(""), start=11)
    ]
    export = Export(
        cast, whole, lambda m: words.program(m).name, unknown, "W", ("W", "V"), folder="statecomp"
    )
    return Board(
        book=whole,
        programs={program.name: _of(whole, program) for program in words.PROGRAMS},
        injuries={injury.member.member_id: injury for injury in injuries},
        others=tuple(_others(whole, export)),
        authorizations=authorizations(cast, "statecomp", whole),
        export=export,
    )


def _of(whole: Book, program: Program) -> Book:
    return Book(
        tuple(member for member in whole.members if words.program(member) is program),
        tuple(file for file in whole.claims if words.program(file.member) is program),
        tuple(demand for demand in whole.demands if words.program(demand.claim.member) is program),
    )


def _injuries(cast: Cast, raw: Book) -> Iterator[Injury]:
    """Yield one injury for each grown-up, then a second one for some."""
    numbers = iter(Random(f"statecomp {cast.seed}").sample(range(10**5, 9 * 10**5), 2 * len(raw.members)))
    grown = [member for member in raw.members if member.patient.relationship != "child"]
    for index, member in enumerate(grown):
        standings: tuple[tuple[date, str], ...] = ((date.min, "open"),)
        closed = None
        if index in (7, 26, 44):
            standings, closed = ((date.min, "closed"),), BASE_DATE - DAY * 9
        elif index == 31:
            standings = (*standings, (BASE_DATE + DAY, "closed"))
            closed = BASE_DATE
        yield _injury(cast, member, next(numbers), standings, closed, 170)
    for index, standing in zip(
        (2, 5, 9, 16, 20, 28),
        ("closed", "closed", "disallowed", "disallowed", "pending", "pending"),
        strict=True,
    ):
        since = ((date.min, standing),)
        moved = (*since, (BASE_DATE + DAY, "open")) if index == 28 else since
        closed = BASE_DATE - DAY * 700 if standing == "closed" else None
        yield _injury(cast, grown[index], next(numbers), moved, closed, 20 if standing == "pending" else 800)


def _injury(
    cast: Cast,
    member: Member,
    number: int,
    standings: tuple[tuple[date, str], ...],
    closed: date | None,
    age: int,
) -> Injury:
    rng = Random(f"statecomp {cast.seed} injury {number}")
    happened = BASE_DATE - DAY * (age + rng.randint(0, 15 if age < 100 else 400))
    program = words.program(member)
    dust = not program.managed
    manager = rng.choice(_MANAGERS)
    chosen = rng.sample([one for one in _CONDITIONS if one[0].startswith("J") == dust], 2 if dust else 3)
    first = "allowed" if standings[0][1] in ("open", "closed") else standings[0][1]
    statuses = (first, *rng.choices(("allowed", "disallowed", "pending"), k=len(chosen) - 1))
    return Injury(
        member=replace(member, member_id=f"{happened:%y}-{number}"),
        program=program,
        happened=happened,
        kind="disease" if dust else rng.choice(("medical", "lost_time")),
        standings=standings,
        closed=closed,
        physician="" if rng.random() < 0.2 else rng.choice((*cast.providers, *_CARERS)).name,
        employer=_EMPLOYERS[-1] if dust else rng.choice(_EMPLOYERS[:-1]),
        manager=manager,
        mco=rng.choice(_MCOS) if program.managed else None,
        conditions=tuple(
            Condition(code, text, status, happened + DAY * rng.randint(12, 19))
            for (code, text), status in zip(chosen, statuses, strict=True)
        ),
        masked=f"***-**-{rng.randrange(10**4):04d}",
    )


def _bill(file: ClaimFile, worker: Member) -> ClaimFile:
    """Return a claim as the board has it: the worker owes nothing, and what is allowed is paid."""
    return replace(file, member=worker, stages=tuple(_settled(stage) for stage in file.stages))


def _settled(stage: Stage) -> Stage:
    return replace(stage, lines=tuple(_line(line) for line in stage.lines))


def _line(line: Line) -> Line:
    if line.paid is None:
        return line
    denied = [words.REASONS[one.reason] for one in line.adjustments if one.reason in words.REASONS]
    left = line.billed - line.paid
    if denied:
        reasons = denied
    elif left == 0:
        reasons = []
    else:
        reasons = [words.NOTHING if line.paid == 0 else words.REDUCED if left > 0 else words.ABOVE]
    return replace(
        line,
        allowed=line.paid,
        deductible=0,
        copay=0,
        coinsurance=0,
        adjustments=tuple(Adjusted("", reason, left) for reason in reasons),
        remarks=tuple(words.EDITS[remark] for remark in line.remarks),
    )


def _others(own: Book, export: Export) -> Iterator[ClaimFile]:
    """Yield other providers' bills of the same injuries and days, half with the practice's invoice number."""
    sent = [file for file in own.claims if file.worklist]
    for place, file in enumerate(sent[::3]):
        twin = place % 2 == 0
        yield _others_bill(file, place, file.account if twin else f"PG{60000 + place}", file.stages[-1])
    for place, (account, member) in enumerate(export.unsent):
        if member in own.members:
            day = BASE_DATE - DAY * (20 + place)
            line = Line(1, day, day, "99213", (), 1, ("A",), 14250)
            stage = Stage(date.min, "in_process", (line,))
            file = replace(sent[place], member=member, received=day + DAY * 4, stages=(stage,))
            yield _others_bill(file, 900 + place, account, stage)


def _others_bill(file: ClaimFile, place: int, account: str, stage: Stage) -> ClaimFile:
    sender = OTHERS[place % len(OTHERS)]
    paid = stage.payment
    if paid:
        paid = replace(paid, number=f"E88{place:06d}", payee=sender.name, withheld=(), cents=stage.paid)
    return replace(
        file,
        number=f"4472{10000000 + place * 7919:08d}",
        account=account,
        organization=sender,
        rendering=_CARERS[place % len(_CARERS)],
        stages=(replace(stage, since=date.min, payment=paid, replaced_by=None),),
        replaces=None,
        worklist=False,
    )
