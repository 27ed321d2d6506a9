"""Authenticator codes: the seed as a person enters it, checked then and not at night (RFC 6238)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, quote, urlsplit

import pyotp
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.twofactor.totp import TOTP

LEAST_BITS = 80
# RFC 6238 is HMAC-SHA-1 unless the portal says otherwise.
_DIGESTS: Mapping[str, SHA1 | SHA256 | SHA512] = {"SHA1": SHA1(), "SHA256": SHA256(), "SHA512": SHA512()}  # noqa: S303


class SeedError(ValueError):
    """The seed cannot make codes; one sentence, without the seed."""


@dataclass(frozen=True)
class Seed:
    """What an authenticator needs; ``period`` is in seconds."""

    secret: bytes = field(repr=False)
    digest: str = "SHA1"
    digits: int = 6
    period: int = 30

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read base32 (spaces and lower case are fine) or an ``otpauth://totp`` address.

        Raises :class:`SeedError`.
        """
        text = text.strip()
        if not text.casefold().startswith("otpauth:"):
            return cls(secret=_secret(text))
        parts = urlsplit(text)
        if parts.netloc.casefold() != "totp":
            raise SeedError("the address is not one of a time-based authenticator (otpauth://totp/…)")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        said = {key.casefold(): value for key, value in pairs}
        if len(said) != len(pairs):
            raise SeedError("the otpauth address says something twice")
        digest = said.get("algorithm", "SHA1").upper()
        if digest not in _DIGESTS:
            raise SeedError("the otpauth address wants an algorithm other than SHA1, SHA256 or SHA512")
        try:
            digits, period = int(said.get("digits", "6")), int(said.get("period", "30"))
        except ValueError:
            raise SeedError("digits and period of an otpauth address are numbers") from None
        if digits not in (6, 7, 8) or not 15 <= period <= 120:
            raise SeedError("an authenticator's codes have 6 to 8 digits and live 15 to 120 seconds")
        return cls(secret=_secret(said.get("secret", "")), digest=digest, digits=digits, period=period)

    @property
    def address(self) -> str:
        """The seed as an ``otpauth`` address, which :meth:`parse` reads back."""
        secret = quote(base64.b32encode(self.secret).decode().rstrip("="))
        return f"otpauth://totp/?secret={secret}&algorithm={self.digest}&digits={self.digits}&period={self.period}"

    @property
    def short(self) -> bool:
        """Whether the seed has fewer than the 112 bits that are considered safe; its owner is told."""
        return len(self.secret) * 8 < 112

    def step(self, at: float) -> int:
        """Return when the time step of ``at`` begins; both in Unix seconds."""
        return int(at) // self.period * self.period

    def code(self, step: int) -> str:
        """Return the code of the time step that begins at ``step`` (Unix seconds)."""
        if self.short:
            # Portals still hand out seeds of 80 bits, which pyotp refuses: that would mean no code at all.
            short = TOTP(
                self.secret, self.digits, _DIGESTS[self.digest], self.period, enforce_key_length=False
            )
            return short.generate(step).decode()
        seed, digest = base64.b32encode(self.secret).decode(), getattr(hashlib, self.digest.lower())
        return pyotp.TOTP(seed, digits=self.digits, digest=digest, interval=self.period).at(step)


def _secret(text: str) -> bytes:
    packed = "".join(text.split()).replace("-", "").rstrip("=").upper()
    if not packed:
        raise SeedError("the authenticator's seed is empty")
    try:
        secret = base64.b32decode(packed + "=" * (-len(packed) % 8))
    except binascii.Error:
        raise SeedError("the authenticator's seed is not base32: letters A to Z and digits 2 to 7") from None
    if len(secret) * 8 < LEAST_BITS:
        raise SeedError(f"the authenticator's seed is shorter than {LEAST_BITS} bits; copy the whole of it")
    return secret
