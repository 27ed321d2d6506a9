"""Cascadia Mutual's Provider Connection: server-rendered, authenticator code, one tax id at a time."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import chain

from playwright.sync_api import Page

from harvester import errors
from harvester.flow import Carrier, Flow, Line, Lockout, Policy, Portal, Rules, User, minutes
from harvester.model import codes
from harvester.model.claim import (
    Adjustment,
    Claim,
    ClaimList,
    ClaimRow,
    PaymentReference,
    RequestedDocument,
    ServiceLine,
)
from harvester.model.eligibility import (
    Accumulator,
    Benefit,
    Coverage,
    Eligibility,
    Fund,
    Limit,
    OtherCoverage,
)
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import FileType, RemittanceFile
from harvester.model.shown import Shown
from harvester.reading import Record, Region, unread
from harvester.reading.common import ORDERS, RELATIONSHIPS, UNITS
from harvester.reading.values import day

PORTAL = Portal(
    id="cascadia",
    name="Cascadia Mutual Health Plan — Provider Connection",
    url="https://providers.cascadia.example",
    carriers=(Carrier(id="CMHP1", name="Cascadia Mutual Health Plan", aliases=("Cascadia Mutual",)),),
    switches_tin=True,
    service_types=("30", "98", "UC", "86", "33", "PT", "MH", "5", "62"),
    lines=(Line(what="Provider line", number="1-800-555-0142", hours="weekdays 7 a.m. to 6 p.m. Pacific"),),
    policy=Policy.permitted(source="provider agreement, section 7", checked=date(2026, 11, 1)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(15),
        mfa=("authenticator",),
        password_days=60,
        unused_days=90,
        at_once=3,
        longest_search={
            "claims": timedelta(days=366),
            "claim_list": timedelta(days=366),
            "payments": timedelta(days=92),
        },
    ),
    signs={
        "user ID or password you entered is incorrect": errors.WrongPassword,
        "verification code is not valid": errors.CodeRejected,
        "Your account is locked": errors.AccountLocked,
        "This user ID is no longer in use": errors.AccountLocked,
        "We have suspended this user ID": errors.AccountLocked,
        "removed your access to Provider Connection": errors.AccountLocked,
        "Your password has expired": errors.PasswordExpired,
        "Your password will expire in": errors.PasswordExpired,
        "Choose a new way to verify": errors.FactorToEnroll,
        "Save your recovery code": errors.DetailsToConfirm,
        "Terms of use have changed": errors.TermsToAccept,
        "Verify you are human": errors.Challenge,
        "Your session has timed out": errors.SignedOut,
        "down for scheduled maintenance": errors.PortalUnavailable,
        "Provider Connection cannot be reached": errors.PortalUnavailable,
    },
    notices=("Your password expires in",),
    dialogs={"Provider bulletin": "Close"},
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /signin/code",
        "POST /signin/code",
        "GET /password/expired",
        "GET /terms",
        "GET /step/{what}",
        "GET /practice",
        "POST /practice",
        "GET /home",
        "POST /announcement/close",
    ),
    reads=(
        "GET /practice",
        "POST /practice",
        "GET /home",
        "GET /eligibility",
        "POST /eligibility",
        "GET /eligibility/results",
        "GET /claims",
        "GET /claims/{claim}",
        "GET /payments",
        "GET /payments/{payment}",
        "GET /payments/{payment}/remittance.pdf",
        "GET /overpayments",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)

STATUS = {
    "Received": codes.ClaimStatus.RECEIVED,
    "In process": codes.ClaimStatus.IN_PROCESS,
    "Pended - additional information requested": codes.ClaimStatus.PENDED_PROVIDER_INFO,
    "Pended - other insurance": codes.ClaimStatus.PENDED_COB,
    "Pended - clinical review": codes.ClaimStatus.PENDED_PAYER,
    "Approved - awaiting payment run": codes.ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Finalized - paid": codes.ClaimStatus.PAID,
    "Finalized - no payment": codes.ClaimStatus.PAID_ZERO,
    "Finalized - denied": codes.ClaimStatus.DENIED,
    "Finalized - partially denied": codes.ClaimStatus.DENIED_LINE_MIXED,
    "Adjusted": codes.ClaimStatus.ADJUSTED,
}
SERVICES = codes.service_types(
    {
        "Plan coverage (general)": "30",
        "Office visit": "98",
        "Urgent care": "UC",
        "Emergency room": "86",
        "Chiropractic care": "33",
        "Physical therapy": "PT",
        "Mental health, outpatient": "MH",
        "Laboratory": "5",
        "MRI and CT": "62",
    }
)
RELATIONSHIP = RELATIONSHIPS | {"Dependent child": codes.Relationship.CHILD}
REQUIRED = {"Required": True, "Not required": False}
OTHER = {
    "None on file": codes.OtherCoverageOutcome.NONE_ON_FILE,
    "On file - order of benefits determined": codes.OtherCoverageOutcome.DETERMINED,
    "On file - order of benefits not determined": codes.OtherCoverageOutcome.UNDETERMINED,
}
DEMANDS = {
    "Open": codes.OverpaymentStatus.OPEN,
    "Recovering": codes.OverpaymentStatus.RECOVERING,
    "Closed - paid back in full": codes.OverpaymentStatus.CLOSED,
    "In dispute - recovery on hold": codes.OverpaymentStatus.DISPUTED,
}
KIND = "Accumulator", {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}
ORDER = "Order", ORDERS | {"Not determined": codes.Order.UNKNOWN}
POINTERS = "ABCDEFGHIJKL"
CODES = r"(?P<group>[A-Z]{2})-(?P<reason>\w{1,3}) (?P<amount>\S+)|(?P<remark>[A-Z]+\d+)"
"""One of ``CO-45 $34.50; PR-1 $20.00; N290``."""

# Labels, each under the field that it is called like, or that is named before it.
PLAN = "Plan name | Product | network_name=Network | Group number | Status | Effective date | End date"
NO_CLAIMS = "We could not find any claims"
USED = "Level | Network | Period | Limit | Met | Remaining"
LIMIT = "Period | remaining=Visits remaining"
INSURER = """payer_name=Insurer | Policy number | Group number | insured_name=Insured | Effective date
| End date | Last updated"""
FUND = "kind=Account | balance=Available balance | as_of=Balance as of"
ROW = "Claim number | patient_account_number=Account number | patient_name=Patient | Billed | Paid"
CLAIM = """Claim number | Patient account number | Member ID | Patient name | birth_date=Date of birth
| Billing provider | Billing NPI | Rendering provider | Rendering NPI | Received date | Processed date
| service_from=First date of service | service_to=Last date of service | billed=Total billed
| allowed=Total allowed | paid=Total paid | Patient responsibility"""
PAID = "method=Payment method | number=Check or EFT number | Issue date | amount=Payment amount | Payee"
LINE = """number=Line | service_from=From | service_to=Through | Units | Billed | Allowed | Deductible | Copay
| Coinsurance | Paid"""
PAID_CLAIM = """Claim number | Patient account number | Member ID | Patient name | Service from | Service to
| Billed | Paid | Patient responsibility"""
DEMAND = """Reference | Reason | Demand date | Patient name | Member ID | Claim number | Service from
| Service to | payment_number=Payment reference ID | cycle_date=Payment cycle date
| amount=Overpayment in all | amount_before=Overpayment prior cycles | amount_now=Overpayment this cycle
| refunded=Payment from provider | recovered_before=Recovered prior cycles
| recovered_now=Recovered this cycle | Balance"""


def sign_in(page: Page, user: User) -> None:
    """Sign in with password and authenticator code, as one of the practice's tax ids."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("User ID")).fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    PORTAL.arrive(page.get_by_label("Verification code")).fill(user.one_time_code("authenticator"))
    page.get_by_role("button", name="Verify").click()
    _choose(page, user.tin)


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def _tax_id(tin: str | None) -> str | None:
    return tin and f"{tin[:2]}-{tin[2:]}"


def _choose(page: Page, tin: str) -> None:
    PORTAL.arrive(page.get_by_role("heading", name="Choose a practice"))
    practice = page.get_by_role("radio", name=re.compile(rf"^{_tax_id(tin)} - "))
    if not practice.count():
        raise errors.NotAuthorized("the account's tax ID is not among the practices", where="/practice")
    practice.check()
    page.get_by_role("button", name="Continue").click()
    PORTAL.arrive(page.get_by_role("heading", name="Provider home"))


def _as(page: Page, tin: str | None) -> None:
    """Be in the portal as this tax id; home shows which one it is."""
    shown = page.get_by_role("banner").get_by_text(_tax_id(tin) or "", exact=True)
    if tin and not shown.is_visible():
        page.goto("/practice")
        _choose(page, tin)


def _sure(found: Region, tin: str | None) -> Region:
    """Be sure that a page is this tax id's."""
    found.banner.text("Tax ID", echo=_tax_id(tin))
    return found


def _found(
    page: Page, path: str, filled: Mapping[str, str], tin: str | None, nothing: str, **shown: str
) -> Iterator[Region]:
    """Search, and yield the pages of the answer, each sure to be to this search and as this tax id."""
    _as(page, tin)
    first = PORTAL.send(page, PORTAL.fetch(page, path), {**filled, **shown})
    for found in PORTAL.walk(page, first, onward="Next"):
        found.answers("Results for", filled)
        found.none_if_says(nothing)
        yield _sure(found, tin)


def _as_of(found: Record) -> Shown[date]:
    """Read ``11/15/2026 (last night)``."""
    return found.read("Information as of", lambda words: day(words.removesuffix(" (last night)")).value)


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, what is used of it, and other insurance."""
    words = {code.code: words for words, code in SERVICES.items()}
    filled = {
        "Member ID": query.member.member_id,
        "Date of birth": f"{query.member.birth_date:%m/%d/%Y}",
        "Date of service": f"{query.service_date:%m/%d/%Y}",
        "Service type": words[query.service_type],
    }
    (found,) = _found(page, "/eligibility", filled, query.tin, "Member not found")
    return found.fields("Member").into(
        Eligibility,
        "Member ID | Member name | birth_date=Date of birth | Primary care provider",
        relationship=("Relationship", RELATIONSHIP),
        service_date=found.fields("Results for").day("Date of service"),
        as_of=_as_of(found.fields()),
        coverages=found.each("Coverage", Coverage, PLAN),
        accumulators=found.table("Deductibles and out-of-pocket").each(Accumulator, USED, kind=KIND),
        benefits=found.table("Copay and coinsurance by service").each(
            Benefit,
            "Network | Copay | Coinsurance | Deductible applies",
            service=("Service", SERVICES),
            authorization_required=("Prior authorization", REQUIRED),
            referral_required=("Referral", REQUIRED),
        ),
        limits=tuple(map(_limit, found.table("Visit limits"))),
        other_coverage_outcome=found.fields("Coordination of benefits").mapped("Other insurance", OTHER),
        other_coverages=found.each("Coordination of benefits", OtherCoverage, INSURER, order=ORDER),
        funds=(found.fields("Spending account").into(Fund, FUND),) if found.has("Spending account") else (),
        unmapped=found,
    )


def _limit(row: Record) -> Limit:
    visits = row.split("Visits used", r"(?P<used>\d+) of (?P<allowed>\d+) (?P<unit>\w+) used")
    used = {"unit": visits.mapped("unit", UNITS), "allowed": visits.count("allowed")}
    return row.into(Limit, LIMIT, service=("Service", SERVICES), used=visits.count("used"), **used)


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its number; all pages."""
    filled = {
        "Member ID": query.member.member_id,
        "Service date from": f"{query.service_from:%m/%d/%Y}",
        "Service date to": f"{query.service_to:%m/%d/%Y}",
    }
    if query.claim_number:
        filled = {"Claim number": query.claim_number}
    return _list(_found(page, "/claims", filled, query.tin, NO_CLAIMS))


def claim_list(page: Page, query: ClaimListQuery) -> ClaimList:
    """List all claims of a tax id between two days, a hundred on a page."""
    filled = {
        "Service date from": f"{query.service_from:%m/%d/%Y}",
        "Service date to": f"{query.service_to:%m/%d/%Y}",
    }
    found = _found(page, "/claims", filled, query.tin, NO_CLAIMS, **{"Rows on a page": "100"})
    return _list(map(_of_everybody, found))


def _of_everybody(found: Region) -> Region:
    """Be sure that a list is not of one member."""
    if found.fields("Results for").text("Member ID", optional=True).words:
        raise errors.WrongPage("the list is of one member", where="Results for › Member ID")
    return found


def _list(pages: Iterator[Region]) -> ClaimList:
    found = list(pages)
    return ClaimList(
        rows=tuple(_row(row) for one in found for row in one.table("Claims")),
        stated_total=found[0].stated(r"Showing \d+–\d+ of (\d+) claims?"),
        as_of=_as_of(found[0].fields()),
    )


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Dates of service")
    return row.into(ClaimRow, ROW, service_from=first, service_to=last, status=("Status", STATUS))


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    _as(page, query.tin)
    detail = _sure(PORTAL.fetch(page, f"/claims/{query.claim_number}"), query.tin)
    meanings = {
        row.cell("Code").words: row.text("Explanation").value
        for row in detail.table("Codes explained", optional=True)
        if row.one_of("Type", {"Group": False, "Reason": True, "Remark": True})
    }
    return detail.fields().into(
        Claim,
        CLAIM,
        tin=detail.fields("Provider").text("Tax ID"),
        as_of=_as_of,
        status=("Status", STATUS),
        diagnoses=tuple(map(_diagnosis, detail.table("Diagnoses"), POINTERS)),
        pend_reasons=detail.items("Why this claim is pended", optional=True),
        requested_documents=detail.table("Documents requested", optional=True).each(
            RequestedDocument, "Document | Reference | Due date"
        ),
        payment=detail.fields("Payment").into(PaymentReference, PAID) if detail.has("Payment") else None,
        replaces=detail.fields().text("Replaces claim", optional=True),
        replaced_by=detail.fields().text("Replaced by claim", optional=True),
        lines=tuple(_line(row, meanings) for row in detail.table("Service lines")),
        unmapped=detail,
    )


def _diagnosis(row: Record, pointer: str) -> Shown[codes.Code]:
    row.text("Pointer", echo=pointer)
    return row.code("Code", codes.DIAGNOSIS, "Description")


def pointers(words: str) -> str | None:
    """Read ``A, B``."""
    return words if set(words.split(", ")) <= set(POINTERS) else None


def _line(row: Record, meanings: Mapping[str, str | None]) -> ServiceLine:
    said = row.each("Codes", CODES)
    return row.into(
        ServiceLine,
        LINE,
        procedure=("Procedure", codes.PROCEDURE),
        modifiers=("Modifiers", codes.MODIFIER),
        diagnosis_pointers=row.read("Diagnosis", pointers),
        adjustments=tuple(
            code.into(Adjustment, "Group | Amount", reason=("reason", codes.CARC, meanings))
            for code in said
            if code.has("amount")
        ),
        remarks=tuple(code.code("remark", codes.RARC, meanings) for code in said if code.has("remark")),
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the payments of some days, or one by its number, each from its own page."""
    filled = {"Issued from": f"{query.issued_from:%m/%d/%Y}", "Issued to": f"{query.issued_to:%m/%d/%Y}"}
    if query.number:
        filled = {"Payment number": query.number}
    found = list(_found(page, "/payments", filled, query.tin, "We could not find any payments"))
    numbers = [row.says("Number") for one in found for row in one.table("Payments")]
    details = [_detail(page, number, query.tin) for number in numbers]
    return PaymentList(
        tin=found[0].banner.text("Tax ID"),
        payments=tuple(map(_payment, details)),
        stated_total=found[0].stated(r"Showing \d+–\d+ of (\d+) payments?"),
        as_of=_as_of(found[0].fields()),
        unmapped=unread(*details),
    )


def _detail(page: Page, number: str, tin: str | None) -> Region:
    detail = _sure(PORTAL.fetch(page, f"/payments/{number}"), tin)
    detail.fields("Payment").text("Number", echo=number)
    return detail


def _payment(detail: Region) -> Payment:
    return detail.fields().into(
        Payment,
        "Number | Method | Issue date | Amount | Payee | Payee TIN | Payee NPI",
        claims=detail.table("Claims paid").each(PaidClaim, PAID_CLAIM),
        provider_adjustments=detail.table("Provider adjustments", optional=True).each(
            ProviderAdjustment,
            "Reference | amount=Withheld",
            reason=("Code", codes.PROVIDER_ADJUSTMENT, "Meaning"),
        ),
    )


def overpayments(page: Page, query: OverpaymentsQuery) -> OverpaymentList:
    """Read the statement of overpayments; all pages."""
    _as(page, query.tin)
    first = PORTAL.fetch(page, "/overpayments")
    found = [_sure(one, query.tin) for one in PORTAL.walk(page, first, onward="Next")]
    first.none_if_says("There are no overpayments")
    demands = [
        one.each(
            "Overpayments", Overpayment, DEMAND, status=("Status", DEMANDS), patient_account_number=_account
        )
        for one in found
    ]
    return OverpaymentList(
        tin=first.banner.text("Tax ID"),
        overpayments=tuple(chain.from_iterable(demands)),
        stated_total=first.stated(r"Showing \d+–\d+ of (\d+) overpayments?"),
        as_of=_as_of(first.fields()),
        unmapped=unread(*found),
    )


def _account(demand: Record) -> Shown[str]:
    return demand.text("Patient account #", none="No Patient Account #")


def remittance_file(page: Page, query: RemittanceFileQuery) -> RemittanceFile:
    """Download the replica remittance advice that the payment's page links to."""
    _as(page, query.tin)
    detail = _detail(page, query.payment_number, query.tin)
    file = PORTAL.download(page, detail.goal("Replica remittance advice (PDF)"))
    labels = "payment_number=Number | Issue date | Amount"
    return detail.fields("Payment").into(RemittanceFile, labels, type=FileType.PDF, file=file)


FLOW = Flow(
    PORTAL,
    sign_in,
    sign_out,
    eligibility,
    claims,
    claim,
    payments,
    overpayments,
    remittance_file=remittance_file,
    claim_list=claim_list,
)
