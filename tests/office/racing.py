"""A process that uses one-time codes as fast as it can: ``python -m tests.office.racing <count> <clock>``.

``clock`` is a file with the time of all racing processes, eight bytes of Unix seconds: who waits moves it on.
"""

from __future__ import annotations

import fcntl
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from harvester.office import ready


class SharedTime:
    """The time that the racing processes have in common."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b", buffering=0)

    def now(self) -> datetime:
        """Return the time."""
        fcntl.flock(self._file, fcntl.LOCK_SH)
        return datetime.fromtimestamp(self._read(), UTC)

    def sleep(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        until = self.now().timestamp() + seconds
        fcntl.flock(self._file, fcntl.LOCK_EX)
        until = max(until, self._read())
        self._file.seek(0)
        self._file.write(struct.pack("d", until))
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> float:
        self._file.seek(0)
        (seconds,) = struct.unpack("d", self._file.read(8))
        return float(seconds)


def main(count: int, path: Path) -> None:
    """Print the codes it was given."""
    ready()
    from harvester.office.attempts import Ledger
    from harvester.office.clock import Clock
    from harvester.office.codes import Seed
    from harvester.office.models import Account, Attempt, CodeUse
    from harvester.visit.wire import Secret
    from tests.office.portal import SEED

    time = SharedTime(path)
    clock = Clock(now=time.now, sleep=time.sleep, synchronised=lambda: True)
    account, seed = Account.objects.get(), Seed.parse(SEED)
    credential = account.credentials.get()
    given = 0
    while given < count:
        stay = uuid4()
        Attempt.objects.create(
            account=account, credential=credential, stay=stay, kind="password", at=time.now()
        )
        answer = Ledger(account, stay, clock)("authenticator")
        if isinstance(answer, Secret):  # else the others have used the steps of a minute
            given += 1
            steps = CodeUse.objects.order_by("-pk").values_list("time_step", flat=True)[:9]
            assert answer.value in {seed.code(step) for step in steps}
            print(answer.value, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
