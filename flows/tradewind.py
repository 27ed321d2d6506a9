"""Tradewind Exchange's Provider Desk: a clearinghouse's hub; inquiries are batches, answers are codes."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import chain

from playwright.sync_api import Page

from harvester import errors
from harvester.flow import Carrier, Flow, Line, Lockout, Policy, Portal, Rules, User, minutes
from harvester.model import codes
from harvester.model.claim import Claim, ClaimList, ClaimRow, PaymentReference, ServiceLine
from harvester.model.codes import ClaimStatus
from harvester.model.eligibility import Accumulator, Benefit, Coverage, Eligibility, Limit, OtherCoverage
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    PaymentsQuery,
    RemittanceFileQuery,
)
from harvester.model.remittance import FileType, RemittanceFile
from harvester.model.shown import Shown
from harvester.reading import Region, Table, unread

CARRIERS = {
    "PCBT7": "Pinecrest Benefit Trust",
    "QLHP2": "Quartzline Health Plan",
    "SWMA5": "Saltwater Mutual Assurance",
}
PORTAL = Portal(
    id="tradewind",
    name="Tradewind Exchange — Provider Desk",
    url="https://desk.tradewind.example",
    carriers=tuple(Carrier(id=number, name=name) for number, name in CARRIERS.items()),
    needs=("organisation",),
    lines=(Line(what="EDI help desk", number="1-800-555-0163", hours="Mon-Fri 8-8 Eastern"),),
    policy=Policy.permitted(source="trading partner agreement, section 4.2", checked=date(2026, 11, 2)),
    rules=Rules(
        lockout=Lockout(after=5),
        idle=minutes(20),
        password_days=90,
        unused_days=45,
        longest_search={"claims": timedelta(days=366), "payments": timedelta(days=92)},
    ),
    signs={
        "Site ID, User ID or Password is not valid": errors.WrongPassword,
        "This user is locked": errors.AccountLocked,
        "refused in the app on your phone": errors.CodeRejected,
        "Nobody approved the sign-in": errors.CodeNeeded,
        "This user is switched off": errors.AccountLocked,
        "users of this Site ID are suspended": errors.AccountLocked,
        "Your password is past its 90 days": errors.PasswordExpired,
        "Your password is nearly 90 days old": errors.PasswordExpired,
        "Two-step verification has begun": errors.FactorToEnroll,
        "Who is your EDI contact": errors.DetailsToConfirm,
        "trading partner terms are new": errors.TermsToAccept,
        "Your Desk session has ended": errors.SignedOut,
        "closed for maintenance": errors.PortalUnavailable,
        "payer gateway does not answer": errors.PortalUnavailable,
    },
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /signin/approve",
        "GET /password/expired",
        "GET /terms",
        "GET /step/{what}",
        "GET /home",
    ),
    reads=(
        "GET /eligibility",
        "POST /eligibility",
        "GET /status",
        "POST /status",
        "GET /era",
        "POST /era",
        "GET /batches/{batch}",
        "GET /batches/{batch}/remits/{trace}",
        "GET /batches/{batch}/remits/{trace}/835",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)

PENDED = (ClaimStatus.PENDED_PROVIDER_INFO, ClaimStatus.PENDED_COB, ClaimStatus.PENDED_PAYER)
STATUSES = (
    ClaimStatus.RECEIVED,
    ClaimStatus.IN_PROCESS,
    *PENDED,
    ClaimStatus.APPROVED_AWAITING_PAYMENT,
    ClaimStatus.PAID,
    ClaimStatus.PAID_ZERO,
    ClaimStatus.DENIED,
    ClaimStatus.DENIED_LINE_MIXED,
    ClaimStatus.ADJUSTED,
)
STATUS: Mapping[str, Mapping[str, ClaimStatus]] = {
    payer: dict(zip(said.split(), STATUSES, strict=True))
    for payer, said in {
        "PCBT7": "A1:19 P1:1  P3:297 P3:171 P2:46  F0:3 F1:65  F1:104 F2:88  F1:72  F3:101",
        "QLHP2": "A2:20 P0:0  R4:294 P4:286 P5:45  P1:3 F0:65  F4:104 F2:585 F0:72  F3:72",
        "SWMA5": "A1:16 P2:46 P3:298 R3:171 P2:287 F3:3 F1:107 F4:98  F2:483 F1:585 F3:101",
    }.items()
}
"""What each payer means by a category:code; the same code differs from payer to payer."""
KIND = "Info", {"C": "deductible", "G": "out_of_pocket"}
COVERED = "Info", {"1": codes.CoverageStatus.ACTIVE, "6": codes.CoverageStatus.INACTIVE}
RELATIONSHIPS = {
    "18": codes.Relationship.SELF,
    "01": codes.Relationship.SPOUSE,
    "19": codes.Relationship.CHILD,
}
RELATIONSHIP = "Relationship code", RELATIONSHIPS
LEVEL = "Level", {one.value: one for one in codes.Level}
NETWORK = "Network", {"Y": codes.Network.IN, "N": codes.Network.OUT, "W": codes.Network.BOTH}
PERIOD = "Period", {"23": codes.Period.CALENDAR_YEAR}
UNIT = "Unit", {"VS": codes.Unit.VISITS, "DY": codes.Unit.DAYS}
ORDER = "Order", {one.value: one for one in codes.Order}
METHODS = {one.value: one for one in codes.PaymentMethod}
YEAR, LEFT = "23", "29"
OWED = ("B", "A")
"""A fee and a percentage: what the member owes."""
NOTHING = ("no such member on file", "found no claim for this inquiry", "no remittance for this inquiry")

# Labels, each under the field that it is called like, or that is named before it.
PLAN = "plan_name=Plan | Product | group_number=Group no. | effective_date=Begin | end_date=End"
INSURER = """payer_name=Insurer | policy_number=Policy no. | group_number=Group no. | insured_name=Insured
| effective_date=Begin | end_date=End | last_updated=Updated"""
ROW = """claim_number=Payer claim no. | patient_account_number=Account no. | patient_name=Patient
| Service from | service_to=Service thru | processed_date=Finalized | billed=Charge | Paid"""
CLAIM = """claim_number=Payer claim no. | patient_account_number=Account no. | Member ID
| patient_name=Patient | Birth date | As of | Service from | service_to=Service thru"""
PAID = "number=Check/EFT | issue_date=Remit date"
LINE = "number=Line | service_from=From | service_to=Thru | Units | billed=Charge | Paid"
REMIT = """number=TRN02 Trace no. | issue_date=BPR16 Date | amount=BPR02 Amount | payee=N102 Payee
| payee_npi=N104 NPI | payee_tin=REF TJ Tax ID"""
PAID_CLAIM = """patient_account_number=CLP01 Account no. | claim_number=CLP07 Payer claim no.
| member_id=NM109 Member ID | patient_name=NM103 Patient | service_from=DTM232 From | service_to=DTM233 Thru
| billed=CLP03 Charge | paid=CLP04 Paid | patient_responsibility=CLP05 Patient"""


def sign_in(page: Page, user: User) -> None:
    """Sign in to the practice's site; the Site ID is the account's organisation."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("Site ID")).fill(user.organisation)
    page.get_by_label("User ID").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Log on").click()
    home, phone = (page.get_by_role("heading", name=name) for name in ("Dashboard", "Approve the log-on"))
    if PORTAL.arrive(home, phone) is phone:
        user.approve(PORTAL.read(page).fields("Approve the log-on").says("Number to pick"))
        PORTAL.approved(home)


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def _sure(found: Region, filled: Mapping[str, str], tin: str | None) -> Region:
    """Be sure that a page answers this inquiry, for this site."""
    found.answers("Inquiry", filled)
    found.banner.text("Tax ID", echo=tin and f"{tin[:2]}-{tin[2:]}")
    return found


def _found(page: Page, path: str, filled: Mapping[str, str], tin: str | None) -> Iterator[Region]:
    """Send an inquiry, and yield the pages of its batch."""
    first = PORTAL.send(page, PORTAL.fetch(page, path), filled)
    for found in PORTAL.walk(page, first, onward="Next page"):
        _sure(found, filled, tin)
        for words in NOTHING:
            found.none_if_says(words)
        yield found


def _meanings(found: Region, system: str) -> Mapping[str, str]:
    """Return what the hub says that the codes of one of its lists mean."""
    rows = [row for row in found.table("Codes on this page") if row.cell("List").words == system]
    return {row.cell("Code").words: row.cell("Meaning").words for row in rows}


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage; base and remaining amounts as the payer gives them, nothing worked out."""
    filled = {
        "Payer": CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Date of birth": f"{query.member.birth_date}",
        "Service date": f"{query.service_date}",
        "Service type code": query.service_type,
    }
    (found,) = _found(page, "/eligibility", filled, query.tin)
    asked, rows = found.fields("Inquiry"), found.table("Benefit rows")
    service = "Service", codes.SERVICE_TYPE, _meanings(found, "Service")
    return found.fields("Member").into(
        Eligibility,
        "Member ID | member_name=Name | Birth date",
        relationship=RELATIONSHIP,
        primary_care_provider=found.fields("Member").text("Primary care provider", optional=True),
        service_date=asked.day("Service date"),
        as_of=asked.day("Response date"),
        coverages=found.table("Coverage").each(Coverage, PLAN, status=COVERED),
        accumulators=tuple(
            map(_accumulator, rows.where("Info", *KIND[1]).groups("Info", "Level", "Network"))
        ),
        benefits=tuple(
            _benefit(one, service) for one in rows.where("Info", *OWED).groups("Service", "Network")
        ),
        limits=tuple(_limit(one, service) for one in rows.where("Info", "F").groups("Service", "Unit")),
        other_coverages=found.table("Other insurers", optional=True).each(
            OtherCoverage, INSURER, order=ORDER
        ),
        unmapped=found,
    )


def _accumulator(rows: Table) -> Accumulator:
    """Read a base amount and what is left of it, where the payer says."""
    left = rows.only("Period", LEFT, optional=True).money("Amount", optional=True)
    return rows.only("Period", YEAR).into(
        Accumulator, "limit=Amount", kind=KIND, level=LEVEL, network=NETWORK, period=PERIOD, remaining=left
    )


def _benefit(rows: Table, service: object) -> Benefit:
    """Read what the member owes for a service, as fee or percentage."""
    fee, part = (rows.only("Info", info, optional=True) for info in OWED)
    copay, coinsurance = fee.money("Amount", optional=True), part.share("Percent", optional=True)
    return rows.rows[0].into(
        Benefit,
        "authorization_required=Auth",
        service=service,
        network=NETWORK,
        copay=copay,
        coinsurance=coinsurance,
    )


def _limit(rows: Table, service: object) -> Limit:
    """Read a limit and what is left of it."""
    left = rows.only("Period", LEFT, optional=True).count("Quantity", optional=True)
    base = rows.only("Period", YEAR)
    return base.into(Limit, "allowed=Quantity", service=service, unit=UNIT, period=PERIOD, remaining=left)


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days over all pages of the batch."""
    filled = {
        "Payer": CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Service from": f"{query.service_from}",
        "Service thru": f"{query.service_to}",
    }
    found = list(_found(page, "/status", filled, query.tin))
    status = "Category:code", STATUS[query.carrier]
    rows = (one.table("Claims").each(ClaimRow, ROW, status=status) for one in found)
    return ClaimList(
        rows=tuple(chain.from_iterable(rows)),
        stated_total=found[0].stated(r"(\d+) claims? in this batch"),
        as_of=found[0].fields("Inquiry").day("Response date"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by the payer's number: its claim level and its lines."""
    filled = {
        "Payer": CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Payer claim no.": f"{query.claim_number}",
    }
    (found,) = _found(page, "/status", filled, query.tin)
    status = "Category:code", STATUS[query.carrier]
    provider, (level,) = found.fields("Provider"), found.table("Claim level").rows
    return found.fields("Claim").into(
        Claim,
        CLAIM,
        tin=provider.text("Provider tax ID"),
        billing_provider=provider.text("Billing provider"),
        billing_npi=provider.text("Billing NPI"),
        rendering_provider=provider.text("Rendering provider"),
        rendering_npi=provider.text("Rendering NPI"),
        processed_date=level.day("Finalized"),
        status=level.mapped(*status),
        billed=level.money("Charge"),
        paid=level.money("Paid"),
        pend_reasons=_pended(found, level.mapped(*status)),
        payment=level.into(PaymentReference, PAID, method=("Method", METHODS)),
        lines=found.table("Line level").each(
            ServiceLine,
            LINE,
            procedure=("Procedure", codes.PROCEDURE),
            modifiers=lambda line: line.codes("Mods", codes.MODIFIER, separator=" "),
            status=status,
        ),
        unmapped=found,
    )


def _pended(found: Region, status: Shown[ClaimStatus]) -> tuple[Shown[str], ...]:
    """Return the hub's words for the code of a claim that is held up."""
    rows = found.table("Codes on this page").where("List", "Status")
    return (rows.only("Code", f"{status.words}").text("Meaning"),) if status.value in PENDED else ()


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read what a payer issued on some days, or one by its trace number, each from its own 835 in rows."""
    filled = {"Issued from": f"{query.issued_from}", "Issued thru": f"{query.issued_to}"}
    filled = {"Payer": CARRIERS[query.carrier]} | ({"Trace no.": query.number} if query.number else filled)
    found = list(_found(page, "/era", filled, query.tin))
    rows = [(one, row.says("TRN02 Trace no.")) for one in found for row in one.table("Remittances")]
    details = [_remit(page, one, number, filled, query.tin) for one, number in rows]
    return PaymentList(
        tin=found[0].banner.text("Tax ID"),
        payments=tuple(map(_payment, details)),
        stated_total=found[0].stated(r"(\d+) remittances? in this batch"),
        as_of=found[0].fields("Inquiry").day("Response date"),
        unmapped=unread(*details),
    )


def _remit(page: Page, listed: Region, number: str, filled: Mapping[str, str], tin: str | None) -> Region:
    detail = _sure(PORTAL.fetch(page, listed.goal(number)), filled, tin)
    detail.fields("Payment").text("TRN02 Trace no.", echo=number)
    return detail


def _payment(detail: Region) -> Payment:
    return detail.fields().into(
        Payment,
        REMIT,
        method=("BPR04 Method", METHODS),
        claims=detail.table("Claim payments").each(PaidClaim, PAID_CLAIM),
        provider_adjustments=detail.table("Provider level", optional=True).each(
            ProviderAdjustment,
            "reference=PLB03-2 Reference | amount=PLB04 Amount",
            reason=("PLB03-1 Reason", codes.PROVIDER_ADJUSTMENT),
        ),
    )


def remittance_file(page: Page, query: RemittanceFileQuery) -> RemittanceFile:
    """Download a payment's 835."""
    filled = {"Payer": CARRIERS[query.carrier], "Trace no.": query.payment_number}
    (found,) = _found(page, "/era", filled, query.tin)
    detail = _remit(page, found, query.payment_number, filled, query.tin)
    file = PORTAL.download(page, detail.goal("Download 835"))
    labels = "payment_number=TRN02 Trace no. | issue_date=BPR16 Date | amount=BPR02 Amount"
    return detail.fields("Payment").into(RemittanceFile, labels, type=FileType.X12_835, file=file)


FLOW = Flow(PORTAL, sign_in, sign_out, eligibility, claims, claim, payments, remittance_file=remittance_file)
