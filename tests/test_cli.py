from __future__ import annotations

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from harvester import cli, errors
from harvester.model.claim import Adjustment, RequestedDocument, ServiceLine
from harvester.model.codes import CARC, AdjustmentGroup, ClaimStatus, Code
from harvester.model.portal import Line, Policy
from harvester.model.query import ClaimQuery, Query
from harvester.model.shown import Place, Shown
from harvester.model.snapshot import Answer
from harvester.office import accounts, engine, sweep, worklist
from harvester.office.models import Account, AuditRow, Hold, Person, Practice, Snapshot
from harvester.visit import client
from harvester.visit.wire import Catalogue
from tests.office import alone
from tests.office.conftest import Office, office, template  # noqa: F401 - fixtures
from tests.office.portal import (
    FACTS,
    PASSWORD,
    SEED,
    TODAY,
    TOMORROW,
    Portal,
    appointment_item,
    catalogue,
    claim,
    claim_item,
    truth,
)

HARVESTER = Path(sys.executable).with_name("harvester")

CSV = """Claim ID,PCN,Payer,Member ID,Patient Last Name,Patient First Name,DOB,DOS From,Billed Amount,Mood
C1,ACC1,Cascadia Health,CHP000001,Canaryson,Pat1,02/03/1980,10/01/2026,120.00,fine
C2,ACC2,Elsewhere Mutual,CHP000002,Canaryson,Pat2,02/03/1980,10/01/2026,120.00,fine
C3,ACC3,Cascadia Health,CHP000003,Canaryson,Pat3,02/03/1980,yesterday,120.00,fine
"""

MEMBER = ("--member", "CHP000001", "--last", "Canaryson", "--first", "Pat1", "--born", "1980-02-03")
CLAIM = ("lookup", "claim", "--carrier", "CAS01", *MEMBER, "--account", "ACC1", "--from", "2026-10-01")
ELIGIBILITY = ("lookup", "eligibility", "--carrier", "CAS01", *MEMBER)
DAY = ("--today", str(TODAY))


ACCOUNT = ("add", "list", "hold", "release", "password", "consent", "take", "give-back", "recertified")
PEOPLE = ("list", "leave", "review", "roles", "password")


@dataclass
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """What was wrong: one sentence on stderr, nothing on stdout, exit code 1."""
        assert self.code == 1, self.err
        assert self.out == ""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].endswith((".", "…", "?"))
        assert "Traceback" not in self.err
        return lines[0]


class Terminal(io.TextIOWrapper):
    """Somebody at a keyboard."""

    def __init__(self, typed: str) -> None:
        reading, writing = os.pipe()
        os.write(writing, typed.encode())
        os.close(writing)
        super().__init__(os.fdopen(reading, "rb", buffering=0))

    @override
    def isatty(self) -> bool:
        return True


def ran(*arguments: str, stdin: str = "", typed: str | None = None) -> Ran:
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(stdin) if typed is None else Terminal(typed)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.run(arguments)
    finally:
        sys.stdin.close()
        sys.stdin = before
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Portal:
    """A portal in this process, instead of a browser at one."""
    portal = Portal(answers=_answered)
    here: dict[str, Any] = {"stay": portal.stay, "catalogue": catalogue, "clock": portal.time.clock}
    monkeypatch.setattr(engine, "swept", partial(alone.swept, **here))
    monkeypatch.setattr(sweep, "lookup_now", partial(sweep.lookup_now, **here))
    monkeypatch.setattr(client, "catalogue", catalogue)
    return portal


def _answered(query: Query) -> Answer:
    if not isinstance(query, ClaimQuery):
        return truth(query)
    place = Place(document="0" * 64, path=("Claim summary", "Status"), mark=1)
    line = ServiceLine(
        number=Shown.known("1"),
        adjustments=(
            Adjustment(
                group=Shown.known(AdjustmentGroup.CO),
                reason=Shown.known(Code(system=CARC, code="16", text="Something is \x1b[31mmissing")),
            ),
        ),
    )
    return claim(query).model_copy(
        update={
            "status": Shown.known(ClaimStatus.DENIED, "Denied", place),
            "lines": (line,),
            "requested_documents": (RequestedDocument(document=Shown.known("Office notes")),),
        }
    )


@pytest.fixture
def followed(office: Office, portal: Portal) -> Portal:  # noqa: F811
    """A practice with one account, two claims and an appointment."""
    office.account()
    items = [claim_item(1), claim_item(2), appointment_item(3, TOMORROW)]
    worklist.import_items(items, source="test.csv", catalogue=catalogue())
    return portal


# The program ------------------------------------------------------------------------------------


def test_help_lists_what_exists() -> None:
    said = ran("--help")
    assert said.code == 0
    groups = {"account", "audit", "people", "worklist", "lookup", "snapshots", "portals"}
    assert all(command in said.out for command in groups | {"init", "sweep", "serve", "codes", "demo"})
    for group, commands in (
        ("account", ACCOUNT),
        ("audit", ("verify", "list")),
        ("people", PEOPLE),
        ("worklist", ("import", "list")),
        ("lookup", ("eligibility", "claim", "payments", "overpayments", "authorizations", "remittance")),
        ("snapshots", ("list", "show", "diff", "save-file")),
        ("portals", ("register", "attest", "forbid", "pause", "resume")),
    ):
        said = ran(group, "--help")
        assert said.code == 0
        assert all(command in said.out for command in commands)


def test_every_command_has_json() -> None:
    for command in ("init", "sweep", "portals", "demo"):
        assert "--json" in ran(command, "--help").out
    for group, commands in (
        ("account", ACCOUNT),
        ("audit", ("verify", "list")),
        ("people", PEOPLE),
        ("worklist", ("import", "list")),
        ("lookup", ("eligibility", "claim", "payments", "overpayments", "authorizations", "remittance")),
        ("snapshots", ("list", "show", "diff", "save-file")),
    ):
        for command in commands:
            assert "--json" in ran(group, command, "--help").out


def test_help_imports_neither_django_nor_a_flow() -> None:
    code = (
        "import sys\n"
        "from harvester import cli\n"
        "assert cli.run(['--help']) == 0\n"
        "heavy = {'django', 'pydantic', 'playwright', 'flows', 'cryptography'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_a_command_the_help_is_shown() -> None:
    assert "Usage: harvester" in ran().out
    assert ran().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command"),
        (["sweep", "--nonsense"], "No such option"),
        (["account", "add"], "Missing argument"),
        (["snapshots", "show", "many"], "valid integer"),
        (["snapshots", "show", "0"], "greater than or equal to 1"),
        ([*ELIGIBILITY[:-1], "02-03-1980"], "this is not a day; write it as YYYY-MM-DD"),
        ([*CLAIM, "--billed", "1e9999"], "this is not an amount"),
        ([*CLAIM, "--tin", "12-345"], "a tax id has nine digits"),
        (["worklist", "list", "--today", "2026-02-30"], "this is not a day"),
        (["snapshots", "list", "--portal", "a\x1b[31mb"], "cannot be printed"),
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments: list[str], said: str) -> None:
    assert said in ran(*arguments).sentence


@pytest.mark.usefixtures("office")
def test_a_defect_says_so_without_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise KeyError("CANARY-PATIENT")

    monkeypatch.setattr(accounts, "listed", broken)
    said = ran("account", "list")
    assert said.code == 70
    assert "defect" in said.err
    assert "KeyError at test_cli.py" in said.err or "KeyError at account.py" in said.err
    assert "CANARY" not in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("HARVESTER_TRACEBACK", "1")
    assert "Traceback" in ran("account", "list").err


@pytest.mark.usefixtures("office")
def test_stopping_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(accounts, "listed", stopped)
    said = ran("account", "list")
    assert (said.code, said.err) == (130, "Stopped.\n")


# A practice that is not there, or not whole ---------------------------------------------------------


def fresh(home: Path, *arguments: str, **more: str) -> Ran:
    """Run in a process of its own, with a practice's folder of its own."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [HARVESTER, *arguments],
        env=environment | {"HARVESTER_HOME": str(home)} | more,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_without_a_practice_the_next_step_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    home = tmp_path / "nowhere"
    assert f"There is no practice in {home} yet; run: harvester init." in fresh(home, "sweep").sentence
    assert not home.exists()


def test_init_makes_a_practice_once_and_overwrites_nothing(tmp_path: Path) -> None:
    home = tmp_path / "with space"
    assert "--name" in fresh(home, "init").sentence
    asked = ("--name", "Alder & Finch", "--tin", "00-7300142", "--npi", "1000000001", "--person", "ana")
    made = fresh(home, "init", *asked, "--person-name", "Ana Ruiz", "--json").json
    assert made["new"]
    assert (made["practice"], made["tins"], made["people"][0]["full_name"]) == (
        "Alder & Finch",
        ["007300142"],
        "Ana Ruiz",
    )
    keys = (home / "keys" / "practice.key").read_bytes()
    again = fresh(home, "init", "--name", "Another", "--json").json
    assert not again["new"]
    assert again["practice"] == "Alder & Finch"
    assert (home / "keys" / "practice.key").read_bytes() == keys
    assert fresh(home, "account", "list", "--json").json == {"accounts": []}


def test_missing_keys_are_one_sentence(tmp_path: Path) -> None:
    fresh(tmp_path / "home", "init", "--name", "Alder")
    (tmp_path / "home" / "keys").rename(tmp_path / "elsewhere")
    assert "there are no keys in" in fresh(tmp_path / "home", "sweep").sentence.casefold()


@pytest.mark.parametrize("url", ["nonsense", "mysterious://x/y", "postgres://nobody:canary@127.0.0.1:1/x"])
def test_a_wrong_database_is_one_sentence_without_its_password(
    office: Office,  # noqa: F811
    url: str,
) -> None:
    said = fresh(office.home, "snapshots", "list", DATABASE_URL=url).sentence
    assert "database" in said.casefold()
    assert "canary" not in said


def test_a_file_that_is_no_database_is_one_sentence(office: Office) -> None:  # noqa: F811
    from django.db import connections

    connections["default"].close()
    for file in office.files:
        file.write_bytes(b"no database at all " * 100)
    assert "database" in ran("snapshots", "list").sentence.casefold()


@pytest.mark.usefixtures("office")
def test_a_busy_database_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def busy() -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(accounts, "listed", busy)
    assert "in use by another process" in ran("account", "list").sentence


# Accounts ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("office", "portal")
def test_an_account_is_added_from_standard_input_and_listed() -> None:
    added = ran(
        *("account", "add", "cascadia", "aruiz", "--owner", "ana", "--owner-name", "Ana Ruiz"),
        *("--tin", "00-7300142", "--ptan", "ZW7142", "--consent-sweeps", "--from-stdin", "--json", *DAY),
        stdin=f"{PASSWORD}\n{SEED}\n",
    )
    assert added.code == 0, added.err
    assert PASSWORD not in added.out
    assert SEED not in added.out
    (listed,) = ran("account", "list", "--json").json["accounts"]
    assert listed["owner_name"] == "Ana Ruiz"
    assert listed["context"]["tin"] == "007300142"
    assert listed["context"]["ptan"] == "ZW7142"
    assert listed["sweep_consent"] == str(TODAY)
    assert listed["state"] == "ready"
    assert "aruiz" in ran("account", "list").out


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["nowhere", "u", "--owner", "ana"], "p\n", "no installed flow"),
        (["cascadia", "u", "--owner", "zoe"], "p\n", "nobody here is called zoe"),
        (["cascadia", "ana.user", "--owner", "ana"], "p\n", "is stored already"),
        (["cascadia", "u", "--owner", "ana"], "", "the password, and it is empty"),
        (["cascadia", "u", "--owner", "ana"], "p\nnot!base32\n", "not base32"),
        (["cascadia", "u", "--owner", "a b", "--owner-name", "A"], "p\n", "short name"),
    ],
)
@pytest.mark.usefixtures("portal")
def test_an_account_that_cannot_be_is_one_sentence(
    office: Office,  # noqa: F811
    arguments: list[str],
    stdin: str,
    said: str,
) -> None:
    office.account()
    asked = ("account", "add", *arguments, "--from-stdin", "--tin", "00-7300142")
    assert said in ran(*asked, stdin=stdin).sentence.casefold()


@pytest.mark.usefixtures("portal")
def test_an_account_looks_up_under_the_practices_first_tax_id_and_not_under_none(
    office: Office,  # noqa: F811
) -> None:
    office.person("ana")
    asked = ("account", "add", "cascadia", "u", "--owner", "ana", "--from-stdin")
    assert "the practice has none: add --tin" in ran(*asked, stdin="p\n").sentence
    Practice.objects.update(tins=["007300142", "007300143"])
    assert "the practice's first tax id, 00-7300142." in ran(*asked, stdin="p\n").out
    (listed,) = ran("account", "list", "--json").json["accounts"]
    assert listed["context"]["tin"] == "007300142"


@pytest.mark.usefixtures("portal")
def test_nobody_can_give_a_password_as_an_argument(office: Office) -> None:  # noqa: F811
    office.account()
    asked = ("account", "add", "cascadia", "u", "--owner", "ana", "--tin", "00-7300142")
    assert "--from-stdin" in ran(*asked).sentence
    assert "No such option" in ran("account", "add", "cascadia", "u", "--password", "p").sentence


@pytest.mark.usefixtures("portal")
def test_hold_release_and_password(office: Office) -> None:  # noqa: F811
    office.account()
    who = ("cascadia", "ana.user")
    held = ran("account", "hold", *who, "--note", "away", "--json").json
    assert held["state"] == "on hold"
    assert held["holds"][0]["words"] == "away"
    assert "on hold" in ran("account", "list").out
    assert "is released" in ran("account", "release", *who).out
    assert "was not on hold" in ran("account", "release", *who).out
    replaced = ran("account", "password", *who, "--by", "ana", "--from-stdin", "--json", stdin="Another-1\n")
    assert replaced.json["state"] == "ready"
    assert "there is no account" in ran("account", "hold", "cascadia", "bob").sentence.casefold()
    office.person("bob")
    said = ran("account", "password", *who, "--by", "bob", "--from-stdin", stdin="p\n").sentence
    assert "only the account's owner" in said.casefold()
    assert "say who you are: --by ana | bob" in ran("account", "hold", *who).sentence.casefold()


# Worklist -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("office", "portal")
def test_a_worklist_is_imported_and_everything_odd_is_said(tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    file.write_text(CSV)
    done = ran("worklist", "import", str(file), "--json", *DAY).json
    assert (done["added"], done["updated"], done["unchanged"]) == (2, 0, 0)
    assert [row["line"] for row in done["rejected"]] == [4]
    assert done["columns_not_understood"] == ["Mood"]
    assert done["payers_without_portal"] == {"Elsewhere Mutual": 1}
    assert done["searches"]["account"] == 2
    assert "Canaryson" in (tmp_path / "claims.rejects.csv").read_text()
    said = ran("worklist", "import", str(file), *DAY)
    assert said.code == 0
    for words in ("2 unchanged", "1 rejected", "line 4", "“Mood”", "“Elsewhere Mutual”"):
        assert words in said.out
    items = ran("worklist", "list", "--json", *DAY).json["items"]
    assert [(item["due"], item["reason"]) for item in items] == [
        (True, "never looked up"),
        (False, "no installed flow knows the payer"),
    ]
    assert "Canaryson" not in ran("worklist", "list", *DAY).out


@pytest.mark.usefixtures("office", "portal")
def test_a_worklist_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    assert "nothing.csv" in ran("worklist", "import", str(tmp_path / "nothing.csv")).sentence
    file = tmp_path / "odd.csv"
    file.write_text("a,b\n1,2\n")
    assert ran("worklist", "import", str(file)).sentence
    file.write_text(CSV)
    assert "overwrite" in ran("worklist", "import", str(file), "--rejects", str(file), *DAY).sentence
    assert file.read_text() == CSV


# Looking up ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("followed")
def test_a_sweep_tells_everything_with_state_words_and_place() -> None:
    done = ran("sweep", "--json", *DAY)
    assert done.code == 0, done.err
    assert done.json["counts"]["looked_up"] == 3
    assert done.json["complete"]
    status = next(one for one in done.json["answers"] if one["kind"] == "claim")["answer"]["status"]
    assert (status["state"], status["value"], status["words"]) == ("known", "denied", "Denied")
    assert status["place"]["path"] == ["Claim summary", "Status"]
    again = ran("sweep", "--today", str(TOMORROW)).out
    assert "the same as before" in again
    assert "Nothing changed." in again


def test_what_changed_is_told_most_pressing_first_and_without_names(followed: Portal) -> None:
    followed.answers = truth
    ran("sweep", *DAY)
    followed.answers = _answered
    done = ran("sweep", "--today", str(TOMORROW))
    assert "Act now (2)" in done.out
    assert "claim ACC1 (P.C.)" in done.out
    assert "in process → denied; records requested: Office notes" in done.out
    assert "Canaryson" not in done.out + done.err
    stories = ran("snapshots", "diff", "--json").json["stories"]
    assert {story["changes"][0]["kind"] for story in stories} == {"denied"}
    assert "Office notes" in ran("snapshots", "diff").out


def test_a_sweep_says_what_a_person_has_to_do(followed: Portal) -> None:
    followed.passwords["ana.user"] = "another"
    done = ran("sweep", *DAY)
    assert done.code == 3
    assert "1  needs a person" in done.out
    assert errors.WrongPassword.todo in " ".join(done.out.split())
    again = ran("sweep", "--json", *DAY)
    assert again.code == 3
    assert again.json["needs_a_person"][0]["trouble"] == "WrongPassword"
    assert followed.rejected("ana.user") == 1
    assert "refused this account's password" in ran("account", "release", "cascadia", "ana.user").sentence


def test_a_refused_page_is_named_and_nothing_of_it_is_kept(followed: Portal) -> None:
    followed.answers = lambda query: truth(query).model_copy(update={"member_id": Shown.known("SOMEBODY")})
    done = ran("sweep", "--json", *DAY)
    assert done.code == 3
    assert done.json["counts"]["refused"] == 3
    assert done.json["refused"][0]["where"] == "office: member_id"
    assert not Snapshot.objects.exists()
    assert "refused pages" in ran("sweep", "--today", str(TOMORROW)).out


@pytest.mark.usefixtures("office", "portal")
def test_without_anything_to_do_a_sweep_is_done() -> None:
    assert ran("sweep", *DAY).code == 0


CODE = "204871"


@pytest.fixture
def sending(followed: Portal) -> Portal:
    """The same at a portal that e-mails a code."""
    followed.seed, followed.sends = None, CODE
    return followed


@pytest.mark.parametrize("command", [("sweep",), ELIGIBILITY])
def test_a_code_that_the_portal_sends_is_asked_for_by_the_owners_name(
    sending: Portal, command: tuple[str, ...]
) -> None:
    done = ran(*command, "--json", *DAY, typed=f"{CODE}\n")
    assert done.code == 0, done.err
    assert "sent an e-mail with a code to Ana (ana.user)" in " ".join(done.err.split())
    assert done.json
    assert sending.codes == [("ana.user", CODE)]


@pytest.mark.parametrize("typed", [None, "\n", ""], ids=["no terminal", "Enter", "end of input"])
def test_without_a_code_a_sweep_says_whose_and_holds_nobody(sending: Portal, typed: str | None) -> None:
    done = ran("sweep", *DAY, typed=typed)
    assert done.code == 3
    assert "sends codes to Ana, and none was entered" in " ".join(done.out.split())
    assert sending.codes == []
    assert ran("account", "list", "--json").json["accounts"][0]["state"] == "ready"


@pytest.mark.parametrize("command", [CLAIM, ELIGIBILITY])
def test_one_lookup_for_a_person_who_waits(followed: Portal, command: tuple[str, ...]) -> None:
    done = ran(*command, "--json", *DAY)
    assert done.code == 0, done.err
    assert done.json["state"] == "answered"
    assert done.json["snapshot"]["answer"]["member_id"]["state"] == "known"
    assert not done.json["seen_again"]
    once_more = ran(*command, "--json", *DAY).json
    assert (once_more["earlier"], once_more["lookup"]) == (True, done.json["lookup"])
    assert "to ask the portal once more: --again" in ran(*command, *DAY).out
    assert len(followed.queries) == 1
    insisted = ran(*command, "--again", "--json", *DAY).json
    assert (insisted["earlier"], insisted["seen_again"]) == (False, True)
    assert len(followed.queries) == 2
    said = ran(*command, *DAY)
    assert "the same as on" in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lookup", "eligibility", "--carrier", "Nobody", *MEMBER), "no installed flow knows the carrier"),
        ((*ELIGIBILITY, "--as", "zoe"), "nobody here is called zoe"),
        ((*ELIGIBILITY, "--member", " "), "--member cannot be used"),
        ((*CLAIM, "--to", "2026-09-01"), "the last day of service is before the first"),
    ],
)
@pytest.mark.usefixtures("followed")
def test_a_lookup_that_cannot_be_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    assert said in ran(*arguments, *DAY).sentence.casefold()


def test_a_held_account_looks_nothing_up_and_its_note_is_not_the_portals(followed: Portal) -> None:
    ran("account", "hold", "cascadia", "ana.user", "--note", "on leave")
    said = ran(*ELIGIBILITY, *DAY).sentence
    assert "the account is on hold" in said
    assert "ana.user" in said
    assert "The note says: “on leave”" in said
    assert not followed.sign_ins
    swept = " ".join(ran("sweep", *DAY).out.split())
    assert "The note says: “on leave”." in swept
    assert "The portal says" not in swept


def test_without_a_browser_a_sweep_says_what_to_do_and_holds_nobody(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARVESTER_BROWSER", "/nonexistent")
    office.account()
    accounts.set_address("cascadia", "http://127.0.0.1:9")
    (cascadia,) = [facts for facts in client.catalogue().portals if facts.id == "cascadia"]
    item = claim_item(1, payer=cascadia.carriers[0].name)
    worklist.import_items([item], source="test.csv", catalogue=client.catalogue())
    done = ran("sweep", *DAY)
    assert done.code == 3
    assert "HARVESTER_BROWSER is /nonexistent, which is not a program that can be run." in " ".join(
        done.out.split()
    )
    assert "Traceback" not in done.out + done.err
    assert not Hold.objects.exists()


def test_somebody_without_an_account_looks_nothing_up(followed: Portal) -> None:
    Person.objects.create(username="bob")
    assert "has no account" in ran(*ELIGIBILITY, "--as", "bob", *DAY).sentence
    assert not followed.sign_ins


# Snapshots ----------------------------------------------------------------------------------------


def test_snapshots_are_listed_shown_and_compared(followed: Portal) -> None:
    followed.answers = truth
    ran("sweep", *DAY)
    followed.answers = _answered
    ran("sweep", "--today", str(TOMORROW))
    every = ran("snapshots", "list", "--json").json["snapshots"]
    denied = ran("snapshots", "list", "--status", "denied", "--json").json["snapshots"]
    assert (len(every), len(denied)) == (5, 2)
    newest = denied[0]
    assert ran("snapshots", "list", "--item", str(newest["item"]), "--json").json["snapshots"][0] == newest
    assert ran("snapshots", "list", "--portal", "none", "--json").json == {"snapshots": []}
    assert "denied" in ran("snapshots", "list").out
    whole = ran("snapshots", "show", str(newest["id"]), "--json").json
    assert whole["answer"]["status"]["place"]["mark"] == 1
    shown = ran("snapshots", "show", str(newest["id"])).out
    assert "CO-16" in shown
    assert "Office notes" in shown
    assert "\x1b" not in shown
    compared = ran("snapshots", "diff", str(newest["id"]), "--json").json
    assert compared["changes"][0]["kind"] == "denied"
    both = ran("snapshots", "diff", str(compared["before"]), str(newest["id"]), "--json").json
    assert both["changes"] == compared["changes"]
    assert "in process → denied" in ran("snapshots", "diff", str(newest["id"])).out
    assert "nothing to compare" in ran("snapshots", "diff", str(compared["before"])).sentence
    other = str(denied[1]["id"])
    assert "about different things" in ran("snapshots", "diff", other, str(newest["id"])).sentence
    assert "there is no snapshot 5000" in ran("snapshots", "show", "5000").sentence.casefold()


# Portals ------------------------------------------------------------------------------------------


def test_portals_are_listed_with_policy_and_rules() -> None:
    found = ran("portals", "--json", *DAY).json
    listed = {portal["id"]: portal for portal in found["portals"]}
    assert list(listed) == sorted(listed)
    for portal in (listed["cascadia"], listed["tradewind"]):
        assert portal["objection"] is None
        assert {"eligibility", "claims", "claim", "payments"} < set(portal["offers"])
    assert found["broken"] == []
    said = ran("portals", *DAY).out
    for words in ("cascadia", "permitted", "runs", "locks after"):
        assert words in said
    assert "does not run" in ran("portals", "--today", "2028-01-01").out


@pytest.mark.usefixtures("portal")
def test_what_is_recorded_of_a_portal_s_terms_is_shown_with_who_and_when(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office.person("ana")
    wants = Policy.registration_required(source="terms, section 4", checked=TODAY)
    wanting = Catalogue(portals=(FACTS.model_copy(update={"policy": wants}),))
    monkeypatch.setattr(client, "catalogue", lambda: wanting)

    def state() -> Any:
        return ran("portals", "--json", *DAY).json["portals"][0]

    assert state()["objection"] == "its terms want software registered first (terms, section 4)"
    assert ran("portals", "register", "cascadia", "REG-4471", "--by", "ana").out.startswith("Cascadia")
    assert state()["registered"].items() >= {"words": "REG-4471", "by": "ana"}.items()
    assert state()["objection"] is None
    assert "REG-4471 (by Ana" in ran("portals", *DAY).out
    forbidden = ran(
        "portals", "forbid", "cascadia", "--source", "terms of 2026-11, section 9", "--json", *DAY
    )
    assert forbidden.json["objection"] == "its terms forbid software (terms of 2026-11, section 9)"
    assert "does not run: its terms forbid software" in ran("portals", *DAY).out
    assert "does not undo it" in ran("portals", "register", "cascadia", "REG-4472").sentence


@pytest.mark.usefixtures("office", "portal")
def test_a_record_of_terms_that_means_nothing_is_refused() -> None:
    Person.objects.create(username="ana")
    assert "registers no software" in ran("portals", "register", "cascadia", "REG-1").sentence
    assert "where the portal's terms forbid" in ran("portals", "forbid", "cascadia", "--source", " ").sentence
    assert "o installed flow" in ran("portals", "forbid", "olympia", "--source", "terms").sentence


def test_a_portal_is_paused_and_resumed_and_says_why(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "catalogue", catalogue)
    office.person()
    assert ran("portals", "pause", "cascadia", "--reason", "their site is odd").out.startswith("Cascadia")
    assert "does not run: paused: their site is odd (Ana, " in ran("portals", *DAY).out
    assert "paused: their site is odd" in ran("portals", "--json", *DAY).json["portals"][0]["objection"]
    assert "asked again" in ran("portals", "resume", "cascadia", "--note", "it was us").out
    assert ran("portals", "--json", *DAY).json["portals"][0]["objection"] is None
    assert "is not paused" in ran("portals", "resume", "cascadia").sentence


def test_terms_that_nobody_recorded_are_attested(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unread = FACTS.model_copy(update={"policy": Policy.unknown()})
    monkeypatch.setattr(client, "catalogue", lambda: Catalogue(portals=(unread,)))
    office.person()
    assert "only while a person watches" in ran("portals").out
    said = ran("portals", "attest", "cascadia", "--source", "terms of use, section 3", "--json").json
    assert said["objection"] is None
    assert said["attested"].items() >= {"words": "terms of use, section 3", "by": "ana"}.items()


def test_a_broken_flow_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Catalogue(broken=(("flows.bad:FLOW", "could not be loaded: ImportError"),))
    monkeypatch.setattr(client, "catalogue", lambda: broken)
    assert "could not be loaded: ImportError" in ran("portals").out
    assert ran("portals", "--json").json["broken"][0]["flow"] == "flows.bad:FLOW"


# People -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("portal")
def test_somebody_leaves_and_what_is_left_to_close_is_said(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = FACTS.model_copy(update={"lines": (Line(what="Provider line", number="1-800-555-0142"),)})
    monkeypatch.setattr(client, "catalogue", lambda: Catalogue(portals=(facts,)))
    office.account("ana")
    office.person("ben")
    assert "Say who you are" in ran("people", "leave", "ana").sentence
    assert "somebody else does this" in ran("people", "leave", "ana", "--by", "ana").sentence.casefold()
    said = " ".join(ran("people", "leave", "ana", "--by", "ben").out.split())
    assert "Ana has left: accounts are off and secrets destroyed." in said
    assert "Have ana.user closed at Cascadia Provider Portal; call Provider line 1-800-555-0142." in said
    assert ran("people", "list", "--json").json["people"][0] == {
        "name": "ana",
        "full_name": "Ana",
        "active": False,
        "roles": [],
    }
    again = ran("people", "leave", "ana", "--by", "ben", "--json").json["accounts"]
    assert [(one["user_name"], one["signed_in"]) for one in again] == [("ana.user", False)]


def test_somebody_is_given_a_role_and_a_password_for_the_pages(office: Office) -> None:  # noqa: F811
    office.person("ana")
    assert "there are: front_desk, biller" in ran("people", "roles", "ana", "--role", "king").sentence
    assert "biller, auditor" in ran("people", "roles", "ana", "--role", "auditor", "--role", "Biller").out
    assert ran("people", "list", "--json").json["people"][0]["roles"] == ["biller", "auditor"]
    password = ("people", "password", "ana", "--from-stdin")
    assert "too short" in ran(*password, stdin="short\n").sentence
    assert "too common" in ran(*password, stdin="password1234\n").sentence
    assert "nobody to type" in ran("people", "password", "ana").sentence
    assert ran(*password, stdin="make-believe staple 7\n").code == 0
    assert Person.objects.get(username="ana").check_password("make-believe staple 7")
    acts = ran("audit", "list", "--json").json["acts"]
    assert [(one["act"], one["result"]) for one in acts] == [
        ("factor_changed", "password"),
        ("roles_changed", "biller auditor"),
    ]
    assert ran("people", "roles", "ana").out.strip() == "Ana: no role."


@pytest.mark.usefixtures("office")
def test_the_pages_are_for_this_machine_unless_a_proxy_is_named() -> None:
    assert "HARVESTER_HOSTS" in ran("serve", "--host", "0.0.0.0").sentence  # noqa: S104
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = ran("serve", "--port", str(port))
    assert refused.err == f"Nothing can listen at 127.0.0.1:{port}; is something else there?\n"
    assert "until Ctrl-C" not in refused.out


@pytest.mark.usefixtures("portal")
def test_who_looked_at_whom_is_listed_and_the_audit_is_whole(office: Office) -> None:  # noqa: F811
    office.account("ana")
    assert ran(*CLAIM, *DAY).code == 0
    assert ran("snapshots", "show", "1").code == 0
    acts = ran("audit", "list", "--json").json["acts"]
    assert [one["act"] for one in acts] == [
        *("patient_viewed", "looked_up", "credential_used", "credential_used"),
        *("credential_stored", "account_changed"),
    ]
    assert acts[1]["by"] == "ana"
    assert acts[0]["patient"] == acts[1]["patient"]
    about = ran("audit", "list", "--member", "CHP000001", "--json").json["acts"]
    assert [one["seq"] for one in about] == [6, 5]
    said = " ".join(ran("audit", "list", "--action", "credential_used").out.split())
    assert "ana.user at cascadia" in said
    assert "authenticator" in said
    assert "there are: " in ran("audit", "list", "--action", "erased").sentence
    assert "6 rows are as they were written" in ran("audit", "verify").out
    assert ran("audit", "verify", "--json").json["whole"] is True
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER office_auditrow_no_update")
    AuditRow.objects.filter(seq=6).update(patient="")
    found = ran("audit", "verify")
    assert (found.code, "row 6 is not as it was written" in found.out) == (1, True)


def test_the_access_review_is_a_table_and_a_file(office: Office, tmp_path: Path) -> None:  # noqa: F811
    account = office.account("ana")
    Account.objects.filter(pk=account.pk).update(role="=HYPERLINK(1)")
    assert "ana.user" in ran("people", "review").out
    (one,) = ran("people", "review", "--json").json["accounts"]
    assert (one["person"], one["portal"], one["signed_in"], one["state"]) == (
        "ana",
        "cascadia",
        None,
        "ready",
    )
    file = tmp_path / "review.csv"
    assert f"The review is in {file}." in ran("people", "review", "--to", str(file)).out
    with file.open(encoding="utf-8-sig", newline="") as written:
        (row,) = csv.DictReader(written)
    assert (row["person"], row["user name"], row["role"]) == ("ana", "ana.user", "'=HYPERLINK(1)")
    assert "no such file" in ran("people", "review", "--to", str(tmp_path / "none" / "x")).sentence


@pytest.mark.usefixtures("portal")
def test_the_owner_takes_an_account_and_gives_it_back(office: Office) -> None:  # noqa: F811
    office.account("ana")
    office.person("ben")
    own = ("cascadia", "ana.user", "--by", "ana")
    assert "is yours until" in ran("account", "take", *own).out
    state = ran("account", "list", "--json").json["accounts"][0]["state"]
    assert re.fullmatch(r"its owner works at the portal until \d\d:\d\d UTC", state)
    assert "only the account's owner" in ran("account", "take", *own[:3], "ben").sentence.casefold()
    assert "used here again" in ran("account", "give-back", *own).out
    assert "does not use it" in ran("account", "consent", *own, "--withdraw").out
    assert ran("account", "list", "--json").json["accounts"][0]["sweep_consent"] is None
    assert "uses it" in ran("account", "consent", *own).out
    assert "next by 2027-03-01" in ran("account", "recertified", *own[:2], "2027-03-01").out


@pytest.mark.usefixtures("portal")
def test_what_is_due_stands_beside_the_account(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    rules = FACTS.rules.model_copy(update={"password_days": 60})
    facts = FACTS.model_copy(update={"rules": rules})
    monkeypatch.setattr(client, "catalogue", lambda: Catalogue(portals=(facts,)))
    account = office.account("ana")
    accounts.replace(account, by=account.owner, password="Another-Password-1", changed=date(2026, 9, 20))
    listed = ran("account", "list", *DAY, "--json").json["accounts"]
    assert listed[0]["reminders"] == ["Change the password at the portal and enter it here: within 3 days."]
    said = ran("account", "list", *DAY).out
    assert "within 3 days" in " ".join(said.split())
    assert "\N{REPLACEMENT CHARACTER}" not in said


def test_a_portal_is_listed_with_whom_to_call_and_who_has_an_account(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line(what="Provider line", number="1-800-555-0142", hours="weekdays")
    facts = FACTS.model_copy(update={"lines": (line,)})
    monkeypatch.setattr(client, "catalogue", lambda: Catalogue(portals=(facts,)))
    office.account("ana")
    said = " ".join(ran("portals").out.split())
    assert "Provider line 1-800-555-0142 (weekdays)" in said
    assert "Ana (ana.user), ready" in said
    assert ran("portals", "--json").json["portals"][0]["accounts"] == ["Ana (ana.user), ready"]


# Whatever is typed --------------------------------------------------------------------------------

ANYTHING = st.lists(st.text(max_size=20), max_size=6)
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(typed=ANYTHING)
@PATIENT
@pytest.mark.usefixtures("office")
def test_no_words_after_snapshots_make_a_defect(typed: list[str]) -> None:
    for command in ("list", "show", "diff"):
        said = ran("snapshots", command, *typed)
        assert said.code in (0, 1), said.err
        assert "Traceback" not in said.err


@given(values=st.lists(st.text(max_size=90), min_size=6, max_size=6))
@PATIENT
@pytest.mark.usefixtures("followed")
def test_no_words_in_a_lookup_make_a_defect(values: list[str]) -> None:
    names = ("--carrier", "--member", "--last", "--first", "--service", "--on")
    arguments = [word for pair in zip(names, values, strict=True) for word in pair]
    said = ran("lookup", "eligibility", "--born", "1980-02-03", *arguments, *DAY)
    assert said.code in (0, 1), said.err
    carried = ran(*ELIGIBILITY, "--member", values[0], "--last", values[1], "--service", values[2], *DAY)
    assert carried.code in (0, 1), carried.err
