"""Compares an answer with what a mock portal knows to be true, leaf by leaf.

A mock's truth has the field names of :mod:`harvester.model`; a leaf is ``{"state", "value",
"words"}``, and what the portal never shows is left out. A comparison that compared nothing is a
failure, which :meth:`Comparison.sentence` says.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from harvester.model.shown import Shown, State
from harvester.model.snapshot import MOVING, facts

ASIDE = frozenset({"kind", "unmapped", "service_date"})
"""Not part of a portal's truth: an answer's own kind, what was not read, the echo of what was asked."""


@dataclass
class Comparison:
    """How many leaves were compared, and where answer and truth differ."""

    compared: int = 0
    again: bool = False
    """Whether the answer was seen again later, so that what is MOVING is of another day."""
    differences: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether something was compared and all of it is the same."""
        return self.compared > 0 and not self.differences

    @property
    def sentence(self) -> str:
        """The result for a person."""
        if not self.compared:
            return "Nothing was compared."
        return f"{self.compared} values compared with the portal's truth, {len(self.differences)} differ."

    def add(self, answer: BaseModel, truth: Mapping[str, Any], where: str) -> None:
        """Compare an answer with its truth; ``where`` names it in the differences."""
        aside = ASIDE | MOVING if self.again else ASIDE
        self._fields(answer, truth, where, aside)

    def _fields(
        self, ours: BaseModel, truth: Mapping[str, Any], where: str, aside: Container[str] = ()
    ) -> None:
        for name in type(ours).model_fields:
            if name not in aside:
                self._any(getattr(ours, name), truth.get(name), f"{where}.{name}")
        strange = set(truth) - set(type(ours).model_fields)
        self.differences += [f"{where}.{name}: the model has no such field" for name in sorted(strange)]

    def _any(self, ours: Any, truth: Any, where: str) -> None:
        if isinstance(ours, Shown):
            self._leaf(ours, truth, where)
        elif isinstance(ours, tuple):
            self._each(ours, truth or [], where)
        elif isinstance(ours, BaseModel):
            self._fields(ours, truth or {}, where)
        else:
            self._equal(ours, truth, where)

    def _each(self, ours: Sequence[Any], truth: Sequence[Any], where: str) -> None:
        self._equal(len(ours), len(truth), f"{where}.length")
        for at, (mine, true) in enumerate(zip(ours, truth, strict=False)):
            self._any(mine, true, f"{where}[{at}]")

    def _leaf(self, ours: Shown[Any], truth: Mapping[str, Any] | None, where: str) -> None:
        true = dict(truth or {"state": State.NOT_SHOWN.value, "value": None, "words": None})
        if isinstance(ours.value, Decimal) and true["value"] is not None:
            true["value"] = str(ours.value) if ours.value == Decimal(true["value"]) else true["value"]
        self._equal(facts(ours), true, where)

    def _equal(self, ours: Any, truth: Any, where: str) -> None:
        self.compared += 1
        if ours != truth:
            self.differences.append(f"{where}: read {ours!r}, true is {truth!r}")
