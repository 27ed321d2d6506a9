"""StateComp's pages: the agency's doors, inquiries by program, and what the board has on file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals.authorizations import of
from mock_portals.book import ClaimFile, Member, Stage
from mock_portals.cast import Organization
from mock_portals.remits import Remit, demands, remits
from mock_portals.served import Served, entered, exchanged, page_number, person, us_day
from mock_portals.sessions import Session
from mock_portals.shown import Json, Leaf, text, truth
from mock_portals.site import Pages, Portal, Rules, Site
from mock_portals.statecomp import doors, views, words
from mock_portals.statecomp.board import Board, Injury, board
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

ROWS_A_PAGE = 12
LONGEST_RANGE = 366
"""Days."""

ATTESTATION = Trouble("attestation", "the provider's annual attestation stands before home", at_sign_in=True)
TRAINING = Trouble("training", "the yearly fraud training is overdue and stands before home", at_sign_in=True)
CLOSED = Trouble("closed", "every inquiry says that the office is closed; home still opens")
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
    ATTESTATION,
    TRAINING,
    CLOSED,
)
DUE = {
    "attestation": (
        ATTESTATION,
        "Annual provider attestation",
        "Every enrolled provider attests once a year, by the person who signs in and by nobody else.",
        "I attest that the enrollment record is true and complete.",
    ),
    "training": (
        TRAINING,
        "Fraud prevention training is overdue",
        "Every user takes the course once a calendar year. Open it and confirm when you have finished.",
        "I have completed the course for 2026.",
    ),
}
"""What can stand before home: trouble, heading, message, and what is ticked."""

LABELS = {
    "program": "Program",
    "taxId": "Billing tax ID",
    "injury": "Injury claim number",
    "birth": "Date of birth",
    "service": "Date of service",
    "from": "Service from",
    "to": "Service through",
    "document": "Document number",
    "invoice": "Invoice number",
    "reference": "Request number",
    "paidFrom": "Paid from",
    "paidTo": "Paid through",
    "number": "Remittance or EFT number",
}


@dataclass(frozen=True)
class Inquiry:
    """A form: what it asks, what it cannot do without, and a hint."""

    title: str
    asks: tuple[str, ...]
    needs: tuple[str, ...]
    hint: str


WORKER = ("program", "taxId", "injury", "birth")
INQUIRIES = {
    "injury": Inquiry(
        "Injury claim inquiry",
        (*WORKER, "service"),
        (*WORKER, "service"),
        "Is the injury claim allowed and open, and for which conditions.",
    ),
    "bills": Inquiry(
        "Bill inquiry",
        (*WORKER, "from", "to", "document", "invoice"),
        WORKER,
        "Give both service dates, or a document number. All parties to an injury claim see all of its bills.",
    ),
    "authorizations": Inquiry(
        "Authorization inquiry",
        (*WORKER, "reference"),
        WORKER,
        "Requests for prior authorization of an injury claim.",
    ),
    "remittances": Inquiry(
        "Remittance inquiry",
        ("program", "taxId", "paidFrom", "paidTo", "number"),
        ("program", "taxId"),
        "Give both dates, or a remittance or EFT number.",
    ),
    "recoveries": Inquiry(
        "Recovery inquiry",
        ("program", "taxId"),
        ("program", "taxId"),
        "What the board wants back, and how far it is with it.",
    ),
}
BILLS = (
    "Document no.",
    "Invoice no.",
    "Billed by",
    "Tax ID",
    "Service from",
    "Service through",
    "Processed",
    "Billed",
    "Paid",
    "Bill status",
)
LINES = (
    "Ln",
    "From",
    "Through",
    "Code",
    "Mod",
    "Dx",
    "Units",
    "Billed",
    "Allowed",
    "Paid",
    "Line status",
    "EOB",
    "Edit",
)


class StateComp(Served):
    """The site's pages over the board's files."""

    folder = Path(__file__).parent
    stages: ClassVar = {"code": "/signin/code", "expired": "/password/expired"}
    after_password = "code"
    renames: ClassVar = {"Injury claim number": "Claim file no.", "Paid": "Reimbursed"}
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    wrong_code = "The security code is not valid. Use the next one."
    goodbye = "You are signed out of StateComp. Close this window if you use a shared computer."

    def __init__(self, site: Site) -> None:
        self.board: Board = board(site.world.cast)
        super().__init__(site, self.board.book)
        self._files |= {file.number: file for file in self.board.others}
        self.sent: dict[str, str] = {}
        """What was asked for by pressing a button, by the page's address."""
        self.done: set[tuple[str, str | None]] = set()

    @override
    def routes(self) -> list[Route]:
        door, page = self.door, self.page
        return [
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/signin/code", self.code),
            door("/signin/code", self.code_sent, "POST"),
            door("/due/{what}", self.due),
            door("/due/{what}", self.due_sent, "POST"),
            page("/home", self.home),
            page("/inquiry/{kind}", self.inquiry),
            page("/inquiry/{kind}", self.inquiry_sent, "POST"),
            page("/inquiry/{kind}/results", self.results),
            page("/bills/{number}", self.bill),
            page("/authorizations/{number}", self.authorization),
            page("/authorizations/{number}/utilization", self.utilization),
            page("/remittances/{number}", self.remittance),
            page("/{kind}/{number}/{action}", self.action_sent, "POST"),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        for what, (trouble, *_) in DUE.items():
            if self.troubles.get(trouble, session.user) is not None and (what, session.user) not in self.done:
                return f"/due/{what}"
        return None

    # Sign-in

    async def signin(self, request: Request, session: Session) -> Response:
        return self.show(session, "signin.html", timed_out=request.query_params.get("reason") == "timeout")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user = entered(form, "userId")
        if self.gate.password(user, entered(form, "password"), session.id) != "accepted":
            if self.gate.locked(user):
                return self.show_locked(session, user)
            error = "Sign-in failed. The User ID and password do not match our records."
            return self.show(session, "signin.html", timed_out=False, error=error)
        expired = self.password_expired(user)
        session = self.site.sessions.renew(session, user, "expired" if expired else "code")
        session.notes["organization"] = self.cast.organizations[0]
        self.site.take(request, session)
        return RedirectResponse("/password/expired" if expired else "/signin/code", 303)

    async def due(self, request: Request, session: Session) -> Response:
        what = request.path_params["what"]
        session = self.at(request, f"/due/{what}")
        _, heading, message, tick = DUE[what]
        return self.show(session, "due.html", what=what, heading=heading, message=message, tick=tick)

    async def due_sent(self, request: Request, session: Session) -> Response:
        what = request.path_params["what"]
        session = self.at(request, f"/due/{what}")
        form = await self.form(request, session)
        if form.get("agree") == "yes":
            self.done.add((what, session.user))
        return RedirectResponse(self.ladder(session) or "/home", 303)

    async def home(self, _request: Request, session: Session) -> Response:
        return self.show(session, "home.html", active="/home", inquiries=INQUIRIES, programs=words.PROGRAMS)

    # Inquiries

    async def inquiry(self, request: Request, session: Session) -> Response:
        kind = self._kind(request)
        return self._form(session, kind, dict.fromkeys(LABELS, ""), None)

    def _kind(self, request: Request) -> str:
        kind: str = request.path_params["kind"]
        if kind not in INQUIRIES:
            raise HTTPException(404)
        return kind

    def _form(self, session: Session, kind: str, asked: Mapping[str, str], error: str | None) -> Response:
        if self.troubles.get(CLOSED, session.user) is not None:
            message = "Inquiries are answered Monday to Saturday, 5 a.m. to 11 p.m. Mountain time."
            return self.show(
                session, "notice.html", heading="The inquiry system is closed", message=message, link=None
            )
        return self.show(
            session,
            "inquiry.html",
            active=f"/inquiry/{kind}",
            kind=kind,
            inquiry=INQUIRIES[kind],
            labels=LABELS,
            asked=asked,
            error=error,
            choices={
                "program": [(one.name, one.name) for one in words.PROGRAMS],
                "taxId": [(one.tin, one.tin) for one in self.cast.organizations],
            },
        )

    async def inquiry_sent(self, request: Request, session: Session) -> Response:
        kind = self._kind(request)
        form = await self.form(request, session)
        asked = {name: entered(form, name) for name in INQUIRIES[kind].asks}
        error = _error(kind, asked)
        if error or self.troubles.get(CLOSED, session.user) is not None:
            return self._form(session, kind, dict.fromkeys(LABELS, "") | asked, error)
        if self.troubles.get(STALE_ROWS, session.user) is not None and kind == "bills":
            session.notes["before"] = session.notes.get(kind)
        session.notes[kind] = asked
        return self._results(session, kind, asked, 1)

    async def results(self, request: Request, session: Session) -> Response:
        kind = self._kind(request)
        asked = session.notes.get(kind)
        if asked is None:
            return RedirectResponse(f"/inquiry/{kind}", 303)
        return self._results(session, kind, asked, page_number(request.query_params.get("page", "1")))

    def _results(self, session: Session, kind: str, asked: Mapping[str, str], page: int) -> Response:
        match kind:
            case "injury":
                return self._injury(session, asked)
            case "bills":
                return self._bills(session, asked, page)
            case "authorizations":
                return self._authorizations(session, asked)
            case "remittances":
                return self._remittances(session, asked, page)
        return self._recoveries(session, asked)

    def _answer(
        self, session: Session, template: str, kind: str, asked: Mapping[str, str] | None, **data: Any
    ) -> Response:
        echo = None if asked is None else [(LABELS[name], value) for name, value in asked.items() if value]
        return self.show(
            session,
            template,
            active=f"/inquiry/{kind}",
            kind=kind,
            inquiry=INQUIRIES[kind],
            echo=echo,
            as_of=words.day(self.clock.as_of),
            sent=self.sent,
            **data,
        )

    def _none(self, session: Session, kind: str, asked: Mapping[str, str] | None, message: str) -> Response:
        return self._answer(session, "none.html", kind, asked, message=message)

    def _found(self, asked: Mapping[str, str]) -> Injury | None:
        """Return the injury claim of this number, program and birth date."""
        injury = self.board.injuries.get(asked["injury"])
        if (
            injury is None
            or injury.program.name != asked["program"]
            or injury.member.patient.birth_date != us_day(asked["birth"])
        ):
            return None
        return injury

    def _organization(self, asked: Mapping[str, str]) -> Organization:
        return next(one for one in self.cast.organizations if one.tin == asked["taxId"])

    NO_INJURY: ClassVar = "No injury claim with this number and date of birth is on file in this program."

    def _injury(self, session: Session, asked: Mapping[str, str]) -> Response:
        injury = self._found(asked)
        if injury is None:
            return self._none(session, "injury", asked, self.NO_INJURY)
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            injury = self.board.injuries[self.another(injury.member).member_id]
        return self._answer(
            session, "injury.html", "injury", asked, e=views.eligibility(injury, self.clock.today)
        )

    # Bills

    def _on_file(self, injury: Injury, asked: Mapping[str, str]) -> list[tuple[ClaimFile, Stage]]:
        """Return an injury's bills, whoever sent them, of the days asked for, newest first."""
        first, last = us_day(asked["from"]), us_day(asked["to"])
        found = [
            (file, stage)
            for file in self._files.values()
            if file.member == injury.member
            and (stage := file.on(self.clock.today)) is not None
            and (first is None or file.end >= first)
            and (last is None or file.start <= last)
            and asked["invoice"] in ("", file.account)
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    def _bills(self, session: Session, asked: Mapping[str, str], page: int) -> Response:
        echoed: Mapping[str, str] | None = asked
        injury = self._found(asked)
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            other = self.another(injury.member if injury else self.book.members[0])
            old = dict.fromkeys(INQUIRIES["bills"].asks, "") | {
                "program": words.program(other).name,
                "taxId": asked["taxId"],
                "injury": other.member_id,
                "birth": f"{other.patient.birth_date:%m/%d/%Y}",
                "from": "01/01/2026",
                "to": "11/15/2026",
            }
            before = session.notes.get("before") or old
            if before["injury"] == asked["injury"]:
                before = old
            injury, asked = self._found(before), before
            echoed = None if stale == "missing" else before
        if injury is None:
            return self._none(session, "bills", echoed, self.NO_INJURY)
        if asked["document"] and stale is None:
            return self._document(session, injury, asked, asked["document"])
        found = self._on_file(injury, asked)
        if not found:
            return self._none(
                session, "bills", echoed, "No bills of these dates are on file for this injury claim."
            )
        own = sum(file.organization.tin == asked["taxId"] for file, _ in found)
        pages = -(-len(found) // ROWS_A_PAGE)
        page = min(max(1, page), pages)
        first = (page - 1) * ROWS_A_PAGE
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        return self._answer(
            session,
            "bills.html",
            "bills",
            echoed,
            rows=[self._view(*entry) for entry in found[first : first + ROWS_A_PAGE]],
            headers=exchanged(BILLS, "Billed", "Paid") if swapped else BILLS,
            total=len(found),
            own=own + (self.troubles.number(PAGE_COUNT, session.user) or 0),
            page=page,
            pages=pages,
        )

    def _view(self, file: ClaimFile, stage: Stage) -> views.View:
        return views.bill(file, stage, self.board.injuries[file.member.member_id], self.clock.today)

    async def bill(self, request: Request, session: Session) -> Response:
        asked = session.notes.get("bills")
        injury = self._found(asked) if asked else None
        if asked is None or injury is None:
            raise HTTPException(404)
        return self._document(session, injury, asked, request.path_params["number"])

    def _document(self, session: Session, injury: Injury, asked: Mapping[str, str], number: str) -> Response:
        file = self._files.get(number)
        stage = file.on(self.clock.today) if file else None
        if file is None or stage is None or file.member != injury.member:
            return self._none(session, "bills", asked, "No bill with this document number is on file.")
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file = self.another_claim(file, self.book.claims)
            stage = file.on(self.clock.today) or file.stages[0]
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        return self._answer(
            session,
            "bill.html",
            "bills",
            asked,
            c=self._view(file, stage),
            headers=exchanged(LINES, "Billed", "Paid") if swapped else LINES,
        )

    # Authorizations

    def _requests(self, asked: Mapping[str, str]) -> Sequence[views.View] | None:
        injury = self._found(asked)
        if injury is None:
            return None
        found = of(self.board.authorizations, injury.member, self.clock.today)
        return [
            views.authorization(*entry)
            for entry in found
            if asked["reference"] in ("", entry[0].reference, entry[1].number)
        ]

    def _authorizations(self, session: Session, asked: Mapping[str, str]) -> Response:
        found = self._requests(asked)
        if found is None:
            return self._none(session, "authorizations", asked, self.NO_INJURY)
        if not found:
            message = "No requests for authorization are on file for this injury claim."
            return self._none(session, "authorizations", asked, message)
        return self._answer(
            session,
            "authorizations.html",
            "authorizations",
            asked,
            e=views.eligibility(self.board.injuries[asked["injury"]], self.clock.today),
            rows=found,
        )

    def _request(self, request: Request, session: Session) -> views.View:
        asked = session.notes.get("authorizations")
        found = (self._requests(asked) if asked else None) or []
        number = request.path_params["number"]
        wanted = [one for one in found if one["reference"].words == number]
        if not wanted:
            raise HTTPException(404)
        return wanted[0]

    async def authorization(self, request: Request, session: Session) -> Response:
        return self._decided(request, session, "authorization.html")

    async def utilization(self, request: Request, session: Session) -> Response:
        return self._decided(request, session, "utilization.html")

    def _decided(self, request: Request, session: Session, template: str) -> Response:
        found = self._request(request, session)
        asked = session.notes["authorizations"]
        injury = views.eligibility(self.board.injuries[asked["injury"]], self.clock.today)
        return self._answer(session, template, "authorizations", asked, a=found, e=injury)

    # Money

    def _remits(self, asked: Mapping[str, str]) -> list[Remit]:
        found = remits(self.board.programs[asked["program"]], self._organization(asked), self.clock.today)
        first, last, number = us_day(asked["paidFrom"]), us_day(asked["paidTo"]), asked["number"]
        if number:
            return [one for one in found if number in (one.payment.number, views.remittance(one.payment))]
        return [one for one in found if first and last and first <= one.payment.issued <= last]

    def _remittances(self, session: Session, asked: Mapping[str, str], page: int) -> Response:
        found = [views.payment(one) for one in self._remits(asked)]
        if not found:
            return self._none(session, "remittances", asked, "No remittances to this tax ID are on file.")
        pages = -(-len(found) // ROWS_A_PAGE)
        page = min(max(1, page), pages)
        first = (page - 1) * ROWS_A_PAGE
        return self._answer(
            session,
            "remittances.html",
            "remittances",
            asked,
            rows=found[first : first + ROWS_A_PAGE],
            total=len(found),
            page=page,
            pages=pages,
        )

    async def remittance(self, request: Request, session: Session) -> Response:
        asked = session.notes.get("remittances")
        number = request.path_params["number"]
        found = self._remits(asked | {"number": number}) if asked else []
        if not found:
            raise HTTPException(404)
        mcos = [self.board.injuries[file.member.member_id].mco for file, _ in found[0].claims]
        view = views.payment(found[0])
        return self._answer(session, "remittance.html", "remittances", asked, p=view, mcos=mcos)

    def _recoveries(self, session: Session, asked: Mapping[str, str]) -> Response:
        wanted = demands(self.board.programs[asked["program"]], self._organization(asked), self.clock.today)
        if not wanted:
            return self._none(session, "recoveries", asked, "The board wants nothing back from this tax ID.")
        rows = [views.overpayment(one, self.clock.today) for one in wanted]
        return self._answer(session, "recoveries.html", "recoveries", asked, rows=rows)

    # What changes something

    async def action_sent(self, request: Request, session: Session) -> Response:
        kind, number, action = (request.path_params[name] for name in ("kind", "number", "action"))
        if (kind, action) not in ACTIONS:
            raise HTTPException(404)
        await self.form(request, session)
        self.sent[f"/{kind}/{number}"] = ACTIONS[kind, action]
        back = f"/{kind}/{number}" if kind in ("bills", "authorizations") else f"/inquiry/{kind}/results"
        return RedirectResponse(back, 303)

    # Ground truth

    def truth(self, day: date) -> Json:
        """Return what the pages show on a day, from the files and not from the pages."""
        unknown, injuries = self.board.export, self.board.injuries
        as_of = words.day(day - timedelta(days=1))
        requests = {
            number: of(self.board.authorizations, injury.member, day) for number, injury in injuries.items()
        }
        payers = [
            ({"carrier": program.id, "tin": organization.tin.replace("-", "")}, program, organization)
            for program in words.PROGRAMS
            for organization in self.cast.organizations
        ]

        def bills(files: Sequence[ClaimFile]) -> Json:
            return [
                truth(views.bill(file, stage, injuries[file.member.member_id], day) | _of(file.member))
                for file in files
                if (stage := file.on(day))
            ]

        def about(kind: str, whose: Mapping[str, str], **leaves: Leaf) -> Json:
            return truth({"kind": kind, "of": whose, "as_of": as_of, **leaves})

        return {
            "portal": PORTAL.id,
            "date": day.isoformat(),
            "members": [person(member) for member in self.book.members],
            "eligibilities": [
                truth(views.eligibility(injury, day) | _of(injury.member)) for injury in injuries.values()
            ],
            "claims": bills(self.book.claims),
            "bills_of_others": bills(self.board.others),
            "payments": [
                truth(views.payment(one) | {"of": whose})
                for whose, program, organization in payers
                for one in remits(self.board.programs[program.name], organization, day)
            ],
            "overpayments": [
                truth(views.overpayment(one, day) | {"of": whose})
                for whose, program, organization in payers
                for one in demands(self.board.programs[program.name], organization, day)
            ],
            "authorizations": [
                truth(views.authorization(*entry) | _of(injuries[number].member))
                for number, found in requests.items()
                for entry in found
            ],
            "lists": [
                *(
                    about(kind, whose, tin=text(organization.tin))
                    for kind in ("payments", "overpayments")
                    for whose, _, organization in payers
                ),
                *(
                    about("authorizations", {"member_id": number}, **views.worker(injury))
                    for number, injury in injuries.items()
                ),
            ],
            "not_on_file": {
                "members": [_stranger(member) for member in unknown.strangers],
                "claims": [
                    _of(member)["of"] | {"patient_account_number": account}
                    for account, member in unknown.unsent
                ],
            },
        }


def _of(member: Member) -> dict[str, dict[str, Json]]:
    """Return whose a record is, as the truth tells it."""
    return {"of": {"carrier": words.program(member).id, "member_id": member.member_id}}


def _stranger(member: Member) -> Json:
    patient = member.patient
    named: dict[str, Json] = {"last_name": patient.last, "first_name": patient.first}
    return named | {"birth_date": patient.birth_date.isoformat()} | _of(member)["of"]


ACTIONS = {
    ("bills", "reconsideration"): "A request for reconsideration was filed.",
    ("bills", "void"): "The bill was withdrawn.",
    ("injury", "physician"): "A change of the physician of record was requested.",
    ("authorizations", "withdraw"): "The request was withdrawn.",
    ("recoveries", "appeal"): "An appeal was filed.",
}
"""What buttons do, by page and action."""


def _error(kind: str, asked: Mapping[str, str]) -> str | None:
    """Return what is wrong with an inquiry, if anything."""
    missing = [LABELS[name] for name in INQUIRIES[kind].needs if not asked[name]]
    if missing:
        return f"Enter: {', '.join(missing)}."
    if words.named(asked["program"]) is None:
        return "Select a program."
    if "birth" in asked and us_day(asked["birth"]) is None:
        return "Enter the date of birth as MM/DD/YYYY."
    if kind == "injury" and us_day(asked["service"]) is None:
        return "Enter the date of service as MM/DD/YYYY."
    for first, last, instead in (("from", "to", "document"), ("paidFrom", "paidTo", "number")):
        if first in asked and not asked[instead]:
            start, end = us_day(asked[first]), us_day(asked[last])
            if start is None or end is None or end < start:
                return f"Enter {LABELS[first]} and {LABELS[last]} in order as MM/DD/YYYY."
            if (end - start).days > LONGEST_RANGE:
                return "Dates can be 12 months apart at most."
    return None


def _open(site: Site) -> Pages:
    statecomp = StateComp(site)
    return statecomp.pages(
        statecomp.truth,
        unavailable=("Service unavailable", "The board's host system does not answer. Try again later."),
        maintenance=(
            "Scheduled maintenance",
            "StateComp is being updated and will be back by 6 a.m. Mountain.",
        ),
    )


PORTAL = Portal(
    id="statecomp",
    name="StateComp Provider Services — Larkmoor Workers' Compensation Board",
    about="A workers' compensation board: password and authenticator code; bills hang on an injury claim.",
    rules=Rules(
        cookie="LWCBSESSION",
        idle_seconds=20 * 60,
        attempts=3,
        reading_posts=frozenset({"/signin", "/signin/code", *(f"/inquiry/{kind}" for kind in INQUIRIES)}),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: board(cast).export.worklist,
)
