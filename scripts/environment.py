"""Makes and locks the environments: `environment.py runtime`, `… sources`, `… dev`, `… bench`, `… lock`.

Runs on any Python from 3.11 with nothing installed. Finds uv or gets it from PyPI into `.bootstrap`, makes
`.venv` what the lock says, or `.venv-bench` for `bench`, and sees that there is a browser. Does nothing when
nothing has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOTSTRAP = ROOT / ".bootstrap"
LOCKS = {
    "bootstrap": ROOT / "requirements-bootstrap.lock",
    "runtime": ROOT / "requirements.lock",
    "sources": ROOT / "requirements-sources.lock",
    "dev": ROOT / "requirements-dev.lock",
    "bench": ROOT / "requirements-bench.lock",
}
"""Each holds what the one before it does, from `runtime` to `dev`; `bench` holds what `runtime` does."""
# What a person may have set for other work, and would send packages elsewhere.
FOREIGN = (
    "PIP_PREFIX",
    "PIP_TARGET",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)


class Stopped(Exception):
    """Set-up cannot go on; the message is one sentence for a person."""


def set_up(wanted: str) -> None:
    """Make the environment what the lock says and see that there is a browser; a blink if so already."""
    venv = ROOT / (".venv-bench" if wanted == "bench" else ".venv")
    python, stamped = venv / "bin/python", venv / "set-up.json"
    stamp = _stamp(venv)
    # What was put there for sources or for the tests stays.
    wanted = max(wanted, stamp.get("lock", wanted), key=list(LOCKS).index)
    if stamp.get("key") != _key(wanted):
        uv = _uv()
        if not _usable(venv, stamp):
            _run("the environment", uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv)
        into = ("--quiet", "--python", venv)
        _run("the packages", uv, "pip", "sync", *into, "--require-hashes", LOCKS[wanted])
        alone = ("--no-deps", "--no-build-isolation")
        _run("this project", uv, "pip", "install", *into, *alone, "--editable", ROOT)
        stamp = {"lock": wanted, "key": _key(wanted), "root": str(ROOT)}
        stamped.write_text(json.dumps(stamp))
        version = _answer(python, "--version")
        print(f"environment: {venv.name} with {version} and {LOCKS[wanted].name}", flush=True)
    if not Path(stamp.get("browser", "/nowhere")).exists():
        browser = subprocess.run(
            [python, "-m", "harvester.visit.browser", "--install"],
            cwd=ROOT,
            env=_environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if browser.returncode != 0:
            sys.exit(1)  # it has said why in one sentence
        found = browser.stdout.strip()  # headless-shell 156.0.8078.79 (/usr/bin/chromium-headless-shell)
        print(f"browser: {found}", flush=True)
        stamped.write_text(json.dumps(stamp | {"browser": found[found.index("(") + 1 : -1]}))


def lock() -> None:
    """Write the locks anew from pyproject.toml, keeping the versions that still fit."""
    uv = _uv()
    groups = {
        "bootstrap": ("--group", "pyproject.toml:bootstrap"),
        "runtime": ("pyproject.toml", "--group", "build"),
        "sources": ("pyproject.toml", "--all-extras", "--group", "build"),
        "dev": ("pyproject.toml", "--all-extras", "--group", "dev"),
        "bench": ("pyproject.toml", "--group", "bench"),
    }
    smaller = {"sources": "runtime", "dev": "sources", "bench": "runtime"}
    for name, group in groups.items():
        agree = ("--constraints", LOCKS[smaller[name]].name) if name in smaller else ()
        _run(
            LOCKS[name].name,
            *(uv, "--no-config", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
            *("--custom-compile-command", "make lock", *agree),
            *(*group, "--output-file", LOCKS[name].name),
        )
        print(LOCKS[name].name, flush=True)


def _stamp(venv: Path) -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads((venv / "set-up.json").read_text())
    except (OSError, ValueError):
        return {}
    return stamp if _answer(venv / "bin/python", "--version") else {}


def _key(wanted: str) -> str:
    made_from = [path.read_bytes() for path in (LOCKS[wanted], ROOT / "pyproject.toml", Path(__file__))]
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *made_from])).hexdigest()


def _usable(venv: Path, stamp: dict[str, str]) -> bool:
    """Whether it was made here, and not by somebody else, for another folder or an older Python."""
    fits = "import sys; print(sys.version_info >= (3, 11))"
    return stamp.get("root") == str(ROOT) and _answer(venv / "bin/python", "-c", fits) == "True"


def _uv() -> str:
    """The uv of the system, else the one that pip brings into `.bootstrap`, as its lock says."""
    if (path := shutil.which("uv")) and _answer(path, "--version"):
        return path
    own = BOOTSTRAP / "bin/uv"
    if not _answer(own, "--version"):
        shutil.rmtree(BOOTSTRAP, ignore_errors=True)
        if not _answer(sys.executable, "-c", "import ensurepip, venv; print('there')"):
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            raise Stopped(f"This Python comes without venv: type `sudo apt-get install {package}`.")
        _run("a place for uv", sys.executable, "-m", "venv", BOOTSTRAP)
        pip = (BOOTSTRAP / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run("uv", *pip, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCKS["bootstrap"])
    return str(own)


def _run(what: str, *command: str | Path) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise Stopped(f"Set-up stopped at {what}: see above what `{Path(command[0]).name}` said.")


def _answer(program: str | Path, *arguments: str) -> str:
    """What the program prints, or nothing if it cannot be run."""
    try:
        done = subprocess.run(
            [program, *arguments], env=_environment(), capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    """Ours without what would mislead, and with uv trusting the certificates that this machine trusts."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    known = ssl.get_default_verify_paths()
    if known.cafile or (known.capath and any(Path(known.capath).iterdir())):
        return {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"} | kept  # its newer and its older name
    return kept


def main() -> None:
    """Make one of the environments, or write the locks, alone in this folder."""
    with (ROOT / "pyproject.toml").open() as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        try:
            if sys.argv[1:] == ["lock"]:
                lock()
            elif sys.argv[1:] in (["runtime"], ["sources"], ["dev"], ["bench"]):
                set_up(sys.argv[1])
            else:
                raise Stopped("usage: environment.py runtime|sources|dev|bench|lock")
        except Stopped as stopped:
            sys.exit(str(stopped))


if __name__ == "__main__":
    main()
