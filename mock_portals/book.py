"""What a payer has on file for the cast: coverage, accumulators, claims and how they move over days.

Facts only (cents, dates, X12 codes, status values); how they are worded is each portal's own.
Every claim balances: billed = allowed + CO adjustments on each line, and allowed = deductible +
copay + coinsurance + paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from mock_portals.cast import BASE_DATE, Cast, Organization, Patient, Provider

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A time in a plan; ``end`` is ``None`` while it is open."""

    plan: str
    product: str
    network: str
    group: str
    start: date
    end: date | None
    active: bool


@dataclass(frozen=True, slots=True)
class Used:
    """An accumulator: cents of the limit and of what is met; no limit means that it does not apply."""

    kind: str
    level: str
    network: str
    limit: int | None
    met: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a member owes for a kind of service; cents, and percent."""

    service: str
    network: str
    copay: int | None
    percent: int | None
    deductible: bool
    authorization: bool
    referral: bool


@dataclass(frozen=True, slots=True)
class Visits:
    service: str
    allowed: int
    used: int


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """Another insurance; order P, S or U (not determined)."""

    order: str
    payer: str
    policy: str
    group: str
    insured: str
    start: date
    end: date | None
    updated: date


@dataclass(frozen=True, slots=True)
class Cover:
    """A member's coverage as it stands from ``since`` on."""

    since: date
    periods: tuple[Period, ...]
    used: tuple[Used, ...]
    shares: tuple[Share, ...]
    visits: tuple[Visits, ...]
    other: str
    """none_on_file, determined or undetermined."""
    others: tuple[OtherPayer, ...] = ()
    fund: int | None = None
    """Cents left in a health reimbursement account."""
    primary_care: str | None = None
    """``None`` where the plan has no such thing, blank where none was chosen."""


@dataclass(frozen=True, slots=True)
class Member:
    member_id: str
    patient: Patient
    covers: tuple[Cover, ...]

    def on(self, day: date) -> Cover:
        return [cover for cover in self.covers if cover.since <= day][-1]


@dataclass(frozen=True, slots=True)
class Adjusted:
    group: str
    reason: str
    cents: int


@dataclass(frozen=True, slots=True)
class Line:
    """A service line; the amounts after ``billed`` are ``None`` until it is adjudicated."""

    number: int
    start: date
    end: date
    procedure: str
    modifiers: tuple[str, ...]
    units: int
    pointers: tuple[str, ...]
    billed: int
    allowed: int | None = None
    deductible: int = 0
    copay: int = 0
    coinsurance: int = 0
    adjustments: tuple[Adjusted, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def owed(self) -> int:
        return self.deductible + self.copay + self.coinsurance

    @property
    def paid(self) -> int | None:
        return None if self.allowed is None else self.allowed - self.owed


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    reference: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a payment holds back (positive cents) or adds (negative) beside its claims: an 835's PLB.

    ``reason`` is WO (an overpayment recovered), L6 (interest owed by the payer) and the like.
    """

    reason: str
    reference: str
    cents: int


@dataclass(frozen=True, slots=True)
class Payment:
    """A check (CHK) or transfer (ACH); ``cents`` is what was sent: its claims less what it withholds."""

    method: str
    number: str
    issued: date
    cents: int
    payee: str
    since: date
    """The first day on which the payer's files have it."""
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A claim as it stands from ``since`` on; ``status`` is the normalized one."""

    since: date
    status: str
    lines: tuple[Line, ...]
    processed: date | None = None
    pends: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    payment: Payment | None = None
    replaced_by: str | None = None

    @property
    def billed(self) -> int:
        return sum(line.billed for line in self.lines)

    @property
    def adjudicated(self) -> bool:
        return all(line.allowed is not None for line in self.lines)

    @property
    def allowed(self) -> int:
        return sum(line.allowed or 0 for line in self.lines)

    @property
    def paid(self) -> int:
        return sum(line.paid or 0 for line in self.lines)

    @property
    def owed(self) -> int:
        return sum(line.owed for line in self.lines)

    @property
    def adjustment(self) -> int:
        return sum(a.cents for line in self.lines for a in line.adjustments if a.group == "CO")


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """One claim at the payer, with its whole story."""

    number: str
    account: str
    member: Member
    organization: Organization
    rendering: Provider
    received: date
    diagnoses: tuple[str, ...]
    stages: tuple[Stage, ...]
    replaces: str | None = None
    worklist: bool = True
    """Whether the practice still follows it."""

    @property
    def start(self) -> date:
        return min(line.start for line in self.stages[0].lines)

    @property
    def end(self) -> date:
        return max(line.end for line in self.stages[0].lines)

    def on(self, day: date) -> Stage | None:
        """Return the stage on a day; ``None`` while the payer does not have the claim yet."""
        past = [stage for stage in self.stages if stage.since <= day]
        return past[-1] if past else None


@dataclass(frozen=True, slots=True)
class Recovery:
    """A part of a demand that came back: withheld from a payment, or (without one) sent by the provider."""

    on: date
    cents: int
    payment: str | None
    since: date


@dataclass(frozen=True, slots=True)
class Demand:
    """What the payer wants back of what it paid for a claim, from the day of its letter on."""

    reference: str
    claim: ClaimFile
    reason: str
    """duplicate, other_insurance, fee_schedule or not_covered."""
    demanded: date
    cents: int
    recoveries: tuple[Recovery, ...] = ()
    disputed: bool = False

    def back(self, day: date) -> list[Recovery]:
        """Return what has come back by a day."""
        return [one for one in self.recoveries if one.since <= day]

    def balance(self, day: date) -> int:
        return self.cents - sum(one.cents for one in self.back(day))


@dataclass(frozen=True, slots=True)
class Book:
    """One payer's files on the cast."""

    members: tuple[Member, ...]
    claims: tuple[ClaimFile, ...]
    demands: tuple[Demand, ...] = ()

    def member(self, member_id: str) -> Member | None:
        return next((m for m in self.members if m.member_id == member_id), None)


# Prices in cents. CPT and HCPCS codes alone: their descriptions are licensed.
_PROCEDURES = (
    ("99213", 14250, ("25",)),
    ("99214", 21000, ("25",)),
    ("99203", 18575, ()),
    ("97110", 6120, ("GP",)),
    ("97140", 5890, ("GP", "59")),
    ("98941", 7450, ("AT",)),
    ("80053", 4815, ()),
    ("71046", 9960, ("TC",)),
    ("73721", 118000, ("RT",)),
    ("90837", 16500, ("95",)),
    ("20610", 15390, ("LT", "59")),
    ("36415", 1200, ()),
    ("G0283", 3405, ("GP",)),
    ("J1885", 2250, ()),
)
_DIAGNOSES = ("M54.50", "M25.561", "E11.9", "I10", "J06.9", "F41.1", "R07.9", "M17.11", "Z00.00", "S83.241A")
_DENIALS = (
    ("16", ("N290",)),
    ("16", ("M76",)),
    ("29", ()),
    ("50", ("N115",)),
    ("97", ("M15",)),
    ("197", ()),
    ("18", ()),
)
_DOCUMENTS = (
    "Office notes for the dates of service",
    "Itemized bill",
    "Physical therapy plan of care",
    "Imaging report",
    "Referring provider order",
)
_INFO = "Records needed before this claim can be completed"
_COB = "Waiting for the other insurance's explanation of benefits"
_REVIEW = "In clinical review"

_UNCHANGED = (
    ("received", 12),
    ("in_process", 30),
    ("pended_provider_info", 22),
    ("pended_cob", 8),
    ("pended_payer", 8),
    ("approved_awaiting_payment", 10),
    ("paid", 46),
    ("paid_zero", 12),
    ("denied", 22),
    ("denied_line_mixed", 12),
    ("adjusted", 4),
)
_CHANGED = (
    (("pended_provider_info", "denied_records"), 8),
    (("in_process", "paid"), 12),
    (("in_process", "pended_provider_info"), 7),
    (("approved_awaiting_payment", "paid"), 8),
    (("received", "in_process"), 5),
    (("denied", "adjusted"), 3),
    (("pended_cob", "denied_cob"), 2),
    (("in_process", "denied_line_mixed"), 2),
    (("paid", "reprocessed"), 1),
)
_HEAVY = (23, 14, 11, 10)
"""How many claims the busiest patients have; the others have two or three."""

Insurer = Callable[[Member], str]
"""Who insures a member."""


def _one(_member: Member) -> str:
    return ""


def book(
    cast: Cast,
    payer: str,
    prefix: str,
    plans: Sequence[tuple[str, str, str]],
    series: str = "",
    insurer: Insurer = _one,
) -> Book:
    """Return a payer's files: member ids start with ``prefix``; plans are (name, product, network).

    ``series`` is what the practice's account numbers for this payer start with. Where a portal shows
    several payers, ``insurer`` says who insures a member: each pays, and takes back, for itself.
    """
    members = tuple(_members(cast, payer, prefix, plans))
    claims = [replace(file, account=series + file.account) for file in _claims(cast, payer, members)]
    return recovering(payer, Book(members, tuple(_pay_together(claims, insurer))), insurer)


def _members(cast: Cast, payer: str, prefix: str, plans: Sequence[tuple[str, str, str]]) -> Iterator[Member]:
    moving = {0, 2, 5, 9, 14, 21, 33, 47, 58}
    for index, patient in enumerate(cast.patients):
        family = Random(f"{payer} {cast.seed} family {patient.family}")
        number = f"{prefix}{family.randrange(10**7, 10**8)}{patient.person:02d}"
        kin = sum(1 for other in cast.patients if other.family == patient.family)
        own = Random(f"{payer} {cast.seed} member {index}")
        first = _cover(family, own, index, kin > 1, patient, plans, cast)
        covers = [first]
        if index in moving:
            covers.append(_moved(first, 24000))
        elif index in (11, 40):
            last = BASE_DATE + 14 * DAY
            ending = (replace(first.periods[0], end=last), *first.periods[1:])
            covers.append(replace(first, since=BASE_DATE + DAY, periods=ending))
        yield Member(number, patient, tuple(covers))


def _cover(
    family: Random,
    own: Random,
    index: int,
    has_family: bool,
    patient: Patient,
    plans: Sequence[tuple[str, str, str]],
    cast: Cast,
) -> Cover:
    year = BASE_DATE.year
    plan, product, network = family.choice(plans)
    group = f"{family.randrange(10**5, 10**6)}"
    old_plan, old_product, old_network = family.choice(plans)
    gone = index in (7, 26, 51)
    current = Period(
        plan, product, network, group, date(year, 1, 1), date(year, 6, 30) if gone else None, not gone
    )
    prior = Period(
        old_plan, old_product, old_network, group, date(year - 2, 1, 1), date(year - 1, 12, 31), False
    )
    deductible = 150000 if index == 0 else family.choice((50000, 75000, 150000, 300000))
    pocket = deductible * 4
    kin = deductible + family.randrange(0, deductible, 1255), pocket + family.randrange(0, pocket, 2005)
    met = 30000 if index == 0 else min(deductible, own.randrange(0, deductible + 20000, 1275))
    spent = min(pocket, met + own.randrange(0, 90000, 1015))
    used = tuple(
        Used(kind, level, net, limit, amount)
        for kind, limits, amounts in (
            ("deductible", (deductible, deductible * 2), (met, kin[0])),
            ("out_of_pocket", (pocket, pocket * 2), (spent, kin[1])),
        )
        for net, factor in (("in", 1), ("out", 2))
        for level, limit, amount in (
            ("IND", limits[0] * factor, amounts[0] if net == "in" else 0),
            ("FAM", limits[1] * factor if has_family else None, amounts[1] if net == "in" else 0),
        )
    )
    other, others = _other(own, index, patient)
    return Cover(
        since=date.min,
        periods=(current, prior) if index % 3 else (current,),
        used=used,
        shares=tuple(_shares(family, product)),
        visits=tuple(
            Visits(service, allowed, own.randint(0, allowed))
            for service, allowed in (("PT", family.choice((20, 30))), ("33", family.choice((12, 24))))
        ),
        other=other,
        others=others,
        fund=own.randrange(0, 120000, 1060) if index % 5 == 0 else None,
        primary_care=None if product != "HMO" else "" if index % 4 == 1 else own.choice(cast.providers).name,
    )


def _shares(rng: Random, product: str) -> Iterator[Share]:
    visit = rng.choice((2000, 2500, 3000))
    for service, copay, percent, deductible, authorization in (
        ("98", visit, None, False, False),
        ("UC", visit + 2500, None, False, False),
        ("86", 25000, 20, True, False),
        ("33", visit, None, False, False),
        ("PT", visit + 1000, None, False, rng.random() < 0.3),
        ("MH", visit, 0, False, False),
        ("5", None, 10, True, False),
        ("62", None, 20, True, True),
    ):
        yield Share(
            service, "in", copay, percent, deductible, authorization, product == "HMO" and service == "PT"
        )
        if product != "HMO":
            yield Share(service, "out", None, 40 if service != "86" else 20, True, authorization, False)


def _other(rng: Random, index: int, patient: Patient) -> tuple[str, tuple[OtherPayer, ...]]:
    if index % 9 not in (3, 6):
        return "none_on_file", ()
    determined = index % 9 == 3
    order = rng.choice("PS") if determined else "U"
    payer = rng.choice(("Juniper Valley Health", "Blue Lantern Assurance", "Harbor Teamsters Welfare Trust"))
    started = date(2024, rng.randint(1, 12), 1)
    other = OtherPayer(
        order=order,
        payer=payer,
        policy=f"X{rng.randrange(10**8, 10**9)}",
        group=f"{rng.randrange(1000, 9999)}" if determined else "",
        insured=patient.name if patient.person != 3 else f"{patient.last}, guardian of {patient.first}",
        start=started,
        end=None,
        updated=date(2026, rng.randint(2, 10), rng.randint(1, 28)),
    )
    return ("determined" if determined else "undetermined"), (other,)


def _moved(cover: Cover, cents: int) -> Cover:
    """Return the cover of the next day: more is met, one visit more is used."""
    used = tuple(
        replace(u, met=min(u.limit, u.met + cents)) if u.network == "in" and u.limit is not None else u
        for u in cover.used
    )
    visits = tuple(replace(v, used=min(v.allowed, v.used + 1)) for v in cover.visits)
    return replace(cover, since=BASE_DATE + DAY, used=used, visits=visits)


def _claims(cast: Cast, payer: str, members: Sequence[Member]) -> Iterator[ClaimFile]:
    rng = Random(f"{payer} {cast.seed} claims")
    stories: list[tuple[str, ...]] = [(status,) for status, n in _UNCHANGED for _ in range(n * cast.busy)]
    stories += [story for story, n in _CHANGED for _ in range(n * cast.busy)]
    rng.shuffle(stories)
    numbers = iter(rng.sample(range(10**7, 10**8), 2 * len(stories)))
    accounts = iter(sorted(rng.sample(range(20000, 89999), len(stories))))
    for index, (member, story) in enumerate(zip(_owners(rng, members, len(stories)), stories, strict=True)):
        account = str(next(accounts))
        yield from _story(cast, f"{payer} {cast.seed} claim {index}", member, story, account, numbers)
    yield from _near_twins(cast, payer, members, numbers)
    yield from _elsewhere(cast, payer, members, numbers)


def _owners(rng: Random, members: Sequence[Member], total: int) -> list[Member]:
    """Return whose claim each is: a few patients with many, the rest evenly."""
    owners = [
        m
        for m, n in zip((members[0], members[2], members[5], members[9]), _HEAVY, strict=True)
        for _ in range(n)
    ]
    others = [m for m in members if m not in owners]
    owners += [others[i % len(others)] for i in range(total - len(owners))]
    rng.shuffle(owners)
    return owners


def _story(
    cast: Cast, key: str, member: Member, story: tuple[str, ...], account: str, numbers: Iterator[int]
) -> Iterator[ClaimFile]:
    rng = Random(key)
    number = _number(numbers)
    start = BASE_DATE - DAY * rng.randint(12, 150)
    received = min(start + DAY * rng.randint(3, 8), BASE_DATE - DAY * 3)
    diagnoses = tuple(rng.sample(_DIAGNOSES, rng.randint(1, 3)))
    lines = _lines(rng, start, len(diagnoses))
    claim = ClaimFile(
        number=number,
        account=account,
        member=member,
        organization=cast.organizations[0],
        rendering=rng.choice(cast.providers),
        received=received,
        diagnoses=diagnoses,
        stages=(),
        worklist="reprocessed" not in story,
    )
    settled = min(received + DAY * rng.randint(6, 20), BASE_DATE - DAY)
    first = _stage(rng, claim, story[0], lines, date.min, settled)
    if story == ("adjusted",):
        # Was denied, was corrected by the practice before our story starts.
        follower = _corrected(rng, claim, lines, _number(numbers), date.min, "paid")
        denied = _stage(rng, claim, "denied", lines, date.min, settled)
        yield replace(claim, stages=(replace(denied, status="adjusted", replaced_by=follower.number),))
        yield follower
        return
    stages = [first]
    if len(story) > 1:
        since = BASE_DATE + DAY
        if story[1] in ("adjusted", "reprocessed"):
            follower = (
                _corrected(rng, claim, lines, _number(numbers), since, "received")
                if story[1] == "adjusted"
                else _reprocessed(rng, claim, lines, _number(numbers), since)
            )
            stages.append(replace(first, since=since, status="adjusted", replaced_by=follower.number))
            yield replace(claim, stages=tuple(stages))
            yield follower
            return
        # What was worked out before payment stays as it was worked out.
        basis = first.lines if first.adjudicated else lines
        stages.append(_stage(rng, claim, story[1], basis, since, BASE_DATE))
    elif story[0] in ("received", "in_process") and rng.random() < 0.6:
        later = BASE_DATE + DAY * rng.randint(3, 9)
        stages.append(_stage(rng, claim, "paid", lines, later, later - DAY))
    yield replace(claim, stages=tuple(stages))


def _number(numbers: Iterator[int]) -> str:
    return f"4471{next(numbers)}"


def _lines(rng: Random, start: date, diagnoses: int) -> tuple[Line, ...]:
    lines = []
    day = start
    for number in range(1, rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6)) + 1):
        procedure, price, modifiers = rng.choice(_PROCEDURES)
        units = rng.randint(1, 4) if price < 7000 else 1
        end = day + DAY * 2 if procedure == "97110" and rng.random() < 0.3 else day
        pointers = tuple("ABCD"[i] for i in sorted(rng.sample(range(diagnoses), rng.randint(1, diagnoses))))
        chosen = modifiers[: rng.randint(0, len(modifiers))]
        lines.append(Line(number, day, end, procedure, chosen, units, pointers, price * units))
        if rng.random() < 0.15:
            day += DAY
    return tuple(lines)


def _stage(
    rng: Random, claim: ClaimFile, what: str, lines: tuple[Line, ...], since: date, settled: date
) -> Stage:
    if what in ("received", "in_process"):
        return Stage(since, what, lines)
    if what == "pended_provider_info":
        return Stage(since, what, lines, pends=(_INFO,), documents=tuple(_documents(rng)))
    if what == "pended_cob":
        return Stage(since, what, lines, pends=(_COB,))
    if what == "pended_payer":
        return Stage(since, what, lines, pends=(_REVIEW,))
    if what == "denied":
        reason, remarks = rng.choice(_DENIALS)
        return Stage(since, what, tuple(_denied(line, reason, remarks) for line in lines), settled)
    if what == "denied_cob":
        return Stage(since, "denied", tuple(_denied(line, "22", ("MA04",)) for line in lines), settled)
    if what == "denied_records":
        # The one line that the records were asked for says why; the others fall with it.
        told = min(2, len(lines))
        denied = tuple(_denied(line, "16", ("N290",) if line.number == told else ("M127",)) for line in lines)
        return Stage(since, "denied", denied, settled)
    if what == "denied_line_mixed":
        reason, remarks = rng.choice(_DENIALS)
        bad = rng.randrange(len(lines))
        done = tuple(
            _denied(line, reason, remarks) if i == bad and len(lines) > 1 else _priced(rng, line)
            for i, line in enumerate(lines)
        )
        status = what if len(lines) > 1 else "paid"
        return Stage(since, status, done, settled, payment=_payment(rng, claim, settled))
    if what == "paid_zero":
        return Stage(since, what, tuple(_priced(rng, line, all_deductible=True) for line in lines), settled)
    done = lines if lines[0].allowed is not None else tuple(_priced(rng, line) for line in lines)
    if what == "approved_awaiting_payment":
        return Stage(since, what, done, settled)
    return Stage(since, "paid", done, settled, payment=_payment(rng, claim, settled))


def _documents(rng: Random) -> Iterator[Document]:
    for name in rng.sample(_DOCUMENTS, rng.randint(1, 2)):
        due = BASE_DATE + DAY * rng.randint(5, 45) if rng.random() < 0.9 else None
        yield Document(name, f"RFI-{rng.randrange(10**6, 10**7)}", due)


def _denied(line: Line, reason: str, remarks: tuple[str, ...]) -> Line:
    return replace(line, allowed=0, adjustments=(Adjusted("CO", reason, line.billed),), remarks=remarks)


def _priced(rng: Random, line: Line, all_deductible: bool = False) -> Line:
    """Return the line worked out by contract; now and then the contract pays above the charge."""
    share = 120 if rng.random() < 0.06 else rng.randint(52, 88)
    allowed = line.billed * share // 100
    adjustments = [Adjusted("CO", "45", line.billed - allowed)]
    deductible = allowed if all_deductible else rng.choice((0, 0, 0, allowed // 4))
    copay = min((allowed - deductible) // 2, rng.choice((0, 0, 2000, 2500)))
    coinsurance = (allowed - deductible - copay) * rng.choice((0, 10, 20)) // 100
    if all_deductible:
        copay = coinsurance = 0
    for reason, cents in (("1", deductible), ("3", copay), ("2", coinsurance)):
        if cents:
            adjustments.append(Adjusted("PR", reason, cents))
    return replace(
        line,
        allowed=allowed,
        deductible=deductible,
        copay=copay,
        coinsurance=coinsurance,
        adjustments=tuple(adjustments),
        remarks=(),
    )


def _payment(rng: Random, claim: ClaimFile, settled: date) -> Payment:
    """Return a payment without its sum, which is known when all its claims are."""
    method = "CHK" if rng.random() < 0.25 else "ACH"
    return Payment(method, "", settled, 0, claim.organization.name, settled)


_Run = tuple[str, date, str, date, str]
"""What a payment's claims have in common: to whom, when, how, known from when on, and by whom."""


def _pay_together(claims: list[ClaimFile], insurer: Insurer) -> list[ClaimFile]:
    """Give claims settled on one day by one method one check or transfer, up to four on each."""
    runs: dict[_Run, list[tuple[str, int]]] = {}
    for claim in claims:
        for stage in claim.stages:
            if stage.payment and stage.paid > 0:
                entry = (claim.number, stage.paid)
                run = _run(claim, stage, stage.payment, insurer)
                if entry not in runs.setdefault(run, []):
                    runs[run].append(entry)
    paid: dict[tuple[_Run, str], Payment] = {}
    for order, (key, entries) in enumerate(sorted(runs.items())):
        for chunk in range(0, len(entries), 4):
            together = entries[chunk : chunk + 4]
            payee, issued, method, since, _ = key
            serial = f"{order:04d}{chunk // 4}"
            number = f"{70}{serial}" if method == "CHK" else f"E{issued:%Y%m%d}{serial}"
            payment = Payment(method, number, issued, sum(cents for _, cents in together), payee, since)
            paid.update({(key, claim_number): payment for claim_number, _ in together})
    return [
        replace(
            claim,
            stages=tuple(
                replace(
                    stage,
                    payment=paid.get((_run(claim, stage, stage.payment, insurer), claim.number))
                    if stage.payment
                    else None,
                )
                for stage in claim.stages
            ),
        )
        for claim in claims
    ]


def _run(claim: ClaimFile, stage: Stage, payment: Payment, insurer: Insurer) -> _Run:
    since = max(stage.since, BASE_DATE)
    return payment.payee, payment.issued, payment.method, since, insurer(claim.member)


def _corrected(
    rng: Random, claim: ClaimFile, lines: tuple[Line, ...], number: str, since: date, what: str
) -> ClaimFile:
    """Return the practice's corrected claim (frequency 7): same account, one charge more."""
    extra = replace(lines[-1], number=len(lines) + 1, procedure="36415", modifiers=(), units=1, billed=1200)
    received = BASE_DATE - DAY * (5 if what == "paid" else 0)
    corrected = replace(
        claim, number=number, received=received, replaces=claim.number, stages=(), worklist=False
    )
    stage = _stage(rng, corrected, what, (*lines, extra), since, BASE_DATE - DAY)
    return replace(corrected, stages=(stage,))


def _reprocessed(
    rng: Random, claim: ClaimFile, lines: tuple[Line, ...], number: str, since: date
) -> ClaimFile:
    """Return the payer's own second go at a claim: the same account, days and charges."""
    again = replace(claim, number=number, replaces=claim.number, stages=(), worklist=False)
    return replace(again, stages=(_stage(rng, again, "paid", lines, since, BASE_DATE),))


def _near_twins(
    cast: Cast, payer: str, members: Sequence[Member], numbers: Iterator[int]
) -> Iterator[ClaimFile]:
    """Two pairs of one patient's claims, same days and charges; one account number is in the other's."""
    for member, account, longer, story in (
        (members[2], "10442", "110442", ("denied", "paid")),
        (members[30], "77310", "773104", ("in_process", "paid")),
    ):
        for own, what in zip((account, longer), story, strict=True):
            key = f"{payer} {cast.seed} twin {account}"
            yield from _story(cast, key, member, (what,), own, numbers)


def _elsewhere(
    cast: Cast, payer: str, members: Sequence[Member], numbers: Iterator[int]
) -> Iterator[ClaimFile]:
    """Claims of the practice's other organization, seen only under its own tax id."""
    for index, member in enumerate((members[1], members[8], members[16], members[24], members[0])):
        key = f"{payer} {cast.seed} elsewhere {index}"
        status = ("paid", "denied", "in_process", "paid", "received")[index]
        for claim in _story(cast, key, member, (status,), str(95001 + index), numbers):
            yield replace(
                claim,
                organization=cast.organizations[1],
                stages=tuple(_paid_to(stage, cast.organizations[1]) for stage in claim.stages),
                worklist=False,
            )


def _paid_to(stage: Stage, organization: Organization) -> Stage:
    paid = stage.payment
    return replace(stage, payment=replace(paid, payee=organization.name)) if paid else stage


_DEMAND_REASONS = ("duplicate", "other_insurance", "fee_schedule", "not_covered")


def recovering(payer: str, book: Book, insurer: Insurer = _one) -> Book:
    """Return the book with demands for some of what was paid, recovered from later payments.

    One payment in nine pays interest (L6) and none holds back more than half of what its claims are paid.
    """
    rng = Random(f"{payer} recoveries")
    gross: dict[str, Payment] = {}
    payers: dict[str, str] = {}
    for file in book.claims:
        gross.update({stage.payment.number: stage.payment for stage in file.stages if stage.payment})
        payers.update({stage.payment.number: insurer(file.member) for stage in file.stages if stage.payment})
    withheld: dict[str, list[Withheld]] = {number: [] for number in gross}
    room = {number: payment.cents // 2 for number, payment in gross.items()}
    for at, number in enumerate(sorted(gross)):
        if at % 9 == 4:
            withheld[number].append(Withheld("L6", "", -rng.randrange(35, 900)))
    demands = []
    for file in [one for one in book.claims if one.replaces is None and one.organization.tin.endswith("142")]:
        first = next((stage.payment for stage in file.stages if stage.payment), None)
        if first is None or first.issued > BASE_DATE - DAY * 40 or rng.random() < 0.55:
            continue
        paid = next(stage.paid for stage in file.stages if stage.payment)
        demand = Demand(
            reference=f"OP{rng.randrange(10**6, 10**7)}",
            claim=file,
            reason=rng.choice(_DEMAND_REASONS),
            demanded=first.issued + DAY * rng.randint(12, 35),
            cents=paid if rng.random() < 0.4 else max(1500, paid // rng.randint(2, 4)),
            disputed=rng.random() < 0.1,
        )
        own = [payment for number, payment in gross.items() if payers[number] == insurer(file.member)]
        demands.append(_recovered(rng, demand, own, withheld, room))
    net = {
        number: replace(
            payment,
            cents=payment.cents - sum(one.cents for one in withheld[number]),
            withheld=tuple(withheld[number]),
        )
        for number, payment in gross.items()
    }
    claims = tuple(
        replace(
            file,
            stages=tuple(
                replace(stage, payment=net[stage.payment.number] if stage.payment else None)
                for stage in file.stages
            ),
        )
        for file in book.claims
    )
    return replace(book, claims=claims, demands=tuple(demands))


def _recovered(
    rng: Random,
    demand: Demand,
    payments: Sequence[Payment],
    withheld: dict[str, list[Withheld]],
    room: dict[str, int],
) -> Demand:
    """Withhold a demand from the payments that follow it, or let the provider send it back."""
    if demand.disputed:
        return demand
    left, recoveries = demand.cents, []
    if rng.random() < 0.2:
        on = demand.demanded + DAY * rng.randint(5, 25)
        recoveries.append(Recovery(on, left, None, on))
        return replace(demand, recoveries=tuple(recoveries))
    begin = demand.demanded + DAY * rng.randint(15, 41)
    later = [
        one
        for one in payments
        if one.issued > begin and one.payee == demand.claim.organization.name and room[one.number] > 0
    ]
    chosen = rng.sample(later, min(len(later), rng.randint(1, 5)))
    for payment in sorted(chosen, key=lambda one: (one.issued, one.number)):
        cents = min(left, room[payment.number], max(1000, demand.cents // 2))
        if cents == 0:
            break
        left, room[payment.number] = left - cents, room[payment.number] - cents
        withheld[payment.number].append(Withheld("WO", demand.claim.number, cents))
        recoveries.append(Recovery(payment.issued, cents, payment.number, max(payment.since, payment.issued)))
    return replace(demand, recoveries=tuple(recoveries))
