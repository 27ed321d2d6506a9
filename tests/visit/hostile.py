"""A hostile portal on loopback, and a canary beside it that must never be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).with_name("hostile.html").read_text("utf-8")

MUTATIONS = ("/claims/C1/dispute", "/claims/C1/void.js", "/claims/mutated")


@dataclass
class Hostile:
    """The addresses, and what was asked of them."""

    address: str
    canary: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request the portal got."""
    changed: list[tuple[str, str]] = field(default_factory=list)
    reached: list[object] = field(default_factory=list)
    """Connections that the canary got."""


@contextmanager
def hostile() -> Iterator[Hostile]:
    """Run both servers."""
    canary = socket.create_server(("127.0.0.1", 0))
    canary_address = f"http://127.0.0.1:{canary.getsockname()[1]}"

    class Portal(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            path = self.path.partition("?")[0]
            seen.asked.append((self.command, path))
            override = self.headers.get("X-HTTP-Method-Override") or "_method" in body
            if path in MUTATIONS or self.command not in ("GET", "POST") or override:
                seen.changed.append((self.command, path))
            redirect = {
                "/claims/hop": (307, "/claims/mutated"),
                "/claims/away": (307, f"{seen.canary}/away"),
                "/claims/redirect": (302, f"{seen.canary}/redirect"),
            }.get(path)
            content = PAGE.replace("CANARY", seen.canary).encode() if path == "/claims" else b"<h1>Found</h1>"
            self.send_response(redirect[0] if redirect else 200)
            if redirect:
                self.send_header("Location", redirect[1])
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        setattr(Portal, f"do_{method}", Portal.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    seen = Hostile(f"http://127.0.0.1:{server.server_port}", canary_address)

    def listen() -> None:
        while True:
            try:
                connection, peer = canary.accept()
            except OSError:
                return
            seen.reached.append(peer)
            connection.close()

    threads = [threading.Thread(target=listen), threading.Thread(target=server.serve_forever)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        canary.shutdown(socket.SHUT_RDWR)
        canary.close()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()
