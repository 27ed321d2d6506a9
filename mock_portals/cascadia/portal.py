"""Cascadia's pages: sign-in ladder, eligibility, claims, and the things that change something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mock_portals.book import Book, ClaimFile, Line, Member, Stage, book
from mock_portals.cascadia import views, words
from mock_portals.cascadia.worklist import STRANGERS, unsent, worklist
from mock_portals.cast import Cast, Organization
from mock_portals.sessions import Session
from mock_portals.shown import Json, truth
from mock_portals.site import Pages, Portal, Rules, Site
from mock_portals.troubles import Trouble

HERE = Path(__file__).parent
PLANS = (
    ("Cascadia Choice 1500", "PPO", "Evergreen Network"),
    ("Cascadia Choice 3000", "PPO", "Evergreen Network"),
    ("Cascadia Primary Care HMO", "HMO", "Columbia Select"),
    ("Cascadia Mutual EPO Plus", "EPO", "Columbia Select"),
)
ROWS_A_PAGE = 10
LONGEST_RANGE = timedelta(days=366)

PASSWORD_EXPIRED = Trouble("password_expired", "after the password comes a page that asks for a new one")
PASSWORD_EXPIRES_SOON = Trouble(
    "password_expires_soon", "home says that the password expires in so many days", 5
)
TERMS = Trouble("terms", "changed terms of use have to be accepted after sign-in")
UNKNOWN_DIALOG = Trouble("unknown_dialog", "a dialog that nobody has seen before lies over home")
CHALLENGE = Trouble("challenge", "instead of the sign-in form comes a page for humans")
WRONG_PATIENT = Trouble(
    "wrong_patient",
    "eligibility results and claim details are another patient's (of the same name if there is one)",
)
STALE_ROWS = Trouble(
    "stale_rows",
    "a claims search shows the previous search's rows; value 'old': its criteria are echoed too, "
    "'missing': no criteria are echoed",
    "old",
)
COLUMN_SWAP = Trouble(
    "column_swap",
    "the headers Billed and Paid are swapped against the data; value 'lines', 'grid' or 'both'",
    "lines",
)
HEADER_RENAMED = Trouble(
    "header_renamed",
    "service lines say 'Plan payment' for 'Paid', all pages 'Subscriber no.' for 'Member ID'",
)
PAGE_COUNT = Trouble("page_count", "the stated number of claims is this much too high", 2)
LAYOUT_B = Trouble(
    "layout_b", "eligibility and claim detail in another mark-up and order, with the same labels"
)
TROUBLES = (
    PASSWORD_EXPIRED,
    PASSWORD_EXPIRES_SOON,
    TERMS,
    UNKNOWN_DIALOG,
    CHALLENGE,
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    LAYOUT_B,
)

GRID: tuple[str, ...] = (
    "Claim number",
    "Patient",
    "Account number",
    "Dates of service",
    "Billed",
    "Paid",
    "Status",
    "Actions",
)
LINES: tuple[str, ...] = (
    "Line",
    "From",
    "Through",
    "Procedure",
    "Modifiers",
    "Units",
    "Diagnosis",
    "Billed",
    "Allowed",
    "Deductible",
    "Copay",
    "Coinsurance",
    "Paid",
    "Codes",
)
FILTERS = ("memberId", "serviceFrom", "serviceTo", "claimNumber", "accountNumber")

Handler = Callable[[Request, Session], Awaitable[Response]]


class Elsewhere(Exception):
    """The person has to be on another page first."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass
class Desk:
    """What has been changed at the payer since the portal opened."""

    stages: dict[str, Stage] = field(default_factory=dict)
    disputes: dict[str, list[str]] = field(default_factory=dict)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    terms: set[str] = field(default_factory=set)
    listings: set[str] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)
    inquiries: int = 0


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _book(cast: Cast) -> Book:
    return book(cast, "cascadia", "CMH", PLANS)


class Cascadia:
    """The site's pages over its book, and what people have changed since it opened."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clock, self.gate, self.troubles = site.world.clock, site.gate, site.troubles
        self.cast = site.world.cast
        self.book = _book(self.cast)
        self._files = {file.number: file for file in self.book.claims}
        self.desk = Desk()
        self.app = Starlette(
            routes=self._routes(),
            exception_handlers={Elsewhere: self._elsewhere, HTTPException: self._refused},
        )

    def _routes(self) -> list[Route | Mount]:
        def door(path: str, handler: Handler, *methods: str) -> Route:
            async def endpoint(request: Request) -> Response:
                return await handler(request, self.site.session(request))

            return Route(path, endpoint, methods=list(methods or ("GET",)))

        def page(path: str, handler: Handler, *methods: str) -> Route:
            async def endpoint(request: Request) -> Response:
                return await handler(request, self._signed_in(request))

            return Route(path, endpoint, methods=list(methods or ("GET",)))

        return [
            Mount("/static", StaticFiles(directory=HERE / "static")),
            door("/", self.root),
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/challenge", self.challenge_sent, "POST"),
            door("/signin/code", self.code),
            door("/signin/code", self.code_sent, "POST"),
            door("/password/expired", self.expired),
            door("/password/expired", self.expired_sent, "POST"),
            door("/terms", self.terms),
            door("/terms", self.terms_sent, "POST"),
            door("/practice", self.practice),
            door("/practice", self.practice_sent, "POST"),
            door("/signout", self.signout),
            door("/signed-out", self.signed_out),
            door("/contact", self.contact_us),
            door("/announcement/close", self.announcement_closed, "POST"),
            door("/home", self.home),
            page("/directory/confirm", self.listing_sent, "POST"),
            page("/eligibility", self.eligibility),
            page("/eligibility", self.eligibility_sent, "POST"),
            page("/eligibility/results", self.eligibility_results),
            page("/members/{member}/pcp", self.pcp_sent, "POST"),
            page("/claims", self.claims),
            page("/claims/{claim}", self.claim),
            page("/claims/{claim}/dispute", self.dispute_sent, "POST"),
            page("/claims/{claim}/correct", self.correct_sent, "POST"),
            page("/claims/{claim}/documents", self.document_sent, "POST"),
            page("/resources", self.resources),
            page("/account", self.account),
            page("/account/contact", self.contact_sent, "POST"),
            page("/account/password", self.password_sent, "POST"),
        ]

    # Rendering and access

    def _page(self, session: Session | None, template: str, status: int = 200, **data: Any) -> Response:
        user = session.user if session and session.entry and not session.ended else None
        renames = self.troubles.get(HEADER_RENAMED, user) is not None
        defaults: dict[str, Any] = {
            "csrf": session.csrf if session else "",
            "user_name": self.gate.name(user) if user else None,
            "organization": session.notes.get("organization") if session and user else None,
            "layout_b": self.troubles.get(LAYOUT_B, user) is not None,
            "renamed": lambda label: "Subscriber no." if renames and label == "Member ID" else label,
            "active": "",
            "modal": None,
            "error": None,
        }
        html = _templates().get_template(template).render(defaults | data)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def notice(self, heading: str, message: str) -> str:
        """Return a page about the whole site, for nobody in particular."""
        body = self._page(None, "notice.html", heading=heading, message=message, link=None).body
        return bytes(body).decode()

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
        return self._page(None, "notice.html", error.status_code, heading=heading, message=message, link=link)

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
            return session, {"code": "/signin/code", "expired": "/password/expired"}[session.stage]
        if self.troubles.get(TERMS, session.user) is not None and session.user not in self.desk.terms:
            return session, "/terms"
        if "organization" not in session.notes:
            return session, "/practice"
        return session, None if session.notes.get("announced") else "/home"

    def _signed_in(self, request: Request) -> Session:
        session, step = self._step(request)
        if step:
            raise Elsewhere(step)
        return session

    def _at(self, request: Request, *steps: str | None) -> Session:
        session, step = self._step(request)
        if step not in steps:
            raise Elsewhere(step or "/home")
        return session

    async def _form(self, request: Request, session: Session) -> FormData:
        """Return the form where it carries the session's token."""
        form = await request.form()
        if form.get("_csrf") != session.csrf:
            raise HTTPException(403)
        return form

    # Sign-in ladder

    async def root(self, _request: Request, session: Session) -> Response:
        return RedirectResponse("/home" if session.entry else "/signin", 303)

    async def signin(self, request: Request, session: Session) -> Response:
        if self.troubles.get(CHALLENGE) is not None:
            return self._page(session, "challenge.html")
        timed_out = request.query_params.get("reason") == "timeout"
        return self._page(session, "signin.html", timed_out=timed_out)

    async def challenge_sent(self, _request: Request, session: Session) -> Response:
        return self._page(session, "challenge.html")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self._form(request, session)
        user = _field(form, "userId")
        if self.troubles.get(CHALLENGE, user) is not None:
            return self._page(session, "challenge.html")
        result = self.gate.password(user, _field(form, "password"), session.id)
        if result != "accepted":
            if self.gate.locked(user):
                return self._locked(session)
            error = "The user ID or password you entered is incorrect."
            return self._page(session, "signin.html", timed_out=False, error=error)
        expired = self.troubles.get(PASSWORD_EXPIRED, user) is not None and user not in self.desk.passwords
        self.site.take(request, self.site.sessions.renew(session, user, "expired" if expired else "code"))
        return RedirectResponse("/password/expired" if expired else "/signin/code", 303)

    def _locked(self, session: Session) -> Response:
        return self._page(
            session,
            "notice.html",
            heading="Your account is locked",
            message="There were too many attempts to sign in. Your practice's administrator or our provider "
            "line can unlock it.",
            link=("/contact", "Contact us"),
        )

    async def expired(self, request: Request, _session: Session) -> Response:
        return self._page(self._at(request, "/password/expired"), "password.html")

    async def expired_sent(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/password/expired")
        form = await self._form(request, session)
        if not _field(form, "newPassword") or _field(form, "newPassword") != _field(form, "againPassword"):
            return self._page(session, "password.html", error="The two passwords are not the same.")
        self.gate.set_password(session.user or "", _field(form, "newPassword"))
        self.desk.passwords.add(session.user or "")
        session.stage = "code"
        return RedirectResponse("/signin/code", 303)

    async def code(self, request: Request, _session: Session) -> Response:
        return self._page(self._at(request, "/signin/code"), "code.html")

    async def code_sent(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/signin/code")
        form = await self._form(request, session)
        user = session.user or ""
        if self.gate.code(user, _field(form, "code"), session.id) != "accepted":
            if self.gate.locked(user):
                self.site.sessions.end(session, "locked")
                return self._locked(session)
            return self._page(
                session, "code.html", error="That verification code is not valid or has expired."
            )
        self.site.sessions.open(session, "signed_in")
        return RedirectResponse("/practice", 303)

    async def terms(self, request: Request, _session: Session) -> Response:
        return self._page(self._at(request, "/terms"), "terms.html")

    async def terms_sent(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/terms")
        form = await self._form(request, session)
        if form.get("agree") == "yes":
            self.desk.terms.add(session.user or "")
        return RedirectResponse("/practice", 303)

    async def practice(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/practice", "/home", None)
        return self._page(session, "practice.html", choices=self.cast.organizations)

    async def practice_sent(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/practice", "/home", None)
        form = await self._form(request, session)
        chosen = next((o for o in self.cast.organizations if o.tin == form.get("tin")), None)
        if chosen is None:
            error = "Choose a tax ID to continue."
            return self._page(session, "practice.html", choices=self.cast.organizations, error=error)
        session.notes["organization"] = chosen
        return RedirectResponse("/home", 303)

    async def home(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/home", None)
        today = self.clock.today
        modal = None
        if not session.notes.get("announced"):
            modal = "announcement"
        elif (
            self.troubles.get(UNKNOWN_DIALOG, session.user) is not None
            and session.user not in self.desk.listings
        ):
            modal = "unknown"
        mine = [stage for _, stage in self._on_file(session)]
        counts = {
            "claims": len(mine),
            "waiting": sum(stage.status == "pended_provider_info" for stage in mine),
        }
        return self._page(
            session,
            "home.html",
            active="/home",
            modal=modal,
            counts=counts,
            today=today,
            as_of=views.last_night(self.clock.as_of),
            expires_days=self.troubles.number(PASSWORD_EXPIRES_SOON, session.user),
        )

    async def announcement_closed(self, request: Request, session: Session) -> Response:
        session = self._at(request, "/home", None)
        await self._form(request, session)
        session.notes["announced"] = True
        return RedirectResponse("/home", 303)

    async def signout(self, _request: Request, session: Session) -> Response:
        if session.entry:
            self.site.log.add(self.site.log.sign_outs, user=session.user, session=session.id)
        self.site.sessions.end(session, "signed_out")
        return RedirectResponse("/signed-out", 303)

    async def signed_out(self, _request: Request, _session: Session) -> Response:
        heading, message = "You have signed out", "Thank you for using Provider Connection."
        return self._page(
            None, "notice.html", heading=heading, message=message, link=("/signin", "Sign in again")
        )

    # Eligibility

    async def eligibility(self, _request: Request, session: Session) -> Response:
        asked = {"memberId": "", "birthDate": "", "serviceType": "30"}
        return self._eligibility_form(session, asked | {"serviceDate": f"{self.clock.today:%m/%d/%Y}"})

    def _eligibility_form(
        self, session: Session, asked: Mapping[str, str], error: str | None = None
    ) -> Response:
        return self._page(
            session,
            "eligibility_search.html",
            active="/eligibility",
            asked=asked,
            error=error,
            service_types=list(words.SERVICES.items()),
        )

    async def eligibility_sent(self, request: Request, session: Session) -> Response:
        form = await self._form(request, session)
        names = ("memberId", "birthDate", "serviceDate", "serviceType")
        asked = {name: _field(form, name) for name in names}
        asked["serviceDate"] = asked["serviceDate"] or f"{self.clock.today:%m/%d/%Y}"
        asked["serviceType"] = asked["serviceType"] or "30"
        day = _day(asked["serviceDate"])
        error = None
        if not asked["memberId"] or not asked["birthDate"]:
            error = "Enter the member ID and the date of birth."
        elif _day(asked["birthDate"]) is None:
            error = "Enter the date of birth as MM/DD/YYYY."
        elif day is None:
            error = "Enter the date of service as MM/DD/YYYY."
        elif abs(day - self.clock.today) > 2 * LONGEST_RANGE:
            error = "The date of service has to be within 24 months of today."
        elif asked["serviceType"] not in words.SERVICES:
            error = "Choose a service type."
        if error:
            return self._eligibility_form(session, asked, error)
        self.desk.inquiries += 1
        inquiry = f"EB-{self.desk.inquiries:06d}"
        session.notes.setdefault("inquiries", {})[inquiry] = asked
        return RedirectResponse(f"/eligibility/results?inquiry={inquiry}", 303)

    async def eligibility_results(self, request: Request, session: Session) -> Response:
        inquiry = request.query_params.get("inquiry", "")
        asked = session.notes.get("inquiries", {}).get(inquiry)
        if asked is None:
            raise HTTPException(404)
        data = {
            "active": "/eligibility",
            "inquiry": inquiry,
            "asked": asked,
            "service_type": asked["serviceType"],
            "service_words": words.SERVICES[asked["serviceType"]],
        }
        member = self.book.member(asked["memberId"])
        if member is None or member.patient.birth_date != _day(asked["birthDate"]):
            return self._page(session, "eligibility_none.html", **data)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self._another(member)
        shown = views.eligibility(member, member.on(self.clock.today), self.clock.as_of)
        return self._page(session, "eligibility_result.html", e=shown, **data)

    def _another(self, member: Member) -> Member:
        """Return somebody else: of the same name if there is one."""
        others = [other for other in self.book.members if other is not member]
        namesakes = [other for other in others if other.patient.name == member.patient.name]
        return (namesakes or others)[0]

    # Claims

    def _stage(self, file: ClaimFile, day: date) -> Stage | None:
        return self.desk.stages.get(file.number) or file.on(day)

    def _on_file(self, session: Session) -> list[tuple[ClaimFile, Stage]]:
        """Return the claims of the chosen tax id, newest days of service first."""
        chosen: Organization = session.notes["organization"]
        found = [
            (file, stage)
            for file in self.book.claims
            if file.organization == chosen and (stage := self._stage(file, self.clock.today))
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    async def claims(self, request: Request, session: Session) -> Response:
        asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
        data: dict[str, Any] = {"active": "/claims", "asked": asked, "searched": False}
        if not any(name in request.query_params for name in FILTERS):
            return self._page(session, "claims.html", **data)
        error = _search_error(asked)
        if error:
            return self._page(session, "claims.html", error=error, **data)
        found = [entry for entry in self._on_file(session) if _matches(entry[0], asked)]
        echoed: dict[str, str] | None = asked
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            # Another search of this session, or of somebody before it, comes out of the cache.
            other = self._another(found[0][0].member if found else self.book.members[0])
            old = {"memberId": other.member_id, "serviceFrom": "01/01/2026", "serviceTo": "11/15/2026"}
            before = session.notes.get("searched", dict.fromkeys(FILTERS, "") | old)
            found = [entry for entry in self._on_file(session) if _matches(entry[0], before)]
            echoed = None if stale == "missing" else before
        session.notes["searched"] = asked
        return self._page(
            session, "claims.html", **data | self._results(request, session, asked, echoed, found)
        )

    def _results(
        self,
        request: Request,
        session: Session,
        asked: dict[str, str],
        echoed: dict[str, str] | None,
        found: list[tuple[ClaimFile, Stage]],
    ) -> dict[str, Any]:
        pages = max(1, -(-len(found) // ROWS_A_PAGE))
        page = min(max(1, _number(request.query_params.get("page", "1"))), pages)
        first = (page - 1) * ROWS_A_PAGE
        rows = found[first : first + ROWS_A_PAGE]
        labels = ("Member ID", "Service date from", "Service date to", "Claim number", "Account number")
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        query = {name: value for name, value in asked.items() if value}
        return {
            "searched": True,
            "echo": [
                (label, echoed[name]) for label, name in zip(labels, FILTERS, strict=True) if echoed[name]
            ]
            if echoed
            else None,
            "as_of": views.last_night(self.clock.as_of),
            "rows": [_row(file, stage) for file, stage in rows],
            "headers": _swapped(GRID) if swapped else GRID,
            "first": first + 1,
            "last": first + len(rows),
            "total": len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            "page": page,
            "pages": [f"/claims?{urlencode(query | {'page': number})}" for number in range(1, pages + 1)],
        }

    def _file(self, request: Request, session: Session) -> tuple[ClaimFile, Stage]:
        file = self._files.get(request.path_params["claim"])
        stage = self._stage(file, self.clock.today) if file else None
        if file is None or stage is None or file.organization != session.notes["organization"]:
            raise HTTPException(404)
        return file, stage

    async def claim(self, request: Request, session: Session) -> Response:
        file, stage = self._file(request, session)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file, stage = self._another_claim(file, session)
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        headers = _swapped(LINES) if swapped else LINES
        if self.troubles.get(HEADER_RENAMED, session.user) is not None:
            headers = tuple("Plan payment" if header == "Paid" else header for header in headers)
        return self._page(
            session,
            "claim.html",
            active="/claims",
            c=views.claim(file, stage, self.clock.as_of),
            line_headers=headers,
            disputes=self.desk.disputes.get(file.number, []),
        )

    def _another_claim(self, file: ClaimFile, session: Session) -> tuple[ClaimFile, Stage]:
        others = [entry for entry in self._on_file(session) if entry[0].member != file.member]
        name = file.member.patient.name
        namesakes = [entry for entry in others if entry[0].member.patient.name == name]
        return (namesakes or others)[0]

    # What changes something at the payer

    async def dispute_sent(self, request: Request, session: Session) -> Response:
        file, _ = self._file(request, session)
        await self._form(request, session)
        disputes = self.desk.disputes.setdefault(file.number, [])
        disputes.append(f"Dispute {len(disputes) + 1} submitted on {self.clock.today:%m/%d/%Y}")
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def correct_sent(self, request: Request, session: Session) -> Response:
        file, stage = self._file(request, session)
        await self._form(request, session)
        lines = tuple(_unworked(line) for line in stage.lines)
        self.desk.stages[file.number] = Stage(stage.since, "in_process", lines)
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def document_sent(self, request: Request, session: Session) -> Response:
        file, stage = self._file(request, session)
        await self._form(request, session)
        self.desk.stages[file.number] = replace(stage, documents=stage.documents[1:])
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def pcp_sent(self, request: Request, session: Session) -> Response:
        await self._form(request, session)
        heading, message = "Your request was sent", "We will write to the member about the change."
        link = ("/eligibility", "Eligibility & benefits")
        return self._page(session, "notice.html", heading=heading, message=message, link=link)

    async def listing_sent(self, request: Request, session: Session) -> Response:
        await self._form(request, session)
        self.desk.listings.add(session.user or "")
        return RedirectResponse("/home", 303)

    async def contact_sent(self, request: Request, session: Session) -> Response:
        form = await self._form(request, session)
        self.desk.contacts[session.user or ""] = {name: _field(form, name) for name in ("phone", "email")}
        return self._account(session, "Your contact details are saved.")

    async def password_sent(self, request: Request, session: Session) -> Response:
        form = await self._form(request, session)
        user = session.user or ""
        if not _field(form, "newPassword") or not self.gate.has_password(user, _field(form, "oldPassword")):
            return self._account(session, "Your current password is not right.")
        self.gate.set_password(user, _field(form, "newPassword"))
        return self._account(session, "Your password is changed.")

    # Other pages

    async def account(self, _request: Request, session: Session) -> Response:
        return self._account(session, None)

    def _account(self, session: Session, message: str | None) -> Response:
        user = session.user or ""
        contact = self.desk.contacts.get(
            user, {"phone": "1-206-555-0117", "email": f"{user}@alderfinch.example"}
        )
        return self._page(session, "account.html", active="/account", contact=contact, message=message)

    async def resources(self, _request: Request, session: Session) -> Response:
        return self._page(session, "resources.html", active="/resources")

    async def contact_us(self, _request: Request, session: Session) -> Response:
        return self._page(session, "contact.html")

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day, from the book and not from the pages."""
        as_of = day - timedelta(days=1)
        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [_person(member) for member in self.book.members],
            "eligibilities": [
                truth(views.eligibility(member, member.on(day), as_of)) for member in self.book.members
            ],
            "claims": [
                truth(views.claim(file, stage, as_of))
                for file in self.book.claims
                if (stage := self._stage(file, day))
            ],
            "not_on_file": {
                "members": [_person(member) for member in STRANGERS],
                "claims": [
                    {"patient_account_number": account, "member_id": member.member_id}
                    for account, member in unsent(self.book)
                ],
            },
        }


def _person(member: Member) -> Json:
    return {
        "member_id": member.member_id,
        "last_name": member.patient.last,
        "first_name": member.patient.first,
        "birth_date": member.patient.birth_date.isoformat(),
    }


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _day(shown: str) -> date | None:
    try:
        return datetime.strptime(shown, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _number(shown: str) -> int:
    return int(shown) if shown.isdecimal() else 1


def _search_error(asked: Mapping[str, str]) -> str | None:
    """Return what is wrong with a claims search, in the site's words."""
    if asked["claimNumber"] or asked["accountNumber"]:
        return None
    if not (asked["memberId"] and asked["serviceFrom"] and asked["serviceTo"]):
        return "Enter a member ID and both service dates, or a claim number, or an account number."
    first, last = _day(asked["serviceFrom"]), _day(asked["serviceTo"])
    if first is None or last is None:
        return "Enter the service dates as MM/DD/YYYY."
    if last < first:
        return "The second service date is before the first."
    if last - first > LONGEST_RANGE:
        return "Service dates can span 12 months at most."
    return None


def _matches(file: ClaimFile, asked: Mapping[str, str]) -> bool:
    """Tell whether a claim is what the filters ask for; an account number may be a part of one."""
    first, last = _day(asked["serviceFrom"]), _day(asked["serviceTo"])
    return (
        (not asked["memberId"] or file.member.member_id == asked["memberId"])
        and (first is None or file.end >= first)
        and (last is None or file.start <= last)
        and (not asked["claimNumber"] or file.number == asked["claimNumber"])
        and asked["accountNumber"] in file.account
    )


def _row(file: ClaimFile, stage: Stage) -> dict[str, object]:
    dates = f"{file.start:%m/%d/%Y}"
    if file.end != file.start:
        dates += f" - {file.end:%m/%d/%Y}"
    return {
        "number": file.number,
        "patient": file.member.patient.name,
        "account": file.account,
        "dates": dates,
        "billed": words.money(stage.billed),
        "paid": views.paid(stage),
        "status": words.STATUS[stage.status],
    }


def _swapped(headers: tuple[str, ...]) -> tuple[str, ...]:
    other = {"Billed": "Paid", "Paid": "Billed"}
    return tuple(other.get(header, header) for header in headers)


def _unworked(line: Line) -> Line:
    return replace(line, allowed=None, deductible=0, copay=0, coinsurance=0, adjustments=(), remarks=())


def _open(site: Site) -> Pages:
    cascadia = Cascadia(site)
    return Pages(
        app=cascadia.app,
        truth=cascadia.truth,
        notices={
            "unavailable": lambda: cascadia.notice(
                "Service unavailable",
                "Provider Connection cannot be reached just now. Try again in a few minutes.",
            ),
            "maintenance": lambda: cascadia.notice(
                "Scheduled maintenance",
                "Provider Connection is down for scheduled maintenance. We expect to be "
                "back by 6 a.m. Pacific.",
            ),
        },
    )


PORTAL = Portal(
    id="cascadia",
    name="Cascadia Mutual Health Plan — Provider Connection",
    rules=Rules(
        cookie="cmhp_session",
        idle_seconds=15 * 60,
        attempts=3,
        reading_posts=frozenset(
            {"/signin", "/signin/code", "/practice", "/announcement/close", "/eligibility"}
        ),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: worklist(cast, _book(cast)),
)
