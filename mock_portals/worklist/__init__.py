"""The worklist that comes with the portals: what a practice exports from its own system."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mock_portals.cast import SEED, cast
from mock_portals.portals import portals

HERE = Path(__file__).parent


def files() -> dict[str, str]:
    """Return the CSV files by name, two for each portal."""
    lists = [portal.worklist(cast(SEED)) for portal in portals()]
    claims = {Path(own.folder, "claims.csv").as_posix(): _csv(own.claims) for own in lists}
    return claims | {Path(own.folder, "appointments.csv").as_posix(): _csv(own.appointments) for own in lists}


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
