"""RainierCare Community Plan's Provider Access: managed Medicaid, delegate functions, codes of its own."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypeVar

from playwright.sync_api import Page

from flows.rainier import words
from harvester import errors
from harvester.flow import Carrier, Flow, Lockout, Policy, Portal, Rules, User, minutes
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
from harvester.model.codes import (
    CARC,
    DIAGNOSIS,
    GROUPS,
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    RARC,
    Code,
)
from harvester.model.eligibility import Benefit, Coverage, Eligibility, Limit, OtherCoverage
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    PaymentsQuery,
)
from harvester.reading import Record, Region

PORTAL = Portal(
    id="rainier",
    name="RainierCare Community Plan — Provider Access",
    url="https://access.rainiercare.example",
    carriers=(
        Carrier(id="RNCP4", name="RainierCare Community Plan", aliases=("RainierCare", "Rainier Medicaid")),
    ),
    policy=Policy.registration_required(source="provider manual, chapter 4", checked=date(2026, 11, 4)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(15),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=60,
    ),
    signs={
        "user ID and password do not match our records": errors.WrongPassword,
        "code does not match or was used before": errors.CodeRejected,
        "account is locked after three sign-ins": errors.AccountLocked,
        "Your password has to be changed": errors.PasswordExpired,
        "The user agreement has changed": errors.TermsToAccept,
        "Show us that a person is here": errors.Challenge,
        "Answer your security question": errors.Challenge,
        "You were signed out because": errors.SignedOut,
        "closed for planned maintenance": errors.PortalUnavailable,
        "Provider Access cannot answer": errors.PortalUnavailable,
    },
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /signin/password",
        "POST /signin/password",
        "GET /signin/code",
        "POST /signin/code",
        "GET /password/expired",
        "GET /terms",
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

A = TypeVar("A", Claim, Eligibility, AuthorizationList, PaymentList)

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
    tax_id = f"{tin[:2]}-{tin[2:]}" if tin else found.banner.says("Tax ID")
    if found.banner.says("Tax ID") == tax_id:
        return False
    PORTAL.send(page, found, {"Act for": tax_id}).banner.text("Tax ID", echo=tax_id)
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
    path = found.link(link)
    if path is None:
        raise errors.PortalChanged(f"the link “{link}” is missing", where=found.document.path)
    linked = PORTAL.fetch(page, path)
    linked.banner.text("Tax ID", echo=found.banner.says("Tax ID"))
    return linked


def _whole(answer: A, *pages: Region) -> A:
    """Keep what was not read of an answer's pages; what stands above their headings is about us."""
    left = (one for page in pages for one in page.unread if len(one.path) > 1)
    return answer.model_copy(update={"unmapped": tuple(left)})


def _search(page: Page, function: str, path: str, tin: str | None, filled: Mapping[str, str]) -> Region:
    """Send a function's form; the answer must say that this is what was asked."""
    found = PORTAL.send(page, _open(page, function, path, tin), filled)
    _echoed(found, filled)
    return found


def _echoed(found: Region, filled: Mapping[str, str]) -> None:
    asked = found.fields("Search criteria")
    for name, said in filled.items():
        asked.text(name, echo=said)


def _between(first: date, last: date) -> dict[str, str]:
    return {"From date": f"{first:%m/%d/%Y}", "To date": f"{last:%m/%d/%Y}"}


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, copays and limits, and the COB tab with its history."""
    member = query.member
    filled = {
        "Member ID": member.member_id,
        "Date of birth": f"{member.birth_date:%m/%d/%Y}",
        "Date of service": f"{query.service_date:%m/%d/%Y}",
    }
    found = _search(page, "Member Focused Viewing", "/members/eligibility", query.tin, filled)
    found.none_if_says("No member matches the information")
    cob = _linked(page, found, "COB")
    others = cob.fields("Coordination of benefits")
    others.text("Member ID", echo=member.member_id)
    others.day("Date of birth", echo=member.birth_date)
    answer = found.fields("Member").into(
        Eligibility,
        "Member ID | Member name | Primary care provider",
        birth_date="Date of birth",
        service_date=found.fields("Search criteria").day("Date of service"),
        as_of="Current as of",
        coverages=found.table("Benefit plans").each(
            Coverage,
            "Plan name | Product | Group number | Effective date | End date",
            status=("Status", words.COVERAGE),
        ),
        benefits=found.table("Copays and approvals").each(
            Benefit,
            "Copay | Referral required",
            service=("Service", words.SERVICES),
            authorization_required=("Authorization", words.APPROVAL),
        ),
        limits=tuple(_limit(row) for row in found.table("Service limits")),
        other_coverage_outcome=others.mapped("COB status", words.OTHER),
        other_coverages=cob.table("Other payers").each(
            OtherCoverage,
            "Policy number | Group number | Insured name | Effective date | Last updated",
            kind="Coverage type",
            order=("Order", words.ORDERS),
            payer_name="Payer",
            end_date="Termination date",
        ),
    )
    return _whole(answer, found, cob)


def _limit(row: Record) -> Limit:
    said = row.split("Limit", r"(?P<allowed>\d+) (?P<unit>\w+) per (?P<period>.+)")
    return row.into(
        Limit,
        "Used | Remaining",
        service=("Service", words.SERVICES),
        allowed=said.count("allowed"),
        unit=said.mapped("unit", words.UNITS),
        period=said.mapped("period", words.PERIODS),
    )


def icn(said: str) -> str | None:
    """Read an ICN: 1 paper, 2 electronic or 5 adjustment, year, day of the year, batch and sequence."""
    match = re.fullmatch(r"[125]\d{2}(\d{3})\d{6}", said, re.ASCII)
    return said if match and 1 <= int(match[1]) <= 366 else None


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its ICN; all pages."""
    filled = {"Member ID": query.member.member_id}
    if query.claim_number:
        filled |= {"ICN": query.claim_number}
    else:
        filled |= _between(query.service_from, query.service_to)
    first = _search(page, "Claim Inquiry", "/claims/search", query.tin, filled)
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="More claims"):
        _echoed(found, filled)
        found.none_if_says("No claims match the information")
        rows += map(_row, found.table("Claims"))
    return ClaimList(rows=tuple(rows), stated_total=first.stated(r"Records \d+ to \d+ of (\d+)"))


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Dates of service")
    return row.into(
        ClaimRow,
        "Paid",
        claim_number=row.read("ICN", icn),
        patient_account_number="Patient account",
        patient_name="Member name",
        service_from=first,
        service_to=last,
        processed_date="Status date",
        billed="Charged",
        status=("Status", words.STATUS),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its ICN, with the status of each line."""
    detail = _open(page, "Claim Inquiry", f"/claims/{query.claim_number}", query.tin)
    legend = {
        row.cell("EX code").words: row.cell("Explanation").words
        for row in detail.table("Explanation codes", optional=True)
    }
    answer = detail.fields().into(
        Claim,
        "Patient account number | Member ID | Billing provider | Billing NPI | Rendering provider | "
        "Rendering NPI | Service from | Service to | Received date | Processed date",
        claim_number=detail.fields("Claim").read("ICN", icn),
        patient_name="Member name",
        birth_date="Date of birth",
        tin="Provider tax ID",
        status=("Status", words.STATUS),
        billed="Total charged",
        allowed="Total allowed",
        paid="Total paid",
        patient_responsibility="Member responsibility",
        diagnoses=tuple(row.code("Diagnosis", DIAGNOSIS) for row in detail.table("Diagnoses")),
        pend_reasons=detail.items("Why this claim is suspended", optional=True),
        requested_documents=detail.table("Documentation requested", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=_payment(detail.fields("Payment")) if detail.has("Payment") else None,
        replaces=detail.fields("Claim").text("Adjusts ICN", optional=True),
        replaced_by=detail.fields("Claim").text("Adjusted by ICN", optional=True),
        lines=tuple(_line(row, legend) for row in detail.table("Service lines")),
    )
    return _whole(answer, detail)


def _payment(paid: Record) -> PaymentReference:
    return paid.into(
        PaymentReference,
        "Issue date | Amount | Payee",
        method=("Method", words.METHODS),
        number="Warrant or EFT number",
    )


def _line(row: Record, legend: Mapping[str, str]) -> ServiceLine:
    return row.into(
        ServiceLine,
        "Units | Allowed | Paid",
        number="Ln",
        service_from="From",
        service_to="Thru",
        procedure=("Procedure", PROCEDURE),
        modifiers=("Mod", MODIFIER),
        diagnosis_pointers="Dx",
        billed="Charged",
        status=("Line status", words.STATUS),
        adjustments=tuple(_adjustment(code, legend) for code in row.each("EX codes", CODES)),
        remarks=("Remarks", RARC),
    )


def _adjustment(code: Record, legend: Mapping[str, str]) -> Adjustment:
    def reason(said: str) -> Code:
        meaning = legend.get(said)
        carc = words.CROSSWALK.get((said, meaning or ""))
        return Code(system=CARC if carc else words.EX, code=carc or said, text=meaning)

    return code.into(Adjustment, group=("group", GROUPS), reason=code.read("code", reason), amount="amount")


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """Read a member's authorizations and referrals of the last year, or the one with a number."""
    filled = {"Member ID": query.member.member_id}
    if query.number:
        filled |= {"PA number": query.number}
    else:
        filled |= _between(query.service_date - LOOK_BACK, query.service_date)
    found = _search(page, "View Authorizations", "/authorizations", query.tin, filled)
    found.none_if_says("No member matches the information")
    rows = found.table("Requests")
    details = [_linked(page, found, row.cell("Request number").words) for row in rows]
    answer = found.fields("Member").into(
        AuthorizationList,
        "Member ID | Member name",
        birth_date="Date of birth",
        authorizations=tuple(
            _authorization(detail, row, query) for detail, row in zip(details, rows, strict=True)
        ),
        stated_total=found.stated(r"(\d+) authorizations? found"),
    )
    return _whole(answer, found, *details)


def _authorization(detail: Region, row: Record, query: AuthorizationsQuery) -> Authorization:
    request = detail.fields("Request")
    request.text("Member ID", echo=query.member.member_id)
    request.text("Request number", echo=row.says("Request number"))
    return detail.fields().into(
        Authorization,
        "Reason | Requesting provider | Servicing provider | Requested date | Decided date | "
        "Effective date | Expiration date | Approved | Used | Remaining",
        number="PA number",
        reference="Request number",
        kind="Type",
        status=("Status", words.AUTHORIZATION),
        service=("Service", words.SERVICES),
        unit=("Counted in", words.UNITS),
        lines=detail.table("Lines").each(
            AuthorizedService,
            "Requested | Approved | Used | Remaining",
            number="Ln",
            procedure=("Procedure", PROCEDURE),
            modifiers=("Mod", MODIFIER),
            status=("Status", words.AUTHORIZATION),
            service_from="From",
            service_to="Thru",
            unit=("Counted in", words.UNITS),
        ),
        letters=detail.table("Letters", optional=True).each(
            Letter, "Reference", name="Letter", sent_date="Sent"
        ),
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the warrants and transfers between two days, or one by its number, with the claims of each."""
    filled = (
        {"Warrant or EFT number": query.number}
        if query.number
        else _between(query.issued_from, query.issued_to)
    )
    found = _search(page, "Payment History", "/payments", query.tin, filled)
    rows = found.table("Payments")
    details = [_linked(page, found, row.cell("Warrant or EFT number").words) for row in rows]
    answer = PaymentList(
        tin=found.banner.text("Tax ID"),
        payments=tuple(_paid(detail, row) for detail, row in zip(details, rows, strict=True)),
        stated_total=found.stated(r"(\d+) payments? found"),
    )
    return _whole(answer, found, *details)


def _paid(detail: Region, row: Record) -> Payment:
    listed = detail.table("Claims paid")
    if row.count("Claims").value != len(listed):
        raise errors.PortalChanged("not all claims of a payment are shown", where=detail.document.path)
    return detail.fields("Payment").into(
        Payment,
        "Amount | Issue date | Payee | Payee NPI",
        number=detail.fields("Payment").text("Warrant or EFT number", echo=row.says("Warrant or EFT number")),
        method=("Method", words.METHODS),
        payee_tin="Payee tax ID",
        claims=listed.each(
            PaidClaim,
            "Member ID | Paid",
            claim_number="ICN",
            patient_account_number="Patient account",
            patient_name="Member name",
            service_from="From",
            service_to="Thru",
            billed="Charged",
        ),
        provider_adjustments=tuple(
            line.into(
                ProviderAdjustment,
                "Reference",
                reason=line.code(
                    "Reason", PROVIDER_ADJUSTMENT, {line.says("Reason"): line.text("Explanation").value}
                ),
                amount="Withheld",
            )
            for line in detail.table("Withheld or added", optional=True)
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
