"""Where a password and its seed lie when they are not sealed here: what names such a place, and reads it.

::

    keyring      an entry of the system's keyring
    onepassword  fields of a 1Password item, read with a service account's token
    vault        fields of a secret in HashiCorp Vault's key-value store, version 2
    command      a program, such as `op`, `dcli` or `bws`, that prints JSON

Whatever is read stays in memory. What cannot be read is one sentence that holds nothing of it. Nothing here
knows a database.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from harvester.office.codes import Seed, SeedError

SECONDS = 10.0
"""How long a place may take to answer."""
MOST = 65536
"""Bytes that a program may print."""
SEEDS = ("seed", "totp_uri")
"""Fields that hold the seed where no other is named."""
KEYRINGS = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "Windows", "kwallet", "libsecret", "macOS")
)
"""Modules of keyrings that are the system's own and keep what they hold encrypted."""
PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT"),
    *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
    "DBUS_SESSION_BUS_ADDRESS",
)
"""The environment of a program, apart from what its source names."""

Items = frozenset[tuple[str, ...]]
"""What a source reads, however it is written down."""


class SourceError(Exception):
    """What lies elsewhere cannot be read or used; one sentence, without any of it."""


@dataclass(frozen=True)
class Secrets:
    """What was read; never printed."""

    password: str = field(repr=False)
    seed: Seed | None = field(repr=False)


Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Maybe = Annotated[str, StringConstraints(max_length=300)]


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Fields(_Source):
    """A source that answers with named fields."""

    password: Word = "password"  # noqa: S105 - a field's name
    """The field that holds the password."""
    seed: Maybe = ""
    """The field that holds the seed; empty: one of ``SEEDS``, where there is one."""


class KeyringSource(_Source):
    """Entries of the system's keyring."""

    kind: Literal["keyring"] = "keyring"
    service: Word
    name: Word
    seed_name: Maybe = ""
    """The entry of the same service that holds the seed; empty: there is none."""

    @property
    def where(self) -> str:
        """The place, for a sentence."""
        return f"the keyring entry {self.service}/{self.name}"

    @property
    def items(self) -> Items:
        """What is read."""
        return frozenset((self.kind, self.service, name) for name in (self.name, self.seed_name) if name)


class OnePasswordSource(_Source):
    """Fields of a 1Password item."""

    kind: Literal["onepassword"] = "onepassword"
    password: Word
    """A reference: ``op://vault/item/field``."""
    seed: Maybe = ""
    token_file: Word
    """Holds the token of the service account that may read the item."""

    @field_validator("password", "seed")
    @classmethod
    def _reference(cls, said: str) -> str:
        parts = said.removeprefix("op://").split("/")
        if said and not (
            said.startswith("op://") and len(parts) in (3, 4) and all(parts) and "?" not in said
        ):
            raise ValueError("a 1Password reference is op://vault/item/field, without ?attribute=…")
        return said

    @field_validator("token_file")
    @classmethod
    def _path(cls, said: str) -> str:
        return _whole(said)

    @property
    def where(self) -> str:
        """The place, for a sentence."""
        return f"the 1Password item {'/'.join(self.password.split('/')[2:4])}"

    @property
    def items(self) -> Items:
        """What is read."""
        return frozenset(
            (self.kind, *reference.casefold().split("/")[2:4])
            for reference in (self.password, self.seed)
            if reference
        )


class VaultSource(_Fields):
    """A secret in HashiCorp Vault."""

    kind: Literal["vault"] = "vault"
    address: Word
    path: Word
    mount: Word = "secret"
    namespace: Maybe = ""
    token_file: Word = "~/.vault-token"  # noqa: S105 - a path
    """Holds a token that may read the secret; Vault's agent keeps one there, however it signs in."""

    @field_validator("address")
    @classmethod
    def _encrypted(cls, said: str) -> str:
        parts = urlsplit(said)
        plain = not (parts.query or parts.fragment or "@" in said or parts.path.strip("/"))
        if parts.scheme != "https" and not (parts.scheme == "http" and _here(parts.hostname or "")):
            raise ValueError("Vault's address begins with https://")
        if not (parts.hostname and plain):
            raise ValueError("Vault's address is https://host:port and no more")
        return said.rstrip("/").lower()

    @field_validator("path", "mount")
    @classmethod
    def _inside(cls, said: str) -> str:
        said = said.strip("/")
        if not said or any(part in ("", ".", "..") for part in said.split("/")):
            raise ValueError("a path in Vault has no empty part and no dots alone")
        return said

    @field_validator("token_file")
    @classmethod
    def _path(cls, said: str) -> str:
        return _whole(said)

    @property
    def where(self) -> str:
        """The place, for a sentence."""
        return f"{self.mount}/{self.path} in Vault at {self.address}"

    @property
    def items(self) -> Items:
        """What is read."""
        return frozenset({(self.kind, self.address, self.namespace.strip("/"), self.mount, self.path)})


class CommandSource(_Fields):
    """A program that prints JSON; its arguments are a list, and no shell sees them."""

    kind: Literal["command"] = "command"
    argv: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]
    """The program by its whole path, and its arguments."""
    pass_on: tuple[str, ...] = ()
    """Names of variables of our own environment that the program gets besides ``PASSED_ON``."""

    @field_validator("argv")
    @classmethod
    def _program(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        if not Path(said[0]).is_absolute():
            raise ValueError("a program is named by its whole path")
        return said

    @property
    def where(self) -> str:
        """The place, for a sentence; an argument may say more than everybody needs to see."""
        return f"the command {self.argv[0]}"

    @property
    def items(self) -> Items:
        """What is read."""
        return frozenset({(self.kind, *self.argv)})


Source = Annotated[
    KeyringSource | OnePasswordSource | VaultSource | CommandSource, Field(discriminator="kind")
]
_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)


def stated(said: Mapping[str, object]) -> Source:
    """Return the source of which a person, or the database, says this; raises :class:`SourceError`.

    A program without a path is looked for once, now.
    """
    argv = said.get("argv")
    if isinstance(argv, list | tuple) and argv and Path(argv[0]).name == argv[0]:
        found = shutil.which(argv[0])
        if found is None:
            raise SourceError(f"there is no program {argv[0]} on the path")
        said = {**said, "argv": [str(Path(found).absolute()), *argv[1:]]}
    try:
        return _SOURCE.validate_python(said)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "value_error":
        raise SourceError(str(first["ctx"]["error"]))
    about = " ".join(str(part) for part in first["loc"][1:])
    raise SourceError(f"the place of a password is not said rightly: {about}: {first['msg'].lower()}")


def read(source: Source, *, seconds: float | None = None) -> Secrets:
    """Return what lies there now; raises :class:`SourceError`. Nothing is tried a second time.

    ``seconds``: how long it may take, ``SECONDS`` where nothing is said.
    """
    seconds = SECONDS if seconds is None else seconds
    password, seed = _found(source, seconds)
    if not password:
        raise SourceError(f"the password in {source.where} is empty")
    if "\n" in password or "\r" in password:
        raise SourceError(f"the password in {source.where} has a line break in it")
    try:
        return Secrets(password, Seed.parse(seed) if seed else None)
    except SeedError as error:
        raise SourceError(f"the seed in {source.where} makes no codes: {error}") from None


_Found = tuple[str, str]
"""Password and seed."""


def _found(source: Source, seconds: float) -> _Found:
    match source:
        case CommandSource():
            return _fields(_printed(source, seconds), source)
        case KeyringSource():
            return _within(seconds, source.where, partial(_keyring, source))
        case OnePasswordSource():
            return _within(seconds, source.where, partial(_onepassword, source))
        case VaultSource():
            return _within(seconds, source.where, partial(_vault, source, seconds))


def _within(seconds: float, where: str, reading: Callable[[], _Found]) -> _Found:
    """Return what ``reading`` returns, unless it takes too long; then nothing waits for it any more.

    A keyring that asks somebody to unlock it, and a server that answers drop by drop, know no time-out.
    """
    answers: queue.SimpleQueue[_Found | SourceError] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(reading())
        except SourceError as error:
            answers.put(error)
        except Exception as error:  # noqa: BLE001 - a library's message may hold what it read
            answers.put(SourceError(f"{where} cannot be read ({type(error).__name__})"))

    threading.Thread(target=run, name="source", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise SourceError(f"{where} was not read within {seconds:g} s; is it locked, or down?") from None
    if isinstance(answer, SourceError):
        raise answer
    return answer


# The system's keyring ---------------------------------------------------------------------------


def _keyring(source: KeyringSource) -> _Found:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise _lacking("the system's keyring", "keyring") from None
    ring = keyring.get_keyring()
    # A chain of keyrings is as good as the worst of them.
    rings: Iterable[object] = (
        ring.backends if type(ring).__module__ == "keyring.backends.chainer" else (ring,)  # type: ignore[attr-defined]
    )
    if any(_module(one) not in KEYRINGS for one in rings):
        raise SourceError("this system has no keyring of its own for who runs this, or it cannot be reached")

    def entry(name: str) -> str:
        try:
            found = ring.get_password(source.service, name)
        except keyring.errors.KeyringLocked:
            raise SourceError("the keyring is locked") from None
        if found is None:
            raise SourceError(f"there is no keyring entry {source.service}/{name}")
        return found

    return entry(source.name), entry(source.seed_name) if source.seed_name else ""


def _module(ring: object) -> str:
    """Return the name of a keyring's module; macOS's is a package."""
    return ".".join(type(ring).__module__.split(".")[:3])


# 1Password --------------------------------------------------------------------------------------

_TOLD = {
    "vaultNotFound": "there is no such vault, or the service account may not read it",
    "itemNotFound": "there is no such item",
    "fieldNotFound": "the item has no such field",
    "noMatchingSections": "the item has no such section",
    "tooManyVaults": "several vaults have that name",
    "tooManyItems": "several items have that name",
    "tooManyMatchingFields": "several fields have that name",
}


def _onepassword(source: OnePasswordSource) -> _Found:
    try:
        from onepassword.client import Client
        from onepassword.errors import RateLimitExceededException
    except ImportError:
        raise _lacking("1Password", "onepassword") from None
    token = _token(source.token_file)
    references = [reference for reference in (source.password, source.seed) if reference]

    async def resolved() -> Mapping[str, Any]:
        client = await Client.authenticate(
            auth=token, integration_name="portal-status-harvester", integration_version="1"
        )
        answers: Mapping[str, Any] = (await client.secrets.resolve_all(references)).individual_responses
        return answers

    try:
        answers = asyncio.run(resolved())
    except RateLimitExceededException:
        raise SourceError("1Password allows no more reads for now") from None
    except Exception:  # noqa: BLE001 - the SDK raises nothing else
        raise SourceError(
            f"1Password cannot be reached, or does not take the token in {source.token_file}"
        ) from None
    found = []
    for reference in references:
        answer = answers[reference]
        if answer.content is None:
            kind = str(getattr(answer.error.type, "value", "")) if answer.error else ""
            raise SourceError(
                f"1Password has nothing at {reference}: {_TOLD.get(kind, 'it does not say why')}"
            )
        found.append(str(answer.content.secret))
    return found[0], found[1] if source.seed else ""


# HashiCorp Vault --------------------------------------------------------------------------------


def _vault(source: VaultSource, seconds: float) -> _Found:
    try:
        import hvac
        import hvac.exceptions
    except ImportError:
        raise _lacking("Vault", "vault") from None
    # The token follows no redirection and no proxy: it is for this address.
    client = hvac.Client(
        url=source.address,
        token=_token(source.token_file),
        namespace=source.namespace or None,
        timeout=seconds,
        allow_redirects=False,
    )
    client.session.trust_env = False
    try:
        answer = client.secrets.kv.v2.read_secret_version(
            path=source.path, mount_point=source.mount, raise_on_deleted_version=True
        )
    except (hvac.exceptions.Forbidden, hvac.exceptions.Unauthorized):
        raise SourceError(f"the token in {source.token_file} may not read {source.where}") from None
    except hvac.exceptions.InvalidPath:
        raise SourceError(f"there is no {source.where}") from None
    except hvac.exceptions.VaultDown:
        raise SourceError(f"Vault at {source.address} is sealed or down") from None
    except hvac.exceptions.VaultError as error:
        raise SourceError(f"{source.where} cannot be read ({type(error).__name__})") from None
    except OSError as error:  # requests' own
        raise SourceError(f"Vault at {source.address} cannot be reached ({type(error).__name__})") from None
    finally:
        client.adapter.close()
    try:
        return _fields(answer["data"]["data"], source)
    except (TypeError, KeyError):
        raise SourceError(
            f"{source.where} is not answered as by Vault's key-value store, version 2"
        ) from None


# A program --------------------------------------------------------------------------------------


def _printed(source: CommandSource, seconds: float) -> object:
    """Return the JSON document that the program prints."""
    environment = {name: os.environ[name] for name in (*PASSED_ON, *source.pass_on) if name in os.environ}
    try:
        process = subprocess.Popen(
            source.argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise SourceError(f"{source.where} cannot be started: {(error.strerror or '').lower()}") from None
    assert process.stdout is not None
    with process.stdout:
        try:
            said = _drained(process, seconds)
        except BaseException as overdone:
            # The whole group, and before its leader is reaped: until then the number is nobody else's.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(overdone, _Overdone):
                raise SourceError(f"{source.where} {overdone}") from None
            raise
    if process.returncode != 0:
        raise SourceError(f"{source.where} ended with {process.returncode}; run it by hand to see why")
    try:
        return json.loads(said)
    except ValueError:
        raise SourceError(f"{source.where} did not print JSON") from None


class _Overdone(Exception):
    """A program took too long or printed too much."""


def _drained(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """Return all that the program prints, when it has ended."""
    assert process.stdout is not None
    late = _Overdone(f"did not end within {seconds:g} s")
    deadline, said = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not ready.select(max(0.0, deadline - time.monotonic())):
                raise late
            if not (piece := os.read(process.stdout.fileno(), MOST)):
                break
            said += piece
            if len(said) > MOST:
                raise _Overdone(f"printed more than {MOST} bytes")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise late from None
    return said


# What they share --------------------------------------------------------------------------------


def _fields(document: object, source: VaultSource | CommandSource) -> _Found:
    """Return password and seed of a JSON object.

    `dcli` prints a list of what fits, which must be one; `op` an item whose ``fields`` are a list.
    """
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        raise SourceError(f"{source.where} does not answer with one JSON object")
    found = dict(document)
    listed = document.get("fields")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            found |= {str(one[name]): one.get("value") for name in ("label", "id") if one.get(name)}

    def text(name: str) -> str:
        if name not in found:
            raise SourceError(f"{source.where} has no field {name}")
        if not isinstance(found[name], str):
            raise SourceError(f"the field {name} of {source.where} is not text")
        return str(found[name])

    seed = source.seed or next((name for name in SEEDS if found.get(name)), "")
    return text(source.password), text(seed) if seed else ""


def _token(path: str) -> str:
    """Return the token in a file that only its owner can read."""
    file = Path(path).expanduser()
    try:
        if file.stat().st_mode & 0o077:
            raise SourceError(f"others can read the token in {path}; run: chmod 600 {path}")
        token = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise SourceError(f"there is no token in {path}") from None
    except (OSError, ValueError):
        raise SourceError(f"the token in {path} cannot be read") from None
    if not token:
        raise SourceError(f"there is no token in {path}")
    return token


def _lacking(what: str, extra: str) -> SourceError:
    return SourceError(
        f"reading {what} needs packages that are not installed; run `make sources`, or install "
        f"portal-status-harvester[{extra}]"
    )


def _whole(path: str) -> str:
    if not path.startswith(("/", "~")):
        raise ValueError("a token's file is named by its whole path")
    return path


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
