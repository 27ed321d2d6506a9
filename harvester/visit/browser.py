"""The browser: which Chromium is there, how one is got, and the flags it is started with.

`python -m harvester.visit.browser` prints the browser that would be started; `--install` gets one first.
A stay launches ``executable_path=browser.path, args=launch_arguments(loopback=…)`` and
``chromium_sandbox=sandboxed(loopback=…)``: without the last, Playwright itself adds ``--no-sandbox``.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import selectors
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Playwright

SETTING = "HARVESTER_BROWSER"

# Preferred first: a headless shell takes half the memory of Chromium and half the time to start.
SYSTEM = (
    "chromium-headless-shell",
    "headless_shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

APT_LISTS = Path("/var/lib/apt")

# What Playwright 1.65 switches off. It is repeated here because Chromium obeys only the last
# `--disable-features` on its command line, which is ours; a test compares it with Playwright's own list.
PLAYWRIGHT_DISABLES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)

# Features that call home, or fetch what no flow asked for.
CALLS_HOME = (
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "InterestFeedContentSuggestions",
    "OptimizationGuideModelDownloading",
    "OptimizationHintsFetching",
    "ServiceWorkerAutoPreload",
    "Translate",
)

QUIET = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--disable-features=" + ",".join((*PLAYWRIGHT_DISABLES, *CALLS_HOME)),
)


class NoBrowser(Exception):
    """No browser may or can be started; the message is one sentence for a person.

    `noise` is what the commands that tried to install one printed.
    """

    def __init__(self, sentence: str, noise: str = "") -> None:
        super().__init__(sentence)
        self.noise = noise


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium that answered when it was asked for its version."""

    path: Path
    kind: Literal["headless-shell", "chromium", "chrome"]
    version: str

    def __str__(self) -> str:
        return f"{self.kind} {self.version} ({self.path})"


def find_browser(driver: Playwright | None = None) -> Browser | None:
    """The browser to start: the setting's, else Playwright's own, else the system's, else None.

    Each candidate is asked for its version (at most 20 s), so one that lacks a library is passed over.
    `driver` is the running Playwright, where there is one. Raises NoBrowser if the setting names none.
    """
    if setting := os.environ.get(SETTING):
        return _of_setting(setting)
    installed = (path for name in SYSTEM if (path := shutil.which(name)))
    candidates = (*_playwrights_own(driver), *map(Path, installed))
    return next((browser for path in candidates if (browser := _asked(path))), None)


def install_browser() -> Browser:
    """The browser that is there, else one from Playwright, else (as root on Debian or Ubuntu) from apt.

    Takes seconds without a network, minutes with a slow one. Raises NoBrowser with the command to type.
    """
    if browser := find_browser():
        return browser
    noise = ""
    with _alone():
        for commands in _ways():
            for command in commands:
                done, printed = _run(command)
                noise += printed
                if not done:
                    break
            if browser := find_browser():
                return browser
    raise NoBrowser(_advice(), noise)


def sandboxed(*, loopback: bool) -> bool:
    """Whether the browser runs in its sandbox: always, but for root at a mock portal on loopback.

    Chromium has no sandbox for root. Raises NoBrowser as root when the portal is not on loopback.
    """
    if os.geteuid() != 0:
        return True
    if loopback:
        return False
    raise NoBrowser(
        "Will not start a browser as root against a real portal, since Chromium has no sandbox for root: "
        "run this as an ordinary user."
    )


def launch_arguments(*, loopback: bool) -> list[str]:
    """Chromium's flags for a stay: nothing calls home, all traffic stays where the guard sees it.

    `loopback` says that the portal is a mock on this machine. Raises NoBrowser as `sandboxed` does.
    """
    return [*QUIET, *([] if sandboxed(loopback=loopback) else ["--no-sandbox"])]


def _of_setting(setting: str) -> Browser:
    path = shutil.which(Path(setting).expanduser())
    if path is None:
        raise NoBrowser(f"{SETTING} is {setting}, which is not a program that can be run.")
    browser = _asked(Path(path))
    if browser is None:
        raise NoBrowser(f"{SETTING} is {setting}, which did not say its version as Chromium does.")
    return browser


def _playwrights_own(driver: Playwright | None = None) -> list[Path]:
    """Browsers that `playwright install` has put on this disk, the headless shell first."""
    if driver is None:
        with sync_playwright() as started:
            return _playwrights_own(started)
    full = Path(driver.chromium.executable_path)  # where it would be: …/chromium-1255/chrome-linux64/chrome
    shells: list[Path] = []
    for folder in full.parents:
        if folder.name.startswith("chromium-"):
            beside = folder.with_name(folder.name.replace("chromium-", "chromium_headless_shell-"))
            shells = [*beside.glob("*/chrome-headless-shell"), *beside.glob("*/headless_shell")]
    return [path for path in (*shells, full) if os.access(path, os.X_OK)]


def _asked(path: Path) -> Browser | None:
    try:
        answer = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    version = re.search(r"\d+(\.\d+)+", answer)
    if version is None:
        return None
    if "headless" in path.name:
        return Browser(path, "headless-shell", version[0])
    return Browser(path, "chromium" if "chromium" in answer.lower() else "chrome", version[0])


def _ways() -> Iterator[list[list[str]]]:
    """Commands that may bring a browser, the cheapest for the user first; taken until one is there."""
    playwright = [sys.executable, "-m", "playwright"]
    yield [[*playwright, "install", "--only-shell", "chromium"]]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    if _playwrights_own():  # it was downloaded, and lacks libraries
        yield [[*playwright, "install-deps", "chromium-headless-shell"]]
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends"]
    yield [[*apt, "update"], [*install, "chromium-headless-shell"]]
    yield [[*install, "chromium"]]


def _run(command: Sequence[str], silence: float = 60) -> tuple[bool, str]:
    """Whether it succeeded, and what it printed; killed with its children after `silence` seconds without."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}
    printed = f"$ {' '.join(command)}\n".encode()
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment | os.environ,
            start_new_session=True,
        ) as child,
        selectors.DefaultSelector() as output,
    ):
        assert child.stdout is not None
        output.register(child.stdout, selectors.EVENT_READ)
        try:
            while said := output.select(silence):
                if not (piece := os.read(child.stdout.fileno(), 65536)):
                    break
                printed += piece
            if said:
                child.wait(silence)
            else:
                printed += f"(stopped: it had printed nothing for {silence:.0f} s)\n".encode()
        except subprocess.TimeoutExpired:
            printed += b"(stopped: it had closed its output and gone on)\n"
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
    return child.returncode == 0, printed.decode(errors="replace")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock that keeps two set-ups from running apt at the same time; apt's own gives up at once."""
    if os.geteuid() != 0 or not APT_LISTS.is_dir():
        yield
        return
    handle = os.open(APT_LISTS, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _advice() -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    if _playwrights_own():
        command = f"{sudo}{sys.executable} -m playwright install-deps chromium-headless-shell"
    elif platform.system() == "Darwin":
        command = "brew install --cask chromium"
    elif shutil.which("apt-get"):
        command = f"{sudo}apt-get install chromium-headless-shell"
    elif shutil.which("dnf"):
        command = f"{sudo}dnf install chromium-headless"
    else:
        command = f"{sys.executable} -m playwright install chromium"
    return f"No browser was found: type `{command}`, or set {SETTING} to the path of a Chromium or Chrome."


def main(arguments: Sequence[str]) -> int:
    """Print the browser in one line and return 0, or say in one sentence why there is none and return 1."""
    if not set(arguments) <= {"--install"}:
        print("usage: python -m harvester.visit.browser [--install]", file=sys.stderr)
        return 2
    try:
        browser = install_browser() if arguments else find_browser()
        if browser is None:
            raise NoBrowser(_advice())
    except NoBrowser as error:
        print(error.noise, error, sep="", file=sys.stderr)
        return 1
    print(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
