"""Serving the pages."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from django.core.handlers.wsgi import WSGIHandler
from waitress.server import create_server

THREADS = 8


def serve(host: str, port: int, *, proxy: str | None = None, ready: Callable[[], None]) -> None:
    """Answer requests until told to end; raises ``OSError`` where the port is taken.

    ``proxy`` is the address of the TLS proxy in front, whose headers say where a request came from;
    ``ready`` is called once the port is ours.
    """
    # ``harvester.logs`` is the only way out for a log line: what libraries say may name people.
    logging.getLogger().addHandler(logging.NullHandler())
    behind = (
        {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
        if proxy
        else {}
    )
    # Ours, because the library leaves one open that could not be bound.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    server = create_server(
        WSGIHandler(),
        sockets=[listening],
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **behind,
    )
    try:
        ready()
        server.run()
    finally:
        server.close()
