"""What the benchmark compares: a contestant that reads something wrong, or nothing, does not count."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.bench import report
from scripts.bench.records import FACTS, LINE, Record, differences, read, shown
from tests.mock_portals import kit as running_kit


@pytest.fixture(scope="module")
def claims() -> Iterator[list[dict[str, Any]]]:
    with running_kit.kit() as kit:
        yield kit.truth()["claims"][:20]


@pytest.fixture
def truth(claims: list[dict[str, Any]]) -> list[Record]:
    return [shown(claim) for claim in claims]


def test_the_truth_itself_is_right(truth: list[Record]) -> None:
    assert differences(truth, copy.deepcopy(truth)) == []
    assert any(line["codes"] for claim in truth for line in claim["lines"])


@pytest.mark.parametrize("name", FACTS[1:])
def test_a_wrong_field_fails(truth: list[Record], name: str) -> None:
    found = copy.deepcopy(truth)
    found[3][name] += "0"
    (said,) = differences(truth, found)
    assert f"{truth[3]['claim_number']}.{name}" in said


@pytest.mark.parametrize("name", [*LINE, "codes"])
def test_a_wrong_field_of_a_line_fails(truth: list[Record], name: str) -> None:
    found = copy.deepcopy(truth)
    found[3]["lines"][-1][name] = ["CO-45 $0.01"] if name == "codes" else "0"
    (said,) = differences(truth, found)
    assert said.startswith(f"claim {truth[3]['claim_number']}.lines[")


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop(),
        lambda found: found.append(found[0]),
        lambda found: found.append(found[0] | {"claim_number": "1"}),
        lambda found: found[0].update(claim_number="1"),
        lambda found: found[0].pop("paid"),
        lambda found: found[0].update(lines=found[0]["lines"][1:]),
    ],
    ids=["missing", "twice", "strange", "another number", "no such field", "a line less"],
)
def test_what_is_missing_or_too_much_fails(
    truth: list[Record], change: Callable[[list[Record]], object]
) -> None:
    found = copy.deepcopy(truth)
    change(found)
    assert differences(truth, found)


def test_comparing_nothing_fails(truth: list[Record]) -> None:
    assert differences(truth, []) == ["nothing was compared"]
    assert differences([], truth) == ["nothing was compared"]
    assert differences([], []) == ["nothing was compared"]


def test_cells_are_read_into_the_same_record() -> None:
    cells = ["1", "06/22/2026", "06/22/2026", "97140", "GP", "2", "A, B", "$9.00", "$8.00", "--", "--", "--"]
    record = read(dict.fromkeys(FACTS, " a\n b "), [[*cells, "$8.00", "CO-45 $1.00; N290"]])
    assert record["status"] == "a b"
    assert record["lines"][0]["units"] == "2"
    assert record["lines"][0]["paid"] == "$8.00"
    assert record["lines"][0]["codes"] == ["CO-45 $1.00", "N290"]


def test_who_differs_in_one_round_has_no_figure_and_fails_the_run(tmp_path: Path) -> None:
    rows = [
        {
            "contestant": name,
            "round": round_,
            "cpu": 2.0,
            "wrong": ["x"] if (name, round_) == ("b", 2) else [],
        }
        for name in "ab"
        for round_ in (1, 2)
    ]
    found = {"claims": 4, "rows": rows}
    assert report.per_claim(found, "a") == [0.5, 0.5]
    assert report.per_claim(found, "b") == []
    assert report.beside(found, "a", "b") is None
    (tmp_path / "claims.json").write_text(json.dumps(found))
    assert report.wrong(tmp_path) == ["claims, b: x"]


def test_measuring_nothing_fails_the_run(tmp_path: Path) -> None:
    assert report.wrong(tmp_path) == ["nothing was measured"]
    (tmp_path / "asked.json").write_text(json.dumps({"rows": []}))
    assert report.wrong(tmp_path) == ["asked: nothing was measured"]
