"""Crawlee with assets blocked and four pages at once."""

from scripts.bench.job import contestant
from scripts.bench.peers.crawling import tuned

if __name__ == "__main__":
    contestant(tuned)
