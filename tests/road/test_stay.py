"""A stay that hangs or dies costs itself and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil
import pyotp
import pytest

from harvester.errors import PortalUnavailable
from harvester.model.query import EligibilityQuery
from harvester.visit import client
from harvester.visit.client import FOLDERS, MEMORY, Stay, StayEnded
from harvester.visit.wire import Answered, Begin, Context, Deny, GiveSecret, Secret, SecretKind
from tests.road.road import Road, items


def secrets_of(road: Road) -> GiveSecret:
    person = road.get("/cast")["staff"][0]
    code = pyotp.TOTP(person["totp_secret"])
    return lambda kind, *_: Secret(value=person["password"] if kind == "password" else code.now())


def beginning(road: Road) -> Begin:
    user = road.get("/cast")["staff"][0]["user"]
    return Begin(portal="cascadia", user_name=user, context=Context(tin="007300142"), address=road.address)


def query() -> EligibilityQuery:
    return items("appointments")[0].eligibility_query("CMHP1")


def family() -> list[psutil.Process]:
    return psutil.Process(os.getpid()).children(recursive=True)


@contextmanager
def nothing_left() -> Iterator[None]:
    """See that everything that was started meanwhile is gone afterwards, and its folder too."""
    before = set(family())
    seen: set[psutil.Process] = set()
    try:
        yield
    finally:
        seen |= set(family()) - before
    _, alive = psutil.wait_procs(list(seen), timeout=10)
    assert alive == []
    assert list(Path(MEMORY).glob(f"{FOLDERS}{os.getpid()}-*")) == []


def test_a_stay_that_hangs_is_killed_with_all_that_it_started(road: Road) -> None:
    road.post("/trouble/cascadia", name="slow", value=20_000, on=True)
    with (
        nothing_left(),
        pytest.raises(StayEnded, match="in time"),
        Stay(beginning(road), secrets=secrets_of(road), deadline=4) as stay,
    ):
        stay.enter()
    assert road.log["sign_ins"] == []


def test_a_busy_stay_that_is_not_wanted_any_more_ends_and_signs_out(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LOOK", 0.2)
    wanted = [True]
    with (
        nothing_left(),
        Stay(beginning(road), secrets=secrets_of(road), wanted=lambda: wanted[0]) as stay,
    ):
        stay.enter()
        road.post("/trouble/cascadia", name="slow", value=1_500, on=True)
        wanted[0] = False
        with pytest.raises(StayEnded, match="taken off"):
            stay.look(1, query())
    log = road.log
    assert [one["result"] for one in log["sign_ins"]] == ["accepted"]
    assert all(session["closed"] for session in log["sessions"])
    assert len(log["sign_outs"]) == 1


VICTIMS = {
    "stay": lambda line: "harvester.visit" in line,
    "driver": lambda line: "run-driver" in line,
    "browser": lambda line: "--headless" in line and "--type=" not in line,
    "page": lambda line: "--type=renderer" in line,
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_stay_that_loses_a_process_ends_and_leaves_nothing(road: Road, victim: str) -> None:
    before = set(family())
    with nothing_left(), Stay(beginning(road), secrets=secrets_of(road)) as stay:
        stay.enter()
        assert isinstance(stay.look(1, query()), Answered)
        mine = [process for process in family() if process not in before]
        hit = [process for process in mine if VICTIMS[victim](" ".join(process.cmdline()))]
        assert hit
        for process in hit:
            process.send_signal(signal.SIGKILL)
        with pytest.raises(StayEnded):  # which says nothing of the lookup: it waits
            stay.look(2, query())


def test_a_secret_that_is_denied_ends_the_stay_before_anything_was_tried(road: Road) -> None:
    def denied(_kind: SecretKind, _told: datetime | None, _number: str = "") -> Deny:
        return Deny(trouble="PortalUnavailable", words="not now")

    with nothing_left(), pytest.raises(PortalUnavailable), Stay(beginning(road), secrets=denied) as stay:
        stay.enter()
    assert road.log["sign_ins"] == []


def test_only_a_mock_on_this_machine_may_stand_in_for_a_portal(road: Road) -> None:
    begin = beginning(road).model_copy(update={"address": "http://192.0.2.1:80"})
    with nothing_left(), pytest.raises(StayEnded), Stay(begin, secrets=secrets_of(road)) as stay:
        stay.enter()
