"""What portals whose pages are made on the server have in common: templates, doors, tokens, the ladder.

A portal's class has its own pages and says with ``ladder`` what comes after each stage of sign-in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mock_portals.book import Book, ClaimFile, Member
from mock_portals.sessions import Session
from mock_portals.shown import Json
from mock_portals.site import Pages, Site
from mock_portals.troubles import (
    CODE_REJECTED,
    HEADER_RENAMED,
    LAYOUT_B,
    LOCKED,
    PASSWORD_EXPIRED,
    PUSH,
    SIGNIN_TIMED_OUT,
    STEP,
    STRANGE,
    TERMS,
)

T = TypeVar("T")
Handler = Callable[[Request, Session], Awaitable[Response]]


class Elsewhere(Exception):
    """The person has to be on another page first."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@cache
def _templates(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@dataclass(frozen=True)
class Locked:
    """What a site says to somebody whose account it has locked."""

    heading: str
    message: str
    link: tuple[str, str] | None = None
    """Where the person can go from there: the address and what the link is called."""


@dataclass(frozen=True)
class Step:
    """A page that stands between password and home, and asks something of the person."""

    heading: str
    message: str
    button: str
    field: str = ""
    """The label of what is to be filled in."""
    later: str = ""
    """What the way round it is called, where there is one."""
    before: str = "signed_in"
    """The stage that it stands before: ``code`` or ``signed_in``."""


class Served(ABC):
    """A site's pages; what people have changed lasts until the next reset."""

    folder: ClassVar[Path]
    """Where ``templates`` and ``static`` are."""
    stages: ClassVar[Mapping[str, str]]
    """The page of each stage of sign-in that comes before the one of somebody signed in."""
    after_password: ClassVar[str]
    """The stage that follows a new password."""
    renames: ClassVar[Mapping[str, str]]
    """What labels become while HEADER_RENAMED is on."""
    locked: ClassVar[Mapping[str, Locked]] = {}
    """What it says to somebody whose account is shut, by why; the first is after too many tries."""
    steps: ClassVar[Mapping[str, Step]] = {}
    """The further steps of sign-in that it can ask for, by name."""
    strange: ClassVar[Step]
    """A page that nobody has seen before."""
    place: ClassVar[str] = "home"
    """What STRANGE calls the place before home."""
    wrong_code: ClassVar[str]
    """What a code that is not right is answered with."""
    expired_code: ClassVar[str] = ""
    """What one is answered with that is too old, where the site tells that apart."""
    goodbye: ClassVar[str]

    def __init__(self, site: Site, book: Book) -> None:
        self.site = site
        self.clock, self.gate, self.troubles = site.world.clock, site.gate, site.troubles
        self.cast = site.world.cast
        self.book = book
        self._files = {file.number: file for file in book.claims}
        self._terms: set[str] = set()
        self._passwords: set[str] = set()
        self._taken: set[tuple[str, str | None]] = set()
        self.app = Starlette(
            routes=[
                Mount("/static", StaticFiles(directory=self.folder / "static")),
                self.door("/", self.root),
                self.door("/password/expired", self.expired),
                self.door("/password/expired", self.expired_sent, "POST"),
                self.door("/terms", self.terms),
                self.door("/terms", self.terms_sent, "POST"),
                self.door("/step/{what}", self.step),
                self.door("/step/{what}", self.step_sent, "POST"),
                self.door("/whats-new", self.step),
                self.door("/signout", self.signout),
                self.door("/signed-out", self.signed_out),
                *self.routes(),
            ],
            exception_handlers={Elsewhere: self._elsewhere, HTTPException: self._refused},
        )

    @abstractmethod
    def routes(self) -> Iterable[Route]:
        """Return the portal's own pages."""

    @abstractmethod
    def ladder(self, session: Session) -> str | None:
        """Return the page that somebody signed in has to see next, if any."""

    def door(self, path: str, handler: Handler, *methods: str) -> Route:
        """Return a page for everybody."""

        async def endpoint(request: Request) -> Response:
            session = self.site.session(request)
            if (path, request.method) == ("/signin", "GET") and self.troubles.get(STRANGE) == "door":
                return self._show_step(session, "strange", self.strange)
            return await handler(request, session)

        return Route(path, endpoint, methods=list(methods or ("GET",)))

    def page(self, path: str, handler: Handler, *methods: str) -> Route:
        """Return a page for those who are signed in and through the ladder."""

        async def endpoint(request: Request) -> Response:
            session, step = self._step(request)
            if step:
                raise Elsewhere(step)
            return await handler(request, session)

        return Route(path, endpoint, methods=list(methods or ("GET",)))

    # Rendering and access

    def show(self, session: Session | None, template: str, status: int = 200, **data: Any) -> Response:
        """Return a page."""
        user = session.user if session and session.entry and not session.ended else None
        renames = self.renames if self.troubles.get(HEADER_RENAMED, user) is not None else {}
        defaults: dict[str, Any] = {
            "csrf": session.csrf if session else "",
            "user_name": self.gate.name(user) if user else None,
            "organization": session.notes.get("organization") if session and user else None,
            "layout_b": self.troubles.get(LAYOUT_B, user) is not None,
            "renamed": lambda label: renames.get(label, label),
            "active": "",
            "modal": None,
            "error": None,
            "link": None,
            "step": None,
        }
        html = _templates(self.folder / "templates").get_template(template).render(defaults | data)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def notice(self, heading: str, message: str) -> str:
        """Return a page about the whole site, for nobody in particular."""
        body = self.show(None, "notice.html", heading=heading, message=message, link=None).body
        return bytes(body).decode()

    def pages(
        self, truth: Callable[[date], Json], unavailable: tuple[str, str], maintenance: tuple[str, str]
    ) -> Pages:
        """Return the pages as the kit wants them; the notices are headings and messages."""
        notices = {
            "unavailable": lambda: self.notice(*unavailable),
            "maintenance": lambda: self.notice(*maintenance),
        }
        return Pages(app=self.app, truth=truth, notices=notices)

    async def _elsewhere(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, Elsewhere)
        return RedirectResponse(error.url, 303)

    async def _refused(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        heading, message = {
            403: ("We could not verify your request", "Go back, reload the page and try again."),
            404: ("Page not found", "The page you asked for does not exist or is not yours to see."),
            405: ("Page not found", "That cannot be done here."),
        }[error.status_code]
        link = ("/home", "Provider home")
        return self.show(None, "notice.html", error.status_code, heading=heading, message=message, link=link)

    def _step(self, request: Request) -> tuple[Session, str | None]:
        """Return the session and the page of the sign-in ladder that it has to see next, if any."""
        session: Session | None = request.scope["state"].get("session")
        if session is None or session.stage == "anonymous":
            raise Elsewhere("/signin")
        if session.ended in ("timed_out", "expired"):
            raise Elsewhere("/signin?reason=timeout")
        if session.ended:
            raise Elsewhere("/signin")
        if session.stage != "signed_in":
            return session, self._further(session) or self.stages[session.stage]
        if self.terms_changed(session.user):
            return session, "/terms"
        return session, self._further(session) or self.ladder(session)

    def at(self, request: Request, *steps: str | None) -> Session:
        """Return the session of somebody who has to be on one of these pages now."""
        session, step = self._step(request)
        if step not in steps:
            raise Elsewhere(step or "/home")
        return session

    async def form(self, request: Request, session: Session) -> FormData:
        """Return the form where it carries the session's token."""
        form = await request.form()
        if form.get("_csrf") != session.csrf:
            raise HTTPException(403)
        if "password" in form and self.troubles.get(SIGNIN_TIMED_OUT) is not None:
            raise Elsewhere("/signin?reason=timeout")
        return form

    # The ladder that all have

    async def root(self, _request: Request, session: Session) -> Response:
        return RedirectResponse("/home" if session.entry else "/signin", 303)

    def password_expired(self, user: str) -> bool:
        """Tell whether the user has to choose a new password now."""
        return self.troubles.get(PASSWORD_EXPIRED, user) is not None and user not in self._passwords

    async def expired(self, request: Request, _session: Session) -> Response:
        return self.show(self.at(request, "/password/expired"), "password.html")

    async def expired_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/password/expired")
        form = await self.form(request, session)
        if not entered(form, "newPassword") or entered(form, "newPassword") != entered(form, "againPassword"):
            return self.show(session, "password.html", error="The two passwords are not the same.")
        self.gate.set_password(session.user or "", entered(form, "newPassword"))
        self._passwords.add(session.user or "")
        self.admit(session)
        return RedirectResponse(self.stages.get(session.stage, "/home"), 303)

    def admit(self, session: Session) -> None:
        """Let somebody whose password is right go on to the next stage."""
        if self.after_password == "signed_in":
            self.site.sessions.open(session, "signed_in")
        session.stage = self.after_password

    def show_locked(self, session: Session, user: str) -> Response:
        """Return what somebody sees whose account is locked, disabled or gone."""
        why = self.troubles.get(LOCKED, user)
        said = self.locked[str(why)] if why is not None else next(iter(self.locked.values()))
        return self.show(session, "notice.html", heading=said.heading, message=said.message, link=said.link)

    def refused_code(self, user: str) -> str:
        """Return what the user's code is answered with, which is not right or is too old."""
        return self.expired_code if self.troubles.get(CODE_REJECTED, user) == "expired" else self.wrong_code

    def _further(self, session: Session) -> str | None:
        """Return the page of a further step that the session's user has to take now, if any."""
        place = self.place if session.stage == "signed_in" else session.stage
        match self.troubles.get(STRANGE, session.user):
            case "elsewhere" if place == "home":
                return "/whats-new"
            case strange if strange == place:
                return "/step/strange"
        what = self.troubles.get(STEP, session.user)
        step = self.steps.get(str(what))
        if step is None or step.before != session.stage or (str(what), session.user) in self._taken:
            return None
        return f"/step/{what}"

    def _show_step(self, session: Session, what: str, step: Step) -> Response:
        return self.show(
            session,
            "notice.html",
            heading=step.heading,
            message=step.message,
            step=step,
            action=f"/step/{what}",
        )

    async def step(self, request: Request, _session: Session) -> Response:
        session, what = self.at(request, request.url.path), request.path_params.get("what", "strange")
        return self._show_step(session, what, self.steps.get(what, self.strange))

    async def step_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, request.url.path)
        await self.form(request, session)
        self._taken.add((request.path_params["what"], session.user))
        return RedirectResponse(self.stages.get(session.stage, "/home"), 303)

    async def code(self, request: Request, _session: Session) -> Response:
        return self.show(self.at(request, "/signin/code"), "code.html")

    async def code_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/signin/code")
        form, user = await self.form(request, session), session.user or ""
        if self.gate.code(user, entered(form, "code"), session.id) != "accepted":
            if self.gate.locked(user):
                self.site.sessions.end(session, "locked")
                return self.show_locked(session, user)
            return self.show(session, "code.html", error=self.refused_code(user))
        self.site.sessions.open(session, "signed_in")
        return RedirectResponse(self.ladder(session) or "/home", 303)

    def ask_phone(self, session: Session, sender: str) -> Response:
        """Let the app on the phone ask whoever gave the right password."""
        session.stage = "push"
        self.site.approvals.ask(session.user or "", session.id, sender)
        if (state := self.troubles.get(PUSH, session.user)) in ("rejected", "expired"):
            self.site.approvals.end(session.id, str(state))
        return RedirectResponse(self.stages["push"], 303)

    async def approve(self, request: Request, _session: Session) -> Response:
        session = self.at(request, self.stages["push"])
        state = self.site.approvals.state(session.id)
        if state == "waiting":
            shown = self.show(session, "approve.html", number=self.site.approvals.number(session.id))
            shown.headers["Refresh"] = "2"
            return shown
        if state == "accepted":
            self.site.sessions.open(session, "signed_in")
            return RedirectResponse(self.ladder(session) or "/home", 303)
        self.site.sessions.end(session, "refused")
        if self.gate.locked(session.user or ""):
            return self.show_locked(session, session.user or "")
        message = {
            "rejected": "The sign-in was refused in the app on your phone.",
            "expired": "Nobody approved the sign-in in the app within two minutes.",
        }[state]
        link = ("/signin", "Back to sign-in")
        return self.show(None, "notice.html", heading="Sign-in not approved", message=message, link=link)

    def terms_changed(self, user: str | None) -> bool:
        """Tell whether the user has to accept changed terms now."""
        return self.troubles.get(TERMS, user) is not None and user not in self._terms

    async def terms(self, request: Request, _session: Session) -> Response:
        return self.show(self.at(request, "/terms"), "terms.html")

    async def terms_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/terms")
        form = await self.form(request, session)
        if form.get("agree") == "yes":
            self._terms.add(session.user or "")
        return RedirectResponse(self.ladder(session) or "/home", 303)

    async def signout(self, _request: Request, session: Session) -> Response:
        if session.entry:
            self.site.log.add(self.site.log.sign_outs, user=session.user, session=session.id)
        self.site.sessions.end(session, "signed_out")
        return RedirectResponse("/signed-out", 303)

    async def signed_out(self, _request: Request, _session: Session) -> Response:
        link = ("/signin", "Sign in again")
        return self.show(None, "notice.html", heading="You have signed out", message=self.goodbye, link=link)

    # Somebody else

    def another(self, member: Member) -> Member:
        """Return somebody else: of the same name if there is one."""
        others = [other for other in self.book.members if other is not member]
        namesakes = [other for other in others if other.patient.name == member.patient.name]
        return (namesakes or others)[0]

    def another_claim(self, file: ClaimFile, files: Iterable[ClaimFile]) -> ClaimFile:
        """Return a claim of somebody else: of the same name if there is one."""
        others = [other for other in files if other.member != file.member]
        name = file.member.patient.name
        return next((other for other in others if other.member.patient.name == name), others[0])


def entered(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def us_day(shown: str) -> date | None:
    try:
        return datetime.strptime(shown, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def page_number(shown: str) -> int:
    return int(shown) if shown.isdecimal() else 1


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """One page of a list: its rows, the numbers of the first and last of them, and its own of how many."""

    rows: Sequence[T]
    first: int
    last: int
    page: int
    pages: int


def sheet(found: Sequence[T], asked: str, rows: int) -> Sheet[T]:
    """Return the page that is asked for, so many rows a page; the last one where there are not so many."""
    pages = max(1, -(-len(found) // rows))
    page = min(max(1, page_number(asked)), pages)
    first = (page - 1) * rows
    shown = found[first : first + rows]
    return Sheet(shown, first + 1, first + len(shown), page, pages)


def person(member: Member) -> dict[str, Json]:
    """Return a member as the truth's lists of people tell one."""
    return {
        "member_id": member.member_id,
        "last_name": member.patient.last,
        "first_name": member.patient.first,
        "birth_date": member.patient.birth_date.isoformat(),
    }


def exchanged(headers: Sequence[str], one: str, other: str) -> tuple[str, ...]:
    """Return headers with two of them in each other's place."""
    places = {one: other, other: one}
    return tuple(places.get(header, header) for header in headers)
