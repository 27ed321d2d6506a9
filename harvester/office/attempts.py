"""The ledger of sign-in attempts: written before a secret leaves, and never guessed afterwards.

One rejected password puts the account on hold everywhere. An attempt whose end nobody recorded
counts as rejected. A one-time code is used once per time step, whoever asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Count

from harvester import errors
from harvester.office import audit, credentials, lastattempt, pauses
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.office.keys import keys
from harvester.office.models import (
    Account,
    Attempt,
    AttemptEnd,
    AuditRow,
    CodeUse,
    Credential,
    Hold,
    Person,
)
from harvester.office.prompts import Channel, Inbox
from harvester.office.sources import Secrets
from harvester.office.vault import SealError, Slot
from harvester.visit.wire import Deny, Secret, SecretKind

log = structlog.get_logger()

HELD = "HeldByPerson"
UNFINISHED = "UnfinishedAttempt"
RESTORED = "DatabaseRestored"
STRANGE = "UnknownPages"

_SEE = "Sign in to the portal by hand to see that the account works, then release it"
_TODO = {
    UNFINISHED: f"{_SEE}: an attempt at signing in was not finished, and nobody knows whether the portal "
    "counted it.",
    RESTORED: f"{_SEE}: the database was restored from before the last sign-in, and what the portal refused "
    "since is not known here.",
    STRANGE: "Sign in to the portal by hand, do what its page asks, and release the account once the flow's "
    "author knows that page: signing in met a page that is not known here, twice in a row.",
}
"""What the owner does about a hold that no trouble at the portal is the reason of."""
_ELSEWHERE = "Sign in by hand, put the password that works where it lies, then release the account here."
"""What the owner does about a refused or expired password that is not sealed here."""

PASSWORDS_A_STAY = 2
"""Signing in, and once again where the portal ended the session."""
AGAIN_A_DAY = 3
"""How often in 24 hours an account is signed in again because a portal ended its session."""
CODES_A_PASSWORD = 2
MOST_APART = 20.0
"""Seconds by which this machine's clock and the portal's may differ before a one-time code is made."""
LEAST_LEFT = 5
"""Seconds of life a code must have when it leaves."""
_JUMPED = Deny(trouble="ClockWrong", words="the clock of this machine jumped")
PATIENCE_PERIODS = 2
"""How many periods are waited for an unused time step; more means that the clock went back."""


class Ledger:
    """Gives one stay its secrets, one at a time, and records how each attempt ended.

    Call it with the secret that the portal's page asks for. ``account`` must be locked; ``elsewhere`` is
    what was read for this stay where its password is not sealed here.
    """

    def __init__(
        self,
        account: Account,
        stay: UUID,
        clock: Clock | None = None,
        inbox: Inbox | None = None,
        elsewhere: Secrets | None = None,
    ) -> None:
        self._elsewhere = elsewhere
        self._account = account
        self._stay = stay
        self._clock = clock or Clock()
        self._inbox = inbox
        self.unsettled = False
        """Whether a secret left and nobody has said yet how the portal took it."""
        self.entered = False
        """Whether the portal took a password: a session may be open there."""
        self.unanswered = False
        """Whether nobody was there to enter a code that the portal sent."""

    def __call__(self, kind: SecretKind, told: datetime | None = None, number: str = "") -> Secret | Deny:
        """Return the secret, or why it must not be used now.

        ``told`` is the time by the portal's clock, where it tells it, ``number`` what the owner picks on
        the phone.
        """
        try:
            if kind == "password":
                return self._password(told)
            if kind == "authenticator":
                return self._code(told)
        except SealError as error:
            return Deny(trouble="StaffNeeded", words=str(error))
        return self._sent(kind, number)

    def settle(self, trouble: str | None = None, words: str = "") -> None:
        """Record how the stay's open attempts ended: accepted, or with the trouble of that name.

        A trouble that needs staff puts the account on hold in any case, but for a code that nobody was
        there to enter; another one does where an attempt was open, since nobody knows how the portal
        took it. That another session is open the portal tells only to whom it knows.
        """
        self.unsettled = False
        if self._inbox is not None:
            self._inbox.close(self._stay)
        with transaction.atomic(durable=True):
            open_attempts = self._open()
            match trouble:
                case None | "AnotherSession":
                    self._end(open_attempts, AttemptEnd.Result.ACCEPTED)
                    return
                case "CodeNeeded" if self.unanswered and not open_attempts:
                    return
                case "CodeNeeded" if {one.kind for one in open_attempts} == {Attempt.Kind.PUSH}:
                    self.unanswered = True
                    self._end(open_attempts, AttemptEnd.Result.UNKNOWN)
                    return
                case "WrongPassword" | "CodeRejected":
                    if self._inbox is not None:
                        self._inbox.forget()
                    self._end(open_attempts, AttemptEnd.Result.REJECTED)
                case _:
                    self._end(open_attempts, AttemptEnd.Result.UNKNOWN)
            last = open_attempts[-1] if open_attempts else None
            if last is None and on_hold(self._account):
                return
            if _needs_staff(trouble):
                hold(self._account, trouble, words=words, attempt=last, clock=self._clock)
                if trouble in pauses.REFUSED:
                    pauses.storm(self._account, self._clock)
            elif last is not None:
                said = f"{trouble}: {words}" if words else trouble
                hold(self._account, UNFINISHED, words=said, attempt=last, clock=self._clock)

    def _password(self, told: datetime | None) -> Secret | Deny:
        if (pause := pauses.paused(self._account.portal)) is not None:
            return Deny(trouble="PortalPaused", words=pause.words)
        with transaction.atomic(durable=True):
            account = Account.objects.select_for_update().get(pk=self._account.pk)
            credential = account.credentials.order_by("-version").first()
            mine = Attempt.objects.filter(stay=self._stay, kind=Attempt.Kind.PASSWORD)
            if refused := self._refused():
                return refused
            if Attempt.objects.filter(account=account, end=None).exists():
                return Deny(trouble="StaffNeeded", words=_TODO[UNFINISHED])
            if mine.count() >= PASSWORDS_A_STAY:
                return Deny(trouble="SignedOut", words="this stay has signed in again once already")
            if self._inbox is not None and (vain := self._inbox.vain):
                self.unanswered = True
                return Deny(trouble="CodeNeeded", words=vain)
            if mine.exists() and self._agains() >= AGAIN_A_DAY:
                return Deny(
                    trouble="SignedOut", words=f"the portal has ended {AGAIN_A_DAY} sessions since yesterday"
                )
            if credential is None:
                return Deny(trouble="StaffNeeded", words="no password is stored for the account")
            if credential.sealed_password is None and not credentials.matches(credential, self._elsewhere):
                return Deny(trouble="SignedOut", words="another password was stored during the stay")
            if self._seed(credential) is not None and (wrong := self._apart(told)):
                return wrong
            password = self._opened(credential)
            attempt = self._begin(credential, Attempt.Kind.PASSWORD)
        lastattempt.remember(attempt)
        return Secret(value=password)

    def _refused(self) -> Deny | None:
        """Return why nothing of the account is used, whatever is asked for."""
        if not Account.objects.filter(pk=self._account.pk, active=True).exists():
            return Deny(trouble="StaffNeeded", words="the account is not active here")
        if on_hold(self._account):
            return Deny(trouble="StaffNeeded", words="the account is on hold")
        return None

    def _opened(self, credential: Credential) -> str:
        if credential.sealed_password is not None:
            return keys().open_credential(bytes(credential.sealed_password), password_slot(credential))
        assert self._elsewhere is not None
        return self._elsewhere.password

    def _seed(self, credential: Credential) -> Seed | None:
        if credential.sealed_password is None:
            return self._elsewhere.seed if self._elsewhere is not None else None
        if credential.sealed_seed is None:
            return None
        return Seed.parse(keys().open_credential(bytes(credential.sealed_seed), seed_slot(credential)))

    def _agains(self) -> int:
        """Return how often the account was signed in a second time in one stay, in the last 24 hours."""
        lately = Attempt.objects.filter(
            account=self._account,
            kind=Attempt.Kind.PASSWORD,
            at__gte=self._clock.now() - timedelta(days=1),
        )
        twice = lately.values("stay").annotate(times=Count("pk")).filter(times__gte=2)
        return twice.count()

    def _apart(self, told: datetime | None) -> Deny | None:
        """Return why no code may be made: this machine's clock is not the portal's, or nobody knows."""
        if told is None:
            if self._clock.synchronised():
                return None
            said = "the portal does not tell its time, and no time server keeps this machine's clock"
            return Deny(trouble="ClockWrong", words=said)
        ahead = (told - self._clock.now()).total_seconds()
        if abs(ahead) <= MOST_APART:
            return None
        where = "ahead of" if ahead > 0 else "behind"
        return Deny(
            trouble="ClockWrong", words=f"the portal's clock is {abs(ahead):.0f} s {where} this machine's"
        )

    def _code(self, told: datetime | None) -> Secret | Deny:
        password = Attempt.objects.filter(stay=self._stay, kind=Attempt.Kind.PASSWORD).last()
        if password is None:
            return Deny(trouble="PortalChanged", words="a code was asked for before the password")
        seed = self._seed(password.credential)
        if seed is None:
            return Deny(trouble="CodeNeeded", words="no authenticator seed is stored for the account")
        if wrong := self._apart(told):
            return self._codeless(password, wrong)
        while True:
            now = self._clock.now().timestamp()
            step = seed.step(now)
            wait = self._wait(seed, step, now)
            if wait > PATIENCE_PERIODS * seed.period:
                return self._codeless(password, _JUMPED)
            if wait > 0:
                self._clock.sleep(wait)
                if abs(self._clock.now().timestamp() - now - wait) > MOST_APART:
                    return self._codeless(password, _JUMPED)
                continue
            if (answer := self._use(seed, step, password)) is not None:
                return answer

    def _codeless(self, password: Attempt, why: Deny) -> Deny:
        """Make no code: the portal took the password, or it would not ask for one."""
        self._end([password], AttemptEnd.Result.ACCEPTED)
        return why

    def _sent(self, kind: Channel, number: str) -> Secret | Deny:
        """Return the code that the portal sent to the owner, who is asked once a sign-in.

        Where their phone was asked they are told, and nothing crosses.
        """
        if self._inbox is None:
            return Deny(trouble="CodeNeeded", words="the portal sends this code to a person")
        with transaction.atomic(durable=True):
            Account.objects.select_for_update().get(pk=self._account.pk)
            mine = Attempt.objects.filter(stay=self._stay).order_by("pk")
            password = mine.filter(kind=Attempt.Kind.PASSWORD).last()
            if password is None:
                return Deny(trouble="PortalChanged", words="a code was asked for before the password")
            before = list(mine.filter(kind=kind, pk__gt=password.pk))
            # The portal asks for a code: it took the password, and refused the code before.
            self._end([password], AttemptEnd.Result.ACCEPTED)
            self._end(before, AttemptEnd.Result.REJECTED)
            if refused := self._refused():
                return refused
            if before:
                return Deny(trouble="CodeRejected", words="the portal refused the code")
            attempt = self._begin(password.credential, Attempt.Kind(kind))
        lastattempt.remember(attempt)
        if kind == "push":
            if self._inbox.tell(number, self._stay):
                return Secret(value="")
            code = None
        else:
            code = self._inbox.code(kind, self._stay)
        if code is not None:
            return Secret(value=code)
        self.unanswered, self.unsettled = True, False
        self._end(self._open(), AttemptEnd.Result.UNKNOWN)
        return Deny(trouble="CodeNeeded", words="nobody was there to enter the code that the portal sent")

    def _wait(self, seed: Seed, step: int, now: float) -> float:
        """Return the seconds until a code may be used."""
        last = CodeUse.objects.filter(account=self._account).order_by("-time_step").first()
        if last is not None and step <= last.time_step:
            return seed.step(last.time_step) + seed.period - now
        left = step + seed.period - now
        return left if left < LEAST_LEFT else 0.0

    def _use(self, seed: Seed, step: int, password: Attempt) -> Secret | Deny | None:
        """Claim the time step and return its code; ``None`` where another process was first."""
        try:
            with transaction.atomic(durable=True):
                Account.objects.select_for_update().get(pk=self._account.pk)
                codes = list(
                    Attempt.objects.filter(
                        stay=self._stay, kind=Attempt.Kind.AUTHENTICATOR, pk__gt=password.pk
                    ).order_by("pk")
                )
                # The portal asks for a code: it took the password, and refused the code before.
                self._end([password], AttemptEnd.Result.ACCEPTED)
                self._end(codes, AttemptEnd.Result.REJECTED)
                if refused := self._refused():
                    return refused
                if len(codes) >= CODES_A_PASSWORD:
                    return Deny(trouble="CodeRejected", words="the portal refused two codes")
                if CodeUse.objects.filter(account=self._account, time_step__gte=step).exists():
                    return None
                CodeUse.objects.create(account=self._account, time_step=step)
                attempt = self._begin(password.credential, Attempt.Kind.AUTHENTICATOR)
        except IntegrityError:
            return None
        lastattempt.remember(attempt)
        return Secret(value=seed.code(step))

    def _open(self) -> list[Attempt]:
        return list(Attempt.objects.filter(stay=self._stay, end=None).order_by("pk"))

    def _begin(self, credential: Credential, kind: Attempt.Kind) -> Attempt:
        attempt = Attempt.objects.create(
            account=self._account,
            credential=credential,
            stay=self._stay,
            kind=kind,
            at=self._clock.now(),
        )
        audit.record(
            AuditRow.Action.CREDENTIAL_USED,
            attempt,
            account=self._account,
            stay=self._stay,
            result=kind.value,
            clock=self._clock,
        )
        self.unsettled = True
        log.info("attempt_begun", account=self._account.pk, stay=self._stay, attempt=attempt.pk)
        return attempt

    def _end(self, attempts: list[Attempt], result: AttemptEnd.Result) -> None:
        self.entered |= bool(attempts) and result is AttemptEnd.Result.ACCEPTED
        for attempt in attempts:
            if not AttemptEnd.objects.filter(attempt=attempt).exists():
                AttemptEnd.objects.create(attempt=attempt, result=result, at=self._clock.now())
                log.info("attempt_ended", account=self._account.pk, attempt=attempt.pk, result=result.value)


def hold(
    account: Account,
    trouble: str,
    *,
    words: str = "",
    attempt: Attempt | None = None,
    by: Person | None = None,
    clock: Clock | None = None,
) -> Hold:
    """Put the account on hold until a person releases it; ``trouble`` names why.

    ``words`` are the portal's own, or the note of the person who does it (``by``).
    """
    if trouble == HELD:
        todo = f"{by.called if by else 'Somebody'} put it on hold: ask before it is released."
    elif account.source is not None and trouble in credentials.ANSWERED:
        todo = _ELSEWHERE
    else:
        todo = _TODO.get(trouble) or errors.named(trouble).todo
    now = (clock or Clock()).now()
    row = Hold(uuid=uuid4(), account=account, trouble=trouble, todo=todo, attempt=attempt, by=by, at=now)
    row.sealed_words = keys().seal(words.encode(), words_slot(row))
    with transaction.atomic():
        row.save(force_insert=True)
        held = AuditRow.Action.ACCOUNT_HELD
        audit.record(held, row, by=by, account=account, result=trouble, clock=clock)
    log.warning("account_on_hold", account=account.pk, trouble=trouble)
    return row


def on_hold(account: Account) -> bool:
    """Whether a hold of the account was not released."""
    return Hold.objects.filter(account=account, release=None).exists()


def recover(account: Account, clock: Clock | None = None) -> bool:
    """Count attempts without an end as rejected, and hold the account; whether there were any.

    ``account`` must be locked: only then is nobody about to record the end.
    """
    clock = clock or Clock()
    with transaction.atomic(durable=True):
        left = list(Attempt.objects.filter(account=account, end=None).order_by("pk"))
        for attempt in left:
            AttemptEnd.objects.create(attempt=attempt, result=AttemptEnd.Result.UNKNOWN, at=clock.now())
        if left:
            hold(account, UNFINISHED, attempt=left[-1], clock=clock)
    return bool(left)


def restored(clock: Clock | None = None) -> bool:
    """Hold every account where the database is older than this machine's last attempt; whether it is."""
    if not lastattempt.unknown():
        return False
    with transaction.atomic(durable=True):
        for account in Account.objects.filter(active=True):
            if not on_hold(account):
                hold(account, RESTORED, clock=clock)
    lastattempt.forget()
    return True


def password_slot(credential: Credential) -> Slot:
    """Where a password lies."""
    return Slot("credential", f"{credential.account_id}/{credential.version}", "password")


def seed_slot(credential: Credential) -> Slot:
    """Where a seed lies; of no version, so that another password takes it along unopened."""
    return Slot("credential", str(credential.account_id), "seed")


def words_slot(row: Hold) -> Slot:
    """Where the portal's words lie."""
    return Slot("hold", str(row.uuid), "words")


def _needs_staff(trouble: str) -> bool:
    try:
        return issubclass(errors.named(trouble), errors.StaffNeeded)
    except KeyError:
        return False
