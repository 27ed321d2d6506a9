"""Cascadia's flow on pages that changed: read right, or refused, and never silently wrong."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page, sync_playwright
from typing_extensions import override

from flows.cascadia import FLOW
from harvester.errors import Trouble
from harvester.model.claim import Claim, ClaimList
from harvester.model.eligibility import Eligibility
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery, Member
from harvester.model.shown import State
from harvester.testing.truth import Comparison
from harvester.visit import checks
from harvester.visit.browser import find_browser, launch_arguments, sandboxed
from tests.flows.mutations import COSMETIC, HARMFUL, STYLE, Mutation, parsed
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import TIN, Kit, Visitor

SEED = "2026-11-16"
QUICK = 4
LONG = 20

OPEN: tuple[tuple[str, str], ...] = (
    ("swap_labels: Prior plan", "a status word is taken for the name of a plan"),
    ("row_dropped: Service lines", "a claim without service lines is taken"),
    ("values_shifted_in_a_row: Service lines", "codes that fell out of a denied line are not missed"),
    ("two_values_in_one: span", "two names side by side are one"),
    ("label_and_value_far_apart: (Current|Prior) plan", "a part without its heading is not missed"),
    ("section_of_another_patient_only: Payment", "nothing in the payment says whose it is"),
)
"""Changes that are read wrong and could be seen: a pattern of the mutation and what it did, and why."""

BEYOND: tuple[tuple[str, str], ...] = (
    ("swap_labels: Member: Member name ↔ Primary care provider", "two names"),
    ("swap_labels: (Current|Prior) plan: (Network|Plan name|Product) ↔ (Plan name|Product)", "all are names"),
    ("swap_labels: Provider: Billing (NPI|provider) ↔ Rendering (NPI|provider)", "two of a kind"),
    ("swap_headers: Deductibles and out-of-pocket: Met ↔ Remaining", "their sum is the same"),
    ("swap_headers: Copay and .*: Prior authorization ↔ Referral", "both are Required or Not required"),
    ("cells_merged_downwards: ", "a cell over two rows belongs to both, as portals that group rows mean it"),
    ("row_dropped: (Copay|Deductibles|Visit|Diagnoses|Documents)", "nothing says how many rows there are"),
    ("value_moved_to_the_neighbour: .*: Prior authorization, Referral", "both have the same words"),
    ("values_of_two_rows_exchanged: ", "each row is right in itself, and so are the sums"),
    ("lines_of_another_claim: Documents requested", "nothing says how many rows there are"),
    ("days_before_months_in_a_column: Claims", "no day is above 12, and all are days that were asked for"),
    (
        "section_of_another_patient_only: (Spending account|Current plan|Prior plan|Diagnoses|Other)",
        "no name in it",
    ),
    ("section_of_another_patient_only: Documents requested", "no name in it"),
    ("section_dropped: Payment", "not every claim has one; without it the claim does not count as paid"),
    ("section_dropped: (Why|Documents|Spending)", "not every claim or plan has one"),
)
"""Changes that leave a page that is right in itself: nobody could see them on this page alone."""


# ---- the pages ----------------------------------------------------------------------------------------


@dataclass
class Shot:
    """A query, the portal's answers to it, and what is true; ``key`` is the answer that is changed."""

    name: str
    query: ClaimQuery | ClaimsQuery | EligibilityQuery
    truth: Mapping[str, Any]
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    key: str = ""


class Desk(ThreadingHTTPServer):
    """Serves a shot's answers; while it has none yet, it asks the portal and remembers."""

    shot: Shot
    visitor: Visitor
    home: str
    style: bytes
    changed: str | None = None


class _Answer(BaseHTTPRequestHandler):
    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        desk = self.server
        assert isinstance(desk, Desk)
        body = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        key = f"{self.command} {self.path}"
        if self.path == "/home":
            said, kind = desk.home.encode(), "text/html"
        elif self.path.startswith("/static/"):
            said, kind = desk.style if self.path.endswith(".css") else b"", "text/css"
        else:
            if key not in desk.shot.answers:
                desk.shot.answers[key] = desk.visitor.http.request(
                    self.command, self.path, data=body or None
                ).text
                desk.shot.key = desk.shot.key or (key if "?" in key or key != "GET /claims" else "")
            text = desk.changed if desk.changed and key == desk.shot.key else desk.shot.answers[key]
            said, kind = text.encode(), "text/html"
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


for _method in ("GET", "POST"):
    setattr(_Answer, f"do_{_method}", _Answer.answer)


@dataclass
class Bench:
    """A browser at the desk, and all shots."""

    desk: Desk
    page: Page
    shots: list[Shot]


def _shots(kit: Kit) -> list[Shot]:
    """Choose claims of every kind, members with short and long lists, and coverages of every kind."""
    truth = kit.truth()
    members = {entry["member_id"]["value"]: entry for entry in truth["eligibilities"]}
    mine = [claim for claim in truth["claims"] if claim["tin"]["value"] == TIN]
    shots: list[Shot] = []

    def member(number: str) -> Member:
        true = members[number]
        last, first = true["member_name"]["value"].split(", ")
        return Member(
            member_id=number,
            last_name=last,
            first_name=first,
            birth_date=date.fromisoformat(true["birth_date"]["value"]),
        )

    wanted: dict[str, Callable[[Any], bool]] = {
        "paid": lambda c: c["status"]["value"] == "paid" and len(c["lines"]) > 2 and "replaces" not in c,
        "replacing": lambda c: "replaces" in c,
        "adjusted": lambda c: "replaced_by" in c,
        "partly denied": lambda c: c["status"]["value"] == "denied_line_mixed" and len(c["lines"]) > 2,
        "denied": lambda c: c["status"]["value"] == "denied",
        "pended": lambda c: len(c["requested_documents"]) > 1,
        "approved": lambda c: c["status"]["value"] == "approved_awaiting_payment",
        "one line": lambda c: c["status"]["value"] == "paid" and len(c["lines"]) == 1,
    }
    for name, is_like in wanted.items():
        true = next(claim for claim in mine if is_like(claim))
        query = ClaimQuery(
            carrier="CMHP1",
            member=member(true["member_id"]["value"]),
            claim_number=true["claim_number"]["value"],
            patient_account_number=true["patient_account_number"]["value"],
            service_from=true["service_from"]["value"],
            service_to=true["service_to"]["value"],
            tin=TIN.replace("-", ""),
        )
        shots.append(Shot(f"claim, {name}", query, true))
    counts = Counter(claim["member_id"]["value"] for claim in mine)
    for name, number in (
        ("long", counts.most_common(1)[0][0]),
        ("short", next(number for number, count in counts.items() if count == 4)),
    ):
        listed = ClaimsQuery(
            carrier="CMHP1",
            member=member(number),
            service_from=date(2026, 1, 1),
            service_to=date(2026, 11, 16),
            tin=TIN.replace("-", ""),
        )
        shots.append(Shot(f"claims, {name}", listed, {}))
    kinds: dict[str, Callable[[Any], bool]] = {
        "two plans": lambda e: len(e["coverages"]) == 2,
        "other insurance": lambda e: e["other_coverages"] and e["funds"],
        "primary care": lambda e: e["primary_care_provider"]["state"] == "known",
    }
    for name, is_of in kinds.items():
        true = next(entry for entry in members.values() if is_of(entry))
        asked = EligibilityQuery(
            carrier="CMHP1",
            member=member(true["member_id"]["value"]),
            service_date=date(2026, 11, 16),
            tin=TIN.replace("-", ""),
        )
        shots.append(Shot(f"eligibility, {name}", asked, true))
    return shots


def _listed(answer: ClaimList, truth: Any) -> Mapping[str, Any]:
    """Return the truth of a list in the order of the portal's."""
    numbers = [row.claim_number.value for row in answer.rows]
    by_number = {claim["claim_number"]["value"]: claim for claim in truth["claims"]}
    names = [
        "claim_number",
        "patient_account_number",
        "patient_name",
        "service_from",
        "service_to",
        "billed",
        "paid",
        "status",
    ]
    total = {"state": "known", "value": len(numbers), "words": answer.stated_total.words}
    as_of = next(iter(by_number.values()))["as_of"]
    rows = [{name: by_number[number or ""][name] for name in names} for number in numbers]
    return {"kind": "claims", "rows": rows, "stated_total": total, "as_of": as_of}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running_kit.kit() as kit, sync_playwright() as driver:
        found = find_browser(driver)
        assert found is not None
        browser = driver.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=True),
            chromium_sandbox=sandboxed(loopback=True),
        )
        desk = Desk(("127.0.0.1", 0), _Answer)
        desk.visitor = kit.signed_in()
        desk.visitor.get("/home")
        assert desk.visitor.response is not None
        desk.home = parsed(desk.visitor.response.text).html
        desk.style = desk.visitor.http.get("/static/cascadia.css").content + STYLE.encode()
        thread = threading.Thread(target=desk.serve_forever)
        thread.start()
        page = browser.new_context(base_url=f"http://127.0.0.1:{desk.server_port}").new_page()
        page.goto("/home")
        shots = []
        for layout_b in (False, True):
            kit.trouble("layout_b", on=layout_b)
            for shot in _shots(kit):
                if layout_b and isinstance(shot.query, ClaimsQuery):
                    continue
                if isinstance(shot.query, EligibilityQuery):
                    shot.key = "POST /eligibility"
                desk.shot = shot
                answer = answered(page, shot)
                if isinstance(answer, ClaimList):
                    shot.truth = _listed(answer, kit.truth())
                differences = compared(answer, shot.truth)
                assert not differences, differences
                shot.name += ", layout B" if layout_b else ""
                shots.append(shot)
        yield Bench(desk, page, shots)
        browser.close()
        desk.shutdown()
        desk.server_close()
        thread.join()
        desk.visitor.http.close()


# ---- the verdict --------------------------------------------------------------------------------------


@dataclass
class _Leaves(Comparison):
    """Keeps what differs as it is."""

    found: list[tuple[str, Any, Any]] = field(default_factory=list)

    @override
    def _equal(self, ours: Any, truth: Any, where: str) -> None:
        if ours != truth:
            self.found.append((where, ours, truth))


def compared(answer: Claim | ClaimList | Eligibility, truth: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return where answer and truth differ; words alone may, since changing them is what was done."""
    leaves = _Leaves()
    leaves.add(answer, truth, answer.kind)
    return [(where, mine, true) for where, mine, true in leaves.found if not _same(mine, true)]


def _same(mine: Any, true: Any) -> bool:
    return (
        isinstance(mine, dict)
        and isinstance(true, dict)
        and all(mine[name] == true[name] for name in ("state", "value"))
    )


def _is_lost(mine: Any, true: Any) -> bool:
    """Whether a value is only not read, so that nobody acts on a wrong one."""
    if not isinstance(mine, dict) or not isinstance(true, dict):
        return False
    if mine["state"] in (State.NOT_SHOWN, State.UNREADABLE):
        return True
    return (
        isinstance(mine["value"], dict)
        and isinstance(true["value"], dict)
        and not mine["value"].get("text")
        and mine["value"] | {"text": None} == true["value"] | {"text": None}
    )


def _is_negated(mine: Any, true: Any) -> bool:
    return isinstance(mine, dict) and isinstance(true, dict) and mine["value"] == f"-{true['value']}"


def answered(page: Page, shot: Shot) -> Claim | ClaimList | Eligibility:
    """Ask the flow, and check what it says as a visit does."""
    query = shot.query
    assert FLOW.claim
    assert FLOW.claims
    assert FLOW.eligibility
    if isinstance(query, ClaimQuery):
        claim = FLOW.claim(page, query)
        checks.claim(claim, query)
        return claim
    if isinstance(query, ClaimsQuery):
        listed = FLOW.claims(page, query)
        checks.claim_list(listed, query)
        return listed
    coverage = FLOW.eligibility(page, query)
    checks.eligibility(coverage, query)
    return coverage


def _known(case: str, known: tuple[tuple[str, str], ...]) -> bool:
    return any(re.match(pattern, case) for pattern, _ in known)


@dataclass
class Tally:
    """What came of the changes, by mutation."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    cases: list[str] = field(default_factory=list)
    """Those read wrong."""
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def add(self, mutation: Mutation, bench: Bench, shot: Shot, seed: str) -> bool:
        """Read one change; return whether the page has anything for it."""
        done = mutation.mutated(shot.answers[shot.key], seed)
        if done is None:
            return False
        bench.desk.shot, (bench.desk.changed, said) = shot, done
        case = f"{mutation.name}: {said} [{shot.name}]"
        try:
            answer = answered(bench.page, shot)
        except Trouble as trouble:
            verdict = "refused"
            self.refused.append(f"{case} {trouble.sentence}")
        else:
            differences = compared(answer, shot.truth)
            wrong = [(where, mine, true) for where, mine, true in differences if not _is_lost(mine, true)]
            if mutation.denies and wrong and all(_is_negated(mine, true) for _, mine, true in wrong):
                wrong, differences = [], wrong  # it was read as it is shown
            verdict = "wrong" if wrong or (mutation.denies and not differences) else "right"
            if verdict == "right" and any(_is_lost(mine, true) for _, mine, true in differences):
                verdict = "lost"
            if verdict == "wrong":
                for name, known in (("beyond", BEYOND), ("open", OPEN)):
                    if verdict == "wrong" and _known(case, known):
                        verdict = name
            if verdict not in ("right", "lost"):
                self.cases.append(f"{verdict} {case} {json.dumps(wrong[:2], default=str)}")
            elif verdict == "lost":
                self.lost.append(f"{case} {json.dumps(differences[:2], default=str)}")
        finally:
            bench.desk.changed = None
        self.counts[mutation.name][verdict] += 1
        return True

    def total(self, verdict: str) -> int:
        return sum(count[verdict] for count in self.counts.values())


def run(bench: Bench, mutations: Mapping[str, Mutation], each: int) -> Tally:
    """Make every change on so many pages."""
    tally = Tally()
    for name, mutation in mutations.items():
        done = 0
        order = Random(f"{SEED} {name}")
        for turn in range(each * 4):
            shot = order.choice(bench.shots)
            done += tally.add(mutation, bench, shot, f"{SEED} {name} {turn}")
            if done == each:
                break
    return tally


def judge(bench: Bench, each: int, record: Callable[[str, object], None]) -> None:
    harmful, cosmetic = run(bench, HARMFUL, each), run(bench, COSMETIC, each)
    table = {name: dict(sorted(count.items())) for name, count in (harmful.counts | cosmetic.counts).items()}
    print(json.dumps(table))
    print("\n".join([*harmful.cases, *cosmetic.cases, *cosmetic.refused, *cosmetic.lost]))
    verdicts = ("right", "refused", "lost", "wrong", "open", "beyond")
    record("harmful changes", ", ".join(f"{harmful.total(verdict)} {verdict}" for verdict in verdicts))
    counted = [count for name, count in cosmetic.counts.items() if not _known(f"{name}: ", OPEN)]
    right, total = sum(count["right"] for count in counted), sum(sum(count.values()) for count in counted)
    record("cosmetic changes", f"{right} of {total} read right")
    assert not [case for case in harmful.cases + cosmetic.cases if case.startswith("wrong")]
    assert right >= total * 0.99


def test_a_changed_page_is_never_read_silently_wrong(
    bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    judge(bench, QUICK, record_property)


@pytest.mark.long
def test_hundreds_of_changed_pages_are_never_read_silently_wrong(
    bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    judge(bench, LONG, record_property)
