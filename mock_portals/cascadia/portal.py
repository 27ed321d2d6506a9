"""Cascadia's pages: sign-in ladder, eligibility, claims, and the things that change something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals.book import Book, ClaimFile, Line, Stage, book
from mock_portals.cascadia import doors, views, words
from mock_portals.cascadia.payments import Payments
from mock_portals.cast import Cast, Organization
from mock_portals.served import Served, Sheet, entered, exchanged, person, sheet, us_day
from mock_portals.sessions import Session
from mock_portals.shown import Json, truth
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
    WRONG_AMOUNT,
    WRONG_PATIENT,
    Trouble,
)
from mock_portals.worklist.rows import Export, strangers

HERE = Path(__file__).parent
PLANS = (
    ("Cascadia Choice 1500", "PPO", "Evergreen Network"),
    ("Cascadia Choice 3000", "PPO", "Evergreen Network"),
    ("Cascadia Primary Care HMO", "HMO", "Columbia Select"),
    ("Cascadia Mutual EPO Plus", "EPO", "Columbia Select"),
)
ROWS_A_PAGE = ("10", "25", "50", "100")
LONGEST_RANGE = timedelta(days=366)

PASSWORD_EXPIRES_SOON = Trouble(
    "password_expires_soon", "home says that the password expires in so many days", 5, at_sign_in=True
)
UNKNOWN_DIALOG = Trouble(
    "unknown_dialog", "a dialog that nobody has seen before lies over home", at_sign_in=True
)
CHALLENGE = Trouble("challenge", "instead of the sign-in form comes a page for humans", at_sign_in=True)
NO_PRACTICE = Trouble(
    "no_practice", "the practice's first tax id is not among those to choose from", at_sign_in=True
)
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    CODE_REJECTED,
    SIGNIN_TIMED_OUT,
    STEP.of(*doors.STEPS),
    STRANGE,
    PASSWORD_EXPIRED,
    PASSWORD_EXPIRES_SOON,
    TERMS,
    UNKNOWN_DIALOG,
    CHALLENGE,
    NO_PRACTICE,
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    WRONG_AMOUNT,
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


@dataclass
class Desk:
    """What has been changed at the payer since the portal opened."""

    stages: dict[str, Stage] = field(default_factory=dict)
    disputes: dict[str, list[str]] = field(default_factory=dict)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    listings: set[str] = field(default_factory=set)
    inquiries: int = 0


@cache
def _book(cast: Cast) -> Book:
    return book(cast, "cascadia", "CMH", PLANS)


def _export(cast: Cast) -> Export:
    return Export(
        cast, _book(cast), lambda _member: "Cascadia Mutual Health Plan", strangers("CMH"), most=1000
    )


class Cascadia(Served):
    """The site's pages over its book, and what people have changed since it opened."""

    folder = HERE
    stages: ClassVar = {"code": "/signin/code", "expired": "/password/expired"}
    after_password = "code"
    renames: ClassVar = {"Member ID": "Subscriber no."}
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    wrong_code = "That verification code is not valid or has expired."
    goodbye = "Thank you for using Provider Connection."

    def __init__(self, site: Site) -> None:
        self.money = Payments(self)
        super().__init__(site, _book(site.world.cast))
        self.desk = Desk()

    @override
    def routes(self) -> list[Route]:
        door, page = self.door, self.page
        return [
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/challenge", self.challenge_sent, "POST"),
            door("/signin/code", self.code),
            door("/signin/code", self.code_sent, "POST"),
            door("/practice", self.practice),
            door("/practice", self.practice_sent, "POST"),
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
            *self.money.routes(),
            page("/resources", self.resources),
            page("/account", self.account),
            page("/account/contact", self.contact_sent, "POST"),
            page("/account/password", self.password_sent, "POST"),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        if "organization" not in session.notes:
            return "/practice"
        return None if session.notes.get("announced") else "/home"

    # Sign-in ladder

    async def signin(self, request: Request, session: Session) -> Response:
        if self.troubles.get(CHALLENGE) is not None:
            return self.show(session, "challenge.html")
        timed_out = request.query_params.get("reason") == "timeout"
        return self.show(session, "signin.html", timed_out=timed_out)

    async def challenge_sent(self, _request: Request, session: Session) -> Response:
        return self.show(session, "challenge.html")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user = entered(form, "userId")
        if self.troubles.get(CHALLENGE, user) is not None:
            return self.show(session, "challenge.html")
        result = self.gate.password(user, entered(form, "password"), session.id)
        if result != "accepted":
            if self.gate.locked(user):
                return self.show_locked(session, user)
            error = "The user ID or password you entered is incorrect."
            return self.show(session, "signin.html", timed_out=False, error=error)
        expired = self.password_expired(user)
        self.site.take(request, self.site.sessions.renew(session, user, "expired" if expired else "code"))
        return RedirectResponse("/password/expired" if expired else "/signin/code", 303)

    async def practice(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/practice", "/home", None)
        return self.show(session, "practice.html", choices=self._choices(session))

    def _choices(self, session: Session) -> tuple[Organization, ...]:
        """Return the practices that the user may choose from."""
        missing = self.troubles.get(NO_PRACTICE, session.user) is not None
        return self.cast.organizations[1:] if missing else self.cast.organizations

    async def practice_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/practice", "/home", None)
        form = await self.form(request, session)
        chosen = next((o for o in self._choices(session) if o.tin == form.get("tin")), None)
        if chosen is None:
            error = "Choose a tax ID to continue."
            return self.show(session, "practice.html", choices=self._choices(session), error=error)
        session.notes["organization"] = chosen
        return RedirectResponse("/home", 303)

    async def home(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/home", None)
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
        return self.show(
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
        session = self.at(request, "/home", None)
        await self.form(request, session)
        session.notes["announced"] = True
        return RedirectResponse("/home", 303)

    # Eligibility

    async def eligibility(self, _request: Request, session: Session) -> Response:
        asked = {"memberId": "", "birthDate": "", "serviceType": "30"}
        return self._eligibility_form(session, asked | {"serviceDate": f"{self.clock.today:%m/%d/%Y}"})

    def _eligibility_form(
        self, session: Session, asked: Mapping[str, str], error: str | None = None
    ) -> Response:
        return self.show(
            session,
            "eligibility_search.html",
            active="/eligibility",
            asked=asked,
            error=error,
            service_types=list(words.SERVICES.items()),
        )

    async def eligibility_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        names = ("memberId", "birthDate", "serviceDate", "serviceType")
        asked = {name: entered(form, name) for name in names}
        asked["serviceDate"] = asked["serviceDate"] or f"{self.clock.today:%m/%d/%Y}"
        asked["serviceType"] = asked["serviceType"] or "30"
        day = us_day(asked["serviceDate"])
        error = None
        if not asked["memberId"] or not asked["birthDate"]:
            error = "Enter the member ID and the date of birth."
        elif us_day(asked["birthDate"]) is None:
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
        if member is None or member.patient.birth_date != us_day(asked["birthDate"]):
            return self.show(session, "eligibility_none.html", **data)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        shown = views.eligibility(member, member.on(self.clock.today), self.clock.as_of)
        return self.show(session, "eligibility_result.html", e=shown, **data)

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
        rows = request.query_params.get("rows", "")
        rows = rows if rows in ROWS_A_PAGE else ROWS_A_PAGE[0]
        data: dict[str, Any] = {"active": "/claims", "asked": asked, "searched": False}
        data |= {"rows_a_page": rows, "choices": ROWS_A_PAGE}
        if not any(name in request.query_params for name in FILTERS):
            return self.show(session, "claims.html", **data)
        error = _search_error(asked)
        if error:
            return self.show(session, "claims.html", error=error, **data)
        found = [entry for entry in self._on_file(session) if _matches(entry[0], asked)]
        echoed: dict[str, str] | None = asked
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            # Another search of this session, or of somebody before it, comes out of the cache.
            other = self.another(found[0][0].member if found else self.book.members[0])
            old = {"memberId": other.member_id, "serviceFrom": "01/01/2026", "serviceTo": "11/15/2026"}
            before = session.notes.get("searched", dict.fromkeys(FILTERS, "") | old)
            found = [entry for entry in self._on_file(session) if _matches(entry[0], before)]
            echoed = None if stale == "missing" else before
        session.notes["searched"] = asked
        here = sheet(found, request.query_params.get("page", "1"), int(rows))
        return self.show(
            session, "claims.html", **data | self._results(here, rows, session, asked, echoed, len(found))
        )

    def _results(
        self,
        here: Sheet[tuple[ClaimFile, Stage]],
        rows: str,
        session: Session,
        asked: dict[str, str],
        echoed: dict[str, str] | None,
        found: int,
    ) -> dict[str, Any]:
        labels = ("Member ID", "Service date from", "Service date to", "Claim number", "Account number")
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        query = {name: value for name, value in (asked | {"rows": rows}).items() if value}
        return {
            "searched": True,
            "echo": [
                (label, echoed[name]) for label, name in zip(labels, FILTERS, strict=True) if echoed[name]
            ]
            if echoed
            else None,
            "as_of": views.last_night(self.clock.as_of),
            "rows": [_row(file, stage) for file, stage in here.rows],
            "headers": exchanged(GRID, "Billed", "Paid") if swapped else GRID,
            "sheet": here,
            "total": found + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            "pages": [
                f"/claims?{urlencode(query | {'page': number})}" for number in range(1, here.pages + 1)
            ],
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
            stages = dict(self._on_file(session))
            file = self.another_claim(file, stages)
            stage = stages[file]
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        headers = exchanged(LINES, "Billed", "Paid") if swapped else LINES
        if self.troubles.get(HEADER_RENAMED, session.user) is not None:
            headers = tuple("Plan payment" if header == "Paid" else header for header in headers)
        return self.show(
            session,
            "claim.html",
            active="/claims",
            c=views.claim(file, stage, self.clock.as_of),
            line_headers=headers,
            disputes=self.desk.disputes.get(file.number, []),
        )

    # What changes something at the payer

    async def dispute_sent(self, request: Request, session: Session) -> Response:
        file, _ = self._file(request, session)
        await self.form(request, session)
        disputes = self.desk.disputes.setdefault(file.number, [])
        disputes.append(f"Dispute {len(disputes) + 1} submitted on {self.clock.today:%m/%d/%Y}")
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def correct_sent(self, request: Request, session: Session) -> Response:
        file, stage = self._file(request, session)
        await self.form(request, session)
        lines = tuple(_unworked(line) for line in stage.lines)
        self.desk.stages[file.number] = Stage(stage.since, "in_process", lines)
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def document_sent(self, request: Request, session: Session) -> Response:
        file, stage = self._file(request, session)
        await self.form(request, session)
        self.desk.stages[file.number] = replace(stage, documents=stage.documents[1:])
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def pcp_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        heading, message = "Your request was sent", "We will write to the member about the change."
        link = ("/eligibility", "Eligibility & benefits")
        return self.show(session, "notice.html", heading=heading, message=message, link=link)

    async def listing_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        self.desk.listings.add(session.user or "")
        return RedirectResponse("/home", 303)

    async def contact_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        self.desk.contacts[session.user or ""] = {name: entered(form, name) for name in ("phone", "email")}
        return self._account(session, "Your contact details are saved.")

    async def password_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user = session.user or ""
        if not entered(form, "newPassword") or not self.gate.has_password(user, entered(form, "oldPassword")):
            return self._account(session, "Your current password is not right.")
        self.gate.set_password(user, entered(form, "newPassword"))
        return self._account(session, "Your password is changed.")

    # Other pages

    async def account(self, _request: Request, session: Session) -> Response:
        return self._account(session, None)

    def _account(self, session: Session, message: str | None) -> Response:
        user = session.user or ""
        contact = self.desk.contacts.get(
            user, {"phone": "1-206-555-0117", "email": f"{user}@alderfinch.example"}
        )
        return self.show(session, "account.html", active="/account", contact=contact, message=message)

    async def resources(self, _request: Request, session: Session) -> Response:
        return self.show(session, "resources.html", active="/resources")

    async def contact_us(self, _request: Request, session: Session) -> Response:
        return self.show(session, "contact.html")

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day, from the book and not from the pages."""
        as_of = day - timedelta(days=1)
        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [person(member) for member in self.book.members],
            "eligibilities": [
                truth(views.eligibility(member, member.on(day), as_of)) for member in self.book.members
            ],
            "claims": [
                truth(views.claim(file, stage, as_of))
                for file in self.book.claims
                if (stage := self._stage(file, day))
            ],
            **self.money.truth(day),
            "not_on_file": {
                "members": [person(member) for member in _export(self.cast).strangers],
                "claims": [
                    {"patient_account_number": account, "member_id": member.member_id}
                    for account, member in _export(self.cast).unsent
                ],
            },
        }


def _search_error(asked: Mapping[str, str]) -> str | None:
    """Return what is wrong with a claims search, in the site's words."""
    if asked["claimNumber"] or asked["accountNumber"]:
        return None
    if not (asked["serviceFrom"] and asked["serviceTo"]):
        return "Enter both service dates, or a claim number, or an account number."
    first, last = us_day(asked["serviceFrom"]), us_day(asked["serviceTo"])
    if first is None or last is None:
        return "Enter the service dates as MM/DD/YYYY."
    if last < first:
        return "The second service date is before the first."
    if last - first > LONGEST_RANGE:
        return "Service dates can span 12 months at most."
    return None


def _matches(file: ClaimFile, asked: Mapping[str, str]) -> bool:
    """Tell whether a claim is what the filters ask for; an account number may be a part of one."""
    first, last = us_day(asked["serviceFrom"]), us_day(asked["serviceTo"])
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


def _unworked(line: Line) -> Line:
    return replace(line, allowed=None, deductible=0, copay=0, coinsurance=0, adjustments=(), remarks=())


def _open(site: Site) -> Pages:
    cascadia = Cascadia(site)
    return cascadia.pages(
        cascadia.truth,
        unavailable=(
            "Service unavailable",
            "Provider Connection cannot be reached just now. Try again in a few minutes.",
        ),
        maintenance=(
            "Scheduled maintenance",
            "Provider Connection is down for scheduled maintenance. We expect to be back by 6 a.m. Pacific.",
        ),
    )


PORTAL = Portal(
    id="cascadia",
    name="Cascadia Mutual Health Plan — Provider Connection",
    about="A regional commercial plan: password and authenticator code, then a tax ID.",
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
    worklist=lambda cast: _export(cast).worklist,
)
