"""Tradewind's remittances: an inquiry for payments is a batch too, its answer is an 835 in rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mock_portals.cast import Organization
from mock_portals.remits import Remit, advice, packed, remits
from mock_portals.served import entered, exchanged, sheet
from mock_portals.sessions import Session
from mock_portals.shown import Json, Leaf, text, truth
from mock_portals.tradewind import views, words
from mock_portals.troubles import COLUMN_SWAP, PAGE_COUNT, WRONG_AMOUNT

if TYPE_CHECKING:
    from mock_portals.tradewind.portal import Batch, Tradewind

ROWS_A_PAGE = 10
LONGEST_RANGE = 92
"""Days."""
KIND = "Remittance"
LABELS = {
    "payer": "Payer",
    "issuedFrom": "Issued from",
    "issuedThru": "Issued thru",
    "trace": "Trace no.",
}
LIST = ("TRN02 Trace no.", "BPR04 Method", "BPR16 Date", "BPR02 Amount", "CLP rows", "PLB rows")
CLAIMS = (
    "CLP01 Account no.",
    "CLP07 Payer claim no.",
    "NM109 Member ID",
    "NM103 Patient",
    "DTM232 From",
    "DTM233 Thru",
    "CLP02 Status",
    "CLP03 Charge",
    "CLP04 Paid",
    "CLP05 Patient",
)


class Eras:
    """The pages about payments, on the desk."""

    def __init__(self, desk: Tradewind) -> None:
        self.desk = desk

    def routes(self) -> list[Route]:
        page = self.desk.page
        return [
            page("/era", self.inquiry),
            page("/era", self.inquiry_sent, "POST"),
            page("/batches/{batch}/remits/{trace}", self.remit),
            page("/batches/{batch}/remits/{trace}/835", self.file),
            page("/batches/{batch}/remits/{trace}/resend", self.resend_sent, "POST"),
        ]

    async def inquiry(self, _request: Request, session: Session) -> Response:
        return self._inquiry(session, dict.fromkeys(LABELS, ""), None)

    def _inquiry(self, session: Session, asked: Mapping[str, str], error: str | None) -> Response:
        return self.desk.show(
            session, "era.html", active="/era", asked=asked, error=error, payers=words.PAYERS
        )

    async def inquiry_sent(self, request: Request, session: Session) -> Response:
        form = await self.desk.form(request, session)
        asked = {name: entered(form, name) for name in LABELS}
        error = _error(asked)
        return self._inquiry(session, asked, error) if error else self.desk.send(session, KIND, asked)

    def _remits(self, session: Session, payer: str) -> list[Remit]:
        of: Organization = session.notes["organization"]
        return [one for one in remits(self.desk.book, of, self.desk.clock.today) if _payer(one).name == payer]

    def answer(self, request: Request, session: Session, batch: Batch) -> Response:
        """Return the list of payments that a batch asked for."""
        found = [one for one in self._remits(session, batch.asked["payer"]) if _matches(one, batch.asked)]
        if not found:
            return self.desk.answered(session, "none.html", batch, batch.asked, what="remittance")
        here = sheet(found, request.query_params.get("page", "1"), ROWS_A_PAGE)
        return self.desk.answered(
            session,
            "eras.html",
            batch,
            batch.asked,
            headers=LIST,
            rows=[views.payment(remit) for remit in here.rows],
            total=len(found) + (self.desk.troubles.number(PAGE_COUNT, session.user) or 0),
            page=here.page,
            pages=here.pages,
        )

    def _asked_for(self, request: Request, session: Session) -> tuple[Batch, Remit]:
        batch = self.desk.batch_of(request, session)
        wanted = request.path_params["trace"]
        for one in self._remits(session, batch.asked["payer"]):
            if batch.kind == KIND and one.payment.number == wanted and _matches(one, batch.asked):
                return batch, one
        raise HTTPException(404)

    async def remit(self, request: Request, session: Session) -> Response:
        batch, remit = self._asked_for(request, session)
        more = self.desk.troubles.number(WRONG_AMOUNT, session.user) or 0
        swapped = self.desk.troubles.get(COLUMN_SWAP, session.user) in ("lines", "both")
        return self.desk.answered(
            session,
            "remit.html",
            batch,
            batch.asked,
            p=views.payment(remit, more),
            payer=_payer(remit),
            headers=exchanged(CLAIMS, "CLP03 Charge", "CLP04 Paid") if swapped else CLAIMS,
        )

    async def file(self, request: Request, session: Session) -> Response:
        _, remit = self._asked_for(request, session)
        headers = {
            "Content-Disposition": f"attachment; filename={_file_name(remit)}",
            "Cache-Control": "no-store",
        }
        return Response(_content(remit), media_type="application/edi-x12", headers=headers)

    async def resend_sent(self, request: Request, session: Session) -> Response:
        batch, remit = self._asked_for(request, session)
        await self.desk.form(request, session)
        batch.state = "Resent"
        return RedirectResponse(f"/batches/{batch.number}/remits/{remit.payment.number}", 303)

    # Ground truth

    def truth(self, day: date) -> dict[str, Json]:
        """Return what the pages show on a day, from the book and not from the pages."""
        told: dict[str, list[Json]] = {"payments": [], "remittance_files": [], "lists": []}
        for organization in self.desk.cast.organizations:
            tin = organization.tin.replace("-", "")
            for remit in remits(self.desk.book, organization, day):
                of: Json = {"tin": tin, "carrier": _payer(remit).id}
                view = views.payment(remit)
                told["payments"].append(truth(view | {"of": of}))
                said: dict[str, Leaf] = {name: view[name] for name in ("issue_date", "amount")}
                file = packed(_content(remit), _file_name(remit))
                whole = said | {"payment_number": view["number"], "type": "835", "file": file, "of": of}
                told["remittance_files"].append(truth(whole))
            stated = {"tin": text(organization.tin), "as_of": words.day(day), "of": {"tin": tin}}
            told["lists"].append(truth(stated | {"kind": "payments"}))
        return dict(told)


def _payer(remit: Remit) -> words.Payer:
    return words.payer(remit.claims[0][0].member)


def _day(shown: str) -> date | None:
    try:
        return date.fromisoformat(shown)
    except ValueError:
        return None


def _error(asked: Mapping[str, str]) -> str | None:
    first, last = _day(asked["issuedFrom"]), _day(asked["issuedThru"])
    if asked["payer"] not in {payer.name for payer in words.PAYERS}:
        return "Choose a payer."
    if asked["trace"]:
        return None
    if first is None or last is None or last < first:
        return "Give a trace number, or both issue dates in order as YYYY-MM-DD."
    return "Issue dates can be 92 days apart at most." if (last - first).days > LONGEST_RANGE else None


def _matches(remit: Remit, asked: Mapping[str, str]) -> bool:
    if asked["trace"]:
        return remit.payment.number == asked["trace"]
    first, last = _day(asked["issuedFrom"]), _day(asked["issuedThru"])
    assert first
    assert last
    return first <= remit.payment.issued <= last


def _content(remit: Remit) -> bytes:
    payer = _payer(remit)
    return advice(remit, payer.name, payer.id).encode()


def _file_name(remit: Remit) -> str:
    return f"{_payer(remit).id}_{remit.payment.issued:%Y%m%d}_{remit.payment.number}.835"
