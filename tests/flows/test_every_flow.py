"""No flow is installed without a mock portal and a test of its own."""

from __future__ import annotations

import importlib
from pathlib import Path

from harvester import errors, registry
from harvester.testing import FlowContract
from harvester.testing.make_believe import MakeBelieve


def contracts() -> dict[str, type[FlowContract]]:
    """Return the contract tests of this folder, by portal."""
    modules = [
        importlib.import_module(f"tests.flows.{file.stem}")
        for file in Path(__file__).parent.glob("test_*.py")
    ]
    found = [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, FlowContract) and one is not FlowContract
    ]
    return {one.flow.portal.id: one for one in found}


def test_every_installed_flow_has_a_test_and_a_mock() -> None:
    flows, broken = registry.installed()
    assert broken == {}
    assert flows.keys() == contracts().keys()
    with MakeBelieve() as portals:
        assert flows.keys() == portals.addresses.keys()


def test_every_test_is_of_the_installed_flow() -> None:
    flows, _ = registry.installed()
    assert all(one.flow == flows[portal] for portal, one in contracts().items())


def test_every_trouble_that_needs_staff_ends_a_sign_in_at_some_mock() -> None:
    played = {end.trouble for one in contracts().values() for _, _, end in one.every_ending()}
    needs = {one for one in map(errors.named, errors._BY_NAME) if issubclass(one, errors.StaffNeeded)}
    # Nobody being there to enter a code is the office's to play, and a wrong password everybody's own test.
    assert needs - {errors.StaffNeeded, errors.CodeNeeded, errors.WrongPassword} <= played


def test_t_acc_10_every_mock_shuts_accounts_in_several_wordings() -> None:
    shut = [
        [value for _, value, end in one.every_ending() if end.trouble is errors.AccountLocked]
        for one in contracts().values()
    ]
    assert min(map(len, shut)) >= 3
    assert sum(map(len, shut)) >= 20


def test_the_readme_says_what_each_portal_offers() -> None:
    lines = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    (head,) = [row for row in rows if row[:2] == ["portal", "kind"]]
    kinds = [name.replace(" ", "_") for name in head[2:]]
    told = {
        row[0].strip("`"): {kind for kind, mark in zip(kinds, row[2:], strict=True) if mark == "✓"}
        for row in rows
        if len(row) == len(head) and row[0].startswith("`")
    }
    assert told == {portal: set(flow.offers) for portal, flow in registry.installed()[0].items()}
