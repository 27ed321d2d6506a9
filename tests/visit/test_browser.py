"""Finding and starting Chromium: what is found in which order, and what is refused in which words."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import playwright
import pytest
from playwright.sync_api import Playwright

from harvester.visit import browser
from harvester.visit.browser import NoBrowser, find_browser, install_browser, launch_arguments, sandboxed

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a program that prints `says` and ends with `code`."""

    def write(name: str, says: str = "Chromium 156.0.8078.79", code: int = 0, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty PATH, no setting, and an ordinary user."""
    monkeypatch.delenv(browser.SETTING, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(browser, "SYSTEM", tuple(name for name in browser.SYSTEM if "/" not in name))
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.fixture
def driver(tmp_path: Path) -> Playwright:
    """A Playwright that would keep its browsers under tmp_path."""
    path = tmp_path / "ms-playwright/chromium-1255/chrome-linux64/chrome"
    return cast("Playwright", SimpleNamespace(chromium=SimpleNamespace(executable_path=str(path))))


OWN_CHROME = "ms-playwright/chromium-1255/chrome-linux64"
OWN_SHELL = "ms-playwright/chromium_headless_shell-1255/chrome-headless-shell-linux64"


def test_a_bare_machine_has_no_browser(driver: Playwright) -> None:
    assert find_browser(driver) is None


def test_the_setting_wins_over_all(
    driver: Playwright, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("chrome-headless-shell", folder=OWN_SHELL)
    program("chromium-headless-shell")
    chosen = program("my-chromium", folder="opt")
    monkeypatch.setenv(browser.SETTING, str(chosen))
    found = find_browser(driver)
    assert found is not None
    assert found.path == chosen


def test_playwrights_own_wins_over_the_systems(driver: Playwright, program: Program) -> None:
    own = program("chrome", "Google Chrome for Testing 159.0.8154.6", folder=OWN_CHROME)
    program("chromium-headless-shell")
    assert find_browser(driver) == browser.Browser(own, "chrome", "159.0.8154.6")


@pytest.mark.parametrize("name", ["chrome-headless-shell", "headless_shell"])
def test_playwrights_headless_shell_wins_over_its_chrome(
    name: str, driver: Playwright, program: Program
) -> None:
    program("chrome", folder=OWN_CHROME)
    shell = program(name, folder=OWN_SHELL)
    assert find_browser(driver) == browser.Browser(shell, "headless-shell", "156.0.8078.79")


def test_the_systems_are_taken_in_order_of_preference(driver: Playwright, program: Program) -> None:
    for name in reversed(browser.SYSTEM):
        path = program(name)
        found = find_browser(driver)
        assert found is not None
        assert found.path == path


@pytest.mark.parametrize(
    ("name", "says", "kind"),
    [
        ("chromium-headless-shell", "Chromium 156.0.8078.79", "headless-shell"),
        ("chromium", "Chromium 156.0.8078.79 built on Debian", "chromium"),
        ("google-chrome", "Google Chrome 156.0.8078.79", "chrome"),
    ],
)
def test_kind_and_version_are_what_the_program_says(
    name: str, says: str, kind: str, driver: Playwright, program: Program
) -> None:
    path = program(name, says)
    assert str(find_browser(driver)) == f"{kind} 156.0.8078.79 ({path})"


@pytest.mark.parametrize(
    ("says", "code"),
    [("error while loading shared libraries: libnss3.so", 127), ("requires the chromium snap", 0)],
)
def test_a_browser_that_does_not_start_is_passed_over(
    says: str, code: int, driver: Playwright, program: Program
) -> None:
    program("chromium-headless-shell", says, code)
    working = program("chromium")
    found = find_browser(driver)
    assert found is not None
    assert found.path == working


def test_a_setting_that_names_no_program_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(browser.SETTING, str(tmp_path))
    with pytest.raises(NoBrowser, match=rf"^HARVESTER_BROWSER is {tmp_path}, which is not a program .*\.$"):
        find_browser()


def test_a_setting_that_names_another_program_is_one_clear_sentence(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(browser.SETTING, str(program("ls", "ls: unrecognized option", 2)))
    with pytest.raises(NoBrowser, match=r"did not say its version as Chromium does\.$"):
        find_browser()


@pytest.fixture
def commands(driver: Playwright, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that installing ran; each fails, and prints its own name."""
    ran: list[str] = []

    def fail(command: list[str]) -> tuple[bool, str]:
        ran.append(" ".join(command))
        return False, f"{command[0]} failed\n"

    own = browser._playwrights_own
    monkeypatch.setattr(browser, "_playwrights_own", lambda _=None: own(driver))
    monkeypatch.setattr(browser, "_run", fail)
    return ran


def test_installing_takes_the_browser_that_is_there(commands: list[str], program: Program) -> None:
    path = program("chromium")
    assert install_browser().path == path
    assert commands == []


def test_an_ordinary_user_is_told_the_command_to_type(commands: list[str], program: Program) -> None:
    program("apt-get")
    with pytest.raises(NoBrowser, match=r"type `sudo apt-get install chromium-headless-shell`") as failure:
        install_browser()
    assert [command.partition(" -m ")[2] for command in commands] == [
        "playwright install --only-shell chromium"
    ]
    assert failure.value.noise.endswith("failed\n")


def test_root_on_debian_goes_on_to_apt(
    commands: list[str], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(browser, "APT_LISTS", Path("/nowhere"))
    with pytest.raises(NoBrowser, match=r"type `apt-get install chromium-headless-shell`"):
        install_browser()
    assert [command.split()[-1] for command in commands] == ["chromium", "update", "chromium"]


def test_a_download_that_lacks_libraries_is_given_them(
    commands: list[str], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("apt-get")
    program("chrome-headless-shell", "libnss3.so: cannot open", 127, folder=OWN_SHELL)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(browser, "APT_LISTS", Path("/nowhere"))
    with pytest.raises(NoBrowser, match=r"playwright install-deps"):
        install_browser()
    assert "install-deps" in commands[1]


def test_a_silent_command_is_stopped_with_its_children(program: Program, tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    silent = program("silent")
    silent.write_text(f"#!/bin/sh\nexec 3>{held}\necho begun >&3\n/bin/sleep 600 &\nwait\n")
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    done, printed = browser._run([str(silent)], silence=2)
    assert not done
    assert "printed nothing" in printed
    os.set_blocking(reader, True)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"begun\n", "its end comes when the last child that held the other side is gone"


def test_no_flag_turns_a_protection_off() -> None:
    weakening = re.compile(
        r"--(no-sandbox|disable-web-security|ignore-certificate|remote-debugging|user-data-dir)"
    )
    assert not [flag for flag in launch_arguments(loopback=False) if weakening.match(flag)]


@pytest.mark.parametrize("loopback", [True, False])
def test_an_ordinary_user_has_the_sandbox(loopback: bool) -> None:
    assert sandboxed(loopback=loopback)
    assert "--no-sandbox" not in launch_arguments(loopback=loopback)


def test_root_goes_without_the_sandbox_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert not sandboxed(loopback=True)
    assert "--no-sandbox" in launch_arguments(loopback=True)
    with pytest.raises(NoBrowser, match=r"^Will not start a browser as root against a real portal"):
        launch_arguments(loopback=False)


def test_what_playwright_disables_stays_disabled() -> None:
    """Chromium takes the last --disable-features alone, so ours must hold all of Playwright's."""
    sources = (Path(playwright.__file__).parent / "driver/package/lib").rglob("*.js")
    lists = [
        re.findall(r'^\s*"(\w+)"', found[1], flags=re.MULTILINE)
        for source in sources
        if (found := re.search(r"\bdisabledFeatures = \[(.*?)\]", source.read_text(), flags=re.DOTALL))
    ]
    assert lists
    assert set().union(*lists) == set(browser.PLAYWRIGHT_DISABLES)
    (ours,) = [flag for flag in launch_arguments(loopback=True) if flag.startswith("--disable-features=")]
    assert set(browser.PLAYWRIGHT_DISABLES) < set(ours.partition("=")[2].split(","))


def test_the_command_prints_the_browser_in_one_line(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = program("chromium")
    monkeypatch.setenv(browser.SETTING, str(path))
    assert browser.main([]) == 0
    assert capsys.readouterr().out == f"chromium 156.0.8078.79 ({path})\n"


@pytest.mark.usefixtures("commands")
def test_the_command_says_in_one_sentence_why_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert browser.main([]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"No browser was found: type `.+`, or set HARVESTER_BROWSER .+\.\n", printed.err)
