"""On what was measured, and with which versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from harvester.visit.browser import find_browser

PEERS = ("crawlee", "scrapy", "scrapy-playwright", "playwright")


def machine() -> dict[str, Any]:
    """Return the machine's facts as of now, and how busy it was in the minute before."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "cpu": _model(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "browser": str(find_browser()).partition(" (")[0],
        "versions": {name: version(name) for name in PEERS},
        "load_before": round(os.getloadavg()[0], 1),
    }


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
