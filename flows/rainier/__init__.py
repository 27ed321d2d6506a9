"""RainierCare Community Plan's Provider Access: managed Medicaid, delegate functions, codes of its own."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from playwright.sync_api import Page

from flows.rainier import words
from harvester import errors
from harvester.flow import Carrier, Flow, Line, Lockout, Policy, Portal, Rules, User, minutes, tax_id
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
from harvester.model.codes import CARC, DIAGNOSIS, MODIFIER, PROCEDURE, PROVIDER_ADJUSTMENT, RARC, Code
from harvester.model.eligibility import Benefit, Coverage, Eligibility, Limit, OtherCoverage
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    PaymentsQuery,
)
from harvester.reading import Record, Region, unread
from harvester.reading.common import UNITS

PORTAL = Portal(
    id="rainier",
    name="RainierCare Community Plan — Provider Access",
    url="https://access.rainiercare.example",
    carriers=(
        Carrier(id="RNCP4", name="RainierCare Community Plan", aliases=("RainierCare", "Rainier Medicaid")),
    ),
    lines=(Line(what="Provider line", number="1-800-555-0148", hours="Mon-Fri 7-6 Pacific"),),
    policy=Policy.registration_required(source="provider manual, chapter 4", checked=date(2026, 11, 4)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(15),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=60,
        unused_days=60,
        longest_search={"claims": timedelta(days=366), "payments": timedelta(days=366)},
    ),
    signs={
        "user ID and password do not match our records": errors.WrongPassword,
        "code does not match or was used before": errors.CodeRejected,
        "account is locked after three sign-ins": errors.AccountLocked,
        "account is disabled because nobody used it": errors.AccountLocked,
        "access as a delegate was ended": errors.AccountLocked,
        "This user ID was terminated": errors.AccountLocked,
        "Your password has to be changed": errors.PasswordExpired,
        "days are left for your password": errors.PasswordExpired,
        "Set up your authenticator again": errors.FactorToEnroll,
        "Confirm your e-mail address": errors.DetailsToConfirm,
        "Yearly attestation of delegates": errors.TermsToAccept,
        "The user agreement has changed": errors.TermsToAccept,
        "Show us that a person is here": errors.Challenge,
        "Answer your security question": errors.Challenge,
        "You were signed out because": errors.SignedOut,
        "closed for planned maintenance": errors.PortalUnavailable,
        "Provider Access cannot answer": errors.PortalUnavailable,
    },
    switches_tin=True,
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /signin/password",
        "POST /signin/password",
        "GET /signin/code",
        "POST /signin/code",
        "GET /password/expired",
        "GET /terms",
        "GET /step/{what}",
        "GET /challenge",
        "GET /home",
        "POST /acting",
    ),
    reads=(
        "GET /home",
        "POST /acting",
        "GET /members/eligibility",
        "POST /members/eligibility",
        "GET /members/{member}/cob",
        "GET /claims/search",
        "POST /claims/search",
        "GET /claims/results",
        "GET /claims/{icn}",
        "GET /authorizations",
        "POST /authorizations",
        "GET /authorizations/{reference}",
        "GET /payments",
        "POST /payments",
        "GET /payments/{number}",
        "GET /challenge",
        "GET /terms",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)

LOOK_BACK = timedelta(days=365)
"""How far back authorizations are asked for: the longest range that the portal takes."""
CODES = r"(?P<group>[A-Z]{2}) (?P<code>[0-9A-Z]{3}) (?P<amount>\S+)"
"""One of ``CO 45C $34.50; PR CP3 $2.00``."""


def sign_in(page: Page, user: User) -> None:
    """Sign in as on a public computer, which keeps nothing, and act for the account's tax id."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("User ID")).fill(user.name)
    page.get_by_label("Public or shared computer").check()
    page.get_by_role("button", name="Continue").click()
    PORTAL.arrive(page.get_by_label("Password")).fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    PORTAL.arrive(page.get_by_label("Authenticator code")).fill(user.one_time_code("authenticator"))
    page.get_by_role("button", name="Verify").click()
    PORTAL.arrive(page.get_by_role("heading", name="Welcome to Provider Access"))
    _act_for(page, PORTAL.read(page), user.tin)


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def _act_for(page: Page, found: Region, tin: str | None) -> bool:
    """Act for a tax id; whether that was another one than the page says."""
    if tin is None or found.banner.says("Tax ID") == tax_id(tin):
        return False
    PORTAL.send(page, found, {"Act for": tax_id(tin)}).banner.text("Tax ID", echo=tax_id(tin))
    return True


def _open(page: Page, function: str, path: str, tin: str | None) -> Region:
    """Fetch a page of a function that the delegate must have: without it the portal is at home again."""
    found = PORTAL.fetch(page, path)
    if not found.banner.has("Tax ID"):
        raise errors.SignedOut("the page is nobody's", where=path)
    if _act_for(page, found, tin):
        found = PORTAL.fetch(page, path)
    if found.link(function) is None:
        raise errors.NotAuthorized(f"the menu has no “{function}”", where=path)
    return found


def _linked(page: Page, found: Region, link: str) -> Region:
    """Follow a link, still as the same tax id."""
    linked = PORTAL.fetch(page, found.goal(link))
    linked.banner.text("Tax ID", echo=found.banner.says("Tax ID"))
    return linked


def _search(
    page: Page, function: str, path: str, tin: str | None, filled: Mapping[str, str]
) -> Iterator[Region]:
    """Send a function's form, and yield the pages of the answer."""
    nothing = "No member matches the information", "No claims match the information"
    return PORTAL.search(
        page,
        _open(page, function, path, tin),
        filled,
        echo="Search criteria",
        nothing=nothing,
        onward="More claims",
    )


def _between(first: date, last: date) -> dict[str, str]:
    return {"From date": f"{first:%m/%d/%Y}", "To date": f"{last:%m/%d/%Y}"}


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, copays and limits, and the COB tab with its history."""
    whom = {"Member ID": query.member.member_id, "Date of birth": f"{query.member.birth_date:%m/%d/%Y}"}
    filled = whom | {"Date of service": f"{query.service_date:%m/%d/%Y}"}
    (found,) = _search(page, "Member Focused Viewing", "/members/eligibility", query.tin, filled)
    cob = _linked(page, found, "COB")
    others = cob.answers("Coordination of benefits", whom)
    return found.fields("Member").into(
        Eligibility,
        "Member ID | Member name | Primary care provider | birth_date=Date of birth | as_of=Current as of",
        service_date=found.fields("Search criteria").day("Date of service"),
        coverages=found.table("Benefit plans").each(Coverage, words.PLAN, status=("Status", words.COVERAGE)),
        benefits=found.table("Copays and approvals").each(
            Benefit,
            "Copay | Referral required",
            service=("Service", words.SERVICES),
            authorization_required=("Authorization", words.APPROVAL),
        ),
        limits=tuple(map(_limit, found.table("Service limits"))),
        other_coverage_outcome=others.mapped("COB status", words.OTHER),
        other_coverages=cob.table("Other payers").each(
            OtherCoverage, words.INSURER, order=("Order", words.ORDERS)
        ),
        unmapped=(found, cob),
    )


def _limit(row: Record) -> Limit:
    said = row.split("Limit", r"(?P<allowed>\d+) (?P<unit>\w+) per (?P<period>.+)")
    return row.into(
        Limit,
        "Used | Remaining",
        service=("Service", words.SERVICES),
        allowed=said.count("allowed"),
        unit=said.mapped("unit", UNITS),
        period=said.mapped("period", words.PERIODS),
    )


def icn(said: str) -> str | None:
    """Read an ICN: 1 paper, 2 electronic or 5 adjustment, year, day of the year, batch and sequence."""
    match = re.fullmatch(r"[125]\d{2}(\d{3})\d{6}", said, re.ASCII)
    return said if match and 1 <= int(match[1]) <= 366 else None


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its ICN; all pages."""
    by = _between(query.service_from, query.service_to)
    if query.claim_number:
        by = {"ICN": query.claim_number}
    filled = {"Member ID": query.member.member_id, **by}
    found = list(_search(page, "Claim Inquiry", "/claims/search", query.tin, filled))
    return ClaimList(
        rows=tuple(_row(row) for one in found for row in one.table("Claims")),
        stated_total=found[0].stated(r"Records \d+ to \d+ of (\d+)"),
    )


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Dates of service")
    return row.into(
        ClaimRow,
        words.ROW,
        claim_number=row.read("ICN", icn),
        service_from=first,
        service_to=last,
        status=("Status", words.STATUS),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its ICN, with the status of each line."""
    detail = _open(page, "Claim Inquiry", f"/claims/{query.claim_number}", query.tin)
    legend = detail.table("Explanation codes", optional=True).legend("EX code", "Explanation")
    own = detail.fields("Claim")
    return detail.fields().into(
        Claim,
        words.CLAIM,
        claim_number=own.read("ICN", icn),
        status=("Status", words.STATUS),
        diagnoses=tuple(row.code("Diagnosis", DIAGNOSIS) for row in detail.table("Diagnoses")),
        pend_reasons=detail.items("Why this claim is suspended", optional=True),
        requested_documents=detail.table("Documentation requested", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=_reference(detail.fields("Payment")) if detail.has("Payment") else None,
        replaces=own.text("Adjusts ICN", optional=True),
        replaced_by=own.text("Adjusted by ICN", optional=True),
        lines=tuple(_line(row, legend) for row in detail.table("Service lines")),
        unmapped=detail,
    )


def _reference(paid: Record) -> PaymentReference:
    return paid.into(PaymentReference, words.REFERENCE, method=("Method", words.METHODS))


def _line(row: Record, legend: Mapping[str, str | None]) -> ServiceLine:
    return row.into(
        ServiceLine,
        words.LINE,
        procedure=("Procedure", PROCEDURE),
        modifiers=("Mod", MODIFIER),
        status=("Line status", words.STATUS),
        adjustments=tuple(_adjustment(code, legend) for code in row.each("EX codes", CODES)),
        remarks=("Remarks", RARC),
    )


def _adjustment(code: Record, legend: Mapping[str, str | None]) -> Adjustment:
    def reason(said: str) -> Code:
        meaning = legend.get(said)
        carc = words.CROSSWALK.get((said, meaning or ""))
        return Code(system=CARC if carc else words.EX, code=carc or said, text=meaning)

    return code.into(Adjustment, "Group | Amount", reason=code.read("code", reason))


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """Read a member's authorizations and referrals of the last year, or the one with a number."""
    by = _between(query.service_date - LOOK_BACK, query.service_date)
    if query.number:
        by = {"PA number": query.number}
    filled = {"Member ID": query.member.member_id, **by}
    (found,) = _search(page, "View Authorizations", "/authorizations", query.tin, filled)
    numbers = [row.cell("Request number").words for row in found.table("Requests")]
    details = [_linked(page, found, number) for number in numbers]
    for detail, number in zip(details, numbers, strict=True):
        detail.answers("Request", {"Member ID": query.member.member_id, "Request number": number})
    return found.fields("Member").into(
        AuthorizationList,
        "Member ID | Member name | birth_date=Date of birth",
        authorizations=tuple(map(_authorization, details)),
        stated_total=found.stated(r"(\d+) authorizations? found"),
        unmapped=(found, *details),
    )


def _authorization(detail: Region) -> Authorization:
    return detail.fields().into(
        Authorization,
        words.AUTHORIZED,
        status=("Status", words.AUTHORIZATION),
        service=("Service", words.SERVICES),
        lines=detail.table("Lines").each(
            AuthorizedService,
            words.SERVICE,
            procedure=("Procedure", PROCEDURE),
            modifiers=("Mod", MODIFIER),
            status=("Status", words.AUTHORIZATION),
        ),
        letters=detail.table("Letters", optional=True).each(
            Letter, "name=Letter | Reference | sent_date=Sent"
        ),
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the warrants and transfers between two days, or one by its number, with the claims of each."""
    filled = _between(query.issued_from, query.issued_to)
    if query.number:
        filled = {"Warrant or EFT number": query.number}
    (found,) = _search(page, "Payment History", "/payments", query.tin, filled)
    rows = found.table("Payments").rows
    details = [_linked(page, found, row.cell("Warrant or EFT number").words) for row in rows]
    return PaymentList(
        tin=found.banner.text("Tax ID"),
        payments=tuple(map(_payment, details, rows)),
        stated_total=found.stated(r"(\d+) payments? found"),
        unmapped=unread(found, *details),
    )


def _payment(detail: Region, row: Record) -> Payment:
    paid, listed = detail.fields("Payment"), detail.table("Claims paid")
    paid.text("Warrant or EFT number", echo=row.says("Warrant or EFT number"))
    if row.count("Claims").value != len(listed):
        raise errors.PortalChanged("not all claims of a payment are shown", where=detail.document.path)
    return paid.into(
        Payment,
        words.PAYMENT,
        method=("Method", words.METHODS),
        claims=listed.each(PaidClaim, words.PAID),
        provider_adjustments=detail.table("Withheld or added", optional=True).each(
            ProviderAdjustment,
            "Reference | amount=Withheld",
            reason=("Reason", PROVIDER_ADJUSTMENT, "Explanation"),
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
