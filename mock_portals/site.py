"""A portal as it runs: its own pages, wrapped in what is common to every site.

The wrapper finds the session, plays the common troubles and the latency, and writes the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from email.utils import formatdate

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_portals.cast import Cast
from mock_portals.clock import Clock
from mock_portals.gate import Gate
from mock_portals.log import Log
from mock_portals.mail import Approvals, Mailbox
from mock_portals.sessions import Session, Sessions
from mock_portals.shown import Json
from mock_portals.troubles import COMMON, EXPIRE_AFTER, MAINTENANCE, SLOW, UNAVAILABLE, Trouble, Troubles

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class World:
    """What all portals share."""

    cast: Cast
    clock: Clock
    latency_ms: int = 0
    addresses: dict[str, dict[str, str]] = field(default_factory=dict)
    """Where each portal is: its further sites by name, blank the main one."""


@dataclass(frozen=True)
class Rules:
    """A portal's facts that the kit enforces; ``reading_posts`` are the paths that change nothing.

    After ``attempts`` wrong tries a user is locked for ``lock_seconds``, or for good.
    """

    cookie: str
    idle_seconds: int
    attempts: int
    reading_posts: Collection[str]
    lock_seconds: int | None = None


@dataclass(frozen=True)
class Portal:
    """What a portal's folder offers: ``open`` makes its pages and its truth for one site."""

    id: str
    name: str
    about: str
    """What kind of portal it is, and what signing in takes."""
    rules: Rules
    troubles: tuple[Trouble, ...]
    open: Callable[[Site], Pages]
    worklist: Callable[[Cast], Worklist]
    sites: Mapping[str, Rules] = field(default_factory=dict)
    """The further sites that it has on addresses of their own; attempts are counted at the main one."""


@dataclass(frozen=True)
class Pages:
    """A portal's own part; ``notices`` are the whole-site pages by trouble name."""

    app: ASGIApp
    truth: Callable[[date], Json]
    notices: Mapping[str, Callable[[], str]]
    sites: Mapping[str, Pages] = field(default_factory=dict)
    """The pages of its further sites."""


@dataclass(frozen=True)
class Worklist:
    """What the practice's own system holds of a payer: rows by column name."""

    claims: list[dict[str, str]]
    appointments: list[dict[str, str]]
    folder: str = ""
    """Where its files are, in the bundled worklists."""


class Site:
    """One portal from opening to the next reset, at its main address; ``sites`` are the further ones."""

    def __init__(self, portal: Portal, world: World) -> None:
        self.portal, self.world, self.rules, self.name = portal, world, portal.rules, ""
        self.log = Log()
        self.troubles = Troubles((*COMMON, *portal.troubles))
        self.sessions = Sessions(self.log, world.clock, portal.rules.idle_seconds)
        self.gate = Gate(
            self.log,
            self.troubles,
            world.clock,
            world.cast.staff,
            portal.rules.attempts,
            portal.rules.lock_seconds,
        )
        self.mail = Mailbox(world.clock, world.cast.staff)
        self.approvals = Approvals(self.mail, self.gate, world.clock)
        self.sites = {name: self._further(name, rules) for name, rules in portal.sites.items()}
        self.pages = portal.open(self)
        for name, site in self.sites.items():
            site.pages = self.pages.sites[name]

    def _further(self, name: str, rules: Rules) -> Site:
        """Return another site of the portal: of the same people and log, with sessions of its own."""
        site = copy(self)
        site.rules, site.name, site.sites = rules, name, {}
        site.sessions = Sessions(self.log, self.world.clock, rules.idle_seconds, f"{name}:")
        return site

    def url(self, name: str) -> str:
        """Return the address of one of the portal's sites, blank the main one."""
        return self.world.addresses[self.portal.id][name]

    def session(self, request: Request) -> Session:
        """Return the request's session, a new one where it has none or one that has ended."""
        found: Session | None = request.scope["state"].get("session")
        if found is None or found.ended:
            found = self.sessions.start()
            request.scope["state"]["session"] = found
        return found

    def take(self, request: Request, session: Session) -> None:
        """Make ``session`` the request's own: its cookie goes out with the answer."""
        request.scope["state"]["session"] = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        scope["began"] = time.monotonic()
        if request.url.path.startswith("/static/"):
            await self._logged(request, None, receive, send)
            return
        cookie = request.cookies.get(self.rules.cookie)
        session = self.sessions.find(cookie)
        scope["state"] = {"session": session}
        user = session.user if session else None
        delay = self.world.latency_ms + (self.troubles.number(SLOW, user) or 0)
        if delay:
            await asyncio.sleep(delay / 1000)
        if session and not session.ended:
            self._count(session)
        if request.method not in SAFE and request.url.path not in self.rules.reading_posts:
            receive = await self._witness(request, user)
        await self._logged(request, cookie, receive, send)

    def _count(self, session: Session) -> None:
        """Count a page of a signed-in session, which may be its last; one that opens others outlives them."""
        self.sessions.touch(session)
        if session.entry and not self.sites:
            session.pages += 1
            limit = self.troubles.number(EXPIRE_AFTER, session.user)
            if limit is not None and session.pages > limit:
                self.sessions.end(session, "expired")

    async def _witness(self, request: Request, user: str | None) -> Receive:
        """Log an attempt to change something, and return its body to be read again."""
        body = await request.body()

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async with Request(request.scope, again).form() as form:
            fields: dict[str, Json] = {
                name: value.filename if isinstance(value, UploadFile) else _masked(name, value)
                for name, value in form.multi_items()
            }
        self.log.add(
            self.log.mutations, user=user, method=request.method, path=self._path(request), fields=fields
        )
        return again

    async def _logged(self, request: Request, cookie: str | None, receive: Receive, send: Send) -> None:
        """Answer, setting the cookie where the session is a new one, and log the request."""
        state = request.scope.setdefault("state", {})
        asked: Session | None = state.get("session")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                session: Session | None = state.get("session")
                if session and session.token != cookie:
                    crumb = f"{self.rules.cookie}={session.token}; Path=/; HttpOnly; SameSite=Lax"
                    message["headers"] = [*message["headers"], (b"set-cookie", crumb.encode())]
                if (told := self.world.clock.told) is not None:
                    now = formatdate(self.world.clock.wall() + told, usegmt=True)
                    message["headers"] = [*message["headers"], (b"date", now.encode())]
                shown = session or asked
                self.log.add(
                    self.log.requests,
                    method=request.method,
                    path=self._path(request),
                    query=request.url.query,
                    user=shown.user if shown else None,
                    session=shown.id if shown else None,
                    status=message["status"],
                    bytes=int(dict(message["headers"]).get(b"content-length", 0)),
                    ms=round((time.monotonic() - request.scope["began"]) * 1000, 1),
                )
            await send(message)

        notice = self._notice(request, asked)
        await (notice or self.pages.app)(request.scope, receive, sending)

    def _path(self, request: Request) -> str:
        """Return a path as the log has it: a further site's with its name."""
        return f"{self.name}:{request.url.path}" if self.name else request.url.path

    def _notice(self, request: Request, session: Session | None) -> Response | None:
        """Return the page that stands in for the whole site, if there is one now."""
        user = session.user if session else None
        for trouble, status in ((UNAVAILABLE, 503), (MAINTENANCE, 200)):
            if self.troubles.get(trouble, user) is not None and not request.url.path.startswith("/static/"):
                return HTMLResponse(self.pages.notices[trouble.name](), status)
        return None


def _masked(name: str, value: str) -> str:
    return "***" if "password" in name.lower() else value
