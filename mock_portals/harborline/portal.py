"""Harborline's site: documents for the shell and its applications, and the JSON calls behind them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mock_portals.authorizations import Authorization, authorizations, of
from mock_portals.book import Book, ClaimFile, Member, Stage, book
from mock_portals.cast import Cast, Organization, Patient
from mock_portals.harborline import doors, views
from mock_portals.harborline.views import Block, View
from mock_portals.harborline.words import (
    PAYERS,
    REGIONS,
    REMIT,
    REMITTANCES,
    REVIEWS,
    SERVICES,
    Payer,
    Tab,
)
from mock_portals.remits import Remit, remits
from mock_portals.served import Step, page_number, person
from mock_portals.sessions import Session
from mock_portals.shown import Json, Leaf, text, truth
from mock_portals.site import Pages, Portal, Rules, Site
from mock_portals.troubles import (
    CODE_REJECTED,
    COLUMN_SWAP,
    HEADER_RENAMED,
    LAYOUT_B,
    LOCKED,
    PAGE_COUNT,
    PASSWORD_EXPIRED,
    SIGNIN_TIMED_OUT,
    STALE_ROWS,
    STEP,
    STRANGE,
    TERMS,
    WRONG_PATIENT,
    Trouble,
)
from mock_portals.worklist.rows import Export, strangers

FOLDER = Path(__file__).parent
PLANS = (
    ("Lantern 1500", "PPO", "Harborwide"),
    ("Lantern 3000", "PPO", "Harborwide"),
    ("Neighborhood Select", "HMO", "Neighborhood"),
    ("Compass Open", "EPO", "Compass"),
)
APPS = {
    "eligibility": "Eligibility and Benefits",
    "claims": "Claim Status",
    "remittances": "Remittance Viewer",
    "authorizations": "Authorizations and Referrals",
}
TURN = 10
"""Claims on a page of a list that is paged."""

STILL_WORKING = Trouble("still_working", "a payer's answer is there only after so many askings", 8)
PAYER_DOWN = Trouble("payer_down", "the payer behind the hub does not answer")
SURVEY = Trouble("survey", "a survey stands over the application when it is opened")
UNKNOWN_DIALOG = Trouble("unknown_dialog", "a dialog that nobody knows stands over the application")
SILENT_EXPIRY = Trouble(
    "silent_expiry", "the session has ended and searches come back empty, without a word about it"
)
NO_ROLE = Trouble("no_role", "the account has no right to the applications")
NEW_WORD = Trouble("new_word", "claims carry a status that no one has seen before", "Routed to desk 9")
DROPPED_DIGITS = Trouble("dropped_digits", "date fields lose the last digit that is typed")
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    CODE_REJECTED,
    SIGNIN_TIMED_OUT,
    STEP.of(*doors.STEPS),
    STRANGE.of("door", "code", "home"),
    PASSWORD_EXPIRED,
    TERMS,
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    LAYOUT_B,
    STILL_WORKING,
    PAYER_DOWN,
    SURVEY,
    UNKNOWN_DIALOG,
    SILENT_EXPIRY,
    NO_ROLE,
    NEW_WORD,
    DROPPED_DIGITS,
)
DOWN = "The payer's system cannot respond at this time (42). Please try again later."
OPEN_POSTS = frozenset(
    {
        "/api/sign-in",
        "/api/sign-in/method",
        "/api/sign-in/code",
        "/api/sign-out",
        "/api/region",
        "/api/eligibility",
        "/api/claims",
        "/api/remittances",
        "/api/authorizations",
    }
)
"""POSTs that change nothing."""


@dataclass(frozen=True)
class Inquiry:
    """What was asked, of whom, for whom."""

    kind: str
    payer: Payer
    organization: Organization
    tab: Tab
    asked: Mapping[str, str]
    number: str


@dataclass
class Working:
    """An inquiry that is still with the payer."""

    inquiry: Inquiry
    left: int


@dataclass
class Desk:
    """What a session remembers: its region and its inquiries."""

    region: str = REGIONS[0]
    working: dict[str, Working] = field(default_factory=dict)
    before: dict[str, Inquiry] = field(default_factory=dict)


def payer_of(patient: Patient) -> Payer:
    """Return who insures a patient as far as the practice knows; families stay together."""
    return PAYERS[patient.family % len(PAYERS)]


@cache
def _books(cast: Cast) -> dict[str, Book]:
    """Return each payer's files."""
    return {p.id: book(cast, f"harborline {p.id}", p.prefix, PLANS, "H") for p in PAYERS}


@cache
def _reviews_of(cast: Cast) -> dict[str, tuple[Authorization, ...]]:
    """Return each payer's service reviews."""
    books = _books(cast)
    return {p.id: authorizations(cast, f"harborline {p.id}", books[p.id]) for p in PAYERS}


@cache
def _export(cast: Cast) -> Export:
    """Return the practice's own rows: each patient at one payer."""
    books = _books(cast)
    members = tuple(books[payer_of(patient).id].members[place] for place, patient in enumerate(cast.patients))
    known = {member.member_id for member in members}
    files: dict[str, ClaimFile] = {}
    for found in books.values():
        own = [file for file in found.claims if file.worklist and file.member.member_id in known]
        for file in own:
            files.setdefault(file.account, file)
    return Export(
        cast,
        Book(members, tuple(files.values())),
        lambda member: payer_of(member.patient).name,
        strangers("HX"),
        "H",
        ("H", "J"),
        folder="harborline",
        most=16,
    )


Handler = Callable[[Request, Session], Awaitable[Response]]


class Harborline:
    """The site's documents and calls, over each payer's files."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clock, self.gate, self.troubles = site.world.clock, site.gate, site.troubles
        self.cast = site.world.cast
        self.books = _books(self.cast)
        self._terms: set[str] = set()
        self._passwords: set[str] = set()
        self._taken: set[tuple[str, str | None]] = set()
        self._regions: dict[str, str] = {}
        self._trusted: set[str] = set()
        self._count = 0
        self.app = Starlette(
            routes=[
                Mount("/static", StaticFiles(directory=FOLDER / "static")),
                Route("/", self.root),
                Route("/signin", self.document("signin")),
                Route("/home", self.document("shell")),
                Route("/signout", self.signout),
                Route("/signed-out", self.document("signedout")),
                Route("/apps/{app}", self.application),
                self.call("/api/me", self.me, open_to_all=True),
                self.call("/api/sign-in", self.password, "POST", open_to_all=True),
                self.call("/api/sign-in/method", self.method, "POST", open_to_all=True),
                self.call("/api/sign-in/code", self.code, "POST", open_to_all=True),
                self.call("/api/sign-in/trust", self.trust, "POST", open_to_all=True),
                self.call("/api/sign-in/password", self.new_password, "POST", open_to_all=True),
                self.call("/api/sign-in/terms", self.accept, "POST", open_to_all=True),
                self.call("/api/sign-in/step", self.step_taken, "POST", open_to_all=True),
                self.call("/api/sign-out", self.sign_out, "POST", open_to_all=True),
                self.call("/api/region", self.region, "POST"),
                self.call("/api/organizations", self.organizations),
                self.call("/api/payers", self.payers),
                self.call("/api/forms/{app}", self.form),
                self.call("/api/eligibility", self.ask("eligibility"), "POST"),
                self.call("/api/claims", self.ask("claims"), "POST"),
                self.call("/api/remittances", self.ask("remittances"), "POST"),
                self.call("/api/authorizations", self.ask("authorizations"), "POST"),
                self.call("/api/inquiries/{inquiry}", self.inquiry),
                self.call("/api/remittances/{remit}", self.remit),
                self.call("/api/claims/{claim}", self.claim),
                self.call("/api/claims/{claim}/dispute", self.changed, "POST"),
                self.call("/api/claims/{claim}/attachments", self.changed, "POST"),
                self.call("/api/authorizations/{review}/extend", self.changed, "POST"),
                self.call("/api/survey", self.changed, "POST"),
            ],
            exception_handlers={HTTPException: self._refused},
        )

    def on(self, trouble: Trouble, session: Session | None = None) -> Json:
        """Return the value of a trouble where it is on for the session's user."""
        return self.troubles.get(trouble, session.user if session else None)

    # Documents

    async def root(self, _request: Request) -> Response:
        return RedirectResponse("/home", 303)

    def document(self, app: str) -> Callable[[Request], Awaitable[Response]]:
        """Return the page of the bundle's part with this name."""

        async def endpoint(request: Request) -> Response:
            found: Session | None = request.scope["state"].get("session")
            if app == "shell" and (found is None or found.ended or found.stage != "signed_in"):
                timed_out = found is not None and found.ended in ("timed_out", "expired")
                return RedirectResponse(f"/signin{'?reason=timeout' if timed_out else ''}", 303)
            self.site.session(request)
            if app == "signin" and self.on(STRANGE) == "door":
                return HTMLResponse(_notice(doors.STRANGE.heading, doors.STRANGE.message))
            return HTMLResponse(_page(app, "Harborline Provider Exchange"))

        return endpoint

    async def signout(self, request: Request) -> Response:
        await self.sign_out(request, self.site.session(request))
        return RedirectResponse("/signed-out", 303)

    async def application(self, request: Request) -> Response:
        app = request.path_params["app"]
        if app not in APPS:
            return HTMLResponse(_notice("Not here", "There is no such application."), 404)
        return HTMLResponse(_page(app, APPS[app]))

    def notice(self, heading: str, message: str) -> str:
        """Return a page about the whole site."""
        return _notice(heading, message)

    # Calls

    def call(self, path: str, handler: Handler, *methods: str, open_to_all: bool = False) -> Route:
        """Return a call that answers JSON; those that are not for all want a session that is signed in."""

        async def endpoint(request: Request) -> Response:
            found: Session | None = request.scope["state"].get("session")
            if open_to_all:
                return await handler(request, self.site.session(request))
            searching = "POST" in methods and path in OPEN_POSTS and path != "/api/region"
            if found is not None and searching and self.on(SILENT_EXPIRY, found) is not None:
                self.site.sessions.end(found, "expired")
                return JSONResponse({"quiet": True}, 401)
            if found is None or found.ended or found.stage != "signed_in":
                timed_out = found is not None and found.ended in ("timed_out", "expired")
                return JSONResponse({"reason": "timeout" if timed_out else "signin"}, 401)
            return await handler(request, found)

        return Route(path, endpoint, methods=list(methods or ("GET",)))

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"message": "That is not here."}, error.status_code)
        return HTMLResponse(_notice("Page not found", "There is no such page."), error.status_code)

    def _desk(self, session: Session) -> Desk:
        if "desk" not in session.notes:
            session.notes["desk"] = Desk(self._regions.get(session.user or "", REGIONS[0]))
        desk = session.notes["desk"]
        assert isinstance(desk, Desk)
        return desk

    # Sign-in

    def _next(self, session: Session) -> str:
        """Return what somebody whose password is right has to do next."""
        if self._further(session) is not None:
            return "step"
        if session.stage in ("method", "code"):
            return session.stage
        if self.on(PASSWORD_EXPIRED, session) is not None and session.user not in self._passwords:
            return "password"
        if self.on(TERMS, session) is not None and session.user not in self._terms:
            return "terms"
        return "home" if session.stage == "signed_in" else "signin"

    def _step(self, session: Session) -> Response:
        if session.stage == "verified" and self._next(session) == "signin":
            self.site.sessions.open(session, "signed_in")
        further = self._further(session)
        return JSONResponse({"next": self._next(session)} | ({"step": asdict(further)} if further else {}))

    def _further(self, session: Session) -> Step | None:
        """Return the further step that comes before the session's stage, if any."""
        strange = {"method": "code", "verified": "home"}.get(session.stage)
        if strange is not None and self.on(STRANGE, session) == strange:
            return doors.STRANGE
        what = self.on(STEP, session)
        step = doors.STEPS.get(str(what))
        here = step is not None and step.before == session.stage
        return step if here and (str(what), session.user) not in self._taken else None

    async def step_taken(self, _request: Request, session: Session) -> Response:
        self._taken.add((str(self.on(STEP, session)), session.user))
        return self._step(session)

    async def me(self, _request: Request, session: Session) -> Response:
        if session.stage != "signed_in" or session.ended:
            return JSONResponse({"reason": "signin"}, 401)
        user = session.user or ""
        dialogs = [
            name for name, one in (("survey", SURVEY), ("unknown", UNKNOWN_DIALOG)) if self.on(one, session)
        ]
        return JSONResponse(
            {
                "name": self.gate.name(user),
                "region": self._desk(session).region,
                "regions": REGIONS,
                "apps": {} if self.on(NO_ROLE, session) is not None else APPS,
                "dialogs": dialogs,
                "today": self.clock.today.isoformat(),
            }
        )

    async def password(self, request: Request, session: Session) -> Response:
        asked = await _body(request)
        if self.on(SIGNIN_TIMED_OUT) is not None:
            return JSONResponse({"reason": "timeout"}, 401)
        user = asked.get("userId", "").strip()
        if self.gate.password(user, asked.get("password", ""), session.id) != "accepted":
            return self._turned_away(user, "The user ID or password you entered does not match our records.")
        session = self.site.sessions.renew(session, user, "method")
        self.site.take(request, session)
        if request.cookies.get("hbl_device") in self._trusted:
            session.stage = "verified"
        return self._step(session)

    def _turned_away(self, user: str, message: str) -> Response:
        if not self.gate.locked(user):
            return JSONResponse({"message": message}, 401)
        said = doors.LOCKED[str(self.troubles.get(LOCKED, user) or "tries")]
        return JSONResponse({"message": said.message, "locked": said.heading}, 401)

    async def method(self, request: Request, session: Session) -> Response:
        asked = await _body(request)
        if session.stage not in ("method", "code") or asked.get("method") != "authenticator":
            return JSONResponse({"message": "This way to verify is not set up for you."}, 400)
        session.stage = "code"
        return self._step(session)

    async def code(self, request: Request, session: Session) -> Response:
        asked = await _body(request)
        if session.stage != "code":
            return JSONResponse({"next": "signin"})
        user = session.user or ""
        if self.gate.code(user, asked.get("code", ""), session.id) != "accepted":
            if self.gate.locked(user):
                self.site.sessions.end(session, "locked")
            return self._turned_away(user, "That code is not valid. Codes are six digits and work once.")
        session.stage = "verified"
        return self._step(session)

    async def trust(self, _request: Request, session: Session) -> Response:
        response = self._step(session)
        device = f"d{len(self._trusted) + 1}-{session.id}"
        self._trusted.add(device)
        response.set_cookie("hbl_device", device, httponly=True, samesite="lax")
        return response

    async def new_password(self, request: Request, session: Session) -> Response:
        asked = await _body(request)
        if session.stage != "verified" or not asked.get("password"):
            return JSONResponse({"message": "Choose another password."}, 400)
        self.gate.set_password(session.user or "", asked["password"])
        self._passwords.add(session.user or "")
        return self._step(session)

    async def accept(self, _request: Request, session: Session) -> Response:
        self._terms.add(session.user or "")
        return self._step(session)

    async def sign_out(self, _request: Request, session: Session) -> Response:
        if session.entry:
            self.site.log.add(self.site.log.sign_outs, user=session.user, session=session.id)
        self.site.sessions.end(session, "signed_out")
        return JSONResponse({"next": "signed-out"})

    async def region(self, request: Request, session: Session) -> Response:
        wanted = (await _body(request)).get("region", "")
        if wanted in REGIONS:
            self._desk(session).region = wanted
            self._regions[session.user or ""] = wanted
        return JSONResponse({"region": self._desk(session).region})

    # Pickers and forms

    async def organizations(self, request: Request, _session: Session) -> Response:
        typed = request.query_params.get("q", "").casefold()
        shown = [{"name": one.name, "label": f"{one.name} ({one.tin})"} for one in self.cast.organizations]
        return JSONResponse([one for one in shown if typed in one["label"].casefold()])

    async def payers(self, request: Request, session: Session) -> Response:
        typed = request.query_params.get("q", "").casefold()
        here = [one for one in PAYERS if one.region == self._desk(session).region]
        return JSONResponse(
            [{"label": one.name, "id": one.id} for one in here if typed in one.name.casefold()]
        )

    async def form(self, request: Request, session: Session) -> Response:
        payer = self._payer(request.query_params.get("payer", ""), session)
        app = request.path_params["app"]
        return JSONResponse(
            {
                "banner": payer.banner,
                "dates": payer.dates if app in ("eligibility", "claims") else "sections",
                "dropsDigits": self.on(DROPPED_DIGITS, session) is not None,
                "tabs": [
                    {
                        "name": tab.name,
                        "fields": [
                            {"name": name, "label": label, "required": name not in tab.optional}
                            for name, label in tab.fields.items()
                        ],
                    }
                    for tab in _tabs(app, payer)
                ],
                "services": [
                    {"id": short, "label": f"{short} - {words}"} for short, words in SERVICES.items()
                ],
                "results": payer.results if app in ("eligibility", "claims") else "roles",
                "layoutB": self.on(LAYOUT_B, session) is not None,
            }
        )

    def _payer(self, payer_id: str, session: Session) -> Payer:
        region = self._desk(session).region
        found = [one for one in PAYERS if one.id == payer_id and one.region == region]
        if not found:
            raise HTTPException(404)
        return found[0]

    # Inquiries

    def ask(self, kind: str) -> Handler:
        """Return the call that sends an inquiry to a payer."""

        async def endpoint(request: Request, session: Session) -> Response:
            asked = await _body(request)
            payer = self._payer(asked.get("payer", ""), session)
            organization = next(
                (one for one in self.cast.organizations if one.name == asked.get("organization")), None
            )
            tab = next((one for one in _tabs(kind, payer) if one.name == asked.get("tab")), None)
            if organization is None or tab is None:
                raise HTTPException(404)
            missing = [
                label
                for name, label in tab.fields.items()
                if not asked.get(name) and name not in tab.optional
            ]
            if missing:
                return JSONResponse({"message": f"{missing[0]} is required."}, 422)
            self._count += 1
            number = f"HBL{self.clock.today:%y%m%d}{self._count:06d}"
            inquiry = Inquiry(kind, payer, organization, tab, asked, number)
            polls = self.troubles.number(STILL_WORKING, session.user)
            working = Working(inquiry, payer.polls if polls is None else polls)
            self._desk(session).working[number] = working
            return self._answer(session, working)

        return endpoint

    async def inquiry(self, request: Request, session: Session) -> Response:
        working = self._desk(session).working.get(request.path_params["inquiry"])
        if working is None:
            raise HTTPException(404)
        working.left -= 1
        return self._answer(session, working, page_number(request.query_params.get("page", "1")))

    def _answer(self, session: Session, working: Working, page: int = 1) -> Response:
        inquiry = working.inquiry
        if working.left > 0:
            return JSONResponse({"id": inquiry.number}, 202)
        match inquiry.kind:
            case "eligibility":
                answer = self._coverage(session, inquiry)
            case "remittances":
                answer = self._payments(session, inquiry)
            case "authorizations":
                answer = self._reviews(session, inquiry)
            case _:
                answer = self._list(session, inquiry, page)
        return JSONResponse(answer)

    def _echo(self, inquiry: Inquiry) -> list[list[str]]:
        """Return what was asked, as the payer's pages repeat it."""
        payer, shown = inquiry.payer, []
        for name, label in inquiry.tab.fields.items():
            words = inquiry.asked.get(name, "")
            day = _day(words)
            if words:
                shown.append([label, str(payer.day(day)) if day else words])
        return [
            ["Payer", payer.name],
            ["Organization", inquiry.organization.name],
            ["Tax ID", inquiry.organization.tin],
            *shown,
            ["Transaction ID", inquiry.number],
        ]

    def _said(self, inquiry: Inquiry, words: str, severity: str = "warning") -> dict[str, Any]:
        return {"echo": self._echo(inquiry), "alert": {"severity": severity, "words": words}, "blocks": []}

    def _trouble(self, session: Session, inquiry: Inquiry) -> dict[str, Any] | None:
        if self.on(PAYER_DOWN, session) is not None:
            return self._said(inquiry, DOWN, "error")
        member = self.books[inquiry.payer.id].member(inquiry.asked.get("memberId", ""))
        if member is None:
            return self._said(inquiry, "The payer could not find this subscriber (75). Check the ID.")
        patient, asked = member.patient, inquiry.asked
        born = asked.get("birthDate") or patient.birth_date.isoformat()
        last = asked.get("lastName") or patient.last
        if (born, last.casefold()) != (patient.birth_date.isoformat(), patient.last.casefold()):
            return self._said(inquiry, "Name or birth date does not match the payer's record (71).")
        return None

    def _coverage(self, session: Session, inquiry: Inquiry) -> dict[str, Any]:
        said = self._trouble(session, inquiry)
        if said:
            return said
        payer, files = inquiry.payer, self.books[inquiry.payer.id]
        member = files.member(inquiry.asked["memberId"])
        assert member is not None
        if self.on(WRONG_PATIENT, session) is not None:
            member = _another(files, member)
        today = self.clock.today
        view = views.eligibility(payer, member, member.on(today), today)
        service = inquiry.asked.get("serviceType", "30").partition(" ")[0]
        blocks = views.coverage_blocks(payer, _narrowed(view, service))
        return {"echo": self._echo(inquiry), "blocks": self._troubled(session, payer, blocks)}

    def _on_file(self, inquiry: Inquiry) -> list[tuple[ClaimFile, Stage]]:
        """Return the claims that fit an inquiry, newest days of service first."""
        asked = inquiry.asked
        first, last = _day(asked.get("serviceFrom", "")), _day(asked.get("serviceTo", ""))
        found = [
            (file, stage)
            for file in self.books[inquiry.payer.id].claims
            if file.member.member_id == asked.get("memberId")
            and file.organization == inquiry.organization
            and (stage := file.on(self.clock.today)) is not None
            and (not asked.get("claimNumber") or file.number == asked["claimNumber"])
            and (first is None or file.end >= first)
            and (last is None or file.start <= last)
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    def _list(self, session: Session, inquiry: Inquiry, page: int) -> dict[str, Any]:
        said = self._trouble(session, inquiry)
        if said:
            return said
        desk, payer, files = self._desk(session), inquiry.payer, self.books[inquiry.payer.id]
        shown, echo = inquiry, self._echo(inquiry)
        stale = self.on(STALE_ROWS, session)
        if stale is not None:
            # Another inquiry of this session, or of somebody before it, comes out of the cache.
            member = files.member(inquiry.asked["memberId"])
            assert member is not None
            whose = {"memberId": _another(files, member).member_id}
            other = {"serviceFrom": "2026-01-01", "serviceTo": self.clock.today.isoformat()} | whose
            old = Inquiry("claims", payer, inquiry.organization, inquiry.tab, other, "HBL0")
            shown = desk.before.get(payer.id, old)
            echo = [] if stale == "missing" else self._echo(shown)
        desk.before[payer.id] = inquiry
        found = self._on_file(shown)
        if not found:
            return self._said(inquiry, "The payer could not find any claims for this search.")
        total = len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0)
        size = TURN if payer.paged else len(found)
        pages = -(-len(found) // size)
        page = min(max(1, page), pages)
        found = found[(page - 1) * size : page * size]
        today = self.clock.today
        rows = [self._word(session, views.row(payer, file, stage, today)) for file, stage in found]
        block = views.table(payer, "row", rows)
        if self.on(COLUMN_SWAP, session) in ("grid", "both"):
            block = self._swap(payer, "row", block)
        block |= {
            "links": [file.number for file, _ in found],
            "found": f"{total} {'claim' if total == 1 else 'claims'} found",
            "linked": payer.shown["row"]["claim_number"],
            "page": page,
            "pages": pages,
        }
        return {"id": inquiry.number, "echo": echo, "blocks": [block]}

    async def claim(self, request: Request, session: Session) -> Response:
        payer = self._payer(request.query_params.get("payer", ""), session)
        organization = request.query_params.get("organization", "")
        files = self.books[payer.id]
        found = [file for file in files.claims if file.number == request.path_params["claim"]]
        stage = found[0].on(self.clock.today) if found else None
        if not found or stage is None or found[0].organization.name != organization:
            raise HTTPException(404)
        file = found[0]
        if self.on(WRONG_PATIENT, session) is not None:
            file, stage = self._another_claim(files, file)
        view = self._word(session, views.claim(payer, file, stage, self.clock.today))
        blocks = views.claim_blocks(payer, view)
        if self.on(COLUMN_SWAP, session) in ("lines", "both"):
            blocks = [
                self._swap(payer, "lines", b) if b["title"] == payer.titles["lines"] else b for b in blocks
            ]
        echo = [["Payer", payer.name], ["Organization", organization], ["Tax ID", found[0].organization.tin]]
        return JSONResponse({"echo": echo, "blocks": self._troubled(session, payer, blocks)})

    # Remittances and service reviews

    def _remits(self, payer: Payer, organization: Organization) -> list[Remit]:
        return remits(self.books[payer.id], organization, self.clock.today)

    def _payments(self, session: Session, inquiry: Inquiry) -> dict[str, Any]:
        if self.on(PAYER_DOWN, session) is not None:
            return self._said(inquiry, DOWN, "error")
        asked = inquiry.asked
        first, last = _day(asked.get("issuedFrom", "")), _day(asked.get("issuedTo", ""))
        found = [
            remit
            for remit in self._remits(inquiry.payer, inquiry.organization)
            if asked.get("checkNumber", "") in ("", remit.payment.number)
            and (first is None or remit.payment.issued >= first)
            and (last is None or remit.payment.issued <= last)
            and asked.get("claimNumber", "") in ("", *(file.number for file, _ in remit.claims))
        ]
        if not found:
            return self._said(inquiry, "We did not find remittance data matching your search criteria.")
        total = len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0)
        block = views.tabled("Remits", REMIT, [views.payment(remit) for remit in found])
        block |= {
            "links": [remit.payment.number for remit in found],
            "linked": REMIT["number"],
            "found": f"{total} {'remit' if total == 1 else 'remits'} found",
        }
        return {"echo": self._echo(inquiry), "blocks": [block]}

    async def remit(self, request: Request, session: Session) -> Response:
        payer = self._payer(request.query_params.get("payer", ""), session)
        name, number = request.query_params.get("organization", ""), request.path_params["remit"]
        for organization in self.cast.organizations:
            for remit in self._remits(payer, organization):
                if organization.name == name and remit.payment.number == number:
                    echo = [["Payer", payer.name], ["Organization", name], ["Tax ID", organization.tin]]
                    return JSONResponse({"echo": echo, "blocks": views.remit_blocks(views.payment(remit))})
        raise HTTPException(404)

    def _reviews(self, session: Session, inquiry: Inquiry) -> dict[str, Any]:
        said = self._trouble(session, inquiry)
        if said:
            return said
        files, wanted = self.books[inquiry.payer.id], inquiry.asked.get("reference", "")
        member = files.member(inquiry.asked["memberId"])
        assert member is not None
        if self.on(WRONG_PATIENT, session) is not None:
            member = _another(files, member)
        reviews = [
            views.authorization(file, decision)
            for file, decision in of(_reviews_of(self.cast)[inquiry.payer.id], member, self.clock.today)
            if wanted in ("", file.reference, decision.number)
        ]
        if not reviews:
            return self._said(inquiry, "No service reviews were found for this member.")
        blocks = views.review_blocks(member, reviews)
        more = self.troubles.number(PAGE_COUNT, session.user) or 0
        if more:
            blocks[-1]["found"] = f"{len(reviews) + more} service reviews found"
        return {"echo": self._echo(inquiry), "blocks": self._troubled(session, inquiry.payer, blocks)}

    def _another_claim(self, files: Book, file: ClaimFile) -> tuple[ClaimFile, Stage]:
        others = [one for one in files.claims if one.member != file.member]
        name = file.member.patient.name
        for other in (*(one for one in others if one.member.patient.name == name), *others):
            stage = other.on(self.clock.today)
            if stage is not None:
                return other, stage
        return file, file.stages[0]

    def _word(self, session: Session, view: View) -> View:
        new = self.on(NEW_WORD, session)
        return view if new is None else view | {"status": Leaf(str(new), "unreadable")}

    def _swap(self, payer: Payer, part: str, block: Block) -> Block:
        return views.swapped(block, payer.shown[part]["billed"], payer.shown[part]["paid"])

    def _troubled(self, session: Session, payer: Payer, blocks: list[Block]) -> list[Block]:
        if self.on(LAYOUT_B, session) is not None:
            blocks = [*blocks[:1], *reversed(blocks[1:])]
        if self.on(HEADER_RENAMED, session) is None:
            return blocks
        names = {
            payer.shown["member"]["member_id"]: "Subscriber no.",
            payer.shown["lines"]["paid"]: "Benefit",
        }
        return [views.renamed(block, names) for block in blocks]

    async def changed(self, _request: Request, _session: Session) -> Response:
        """Change something, as the decoys would."""
        return JSONResponse({"message": "Thank you. Your request was sent to the payer."})

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day of the practice's own patients, from the books alone."""
        export = _export(self.cast)
        known = {member.member_id for member in export.book.members}
        ours = [(payer_of(member.patient), member) for member in export.book.members]
        both = [(payer, organization) for payer in PAYERS for organization in self.cast.organizations]
        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [person(member) for member in export.book.members],
            "eligibilities": [
                truth({"of": {"carrier": payer.id}} | views.eligibility(payer, member, member.on(day), day))
                for payer, member in ours
            ],
            "claims": [
                truth({"of": _of(payer, file.organization)} | views.claim(payer, file, stage, day))
                for payer in PAYERS
                for file in self.books[payer.id].claims
                if file.member.member_id in known and (stage := file.on(day))
            ],
            "payments": [
                truth({"of": _of(payer, organization)} | views.payment(remit))
                for payer, organization in both
                for remit in remits(self.books[payer.id], organization, day)
            ],
            "authorizations": [
                truth({"of": {"carrier": payer.id, "member_id": member.member_id}} | view)
                for payer, member in ours
                for view in (
                    views.authorization(file, decision)
                    for file, decision in of(_reviews_of(self.cast)[payer.id], member, day)
                )
            ],
            "lists": [
                *(
                    truth({"kind": "payments", "of": _of(payer, one), "tin": text(one.tin)})
                    for payer, one in both
                ),
                *(
                    truth({"kind": "authorizations", "of": {"member_id": one.member_id}} | views.who(one))
                    for _, one in ours
                ),
            ],
            "not_on_file": {
                "members": [
                    _person(member) | {"carrier": payer_of(member.patient).id} for member in export.strangers
                ],
                "claims": [
                    {
                        "carrier": payer_of(member.patient).id,
                        "patient_account_number": account,
                        "member_id": member.member_id,
                    }
                    for account, member in export.unsent
                ],
            },
        }


def _narrowed(view: View, service: str) -> View:
    """Return an answer about one kind of service; 30 is the plan as a whole."""
    if service == "30":
        return view
    return view | {
        part: [entry for entry in view[part] if entry["service"].value["code"] == service]
        for part in ("benefits", "limits")
        if part in view
    }


def _tabs(app: str, payer: Payer) -> tuple[Tab, ...]:
    if app == "eligibility":
        return (Tab("Inquiry", payer.inquiry),)
    return {"claims": payer.tabs, "remittances": REMITTANCES, "authorizations": REVIEWS}.get(app, ())


def _another(files: Book, member: Member) -> Member:
    """Return somebody else: of the same name if there is one."""
    others = [other for other in files.members if other is not member]
    namesakes = [other for other in others if other.patient.name == member.patient.name]
    return (namesakes or others)[0]


def _of(payer: Payer, organization: Organization) -> dict[str, str]:
    return {"carrier": payer.id, "tin": organization.tin.replace("-", "")}


def _person(member: Member) -> dict[str, Json]:
    found = person(member)
    assert isinstance(found, dict)
    return found


async def _body(request: Request) -> dict[str, str]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise HTTPException(400) from None
    return {str(name): str(value) for name, value in body.items()} if isinstance(body, dict) else {}


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _page(app: str, title: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/static/favicon.svg"><link rel="stylesheet" href="/static/harborline.css">'
        f'</head><body data-app="{app}"><div id="root"></div>'
        '<script src="/static/harborline.js"></script></body></html>'
    )


def _notice(heading: str, message: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        '<link rel="stylesheet" href="/static/harborline.css"></head><body><main class="notice">'
        f'<p class="brand">Harborline</p><h1>{heading}</h1><p>{message}</p></main></body></html>'
    )


def _open(site: Site) -> Pages:
    harborline = Harborline(site)
    notices = {
        "unavailable": lambda: _notice("We will be right back", "Harborline is not available at the moment."),
        "maintenance": lambda: _notice(
            "Scheduled maintenance", "Harborline is closed for maintenance until Monday, 4 a.m. Pacific."
        ),
    }
    return Pages(app=harborline.app, truth=harborline.truth, notices=notices)


PORTAL = Portal(
    id="harborline",
    name="Harborline Provider Exchange",
    about=(
        "A hub over four payers, a single-page application: password, then the authenticator as the method."
    ),
    rules=Rules(cookie="hbl_session", idle_seconds=30 * 60, attempts=4, reading_posts=OPEN_POSTS),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: _export(cast).worklist,
)
