"""Other ways to use the site: the keyboard alone, no JavaScript, two tabs, somebody else's pages."""

import pytest

from finetune.datasets import demo
from tests.conftest import wait_until
from tests.live.browser import PATIENCE_MS, last_reply, number, steps_drawn, wait_state
from tests.live.conftest import SMOLLM2, TINY
from tests.live.test_browser_main import SETTINGS, check_report

pytestmark = [pytest.mark.browser, pytest.mark.processes]
DIALOGUES = len(demo.path().read_text().splitlines())

WHERE = """
() => {
  const one = document.activeElement;
  const words = one.labels?.[0]?.innerText || one.ariaLabel || one.innerText || "";
  return [one.tagName, one.name || "", words.trim()];
}
"""


def tab_to(page, words="", name="", most=90):
    """Press Tab until the focus is where it is wanted; it may never be nowhere on the way."""
    for _ in range(most):
        tag, found, text = page.evaluate(WHERE)
        if (name and found == name) or (words and words in text and tag not in {"BODY", "MAIN"}):
            return
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body"), (
            f"lost before {words}{name}"
        )
    pytest.fail(f"the Tab key does not reach {words or name} on {page.url}")


def press(page, words, key="Enter"):
    tab_to(page, words)
    page.keyboard.press(key)


@pytest.mark.slow
def test_with_the_keyboard_alone(window):
    with window(None) as person:
        page = person.go("/sign-in/")
        tab_to(page, name="username")
        page.keyboard.type("bob")
        page.keyboard.press("Tab")
        page.keyboard.type("bob-has-a-password")
        page.keyboard.press("Enter")
        page.wait_for_url(person.studio.url + "/")

        # the skip link, then data by the links of the page
        page.keyboard.press("Tab")
        assert page.evaluate(WHERE)[2] == "Skip to content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        press(page, "Add data")
        page.wait_for_url("**/data/new/")
        tab_to(page, name="file")
        page.set_input_files("[name=file]", demo.path())
        press(page, "Upload and check")
        check_report(page, DIALOGUES)

        # a run: a list, a text and a button
        press(page, "Start a run with this")
        page.wait_for_url("**/runs/new/**")
        tab_to(page, name="base")
        page.keyboard.type("Tiny")
        assert page.input_value("[name=base]") == TINY
        for name, value in SETTINGS.items():
            if page.locator(f"[name={name}]").is_visible():
                tab_to(page, name=name)
                page.keyboard.press("Control+A")
                page.keyboard.type("3000" if name == "steps" else value)
        press(page, "Start the run")
        page.wait_for_url("**/runs/ftjob-*/")
        page.wait_for_function(
            "() => window.testCharts.loss.series[0].x.length > 3", timeout=PATIENCE_MS
        )
        canvas = page.locator("[data-chart=loss] canvas")
        canvas.focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")
        assert canvas.get_attribute("aria-label").startswith("Step ")
        page.evaluate("document.querySelector('.skip').focus()")
        press(page, "Cancel")
        wait_state(page, "cancelled")
        assert page.evaluate("document.activeElement !== document.body"), "lost with the button"

        # chat: Shift+Enter breaks the line, Enter sends, Escape stops
        page.evaluate("document.querySelector('.skip').focus()")
        press(page, "Chat")
        page.wait_for_url("**/chat/")
        assert page.evaluate(WHERE)[1] == "text"
        page.evaluate("document.querySelector('.skip').focus()")
        tab_to(page, name="assistant")
        page.keyboard.type("Smol")  # the slow one, so that there is time to stop it
        assert page.input_value("[name=assistant]") == SMOLLM2
        tab_to(page, name="text")
        page.keyboard.type("First line")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("and a second one. Tell me a long story.")
        page.keyboard.press("Enter")
        page.wait_for_url("**/chat/*-*/")
        said = page.locator(".said-text").inner_text()
        assert said == "First line\nand a second one. Tell me a long story."
        page.wait_for_function("() => document.querySelector('.reply [data-text]')?.textContent")
        page.keyboard.press("Escape")
        last_reply(page, state="stopped")
        assert page.evaluate(WHERE)[1] == "text"
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement !== document.body")
        person.watch.assert_quiet()


@pytest.mark.usefixtures("training_file")
def test_what_was_typed_before_the_scripts_came_is_counted(window):
    with window("alice") as person:
        page, held = person.page, []
        page.route("**/htmx-4.min*.js", lambda route: held.append(route))  # noqa: PLW0108
        page.goto(person.studio.url + "/runs/new/", wait_until="commit")
        page.fill("[name=qtha-r]", "6")
        before = number(page.locator(".summary-count b").inner_text())
        page.route("**/htmx-4.min*.js", lambda route: route.continue_())
        held.pop().continue_()
        wait_until(lambda: number(page.locator(".summary-count b").inner_text()) != before)
        typed = number(page.locator(".summary-count b").inner_text())

        # And after a reload, where the browser puts back what was typed or begins anew.
        page.reload()
        wanted = {"6": typed}.get(page.input_value("[name=qtha-r]"), before)
        wait_until(lambda: number(page.locator(".summary-count b").inner_text()) == wanted)
        person.watch.assert_quiet()


@pytest.mark.slow
def test_without_javascript(window, studio):
    with window(None, java_script_enabled=False) as person:
        page = person.go("/sign-in/")
        page.fill("[name=username]", "bob")
        page.fill("[name=password]", "bob-has-a-password")
        page.get_by_role("button", name="Sign in").click()

        person.go("/data/new/")
        page.set_input_files("[name=file]", demo.path())
        page.fill("[name=name]", "Without a script")
        page.get_by_role("button", name="Upload and check").click()
        page.wait_for_url("**/data/file-*/")
        start = page.get_by_role("link", name="Start a run with this")
        wait_until(lambda: start.count() or (page.wait_for_timeout(300), page.reload())[0])
        assert str(DIALOGUES) in page.locator(".figures").inner_text()

        start.click()
        page.select_option("[name=base]", TINY)
        for name, value in SETTINGS.items():
            page.locator(f"[name={name}]").evaluate(
                "(one, value) => { one.value = value; }", "9000" if name == "steps" else value
            )
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_url("**/runs/ftjob-*/")
        address = page.url
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_load_state()
        state = page.locator("#run-status")

        def cancelled():
            page.goto(address)
            return state.get_attribute("data-state") == "cancelled"

        wait_until(cancelled, every=0.3)

        person.go("/chat/")
        page.select_option("[name=assistant]", TINY)
        page.fill("#text", "Can you hear me without a script?")
        page.get_by_role("button", name="Send").click()
        page.wait_for_url("**/chat/*-*/**", timeout=PATIENCE_MS)
        assert page.locator(".reply").get_attribute("data-state") == "done"
        assert page.locator(".reply [data-text]").inner_text().strip()
        assert not person.watch.foreign


@pytest.mark.slow
def test_two_tabs_show_the_same(window, launch):
    job_id = launch(steps=60)
    with window("alice") as person, window("bob") as colleague:
        first = person.go(f"/runs/{job_id}/")
        second = colleague.go(f"/runs/{job_id}/")
        for page in (first, second):
            wait_state(page, "succeeded")
            assert steps_drawn(page) == list(range(1, 61))
        figures = [page.locator("#run-status").inner_text() for page in (first, second)]
        assert figures[0] == figures[1]

        # a conversation in two tabs of one person: each shows what the other sends
        first = person.go("/chat/")
        first.select_option("[name=assistant]", TINY)
        first.fill("#text", "Said in the first tab.")
        first.keyboard.press("Enter")
        first.wait_for_url("**/chat/*-*/")
        last_reply(first)
        talk = person.path()
        second = person.tab(talk)
        second.fill("#text", "Said in the second tab.")
        second.keyboard.press("Enter")
        first.get_by_text("Said in the second tab.").first.wait_for()
        assert last_reply(first) == last_reply(second)
        count = ".turn .said-text"
        assert first.locator(count).all_inner_texts() == second.locator(count).all_inner_texts()
        person.watch.assert_quiet()

        # what is hers alone is not there for others
        answer = colleague.page.goto(colleague.studio.url + talk)
        assert answer.status == 404
    with window("charlie") as stranger:
        for path in (f"/runs/{job_id}/", talk):
            answer = stranger.page.goto(stranger.studio.url + path)
            assert answer.status == 404
            assert stranger.page.locator("h1").count() == 1
            assert job_id not in stranger.page.content().replace(path, "")
