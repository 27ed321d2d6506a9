"""A plain Playwright script: signs in once, opens each claim's page, reads it by locators."""

from __future__ import annotations

from playwright.sync_api import Page, sync_playwright

from scripts.bench.job import Found, Job, contestant, now
from scripts.bench.peers.page import ROWS, WHERE, words
from scripts.bench.records import Record, read


def sign_in(page: Page, job: Job) -> None:
    page.goto(f"{job.address}/signin")
    page.get_by_label("User ID").fill(job.user)
    page.get_by_label("Password").fill(job.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Verification code").fill(job.code)
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("radio", name=job.practice).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("dialog").wait_for(state="detached")


def claim(page: Page) -> Record:
    facts = {name: words(name, page.locator(f"xpath={where}").inner_text()) for name, where in WHERE.items()}
    rows = page.locator(f"xpath={ROWS}").all()
    return read(facts, [row.locator("td").all_inner_texts() for row in rows])


def work(job: Job) -> Found:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=job.browser, chromium_sandbox=job.sandbox)
        page = browser.new_page()
        sign_in(page, job)
        entered, claims = now(), []
        for address in job.pages:
            page.goto(address)
            claims.append(claim(page))
        finished = now()
        browser.close()
    return Found(claims, entered, finished)


if __name__ == "__main__":
    contestant(work)
