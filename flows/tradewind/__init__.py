"""Tradewind Exchange's Provider Desk: a clearinghouse's hub; inquiries are batches, answers are codes."""

from collections.abc import Mapping
from datetime import date

from playwright.sync_api import Page

from flows.tradewind import codes, rows
from harvester import errors
from harvester.flow import Carrier, Flow, Lockout, Policy, Portal, Rules, User, minutes
from harvester.model.claim import Claim, ClaimList, ClaimRow, PaymentReference
from harvester.model.eligibility import Eligibility
from harvester.model.query import ClaimQuery, ClaimsQuery, EligibilityQuery
from harvester.reading import Record, Region

PORTAL = Portal(
    id="tradewind",
    name="Tradewind Exchange — Provider Desk",
    url="https://desk.tradewind.example",
    carriers=tuple(Carrier(id=number, name=name) for number, name in codes.CARRIERS.items()),
    needs=("organisation",),
    policy=Policy.permitted(source="trading partner agreement, section 4.2", checked=date(2026, 11, 2)),
    rules=Rules(lockout=Lockout(after=5), idle=minutes(20), must_sign_out=True, password_days=90),
    signs={
        "Site ID, User ID or Password is not valid": errors.WrongPassword,
        "This user is locked": errors.AccountLocked,
        "Your password is past its 90 days": errors.PasswordExpired,
        "trading partner terms are new": errors.TermsToAccept,
        "Your Desk session has ended": errors.SignedOut,
        "closed for maintenance": errors.PortalUnavailable,
        "payer gateway does not answer": errors.PortalUnavailable,
    },
    enters=("GET /signin", "POST /signin", "GET /password/expired", "GET /terms", "GET /home"),
    reads=(
        "GET /eligibility",
        "POST /eligibility",
        "GET /status",
        "POST /status",
        "GET /batches/{batch}",
        "GET /signin",
    ),
    leaves=("GET /signout", "GET /signed-out"),
    assets=("/static/",),
)


def sign_in(page: Page, user: User) -> None:
    """Sign in to the practice's site; the Site ID is the account's organisation."""
    page.goto("/signin")
    PORTAL.arrive(page.get_by_label("Site ID")).fill(user.organisation)
    page.get_by_label("User ID").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Log on").click()
    PORTAL.arrive(page.get_by_role("heading", name="Dashboard"))


def sign_out(page: Page) -> None:
    """Sign out and see that it is so."""
    page.goto("/signout")
    PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


def _asked(page: Page, path: str, filled: Mapping[str, str]) -> Region:
    return PORTAL.send(page, PORTAL.fetch(page, path), filled)


def _echoed(found: Region, filled: Mapping[str, str], tin: str | None) -> Record:
    """Be sure that a page answers this inquiry, for this site; return what it says was asked."""
    asked = found.fields("Inquiry")
    for name, words in filled.items():
        asked.text(name, echo=words)
    if tin:
        found.banner.text("Tax ID", echo=f"{tin[:2]}-{tin[2:]}")
    return asked


def eligibility(page: Page, query: EligibilityQuery) -> Eligibility:
    """Read a member's coverage; base and remaining amounts as the payer gives them, nothing worked out."""
    filled = {
        "Payer": codes.CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Date of birth": f"{query.member.birth_date}",
        "Service date": f"{query.service_date}",
        "Service type code": query.service_type,
    }
    found = _asked(page, "/eligibility", filled)
    asked = _echoed(found, filled, query.tin)
    found.none_if_says("no such member on file")
    table, services = found.table("Benefit rows"), rows.meanings(found, "Service")
    return found.fields("Member").into(
        Eligibility,
        member_id="Member ID",
        member_name="Name",
        birth_date="Birth date",
        relationship=("Relationship code", codes.RELATIONSHIPS),
        primary_care_provider=found.fields("Member").text("Primary care provider", optional=True),
        service_date=asked.day("Service date"),
        as_of=asked.day("Response date"),
        coverages=tuple(rows.coverage(row) for row in found.table("Coverage")),
        accumulators=tuple(
            rows.accumulator(group)
            for group in table.where("Info", *codes.KINDS).groups("Info", "Level", "Network")
        ),
        benefits=tuple(
            rows.benefit(group, services)
            for group in table.where("Info", *rows.OWED).groups("Service", "Network")
        ),
        limits=tuple(
            rows.limit(group, services) for group in table.where("Info", "F").groups("Service", "Unit")
        ),
        other_coverages=tuple(rows.other(row) for row in found.table("Other insurers", optional=True)),
        unmapped=found,
    )


def claims(page: Page, query: ClaimsQuery) -> ClaimList:
    """List a member's claims between two days over all pages of the batch."""
    filled = {
        "Payer": codes.CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Service from": f"{query.service_from}",
        "Service thru": f"{query.service_to}",
    }
    first = _asked(page, "/status", filled)
    listed: list[ClaimRow] = []
    for found in PORTAL.walk(page, first, onward="Next page"):
        _echoed(found, filled, query.tin)
        found.none_if_says("found no claim for this inquiry")
        listed += [rows.row(row, codes.STATUS[query.carrier]) for row in found.table("Claims")]
    return ClaimList(
        rows=tuple(listed),
        stated_total=first.stated(r"(\d+) claims? in this batch"),
        as_of=first.fields("Inquiry").day("Response date"),
    )


def claim(page: Page, query: ClaimQuery) -> Claim:
    """Read one claim by the payer's number: its claim level and its lines."""
    filled = {
        "Payer": codes.CARRIERS[query.carrier],
        "Member ID": query.member.member_id,
        "Payer claim no.": f"{query.claim_number}",
    }
    found = _asked(page, "/status", filled)
    _echoed(found, filled, query.tin)
    table = codes.STATUS[query.carrier]
    found.none_if_says("found no claim for this inquiry")
    provider, (level,) = found.fields("Provider"), found.table("Claim level").rows
    return found.fields("Claim").into(
        Claim,
        claim_number="Payer claim no.",
        patient_account_number="Account no.",
        member_id="Member ID",
        patient_name="Patient",
        birth_date="Birth date",
        tin=provider.text("Provider tax ID"),
        billing_provider=provider.text("Billing provider"),
        billing_npi=provider.text("Billing NPI"),
        rendering_provider=provider.text("Rendering provider"),
        rendering_npi=provider.text("Rendering NPI"),
        service_from="Service from",
        service_to="Service thru",
        processed_date=level.day("Finalized"),
        as_of="As of",
        status=level.mapped("Category:code", table),
        billed=level.money("Charge"),
        paid=level.money("Paid"),
        pend_reasons=rows.pended(found, level, table),
        payment=level.into(
            PaymentReference, method=("Method", codes.METHODS), number="Check/EFT", issue_date="Remit date"
        ),
        lines=tuple(rows.line(row, table) for row in found.table("Line level")),
        unmapped=found,
    )


FLOW = Flow(PORTAL, sign_in, sign_out, eligibility=eligibility, claims=claims, claim=claim)
