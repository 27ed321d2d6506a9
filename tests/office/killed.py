"""A process that is killed at one moment of a sweep: ``python -m tests.office.killed <moment> <day>``.

A moment is ``module:name:before`` or ``:after``, and how many times it passes first. The portal's
sign-ins and queries go to stdout as they happen.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from datetime import date
from typing import Any

from harvester.office import ready


def kill_at(where: str, name: str, when: str, spared: int) -> None:
    """Replace a function by one that ends this process before or after it ran."""
    module: Any = importlib.import_module(where)
    *path, last = name.split(".")
    for part in path:
        module = getattr(module, part)
    real, calls = getattr(module, last), [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] > spared and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if calls[0] > spared and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(module, last, dying)


def main(moment: str, day: str) -> None:
    """Sweep, and die."""
    ready()
    from tests.office import alone
    from tests.office.portal import Portal, catalogue

    portal = Portal()
    where, name, when, spared = moment.split(":")
    kill_at(where, name, when, int(spared))
    alone.swept(today=date.fromisoformat(day), stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)


if __name__ == "__main__":
    main(*sys.argv[1:])
