from __future__ import annotations

from pathlib import Path

import pytest

from harvester.office import accounts, attempts
from harvester.office.models import Account
from tests.office import places
from tests.office.conftest import Office, office, template  # noqa: F401 - fixtures
from tests.office.places import PLACES, Place
from tests.office.portal import PASSWORD, SEED, Portal
from tests.test_cli import DAY, portal, ran  # noqa: F401 - a fixture

ANA = ("cascadia", "ana.user", "--by", "ana")


@pytest.fixture
def account(office: Office) -> Account:  # noqa: F811
    """An account whose password lies elsewhere, nobody said where."""
    office.person("ben")
    return accounts.add(portal="cascadia", owner=office.person(), user_name="ana.user", password=None)


def options(place: Place) -> tuple[str, ...]:
    """Return what is typed for a source."""
    said = place.source.model_dump()
    match said["kind"]:
        case "keyring":
            return ("--service", said["service"], "--name", said["name"], "--seed-name", said["seed_name"])
        case "onepassword":
            at = ("--password-at", said["password"], "--seed-at", said["seed"])
            return (*at, "--token-file", said["token_file"])
        case "vault":
            at = ("--address", said["address"], "--path", said["path"])
            return (*at, "--token-file", said["token_file"])
    return ("--", *said["argv"])


@pytest.mark.parametrize("name", PLACES)
def test_account_source_says_where_a_password_lies(account: Account, tmp_path: Path, name: str) -> None:
    with PLACES[name](tmp_path) as place:
        place.put(PASSWORD, SEED)
        said = ran("account", "source", name, *ANA, *options(place))
        assert (said.code, said.err) == (0, "")
        account.refresh_from_db()
        assert account.source == place.source.model_dump(mode="json")
        assert said.out.strip() == (
            f"The password of ana.user at cascadia is read from {place.source.where}, once a stay."
        )
        assert PASSWORD not in said.out + said.err
        (listed,) = ran("account", "list", "--json").json["accounts"]
        assert listed["password"] == place.source.where
        shown = "".join(ran("account", "list").out.split())
        assert place.source.where.split()[-1][-8:] in shown


@pytest.mark.parametrize("name", PLACES)
def test_a_place_with_nothing_in_it_is_one_sentence(account: Account, tmp_path: Path, name: str) -> None:
    with PLACES[name](tmp_path) as place:
        place.put(PASSWORD, SEED)
        place.take()
        assert ran("account", "source", name, *ANA, *options(place)).sentence
    account.refresh_from_db()
    assert account.source is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("command", *ANA, "--", "no-such-program-8"), "There is no program no-such-program-8 on the path."),
        (("command", *ANA), "Missing argument"),
        (("keyring", *ANA, "--service", "cascadia"), "Missing option '--name'"),
        (
            ("onepassword", *ANA, "--password-at", PASSWORD, "--token-file", "~/token"),
            "A 1Password reference is op://vault/item/field, without ?attribute=…",
        ),
        (("vault", *ANA, "--address", "http://vault.test", "--path", "ana"), "Vault's address begins with"),
        (
            ("keyring", *ANA[:2], "--by", "ben", "--service", "cascadia", "--name", "ana"),
            "Only the account's owner says where its password lies.",
        ),
        (
            ("keyring", "cascadia", "ben.user", *ANA[2:], "--service", "a", "--name", "b"),
            "There is no account",
        ),
    ],
)
def test_each_wrong_use_is_one_sentence(account: Account, typed: tuple[str, ...], sentence: str) -> None:
    del account
    said = ran("account", "source", *typed).sentence
    assert said.startswith(sentence)
    assert PASSWORD not in said


@pytest.mark.usefixtures("portal")
def test_an_account_is_added_without_a_password(office: Office) -> None:  # noqa: F811
    office.person()
    tin = ("--tin", "007300142")
    both = ran("account", "add", *ANA[:2], "--owner", "ana", *tin, "--elsewhere", "--from-stdin", stdin="x\n")
    assert "leave one of both out" in both.sentence
    said = ran("account", "add", *ANA[:2], "--owner", "ana", *tin, "--elsewhere")
    assert "say where that lies with harvester account source" in said.out
    (listed,) = ran("account", "list", "--json").json["accounts"]
    assert listed["state"] == "without a password"


def test_release_reads_the_source_again(account: Account, tmp_path: Path, portal: Portal) -> None:  # noqa: F811
    with places.behind_command(tmp_path) as place:
        place.put("Wrong-1", SEED)
        ran("account", "source", "command", *ANA, *options(place))
        mine = ("--member", "CHP000001", "--last", "Canaryson", "--first", "Pat1", "--born", "1980-02-03")
        asked = ("lookup", "eligibility", "--carrier", "CAS01", *mine, "--as", "ana", *DAY)
        ran(*asked)
        assert portal.rejected("ana.user") == 1
        assert attempts.on_hold(account)
        said = ran("account", "release", *ANA).sentence
        assert said == (
            f"The portal refused this very password, and the command {tmp_path}/program still holds it."
        )
        place.put(PASSWORD, SEED)
        assert ran("account", "release", *ANA).out.strip() == "ana.user at cascadia is released."
        assert ran(*asked).code == 0
    assert portal.sign_ins == [("ana.user", False), ("ana.user", True)]
