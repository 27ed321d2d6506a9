"""Scrapy with scrapy-playwright: assets blocked, four pages at once.

Signs in on the page of its first request; the others share that page's browser context, and so its cookies.
Scrapy's own cookies and headers are off: the first would replace the browser's, and with the second no form
can be sent from a page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import scrapy
from playwright.async_api import Request as Asked
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from scripts.bench.job import Found, Job, contestant, now
from scripts.bench.peers.crawling import sign_in
from scripts.bench.peers.page import PAGES, ROWS, UNWANTED, WHERE, words
from scripts.bench.records import read


def unwanted(asked: Asked) -> bool:
    return asked.resource_type in UNWANTED


class Claims(scrapy.Spider):
    """Signs in, then reads every claim."""

    name = "claims"

    def __init__(self, job: Job, kept: dict[str, Any], **rest: Any) -> None:
        super().__init__(**rest)
        self.job, self.kept = job, kept

    async def start(self) -> AsyncIterator[scrapy.Request]:
        meta = {"playwright": True, "playwright_include_page": True}
        yield scrapy.Request(f"{self.job.address}/signin", self.entering, meta=meta)

    async def entering(self, response: Response) -> AsyncIterator[scrapy.Request]:
        page = response.meta["playwright_page"]
        await sign_in(page, self.job)
        await page.close()
        self.kept["entered"] = now()
        for address in self.job.pages:
            yield scrapy.Request(address, self.claim, meta={"playwright": True})

    def claim(self, response: Response) -> None:
        facts = {name: self.text(response.xpath(where)) for name, where in WHERE.items()}
        rows = [[self.text(cell) for cell in row.xpath("./td")] for row in response.xpath(ROWS)]
        self.kept["claims"].append(read({name: words(name, text) for name, text in facts.items()}, rows))
        self.kept["finished"] = now()

    @staticmethod
    def text(found: Any) -> str:
        return str(found.xpath("string()").get())


def work(job: Job) -> Found:
    kept: dict[str, Any] = {"claims": []}
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    process = CrawlerProcess(
        {
            "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
            "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
            "COOKIES_ENABLED": False,
            "CONCURRENT_REQUESTS": PAGES,
            "CONCURRENT_REQUESTS_PER_DOMAIN": PAGES,
            "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": PAGES,
            "PLAYWRIGHT_ABORT_REQUEST": unwanted,
            "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
            "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": job.browser, "chromium_sandbox": job.sandbox},
            "LOG_LEVEL": "WARNING",
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(Claims, job=job, kept=kept)
    process.start()
    return Found(kept["claims"], kept["entered"], kept["finished"])


if __name__ == "__main__":
    contestant(work)
