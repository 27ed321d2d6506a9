"""StateComp, a workers' compensation board: injury claims, the bills that hang on them, and their money.

A member id is the number of an injury claim. Everybody who takes part in an injury claim sees all of its
bills: only those under the tax id that was asked for are the practice's own.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from playwright.sync_api import Page

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
from harvester.model.codes import (
    DIAGNOSIS,
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    OverpaymentStatus,
    PaymentMethod,
)
from harvester.model.eligibility import Coverage, Eligibility
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList, ProviderAdjustment
from harvester.model.query import (
    Asked,
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
)
from harvester.reading import Record, Region, common, unread

PROGRAMS = {
    "LMGIF": "General Injury Fund",
    "LMPSI": "Public Servants Injury Program",
    "LMMQD": "Mine and Quarry Dust Program",
}
PORTAL = Portal(
    id="statecomp",
    name="StateComp Provider Services — Larkmoor Workers' Compensation Board",
    url="https://provider.statecomp.example",
    carriers=tuple(Carrier(id=number, name=name) for number, name in PROGRAMS.items()),
    switches_tin=True,
    lines=(
        Line(what="Provider line", number="1-800-555-0170", hours="Monday to Friday 7:30 a.m. to 5 p.m."),
    ),
    policy=Policy.permitted(source="provider agreement SC-11, section 9", checked=date(2026, 11, 3)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(20),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=90,
        unused_days=90,
        longest_search={"claims": timedelta(days=366), "payments": timedelta(days=366)},
    ),
    signs={
        "The User ID and password do not match": errors.WrongPassword,
        "security code is not valid": errors.CodeRejected,
        "Your User ID is locked": errors.AccountLocked,
        "Your User ID was not used for 90 days": errors.AccountLocked,
        "The board has revoked your access": errors.AccountLocked,
        "password is more than 90 days old": errors.PasswordExpired,
        "password will be 90 days old": errors.PasswordExpired,
        "Enroll a second authenticator": errors.FactorToEnroll,
        "Verify your contact information": errors.DetailsToConfirm,
        "Acceptable use agreement (revised)": errors.TermsToAccept,
        "Annual provider attestation": errors.TermsToAccept,
        "Fraud prevention training is overdue": errors.TrainingDue,
        "Your session ended after 20 minutes": errors.SignedOut,
        "The inquiry system is closed": errors.PortalUnavailable,
        "host system does not answer": errors.PortalUnavailable,
        "StateComp is being updated": errors.PortalUnavailable,
    },
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /signin/code",
        "POST /signin/code",
        "GET /password/expired",
        "GET /terms",
        "GET /step/{what}",
        "GET /due/{what}",
        "GET /home",
    ),
    reads=(
        *(
            f"{method} /inquiry/{kind}"
            for kind in ("injury", "bills", "authorizations", "remittances", "recoveries")
            for method in ("GET", "POST")
        ),
        "GET /inquiry/{kind}/results",
        "GET /authorizations/{request}",
        "GET /authorizations/{request}/utilization",
        "GET /remittances/{remittance}",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)

EOB = "https://provider.statecomp.example/codes/eob"
EDIT = "https://provider.statecomp.example/codes/edit"
STATUS = {
    "Received": ClaimStatus.RECEIVED,
    "In process": ClaimStatus.IN_PROCESS,
    "Suspended - documentation requested": ClaimStatus.PENDED_PROVIDER_INFO,
    "Suspended - injury claim under determination": ClaimStatus.PENDED_PAYER,
    "Suspended - medical review": ClaimStatus.PENDED_PAYER,
    "Approved - funds not released": ClaimStatus.APPROVED_AWAITING_PAYMENT,
    "Paid": ClaimStatus.PAID,
    "Processed - nothing payable": ClaimStatus.PAID_ZERO,
    "Denied": ClaimStatus.DENIED,
    "Paid in part - see lines": ClaimStatus.DENIED_LINE_MIXED,
    "Superseded - see newer document": ClaimStatus.ADJUSTED,
}
STANDINGS = {
    "Allowed - open": CoverageStatus.ACTIVE,
    "Allowed - closed": CoverageStatus.INACTIVE,
    "Determination pending": CoverageStatus.PENDING,
    "Disallowed": CoverageStatus.INACTIVE,
}
METHODS = common.METHODS | {"Warrant": PaymentMethod.CHECK}
REQUESTS = common.DECISIONS | {
    "Returned - information needed": AuthorizationStatus.PENDED_INFO,
    "Processed - awaiting decision": AuthorizationStatus.AWAITING_DECISION,
}
DEMANDS = {
    "Letter sent": OverpaymentStatus.OPEN,
    "In recovery": OverpaymentStatus.RECOVERING,
    "Recovered": OverpaymentStatus.CLOSED,
    "Under appeal": OverpaymentStatus.DISPUTED,
}
NOTHING = (
    "is on file in this program",
    "No bills of these dates are on file",
    "No bill with this document number is on file",
    "No requests for authorization are on file",
    "No remittances to this tax ID are on file",
    "The board wants nothing back from this tax ID",
)

# Labels, each under the field that it is called like, or that is named before it.
WORKER = "member_id=Injury claim number | member_name=Injured worker | birth_date=Date of birth"
INJURY = f"""{WORKER} | injury_date=Date of injury | primary_care_provider=Physician of record
| Managed care organization | Claim manager"""
BENEFITS = """plan_name=Claim type | effective_date=Medical benefits from
| end_date=Medical benefits through"""
ROW = """claim_number=Document no. | patient_account_number=Invoice no. | Service from
| service_to=Service through | processed_date=Processed | Billed | Paid"""
BILL = """claim_number=Document number | patient_account_number=Invoice number | member_id=Injury claim number
| patient_name=Injured worker | birth_date=Date of birth | injury_number=Injury claim number
| injury_date=Date of injury | tin=Billing tax ID | Billing provider | Billing NPI
| rendering_provider=Servicing provider | rendering_npi=Servicing NPI | service_from=First service
| service_to=Last service | received_date=Received | processed_date=Processed | billed=Total billed
| allowed=Total allowed | paid=Total paid"""
FUNDS = """number=EFT or warrant number | Remittance number | issue_date=Paid to provider on | Payee
| released_to=Funds released to | released_date=Funds release date"""
LINE = """number=Ln | service_from=From | service_to=Through | diagnosis_pointers=Dx | Units | Billed
| Allowed | Paid"""
REQUEST = """number=Authorization number | reference=Request number | kind=Type | Reason
| requesting_provider=Requested by | Servicing provider | requested_date=Requested | decided_date=Decided
| effective_date=Effective | expiration_date=Expires"""
SERVICE = "number=Ln | service_from=From | service_to=Through | Unit | Requested | Approved"
REMITTANCE = """number=EFT or warrant number | Remittance number | amount=Remittance amount
| issue_date=Paid on | Payee | payee_tin=Payee tax ID | Payee NPI"""
PAID = """claim_number=Document no. | patient_account_number=Invoice no. | member_id=Injury claim
| patient_name=Injured worker | service_from=From | service_to=Through | Billed | Paid"""
DEMAND = """reference=Demand number | Reason | demand_date=Letter date | claim_number=Document number
| patient_account_number=Invoice number | member_id=Injury claim number | patient_name=Injured worker
| service_from=First service | service_to=Last service | amount=Amount demanded
| recovered_before=Withheld before this week | recovered_now=Withheld this week
| refunded=Repaid by provider | payment_number=Withheld from | Balance"""


def sign_in(page: Page, user: User) -> None:
    """Sign in with password and authenticator code."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("User ID")).fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    PORTAL.arrive(page.get_by_label("Security code")).fill(user.one_time_code("authenticator"))
    page.get_by_role("button", name="Continue").click()
    PORTAL.arrive(page.get_by_role("heading", name="Provider home"))


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def _filled(query: Asked, more: Mapping[str, str]) -> dict[str, str]:
    """Return what an inquiry says by label: the program, the tax id asked as, and more."""
    asked = {"Program": PROGRAMS[query.carrier], **more}
    return asked | ({"Billing tax ID": tax_id(query.tin)} if query.tin else {})


def _worker(member: Member) -> dict[str, str]:
    return {"Injury claim number": member.member_id, "Date of birth": f"{member.birth_date:%m/%d/%Y}"}


def _asked(page: Page, kind: str, filled: Mapping[str, str]) -> Iterator[Region]:
    """Send an inquiry, and yield the pages of the answer."""
    form = PORTAL.fetch(page, f"/inquiry/{kind}")
    return PORTAL.search(page, form, filled, echo="Your inquiry", nothing=NOTHING, onward="Next >>")


def _detail(page: Page, path: str, filled: Mapping[str, str], kind: str, number: str) -> Region:
    """Fetch a page of an answer, sure to be about this request or remittance."""
    found = PORTAL.fetch(page, path)
    found.answers("Your inquiry", filled)
    found.none_if_says(NOTHING[0])
    found.answers(kind, {f"{kind} number": number})
    return found


def _injury(found: Region, *more: str) -> Record:
    """Return the injury claim of a page; the Social Security number, masked as it is, is not kept."""
    injury = found.fields("Injury claim", *more)
    if injury.has("Social Security number"):
        injury.cell("Social Security number")
    return injury


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read whether an injury claim is allowed and open on a day, and for which conditions."""
    day = {"Date of service": f"{query.service_date:%m/%d/%Y}"}
    (found,) = _asked(page, "injury", _filled(query, _worker(query.member) | day))
    injury = _injury(found, "Who works on it")
    return injury.into(
        Eligibility,
        INJURY,
        service_date=found.fields("Your inquiry").day("Date of service"),
        as_of=found.fields().day("Data as of"),
        coverages=(injury.into(Coverage, BENEFITS, status=("Status on date of service", STANDINGS)),),
        conditions=tuple(
            row.code("ICD-10", DIAGNOSIS, "Description")
            for row in found.table("Conditions").where("Decision", "Allowed")
        ),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List the bills of an injury claim under the tax id asked for, over all pages."""
    first, last = f"{query.service_from:%m/%d/%Y}", f"{query.service_to:%m/%d/%Y}"
    by = {"Service from": first, "Service through": last}
    if query.claim_number:
        by = {"Document number": query.claim_number}
    found = list(_asked(page, "bills", _filled(query, _worker(query.member) | by)))
    own = found[0].fields("Your inquiry").says("Billing tax ID")
    rows = [row for one in found for row in one.table("Bills").where("Tax ID", own)]
    return ClaimList(
        rows=tuple(row.into(ClaimRow, ROW, status=("Bill status", STATUS)) for row in rows),
        stated_total=found[0].stated(r"\d+ bills? on file for this injury claim, (\d+) under your tax ID"),
        as_of=found[0].fields().day("Data as of"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one of the practice's own bills by its document number."""
    by = {"Document number": f"{query.claim_number}"}
    (found,) = _asked(page, "bills", _filled(query, _worker(query.member) | by))
    own = found.fields("Your inquiry").says("Billing tax ID")
    found.answers("Provider", {"Billing tax ID": own})
    bill, codes = found.fields("Bill"), found.table("Explanation of codes", optional=True)
    eob, edits = (codes.legend("Board code", "Explanation", of=("Kind", kind)) for kind in ("EOB", "Edit"))
    return _injury(found, "Provider", "Bill").into(
        Claim,
        BILL,
        as_of=found.fields().day("Data as of"),
        status=("Bill status", STATUS),
        diagnoses=tuple(row.code("ICD-10", DIAGNOSIS) for row in found.table("Diagnoses billed")),
        pend_reasons=found.items("Why it is suspended", optional=True),
        requested_documents=found.table("Documentation requested", optional=True).each(
            RequestedDocument, "document=Document wanted | reference=Letter no. | due_date=Due"
        ),
        payment=_funds(found.fields("Release of funds")) if found.has("Release of funds") else None,
        replaces=bill.text("Corrects document", optional=True),
        replaced_by=bill.text("Superseded by document", optional=True),
        lines=tuple(_line(row, eob, edits) for row in found.table("Service lines")),
        unmapped=found,
    )


def _funds(released: Record) -> PaymentReference:
    return released.into(PaymentReference, FUNDS, method=("Payment method", METHODS))


def _line(row: Record, eob: Mapping[str, str | None], edits: Mapping[str, str | None]) -> ServiceLine:
    return row.into(
        ServiceLine,
        LINE,
        procedure=("Code", PROCEDURE),
        modifiers=row.codes("Mod", MODIFIER, separator=" "),
        status=("Line status", STATUS),
        adjustments=tuple(Adjustment(reason=code) for code in row.codes("EOB", EOB, eob, separator=" ")),
        remarks=row.codes("Edit", EDIT, edits, separator=" "),
    )


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """Read the requests for authorization of an injury claim, with their lines and what is used of them."""
    by = {"Request number": query.number} if query.number else {}
    filled = _filled(query, _worker(query.member) | by)
    (found,) = _asked(page, "authorizations", filled)
    numbers = [row.cell("Request number").words for row in found.table("Requests")]
    details, used = (
        [_detail(page, f"/authorizations/{number}{part}", filled, "Request", number) for number in numbers]
        for part in ("", "/utilization")
    )
    return found.fields("Injury claim").into(
        AuthorizationList,
        WORKER,
        authorizations=tuple(map(_authorization, details, used)),
        stated_total=found.stated(r"(\d+) requests? on file"),
        as_of=found.fields().day("Data as of"),
        unmapped=(*details, *used),
    )


def _authorization(detail: Region, used: Region) -> Authorization:
    totals, utilization = used.fields("Request"), used.table("Utilization")
    return detail.fields("Request").into(
        Authorization,
        REQUEST,
        status=("Request status", REQUESTS),
        approved=totals.quantity("Total approved"),
        used=totals.quantity("Total used"),
        lines=tuple(_service(row, utilization.only("Ln", row.says("Ln"))) for row in detail.table("Lines")),
        letters=detail.table("Letters", optional=True).each(
            Letter, "name=Letter | reference=Letter no. | sent_date=Sent"
        ),
    )


def _service(row: Record, used: Record) -> AuthorizedService:
    return row.into(
        AuthorizedService,
        SERVICE,
        procedure=("Code", PROCEDURE),
        modifiers=row.codes("Mod", MODIFIER, separator=" "),
        status=("Line status", REQUESTS),
        used=used.quantity("Used"),
        remaining=used.quantity("Left"),
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the remittances of a program to a tax id, with the bills that they pay."""
    by = {"Paid from": f"{query.issued_from:%m/%d/%Y}", "Paid through": f"{query.issued_to:%m/%d/%Y}"}
    if query.number:
        by = {"Remittance or EFT number": query.number}
    filled = _filled(query, by)
    found = list(_asked(page, "remittances", filled))
    asked = found[0].fields("Your inquiry")
    numbers = [row.says("Remittance number") for one in found for row in one.table("Remittances")]
    details = [_detail(page, f"/remittances/{number}", filled, "Remittance", number) for number in numbers]
    for detail in details:
        detail.answers("Remittance", {"Payee tax ID": asked.says("Billing tax ID")})
    return PaymentList(
        tin=asked.text("Billing tax ID"),
        payments=tuple(map(_payment, details)),
        stated_total=found[0].stated(r"(\d+) remittances? on file"),
        as_of=found[0].fields().day("Data as of"),
        unmapped=unread(*details),
    )


def _payment(found: Region) -> Payment:
    return found.fields("Remittance").into(
        Payment,
        REMITTANCE,
        method=("Payment method", METHODS),
        claims=found.table("Bills paid").each(PaidClaim, PAID),
        provider_adjustments=found.table("Adjustments to the remittance", optional=True).each(
            ProviderAdjustment,
            "Reference | amount=Withheld",
            reason=("Reason", PROVIDER_ADJUSTMENT, "Meaning"),
        ),
    )


def overpayments(page: Page, query: OverpaymentsQuery) -> OverpaymentList:
    """Read what the board wants back from a tax id, and how far it is with it."""
    (found,) = _asked(page, "recoveries", _filled(query, {}))
    return OverpaymentList(
        tin=found.fields("Your inquiry").text("Billing tax ID"),
        overpayments=found.each("Demands", Overpayment, DEMAND, status=("Recovery status", DEMANDS)),
        stated_total=found.stated(r"(\d+) demands? on file"),
        as_of=found.fields().day("Data as of"),
    )


FLOW = Flow(
    PORTAL,
    sign_in,
    sign_out,
    eligibility=eligibility,
    claims=claims,
    claim=claim,
    payments=payments,
    overpayments=overpayments,
    authorizations=authorizations,
)
