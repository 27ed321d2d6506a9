"""What is measured: claims beside others' ways, one lookup with a person waiting, many accounts at once."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from harvester.model.eligibility import Eligibility
from harvester.model.query import EligibilityQuery, Member
from harvester.model.snapshot import Answer
from harvester.testing.truth import Comparison, compare
from harvester.visit.client import Stay
from scripts.bench import ours
from scripts.bench.job import now
from scripts.bench.portal import LATENCY_MS, PEOPLE, Mock, portal
from scripts.bench.running import job, judged, run, single

CONTESTANTS = {
    "script": "peers.script",
    "crawlee": "peers.crawlee_default",
    "crawlee tuned": "peers.crawlee_tuned",
    "scrapy-playwright": "peers.scrapy_tuned",
    "harvester": "ours",
    "harvester, rendered": "rendered",
}
ACCOUNTS = (1, 2, 4, 8, 16)
EACH = 10
"""Claims that each of many accounts reads."""
NIGHTLY = 1000
"""Open claims of a practice that is swept nightly."""
SHARES = (0.0, 0.02, 0.1, 1.0)
"""How many of them the portal's list shows otherwise."""
FIRST = ("never looked up", "the portal's own changes")
"""The nights before."""
STEP = 31.0
"""Seconds after which an authenticator has another code."""

Row = dict[str, Any]


def claims(count: int, rounds: int, out: Path) -> Row:
    """Let every contestant read the same claims, one contestant after another, in every round."""
    rows: list[Row] = []
    names = list(CONTESTANTS)
    with portal() as mock:
        asked = mock.claims(count)
        for round_ in range(rounds):
            turn = round_ % len(names)
            for name in names[turn:] + names[:turn]:  # nobody is always first
                row = single(CONTESTANTS[name], mock, asked, out / "printed.txt")
                rows.append({"contestant": name, "round": round_ + 1} | row)
                print(_line(name, round_ + 1, row, count), flush=True)
    return {
        "latency_ms": LATENCY_MS,
        "claims": count,
        "lines": sum(len(one["lines"]) for one in asked),
        "rounds": rounds,
        "rows": rows,
    }


def _line(name: str, round_: int, row: Row, count: int) -> str:
    said = f"round {round_}  {name:20} {row['cpu'] / count:6.3f} CPU-s a claim, {row['wall']:6.1f} s"
    return said + (f"  DOES NOT COUNT: {row['wrong'][0]}" if row["wrong"] else "")


def _eligibility(mock: Mock, number: int) -> EligibilityQuery:
    """Return a question about a member whose coverage is on file, another one for each number."""
    records = mock.truth["eligibilities"]
    record = records[number % len(records)]
    (person,) = (one for one in mock.truth["members"] if one["member_id"] == record["member_id"]["value"])
    return EligibilityQuery(
        carrier=record["of"]["carrier"] if "of" in record else ours.CARRIER,
        tin=mock.tin.replace("-", ""),
        member=Member(**{name: person[name] for name in Member.model_fields}),
        service_date=date.fromisoformat(mock.truth["date"]),
    )


def asked(times: int, out: Path) -> Row:
    """Time eligibility for somebody who waits: in a new stay, and in one that is signed in already.

    The latter where pages are fetched, where they must be driven, and through the office, by a worker.
    """
    rows: list[Row] = []
    with portal() as mock:
        for number in range(times):
            mock.open_again()
            began = now()
            with ours.stay(job(mock, [])) as stay:
                stay.enter()
                rows.append({"how": "cold"} | _timed(mock, stay, number, began))
        rows += _signed_in(mock, "fetched", times)
        rows += _parked(mock, times, out)
    with portal("harborline") as mock:
        rows += _signed_in(mock, "driven", times)
    print(f"asked: {len(rows)} times", flush=True)
    return {"latency_ms": LATENCY_MS, "rows": rows}


def _signed_in(mock: Mock, how: str, times: int) -> list[Row]:
    """Time lookups of a stay that is signed in; the first one finds no form yet, and does not count."""
    mock.open_again()
    with ours.stay(job(mock, [])) as stay:
        stay.enter()
        rows = [_timed(mock, stay, number, None) for number in range(times + 1)]
    return [{"how": how} | row for row in rows[1:]]


def _parked(mock: Mock, times: int, out: Path) -> list[Row]:
    """Time lookups of a person beside a worker that remains signed in, from asking to what is kept."""
    mock.open_again()
    queries = [_eligibility(mock, number) for number in range(times + 1)]
    told = asdict(job(mock, [])) | {
        "control": str(mock.http.base_url),
        "day": mock.truth["date"],
        "queries": [query.model_dump(mode="json") for query in queries],
    }
    with tempfile.TemporaryDirectory(prefix="bench-practice-") as home:
        cost, found = run("parked", told, out / "printed.txt", HARVESTER_HOME=home, HARVESTER_STATE=home)
    if found is None:
        return [{"how": "parked", "wrong": [f"it ended with {cost['exit']} and without an answer"]}]
    rows: list[Row] = []
    for query, one in zip(queries, found, strict=True):
        rows.append(
            {"how": "parked", "wrong": _wrong(mock, query, Eligibility.model_validate(one.pop("answer")))}
            | one
        )
    return rows[1:]


def _timed(mock: Mock, stay: Stay, number: int, began: float | None) -> Row:
    """Look a member up; return how long it took since ``began``, or now, and what the portal's part was.

    What the portal served counts from the same moment.
    """
    before = None if began is not None else mock.served()
    start = began if began is not None else now()
    query = _eligibility(mock, number)
    answer = ours.answer(stay, number, query)
    seconds = now() - start
    served = mock.served()
    part = served.since(before) if before else served
    return {
        "seconds": seconds,
        "requests": part.requests,
        "portal_seconds": part.seconds,
        "wrong": _wrong(mock, query, answer),
    }


def _wrong(mock: Mock, query: EligibilityQuery, answer: Answer) -> list[str]:
    comparison = Comparison()
    compare(comparison, query, answer, mock.truth, "answer")
    return [] if comparison else [comparison.sentence, *comparison.differences[:5]]


def nights(times: int, out: Path) -> Row:
    """Sweep a thousand open claims night after night, of which more and more changed."""
    rows: list[Row] = []
    with portal(busy=5) as mock:
        wanted = mock.claims(NIGHTLY)
        day = date.fromisoformat(mock.truth["date"])
        for round_ in range(times):
            with tempfile.TemporaryDirectory(prefix="bench-practice-") as home:
                rows += [{"round": round_ + 1} | row for row in _week(mock, wanted, day, home, out)]
    return {"latency_ms": LATENCY_MS, "claims": NIGHTLY, "rows": rows}


def _week(mock: Mock, wanted: list[dict[str, Any]], day: date, home: str, out: Path) -> Iterator[Row]:
    """Sweep a new practice on several nights; what changes at the portal by itself does so on the second."""
    printed, where = out / "printed.txt", {"HARVESTER_HOME": home, "HARVESTER_STATE": home}

    def do(what: str, **told: Any) -> tuple[Row, Any]:
        return run("nights", {"do": what} | told, printed, **where)

    mock.open_again()
    known = asdict(job(mock, [])) | {"claims": wanted, "members": mock.truth["members"]}
    do("practice", day=f"{day}", **known)
    for number, share in enumerate((*(None for _ in FIRST), *SHARES)):
        today = day + timedelta(days=number)
        mock.turn_to(today)
        truth = mock.truth_now()
        if share is not None:
            do("forget", share=share)
        time.sleep(STEP)  # else signing in waits until an authenticator has another code
        before = mock.served()
        cost, answered = do("night", day=f"{today}")
        part = mock.served().since(before)
        _, wrong = do("checked", **truth)
        if answered is None or wrong is None:
            wrong = ["it ended without an answer"]
        elif answered["not answered"]:
            wrong = [*wrong, f"{answered['not answered']} lookups were not answered"]
        name = FIRST[number] if share is None else f"{share:.0%} changed"
        row = {"night": name, "answered": answered, "requests": part.requests, "bytes": part.bytes}
        print(f"{name}: {cost['wall']:.1f} s, {cost['cpu']:.1f} CPU-s, {part.requests} requests", flush=True)
        yield row | cost | {"wrong": wrong}


def accounts(most: int, out: Path) -> Row:
    """Let more and more accounts read at once, each some claims of its own."""
    rows: list[Row] = []
    for count in (one for one in ACCOUNTS if one <= most):
        with ExitStack() as open_ones:
            mocks = [open_ones.enter_context(portal()) for _ in range(math.ceil(count / PEOPLE))]
            wanted = mocks[0].claims(EACH * PEOPLE)
            share = [wanted[person * EACH : (person + 1) * EACH] for person in range(PEOPLE)]
            seats = [divmod(number, PEOPLE) for number in range(count)]
            jobs = [asdict(job(mocks[place], share[person], person)) for place, person in seats]
            cost, found = run("several", jobs, out / "printed.txt")
        wrong = [
            sentence
            for (_, person), one in zip(seats, found or [None] * count, strict=True)
            for sentence in judged(share[person], one, cost)
        ]
        rows.append({"accounts": count, "portals": len(mocks), "claims_each": EACH, "wrong": wrong} | cost)
        print(
            f"{count:2} accounts at once: {cost['wall']:.1f} s, {cost['cpu'] / count:.2f} CPU-s each",
            flush=True,
        )
    return {"latency_ms": LATENCY_MS, "people": PEOPLE, "rows": rows}
