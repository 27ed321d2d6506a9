"""Tradewind's pages: the sign-in of a site, inquiries that are batches, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals.book import Book, ClaimFile, Member, Stage, book
from mock_portals.cast import Cast, Organization
from mock_portals.served import Served, entered, exchanged, page_number, person
from mock_portals.sessions import Session
from mock_portals.shown import Json, Leaf, truth
from mock_portals.site import Pages, Portal, Rules, Site
from mock_portals.tradewind import doors, eras, views, words
from mock_portals.tradewind.eras import Eras
from mock_portals.troubles import (
    COLUMN_SWAP,
    HEADER_RENAMED,
    LAYOUT_B,
    LOCKED,
    PAGE_COUNT,
    PASSWORD_EXPIRED,
    PUSH,
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

PLANS = (
    ("Open Water 1200", "PPO", ""),
    ("Open Water 2500", "PPO", ""),
    ("Home Harbor", "HMO", ""),
    ("Fair Wind Plus", "EPO", ""),
)
ROWS_A_PAGE = 10
LONGEST_RANGE = 366
"""Days."""

NEW_CODE = Trouble("new_code", "claims carry a status code that is in no list", "F9:999")
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    SIGNIN_TIMED_OUT,
    STEP.of(*doors.STEPS),
    STRANGE.of("door", "home", "elsewhere"),
    PASSWORD_EXPIRED,
    PUSH,
    TERMS,
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    WRONG_AMOUNT,
    LAYOUT_B,
    NEW_CODE,
)

LIST = (
    "Payer claim no.",
    "Account no.",
    "Patient",
    "Service from",
    "Service thru",
    "Category:code",
    "Finalized",
    "Charge",
    "Paid",
)
LINES = ("Line", "From", "Thru", "Procedure", "Mods", "Units", "Category:code", "Charge", "Paid")
BENEFITS = (
    "Info",
    "Service",
    "Level",
    "Period",
    "Amount",
    "Percent",
    "Quantity",
    "Unit",
    "Network",
    "Auth",
)
ELIGIBILITY = {
    "payer": "Payer",
    "memberId": "Member ID",
    "birthDate": "Date of birth",
    "serviceDate": "Service date",
    "serviceType": "Service type code",
}
STATUS = {
    "payer": "Payer",
    "memberId": "Member ID",
    "claimNumber": "Payer claim no.",
    "serviceFrom": "Service from",
    "serviceThru": "Service thru",
}


@dataclass
class Batch:
    """An inquiry, which this hub calls a batch even where it is one."""

    number: str
    kind: str
    asked: dict[str, str]
    sent: date
    owner: str
    organization: Organization
    state: str = "Answered"


@cache
def _book(cast: Cast) -> Book:
    return book(cast, "tradewind", "", PLANS, "T", lambda member: words.payer(member).id)


def _export(cast: Cast) -> Export:
    unknown = strangers("")
    return Export(
        cast, _book(cast), lambda m: words.payer(m).name, unknown, "T", ("T", "B"), folder="tradewind"
    )


class Tradewind(Served):
    """The desk's pages over its payers' files, and the batches that were sent since it opened."""

    folder = Path(__file__).parent
    stages: ClassVar = {"expired": "/password/expired", "push": "/signin/approve"}
    after_password = "signed_in"
    renames: ClassVar = {
        "Member ID": "Subscriber no.",
        "Charge": "Submitted",
        "NM109 Member ID": "NM109 Subscriber no.",
    }
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    goodbye = "Your Provider Desk session is closed."

    def __init__(self, site: Site) -> None:
        self.eras = Eras(self)
        super().__init__(site, _book(site.world.cast))
        self.batches: dict[str, Batch] = {}

    @override
    def routes(self) -> list[Route]:
        door, page = self.door, self.page
        return [
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/signin/approve", self.approve),
            page("/home", self.home),
            page("/eligibility", self.eligibility),
            page("/eligibility", self.eligibility_sent, "POST"),
            page("/status", self.status),
            page("/status", self.status_sent, "POST"),
            *self.eras.routes(),
            page("/batches", self.sent),
            page("/batches/{batch}", self.batch),
            page("/batches/{batch}/claims/{claim}", self.claim),
            page("/batches/{batch}/resubmit", self.resubmit_sent, "POST"),
            page("/batches/{batch}/delete", self.delete_sent, "POST"),
            page("/payers", self.payers),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        return None

    # Sign-in

    async def signin(self, request: Request, session: Session) -> Response:
        timed_out = request.query_params.get("reason") == "timeout"
        return self.show(session, "signin.html", timed_out=timed_out)

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user, wanted = entered(form, "userId"), entered(form, "siteId")
        organization = next((o for o in self.cast.organizations if o.site_id == wanted.upper()), None)
        known = organization is not None
        if self.gate.password(user, entered(form, "password"), session.id, site=known) != "accepted":
            if self.gate.locked(user):
                return self.show_locked(session, user)
            error = "The Site ID, User ID or Password is not valid."
            return self.show(session, "signin.html", timed_out=False, error=error)
        session = self.site.sessions.renew(session, user, "expired")
        session.notes["organization"] = organization
        self.site.take(request, session)
        if self.password_expired(user):
            return RedirectResponse("/password/expired", 303)
        if self.troubles.get(PUSH, user) is not None:
            return self.ask_phone(session, "Tradewind Provider Desk")
        self.admit(session)
        return RedirectResponse("/home", 303)

    # Pages without data of patients

    async def home(self, _request: Request, session: Session) -> Response:
        mine = [file for file, _ in self._on_file(session)]
        return self.show(
            session,
            "home.html",
            active="/home",
            today=self.clock.today,
            batches=self._batches(session)[:5],
            counts=[
                (p.id, p.name, sum(words.payer(f.member) is p for f in mine), "Up") for p in words.PAYERS
            ],
        )

    async def sent(self, _request: Request, session: Session) -> Response:
        return self.show(session, "batches.html", active="/batches", batches=self._batches(session))

    async def payers(self, _request: Request, session: Session) -> Response:
        return self.show(
            session, "payers.html", active="/payers", payers=words.PAYERS, meanings=words.MEANINGS
        )

    # Inquiries

    def _batches(self, session: Session) -> list[Batch]:
        here = [b for b in self.batches.values() if b.organization == session.notes["organization"]]
        return [batch for batch in reversed(here) if batch.state != "Deleted"]

    def send(self, session: Session, kind: str, asked: dict[str, str]) -> Response:
        number = f"{self.clock.today:%y%m%d}-{len(self.batches) + 1:05d}"
        self.batches[number] = Batch(
            number, kind, asked, self.clock.today, session.user or "", session.notes["organization"]
        )
        return RedirectResponse(f"/batches/{number}", 303)

    async def eligibility(self, _request: Request, session: Session) -> Response:
        asked = dict.fromkeys(ELIGIBILITY, "") | {"serviceDate": f"{self.clock.today}", "serviceType": "30"}
        return self._eligibility(session, asked, None)

    def _eligibility(self, session: Session, asked: Mapping[str, str], error: str | None) -> Response:
        return self.show(
            session,
            "eligibility.html",
            active="/eligibility",
            asked=asked,
            error=error,
            payers=words.PAYERS,
            services=words.SERVICES,
        )

    async def eligibility_sent(self, request: Request, session: Session) -> Response:
        asked = _asked(await self.form(request, session), ELIGIBILITY)
        error = _payer_error(asked)
        if not error and not (_day(asked["birthDate"]) and _day(asked["serviceDate"])):
            error = "Give both dates as YYYY-MM-DD."
        if not error and asked["serviceType"] not in words.SERVICES:
            error = "This service type code is not supported."
        if error:
            return self._eligibility(session, asked, error)
        return self.send(session, "Eligibility", asked)

    async def status(self, _request: Request, session: Session) -> Response:
        return self._status(session, dict.fromkeys(STATUS, ""), None)

    def _status(self, session: Session, asked: Mapping[str, str], error: str | None) -> Response:
        return self.show(
            session, "status.html", active="/status", asked=asked, error=error, payers=words.PAYERS
        )

    async def status_sent(self, request: Request, session: Session) -> Response:
        asked = _asked(await self.form(request, session), STATUS)
        error = _payer_error(asked)
        first, last = _day(asked["serviceFrom"]), _day(asked["serviceThru"])
        if not error and not asked["claimNumber"]:
            if first is None or last is None or last < first:
                error = "Give a payer claim number, or both service dates in order as YYYY-MM-DD."
            elif (last - first).days > LONGEST_RANGE:
                error = "Service dates can be 12 months apart at most."
        if error:
            return self._status(session, asked, error)
        return self.send(session, "Claim status", asked)

    # Answers

    def batch_of(self, request: Request, session: Session) -> Batch:
        batch = self.batches.get(request.path_params["batch"])
        if batch is None or batch not in self._batches(session):
            raise HTTPException(404)
        return batch

    async def batch(self, request: Request, session: Session) -> Response:
        batch = self.batch_of(request, session)
        if batch.kind == "Eligibility":
            return self._coverage(session, batch)
        if batch.kind == eras.KIND:
            return self.eras.answer(request, session, batch)
        if batch.asked["claimNumber"]:
            return self._answer(session, batch, batch.asked["claimNumber"])
        return self._list(request, session, batch)

    async def claim(self, request: Request, session: Session) -> Response:
        batch = self.batch_of(request, session)
        if batch.kind != "Claim status":
            raise HTTPException(404)
        return self._answer(session, batch, request.path_params["claim"])

    def answered(
        self, session: Session, template: str, batch: Batch, echo: Mapping[str, str] | None, **data: Any
    ) -> Response:
        labels = {"Eligibility": ELIGIBILITY, eras.KIND: eras.LABELS}.get(batch.kind, STATUS)
        shown = None if echo is None else [(labels[name], value) for name, value in echo.items() if value]
        return self.show(
            session, template, active="/batches", batch=batch, echo=shown, today=self.clock.today, **data
        )

    def _coverage(self, session: Session, batch: Batch) -> Response:
        asked = batch.asked
        member = self.book.member(asked["memberId"])
        if (
            member is None
            or words.payer(member).name != asked["payer"]
            or member.patient.birth_date != _day(asked["birthDate"])
        ):
            return self.answered(session, "none.html", batch, asked, what="member")
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        view = views.eligibility(member, member.on(self.clock.today), self.clock.today)
        return self.answered(
            session,
            "coverage.html",
            batch,
            asked,
            e=view,
            headers=BENEFITS,
            rows=views.rows(view, asked["serviceType"]),
            legend=views.legend(view),
        )

    def _on_file(self, session: Session) -> list[tuple[ClaimFile, Stage]]:
        """Return the claims of the session's site, newest days of service first."""
        found = [
            (file, stage)
            for file in self.book.claims
            if file.organization == session.notes["organization"]
            and (stage := file.on(self.clock.today)) is not None
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    def _list(self, request: Request, session: Session, batch: Batch) -> Response:
        echoed: dict[str, str] | None = batch.asked
        found = [entry for entry in self._on_file(session) if _matches(entry[0], batch.asked)]
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            # Another inquiry of this session, or of somebody before it, comes out of the cache.
            other = self.another(found[0][0].member if found else self.book.members[0])
            dates = {"serviceFrom": "2026-01-01", "serviceThru": "2026-11-15"}
            payer = {"payer": words.payer(other).name}
            old = dict.fromkeys(STATUS, "") | payer | {"memberId": other.member_id} | dates
            before = session.notes.get("searched", old)
            found = [entry for entry in self._on_file(session) if _matches(entry[0], before)]
            echoed = None if stale == "missing" else before
        session.notes["searched"] = batch.asked
        if not found:
            return self.answered(session, "none.html", batch, echoed, what="claim")
        pages = -(-len(found) // ROWS_A_PAGE)
        page = min(max(1, page_number(request.query_params.get("page", "1"))), pages)
        first = (page - 1) * ROWS_A_PAGE
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        return self.answered(
            session,
            "claims.html",
            batch,
            echoed,
            rows=[self._view(file, stage, session) for file, stage in found[first : first + ROWS_A_PAGE]],
            headers=exchanged(LIST, "Charge", "Paid") if swapped else LIST,
            total=len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            page=page,
            pages=pages,
        )

    def _view(self, file: ClaimFile, stage: Stage, session: Session) -> views.View:
        view = views.claim(file, stage, self.clock.today)
        new = self.troubles.get(NEW_CODE, session.user)
        return view if new is None else view | {"status": Leaf(str(new), "unreadable")}

    def _answer(self, session: Session, batch: Batch, number: str) -> Response:
        stages = dict(self._on_file(session))
        file = self._files.get(number)
        if (
            file is None
            or file not in stages
            or file.member.member_id != batch.asked["memberId"]
            or words.payer(file.member).name != batch.asked["payer"]
        ):
            return self.answered(session, "none.html", batch, batch.asked, what="claim")
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file = self.another_claim(file, stages)
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        return self.answered(
            session,
            "claim.html",
            batch,
            batch.asked,
            c=self._view(file, stages[file], session),
            headers=exchanged(LINES, "Charge", "Paid") if swapped else LINES,
            legend=views.legend(views.claim(file, stages[file], self.clock.today)),
        )

    # What changes something

    async def resubmit_sent(self, request: Request, session: Session) -> Response:
        batch = self.batch_of(request, session)
        await self.form(request, session)
        batch.state = "Resubmitted"
        return RedirectResponse(f"/batches/{batch.number}", 303)

    async def delete_sent(self, request: Request, session: Session) -> Response:
        batch = self.batch_of(request, session)
        await self.form(request, session)
        batch.state = "Deleted"
        return RedirectResponse("/batches", 303)

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day, from the book and not from the pages."""
        export = _export(self.cast)
        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [person(member) for member in self.book.members],
            "eligibilities": [
                truth(views.eligibility(member, member.on(day), day) | _of(member))
                for member in self.book.members
            ],
            "claims": [
                truth(views.claim(file, stage, day) | _of(file.member))
                for file in self.book.claims
                if (stage := file.on(day))
            ],
            **self.eras.truth(day),
            "not_on_file": {
                "members": [
                    person(member) | {"carrier": words.payer(member).id} for member in export.strangers
                ],
                "claims": [
                    {
                        "patient_account_number": account,
                        "member_id": member.member_id,
                        "carrier": words.payer(member).id,
                    }
                    for account, member in export.unsent
                ],
            },
        }


def _of(member: Member) -> dict[str, Json]:
    return {"of": {"carrier": words.payer(member).id}}


def _asked(form: FormData, labels: Mapping[str, str]) -> dict[str, str]:
    return {name: entered(form, name) for name in labels}


def _payer_error(asked: Mapping[str, str]) -> str | None:
    if asked["payer"] not in {payer.name for payer in words.PAYERS}:
        return "Choose a payer."
    return None if asked["memberId"] else "Give the member ID."


def _day(shown: str) -> date | None:
    try:
        return date.fromisoformat(shown)
    except ValueError:
        return None


def _matches(file: ClaimFile, asked: Mapping[str, str]) -> bool:
    """Tell whether a claim is of the payer's member, with days of service between the two."""
    member: Member = file.member
    first, last = _day(asked["serviceFrom"]), _day(asked["serviceThru"])
    return (
        words.payer(member).name == asked["payer"]
        and member.member_id == asked["memberId"]
        and (first is None or file.end >= first)
        and (last is None or file.start <= last)
    )


def _open(site: Site) -> Pages:
    tradewind = Tradewind(site)
    return tradewind.pages(
        tradewind.truth,
        unavailable=(
            "Provider Desk is not available",
            "Our payer gateway does not answer. Try again shortly.",
        ),
        maintenance=("Maintenance window", "Provider Desk is closed for maintenance until 5 a.m. Eastern."),
    )


PORTAL = Portal(
    id="tradewind",
    name="Tradewind Exchange — Provider Desk",
    about="A clearinghouse's hub over three payers: Site ID, user ID and password; answers are codes.",
    rules=Rules(
        cookie="twx_desk",
        idle_seconds=20 * 60,
        attempts=5,
        reading_posts=frozenset({"/signin", "/eligibility", "/status", "/era"}),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: _export(cast).worklist,
)
