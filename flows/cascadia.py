"""Cascadia Mutual's Provider Connection: server-rendered, authenticator code, one tax id at a time."""

import re
from collections.abc import Mapping
from datetime import date

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
    GROUPS,
    MODIFIER,
    PROCEDURE,
    RARC,
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
    service_types,
)
from harvester.model.eligibility import (
    Accumulator,
    AccumulatorKind,
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
from harvester.reading.values import day

PORTAL = Portal(
    id="cascadia",
    name="Cascadia Mutual Health Plan — Provider Connection",
    url="https://providers.cascadia.example",
    carriers=(Carrier(id="CMHP1", name="Cascadia Mutual Health Plan", aliases=("Cascadia Mutual",)),),
    switches_tin=True,
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
SERVICES = service_types(
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
RELATIONSHIPS = {
    "Subscriber": Relationship.SELF,
    "Spouse": Relationship.SPOUSE,
    "Dependent child": Relationship.CHILD,
}
COVERAGE = {"Active": CoverageStatus.ACTIVE, "Terminated": CoverageStatus.INACTIVE}
KINDS: Mapping[str, AccumulatorKind] = {"Deductible": "deductible", "Out-of-pocket maximum": "out_of_pocket"}
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
ORDERS = {"Primary": Order.PRIMARY, "Secondary": Order.SECONDARY, "Not determined": Order.UNKNOWN}
POINTERS = "ABCDEFGHIJKL"
CODES = r"(?P<group>[A-Z]{2})-(?P<reason>\w{1,3}) (?P<amount>\S+)|(?P<remark>[A-Z]+\d+)"
"""One of ``CO-45 $34.50; PR-1 $20.00; N290``."""


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
    filled = {
        "Member ID": query.member.member_id,
        "Date of birth": f"{query.member.birth_date:%m/%d/%Y}",
        "Date of service": f"{query.service_date:%m/%d/%Y}",
        "Service type": words.get(query.service_type, words["30"]),
    }
    found = PORTAL.send(page, PORTAL.fetch(page, "/eligibility"), filled)
    asked = _echoed(found, filled, query.tin)
    found.none_if_says("Member not found")
    return found.fields("Member").into(
        Eligibility,
        member_id="Member ID",
        member_name="Member name",
        birth_date="Date of birth",
        relationship=("Relationship", RELATIONSHIPS),
        primary_care_provider="Primary care provider",
        service_date=asked.day("Date of service"),
        as_of=found.fields().read("Information as of", last_night),
        coverages=tuple(_coverage(plan.fields()) for plan in found.parts("Coverage")),
        accumulators=tuple(_accumulator(row) for row in found.table("Deductibles and out-of-pocket")),
        benefits=tuple(_benefit(row) for row in found.table("Copay and coinsurance by service")),
        limits=tuple(_limit(row) for row in found.table("Visit limits")),
        other_coverage_outcome=found.fields("Coordination of benefits").mapped("Other insurance", OTHER),
        other_coverages=tuple(_other(part.fields()) for part in found.parts("Coordination of benefits")),
        funds=(_fund(found.fields("Spending account")),) if found.has("Spending account") else (),
        unmapped=found,
    )


def _echoed(found: Region, filled: Mapping[str, str], tin: str | None) -> Record:
    """Be sure that a page is the answer to this search, and nobody else's; return what it says was asked."""
    asked = found.fields("Results for")
    for name, words in filled.items():
        asked.text(name, echo=words)
    if tin:
        found.banner.text("Tax ID", echo=_tax_id(tin))
    return asked


def last_night(words: str) -> date | None:
    """Read ``11/15/2026 (last night)``."""
    return day(words.removesuffix(" (last night)")).value


def _coverage(plan: Record) -> Coverage:
    return plan.into(
        Coverage,
        plan_name="Plan name",
        product="Product",
        network_name="Network",
        group_number="Group number",
        status=("Status", COVERAGE),
        effective_date="Effective date",
        end_date="End date",
    )


def _accumulator(row: Record) -> Accumulator:
    return row.into(
        Accumulator,
        kind=row.one_of("Accumulator", KINDS),
        level=("Level", LEVELS),
        network=("Network", NETWORKS),
        period=("Period", PERIODS),
        limit="Limit",
        met="Met",
        remaining="Remaining",
    )


def _benefit(row: Record) -> Benefit:
    return row.into(
        Benefit,
        service=("Service", SERVICES),
        network=("Network", NETWORKS),
        copay="Copay",
        coinsurance=row.share("Coinsurance"),
        deductible_applies="Deductible applies",
        authorization_required=("Prior authorization", REQUIRED),
        referral_required=("Referral", REQUIRED),
    )


def _limit(row: Record) -> Limit:
    visits = row.split("Visits used", r"(?P<used>\d+) of (?P<allowed>\d+) (?P<unit>\w+) used")
    return row.into(
        Limit,
        service=("Service", SERVICES),
        unit=visits.mapped("unit", UNITS),
        period=("Period", PERIODS),
        allowed=visits.count("allowed"),
        used=visits.count("used"),
        remaining="Visits remaining",
    )


def _other(insurance: Record) -> OtherCoverage:
    return insurance.into(
        OtherCoverage,
        order=("Order", ORDERS),
        payer_name="Insurer",
        policy_number="Policy number",
        group_number="Group number",
        insured_name="Insured",
        effective_date="Effective date",
        end_date="End date",
        last_updated="Last updated",
    )


def _fund(account: Record) -> Fund:
    return account.into(Fund, kind="Account", balance="Available balance", as_of="Balance as of")


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days, or one claim by its number; all pages."""
    _as(page, query.tin)
    filled = (
        {"Claim number": query.claim_number}
        if query.claim_number
        else {
            "Member ID": query.member.member_id,
            "Service date from": f"{query.service_from:%m/%d/%Y}",
            "Service date to": f"{query.service_to:%m/%d/%Y}",
        }
    )
    first = PORTAL.send(page, PORTAL.fetch(page, "/claims"), filled)
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Next"):
        _echoed(found, filled, query.tin)
        found.none_if_says("We could not find any claims")
        rows += [_row(row) for row in found.table("Claims")]
    return ClaimList(
        rows=tuple(rows),
        stated_total=first.stated(r"Showing \d+–\d+ of (\d+) claims?"),
        as_of=first.fields().read("Information as of", last_night),
    )


def _row(row: Record) -> ClaimRow:
    first, last = row.days("Dates of service")
    return row.into(
        ClaimRow,
        claim_number="Claim number",
        patient_account_number="Account number",
        patient_name="Patient",
        service_from=first,
        service_to=last,
        billed="Billed",
        paid="Paid",
        status=("Status", STATUS),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by its number."""
    _as(page, query.tin)
    detail = PORTAL.fetch(page, f"/claims/{query.claim_number}")
    if query.tin:
        detail.banner.text("Tax ID", echo=_tax_id(query.tin))
    meanings = {
        row.cell("Code").words: row.text("Explanation").value
        for row in detail.table("Codes explained", optional=True)
        if row.one_of("Type", {"Group": False, "Reason": True, "Remark": True})
    }
    return detail.fields().into(
        Claim,
        claim_number="Claim number",
        patient_account_number="Patient account number",
        member_id="Member ID",
        patient_name="Patient name",
        birth_date="Date of birth",
        tin=detail.fields("Provider").text("Tax ID"),
        billing_provider="Billing provider",
        billing_npi="Billing NPI",
        rendering_provider="Rendering provider",
        rendering_npi="Rendering NPI",
        service_from="First date of service",
        service_to="Last date of service",
        received_date="Received date",
        processed_date="Processed date",
        as_of=detail.fields().read("Information as of", last_night),
        status=("Status", STATUS),
        billed="Total billed",
        allowed="Total allowed",
        paid="Total paid",
        patient_responsibility="Patient responsibility",
        diagnoses=tuple(map(_diagnosis, detail.table("Diagnoses"), POINTERS)),
        pend_reasons=detail.items("Why this claim is pended", optional=True),
        requested_documents=tuple(
            _document(row) for row in detail.table("Documents requested", optional=True)
        ),
        payment=_payment(detail.fields("Payment")) if detail.has("Payment") else None,
        replaces=detail.fields().text("Replaces claim", optional=True),
        replaced_by=detail.fields().text("Replaced by claim", optional=True),
        lines=tuple(_line(row, meanings) for row in detail.table("Service lines")),
        unmapped=detail,
    )


def pointers(words: str) -> str | None:
    """Read ``A, B``."""
    return words if set(words.split(", ")) <= set(POINTERS) else None


def _diagnosis(row: Record, pointer: str) -> Shown[Code]:
    row.text("Pointer", echo=pointer)
    return row.code("Code", DIAGNOSIS, {row.cell("Code").words: row.text("Description").value})


def _document(row: Record) -> RequestedDocument:
    return row.into(RequestedDocument, document="Document", reference="Reference", due_date="Due date")


def _payment(paid: Record) -> PaymentReference:
    return paid.into(
        PaymentReference,
        method=("Payment method", METHODS),
        number="Check or EFT number",
        issue_date="Issue date",
        amount="Payment amount",
        payee="Payee",
    )


def _line(row: Record, meanings: Mapping[str, str | None]) -> ServiceLine:
    codes = row.each("Codes", CODES)
    return row.into(
        ServiceLine,
        number="Line",
        service_from="From",
        service_to="Through",
        procedure=row.code("Procedure", PROCEDURE),
        modifiers=row.codes("Modifiers", MODIFIER),
        units=row.quantity("Units"),
        diagnosis_pointers=row.read("Diagnosis", pointers),
        billed="Billed",
        allowed="Allowed",
        deductible="Deductible",
        copay="Copay",
        coinsurance="Coinsurance",
        paid="Paid",
        adjustments=tuple(_adjustment(code, meanings) for code in codes if code.has("amount")),
        remarks=tuple(code.code("remark", RARC, meanings) for code in codes if code.has("remark")),
    )


def _adjustment(code: Record, meanings: Mapping[str, str | None]) -> Adjustment:
    return code.into(
        Adjustment, group=("group", GROUPS), reason=code.code("reason", CARC, meanings), amount="amount"
    )


FLOW = Flow(PORTAL, sign_in, sign_out, eligibility=eligibility, claims=claims, claim=claim)
