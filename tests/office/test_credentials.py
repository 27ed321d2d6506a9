from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from harvester import errors
from harvester.office import accounts, attempts, credentials, sources, worklist
from harvester.office.accounts import AccountError
from harvester.office.attempts import Ledger
from harvester.office.models import Account, Attempt, Credential, Hold
from harvester.office.sources import CommandSource, KeyringSource, SourceError
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Deny, Secret
from tests.office import alone, places
from tests.office.conftest import Office
from tests.office.places import PLACES, Place, program
from tests.office.portal import PASSWORD, SEED, TODAY, Portal, Time, catalogue, claim_item

OTHER = "Another-Rain-8812"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A program that prints ana's item."""
    with places.behind_command(tmp_path) as found:
        found.put(PASSWORD, SEED)
        yield found


def account(office: Office, place: Place | None = None, name: str = "ana") -> Account:
    """Return an account whose password lies elsewhere."""
    made = accounts.add(
        portal="cascadia",
        owner=office.person(name),
        user_name=f"{name}.user",
        password=None,
        sweep_consent=TODAY,
    )
    if place is not None:
        credentials.lay(made, place.source, by=made.owner)
    return made


def swept(portal: Portal, count: int = 2) -> SweepReport:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())
    return alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)


def versions() -> list[tuple[int, bool]]:
    return [(one.version, one.sealed_password is None) for one in Credential.objects.order_by("version")]


# A stay -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLACES)
def test_a_stay_signs_in_with_what_lies_elsewhere(office: Office, tmp_path: Path, name: str) -> None:
    with PLACES[name](tmp_path) as found:
        found.put(PASSWORD, SEED)
        account(office, found)
        portal = Portal()
        report = swept(portal)
    assert report.counts["looked_up"] == 2
    assert portal.sign_ins == [("ana.user", True)]
    assert len(portal.codes) == 1
    assert found.reads() == 2  # once when it was said, once for the stay


def test_it_is_read_once_a_stay_however_often_the_stay_signs_in(either: Office, place: Place) -> None:
    account(either, place)
    ended = [errors.SignedOut("")]
    portal = Portal(seed=None)
    truth = portal.answers
    portal.answers = lambda query: ended.pop() if ended else truth(query)
    assert swept(portal).counts["looked_up"] == 2
    assert portal.sign_ins == [("ana.user", True)] * 2
    assert place.reads() == 2


def test_nothing_is_read_where_nothing_is_to_be_looked_up(office: Office, place: Place) -> None:
    account(office, place)
    swept(Portal(), count=0)
    assert place.reads() == 1


@pytest.mark.parametrize("name", PLACES)
def test_what_cannot_be_read_is_why_the_lookups_wait(office: Office, tmp_path: Path, name: str) -> None:
    with PLACES[name](tmp_path) as found:
        found.put(PASSWORD, SEED)
        account(office, found)
        found.take()
        portal = Portal()
        report = swept(portal)
        (wait,) = report.waiting
        assert (wait.owner, wait.count) == ("Ana", 2)
        assert any(said in wait.reason for said in ("there is no", "nothing at", "has no field"))
        assert (portal.begun, Attempt.objects.count(), Hold.objects.count()) == ([], 0, 0)
        found.put(PASSWORD, SEED)
        assert swept(portal).counts["looked_up"] == 2


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("sys.exit(1)", "ended with 1; run it by hand to see why"),
        ("print('Canary')", "did not print JSON"),
        ("import threading; threading.Event().wait()", "did not end within 0.5 s"),
        ("print(json.dumps({'password': 'x', 'seed': 'ABCD'}))", "makes no codes: .* shorter than 80 bits"),
    ],
    ids=["exit", "words", "never", "seed"],
)
def test_a_program_that_fails_at_night_tries_and_holds_nothing(
    office: Office,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: str,
    reason: str,
) -> None:
    account(office, place)
    program(tmp_path, lines)
    monkeypatch.setattr(sources, "SECONDS", 0.5)
    portal = Portal()
    (wait,) = swept(portal).waiting
    assert re.search(reason, wait.reason)
    assert (portal.begun, Attempt.objects.count(), Hold.objects.count()) == ([], 0, 0)


def test_an_account_without_a_password_waits_for_one(office: Office) -> None:
    account(office)
    assert [one.state for one in accounts.listed()] == ["without a password"]
    portal = Portal()
    (wait,) = swept(portal).waiting
    assert wait.reason == "no password is stored for the account yet"
    assert (portal.begun, Hold.objects.count()) == ([], 0)


def test_a_password_that_changed_there_is_another_version(office: Office, place: Place) -> None:
    account(office, place)
    portal = Portal()
    swept(portal)
    assert versions() == [(1, True)]
    place.put(OTHER, SEED)
    portal.passwords["ana.user"] = OTHER
    worklist.import_items([claim_item(7)], source="test.csv", catalogue=catalogue())
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert portal.sign_ins == [("ana.user", True)] * 2
    assert versions() == [(1, True), (2, True)]


def test_a_stay_whose_password_was_replaced_meanwhile_sends_neither(office: Office, place: Place) -> None:
    own = account(office, place)
    found = credentials.drawn(own)
    place.put(OTHER, SEED)
    credentials.drawn(own)
    ledger = Ledger(own, uuid4(), Time().clock, elsewhere=found)
    answer = ledger("password")
    assert isinstance(answer, Deny)
    ledger.settle(answer.trouble, answer.words)
    assert (answer.trouble, Attempt.objects.count(), Hold.objects.count()) == ("SignedOut", 0, 0)


# A password that was refused --------------------------------------------------------------------


def refuse(own: Account, trouble: str = "WrongPassword") -> None:
    """Let the portal refuse what lies there."""
    ledger = Ledger(own, uuid4(), Time().clock, elsewhere=credentials.drawn(own))
    assert isinstance(ledger("password"), Secret)
    ledger.settle(trouble)


@pytest.mark.parametrize("trouble", ["WrongPassword", "PasswordExpired"])
def test_t_acc_04_a_hold_ends_only_when_another_password_lies_there(
    either: Office, place: Place, trouble: str
) -> None:
    own = account(either, place)
    refuse(own, trouble)
    assert "put the password that works where it lies, then release" in Hold.objects.get().todo
    with pytest.raises(SourceError, match=r"this very password, and the command .*/program still holds it"):
        accounts.release(own, by=own.owner)
    assert attempts.on_hold(own)
    place.put(OTHER, SEED)
    assert accounts.release(own, by=own.owner) == 1
    assert not attempts.on_hold(own)
    portal = Portal(passwords={"ana.user": OTHER})
    assert swept(portal).counts["looked_up"] == 2
    assert portal.rejected("ana.user") == 0


@pytest.mark.parametrize("trouble", ["WrongPassword", "PasswordExpired"])
def test_t_acc_04_a_refused_password_that_comes_back_is_not_sent(
    office: Office, place: Place, trouble: str
) -> None:
    own = account(office, place)
    refuse(own, trouble)
    place.put(OTHER, SEED)
    accounts.release(own, by=own.owner)
    place.put(PASSWORD, SEED)
    portal = Portal()
    (wait,) = swept(portal).waiting
    assert "this very password" in wait.reason
    assert (portal.begun, Attempt.objects.count()) == ([], 1)
    assert not attempts.on_hold(own)


def test_another_hold_is_released_without_reading(office: Office, place: Place) -> None:
    own = account(office, place)
    attempts.hold(own, "TermsToAccept")
    place.take()
    assert accounts.release(own, by=office.person("ben")) == 1
    assert place.reads() == 1


def test_a_hold_stays_where_the_source_cannot_be_read(office: Office, place: Place) -> None:
    own = account(office, place)
    refuse(own)
    place.take()
    with pytest.raises(SourceError, match="has no field password"):
        accounts.release(own, by=own.owner)
    assert attempts.on_hold(own)


def test_only_the_owner_releases_a_refused_password(office: Office, place: Place) -> None:
    own = account(office, place)
    refuse(own)
    place.put(OTHER, SEED)
    reads = place.reads()
    with pytest.raises(SourceError, match="only the account's owner"):
        accounts.release(own, by=office.person("ben"))
    assert (attempts.on_hold(own), place.reads()) == (True, reads)


def test_t_acc_04_a_refused_password_is_known_again_elsewhere(office: Office, place: Place) -> None:
    own = office.account()
    ledger = Ledger(own, uuid4(), Time().clock)
    ledger("password")
    ledger.settle("WrongPassword")
    with pytest.raises(SourceError, match="the portal refused this very password"):
        credentials.lay(own, place.source, by=own.owner)
    place.put(OTHER, SEED)
    credentials.lay(own, place.source, by=own.owner)
    assert not attempts.on_hold(own)
    with pytest.raises(AccountError, match="the portal refused this very password"):
        accounts.replace(own, by=own.owner, password=PASSWORD)


# Whose it is, and where -------------------------------------------------------------------------


def test_t_acc_12_an_item_is_one_persons(either: Office, place: Place) -> None:
    account(either, place)
    bens = account(either, name="ben")
    with pytest.raises(SourceError, match="is what Ana's account at cascadia uses; an item is one person's"):
        credentials.lay(bens, place.source, by=bens.owner)
    assert (bens.source, place.reads()) == (None, 1)  # nobody tries somebody else's item out


def test_t_acc_12_an_item_is_one_persons_however_it_is_written(office: Office, tmp_path: Path) -> None:
    with places.in_onepassword(tmp_path) as found:
        found.put(PASSWORD, SEED)
        account(office, found)
        bens = account(office, name="ben")
        same = {"password": "op://ana/CASCADIA/another field", "seed": ""}
        with pytest.raises(SourceError, match="an item is one person's"):
            credentials.lay(bens, found.source.model_copy(update=same), by=bens.owner)


def test_one_person_may_use_an_item_for_two_accounts(office: Office, place: Place) -> None:
    account(office, place)
    second = accounts.add(portal="northlight", owner=office.person(), user_name="ana", password=None)
    credentials.lay(second, place.source, by=second.owner)
    assert [one.source for one in Account.objects.all()] == [place.source.model_dump(mode="json")] * 2


def test_only_the_owner_says_where_the_password_lies(office: Office, place: Place) -> None:
    own = account(office)
    with pytest.raises(SourceError, match="only the account's owner"):
        credentials.lay(own, place.source, by=office.person("ben"))
    assert place.reads() == 0


def test_t_acc_14_a_bad_seed_is_refused_when_the_source_is_said(office: Office, place: Place) -> None:
    own = account(office)
    place.put(PASSWORD, "not base32!")
    with pytest.raises(SourceError, match="makes no codes: the authenticator's seed is not base32"):
        credentials.lay(own, place.source, by=own.owner)
    own.refresh_from_db()
    assert (own.source, versions()) == (None, [])


def test_a_command_that_holds_the_password_itself_is_refused(office: Office, tmp_path: Path) -> None:
    own = account(office)
    plain = program(tmp_path, "json.dump({'password': sys.argv[1]}, sys.stdout)")
    with pytest.raises(SourceError, match="which everybody on the machine can see") as caught:
        credentials.lay(own, CommandSource(argv=(plain.argv[0], PASSWORD)), by=own.owner)
    assert PASSWORD not in str(caught.value)


def test_a_password_that_is_entered_is_sealed_here_again(office: Office, place: Place) -> None:
    own = account(office, place)
    accounts.replace(own, by=own.owner, password=PASSWORD, seed=SEED)
    assert [one.where for one in accounts.listed()] == ["sealed here"]
    assert versions() == [(1, True), (2, False)]
    assert swept(Portal()).counts["looked_up"] == 2
    assert place.reads() == 1


def test_a_sealed_account_may_move_elsewhere_with_the_same_password(office: Office, place: Place) -> None:
    own = office.account()
    credentials.lay(own, place.source, by=own.owner)
    assert versions() == [(1, False), (2, True)]
    assert [one.where for one in accounts.listed()] == [place.source.where]
    assert swept(Portal()).counts["looked_up"] == 2


def test_a_source_that_cannot_be_read_is_not_kept(office: Office) -> None:
    own = account(office)
    with places.ring(places.no_keyring(), known=False), pytest.raises(SourceError):
        credentials.lay(own, KeyringSource(service="a", name="b"), by=own.owner)
    own.refresh_from_db()
    assert own.source is None
