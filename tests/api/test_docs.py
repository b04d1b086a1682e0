"""The page at /v1/docs lists every endpoint, and works in a browser under the site's policy."""

from __future__ import annotations

from html import unescape

import httpx
import pytest

from tests.api.conftest import Site
from tests.live.browser import FLAGS, chromium_needed
from wukongsite.api.docs import PYTHON


def test_every_endpoint_is_on_the_page(site: Site) -> None:
    page = httpx.get(f"{site.url}/v1/docs", trust_env=False)
    text = unescape(page.text)
    assert "cdn" not in text
    assert "unsafe" not in page.headers["content-security-policy"]
    document = httpx.get(f"{site.url}/v1/openapi.json", trust_env=False).json()
    routes = {f"{method} {path}" for path, found in document["paths"].items() for method in found}
    assert routes == set(PYTHON)
    for route in routes:
        assert PYTHON[route] in text
        assert f"<code>{route.split()[1]}</code>" in text
    assert "adapter_options" in text


@pytest.mark.browser
def test_trying_an_endpoint_out(site: Site) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = chromium_needed()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 360, "height": 800})
        complaints: list[str] = []
        page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda one: None if one.url.startswith(site.url) else complaints.append(one.url),
        )
        page.goto(f"{site.url}/v1/docs")
        form = page.locator('form[data-path="/v1/models"]')
        page.locator("details", has=form).locator("summary").click()
        form.locator("button").click()
        assert "key" in form.locator("[data-status]").inner_text()
        page.fill("#api-key", site.key("alice"))
        form.locator("button").click()
        form.locator("[data-answer]").wait_for(state="visible")
        page.wait_for_function(
            "form => form.querySelector('[data-status]').textContent.startsWith('200')",
            arg=form.element_handle(),
        )
        assert "smollm2-135m-instruct" in form.locator("[data-answer]").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()
    assert complaints == []
