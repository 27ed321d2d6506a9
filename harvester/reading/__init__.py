"""Reads a portal's pages: one reader for live, fetched and kept documents, and typed values of it."""

from harvester.reading.region import Cell, Record, Region, Table, unread

__all__ = ["Cell", "Record", "Region", "Table", "unread"]
