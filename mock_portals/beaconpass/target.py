"""A health plan's own site behind the broker: people come with a token, and stay by a clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals import authorizations, remits
from mock_portals.authorizations import Authorization, Decision
from mock_portals.beaconpass import doors, mossbridge, northpeak
from mock_portals.beaconpass.broker import Handovers
from mock_portals.beaconpass.payer import Payer, of, on_file
from mock_portals.book import ClaimFile, Member
from mock_portals.cast import Cast, Organization
from mock_portals.served import Elsewhere, Served, exchanged, page_number
from mock_portals.sessions import Session
from mock_portals.site import Site
from mock_portals.troubles import (
    COLUMN_SWAP,
    PAGE_COUNT,
    STALE_ROWS,
    TERMS,
    WRONG_PATIENT,
    Trouble,
)

RELAY_LOST = Trouble(
    "relay_lost",
    "after the token the site stops at a page that says it knows the person; the home page works when it is "
    "asked for, with value 'twice' it does not",
    "once",
    ("once", "twice"),
    at_sign_in=True,
)
COVERAGE = ("memberId", "birthDate", "serviceDate", "serviceType", "tin")
CLAIMS = ("memberId", "serviceFrom", "serviceTo", "claimNumber", "tin")
PAYMENTS = ("issuedFrom", "issuedTo", "number", "tin")
REQUESTS = ("memberId", "birthDate", "onDate", "number")


class Target(Served):
    """What both plans' sites have; each has its own pages, words and style."""

    payer: ClassVar[Payer]
    stages: ClassVar[Mapping[str, str]] = {}
    after_password = "signed_in"

    def __init__(self, site: Site, handovers: Handovers) -> None:
        super().__init__(site, of(site.world.cast, self.payer.site))
        self._handovers = handovers
        self._disputes: list[str] = []

    @override
    def routes(self) -> Iterable[Route]:
        door, page = self.door, self.page
        return [
            door("/sso", self.sso),
            door("/session-ended", self.session_ended),
            page("/authenticated", self.authenticated),
            page("/home", self.home),
            page(self.payer.coverage_path, self.coverage, "GET", "POST"),
            page("/claims", self.claims),
            page("/claims/{claim}", self.claim),
            page("/claims/{claim}/dispute", self.dispute_sent, "POST"),
            page("/members/{member}/clinic", self.clinic_sent, "POST"),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        return None

    @override
    def _step(self, request: Request) -> tuple[Session, str | None]:
        session: Session | None = request.scope["state"].get("session")
        if session is None or session.stage == "anonymous" or session.ended:
            raise Elsewhere("/session-ended")
        return session, "/terms" if self.terms_changed(session.user) else self._further(session)

    @override
    def terms_changed(self, user: str | None) -> bool:
        return self.troubles.get(TERMS, user) in (True, self.payer.site) and user not in self._terms

    @override
    async def root(self, _request: Request, session: Session) -> Response:
        return RedirectResponse("/home" if session.entry else "/session-ended", 303)

    @override
    async def signed_out(self, _request: Request, _session: Session) -> Response:
        link = (self.site.url("") + "/home", "Back to BeaconPass")
        heading = f"You have signed out of {self.payer.name}"
        return self.show(None, "notice.html", heading=heading, message=self.goodbye, link=link)

    # Coming in

    async def sso(self, request: Request, session: Session) -> Response:
        """Take a token once; who has none that is good has to go back to the broker."""
        user = self._handovers.take(request.query_params.get("token", ""), self.payer.site)
        if user is None:
            link = (self.site.url("") + "/home", "Back to BeaconPass")
            message = "This link from BeaconPass was used before or is too old. Start again from BeaconPass."
            heading = "We cannot let you in with this link"
            return self.show(None, "notice.html", 403, heading=heading, message=message, link=link)
        session = self.site.sessions.renew(session, user, "signed_in")
        self.site.sessions.open(session, "signed_in")
        self.site.take(request, session)
        lost = self.troubles.get(RELAY_LOST, user) is not None
        return RedirectResponse("/authenticated" if lost else "/home", 303)

    async def authenticated(self, _request: Request, session: Session) -> Response:
        return self.show(session, "relay.html")

    async def session_ended(self, _request: Request, _session: Session) -> Response:
        return self.show(None, "ended.html", broker=self.site.url(""))

    async def home(self, _request: Request, session: Session) -> Response:
        if self.troubles.get(RELAY_LOST, session.user) == "twice":
            return RedirectResponse("/authenticated", 303)
        stages = [stage for _, stage in on_file(self.book, self.clock.today, None)]
        counts: dict[str, int] = {}
        for stage in stages:
            counts[stage.status] = counts.get(stage.status, 0) + 1
        return self.show(
            session,
            "home.html",
            active="/home",
            counts=counts,
            today=self.clock.today,
            as_of=self.payer.day(self.payer.as_of(self.clock.today)).words,
        )

    # What is asked

    def _asked(self, said: FormData | QueryParams, names: Iterable[str]) -> dict[str, str]:
        return {name: str(said.get(name, "")).strip() for name in names}

    def _organization(self, asked: Mapping[str, str]) -> Organization | None:
        wanted = asked["tin"].replace("-", "")
        return next((o for o in self.cast.organizations if o.tin.replace("-", "") == wanted), None)

    def search(self, session: Session, template: str, **data: Any) -> Response:
        """Return a page with a search form, and with what it found where it was asked."""
        defaults: dict[str, Any] = {
            "organizations": self.cast.organizations,
            "services": self.payer.services,
            "today": self.payer.day(self.clock.today).words,
            "as_of": self.payer.day(self.payer.as_of(self.clock.today)).words,
            "echo": None,
            "found": None,
        }
        return self.show(session, template, **defaults | data)

    async def coverage(self, request: Request, session: Session) -> Response:
        posted = request.method == "POST"
        said = await self.form(request, session) if posted else request.query_params
        asked = self._asked(said, COVERAGE)
        active = self.payer.coverage_path
        if not asked["memberId"]:
            blank = asked | {"serviceDate": self.payer.day(self.clock.today).words, "serviceType": "30"}
            return self.search(session, "coverage.html", active=active, asked=blank)
        days = [self.payer.parse(asked[key]) for key in ("birthDate", "serviceDate")]
        if None in days or asked["serviceType"] not in self.payer.services or not self._organization(asked):
            error = "Please fill in every field; dates as in the example."
            return self.search(session, "coverage.html", active=active, asked=asked, error=error)
        member = self.book.member(asked["memberId"])
        if member is not None and member.patient.birth_date != days[0]:
            member = None
        if member is not None and self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        view = member and self.payer.eligibility(member, member.on(self.clock.today), self.clock.today)
        return self.search(session, "coverage.html", active=active, asked=asked, echo=asked, found=view)

    async def claims(self, request: Request, session: Session) -> Response:
        asked = self._asked(request.query_params, CLAIMS)
        if not any(asked.values()):
            return self.search(session, "claims.html", active="/claims", asked=asked)
        days = [self.payer.parse(asked[key]) for key in ("serviceFrom", "serviceTo")]
        if not self._organization(asked) or not (
            asked["claimNumber"] or (asked["memberId"] and None not in days)
        ):
            error = "Give a claim number, or a member with both days of service."
            return self.search(session, "claims.html", active="/claims", asked=asked, error=error)
        echo: dict[str, str] | None = asked
        found = self._matching(asked)
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            # Another search of this session, or of somebody before it, comes out of the cache.
            other = self.another(found[0][0].member if found else self.book.members[0])
            span = [self.payer.day(date(2026, *day)).words for day in ((1, 1), (11, 15))]
            old = asked | {"memberId": other.member_id, "serviceFrom": span[0], "serviceTo": span[1]}
            before = session.notes.get("searched", old | {"claimNumber": ""})
            found, echo = self._matching(before), None if stale == "missing" else before
        session.notes["searched"] = asked
        pages = max(1, -(-len(found) // self.payer.rows_a_page))
        page = min(max(1, page_number(request.query_params.get("page", "1"))), pages)
        first = (page - 1) * self.payer.rows_a_page
        rows = [
            self.payer.claim(file, stage, self.clock.today)
            for file, stage in found[first : first + self.payer.rows_a_page]
        ]
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        headers = self.payer.list_headers
        return self.search(
            session,
            "claims.html",
            active="/claims",
            asked=asked,
            echo=echo,
            found=rows,
            headers=exchanged(headers, *self.payer.money_headers) if swapped else headers,
            total=len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            first=first + 1,
            last=first + len(rows),
            page=page,
            pages=pages,
            onward=request.url.include_query_params(page=page + 1).query,
            back=request.url.include_query_params(page=page - 1).query,
        )

    def _matching(self, asked: Mapping[str, str]) -> list[Any]:
        """Return the claims of a search, each with how it stands."""
        here = on_file(self.book, self.clock.today, self._organization(asked))
        if asked["claimNumber"]:
            return [entry for entry in here if entry[0].number == asked["claimNumber"]]
        first, last = (self.payer.parse(asked[key]) for key in ("serviceFrom", "serviceTo"))
        assert first is not None
        assert last is not None
        return [
            (file, stage)
            for file, stage in here
            if file.member.member_id == asked["memberId"] and file.end >= first and file.start <= last
        ]

    def _claim(self, request: Request) -> ClaimFile:
        file = self._files.get(request.path_params["claim"])
        if file is None or file.on(self.clock.today) is None:
            raise HTTPException(404)
        return file

    async def claim(self, request: Request, session: Session) -> Response:
        file = self._claim(request)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file = self.another_claim(file, [one for one, _ in on_file(self.book, self.clock.today, None)])
        stage = file.on(self.clock.today)
        assert stage is not None
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        headers = self.payer.line_headers
        return self.search(
            session,
            "claim.html",
            active="/claims",
            c=self.payer.claim(file, stage, self.clock.today),
            headers=exchanged(headers, *self.payer.money_headers) if swapped else headers,
            disputed=file.number in self._disputes,
        )

    # What changes something

    async def dispute_sent(self, request: Request, session: Session) -> Response:
        file = self._claim(request)
        await self.form(request, session)
        self._disputes.append(file.number)
        return RedirectResponse(f"/claims/{file.number}", 303)

    async def clinic_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        return RedirectResponse(self.payer.coverage_path, 303)


@cache
def _requests(cast: Cast) -> tuple[Authorization, ...]:
    return authorizations.authorizations(cast, "beaconpass", of(cast, "mossbridge"))


def requests(cast: Cast, member: Member, day: date) -> list[tuple[Authorization, Decision]]:
    """Return a member's requests for authorization on a day."""
    return authorizations.of(_requests(cast), member, day)


class Northpeak(Target):
    """Northpeak's site, with its payments."""

    payer = northpeak.PAYER
    steps, strange, place = doors.NORTHPEAK_STEPS, doors.NORTHPEAK_STRANGE, payer.site
    folder = Path(__file__).parent / "pages" / "northpeak"
    renames: ClassVar = {"Paid": "Plan payment", "Member ID": "Subscriber no."}
    goodbye = "You are still signed in to BeaconPass. Sign out there too."

    @override
    def routes(self) -> Iterable[Route]:
        return [
            *super().routes(),
            self.page("/payments", self.payments),
            self.page("/payments/{number}", self.payment),
        ]

    def _remits(self, asked: Mapping[str, str]) -> list[remits.Remit]:
        organization = self._organization(asked)
        assert organization is not None
        first, last = (self.payer.parse(asked[key]) for key in ("issuedFrom", "issuedTo"))
        every = remits.remits(self.book, organization, self.clock.today)
        if asked["number"]:
            return [one for one in every if one.payment.number == asked["number"]]
        return [one for one in every if first and last and first <= one.payment.issued <= last]

    async def payments(self, request: Request, session: Session) -> Response:
        asked = self._asked(request.query_params, PAYMENTS)
        if not any(asked.values()):
            return self.search(session, "payments.html", active="/payments", asked=asked)
        days = [self.payer.parse(asked[key]) for key in ("issuedFrom", "issuedTo")]
        if not self._organization(asked) or not (asked["number"] or None not in days):
            error = "Give a check or trace number, or both days of issue."
            return self.search(session, "payments.html", active="/payments", asked=asked, error=error)
        found = [northpeak.payment(remit) for remit in self._remits(asked)]
        return self.search(
            session,
            "payments.html",
            active="/payments",
            asked=asked,
            echo=asked,
            found=found,
            total=len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
        )

    async def payment(self, request: Request, session: Session) -> Response:
        number = request.path_params["number"]
        for organization in self.cast.organizations:
            for remit in remits.remits(self.book, organization, self.clock.today):
                if remit.payment.number == number:
                    view = northpeak.payment(remit)
                    return self.search(session, "payment.html", active="/payments", p=view)
        raise HTTPException(404)


class Mossbridge(Target):
    """Mossbridge's site, with its authorizations."""

    payer = mossbridge.PAYER
    strange, place = doors.MOSSBRIDGE_STRANGE, payer.site
    folder = Path(__file__).parent / "pages" / "mossbridge"
    renames: ClassVar = {"Paid": "Disbursed", "Member number": "Subscriber no."}
    goodbye = "BeaconPass still knows you. Sign out there as well when you leave."

    @override
    def routes(self) -> Iterable[Route]:
        return [
            *super().routes(),
            self.page("/authorizations", self.authorizations),
            self.page("/authorizations/{reference}/withdraw", self.withdraw_sent, "POST"),
        ]

    async def authorizations(self, request: Request, session: Session) -> Response:
        asked = self._asked(request.query_params, REQUESTS)
        if not asked["memberId"]:
            blank = asked | {"onDate": self.payer.day(self.clock.today).words}
            return self.search(session, "authorizations.html", active="/authorizations", asked=blank)
        member = self.book.member(asked["memberId"])
        if member is not None and member.patient.birth_date != self.payer.parse(asked["birthDate"]):
            member = None
        view = None
        if member is not None:
            if self.troubles.get(WRONG_PATIENT, session.user) is not None:
                member = self.another(member)
            found = [
                mossbridge.authorization(*pair) for pair in requests(self.cast, member, self.clock.today)
            ]
            if asked["number"]:
                wanted = asked["number"]
                found = [one for one in found if wanted in (one["number"].words, one["reference"].words)]
            view = {
                "member_id": member.member_id,
                "member_name": mossbridge.name(member.patient),
                "birth_date": mossbridge.day(member.patient.birth_date),
                "authorizations": found,
                "total": len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            }
        return self.search(
            session, "authorizations.html", active="/authorizations", asked=asked, echo=asked, found=view
        )

    async def withdraw_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        return RedirectResponse("/authorizations", 303)
