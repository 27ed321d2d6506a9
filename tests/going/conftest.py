"""The browser and the server that the reader's tests have, too."""

from tests.reading.conftest import desk, tab

__all__ = ["desk", "tab"]
