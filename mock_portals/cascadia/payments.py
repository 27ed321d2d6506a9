"""Cascadia's money pages: payments with their remittance advice, and what is to be paid back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mock_portals.cascadia import views
from mock_portals.remits import Remit, demands, packed, remits
from mock_portals.served import Served, exchanged, sheet, us_day
from mock_portals.sessions import Session
from mock_portals.shown import Json, text, truth
from mock_portals.troubles import COLUMN_SWAP, PAGE_COUNT, WRONG_AMOUNT

ROWS_A_PAGE = 10
LONGEST_RANGE = timedelta(days=92)
FILTERS = {"issuedFrom": "Issued from", "issuedTo": "Issued to", "number": "Payment number"}
PAID: tuple[str, ...] = (
    "Claim number",
    "Patient account number",
    "Member ID",
    "Patient name",
    "Service from",
    "Service to",
    "Billed",
    "Paid",
    "Patient responsibility",
)


class Payments:
    """The pages about money, on the portal's own site."""

    def __init__(self, site: Served) -> None:
        self.site = site
        self.disputes: dict[str, str] = {}
        """What was asked for since the portal opened, by payment or demand."""

    def routes(self) -> list[Route]:
        page = self.site.page
        return [
            page("/payments", self.search),
            page("/payments/{payment}", self.payment),
            page("/payments/{payment}/remittance.pdf", self.remittance),
            page("/payments/{payment}/dispute", self.dispute_sent, "POST"),
            page("/overpayments", self.overpayments),
            page("/overpayments/{demand}/offset", self.offset_sent, "POST"),
        ]

    def _paid(self, session: Session) -> list[Remit]:
        return remits(self.site.book, session.notes["organization"], self.site.clock.today)

    async def search(self, request: Request, session: Session) -> Response:
        asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
        data: dict[str, Any] = {"active": "/payments", "asked": asked, "searched": False}
        if any(name in request.query_params for name in FILTERS):
            error = _search_error(asked)
            data |= {"error": error} if error else self._found(request, session, asked)
        return self.site.show(session, "payments.html", **data)

    def _found(self, request: Request, session: Session, asked: Mapping[str, str]) -> dict[str, Any]:
        found = [remit for remit in self._paid(session) if _matches(remit, asked)]
        query = {name: value for name, value in asked.items() if value}
        here = sheet(found, request.query_params.get("page", "1"), ROWS_A_PAGE)
        return {
            "searched": True,
            "echo": [(FILTERS[name], value) for name, value in query.items()],
            "as_of": views.last_night(self.site.clock.as_of),
            "rows": [views.payment(remit) for remit in here.rows],
            "sheet": here,
            "total": len(found) + (self.site.troubles.number(PAGE_COUNT, session.user) or 0),
            "pages": [f"/payments?{urlencode(query | {'page': n})}" for n in range(1, here.pages + 1)],
        }

    def _remit(self, request: Request, session: Session) -> Remit:
        number = request.path_params["payment"]
        found = next((one for one in self._paid(session) if one.payment.number == number), None)
        if found is None:
            raise HTTPException(404)
        return found

    async def payment(self, request: Request, session: Session) -> Response:
        remit = self._remit(request, session)
        more = self.site.troubles.number(WRONG_AMOUNT, session.user) or 0
        swapped = self.site.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        return self.site.show(
            session,
            "payment.html",
            active="/payments",
            p=views.payment(remit, more),
            as_of=views.last_night(self.site.clock.as_of),
            headers=exchanged(PAID, "Billed", "Paid") if swapped else PAID,
            dispute=self.disputes.get(remit.payment.number),
        )

    async def remittance(self, request: Request, session: Session) -> Response:
        remit = self._remit(request, session)
        named = f'inline; filename="{_file_name(remit)}"'
        headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
        return Response(views.replica(remit), media_type="application/pdf", headers=headers)

    async def overpayments(self, request: Request, session: Session) -> Response:
        today = self.site.clock.today
        found = demands(self.site.book, session.notes["organization"], today)
        here = sheet(found, request.query_params.get("page", "1"), ROWS_A_PAGE)
        return self.site.show(
            session,
            "overpayments.html",
            active="/overpayments",
            as_of=views.last_night(self.site.clock.as_of),
            demands=[views.overpayment(demand, today) for demand in here.rows],
            sheet=here,
            total=len(found) + (self.site.troubles.number(PAGE_COUNT, session.user) or 0),
            pages=[f"/overpayments?page={n}" for n in range(1, here.pages + 1)],
            asked_for=self.disputes,
        )

    # What changes something at the payer

    async def dispute_sent(self, request: Request, session: Session) -> Response:
        remit = self._remit(request, session)
        await self.site.form(request, session)
        self.disputes[remit.payment.number] = f"Dispute submitted on {self.site.clock.today:%m/%d/%Y}"
        return RedirectResponse(f"/payments/{remit.payment.number}", 303)

    async def offset_sent(self, request: Request, session: Session) -> Response:
        reference = request.path_params["demand"]
        if reference not in {demand.reference for demand in self.site.book.demands}:
            raise HTTPException(404)
        await self.site.form(request, session)
        self.disputes[reference] = f"Immediate offset requested on {self.site.clock.today:%m/%d/%Y}"
        return RedirectResponse("/overpayments", 303)

    # Ground truth

    def truth(self, day: date) -> dict[str, Json]:
        """Return what the pages show on a day, from the book and not from the pages."""
        book = self.site.book
        told: dict[str, list[Json]] = {
            "payments": [],
            "overpayments": [],
            "remittance_files": [],
            "lists": [],
        }
        for organization in self.site.cast.organizations:
            of: Json = {"tin": organization.tin.replace("-", "")}
            wanted, paid = demands(book, organization, day), remits(book, organization, day)
            told["payments"] += [truth(views.payment(remit) | {"of": of}) for remit in paid]
            told["overpayments"] += [truth(views.overpayment(one, day) | {"of": of}) for one in wanted]
            told["remittance_files"] += [truth(_file(remit) | {"of": of}) for remit in paid]
            said = {
                "tin": text(organization.tin),
                "as_of": views.last_night(day - timedelta(days=1)),
                "of": of,
            }
            told["lists"] += [truth(said | {"kind": kind}) for kind in ("payments", "overpayments")]
        return dict(told)


def _search_error(asked: Mapping[str, str]) -> str | None:
    """Return what is wrong with a search for payments, in the site's words."""
    if asked["number"]:
        return None
    first, last = us_day(asked["issuedFrom"]), us_day(asked["issuedTo"])
    if first is None or last is None:
        return "Enter both issue dates as MM/DD/YYYY, or a payment number."
    if last < first:
        return "The second issue date is before the first."
    return "Issue dates can span 92 days at most." if last - first > LONGEST_RANGE else None


def _matches(remit: Remit, asked: Mapping[str, str]) -> bool:
    if asked["number"]:
        return remit.payment.number == asked["number"]
    first, last = us_day(asked["issuedFrom"]), us_day(asked["issuedTo"])
    assert first
    assert last
    return first <= remit.payment.issued <= last


def _file_name(remit: Remit) -> str:
    return f"CMHP-remittance-{remit.payment.number}.pdf"


def _file(remit: Remit) -> dict[str, object]:
    shown = views.payment(remit)
    said = {"payment_number": shown["number"], "issue_date": shown["issue_date"], "amount": shown["amount"]}
    return said | {"type": "pdf", "file": packed(views.replica(remit), _file_name(remit))}
