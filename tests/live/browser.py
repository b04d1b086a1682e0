"""A real Chromium for the browser tests: people signed in, and a watch over what pages do."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.live.conftest import Studio

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = PATIENCE * 1000
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

# Before the page's own scripts: report violations of the policy, and keep hold of the charts.
INIT = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
let given;
Object.defineProperty(window, "WukongChart", {
  configurable: true,
  get: () => given,
  set(value) {
    class Kept extends value.Chart {
      constructor(...all) {
        super(...all);
        (window.testCharts ??= {})[this.figure.dataset.chart] = this;
      }
    }
    given = { ...value, Chart: Kept };
  },
});
"""


def chromium_path() -> str | None:
    """The browser of `WUKONG_TEST_CHROMIUM`, or the first one on the path."""
    chosen = os.environ.get("WUKONG_TEST_CHROMIUM")
    if chosen:
        return chosen
    return next((found for found in map(shutil.which, NAMES) if found), None)


def chromium_needed() -> str:
    """The browser; without one the test is skipped, or fails where a browser is required."""
    path = chromium_path()
    if path:
        return path
    words = f"no Chromium found on the path (looked for {', '.join(NAMES)})"
    if os.environ.get("WUKONG_TEST_BROWSER") == "required":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file. It ends with the file: Playwright keeps an event loop
    running in this thread, which asynchronous tests of other files could not bear."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_needed(), args=FLAGS)
        yield launched
        launched.close()


@dataclass
class Watch:
    """What the pages of one context said and asked for."""

    origin: str
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    loads: int = 0

    def follow(self, page: Page) -> None:
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        page.on("request", self.asked)
        page.on("websocket", self.opened)
        page.on("domcontentloaded", self.loaded)

    def loaded(self, _page: Page) -> None:
        self.loads += 1

    def said(self, message: Any) -> None:
        if message.type in {"error", "warning", "assert"}:
            where = message.location.get("url", "")
            self.console.append(f"{message.type}: {message.text} ({where})")

    def asked(self, request: Any) -> None:
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.foreign.append(request.url)

    def opened(self, socket: Any) -> None:
        if not socket.url.startswith(self.origin.replace("http", "ws", 1) + "/"):
            self.foreign.append(socket.url)
        socket.on("framereceived", self.received)

    def received(self, frame: Any) -> None:
        self.frames.append(json.loads(frame))

    def run_events(self, kind: str) -> list[dict[str, Any]]:
        """The data of the run events of one type, in the order in which they came."""
        batches = [frame["events"] for frame in self.frames if frame["type"] == "events"]
        return [event["data"] for batch in batches for event in batch if event["type"] == kind]

    def assert_quiet(self, allowed: str = "") -> None:
        """No console message (but those that match `allowed`), no request to elsewhere."""
        loud = [line for line in self.console if not (allowed and re.search(allowed, line))]
        assert not loud, loud
        assert not self.foreign, self.foreign


@dataclass
class Person:
    """Somebody's browser window."""

    studio: Studio
    context: BrowserContext
    page: Page
    watch: Watch

    def go(self, path: str) -> Page:
        self.page.goto(self.studio.url + path)
        return self.page

    def tab(self, path: str) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        self.watch.follow(page)
        page.goto(self.studio.url + path)
        return page

    def path(self) -> str:
        return self.page.url.removeprefix(self.studio.url)


@pytest.fixture(scope="module")
def window(browser: Browser, studio: Studio) -> Callable[..., Any]:
    """Open a window of somebody; `None` is a stranger."""

    @contextmanager
    def opened(who: str | None = "alice", **options: Any) -> Iterator[Person]:
        context = browser.new_context(
            viewport=options.pop("viewport", WIDE), reduced_motion="reduce", **options
        )
        context.set_default_timeout(60_000)
        if options.get("java_script_enabled", True):
            context.add_init_script(INIT)
        if who:
            cookies = studio.cookies(who).items()
            context.add_cookies([{"name": n, "value": v, "url": studio.url} for n, v in cookies])
        watch = Watch(studio.url)
        page = context.new_page()
        watch.follow(page)
        try:
            yield Person(studio, context, page, watch)
        except BaseException:
            keep_picture(page)
            raise
        finally:
            context.close()

    return opened


@pytest.fixture
def alice_window(window: Callable[..., Any]) -> Iterator[Person]:
    with window("alice") as person:
        yield person


def keep_picture(page: Page) -> None:
    """With `WUKONG_TEST_SHOTS` set, what was on the screen when a test failed."""
    folder = os.environ.get("WUKONG_TEST_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/failed.png", full_page=True)


def number(words: str) -> int:
    """The first number of a text, whatever groups its digits."""
    found = re.search(r"\d[\d ,\u202f\u00a0]*", words)
    assert found, words
    return int(re.sub(r"\D", "", found[0]))


def steps_drawn(page: Page) -> list[int]:
    """The steps of the training curve as the chart holds them."""
    return list(page.evaluate("() => [...window.testCharts.loss.series[0].x]"))


def wait_state(page: Page, state: str) -> None:
    """Wait until a run's page shows the state; if it never does, say what it shows instead."""
    with explained(page, f"the run is not shown as {state} after {PATIENCE:.0f} s"):
        page.wait_for_selector(
            f'#run-status[data-state="{state}"]', state="attached", timeout=PATIENCE_MS
        )


def last_reply(page: Page, state: str = "done") -> str:
    """Wait until the last turn's replies are in a state; the text of the last one."""
    with explained(page, f"the last replies are not {state} after {PATIENCE:.0f} s"):
        page.wait_for_function(
            """(state) => {
              const replies = [...document.querySelectorAll("#turns > .turn:last-child .reply")];
              return replies.length && replies.every((one) => one.dataset.state === state);
            }""",
            arg=state,
            timeout=PATIENCE_MS,
        )
    return page.locator("#turns > .turn:last-child .reply [data-text]").last.inner_text()


SHOWN = """
() => {
  const words = (selector) => [...document.querySelectorAll(selector)].map((one) => one.innerText);
  const states = [...document.querySelectorAll("[data-state]")].slice(0, 12);
  return {
    states: states.map((one) => `${one.id || one.className}: ${one.dataset.state}`),
    status: words("#run-status, #turns > .turn:last-child"),
    connection: words("#run-connection, #link-state"),
    log: words("#run-log > li").slice(-8),
  };
}
"""


@contextmanager
def explained(page: Page, words: str) -> Iterator[None]:
    """Turn a wait that has run out into a failure that says what the page shows."""
    from playwright.sync_api import TimeoutError as OutOfTime

    try:
        yield
    except OutOfTime:
        keep_picture(page)
        shown = json.dumps(page.evaluate(SHOWN), indent=2, ensure_ascii=False)
        pytest.fail(f"{words}; {page.url} shows:\n{shown}")
