"""Time, given from outside, so that nothing has to wait in a test; and whether this machine knows it."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

_TIMEX_BYTES, _TIME_ERROR = 512, 5
"""More than ``struct timex`` has; what ``adjtimex(2)`` says of a clock that nothing keeps right."""


def synchronised() -> bool:
    """Whether a time server keeps this machine's clock right; ``False`` where the system cannot tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return state not in (-1, _TIME_ERROR)


@dataclass(frozen=True)
class Clock:
    """What time it is, how to wait ``sleep(seconds)``, and whether the time is kept right."""

    now: Callable[[], datetime] = timezone.now
    sleep: Callable[[float], None] = time.sleep
    synchronised: Callable[[], bool] = synchronised
