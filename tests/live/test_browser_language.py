"""The pages in Chinese: they fit, are quiet and speak it; and the switch, without JavaScript too."""

import pytest

from tests.live.browser import NARROW, WIDE
from tests.live.test_browser_pages import AUDIT, PAGES, UNFOLD

pytestmark = [pytest.mark.browser, pytest.mark.processes]
WALK = ("sign-in", "chat-help", "home", "incognito", "your-chats", "note", "dataset", "run-new",
        "team", "quantum-explorer")  # fmt: skip
QUICK = {"chat-help", "your-chats", "run-new"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in WALK],
)
def test_a_page_in_chinese(window, rows, name):
    who, address, _ = PAGES[name]
    problems = []
    with window(who, locale="zh-CN") as person:
        for viewport in (WIDE, NARROW):
            person.page.set_viewport_size(viewport)
            page = person.go(address.format(**rows))
            page.wait_for_load_state("load")
            assert page.evaluate("document.documentElement.lang") == "zh-hans"
            assert page.evaluate("gettext('Copied.')") == "已复制。"
            for unfold in (True, False):
                found = page.evaluate(AUDIT, viewport is NARROW)
                problems += [f"{viewport['width']}: {one}" for one in found]
                page.evaluate(UNFOLD, unfold)
        person.watch.assert_quiet("")
    assert not problems, "\n".join(dict.fromkeys(problems))


@pytest.mark.parametrize("scripts", [True, False])
def test_the_language_is_switched_and_stays(window, scripts):
    with window(None, java_script_enabled=scripts) as person:
        page = person.go("/sign-in/?next=/data/")
        page.click(".language button[value=zh-hans]")
        page.wait_for_url("**/sign-in/?next=/data/")
        assert page.inner_text("h1") == "登录"
        assert person.go("/chat/help/").inner_text("h1") == "可以联系的人"
        page.click(".language button[value=en]")
        page.wait_for_url("**/chat/help/")
        assert page.inner_text("h1") == "People you can reach"


def test_an_incognito_talk_is_not_lost_to_the_switch(window):
    with window("alice", locale="zh-CN") as person:
        page = person.go("/chat/incognito/")
        assert page.is_visible(".language")
        page.fill("#text", "今天很累。")
        page.keyboard.press("Enter")
        page.wait_for_selector(".said-text")
        assert not page.is_visible(".language")
