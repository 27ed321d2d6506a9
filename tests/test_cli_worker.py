"""The commands around work that goes on by itself, as a person types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.office import engine, sweep, worklist
from harvester.office.clock import Clock
from harvester.office.models import Lookup
from tests.office.conftest import Office, office, template
from tests.office.portal import TODAY, catalogue, claim_item

__all__ = ["office", "template"]

HARVESTER = str(Path(sys.executable).with_name("harvester"))


def typed(office: Office, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARVESTER, *words],
        env={"PATH": os.environ["PATH"], **office.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_worker_is_seen_while_it_works_and_ends_well_when_it_is_told_to(office: Office) -> None:
    office.account()
    with subprocess.Popen(
        [HARVESTER, "worker"],
        env={"PATH": os.environ["PATH"], **office.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stderr is not None
        said = worker.stdout.readline()
        assert said.startswith("Works as ")
        name = said.split()[2].rstrip(";")
        (seen,) = json.loads(typed(office, "status", "--json").stdout)["workers"]
        worker.send_signal(signal.SIGTERM)
        rest, complaints = worker.stdout.read(), worker.stderr.read()
    assert (worker.returncode, rest, complaints) == (0, "Ends after the lookups that are under way.\n", "")
    assert seen["name"] == name
    told = typed(office, "status").stdout
    assert "No worker is at work" in told
    assert "Nothing waits." in told


def test_what_waits_is_shown_counted_and_called_off(office: Office) -> None:
    office.account()
    worklist.import_items(map(claim_item, range(3)), source="test.csv", catalogue=catalogue())
    sweep.begin(TODAY, catalogue(), clock=Clock())
    told = typed(office, "status").stdout
    assert "0 of 3 looked up" in told
    assert "Ana (ana.user)" in told
    counters = typed(office, "status", "--openmetrics").stdout
    assert 'harvester_lookups_waiting{portal="cascadia",who="sweep"} 3.0' in counters
    assert counters.endswith("# EOF\n")
    assert typed(office, "cancel", "--user", "ana.user").stderr == "Say at which portal: --portal.\n"
    done = typed(office, "cancel", "--portal", "cascadia", "--json")
    assert json.loads(done.stdout) == {"cancelled": 3}
    assert set(Lookup.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.parametrize(("said", "code"), [("21:30", 0), ("9 pm", 1)])
def test_when_a_portal_is_swept_is_the_practices_to_say(office: Office, said: str, code: int) -> None:
    done = typed(office, "portals", "nightly", "cascadia", said)
    assert done.returncode == code
    if code:
        assert "write it as 21:30" in done.stderr
    else:
        assert "swept every night from 21:30" in done.stdout
    assert f"{engine.night('cascadia'):%H:%M}" == (said if not code else "20:00")
