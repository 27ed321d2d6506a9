"""What the two sides say to each other: one JSON line a message, over the child's stdin and stdout.

::

    office                          stay (child process)
    Begin            ────────────►
                     ◄────────────  Ask(password)        the office writes the attempt, then answers
    Secret           ────────────►                       … or Deny
                     ◄────────────  Entered
    Look             ────────────►
                     ◄────────────  Answered | Troubled
    Leave            ────────────►
                     ◄────────────  Left

``Step`` comes from the stay at any time. A secret crosses once each time it is asked for, over
stdin, and is in no environment, argument, file or log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, Field, TypeAdapter

from harvester.model.portal import PortalFacts
from harvester.model.query import Query
from harvester.model.shown import Fact
from harvester.model.snapshot import Answer, Document

SecretKind = Literal["password", "authenticator", "text", "email", "push"]
"""A push is no secret that crosses: its owner is told which number to pick on the phone."""


class GiveSecret(Protocol):
    """The office's side of ``Ask``."""

    def __call__(self, kind: SecretKind, told: datetime | None, number: str = "", /) -> Secret | Deny:
        """Return the secret, or why it must not be used now."""


class Context(Fact):
    """For which part of the practice the account looks things up."""

    organisation: str = ""
    tin: str = ""
    npi: str = ""
    ptan: str = ""
    """Under which a Medicare contractor knows the provider."""

    def asks(self, query: Query) -> Query:
        """Return the query as this part of the practice asks it; one under another tax id stays as it is."""
        if query.tin not in (None, self.tin):
            return query
        own = {"tin": self.tin, "npi": self.npi, "ptan": self.ptan}
        return query.model_copy(update={name: value for name, value in own.items() if value})


class Begin(Fact):
    """Sign in at a portal as one person."""

    say: Literal["begin"] = "begin"
    portal: str
    user_name: str
    context: Context = Context()
    address: str | None = None
    """A loopback address at which a mock stands in for the portal."""
    sites: Mapping[str, str] = {}
    """Loopback addresses at which it stands in for the portal's further sites, all of them, by name."""
    waits: tuple[float, ...] = ()
    """Seconds to wait before each further try of a lookup while the portal is unavailable."""


class Secret(Fact):
    """The answer to ``Ask``."""

    say: Literal["secret"] = "secret"
    value: str = Field(repr=False)


class Deny(Fact):
    """The answer to ``Ask`` when the secret must not be used now; ends the stay."""

    say: Literal["deny"] = "deny"
    trouble: str
    """Class name of a :class:`~harvester.errors.Trouble`."""
    words: str = ""


class Look(Fact):
    """Look one thing up."""

    say: Literal["look"] = "look"
    lookup: int
    query: Query


class Leave(Fact):
    """Sign out and end."""

    say: Literal["leave"] = "leave"


class Ask(Fact):
    """The sign-in page wants a secret; until it is given nothing has been tried."""

    say: Literal["ask"] = "ask"
    secret: SecretKind
    told: AwareDatetime | None = None
    """What time it is by the portal's clock; ``None``: it does not tell."""
    number: str = ""
    """What the owner picks on the phone, where the portal shows a number for that."""


class Entered(Fact):
    """Signed in."""

    say: Literal["entered"] = "entered"
    notices: tuple[str, ...] = ()
    """What the portal tells its user on the way, e.g. that the password expires soon."""


class Answered(Fact):
    """What a lookup found; ``documents`` are the pages it was read from."""

    say: Literal["answered"] = "answered"
    lookup: int
    answer: Answer
    documents: tuple[Document, ...] = ()
    pages: int = 0
    """Documents asked of the portal for this lookup."""


class Troubled(Fact):
    """Why a lookup, or the whole stay where ``lookup`` is ``None``, has no data."""

    say: Literal["troubled"] = "troubled"
    lookup: int | None = None
    trouble: str
    """Class name of a :class:`~harvester.errors.Trouble`, or ``Defect``."""
    words: str = ""
    where: str = ""
    documents: tuple[Document, ...] = ()


class Step(Fact):
    """What the stay is doing; a constant word, never a value."""

    say: Literal["step"] = "step"
    name: Literal["opening", "signing_in", "signed_in", "signing_in_again", "looking", "signing_out"]


class Left(Fact):
    """The stay's last word. ``signed_out``: the portal confirmed it; else the session may be open."""

    say: Literal["left"] = "left"
    signed_out: bool
    blocked: tuple[str, ...] = ()
    """Requests the guard stopped because reading does not need them: method, host and path."""


class Catalogue(Fact):
    """Every installed flow's portal, as ``python -m harvester.visit --catalogue`` prints it."""

    portals: tuple[PortalFacts, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    """Entry point and reason of flows that could not be loaded."""


ToStay = Annotated[Begin | Secret | Deny | Look | Leave, Field(discriminator="say")]
FromStay = Annotated[Ask | Entered | Answered | Troubled | Step | Left, Field(discriminator="say")]

TO_STAY: TypeAdapter[ToStay] = TypeAdapter(ToStay)
FROM_STAY: TypeAdapter[FromStay] = TypeAdapter(FromStay)
