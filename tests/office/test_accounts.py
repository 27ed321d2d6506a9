from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from harvester.office import accounts, attempts
from harvester.office.accounts import AccountError
from harvester.office.attempts import Ledger
from harvester.office.codes import SeedError
from harvester.office.locks import AccountLock
from harvester.office.models import Account, Credential, PortalSetting
from harvester.visit.wire import Secret
from tests.office.conftest import Office
from tests.office.portal import PASSWORD, SEED, Time


def reject(account: Account) -> None:
    """Let the portal refuse the account's password."""
    ledger = Ledger(account, uuid4(), Time().clock)
    ledger("password")
    ledger.settle("WrongPassword")


def test_t_acc_12_a_portals_user_name_belongs_to_one_person(either: Office) -> None:
    either.account("ana")
    with pytest.raises(AccountError, match="belongs to one person"):
        accounts.add(portal="cascadia", owner=either.person("ben"), user_name=" ANA.User ", password="other")


def test_the_same_user_name_at_another_portal_is_another_account(office: Office) -> None:
    office.account("ana")
    accounts.add(portal="northlight", owner=office.person("ben"), user_name="ana.user", password="other")
    assert Account.objects.count() == 2


@pytest.mark.parametrize("seed", ["not base32!", "ABCD", "otpauth://hotp/x?secret=" + SEED])
def test_t_acc_14_a_bad_seed_is_refused_when_it_is_entered(office: Office, seed: str) -> None:
    with pytest.raises(SeedError):
        office.account(seed=seed)
    assert not Account.objects.exists()


def test_an_account_is_ready(office: Office) -> None:
    office.account()
    assert [one.state for one in accounts.listed()] == ["ready"]


def test_an_account_that_is_locked_is_signed_in_now(office: Office) -> None:
    account = office.account()
    with AccountLock(account.pk):
        assert [one.state for one in accounts.listed()] == ["signed in now"]


def test_a_person_releases_an_account(office: Office) -> None:
    account = office.account()
    attempts.hold(account, "TermsToAccept")
    assert accounts.release(account, by=office.person(), note="accepted them") == 1
    assert [one.state for one in accounts.listed()] == ["ready"]


def test_a_refused_password_is_not_released_by_saying_so(office: Office) -> None:
    account = office.account()
    reject(account)
    with pytest.raises(AccountError, match="the portal refused this account's password"):
        accounts.release(account, by=office.person())
    assert attempts.on_hold(account)


def test_another_password_releases_the_account(either: Office) -> None:
    account = either.account()
    reject(account)
    accounts.replace(account, by=account.owner, password="Another-1")
    assert not attempts.on_hold(account)
    assert Ledger(account, uuid4(), Time().clock)("password") == Secret(value="Another-1")


def test_t_acc_04_the_refused_password_is_recognised_when_entered_again(either: Office) -> None:
    account = either.account()
    reject(account)
    with pytest.raises(AccountError, match="refused this very password"):
        accounts.replace(account, by=account.owner, password=PASSWORD)
    assert attempts.on_hold(account)


def test_t_acc_04_a_password_refused_two_versions_ago_is_recognised(office: Office) -> None:
    account = office.account()
    reject(account)
    accounts.replace(account, by=account.owner, password="Another-1")
    reject(account)
    with pytest.raises(AccountError, match="refused this very password"):
        accounts.replace(account, by=account.owner, password=PASSWORD)


def test_only_the_owner_enters_the_password(office: Office) -> None:
    account = office.account("ana")
    with pytest.raises(AccountError, match="only the account's owner"):
        accounts.replace(account, by=office.person("ben"), password="Another-1")


def test_another_password_keeps_the_seed(office: Office) -> None:
    account = office.account()
    (office.home / "keys" / "credentials.private").rename(office.home / "private")
    accounts.replace(account, by=account.owner, password="Another-1")
    (office.home / "private").rename(office.home / "keys" / "credentials.private")
    ledger = Ledger(account, uuid4(), Time().clock)
    ledger("password")
    assert isinstance(ledger("authenticator"), Secret)


def test_every_password_is_a_version_of_its_own(office: Office) -> None:
    account = office.account()
    accounts.replace(account, by=account.owner, password="Another-1")
    assert [one.version for one in Credential.objects.order_by("pk")] == [1, 2]


def test_an_account_is_found_by_portal_and_user_name(office: Office) -> None:
    account = office.account("ana")
    assert accounts.named("cascadia", "ANA.USER") == account


@pytest.mark.usefixtures("office")
def test_an_unknown_account_is_one_sentence() -> None:
    with pytest.raises(AccountError, match=r"^there is no account ana\.user at cascadia$"):
        accounts.named("cascadia", "ana.user")


@pytest.mark.parametrize(
    "address",
    [
        "https://portal.example",
        "http://10.0.0.1:80",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "127.0.0.1",
    ],
)
@pytest.mark.usefixtures("office")
def test_a_mock_elsewhere_never_stands_in_for_a_portal(address: str) -> None:
    with pytest.raises(ValidationError):
        accounts.set_address("cascadia", address)
    with pytest.raises(ValidationError):
        accounts.set_address("cascadia", "http://127.0.0.1:8101", {"elsewhere": address})


@pytest.mark.parametrize("address", ["http://127.0.0.1:8101", "http://localhost:8101/", "http://[::1]:8101"])
@pytest.mark.usefixtures("office")
def test_a_mock_on_this_machine_may_stand_in(address: str) -> None:
    accounts.set_address("cascadia", address, {"elsewhere": address})
    setting = PortalSetting.objects.get()
    assert (setting.address, setting.sites) == (address, {"elsewhere": address})


@pytest.mark.parametrize(("seed", "held"), [(SEED, False), (None, True)], ids=["with a seed", "without"])
def test_another_seed_ends_the_hold_of_a_portal_that_wanted_one_set_up(
    office: Office, seed: str | None, held: bool
) -> None:
    account = office.account()
    attempts.hold(account, "FactorToEnroll")
    accounts.replace(account, by=account.owner, password="Another-Password-1", seed=seed)
    assert attempts.on_hold(account) is held
