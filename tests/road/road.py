"""A practice and a portal with the whole road between them: worklist, stays, browser, snapshots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from harvester.exchange.worklists import read_worklist
from harvester.model.work import WorkItem
from harvester.office import accounts, snapshots, worklist
from harvester.office.clock import Clock
from harvester.office.models import Account, Item, Lookup, Person, Snapshot
from harvester.office.sweep import SweepReport
from harvester.testing.truth import Comparison
from harvester.visit import client
from harvester.visit.wire import Context
from tests.office import alone

WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist"
TODAY = date(2026, 11, 16)

catalogue = cache(client.catalogue)


class PortalTime:
    """Time as the portal tells it: waiting moves its clock on instead of the test's."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._lock = Lock()
        self._ahead = float(httpx.get(control).json()["advanced_seconds"])

    def now(self) -> datetime:
        """Return the time by the portal's clock."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def sleep(self, seconds: float) -> None:
        """Let that time pass at the portal, less what others who wait have let pass meanwhile."""
        until = self.now() + timedelta(seconds=seconds)
        with self._lock:
            if (left := (until - self.now()).total_seconds()) > 0:
                httpx.post(f"{self._control}/clock", json={"advance_seconds": left}).raise_for_status()
                self._ahead += left

    @property
    def clock(self) -> Clock:
        """The office's clock."""
        return Clock(now=self.now, sleep=self.sleep, synchronised=lambda: True)


@cache
def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the bundled worklist's items."""
    return read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY).items


@dataclass
class Road:
    """The portals' control address, the portal's address, and whose accounts there are."""

    control: str
    address: str
    staff: dict[str, Account] = field(default_factory=dict)

    def open(self, *people: int) -> None:
        """Give these people of the cast an account each, and put the mock in the portal's place."""
        accounts.set_address("cascadia", self.address)
        # Whoever waits moves the portal's clock on under the others, which no real clock does.
        self.post("/clock", told_off_seconds=None)
        cast = self.get("/cast")
        for number in people:
            person = cast["staff"][number]
            owner = Person.objects.create(username=person["user"], first_name=person["name"])
            self.staff[person["user"]] = accounts.add(
                portal="cascadia",
                owner=owner,
                user_name=person["user"],
                password=person["password"],
                seed=person["totp_secret"],
                context=Context(tin=cast["practice"]["tins"][0].replace("-", "")),
                sweep_consent=TODAY,
            )

    def follow(self, claims: Iterable[WorkItem], appointments: Iterable[WorkItem] = ()) -> None:
        """Import these items."""
        worklist.import_items([*claims, *appointments], source="worklist", catalogue=catalogue())

    def sweep(self, today: date = TODAY, *, kept: bool = True, **more: Any) -> SweepReport:
        """Sweep by the portal's clock, with real stays; ``kept``: a time server keeps the machine's clock."""
        clock = replace(PortalTime(self.control).clock, synchronised=lambda: kept)
        return alone.swept(today=today, catalogue=catalogue, clock=clock, waits=(), **more)

    def get(self, path: str) -> Any:
        """Ask the control server."""
        return httpx.get(self.control + path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> None:
        """Tell the control server."""
        httpx.post(self.control + path, json=body).raise_for_status()

    @property
    def log(self) -> Any:
        """The portal's own log."""
        return self.get("/log/cascadia")

    def compared(self, *, all_items: bool = False) -> Comparison:
        """Compare the newest snapshot with the portal's truth of today: of every item, or of today's."""
        truth = self.get("/truth/cascadia")
        claims = {
            claim["patient_account_number"]["value"]: claim
            for claim in truth["claims"]
            if "replaced_by" not in claim
        }
        members = {entry["member_id"]["value"]: entry for entry in truth["eligibilities"]}
        comparison = Comparison()
        today = self.get("/")["date"]
        for item in Item.objects.all() if all_items else Item.objects.filter(lookups__day=today).distinct():
            work = worklist.opened(item)
            true = claims.get(work.patient_account_number or "") or members.get(work.member_id or "")
            if work.kind == "claim":
                true = claims.get(work.patient_account_number or "")
            newest = Snapshot.objects.filter(item=item).order_by("pk").last()
            answer = snapshots.answer(newest) if newest else None
            if answer is None or true is None:
                comparison.compared += 1
                if (answer is None) != (true is None) or newest is None:
                    comparison.differences.append(f"{work.identity}: on file here or there only")
                continue
            assert newest is not None
            comparison.again = newest.sightings.exists() or f"{newest.lookup.day}" != today
            comparison.add(answer, true, "/".join(work.identity))
        return comparison


def overlaps(log: Any) -> list[tuple[str, str, str]]:
    """Return users who were signed in twice at once: user and both sessions, by what the portal saw."""
    spans: dict[tuple[str, str], list[int]] = defaultdict(list)
    for request in log["requests"]:
        if request["user"]:
            spans[request["user"], request["session"]].append(request["seq"])
    found = []
    for (user, session), mine in spans.items():
        for (other_user, other), theirs in spans.items():
            if user == other_user and session < other and mine[0] <= theirs[-1] and theirs[0] <= mine[-1]:
                found.append((user, session, other))
    return found


def lookup_states(*kinds: str) -> dict[str, int]:
    """Count lookups by state: all, or those of some kinds."""
    found: dict[str, int] = defaultdict(int)
    for kind, state in Lookup.objects.values_list("kind", "state"):
        if not kinds or kind in kinds:
            found[state] += 1
    return dict(found)
