"""The make-believe portal that is measured against: how it is started, asked, and what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import httpx

LATENCY_MS = 150
PEOPLE = 3
"""How many of the practice's staff have an account there."""


@dataclass(frozen=True)
class Served:
    """What the portal sent since it was opened: requests, bytes of bodies, and the time they took it."""

    requests: int
    bytes: int
    seconds: float

    def since(self, earlier: Served) -> Served:
        """Return what came after ``earlier``."""
        return Served(
            self.requests - earlier.requests, self.bytes - earlier.bytes, self.seconds - earlier.seconds
        )


@dataclass(frozen=True)
class Mock:
    """A running portal."""

    http: httpx.Client
    address: str
    name: str

    @cached_property
    def cast(self) -> Any:
        """The practice and its people."""
        return self._get("/cast")

    @cached_property
    def truth(self) -> Any:
        """What was true at the portal when it was first asked."""
        return self.truth_now()

    def truth_now(self) -> Any:
        """Return what is true at the portal today."""
        return self._get(f"/truth/{self.name}")

    @property
    def tin(self) -> str:
        """The practice's first tax id, as the portal shows it."""
        return str(self.cast["practice"]["tins"][0])

    def claims(self, count: int) -> list[dict[str, Any]]:
        """Return the truth of so many claims of the first tax id, of those that were not replaced."""
        own = [one for one in self.truth["claims"] if one["tin"]["words"] == self.tin]
        standing = [one for one in own if "replaced_by" not in one and one["lines"]]
        if len(standing) < count:
            sys.exit(f"The portal has {len(standing)} claims to read, and {count} were asked for.")
        return standing[:count]

    def open_again(self) -> None:
        """Forget what happened: log, sessions, and which one-time codes were used."""
        self.http.post("/reset").raise_for_status()

    def turn_to(self, day: date) -> None:
        """Let it be that day at the portal."""
        self.http.post("/clock", json={"date": day.isoformat()}).raise_for_status()

    def served(self) -> Served:
        """Return what the portal sent since it was opened."""
        entries = self._get(f"/log/{self.name}")["requests"]
        seconds = sum(entry["ms"] for entry in entries) / 1000
        return Served(len(entries), sum(entry["bytes"] for entry in entries), seconds)

    def _get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()


@contextmanager
def portal(name: str = "cascadia", busy: int = 1) -> Iterator[Mock]:
    """Start the portals, each page with its latency, and stop them in the end; ``busy``: with more claims."""
    command = [sys.executable, "-m", "mock_portals", "--json", "--latency-ms", str(LATENCY_MS)]
    command += ["--busy", str(busy)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            places = json.loads(process.stdout.readline())
            with httpx.Client(base_url=places["control"], timeout=30) as control:
                yield Mock(control, places["portals"][name]["url"], name)
        finally:
            process.terminate()
