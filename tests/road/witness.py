"""What the portal's log says of account safety; nothing of the office's own is asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.road.road import overlaps

MOST_CODES = 2


def harm(log: Any, acts: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Return what no history may contain, in words; ``acts``: when which account's owner acted."""
    return [
        *_passwords(log),
        *_codes(log),
        *_returns(log, acts),
        *(f"{user} was signed in twice at once: {one} and {other}" for user, one, other in overlaps(log)),
        *(f"{one['user']} changed something: {one['path']}" for one in log["mutations"]),
    ]


def results(log: Any) -> dict[str, int]:
    """Return how often which result of a password or code is in the log, for people to read."""
    counted = Counter(one["result"] for one in log["sign_ins"])
    counted["codes"] = len(log["codes"])
    return dict(sorted(counted.items()))


def _passwords(log: Any) -> Iterator[str]:
    refused = Counter(
        (one["user"], one["which"]) for one in log["sign_ins"] if one["result"] in ("rejected", "locked")
    )
    for (user, which), times in refused.items():
        if times > 1:
            yield f"{user}'s password {which} was refused {times} times"
    for user in {one["user"] for one in log["sign_ins"] if one["result"] == "locked"}:
        yield f"{user} was locked out"


def _codes(log: Any) -> Iterator[str]:
    steps = Counter((one["user"], one["code_step"]) for one in log["codes"])
    for (user, step), times in steps.items():
        if step is None:
            yield f"{user} sent {times} codes of no time step"
        elif times > 1:
            yield f"{user} used the step {step} {times} times"
    for one in log["codes"]:
        if one["result"] == "reused":
            yield f"{one['user']} sent a used code"
    for (user, _), times in Counter((one["user"], one["session"]) for one in log["codes"]).items():
        if times > MOST_CODES:
            yield f"{user} sent {times} codes after one password"


def _returns(log: Any, acts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield who came again with the same password after a refusal, the owner not having acted in between.

    Another password than before is one that the owner has entered.
    """
    acted = defaultdict[str, list[str]](list)
    for at, user in acts:
        acted[user].append(at)
    came: dict[str, int] = {}
    refused: dict[str, tuple[str, str]] = {}
    for one in log["sign_ins"]:
        user, at, which, result = one["user"], one["at"], one["which"], one["result"]
        if which is not None:
            how, since = refused.pop(user, ("", at))
            if how and came[user] == which and not any(since <= act <= at for act in acted[user]):
                yield f"{user} ({how}, password {which}) at {since} came again at {at}; no act of the owner's"
            came[user] = which
        if result != "accepted":
            refused[user] = result, at
