"""Files that belong to a payment: an 835 or a PDF, as the portal gives them."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Self

from harvester.model.shown import Fact, Shown

LARGEST_FILE = 10_000_000
"""Bytes."""


class FileType(StrEnum):
    """What a remittance file is, as its first bytes say."""

    X12_835 = "835"
    PDF = "pdf"


class File(Fact):
    """A downloaded file; nothing in it has been believed yet."""

    name: str
    """As the portal calls it; never used as a path."""
    sha256: str
    """Of the bytes, hexadecimal."""
    size: int
    """Bytes."""
    packed: str
    """The bytes, base64."""

    @classmethod
    def of(cls, content: bytes, name: str) -> Self:
        """Pack a file."""
        return cls(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            packed=b64encode(content).decode(),
        )

    @property
    def content(self) -> bytes:
        """The bytes."""
        return b64decode(self.packed)


class RemittanceFile(Fact):
    """A payment's file, and what the portal says of the payment beside it."""

    kind: Literal["remittance_file"] = "remittance_file"
    payment_number: Shown[str] = Shown()
    issue_date: Shown[date] = Shown()
    amount: Shown[Decimal] = Shown()
    type: FileType
    file: File
