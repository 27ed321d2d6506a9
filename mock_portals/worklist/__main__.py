"""``python -m mock_portals.worklist DIR``: write the worklist's files anew."""

from __future__ import annotations

import sys
from pathlib import Path

from mock_portals.worklist import HERE, files


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, text in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)


if __name__ == "__main__":
    main()
