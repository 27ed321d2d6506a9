"""Cascadia Mutual Health Plan: a regional plan's own portal, rendered on the server."""
