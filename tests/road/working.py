"""A worker in a process of its own, to be killed: ``python -m tests.road.working CONTROL [real] [plans]``.

Works until it is told to end, with light stays, or with browsers where it is ``real``. Its portal has its own
clock, which waiting moves on. SIGUSR1 lets the clock of this machine jump, for this process alone.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import NoReturn

import time_machine

from harvester.office import ready
from harvester.visit import client
from harvester.visit.wire import Catalogue

JUMPS = (timedelta(hours=1), timedelta(hours=-2), timedelta(hours=1))
"""By how much the clock jumps, one after another; then it is right again."""


def ended(_number: int, _frame: object) -> NoReturn:
    """End as the program does when it is told to."""
    raise SystemExit(0)


@cache
def portals(*, real: bool) -> Catalogue:
    """Return the one portal, of which claims are asked."""
    from tests.road import light

    if not real:
        return light.catalogue()
    (facts,) = (one for one in client.catalogue().portals if one.id == "cascadia")
    return Catalogue(portals=(facts.model_copy(update={"offers": ("claim",)}),))


class JumpingClock:
    """The clock of this machine as this process sees it."""

    def __init__(self) -> None:
        self._to = iter([*accumulate(JUMPS)])
        self._now: time_machine.travel | None = None

    def jump(self, _number: int, _frame: object) -> None:
        """Jump once more."""
        if self._now is not None:
            self._now.stop()
        self._now = time_machine.travel(datetime.now(UTC) + next(self._to), tick=True)
        self._now.start()


def main(control: str, *words: str) -> None:
    """Work for the practice of this process."""
    ready()
    from harvester.office.engine import Engine
    from harvester.office.stays import Terms
    from tests.road.light import LightStay
    from tests.road.road import TODAY
    from tests.road.still import StillStay, StillTime

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGUSR1, JumpingClock().jump)
    real, time = "real" in words, StillTime(control, Path(os.environ["HARVESTER_HOME"]))
    stay = partial(StillStay if real else LightStay, time=time)

    def terms() -> Terms:
        time.look()
        return Terms(today=TODAY, stay=stay, clock=time.clock, patience=0.5)

    with Engine(terms, portals(real=real), planning="plans" in words) as engine:
        print(engine.name, flush=True)
        engine.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
