"""What a portal saw, as its own operators would: the witness for what software did to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from mock_portals.shown import Json

Entry = dict[str, Json]


@dataclass
class Log:
    """Entries in the order in which they happened; ``seq`` counts over all kinds of them."""

    sign_ins: list[Entry] = field(default_factory=list)
    codes: list[Entry] = field(default_factory=list)
    handovers: list[Entry] = field(default_factory=list)
    sign_outs: list[Entry] = field(default_factory=list)
    sessions: list[Entry] = field(default_factory=list)
    requests: list[Entry] = field(default_factory=list)
    mutations: list[Entry] = field(default_factory=list)
    _seq: int = 0

    def stamp(self) -> Entry:
        """Return the next place in the order of events, and the wall clock's time (UTC)."""
        self._seq += 1
        return {"seq": self._seq, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}

    def add(self, entries: list[Entry], **facts: Json) -> Entry:
        entry = self.stamp() | facts
        entries.append(entry)
        return entry

    def json(self) -> Json:
        return {
            "sign_ins": list(self.sign_ins),
            "codes": list(self.codes),
            "handovers": list(self.handovers),
            "sign_outs": list(self.sign_outs),
            "sessions": list(self.sessions),
            "requests": list(self.requests),
            "mutations": list(self.mutations),
        }
