"""A process that uses one-time codes as fast as it can: ``python -m tests.office.racing <count> <start>``.

Its clock runs two hundred times as fast as the world's, from ``start`` in Unix seconds.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

from harvester.office import ready

FAST = 200.0


def main(count: int, start: float) -> None:
    """Print the codes it was given."""
    ready()
    from harvester.office.attempts import Ledger
    from harvester.office.clock import Clock
    from harvester.office.codes import Seed
    from harvester.office.models import Account, Attempt, CodeUse
    from harvester.visit.wire import Secret
    from tests.office.portal import SEED

    def now() -> datetime:
        return datetime.fromtimestamp(start + (time.time() - start) * FAST, UTC)

    clock = Clock(now=now, sleep=lambda seconds: time.sleep(seconds / FAST))
    account, seed = Account.objects.get(), Seed.parse(SEED)
    credential = account.credentials.get()
    given = 0
    while given < count:
        stay = uuid4()
        Attempt.objects.create(account=account, credential=credential, stay=stay, kind="password", at=now())
        answer = Ledger(account, stay, clock)("authenticator")
        if isinstance(answer, Secret):  # else the machine was so slow that the clock seemed to go back
            given += 1
            steps = CodeUse.objects.order_by("-pk").values_list("time_step", flat=True)[:9]
            assert answer.value in {seed.code(step) for step in steps}
            print(answer.value, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
