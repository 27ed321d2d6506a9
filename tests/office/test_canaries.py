from __future__ import annotations

import os
from base64 import b64encode
from io import StringIO
from pathlib import Path

import psutil
import pytest
from django.db import connection

from harvester import logs
from harvester.model.codes import ClaimStatus
from harvester.model.query import ClaimQuery, Query
from harvester.model.snapshot import Answer
from harvester.office import accounts, credentials, snapshots, worklist
from harvester.office.codes import Seed
from harvester.office.models import Account, Credential, Snapshot
from harvester.office.sources import SourceError
from harvester.office.vault import SealError
from harvester.visit.wire import Troubled
from tests.office import alone
from tests.office.conftest import Office
from tests.office.places import PLACES, TOKEN
from tests.office.portal import PASSWORD, SEED, TODAY, TOMORROW, Portal, catalogue, claim, claim_item, page

WORDS = "Canaryson's card is on its way"
CANARIES = [
    PASSWORD,
    SEED,
    "Canaryson",
    "CHP00000",
    "1980-02-03",
    "ACC1",
    "N-ACC",
    "02/03/1980",
    "<p>",
    WORDS,
]


def shapes(canary: str) -> list[bytes]:
    """Return a text as it could stand in a file."""
    raw = canary.encode()
    return [raw, canary.encode("utf-16-le"), raw.hex().encode(), b64encode(raw).rstrip(b"=")[:-1]]


@pytest.fixture
def used(office: Office) -> Office:
    """A practice after two days with everything that can happen, and its log."""
    stream = StringIO()
    logs.configure(stream)
    portal = Portal()
    portal.passwords["ben.user"] = "another"
    office.account("ana")
    worklist.import_items(map(claim_item, range(8)), source="test.csv", catalogue=catalogue())

    def answers(query: Query) -> Answer | Troubled:
        assert isinstance(query, ClaimQuery)
        match query.patient_account_number:
            case "ACC1":
                name = "PortalChanged"
            case "ACC3":
                name = "NotOnFile"
            case "ACC5":
                name = "Defect"
            case "ACC7":
                name = "UnknownDialog"
            case _:
                return claim(query, ClaimStatus.PAID, "80.00")
        return Troubled(lookup=None, trouble=name, words=WORDS, documents=(page(WORDS),))

    portal.answers = answers
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    office.account("ben")
    alone.swept(today=TOMORROW, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    logs.configure()
    (office.home / "log").write_text(stream.getvalue())
    return office


@pytest.mark.parametrize("canary", CANARIES)
def test_t_cry_02_no_secret_and_no_patient_lies_in_the_database_in_clear(used: Office, canary: str) -> None:
    assert Snapshot.objects.count() >= 3
    content = b"".join(file.read_bytes() for file in used.files)
    assert b"cascadia" in content
    assert not [shape for shape in shapes(canary) if shape in content]


@pytest.mark.parametrize("canary", CANARIES)
def test_t_sec_01_no_secret_and_no_patient_is_logged(used: Office, canary: str) -> None:
    content = (used.home / "log").read_bytes()
    assert b'"event": "looked_up"' in content
    assert b'"trouble": "WrongPassword"' in content
    assert not [shape for shape in shapes(canary) if shape in content]


@pytest.mark.parametrize("name", PLACES)
def test_t_sec_01_t_sec_04_what_lies_elsewhere_is_left_nowhere(
    office: Office, tmp_path: Path, name: str
) -> None:
    stream = StringIO()
    logs.configure(stream)
    portal = Portal(seed=Seed.parse(SEED))
    seen: list[bytes] = []

    def answers(query: Query) -> Answer | Troubled:
        ours = psutil.Process()
        seen.append(repr((ours.cmdline(), ours.environ(), dict(os.environ))).encode())
        assert isinstance(query, ClaimQuery)
        return claim(query)

    portal.answers = answers
    own = accounts.add(
        portal="cascadia", owner=office.person(), user_name="ana.user", password=None, sweep_consent=TODAY
    )
    worklist.import_items(map(claim_item, range(2)), source="test.csv", catalogue=catalogue())
    with PLACES[name](tmp_path) as place:
        for password in (PASSWORD, "Wrong-Rain-3310"):
            place.put(password, SEED)
            if own.source is None:
                credentials.lay(own, place.source, by=own.owner)
            alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
            worklist.import_items(map(claim_item, range(2, 4)), source="test.csv", catalogue=catalogue())
        place.put("Wrong-Rain-3310", "Seed-Canary")
        with pytest.raises(SourceError) as caught:
            accounts.release(own, by=own.owner)
    logs.configure()
    assert portal.sign_ins == [("ana.user", True), ("ana.user", False)]
    assert seen
    noted = [file.read_bytes() for file in tmp_path.glob("noted")]  # the program's own arguments, environment
    listed = repr([(one, one.where) for one in accounts.listed()]).encode()
    places = [stream.getvalue().encode(), str(caught.value).encode(), listed, *seen, *noted]
    assert b'"event": "source_read"' in places[0]
    places += [file.read_bytes() for file in office.files]
    for canary in (PASSWORD, "Wrong-Rain-3310", SEED, TOKEN, "Seed-Canary", "Canary-Words"):
        assert not [shape for shape in shapes(canary) for content in places if shape in content]


def test_no_one_time_code_lies_in_the_database(office: Office) -> None:
    portal = Portal()
    office.account()
    worklist.import_items([claim_item(1)], source="test.csv", catalogue=catalogue())
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    ((_, code),) = portal.codes
    assert code == Seed.parse(SEED).code(Seed.parse(SEED).step(portal.time.at.timestamp()))
    content = b"".join(file.read_bytes() for file in office.files)
    assert code.encode() not in content


def test_t_cry_04_a_credential_stored_under_another_account_does_not_open(office: Office) -> None:
    ana, ben = office.account("ana"), office.account("ben", password="Other-1")
    stolen = Credential.objects.get(account=ben)
    Credential.objects.create(
        account=ana, version=2, sealed_password=stolen.sealed_password, sealed_seed=stolen.sealed_seed
    )
    portal = Portal(passwords={"ben.user": "Other-1"})
    worklist.import_items(map(claim_item, range(2)), source="test.csv", catalogue=catalogue())
    report = alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert [user for user, _ in portal.sign_ins if user == "ana.user"] == []
    assert [wait.owner for wait in report.waiting] == ["Ana"]


def test_t_cry_04_a_snapshot_moved_to_another_row_does_not_open(used: Office) -> None:
    del used
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER office_snapshot_no_update")
    first, second = Snapshot.objects.filter(sealed_answer__isnull=False)[:2]
    Snapshot.objects.filter(pk=first.pk).update(sealed_answer=second.sealed_answer)
    first.refresh_from_db()
    with pytest.raises(SealError, match=f"the answer of snapshot {first.uuid} does not open"):
        snapshots.answer(first)


def test_the_list_of_accounts_shows_no_secret(used: Office) -> None:
    del used
    shown = repr(list(accounts.listed())) + repr(list(Account.objects.all()))
    assert PASSWORD not in shown
    assert SEED not in shown
