"""What a run's page shows of its settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from finetune.runs.events import run_absorb
from finetune.runs.models import Run
from finetune.runs.page.facts import settings_of
from finetune.training.computing.precision import AMX
from tests.finetune.runs.form.test_views import typed

pytestmark = pytest.mark.django_db


def shown(run: Run, language: str = "en") -> str:
    with translation.override(language):
        rows = {name: value for _, group in settings_of(run) for name, value, _ in group}
    return str(rows["precision"])


def test_the_number_format_is_shown_with_who_chose_it_and_why(run_made: Run) -> None:
    run = run_made
    assert shown(run) == "auto"  # no trainer has begun
    run_absorb(run, "model", {"precision": "bfloat16", "precision_why": AMX})
    assert shown(run) == "auto: bfloat16, since the processor has AMX"
    assert shown(run, "zh-hans") == "auto：bfloat16，因为处理器有 AMX"
    run.config["precision"] = "bfloat16"
    assert shown(run) == "bfloat16"  # asked for, so there is nothing to explain


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "auto: bfloat16, since the processor has AMX"),
        ("zh-hans", "auto：bfloat16，因为处理器有 AMX"),
    ],
)
def test_the_page_of_a_run_has_the_row(
    client: Client, alice: Any, run_made: Run, language: str, words: str
) -> None:
    run_absorb(run_made, "model", {"precision": "bfloat16", "precision_why": AMX})
    run_made.save()
    client.force_login(alice)
    client.cookies["wukong_language"] = language
    with translation.override(language):
        html = client.get(reverse("run", args=[run_made.public_id])).content.decode()
    assert f'<code>precision</code></dt><dd dir="auto">{words}</dd>' in html


def test_the_form_asks_for_it_and_a_clone_keeps_it(
    client: Client, alice: Any, team: Any, base: Any, dataset: Any
) -> None:
    client.force_login(alice)
    html = client.get(reverse("run-new")).content.decode()
    select = re.search(r'<select name="precision".*?</select>', html, re.DOTALL)
    assert select
    assert re.findall(r'value="(\w+)"', select[0]) == ["auto", "float32", "bfloat16"]
    assert 'value="auto" selected' in select[0]
    assert 'for="id_precision"' in html
    assert (
        client.post(reverse("run-new"), typed(base, dataset, precision="half")).status_code == 200
    )
    assert not Run.objects.exists()
    client.post(reverse("run-new"), typed(base, dataset, precision="float32"))
    run = Run.objects.get()
    assert run.config["precision"] == "float32"
    form = client.get(reverse("run-new"), {"from": run.public_id}).context["form"]
    assert form["precision"].value() == "float32"


def test_a_run_of_an_earlier_version_has_no_such_row(run_made: Run) -> None:
    del run_made.config["precision"]
    with pytest.raises(KeyError):
        shown(run_made)
