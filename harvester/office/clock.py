"""Time, given from outside, so that nothing has to wait in a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True)
class Clock:
    """What time it is, and how to wait ``sleep(seconds)``."""

    now: Callable[[], datetime] = timezone.now
    sleep: Callable[[float], None] = time.sleep
