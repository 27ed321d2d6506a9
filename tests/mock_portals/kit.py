"""The running portals, and a person who visits one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pyotp

from tests.mock_portals.pages import Node, page

TIN = "00-7300142"


@dataclass
class Kit:
    """The control server of running portals."""

    control: httpx.Client
    portals: dict[str, dict[str, Any]]
    visitors: list[Visitor] = field(default_factory=list, repr=False)
    portal: str = "cascadia"

    def at(self, portal: str) -> Kit:
        """Return the same for another of the portals."""
        return replace(self, portal=portal)

    def get(self, path: str) -> Any:
        return self.control.get(path).raise_for_status().json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.control.post(path, json=body or {}).raise_for_status().json()

    def trouble(self, name: str, on: bool = True, **rest: Any) -> None:
        self.post(f"/trouble/{self.portal}", {"name": name, "on": on} | rest)

    def truth(self) -> Any:
        return self.get(f"/truth/{self.portal}")

    def log(self) -> Any:
        return self.get(f"/log/{self.portal}")

    def mail(self, index: int = 0) -> list[dict[str, Any]]:
        """Return what the portal sent to a person, newest last."""
        found: list[dict[str, Any]] = self.get(f"/mail/{self.portal}/{self.staff(index)['user']}")
        return found

    def staff(self, index: int = 0) -> dict[str, str]:
        found: dict[str, str] = self.get("/cast")["staff"][index]
        return found

    def visitor(self) -> Visitor:
        place = self.portals[self.portal]
        visitor = Visitor(httpx.Client(base_url=place["url"], follow_redirects=True), sites=place["sites"])
        self.visitors.append(visitor)
        return visitor

    def signed_in(self, index: int = 0, tin: str = TIN) -> Visitor:
        """Return somebody who has done the whole ladder."""
        visitor, person = self.visitor(), self.staff(index)
        visitor.password(person["user"], person["password"])
        visitor.code(pyotp.TOTP(person["totp_secret"]).now())
        visitor.post("/practice", tin=tin)
        visitor.post("/announcement/close")
        assert visitor.heading == "Provider home"
        return visitor


@dataclass
class Visitor:
    """Somebody at the portal, looking at ``page``."""

    http: httpx.Client
    page: Node = field(default_factory=lambda: Node("html-root"), repr=False)
    response: httpx.Response | None = None
    sites: dict[str, str] = field(default_factory=dict)
    """Where the portal's further sites are, by name."""

    def get(self, path: str, **params: str) -> Node:
        return self._see(self.http.get(path, params=params or None))

    def post(self, path: str, **fields: str) -> Node:
        """Send a form with the token of the page in sight."""
        return self._see(self.http.post(path, data={"_csrf": self.token} | fields))

    def password(self, user: str, password: str) -> Node:
        self.get("/signin")
        return self.post("/signin", userId=user, password=password)

    def code(self, code: str) -> Node:
        return self.post("/signin/code", code=code)

    def eligibility(self, member_id: str, birth_date: str, **fields: str) -> Node:
        """Ask for a member's coverage; the birth date as MM/DD/YYYY."""
        self.get("/eligibility")
        return self.post("/eligibility", memberId=member_id, birthDate=birth_date, **fields)

    def claims(
        self, member_id: str, first: str = "01/01/2026", last: str = "11/16/2026", **more: str
    ) -> Node:
        return self.get("/claims", memberId=member_id, serviceFrom=first, serviceTo=last, **more)

    @property
    def token(self) -> str:
        fields = [n for n in self.page.all("input") if n.attributes.get("name") == "_csrf"]
        return fields[0].attributes["value"]

    @property
    def heading(self) -> str:
        return self.page.one("h1").text

    @property
    def status(self) -> int:
        assert self.response is not None
        return self.response.status_code

    @property
    def url(self) -> str:
        assert self.response is not None
        return self.response.url.raw_path.decode()

    @property
    def alert(self) -> str:
        return " ".join(n.text for n in self.page.all("div") if "alert" in n.classes)

    def _see(self, response: httpx.Response) -> Node:
        self.response, self.page = response, page(response.text)
        return self.page


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Start the portals as a user does, and stop them in the end."""
    command = [sys.executable, "-m", "mock_portals", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(5)


@contextmanager
def kit(*arguments: str) -> Iterator[Kit]:
    with running(*arguments) as (_, places), httpx.Client(base_url=places["control"]) as control:
        yield Kit(control, places["portals"])
