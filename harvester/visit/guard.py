"""Lets through only the requests that going and reading need, and refuses every other.

It sits on the browser's own debugging session, where it sees every hop of every redirect, worker and
beacon with method, address and body, which ``route`` does not. What it does not allow fails in
the browser; what it cannot judge fails too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

from playwright.sync_api import Browser, CDPSession, Error

from harvester.flow import Portal

Phase = Literal["entering", "reading", "leaving"]

PASSIVE = frozenset({"Stylesheet", "Script"})
"""What a page needs to work; allowed only below the addresses that the flow declares."""

ACTIVE = frozenset({"Document", "XHR", "Fetch"})
"""What can carry data; allowed only where the flow's lists say so."""

OVERRIDES = frozenset({"x-http-method-override", "x-method-override", "x-http-method"})


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _prefix(asset: str, origins: Mapping[str, str]) -> str:
    """Return the addresses below which a declared asset is."""
    if "://" in asset:
        return asset
    site, _, path = asset.rpartition(":")
    return origins[site] + path


class Guard:
    """Decides over every request of one browser; ``blocked`` lists what was refused, without queries.

    ``places`` are where the portal (blank) and its further sites are now, by name.
    """

    def __init__(self, portal: Portal, places: Mapping[str, str]) -> None:
        origins = {name: origin(url) for name, url in places.items()}
        self._sites = {url: name for name, url in origins.items()}
        self._assets = tuple(_prefix(asset, origins) for asset in portal.assets)
        self._allowed = {
            "entering": portal.requests(portal.enters),
            "reading": portal.requests(portal.reads),
            "leaving": portal.requests(portal.leaves),
        }
        self.phase: Phase = "entering"
        self.blocked: list[str] = []
        self._failure: str | None = None
        self._session: CDPSession | None = None

    def attach(self, browser: Browser) -> None:
        """Begin to judge this browser's requests; call it before the first context is made."""
        session = self._session = browser.new_browser_cdp_session()
        session.on("Fetch.requestPaused", self._paused(session))
        session.send("Fetch.enable", {"patterns": [{"urlPattern": "*", "requestStage": "Request"}]})

    def stands(self) -> bool:
        """Whether every request was judged and the next one will be; if not, the browser has to end."""
        if self._failure is not None or self._session is None:
            return False
        try:
            self._session.send("Browser.getVersion")
        except Error:
            return False
        return True

    def allows(self, method: str, url: str, kind: str, headers: dict[str, str], body: str | None) -> bool:
        """Whether this request, of this resource type, may be made in this phase. Pure."""
        parts = urlsplit(url)
        if kind in PASSIVE:
            return method == "GET" and url.startswith(self._assets)
        site = self._sites.get(origin(url))
        if kind not in ACTIVE or site is None:
            return False
        if OVERRIDES & {name.lower() for name in headers}:
            return False
        if "_method" in parse_qs(parts.query) or "_method" in parse_qs(body or ""):
            return False
        sent = _fields(parts.query, headers, body)
        return any(request.allows(method, parts.path, sent, site) for request in self._allowed[self.phase])

    def _paused(self, session: CDPSession) -> Callable[[dict[str, Any]], None]:
        def judge(event: dict[str, Any]) -> None:
            request = event["request"]
            try:
                allowed = self.allows(
                    request["method"],
                    request["url"],
                    event["resourceType"],
                    request["headers"],
                    request.get("postData"),
                ) and not (request.get("hasPostData") and "postData" not in request)
            except (KeyError, ValueError) as problem:
                allowed, self._failure = False, type(problem).__name__
            if allowed:
                answer = ("Fetch.continueRequest", {"requestId": event["requestId"]})
            else:
                parts = urlsplit(request["url"])
                if event["resourceType"] not in ("Image", "Font", "Media"):
                    self.blocked.append(f"{request['method']} {parts.hostname}{parts.path}")
                answer = (
                    "Fetch.failRequest",
                    {"requestId": event["requestId"], "errorReason": "BlockedByClient"},
                )
            try:
                session.send(*answer)
            except Error as problem:  # the request was given up meanwhile, or the browser is closing
                if "Invalid InterceptionId" not in problem.message and "closed" not in problem.message:
                    self._failure = type(problem).__name__

        return judge


def _fields(query: str, headers: dict[str, str], body: str | None) -> list[tuple[str, str]]:
    """Return the fields that every server reads alike from a query and a form; none where one may not."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    forms = ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8")
    if ";" in query + (body or "") or (body and "".join(kind.split()).casefold() not in forms):
        return []
    return [pair for part in (query, body or "") for pair in parse_qsl(part, keep_blank_values=True)]
