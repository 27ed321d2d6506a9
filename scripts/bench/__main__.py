"""Measures the product beside other ways to read a portal: ``make bench``, or ``python -m scripts.bench``.

Ends with 1 where a contestant's claims are not the portal's, or nothing was compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.bench import machine, report, scenarios


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="claims, nights, asked or accounts; all by default")
    parser.add_argument("--claims", type=int, default=200, help="how many claims each contestant reads")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant reads them")
    parser.add_argument("--times", type=int, default=20, help="how often somebody asks and waits")
    parser.add_argument("--accounts", type=int, default=16, help="how many accounts at once at most")
    parser.add_argument("--weeks", type=int, default=1, help="how many practices are swept night after night")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="where raw results go")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="where performance.md goes")
    return parser.parse_args()


def main() -> None:
    """Measure, write the raw results, and write the report from all raw results that are there."""
    told = _arguments()
    measure: dict[str, Callable[[], dict[str, Any]]] = {
        "claims": lambda: scenarios.claims(told.claims, told.rounds, told.out),
        "asked": lambda: scenarios.asked(told.times, told.out),
        "accounts": lambda: scenarios.accounts(told.accounts, told.out),
        "nights": lambda: scenarios.nights(told.weeks, told.out),
    }
    wanted = told.scenario or list(measure)
    if strange := set(wanted) - set(measure):
        sys.exit(f"There is no scenario {', '.join(sorted(strange))}: there are {', '.join(measure)}.")
    if min(told.claims, told.rounds, told.times, told.accounts, told.weeks) < 1:
        sys.exit("Ask for at least one claim, round, time, account and week: comparing nothing says nothing.")
    told.out.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        here = machine.machine()
        found = {"machine": here} | measure[name]()
        (told.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    report.write(told.out, told.docs)
    if wrong := report.wrong(told.out):
        sys.exit("\n".join(["Not all of it counts:", *wrong]))


if __name__ == "__main__":
    main()
