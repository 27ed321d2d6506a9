"""Harborline Provider Exchange: a hub whose applications stand in a frame and differ by carrier."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from playwright.sync_api import Frame, Page
from pydantic import BaseModel

from flows.harborline.carriers import (
    CARRIERS,
    METHODS,
    OUTCOMES,
    REMITTANCES,
    REVIEW_STATUS,
    REVIEWS,
    SERVICE_TYPES,
    SERVICES,
    UNITS,
    Pages,
    span,
)
from harvester import errors, going
from harvester.errors import PortalChanged
from harvester.flow import Carrier, Flow, Line, Lockout, Policy, Portal, Rules, User, minutes
from harvester.going import choose, fill, fill_day
from harvester.model.authorization import Authorization, AuthorizationList, AuthorizedService, Letter
from harvester.model.claim import (
    Adjustment,
    Claim,
    ClaimList,
    ClaimRow,
    PaymentReference,
    RequestedDocument,
    ServiceLine,
)
from harvester.model.codes import CARC, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT, RARC
from harvester.model.eligibility import (
    Accumulator,
    Benefit,
    Coverage,
    Eligibility,
    Fund,
    Limit,
    OtherCoverage,
)
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    Asked,
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    PaymentsQuery,
)
from harvester.reading import Record, Region, unread

PORTAL = Portal(
    id="harborline",
    name="Harborline Provider Exchange",
    url="https://exchange.harborline.example",
    carriers=tuple(Carrier(id=number, name=at.name) for number, at in CARRIERS.items()),
    switches_tin=True,
    lines=(Line(what="Sign-in help", number="1-800-555-0155"),),
    policy=Policy.permitted(source="user agreement of November 2026, section 6", checked=date(2026, 11, 9)),
    rules=Rules(
        lockout=Lockout(after=4),
        idle=minutes(30),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=60,
        unused_days=120,
    ),
    signs={
        "user ID or password you entered does not match": errors.WrongPassword,
        "Your account is locked": errors.AccountLocked,
        "Your user ID became inactive": errors.AccountLocked,
        "Harborline has suspended it": errors.AccountLocked,
        "That code is not valid": errors.CodeRejected,
        "Your password has expired": errors.PasswordExpired,
        "Your password expires in": errors.PasswordExpired,
        "Set up another way to verify": errors.FactorToEnroll,
        "Verify your e-mail address": errors.DetailsToConfirm,
        "You usually sign in at another time of day": errors.Challenge,
        "The user agreement has changed": errors.TermsToAccept,
        "Your Harborline session has ended": errors.SignedOut,
        "Contact your Harborline administrator": errors.NotAuthorized,
        "closed for maintenance": errors.PortalUnavailable,
        "Harborline is not available": errors.PortalUnavailable,
        "The payer's system cannot respond": errors.PortalUnavailable,
        "The payer is taking longer than expected": errors.PortalUnavailable,
    },
    service_types=tuple(SERVICE_TYPES),
    enters=(
        "GET /signin",
        "POST /api/sign-in",
        "POST /api/sign-in/method",
        "POST /api/sign-in/code",
        "GET /home",
        "GET /api/me",
    ),
    reads=(
        "GET /home",
        "GET /signin",
        "GET /apps/{app}",
        "GET /api/me",
        "POST /api/region",
        "GET /api/organizations",
        "GET /api/payers",
        "GET /api/forms/{app}",
        "POST /api/eligibility",
        "POST /api/claims",
        "POST /api/remittances",
        "GET /api/remittances/{remit}",
        "POST /api/authorizations",
        "GET /api/inquiries/{inquiry}",
        "GET /api/claims/{claim}",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    dialogs={"Cookies on Harborline": "Only what is needed", "How are we doing?": "Not now"},
    assets=("/static/",),
)
NOTHING = (
    "could not find this subscriber",
    "does not match the payer's record",
    "could not find any claims",
    "did not find remittance data",
    "No service reviews were found",
)
"""The hub's words for: no such member, one of another name or birth date, no such claims and the like."""
M = TypeVar("M", bound=BaseModel)


def sign_in(page: Page, user: User) -> None:
    """Sign in with a code of the authenticator; the device stays one that is asked each time."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("User ID")).fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    home = page.get_by_role("navigation", name="Applications")
    way = page.get_by_role("radio", name="Authenticator app")
    if PORTAL.arrive(home, way) is way:
        way.check()
        page.get_by_role("button", name="Continue").click()
        PORTAL.arrive(page.get_by_label("Six-digit code")).fill(user.one_time_code("authenticator"))
        page.get_by_role("button", name="Verify").click()
        PORTAL.arrive(home)


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You are signed out"))


def _of(member: Member) -> dict[str, str | date]:
    """Return what forms ask of a member, by the names of the labels' tables."""
    return {
        "member_id": member.member_id,
        "last_name": member.last_name,
        "first_name": member.first_name,
        "birth_date": member.birth_date,
    }


def _dashed(tin: str) -> str:
    return f"{tin[:2]}-{tin[2:]}"


def _opened(page: Page, app: str, at: Pages, tin: str | None) -> Frame:
    """Open an application in the carrier's region, for the carrier and the practice's tax id."""
    region = page.get_by_label("Region")
    if region.get_attribute("aria-label") != f"Region: {at.region}":
        region.click()
        page.get_by_text(at.region, exact=True).click()
        PORTAL.arrive(page.get_by_label(f"Region: {at.region}"))
    page.get_by_role("navigation").get_by_role("button", name=app).click()
    frame = PORTAL.frame(page, app)
    PORTAL.arrive(frame.get_by_role("heading", name=app, exact=True))
    choose(frame, "Organization", _dashed(tin) if tin else "", within=True)
    choose(frame, "Payer", at.name)
    PORTAL.arrive(frame.get_by_role("button", name="Search"))
    return frame


def _asked(
    page: Page, query: Asked, app: str, form: tuple[str, Mapping[str, str]], asked: Mapping[str, str | date]
) -> tuple[Frame, Region]:
    """Search with one of the carrier's forms; be sure that the answer is this search's."""
    at, (tab, labels) = CARRIERS[query.carrier], form
    frame = _opened(page, app, at, query.tin)
    if tab:
        frame.get_by_role("tab", name=tab).press("Enter")
    echo = {"Payer": at.name} | ({"Tax ID": _dashed(query.tin)} if query.tin else {})
    for name, label in labels.items():
        value = asked[name]
        if isinstance(value, date):
            fill_day(frame, label, value)
            echo[label] = value.strftime(at.written)
        else:
            (choose if name == "service_type" else fill)(frame, label, value)
            echo |= {label: value} if value else {}
    PORTAL.press(
        frame.get_by_role("button", name="Search"),
        frame.get_by_role("heading", name="Your search", exact=True),
    )
    found = PORTAL.read(frame)
    found.answers("Your search", echo)
    for words in NOTHING:
        found.none_if_says(words)
    return frame, found


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage as far as the carrier shows it."""
    at, asked = CARRIERS[query.carrier], _of(query.member)
    asked |= {"service_date": query.service_date, "service_type": SERVICE_TYPES[query.service_type]}
    _, found = _asked(page, query, "Eligibility and Benefits", ("", at.inquiry), asked)
    whose, outcome = found.fields(at.titles["member"]), at.titles.get("other", "")
    funds = at.titles.get("funds", "")
    return whose.into(
        Eligibility,
        **at.labels["member"],
        primary_care_provider=whose.text(at.primary_care or "", optional=True),
        service_date=found.fields("Your search").day(at.inquiry["service_date"]),
        coverages=_each(found, at, "coverages", Coverage),
        accumulators=_each(found, at, "accumulators", Accumulator),
        benefits=_each(found, at, "benefits", Benefit),
        limits=_each(found, at, "limits", Limit),
        **({"other_coverage_outcome": found.fields(outcome).mapped("Outcome", OUTCOMES)} if outcome else {}),
        other_coverages=_each(found, at, "other", OtherCoverage, optional=True),
        funds=(found.fields(funds).into(Fund, **at.labels["funds"]),) if funds and found.has(funds) else (),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, scrolled to or turned to until all are read."""
    at, asked = CARRIERS[query.carrier], _of(query.member)
    asked |= {"service_from": query.service_from, "service_to": query.service_to, "claim_number": ""}
    frame, first = _asked(page, query, "Claim Status", at.by_member, asked)
    if at.grid:
        shown = iter([PORTAL.collect(frame, frame.get_by_role("grid"))])
    else:
        onward = frame.get_by_role("link", name="Next page")
        shown = PORTAL.turn(frame, onward, frame.get_by_role("heading", name="Your search", exact=True))
    return ClaimList(
        rows=tuple(row for part in shown for row in _each(part, at, "row", ClaimRow)),
        stated_total=first.stated(r"(\d+) claims? found"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by the payer's number, with the codes that stand under each line."""
    at, asked, number = CARRIERS[query.carrier], _of(query.member), f"{query.claim_number}"
    asked |= {"service_from": query.service_from, "service_to": query.service_to, "claim_number": number}
    frame, _ = _asked(page, query, "Claim Status", at.by_number, asked)
    back = frame.get_by_role("button", name="Back to results")
    PORTAL.press(frame.get_by_role("link", name=number, exact=True), back)
    if "codes" in at.titles:
        frame.get_by_role("button", name="Expand all").press("Enter")
        PORTAL.arrive(frame.get_by_role("button", name="Collapse all"))
    found = PORTAL.read(frame)
    found.answers("Claim from", {"Payer": at.name})
    paid, pends = at.titles["payment"], at.titles.get("pends", "")
    return found.fields(at.titles["claim"]).into(
        Claim,
        **at.labels["claim"],
        payment=found.fields(paid).into(PaymentReference, **at.labels["payment"])
        if found.has(paid)
        else None,
        pend_reasons=found.items(pends, optional=True) if pends else (),
        requested_documents=_each(found, at, "documents", RequestedDocument, optional=True),
        lines=_lines(found, at),
        unmapped=found,
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the checks and transfers of some days, each with its claims and adjustments."""
    asked: dict[str, str | date] = {"issued_from": query.issued_from, "issued_to": query.issued_to}
    asked |= {"number": query.number or ""}
    frame, first = _asked(page, query, "Remittance Viewer", REMITTANCES, asked)
    back = frame.get_by_role("button", name="Back to results")
    listed = frame.get_by_role("heading", name="Your search", exact=True)
    more = frame.get_by_role("button", name="View more")
    details = []
    for row in first.table("Remits"):
        number = row.cell("Check/EFT number").words
        PORTAL.press(frame.get_by_role("link", name=number, exact=True), back)
        if going.more(more):
            more.press("Enter")
        found = PORTAL.read(frame)
        found.answers("Remittance from", {"Payer": CARRIERS[query.carrier].name})
        found.answers("Remittance", {"Check/EFT number": number})
        details.append(found)
        back.click()
        PORTAL.arrive(listed)
    return PaymentList(
        tin=first.fields("Your search").text("Tax ID"),
        payments=tuple(map(_payment, details)),
        stated_total=first.stated(r"(\d+) remits? found"),
        unmapped=unread(first, *details),
    )


def _payment(found: Region) -> Payment:
    held = found.has("Provider adjustments")
    return found.fields("Remittance").into(
        Payment,
        "Issue date | Amount | Payee | Payee NPI",
        number="Check/EFT number",
        method=("Method", METHODS),
        payee_tin="Payee tax ID",
        claims=found.table("Claims on this remittance").each(
            PaidClaim,
            "Claim number | Patient account number | Patient name | Member ID",
            **span("Service dates"),
            billed="Charge amount",
            paid="Payment amount",
        ),
        provider_adjustments=found.table("Provider adjustments").each(
            ProviderAdjustment, "Reference | Amount", reason=("Code", PROVIDER_ADJUSTMENT, "Description")
        )
        if held
        else (),
    )


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """Read a member's service reviews, each with its lines and their own status."""
    asked = _of(query.member) | {"number": query.number or ""}
    frame, _ = _asked(page, query, "Authorizations and Referrals", REVIEWS, asked)
    frame.get_by_role("button", name="Expand all").press("Enter")
    PORTAL.arrive(frame.get_by_role("button", name="Collapse all"))
    found = PORTAL.read(frame)
    return found.fields("Member").into(
        AuthorizationList,
        "Member ID | Member name | Birth date",
        authorizations=tuple(_review(part) for part in found.parts("Service reviews")),
        stated_total=found.stated(r"(\d+) service reviews? found"),
        unmapped=found,
    )


def _review(part: Region) -> Authorization:
    return part.fields().into(
        Authorization,
        "Kind | Reason | Requesting provider | Servicing provider | Requested date | Decided date"
        " | Effective date | Expiration date | Approved | Used | Remaining",
        number="Certification number",
        reference="Reference number",
        status=("Status", REVIEW_STATUS),
        service=("Service type", SERVICES),
        unit=("Unit", UNITS),
        lines=part.table("Lines").each(
            AuthorizedService,
            "Requested | Approved | Used | Remaining",
            number="Line",
            procedure=("Procedure", PROCEDURE),
            modifiers=("Modifiers", MODIFIER),
            status=("Line status", REVIEW_STATUS),
            **span("Service dates"),
            unit=("Unit", UNITS),
        ),
        letters=part.table("Letters").each(Letter, "Reference | Sent date", name="Letter"),
    )


def _each(found: Region, at: Pages, part: str, model: type[M], *, optional: bool = False) -> tuple[M, ...]:
    """Read a table of the carrier, none where it has no such part."""
    if part not in at.labels:
        return ()
    title = at.titles[part] + (" on file" if part == "other" else "")
    return found.table(title, optional=optional).each(model, **at.labels[part])


def _lines(found: Region, at: Pages) -> tuple[ServiceLine, ...]:
    """Read the lines; the codes under a line are told apart by the table that explains them."""
    if "codes" not in at.titles:
        return _each(found, at, "lines", ServiceLine)
    table = found.table(at.titles["codes"], optional=True)
    reasons, remarks = (
        {row.cell("Code").words: row.cell("Description").words for row in table.where("Type", kind)}
        for kind in ("Reason", "Remark")
    )

    def under(row: Record) -> tuple[Record, ...]:
        listed = row.below.fields().each("Reason/Remark codes", r"(?P<code>\w+)", separator=",")
        for one in listed:
            if one.says("code") not in reasons | remarks:
                raise PortalChanged("a code is not explained", where=one.path)
        return listed

    return found.table(at.titles["lines"]).each(
        ServiceLine,
        **at.labels["lines"],
        adjustments=lambda row: tuple(
            Adjustment(reason=one.code("code", CARC, reasons))
            for one in under(row)
            if one.says("code") in reasons
        ),
        remarks=lambda row: tuple(
            one.code("code", RARC, remarks) for one in under(row) if one.says("code") in remarks
        ),
    )


FLOW = Flow(
    PORTAL,
    sign_in,
    sign_out,
    eligibility=eligibility,
    claims=claims,
    claim=claim,
    payments=payments,
    authorizations=authorizations,
)
