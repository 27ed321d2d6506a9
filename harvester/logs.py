"""Log lines that cannot hold a secret or a patient: constant events, listed keys, ids and counts.

A line is one JSON object on stderr. An event that is not one lower-case word, a key that is not
listed, a value of another shape than its key's: left out and counted as ``dropped``. An exception
is its type's name; no message, no locals, no traceback.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from enum import Enum
from typing import Any, TextIO, cast
from uuid import UUID

import structlog
from typing_extensions import override

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


def _count(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12


def _row(value: object) -> bool:
    return isinstance(value, UUID) or (isinstance(value, int) and _count(value))


KEYS: Mapping[str, Callable[[object], bool]] = {
    "account": _row,
    "attempt": _row,
    "bytes": _count,
    "changed": _count,
    "code": _count,
    "count": _count,
    "done": _count,
    "lookup": _row,
    "pages": _count,
    "person": _row,
    "refused": _count,
    "seconds": _count,
    "snapshot": _row,
    "stay": _row,
    "sweep": _row,
    "total": _count,
    "waiting": _count,
}
"""What may be logged, and the shape its value must have."""

SHAPES: Mapping[str, re.Pattern[str]] = {
    "at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "event": re.compile(r"[a-z][a-z_]{2,39}"),
    "portal": re.compile(r"[a-z][a-z0-9_]{1,31}"),
    "worker": re.compile(r"[A-Za-z0-9-]{1,63}\.\d{1,7}\.[0-9a-f]{6}"),
}
"""Keys whose values are short words of our own."""

NAMES: Mapping[str, frozenset[str]] = {
    "kind": frozenset(
        {
            "authorizations",
            "claim",
            "claims",
            "claim_list",
            "eligibility",
            "overpayments",
            "payments",
            "remittance_file",
        }
    ),
    "trouble": frozenset(
        {
            "AccountLocked",
            "AnotherSession",
            "Challenge",
            "ClockWrong",
            "CodeNeeded",
            "CodeRejected",
            "DatabaseRestored",
            "Defect",
            "DetailsToConfirm",
            "FactorToEnroll",
            "HeldByPerson",
            "NotAuthorized",
            "NotOnFile",
            "PasswordExpired",
            "PolicyForbids",
            "PortalChanged",
            "PortalPaused",
            "PortalUnavailable",
            "SeveralOnFile",
            "SignedOut",
            "StaffNeeded",
            "StayEnded",
            "TermsToAccept",
            "TrainingDue",
            "Trouble",
            "UnfinishedAttempt",
            "UnknownDialog",
            "UnknownPages",
            "WrongPage",
            "WrongPassword",
        }
    ),
    "level": frozenset({"debug", "info", "warning", "error", "critical"}),
    "outcome": frozenset({"answered", "refused", "failed", "waiting"}),
    "result": frozenset({"accepted", "rejected", "unknown"}),
}
"""Keys whose values are one of a few words."""


def allowed(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the line with what may be printed; a structlog processor."""
    kept: dict[str, Any] = {}
    dropped = 0
    for key, value in line.items():
        if key in SHAPES and isinstance(value, str) and SHAPES[key].fullmatch(value):
            kept[key] = value
        elif key in ("exc_info", "error"):
            kept["error"] = _type_name(value)
        elif key in KEYS and KEYS[key](value):
            kept[key] = str(value) if isinstance(value, UUID) else value
        elif key in NAMES and str(value.value if isinstance(value, Enum) else value) in NAMES[key]:
            kept[key] = str(value.value if isinstance(value, Enum) else value)
        else:
            dropped += 1
    kept.setdefault("event", "unnamed")
    if dropped:
        kept["dropped"] = dropped
    return kept


def configure(stream: TextIO | None = None) -> None:
    """Send log lines to ``stream``, stderr where none is given."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            cast(structlog.typing.Processor, allowed),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=lambda *_: _Lines(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Lines(structlog.PrintLogger):
    """Prints lines; one that cannot be written, as on a full disk, stops nobody's work."""

    @override
    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _type_name(value: object) -> str | None:
    """Return an exception's type, for ``exc_info`` in any of its shapes, ``None`` for anything else."""
    if value is True:
        value = sys.exc_info()
    if isinstance(value, tuple) and value:
        value = value[0]
    kind = value if isinstance(value, type) else type(value)
    if not issubclass(kind, BaseException) or not _WORD.fullmatch(kind.__name__):
        return None
    return kind.__name__
