"""What every contestant has to return of a claim, in the portal's own words, and what is true of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = dict[str, Any]

FACTS = (
    "claim_number",
    "patient_account_number",
    "patient_name",
    "member_id",
    "status",
    "received_date",
    "processed_date",
    "billed",
    "allowed",
    "paid",
    "patient_responsibility",
)
LINE = (
    "number",
    "service_from",
    "service_to",
    "procedure",
    "units",
    "billed",
    "allowed",
    "deductible",
    "copay",
    "coinsurance",
    "paid",
)
"""Of each service line, beside its ``codes``."""
COLUMNS = (0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12)
"""Where they stand in a row of the portal's table."""
CODES = 13


def folded(words: str | None) -> str:
    """Return words with white space as single blanks."""
    return " ".join((words or "").split())


def read(facts: Mapping[str, str | None], rows: Sequence[Sequence[str]]) -> Record:
    """Return a record of what stood on a page: facts by name, and the cells of each service line."""
    return {name: folded(facts[name]) for name in FACTS} | {"lines": [_row(cells) for cells in rows]}


def _row(cells: Sequence[str]) -> Record:
    words = {name: folded(cells[at]) for name, at in zip(LINE, COLUMNS, strict=True)}
    return words | {"codes": [code for code in folded(cells[CODES]).split("; ") if code]}


def shown(claim: Mapping[str, Any]) -> Record:
    """Return the record of a claim whose leaves have ``words``: the portal's truth, or an answer of ours."""
    return {name: folded(claim[name]["words"]) for name in FACTS} | {
        "lines": [_line(line) for line in claim["lines"]]
    }


def _line(line: Mapping[str, Any]) -> Record:
    adjusted = [
        "{group}-{reason} {amount}".format_map({name: leaf["words"] for name, leaf in adjustment.items()})
        for adjustment in line["adjustments"]
    ]
    words = {name: folded(line[name]["words"]) for name in LINE}
    return words | {"codes": [*adjusted, *(remark["words"] for remark in line["remarks"])]}


def differences(truth: Sequence[Record], found: Sequence[Record]) -> list[str]:
    """Compare what a contestant found with the truth: one sentence for each difference, none if all is right.

    Nothing to compare is a difference.
    """
    if not truth or not found:
        return ["nothing was compared"]
    by_number: dict[str, list[Record]] = {}
    for one in found:
        by_number.setdefault(str(one.get("claim_number")), []).append(one)
    said = []
    for true in truth:
        mine = by_number.pop(true["claim_number"], [])
        if len(mine) != 1:
            said.append(f"claim {true['claim_number']}: returned {len(mine)} times")
        else:
            said += _differs(true, mine[0], f"claim {true['claim_number']}")
    return said + [f"claim {number}: nobody asked for it" for number in by_number]


def _differs(true: Any, found: Any, where: str) -> list[str]:
    if isinstance(true, dict) and isinstance(found, dict):
        names = sorted(true.keys() | found.keys())
        return [s for name in names for s in _differs(true.get(name), found.get(name), f"{where}.{name}")]
    if isinstance(true, list) and isinstance(found, list) and len(true) == len(found):
        pairs = enumerate(zip(true, found, strict=True))
        return [s for at, (one, other) in pairs for s in _differs(one, other, f"{where}[{at}]")]
    return [] if true == found else [f"{where}: read {found!r}, true is {true!r}"]
