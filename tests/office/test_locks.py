from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from harvester.office.locks import AccountLock, Busy, in_use
from harvester.office.models import CodeUse
from tests.office.conftest import Office
from tests.office.portal import Time

HOLDER = """
import os, subprocess, sys
from uuid import UUID
from harvester.office import ready
ready()
from harvester.office.locks import AccountLock
with AccountLock(UUID(sys.argv[1])) as lock:
    child = subprocess.Popen(["cat"], stdin=sys.stdin, stdout=subprocess.DEVNULL, pass_fds=lock.descriptors)
    print("locked", flush=True)
    child.wait()
"""


def test_one_at_a_time(either: Office) -> None:
    del either
    account = uuid4()
    with AccountLock(account), pytest.raises(Busy), AccountLock(account):
        pass


def test_another_account_is_free(either: Office) -> None:
    del either
    with AccountLock(uuid4()), AccountLock(uuid4()) as second:
        assert second.alive()


def test_a_lock_that_was_given_back_can_be_taken_again(either: Office) -> None:
    del either
    lock = AccountLock(uuid4())
    for _ in range(3):
        with lock:
            assert lock.alive()
        assert not lock.alive()


def test_whoever_is_patient_waits_and_is_told(office: Office) -> None:
    del office
    account, time = uuid4(), Time()
    with AccountLock(account), pytest.raises(Busy), AccountLock(account, patience=2.0, clock=time.clock):
        pass
    assert sum(time.slept) == pytest.approx(2.0)


def test_an_account_in_use_is_seen(either: Office) -> None:
    del either
    account = uuid4()
    with AccountLock(account):
        assert in_use(account)
    assert not in_use(account)


def test_the_lock_of_a_killed_process_lives_until_its_child_has_ended(either: Office) -> None:
    account = uuid4()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(account)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **either.environment},
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"locked\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=30)
    assert in_use(account)
    holder.stdin.close()
    holder.stdout.close()
    with AccountLock(account, patience=30.0) as lock:
        assert lock.alive()


def test_a_lost_database_session_is_a_lost_lock(postgresql_office: Office) -> None:
    with AccountLock(uuid4()) as lock:
        with psycopg.connect(postgresql_office.url, autocommit=True) as session:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        assert not lock.alive()


def test_t_acc_06_two_processes_never_use_the_same_time_step(either: Office, tmp_path: Path) -> None:
    either.account()
    count, clock = 8, tmp_path / "clock"
    clock.write_bytes(struct.pack("d", 1_800_000_000.0))
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.office.racing", str(count), str(clock)],
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **either.environment},
            text=True,
        )
        for _ in range(2)
    ]
    codes = [code for racer in racers for code in racer.communicate(timeout=120)[0].split()]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert len(codes) == CodeUse.objects.count() == 2 * count
