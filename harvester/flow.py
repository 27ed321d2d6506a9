"""The contract of a flow: what a portal is, and the functions that go through it and read it.

A flow is a value::

    FLOW = Flow(PORTAL, sign_in, sign_out, eligibility=eligibility, claims=claims, claim=claim)

Its functions go (with Playwright) and read (with :meth:`Portal.fetch`, :meth:`Portal.read`,
:meth:`Portal.send`); they contain no ``try``, no sleep, no retry, no log and no storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Self, get_args
from urllib.parse import urlencode

from pydantic import model_validator

from harvester.errors import CodeNeeded, PortalChanged, Trouble
from harvester.going import frames, lists, waiting
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList
from harvester.model.eligibility import Eligibility
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.portal import (
    Carrier,
    Line,
    Lockout,
    LookupKind,
    Policy,
    PortalFacts,
    Request,
    Rules,
)
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import File, RemittanceFile
from harvester.reading import pages
from harvester.reading.region import Region, label
from harvester.reading.values import folded

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Locator, Page

LONGEST = 100
"""Pages of one list."""

__all__ = [
    "Carrier",
    "Flow",
    "Line",
    "Lockout",
    "Policy",
    "Portal",
    "Rules",
    "User",
    "minutes",
    "standing_in",
    "tax_id",
]

_stand_ins: ContextVar[Mapping[str, str]] = ContextVar("stand_ins", default=MappingProxyType({}))


@contextmanager
def standing_in(sites: Mapping[str, str]) -> Iterator[None]:
    """Let mocks at these addresses stand in for a portal's further sites meanwhile."""
    token = _stand_ins.set(sites)
    try:
        yield
    finally:
        _stand_ins.reset(token)


def minutes(number: float) -> timedelta:
    """Return a duration in minutes."""
    return timedelta(minutes=number)


def tax_id(tin: str) -> str:
    """Write a tax id of nine digits as portals print it: ``00-7300142``."""
    return f"{tin[:2]}-{tin[2:]}"


APPROVAL = 100.0
"""Seconds in which an owner approves a sign-in on the phone."""


class Portal(PortalFacts):
    """A portal: its facts, its words for trouble, and the requests that going and reading need."""

    signs: Mapping[str, type[Trouble]]
    """The site's own visible words for trouble, and whose turn it is then."""
    enters: tuple[str, ...]
    """Requests that signing in needs (``"POST /signin"``); allowed only then."""
    reads: tuple[str, ...]
    """Requests that lookups need (``"GET /claims/{claim}"``)."""
    leaves: tuple[str, ...]
    """Requests that signing out needs."""
    dialogs: Mapping[str, str] = {}
    """Titles of dialogs that may be closed, and the button that closes each."""
    notices: tuple[str, ...] = ()
    """Words of lines that the portal tells its user on the way, e.g. that the password expires soon."""
    assets: tuple[str, ...] = ()
    """Where the pages' style sheets and scripts are: ``/static/``, ``https://cdn.example/portal/``.

    ``elsewhere:/static/`` is at one of the portal's further sites.
    """

    @model_validator(mode="after")
    def _sites_are_declared(self) -> Self:
        for request in self.requests(self.enters, self.reads, self.leaves):
            if request.site and request.site not in self.sites:
                raise ValueError(f"“{request.site}” is none of the portal's sites")
        return self

    def site(self, name: str) -> str:
        """Return the origin of one of the portal's further sites, or of the mock that stands in for it."""
        return _stand_ins.get().get(name, self.sites[name])

    def requests(self, *lists: tuple[str, ...]) -> tuple[Request, ...]:
        """Return these lists' requests."""
        return tuple(Request.parse(line) for lines in lists for line in lines)

    def arrive(self, *sights: Locator) -> Locator:
        """Return the one of the sights that comes; raises the trouble that comes instead."""
        return waiting.arrive(
            *sights, signs=self.signs, dialogs=self.dialogs, patience=self.rules.patience.total_seconds()
        )

    def approved(self, *sights: Locator) -> Locator:
        """Return the sight that comes when the owner has approved the sign-in on the phone.

        Raises the trouble that comes instead, ``CodeNeeded`` where nobody approves it in time.
        """
        try:
            return waiting.arrive(*sights, signs=self.signs, dialogs=self.dialogs, patience=APPROVAL)
        except PortalChanged:
            raise CodeNeeded("nobody approved the sign-in on the phone") from None

    def press(self, control: Locator, *sights: Locator, busy: str = waiting.BUSY) -> Locator:
        """Click a control; return the sight that stands there after the page was busy with that."""
        return waiting.press(
            control,
            *sights,
            signs=self.signs,
            dialogs=self.dialogs,
            patience=self.rules.patience.total_seconds(),
            busy=busy,
        )

    def frame(self, page: Page, title: str) -> Frame:
        """Return the document of the frame with this title; ask again after whatever may replace it."""
        return frames.frame(page, title, patience=self.rules.patience.total_seconds())

    def read(self, page: Page | Frame) -> Region:
        """Read the page, or the document of a frame, as it is shown now."""
        return pages.live(page, self.signs)

    def collect(self, page: Page | Frame, grid: Locator) -> Region:
        """Read a grid of which only a part is in the document, by scrolling it through."""
        return pages.gathered(page, *lists.collect(grid))

    def turn(self, page: Page | Frame, onward: Locator, *sights: Locator) -> Iterator[Region]:
        """Read a list as it is shown, page by page, pressing ``onward`` while there is more.

        Raises ``PortalChanged`` where the pages do not end.
        """
        for _ in range(LONGEST):
            yield self.read(page)
            if not lists.more(onward):
                return
            self.press(onward, *sights)
        raise PortalChanged("the pages of the list do not end")

    def fetch(self, page: Page, path: str, query: Mapping[str, str] | None = None) -> Region:
        """Ask for a document inside the signed-in page and read it without rendering it."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._ask(page, "GET", target, None)

    def download(self, page: Page, path: str) -> File:
        """Ask for a file inside the signed-in page; nothing of it is opened or written to disk."""
        return pages.downloaded(page, self.signs, path=path, patience=self.rules.patience.total_seconds())

    def walk(self, page: Page, region: Region, *, onward: str) -> Iterator[Region]:
        """Return a document and those that its link with the words ``onward`` leads to, one by one.

        Raises ``PortalChanged`` where the pages come round again or do not end.
        """
        seen: set[str] = set()
        while True:
            yield region
            path = region.link(onward)
            if path is None:
                return
            if path in seen or len(seen) >= LONGEST:
                raise PortalChanged(f"the pages behind “{onward}” do not end", where=region.document.path)
            seen.add(path)
            region = self.fetch(page, path)

    def search(
        self,
        page: Page,
        form: Region,
        filled: Mapping[str, str],
        *,
        echo: str,
        nothing: Sequence[str] = (),
        onward: str | None = None,
        button: str | None = None,
    ) -> Iterator[Region]:
        """Fill a form, send it, and yield the pages of the answer.

        Each has to say under the heading ``echo`` that it answers this search and nothing else (see
        :meth:`~harvester.reading.Region.answers`); after that one of ``nothing`` means ``NotOnFile``.
        ``onward`` are the words of the link to the next page, where there may be one.
        """
        first = self.send(page, form, filled, button=button)
        for found in (first,) if onward is None else self.walk(page, first, onward=onward):
            found.answers(echo, filled)
            for words in nothing:
                found.none_if_says(words)
            yield found

    def send(
        self, page: Page, region: Region, filled: Mapping[str, str], *, button: str | None = None
    ) -> Region:
        """Fill a form of a read document by its visible labels, send it, and read the answer.

        What is not filled goes as it stands. A choice is given by its visible words. Raises
        ``PortalChanged`` where a label, an option or the button is not there exactly once.
        """
        form = region.form(*filled)
        wanted = {label(name): value for name, value in filled.items()}
        body: list[tuple[str, str]] = []
        for control in form["controls"]:
            value = wanted.get(label(control["group"] or control["label"]))
            if control["kind"] in ("checkbox", "radio"):
                chosen = control["checked"] if value is None else label(control["label"]) == label(value)
                if chosen:
                    body.append((control["name"], control["value"]))
            elif value is None:
                body.append((control["name"], control["value"]))
            elif control["kind"] == "select":
                body.append((control["name"], _chosen(control, value)))
            else:
                body.append((control["name"], value))
        buttons = [one for one in form["buttons"] if button is None or folded(one["words"]) == button]
        if button is not None and len(buttons) != 1:
            raise PortalChanged(f"{len(buttons)} buttons “{button}”, not one", where=region.document.path)
        if button is not None and buttons[0]["name"]:
            body.append((buttons[0]["name"], buttons[0]["value"]))
        if form["method"] == "GET":
            return self._ask(page, "GET", f"{form['path'].partition('?')[0]}?{urlencode(body)}", None)
        return self._ask(page, "POST", form["path"], body)

    def _ask(self, page: Page, method: str, path: str, body: list[tuple[str, str]] | None) -> Region:
        return pages.fetched(
            page,
            self.signs,
            method=method,
            path=path,
            body=body,
            patience=self.rules.patience.total_seconds(),
        )


def _chosen(control: Mapping[str, object], words: str) -> str:
    options = control["options"]
    assert isinstance(options, list)
    found = [option["value"] for option in options if folded(option["words"]) == words]
    if len(found) != 1:
        raise PortalChanged(f"{len(found)} choices “{words}”, not one", where=str(control["label"]))
    return str(found[0])


@dataclass(frozen=True)
class User:
    """The person who signs in. Asking for a secret counts as an attempt and is written down first."""

    name: str
    tin: str
    npi: str
    organisation: str
    _secret: Callable[..., str] = field(repr=False)

    @property
    def password(self) -> str:
        """The password, for the field it belongs in."""
        return self._secret("password")

    def one_time_code(self, kind: str) -> str:
        """A fresh code of that kind (``authenticator``, ``text``, ``email``)."""
        return self._secret(kind)

    def approve(self, number: str) -> None:
        """Have the owner told to approve the sign-in on the phone, where they pick this number."""
        self._secret("push", number)


@dataclass(frozen=True)
class Flow:
    """A portal and the functions that use it; a lookup that the portal does not offer is not passed."""

    portal: Portal
    sign_in: Callable[[Page, User], None]
    sign_out: Callable[[Page], None]
    eligibility: Callable[[Page, EligibilityQuery], Eligibility] | None = None
    claims: Callable[[Page, ClaimsQuery], ClaimList] | None = None
    claim: Callable[[Page, ClaimQuery], Claim] | None = None
    payments: Callable[[Page, PaymentsQuery], PaymentList] | None = None
    overpayments: Callable[[Page, OverpaymentsQuery], OverpaymentList] | None = None
    authorizations: Callable[[Page, AuthorizationsQuery], AuthorizationList] | None = None
    remittance_file: Callable[[Page, RemittanceFileQuery], RemittanceFile] | None = None
    claim_list: Callable[[Page, ClaimListQuery], ClaimList] | None = None

    @property
    def offers(self) -> tuple[LookupKind, ...]:
        """The lookups that this portal offers."""
        kinds: tuple[LookupKind, ...] = get_args(LookupKind)
        return tuple(kind for kind in kinds if getattr(self, kind) is not None)

    @property
    def facts(self) -> PortalFacts:
        """What the office needs to know."""
        known = {name: getattr(self.portal, name) for name in PortalFacts.model_fields}
        return PortalFacts(**known | {"offers": self.offers})
