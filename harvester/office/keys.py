"""The keys of this practice, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from harvester.office.vault import Keys


def keys() -> Keys:
    """Return the practice's keys; raises :class:`~harvester.office.vault.SealError`."""
    return _load(Path(settings.HARVESTER_KEYS))


@lru_cache(maxsize=8)
def _load(folder: Path) -> Keys:
    return Keys.load(folder)
