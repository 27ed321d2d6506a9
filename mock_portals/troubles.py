"""Switches for what goes wrong at portals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from mock_portals.shown import Json

EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A thing that can go wrong; ``default`` is its value when it is switched on without one."""

    name: str
    meaning: str
    default: Json = True
    values: tuple[Json, ...] = ()
    """The values that are a case each, where they are more than one."""
    at_sign_in: bool = False
    """Whether signing in can end with it, or goes on in spite of it."""

    def of(self, *values: Json) -> Self:
        """Return the same with these values, which a portal has words for."""
        return replace(self, default=values[0], values=values)


# Troubles that the kit plays for every portal.
SLOW = Trouble("slow", "every page takes this many milliseconds more", 3000)
UNAVAILABLE = Trouble("unavailable", "every page answers 503", at_sign_in=True)
MAINTENANCE = Trouble("maintenance", "every page is a maintenance notice, with HTTP 200", at_sign_in=True)
EXPIRE_AFTER = Trouble(
    "expire_after", "a session ends by itself after this many pages since its code was accepted", 20
)
LOCKED = Trouble(
    "locked",
    "the account is locked, disabled or gone: the right password is refused too; value: why",
    at_sign_in=True,
)
COMMON = (SLOW, UNAVAILABLE, MAINTENANCE, EXPIRE_AFTER, LOCKED)

# Troubles that several portals play in their own pages.
CODE_REJECTED = Trouble("code_rejected", "every verification code is refused", at_sign_in=True)
PASSWORD_EXPIRED = Trouble(
    "password_expired", "after the password comes a page that asks for a new one", at_sign_in=True
)
TERMS = Trouble("terms", "changed terms of use have to be accepted after sign-in", at_sign_in=True)
SIGNIN_TIMED_OUT = Trouble(
    "signin_timed_out", "the sign-in form is too old when it is sent, and comes again", at_sign_in=True
)
STEP = Trouble(
    "step", "a further step stands between password and home; value: which of the portal's", at_sign_in=True
)
STRANGE = Trouble(
    "strange_page",
    "a page that nobody has seen before: 'door' in place of the sign-in form, 'code' after the password, "
    "'home' in place of home, 'elsewhere' the same at an address of its own",
    "door",
    ("door", "code", "home", "elsewhere"),
    at_sign_in=True,
)
PUSH = Trouble(
    "push",
    "after the password the app on the phone asks, and the number on the page is picked there; value "
    "'rejected': the phone refuses, 'expired': nobody answers in time",
    "waiting",
    ("waiting", "rejected", "expired"),
    at_sign_in=True,
)
WRONG_PATIENT = Trouble(
    "wrong_patient",
    "eligibility results and claim details are another patient's (of the same name if there is one)",
)
STALE_ROWS = Trouble(
    "stale_rows",
    "a claims search shows the previous search's rows; value 'old': its criteria are echoed too, "
    "'missing': no criteria are echoed",
    "old",
)
COLUMN_SWAP = Trouble(
    "column_swap",
    "the headers of charge and payment are swapped against the data; value 'lines', 'grid' or 'both'",
    "lines",
)
HEADER_RENAMED = Trouble(
    "header_renamed",
    "service lines have another word for what was paid, all pages 'Subscriber no.' for 'Member ID'",
)
PAGE_COUNT = Trouble("page_count", "the stated number of claims or payments is this much too high", 2)
WRONG_AMOUNT = Trouble("wrong_amount", "a payment's page says this many cents more than were sent", 100)
LAYOUT_B = Trouble(
    "layout_b", "eligibility and claim detail in another mark-up and order, with the same labels"
)


class Troubles:
    """Which troubles are on, for everybody or for one user."""

    def __init__(self, known: Iterable[Trouble]) -> None:
        self.known = {trouble.name: trouble for trouble in known}
        self._on: dict[str, dict[str, Json]] = {name: {} for name in self.known}

    def switch(self, name: str, on: bool, value: Json = None, user: str | None = None) -> None:
        """Switch a trouble; raises KeyError for one that the portal does not know."""
        users = self._on[name]
        if on:
            users[user or EVERYBODY] = self.known[name].default if value is None else value
        elif user:
            users.pop(user, None)
        else:
            users.clear()

    def get(self, trouble: Trouble, user: str | None = None) -> Json:
        """Return the trouble's value where it is on for this user, else ``None``."""
        users = self._on[trouble.name]
        if user and user in users:
            return users[user]
        return users.get(EVERYBODY)

    def number(self, trouble: Trouble, user: str | None = None) -> int | None:
        value = self.get(trouble, user)
        return None if value is None else int(str(value))

    def clear(self) -> None:
        for users in self._on.values():
            users.clear()

    def json(self) -> Json:
        return [
            {
                "name": trouble.name,
                "meaning": trouble.meaning,
                "default": trouble.default,
                "values": list(trouble.values),
                "at_sign_in": trouble.at_sign_in,
                "on": EVERYBODY in self._on[trouble.name],
                "value": self._on[trouble.name].get(EVERYBODY),
                "users": {user: value for user, value in self._on[trouble.name].items() if user},
            }
            for trouble in self.known.values()
        ]
