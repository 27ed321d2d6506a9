"""Which requests a browser may make. Pure: the browser's side is tested with hostile pages."""

from __future__ import annotations

from datetime import date

import pytest

from harvester.flow import Carrier, Lockout, Policy, Portal, Rules, minutes
from harvester.model.portal import Request
from harvester.visit.guard import Guard, Phase

HERE = "https://portal.example"
PORTAL = Portal(
    id="somewhere",
    name="Somewhere",
    url=HERE,
    carriers=(Carrier(id="S1", name="Somewhere"),),
    policy=Policy.permitted(source="a test", checked=date(2026, 11, 1)),
    rules=Rules(lockout=Lockout(after=3), idle=minutes(15)),
    signs={},
    enters=("GET /signin", "POST /signin"),
    reads=("GET /claims/{claim}", "POST /claims/search", "POST /portal task=claims|claim"),
    leaves=("POST /signout",),
    assets=("/static/", "https://cdn.example/portal/"),
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
    guard = Guard(PORTAL, HERE)
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
