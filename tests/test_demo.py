from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from harvester import registry
from harvester.cli import demo
from harvester.model.portal import LookupKind
from harvester.testing.make_believe import MakeBelieveError

HARVESTER = Path(sys.executable).with_name("harvester")

FEW = """
import csv, sys
from pathlib import Path
from harvester import cli
from harvester.cli import demo

folder = Path(sys.argv[2])
def few():
    made = []
    for file in [one for one in bundled() if one.parent.name in ("worklist", *sys.argv[3:])]:
        rows = list(csv.reader(file.open(encoding="utf-8")))
        place = folder / file.parent.name / file.name
        place.parent.mkdir(exist_ok=True)
        with place.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows(rows[:5])
        made.append(place)
    return made
bundled, demo.worklists = demo.worklists, few
if len(sys.argv) == 3:
    demo.DAYS = 1
truth, log, looked = demo.MakeBelieve.truth, demo.MakeBelieve.log, demo.day
"""
"""The demo with four claims and four appointments of cascadia, and of the portals that are named; one day
where none is. And what the lies below stand on.
"""

LIES = {
    "a wrong amount": """
def falsified(self, portal):
    found = truth(self, portal)
    for claim in found["claims"]:
        claim["billed"]["value"] = "1.00"
    return found
demo.MakeBelieve.truth = falsified
""",
    "a mutation": """
demo.MakeBelieve.log = lambda self, portal: log(self, portal) | {"mutations": [{"method": "POST"}]}
""",
    "a column swapped at the portal": """
def troubled(portals, progress):
    portals.trouble("cascadia", "column_swap")
    return looked(portals, progress)
demo.day = troubled
""",
}


def environment() -> dict[str, str]:
    passed = ("PATH", "LANG", "HOME", "HARVESTER_BROWSER", "PLAYWRIGHT_BROWSERS_PATH")
    return {name: os.environ[name] for name in passed if name in os.environ}


def given(tmp_path: Path, program: str, *portals: str) -> tuple[int, dict[str, Any], str]:
    """Give the small demo with a change to it; return exit code, its JSON and what else it said."""
    (tmp_path / "few").mkdir()
    program = f"{FEW}\n{program}\nsys.exit(cli.run(['demo', '--keep', sys.argv[1], '--json']))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "demo"), str(tmp_path / "few"), *portals],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.long
def test_the_demo_reads_two_days_without_one_difference(tmp_path: Path) -> None:
    done = subprocess.run(
        [HARVESTER, "demo", "--keep", "here", "--json"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["whole"]
    first, second = said["days"]
    assert sum(first["answers"].values()) >= 600
    assert sum(second["answers"].values()) + second["not_opened"] >= 550
    assert (first["not_opened"], second["not_opened"] > 100) == (0, True)
    for day in (first, second):
        assert day["answers"].keys() == set(get_args(LookupKind))
        assert day["values_compared"] > 50_000
        assert (day["differences"], day["needs_a_person"]) == ([], [])
        assert day["counts"]["refused"] == day["counts"]["failed"] == day["counts"]["waiting"] == 0
    kinds = {change["kind"] for story in second["changes"] for change in story["changes"]}
    assert {"denied", "paid", "documents_requested", "accumulator"} <= kinds
    assert said["portal_log"].keys() == registry.installed()[0].keys()
    for log in said["portal_log"].values():
        assert log["people"] in (1, 3)
        assert (log["sign_ins"], log["mutations"], log["left_open"]) == (2 * log["people"], 0, 0)
    looked_at = subprocess.run(
        [HARVESTER, "--home", "here", "snapshots", "list", "--status", "denied", "--json"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(looked_at.stdout)["snapshots"]
    asked = (
        "--carrier",
        "CMHP1",
        "--member",
        "M1",
        "--last",
        "L",
        "--first",
        "F",
        "--born",
        "1980-01-01",
        "--as",
        "maren",
    )
    afterwards = subprocess.run(
        [HARVESTER, "--home", "here", "lookup", "eligibility", *asked, "--today", second["day"]],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (afterwards.returncode, afterwards.stdout) == (1, "")
    assert afterwards.stderr.endswith("is make-believe and answers only while a demo runs.\n")
    assert len(afterwards.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "some", [("cascadia", "westmac"), pytest.param((), marks=pytest.mark.long)], ids=["two", "every portal"]
)
def test_a_small_demo_is_whole(tmp_path: Path, some: tuple[str, ...]) -> None:
    portals = set(some or registry.installed()[0])
    code, said, err = given(tmp_path, "", *sorted(portals))
    assert (code, said["whole"]) == (0, True), err
    for day in said["days"]:
        assert day["answers"].keys() >= {"eligibility", "claims", "claim", "payments", "remittance_file"}
        # Four claims are too few for a list.
        assert some or day["answers"].keys() == set(get_args(LookupKind)) - {"claim_list"}
        assert day["answers"]["claim"] >= 3 * len(portals)
        assert day["differences"] == []
        assert day["values_compared"] > 100 * len(portals)
    assert said["portal_log"].keys() == portals
    assert {(log["sign_ins"], log["mutations"], log["left_open"]) for log in said["portal_log"].values()} == {
        (2, 0, 0)
    }
    assert "HARVESTER_HOME=" in err


@pytest.mark.long
@pytest.mark.parametrize("lie", LIES)
def test_a_demo_in_which_something_is_wrong_says_so_and_fails(tmp_path: Path, lie: str) -> None:
    code, said, err = given(tmp_path, LIES[lie])
    assert (code, said["whole"]) == (1, False)
    assert "Something is not as it should be" in err


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(MakeBelieveError, match="was not made by a demo"), demo.folder(tmp_path):
        pass
    assert (tmp_path / "letters").read_text() == "dear"
    with pytest.raises(MakeBelieveError, match="is a file"), demo.folder(tmp_path / "letters"):
        pass


def test_a_demos_own_folder_is_made_anew_but_not_while_it_is_used(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with demo.folder(home):
        (home / "practice.sqlite3").write_text("old")
        (home / "keys").mkdir()
        with pytest.raises(MakeBelieveError, match="another demo is running"), demo.folder(home):
            pass
    with demo.folder(home):
        assert [found.name for found in home.iterdir()] == [demo.MARKER]


def test_the_portals_end_when_their_demo_is_killed() -> None:
    program = (
        "import os, signal\n"
        "from harvester.testing.make_believe import MakeBelieve\n"
        "with MakeBelieve() as portals:\n"
        "    print(portals._process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    portals = int(done.stdout)
    pidfd = os.pidfd_open(portals) if Path(f"/proc/{portals}").exists() else None
    if pidfd is not None:
        import select

        try:
            assert select.select([pidfd], [], [], 20)[0], "the portals outlived the demo"
        finally:
            os.close(pidfd)
