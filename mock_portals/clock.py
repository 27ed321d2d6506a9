"""The portals' two clocks: the day that their data is of, and the time that sessions and codes live by."""

from __future__ import annotations

import time
from datetime import date, timedelta


class Clock:
    def __init__(self, today: date) -> None:
        self._start = today
        self.today = today
        self.advanced = 0.0
        self.told: float | None = 0.0
        """By how many seconds portals tell a wrong time (``Date``); ``None``: they tell none."""

    @property
    def as_of(self) -> date:
        """The day of the data: portals load it overnight."""
        return self.today - timedelta(days=1)

    def seconds(self) -> float:
        """Return seconds that only ever grow, for idle time-outs."""
        return time.monotonic() + self.advanced

    def wall(self) -> float:
        """Return Unix seconds, for one-time codes."""
        return time.time() + self.advanced

    def advance(self, seconds: float) -> None:
        self.advanced += seconds

    def reset(self) -> None:
        self.today = self._start
        self.advanced = 0.0
        self.told = 0.0
