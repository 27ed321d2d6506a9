"""A browser, and a server that serves whatever document a test writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, sync_playwright

from harvester.visit.browser import find_browser, launch_arguments, sandboxed


class Desk(ThreadingHTTPServer):
    """Serves ``documents`` by path, as (status, content type, text); remembers what was ``sent``."""

    documents: dict[str, tuple[int, str, str]]
    sent: list[tuple[str, str, str]]


class _Answer(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        desk = self.server
        assert isinstance(desk, Desk)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        desk.sent.append((self.command, self.path, body))
        status, kind, text = desk.documents[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        if 300 <= status < 400:
            self.send_header("Location", text)
        self.end_headers()
        self.wfile.write(text.encode())


for _method in ("GET", "POST"):
    setattr(_Answer, f"do_{_method}", _Answer.answer)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """The server."""
    server = Desk(("127.0.0.1", 0), _Answer)
    server.documents, server.sent = {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def tab(desk: Desk) -> Iterator[Page]:
    """A page of a browser at the server's address."""
    with sync_playwright() as driver:
        found = find_browser(driver)
        assert found is not None
        browser = driver.chromium.launch(
            executable_path=found.path,
            args=launch_arguments(loopback=True),
            chromium_sandbox=sandboxed(loopback=True),
        )
        yield browser.new_context(base_url=f"http://127.0.0.1:{desk.server_port}").new_page()
        browser.close()
