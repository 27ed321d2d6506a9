"""Westmac's Provider Gateway: a Medicare contractor; post-backs to one address, TIN, NPI, PTAN each time."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TypeVar

from playwright.sync_api import Page
from pydantic import BaseModel

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
    PROVIDER_ADJUSTMENT,
    RARC,
    ClaimStatus,
    CoverageStatus,
    OverpaymentStatus,
    PaymentMethod,
    Period,
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
from harvester.model.shown import Shown, Unmapped
from harvester.reading import Record, Region
from harvester.reading.values import folded

M = TypeVar("M", bound=BaseModel)

PORTAL = Portal(
    id="westmac",
    name="Westmac Medicare — Provider Gateway",
    url="https://gateway.westmac.example",
    carriers=(
        Carrier(
            id="WMAC1", name="Westmac Medicare Part B, Jurisdiction W", aliases=("Medicare Part B (Westmac)",)
        ),
    ),
    policy=Policy.permitted(source="enrollment agreement, section 11", checked=date(2026, 11, 3)),
    rules=Rules(
        lockout=Lockout(after=3),
        idle=minutes(30),
        must_sign_out=True,
        mfa=("email",),
        code_lives=timedelta(hours=8),
        password_days=365,
    ),
    signs={
        "User ID and password do not match": errors.WrongPassword,
        "User ID is suspended": errors.AccountLocked,
        "passcode is not correct or has expired": errors.CodeRejected,
        "password is more than 365 days old": errors.PasswordExpired,
        "rules of behavior have changed": errors.TermsToAccept,
        "annual recertification is due": errors.TrainingDue,
        "filled in by software": errors.Challenge,
        "Another session is active": errors.AnotherSession,
        "session has ended": errors.SignedOut,
        "outside its hours of operation": errors.PortalUnavailable,
        "down for planned maintenance": errors.PortalUnavailable,
        "gateway cannot be reached": errors.PortalUnavailable,
    },
    enters=(
        "GET /notice",
        "POST /notice",
        "GET /signin",
        "POST /signin",
        "GET /passcode",
        "POST /passcode",
        "GET /password/expired",
        "GET /terms",
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
LONGEST = timedelta(days=45)
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
METHODS = {"Check": PaymentMethod.CHECK, "EFT": PaymentMethod.EFT}
ENTITLED = {"Entitled": CoverageStatus.ACTIVE, "Terminated": CoverageStatus.INACTIVE}
KINDS: Mapping[str, AccumulatorKind] = {"Part B deductible": "deductible"}
PERIODS = {"Calendar year": Period.CALENDAR_YEAR}
DEMANDS = {
    "Demand letter sent": OverpaymentStatus.OPEN,
    "In recoupment": OverpaymentStatus.RECOVERING,
    "Paid in full": OverpaymentStatus.CLOSED,
    "Redetermination pending": OverpaymentStatus.DISPUTED,
}

NO_CLAIMS = "No claims were found"
NO_PAYMENTS = "No checks or EFTs were found"


def sign_in(page: Page, user: User) -> None:
    """Accept the notice in its known words, and sign in with the code that the portal e-mails."""
    page.goto("/notice")
    accept = PORTAL.arrive(page.get_by_role("button", name="I accept"))
    if NOTICE not in map(folded, PORTAL.read(page).lines):
        raise errors.TermsToAccept("the notice before sign-in has other words than before", where="/notice")
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
    tin = query.tin or ""
    return {"TIN": f"{tin[:2]}-{tin[2:]}", "NPI": query.npi or "", "PTAN": query.ptan or ""}


def _asked(page: Page, inquiry: str, filled: Mapping[str, str], button: str) -> Region:
    """Open an inquiry, send it, and be sure that the answer is to just that, for that provider."""
    form = PORTAL.send(page, PORTAL.fetch(page, "/home"), {}, button=inquiry)
    return _echoed(PORTAL.send(page, form, filled, button=button), filled)


def _picked(page: Page, found: Region, filled: Mapping[str, str], pick: tuple[str, str, str]) -> Region:
    """Open one row of a list: its legend, the number, and the button."""
    legend, number, button = pick
    return _echoed(PORTAL.send(page, found, {legend: number}, button=button), filled)


def _echoed(found: Region, filled: Mapping[str, str]) -> Region:
    asked = found.fields("Your inquiry")
    for name, words in filled.items():
        asked.text(name, echo=words)
    return found


def _says(found: Region, words: str) -> bool:
    return any(words in folded(line) for line in found.lines)


def _day(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def _spans(first: date, last: date) -> Iterator[tuple[str, str]]:
    """Yield what lies between two days in spans that the portal takes, none of them touching another."""
    while first <= last:
        end = min(last, first + LONGEST)
        yield _day(first), _day(end)
        first = end + timedelta(days=1)


def _whom(member: Member) -> dict[str, str]:
    names = {"Last name": member.last_name, "First name": member.first_name}
    return {"MBI": member.member_id, **names, "Date of birth": _day(member.birth_date)}


def _stated(found: list[Region], pattern: str) -> Shown[int]:
    """Return how many there are in all searches together."""
    stated = [one.stated(pattern) for one in found]
    words = " + ".join(f"{one.words}" for one in stated) or NO_PAYMENTS
    return Shown.known(sum(one.value or 0 for one in stated), words)


# Eligibility --------------------------------------------------------------------------------------


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a beneficiary's entitlement and deductible, then MSP, Medicare Advantage and hospice."""
    filled = _provider(query) | _whom(query.member) | {"Date of service": _day(query.service_date)}
    parts = _asked(page, "Eligibility", filled, "Check eligibility")
    parts.none_if_says("does not match Medicare's records")
    tabs = [PORTAL.send(page, parts, {}, button=name) for name in ("MSP", "MA plan", "Hospice")]
    who = parts.fields("Beneficiary")
    for tab in tabs:
        same = _echoed(tab, filled).fields("Beneficiary")
        for name in ("Name", "MBI", "Birth date"):
            same.text(name, echo=who.says(name))
    secondary, advantage, hospice = tabs
    answer = who.into(
        Eligibility,
        "Birth date",
        member_id="MBI",
        member_name="Name",
        service_date=parts.fields("Your inquiry").day("Date of service"),
        coverages=(
            *parts.table("Entitlement").each(
                Coverage,
                "Effective date",
                plan_name="Part",
                status=("Status", ENTITLED),
                end_date="Termination date",
            ),
            *_rows(
                hospice, "Hospice benefit periods", Coverage, plan_name="Period", effective_date="Start date"
            ),
        ),
        accumulators=parts.table("Deductible").each(
            Accumulator, "Remaining", kind=_kind, period=("Period", PERIODS), limit="Amount"
        ),
        other_coverages=(
            *_rows(
                secondary,
                "Medicare Secondary Payer",
                OtherCoverage,
                kind="MSP type",
                payer_name="Insurer",
                policy_number="Policy number",
                group_number="Group number",
                insured_name="Insured",
                effective_date="Effective date",
                last_updated="Updated",
            ),
            *_rows(
                advantage,
                "Medicare Advantage",
                OtherCoverage,
                kind="Plan type",
                payer_name="Insurer",
                policy_number="Contract and PBP",
                effective_date="Effective date",
            ),
        ),
        unmapped=parts,
    )
    return answer.model_copy(
        update={"unmapped": (*answer.unmapped, *(one for t in tabs for one in t.unread))}
    )


def _kind(row: Record) -> AccumulatorKind:
    return row.one_of("Kind", KINDS)


def _rows(tab: Region, heading: str, model: type[M], **fields: object) -> tuple[M, ...]:
    """Return the rows of a tab; none where it says that there is nothing."""
    if _says(tab, "No benefits available for the requested date span"):
        return ()
    return tab.table(heading).each(model, end_date="Termination date", **fields)


# Claims -------------------------------------------------------------------------------------------


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a beneficiary's claims by their first day of service, 45 days at a time."""
    one = [{"Claim number": query.claim_number}] if query.claim_number else []
    spans = [{"From date": a, "To date": b} for a, b in _spans(query.service_from, query.service_to)]
    whom = _provider(query) | _whom(query.member)
    pages = [_asked(page, "Claim status", whom | asked, "Find claims") for asked in one or spans]
    found = [one for one in pages if not _says(one, NO_CLAIMS)]
    if not found:
        raise errors.NotOnFile(NO_CLAIMS)
    rows = [row for one in found for row in one.table("Claims found")]
    return ClaimList(
        rows=tuple(
            row.into(
                ClaimRow,
                "Claim number",
                patient_account_number="Patient control no.",
                service_from="From",
                service_to="Through",
                processed_date="Finalized",
                billed="Total charges",
                paid="Medicare paid",
                status=("Status", STATUS),
            )
            for row in rows
        ),
        stated_total=_stated(found, r"(\d+) claims? found"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim with its lines; what their codes mean stands in tables below."""
    filled = _provider(query) | _whom(query.member) | {"Claim number": f"{query.claim_number}"}
    listed = _asked(page, "Claim status", filled, "Find claims")
    listed.none_if_says(NO_CLAIMS)
    detail = _picked(page, listed, filled, ("Claims found", f"{query.claim_number}", "View claim"))
    who, providers = detail.fields("Beneficiary"), detail.fields("Providers")
    reasons, remarks = (_meanings(detail, name) for name in ("Reason code", "Remark code"))
    return detail.fields("Claim").into(
        Claim,
        "Claim number",
        patient_account_number="Patient control no.",
        status=("Status", STATUS),
        received_date="Received",
        service_from="From",
        service_to="Through",
        processed_date="Finalized",
        as_of="Data as of",
        billed="Total charges",
        allowed="Total allowed",
        paid="Medicare paid",
        patient_responsibility="Beneficiary owes",
        crossed_over_to="Crossover insurer",
        replaces="Adjusts claim",
        replaced_by="Adjusted by claim",
        member_id=who.text("MBI"),
        patient_name=who.text("Name"),
        birth_date=who.day("Birth date"),
        tin=providers.text("Billing TIN"),
        billing_provider=providers.text("Billing provider"),
        billing_npi=providers.text("Billing NPI"),
        rendering_provider=providers.text("Rendering provider"),
        rendering_npi=providers.text("Rendering NPI"),
        diagnoses=tuple(
            row.code("Diagnosis", DIAGNOSIS) for row in detail.table("Diagnosis codes and positions")
        ),
        pend_reasons=detail.items("Why it is pending", optional=True),
        requested_documents=detail.table("Additional documentation requested", optional=True).each(
            RequestedDocument, "Document", reference="Letter", due_date="Due"
        ),
        payment=_reference(detail) if detail.has("Payment") else None,
        lines=tuple(_line(row, reasons, remarks) for row in detail.table("Service lines")),
        unmapped=detail,
    )


def _meanings(detail: Region, name: str) -> dict[str, str | None]:
    rows = detail.table(f"{name}s", optional=True)
    return {row.cell(name).words: row.cell("Meaning").words for row in rows}


def _reference(detail: Region) -> PaymentReference:
    return detail.fields("Payment").into(
        PaymentReference,
        "Issue date | Payee",
        method=("Method", METHODS),
        number="Check/EFT number",
        amount="Check/EFT amount",
    )


def _line(row: Record, reasons: Mapping[str, str | None], remarks: Mapping[str, str | None]) -> ServiceLine:
    codes = row.each("Codes", r"(?P<group>[A-Z]{2})-(?P<reason>\w+)|(?P<remark>\w+)", separator=" ")
    return row.into(
        ServiceLine,
        "Units | Billed | Allowed | Deductible | Coinsurance | Copay | Paid",
        number="Line",
        service_from="From",
        service_to="Through",
        procedure=("HCPCS", PROCEDURE),
        modifiers=row.codes("Modifiers", MODIFIER, separator=" "),
        diagnosis_pointers="Dx pointer",
        adjustments=tuple(
            one.into(Adjustment, group=("group", GROUPS), reason=("reason", CARC, reasons))
            for one in codes
            if one.has("group")
        ),
        remarks=tuple(one.code("remark", RARC, remarks) for one in codes if one.has("remark")),
    )


# Financial ----------------------------------------------------------------------------------------


def payments(page: Page, query: PaymentsQuery) -> PaymentList:
    """Read checks and transfers, 45 days at a time, each with its claims; and what is on the floor."""
    one = [{"Check/EFT number": query.number}] if query.number else []
    spans = [{"Issued from": a, "Issued to": b} for a, b in _spans(query.issued_from, query.issued_to)]
    made: list[tuple[Payment, tuple[Unmapped, ...]]] = []
    found: list[Region] = []
    for filled in [_provider(query) | asked for asked in one or spans]:
        listed = _asked(page, "Checks and remittances", filled, "Find payments")
        if not _says(listed, NO_PAYMENTS):
            found.append(listed)
            made += [_payment(page, listed, filled, row) for row in listed.table("Payments found")]
    if query.number and not found:
        raise errors.NotOnFile(NO_PAYMENTS)
    floor = _asked(page, "Payment floor", _provider(query), "Show the floor")
    answer = floor.fields("Approved to pay").into(
        PaymentList,
        tin=floor.fields("Your inquiry").text("TIN"),
        payments=tuple(payment for payment, _ in made),
        stated_total=_stated(found, r"(\d+) payments? found"),
        approved_claims="Claims on the floor",
        approved_amount="Total amount",
        unmapped=floor,
    )
    left = (one for _, unread in made for one in unread)
    return answer.model_copy(update={"unmapped": (*answer.unmapped, *left)})


def _payment(
    page: Page, listed: Region, filled: Mapping[str, str], row: Record
) -> tuple[Payment, tuple[Unmapped, ...]]:
    detail = _picked(page, listed, filled, ("Payments found", row.says("Check/EFT number"), "View payment"))
    meanings, own = _meanings(detail, "Adjustment code"), detail.fields("Payment")
    for name in ("Check/EFT number", "Issue date", "Type", "Amount"):
        own.text(name, echo=row.says(name))
    payment = own.into(
        Payment,
        "Issue date | Amount | Payee | Payee TIN | Payee NPI",
        number="Check/EFT number",
        method=("Type", METHODS),
        claims=detail.table("Claims paid").each(
            PaidClaim,
            "Claim number",
            patient_account_number="Patient control no.",
            member_id="MBI",
            patient_name="Beneficiary",
            service_from="From",
            service_to="Through",
            billed="Charges",
            paid="Medicare paid",
            patient_responsibility="Beneficiary owes",
        ),
        provider_adjustments=detail.table("Provider-level adjustments", optional=True).each(
            ProviderAdjustment, "Reference", reason=("Code", PROVIDER_ADJUSTMENT, meanings), amount="Withheld"
        ),
    )
    return payment, detail.unread


def overpayments(page: Page, query: OverpaymentsQuery) -> OverpaymentList:
    """Read the demand letters and how far their recoupment is."""
    found = _asked(page, "Accounts receivable", _provider(query), "Show demands")
    return OverpaymentList(
        tin=found.fields("Your inquiry").text("TIN"),
        overpayments=found.table("Demand letters").each(
            Overpayment,
            "Claim number | Reason | Refunded | Balance",
            reference="Letter number",
            demand_date="Letter date",
            patient_account_number="Patient control no.",
            member_id="MBI",
            patient_name="Beneficiary",
            service_from="From",
            service_to="Through",
            status=("Status", DEMANDS),
            amount="Original amount",
            recovered_before="Recouped before",
            recovered_now="Recouped this cycle",
            payment_number="Withheld from",
        ),
        stated_total=found.stated(r"(\d+) demand letters?"),
        unmapped=found.unread,
    )


def remittance_file(page: Page, query: RemittanceFileQuery) -> RemittanceFile:
    """Fetch a payment's remittance advice, a PDF."""
    day = _day(query.issue_date)
    asked = {"Issued from": day, "Issued to": day, "Check/EFT number": query.payment_number}
    filled = _provider(query) | asked
    listed = _asked(page, "Checks and remittances", filled, "Find payments")
    listed.none_if_says(NO_PAYMENTS)
    detail = _picked(page, listed, filled, ("Payments found", query.payment_number, "View payment"))
    path = detail.link("Remittance advice (PDF)")
    if path is None:
        raise errors.NotOnFile("the payment has no remittance advice")
    return detail.fields("Payment").into(
        RemittanceFile,
        "Issue date | Amount",
        payment_number="Check/EFT number",
        type=FileType.PDF,
        file=PORTAL.download(page, path),
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
    remittance_file=remittance_file,
)
