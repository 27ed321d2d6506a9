"""The browser side: one process and one browser a stay, without database, keys or settings."""
