"""What a contestant is told, and what it gives back: two JSON files."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyotp

from scripts.bench.records import Record


@dataclass(frozen=True)
class Job:
    """Sign in as one person and read these claims; ``claims`` are the practice's own facts of them."""

    address: str
    user: str
    password: str
    seed: str
    tin: str
    claims: tuple[dict[str, str], ...]
    browser: str
    sandbox: bool
    portal: str = "cascadia"

    @property
    def code(self) -> str:
        """The authenticator's code of now."""
        return pyotp.TOTP(self.seed).now()

    @property
    def practice(self) -> re.Pattern[str]:
        """The label of the practice to choose."""
        return re.compile(rf"^{re.escape(self.tin)} - ")

    @property
    def pages(self) -> list[str]:
        """The addresses of the claims' pages."""
        return [f"{self.address}/claims/{claim['claim_number']}" for claim in self.claims]


@dataclass(frozen=True)
class Found:
    """What was read, and when, by the machine's monotonic clock, signing in and reading were over."""

    claims: Sequence[Record]
    entered: float
    finished: float


def now() -> float:
    """Return the time by a clock that all processes of the machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def write(path: Path, told: Any) -> None:
    """Write a job, or what was found."""
    path.write_text(json.dumps(asdict(told)))


def contestant(work: Callable[[Job], Found]) -> None:
    """Do the job of the first argument's file and write what was found to the second's."""
    told, answer = map(Path, sys.argv[1:3])
    written = json.loads(told.read_text())
    write(answer, work(Job(**written | {"claims": tuple(written["claims"])})))
