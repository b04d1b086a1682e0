"""Shortcuts of single keys in a real browser: they lead, they walk lists, they leave typing alone,
they can be turned off."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.slow]
RUNS = """
from finetune.models import BaseModel, Dataset, Run, Team
team = Team.objects.get(name="Team of alice")
data = Dataset.objects.filter(team=team).first()
base = BaseModel.objects.get(slug="tiny-llama")
names = []
for number in range(3):
    run = Run.objects.create(
        team=team, name=f"shortcut {number}", base=base, dataset=data, state="cancelled",
        config={"adapter": "lora", "seed": number},
    )
    names.append(run.public_id)
answer = names
"""
FOCUS = "document.activeElement.innerText || document.activeElement.name || ''"


@pytest.fixture
def runs(studio: Any, rows: Any) -> Any:
    made = studio.manage(RUNS)
    yield made
    studio.manage(
        f"from finetune.models import Run; answer = Run.objects.filter(public_id__in={made}).delete()[0]"
    )


def test_keys_lead_walk_and_tick(window: Any, runs: list[str]) -> None:
    with window("alice") as person:
        page = person.go("/")
        page.keyboard.press("g")
        page.keyboard.press("r")
        page.wait_for_url("**/runs/")
        page.keyboard.press("/")
        assert page.evaluate(FOCUS) == "q"
        page.keyboard.type("shortcut jkx?gd")  # letters, not keys
        assert page.input_value("[name=q]") == "shortcut jkx?gd"
        assert not page.evaluate("document.getElementById('shortcuts').open")
        page.fill("[name=q]", "shortcut")
        page.keyboard.press("Enter")
        page.wait_for_url("**/runs/?q=shortcut*")
        page.evaluate("document.activeElement.blur()")
        for key, name in (("j", "shortcut 2"), ("j", "shortcut 1"), ("k", "shortcut 2")):
            page.keyboard.press(key)
            assert page.evaluate(FOCUS) == name
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        assert page.locator("[name=runs]:checked").count() == 2
        page.keyboard.press("c")
        page.wait_for_url(f"**/runs/compare/?runs={runs[2]},{runs[1]}")


def test_the_list_of_keys_and_the_switch(window: Any, runs: list[str]) -> None:
    with window("alice") as person:
        page = person.go("/runs/")
        page.keyboard.press("?")
        assert page.evaluate("document.getElementById('shortcuts').open")
        page.keyboard.press("g")  # behind an open dialog nothing acts
        page.keyboard.press("d")
        assert page.url.endswith("/runs/")
        page.uncheck("#shortcuts-on")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert not page.evaluate("document.getElementById('shortcuts').open")
        page = person.go("/runs/")  # the switch is kept
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement === document.body")
        page.click("#account > summary")
        page.click("[data-shortcuts]")
        page.check("#shortcuts-on")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+j")
        assert page.evaluate("!document.activeElement.closest('[data-row]')")
        page.keyboard.press("j")
        assert page.evaluate("Boolean(document.activeElement.closest('[data-row]'))")
