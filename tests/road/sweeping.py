"""A sweep in a process of its own, to be killed: ``python -m tests.road.sweeping CONTROL DAY``.

Says each step on stdout as it happens.
"""

from __future__ import annotations

import sys
from datetime import date

from harvester.office import ready


def main(control: str, day: str) -> None:
    """Sweep by the portal's clock."""
    ready()
    from harvester.office.engine import swept
    from tests.road.road import PortalTime

    swept(
        date.fromisoformat(day),
        clock=PortalTime(control).clock,
        told=lambda stay: print(stay.doing, stay.done, flush=True),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
