"""Accounts: whose they are, in what state, and how a person puts them on hold and back to work."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from harvester.office import attempts
from harvester.office.attempts import password_slot, seed_slot, words_slot
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.office.keys import keys
from harvester.office.locks import in_use
from harvester.office.models import Account, AttemptEnd, Credential, Hold, Person, PortalSetting, Release
from harvester.visit.wire import Context

_WHOSE = {attempts.HELD: "The note says", attempts.UNFINISHED: "It ended with"}


class AccountError(Exception):
    """What was asked of an account cannot be; one sentence."""


@dataclass(frozen=True)
class Held:
    """A hold as a person reads it."""

    trouble: str
    todo: str
    words: str
    """The portal's own, or the note of whoever put it on hold."""

    @property
    def sentence(self) -> str:
        """What is the matter and what to do."""
        whose = _WHOSE.get(self.trouble, "The portal says")
        said = f" {whose}: “{self.words}”." if self.words else ""
        return f"{self.todo}{said}"


@dataclass(frozen=True)
class Listed:
    """An account and its state: ``ready``, ``signed in now``, ``off``, or ``on hold: …``."""

    account: Account
    state: str
    holds: tuple[Held, ...] = ()


def add(
    *,
    portal: str,
    owner: Person,
    user_name: str,
    password: str,
    seed: str | None = None,
    context: Context | None = None,
    sweep_consent: date | None = None,
) -> Account:
    """Store a person's account at a portal.

    ``seed`` is base32 or an ``otpauth`` address; ``sweep_consent`` the day on which the owner agreed
    that the nightly sweep uses the account. Raises :class:`AccountError` where the portal's user name
    belongs to somebody already, :class:`~harvester.office.codes.SeedError` for a seed without codes.
    """
    account = Account(
        portal=portal,
        owner=owner,
        user_name=user_name.strip(),
        context=(context or Context()).model_dump(),
        sweep_consent=sweep_consent,
    )
    if not account.user_name:
        raise AccountError("the account's user name is empty")
    try:
        with transaction.atomic():
            account.save()
            _store(account, password, Seed.parse(seed) if seed else None)
    except IntegrityError:
        raise AccountError(
            f"the user name {account.user_name} at {portal} is stored already; a portal's user name belongs "
            "to one person"
        ) from None
    return account


def left_open(account: Account, clock: Clock | None = None) -> datetime | None:
    """Return until when a session that nobody signed out of may be open at the portal, if one may."""
    now = (clock or Clock()).now()
    last = account.sessions_left.filter(until__gt=now).order_by("-until").first()
    return last.until if last else None


def listed() -> Iterator[Listed]:
    """Yield every account with its state, by portal and owner."""
    for account in Account.objects.select_related("owner").order_by("portal", "owner__username", "user_name"):
        holds = tuple(_held(hold) for hold in account.holds.filter(release=None).order_by("pk"))
        if not account.active:
            state = "off"
        elif holds:
            state = "on hold: " + " ".join(hold.sentence for hold in holds)
        elif in_use(account.pk):
            state = "signed in now"
        elif until := left_open(account):
            state = (
                f"ready; its last session at the portal may still be open until {until:%Y-%m-%d %H:%M} UTC"
            )
        else:
            state = "ready"
        yield Listed(account, state, holds)


def named(portal: str, user_name: str) -> Account:
    """Return the account of that name at that portal; raises :class:`AccountError`."""
    try:
        return Account.objects.select_related("owner").get(
            portal=portal, user_name_folded=user_name.strip().casefold()
        )
    except Account.DoesNotExist:
        raise AccountError(f"there is no account {user_name} at {portal}") from None


def hold(account: Account, *, by: Person, note: str = "") -> Hold:
    """Put an account on hold because a person says so."""
    return attempts.hold(account, attempts.HELD, words=note, by=by)


def release(account: Account, *, by: Person, note: str = "", clock: Clock | None = None) -> int:
    """Release every hold of the account and return how many there were.

    Raises :class:`AccountError` where the password was refused: then only another password helps.
    """
    clock = clock or Clock()
    with transaction.atomic(durable=True):
        holds = list(account.holds.filter(release=None).order_by("pk"))
        if any(hold.trouble == "WrongPassword" for hold in holds):
            raise AccountError(
                "the portal refused this account's password: sign in by hand, then enter the right one here"
            )
        _release(holds, by, note, clock)
    return len(holds)


def replace(
    account: Account, *, by: Person, password: str, seed: str | None = None, clock: Clock | None = None
) -> Credential:
    """Store another password, and another seed where one is given; releases a refused password's hold.

    Only the account's owner may, and no password that the portal refused before is taken; raises
    :class:`AccountError`, :class:`~harvester.office.codes.SeedError`.
    """
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner enters its password")
    clock = clock or Clock()
    parsed = Seed.parse(seed) if seed else None
    with transaction.atomic(durable=True):
        Account.objects.select_for_update().get(pk=account.pk)
        fingerprint = _fingerprint(account, password)
        refused = Credential.objects.filter(
            Q(attempts__kind="password", attempts__end__result=AttemptEnd.Result.REJECTED)
            | Q(attempts__holds__trouble="WrongPassword"),
            account=account,
        )
        if any(hmac.compare_digest(fingerprint, old.fingerprint) for old in refused):
            raise AccountError("the portal refused this very password; enter the one that works by hand")
        credential = _store(account, password, parsed)
        answered = account.holds.filter(release=None, trouble__in=("WrongPassword", "PasswordExpired"))
        _release(answered, by, "another password", clock)
    return credential


def set_address(portal: str, address: str, sites: Mapping[str, str] | None = None) -> None:
    """Let a mock on this machine stand in for a portal; an empty address ends that.

    ``sites`` are the mock's addresses in place of the portal's further sites, by their names.

    Raises ``ValidationError`` for an address elsewhere.
    """
    setting = PortalSetting.objects.filter(portal=portal).first() or PortalSetting(portal=portal)
    setting.address, setting.sites = address, dict(sites or {})
    setting.save()


def _store(account: Account, password: str, seed: Seed | None) -> Credential:
    if not password:
        raise AccountError("the password is empty")
    last = account.credentials.order_by("-version").first()
    credential = Credential(
        account=account,
        version=last.version + 1 if last else 1,
        fingerprint=_fingerprint(account, password),
    )
    credential.sealed_password = keys().seal_credential(password, password_slot(credential))
    if seed is not None:
        credential.sealed_seed = keys().seal_credential(seed.address, seed_slot(credential))
    elif last is not None:
        credential.sealed_seed = last.sealed_seed
    credential.save()
    return credential


def _fingerprint(account: Account, password: str) -> str:
    return keys().hashed("password", str(account.pk), password)


def _held(hold: Hold) -> Held:
    words = keys().open(bytes(hold.sealed_words), words_slot(hold)).decode()
    return Held(trouble=hold.trouble, todo=hold.todo, words=words)


def _release(holds: Iterable[Hold], by: Person, note: str, clock: Clock) -> None:
    for hold in holds:
        Release.objects.create(hold=hold, by=by, note=note, at=clock.now())
