"""What the practice keeps: accounts, attempts, worklist, lookups, snapshots. Never a browser."""

from __future__ import annotations

import os


def ready() -> None:
    """Make the tables usable; call it once, before anything else of the office is imported."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harvester.settings")
    django.setup()
