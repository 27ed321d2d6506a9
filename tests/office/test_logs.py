from __future__ import annotations

import json
from collections.abc import Iterator
from errno import ENOSPC
from io import StringIO
from typing import get_args
from uuid import uuid4

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from harvester import errors, logs
from harvester.model.portal import LookupKind
from harvester.office.attempts import HELD, RESTORED, STRANGE, UNFINISHED

CANARY = "Canaryson-1980-02-03"
LISTED = {*logs.KEYS, *logs.SHAPES, *logs.NAMES, "error", "exc_info"}


@pytest.fixture
def printed() -> Iterator[StringIO]:
    stream = StringIO()
    logs.configure(stream)
    yield stream
    logs.configure()


def line(printed: StringIO) -> dict[str, object]:
    found: dict[str, object] = json.loads(printed.getvalue())
    return found


@settings(max_examples=1000)
@given(
    values=st.dictionaries(
        st.text(min_size=1, max_size=20).filter(lambda key: key not in LISTED),
        st.one_of(st.text(max_size=20), st.integers(), st.binary(max_size=20), st.lists(st.text(max_size=5))),
        min_size=1,
        max_size=5,
    )
)
def test_t_sec_08_no_value_under_a_key_that_is_not_listed_is_printed(values: dict[str, object]) -> None:
    marked = {key: [CANARY, value] for key, value in values.items()}
    kept = logs.allowed(
        None, "info", {"event": "looked_up", **values, **{f"x_{k}": v for k, v in marked.items()}}
    )
    assert kept == {"event": "looked_up", "dropped": len(values) + len(marked)}


@given(key=st.sampled_from(sorted(LISTED)), value=st.one_of(st.just(CANARY), st.lists(st.just(CANARY))))
def test_t_sec_08_no_text_of_a_portal_is_printed_under_a_listed_key(key: str, value: object) -> None:
    kept = logs.allowed(None, "info", {key: value})
    assert CANARY not in json.dumps(kept)


def test_ids_counts_and_known_words_are_printed(printed: StringIO) -> None:
    account = uuid4()
    structlog.get_logger().info("looked_up", account=account, count=3, trouble="WrongPage", portal="cascadia")
    found = line(printed)
    assert found.pop("at")
    assert found == {
        "account": str(account),
        "count": 3,
        "event": "looked_up",
        "level": "info",
        "portal": "cascadia",
        "trouble": "WrongPage",
    }


def test_an_event_that_is_not_a_constant_is_not_printed(printed: StringIO) -> None:
    structlog.get_logger().info(f"looked up {CANARY}")
    assert CANARY not in printed.getvalue()
    assert line(printed)["event"] == "unnamed"


def test_t_sec_02_an_exception_is_its_type_and_nothing_else(printed: StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        structlog.get_logger().exception("looked_up")
    assert CANARY not in printed.getvalue()
    assert line(printed)["error"] == "ValueError"


class Full(StringIO):
    """A disk on which nothing more can be written."""

    @override
    def write(self, said: str, /) -> int:
        raise OSError(ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_stops_nobodys_work() -> None:
    logs.configure(Full())
    structlog.get_logger().info("looked_up")
    logs.configure()


def test_every_trouble_has_a_name_that_may_be_printed() -> None:
    ours = {"Defect", "StayEnded", HELD, RESTORED, STRANGE, UNFINISHED}
    assert logs.NAMES["trouble"] == ours | set(errors._BY_NAME)


def test_every_kind_of_lookup_has_a_name_that_may_be_printed() -> None:
    assert logs.NAMES["kind"] == set(get_args(LookupKind))
