"""A browser for the tests that walk through the console."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers.running_system import RunningSystem

# Playwright's synchronous interface runs an event loop in this thread, in which Django would refuse the ORM.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PAGE_MS = 15_000


@pytest.fixture(scope="session")
def chromium_browser(chromium: str) -> Iterator[Browser]:
    """The Chromium of this machine, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture
def log_in(chromium_browser: Browser, running_system: RunningSystem) -> Iterator[Callable[[str], Page]]:
    """Open the console and log in as this account, each time in a browser context of its own."""
    contexts: list[BrowserContext] = []

    def open_page(login: str) -> Page:
        context = chromium_browser.new_context(base_url=running_system.base_url, locale="zh-CN")
        context.set_default_timeout(PAGE_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto("/account/login/")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", running_system.accounts[login])
        page.locator("form:has(input[name=password]) button").click()
        page.wait_for_url(lambda url: "/account/login/" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()
