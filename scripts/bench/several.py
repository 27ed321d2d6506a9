"""Many accounts at once, as one office has them: a stay each, with a thread of the office's for each."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from scripts.bench.job import Job
from scripts.bench.ours import work


def main(told: Path, answer: Path) -> None:
    """Do all jobs of a file at the same time and write what was found, in their order."""
    jobs = [Job(**one | {"claims": tuple(one["claims"])}) for one in json.loads(told.read_text())]
    with ThreadPoolExecutor(len(jobs)) as threads:
        found = list(threads.map(work, jobs))
    answer.write_text(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
