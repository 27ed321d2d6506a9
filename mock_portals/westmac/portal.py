"""Westmac's pages: the notice, the e-mailed code, and one address that every form is posted back to."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
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
from mock_portals.mail import SentCodes
from mock_portals.remits import Remit, awaiting, demands, remits
from mock_portals.served import Served, entered, exchanged, person, us_day
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
from mock_portals.westmac import doors, views, words
from mock_portals.worklist.rows import Export, strangers

LONGEST_RANGE = 45
"""Days between the first and the last day of a search."""
CODE_LIVES = 8 * 3600
FORGOTTEN = 3 * 3600
"""Seconds for which a session that nobody signed out of keeps its user out."""
SUNDAY = 6

NOTICE_CHANGED = Trouble("notice_changed", "the notice before sign-in has other words", at_sign_in=True)
ANOTHER_SESSION = Trouble(
    "another_session", "another session of the user is active: nobody gets in", at_sign_in=True
)
RECERTIFICATION = Trouble(
    "recertification", "the yearly recertification stands before everything else", at_sign_in=True
)
CLOSED = Trouble("closed", "claims and financial inquiries are outside their hours, as on Sundays")
AUTOFILL = Trouble("autofill_warning", "an inquiry is answered by a page that asks who filled the fields")
OTHER_PROVIDER = Trouble("other_provider", "results are those of the practice's other TIN, NPI and PTAN")
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    CODE_REJECTED.of("wrong", "expired"),
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
    NOTICE_CHANGED,
    ANOTHER_SESSION,
    RECERTIFICATION,
    CLOSED,
    AUTOFILL,
    OTHER_PROVIDER,
)

PROVIDER = {"tin": "TIN", "npi": "NPI", "ptan": "PTAN"}
BENEFICIARY = {"mbi": "MBI", "last": "Last name", "first": "First name", "born": "Date of birth"}
INQUIRIES: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "eligibility": ("Eligibility", BENEFICIARY | {"service": "Date of service"}, "Check eligibility"),
    "claims": (
        "Claim status",
        BENEFICIARY | {"from": "From date", "to": "To date", "claim": "Claim number"},
        "Find claims",
    ),
    "payments": (
        "Checks and remittances",
        {"from": "Issued from", "to": "Issued to", "number": "Check/EFT number"},
        "Find payments",
    ),
    "floor": ("Payment floor", {}, "Show the floor"),
    "receivables": ("Accounts receivable", {}, "Show demands"),
}
"""Heading, fields beside the provider, and button of each inquiry."""
TABS = {"parts": "Part A and B", "msp": "MSP", "ma": "MA plan", "hospice": "Hospice"}
WRITES = {
    "appeal": "Your redetermination request was sent.",
    "offset": "Your request for immediate offset was sent.",
    "typed": "Thank you. You can go on.",
}
"""What changes something at the contractor, and what it says then."""

LIST = (
    "Pick",
    "Claim number",
    "Patient control no.",
    "From",
    "Through",
    "Status",
    "Total charges",
    "Finalized",
    "Medicare paid",
)
LINES = (
    "Line",
    "From",
    "Through",
    "HCPCS",
    "Modifiers",
    "Units",
    "Dx pointer",
    "Billed",
    "Allowed",
    "Deductible",
    "Coinsurance",
    "Copay",
    "Paid",
    "Codes",
)


@cache
def _book(cast: Cast) -> Book:
    """Return the contractor's files: those of the kit under Medicare numbers."""
    plain = book(cast, "westmac", "0", (("Original Medicare", "", ""),), "W")
    members = {one: _renumbered(one) for one in plain.members}
    claims = {one.number: replace(one, member=members[one.member]) for one in plain.claims}
    owed = tuple(replace(one, claim=claims[one.claim.number]) for one in plain.demands)
    return Book(tuple(members.values()), tuple(claims.values()), owed)


def _renumbered(member: Member) -> Member:
    return replace(member, member_id=words.medicare_number(member.member_id))


def _export(cast: Cast) -> Export:
    one, other = strangers("0")
    unknown = (_renumbered(one), _renumbered(other))
    return Export(cast, _book(cast), lambda _: words.CARRIER, unknown, "W", ("W", "V"), folder="westmac")


View = dict[str, Any]
"""A page's state, which the next form sent from it brings back by its token."""


class Westmac(Served):
    """The gateway's pages over the contractor's files."""

    folder = Path(__file__).parent
    stages: ClassVar = {"expired": "/password/expired", "code": "/passcode"}
    after_password = "code"
    renames: ClassVar = {"MBI": "Medicare ID", "Paid": "Benefit"}
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    wrong_code = "The passcode is not correct or has expired."
    expired_code = "This passcode is older than 8 hours. Ask for a new one, which ends the old one."
    goodbye = "Your gateway session is closed. You may close this window."

    def __init__(self, site: Site) -> None:
        super().__init__(site, _book(site.world.cast))
        self.codes = SentCodes(
            site.mail, site.gate, self.clock, sender="Westmac Gateway", lives=CODE_LIVES, again=True
        )
        self.signed_in: dict[str, list[Session]] = {}

    @override
    def routes(self) -> list[Route]:
        door, page = self.door, self.page
        return [
            door("/notice", self.notice_page),
            door("/notice", self.notice_sent, "POST"),
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            door("/passcode", self.passcode),
            door("/passcode", self.passcode_sent, "POST"),
            door("/passcode/resend", self.resend_sent, "POST"),
            door("/recertification", self.recertification),
            door("/recertification", self.recertification_sent, "POST"),
            page("/home", self.home),
            page("/home", self.posted, "POST"),
            page("/document", self.document),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        if (
            self.troubles.get(RECERTIFICATION, session.user) is not None
            and "recertified" not in session.notes
        ):
            return "/recertification"
        return None

    # Sign-in

    async def notice_page(self, _request: Request, session: Session) -> Response:
        changed = self.troubles.get(NOTICE_CHANGED) is not None
        return self.show(session, "government.html", words=words.CHANGED_NOTICE if changed else words.NOTICE)

    async def notice_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        session.notes["notice"] = True
        return RedirectResponse("/signin", 303)

    async def signin(self, request: Request, session: Session) -> Response:
        if request.query_params.get("reason") == "timeout":
            message = "Your session has ended because of inactivity. Sign in again to go on."
            link = ("/notice", "Sign in")
            return self.show(None, "notice.html", heading="Session ended", message=message, link=link)
        if "notice" not in session.notes:
            return RedirectResponse("/notice", 303)
        return self.show(session, "signin.html")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        if "notice" not in session.notes:
            return RedirectResponse("/notice", 303)
        user = entered(form, "userId")
        if self.gate.password(user, entered(form, "password"), session.id) != "accepted":
            return (
                self.show_locked(session, user) if self.gate.locked(user) else self._refused_password(session)
            )
        if until := self._another_session(user):
            message = f"Another session is active for this User ID. Sign out there, or try again {until}."
            return self.show(None, "notice.html", heading="Already signed in", message=message, link=None)
        session = self.site.sessions.renew(session, user, "expired")
        self.site.take(request, session)
        if self.password_expired(user):
            return RedirectResponse("/password/expired", 303)
        self.admit(session)
        return RedirectResponse("/passcode", 303)

    def _refused_password(self, session: Session) -> Response:
        return self.show(session, "signin.html", error="The User ID and password do not match our records.")

    def _another_session(self, user: str) -> str | None:
        """Return when a session that nobody signed out of is forgotten, if there is one."""
        if self.troubles.get(ANOTHER_SESSION, user) is not None:
            return "in 3 hours"
        left = [
            FORGOTTEN - (self.clock.seconds() - session.touched)
            for session in self.signed_in.get(user, [])
            if session.ended in (None, "timed_out")
        ]
        return f"in {int(max(left) // 60) + 1} minutes" if left and max(left) > 0 else None

    @override
    def admit(self, session: Session) -> None:
        super().admit(session)
        self.codes.send(session.user or "")

    async def passcode(self, request: Request, _session: Session) -> Response:
        return self._passcode(self.at(request, "/passcode"))

    def _passcode(self, session: Session, error: str | None = None) -> Response:
        user = session.user or ""
        return self.show(session, "passcode.html", address=f"{user[0]}•••••@alderfinch.example", error=error)

    async def passcode_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/passcode")
        form, user = await self.form(request, session), session.user or ""
        if self.codes.judge(user, entered(form, "passcode"), session.id) != "accepted":
            if self.gate.locked(user):
                self.site.sessions.end(session, "locked")
                return self.show_locked(session, user)
            return self._passcode(session, self.refused_code(user))
        self.site.sessions.open(session, "signed_in")
        self.signed_in.setdefault(user, []).append(session)
        return RedirectResponse("/home", 303)

    async def resend_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/passcode")
        await self.form(request, session)
        self.codes.send(session.user or "", fresh=True)
        return RedirectResponse("/passcode", 303)

    async def recertification(self, request: Request, _session: Session) -> Response:
        return self.show(self.at(request, "/recertification"), "recertification.html")

    async def recertification_sent(self, request: Request, session: Session) -> Response:
        session = self.at(request, "/recertification")
        await self.form(request, session)
        session.notes["recertified"] = True
        return RedirectResponse("/home", 303)

    # One address

    async def home(self, _request: Request, session: Session) -> Response:
        return self._view(session, "home.html", {}, today=self.clock.today, closed=self._closed(session))

    async def posted(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        state = session.notes.get("views", {}).get(entered(form, "_view"))
        if state is None:
            raise HTTPException(403)
        task = entered(form, "task")
        if task in WRITES:
            self._wrote(session, form)
            return self._view(session, "done.html", state, message=WRITES[task])
        name, _, step = task.partition(".")
        if name not in ("eligibility", "home") and self._closed(session):
            return self._view(session, "closed.html", {})
        if step == "find" and self.troubles.get(AUTOFILL, session.user) is not None:
            return self._view(session, "autofill.html", state)
        if name in INQUIRIES and step == "":
            return self._inquiry(session, name, dict.fromkeys(INQUIRIES[name][1], ""))
        if name in INQUIRIES and step == "find":
            return self._found(session, name, form)
        handlers: dict[str, Callable[[Session, View, FormData], Awaitable[Response]]] = {
            "claim": self.claim,
            "payment": self.payment,
            **{f"eligibility.{tab}": self.tab for tab in TABS},
        }
        if task in handlers and "organization" in state:
            return await handlers[task](session, state, form)
        return await self.home(request, session)

    def _wrote(self, session: Session, form: FormData) -> None:
        fields: dict[str, Json] = {name: str(value) for name, value in form.multi_items()}
        self.site.log.add(
            self.site.log.mutations, user=session.user, method="POST", path="/home", fields=fields
        )

    def _closed(self, session: Session) -> bool:
        return self.troubles.get(CLOSED, session.user) is not None or self.clock.today.weekday() == SUNDAY

    def _view(self, session: Session, template: str, state: View, **data: Any) -> Response:
        """Show a page of the application, and keep its state under a new token."""
        kept: dict[str, View] = session.notes.setdefault("views", {})
        token = secrets.token_urlsafe(48)
        kept[token] = state
        if len(kept) > 40:
            del kept[next(iter(kept))]
        inquiries = {name: heading for name, (heading, _, _) in INQUIRIES.items()}
        return self.show(session, template, view=token, inquiries=inquiries, tabs=TABS, **data)

    def _inquiry(
        self, session: Session, name: str, asked: Mapping[str, str], error: str | None = None, **provider: str
    ) -> Response:
        heading, fields, button = INQUIRIES[name]
        return self._view(
            session,
            "inquiry.html",
            {},
            active=name,
            heading=heading,
            button=(f"{name}.find", button),
            fields=[(key, label, asked[key]) for key, label in fields.items()],
            provider=[(key, label, provider.get(key, "")) for key, label in PROVIDER.items()],
            organizations=self.cast.organizations,
            error=error,
            limit=LONGEST_RANGE if "from" in fields else None,
        )

    def _found(self, session: Session, name: str, form: FormData) -> Response:
        chosen = {key: entered(form, key) for key in PROVIDER}
        asked = {key: entered(form, key) for key in INQUIRIES[name][1]}
        organization = next(
            (o for o in self.cast.organizations if (o.tin, o.npi, o.ptan) == tuple(chosen.values())), None
        )
        error = "The TIN, NPI and PTAN do not belong together. Choose them again."
        if organization is not None:
            error = self._error(name, asked) or ""
        if organization is None or error:
            return self._inquiry(session, name, asked, error, **chosen)
        if self.troubles.get(OTHER_PROVIDER, session.user) is not None:
            organization = next(o for o in self.cast.organizations if o is not organization)
        state: View = {"name": name, "organization": organization, "asked": asked}
        finders: dict[str, Callable[[Session, View], Response]] = {
            "eligibility": lambda session, state: self._tab(session, state, "parts"),
            "claims": self._claims,
            "payments": self._payments,
            "floor": self._floor,
            "receivables": self._receivables,
        }
        return finders[name](session, state)

    def _error(self, name: str, asked: Mapping[str, str]) -> str | None:
        """Return what is wrong with an inquiry, if anything."""
        if name == "eligibility":
            wanted = us_day(asked["service"])
            if wanted is None or not -366 <= (wanted - self.clock.today).days <= 122:
                return "Date of service: MM/DD/YYYY, 12 months back to 4 months ahead."
        if "mbi" in asked and not (asked["mbi"] and asked["last"] and us_day(asked["born"])):
            return "Enter MBI, last name and date of birth as they are on the Medicare card."
        if "from" in asked and not (asked.get("claim") or asked.get("number")):
            first, last = us_day(asked["from"]), us_day(asked["to"])
            if first is None or last is None or last < first:
                return "Enter both dates as MM/DD/YYYY, the earlier one first."
            if (last - first).days > LONGEST_RANGE:
                return f"The date range cannot be longer than {LONGEST_RANGE} days."
        return None

    def _result(self, session: Session, template: str, state: View, **data: Any) -> Response:
        """Show a result page: above it stands what it answers."""
        organization: Organization = state["organization"]
        provider = [("TIN", organization.tin), ("NPI", organization.npi), ("PTAN", organization.ptan)]
        asked: Mapping[str, str] | None = state["asked"]
        labels = INQUIRIES[state["name"]][1]
        echo = [(labels[key], value) for key, value in (asked or {}).items() if value]
        return self._view(
            session,
            template,
            state,
            active=state["name"],
            echo=None if asked is None else [*provider, *echo],
            **data,
        )

    def _none(self, session: Session, state: View, message: str) -> Response:
        heading = INQUIRIES[state["name"]][0]
        return self._result(session, "none.html", state, heading=heading, message=message)

    # Eligibility

    def _beneficiary(self, asked: Mapping[str, str]) -> Member | None:
        """Return the beneficiary where number, name and birth date are those on file."""
        member = self.book.member(asked["mbi"])
        if member is None or member.patient.birth_date != us_day(asked["born"]):
            return None
        return member if member.patient.last.casefold() == asked["last"].casefold() else None

    async def tab(self, session: Session, state: View, form: FormData) -> Response:
        return self._tab(session, state, entered(form, "task").partition(".")[2])

    def _tab(self, session: Session, state: View, tab: str) -> Response:
        member = self._beneficiary(state["asked"])
        if member is None:
            return self._none(session, state, "The beneficiary entered does not match Medicare's records.")
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            member = self.another(member)
        e = views.eligibility(member, self.clock.today)
        return self._result(session, "eligibility.html", state, tab=tab, e=e, empty=words.EMPTY)

    # Claims

    def _on_file(self, organization: Organization) -> list[tuple[ClaimFile, Stage]]:
        """Return the claims of a provider, newest days of service first."""
        found = [
            (file, stage)
            for file in self.book.claims
            if file.organization == organization and (stage := file.on(self.clock.today)) is not None
        ]
        return sorted(found, key=lambda entry: (entry[0].start, entry[0].number), reverse=True)

    def _matching(
        self, organization: Organization, asked: Mapping[str, str]
    ) -> list[tuple[ClaimFile, Stage]]:
        member = self._beneficiary(asked)
        first, last = us_day(asked["from"]), us_day(asked["to"])
        return [
            (file, stage)
            for file, stage in self._on_file(organization)
            if file.member is member
            and (
                file.number == asked["claim"]
                if asked["claim"]
                else bool(first and last and first <= file.start <= last)
            )
        ]

    def _claims(self, session: Session, state: View) -> Response:
        organization, asked = state["organization"], state["asked"]
        before = session.notes.get("searched")
        session.notes["searched"] = asked
        stale = self.troubles.get(STALE_ROWS, session.user)
        if stale is not None:
            asked = before or self._another_search(asked)
            state = state | {"asked": None if stale == "missing" else asked}
        found = self._matching(organization, asked)
        if not found:
            return self._none(session, state, "No claims were found for this inquiry.")
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("grid", "both")
        return self._result(
            session,
            "claims.html",
            state,
            found=[views.claim(file, stage, self.clock.as_of) for file, stage in found],
            headers=exchanged(LIST, "Total charges", "Medicare paid") if swapped else LIST,
            total=len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0),
        )

    def _another_search(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Return somebody else's search, which comes out of the cache."""
        mine = self.book.member(asked["mbi"]) or self.book.members[0]
        file = self.another_claim(next(f for f in self.book.claims if f.member is mine), self.book.claims)
        patient, wanted = file.member.patient, f"{file.start:%m/%d/%Y}"
        who = {"mbi": file.member.member_id, "last": patient.last, "first": patient.first}
        return who | {"born": f"{patient.birth_date:%m/%d/%Y}", "from": wanted, "to": wanted, "claim": ""}

    async def claim(self, session: Session, state: View, form: FormData) -> Response:
        stages = dict(self._on_file(state["organization"]))
        file = self._files.get(entered(form, "pick"))
        if file is None or file not in stages:
            return self._none(session, state, "Pick one of the claims in the list.")
        if self.troubles.get(WRONG_PATIENT, session.user) is not None:
            file = self.another_claim(file, stages)
        c = views.claim(file, stages[file], self.clock.as_of)
        swapped = self.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        reasons, remarks = views.legend(c)
        return self._result(
            session,
            "claim.html",
            state,
            c=c,
            headers=exchanged(LINES, "Billed", "Paid") if swapped else LINES,
            codes=[views.reasons(line) for line in c["lines"]],
            reasons=reasons,
            remarks=remarks,
        )

    # Financial

    def _remits(self, state: View) -> list[Remit]:
        asked = state["asked"]
        first, last = us_day(asked["from"]), us_day(asked["to"])
        return [
            remit
            for remit in remits(self.book, state["organization"], self.clock.today)
            if (not asked["number"] or remit.payment.number == asked["number"])
            and (first is None or remit.payment.issued >= first)
            and (last is None or remit.payment.issued <= last)
        ]

    def _payments(self, session: Session, state: View) -> Response:
        found = [views.payment(remit) for remit in self._remits(state)]
        if not found:
            return self._none(session, state, "No checks or EFTs were found for this inquiry.")
        total = len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0)
        return self._result(session, "payments.html", state, rows=found, total=total)

    async def payment(self, session: Session, state: View, form: FormData) -> Response:
        remit = next((r for r in self._remits(state) if r.payment.number == entered(form, "pick")), None)
        if remit is None:
            return self._none(session, state, "Pick one of the payments in the list.")
        token = secrets.token_urlsafe(24)
        session.notes.setdefault("documents", {})[token] = remit
        return self._result(session, "payment.html", state, p=views.payment(remit), document=token)

    async def document(self, request: Request, session: Session) -> Response:
        remit = session.notes.get("documents", {}).get(request.query_params.get("id"))
        if remit is None:
            raise HTTPException(404)
        name, content = views.advice(remit)
        named = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/pdf", headers=named)

    def _floor(self, session: Session, state: View) -> Response:
        floor = _approved(self.book, state["organization"], self.clock.today)
        return self._result(session, "floor.html", state, floor=floor)

    def _receivables(self, session: Session, state: View) -> Response:
        today = self.clock.today
        found = [views.overpayment(one, today) for one in demands(self.book, state["organization"], today)]
        total = len(found) + (self.troubles.number(PAGE_COUNT, session.user) or 0)
        return self._result(session, "receivables.html", state, rows=found, total=total)


@cache
def _truth(cast: Cast, day: date) -> Json:
    """Return what the pages show on a day, from the book and not from the pages."""
    files, export, as_of = _book(cast), _export(cast), day - timedelta(days=1)
    claims = [(file, stage) for file in files.claims if (stage := file.on(day))]
    paid = [remit for o in cast.organizations for remit in remits(files, o, day)]
    owed = [one for o in cast.organizations for one in demands(files, o, day)]
    return {
        "portal": PORTAL.id,
        "date": day.isoformat(),
        "members": [person(member) for member in files.members],
        "eligibilities": [truth(views.eligibility(member, day)) for member in files.members],
        "claims": [truth(views.claim(file, stage, as_of)) for file, stage in claims],
        "payments": [_of(remit.organization, truth(views.payment(remit))) for remit in paid],
        "overpayments": [_of(one.claim.organization, truth(views.overpayment(one, day))) for one in owed],
        "remittance_files": [_of(remit.organization, views.remittance_file(remit)) for remit in paid],
        "lists": [
            _of(o, truth({"kind": kind, "tin": text(o.tin), **told}))
            for o in cast.organizations
            for kind, told in (("payments", _approved(files, o, day)), ("overpayments", {}))
        ],
        "not_on_file": {
            "members": [person(member) for member in export.strangers],
            "claims": [
                {"patient_account_number": account, "member_id": member.member_id}
                for account, member in export.unsent
            ],
        },
    }


def _approved(files: Book, organization: Organization, day: date) -> View:
    waiting = awaiting(files, organization, day)
    return {
        "approved_claims": words.number(len(waiting)),
        "approved_amount": words.money(sum(stage.paid for _, stage in waiting)),
    }


def _of(organization: Organization, record: Json) -> Json:
    """Return a record of the truth with whose it is."""
    assert isinstance(record, dict)
    return record | {"of": {"tin": organization.tin.replace("-", "")}}


def _open(site: Site) -> Pages:
    westmac = Westmac(site)
    return westmac.pages(
        lambda day: _truth(site.world.cast, day),
        unavailable=("The gateway cannot be reached", "Our systems do not answer. Try again later."),
        maintenance=(
            "Planned maintenance",
            "The Provider Gateway is down for planned maintenance until 5 a.m. Central.",
        ),
    )


PORTAL = Portal(
    id="westmac",
    name="Westmac Medicare — Provider Gateway",
    about=(
        "A Medicare contractor: a notice to accept, password, a code by e-mail; TIN, NPI and "
        "PTAN with every inquiry."
    ),
    rules=Rules(
        cookie="wm_gateway",
        idle_seconds=30 * 60,
        attempts=3,
        reading_posts=frozenset({"/notice", "/signin", "/passcode", "/home"}),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: _export(cast).worklist,
)
