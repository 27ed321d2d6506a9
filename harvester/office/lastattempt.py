"""What this machine remembers outside the database: the newest attempt at signing in that it made.

A database that does not know this attempt is older than it: somebody restored a backup, and what the
portals have counted since is forgotten there.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from harvester.office.models import Attempt, Practice
from harvester.office.practice import PracticeError


def remember(attempt: Attempt) -> None:
    """Write the attempt down, on the disk before this returns; it has to be in the database by now."""
    path = _path()
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = _read(path)
        if newest is not None and newest[0] >= attempt.pk:
            return
        fresh = path.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump([attempt.pk, str(attempt.stay)], file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def unknown() -> bool:
    """Whether the database does not know the newest attempt that this machine made.

    Raises :class:`~harvester.office.practice.PracticeError` where the next one could not be written down.
    """
    newest = _read(_path())
    return newest is not None and not Attempt.objects.filter(pk=newest[0], stay=newest[1]).exists()


def forget() -> None:
    """Begin anew: every account of the older database is on hold."""
    _path().unlink(missing_ok=True)


def _read(path: Path) -> tuple[int, str] | None:
    try:
        number, stay = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return number, stay


def _path() -> Path:
    """Return a file of this practice's own, beside whatever else this machine keeps of its state."""
    folder = Path(settings.HARVESTER_STATE)
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise PracticeError(f"nothing can be written to {folder}; let HARVESTER_STATE name another folder")
    return folder / f"{Practice.objects.get().key_check[:32]}.attempt"
