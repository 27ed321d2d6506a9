"""Codes that a portal sends: what is in the mailbox, how long it is good, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from mock_portals.cast import BASE_DATE, cast
from mock_portals.clock import Clock
from mock_portals.gate import Gate
from mock_portals.log import Log
from mock_portals.mail import Mailbox, SentCodes
from mock_portals.troubles import CODE_REJECTED, LOCKED, Troubles
from tests.mock_portals.kit import Kit

STAFF = cast().staff
USER = STAFF[0].user


class Post:
    """A portal's codes with everything that they need."""

    def __init__(self, *, again: bool) -> None:
        self.clock, self.troubles = Clock(BASE_DATE), Troubles((CODE_REJECTED, LOCKED))
        self.gate = Gate(Log(), self.troubles, self.clock, STAFF, 3)
        self.mail = Mailbox(self.clock, STAFF)
        self.codes = SentCodes(self.mail, self.gate, self.clock, sender="Somewhere", lives=600, again=again)

    @property
    def newest(self) -> str:
        inbox: Any = self.mail.inbox(USER)
        return str(inbox[-1]["code"])

    def judge(self, code: str) -> str:
        return self.codes.judge(USER, code, "s1")


def test_a_code_is_good_once_and_only_for_its_user() -> None:
    post = Post(again=False)
    post.codes.send(USER)
    assert post.codes.judge(STAFF[1].user, post.newest, "s2") == "rejected"
    assert [post.judge(post.newest), post.judge(post.newest)] == ["accepted", "reused"]
    assert post.mail.inbox(STAFF[1].user) == []


def test_a_code_that_lives_long_is_sent_and_taken_again() -> None:
    post = Post(again=True)
    post.codes.send(USER)
    first = post.newest
    post.codes.send(USER)
    assert post.newest == first
    assert [post.judge(first), post.judge(first)] == ["accepted", "accepted"]
    post.clock.advance(601)
    assert post.judge(first) == "rejected"


def test_a_newer_code_ends_the_older_one() -> None:
    post = Post(again=True)
    post.codes.send(USER)
    older = post.newest
    post.codes.send(USER, "text", fresh=True)
    assert post.judge(older) == ("accepted" if older == post.newest else "rejected")


def test_refused_codes_lock() -> None:
    post = Post(again=False)
    post.codes.send(USER)
    post.troubles.switch("code_rejected", on=True)
    assert [post.judge(post.newest) for _ in range(3)] == ["rejected"] * 3
    assert post.gate.locked(USER)


def test_control_shows_a_mailbox_and_knows_no_stranger(kit: Kit) -> None:
    assert kit.mail() == []
    assert kit.control.get("/mail/cascadia/nobody").status_code == 404


@pytest.mark.parametrize("again", [True, False])
def test_what_was_never_sent_is_no_code(again: bool) -> None:
    assert Post(again=again).judge("000000") == "rejected"
