"""Which entries of two lists are the same thing; pure, and without a word of what a difference means.

Entries are paired by their keys, never by position. Entries that nothing tells apart are paired
equal ones first, then in the order of their content.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from harvester.model.codes import ClaimStatus, Code
from harvester.model.shown import Fact, Shown, State
from harvester.model.snapshot import MOVING

T = TypeVar("T")
F = TypeVar("F", bound=Fact)
Key = tuple[str, ...]
Test = Callable[[Fact], bool]


def identity(value: Any) -> Any:
    """Return what a value says as nested tuples: equal, hashed and sorted by what counts alone."""
    match value:
        case Shown(state=State.KNOWN):
            worth = value.value
            if isinstance(worth, Code):
                return State.KNOWN.value, (worth.system, worth.code or worth.text or "")
            return State.KNOWN.value, worth, (value.words or "") if worth is ClaimStatus.UNKNOWN else ""
        case Shown():
            return value.state.value, value.words is not None, value.words or ""
        case Fact():
            return tuple(identity(getattr(value, name)) for name in fields(type(value)))
        case tuple():
            return tuple(sorted(map(identity, value)))
        case None:
            return ()
    return value


@cache
def fields(fact: type[Fact]) -> tuple[str, ...]:
    """Return the fields of a fact that count."""
    return tuple(name for name in fact.model_fields if name not in MOVING)


def without(items: Sequence[T], others: Sequence[T]) -> list[T]:
    """Return the items that have no equal among the others, each of which is used up once; sorted."""
    spare = Counter(map(identity, others))
    left = []
    for said, item in sorted(((identity(item), item) for item in items), key=itemgetter(0)):
        if spare[said]:
            spare[said] -= 1
        else:
            left.append(item)
    return left


def pairs(before: Sequence[F], after: Sequence[F], keys: Sequence[Key]) -> list[tuple[F | None, F | None]]:
    """Pair the differing entries that are the same thing; what has no partner stands alone.

    The first of two keys decides where it is known on both sides, else the second does.
    """
    old, new = without(before, after), without(after, before)
    found: list[tuple[F | None, F | None]] = []
    for key, left, right in _rounds(keys):
        partners = defaultdict(list)
        for item in new:
            if right(item):
                partners[_key(item, key)].append(item)
        taken = [(item, partners[_key(item, key)]) for item in old if left(item)]
        paired = [(item, waiting.pop(0)) for item, waiting in taken if waiting]
        found += paired
        old = [item for item in old if not any(item is pair[0] for pair in paired)]
        new = [item for item in new if not any(item is pair[1] for pair in paired)]
    return found + [(item, None) for item in old] + [(None, item) for item in new]


def _rounds(keys: Sequence[Key]) -> list[tuple[Key, Test, Test]]:
    if len(keys) == 1:
        return [(keys[0], lambda _: True, lambda _: True)]
    first, second = keys

    def named(item: Fact) -> bool:
        return has(item, first)

    def nameless(item: Fact) -> bool:
        return not has(item, first)

    return [
        (first, named, named),
        (second, nameless, nameless),
        (second, nameless, named),
        (second, named, nameless),
    ]


def _key(item: Fact, key: Key) -> tuple[Any, ...]:
    return tuple(identity(getattr(item, name)) for name in key)


def has(item: Fact, key: Key) -> bool:
    """Whether every field of a key is known."""
    return all(getattr(item, name).state is State.KNOWN for name in key)
