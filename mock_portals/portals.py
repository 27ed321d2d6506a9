"""Finds the portals: every folder here with a ``portal`` module that has a ``PORTAL``."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.util import find_spec

import mock_portals
from mock_portals.site import Portal


def portals() -> list[Portal]:
    """Return every portal of the kit, by folder name."""
    names = sorted(module.name for module in pkgutil.iter_modules(mock_portals.__path__) if module.ispkg)
    found = []
    for name in names:
        if find_spec(f"mock_portals.{name}.portal"):
            portal: Portal = importlib.import_module(f"mock_portals.{name}.portal").PORTAL
            found.append(portal)
    return found
