"""The main job as a person does it: sign in by a link, upload, train, watch, talk, compare."""

import base64
import contextlib
import time

import pytest

from finetune.datasets import demo
from quantum.adapters.registry import ADAPTERS, reference_count
from tests.conftest import wait_until
from tests.live.browser import PATIENCE_MS, last_reply, number, steps_drawn, wait_state
from tests.live.conftest import SMOLLM2, TINY

pytestmark = [pytest.mark.browser, pytest.mark.processes]

DROP = """
(encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (sign) => sign.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "dropped dialogues.jsonl"));
  const target = document.querySelector("[data-drop]");
  for (const type of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(
      new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true })
    );
  }
}
"""
PEOPLE = """
from finetune.models import BaseModel, Team, User
from finetune.teams.services import sign_in_link_create, user_create
team = Team.objects.get(name="Team of alice")
dora = user_create(username="dora", team=team)
answer = [sign_in_link_create(user=dora), BaseModel.objects.get(slug="tiny-llama").shapes]
"""
SETTINGS = {
    "learning_rate": "0.01",
    "steps": "40",
    "batch_size": "2",
    "sequence_length": "128",
    "eval_every": "10",
    "eval_dialogues": "4",
    "save_every": "10",
}


def check_report(page, dialogues):
    """The page of a data set that has been read: figures, lengths, a preview."""
    page.wait_for_url("**/data/file-*/")
    page.get_by_role("link", name="Start a run with this").wait_for(timeout=PATIENCE_MS)
    assert number(page.locator(".figure", has_text="Dialogues").inner_text()) == dialogues
    assert number(page.locator(".figure", has_text="Tokens").inner_text()) > 1
    assert page.locator("svg.histogram rect").count() > 3
    assert page.locator(".preview").first.inner_text().strip()


def choose_tiny(page):
    """Fill the run form with a short run on the tiny base."""
    page.select_option("[name=base]", TINY)
    page.click("[data-preset=quick]")
    page.evaluate(
        "document.querySelectorAll('#run-form details').forEach((one) => one.open = true)"
    )
    for name, value in SETTINGS.items():
        page.fill(f"[name={name}]", value)


def counted(page, wanted):
    """Wait until the summary says the number."""
    place = page.locator(".summary-count b")
    wait_until(lambda: place.count() and number(place.inner_text()) == wanted)


def test_from_the_link_to_a_conversation(window, studio):
    link, shapes = studio.manage(PEOPLE)
    dialogues = len(demo.path().read_text().splitlines())
    with window(None) as person:
        page, watch = person.page, person.watch

        # a stranger, then the link, then the link again
        person.go("/data/")
        assert person.path().startswith("/sign-in/?next=/data/")
        page.goto(link)
        page.get_by_role("button", name="Sign in as dora").click()
        page.get_by_role("link", name="Not now").click()
        assert person.path() == "/"
        assert page.goto(link).status == 410
        watch.assert_quiet(allowed="410")
        watch.console.clear()

        # data, by the form
        person.go("/data/")
        page.locator("header").get_by_role("link", name="Upload data").click()
        page.set_input_files("[name=file]", demo.path())
        wait_until(lambda: page.input_value("[name=name]") == demo.path().stem)
        page.get_by_role("button", name="Upload and check").click()
        check_report(page, dialogues)

        # a run: the number of parameters follows what is typed
        page.get_by_role("link", name="Start a run with this").click()
        assert page.input_value("[name=dataset]") in page.url
        page.wait_for_load_state()
        choose_tiny(page)
        targets = page.eval_on_selector_all(
            "[name=targets]:checked", "(all) => all.map((one) => one.value)"
        )
        spec = ADAPTERS["qtha"]
        for rank in ("4", "8"):
            page.fill("[name=qtha-r]", rank)
            count = spec.count(shapes, targets, spec.validate({"r": int(rank), "n_layers": 1}))
            counted(page, count)
        assert number(page.locator(".summary-scale").inner_text().split(":")[1]) == (
            reference_count(shapes)
        )
        page.check("[name=adapter][value=lora]")
        page.fill("[name=lora-r]", "3")
        lora = ADAPTERS["lora"]
        targets = page.eval_on_selector_all(
            "[name=targets]:checked", "(all) => all.map((one) => one.value)"
        )
        counted(page, lora.count(shapes, targets, lora.validate({"r": 3})))
        page.check("[name=adapter][value=qtha]")
        page.fill("[name=name]", "A run of Dora's")
        page.fill("[name=qtha-r]", "4")
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_url("**/runs/ftjob-*/")

        # live, by the socket alone
        loads = watch.loads
        wait_until(lambda: len(watch.run_events("metrics")) >= 3 or page.wait_for_timeout(50), 60)
        first = steps_drawn(page)
        assert first == list(range(1, len(first) + 1))
        before = page.evaluate("window.testCharts.loss.canvas.toDataURL()")
        page.wait_for_function(
            "(least) => window.testCharts.loss.series[0].x.length > least", arg=len(first) + 2
        )
        assert page.evaluate("window.testCharts.loss.canvas.toDataURL()") != before
        assert number(page.locator("#run-status .progress-text").inner_text()) > 3
        assert watch.loads == loads, "the page was loaded again"

        # a reload in mid-run has the whole history, once
        page.reload()
        assert page.locator("#run-status").get_attribute("data-state") == "running"
        again = steps_drawn(page)
        assert again == list(range(1, len(again) + 1))
        assert len(again) >= len(first)
        wait_state(page, "succeeded")
        assert steps_drawn(page) == list(range(1, 41))
        checks = page.evaluate("() => [...window.testCharts.loss.series[1].x]")
        assert checks == [0, 10, 20, 30, 40]
        page.wait_for_function(
            "() => document.querySelector('.run-circuit img')?.naturalWidth > 100",
            timeout=PATIENCE_MS,
        )
        page.locator("#run-samples .sample-reply.tuned").first.wait_for()

        # talk to it
        link = page.get_by_role("link", name="Chat with it")
        wait_until(lambda: "assistant=ft" in link.get_attribute("href"))
        link.click()
        for box in ("I am 18 years old or older.", "I have read this"):
            page.get_by_label(box).check()
        page.get_by_role("button", name="Agree and go on").click()
        assert "A run of Dora's" in page.locator("[name=assistant] option:checked").inner_text()
        page.fill("#text", "I slept badly and I worry about my exam.")
        page.keyboard.press("Enter")
        page.wait_for_url("**/chat/*-*/")
        wait_until(
            lambda: [f for f in watch.frames if f["type"] == "text"] or page.wait_for_timeout(50)
        )
        assert last_reply(page).strip()
        page.get_by_role("button", name="Another reply").click()
        page.get_by_text("1 earlier reply").wait_for()
        last_reply(page)

        # both side by side
        person.go("/chat/")
        page.select_option("[name=assistant]", TINY)
        page.select_option("[name=compare]", label=person_option(page, "A run of Dora's"))
        page.fill("#text", "Why is it so hard to say no?")
        page.get_by_role("button", name="Send").click()
        page.wait_for_url("**/chat/*-*/")
        last_reply(page)
        left, right = page.locator(".replies.two .reply").all()
        assert abs(left.bounding_box()["y"] - right.bounding_box()["y"]) < 2
        assert left.bounding_box()["x"] < right.bounding_box()["x"]
        assert "A run of Dora's" not in page.locator(".talk").inner_text()
        # What a tiny random model writes seldom passes the gate; where nothing of both does, nobody is
        # asked for a vote (tests/chat/conversations).
        vote = page.get_by_role("button", name="Left", exact=True)
        if vote.count():
            vote.click()
            page.get_by_text("given without the names").wait_for()
            assert "A run of Dora's" in page.locator(".talk").inner_text()
        watch.assert_quiet()

        # words that need a person: the card stands above the reply
        page.fill("#text", "I want to kill myself tonight.")
        page.keyboard.press("Enter")
        card = page.locator("#turns > .turn:last-child .care-card")
        card.wait_for()
        last_reply(page)
        reply = page.locator("#turns > .turn:last-child .reply").first
        assert card.bounding_box()["y"] < reply.bounding_box()["y"]
        watch.assert_quiet()


def person_option(page, words):
    return page.locator("[name=compare] option", has_text=words).inner_text()


def test_a_file_dropped_on_the_page(alice_window):
    page = alice_window.go("/data/new/")
    page.evaluate(DROP, base64.b64encode(demo.path().read_bytes()).decode())
    assert "dropped dialogues.jsonl" in page.locator("[data-chosen]").inner_text()
    page.get_by_role("button", name="Upload and check").click()
    check_report(page, len(demo.path().read_text().splitlines()))
    assert page.locator("h1").inner_text() == "dropped dialogues"
    alice_window.watch.assert_quiet()


def test_a_reply_is_stopped(alice_window):
    """At once, before the gate has let much of it pass: how long a base talks is up to chance."""
    from playwright.sync_api import TimeoutError as OutOfTime

    page = alice_window.go("/chat/")
    page.select_option("[name=assistant]", SMOLLM2)
    for attempt in range(8):
        page.fill("#text", "Tell me a very long story about a river, with many turns.")
        page.keyboard.press("Enter")
        with contextlib.suppress(OutOfTime):  # it has ended: there is no such button any more
            page.get_by_role("button", name="Stop").click(timeout=5_000)
        page.wait_for_url("**/chat/*-*/")
        page.wait_for_selector(f"#turn-{attempt + 1} .reply:not([data-state=streaming])")
        page.wait_for_selector("#send:not([hidden])")
        if page.locator(".turn:last-child .reply").get_attribute("data-state") == "stopped":
            break
    kept = last_reply(page, state="stopped")
    assert page.get_by_role("button", name="Send").is_visible()
    time.sleep(0.5)
    place = page.locator(".turn:last-child .reply [data-text]")
    assert place.inner_text() == kept
    page.reload()
    assert place.inner_text() == kept
    alice_window.watch.assert_quiet()
