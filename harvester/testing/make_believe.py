"""The make-believe portals in a process of their own, for the demo and for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

# The portals end with us, however we end: their standard input is a pipe that only we hold open.
_PORTALS_UNTIL_WE_END = """
import os, runpy, signal, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
module = sys.argv[1]
sys.argv = [module, "--json"]
runpy.run_module(module, run_name="__main__")
"""


class MakeBelieveError(Exception):
    """The make-believe portals are not as they should be; one sentence."""


class MakeBelieve:
    """The make-believe portals in a process of their own, and their control server; a context manager."""

    def __init__(self, module: str = "mock_portals") -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._control = ""
        self.addresses: dict[str, str] = {}
        self.sites: dict[str, dict[str, str]] = {}
        """The addresses of a portal's further sites."""

    def __enter__(self) -> Self:
        """Start them; raises :class:`MakeBelieveError`."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PORTALS_UNTIL_WE_END, self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: stays sign out while the portals still answer
        )
        assert self._process.stdout is not None
        try:
            said = json.loads(self._process.stdout.readline())
        except ValueError:
            self.__exit__(None, None, None)
            raise MakeBelieveError(
                "the make-believe portals did not start; try: python -m mock_portals"
            ) from None
        self._control = said["control"]
        self.addresses = {name: facts["url"] for name, facts in said["portals"].items()}
        self.sites = {name: facts["sites"] for name, facts in said["portals"].items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    @property
    def today(self) -> date:
        """The portals' date."""
        return date.fromisoformat(self._ask("/")["date"])

    @property
    def cast(self) -> dict[str, Any]:
        """The make-believe practice and its people."""
        found: dict[str, Any] = self._ask("/cast")
        return found

    def truth(self, portal: str) -> dict[str, Any]:
        """What a portal knows, on its date."""
        found: dict[str, Any] = self._ask(f"/truth/{portal}")
        return found

    def log(self, portal: str) -> dict[str, Any]:
        """What a portal saw."""
        found: dict[str, Any] = self._ask(f"/log/{portal}")
        return found

    def turn_to(self, day: date) -> None:
        """Move the portals' clock."""
        self._ask("/clock", {"date": day.isoformat()})

    def troubles(self, portal: str) -> list[dict[str, Any]]:
        """The switches for what can go wrong at a portal, and what is known of each."""
        found: list[dict[str, Any]] = self._ask(f"/trouble/{portal}")
        return found

    def trouble(self, portal: str, name: str, value: object = None, *, on: bool = True) -> None:
        """Switch a trouble on, or off."""
        self._ask(f"/trouble/{portal}", {"name": name, "on": on, "value": value})

    def mail(self, portal: str, user: str) -> list[dict[str, Any]]:
        """What a portal sent to a person, newest last."""
        found: list[dict[str, Any]] = self._ask(f"/mail/{portal}/{user}")
        return found

    def approve(self, portal: str, user: str, number: str) -> None:
        """Pick a number in the app on a person's phone."""
        self._ask(f"/approve/{portal}/{user}", {"number": number})

    def reset(self) -> None:
        """Set every portal back to how it was at the start."""
        self._ask("/reset", {})

    def _ask(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        connection = HTTPConnection(urlsplit(self._control).netloc, timeout=30)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, sent)
            answer = connection.getresponse()
            found = json.loads(answer.read())
            if answer.status != 200:
                raise MakeBelieveError(f"the control server of the make-believe portals said {answer.status}")
        except (OSError, HTTPException, ValueError):
            raise MakeBelieveError("the make-believe portals do not answer any more") from None
        finally:
            connection.close()
        return found
