"""Sealing: what lies in the database can be read only with the keys, and only in its own row.

Credentials are sealed to a public key (HPKE, RFC 9180): whoever can store one cannot read it. What
portals answer, and pages, are sealed with AES-256-GCM from a ring of keys. Both are bound to table,
row and field, so that a value moved to another row does not open. Nothing here knows a database.

::

    practice.key          the public key, the ring, the key of subjects, the web key    0600
    credentials.private   the private key; the web pages run without it                 0600
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

PRACTICE = "practice.key"
PRIVATE = "credentials.private"

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_FORMAT = "1"
_KID_LENGTH = 4
_NONCE_LENGTH = 12


class SealError(Exception):
    """Keys are missing or wrong, or a sealed value does not belong where it lies; one sentence."""


@dataclass(frozen=True)
class Slot:
    """Where a sealed value lies; it opens nowhere else."""

    table: str
    row: str
    field: str

    def bound(self, kid: str) -> bytes:
        """Return the associated data ``table|row|field|kid|format``."""
        return "|".join((self.table, self.row, self.field, kid, _FORMAT)).encode()


@dataclass(frozen=True)
class Keys:
    """The practice's keys; never printed."""

    public: bytes = field(repr=False)
    private: bytes | None = field(repr=False)
    ring: Mapping[str, bytes] = field(repr=False)
    """Key id to key; the last one seals, all of them open."""
    subject: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the keys; raises :class:`SealError` in one sentence where anything about them is wrong."""
        stored = _stored(folder)
        private = folder / PRIVATE
        try:
            keys = cls(
                public=_key(stored["public"]),
                private=_key(_text(private)) if private.exists() else None,
                ring={kid: _key(text) for kid, text in stored["ring"].items()},
                subject=_key(stored["subject"]),
            )
        except (KeyError, AttributeError, TypeError):
            raise SealError(
                f"the key file {folder / PRACTICE} is damaged; restore it from its backup"
            ) from None
        if not keys.ring or any(len(kid) != _KID_LENGTH for kid in keys.ring):
            raise SealError(f"the key file {folder / PRACTICE} is damaged; restore it from its backup")
        if keys.private is not None:
            public = X25519PrivateKey.from_private_bytes(keys.private).public_key().public_bytes_raw()
            if public != keys.public:
                raise SealError(
                    f"{private} does not belong to {folder / PRACTICE}; restore both from one backup"
                )
        return keys

    @property
    def check(self) -> str:
        """A word by which a database knows its keys again; it tells nothing about them."""
        return self.hashed("key check", self.public.hex(), *self.ring)

    def seal_credential(self, text: str, slot: Slot) -> bytes:
        """Seal a password or seed; needs no secret key."""
        public = X25519PublicKey.from_public_bytes(self.public)
        return _SUITE.encrypt(text.encode(), public, info=slot.bound("hpke"))

    def open_credential(self, sealed: bytes, slot: Slot) -> str:
        """Open what :meth:`seal_credential` sealed for the same slot; raises :class:`SealError`."""
        if self.private is None:
            raise SealError(f"this machine has no {PRIVATE}: it can store credentials and not use them")
        private = X25519PrivateKey.from_private_bytes(self.private)
        try:
            return _SUITE.decrypt(sealed, private, info=slot.bound("hpke")).decode()
        except (InvalidTag, ValueError):
            raise _misplaced(slot) from None

    def seal(self, data: bytes, slot: Slot) -> bytes:
        """Seal data with the ring's newest key."""
        kid = list(self.ring)[-1]
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return kid.encode() + nonce + AESGCM(self.ring[kid]).encrypt(nonce, data, slot.bound(kid))

    def open(self, sealed: bytes, slot: Slot) -> bytes:
        """Open what :meth:`seal` sealed for the same slot; raises :class:`SealError`."""
        kid = sealed[:_KID_LENGTH].decode(errors="replace")
        nonce, body = sealed[_KID_LENGTH:][:_NONCE_LENGTH], sealed[_KID_LENGTH + _NONCE_LENGTH :]
        try:
            return AESGCM(self.ring[kid]).decrypt(nonce, body, slot.bound(kid))
        except (KeyError, InvalidTag, ValueError):
            raise _misplaced(slot) from None

    def hashed(self, purpose: str, *parts: str) -> str:
        """Return a keyed hash (HMAC-SHA-256, hex): equal parts are found again, and nothing is readable."""
        message = json.dumps([purpose, *parts]).encode()
        return hmac.new(self.subject, message, hashlib.sha256).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """Return the practice's signature (Ed25519) of a message."""
        return self._signing.sign(message)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a message has the practice's signature."""
        try:
            self._signing.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def _signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.hashed("signing key")))


def create(folder: Path) -> None:
    """Make new keys in ``folder``; raises :class:`SealError` where there are keys already."""
    if (folder / PRACTICE).exists():
        raise SealError(f"there are keys in {folder} already")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    private = X25519PrivateKey.generate()
    _write(folder / PRIVATE, private.private_bytes_raw().hex())
    stored = {
        "public": private.public_key().public_bytes_raw().hex(),
        "ring": {"k001": AESGCM.generate_key(256).hex()},
        "subject": secrets.token_hex(32),
        "web": secrets.token_hex(32),
    }
    _write(folder / PRACTICE, json.dumps(stored))


def web_key(folder: Path) -> str:
    """Return the key of sessions and tokens, or nothing where it cannot be read."""
    try:
        return str(_stored(folder)["web"])
    except (SealError, KeyError, TypeError):
        return ""


def _stored(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / PRACTICE
    if not path.exists():
        raise SealError(
            f"there are no keys in {folder}; restore them, or set HARVESTER_KEYS to where they are"
        )
    try:
        stored: dict[str, dict[str, str]] = json.loads(_text(path))
    except ValueError:
        raise SealError(f"the key file {path} is damaged; restore it from its backup") from None
    return stored


def _text(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise SealError(f"others can read the key file {path}; run: chmod 600 {path}")
    text = path.read_bytes().decode("ascii", errors="replace").strip()
    if not text:
        raise SealError(f"the key file {path} is empty; restore it from its backup")
    return text


def _key(text: object) -> bytes:
    try:
        key = bytes.fromhex(str(text))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SealError("a key file is damaged: a key in it is not 32 bytes long; restore it from its backup")
    return key


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _misplaced(slot: Slot) -> SealError:
    return SealError(
        f"the {slot.field} of {slot.table} {slot.row} does not open: "
        "it was changed, moved from another row, or sealed with other keys"
    )
