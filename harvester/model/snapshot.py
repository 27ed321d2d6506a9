"""What is kept of an answer."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64decode, b64encode
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList
from harvester.model.eligibility import Eligibility
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.remittance import RemittanceFile
from harvester.model.shown import Fact, Shown

Answer = Annotated[
    Eligibility | ClaimList | Claim | PaymentList | OverpaymentList | AuthorizationList | RemittanceFile,
    Field(discriminator="kind"),
]


class Outcome(StrEnum):
    """How a lookup ended."""

    FOUND = "found"
    FOUND_MULTIPLE = "found_multiple"
    NOT_FOUND = "not_found"
    IDENTITY_MISMATCH = "identity_mismatch"
    NOT_AUTHORIZED = "not_authorized"
    PORTAL_UNAVAILABLE = "portal_unavailable"
    STAFF_NEEDED = "staff_needed"
    LAYOUT_UNRECOGNIZED = "layout_unrecognized"
    POLICY_BLOCKED = "policy_blocked"
    ABORTED = "aborted"


class Document(Fact):
    """A page as it was read: visible content as HTML, without scripts, secrets or form tokens."""

    sha256: str
    """Of the HTML, hexadecimal; :class:`~harvester.model.shown.Place` refers to it."""
    path: str
    """The address on the portal, without host, query and fragment."""
    gzipped: str
    """The HTML, gzipped, base64."""

    @classmethod
    def of(cls, html: str, path: str) -> Self:
        """Pack a page."""
        packed = gzip.compress(html.encode(), compresslevel=6, mtime=0)
        return cls(
            sha256=hashlib.sha256(html.encode()).hexdigest(),
            path=path,
            gzipped=b64encode(packed).decode(),
        )

    @property
    def html(self) -> str:
        """The page's HTML."""
        return gzip.decompress(b64decode(self.gzipped)).decode()


MOVING = frozenset({"as_of", "follows", "unmapped"})
"""What differs from day to day without the answer being another one."""


def facts(value: Any) -> Any:
    """Return what an answer says as plain JSON values, without places and without what is MOVING.

    Two answers with equal facts are the same answer, even if the page was arranged differently.
    """
    if isinstance(value, Shown):
        return {"state": value.state.value, "value": facts(value.value), "words": value.words}
    if isinstance(value, BaseModel):
        return {name: facts(getattr(value, name)) for name in type(value).model_fields if name not in MOVING}
    if isinstance(value, tuple):
        return [facts(item) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)
