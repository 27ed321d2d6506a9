"""StateComp, a workers' compensation board: injury claims, the bills that hang on them, and their money.

A member id is the number of an injury claim. Everybody who takes part in an injury claim sees all of its
bills: only those under the tax id that was asked for are the practice's own.
"""

from collections.abc import Mapping
from datetime import date
from itertools import chain, starmap
from typing import TypeVar

from playwright.sync_api import Page

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
    DIAGNOSIS,
    MODIFIER,
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    AuthorizationStatus,
    ClaimStatus,
    CoverageStatus,
    OverpaymentStatus,
    PaymentMethod,
    Unit,
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
from harvester.reading import Record, Region

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
    policy=Policy.permitted(source="provider agreement SC-11, section 9", checked=date(2026, 11, 3)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(20),
        must_sign_out=True,
        mfa=("authenticator",),
        password_days=90,
    ),
    signs={
        "The User ID and password do not match": errors.WrongPassword,
        "security code is not valid": errors.CodeRejected,
        "Your User ID is locked": errors.AccountLocked,
        "password is more than 90 days old": errors.PasswordExpired,
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

A = TypeVar("A", AuthorizationList, PaymentList)

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
METHODS = {"Warrant": PaymentMethod.CHECK, "EFT": PaymentMethod.EFT}
REQUESTS = {
    "Approved": AuthorizationStatus.APPROVED,
    "Approved in part": AuthorizationStatus.PARTIAL,
    "Denied": AuthorizationStatus.DENIED,
    "In review": AuthorizationStatus.PENDED,
    "Returned - information needed": AuthorizationStatus.PENDED_INFO,
    "Processed - awaiting decision": AuthorizationStatus.AWAITING_DECISION,
    "Withdrawn": AuthorizationStatus.CANCELLED,
    "Expired": AuthorizationStatus.EXPIRED,
}
UNITS = {"Units": Unit.UNITS, "Visits": Unit.VISITS}
DEMANDS = {
    "Letter sent": OverpaymentStatus.OPEN,
    "In recovery": OverpaymentStatus.RECOVERING,
    "Recovered": OverpaymentStatus.CLOSED,
    "Under appeal": OverpaymentStatus.DISPUTED,
}


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
    return asked | ({"Billing tax ID": f"{query.tin[:2]}-{query.tin[2:]}"} if query.tin else {})


def _worker(member: Member) -> dict[str, str]:
    return {"Injury claim number": member.member_id, "Date of birth": f"{member.birth_date:%m/%d/%Y}"}


def _asked(page: Page, kind: str, filled: Mapping[str, str]) -> Region:
    """Send an inquiry, and be sure that what comes is the answer to it."""
    return _echoed(PORTAL.send(page, PORTAL.fetch(page, f"/inquiry/{kind}"), filled), filled)


def _echoed(found: Region, filled: Mapping[str, str]) -> Region:
    asked = found.fields("Your inquiry")
    for name, words in filled.items():
        asked.text(name, echo=words)
    found.none_if_says("is on file in this program")
    return found


def _whole(answer: A, *pages: Region) -> A:
    """Keep what was not read of an answer's pages; what stands above their headings is about us."""
    left = (one for page in pages for one in page.unread if len(one.path) > 1)
    return answer.model_copy(update={"unmapped": tuple(left)})


def _injury(found: Region) -> Record:
    """Return the injury claim of a page; the Social Security number, masked as it is, is not kept."""
    injury = found.fields("Injury claim")
    if injury.has("Social Security number"):
        injury.cell("Social Security number")
    return injury


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read whether an injury claim is allowed and open on a day, and for which conditions."""
    day = f"{query.service_date:%m/%d/%Y}"
    filled = _filled(query, _worker(query.member) | {"Date of service": day})
    found = _asked(page, "injury", filled)
    contacts, injury = found.fields("Who works on it"), _injury(found)
    return injury.into(
        Eligibility,
        member_id="Injury claim number",
        member_name="Injured worker",
        birth_date="Date of birth",
        injury_date="Date of injury",
        service_date=found.fields("Your inquiry").day("Date of service"),
        as_of=found.fields().day("Data as of"),
        primary_care_provider=contacts.text("Physician of record"),
        managed_care_organization=contacts.text("Managed care organization"),
        claim_manager=contacts.text("Claim manager"),
        coverages=(
            injury.into(
                Coverage,
                plan_name="Claim type",
                status=("Status on date of service", STANDINGS),
                effective_date="Medical benefits from",
                end_date="Medical benefits through",
            ),
        ),
        conditions=tuple(
            row.code("ICD-10", DIAGNOSIS, {row.says("ICD-10"): row.text("Description").value})
            for row in found.table("Conditions").where("Decision", "Allowed")
        ),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List the bills of an injury claim under the tax id asked for, over all pages."""
    by = (
        {"Document number": query.claim_number}
        if query.claim_number
        else {
            "Service from": f"{query.service_from:%m/%d/%Y}",
            "Service through": f"{query.service_to:%m/%d/%Y}",
        }
    )
    filled = _filled(query, _worker(query.member) | by)
    first = _asked(page, "bills", filled)
    first.none_if_says("No bills of these dates are on file")
    own = first.fields("Your inquiry").says("Billing tax ID")
    rows: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Next >>"):
        rows += (
            _echoed(found, filled)
            .table("Bills")
            .where("Tax ID", own)
            .each(
                ClaimRow,
                "Service from | Billed | Paid",
                claim_number="Document no.",
                patient_account_number="Invoice no.",
                service_to="Service through",
                processed_date="Processed",
                status=("Bill status", STATUS),
            )
        )
    return ClaimList(
        rows=tuple(rows),
        stated_total=first.stated(r"\d+ bills? on file for this injury claim, (\d+) under your tax ID"),
        as_of=first.fields().day("Data as of"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one of the practice's own bills by its document number."""
    filled = _filled(query, _worker(query.member) | {"Document number": f"{query.claim_number}"})
    found = _asked(page, "bills", filled)
    found.none_if_says("No bill with this document number is on file")
    own = found.fields("Your inquiry").says("Billing tax ID")
    injury, provider, bill = _injury(found), found.fields("Provider"), found.fields("Bill")
    codes = [
        (row.cell("Kind").words, row.cell("Board code").words, row.text("Explanation").value)
        for row in found.table("Explanation of codes", optional=True)
    ]
    eob = {code: text for kind, code, text in codes if kind == "EOB"}
    edits = {code: text for kind, code, text in codes if kind == "Edit"}
    return bill.into(
        Claim,
        claim_number="Document number",
        patient_account_number="Invoice number",
        member_id=injury.text("Injury claim number"),
        patient_name=injury.text("Injured worker"),
        birth_date=injury.day("Date of birth"),
        injury_number=injury.text("Injury claim number"),
        injury_date=injury.day("Date of injury"),
        tin=provider.text("Billing tax ID", echo=own),
        billing_provider=provider.text("Billing provider"),
        billing_npi=provider.text("Billing NPI"),
        rendering_provider=provider.text("Servicing provider"),
        rendering_npi=provider.text("Servicing NPI"),
        service_from="First service",
        service_to="Last service",
        received_date="Received",
        processed_date="Processed",
        as_of=found.fields().day("Data as of"),
        status=("Bill status", STATUS),
        billed="Total billed",
        allowed="Total allowed",
        paid="Total paid",
        diagnoses=tuple(row.code("ICD-10", DIAGNOSIS) for row in found.table("Diagnoses billed")),
        pend_reasons=found.items("Why it is suspended", optional=True),
        requested_documents=found.table("Documentation requested", optional=True).each(
            RequestedDocument, document="Document wanted", reference="Letter no.", due_date="Due"
        ),
        payment=_funds(found.fields("Release of funds")) if found.has("Release of funds") else None,
        replaces=bill.text("Corrects document", optional=True),
        replaced_by=bill.text("Superseded by document", optional=True),
        lines=tuple(_line(row, eob, edits) for row in found.table("Service lines")),
        unmapped=found,
    )


def _funds(released: Record) -> PaymentReference:
    return released.into(
        PaymentReference,
        "Remittance number | Payee",
        method=("Payment method", METHODS),
        number="EFT or warrant number",
        issue_date="Paid to provider on",
        released_to="Funds released to",
        released_date="Funds release date",
    )


def _line(row: Record, eob: Mapping[str, str | None], edits: Mapping[str, str | None]) -> ServiceLine:
    return row.into(
        ServiceLine,
        "Units | Billed | Allowed | Paid",
        number="Ln",
        service_from="From",
        service_to="Through",
        procedure=("Code", PROCEDURE),
        modifiers=row.codes("Mod", MODIFIER, separator=" "),
        diagnosis_pointers="Dx",
        status=("Line status", STATUS),
        adjustments=tuple(Adjustment(reason=code) for code in row.codes("EOB", EOB, eob, separator=" ")),
        remarks=row.codes("Edit", EDIT, edits, separator=" "),
    )


def authorizations(page: Page, query: AuthorizationsQuery) -> AuthorizationList:
    """Read the requests for authorization of an injury claim, with their lines and what is used of them."""
    by = {"Request number": query.number} if query.number else {}
    filled = _filled(query, _worker(query.member) | by)
    found = _asked(page, "authorizations", filled)
    found.none_if_says("No requests for authorization are on file")
    numbers = [row.cell("Request number").words for row in found.table("Requests")]
    pages = [
        (
            _echoed(PORTAL.fetch(page, f"/authorizations/{number}"), filled),
            _echoed(PORTAL.fetch(page, f"/authorizations/{number}/utilization"), filled),
        )
        for number in numbers
    ]
    answer = found.fields("Injury claim").into(
        AuthorizationList,
        member_id="Injury claim number",
        member_name="Injured worker",
        birth_date="Date of birth",
        authorizations=tuple(starmap(_authorization, zip(numbers, pages, strict=True))),
        stated_total=found.stated(r"(\d+) requests? on file"),
        as_of=found.fields().day("Data as of"),
    )
    return _whole(answer, *chain.from_iterable(pages))


def _authorization(number: str, pages: tuple[Region, Region]) -> Authorization:
    detail, used = pages
    used.fields("Request").text("Request number", echo=number)
    utilization = used.table("Utilization")
    return detail.fields("Request").into(
        Authorization,
        "Reason | Servicing provider",
        number="Authorization number",
        reference=detail.fields("Request").text("Request number", echo=number),
        kind="Type",
        status=("Request status", REQUESTS),
        requesting_provider="Requested by",
        requested_date="Requested",
        decided_date="Decided",
        effective_date="Effective",
        expiration_date="Expires",
        approved=used.fields("Request").quantity("Total approved"),
        used=used.fields("Request").quantity("Total used"),
        lines=tuple(_service(row, utilization.only("Ln", row.says("Ln"))) for row in detail.table("Lines")),
        letters=detail.table("Letters", optional=True).each(
            Letter, name="Letter", reference="Letter no.", sent_date="Sent"
        ),
    )


def _service(row: Record, used: Record) -> AuthorizedService:
    return row.into(
        AuthorizedService,
        "Requested | Approved",
        number="Ln",
        procedure=("Code", PROCEDURE),
        modifiers=row.codes("Mod", MODIFIER, separator=" "),
        status=("Line status", REQUESTS),
        service_from="From",
        service_to="Through",
        unit=("Unit", UNITS),
        used=used.quantity("Used"),
        remaining=used.quantity("Left"),
    )


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read the remittances of a program to a tax id, with the bills that they pay."""
    by = (
        {"Remittance or EFT number": query.number}
        if query.number
        else {"Paid from": f"{query.issued_from:%m/%d/%Y}", "Paid through": f"{query.issued_to:%m/%d/%Y}"}
    )
    filled = _filled(query, by)
    first = _asked(page, "remittances", filled)
    first.none_if_says("No remittances to this tax ID are on file")
    listed = [
        row.says("Remittance number")
        for found in PORTAL.walk(page, first, onward="Next >>")
        for row in _echoed(found, filled).table("Remittances")
    ]
    pages = [_echoed(PORTAL.fetch(page, f"/remittances/{number}"), filled) for number in listed]
    answer = PaymentList(
        tin=first.fields("Your inquiry").text("Billing tax ID"),
        payments=tuple(map(_payment, listed, pages)),
        stated_total=first.stated(r"(\d+) remittances? on file"),
        as_of=first.fields().day("Data as of"),
    )
    return _whole(answer, *pages)


def _payment(number: str, found: Region) -> Payment:
    paid = found.fields("Remittance")
    return paid.into(
        Payment,
        "Payee | Payee NPI",
        number="EFT or warrant number",
        remittance_number=paid.text("Remittance number", echo=number),
        method=("Payment method", METHODS),
        amount="Remittance amount",
        issue_date="Paid on",
        payee_tin=paid.text("Payee tax ID", echo=found.fields("Your inquiry").says("Billing tax ID")),
        claims=found.table("Bills paid").each(
            PaidClaim,
            "Billed | Paid",
            claim_number="Document no.",
            patient_account_number="Invoice no.",
            member_id="Injury claim",
            patient_name="Injured worker",
            service_from="From",
            service_to="Through",
        ),
        provider_adjustments=tuple(
            row.into(
                ProviderAdjustment,
                "Reference",
                reason=row.code(
                    "Reason", PROVIDER_ADJUSTMENT, {row.says("Reason"): row.text("Meaning").value}
                ),
                amount="Withheld",
            )
            for row in found.table("Adjustments to the remittance", optional=True)
        ),
    )


def overpayments(page: Page, query: OverpaymentsQuery) -> OverpaymentList:
    """Read what the board wants back from a tax id, and how far it is with it."""
    found = _asked(page, "recoveries", _filled(query, {}))
    found.none_if_says("The board wants nothing back from this tax ID")
    return OverpaymentList(
        tin=found.fields("Your inquiry").text("Billing tax ID"),
        overpayments=tuple(_overpayment(part.fields()) for part in found.parts("Demands")),
        stated_total=found.stated(r"(\d+) demands? on file"),
        as_of=found.fields().day("Data as of"),
    )


def _overpayment(demand: Record) -> Overpayment:
    return demand.into(
        Overpayment,
        "Reason | Balance",
        reference="Demand number",
        claim_number="Document number",
        patient_account_number="Invoice number",
        member_id="Injury claim number",
        patient_name="Injured worker",
        service_from="First service",
        service_to="Last service",
        status=("Recovery status", DEMANDS),
        demand_date="Letter date",
        amount="Amount demanded",
        recovered_before="Withheld before this week",
        recovered_now="Withheld this week",
        refunded="Repaid by provider",
        payment_number="Withheld from",
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
