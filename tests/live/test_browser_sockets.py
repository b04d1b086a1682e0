"""A page whose socket is lost comes back where it was, and stops when its thing is gone."""

import pytest

from tests.live.browser import last_reply, wait_state
from tests.live.conftest import TINY

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LOST, GONE = 1012, 4404


class Line:
    """The sockets of a page: the first is lost at once, the others reach the site."""

    def __init__(self, page, pattern):
        self.page = page
        self.routes = []
        page.clock.install()
        page.route_web_socket(pattern, self.opened)

    def opened(self, route):
        self.routes.append(route)
        if len(self.routes) == 1:
            route.close(code=LOST)
        else:
            route.connect_to_server()

    def end(self):
        """The site says that there is nothing here any more."""
        self.routes[-1].close(code=GONE)

    def assert_stays_ended(self):
        """A minute later, and with the page in front again, nothing has been tried."""
        before = len(self.routes)
        self.page.clock.fast_forward(60_000)
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        self.page.evaluate("new Promise(requestAnimationFrame)")
        assert len(self.routes) == before


def test_a_run_is_followed_again_from_the_event_seen_last(alice_window, launch):
    line = Line(alice_window.page, "**/ws/runs/**")
    page = alice_window.go(f"/runs/{launch(steps=5)}/")
    cursor = page.evaluate("JSON.parse(document.getElementById('run-series').textContent).cursor")
    wait_state(page, "succeeded")
    assert len(line.routes) == 2
    assert line.routes[1].url.endswith(f"?after={cursor}")
    assert [one.get_attribute("hidden") for one in page.query_selector_all("#run-connection")] == [
        ""
    ]

    line.end()
    page.wait_for_selector("#run-connection[data-state=gone]")
    line.assert_stays_ended()


def test_a_conversation_is_followed_again(alice_window):
    line = Line(alice_window.page, "**/ws/chat/**")
    page = alice_window.go("/chat/")
    page.select_option("[name=assistant]", TINY)
    page.fill("#text", "Is somebody there?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chat/*-*/")
    page.wait_for_selector("#chat[data-live=true]")
    last_reply(page)
    assert len(line.routes) == 2
    assert page.is_hidden("#link-state")

    page.fill("#text", "And still?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-2")
    last_reply(page)
    assert page.input_value("#text") == ""

    line.end()
    page.wait_for_selector("#link-state:not([hidden])")
    assert page.inner_text("#link-state") == "This conversation is not there any more."
    line.assert_stays_ended()
