"""A process that adds acts to the audit, and prints each: ``python -m tests.office.auditing <count>``."""

from __future__ import annotations

import sys

from harvester.office import ready


def main(count: int) -> None:
    """Print the number of each act once it is kept."""
    ready()
    from django.db import transaction

    from harvester.office import audit
    from harvester.office.models import AuditRow

    for number in range(count):
        with transaction.atomic(durable=True):
            row = audit.record(AuditRow.Action.SEARCHED, count=number)
        print(row.seq, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
