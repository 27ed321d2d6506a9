"""The audit is whole, or says where it is not; what cannot be audited is not done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from harvester.office import accounts, attempts, audit, pauses, worklist
from harvester.office.audit import Anchor, AuditError
from harvester.office.clock import Clock
from harvester.office.models import Attempt, AuditRow, Hold, Lookup, Pause, Snapshot
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import TODAY, TOMORROW, Portal, catalogue, claim_item

Action = AuditRow.Action
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = 26


def at(minutes: int) -> Clock:
    """Return a clock that stands."""
    return Clock(now=lambda: NOON + timedelta(minutes=minutes))


def write(first: int, last: int) -> None:
    """Add acts, a minute apart."""
    for minute in range(first, last + 1):
        with transaction.atomic():
            audit.record(Action.SEARCHED, count=minute, clock=at(minute))


def file() -> Path:
    """Return where the anchors are."""
    (found,) = Path(settings.HARVESTER_STATE).glob("*.anchors")
    return found


def anchored() -> list[int]:
    return [Anchor.read(line).seq for line in file().read_text().splitlines() if line]


def swept(office: Office) -> Portal:
    """Let a claim be looked up on two days."""
    portal = Portal()
    office.account()
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=catalogue())
    for day in (TODAY, TOMORROW):
        alone.swept(today=day, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    return portal


def unguarded() -> None:
    """Take away the triggers, as whoever owns the database can."""
    with connection.cursor() as cursor:
        for change in ("update", "delete"):
            for table in ("office_auditrow", "office_snapshot"):
                of = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_no_{change}{of}")


def test_each_act_has_its_row_and_none_names_a_patient(either: Office) -> None:
    swept(either)
    account, ana = either.account("ben"), either.person()
    accounts.hold(account, by=ana, note="Canaryson called")
    accounts.release(account, by=ana)
    accounts.consent(account, by=either.person("ben"), day=None)
    pauses.pause("cascadia", "their site is odd", by=ana)
    pauses.resume("cascadia", by=ana)
    rows = list(AuditRow.objects.order_by("seq"))
    used = [row.about_key for row in rows if row.action == Action.CREDENTIAL_USED]
    assert used == [str(pk) for pk in Attempt.objects.order_by("pk").values_list("pk", flat=True)] != []
    looked_up = [row for row in rows if row.action == Action.LOOKED_UP]
    assert len(looked_up) == Lookup.objects.filter(state="answered").count() == 2
    assert [row.about for row in looked_up] == ["snapshot", "sighting"]
    assert {row.patient for row in looked_up} == {audit.patient("chp000001")}
    acts = {"account_changed", "credential_stored", "account_held", "account_released"}
    assert acts | {"portal_paused", "portal_resumed"} <= {row.action for row in rows}
    assert audit.verify() == audit.Verified(len(rows), len(anchored()))
    kept = "".join(str(vars(row)) for row in rows).casefold()
    assert [said for said in ("chp000001", "canaryson", "their site is odd") if said in kept] == []


@pytest.mark.usefixtures("office")
def test_an_act_without_a_transaction_is_not_audited() -> None:
    with pytest.raises(RuntimeError, match="one transaction"):
        audit.record(Action.SEARCHED)


# T-AUD-01: every attack, with the keys in hand ----------------------------------------------------


def edit(row: int) -> None:
    AuditRow.objects.filter(seq=row).update(by=None, count=999)


def delete(row: int) -> None:
    AuditRow.objects.filter(seq=row)._raw_delete(connection.alias)


def truncate(row: int) -> None:
    AuditRow.objects.filter(seq__gte=row)._raw_delete(connection.alias)


def reorder(row: int) -> None:
    """Let two neighbours change places."""
    one, other = AuditRow.objects.get(seq=row), AuditRow.objects.get(seq=row + 1)
    for was, now in ((one, other), (other, one)):
        AuditRow.objects.filter(seq=was.seq).update(at=now.at, count=now.count)


def hash_again(row: int) -> None:
    """Edit a row and write every hash after it anew."""
    edit(row)
    chain(row)


def insert(row: int) -> None:
    """Let an act stand before a row that was never done."""
    for later in AuditRow.objects.filter(seq__gte=row).order_by("-seq"):
        AuditRow.objects.filter(seq=later.seq).update(seq=later.seq + 1)
    AuditRow.objects.create(seq=row, at=NOON, action=Action.SEARCHED, os_user="nobody", hash="")
    chain(row)


def delete_all(row: int) -> None:
    del row
    AuditRow.objects.all()._raw_delete(connection.alias)


def chain(first: int) -> None:
    """Write the hashes anew from a row on."""
    before = AuditRow.objects.filter(seq__lt=first).order_by("-seq").first()
    previous = before.hash if before else ""
    for row in AuditRow.objects.filter(seq__gte=first).order_by("seq"):
        row.previous = previous
        previous = row.hash = audit._hash(row)
        AuditRow.objects.filter(seq=row.seq).update(previous=row.previous, hash=row.hash)


@pytest.mark.parametrize("attack", [edit, delete, truncate, reorder, hash_again, insert, delete_all])
def test_t_aud_01_every_attack_is_found_and_its_first_row_named(
    office: Office, attack: Callable[[int], None]
) -> None:
    del office
    write(1, ROWS)
    unguarded()
    assert audit.verify() == audit.Verified(ROWS, 6)
    marks = anchored()
    assert marks == [1, 6, 11, 16, 21, 26]
    chance = Random(attack.__name__)
    for _ in range(60):
        row = chance.randint(1, ROWS - 1)
        with transaction.atomic():
            attack(row)
            found = audit.verify()
            transaction.set_rollback(True)
        # Who writes every hash anew is betrayed by the next anchor; everybody else by the row itself.
        anchor = min(mark for mark in marks if mark >= row)
        betrayed = {"hash_again": anchor, "insert": anchor, "delete_all": 1}
        assert found.seq == betrayed.get(attack.__name__, row), found
        assert found.wrong
    assert not audit.verify().wrong


def test_t_aud_01_forged_anchors_are_found(office: Office) -> None:
    del office
    write(1, ROWS)
    whole = file().read_text()
    lines = whole.splitlines()
    forged = {
        "one of them changed": whole.replace('"seq": 6,', '"seq": 7,'),
        "one of them gone": "\n".join(lines[:2] + lines[3:]),
        "one of them cut off": whole[:-20],
        "not one of them readable": "\n".join("x" * len(line) for line in lines if line),
    }
    for how, text in forged.items():
        file().write_text(text)
        assert "anchors are not as they were written" in audit.verify().wrong, how
    file().write_text(whole)
    assert audit.verify() == audit.Verified(ROWS, 6)


def test_what_an_act_is_about_cannot_be_changed_unseen(either: Office) -> None:
    swept(either)
    row = AuditRow.objects.get(about="snapshot")
    unguarded()
    for change in ({"paid": "1.00"}, {"sealed_answer": b"else"}, {"status": "paid"}, {"captured_at": NOON}):
        with transaction.atomic():
            Snapshot.objects.update(**change)
            found = audit.verify()
            transaction.set_rollback(True)
        assert found.seq == row.seq, change
        assert f"the snapshot {row.about_key}" in found.wrong
    assert not audit.verify().wrong


def test_t_aud_05_a_snapshot_and_the_audit_changed_alike_are_betrayed_by_an_anchor(either: Office) -> None:
    swept(either)
    audit.anchor()
    row = AuditRow.objects.get(about="snapshot")
    unguarded()
    Snapshot.objects.update(paid="1.00")
    AuditRow.objects.filter(seq=row.seq).update(
        digest=audit._digests("snapshot", [row.about_key])[row.about_key]
    )
    chain(row.seq)
    found = audit.verify()
    assert found.seq is not None
    assert found.seq >= row.seq
    assert "written down outside the database" in found.wrong


# T-AUD-02, 03: what cannot be audited, or not be proved --------------------------------------------

FULL = {
    "sqlite": (
        "CREATE TRIGGER full BEFORE INSERT ON office_auditrow BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
        "CREATE TRIGGER disk_full BEFORE INSERT ON office_auditrow EXECUTE FUNCTION disk_full()",
    ),
}


def test_t_aud_02_what_cannot_be_audited_is_not_done(either: Office) -> None:
    account, ana = either.account(), either.person()
    before = AuditRow.objects.count()
    with connection.cursor() as cursor:
        for statement in FULL[connection.vendor]:
            cursor.execute(statement)
    acts: list[Callable[[], object]] = [
        lambda: attempts.Ledger(account, uuid4())("password", datetime.now(UTC)),
        lambda: accounts.hold(account, by=ana),
        lambda: accounts.consent(account, by=ana, day=None),
        lambda: pauses.pause("cascadia", "why"),
        lambda: audit.looked(Action.PATIENT_VIEWED),
    ]
    for act in acts:
        with pytest.raises(DatabaseError):
            act()
    account.refresh_from_db()
    assert account.sweep_consent is not None
    assert [model.objects.count() for model in (Attempt, Hold, Pause)] == [0, 0, 0]
    assert AuditRow.objects.count() == before


def test_t_aud_03_where_no_anchor_can_be_written_people_are_told_and_then_nobody_signs_in(
    office: Office,
) -> None:
    portal, account = Portal(), office.account()
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=catalogue())
    lock = file().with_suffix(".lock")
    lock.unlink()
    lock.mkdir()
    audit.looked(Action.SEARCHED)
    since = AuditRow.objects.filter(seq__gt=anchored()[-1]).order_by("seq")[0].at

    def later(minutes: int) -> Clock:
        return Clock(now=lambda: since + timedelta(minutes=minutes))

    assert audit.unanchored(later(9)) is None
    assert audit.unanchored(later(10)) == since
    assert audit.objection(later(59)) is None
    assert str(lock.parent) in (audit.objection(later(60)) or "")
    portal.time.at = since + timedelta(minutes=60)
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert portal.sign_ins == []
    waiting = Lookup.objects.get()
    assert waiting.state == Lookup.State.WAITING
    with pytest.raises(AuditError, match="nobody could prove"), transaction.atomic():
        audit.record(Action.EXPORTED, clock=later(60))
    audit.looked(Action.PATIENT_VIEWED)
    accounts.hold(account, by=office.person())
    lock.rmdir()
    assert audit.objection(later(60)) is None
    assert anchored()[-1] == AuditRow.objects.count()
    assert not audit.verify().wrong


@pytest.mark.usefixtures("office")
def test_what_came_after_the_last_anchor_is_anchored_though_nothing_more_happens() -> None:
    write(0, 3)
    assert anchored() == [1]
    audit.tend(at(5))
    assert anchored() == [1]
    audit.tend(at(6))
    assert anchored() == [1, 4]
    audit.tend(at(60))
    assert anchored() == [1, 4]


# T-AUD-04 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_t_aud_04_eight_processes_write_one_chain_though_some_are_killed(either: Office, count: int) -> None:
    before = AuditRow.objects.count()
    command = [sys.executable, "-m", "tests.office.auditing", str(count)]
    environment = {"PATH": os.environ["PATH"], **either.environment}
    writing = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    kept: list[int] = []
    for victim in writing[:3]:
        assert victim.stdout is not None
        kept.append(int(victim.stdout.readline()))
        victim.kill()
    kept += [int(line) for one in writing for line in one.communicate(timeout=500)[0].splitlines()]
    assert [one.returncode for one in writing] == [-9] * 3 + [0] * 5
    assert len(kept) == len(set(kept)) >= 5 * count + 3
    found = audit.verify()
    assert (found.wrong, found.rows) == ("", AuditRow.objects.count())
    assert max(kept) <= found.rows <= before + len(kept) + 3 * count
    assert set(kept) <= set(AuditRow.objects.values_list("seq", flat=True))
