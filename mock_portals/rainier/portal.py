"""RainierCare's pages: the ladder of sign-in, and what a delegate may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals.authorizations import Authorization, authorizations, of
from mock_portals.book import Book, ClaimFile, Member, Stage
from mock_portals.cast import Cast
from mock_portals.rainier import doors, views, words
from mock_portals.rainier.files import PREFIX, SERIES, coordination, files
from mock_portals.remits import Remit, remits
from mock_portals.served import Served, entered, exchanged, page_number, person, us_day
from mock_portals.sessions import Session
from mock_portals.shown import Json, text, truth
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

NAME = "RainierCare Community Plan"
ROWS_A_PAGE = 15
LONGEST_RANGE = 366
"""Days."""

CHALLENGE = Trouble("challenge", "a robot challenge stands before every page", at_sign_in=True)
SECURITY_QUESTION = Trouble(
    "security_question", "a question of the person's own is asked in place of a code", at_sign_in=True
)
ROLE_MISSING = Trouble(
    "role_missing", "a delegate function is not assigned: 'claims', 'authorizations' …", "claims"
)
EX_REDEFINED = Trouble("ex_redefined", "EX code 45C is explained as something else than it was")
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    CODE_REJECTED,
    SIGNIN_TIMED_OUT,
    STEP.of(*doors.STEPS),
    STRANGE,
    PASSWORD_EXPIRED,
    TERMS,
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    LAYOUT_B,
    CHALLENGE,
    SECURITY_QUESTION,
    ROLE_MISSING,
    EX_REDEFINED,
)

LIST = (
    "ICN",
    "Patient account",
    "Member name",
    "Dates of service",
    "Charged",
    "Paid",
    "Status",
    "Status date",
)
LINES = (
    "Ln",
    "From",
    "Thru",
    "Procedure",
    "Mod",
    "Units",
    "Dx",
    "Charged",
    "Allowed",
    "Paid",
    "Line status",
    "EX codes",
    "Remarks",
)
ELIGIBILITY = {"memberId": "Member ID", "birthDate": "Date of birth", "serviceDate": "Date of service"}
CLAIMS = {"icn": "ICN", "memberId": "Member ID", "from": "From date", "to": "To date"}
AUTHORIZATIONS = {"number": "PA number", "memberId": "Member ID", "from": "From date", "to": "To date"}
PAYMENTS = {"number": "Warrant or EFT number", "from": "From date", "to": "To date"}


@cache
def _book(cast: Cast) -> Book:
    return files(cast)


@cache
def _authorizations(cast: Cast) -> tuple[Authorization, ...]:
    return authorizations(cast, "rainier", _book(cast))


def _export(cast: Cast) -> Export:
    unknown = strangers(PREFIX)
    return Export(cast, _book(cast), lambda _: NAME, unknown, SERIES, ("R", "V"), folder="rainier")


class Rainier(Served):
    """The plan's pages over its files; what people sent lasts until the next reset."""

    folder = Path(__file__).parent
    stages: ClassVar = {"code": "/signin/code", "expired": "/password/expired"}
    after_password = "code"
    renames: ClassVar = {"Member ID": "Recipient no.", "Paid": "Plan paid"}
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    wrong_code = "This code does not match or was used before."
    goodbye = "Close every window if others use this computer."

    def __init__(self, site: Site) -> None:
        super().__init__(site, _book(site.world.cast))
        self.authorizations = _authorizations(self.cast)

    @override
    def routes(self) -> list[Route]:
        door, page, part = self.door, self.page, self._part
        return [
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/signin/password", self.password),
            door("/signin/password", self.password_sent, "POST"),
            door("/signin/code", self.code),
            door("/signin/code", self.code_sent, "POST"),
            door("/signin/question", self.question_sent, "POST"),
            door("/challenge", self.challenge),
            door("/challenge", self.challenge, "POST"),
            page("/home", self.home),
            page("/acting", self.acting_sent, "POST"),
            page("/delegates", self.delegates),
            page("/ex-codes", self.ex_codes),
            part("eligibility", "/members/eligibility", self.eligibility),
            part("eligibility", "/members/eligibility", self.eligibility_sent, "POST"),
            part("eligibility", "/members/{member}/cob", self.cob),
            part("claims", "/claims/search", self.claims),
            part("claims", "/claims/search", self.claims_sent, "POST"),
            part("claims", "/claims/results", self.results),
            part("claims", "/claims/{icn}", self.claim),
            part("authorizations", "/authorizations", self.searched),
            part("authorizations", "/authorizations", self.searched_sent, "POST"),
            part("authorizations", "/authorizations/{reference}", self.authorization),
            part("payments", "/payments", self.payments),
            part("payments", "/payments", self.payments_sent, "POST"),
            part("payments", "/payments/{number}", self.payment),
            page("/requests/{what}", self.requested_sent, "POST"),
        ]

    def _part(
        self, name: str, path: str, handler: Callable[[Request, Session], Awaitable[Response]], *methods: str
    ) -> Route:
        """Return a page for delegates with a function; others are back at home, without a word."""

        async def allowed(request: Request, session: Session) -> Response:
            if name not in self._functions(session):
                return RedirectResponse("/home", 303)
            return await handler(request, session)

        return self.page(path, allowed, *methods)

    def _functions(self, session: Session) -> list[str]:
        missing = str(self.troubles.get(ROLE_MISSING, session.user) or "").split(",")
        return [name for name in words.FUNCTIONS if name not in missing]

    @override
    def show(self, session: Session | None, template: str, status: int = 200, **data: Any) -> Response:
        known = session is not None and session.stage == "signed_in"
        menu = [words.FUNCTIONS[name] for name in self._functions(session)] if session and known else []
        tins = [organization.tin for organization in self.cast.organizations]
        return super().show(session, template, status, **{"menu": menu, "tins": tins} | data)

    @override
    def ladder(self, session: Session) -> str | None:
        return "/challenge" if self.troubles.get(CHALLENGE, session.user) is not None else None

    # Sign-in

    async def challenge(self, _request: Request, session: Session) -> Response:
        return self.show(session, "challenge.html")

    async def signin(self, request: Request, session: Session) -> Response:
        if self.troubles.get(CHALLENGE) is not None:
            return self.show(session, "challenge.html")
        return self.show(session, "signin.html", timed_out=request.query_params.get("reason") == "timeout")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user, computer = entered(form, "userId"), entered(form, "computer")
        if not user or computer not in ("personal", "public"):
            error = "Enter your user ID and tell us which computer you use."
            return self.show(session, "signin.html", timed_out=False, error=error)
        if computer == "personal":
            # The plan keeps such a computer for 60 days, which is not software's to ask for.
            self.site.log.add(
                self.site.log.mutations,
                user=user,
                method="POST",
                path="/signin",
                fields={"computer": computer},
            )
        session.notes |= {"user": user, "computer": computer}
        return RedirectResponse("/signin/password", 303)

    async def password(self, _request: Request, session: Session) -> Response:
        if "user" not in session.notes:
            return RedirectResponse("/signin", 303)
        return self.show(session, "signin_password.html", who=session.notes["user"])

    async def password_sent(self, request: Request, session: Session) -> Response:
        form, notes = await self.form(request, session), session.notes
        if "user" not in notes:
            return RedirectResponse("/signin", 303)
        user = notes["user"]
        if self.gate.password(user, entered(form, "password"), session.id) != "accepted":
            if self.gate.locked(user):
                return self.show_locked(session, user)
            error = "The user ID and password do not match our records."
            return self.show(session, "signin_password.html", who=user, error=error)
        expired = self.password_expired(user)
        session = self.site.sessions.renew(session, user, "expired" if expired else "code")
        session.notes["computer"] = notes["computer"]
        session.notes["organization"] = self.cast.organizations[0]
        self.site.take(request, session)
        return RedirectResponse(self.stages[session.stage], 303)

    @override
    async def code(self, request: Request, session: Session) -> Response:
        if self.troubles.get(SECURITY_QUESTION, session.user) is not None:
            return self.show(self.at(request, "/signin/code"), "question.html")
        return await super().code(request, session)

    async def question_sent(self, _request: Request, session: Session) -> Response:
        return self.show(session, "question.html", error="That is not the answer on file.")

    # Pages without data of patients

    async def home(self, _request: Request, session: Session) -> Response:
        stages = [stage for _, stage in self._on_file(session)]
        counts = [
            (words.STATUS[status], sum(1 for stage in stages if stage.status == status))
            for status in words.STATUS
        ]
        return self.show(
            session,
            "home.html",
            active="/home",
            today=self.clock.today,
            counts=counts if "claims" in self._functions(session) else [],
            computer=session.notes.get("computer"),
        )

    async def acting_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        for organization in self.cast.organizations:
            if organization.tin == entered(form, "tin"):
                session.notes["organization"] = organization
        return RedirectResponse("/home", 303)

    async def delegates(self, _request: Request, session: Session) -> Response:
        mine = self._functions(session)
        given = [(word, name in mine) for name, (_, word) in words.FUNCTIONS.items()]
        return self.show(session, "delegates.html", active="/delegates", given=given)

    async def ex_codes(self, _request: Request, session: Session) -> Response:
        found = [*words.EXPLANATIONS.values(), *words.LACKING.values()]
        published = sorted((one for one in found if one.carc), key=lambda one: one.code)
        return self.show(session, "ex_codes.html", active="/ex-codes", published=published)

    # Eligibility and other coverage

    async def eligibility(self, _request: Request, session: Session) -> Response:
        asked = dict.fromkeys(ELIGIBILITY, "") | {"serviceDate": f"{self.clock.today:%m/%d/%Y}"}
        return self._form(session, "eligibility", asked)

    def _form(
        self, session: Session, kind: str, asked: Mapping[str, str], error: str | None = None
    ) -> Response:
        path, word = words.FUNCTIONS[kind]
        return self.show(
            session,
            "search.html",
            active=path,
            word=word,
            labels=FORMS[kind],
            hints=HINTS[kind],
            asked=asked,
            error=error,
        )

    async def eligibility_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        asked = {name: entered(form, name) for name in ELIGIBILITY}
        day, born = us_day(asked["serviceDate"]), us_day(asked["birthDate"])
        if not asked["memberId"] or born is None or day is None:
            return self._form(
                session, "eligibility", asked, "Member ID and both dates (MM/DD/YYYY) are required."
            )
        member = self.book.member(asked["memberId"])
        data: dict[str, Any] = {"active": "/members/eligibility", "asked": _echo(ELIGIBILITY, asked)}
        if member is None or member.patient.birth_date != born:
            message = "No member matches the information you entered."
            return self.show(session, "none.html", message=message, word="Member eligibility", **data)
        if self.troubles.get(WRONG_PATIENT, session.user) is True:
            member = self.another(member)
        return self.show(session, "member.html", e=self._view(member), tab="coverage", **data)

    async def cob(self, request: Request, session: Session) -> Response:
        member = self.book.member(request.path_params["member"])
        if member is None:
            raise HTTPException(404)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        view = self._view(member)
        return self.show(session, "cob.html", active="/members/eligibility", e=view, tab="cob")

    def _view(self, member: Member) -> views.View:
        return self._eligibility(member, self.clock.today)

    def _eligibility(self, member: Member, day: date) -> views.View:
        return views.eligibility(member, member.on(day), coordination(self.cast, member, day), day)

    # Claims

    def _on_file(self, session: Session) -> list[tuple[ClaimFile, Stage]]:
        """Return the claims of the provider acted for, newest days of service first."""
        found = [
            (file, stage)
            for file in self.book.claims
            if file.organization == session.notes["organization"]
            and (stage := file.on(self.clock.today)) is not None
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    async def claims(self, _request: Request, session: Session) -> Response:
        return self._form(session, "claims", dict.fromkeys(CLAIMS, ""))

    async def claims_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        asked = {name: entered(form, name) for name in CLAIMS}
        if not asked["icn"] and not asked["memberId"]:
            return self._form(session, "claims", asked, "Enter an ICN, or a member ID with both dates.")
        if not asked["icn"] and (error := _range_error(asked)):
            return self._form(session, "claims", asked, error)
        if session.notes.get("asked") != asked:
            session.notes |= {"before": session.notes.get("asked"), "asked": asked}
        return RedirectResponse("/claims/results", 303)

    async def results(self, request: Request, session: Session) -> Response:
        asked = session.notes.get("asked")
        if asked is None:
            return RedirectResponse("/claims/search", 303)
        echoed: list[tuple[str, str]] | None = _echo(CLAIMS, asked)
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            other = self.another(self.book.member(asked["memberId"]) or self.book.members[0])
            old = {"icn": "", "memberId": other.member_id, "from": "01/01/2026", "to": "11/15/2026"}
            asked = session.notes.get("before") or old
            echoed = None if stale == "missing" else _echo(CLAIMS, asked)
        found = [entry for entry in self._on_file(session) if _matches(entry[0], asked)]
        data: dict[str, Any] = {"active": "/claims/search", "asked": echoed}
        if not found:
            message = "No claims match the information you entered."
            return self.show(session, "none.html", message=message, word="Claim search results", **data)
        pages = -(-len(found) // ROWS_A_PAGE)
        page = min(max(1, page_number(request.query_params.get("page", "1"))), pages)
        first = (page - 1) * ROWS_A_PAGE
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        return self.show(
            session,
            "results.html",
            rows=[views.claim(file, stage) for file, stage in found[first : first + ROWS_A_PAGE]],
            headers=exchanged(LIST, "Charged", "Paid") if swapped else LIST,
            first=first + 1,
            last=min(first + ROWS_A_PAGE, len(found)),
            total=len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            page=page,
            pages=pages,
            **data,
        )

    async def claim(self, request: Request, session: Session) -> Response:
        on_file = dict(self._on_file(session))
        file = self._files.get(request.path_params["icn"])
        if file is None or file not in on_file:
            raise HTTPException(404)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file = self.another_claim(file, on_file)
        view = views.claim(file, on_file[file])
        if self.troubles.get(EX_REDEFINED, session.user) is not None:
            new = words.REDEFINED
            view["_ex"] = [new if one.code == new.code else one for one in view["_ex"]]
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        return self.show(
            session,
            "claim.html",
            active="/claims/search",
            c=view,
            headers=exchanged(LINES, "Charged", "Paid") if swapped else LINES,
            today=self.clock.today,
        )

    # Authorizations

    async def searched(self, _request: Request, session: Session) -> Response:
        return self._form(session, "authorizations", dict.fromkeys(AUTHORIZATIONS, ""))

    async def searched_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        asked = {name: entered(form, name) for name in AUTHORIZATIONS}
        if not asked["memberId"]:
            error = (
                "A PA number alone is not enough: enter the member ID too."
                if asked["number"]
                else "Enter a PA number with the member ID, or the member ID with both dates."
            )
            return self._form(session, "authorizations", asked, error)
        if not asked["number"] and (error := _range_error(asked) or ""):
            return self._form(session, "authorizations", asked, error)
        data: dict[str, Any] = {"active": "/authorizations", "asked": _echo(AUTHORIZATIONS, asked)}
        member = self.book.member(asked["memberId"])
        first, last = us_day(asked["from"]), us_day(asked["to"])
        found = [
            (file, decision)
            for file, decision in (of(self.authorizations, member, self.clock.today) if member else [])
            if (not asked["number"] or asked["number"] in (decision.number, file.reference))
            and (first is None or file.requested >= first)
            and (last is None or file.requested <= last)
        ]
        if member is None:
            message = "No member matches the information you entered."
            return self.show(session, "none.html", message=message, word="Authorizations", **data)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        extra = self.troubles.number(PAGE_COUNT, session.user) or 0
        return self.show(
            session,
            "authorizations.html",
            a=views.who(member),
            found=[views.authorization(file, decision) for file, decision in found],
            total=len(found) + extra,
            **data,
        )

    async def authorization(self, request: Request, session: Session) -> Response:
        wanted = request.path_params["reference"]
        file = next((one for one in self.authorizations if one.reference == wanted), None)
        decision = file.on(self.clock.today) if file else None
        if file is None or decision is None:
            raise HTTPException(404)
        return self.show(
            session,
            "authorization.html",
            active="/authorizations",
            a=views.authorization(file, decision),
            member=file.member,
        )

    # Payments

    async def payments(self, _request: Request, session: Session) -> Response:
        return self._form(session, "payments", dict.fromkeys(PAYMENTS, ""))

    def _remits(self, session: Session) -> list[Remit]:
        return remits(self.book, session.notes["organization"], self.clock.today)

    async def payments_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        asked = {name: entered(form, name) for name in PAYMENTS}
        if not asked["number"] and (error := _range_error(asked)):
            return self._form(session, "payments", asked, error)
        first, last = us_day(asked["from"]), us_day(asked["to"])
        found = [
            remit
            for remit in self._remits(session)
            if asked["number"] in ("", remit.payment.number)
            and (first is None or remit.payment.issued >= first)
            and (last is None or remit.payment.issued <= last)
        ]
        extra = self.troubles.number(PAGE_COUNT, session.user) or 0
        return self.show(
            session,
            "payments.html",
            active="/payments",
            asked=_echo(PAYMENTS, asked),
            payments=[views.payment(remit) for remit in found],
            total=len(found) + extra,
        )

    async def payment(self, request: Request, session: Session) -> Response:
        wanted = request.path_params["number"]
        found = next((one for one in self._remits(session) if one.payment.number == wanted), None)
        if found is None:
            raise HTTPException(404)
        return self.show(session, "payment.html", active="/payments", p=views.payment(found))

    # What changes something

    async def requested_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        return self.show(
            session,
            "notice.html",
            heading="Request received",
            message="RainierCare has received your request.",
            link=("/home", "Home"),
        )

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day, from the files and not from the pages."""
        export = _export(self.cast)
        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [person(member) for member in self.book.members],
            "eligibilities": [truth(self._eligibility(member, day)) for member in self.book.members],
            "claims": [
                truth(views.claim(file, stage)) for file in self.book.claims if (stage := file.on(day))
            ],
            "authorizations": [
                truth({"of": {"member_id": member.member_id}} | views.authorization(file, decision))
                for member in self.book.members
                for file, decision in of(self.authorizations, member, day)
            ],
            "payments": [
                truth({"of": {"tin": organization.tin.replace("-", "")}} | views.payment(remit))
                for organization in self.cast.organizations
                for remit in remits(self.book, organization, day)
            ],
            "lists": [
                *(
                    truth(
                        {"kind": "authorizations", "of": {"member_id": member.member_id}} | views.who(member)
                    )
                    for member in self.book.members
                ),
                *(
                    truth({"kind": "payments", "of": {"tin": tin.replace("-", "")}, "tin": text(tin)})
                    for tin in (organization.tin for organization in self.cast.organizations)
                ),
            ],
            "not_on_file": {
                "members": [person(member) for member in export.strangers],
                "claims": [
                    {"patient_account_number": account, "member_id": member.member_id}
                    for account, member in export.unsent
                ],
            },
        }


FORMS: Mapping[str, Mapping[str, str]] = {
    "eligibility": ELIGIBILITY,
    "claims": CLAIMS,
    "authorizations": AUTHORIZATIONS,
    "payments": PAYMENTS,
}
HINTS: Mapping[str, str] = {
    "eligibility": "All three are required. Coverage is shown for the day of service.",
    "claims": "Search by ICN, or by member ID with dates of service at most 12 months apart.",
    "authorizations": "Search by PA number with member ID, or by member ID with request dates.",
    "payments": "Search by warrant or EFT number, or by dates of issue at most 12 months apart.",
}


def _echo(labels: Mapping[str, str], asked: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(label, asked[name]) for name, label in labels.items() if asked[name]]


def _range_error(asked: Mapping[str, str]) -> str | None:
    first, last = us_day(asked["from"]), us_day(asked["to"])
    if first is None or last is None or last < first:
        return "Enter both dates in order as MM/DD/YYYY."
    return "Dates may be 12 months apart at most." if (last - first).days > LONGEST_RANGE else None


def _matches(file: ClaimFile, asked: Mapping[str, str]) -> bool:
    """Tell whether a claim has the number, or is the member's with days between the two."""
    first, last = us_day(asked["from"]), us_day(asked["to"])
    if asked["icn"]:
        return file.number == asked["icn"] and asked["memberId"] in ("", file.member.member_id)
    return (
        file.member.member_id == asked["memberId"]
        and (first is None or file.end >= first)
        and (last is None or file.start <= last)
    )


def _open(site: Site) -> Pages:
    rainier = Rainier(site)
    return rainier.pages(
        rainier.truth,
        unavailable=("We will be right back", "Provider Access cannot answer at this time. Try again later."),
        maintenance=("Planned maintenance", "Provider Access is closed for planned maintenance."),
    )


PORTAL = Portal(
    id="rainier",
    name=f"{NAME} — Provider Access",
    about="Managed Medicaid: user ID, password and authenticator code; delegates act for a tax ID.",
    rules=Rules(
        cookie="rcp_session",
        idle_seconds=15 * 60,
        attempts=3,
        reading_posts=frozenset(
            {
                "/signin",
                "/signin/password",
                "/signin/code",
                "/acting",
                "/members/eligibility",
                "/claims/search",
                "/authorizations",
                "/payments",
            }
        ),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: _export(cast).worklist,
)
