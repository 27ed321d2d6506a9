"""Runs one stay, as the office starts it: ``python -m harvester.visit``."""

import sys

from harvester.visit.stay import main

main(sys.argv[1:])
