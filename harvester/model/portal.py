"""What is known of a portal before anyone opens it: facts as data, which the core enforces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import field_validator

from harvester.model.shown import Fact

LookupKind = Literal[
    "eligibility",
    "claims",
    "claim_list",
    "claim",
    "payments",
    "overpayments",
    "authorizations",
    "remittance_file",
]

Need = Literal["tin", "npi", "organisation", "ptan"]

POLICY_LASTS = timedelta(days=180)


_WATCHED = "until somebody attests that they do, it runs only while a person watches"


class Automation(StrEnum):
    """Whether a portal lets software sign in with a person's own account."""

    PROHIBITED = "prohibited"
    REGISTRATION_REQUIRED = "registration_required"
    PERMITTED = "permitted"
    UNKNOWN = "unknown"


class Policy(Fact):
    """What a portal's terms say of software; believed for 180 days after somebody read them."""

    automation: Automation
    source: str = ""
    checked: date | None = None

    @classmethod
    def prohibited(cls, *, source: str, checked: date) -> Self:
        """Return a policy under which nothing runs, ever."""
        return cls(automation=Automation.PROHIBITED, source=source, checked=checked)

    @classmethod
    def registration_required(cls, *, source: str, checked: date) -> Self:
        """Return a policy under which software runs once the practice has registered it with the portal."""
        return cls(automation=Automation.REGISTRATION_REQUIRED, source=source, checked=checked)

    @classmethod
    def permitted(cls, *, source: str, checked: date) -> Self:
        """Return a policy under which software may sign in for the account's owner."""
        return cls(automation=Automation.PERMITTED, source=source, checked=checked)

    @classmethod
    def unknown(cls) -> Self:
        """Return what is true of every portal whose terms nobody has read."""
        return cls(automation=Automation.UNKNOWN)

    def objection(
        self, today: date, *, registration: str = "", attested: date | None = None, attended: bool = False
    ) -> str | None:
        """Return why software may not run today, in one sentence, or ``None``.

        ``registration`` is the number under which the practice has registered it with the portal,
        ``attested`` when it last confirmed that the terms allow software; ``attended`` says that a person
        watches, who then stands for terms that nobody has read lately.
        """
        match self.automation:
            case Automation.PROHIBITED:
                return f"its terms forbid software ({self.source})"
            case Automation.REGISTRATION_REQUIRED if not registration:
                return f"its terms want software registered first ({self.source})"
        read = max((day for day in (self.checked, attested) if day is not None), default=None)
        if attended or (read is not None and today - read <= POLICY_LASTS):
            return None
        if read is None:
            return f"nobody has recorded whether its terms allow software; {_WATCHED}"
        return f"its terms were last read on {read}, more than {POLICY_LASTS.days} days ago; {_WATCHED}"


class Lockout(Fact):
    """How many rejected sign-ins lock an account at the portal, and for how long."""

    after: int
    within: timedelta | None = None
    lasts: timedelta | None = None


class Hours(Fact):
    """When a portal answers, by the clock of its time zone."""

    opens: time
    closes: time
    """At the latest the next midnight, which is ``time(0)``."""
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """Monday is 0."""
    kinds: tuple[LookupKind, ...] = ()
    """The lookups that they are of; all of them where none is named."""

    def open(self, at: datetime) -> bool:
        """Whether the portal answers then; ``at`` is in its time zone."""
        until = self.closes if self.closes > self.opens else time.max
        return at.weekday() in self.days and self.opens <= at.time() < until


class Rules(Fact):
    """How a portal wants to be used. Durations are ``timedelta``; ``None`` is *not known*."""

    lockout: Lockout
    idle: timedelta
    """The portal signs out after so long without a request."""
    absolute: timedelta | None = None
    must_sign_out: bool = True
    stays_open: timedelta | None = None
    """For how long the portal lets nobody in again where a session was left without signing out."""
    mfa: tuple[Literal["authenticator", "text", "email", "push"], ...] = ()
    code_lives: timedelta | None = None
    """For how long a code that a person receives is good again and again; ``None``: it is good once."""
    password_days: int | None = None
    unused_days: int | None = None
    """After so many days without a sign-in the portal disables an account."""
    pace: timedelta = timedelta(seconds=2)
    """The least time between two lookups of one stay."""
    at_once: int = 1
    """How many people may be signed in there at the same time from here."""
    an_hour: int | None = None
    a_day: int | None = None
    """Lookups that one account may make in 60 minutes, and in 24 hours."""
    longest_search: Mapping[LookupKind, timedelta] = {}
    """How far apart the two days of a search may be, where that is limited; a longer one is split."""
    hours: tuple[Hours, ...] = ()
    zone: str = "America/New_York"
    """The time zone of its hours."""
    patience: timedelta = timedelta(seconds=30)
    """How long one page may take before the portal counts as unavailable."""

    def spans(self, kind: LookupKind, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Yield what lies between two days in searches that the portal takes, none touching another."""
        longest = self.longest_search.get(kind, last - first)
        while first <= last:
            end = min(last, first + longest)
            yield first, end
            first = end + timedelta(days=1)

    def closed(self, at: datetime) -> frozenset[LookupKind]:
        """Return the kinds of lookup that the portal does not answer then."""
        there = at.astimezone(ZoneInfo(self.zone))
        found = set()
        for kind in get_args(LookupKind):
            mine = [one for one in self.hours if not one.kinds or kind in one.kinds]
            if mine and not any(one.open(there) for one in mine):
                found.add(kind)
        return frozenset(found)

    @property
    def at_a_mock(self) -> Self:
        """The same without what spares a real portal: pace, budgets and hours."""
        spared = {"pace": timedelta(), "an_hour": None, "a_day": None, "hours": ()}
        return self.model_copy(update=spared)


class Line(Fact):
    """A number that a person calls, and when somebody answers."""

    what: str
    number: str
    hours: str = ""

    @property
    def sentence(self) -> str:
        """The line as it is read out."""
        return f"{self.what} {self.number}" + (f" ({self.hours})" if self.hours else "")


class Carrier(Fact):
    """An insurer whose claims the portal shows; ``id`` is the payer id used on claims."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    """Other names of the carrier in worklists; compared without case."""
    offers: tuple[LookupKind, ...] | None = None
    """The lookups that the portal has for this carrier; ``None``: all of the portal's."""


class Request(Fact):
    """A method and a path that a portal may be asked for; ``{x}`` stands for one path segment.

    Where one address takes every form, ``field`` is what says which form it is, and ``values`` are
    those of it that may be sent.
    """

    method: str
    path: str
    field: str = ""
    values: tuple[str, ...] = ()
    site: str = ""
    """Which of the portal's sites; blank is the one at its ``url``."""

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read ``"GET /claims/{claim}"``, ``"POST /portal task=claims|claim"``, ``"GET elsewhere:/claims"``.

        Raises ``ValueError`` for anything else.
        """
        found = re.fullmatch(r"(GET|POST) (?:([a-z]\w*):)?(/[^ ]*)(?: ([^ =]+)=([^ ]+))?", line, re.ASCII)
        if found is None:
            raise ValueError(f"“{line}” is not like “GET /claims/{{claim}}” or “POST /portal task=claims”")
        method, site, path, field, values = found.groups("")
        chosen = tuple(values.split("|")) if values else ()
        return cls(method=method, path=path, field=field, values=chosen, site=site)

    def allows(self, method: str, path: str, sent: Iterable[tuple[str, str]] = (), site: str = "") -> bool:
        """Whether a request with this method, path (without query), sent fields and site is this one."""
        segments = (
            "[^/]+" if part.startswith("{") and part.endswith("}") else re.escape(part)
            for part in self.path.split("/")
        )
        here = (method, site) == (self.method, self.site)
        if not here or re.fullmatch("/".join(segments), path) is None:
            return False
        said = [(name, value) for name, value in sent if _same_field(name, self.field)]
        return not self.field or (len(said) == 1 and said[0][0] == self.field and said[0][1] in self.values)


def _same_field(name: str, field: str) -> bool:
    """Whether some server could take one form field's name for the other: case, space, ``[]`` and NUL."""
    return re.split(r"[\[\0]", name)[0].strip(" +._").casefold() == field.strip(" +._").casefold()


class PortalFacts(Fact):
    """A portal as the office knows it; flows add to it how the portal is driven and read."""

    id: str
    """A short word, also the name of the flow's module."""
    name: str
    url: str
    """Scheme and host, ``https`` only; a mock on loopback takes its place in training."""
    sites: Mapping[str, str] = {}
    """Further origins that belong to the portal, by the names that requests give them."""
    carriers: tuple[Carrier, ...]
    policy: Policy
    rules: Rules
    needs: tuple[Need, ...] = ()
    """What every account there needs beside user name and password."""
    lines: tuple[Line, ...] = ()
    """Whom to call about an account there."""
    switches_tin: bool = False
    """Whether its flow goes from one of the practice's tax ids to another by itself."""
    offers: tuple[LookupKind, ...] = ()
    service_types: tuple[str, ...] = ()
    """The X12 service type codes that eligibility may be asked for; none is named where any may."""

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("a portal's address is https:// and a host name")
        return f"https://{parts.netloc}"

    @field_validator("sites")
    @classmethod
    def _https_everywhere(cls, sites: Mapping[str, str]) -> Mapping[str, str]:
        return {name: cls._https(url) for name, url in sites.items()}

    def offered(self, carrier: str) -> tuple[LookupKind, ...]:
        """Return the lookups that can be made for the carrier with that id; none for a stranger."""
        one = next((known for known in self.carriers if known.id == carrier), None)
        if one is None:
            return ()
        return tuple(kind for kind in self.offers if one.offers is None or kind in one.offers)

    def carrier_named(self, name: str) -> Carrier | None:
        """Return the carrier with that id, name or alias, compared without case; never a near match."""
        wanted = " ".join(name.split()).casefold()
        for carrier in self.carriers:
            if wanted in {word.casefold() for word in (carrier.id, carrier.name, *carrier.aliases)}:
                return carrier
        return None
