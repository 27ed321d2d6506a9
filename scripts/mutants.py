"""Changes what guards accounts, one place at a time, and counts what no test notices: `make mutants`.

Takes some of the names in GUARDS, or none for all of them. What survived is shown by
`.venv/bin/mutmut results` and `.venv/bin/mutmut show NAME`, until the next run. Ends with 1 below 90 %.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.runners.harness import PytestRunner
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import setup_source_paths
from mutmut.workers.isolation import run_in_fork

ROOT = Path(__file__).resolve().parent.parent
GUARDS = {
    "attempts": "harvester/office/attempts.py",
    "codes": "harvester/office/codes.py",
    "policy": "harvester/office/policy.py",
    "terms": "harvester/model/portal.py",
    "lastattempt": "harvester/office/lastattempt.py",
    "pauses": "harvester/office/pauses.py",
    "prompts": "harvester/office/prompts.py",
}
PARTS = {"terms": "*Policy*objection*"}
"""Where only a part of the module counts."""
LEAST = 90
"""Per cent of a module's mutants that have to be killed; one that runs out of time counts as killed."""


def killed(guard: str) -> bool:
    """Print what became of the mutants of one module; whether enough of them were killed."""
    data = SourceFileMutationData(path=GUARDS[guard])
    data.load()
    ends = Counter(
        status_by_exit_code[code]
        for name, code in data.exit_code_by_key.items()
        if fnmatch.fnmatch(name, PARTS.get(guard, "*"))
    )
    noticed = 100 * (ends["killed"] + ends["timeout"]) / max(ends.total(), 1)
    said = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    print(f"{guard:12} {noticed:5.1f} %  {ends.total():4} mutants: {said}", flush=True)
    return noticed >= LEAST


def unchanged_passes() -> bool:
    """Whether what is not changed passes where mutants are tested; if not, all of them would seem killed."""
    set_mutant_under_test("")
    setup_source_paths()
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        runner = PytestRunner()
        runner.warm_up()
        return run_in_fork(runner.run_tests, mutant_name=None, tests=[]) == 0


def main(guards: list[str]) -> None:
    """Test the mutants of these modules and print the figures."""
    os.chdir(ROOT)
    shutil.rmtree("mutants", ignore_errors=True)
    names = [GUARDS[guard].removesuffix(".py").replace("/", ".") + PARTS.get(guard, ".*") for guard in guards]
    subprocess.run([Path(sys.executable).with_name("mutmut"), "run", *names], check=True)
    if not unchanged_passes():
        sys.exit("The tests fail where nothing is changed: these figures say nothing.")
    enough = [killed(guard) for guard in guards]
    if not all(enough):
        sys.exit(f"Fewer than {LEAST} % were killed.")


if __name__ == "__main__":
    main(sys.argv[1:] or list(GUARDS))
