"""Accounts: whose they are, in what state, and how a person puts them on hold and back to work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from harvester.office import attempts, audit, credentials
from harvester.office.attempts import password_slot, seed_slot, words_slot
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.office.keys import keys
from harvester.office.locks import in_use
from harvester.office.models import (
    Account,
    Attempt,
    AttemptEnd,
    AuditRow,
    Credential,
    Hold,
    Notice,
    Person,
    PortalSetting,
)
from harvester.office.reminders import Known
from harvester.office.vault import Slot
from harvester.visit.wire import Context

_WHOSE = {
    attempts.HELD: "The note says",
    attempts.UNFINISHED: "It ended with",
    attempts.STRANGE: "It ended with",
}


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
    """An account and its state: ``ready``, ``signed in now``, ``off``, ``on hold: …`` and so on."""

    account: Account
    state: str
    holds: tuple[Held, ...] = ()
    signed_in: datetime | None = None
    """When the portal took its password last."""

    @property
    def brief(self) -> str:
        """The state without what its holds say."""
        return "on hold" if self.state.startswith("on hold: ") else self.state

    @property
    def known(self) -> Known:
        """What reminders go by."""
        newest = self.account.credentials.order_by("-version").first()
        since = self.signed_in or self.account.created
        changed = (newest.changed or newest.created.date()) if newest else None
        return Known(changed, since.date(), self.account.recertify_by)

    @property
    def where(self) -> str:
        """Where the password lies."""
        if not self.account.active:
            return "destroyed"
        lies = credentials.source(self.account)
        return "sealed here" if lies is None else lies.where


def add(
    *,
    portal: str,
    owner: Person,
    user_name: str,
    password: str | None,
    seed: str | None = None,
    context: Context | None = None,
    sweep_consent: date | None = None,
    role: str = "",
    changed: date | None = None,
    recertify_by: date | None = None,
) -> Account:
    """Store a person's account at a portal.

    ``password`` is ``None`` where it lies elsewhere, which :func:`~harvester.office.credentials.lay` says.
    ``seed`` is base32 or an ``otpauth`` address; ``sweep_consent`` the day on which the owner agreed
    that the nightly sweep uses the account; ``role`` what the owner may do at the portal; ``changed``
    when the password was changed there; ``recertify_by`` when the portal wants
    to be told that the owner still needs it. Raises :class:`AccountError` where the portal's user name
    belongs to somebody already, :class:`~harvester.office.codes.SeedError` for a seed without codes.
    """
    account = Account(
        portal=portal,
        owner=owner,
        user_name=user_name.strip(),
        context=(context or Context()).model_dump(),
        sweep_consent=sweep_consent,
        role=role,
        recertify_by=recertify_by,
    )
    if not owner.is_active:
        raise AccountError(f"{owner.called} has left the practice")
    if not account.user_name:
        raise AccountError("the account's user name is empty")
    try:
        with transaction.atomic():
            account.save()
            audit.record(AuditRow.Action.ACCOUNT_CHANGED, account, by=owner, account=account, result="added")
            if password is not None:
                _store(account, password, Seed.parse(seed) if seed else None, changed)
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
        accepted = account.attempts.filter(
            kind=Attempt.Kind.PASSWORD, end__result=AttemptEnd.Result.ACCEPTED
        ).order_by("-pk")
        signed_in = accepted.values_list("at", flat=True).first()
        if not account.active:
            state = "off"
        elif holds:
            state = "on hold: " + " ".join(hold.sentence for hold in holds)
        elif account.source is None and not account.credentials.exists():
            state = "without a password"
        elif until := taken(account):
            state = f"its owner works at the portal until {until:%H:%M} UTC"
        elif in_use(account.pk):
            state = "signed in now"
        elif until := left_open(account):
            state = (
                f"ready; its last session at the portal may still be open until {until:%Y-%m-%d %H:%M} UTC"
            )
        else:
            state = "ready"
        yield Listed(account, state, holds, signed_in)


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

    Raises :class:`AccountError` where the password was refused: then only another password helps. One that
    lies elsewhere is read there: :class:`~harvester.office.sources.SourceError` where it is still the same.
    """
    clock = clock or Clock()
    another = credentials.renewed(account, by=by)
    with transaction.atomic(durable=True):
        holds = list(account.holds.filter(release=None).order_by("pk"))
        if not another and any(hold.trouble == "WrongPassword" for hold in holds):
            raise AccountError(
                "the portal refused this account's password: sign in by hand, then enter the right one here"
            )
        for hold in holds:
            credentials.release(hold, by=by, note=note, clock=clock)
    return len(holds)


def replace(
    account: Account,
    *,
    by: Person,
    password: str,
    seed: str | None = None,
    changed: date | None = None,
    clock: Clock | None = None,
) -> Credential:
    """Store another password, and another seed where one is given; releases the holds that wanted them.

    It is sealed here, wherever it lay before. Only the account's owner may, and no password that the portal
    refused or let expire is taken; raises
    :class:`AccountError`, :class:`~harvester.office.codes.SeedError`.
    """
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner enters its password")
    clock = clock or Clock()
    parsed = Seed.parse(seed) if seed else None
    with transaction.atomic(durable=True):
        if not Account.objects.select_for_update().get(pk=account.pk).active:
            raise AccountError("the account is off: its owner has left the practice")
        if said := credentials.objection(account, password):
            raise AccountError(f"{said}; enter the one that works by hand")
        account.source = None
        account.save(update_fields=["source"])
        credential = _store(account, password, parsed, changed)
        answers = (*credentials.ANSWERED, "FactorToEnroll") if parsed else credentials.ANSWERED
        for hold in account.holds.filter(release=None, trouble__in=answers):
            credentials.release(hold, by=by, note="another password", clock=clock)
    return credential


def take(account: Account, *, by: Person, until: datetime) -> None:
    """Leave the account to its owner until then: stays sign out after their lookup, and none begins.

    Raises :class:`AccountError` for anybody else.
    """
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner works at the portal with it")
    Account.objects.filter(pk=account.pk).update(taken_until=until)


def give_back(account: Account, *, by: Person) -> None:
    """Let the account be used here again; raises :class:`AccountError` for anybody but its owner."""
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner gives it back")
    Account.objects.filter(pk=account.pk).update(taken_until=None)


def taken(account: Account, clock: Clock | None = None) -> datetime | None:
    """Return until when the account's owner works at the portal, if that is so."""
    until = account.taken_until
    return until if until is not None and (clock or Clock()).now() < until else None


def consent(account: Account, *, by: Person, day: date | None) -> None:
    """Record the day on which the owner let the sweep use the account; ``None`` withdraws it.

    Raises :class:`AccountError` for anybody else.
    """
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner lets the sweep use it")
    _change(account, "sweep_consent", day, by=by)


def keep_signed_in(account: Account, *, by: Person, day: date | None) -> None:
    """Record the day on which the owner let a worker remain signed in; ``None`` withdraws it.

    Raises :class:`AccountError` for anybody else.
    """
    if by.pk != account.owner_id:
        raise AccountError("only the account's owner lets it remain signed in")
    _change(account, "keep_signed_in", day, by=by)


def recertified(account: Account, *, next_by: date | None) -> None:
    """Record that the portal was told that the owner still needs the account, and when it asks again."""
    Account.objects.filter(pk=account.pk).update(recertify_by=next_by)


def notice(account: Account, words: Iterable[str], clock: Clock | None = None) -> None:
    """Keep what the portal told the account's owner on the way in."""
    for said in words:
        row = Notice(account=account, subject=keys().hashed("notice", said), at=(clock or Clock()).now())
        row.sealed_words = keys().seal(said.encode(), _notice_slot(row))
        Notice.objects.bulk_create([row], ignore_conflicts=True)


def notices(account: Account, since: datetime) -> list[str]:
    """Return what the portal told the account's owner since then, in the order in which it did."""
    rows = account.notices.filter(at__gte=since).order_by("pk")
    return [keys().open(bytes(row.sealed_words), _notice_slot(row)).decode() for row in rows]


def set_address(portal: str, address: str, sites: Mapping[str, str] | None = None) -> None:
    """Let a mock on this machine stand in for a portal; an empty address ends that.

    ``sites`` are the mock's addresses in place of the portal's further sites, by their names.

    Raises ``ValidationError`` for an address elsewhere.
    """
    setting = PortalSetting.objects.filter(portal=portal).first() or PortalSetting(portal=portal)
    setting.address, setting.sites = address, dict(sites or {})
    setting.save()


def _change(account: Account, field: str, day: date | None, *, by: Person) -> None:
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(**{field: day})
        done = f"{field} {'withdrawn' if day is None else 'given'}"
        audit.record(AuditRow.Action.ACCOUNT_CHANGED, account, by=by, account=account, result=done)


def _store(account: Account, password: str, seed: Seed | None, changed: date | None) -> Credential:
    if not password:
        raise AccountError("the password is empty")
    last = account.credentials.order_by("-version").first()
    credential = Credential(
        account=account,
        version=last.version + 1 if last else 1,
        fingerprint=credentials.fingerprint(account, password),
        changed=changed,
    )
    credential.sealed_password = keys().seal_credential(password, password_slot(credential))
    if seed is not None:
        credential.sealed_seed = keys().seal_credential(seed.address, seed_slot(credential))
    elif last is not None:
        credential.sealed_seed = last.sealed_seed
    credential.save()
    audit.record(AuditRow.Action.CREDENTIAL_STORED, credential, by=account.owner, account=account)
    return credential


def _notice_slot(row: Notice) -> Slot:
    return Slot("notice", f"{row.account_id}/{row.subject}", "words")


def _held(hold: Hold) -> Held:
    words = keys().open(bytes(hold.sealed_words), words_slot(hold)).decode()
    return Held(trouble=hold.trouble, todo=hold.todo, words=words)
