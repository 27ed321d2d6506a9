"""BeaconPass itself: one password, a code of the kind that the next site wants, and tokens that open it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from typing_extensions import override

from mock_portals.beaconpass import doors
from mock_portals.beaconpass.payer import both
from mock_portals.mail import SentCodes
from mock_portals.served import Served, entered
from mock_portals.sessions import Session
from mock_portals.site import Site
from mock_portals.troubles import Trouble

TOKEN_SECONDS = 60
CODE_SECONDS = 10 * 60
REMEMBERED_DAYS = 60
DEVICE = "bp_device"

NO_ACCESS = Trouble(
    "no_access",
    "the practice has no agreement with the plan of this name",
    "northpeak",
    ("northpeak", "mossbridge"),
    at_sign_in=True,
)


@dataclass(frozen=True)
class Application:
    """A site that people reach through the broker, and the kind of code that it wants."""

    site: str
    name: str
    kind: str
    remembers: bool
    """Whether it lets a device be remembered."""


APPLICATIONS = (
    Application("northpeak", "Northpeak Provider Link", "email", True),
    Application("mossbridge", "Mossbridge Practice Room", "authenticator", False),
)


@dataclass
class _Token:
    user: str
    site: str
    made: float
    used: bool = False


@dataclass
class Handovers:
    """One-time tokens with which a person comes from the broker to a site."""

    site: Site
    _tokens: dict[str, _Token] = field(default_factory=dict)

    def issue(self, user: str, to: str) -> str:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(user, to, self.site.world.clock.seconds())
        return token

    def take(self, token: str, at: str) -> str | None:
        """Return whose token it is where it is good at this site, the first time and soon; log it."""
        found = self._tokens.get(token)
        if found is None or found.site != at:
            result = "unknown"
        elif found.used:
            result = "replayed"
        elif self.site.world.clock.seconds() - found.made > TOKEN_SECONDS:
            result = "expired"
        else:
            result = "accepted"
            found.used = True
        user = found.user if found else None
        self.site.log.add(self.site.log.handovers, user=user, site=at, result=result)
        return user if result == "accepted" else None


class Broker(Served):
    """Sign-in, codes, remembered devices, and the list of applications."""

    folder = Path(__file__).parent / "pages" / "broker"
    stages: ClassVar = {"expired": "/password/expired"}
    after_password = "signed_in"
    renames: ClassVar[Mapping[str, str]] = {}
    locked, steps, strange = doors.LOCKED, doors.STEPS, doors.STRANGE
    wrong_code = "This code is not right, or it is too old."
    expired_code = "This code is good no longer. We e-mail another one when you ask for it."
    goodbye = "BeaconPass no longer knows this browser. Close it if others use this computer."

    def __init__(self, site: Site) -> None:
        super().__init__(site, both(site.world.cast))
        self.handovers = Handovers(site)
        self._mailed = SentCodes(site.mail, site.gate, self.clock, sender="BeaconPass", lives=CODE_SECONDS)
        self._devices: dict[str, tuple[str, str, date]] = {}

    @override
    def routes(self) -> list[Route]:
        door, page = self.door, self.page
        return [
            door("/signin", self.signin),
            door("/signin", self.signin_sent, "POST"),
            page("/home", self.home),
            page("/launch/{site}", self.launch),
            page("/verify/{site}", self.verify),
            page("/verify/{site}", self.verify_sent, "POST"),
            page("/verify/{site}/again", self.again_sent, "POST"),
            page("/devices/forget", self.forget_sent, "POST"),
        ]

    @override
    def ladder(self, session: Session) -> str | None:
        return None

    @override
    def terms_changed(self, user: str | None) -> bool:
        return False  # the plans have terms, the broker has none

    async def signin(self, request: Request, session: Session) -> Response:
        if session.entry:
            return RedirectResponse("/home", 303)
        return self.show(session, "signin.html", timed_out=request.query_params.get("reason") == "timeout")

    async def signin_sent(self, request: Request, session: Session) -> Response:
        form = await self.form(request, session)
        user = entered(form, "userName").lower()
        if self.gate.password(user, entered(form, "password"), session.id) != "accepted":
            if self.gate.locked(user):
                return self.show_locked(session, user)
            error = "BeaconPass could not sign you in. The user name or the password is not right."
            return self.show(session, "signin.html", timed_out=False, error=error)
        session = self.site.sessions.renew(session, user, "expired")
        session.notes["proved"] = set()
        self.site.take(request, session)
        if self.password_expired(user):
            return RedirectResponse("/password/expired", 303)
        self.admit(session)
        return RedirectResponse("/home", 303)

    async def home(self, _request: Request, session: Session) -> Response:
        devices = [(site, until) for user, site, until in self._devices.values() if user == session.user]
        return self.show(session, "home.html", applications=APPLICATIONS, devices=devices)

    # Codes

    def _application(self, request: Request) -> Application:
        wanted = request.path_params["site"]
        found = next((one for one in APPLICATIONS if one.site == wanted), None)
        if found is None:
            raise HTTPException(404)
        return found

    def _knows_device(self, request: Request, session: Session, to: Application) -> bool:
        user, site, until = self._devices.get(
            request.cookies.get(f"{DEVICE}_{to.site}", ""), ("", "", date.min)
        )
        return (user, site) == (session.user, to.site) and self.clock.today <= until

    async def launch(self, request: Request, session: Session) -> Response:
        """Send the person on with a token, where the site's kind of code was given or is not asked for."""
        to, user = self._application(request), session.user or ""
        if self.troubles.get(NO_ACCESS, user) == to.site:
            heading = f"Your organization has no agreement with {to.name}"
            message = "Its administrator can ask for one under Applications."
            return self.show(session, "notice.html", 403, heading=heading, message=message)
        if to.kind in session.notes["proved"] or self._knows_device(request, session, to):
            token = self.handovers.issue(user, to.site)
            return RedirectResponse(f"{self.site.url(to.site)}/sso?token={token}", 303)
        if to.kind == "email":
            self._mailed.send(user)
        return RedirectResponse(f"/verify/{to.site}", 303)

    async def verify(self, request: Request, session: Session) -> Response:
        return self._verify(session, self._application(request), None)

    def _verify(self, session: Session, to: Application, error: str | None) -> Response:
        return self.show(session, "verify.html", to=to, error=error, days=REMEMBERED_DAYS)

    async def verify_sent(self, request: Request, session: Session) -> Response:
        to, user = self._application(request), session.user or ""
        form = await self.form(request, session)
        judge = self._mailed.judge if to.kind == "email" else self.gate.code
        if judge(user, entered(form, "code"), session.id) != "accepted":
            if self.gate.locked(user):
                self.site.sessions.end(session, "locked")
                return self.show_locked(session, user)
            return self._verify(session, to, self.refused_code(user))
        session.notes["proved"].add(to.kind)
        answer = RedirectResponse(f"/launch/{to.site}", 303)
        if to.remembers and entered(form, "remember") == "yes":
            device = secrets.token_urlsafe(18)
            self._devices[device] = (user, to.site, self.clock.today + timedelta(days=REMEMBERED_DAYS))
            answer.set_cookie(
                f"{DEVICE}_{to.site}", device, REMEMBERED_DAYS * 86400, httponly=True, samesite="lax"
            )
        return answer

    async def again_sent(self, request: Request, session: Session) -> Response:
        to = self._application(request)
        await self.form(request, session)
        if to.kind == "email":
            self._mailed.send(session.user or "", fresh=True)
        return RedirectResponse(f"/verify/{to.site}", 303)

    async def forget_sent(self, request: Request, session: Session) -> Response:
        await self.form(request, session)
        self._devices = {key: one for key, one in self._devices.items() if one[0] != session.user}
        return RedirectResponse("/home", 303)
