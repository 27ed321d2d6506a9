"""Which password of an account may leave, wherever it lies; and whose item a source is.

An account without a source has its password sealed here. One with a source has it read once a stay; each
password that is found there is a version of its own, of which only the keyed hash is kept.
"""

from __future__ import annotations

import hmac

import structlog
from django.db import transaction
from django.db.models import Q

from harvester.office import audit, sources
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.models import Account, AttemptEnd, AuditRow, Credential, Hold, Person, Practice, Release
from harvester.office.sources import CommandSource, Secrets, Source, SourceError

log = structlog.get_logger()

ANSWERED = ("WrongPassword", "PasswordExpired")
"""Troubles to which another password is the answer."""


def fingerprint(account: Account, password: str) -> str:
    """Return the keyed hash by which a password of the account is known again."""
    return keys().hashed("password", str(account.pk), password)


def objection(account: Account, password: str) -> str:
    """Return what the portal said of this very password before; empty where it took it, or never saw it."""
    known = fingerprint(account, password)
    expired = Credential.objects.filter(attempts__holds__trouble="PasswordExpired", account=account)
    refused = Credential.objects.filter(
        Q(attempts__kind="password", attempts__end__result=AttemptEnd.Result.REJECTED)
        | Q(attempts__holds__trouble="WrongPassword"),
        account=account,
    )
    for said, old in (("refused", refused), ("let expire", expired)):
        if any(hmac.compare_digest(known, one.fingerprint) for one in old):
            return f"the portal {said} this very password"
    return ""


def source(account: Account) -> Source | None:
    """Return where the account's password lies, ``None`` where it is sealed here."""
    return None if account.source is None else sources.stated(account.source)


def drawn(account: Account) -> Secrets | None:
    """Read the account's password for one stay; ``None`` where the ledger finds it sealed here.

    Raises :class:`~harvester.office.sources.SourceError`, also where the portal would refuse it.
    """
    lies = source(account)
    if lies is None:
        if not account.credentials.exists():
            raise SourceError("no password is stored for the account yet")
        return None
    found = sources.read(lies)
    with transaction.atomic(durable=True):
        if _locked(account).source != account.source:
            raise SourceError("where the account's password lies was changed just now")
        if said := objection(account, found.password):
            raise SourceError(f"{said}, and {lies.where} still holds it")
        _known(account, found)
    log.info("source_read", account=account.pk)
    return found


def renewed(account: Account, *, by: Person) -> bool:
    """Whether the account's source now holds another password than the portal refused or let expire.

    Read only where the account waits for one; raises :class:`~harvester.office.sources.SourceError`
    where it is not there.
    """
    if account.source is None or not account.holds.filter(release=None, trouble__in=ANSWERED).exists():
        return False
    _owned(account, by)
    drawn(account)
    return True


def lay(account: Account, said: Source, *, by: Person, clock: Clock | None = None) -> Secrets:
    """Let the account's password lie elsewhere from now on; it is read once to see that it is there.

    An item is one person's: nobody else's account may name it. Releases a refused password's hold. Raises
    :class:`~harvester.office.sources.SourceError`; then nothing has changed.
    """
    _owned(account, by)
    _nobody_elses(account, said)
    found = sources.read(said)
    if isinstance(said, CommandSource) and any(found.password in argument for argument in said.argv):
        raise SourceError(
            "the password is an argument of the command, which everybody on the machine can see"
        )
    with transaction.atomic(durable=True):
        list(Practice.objects.select_for_update())  # one at a time: else two persons name one item at once
        _locked(account)
        _nobody_elses(account, said)
        if objected := objection(account, found.password):
            raise SourceError(f"{objected}, and {said.where} still holds it")
        account.source = said.model_dump(mode="json")
        account.save(update_fields=["source"])
        _known(account, found)
        for hold in account.holds.filter(release=None, trouble__in=ANSWERED):
            release(hold, by=by, note="another password", clock=clock)
    log.info("source_changed", account=account.pk)
    return found


def matches(credential: Credential, found: Secrets | None) -> bool:
    """Whether what was read is what the credential stands for."""
    if found is None:
        return False
    return hmac.compare_digest(fingerprint(credential.account, found.password), credential.fingerprint)


def _known(account: Account, found: Secrets) -> None:
    """Make a password that is new there a version of its own."""
    last = account.credentials.order_by("-version").first()
    if last is not None and last.sealed_password is None and matches(last, found):
        return
    credential = Credential.objects.create(
        account=account,
        version=last.version + 1 if last else 1,
        fingerprint=fingerprint(account, found.password),
    )
    audit.record(AuditRow.Action.CREDENTIAL_STORED, credential, by=account.owner, account=account)


def release(hold: Hold, *, by: Person, note: str, clock: Clock | None = None) -> None:
    """End a hold, for a person; the transaction is the caller's."""
    row = Release.objects.create(hold=hold, by=by, note=note, at=(clock or Clock()).now())
    audit.record(AuditRow.Action.ACCOUNT_RELEASED, row, by=by, account=hold.account, clock=clock)


def _nobody_elses(account: Account, said: Source) -> None:
    others = Account.objects.exclude(owner=account.owner_id).exclude(source=None).select_related("owner")
    for other in others:
        if (theirs := source(other)) is not None and theirs.items & said.items:
            raise SourceError(
                f"{said.where} is what {other.owner.called}'s account at {other.portal} uses; an item is one "
                "person's"
            )


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update().get(pk=account.pk)


def _owned(account: Account, by: Person) -> None:
    if by.pk != account.owner_id:
        raise SourceError("only the account's owner says where its password lies")
