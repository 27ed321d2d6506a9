"""Westmac's Provider Gateway: a Medicare contractor; post-backs to one address, TIN, NPI, PTAN each time."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypeVar

from playwright.sync_api import Page

from harvester import errors
from harvester.flow import Carrier, Flow, Line, Lockout, Policy, Portal, Rules, User, minutes, tax_id
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
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    RARC,
    ClaimStatus,
    CoverageStatus,
    OverpaymentStatus,
)
from harvester.model.eligibility import Accumulator, AccumulatorKind, Coverage, Eligibility, OtherCoverage
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    Asked,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import FileType, RemittanceFile
from harvester.model.shown import Shown
from harvester.reading import Record, Region
from harvester.reading.values import folded

M = TypeVar("M", Coverage, OtherCoverage)

PORTAL = Portal(
    id="westmac",
    name="Westmac Medicare — Provider Gateway",
    url="https://gateway.westmac.example",
    carriers=(
        Carrier(
            id="WMAC1", name="Westmac Medicare Part B, Jurisdiction W", aliases=("Medicare Part B (Westmac)",)
        ),
    ),
    lines=(
        Line(
            what="Provider contact center",
            number="1-800-555-0142",
            hours="Monday to Friday 8 a.m. to 5 p.m. Central",
        ),
    ),
    policy=Policy.permitted(source="enrollment agreement, section 11", checked=date(2026, 11, 3)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(30),
        must_sign_out=True,
        stays_open=minutes(180),
        mfa=("email",),
        code_lives=timedelta(hours=8),
        password_days=365,
        unused_days=60,
        longest_search={"claims": timedelta(days=45), "payments": timedelta(days=45)},
    ),
    signs={
        "User ID and password do not match": errors.WrongPassword,
        "User ID is suspended": errors.AccountLocked,
        "User ID for 60 days, and it has been disabled": errors.AccountLocked,
        "User ID was deactivated": errors.AccountLocked,
        "Your access was withdrawn": errors.AccountLocked,
        "passcode is not correct or has expired": errors.CodeRejected,
        "This passcode is older than": errors.CodeRejected,
        "password is more than 365 days old": errors.PasswordExpired,
        "Your password expires in": errors.PasswordExpired,
        "Passcodes by e-mail have ended": errors.FactorToEnroll,
        "Update your user profile": errors.DetailsToConfirm,
        "rules of behavior have changed": errors.TermsToAccept,
        "Security acknowledgement": errors.TermsToAccept,
        "annual recertification is due": errors.TrainingDue,
        "filled in by software": errors.Challenge,
        "Another session is active": errors.AnotherSession,
        "session has ended": errors.SignedOut,
        "outside its hours of operation": errors.PortalUnavailable,
        "down for planned maintenance": errors.PortalUnavailable,
        "gateway cannot be reached": errors.PortalUnavailable,
    },
    needs=("npi", "ptan"),
    enters=(
        "GET /notice",
        "POST /notice",
        "GET /signin",
        "POST /signin",
        "GET /passcode",
        "POST /passcode",
        "GET /password/expired",
        "GET /terms",
        "GET /step/{what}",
        "GET /recertification",
        "GET /home",
    ),
    reads=(
        "GET /home",
        "POST /home task=eligibility|eligibility.find|eligibility.msp|eligibility.ma|eligibility.hospice",
        "POST /home task=claims|claims.find|claim|payments|payments.find|payment",
        "POST /home task=floor|floor.find|receivables|receivables.find",
        "GET /document",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)
NOTICE = (
    "You are accessing a U.S. Government information system, which includes this computer, this network, "
    "and all devices attached to it. It is provided for authorized use only; unauthorized use may lead to "
    "disciplinary action and to civil and criminal penalties. By using it you consent to monitoring and "
    "recording, and you have no expectation of privacy in anything you send or store here."
)
"""What is accepted before sign-in; other words are for a person to read."""
"""From the first to the last day of a search."""

STATUS = {
    "Received": ClaimStatus.RECEIVED,
    "Pending - in process": ClaimStatus.IN_PROCESS,
    "Pending - additional documentation requested": ClaimStatus.PENDED_PROVIDER_INFO,
    "Pending - MSP development": ClaimStatus.PENDED_COB,
    "Pending - medical review": ClaimStatus.PENDED_PAYER,
    "Approved to pay - payment floor": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Processed - paid": ClaimStatus.PAID,
    "Processed - no payment due": ClaimStatus.PAID_ZERO,
    "Processed - denied": ClaimStatus.DENIED,
    "Processed - denied in part": ClaimStatus.DENIED_LINE_MIXED,
    "Adjusted": ClaimStatus.ADJUSTED,
}
ENTITLED = {"Entitled": CoverageStatus.ACTIVE, "Terminated": CoverageStatus.INACTIVE}
KINDS: Mapping[str, AccumulatorKind] = {"Part B deductible": "deductible"}
DEMANDS = {
    "Demand letter sent": OverpaymentStatus.OPEN,
    "In recoupment": OverpaymentStatus.RECOVERING,
    "Paid in full": OverpaymentStatus.CLOSED,
    "Redetermination pending": OverpaymentStatus.DISPUTED,
}

NO_CLAIMS = "No claims were found"
NO_PAYMENTS = "No checks or EFTs were found"
NO_BENEFITS = "No benefits available for the requested date span"

# Labels, each under the field that it is called like, or that is named before it.
WHO = "member_id=MBI | member_name=Name | Birth date"
PART = "plan_name=Part | Effective date | end_date=Termination date"
HOSPICE = "plan_name=Period | effective_date=Start date | end_date=Termination date"
PRIMARY = """kind=MSP type | payer_name=Insurer | Policy number | Group number | insured_name=Insured
| Effective date | end_date=Termination date | last_updated=Updated"""
ADVANTAGE = """kind=Plan type | payer_name=Insurer | policy_number=Contract and PBP | Effective date
| end_date=Termination date"""
ROW = """Claim number | patient_account_number=Patient control no. | service_from=From | service_to=Through
| processed_date=Finalized | billed=Total charges | paid=Medicare paid"""
CLAIM = f"""{ROW} | member_id=MBI | patient_name=Name | Birth date | tin=Billing TIN | Billing provider
| Billing NPI | Rendering provider | Rendering NPI | received_date=Received | as_of=Data as of
| allowed=Total allowed | patient_responsibility=Beneficiary owes | crossed_over_to=Crossover insurer
| replaces=Adjusts claim | replaced_by=Adjusted by claim"""
REFERENCE = "Method | number=Check/EFT number | Issue date | amount=Check/EFT amount | Payee"
LINE = """number=Line | service_from=From | service_to=Through | Units | diagnosis_pointers=Dx pointer
| Billed | Allowed | Deductible | Coinsurance | Copay | Paid"""
PAYMENT = "number=Check/EFT number | method=Type | Issue date | Amount | Payee | Payee TIN | Payee NPI"
PAID = """Claim number | patient_account_number=Patient control no. | member_id=MBI
| patient_name=Beneficiary | service_from=From | service_to=Through | billed=Charges | paid=Medicare paid
| patient_responsibility=Beneficiary owes"""
DEMAND = """reference=Letter number | demand_date=Letter date | Claim number | Reason
| patient_account_number=Patient control no. | member_id=MBI | patient_name=Beneficiary | service_from=From
| service_to=Through | amount=Original amount | recovered_before=Recouped before
| recovered_now=Recouped this cycle | Refunded | payment_number=Withheld from | Balance"""


def sign_in(page: Page, user: User) -> None:
    """Accept the notice in its known words, and sign in with the code that the portal e-mails."""
    page.goto("/notice")
    accept = PORTAL.arrive(page.get_by_role("button", name="I accept"))
    if NOTICE not in map(folded, PORTAL.read(page).lines):
        said = "the notice before sign-in has other words than before; tell the flow's author, too"
        raise errors.TermsToAccept(said, where="/notice")
    accept.click()
    PORTAL.arrive(page.get_by_label("User ID")).fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    PORTAL.arrive(page.get_by_label("Passcode")).fill(user.one_time_code("email"))
    page.get_by_role("button", name="Continue").click()
    PORTAL.arrive(page.get_by_role("heading", name="Provider home"))


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


# Going --------------------------------------------------------------------------------------------


def _provider(query: Asked) -> dict[str, str]:
    return {"TIN": tax_id(query.tin or ""), "NPI": query.npi or "", "PTAN": query.ptan or ""}


def _whom(member: Member) -> dict[str, str]:
    names = {"Last name": member.last_name, "First name": member.first_name}
    return {"MBI": member.member_id, **names, "Date of birth": f"{member.birth_date:%m/%d/%Y}"}


def _asked(page: Page, inquiry: str, filled: Mapping[str, str], button: str, *nothing: str) -> Region:
    """Open an inquiry, send it, and be sure that the answer is to just that, for that provider."""
    form = PORTAL.send(page, PORTAL.fetch(page, "/home"), {}, button=inquiry)
    (found,) = PORTAL.search(page, form, filled, echo="Your inquiry", nothing=nothing, button=button)
    return found


def _pressed(
    page: Page, found: Region, filled: Mapping[str, str], button: str, picked: Mapping[str, str]
) -> Region:
    """Go on from an answer, with what is picked in it, and be sure that it is still the same inquiry."""
    onward = PORTAL.send(page, found, picked, button=button)
    onward.answers("Your inquiry", filled)
    return onward


# Eligibility --------------------------------------------------------------------------------------


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a beneficiary's entitlement and deductible, then MSP, Medicare Advantage and hospice."""
    day = {"Date of service": f"{query.service_date:%m/%d/%Y}"}
    filled = _provider(query) | _whom(query.member) | day
    nobody = "does not match Medicare's records"
    parts = _asked(page, "Eligibility", filled, "Check eligibility", nobody)
    who = parts.fields("Beneficiary")
    tabs = [_pressed(page, parts, filled, name, {}) for name in ("MSP", "MA plan", "Hospice")]
    for tab in tabs:
        tab.answers("Beneficiary", {name: who.says(name) for name in ("Name", "MBI", "Birth date")})
    primary, advantage, hospice = tabs
    return who.into(
        Eligibility,
        WHO,
        service_date=parts.fields("Your inquiry").day("Date of service"),
        coverages=(
            *parts.table("Entitlement").each(Coverage, PART, status=("Status", ENTITLED)),
            *_rows(hospice, "Hospice benefit periods", Coverage, HOSPICE),
        ),
        accumulators=parts.table("Deductible").each(
            Accumulator, "Period | limit=Amount | Remaining", kind=("Kind", KINDS)
        ),
        other_coverages=(
            *_rows(primary, "Medicare Secondary Payer", OtherCoverage, PRIMARY),
            *_rows(advantage, "Medicare Advantage", OtherCoverage, ADVANTAGE),
        ),
        unmapped=(parts, *tabs),
    )


def _rows(tab: Region, heading: str, model: type[M], labels: str) -> tuple[M, ...]:
    """Return the rows of a tab; none where it says that there is nothing."""
    return () if tab.says(NO_BENEFITS) else tab.table(heading).each(model, labels)


# Claims -------------------------------------------------------------------------------------------


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a beneficiary's claims by their first day of service."""
    by = {"From date": f"{query.service_from:%m/%d/%Y}", "To date": f"{query.service_to:%m/%d/%Y}"}
    if query.claim_number:
        by = {"Claim number": query.claim_number}
    filled = _provider(query) | _whom(query.member) | by
    found = _asked(page, "Claim status", filled, "Find claims", NO_CLAIMS)
    return ClaimList(
        rows=found.table("Claims found").each(ClaimRow, ROW, status=("Status", STATUS)),
        stated_total=found.stated(r"(\d+) claims? found"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim with its lines; what their codes mean stands in tables below."""
    filled = _provider(query) | _whom(query.member) | {"Claim number": f"{query.claim_number}"}
    listed = _asked(page, "Claim status", filled, "Find claims", NO_CLAIMS)
    detail = _pressed(page, listed, filled, "View claim", {"Claims found": f"{query.claim_number}"})
    reasons, remarks = (_meanings(detail, name) for name in ("Reason code", "Remark code"))
    return detail.fields("Claim", "Beneficiary", "Providers").into(
        Claim,
        CLAIM,
        status=("Status", STATUS),
        diagnoses=tuple(
            row.code("Diagnosis", DIAGNOSIS) for row in detail.table("Diagnosis codes and positions")
        ),
        pend_reasons=detail.items("Why it is pending", optional=True),
        requested_documents=detail.table("Additional documentation requested", optional=True).each(
            RequestedDocument, "Document | reference=Letter | due_date=Due"
        ),
        payment=detail.fields("Payment").into(PaymentReference, REFERENCE) if detail.has("Payment") else None,
        lines=tuple(_line(row, reasons, remarks) for row in detail.table("Service lines")),
        unmapped=detail,
    )


def _meanings(detail: Region, name: str) -> dict[str, str | None]:
    return detail.table(f"{name}s", optional=True).legend(name, "Meaning")


def _line(row: Record, reasons: Mapping[str, str | None], remarks: Mapping[str, str | None]) -> ServiceLine:
    codes = row.each("Codes", r"(?P<group>[A-Z]{2})-(?P<reason>\w+)|(?P<remark>\w+)", separator=" ")
    return row.into(
        ServiceLine,
        LINE,
        procedure=("HCPCS", PROCEDURE),
        modifiers=row.codes("Modifiers", MODIFIER, separator=" "),
        adjustments=tuple(
            one.into(Adjustment, "Group", reason=("reason", CARC, reasons))
            for one in codes
            if one.has("group")
        ),
        remarks=tuple(one.code("remark", RARC, remarks) for one in codes if one.has("remark")),
    )


# Financial ----------------------------------------------------------------------------------------


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read checks and transfers, each with its claims; and what is on the floor."""
    by = {"Issued from": f"{query.issued_from:%m/%d/%Y}", "Issued to": f"{query.issued_to:%m/%d/%Y}"}
    if query.number:
        by = {"Check/EFT number": query.number}
    filled = _provider(query) | by
    listed = _asked(page, "Checks and remittances", filled, "Find payments")
    none = listed.says(NO_PAYMENTS)
    if query.number and none:
        raise errors.NotOnFile(NO_PAYMENTS)
    rows = () if none else listed.table("Payments found")
    details = [_detail(page, listed, filled, row) for row in rows]
    floor = _asked(page, "Payment floor", _provider(query), "Show the floor")
    return floor.fields("Approved to pay").into(
        PaymentList,
        "approved_claims=Claims on the floor | approved_amount=Total amount",
        tin=floor.fields("Your inquiry").text("TIN"),
        payments=tuple(map(_payment, details)),
        stated_total=Shown.known(0, none) if none else listed.stated(r"(\d+) payments? found"),
        unmapped=(floor, *details),
    )


def _detail(page: Page, listed: Region, filled: Mapping[str, str], row: Record) -> Region:
    """Open a payment of a list, sure to be the one of this row."""
    picked = {"Payments found": row.says("Check/EFT number")}
    detail = _pressed(page, listed, filled, "View payment", picked)
    names = "Check/EFT number", "Issue date", "Type", "Amount"
    detail.answers("Payment", {name: row.says(name) for name in names})
    return detail


def _payment(detail: Region) -> Payment:
    reason = "Code", PROVIDER_ADJUSTMENT, _meanings(detail, "Adjustment code")
    return detail.fields("Payment").into(
        Payment,
        PAYMENT,
        claims=detail.table("Claims paid").each(PaidClaim, PAID),
        provider_adjustments=detail.table("Provider-level adjustments", optional=True).each(
            ProviderAdjustment, "Reference | amount=Withheld", reason=reason
        ),
    )


def overpayments(page: Page, query: OverpaymentsQuery) -> OverpaymentList:
    """Read the demand letters and how far their recoupment is."""
    found = _asked(page, "Accounts receivable", _provider(query), "Show demands")
    return OverpaymentList(
        tin=found.fields("Your inquiry").text("TIN"),
        overpayments=found.table("Demand letters").each(Overpayment, DEMAND, status=("Status", DEMANDS)),
        stated_total=found.stated(r"(\d+) demand letters?"),
        unmapped=found.unread,
    )


def remittance_file(page: Page, query: RemittanceFileQuery) -> RemittanceFile:
    """Fetch a payment's remittance advice, a PDF."""
    day, number = f"{query.issue_date:%m/%d/%Y}", query.payment_number
    filled = _provider(query) | {"Issued from": day, "Issued to": day, "Check/EFT number": number}
    listed = _asked(page, "Checks and remittances", filled, "Find payments", NO_PAYMENTS)
    detail = _detail(page, listed, filled, listed.table("Payments found").only("Check/EFT number", number))
    path = detail.link("Remittance advice (PDF)")
    if path is None:
        raise errors.NotOnFile("the payment has no remittance advice")
    file, labels = PORTAL.download(page, path), "payment_number=Check/EFT number | Issue date | Amount"
    return detail.fields("Payment").into(RemittanceFile, labels, type=FileType.PDF, file=file)


FLOW = Flow(
    PORTAL,
    sign_in,
    sign_out,
    eligibility=eligibility,
    claims=claims,
    claim=claim,
    payments=payments,
    overpayments=overpayments,
    remittance_file=remittance_file,
)
