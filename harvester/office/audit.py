"""The audit: every act that somebody may have to answer for, in one chain of keyed hashes.

An act and its row are written in one transaction: what cannot be audited is not done. Each row holds the
hash of the one before, and of the row it is about where that one must never change, so that a change of
either is found. Who has the keys could write the whole chain anew; therefore signed *anchors* (how far the
chain had come, and its hash) lie in a file outside the database. What is newer than the last anchor, at
most :data:`ANCHOR_ROWS` rows or :data:`ANCHOR_EVERY`, is guarded by the keys alone.

No row holds a patient's name, number or words of a portal: a member is a keyed hash, the rest are ids.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID

import structlog
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, models, transaction

from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.models import Account, AuditRow, Person, Practice
from harvester.office.practice import PracticeError

log = structlog.get_logger()

ANCHOR_ROWS, ANCHOR_EVERY = 100, timedelta(minutes=5)
"""An anchor is written when so many rows, or so much time, are newer than the last one."""

ALARM, WINDOW = timedelta(minutes=10), timedelta(hours=1)
"""Where no anchor can be written: after ALARM people are told, after WINDOW nothing of PROVED is done."""

PROVED = frozenset(
    {
        AuditRow.Action.ACCOUNT_RELEASED,
        AuditRow.Action.CREDENTIAL_STORED,
        AuditRow.Action.CREDENTIAL_USED,
        AuditRow.Action.EXPORTED,
        AuditRow.Action.PORTAL_RESUMED,
    }
)
"""What is not done after WINDOW; what makes anything safer, and looking, always is."""

_LOCK = (7403, 1)
"""PostgreSQL's advisory lock under which rows are added; keys of two numbers are used for nothing else."""

_BATCH, _TAIL = 500, 4096
"""Rows that are compared at once; bytes at the end of the anchors' file in which the newest one is."""

_FACTS: Mapping[str, tuple[str, ...]] = {
    "attempt": ("account_id", "credential_id", "stay", "kind", "at"),
    "credential": ("account_id", "version", "fingerprint", "changed", "created"),
    "departure": ("person_id", "by_id", "at"),
    "hold": ("uuid", "account_id", "trouble", "sealed_words", "todo", "attempt_id", "by_id", "at"),
    "pause": ("portal", "words", "by_id", "at"),
    "portalterms": ("portal", "kind", "words", "by_id", "at"),
    "release": ("hold_id", "by_id", "at", "note"),
    "resumption": ("pause_id", "by_id", "at", "note"),
    "sighting": ("snapshot_id", "lookup_id", "at", "as_of"),
    "snapshot": (
        *("uuid", "lookup_id", "item_id", "kind", "portal", "carrier", "subject", "captured_at", "as_of"),
        *("outcome", "status", "billed", "paid", "sealed_answer", "digest"),
    ),
}
"""What of a row its digest covers. A column that is added later is not part of it: digests are for ever."""


class AuditError(PracticeError):
    """An act cannot be audited, and is therefore not done; one sentence."""


def record(
    action: AuditRow.Action,
    row: models.Model | None = None,
    *,
    by: Person | None = None,
    account: Account | None = None,
    portal: str = "",
    member: str = "",
    stay: UUID | None = None,
    result: str = "",
    count: int | None = None,
    address: str = "",
    clock: Clock | None = None,
) -> AuditRow:
    """Add an act to the chain; the last thing in the transaction that does it.

    ``row`` is what it is about, saved already; ``member`` the member's id, of which a keyed hash is kept.
    Last, because on PostgreSQL nobody else adds to the chain until the transaction ends.
    Raises :class:`AuditError` for an act of :data:`PROVED` where anchors could not be written for too long.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an act and its audit are one transaction")
    if action in PROVED and (said := objection(clock)):
        raise AuditError(said)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    last = AuditRow.objects.order_by("-seq").first()
    table = (row._meta.model_name or "") if row is not None else ""
    added = AuditRow(
        seq=last.seq + 1 if last else 1,
        at=(clock or Clock()).now(),
        action=action,
        by=by,
        os_user=_os_user()[:80],
        address=address,
        about=table,
        about_key="" if row is None else str(row.pk),
        digest=_digests(table, [str(row.pk)])[str(row.pk)] if row is not None and table in _FACTS else "",
        account=account,
        portal=portal or (account.portal if account else ""),
        patient=patient(member) if member else "",
        stay=stay,
        result=result,
        count=count,
        previous=last.hash if last else "",
    )
    added.hash = _hash(added)
    added.save(force_insert=True)
    transaction.on_commit(partial(_committed, added))
    return added


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user that has no name
        return str(os.getuid())


def looked(
    action: AuditRow.Action,
    row: models.Model | None = None,
    *,
    by: Person | None = None,
    portal: str = "",
    member: str = "",
    result: str = "",
    count: int | None = None,
    address: str = "",
) -> None:
    """Add an act that changes nothing else, before what it shows is shown; as :func:`record`."""
    with transaction.atomic(durable=True):
        record(action, row, by=by, portal=portal, member=member, result=result, count=count, address=address)


def patient(member: str) -> str:
    """Return the keyed hash under which the audit knows a member."""
    return keys().hashed("patient", member.strip().casefold())


# Anchors ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Anchor:
    """How far the chain had come, signed; each holds the signature of the one before."""

    seq: int
    hash: str
    at: datetime
    previous: str
    signature: str

    @property
    def message(self) -> bytes:
        """What is signed."""
        return json.dumps([self.seq, self.hash, self.at.isoformat(), self.previous]).encode()

    @property
    def line(self) -> str:
        """The anchor as it stands in the file."""
        said = {"seq": self.seq, "hash": self.hash, "at": self.at.isoformat(), "previous": self.previous}
        return json.dumps(said | {"signature": self.signature})

    @classmethod
    def read(cls, line: str) -> Anchor:
        """Raises ``ValueError`` for a line that is none."""
        try:
            said = json.loads(line)
            return cls(**said | {"at": datetime.fromisoformat(said["at"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from None


def anchor(clock: Clock | None = None) -> None:
    """Write down outside the database how far the chain has come; raises ``OSError``, ``PracticeError``."""
    with _anchors() as path:
        newest = AuditRow.objects.order_by("-seq").first()
        last = _last_anchor(path)
        if newest is None or (last is not None and newest.seq <= last.seq):
            return
        at, previous = (clock or Clock()).now(), last.signature if last else ""
        unsigned = Anchor(newest.seq, newest.hash, at, previous, "")
        signed = Anchor(newest.seq, newest.hash, at, previous, keys().sign(unsigned.message).hex())
        with path.open("ab") as file:
            file.write(f"\n{signed.line}".encode())  # the line before may have been cut off by a full disk
            file.flush()
            os.fsync(file.fileno())


def anchored(clock: Clock | None = None) -> bool:
    """Write an anchor where one can be written; whether it could."""
    try:
        anchor(clock)
    except (OSError, PracticeError, DatabaseError):
        log.exception("audit_not_anchored")
        return False
    return True


def tend(clock: Clock) -> None:
    """Anchor what has waited for it, where nothing happens after which it would be done."""
    since = _waiting_since()
    if since is not None and clock.now() - since >= ANCHOR_EVERY:
        anchored(clock)


def unanchored(clock: Clock | None = None) -> datetime | None:
    """Return since when no anchor could be written, where that is longer than :data:`ALARM`."""
    since = _waiting_since()
    if since is None or (clock or Clock()).now() - since < ALARM or anchored(clock):
        return None
    return since


def objection(clock: Clock | None = None) -> str | None:
    """Return why nothing may be done that has to be answered for, in one sentence, or ``None``."""
    since = _waiting_since()
    if since is None or (clock or Clock()).now() - since < WINDOW or anchored(clock):
        return None
    return (
        f"the audit's anchors could not be written to {settings.HARVESTER_STATE} since "
        f"{since:%Y-%m-%d %H:%M} UTC, and nothing is done that nobody could prove; make room there"
    )


def _waiting_since() -> datetime | None:
    """Return when the oldest row was written that no anchor covers."""
    try:
        last = _last_anchor(_path())
    except (OSError, PracticeError):
        last = None
    newer = AuditRow.objects.filter(seq__gt=last.seq if last else 0)
    return newer.order_by("seq").values_list("at", flat=True).first()


def _committed(row: AuditRow) -> None:
    try:
        last = _last_anchor(_path())
    except (OSError, PracticeError):
        last = None
    if last is None or row.seq - last.seq >= ANCHOR_ROWS or row.at - last.at >= ANCHOR_EVERY:
        anchored(Clock(now=lambda: row.at))


@contextmanager
def _anchors() -> Iterator[Path]:
    path = _path()
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _last_anchor(path: Path) -> Anchor | None:
    """Return the newest anchor of the file; a line that a full disk cut off is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            return Anchor.read(line)
        except ValueError:
            continue
    return None


def _path() -> Path:
    folder = Path(settings.HARVESTER_STATE)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{Practice.objects.get().key_check[:32]}.anchors"


# Verification -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verified:
    """What was found of the chain."""

    rows: int
    """How many rows are in it."""
    anchors: int
    wrong: str = ""
    """What is wrong, in one sentence; empty: nothing."""
    seq: int | None = None
    """The first row that is not as it was written, or is missing."""


def verify() -> Verified:
    """Compare the whole chain with its hashes, with the rows it is about, and with the anchors."""
    try:
        lines = [line for line in _path().read_text(errors="replace").splitlines() if line]
    except FileNotFoundError:
        lines = []
    anchors, said = _anchor_chain(lines)
    hashes = {one.seq: one.hash for one in anchors}
    count, previous = 0, ""
    chain = AuditRow.objects.order_by("seq").iterator(_BATCH)
    while rows := list(islice(chain, _BATCH)):
        digests = _digests_of(rows)
        for row in rows:
            count += 1
            wrong = _wrong(row, count, previous, digests, hashes)
            if wrong:
                first = count if row.seq != count else row.seq
                return Verified(count, len(anchors), wrong, first)
            previous = row.hash
    if anchors and anchors[-1].seq > count:
        return Verified(
            count, len(anchors), f"the chain ends with row {count}, and it was longer once", count + 1
        )
    return Verified(count, len(anchors), said)


def _anchor_chain(lines: list[str]) -> tuple[list[Anchor], str]:
    """Return the anchors that are as they were written, and what is wrong with the others."""
    found: list[Anchor] = []
    previous, wrong = "", 0
    for line in lines:
        try:
            one = Anchor.read(line)
            signature = bytes.fromhex(one.signature)
        except ValueError:
            wrong += 1
            continue
        if one.previous != previous or not keys().signed(one.message, signature):
            wrong += 1
            continue
        found.append(one)
        previous = one.signature
    return found, f"{wrong} of {len(lines)} anchors are not as they were written" if wrong else ""


def _wrong(
    row: AuditRow, seq: int, previous: str, digests: Mapping[tuple[str, str], str], anchors: Mapping[int, str]
) -> str:
    if row.seq != seq:
        return f"row {seq} is missing"
    if row.hash != _hash(row):
        return f"row {seq} is not as it was written"
    if row.previous != previous:
        return f"row {seq} does not follow row {seq - 1}"
    if anchors.get(seq, row.hash) != row.hash:
        return f"row {seq} is not the one that was written down outside the database"
    if row.digest and digests.get((row.about, row.about_key)) != row.digest:
        return f"the {row.about} {row.about_key}, which row {seq} is about, is not as it was written"
    return ""


def _hash(row: AuditRow) -> str:
    facts = (getattr(row, field.attname) for field in AuditRow._meta.concrete_fields if field.name != "hash")
    return keys().hashed("audit", *map(_plain, facts))


def _digests_of(rows: list[AuditRow]) -> dict[tuple[str, str], str]:
    wanted = defaultdict(list)
    for row in rows:
        if row.digest:
            wanted[row.about].append(row.about_key)
    return {
        (table, pk): digest
        for table, pks in wanted.items()
        if table in _FACTS
        for pk, digest in _digests(table, pks).items()
    }


def _digests(table: str, pks: list[str]) -> dict[str, str]:
    """Return the digest of each of a table's rows, as the database has them now."""
    found = apps.get_model("office", table)._default_manager.filter(pk__in=pks)
    return {
        str(pk): keys().hashed("audited row", table, str(pk), *map(_plain, values))
        for pk, *values in found.values_list("pk", *_FACTS[table])
    }


def _plain(value: object) -> str:
    """Return a column's value as one string, the same whether just made or read from either database."""
    match value:
        case None:
            return "-"
        case bytes() | memoryview():
            return "b" + bytes(value).hex()
        case datetime():
            return "t" + value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return "d" + value.isoformat()
        case Decimal():
            return f"n{value:.2f}"
        case str():
            return "s" + str(value)
        case UUID() | int():
            return "i" + str(value)
    raise TypeError(type(value).__name__)
