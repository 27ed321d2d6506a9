"""Cascadia Mutual's Provider Connection: server-rendered, authenticator code, one tax id at a time."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from playwright.sync_api import Page

from harvester import errors
from harvester.flow import Carrier, Flow, Lockout, Policy, Portal, Rules, User, minutes
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
    RARC,
    SERVICE_TYPE,
    AdjustmentGroup,
    ClaimStatus,
    Code,
    CoverageStatus,
    Level,
    Network,
    Order,
    OtherCoverageOutcome,
    PaymentMethod,
    Period,
    Relationship,
    Unit,
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
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery
from harvester.model.shown import Shown
from harvester.reading import Record, Region

PORTAL = Portal(
    id="cascadia",
    name="Cascadia Mutual Health Plan — Provider Connection",
    url="https://providers.cascadia.example",
    carriers=(Carrier(id="CMHP1", name="Cascadia Mutual Health Plan", aliases=("Cascadia Mutual",)),),
    policy=Policy.permitted(source="provider agreement, section 7", checked=date(2026, 11, 1)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(15),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=60,
    ),
    signs={
        "user ID or password you entered is incorrect": errors.WrongPassword,
        "verification code is not valid": errors.CodeRejected,
        "Your account is locked": errors.AccountLocked,
        "Your password has expired": errors.PasswordExpired,
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
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)

STATUS = {
    "Received": ClaimStatus.RECEIVED,
    "In process": ClaimStatus.IN_PROCESS,
    "Pended - additional information requested": ClaimStatus.PENDED_PROVIDER_INFO,
    "Pended - other insurance": ClaimStatus.PENDED_COB,
    "Pended - clinical review": ClaimStatus.PENDED_PAYER,
    "Approved - awaiting payment run": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Finalized - paid": ClaimStatus.PAID,
    "Finalized - no payment": ClaimStatus.PAID_ZERO,
    "Finalized - denied": ClaimStatus.DENIED,
    "Finalized - partially denied": ClaimStatus.DENIED_LINE_MIXED,
    "Adjusted": ClaimStatus.ADJUSTED,
}
METHODS = {"Check": PaymentMethod.CHECK, "EFT": PaymentMethod.EFT}
SERVICES = {
    words: Code(system=SERVICE_TYPE, code=code, text=words)
    for words, code in {
        "Plan coverage (general)": "30",
        "Office visit": "98",
        "Urgent care": "UC",
        "Emergency room": "86",
        "Chiropractic care": "33",
        "Physical therapy": "PT",
        "Mental health, outpatient": "MH",
        "Laboratory": "5",
        "MRI and CT": "62",
    }.items()
}
RELATIONSHIPS = {
    "Subscriber": Relationship.SELF,
    "Spouse": Relationship.SPOUSE,
    "Dependent child": Relationship.CHILD,
}
COVERAGE = {"Active": CoverageStatus.ACTIVE, "Terminated": CoverageStatus.INACTIVE}
KINDS: Mapping[str, Literal["deductible", "out_of_pocket"]] = {
    "Deductible": "deductible",
    "Out-of-pocket maximum": "out_of_pocket",
}
LEVELS = {"Individual": Level.INDIVIDUAL, "Family": Level.FAMILY}
NETWORKS = {"In network": Network.IN, "Out of network": Network.OUT}
PERIODS = {"Calendar year": Period.CALENDAR_YEAR}
UNITS = {"visits": Unit.VISITS, "days": Unit.DAYS}
REQUIRED = {"Required": True, "Not required": False}
OTHER = {
    "None on file": OtherCoverageOutcome.NONE_ON_FILE,
    "On file - order of benefits determined": OtherCoverageOutcome.DETERMINED,
    "On file - order of benefits not determined": OtherCoverageOutcome.UNDETERMINED,
}
CODES = r"(?P<group>[A-Z]{2})-(?P<reason>\w{1,3}) (?P<amount>\S+)|(?P<remark>[A-Z]+\d+)"
"""One of ``CO-45 $34.50; PR-1 $20.00; N290``."""
ORDERS = {"Primary": Order.PRIMARY, "Secondary": Order.SECONDARY, "Not determined": Order.UNKNOWN}


def sign_in(page: Page, user: User) -> None:
    """Sign in with password and authenticator code, as one of the practice's tax ids."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("User ID"))
    page.get_by_label("User ID").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    code = PORTAL.arrive(page.get_by_label("Verification code"))
    code.fill(user.one_time_code("authenticator"))
    page.get_by_role("button", name="Verify").click()
    PORTAL.arrive(page.get_by_role("heading", name="Choose a practice"))
    _choose(page, user.tin)


def _tax_id(tin: str) -> str:
    return f"{tin[:2]}-{tin[2:]}"


def _choose(page: Page, tin: str) -> None:
    page.get_by_role("radio", name=re.compile(rf"^{_tax_id(tin)} - ")).check()
    page.get_by_role("button", name="Continue").click()
    PORTAL.arrive(page.get_by_role("heading", name="Provider home"))


def _as(page: Page, tin: str | None) -> None:
    """Be in the portal as this tax id; home shows which one it is."""
    if tin and not page.get_by_role("banner").get_by_text(_tax_id(tin), exact=True).is_visible():
        page.goto("/practice")
        PORTAL.arrive(page.get_by_role("heading", name="Choose a practice"))
        _choose(page, tin)


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage, what is used of it, and other insurance."""
    _as(page, query.tin)
    words = {code.code: words for words, code in SERVICES.items()}
    found = PORTAL.send(
        page,
        PORTAL.fetch(page, "/eligibility"),
        {
            "Member ID": query.member.member_id,
            "Date of birth": f"{query.member.birth_date:%m/%d/%Y}",
            "Date of service": f"{query.service_date:%m/%d/%Y}",
            "Service type": words.get(query.service_type, words["30"]),
        },
    )
    asked = found.fields("Results for")
    asked.text("Member ID", echo=query.member.member_id)
    asked.day("Date of birth", echo=query.member.birth_date)
    found.none_if_says("Member not found")
    member, other = found.fields("Member"), found.section("Coordination of benefits")
    return Eligibility(
        member_id=member.text("Member ID", echo=query.member.member_id),
        member_name=member.text("Member name"),
        birth_date=member.day("Date of birth", echo=query.member.birth_date),
        relationship=member.mapped("Relationship", RELATIONSHIPS),
        primary_care_provider=member.text("Primary care provider"),
        service_date=asked.day("Date of service", echo=query.service_date),
        as_of=found.fields().read("Information as of", last_night),
        coverages=tuple(_coverage(plan.fields()) for plan in found.parts("Coverage")),
        accumulators=tuple(_accumulator(row) for row in found.table("Deductibles and out-of-pocket")),
        benefits=tuple(_benefit(row) for row in found.table("Copay and coinsurance by service")),
        limits=tuple(_limit(row) for row in found.table("Visit limits")),
        other_coverage_outcome=other.fields().mapped("Other insurance", OTHER),
        other_coverages=tuple(_other(part.fields()) for part in found.parts("Coordination of benefits")),
        funds=(_fund(found.fields("Spending account")),) if found.has("Spending account") else (),
        unmapped=found.unread,
    )


def last_night(words: str) -> date | None:
    """Read ``11/15/2026 (last night)``."""
    match = re.fullmatch(r"(\d\d/\d\d/\d{4}) \(last night\)", words)
    return datetime.strptime(match[1], "%m/%d/%Y").date() if match else None  # noqa: DTZ007 - a day


def _coverage(plan: Record) -> Coverage:
    return Coverage(
        plan_name=plan.text("Plan name"),
        product=plan.text("Product"),
        network_name=plan.text("Network"),
        group_number=plan.text("Group number"),
        status=plan.mapped("Status", COVERAGE),
        effective_date=plan.day("Effective date"),
        end_date=plan.day("End date"),
    )


def _accumulator(row: Record) -> Accumulator:
    return Accumulator(
        kind=row.one_of("Accumulator", KINDS),
        level=row.mapped("Level", LEVELS),
        network=row.mapped("Network", NETWORKS),
        period=row.mapped("Period", PERIODS),
        limit=row.money("Limit"),
        met=row.money("Met"),
        remaining=row.money("Remaining"),
    )


def _benefit(row: Record) -> Benefit:
    return Benefit(
        service=row.mapped("Service", SERVICES),
        network=row.mapped("Network", NETWORKS),
        copay=row.money("Copay"),
        coinsurance=row.share("Coinsurance"),
        deductible_applies=row.flag("Deductible applies"),
        authorization_required=row.mapped("Prior authorization", REQUIRED),
        referral_required=row.mapped("Referral", REQUIRED),
    )


def _limit(row: Record) -> Limit:
    visits = row.split("Visits used", r"(?P<used>\d+) of (?P<allowed>\d+) (?P<unit>\w+) used")
    return Limit(
        service=row.mapped("Service", SERVICES),
        unit=visits.mapped("unit", UNITS),
        period=row.mapped("Period", PERIODS),
        allowed=visits.count("allowed"),
        used=visits.count("used"),
        remaining=row.count("Visits remaining"),
    )


def _other(insurance: Record) -> OtherCoverage:
    return OtherCoverage(
        order=insurance.mapped("Order", ORDERS),
        payer_name=insurance.text("Insurer"),
        policy_number=insurance.text("Policy number"),
        group_number=insurance.text("Group number"),
        insured_name=insurance.text("Insured"),
        effective_date=insurance.day("Effective date"),
        end_date=insurance.day("End date"),
        last_updated=insurance.day("Last updated"),
    )


def _fund(account: Record) -> Fund:
    return Fund(
        kind=account.text("Account"),
        balance=account.money("Available balance"),
        as_of=account.day("Balance as of"),
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its number; all pages."""
    _as(page, query.tin)
    filters = (
        {"Claim number": query.claim_number}
        if query.claim_number
        else {
            "Member ID": query.member.member_id,
            "Service date from": f"{query.service_from:%m/%d/%Y}",
            "Service date to": f"{query.service_to:%m/%d/%Y}",
        }
    )
    first = PORTAL.send(page, PORTAL.fetch(page, "/claims"), filters)
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Next"):
        _echoed(found, filters, query.tin)
        found.none_if_says("We could not find any claims")
        rows += [_row(row) for row in found.table("Claims")]
    return ClaimList(
        rows=tuple(rows),
        stated_total=first.stated(r"Showing \d+–\d+ of (\d+) claims?"),
        as_of=first.fields().read("Information as of", last_night),
    )


def _echoed(found: Region, filters: Mapping[str, str], tin: str | None) -> None:
    """Be sure that a list is the answer to this search, and nobody else's."""
    asked = found.fields("Results for")
    for name, words in filters.items():
        asked.text(name, echo=words)
    if tin:
        found.banner.text("Tax ID", echo=_tax_id(tin))


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Dates of service")
    return ClaimRow(
        claim_number=row.text("Claim number"),
        patient_account_number=row.text("Account number"),
        patient_name=row.text("Patient"),
        service_from=first,
        service_to=last,
        billed=row.money("Billed"),
        paid=row.money("Paid"),
        status=row.mapped("Status", STATUS),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    _as(page, query.tin)
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    if query.tin:
        detail.banner.text("Tax ID", echo=_tax_id(query.tin))
    summary, patient = detail.fields("Claim summary"), detail.fields("Patient")
    provider, amounts = detail.fields("Provider"), detail.fields("Amounts")
    meanings = {
        row.text("Code").value or "": row.text("Explanation").value or ""
        for row in detail.table("Codes explained", optional=True)
        if row.text("Type").value != "Group"
    }
    return Claim(
        claim_number=summary.text("Claim number", echo=query.claim_number),
        patient_account_number=summary.text("Patient account number", echo=query.patient_account_number),
        member_id=patient.text("Member ID", echo=query.member.member_id),
        patient_name=patient.text("Patient name"),
        birth_date=patient.day("Date of birth", echo=query.member.birth_date),
        tin=provider.text("Tax ID"),
        billing_provider=provider.text("Billing provider"),
        billing_npi=provider.text("Billing NPI"),
        rendering_provider=provider.text("Rendering provider"),
        rendering_npi=provider.text("Rendering NPI"),
        service_from=summary.day("First date of service"),
        service_to=summary.day("Last date of service"),
        received_date=summary.day("Received date"),
        processed_date=summary.day("Processed date"),
        as_of=detail.fields().read("Information as of", last_night),
        status=summary.mapped("Status", STATUS),
        billed=amounts.money("Total billed"),
        allowed=amounts.money("Total allowed"),
        paid=amounts.money("Total paid"),
        patient_responsibility=amounts.money("Patient responsibility"),
        diagnoses=tuple(_diagnosis(row) for row in detail.table("Diagnoses")),
        pend_reasons=detail.items("Why this claim is pended", optional=True),
        requested_documents=tuple(
            RequestedDocument(
                document=row.text("Document"), reference=row.text("Reference"), due_date=row.day("Due date")
            )
            for row in detail.table("Documents requested", optional=True)
        ),
        payment=_payment(detail.fields("Payment")) if detail.has("Payment") else None,
        replaces=summary.text("Replaces claim", optional=True),
        replaced_by=summary.text("Replaced by claim", optional=True),
        lines=tuple(_line(row, meanings) for row in detail.table("Service lines")),
        unmapped=detail.unread,
    )


def _diagnosis(row: Record) -> Shown[Code]:
    return row.code("Code", DIAGNOSIS, {row.cell("Code").words: row.cell("Description").words})


def _payment(paid: Record) -> PaymentReference:
    return PaymentReference(
        method=paid.mapped("Payment method", METHODS),
        number=paid.text("Check or EFT number"),
        issue_date=paid.day("Issue date"),
        amount=paid.money("Payment amount"),
        payee=paid.text("Payee"),
    )


def _line(row: Record, meanings: Mapping[str, str]) -> ServiceLine:
    return ServiceLine(
        number=row.text("Line"),
        service_from=row.day("From"),
        service_to=row.day("Through"),
        procedure=row.code("Procedure", PROCEDURE),
        modifiers=row.codes("Modifiers", MODIFIER),
        units=row.quantity("Units"),
        diagnosis_pointers=row.text("Diagnosis"),
        billed=row.money("Billed"),
        allowed=row.money("Allowed"),
        deductible=row.money("Deductible"),
        copay=row.money("Copay"),
        coinsurance=row.money("Coinsurance"),
        paid=row.money("Paid"),
        adjustments=tuple(
            Adjustment(
                group=part.mapped("group", {group.value: group for group in AdjustmentGroup}),
                reason=part.code("reason", CARC, meanings),
                amount=part.money("amount"),
            )
            for part in row.each("Codes", CODES)
            if part.has("amount")
        ),
        remarks=tuple(
            part.code("remark", RARC, meanings) for part in row.each("Codes", CODES) if part.has("remark")
        ),
    )


FLOW = Flow(PORTAL, sign_in, sign_out, eligibility=eligibility, claims=claims, claim=claim)
