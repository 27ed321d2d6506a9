"""Looks up claims and coverage on payers' web portals, as each member of staff, and keeps what it read."""
