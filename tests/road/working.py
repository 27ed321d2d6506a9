"""A worker in a process of its own, with light stays, to be killed: ``python -m tests.road.working CONTROL``.

Works until it is told to end. Its portal has its own clock, which waiting moves on.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

from harvester.office import ready


def ended(_number: int, _frame: object) -> NoReturn:
    """End as the program does when it is told to."""
    raise SystemExit(0)


def main(control: str) -> None:
    """Work for the practice of this process."""
    ready()
    from harvester.office.engine import Engine
    from harvester.office.stays import Terms
    from tests.road.light import LightStay, catalogue
    from tests.road.road import TODAY
    from tests.road.still import StillTime

    signal.signal(signal.SIGTERM, ended)
    time = StillTime(control, Path(os.environ["HARVESTER_HOME"]))
    terms = Terms(today=TODAY, stay=partial(LightStay, time=time), clock=time.clock, patience=0.5)
    with Engine(lambda: terms, catalogue()) as engine:
        print(engine.name, flush=True)
        engine.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
