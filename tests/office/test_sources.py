from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring.backend
import keyring.backends.chainer
import keyring.errors
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from harvester.office import sources
from harvester.office.codes import Seed
from harvester.office.sources import (
    CommandSource,
    KeyringSource,
    OnePasswordSource,
    Source,
    SourceError,
    VaultSource,
    read,
    stated,
)
from tests.office import places
from tests.office.places import PLACES, TOKEN, FileKeyring, OnePassword, Place, Vault, program
from tests.office.portal import PASSWORD, SEED

ADDRESS = f"otpauth://totp/Cascadia:ana?secret={SEED}&digits=8"
SHORT = 0.3


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each of the places."""
    with PLACES[request.param](tmp_path) as found:
        yield found


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[tuple[Vault, VaultSource]]:
    """A Vault, and what reads it."""
    with places.vault() as server:
        file = places.token(tmp_path / "token")
        yield server, VaultSource(address=server.address, path="ana/cascadia", token_file=str(file))


def refused(source: Source, *, seconds: float = sources.SECONDS) -> str:
    """Return the sentence that says why it cannot be read, which holds no secret."""
    with pytest.raises(SourceError) as caught:
        read(source, seconds=seconds)
    said = str(caught.value)
    assert caught.value.__cause__ is None
    assert "\n" not in said
    for secret in (PASSWORD, SEED, TOKEN, "Canary"):
        assert secret not in said
    return said


# Whatever it is ---------------------------------------------------------------------------------


def test_password_and_seed_are_read(place: Place) -> None:
    place.put(PASSWORD, SEED)
    found = read(place.source)
    assert (found.password, found.seed) == (PASSWORD, Seed.parse(SEED))
    assert place.reads() == 1


def test_an_otpauth_address_is_a_seed(place: Place) -> None:
    place.put(PASSWORD, ADDRESS)
    assert read(place.source).seed == Seed.parse(ADDRESS)


def test_t_acc_14_a_seed_without_codes_is_one_sentence(place: Place) -> None:
    place.put(PASSWORD, "ABCD")
    assert "makes no codes: the authenticator's seed is shorter than 80 bits" in refused(place.source)


def test_an_empty_password_is_none(place: Place) -> None:
    place.put("", SEED)
    assert "is empty" in refused(place.source)


def test_a_password_with_a_line_break_is_none(place: Place) -> None:
    place.put(PASSWORD + "\n", SEED)
    assert "has a line break in it" in refused(place.source)


def test_an_item_that_is_not_there_is_one_sentence(place: Place) -> None:
    place.put(PASSWORD, SEED)
    place.take()
    assert refused(place.source)


def test_what_was_read_is_never_printed(place: Place) -> None:
    place.put(PASSWORD, SEED)
    assert repr(read(place.source)) == "Secrets()"


def test_a_source_is_the_same_when_it_was_written_down(place: Place) -> None:
    written = json.loads(json.dumps(place.source.model_dump(mode="json")))
    assert stated(written) == place.source
    assert stated(written).items == place.source.items


@pytest.mark.parametrize("module", ["keyring", "onepassword.client", "hvac"])
def test_a_library_that_is_not_installed_is_one_sentence(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"keyring": "keyring", "onepassword.client": "onepassword", "hvac": "vault"}[module]
    with PLACES[extra](tmp_path) as found:
        monkeypatch.setitem(sys.modules, module, None)
        assert refused(found.source).endswith(
            f"run `make sources`, or install portal-status-harvester[{extra}]"
        )


def test_no_library_is_imported_before_it_is_needed() -> None:
    libraries = {"keyring", "hvac", "onepassword"}
    lines = f"import sys, harvester.office.sources; print({libraries} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# What a person says of it -----------------------------------------------------------------------

OP = {"kind": "onepassword", "token_file": "~/token", "password": "op://Ana/Cascadia/password"}
HASHI = {"kind": "vault", "address": "https://vault.test:8200", "path": "ana/cascadia"}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (OP | {"password": PASSWORD}, "a 1Password reference is op://vault/item/field"),
        (OP | {"password": "op://Ana/Cascadia"}, "a 1Password reference is op://vault/item/field"),
        (OP | {"seed": "op://Ana/Cascadia/otp?attribute=totp"}, "without .attribute="),
        (OP | {"token_file": "token"}, "a token's file is named by its whole path"),
        (HASHI | {"address": "http://vault.test:8200"}, "Vault's address begins with https://"),
        (HASHI | {"address": "https://u:p@vault.test"}, "Vault's address is https://host:port and no more"),
        (HASHI | {"address": "https://vault.test/v1"}, "Vault's address is https://host:port and no more"),
        (HASHI | {"path": "ana/../ben"}, "a path in Vault has no empty part and no dots alone"),
        (HASHI | {"path": ""}, "path: string should have at least 1 character"),
        ({"kind": "command", "argv": []}, "argv: tuple should have at least 1 item"),
        ({"kind": "command", "argv": ["./op"]}, "a program is named by its whole path"),
        (
            {"kind": "command", "argv": ["no-such-program-8"]},
            "there is no program no-such-program-8 on the path",
        ),
        ({"kind": "paper"}, "does not match any of the expected tags"),
        ({"kind": "keyring", "service": "a", "name": "b", "password": PASSWORD}, "extra inputs are not"),
    ],
)
def test_what_is_said_wrongly_is_one_sentence(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        stated(said)
    assert PASSWORD not in str(caught.value)


def test_a_program_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = tmp_path / "first", tmp_path / "later"
    for folder in (first, later):
        folder.mkdir()
        program(folder, "")
    monkeypatch.setenv("PATH", f"{first}:{later}")
    source = stated({"kind": "command", "argv": ["program", "x"]})
    (first / "program").unlink()
    assert isinstance(source, CommandSource)
    assert source.argv == (str(first / "program"), "x")
    assert "cannot be started: no such file" in refused(source)


@given(
    said=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_json_a_program_prints_is_read_or_refused(said: object) -> None:
    source = CommandSource(argv=("/x",))
    try:
        password, _ = sources._fields(said, source)
    except SourceError:
        return
    assert isinstance(password, str)


# The system's keyring ---------------------------------------------------------------------------

RING = KeyringSource(service="cascadia", name="ana.user")


class Locked(FileKeyring):
    """A keyring that nobody unlocked."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"{service} {PASSWORD}")


class Broken(FileKeyring):
    """A keyring whose error holds what it should not."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError(PASSWORD)


class Asking(FileKeyring):
    """A keyring that asks somebody to unlock it, who is not there."""

    there = threading.Event()

    @override
    def get_password(self, service: str, username: str) -> str | None:
        self.there.wait()
        return PASSWORD


def test_a_keyring_without_a_seed_has_none(tmp_path: Path) -> None:
    backend = FileKeyring(tmp_path / "ring")
    backend.set_password("cascadia", "ana.user", PASSWORD)
    with places.ring(backend):
        assert read(RING).seed is None


def test_a_locked_keyring_is_one_sentence(tmp_path: Path) -> None:
    with places.ring(Locked(tmp_path / "ring")):
        assert refused(RING) == "the keyring is locked"


def test_whatever_a_keyring_raises_is_its_name_only(tmp_path: Path) -> None:
    with places.ring(Broken(tmp_path / "ring")):
        assert refused(RING) == "the keyring entry cascadia/ana.user cannot be read (RuntimeError)"


def test_a_keyring_that_asks_somebody_is_not_waited_for(tmp_path: Path) -> None:
    with places.ring(Asking(tmp_path / "ring")):
        assert "was not read within 0.3 s" in refused(RING, seconds=SHORT)
    Asking.there.set()


def test_a_keyring_that_is_not_the_systems_own_is_refused(tmp_path: Path) -> None:
    backend = FileKeyring(tmp_path / "ring")
    backend.set_password("cascadia", "ana.user", PASSWORD)
    with places.ring(backend, known=False):
        assert "no keyring of its own" in refused(RING)
    assert backend.reads == 0


def test_where_there_is_no_keyring_one_sentence_says_so() -> None:
    with places.ring(places.no_keyring(), known=False):
        assert "no keyring of its own" in refused(RING)


def test_a_chain_of_keyrings_is_as_good_as_its_worst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FileKeyring(tmp_path / "ring")
    backend.set_password("cascadia", "ana.user", PASSWORD)
    monkeypatch.setattr(keyring.backends.chainer.ChainerBackend, "backends", [backend])
    chain = keyring.backends.chainer.ChainerBackend()  # type: ignore[no-untyped-call]
    with places.ring(chain, known=False):
        assert "no keyring of its own" in refused(RING)
        monkeypatch.setattr(sources, "KEYRINGS", frozenset({FileKeyring.__module__}))
        assert read(RING).password == PASSWORD


# 1Password --------------------------------------------------------------------------------------


def op(folder: Path, **other: str) -> OnePasswordSource:
    said = {"password": "op://Ana/Cascadia/password", "token_file": str(places.token(folder / "token"))}
    return OnePasswordSource.model_validate(said | other)


def test_1password_says_what_is_missing(tmp_path: Path) -> None:
    with places.onepassword(OnePassword()):
        assert refused(op(tmp_path)) == (
            "1Password has nothing at op://Ana/Cascadia/password: there is no such item"
        )


def test_1password_that_does_not_take_the_token_is_one_sentence(tmp_path: Path) -> None:
    with places.onepassword(OnePassword(token="another")):
        assert "does not take the token in" in refused(op(tmp_path))


def test_1passwords_limit_is_one_sentence(tmp_path: Path) -> None:
    errors = pytest.importorskip("onepassword.errors")
    with places.onepassword(OnePassword(raises=errors.RateLimitExceededException("Canary"))):
        assert refused(op(tmp_path)) == "1Password allows no more reads for now"


def test_the_real_sdk_refuses_a_token_that_is_none(tmp_path: Path) -> None:
    pytest.importorskip("onepassword")
    assert "does not take the token in" in refused(op(tmp_path))


@pytest.mark.parametrize(
    ("mode", "content", "sentence"),
    [(0o644, TOKEN, "others can read the token in .*; run: chmod 600"), (0o600, " ", "there is no token in")],
)
def test_t_cry_07_a_token_that_others_can_read_is_refused(
    tmp_path: Path, mode: int, content: str, sentence: str
) -> None:
    source = op(tmp_path)
    Path(source.token_file).write_text(content)
    Path(source.token_file).chmod(mode)
    with places.onepassword(OnePassword()), pytest.raises(SourceError, match=sentence):
        read(source)


def test_a_token_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    source = op(tmp_path)
    Path(source.token_file).unlink()
    with places.onepassword(OnePassword()):
        assert refused(source).startswith("there is no token in")


# HashiCorp Vault --------------------------------------------------------------------------------


def test_vault_is_asked_under_its_mount_and_namespace(vault: tuple[Vault, VaultSource]) -> None:
    server, source = vault
    server.held["/v1/portals/data/ana/cascadia"] = {"word": PASSWORD, "otp": SEED}
    update = {"mount": "portals", "namespace": "clinic", "password": "word", "seed": "otp"}
    assert read(source.model_copy(update=update)).seed == Seed.parse(SEED)
    assert server.namespaces == ["clinic"]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (403, "may not read secret/ana/cascadia in Vault at"),
        (404, "there is no secret/ana/cascadia in Vault at"),
        (429, r"cannot be read \(RateLimitExceeded\)"),
        (500, r"cannot be read \(InternalServerError\)"),
        (503, "is sealed or down"),
        (307, "is not answered as by Vault's key-value store, version 2"),
    ],
)
def test_whatever_vault_answers_is_one_sentence(
    vault: tuple[Vault, VaultSource], status: int, sentence: str
) -> None:
    server, source = vault
    server.status = status
    with pytest.raises(SourceError, match=sentence):
        read(source)
    refused(source)
    assert set(server.asked) == {"/v1/secret/data/ana/cascadia"}  # the token follows no redirection


@pytest.mark.parametrize("says", [b"not JSON", b"[]", b'{"data": {"data": null}}', b'{"data": {"data": []}}'])
def test_what_is_no_vault_is_one_sentence(vault: tuple[Vault, VaultSource], says: bytes) -> None:
    server, source = vault
    server.held["/v1/secret/data/ana/cascadia"] = {}
    server.says = says
    assert refused(source)


def test_a_field_that_is_not_text_is_refused(vault: tuple[Vault, VaultSource]) -> None:
    server, source = vault
    server.held["/v1/secret/data/ana/cascadia"] = {"password": 12345678}
    assert "the field password of secret/ana/cascadia in Vault" in refused(source)


def test_another_token_may_not_read(vault: tuple[Vault, VaultSource]) -> None:
    server, source = vault
    server.held["/v1/secret/data/ana/cascadia"] = {"password": PASSWORD}
    Path(source.token_file).write_text("another")
    assert "may not read" in refused(source)


def test_a_vault_that_does_not_answer_is_not_waited_for(vault: tuple[Vault, VaultSource]) -> None:
    server, source = vault
    server.hangs.clear()
    said = refused(source, seconds=SHORT)
    assert said.endswith(("within 0.3 s; is it locked, or down?", "cannot be reached (ReadTimeout)"))


def test_a_vault_that_is_not_there_is_one_sentence(vault: tuple[Vault, VaultSource]) -> None:
    server, source = vault
    server.server_close()
    gone = source.model_copy(update={"address": "http://127.0.0.1:1"})
    assert "cannot be reached (ConnectionError)" in refused(gone)


def test_the_token_goes_to_no_proxy(
    vault: tuple[Vault, VaultSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, source = vault
    server.held["/v1/secret/data/ana/cascadia"] = {"password": PASSWORD}
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert read(source).password == PASSWORD


# A program --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ({"password": PASSWORD, "seed": SEED}, {}),
        ({"password": PASSWORD, "totp_uri": ADDRESS}, {}),
        ([{"title": "Cascadia", "password": PASSWORD, "otpSecret": SEED}], {"seed": "otpSecret"}),  # dcli
        ({"id": "b2", "key": "CASCADIA", "value": PASSWORD}, {"password": "value"}),  # bws
        (
            {
                "title": "Cascadia",
                "fields": [
                    {"id": "username", "label": "username", "value": "ana.user"},
                    {"id": "password", "label": "password", "value": PASSWORD},
                    {"id": "TOTP_1", "label": "one-time password", "type": "OTP", "value": ADDRESS},
                ],
            },
            {"seed": "one-time password"},
        ),  # op
    ],
    ids=["seed", "totp_uri", "dcli", "bws", "op"],
)
def test_what_programs_print_is_understood(tmp_path: Path, printed: object, other: dict[str, str]) -> None:
    source = program(tmp_path, f"json.dump({printed!r}, sys.stdout)").model_copy(update=other)
    found = read(source)
    assert found.password == PASSWORD
    assert (found.seed is None) == ("value" in other.values())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (f"print({PASSWORD!r})", "did not print JSON"),
        ("", "did not print JSON"),
        (f"print(json.dumps([{PASSWORD!r}]))", "does not answer with one JSON object"),
        (f"print(json.dumps([{{'password': {PASSWORD!r}}}] * 2))", "does not answer with one JSON object"),
        (f"print(json.dumps({{'word': {PASSWORD!r}}}))", "has no field password"),
        ("print(json.dumps({'password': ['Canary']}))", "is not text"),
        (f"print(json.dumps({{'password': {PASSWORD!r}}})); sys.exit(3)", "ended with 3; run it by hand"),
        ("print('x' * 70000)", "printed more than 65536 bytes"),
        ("while True: print('Canary')", "printed more than 65536 bytes"),
        ("sys.stdout.buffer.write(bytes([255, 254, 0]))", "did not print JSON"),
    ],
)
def test_whatever_else_a_program_does_is_one_sentence(tmp_path: Path, lines: str, sentence: str) -> None:
    source = program(tmp_path, lines)
    said = refused(source)
    assert f"the command {tmp_path}/program " in said
    assert sentence in said


@pytest.mark.parametrize(
    "lines",
    ["exec sleep 600", "exec sleep 600 >/dev/null", "sleep 600 &"],
    ids=["silent", "closed", "its child"],
)
def test_a_program_that_never_ends_is_killed_with_its_children(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "program"
    file.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{lines}\n")
    file.chmod(0o700)
    said = refused(CommandSource(argv=(str(file),)), seconds=1.0)
    assert said.endswith("did not end within 1 s")
    leader = int((tmp_path / "pid").read_text())
    left = [one for one in psutil.process_iter() if _alive(one) and _group(one.pid) == leader]
    psutil.wait_procs(left, timeout=5)
    assert not [one for one in left if _alive(one)]


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _group(number: int) -> int:
    try:
        return os.getpgid(number)
    except ProcessLookupError:
        return 0


def test_no_shell_sees_the_arguments(tmp_path: Path) -> None:
    said = ["$(touch here)", "; touch here", "*", "$HOME", ""]
    plain = program(tmp_path, "json.dump({'password': json.dumps(sys.argv[1:])}, sys.stdout)")
    source = plain.model_copy(update={"argv": (plain.argv[0], *said)})
    assert json.loads(read(source).password) == said
    assert not (tmp_path / "here").exists()


def test_a_program_gets_little_of_our_environment_and_nothing_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:Canary@host/db")
    monkeypatch.setenv("BWS_ACCESS_TOKEN", TOKEN)
    plain = program(
        tmp_path,
        "json.dump({'password': json.dumps([dict(os.environ), sys.stdin.read()])}, sys.stdout)",
    )
    environment, typed = json.loads(read(plain).password)
    assert typed == ""
    assert {*environment} - {"LC_CTYPE"} <= {*sources.PASSED_ON}
    asked = plain.model_copy(update={"pass_on": ("BWS_ACCESS_TOKEN",)})
    environment, _ = json.loads(read(asked).password)
    assert environment["BWS_ACCESS_TOKEN"] == TOKEN
    assert "DATABASE_URL" not in environment


def test_a_program_inherits_none_of_our_files(tmp_path: Path) -> None:
    lines = "json.dump({'password': ' '.join(sorted(os.listdir('/proc/self/fd')))}, sys.stdout)"
    with (tmp_path / "held").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        assert read(program(tmp_path, lines)).password.split() == ["0", "1", "2", "3"]


def test_a_program_can_ask_nobody_at_our_terminal(tmp_path: Path) -> None:
    plain = program(tmp_path, "json.dump({'password': str(os.getsid(0) == os.getpid())}, sys.stdout)")
    assert read(plain).password == "True"
