"""One person signed in at one portal: the child process that drives the browser.

It has no database, no key and no setting; it is told what to do over stdin, answers over stdout, and
signs out in every ending that it lives to see, also when the office has died.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, Protocol, TextIO
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Dialog, Error, Page, Request, Response, sync_playwright
from playwright.sync_api import TimeoutError as Timeout
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_chain, wait_fixed, wait_none

from harvester import registry
from harvester.errors import (
    AccountLocked,
    NotOnFile,
    PortalChanged,
    PortalUnavailable,
    SeveralOnFile,
    SignedOut,
    StaffNeeded,
    Trouble,
    named,
)
from harvester.flow import Flow, Portal, User, standing_in
from harvester.going import waiting
from harvester.model.query import Query
from harvester.model.snapshot import Answer, Document
from harvester.reading import pages
from harvester.reading.values import folded
from harvester.visit import lookups
from harvester.visit.browser import NoBrowser, find_browser, launch_arguments, sandboxed
from harvester.visit.egress import Egress
from harvester.visit.guard import Guard, origin
from harvester.visit.wire import (
    TO_STAY,
    Answered,
    Ask,
    Begin,
    Catalogue,
    Deny,
    Entered,
    FromStay,
    Left,
    Look,
    Secret,
    Step,
    ToStay,
    Troubled,
)

ORPHANED = 45.0
"""Seconds in which a stay whose office died signs out, before it is killed."""

GONE = ("crashed", "has been closed", "onnection closed")
"""What Playwright says of a page or a browser that is not there any more."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class OfficeGone(Exception):
    """The office's end of the pipe is closed."""


class GuardLost(Exception):
    """Nothing judges the browser's requests any more; the stay ends at once."""


class PageGone(Exception):
    """The page crashed, or the browser went away; the stay ends at once, and nothing is said of a lookup."""


class Pipe:
    """The child's end of the pipe. A thread reads, so that the office's death is seen at once."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._sink = sink
        self._said: queue.Queue[ToStay | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(source,), name="pipe", daemon=True).start()

    def _listen(self, source: TextIO) -> None:
        for line in source:
            self._said.put(TO_STAY.validate_json(line))
        self._said.put(None)
        doom = threading.Timer(ORPHANED, os.killpg, (os.getpgrp(), signal.SIGKILL))
        doom.daemon = True
        doom.start()

    def hear(self) -> ToStay:
        """Return the next message; raises ``OfficeGone`` when there will be none."""
        message = self._said.get()
        if message is None:
            self._said.put(None)
            raise OfficeGone
        return message

    def say(self, message: FromStay) -> None:
        """Send a message; without an office it is dropped."""
        try:
            self._sink.write(message.model_dump_json() + "\n")
            self._sink.flush()
        except BrokenPipeError:
            pass


class Office(Protocol):
    """The office as the stay sees it."""

    def hear(self) -> ToStay:
        """Return the next message; raises ``OfficeGone`` when there will be none."""

    def say(self, message: FromStay) -> None:
        """Send a message."""


class Stay:
    """A browser at one portal, and the conversation with the office."""

    def __init__(self, pipe: Office, begin: Begin, flow: Flow, browser: Browser, guard: Guard) -> None:
        self._pipe = pipe
        self._begin = begin
        self._flow = flow
        self._guard = guard
        self._asked = False
        self._again = False
        self._blocked = 0
        self._home = ""
        self._astray = False
        self._going: Request | None = None
        self._told: tuple[datetime, float] | None = None
        context = browser.new_context(
            base_url=origin(begin.address or flow.portal.url),
            service_workers="block",
            accept_downloads=False,
            reduced_motion="reduce",
            locale="en-US",
        )
        patience = flow.portal.rules.patience.total_seconds() * 1000
        context.set_default_timeout(patience)
        context.set_default_navigation_timeout(patience)
        self._page = context.new_page()
        self._page.on("dialog", _dismissed)
        self._page.on("popup", _closed)
        self._page.on("request", self._leaving_for)
        self._page.on("response", self._answered)
        self._page.on("requestfailed", self._arrived_from)

    def enter(self) -> None:
        """Sign in; tells the office how it went. Raises ``Trouble``."""
        self._pipe.say(Step(name="signing_in_again" if self._again else "signing_in"))
        self._guard.phase = "entering"
        self._blocked = len(self._guard.blocked)
        context = self._begin.context
        user = User(self._begin.user_name, context.tin, context.npi, context.organisation, self._secret)
        try:
            self._flow.sign_in(self._page, user)
        except Error as problem:
            raise self._at_the_door(self._judged(problem)) from None
        except Trouble as trouble:
            raise self._at_the_door(trouble) from None
        self._guard.phase = "reading"
        self._home, self._astray = self._page.url, False
        lines = pages.live(self._page, {}).lines
        wanted = [notice.casefold() for notice in self._flow.portal.notices]
        notices = tuple(line for line in lines if any(notice in line.casefold() for notice in wanted))
        self._pipe.say(Entered(notices=notices))

    def look(self, look: Look) -> bool:
        """Look one thing up and tell the office; return whether the stay can go on."""
        waits = self._begin.waits
        tries = Retrying(
            retry=retry_if_exception_type(PortalUnavailable),
            stop=stop_after_attempt(len(waits) + 1),
            wait=wait_chain(*map(wait_fixed, waits)) if waits else wait_none(),
            reraise=True,
        )
        with pages.journal() as documents:
            try:
                answer = tries(self._answer, look.query)
            except Trouble as trouble:
                self._pipe.say(told(trouble, look.lookup, self._evidence(trouble, documents)))
                return not isinstance(trouble, (SignedOut, StaffNeeded))
            except (OfficeGone, GuardLost, PageGone):
                raise
            except Exception as problem:  # noqa: BLE001 - one lookup's defect costs that lookup
                self._pipe.say(defect(problem, look.lookup))
                return True
        self._pipe.say(
            Answered(lookup=look.lookup, answer=answer, documents=tuple(documents), pages=len(documents))
        )
        return True

    def _answer(self, query: Query) -> Answer:
        """Answer a query; where the portal ended the session, sign in again, once a stay."""
        try:
            return self._once(query)
        except SignedOut:
            if self._again:
                raise
        self._again = True
        self.enter()
        return self._once(query)

    def _once(self, query: Query) -> Answer:
        # Where a lookup ended in trouble, nobody knows what the page shows: the next one begins at home,
        # if that is one of the pages that the flow reads.
        if self._astray and self._guard.allows("GET", self._home, "Document", {}, None):
            with suppress(Error):
                self._page.goto(self._home)
        self._astray = True
        try:
            found = lookups.answer(self._flow, self._page, self._begin.context.asks(query))
        except (NotOnFile, SeveralOnFile):
            self._astray = False
            raise
        except Error as problem:
            raise self._judged(problem) from None
        self._astray = False
        if not self._guard.stands():
            raise GuardLost
        return found

    def leave(self) -> bool:
        """Sign out wherever a session may be open; return whether the portal confirmed it."""
        if not self._asked:
            return True
        if not self._guard.stands():
            return False
        self._pipe.say(Step(name="signing_out"))
        self._guard.phase = "leaving"
        try:
            self._flow.sign_out(self._page)
        except SignedOut:
            return True
        except (Trouble, Error):
            return False
        return True

    def _secret(self, kind: str, number: str = "") -> str:
        asked = {"secret": kind, "told": self._portals_time(), "number": number}
        self._pipe.say(Ask.model_validate(asked))
        answer = self._pipe.hear()
        if isinstance(answer, Deny):
            raise named(answer.trouble)(answer.words)
        if not isinstance(answer, Secret):
            raise OfficeGone
        self._asked = True
        return answer.value

    def _at_the_door(self, trouble: Trouble) -> Trouble:
        """Say what else there is to know of a trouble that ended signing in."""
        if isinstance(trouble, AccountLocked):
            self._asked = False  # nobody is signed in, and nothing more is asked with this credential
        elif isinstance(trouble, PortalChanged):
            headings: list[str] = []
            with suppress(Error):
                headings = self._page.locator("h1, h2").filter(visible=True).all_inner_texts()
            trouble.words = " — ".join([trouble.words, *map(folded, headings[:1])])
            if not headings and self._guard.blocked[self._blocked :]:
                trouble.where = self._guard.blocked[-1]
        return trouble

    def _judged(self, problem: Error) -> Trouble:
        """Say whose turn it is after Playwright gave up: the portal's, or a flow author's."""
        if any(words in problem.message for words in GONE):
            raise PageGone
        if "ERR_BLOCKED_BY_CLIENT" not in problem.message:
            with suppress(Error):
                if trouble := waiting.said(self._page, self._flow.portal.signs):
                    return trouble
        if isinstance(problem, Timeout) and self._going is None:
            return PortalChanged("something the flow goes by did not come", where=self._path())
        if "ERR_BLOCKED_BY_CLIENT" in problem.message:
            return PortalChanged("the page wants a request that is not declared", where=self._path())
        if isinstance(problem, Timeout) or "net::ERR" in problem.message:
            return PortalUnavailable("no answer", where=self._path())
        return PortalChanged("the page did not do what the flow expects", where=self._path())

    def _evidence(self, trouble: Trouble, read: Sequence[Document]) -> tuple[Document, ...]:
        """Return the refused pages: those read for this lookup, else the one that is open."""
        if not isinstance(trouble, PortalChanged):
            return ()
        if read:
            return tuple(read)
        with pages.journal() as shown, suppress(Trouble, Error):
            pages.live(self._page, {})
        return tuple(shown)

    def _path(self) -> str:
        return urlsplit(self._page.url).path

    def _leaving_for(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._going = request

    def _answered(self, response: Response) -> None:
        self._arrived_from(response.request)
        if response.request.is_navigation_request():
            told = dated(response.headers.get("date", ""))
            self._told = (told, time.monotonic()) if told else None

    def _portals_time(self) -> datetime | None:
        """Return what time it is by the portal's clock, which the last page told."""
        if self._told is None:
            return None
        told, heard = self._told
        return told + timedelta(seconds=time.monotonic() - heard)

    def _arrived_from(self, request: Request) -> None:
        if request == self._going:
            self._going = None


def dated(said: str) -> datetime | None:
    """Read a ``Date``; ``None`` where it is none."""
    try:
        return parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dismissed(dialog: Dialog) -> None:
    dialog.dismiss()


def _closed(popup: Page) -> None:
    popup.close()


def told(trouble: Trouble, lookup: int | None, documents: tuple[Document, ...] = ()) -> Troubled:
    """Return a trouble as the office is told it."""
    return Troubled(
        lookup=lookup,
        trouble=type(trouble).__name__,
        words=trouble.words,
        where=trouble.where,
        documents=documents,
    )


def defect(problem: BaseException, lookup: int | None = None) -> Troubled:
    """Return a defect of ours as the office is told it: its type and line, never a value."""
    frames = traceback.extract_tb(problem.__traceback__)
    at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return Troubled(lookup=lookup, trouble="Defect", words=type(problem).__name__, where=at)


def catalogue() -> Catalogue:
    """Return the facts of every installed flow."""
    flows, broken = registry.installed()
    return Catalogue(portals=tuple(flow.facts for flow in flows.values()), broken=tuple(broken.items()))


def _places(portal: Portal, mock: str | None, sites: Mapping[str, str]) -> dict[str, str]:
    """Return where the portal is (blank) and where its further sites are.

    Mocks on this machine stand in for all of it or for nothing; raises ``ValueError`` for a mixture.
    """
    if mock is None and not sites:
        return {**portal.sites, "": portal.url}
    if mock is None or set(sites) != set(portal.sites):
        raise ValueError("a mock stands in for the whole portal or not at all")
    if {urlsplit(url).hostname for url in (mock, *sites.values())} - LOOPBACK:
        raise ValueError("only a mock on this machine may stand in for a portal")
    return {**sites, "": mock}


@contextmanager
def browsing(
    portal: Portal, mock: str | None, sites: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[Browser, Guard]]:
    """A browser that reaches one portal, or a mock at loopback addresses in its place, and its guard.

    ``sites`` are where the mock has the portal's further sites, all of them. Raises ``ValueError`` for
    a mock that is elsewhere, or of a part of the portal.
    """
    places = _places(portal, mock, sites)
    loopback = mock is not None
    asked = [urlsplit(url) for url in places.values()]
    hosts = {(parts.hostname or "", parts.port or 443) for parts in asked}
    hosts |= {(urlsplit(asset).hostname or "", 443) for asset in portal.assets if "://" in asset}
    guard = Guard(portal, places)
    with ExitStack() as open_ones:
        open_ones.enter_context(standing_in(sites))
        egress = open_ones.enter_context(Egress(frozenset(hosts), loopback=loopback))
        playwright = open_ones.enter_context(sync_playwright())
        found = find_browser(playwright)
        if found is None:
            raise NoBrowser("No browser was found: type `python -m harvester.visit.browser --install`.")
        browser = playwright.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=loopback),
            chromium_sandbox=sandboxed(loopback=loopback),
            proxy={"server": egress.address, "bypass": "<-loopback>"},
        )
        open_ones.callback(browser.close)
        guard.attach(browser)
        yield browser, guard


def converse(pipe: Pipe) -> None:
    """Hold one stay: begin, sign in, look up until told to leave, sign out."""
    begin = pipe.hear()
    if not isinstance(begin, Begin):
        raise OfficeGone
    flow = registry.installed()[0][begin.portal]
    pipe.say(Step(name="opening"))
    signed_out = True
    with browsing(flow.portal, begin.address, begin.sites) as (browser, guard):
        stay = Stay(pipe, begin, flow, browser, guard)
        try:
            _hold(pipe, stay)
        except OfficeGone:
            pass
        finally:
            signed_out = stay.leave()
    pipe.say(Left(signed_out=signed_out, blocked=tuple(guard.blocked)))


def _hold(pipe: Pipe, stay: Stay) -> None:
    try:
        stay.enter()
        while isinstance(message := pipe.hear(), Look) and stay.look(message):
            pass
    except Trouble as trouble:
        pipe.say(told(trouble, None))


def main(arguments: Sequence[str]) -> NoReturn:
    """Run as ``python -m harvester.visit``; ``--catalogue`` prints what portals there are and ends."""
    if list(arguments) == ["--catalogue"]:
        sys.stdout.write(catalogue().model_dump_json() + "\n")
        sys.exit(0)
    pipe = Pipe(sys.stdin, sys.stdout)
    try:
        converse(pipe)
    except NoBrowser as problem:
        pipe.say(Troubled(trouble="NoBrowser", words=str(problem)))
        sys.exit(1)
    except Exception as problem:  # noqa: BLE001 - shown as what it is, without a value of it
        pipe.say(defect(problem))
        pipe.say(Left(signed_out=False))
        sys.exit(1)
    sys.exit(0)
