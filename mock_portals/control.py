"""The control server: ground truth, witness, troubles and clock, on an address of its own."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_portals.cast import Cast
from mock_portals.index import codes, page
from mock_portals.shown import Json
from mock_portals.site import Portal, Site, World


class Sited:
    """A portal's place on the network; after a reset another site stands there."""

    def __init__(self, portal: Portal, world: World) -> None:
        self.portal, self.world = portal, world
        self.site = Site(portal, world)

    @property
    def url(self) -> str:
        """Its address, once it has one."""
        return self.world.addresses[self.portal.id][""]

    def reset(self) -> None:
        self.site = Site(self.portal, self.world)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.site(scope, receive, send)

    def further(self) -> dict[str, ASGIApp]:
        """Return the portal's further sites by name."""
        return {name: self._further(name) for name in self.portal.sites}

    def _further(self, name: str) -> ASGIApp:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await self.site.sites[name](scope, receive, send)

        return app


def cast_json(cast: Cast) -> dict[str, Json]:
    """Return the practice and its people, as the control server tells them."""
    return {
        "seed": cast.seed,
        "practice": {
            "name": cast.practice,
            "organizations": [
                {"name": o.name, "tin": o.tin, "npi": o.npi, "ptan": o.ptan, "site_id": o.site_id}
                for o in cast.organizations
            ],
            "tins": [o.tin for o in cast.organizations],
            "npis": [o.npi for o in cast.organizations],
        },
        "providers": [{"name": p.name, "npi": p.npi} for p in cast.providers],
        "staff": [
            {
                "name": s.name,
                "role": s.role,
                "user": s.user,
                "password": s.password,
                "totp_secret": s.totp_secret,
                "otpauth": s.otpauth("Make-believe portals"),
            }
            for s in cast.staff
        ],
    }


def control(world: World, sites: dict[str, Sited]) -> Starlette:
    """Return the control application over the running sites."""

    def site(request: Request) -> Site:
        name = request.path_params["portal"]
        if name not in sites:
            raise HTTPException(404, f"no portal is called {name}; there are {', '.join(sites)}")
        return sites[name].site

    async def index(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page(world, sites))
        day, advanced = world.clock.today.isoformat(), world.clock.advanced
        return JSONResponse({"portals": list(sites), "date": day, "advanced_seconds": advanced})

    async def now(_request: Request) -> Response:
        return JSONResponse(codes(world, sites))

    async def people(_request: Request) -> Response:
        return JSONResponse(cast_json(world.cast))

    async def truth(request: Request) -> Response:
        return JSONResponse(site(request).pages.truth(world.clock.today))

    async def log(request: Request) -> Response:
        asked = site(request)
        asked.sessions.sweep()
        return JSONResponse(asked.log.json())

    async def troubles(request: Request) -> Response:
        return JSONResponse(site(request).troubles.json())

    async def switch(request: Request) -> Response:
        asked, body = site(request), await _body(request)
        try:
            asked.troubles.switch(
                body["name"], bool(body.get("on", True)), body.get("value"), body.get("user")
            )
        except KeyError as error:
            known = ", ".join(asked.troubles.known)
            raise HTTPException(404, f"no trouble is called {error}; there are {known}") from None
        return JSONResponse(asked.troubles.json())

    async def clock(request: Request) -> Response:
        body = await _body(request)
        try:
            if "date" in body:
                world.clock.today = date.fromisoformat(body["date"])
            world.clock.advance(float(body.get("advance_seconds", 0)))
            if "told_off_seconds" in body:
                told = body["told_off_seconds"]
                world.clock.told = None if told is None else float(told)
        except (TypeError, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        return JSONResponse({"date": world.clock.today.isoformat()})

    async def staff(request: Request) -> Response:
        body = await _body(request)
        try:
            site(request).gate.set_password(request.path_params["user"], body["password"])
        except KeyError as error:
            raise HTTPException(404, f"nobody and nothing here is called {error}") from None
        return JSONResponse({"user": request.path_params["user"]})

    async def mail(request: Request) -> Response:
        try:
            return JSONResponse(site(request).mail.inbox(request.path_params["user"]))
        except KeyError as error:
            raise HTTPException(404, f"nobody here is called {error}") from None

    async def approve(request: Request) -> Response:
        body = await _body(request)
        number = None if body.get("number") is None else str(body["number"])
        try:
            state = site(request).approvals.answer(request.path_params["user"], number)
        except KeyError as error:
            raise HTTPException(404, f"nothing was asked of {error}") from None
        return JSONResponse({"state": state})

    async def reset(_request: Request) -> Response:
        world.clock.reset()
        for sited in sites.values():
            sited.reset()
        return JSONResponse({"date": world.clock.today.isoformat()})

    async def refusal(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return JSONResponse({"error": error.detail}, error.status_code)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/codes", now),
            Route("/cast", people),
            Route("/truth/{portal}", truth),
            Route("/log/{portal}", log),
            Route("/trouble/{portal}", troubles, methods=["GET"]),
            Route("/trouble/{portal}", switch, methods=["POST"]),
            Route("/clock", clock, methods=["POST"]),
            Route("/mail/{portal}/{user}", mail),
            Route("/approve/{portal}/{user}", approve, methods=["POST"]),
            Route("/staff/{portal}/{user}", staff, methods=["POST"]),
            Route("/reset", reset, methods=["POST"]),
        ],
        exception_handlers={HTTPException: refusal},
    )


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return body
