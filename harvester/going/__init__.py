"""Drives pages: finds controls by what stands beside them, chooses, fills, waits, scrolls, turns pages."""

from harvester.going.controls import Place, control
from harvester.going.filling import choose, fill, fill_day
from harvester.going.frames import frame
from harvester.going.lists import collect, more

__all__ = ["Place", "choose", "collect", "control", "fill", "fill_day", "frame", "more"]
