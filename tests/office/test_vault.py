from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.office import vault
from harvester.office.vault import PRACTICE, PRIVATE, Keys, SealError, Slot

HERE = Slot("snapshot", "1", "answer")
ELSEWHERE = [
    Slot("snapshot", "2", "answer"),
    Slot("snapshot", "1", "words"),
    Slot("lookup", "1", "answer"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    vault.create(folder)
    return folder


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    return Keys.load(folder)


def test_what_was_sealed_opens_in_its_place(keys: Keys) -> None:
    assert keys.open(keys.seal(b"Canaryson", HERE), HERE) == b"Canaryson"
    assert keys.open_credential(keys.seal_credential("Rain", HERE), HERE) == "Rain"


@pytest.mark.parametrize("slot", ELSEWHERE, ids=["row", "field", "table"])
def test_t_cry_04_what_was_sealed_opens_nowhere_else(keys: Keys, slot: Slot) -> None:
    with pytest.raises(SealError):
        keys.open(keys.seal(b"Canaryson", HERE), slot)
    with pytest.raises(SealError):
        keys.open_credential(keys.seal_credential("Rain", HERE), slot)


@given(at=st.integers(0, 60), flip=st.integers(1, 255))
def test_t_cry_03_a_changed_byte_is_an_error_and_never_other_data(keys: Keys, at: int, flip: int) -> None:
    sealed = bytearray(keys.seal(b"Canaryson", HERE))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(SealError):
        keys.open(bytes(sealed), HERE)


@pytest.mark.parametrize("length", [0, 3, 10, 16, 20])
def test_t_cry_03_a_cut_value_is_an_error(keys: Keys, length: int) -> None:
    with pytest.raises(SealError):
        keys.open(keys.seal(b"Canaryson", HERE)[:length], HERE)
    with pytest.raises(SealError):
        keys.open_credential(keys.seal_credential("Rain", HERE)[:length], HERE)


def test_t_cry_01_without_the_private_key_credentials_are_stored_and_not_read(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / PRACTICE).write_bytes((folder / PRACTICE).read_bytes())
    (tmp_path / PRACTICE).chmod(0o600)
    web = Keys.load(tmp_path)
    sealed = web.seal_credential("Rain", HERE)
    with pytest.raises(SealError, match="can store credentials and not use them"):
        web.open_credential(sealed, HERE)
    assert Keys.load(folder).open_credential(sealed, HERE) == "Rain"


def test_an_error_says_nothing_of_the_content(keys: Keys) -> None:
    with pytest.raises(SealError) as caught:
        keys.open(keys.seal(b"Canaryson", HERE), ELSEWHERE[0])
    assert "Canaryson" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_keys_are_never_printed(keys: Keys) -> None:
    assert keys.subject.hex() not in repr(keys)
    assert repr(keys) == "Keys()"


def test_an_older_key_of_the_ring_still_opens_and_the_newest_seals(keys: Keys) -> None:
    sealed = keys.seal(b"Canaryson", HERE)
    rotated = Keys(keys.public, keys.private, {**keys.ring, "k002": bytes(32)}, keys.subject)
    assert rotated.open(sealed, HERE) == b"Canaryson"
    assert rotated.seal(b"Canaryson", HERE).startswith(b"k002")


def test_equal_subjects_have_equal_hashes_and_no_parts_run_together(keys: Keys) -> None:
    assert keys.hashed("subject", "ab", "c") == keys.hashed("subject", "ab", "c")
    assert keys.hashed("subject", "ab", "c") != keys.hashed("subject", "a", "bc")
    assert keys.hashed("subject", "ab", "c") != keys.hashed("item", "ab", "c")


@pytest.mark.parametrize("name", [PRACTICE, PRIVATE])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_t_cry_07_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    vault.create(tmp_path)
    (tmp_path / name).chmod(mode)
    with pytest.raises(SealError, match=rf"chmod 600 .*{name}$"):
        Keys.load(tmp_path)


@pytest.mark.parametrize("name", [PRACTICE, PRIVATE])
def test_t_cry_07_an_empty_key_is_refused(tmp_path: Path, name: str) -> None:
    vault.create(tmp_path)
    (tmp_path / name).write_text("")
    with pytest.raises(SealError, match="is empty"):
        Keys.load(tmp_path)


@pytest.mark.parametrize("content", ["[]", "{}", "{", '{"public": 1, "ring": {}, "subject": ""}'])
def test_t_cry_07_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    vault.create(tmp_path)
    (tmp_path / PRACTICE).write_text(content)
    with pytest.raises(SealError, match="damaged"):
        Keys.load(tmp_path)


@pytest.mark.parametrize("cut", [1, 10, 40, 100])
def test_t_cry_07_a_cut_key_is_refused(tmp_path: Path, cut: int) -> None:
    vault.create(tmp_path)
    content = (tmp_path / PRACTICE).read_text()
    (tmp_path / PRACTICE).write_text(content[:-cut])
    with pytest.raises(SealError, match="damaged"):
        Keys.load(tmp_path)


def test_a_private_key_of_another_practice_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        vault.create(tmp_path / name)
    (tmp_path / "one" / PRIVATE).replace(tmp_path / "two" / PRIVATE)
    with pytest.raises(SealError, match="does not belong to"):
        Keys.load(tmp_path / "two")


def test_missing_keys_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SealError, match=r"^there are no keys in .*; restore them, or set HARVESTER_KEYS"):
        Keys.load(tmp_path)


def test_keys_are_never_made_twice(tmp_path: Path) -> None:
    vault.create(tmp_path)
    with pytest.raises(SealError, match="already"):
        vault.create(tmp_path)


def test_only_their_owner_can_read_new_keys(tmp_path: Path) -> None:
    vault.create(tmp_path / "keys")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {PRACTICE: 0o600, PRIVATE: 0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_the_web_key_is_none_of_the_sealing_keys(folder: Path) -> None:
    stored = json.loads((folder / PRACTICE).read_text())
    assert vault.web_key(folder) == stored["web"]
    assert len({stored["web"], stored["public"], stored["subject"], *stored["ring"].values()}) == 4


def test_without_keys_there_is_no_web_key(tmp_path: Path) -> None:
    assert vault.web_key(tmp_path) == ""
