"""The worklist that comes with the portals: what a practice exports from its own system."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mock_portals.cast import SEED, cast
from mock_portals.portals import portals

HERE = Path(__file__).parent


def files() -> dict[str, str]:
    """Return the CSV files by name, over all portals."""
    lists = [portal.worklist(cast(SEED)) for portal in portals()]
    return {
        "claims.csv": _csv([row for worklist in lists for row in worklist.claims]),
        "appointments.csv": _csv([row for worklist in lists for row in worklist.appointments]),
    }


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
