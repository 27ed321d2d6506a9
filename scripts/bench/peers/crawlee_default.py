"""Crawlee with its default settings."""

from scripts.bench.job import contestant
from scripts.bench.peers.crawling import default

if __name__ == "__main__":
    contestant(default)
