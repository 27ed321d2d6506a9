"""Places in which passwords lie: a keyring, 1Password, Vault and a program, each with one person's item."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import keyring
import keyring.backend
import keyring.backends.fail
import pytest
from typing_extensions import override

from harvester.office import sources
from harvester.office.sources import (
    CommandSource,
    KeyringSource,
    OnePasswordSource,
    Source,
    VaultSource,
)

TOKEN = "hvs.Canary-Token-5520"


@dataclass
class Place:
    """Somewhere that an item lies, and how to put another one there."""

    source: Source
    put: Callable[[str, str], None]
    """Puts password and seed there; an empty seed is none."""
    reads: Callable[[], int]
    """How often something was read there."""
    take: Callable[[], None]
    """Takes the item away."""


class FileKeyring(keyring.backend.KeyringBackend):
    """A keyring in a file, as only a test may have one."""

    priority = 1.0

    def __init__(self, file: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.file = file
        self.reads = 0
        file.write_text("{}")

    @override
    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        found: str | None = json.loads(self.file.read_text()).get(f"{service}/{username}")
        return found

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        held = json.loads(self.file.read_text()) | {f"{service}/{username}": password}
        self.file.write_text(json.dumps(held))


def no_keyring() -> keyring.backend.KeyringBackend:
    """Return what stands for the keyring where there is none."""
    return keyring.backends.fail.Keyring()  # type: ignore[no-untyped-call]


@contextmanager
def ring(backend: keyring.backend.KeyringBackend, *, known: bool = True) -> Iterator[None]:
    """Use a keyring, which counts as the system's own where it is ``known``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring.core, "_keyring_backend", backend)
        if known:
            patch.setattr(sources, "KEYRINGS", frozenset({type(backend).__module__}))
        yield


@contextmanager
def in_keyring(folder: Path) -> Iterator[Place]:
    """Let the item lie in a keyring."""
    backend = FileKeyring(folder / "ring")

    def put(password: str, seed: str) -> None:
        backend.set_password("cascadia", "ana.user", password)
        backend.set_password("cascadia", "ana.user seed", seed)

    with ring(backend):
        yield Place(
            source=KeyringSource(service="cascadia", name="ana.user", seed_name="ana.user seed"),
            put=put,
            reads=lambda: backend.reads // 2,
            take=lambda: _empty(backend.file),
        )


@dataclass
class OnePassword:
    """Stands for the SDK's client where it would speak to 1Password."""

    held: dict[str, str] = field(default_factory=dict)
    reads: int = 0
    token: str = TOKEN
    raises: Exception | None = None

    async def authenticate(
        self, auth: str, integration_name: str, integration_version: str
    ) -> SimpleNamespace:
        """Take the right token."""
        assert integration_name
        assert integration_version
        if self.raises is not None:
            raise self.raises
        if auth != self.token:
            raise Exception("invalid user input: the token is not known")
        return SimpleNamespace(secrets=self)

    async def resolve_all(self, references: list[str]) -> object:
        """Answer as the SDK does."""
        from onepassword import types

        self.reads += 1
        answers: dict[str, object] = {}
        for one in references:
            if one in self.held:
                found = types.ResolvedReference(secret=self.held[one], itemId="i", vaultId="v")
                answers[one] = types.Response[object, object](content=found)
            else:
                missing = types.ResolveReferenceErrorItemNotFound()
                answers[one] = types.Response[object, object](error=missing)
        return types.ResolveAllResponse(individualResponses=answers)


@contextmanager
def onepassword(known: OnePassword) -> Iterator[None]:
    """Let ``known`` answer for 1Password."""
    pytest.importorskip("onepassword", reason="the SDK has no wheel for this Python")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onepassword.client.Client.authenticate", known.authenticate)
        yield


@contextmanager
def in_onepassword(folder: Path) -> Iterator[Place]:
    """Let the item lie in 1Password."""
    known = OnePassword()
    source = OnePasswordSource(
        password="op://Ana/Cascadia/password",
        seed="op://Ana/Cascadia/one-time password",
        token_file=str(token(folder / "op-token")),
    )

    def put(password: str, seed: str) -> None:
        known.held |= {source.password: password, source.seed: seed}

    with onepassword(known):
        yield Place(source=source, put=put, reads=lambda: known.reads, take=known.held.clear)


class Vault(ThreadingHTTPServer):
    """A server that speaks the key-value store, version 2, for one token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.held: dict[str, Mapping[str, object]] = {}
        self.asked: list[str] = []
        self.namespaces: list[str | None] = []
        self.status = 0
        """Answer everything with this status, where it is one."""
        self.says: bytes | None = None
        """Answer everything with this."""
        self.hangs = threading.Event()
        self.hangs.set()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Vault

    def do_GET(self) -> None:
        """Answer as Vault does."""
        vault = self.server
        vault.asked.append(self.path)
        vault.namespaces.append(self.headers["X-Vault-Namespace"])
        vault.hangs.wait()
        found = vault.held.get(self.path)
        if vault.status:
            self._send(vault.status, {"errors": ["something that holds Canary-Words"]})
        elif self.headers["X-Vault-Token"] != TOKEN:
            self._send(403, {"errors": ["permission denied"]})
        elif found is None:
            self._send(404, {"errors": []})
        else:
            self._send(200, {"data": {"data": found, "metadata": {"version": 1, "deletion_time": ""}}})

    def _send(self, status: int, document: object) -> None:
        content = self.server.says or json.dumps(document).encode()
        self.send_response(status)
        if status == 307:
            self.send_header("Location", f"{self.server.address}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def vault() -> Iterator[Vault]:
    """Run a Vault."""
    server = Vault()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def in_vault(folder: Path) -> Iterator[Place]:
    """Let the item lie in Vault."""
    with vault() as server:
        source = VaultSource(
            address=server.address, path="ana/cascadia", token_file=str(token(folder / "vault-token"))
        )

        def put(password: str, seed: str) -> None:
            server.held["/v1/secret/data/ana/cascadia"] = {"password": password, "seed": seed}

        yield Place(source=source, put=put, reads=lambda: len(server.asked), take=server.held.clear)


def program(folder: Path, lines: str) -> CommandSource:
    """Return a command that runs a Python program of these lines."""
    file = folder / "program"
    file.write_text(f"#!{sys.executable} -I\nimport json, os, sys\n{lines}\n")
    file.chmod(0o700)
    return CommandSource(argv=(str(file), "get", "item"))


@contextmanager
def behind_command(folder: Path) -> Iterator[Place]:
    """Let a program print the item; it notes its arguments and its environment."""
    held, noted = folder / "held", folder / "noted"
    noted.touch()
    source = program(
        folder,
        f"open({str(noted)!r}, 'a').write(json.dumps([sys.argv, dict(os.environ)]) + '\\n')\n"
        f"sys.stderr.write('Canary-Words')\nsys.stdout.write(open({str(held)!r}).read())",
    )

    def put(password: str, seed: str) -> None:
        held.write_text(json.dumps({"password": password, "totp_uri": seed}))

    yield Place(
        source=source,
        put=put,
        reads=lambda: len(noted.read_text().splitlines()),
        take=lambda: _empty(held),
    )


PLACES = {
    "keyring": in_keyring,
    "onepassword": in_onepassword,
    "vault": in_vault,
    "command": behind_command,
}


def _empty(file: Path) -> None:
    file.write_text("{}")


def token(file: Path) -> Path:
    """Write the token that every place takes."""
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return file
