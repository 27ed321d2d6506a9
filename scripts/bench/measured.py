"""Runs a command and writes what its whole process tree cost: ``measured.py REPORT COMMAND …``.

Linux gives whatever outlives its parent to this process (a subreaper), which waits for all of it, so the
processor time of every process is counted exactly once, when it has ended. What this process itself
spends on looking is not counted.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of prctl(2)."""
LOOK = 0.5
"""Seconds between two looks at memory and processor time."""
LONGEST = 3600.0
"""Seconds that the command may take before it is killed."""
ENDING = 15.0
"""Seconds in which what outlives the command has to end before it is killed."""


def memory_kind() -> str:
    """Return what memory is counted: shared pages in proportion (PSS), or else in full (RSS)."""
    try:
        return "PSS" if "Pss:" in Path("/proc/self/smaps_rollup").read_text() else "RSS"
    except OSError:
        return "RSS"


def memory(process: int, kind: str) -> int:
    """Return the bytes that a process has in memory; 0 for one that has ended."""
    with suppress(OSError, psutil.Error):
        if kind == "RSS":
            return int(psutil.Process(process).memory_info().rss)
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def family() -> list[psutil.Process]:
    """Return every process that was started from here and has not ended."""
    return psutil.Process().children(recursive=True)


def part(process: psutil.Process) -> str:
    """Return what a process is: a page of a browser, what else a browser has, a driver, or Python."""
    line = " ".join(process.cmdline())
    if "--type=renderer" in line:
        return "pages"
    if "--type=" in line or "--headless" in line:
        return "browser"
    return "driver" if "run-driver" in line else "python"


class Watch(threading.Thread):
    """Looks now and then at the whole tree: the most memory, and whose processor time it was."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.kind, self.most, self._over = memory_kind(), 0, threading.Event()
        self.looks: list[tuple[float, float]] = []
        """When it looked, and the processor seconds of all until then."""
        self._spent: dict[psutil.Process, tuple[str, float]] = {}

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(LOOK):
            there = family()
            self.most = max(self.most, sum(memory(one.pid, self.kind) for one in there))
            for one in there:
                with suppress(psutil.Error):
                    used = one.cpu_times()
                    self._spent[one] = part(one), used.user + used.system
            self.looks.append((time.clock_gettime(time.CLOCK_MONOTONIC), sum(self.parts.values())))

    @property
    def parts(self) -> dict[str, float]:
        """Processor seconds by what the processes are, up to the last look."""
        parts = dict.fromkeys(("pages", "browser", "driver", "python"), 0.0)
        for name, spent in self._spent.values():
            parts[name] += spent
        return parts

    def stop(self) -> None:
        """End after this look."""
        self._over.set()
        self.join()


def reap() -> int:
    """Wait for whatever outlived the command; return how many of them had to be killed."""
    until, killed = time.monotonic() + ENDING, 0
    while True:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return killed
        if not ended:
            if time.monotonic() > until:
                left = family()
                killed += len(left)
                for one in left:
                    with suppress(psutil.Error):
                        one.kill()
                until = time.monotonic() + ENDING
            time.sleep(0.02)


def main(report: Path, command: list[str]) -> None:
    """Run the command, wait for all that came of it, and write the report."""
    if ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("This system does not hand over orphans, so processor time cannot be measured; use Linux.")
    looking = Watch()
    looking.start()
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    try:
        ended_with = str(subprocess.run(command, check=False, timeout=LONGEST).returncode)
    except subprocess.TimeoutExpired:
        ended_with = f"nothing after {LONGEST:.0f} s"
    ended = time.clock_gettime(time.CLOCK_MONOTONIC)
    looking.stop()
    killed = reap()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    written = {
        "exit": ended_with,
        "began": began,
        "wall": ended - began,
        "cpu": used.ru_utime + used.ru_stime,
        "parts": looking.parts,
        "looks": looking.looks,
        "memory": looking.most,
        "memory_kind": looking.kind,
        "killed": killed,
    }
    report.write_text(json.dumps(written))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
