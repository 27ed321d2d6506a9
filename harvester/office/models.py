"""The practice's tables. Fields named ``sealed_…`` open only with the keys, and only in their row.

What must never change once written (:mod:`harvester.office.appendonly`) is refused by the database:
snapshots, sightings, evidence, attachments, attempts and their ends, holds and releases, used codes,
portals' terms, pauses and their ends, sessions that were left open, departures, and the audit of it all.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from typing_extensions import override

from harvester.model.snapshot import Outcome


def loopback(address: str) -> None:
    """Raise ``ValidationError`` unless the address is plain HTTP(S) on this machine itself."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    plain = (
        parts.scheme in ("http", "https")
        and parts.path in ("", "/")
        and not parts.query
        and "@" not in address
    )
    if not (local and plain):
        raise ValidationError("an address in place of a portal's is on this machine: http://127.0.0.1:port")


def all_loopback(sites: dict[str, str]) -> None:
    """Raise ``ValidationError`` unless every address is on this machine itself."""
    for address in sites.values():
        loopback(address)


class Practice(models.Model):
    """The practice; one row."""

    name = models.CharField(max_length=200)
    tins = models.JSONField(default=list)
    npis = models.JSONField(default=list)
    key_check = models.CharField(max_length=64)
    """By which the database knows its keys again."""

    @property
    def main_tin(self) -> str:
        """The tax id of what the practice follows under none; empty where it has said none."""
        return next(iter(self.tins), "")


class Person(AbstractUser):
    """One member of staff."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    roles = models.JSONField(default=list, blank=True)
    """What the person does here; :class:`~harvester.office.people.Role`."""
    there = models.DateTimeField(null=True, blank=True)
    """When the person last said that they wait for codes that portals send."""

    @property
    def called(self) -> str:
        """The person's name as others know it, else the user name."""
        return self.get_full_name() or self.username


class Departure(models.Model):
    """A person left the practice."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="departures")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class PortalSetting(models.Model):
    """What the practice decided about a portal."""

    portal = models.SlugField(unique=True)
    address = models.CharField(max_length=200, blank=True, validators=[loopback])
    """A mock's address in place of the portal's, on loopback."""
    sites = models.JSONField(default=dict, blank=True, validators=[all_loopback])
    """The mock's addresses in place of the portal's further sites, by their names."""
    sweep_at = models.TimeField(null=True, blank=True)
    """When its nightly sweep is planned, in the portal's time zone; ``None``: as the portal's hours say."""

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; raises ``ValidationError`` for an address that is not on this machine."""
        self.full_clean(exclude=["portal"])
        super().save(*args, **kwargs)


class PortalTerms(models.Model):
    """What the practice recorded of a portal's terms; never changed, and what forbids is never undone."""

    class Kind(models.TextChoices):
        REGISTERED = "registered"
        ATTESTED = "attested"
        FORBIDDEN = "forbidden"

    portal = models.SlugField()
    kind = models.CharField(max_length=16, choices=Kind)
    words = models.CharField(max_length=200)
    """The number of the registration with the portal, or where its terms allow or forbid software."""
    by = models.ForeignKey("Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Pause(models.Model):
    """Nobody signs in at the portal until a person resumes it."""

    portal = models.SlugField()
    words = models.CharField(max_length=200)
    """Why."""
    by = models.ForeignKey("Person", on_delete=models.PROTECT, null=True, related_name="+")
    """Who did it, where it was a person."""
    at = models.DateTimeField()


class Resumption(models.Model):
    """A person ended a pause."""

    pause = models.OneToOneField(Pause, on_delete=models.PROTECT, related_name="resumption")
    by = models.ForeignKey("Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)


class Account(models.Model):
    """One person's sign-in at one portal; a portal's user name belongs to one person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    portal = models.SlugField()
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accounts")
    user_name = models.CharField(max_length=150)
    user_name_folded = models.CharField(max_length=150, editable=False)
    context = models.JSONField(default=dict)
    """Organisation, TIN, NPI and PTAN for which it looks things up."""
    sweep_consent = models.DateField(null=True)
    """Since when its owner lets the nightly sweep use it; ``None``: only the owner's own lookups."""
    keep_signed_in = models.DateField(null=True)
    """Since when its owner lets a worker remain signed in; ``None``: it signs out when nothing waits."""
    role = models.CharField(max_length=80, blank=True)
    """What its owner may do at the portal, in the portal's words."""
    recertify_by = models.DateField(null=True)
    """By when the portal wants to be told that the owner still needs it."""
    taken_until = models.DateTimeField(null=True)
    """Until when its owner works at the portal, and nothing here signs in."""
    active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    source = models.JSONField(null=True, default=None)
    """A :data:`~harvester.office.sources.Source`; ``None``: the password is sealed here."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portal", "user_name_folded"], name="one_person_per_user_name")
        ]

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the user name as it is compared."""
        self.user_name_folded = self.user_name.strip().casefold()
        super().save(*args, **kwargs)


class Credential(models.Model):
    """One version of an account's password and seed; a new one is added, none is changed but emptied."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credentials")
    version = models.PositiveIntegerField()
    sealed_password = models.BinaryField(null=True)
    """``None``: it lies where the account's source says, and so does the seed."""
    sealed_seed = models.BinaryField(null=True)
    fingerprint = models.CharField(max_length=64)
    """Keyed hash of the password in its account: a rejected one is recognised when entered again."""
    changed = models.DateField(null=True)
    """When the password was changed at the portal, where somebody said so."""
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "version"], name="one_credential_version")]


class Attempt(models.Model):
    """A secret is about to leave for the portal, or its owner to be asked for it; written before."""

    class Kind(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 (a kind)
        AUTHENTICATOR = "authenticator"
        TEXT = "text"
        EMAIL = "email"
        PUSH = "push"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="attempts")
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="attempts")
    stay = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField()


class AttemptEnd(models.Model):
    """How an attempt ended; an attempt without an end counts as rejected."""

    class Result(models.TextChoices):
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        UNKNOWN = "unknown"

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="end")
    result = models.CharField(max_length=16, choices=Result)
    at = models.DateTimeField()


class CodeUse(models.Model):
    """A one-time code was used: no other process uses a code of the same time step."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="code_uses")
    time_step = models.BigIntegerField()
    """When the step begins, in Unix seconds."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "time_step"], name="one_use_per_time_step")]


class Hold(models.Model):
    """The account is used by nothing until a person releases it."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    trouble = models.CharField(max_length=40)
    """Class name of a :class:`~harvester.errors.StaffNeeded`, or of :mod:`~harvester.office.attempts`."""
    sealed_words = models.BinaryField()
    """The portal's own words, how an unfinished attempt ended, or the note of a person."""
    todo = models.TextField()
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, related_name="holds")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Who put the account on hold, where it was a person."""
    at = models.DateTimeField()


class Release(models.Model):
    """A person ended a hold."""

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="release")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)


class Notice(models.Model):
    """What a portal told an account's owner on the way in, the first time that it said so."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="notices")
    subject = models.CharField(max_length=64)
    """Keyed hash of the words."""
    sealed_words = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "subject"], name="one_notice")]


class CodeRequest(models.Model):
    """A portal sent a code to the owner of an account, or asked their phone, and a stay waits."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="code_requests")
    stay = models.UUIDField()
    kind = models.CharField(max_length=16)
    """A :data:`~harvester.office.prompts.Channel`."""
    number = models.CharField(max_length=20, blank=True)
    """What the owner picks on the phone."""
    at = models.DateTimeField()
    until = models.DateTimeField()
    answered = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True)
    """Since when nothing waits for it any more."""
    sealed_code = models.BinaryField(null=True)
    """The code, from when it was entered until the stay has it."""


class SessionLeft(models.Model):
    """A stay ended without the portal confirming that it signed out."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sessions_left")
    stay = models.UUIDField()
    at = models.DateTimeField()
    until = models.DateTimeField()
    """When the portal forgets the session, as far as its rules are known."""


class Item(models.Model):
    """A claim or an appointment that the practice follows."""

    class Kind(models.TextChoices):
        CLAIM = "claim"
        APPOINTMENT = "appointment"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    portal = models.SlugField(blank=True)
    """Empty while no installed flow knows the payer's name."""
    carrier = models.CharField(max_length=80, blank=True)
    sealed_work = models.BinaryField()
    """A :class:`~harvester.model.work.WorkItem` as JSON."""
    subject = models.CharField(max_length=64, unique=True)
    """Keyed hash of the item's identity."""
    open = models.BooleanField(default=True)
    source = models.CharField(max_length=200)
    imported_at = models.DateTimeField()


class Sweep(models.Model):
    """One run over everything that was due: begun by a person, or the night's, portal by portal."""

    day = models.DateField()
    """The practice's date."""
    nightly = models.BooleanField(default=False)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    """When nothing of it was left that could be looked up by itself."""
    left = models.JSONField(default=list)
    """What was due and no account could take: portal, how many, why."""
    unaskable = models.JSONField(default=list)
    """Items (row number) that lack something that every search needs, and what."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day"], condition=Q(nightly=True), name="one_sweep_a_night")
        ]


class Worker(models.Model):
    """A process that makes stays; while it lives it holds its lock."""

    name = models.CharField(primary_key=True, max_length=80)
    began = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    @property
    def lock(self) -> str:
        """The name of its lock."""
        return f"worker.{self.name}"


class Stay(models.Model):
    """One person signed in at one portal, once: where it is, and how it ended."""

    class Doing(models.TextChoices):
        SIGNING_IN = "signing_in"
        SIGNED_IN = "signed_in"
        PARKED = "parked"
        """Signed in, and nothing waits."""
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="stays")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, null=True, related_name="stays")
    """Who made it; ``None`` for a command that looked one thing up."""
    began = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    doing = models.CharField(max_length=16, choices=Doing, default=Doing.SIGNING_IN)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    """Of these, lookups whose page did not become data."""
    total = models.PositiveIntegerField(default=0)
    """Lookups done and still to do."""
    trouble = models.CharField(max_length=40, blank=True)
    """A class name of :mod:`harvester.errors`, ``Defect`` or ``StayEnded``."""
    reason = models.CharField(max_length=400, blank=True)
    """Why lookups still wait, without a full stop."""

    class Meta:
        indexes = [models.Index(fields=["account", "-began"], name="stays_of_account")]


class Lookup(models.Model):
    """One question to a portal, with an account; a stay takes the most urgent waiting one next."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ANSWERED = "answered"
        REFUSED = "refused"
        FAILED = "failed"
        CANCELLED = "cancelled"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16)
    """A :data:`~harvester.model.portal.LookupKind`."""
    portal = models.SlugField()
    carrier = models.CharField(max_length=80)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lookups")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="lookups")
    sweep = models.ForeignKey(Sweep, on_delete=models.PROTECT, null=True, related_name="lookups")
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Who waits for it; ``None`` for the sweep."""
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, null=True, related_name="lookups")
    """Which stay made it."""
    sealed_query = models.BinaryField()
    subject = models.CharField(max_length=64)
    """Keyed hash of what is asked about: equal for the same claim, or the same payment's file."""
    urgency = models.PositiveSmallIntegerField()
    """Higher goes first; see :class:`~harvester.office.plan.Urgency`."""
    reason = models.CharField(max_length=200)
    """Why it is due, in words."""
    day = models.DateField()
    """The practice's date at which it was asked, or is to be."""
    created = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    outcome = models.CharField(max_length=32, blank=True)
    """A :class:`~harvester.model.snapshot.Outcome`."""
    trouble = models.CharField(max_length=40, blank=True)
    sealed_words = models.BinaryField(null=True)
    """The portal's words and where the trouble was, as JSON."""
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "kind"], condition=Q(state="waiting"), name="one_waiting_lookup_per_item"
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(state="waiting", item=None, requested_by=None),
                name="one_waiting_lookup_per_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-urgency", "id"], condition=Q(state="waiting"), name="waiting"),
            models.Index(fields=["item", "-id"], name="lookups_of_item"),
            models.Index(fields=["subject", "-id"], name="lookups_of_subject"),
            models.Index(fields=["portal", "kind", "state"], name="lookups_counted"),
        ]


class Listed(models.Model):
    """How a portal's list of claims showed one that is followed, and how when it was last looked up."""

    item = models.OneToOneField(Item, on_delete=models.PROTECT, primary_key=True, related_name="listed")
    day = models.DateField()
    """The practice's date at which the list was last read."""
    seen = models.CharField(max_length=64, blank=True)
    """Keyed hash of the claim's rows in it; empty where it has none."""
    opened = models.CharField(max_length=64, blank=True)
    """The hash that was known before the claim was last looked up; empty: never since it is listed."""


class Snapshot(models.Model):
    """What a portal answered; kept for ever."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    lookup = models.OneToOneField(Lookup, on_delete=models.PROTECT, related_name="snapshot")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="snapshots")
    kind = models.CharField(max_length=16)
    portal = models.SlugField()
    carrier = models.CharField(max_length=80)
    subject = models.CharField(max_length=64)
    captured_at = models.DateTimeField()
    as_of = models.DateField(null=True)
    """The day of the data, where the portal says so."""
    outcome = models.CharField(max_length=32, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    status = models.CharField(max_length=32, blank=True)
    """A claim's normalized status, whether coverage is in force, how far a recovery is."""
    billed = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    """US dollars."""
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    """US dollars."""
    sealed_answer = models.BinaryField(null=True)
    """The answer as JSON, without a file's bytes; ``None`` where the portal has nothing on file."""
    digest = models.CharField(max_length=64)
    """Keyed hash of the answer's facts: equal for equal answers."""

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"], name="snapshots_of_subject"),
            models.Index(fields=["item", "-id"], name="snapshots_of_item"),
        ]


class Sighting(models.Model):
    """The portal gave the same answer again."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="sightings")
    lookup = models.OneToOneField(Lookup, on_delete=models.PROTECT, related_name="sighting")
    at = models.DateTimeField()
    as_of = models.DateField(null=True)


class Evidence(models.Model):
    """A page as it was read."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    lookup = models.ForeignKey(Lookup, on_delete=models.PROTECT, related_name="evidence")
    sha256 = models.CharField(max_length=64)
    """Of the HTML; a value's place refers to it."""
    sealed_path = models.BinaryField()
    sealed_page = models.BinaryField()
    """The HTML, gzipped."""
    refused = models.BooleanField()
    """Whether nothing of the page became data."""
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lookup", "sha256"], name="one_page_per_lookup")]


class Attachment(models.Model):
    """The file of a payment: kept as it came, and opened by nothing here."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="attachment")
    type = models.CharField(max_length=8)
    """A :class:`~harvester.model.remittance.FileType`, as its first bytes say."""
    size = models.PositiveIntegerField()
    """Bytes."""
    sealed_content = models.BinaryField()


class AuditRow(models.Model):
    """One act, chained to the one before by a keyed hash; written by :mod:`harvester.office.audit` alone."""

    class Action(models.TextChoices):
        ACCESS_REVIEWED = "access_reviewed"
        ACCOUNT_CHANGED = "account_changed"
        ACCOUNT_HELD = "account_held"
        ACCOUNT_RELEASED = "account_released"
        AUDIT_VERIFIED = "audit_verified"
        CREDENTIAL_STORED = "credential_stored"
        CREDENTIAL_USED = "credential_used"
        FACTOR_CHANGED = "factor_changed"
        LOOKED_UP = "looked_up"
        PATIENT_VIEWED = "patient_viewed"
        PERSON_LEFT = "person_left"
        PORTAL_PAUSED = "portal_paused"
        PORTAL_RESUMED = "portal_resumed"
        ROLES_CHANGED = "roles_changed"
        SEARCHED = "searched"
        SIGNED_IN = "signed_in"
        SIGNED_OUT = "signed_out"
        SIGN_IN_REFUSED = "sign_in_refused"
        TERMS_RECORDED = "terms_recorded"
        EXPORTED = "exported"

    seq = models.BigIntegerField(primary_key=True)
    """From 1, without a gap."""
    at = models.DateTimeField()
    action = models.CharField(max_length=32)
    """An :class:`Action`."""
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Who did it; ``None`` where the software did, or nobody said who was at the terminal."""
    os_user = models.CharField(max_length=80)
    """The user of the operating system whose process wrote it."""
    address = models.CharField(max_length=45, blank=True)
    """The network address from which a page was asked for."""
    about = models.CharField(max_length=32, blank=True)
    """Which model's row it is about, in lower case."""
    about_key = models.CharField(max_length=40, blank=True)
    """That row's primary key."""
    digest = models.CharField(max_length=64, blank=True)
    """Keyed hash of that row, where it must never change."""
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    portal = models.SlugField(blank=True)
    patient = models.CharField(max_length=64, blank=True)
    """Keyed hash of the member's id."""
    stay = models.UUIDField(null=True)
    result = models.CharField(max_length=80, blank=True)
    """A word of our own: how a lookup ended, which kind of secret, what was done."""
    count = models.PositiveIntegerField(null=True)
    """How many rows a search found or an export holds."""
    previous = models.CharField(max_length=64, blank=True)
    """The hash of the row before; empty in the first."""
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["by", "-seq"], name="audit_of_person"),
            models.Index(fields=["about", "about_key"], name="audit_of_row"),
        ]

    @property
    def said(self) -> str:
        """The act in words."""
        return self.action.replace("_", " ")
