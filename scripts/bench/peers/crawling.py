"""Crawlee's PlaywrightCrawler: signs in with its first request and reads the claims with the others.

All requests share one session, as Crawlee's guide to signing in has it: a session pool of one that does not
rotate. Its pages share a browser context, and the session carries the cookies into the next browser
when Crawlee replaces the first one after a hundred pages.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from crawlee import ConcurrencySettings, Request
from crawlee.crawlers import PlaywrightCrawler, PlaywrightCrawlingContext, PlaywrightPreNavCrawlingContext
from crawlee.sessions import SessionPool
from playwright.async_api import Page

from scripts.bench.job import Found, Job, now
from scripts.bench.peers.page import PAGES, ROWS, WHERE, words
from scripts.bench.records import Record, read


async def sign_in(page: Page, job: Job) -> None:
    await page.get_by_label("User ID").fill(job.user)
    await page.get_by_label("Password").fill(job.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("Verification code").fill(job.code)
    await page.get_by_role("button", name="Verify").click()
    await page.get_by_role("radio", name=job.practice).check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()
    await page.get_by_role("dialog").wait_for(state="detached")


async def claim(page: Page) -> Record:
    facts = {
        name: words(name, await page.locator(f"xpath={where}").inner_text()) for name, where in WHERE.items()
    }
    rows = await page.locator(f"xpath={ROWS}").all()
    return read(facts, [await row.locator("td").all_inner_texts() for row in rows])


async def crawled(job: Job, settings: dict[str, Any], *, blocking: bool) -> Found:
    crawler = PlaywrightCrawler(
        browser_launch_options={"executable_path": job.browser, "chromium_sandbox": job.sandbox},
        session_pool=SessionPool(
            max_pool_size=1,
            create_session_settings={
                "max_age": timedelta(hours=2),
                "max_usage_count": 10_000,
                "max_error_score": 100,
            },
        ),
        **settings,
    )
    entered: list[float] = []

    @crawler.router.handler("sign in")
    async def first(context: PlaywrightCrawlingContext) -> None:
        await sign_in(context.page, job)
        entered.append(now())
        await context.add_requests(job.pages)

    @crawler.router.default_handler
    async def other(context: PlaywrightCrawlingContext) -> None:
        await context.push_data(await claim(context.page))

    if blocking:

        @crawler.pre_navigation_hook
        async def block(context: PlaywrightPreNavCrawlingContext) -> None:
            await context.block_requests(extra_url_patterns=[".woff2", ".mp4", ".webm"])

    await crawler.run([Request.from_url(f"{job.address}/signin", label="sign in")])
    finished = now()
    data = await crawler.get_data()
    return Found(data.items, entered[0], finished)


def default(job: Job) -> Found:
    """Crawl as Crawlee does by itself."""
    return asyncio.run(crawled(job, {}, blocking=False))


def tuned(job: Job) -> Found:
    """Crawl with assets blocked and four pages at once."""
    pages = ConcurrencySettings(min_concurrency=PAGES, desired_concurrency=PAGES, max_concurrency=PAGES)
    return asyncio.run(crawled(job, {"concurrency_settings": pages}, blocking=True))
