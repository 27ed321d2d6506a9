from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from harvester.office import worklist
from harvester.office.attempts import UNFINISHED
from harvester.office.models import Attempt, Evidence, Hold, Lookup, Sighting, Snapshot
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import TODAY, TOMORROW, Portal, catalogue, claim_item

COUNT = 4

STORING = [
    "harvester.office.lookups:lookup:after:2",
    "harvester.office.sweep:_plan:before:0",
    "harvester.office.sweep:_plan:after:0",
    "harvester.office.snapshots:keep:before:1",
    "harvester.office.snapshots:_ended:after:1",
    "harvester.office.snapshots:_add:before:1",
    "harvester.office.snapshots:_keep_pages:before:1",
    "harvester.office.snapshots:_keep_pages:after:1",
    "harvester.office.snapshots:keep:after:1",
    "tests.office.portal:InProcessStay.__exit__:before:0",
    "tests.office.portal:InProcessStay.__exit__:after:0",
]
SIGNING_IN = [
    "harvester.office.attempts:Ledger._password:after:0",
    "harvester.office.attempts:Ledger._code:before:0",
    "harvester.office.attempts:Ledger._code:after:0",
    "harvester.office.attempts:Ledger.settle:before:0",
]


def follow() -> None:
    worklist.import_items(map(claim_item, range(COUNT)), source="test.csv", catalogue=catalogue())


def killed(office: Office, moment: str, day: object = TODAY) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.killed", moment, str(day)],
        env={"PATH": os.environ["PATH"], **office.environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def rerun(office: Office) -> Portal:
    del office
    portal = Portal()
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    return portal


@pytest.mark.parametrize("moment", STORING)
@pytest.mark.parametrize(
    "database",
    ["office", pytest.param("postgresql_office", marks=pytest.mark.long)],
    ids=["sqlite", "postgresql"],
)
def test_after_a_kill_a_rerun_loses_nothing_and_stores_nothing_twice(
    request: pytest.FixtureRequest, database: str, moment: str
) -> None:
    office: Office = request.getfixturevalue(database)
    office.account()
    follow()
    killed(office, moment)
    rerun(office)
    assert Counter(Lookup.objects.values_list("state", flat=True)) == {"answered": COUNT}
    assert Snapshot.objects.values("subject").distinct().count() == Snapshot.objects.count() == COUNT
    assert Evidence.objects.count() == COUNT
    assert not Sighting.objects.exists()


@pytest.mark.parametrize("moment", [one for one in STORING if "snapshots" in one])
def test_after_a_kill_only_the_lookup_in_flight_is_repeated(office: Office, moment: str) -> None:
    office.account()
    follow()
    killed(office, moment)
    stored = Snapshot.objects.count()
    assert len(rerun(office).queries) == COUNT - stored <= COUNT - 1


@pytest.mark.parametrize("moment", SIGNING_IN)
def test_t_acc_02_a_kill_between_password_and_result_counts_as_a_rejection(
    either: Office, moment: str
) -> None:
    either.account()
    follow()
    killed(either, moment)
    assert Attempt.objects.filter(end=None).count() == 1
    portal = rerun(either)
    assert portal.sign_ins == []
    assert Hold.objects.get().trouble == UNFINISHED


@pytest.mark.parametrize("moment", SIGNING_IN)
def test_a_rerun_gives_what_waits_to_the_other_accounts(office: Office, moment: str) -> None:
    office.account("ana")
    office.account("ben")
    follow()
    killed(office, moment)
    rerun(office)
    held = Hold.objects.values_list("account__owner__username", flat=True)
    answered = Lookup.objects.filter(state="answered")
    assert len(held) >= 1
    assert answered.count() == (COUNT if len(held) == 1 else 0)
    assert not answered.filter(account__owner__username__in=held).exists()


def test_a_kill_before_the_password_is_written_holds_nobody(either: Office) -> None:
    either.account()
    follow()
    killed(either, "harvester.office.attempts:Ledger._password:before:0")
    rerun(either)
    assert not Hold.objects.exists()
    assert Lookup.objects.filter(state="answered").count() == COUNT


def test_a_kill_while_the_same_answers_come_again_loses_no_sighting(office: Office) -> None:
    office.account()
    follow()
    rerun(office)
    killed(office, "harvester.office.snapshots:_add:after:1", TOMORROW)
    portal = Portal()
    alone.swept(today=TOMORROW, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert (Snapshot.objects.count(), Sighting.objects.count()) == (COUNT, COUNT)
