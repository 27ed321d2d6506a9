"""A history in a process of its own: ``python -m tests.road.making``, its plan as JSON on stdin."""

from __future__ import annotations

import sys

from harvester.office import ready


def main() -> None:
    """Make it, and tell what the portal cannot know of it."""
    ready()
    from tests.road.history import Plan, make

    print(make(Plan.model_validate_json(sys.stdin.read())).model_dump_json())


if __name__ == "__main__":
    main()
