"""Runs one contestant in a measured process, and judges what it returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harvester.visit.browser import find_browser, sandboxed
from scripts.bench.job import Job
from scripts.bench.portal import Mock
from scripts.bench.records import FACTS, Record, differences, shown

MEASURED = Path(__file__).resolve().with_name("measured.py")
KNOWN = (*FACTS, "birth_date", "service_from", "service_to")
"""What a practice knows of a claim, or learns from the list: what is asked for it."""


def job(mock: Mock, claims: Sequence[dict[str, Any]], person: int = 0) -> Job:
    """Return the job of reading these claims, of whose truth only the practice's part is told."""
    found = find_browser()
    if found is None:
        sys.exit("No browser was found: type `make setup`.")
    staff = mock.cast["staff"][person]
    return Job(
        address=mock.address,
        user=staff["user"],
        password=staff["password"],
        seed=staff["totp_secret"],
        tin=mock.tin,
        claims=tuple({name: claim[name]["words"] for name in KNOWN} for claim in claims),
        browser=str(found.path),
        sandbox=sandboxed(loopback=True),
        portal=mock.name,
    )


def run(module: str, told: Any, errors: Path, **environment: str) -> tuple[dict[str, Any], Any]:
    """Run a module on a job, in a folder of its own; return what it cost and what it found, if anything.

    What it prints is kept in ``errors``; ``environment`` is added to this process's.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, errors.open("a") as printed:
        asked, answer, report = (Path(folder) / name for name in ("job", "answer", "report"))
        asked.write_text(json.dumps(told))
        measured: list[str | Path] = [sys.executable, MEASURED, report]
        subprocess.run(
            [*measured, sys.executable, "-m", f"scripts.bench.{module}", asked, answer],
            cwd=folder,
            env=os.environ | environment,
            stdout=printed,
            stderr=printed,
            check=True,
        )
        cost: dict[str, Any] = json.loads(report.read_text())
        found = json.loads(answer.read_text()) if answer.exists() else None
    looks = cost.pop("looks")
    if isinstance(found, dict) and "entered" in found:
        cost["cpu_signing_in"] = next((cpu for at, cpu in looks if at >= found["entered"]), cost["cpu"])
    return cost, found


def judged(claims: Sequence[dict[str, Any]], found: Any, cost: dict[str, Any]) -> list[str]:
    """Return why a contestant's round does not count; nothing where it does."""
    if found is None or cost["exit"] != "0":
        returned = "nothing" if found is None else "an answer"
        return [f"it ended with {cost['exit']} and returned {returned}"]
    truth: list[Record] = [shown(claim) for claim in claims]
    killed = [f"{cost['killed']} processes outlived it and were killed"] if cost["killed"] else []
    return killed + differences(truth, found["claims"])


def single(module: str, mock: Mock, claims: Sequence[dict[str, Any]], errors: Path) -> dict[str, Any]:
    """Run a contestant once at a portal that has forgotten everything before; return its row."""
    mock.open_again()
    cost, found = run(module, asdict(job(mock, claims)), errors)
    served = mock.served()
    row = cost | {"requests": served.requests, "bytes": served.bytes, "served_seconds": served.seconds}
    wrong = judged(claims, found, cost)
    if found is not None:
        row |= {
            "signing_in": found["entered"] - cost["began"],
            "claims_wall": found["finished"] - found["entered"],
        }
    return row | {"read": len(found["claims"]) if found else 0, "wrong": wrong}
