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

    @classmethod
    def of(cls, content: bytes) -> FileType | None:
        """Return what bytes begin as, ``None`` for anything else."""
        beginnings = {b"ISA": cls.X12_835, b"%PDF-": cls.PDF}
        return next((kind for begin, kind in beginnings.items() if content.startswith(begin)), None)


class File(Fact):
    """A downloaded file; nothing in it has been believed yet."""

    name: str
    """As the portal calls it; never used as a path."""
    sha256: str
    """Of the bytes, hexadecimal."""
    size: int
    """Bytes."""
    packed: str
    """The bytes, base64; empty where they are kept apart."""

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
        """The bytes; raises ``ValueError`` where they are not packed as they should be."""
        return b64decode(self.packed, validate=True)


class RemittanceFile(Fact):
    """A payment's file, and what the portal says of the payment beside it."""

    kind: Literal["remittance_file"] = "remittance_file"
    payment_number: Shown[str] = Shown()
    issue_date: Shown[date] = Shown()
    amount: Shown[Decimal] = Shown()
    type: FileType
    file: File
