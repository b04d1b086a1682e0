"""The page at /v1/docs: Swagger UI with every endpoint, to try out, under the site's policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api.conftest import Site, dialogues
from tests.live.browser import FLAGS, INIT, NARROW, WIDE, Watch, chromium_needed

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
CHAT, FILES, MODELS = "/v1/chat/completions", "/v1/files", "/v1/models"


@pytest.fixture(params=[NARROW, WIDE], ids=["narrow", "wide"])
def page(site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page as a stranger sees it; at the end nothing may have been complained of."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = chromium_needed()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page(viewport=request.param, reduced_motion="reduce")
        opened.add_init_script(INIT)
        watch = Watch(site.url)
        watch.follow(opened)
        opened.goto(f"{site.url}/v1/docs")
        opened.wait_for_selector(".opblock")
        yield opened
        assert opened.evaluate("document.documentElement.scrollWidth") <= request.param["width"]
        browser.close()
    watch.assert_quiet()


def endpoint(page: Page, method: str, path: str) -> Locator:
    """The block of one endpoint, unfolded and ready to be tried out."""
    exact = page.locator(f'.opblock-summary-path[data-path="{path}"]')
    block = page.locator(f".opblock-{method}").filter(has=exact)
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    return block


def answer(block: Locator, status: int) -> str:
    block.locator("button.execute").click()
    block.locator(".live-responses-table").wait_for()
    shown = block.locator(".live-responses-table tbody .response-col_status").first
    assert shown.inner_text().split()[0] == str(status)
    return block.locator(".live-responses-table .highlight-code").first.inner_text()


def sign_in(page: Page, key: str) -> None:
    page.click("button.authorize")
    page.fill("#auth-bearer-value", key)
    page.click(".auth-btn-wrapper .authorize")
    page.click(".btn-done")


def test_the_policy_stays_and_nothing_comes_from_elsewhere(site: Site) -> None:
    page = httpx.get(f"{site.url}/v1/docs", trust_env=False)
    assert "cdn" not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


def test_every_endpoint_is_on_the_page(site: Site, page: Page) -> None:
    document = httpx.get(f"{site.url}/v1/openapi.json", trust_env=False).json()
    routes = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert page.locator(".opblock").count() == len(routes)
    for method, path in routes:
        exact = page.locator(f'.opblock-summary-path[data-path="{path}"]')
        assert page.locator(f".opblock-{method}").filter(has=exact).count() == 1, (method, path)
    job = endpoint(page, "post", "/v1/fine_tuning/jobs")
    job.get_by_role("tab", name="Schema").first.click()
    job.get_by_text("adapter_options", exact=True).first.wait_for()


def test_trying_endpoints_out(site: Site, page: Page) -> None:
    sign_in(page, site.key("alice"))
    assert "smollm2-135m-instruct" in answer(endpoint(page, "get", MODELS), 200)
    upload = endpoint(page, "post", FILES)
    file: Any = {"name": "tried.jsonl", "mimeType": "application/json", "buffer": dialogues()}
    upload.locator("input[type=file]").set_input_files(file)
    assert '"filename": "tried.jsonl"' in answer(upload, 200)
    chat = endpoint(page, "post", CHAT)
    chat.locator("textarea.body-param__text").fill(
        '{"model": "smollm2-135m-instruct", "stream": true, "max_tokens": 4,'
        ' "messages": [{"role": "user", "content": "hello"}]}'
    )
    pieces = answer(chat, 200)
    assert "chat.completion.chunk" in pieces
    assert "[DONE]" in pieces
