"""One module (or small folder) a portal; what portals of one vendor share is in `_platforms`."""
