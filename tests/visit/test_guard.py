"""Which requests a browser may make. Pure: the browser's side is tested with hostile pages."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from harvester.flow import Carrier, Lockout, Policy, Portal, Rules, minutes, standing_in
from harvester.model.portal import Request
from harvester.visit.guard import Guard, Phase
from harvester.visit.stay import browsing

HERE = "https://portal.example"
NORTH, SOUTH = "https://north.example", "https://south.example"
PORTAL = Portal(
    id="somewhere",
    name="Somewhere",
    url=HERE,
    carriers=(Carrier(id="S1", name="Somewhere"),),
    policy=Policy.permitted(source="a test", checked=date(2026, 11, 1)),
    rules=Rules(lockout=Lockout(after=3), idle=minutes(15)),
    signs={},
    enters=("GET /signin", "POST /signin"),
    reads=(
        "GET /claims/{claim}",
        "POST /claims/search",
        "POST /portal task=claims|claim",
        "GET north:/bills/{bill}",
        "GET south:/files/{file}",
        "POST south:/files",
    ),
    leaves=("POST /signout",),
    assets=("/static/", "https://cdn.example/portal/", "north:/styles/"),
    sites={"north": NORTH, "south": SOUTH},
)


def allowed(
    request: str,
    *,
    phase: Phase = "reading",
    kind: str = "Fetch",
    host: str = HERE,
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> bool:
    guard = Guard(PORTAL, {"": HERE, **PORTAL.sites})
    guard.phase = phase
    method, path = request.split(" ")
    return guard.allows(method, host + path, kind, headers or {}, body)


@pytest.mark.parametrize("request_", ["GET /claims/C1", "GET /claims/C1?tab=lines", "POST /claims/search"])
def test_what_the_flow_declares_passes(request_: str) -> None:
    assert allowed(request_)


@pytest.mark.parametrize(
    "request_",
    [
        "POST /claims/C1",
        "GET /claims/C1/dispute",
        "GET /claims/",
        "POST /claims/search/",
        "DELETE /claims/C1",
        "PUT /claims/search",
        "GET /claims/C1/../../signout",
        "GET /claims/%2e%2e%2fsignout/x",
    ],
)
def test_what_it_does_not_declare_is_refused(request_: str) -> None:
    assert not allowed(request_)


@pytest.mark.parametrize(
    ("request_", "phase"),
    [("POST /signin", "reading"), ("POST /signout", "reading"), ("POST /claims/search", "entering")],
)
def test_a_request_passes_only_in_the_phase_it_belongs_to(request_: str, phase: Phase) -> None:
    assert not allowed(request_, phase=phase)


@pytest.mark.parametrize(
    "host", ["https://elsewhere.example", "http://portal.example", HERE + ":8443", HERE + ".evil.example"]
)
def test_no_other_host_scheme_or_port_is_asked_for_data(host: str) -> None:
    assert not allowed("GET /claims/C1", host=host)


@pytest.mark.parametrize(
    "kind", ["Image", "Font", "Media", "Ping", "WebSocket", "EventSource", "CSPViolationReport", "Other"]
)
def test_kinds_of_request_that_reading_does_not_need_are_refused(kind: str) -> None:
    assert not allowed("GET /claims/C1", kind=kind)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-method-override"])
def test_a_method_hidden_in_a_header_is_refused(name: str) -> None:
    assert not allowed("POST /claims/search", headers={name: "DELETE"})


def test_a_method_hidden_in_the_body_or_the_query_is_refused() -> None:
    assert not allowed("POST /claims/search", body="member=1&_method=DELETE")
    assert not allowed("POST /claims/search?_method=DELETE")


@pytest.mark.parametrize(
    ("path", "kind", "host"),
    [
        ("/static/site.css", "Stylesheet", HERE),
        ("/static/site.js", "Script", HERE),
        ("/portal/a.js", "Script", "https://cdn.example"),
    ],
)
def test_style_sheets_and_scripts_pass(path: str, kind: str, host: str) -> None:
    assert allowed(f"GET {path}", kind=kind, host=host)


@pytest.mark.parametrize(
    ("request_", "host"), [("GET /bills/B1", NORTH), ("GET /files/F1", SOUTH), ("POST /files", SOUTH)]
)
def test_each_site_of_a_portal_is_asked_for_what_is_declared_for_it(request_: str, host: str) -> None:
    assert allowed(request_, host=host)


@pytest.mark.parametrize(
    ("request_", "host"),
    [
        ("GET /bills/B1", SOUTH),
        ("GET /bills/B1", HERE),
        ("GET /files/F1", NORTH),
        ("POST /files", NORTH),
        ("GET /claims/C1", NORTH),
        ("POST /claims/search", SOUTH),
        ("GET /bills/B1", "http://north.example"),
        ("GET /bills/B1", NORTH + ":8443"),
    ],
)
def test_no_site_is_asked_for_what_is_declared_for_another(request_: str, host: str) -> None:
    assert not allowed(request_, host=host)


@pytest.mark.parametrize(
    ("path", "host", "passes"),
    [
        ("/styles/a.css", NORTH, True),
        ("/styles/a.css", HERE, False),
        ("/static/a.css", NORTH, False),
        ("/styles/a.css", SOUTH, False),
    ],
)
def test_style_sheets_are_each_sites_own(path: str, host: str, passes: bool) -> None:
    assert allowed(f"GET {path}", kind="Stylesheet", host=host) is passes


def test_where_mocks_stand_in_the_real_sites_are_not_asked() -> None:
    guard = Guard(PORTAL, {"": "http://127.0.0.1:8101", "north": "http://127.0.0.1:8102"})
    guard.phase = "reading"
    assert guard.allows("GET", "http://127.0.0.1:8102/bills/B1", "Fetch", {}, None)
    assert not guard.allows("GET", "http://127.0.0.1:8101/bills/B1", "Fetch", {}, None)
    assert not guard.allows("GET", f"{NORTH}/bills/B1", "Fetch", {}, None)


def test_a_flow_knows_where_a_site_is_now() -> None:
    assert PORTAL.site("north") == NORTH
    with standing_in({"north": "http://127.0.0.1:8102"}):
        assert PORTAL.site("north") == "http://127.0.0.1:8102"
    assert PORTAL.site("north") == NORTH


def test_requests_at_a_site_that_is_not_declared_make_no_portal() -> None:
    with pytest.raises(ValidationError, match="“west” is none of the portal's sites"):
        Portal.model_validate(dict(PORTAL) | {"reads": ("GET west:/claims",)})


@pytest.mark.parametrize(
    ("address", "sites"),
    [
        (None, {"north": "http://127.0.0.1:1"}),
        ("http://127.0.0.1:1", {}),
        ("http://127.0.0.1:1", {"north": "http://127.0.0.1:2"}),
        ("http://127.0.0.1:1", {"north": "http://127.0.0.1:2", "south": SOUTH}),
        ("http://192.0.2.1:1", {"north": "http://127.0.0.1:2", "south": "http://127.0.0.1:3"}),
    ],
)
def test_mocks_on_this_machine_stand_in_for_all_sites_or_none(
    address: str | None, sites: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="mock"), browsing(PORTAL, address, sites):
        pass


@pytest.mark.parametrize("path", ["/claims/void?id=1", "/claims/C1", "/claims/C1/void.js"])
def test_a_page_cannot_ask_for_an_action_as_a_script(path: str) -> None:
    assert not allowed(f"GET {path}", kind="Script")


FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}


@pytest.mark.parametrize("task", ["claims", "claim"])
def test_where_one_address_takes_every_form_the_field_decides(task: str) -> None:
    assert allowed("POST /portal", headers=FORM, body=f"member=1&task={task}")


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "member=1",
        "task=refund",
        "task=",
        "task=claims&task=refund",
        "task=refund&task=claims",
        "member=1;task=refund&task=claims",
        "Task=claims",
        "task=claims&TASK=refund",
        "task=claims&+task=refund",
        "task=claims&task[]=refund",
        "task=claims&task%00=refund",
        "task=claims%26task=refund",
    ],
)
def test_another_form_at_the_same_address_is_refused(body: str | None) -> None:
    assert not allowed("POST /portal", headers=FORM, body=body)


def test_a_field_in_the_address_or_in_another_kind_of_body_does_not_count() -> None:
    assert not allowed("POST /portal?task=refund", headers=FORM, body="task=claims")
    assert not allowed("POST /portal", headers={"content-type": "text/plain"}, body="task=claims")
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    assert not allowed("POST /portal", headers=multipart, body="&task=claims&")


@pytest.mark.parametrize(
    "line", ["POST", "POST portal", "PUT /portal", "POST /portal task", "POST /portal =x", "POST /a b c=d"]
)
def test_a_request_is_declared_in_one_way(line: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        Request.parse(line)
