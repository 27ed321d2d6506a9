"""Ours where pages would have to be rendered: every page is opened in the one tab and read as it is shown.

For comparison only. It runs in this process and not in a stay's child, since a stay cannot be told to render
what its flow fetches; browser, egress, guard, flow, reader and checks are the product's.
"""

from __future__ import annotations

from collections.abc import Mapping
from unittest.mock import patch
from urllib.parse import urlencode

from playwright.sync_api import Page

from flows.cascadia import FLOW
from harvester.flow import Portal, User
from harvester.reading import Region, pages
from harvester.visit import lookups
from harvester.visit.stay import browsing
from scripts.bench.job import Found, Job, contestant, now
from scripts.bench.ours import asked, record
from scripts.bench.records import Record


def render(portal: Portal, page: Page, path: str, query: Mapping[str, str] | None = None) -> Region:
    """Open the page where the flow would fetch it."""
    page.goto(f"{path}?{urlencode(query)}" if query else path)
    return pages.live(page, portal.signs)


def work(job: Job) -> Found:
    """Read the claims in one tab."""
    user = User(job.user, job.tin.replace("-", ""), "", "", lambda kind: _secret(job, kind))
    claims: list[Record] = []
    with patch.object(Portal, "fetch", render), browsing(FLOW.portal, job.address) as (browser, guard):
        page = browser.new_context(base_url=job.address, service_workers="block").new_page()
        FLOW.sign_in(page, user)
        guard.phase = "reading"
        entered = now()
        for claim in job.claims:
            with pages.journal():
                claims.append(record(lookups.answer(FLOW, page, asked(claim, job.tin))))
        finished = now()
        guard.phase = "leaving"
        FLOW.sign_out(page)
    return Found(claims, entered, finished)


def _secret(job: Job, kind: str) -> str:
    return job.password if kind == "password" else job.code


if __name__ == "__main__":
    contestant(work)
