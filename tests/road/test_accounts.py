"""One person's trouble is that person's alone, and no secret and no patient is where it must not be."""

from __future__ import annotations

import os
from collections import Counter
from io import StringIO

import psutil
import pytest

from harvester import errors, logs
from harvester.office import accounts, pauses
from harvester.office.models import Account, Hold, Lookup, Stay
from tests.office.conftest import Office
from tests.road.road import Road, items, lookup_states


def test_a_wrong_password_is_tried_once_and_the_others_finish(road: Road) -> None:
    road.open(0, 1, 2)
    road.follow(items("claims")[:9])
    (wrong, account), *others = road.staff.items()
    road.post(f"/staff/cascadia/{wrong}", password="Another-Password-1")
    report = road.sweep()
    again = road.sweep()

    tried = Counter((one["user"], one["result"]) for one in road.log["sign_ins"])
    assert tried[wrong, "rejected"] == 1
    assert tried[wrong, "accepted"] == 0
    assert all(tried[user, "accepted"] >= 1 for user, _ in others)
    assert Hold.objects.get().account == account
    assert [stay.trouble for stay in report.stays].count("WrongPassword") == 1
    assert "WrongPassword" not in [stay.trouble for stay in again.stays]
    # What the held account had, the others took over; nothing waits.
    assert lookup_states("claim") == {"answered": 9}
    assert set(lookup_states()) == {"answered"}
    assert road.compared()


def test_t_acc_10_an_account_that_the_portal_shut_is_asked_nothing_more(road: Road) -> None:
    road.open(0, 1)
    road.follow(items("claims")[:6])
    reasons = dict(zip(road.staff, ("inactive", "removed"), strict=True))
    for user, why in reasons.items():
        road.post("/trouble/cascadia", name="locked", on=True, value=why, user=user)
    road.sweep()
    requests = road.log["requests"]
    assert Counter((one["user"], one["result"]) for one in road.log["sign_ins"]) == {
        (user, "locked"): 1 for user in reasons
    }
    # The last that the portal heard of each was the password: nobody even signs out.
    assert [one["path"] for one in requests if one["method"] == "POST"] == ["/signin"] * 2
    assert not [one for one in requests if "sign-out" in one["path"] or "signout" in one["path"]]
    held = {hold.account.user_name: hold.trouble for hold in Hold.objects.all()}
    assert held == dict.fromkeys(reasons, "AccountLocked")
    said = {one.account.user_name: one.holds[0].sentence for one in accounts.listed()}
    assert [one.startswith(errors.AccountLocked.todo) for one in said.values()] == [True, True]
    assert all("1-800-555-0142" in one for one in said.values())

    # Two at once have paused the portal, too; resumed, the second sweep still asks nothing of either.
    (account, *_) = road.staff.values()
    pauses.resume("cascadia", by=account.owner)
    road.sweep()
    assert road.log["requests"] == requests
    assert set(lookup_states()) == {"waiting"}


def test_a_hold_ends_with_the_right_password_and_not_before(road: Road) -> None:
    road.open(0)
    road.follow(items("claims")[:2])
    ((user, account),) = road.staff.items()
    road.post(f"/staff/cascadia/{user}", password="Another-Password-1")
    road.sweep()
    with pytest.raises(accounts.AccountError):
        accounts.release(account, by=account.owner)
    accounts.replace(account, by=account.owner, password="Another-Password-1")
    road.sweep()
    assert lookup_states("claim") == {"answered": 2}
    assert [one["result"] for one in road.log["sign_ins"]] == ["rejected", "accepted"]


def test_no_secret_and_no_patient_is_in_a_log_the_database_or_a_process(road: Road, office: Office) -> None:
    log = StringIO()
    logs.configure(log)
    road.open(0, 1)
    followed = [*items("claims")[:4], *items("appointments")[:2]]
    road.follow(followed[:4], followed[4:])
    cast = road.get("/cast")["staff"][:2]
    road.post(f"/staff/cascadia/{cast[1]['user']}", password="Another-Password-1")
    road.post("/trouble/cascadia", name="column_swap", value="grid", on=True)
    seen: list[str] = []

    def watch(_: Stay) -> None:
        for process in psutil.Process(os.getpid()).children(recursive=True):
            try:
                seen.append("\0".join(process.cmdline()))
                seen.append("\0".join(f"{k}={v}" for k, v in process.environ().items()))
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue

    road.sweep(told=watch)
    assert {row.state for row in Lookup.objects.all()} >= {"answered", "refused"}
    assert any("harvester.visit" in line for line in seen)

    secrets = {person[key] for person in cast for key in ("password", "totp_secret")}
    patients = {str(getattr(item, name)) for item in followed for name in ("member_id", "patient_last")}
    printed = log.getvalue()
    logs.configure()
    assert "stay_begun" in printed
    stored = b"".join(path.read_bytes() for path in office.files).decode("latin-1")
    assert Account.objects.get(user_name=cast[0]["user"]).user_name in stored
    for where, text in {"log": printed, "database": stored, "process": "\n".join(seen)}.items():
        found = [canary for canary in secrets | patients if canary in text]
        assert found == [], where


def test_nothing_of_a_stay_is_left_behind(road: Road) -> None:
    road.open(0)
    road.follow(items("claims")[:1])
    before = {process.pid for process in psutil.Process(os.getpid()).children(recursive=True)}
    road.sweep()
    after = {process.pid for process in psutil.Process(os.getpid()).children(recursive=True)}
    assert after <= before
