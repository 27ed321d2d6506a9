"""The only way out knows one portal, and no address that is not public."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from harvester.visit.egress import Egress, public


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
    ],
)
def test_an_address_inside_or_that_hides_one_is_not(address: str) -> None:
    assert not public(address)


def asked(egress: Egress, head: str) -> str:
    """Return the first line of the proxy's answer, empty where it hangs up."""
    parts = urlsplit(egress.address)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        connection.sendall(f"{head}\r\nHost: x\r\n\r\n".encode())
        return connection.makefile("rb").readline().decode().strip()


@pytest.fixture
def portal() -> Iterator[int]:
    """The port of something that would answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server.getsockname()[1]


def test_another_host_or_port_is_refused(portal: int) -> None:
    with Egress(frozenset({("127.0.0.1", portal)}), loopback=True) as egress:
        assert "403" in asked(egress, "GET http://127.0.0.1:1/ HTTP/1.1")
        assert "403" in asked(egress, f"GET http://localhost:{portal}/ HTTP/1.1")
        assert egress.refused == ["127.0.0.1:1", f"localhost:{portal}"]


def test_to_a_real_portal_nothing_goes_in_clear_and_to_a_mock_nothing_is_tunnelled(portal: int) -> None:
    allowed = frozenset({("127.0.0.1", portal)})
    with Egress(allowed, loopback=False) as egress:
        assert "403" in asked(egress, f"GET http://127.0.0.1:{portal}/ HTTP/1.1")
    with Egress(allowed, loopback=True) as egress:
        assert "403" in asked(egress, f"CONNECT 127.0.0.1:{portal} HTTP/1.1")


def test_an_allowed_name_that_leads_inside_is_refused(portal: int) -> None:
    with Egress(frozenset({("localhost", portal)}), loopback=False) as egress:
        assert asked(egress, f"CONNECT localhost:{portal} HTTP/1.1") == ""
        assert egress.refused == [f"localhost:{portal} is not a public address"]


@pytest.mark.parametrize("head", ["", "GET", "GET / HTTP/1.1", "\x16\x03\x01", "GET http://[::1 HTTP/1.1"])
def test_what_is_no_proxy_request_is_refused_or_hung_up(portal: int, head: str) -> None:
    with Egress(frozenset({("127.0.0.1", portal)}), loopback=True) as egress:
        assert asked(egress, head) in ("", "HTTP/1.1 403 Forbidden")
