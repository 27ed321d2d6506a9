"""A stay at Cascadia's mock without a browser: real requests, and secrets asked for as a real stay asks."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Literal, Self

import httpx

from harvester import errors
from harvester.model.portal import Carrier
from harvester.model.query import ClaimQuery, Query
from harvester.model.shown import Shown
from harvester.model.snapshot import Document
from harvester.visit.wire import (
    Answered,
    Begin,
    Catalogue,
    Deny,
    Entered,
    GiveSecret,
    SecretKind,
    Troubled,
)
from tests.office import portal
from tests.road.still import StillTime

FACTS = portal.FACTS.model_copy(
    update={
        "carriers": (Carrier(id="CMHP1", name="Cascadia Mutual Health Plan"),),
        "rules": portal.FACTS.rules.model_copy(update={"mfa": ("authenticator",), "at_once": 3}),
        "offers": ("claim",),
    }
)
"""The portal as far as light stays know it: claims, of one tax id."""

SIGNS = {
    "user ID or password you entered is incorrect": errors.WrongPassword,
    "verification code is not valid": errors.CodeRejected,
    "Your account is locked": errors.AccountLocked,
}

Moment = Literal["password", "entered", "looking"]
"""When somebody who watches is called: the password has been given, signed in, before each lookup."""

_TLS = ssl.create_default_context()
_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


def catalogue() -> Catalogue:
    """Return the one portal there is."""
    return Catalogue(portals=(FACTS,))


class LightStay:
    """A stay in the office's own process: it dies with it, and its session stays open at the portal."""

    def __init__(
        self,
        begin: Begin,
        *,
        secrets: GiveSecret,
        again: Callable[[Entered], None],
        wanted: Callable[[], bool],
        inherit: tuple[int, ...],
        time: StillTime,
        watch: Callable[[Moment], None] = lambda _: None,
    ) -> None:
        assert inherit, "a stay keeps the account's lock"
        assert begin.address is not None
        assert wanted()
        del again  # it never signs in a second time
        self._begin, self._secrets, self._time, self._watch = begin, secrets, time, watch
        self._http = httpx.Client(base_url=begin.address, verify=_TLS, trust_env=False)
        self._token = ""
        self._told: datetime | None = None
        self._asked = self._chosen = False
        self._signed_out = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._asked:
            self._signed_out = False
            with suppress(httpx.HTTPError):
                self._signed_out = self._http.get("/signout").headers.get("location") == "/signed-out"
        self._http.close()

    @property
    def signed_out(self) -> bool:
        """Whether the portal said so."""
        return self._signed_out

    def enter(self) -> Entered:
        """Sign in with password and authenticator code."""
        with self._time.still():
            self._get("/signin")
            self._post("/signin", userId=self._begin.user_name, password=self._secret("password"))
            self._watch("password")
            self._get("/signin/code")
            self._post("/signin/code", code=self._secret("authenticator"))
        self._watch("entered")
        return Entered()

    def look(self, lookup: int, query: Query) -> Answered | Troubled:
        """Look a claim up by its account number."""
        assert isinstance(query, ClaimQuery)
        self._watch("looking")
        try:
            self._choose()
            number = query.patient_account_number
            listed = self._get("/claims", accountNumber=number)
            row = rf'<a href="(/claims/[^"/]+)">([^<]+)</a></td><td>[^<]*</td><td>{re.escape(number)}<'
            if (found := re.search(row, listed)) is None:
                return Troubled(lookup=lookup, trouble="NotOnFile")
            path, number = found.groups()
            shown = self._get(path)
        except errors.Trouble as trouble:
            return Troubled(lookup=lookup, trouble=type(trouble).__name__, words=trouble.words)
        answer = portal.claim(query).model_copy(update={"claim_number": Shown.known(number)})
        return Answered(lookup=lookup, answer=answer, documents=(Document.of(shown, path),), pages=2)

    def _choose(self) -> None:
        """Be there as the practice's tax id, once."""
        tin = self._begin.context.tin
        if not self._chosen:
            self._post("/practice", tin=f"{tin[:2]}-{tin[2:]}")
            self._post("/announcement/close")
        self._chosen = True

    def _secret(self, kind: SecretKind) -> str:
        answer = self._secrets(kind, self._told)
        if isinstance(answer, Deny):
            raise errors.named(answer.trouble)(answer.words)
        self._asked = True
        return answer.value

    def _get(self, path: str, **asked: str) -> str:
        return self._read(self._http.build_request("GET", path, params=asked or None))

    def _post(self, path: str, **fields: str) -> str:
        return self._read(self._http.build_request("POST", path, data={"_csrf": self._token} | fields))

    def _read(self, request: httpx.Request) -> str:
        """Return a page; raises the trouble that it tells, or that there is none."""
        try:
            response = self._http.send(request)
        except httpx.HTTPError:
            raise errors.PortalUnavailable("no answer") from None
        said = response.headers.get("date")
        self._told = parsedate_to_datetime(said) if said else None
        if response.headers.get("location", "").startswith("/signin?"):
            raise errors.SignedOut
        for words, trouble in SIGNS.items():
            if words in response.text:
                raise trouble(words)
        if (token := _TOKEN.search(response.text)) is not None:
            self._token = token[1]
        return response.text
