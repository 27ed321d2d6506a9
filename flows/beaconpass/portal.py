"""BeaconPass, a sign-in broker, and the two health plans behind it: one account, three origins."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Protocol, TypeVar

from playwright.sync_api import Page

from harvester import errors
from harvester.flow import Carrier, Lockout, Policy, Portal, Rules, User, minutes
from harvester.model.portal import LookupKind

SITES = {"NPHP4": "northpeak", "MBHC2": "mossbridge"}
HOMES = {"northpeak": "Welcome to Provider Link", "mossbridge": "this is your Practice Room"}
CODES = {
    "northpeak": ("Code from the e-mail", "email"),
    "mossbridge": ("Code from the authenticator app", "authenticator"),
}
"""What each plan asks for, under which label."""
PLAIN: tuple[LookupKind, ...] = ("eligibility", "claims", "claim")
COMING = ("/home", "/authenticated", "/terms", "/step/{what}", "/session-ended")

PORTAL = Portal(
    id="beaconpass",
    name="BeaconPass sign-in",
    url="https://signin.beaconpass.example",
    sites={
        "northpeak": "https://link.northpeak.example",
        "mossbridge": "https://room.mossbridge.example",
    },
    carriers=(
        Carrier(id="NPHP4", name="Northpeak Health Plan", offers=(*PLAIN, "payments")),
        Carrier(id="MBHC2", name="Mossbridge Health Cooperative", offers=(*PLAIN, "authorizations")),
    ),
    switches_tin=True,
    policy=Policy.permitted(source="subscriber agreement, section 9", checked=date(2026, 11, 3)),
    rules=Rules(
        lockout=Lockout(after=2, lasts=timedelta(minutes=10)),
        idle=minutes(10),
        must_sign_out=True,
        mfa=("email", "authenticator"),
        password_days=120,
        unused_days=180,
    ),
    signs={
        "BeaconPass could not sign you in": errors.WrongPassword,
        "Your BeaconPass is locked": errors.AccountLocked,
        "Your BeaconPass is asleep": errors.AccountLocked,
        "This BeaconPass has been cancelled": errors.AccountLocked,
        "This code is not right": errors.CodeRejected,
        "This code is good no longer": errors.CodeRejected,
        "It is time for a new password": errors.PasswordExpired,
        "Your password has a week to live": errors.PasswordExpired,
        "Codes by e-mail are going away": errors.FactorToEnroll,
        "Renew your secret questions": errors.DetailsToConfirm,
        "Northpeak would like to know you": errors.DetailsToConfirm,
        "Your organization has no agreement with": errors.NotAuthorized,
        "Northpeak has changed its terms of use": errors.TermsToAccept,
        "Our access agreement is a new one": errors.TermsToAccept,
        "Your BeaconPass session has expired": errors.SignedOut,
        "Provider Link session has ended": errors.SignedOut,
        "Practice Room has closed on you": errors.SignedOut,
        "We cannot let you in with this link": errors.PortalUnavailable,
        "BeaconPass is closed for maintenance": errors.PortalUnavailable,
        "Provider Link is closed for service": errors.PortalUnavailable,
        "Practice Room is closed for upkeep": errors.PortalUnavailable,
    },
    service_types=("30", "98", "UC", "86", "33", "PT", "MH", "5", "62"),
    enters=(
        "GET /signin",
        "POST /signin",
        "GET /password/expired",
        "GET /step/{what}",
        "GET /home",
        "GET /launch/{site}",
        "GET /verify/{site}",
        "POST /verify/{site}",
        *(f"GET {site}:{path}" for site in HOMES for path in ("/sso", *COMING)),
    ),
    reads=(
        *(f"GET {site}:{path}" for site in HOMES for path in (*COMING, "/claims", "/claims/{claim}")),
        "GET northpeak:/coverage",
        "POST northpeak:/coverage",
        "GET northpeak:/payments",
        "GET northpeak:/payments/{payment}",
        "GET mossbridge:/eligibility",
        "GET mossbridge:/authorizations",
    ),
    leaves=(
        "GET /signout",
        "GET /signed-out",
        *(f"GET {site}:{path}" for site in HOMES for path in ("/signout", "/signed-out")),
    ),
    assets=("/static/", *(f"{site}:/static/" for site in HOMES)),
)


def sign_in(page: Page, user: User) -> None:
    """Sign in to the broker where it does not know us yet, and enter both plans."""
    page.goto("/signin")
    name, home = page.get_by_label("User name"), page.get_by_role("heading", name="Your applications")
    if PORTAL.arrive(name, home) is name:
        name.fill(user.name)
        page.get_by_label("Password").fill(user.password)
        page.get_by_role("button", name="Sign in").click()
        PORTAL.arrive(home)
    for site in HOMES:
        _enter(page, site, user)


def _enter(page: Page, site: str, user: User) -> None:
    """Go to a plan through the broker, with a code where one is asked for; mend a lost hand-over once."""
    label, kind = CODES[site]
    home, code = page.get_by_role("heading", name=HOMES[site]), page.get_by_label(label)
    known = page.get_by_role("heading", name="You have been authenticated")
    page.goto(f"/launch/{site}")
    came = PORTAL.arrive(home, code, known)
    if came is code:
        code.fill(user.one_time_code(kind))
        page.get_by_role("button", name="Continue").click()
        came = PORTAL.arrive(home, known)
    if came is known:
        page.goto(PORTAL.site(site) + "/home")
        if PORTAL.arrive(home, known) is known:
            raise errors.PortalUnavailable("the site knows who came and does not open", where=site)


def sign_out(page: Page) -> None:
    """Sign out of the broker, which outlives the plans, and of both plans; see that it is so."""
    for place in ("", *map(PORTAL.site, HOMES)):
        page.goto(f"{place}/signout")
        PORTAL.arrive(page.get_by_role("heading", name="You have signed out"))


class _Asked(Protocol):
    @property
    def carrier(self) -> str: ...


Q = TypeVar("Q", bound=_Asked)
A = TypeVar("A")


def of_carrier(lookups: Mapping[str, Callable[[Page, Q], A]]) -> Callable[[Page, Q], A]:
    """Return the lookup that is made at the site of the carrier that is asked."""

    def look(page: Page, query: Q) -> A:
        site = SITES[query.carrier]
        if not page.url.startswith(PORTAL.site(site) + "/"):
            page.goto(PORTAL.site(site) + "/home")
            PORTAL.arrive(page.get_by_role("heading", name=HOMES[site]))
        return lookups[query.carrier](page, query)

    return look
