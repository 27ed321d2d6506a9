"""A year of a make-believe practice: what the plan spends on lookups, and how late it finds what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import mean, median

import pytest

from harvester.model.codes import ClaimStatus
from harvester.office.plan import FINAL, Followed, due

BEGIN = date(2026, 1, 1)
YEAR = 365
CLAIMS = 700
DAY = timedelta(days=1)


@dataclass
class Known:
    """One claim: what happens to it when, which nobody knows, and what was seen of it."""

    number: int
    submitted: date
    worth: Decimal
    events: list[tuple[date, ClaimStatus]]
    looked: date | None = None
    status: str = ""
    since: date | None = None
    seen: int = 0
    found: dict[int, date] = field(default_factory=dict)
    """When which event was seen."""

    def at(self, day: date) -> int:
        """Return the number of the last event until a day; -1 before the first."""
        return sum(happens <= day for happens, _ in self.events) - 1

    def look(self, day: date) -> None:
        """See what the portal shows."""
        event = self.at(day)
        status = self.events[event][1].value if event >= 0 else "not_found"
        for one in range(event + 1):
            self.found.setdefault(one, day)
        if status != self.status:
            self.since, self.seen = day, 0
        self.looked, self.status, self.seen = day, status, self.seen + 1

    @property
    def followed(self) -> Followed:
        """What a plan goes by."""
        return Followed(
            item=self.number,
            kind="claim",
            portal="cascadia",
            looked=self.looked,
            status=self.status,
            seen=self.seen,
            since=self.since,
            submitted=self.submitted,
            worth=self.worth,
        )

    def closed(self, day: date) -> bool:
        """Whether the practice has posted it and follows it no more: sixty days after it was settled."""
        return self.status in FINAL and self.since is not None and day - self.since > timedelta(days=60)


def story(number: int, chance: Random) -> Known:
    """Make up a claim: decided log-normally around three weeks, some pended, some denied, few reopened."""
    submitted = BEGIN + DAY * chance.randrange(YEAR - 90)
    worth = Decimal(round(chance.lognormvariate(5.2, 1.0), 2))
    on = submitted + DAY * chance.choice((1, 2, 2, 3, 4, 5))
    events = [(on, ClaimStatus.IN_PROCESS)]
    if chance.random() < 0.15:
        on += DAY * round(chance.lognormvariate(2.2, 0.5))
        events.append((on, ClaimStatus.PENDED_PROVIDER_INFO))
    on += DAY * max(1, round(chance.lognormvariate(2.8, 0.6)))
    end = chance.random()
    if end < 0.7:
        events.append((on, ClaimStatus.APPROVED_AWAITING_PAYMENT))
        on += DAY * chance.choice((2, 3, 4, 5, 6, 7))
        events.append((on, ClaimStatus.PAID))
    elif end < 0.9:
        events.append((on, ClaimStatus.DENIED))
        if chance.random() < 0.3:
            events.append((on + DAY * chance.randrange(20, 70), ClaimStatus.PAID))
    else:
        events.append((on, ClaimStatus.PAID_PARTIAL))
    return Known(number, submitted, worth, events)


@dataclass(frozen=True)
class Figures:
    """What a year cost and found."""

    lookups: int
    found: float
    """Which part of what happened was seen."""
    late: float
    """Days, on average, from when it happened."""
    middle: float
    dollars_late: float
    """The same weighed by what hangs on the claim."""

    def __str__(self) -> str:
        late = f"{self.late:.1f} days late on average, {self.middle:.0f} in the middle"
        return (
            f"{self.lookups} lookups, {self.found:.1%} of changes found, {late}, "
            f"{self.dollars_late:.1f} by the dollar"
        )


def year(choose: Callable[[list[Known], date], list[Known]], most: int | None = None) -> Figures:
    """Live through a year in which ``choose`` says every night what is looked up, ``most`` of it."""
    chance = Random(7)
    claims = [story(number, chance) for number in range(CLAIMS)]
    spent = 0
    for day in (BEGIN + DAY * n for n in range(YEAR)):
        there = [one for one in claims if one.submitted <= day and not one.closed(day)]
        chosen = choose(there, day)[:most]
        spent += len(chosen)
        for one in chosen:
            one.look(day)
    until = BEGIN + DAY * (YEAR - 1)
    happened = [(one, n, on) for one in claims for n, (on, _) in enumerate(one.events) if on <= until]
    late = [((one.found[n] - on).days, float(one.worth)) for one, n, on in happened if n in one.found]
    return Figures(
        spent,
        len(late) / len(happened),
        mean(days for days, _ in late),
        median(days for days, _ in late),
        sum(days * worth for days, worth in late) / sum(worth for _, worth in late),
    )


def planned(there: list[Known], day: date) -> list[Known]:
    known = {one.number: one for one in there}
    return [known[one.item] for one in due([one.followed for one in there], day) if one.item is not None]


def every(days: int) -> Callable[[list[Known], date], list[Known]]:
    def chosen(there: list[Known], day: date) -> list[Known]:
        return [one for one in there if one.looked is None or (day - one.looked).days >= days]

    return chosen


def test_a_year_by_the_plan_costs_little_and_is_seldom_late(
    record_property: Callable[[str, object], None],
) -> None:
    nightly, fortnightly, plan = year(every(1)), year(every(14)), year(planned)
    for name, figures in {"plan": plan, "every night": nightly, "every 14 days": fortnightly}.items():
        record_property(name, str(figures))
    assert nightly.late < 0.01
    assert plan.lookups < 0.25 * nightly.lookups
    assert plan.late < 0.4 * fortnightly.late
    assert plan.found > 0.98
    assert plan.dollars_late <= plan.late


@pytest.mark.parametrize("most", [10])
def test_within_a_small_budget_what_is_worth_most_is_looked_up(
    most: int, record_property: Callable[[str, object], None]
) -> None:
    def by_number(there: list[Known], day: date) -> list[Known]:
        return sorted(planned(there, day), key=lambda one: one.number)

    plan, other = year(planned, most), year(by_number, most)
    record_property(f"{most} a night by worth", str(plan))
    record_property(f"{most} a night in any order", str(other))
    assert plan.dollars_late < 0.8 * other.dollars_late
