"""Runs beside one another: who may see them, what is shown, and what takes a difference its
meaning."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.runs.compare.comparison import MOST, differences
from finetune.runs.compare.meaning import meaning_of
from finetune.runs.models import Run
from finetune.runs.use.models import RunUse
from finetune.training.use.energy import ESTIMATED
from tests.finetune.runs.listing.test_views import copied
from tests.finetune.runs.page.test_views import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def pair(run_made: Run) -> list[Run]:
    """Two ended runs of unlike learning rates, on the same data with one seed."""
    other = copied(run_made, "Faster", config={"learning_rate": 0.02})
    for run, after in ((run_made, 2.9), (other, 2.7)):
        tell(run, "evaluation", step=0, validation_loss=3.4)
        for step in (1, 2, 3):
            tell(run, "metrics", step=step, total_steps=3, train_loss=3.1 - step / 10,
                 tokens_per_second=300.0, memory_mb=1500, circuits_run=40 * step)  # fmt: skip
        tell(run, "evaluation", step=3, validation_loss=after)
        run.state = Run.State.SUCCEEDED
        run.save()
    return [run_made, other]


def address(*runs: Run) -> str:
    return f"{reverse('run-compare')}?runs={','.join(run.public_id for run in runs)}"


def page(client: Client, *runs: Run) -> str:
    answer = client.get(address(*runs))
    assert answer.status_code == 200
    return answer.content.decode()


def test_curves_results_and_differences(client: Client, pair: list[Run]) -> None:
    html = page(client, *pair)
    found = re.search(r'<script id="compare-lines" type="application/json">(.*?)</script>', html)
    assert found
    lines = json.loads(found[1])
    assert [line["name"] for line in lines] == ["First run", "Faster"]
    assert lines[1]["evaluation"]["validation_loss"] == [3.4, 2.7]
    assert lines[0]["step"] == [1, 2, 3]
    assert lines[0]["dash"] != lines[1]["dash"]
    assert re.search(r"<td><strong>2\.7000</strong> <span[^>]*>lowest", html)
    assert "learning_rate" in html
    assert "batch_size" not in html  # the same in both
    assert "circuit" in html.lower()
    assert "means nothing" not in html
    assert f"http://testserver{address(*pair)}" in html


def test_what_they_took_is_compared(client: Client, pair: list[Run]) -> None:
    other = RunUse.objects.get_or_create(
        public_id=pair[1].public_id,
        defaults={"run": pair[1], "team": pair[1].team, "base": "b", "adapter": "lora"},
    )[0]
    for use, seconds, source in ((pair[0].use, 130.0, ESTIMATED), (other, 70.0, "RAPL")):
        use.seconds = use.processor_seconds = seconds
        use.joules, use.energy_source = seconds * 36, source
        use.save()
    html = page(client, *pair)
    for words in ("2 min 10 s", "1 min 10 s", "1.3 Wh", "estimated", "measured"):
        assert f"<td>{words}</td>" in html
    rows = list(csv.DictReader(io.StringIO(
        client.get(f"{reverse('run-compare-table')}?{address(*pair).partition('?')[2]}")
        .getvalue().decode("utf-8-sig")
    )))  # fmt: skip
    assert [row["processor_seconds"] for row in rows] == ["130.0", "70.0"]
    assert [row["energy_joules"] for row in rows] == ["4680.0", "2520.0"]
    assert [row["energy_known"] for row in rows] == ["estimated", "measured"]


def test_the_order_is_that_of_the_address(client: Client, pair: list[Run]) -> None:
    html = page(client, *reversed(pair))
    assert html.index("Faster") < html.index("First run")


def test_ticks_of_a_form_become_one_address(client: Client, pair: list[Run]) -> None:
    answer = client.get(reverse("run-compare"), {"runs": [run.public_id for run in pair]})
    assert answer.status_code == 302
    assert answer["location"] == address(*pair)
    more = {"runs": [",".join(run.public_id for run in pair), pair[0].public_id]}
    assert client.get(reverse("run-compare"), more)["location"] == address(*pair)


def test_without_runs_it_teaches(client: Client, pair: list[Run]) -> None:
    html = page(client)
    assert "No runs chosen yet" in html
    assert "compare-lines" not in html


def test_who_is_not_in_the_team_sees_nothing_of_a_run(
    client: Client, pair: list[Run], charlie: Any, other_team: Any
) -> None:
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(address(*pair)).status_code == 404
    table = f"{reverse('run-compare-table')}?runs={pair[0].public_id}"
    assert stranger.get(table).status_code == 404
    Run.objects.filter(pk=pair[1].pk).update(team=other_team)
    html = page(client, *pair)
    assert "<b>Faster</b>" not in html
    assert "<b>First run</b>" in html
    assert "1 of the runs is not there, or is not one of your teams" in html


def test_more_than_can_be_told_apart_are_left_out(client: Client, run_made: Run) -> None:
    runs = [copied(run_made, f"copy {number}") for number in range(MOST + 2)]
    html = page(client, *runs)
    assert f"the first {MOST} are here, 2 more were left out" in html


def test_the_table_is_one_row_a_run(client: Client, pair: list[Run]) -> None:
    Run.objects.filter(pk=pair[0].pk).update(name="@SUM(A1)")
    answer = client.get(f"{reverse('run-compare-table')}{address(*pair).partition('/compare/')[2]}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["'@SUM(A1)", "Faster"]
    assert [row["held_out_loss"] for row in rows] == ["2.9", "2.7"]
    assert [row["learning_rate"] for row in rows] == ["0.01", "0.02"]
    assert "seed" not in rows[0]


# -- what a difference means ----------------------------------------------------------------------


def test_an_option_of_one_adapter_alone_is_a_difference(run_made: Run) -> None:
    lora = copied(run_made, "LoRA", config={"adapter": "lora", "adapter_options": {"r": 8}})
    rows = {row.name: row.values for row in differences([run_made, lora])}
    assert rows["adapter"] == ["qtha", "lora"]
    assert rows["adapter_options.n_layers"] == ["1", "–"]
    assert rows["backend"] == ["statevector", "–"]  # of a circuit, which LoRA has not got
    assert "adapter_options.r" not in rows  # 8 in both


def test_equal_runs_have_nothing_to_say(pair: list[Run]) -> None:
    meaning = meaning_of(pair)
    assert meaning.alike
    assert meaning.notes == []


@pytest.mark.parametrize("setting", ["eval_dialogues", "sequence_length"])
def test_other_held_out_dialogues_mean_nothing(
    client: Client, pair: list[Run], setting: str
) -> None:
    other = copied(pair[1], "other", config={setting: 128})
    meaning = meaning_of([pair[0], other])
    assert not meaning.alike
    assert setting in meaning.notes[0]
    html = page(client, pair[0], other)
    assert "means nothing" in html
    assert "lowest" not in html.partition("<tbody>")[2]


def test_other_data_is_told(pair: list[Run], team: Any, alice: Any) -> None:
    from tests.conftest import checked_dataset

    data = checked_dataset(team, alice)
    other = copied(pair[1], "other", dataset=data)
    assert "held-out data" in meaning_of([pair[0], other]).notes[0]
    for run in (pair[0], other):  # measured on one set, trained on two
        run.validation_dataset = pair[0].dataset
    meaning = meaning_of([pair[0], other])
    assert meaning.alike
    assert "different data sets" in meaning.notes[0]


def test_a_base_that_was_measured_otherwise_is_told(pair: list[Run]) -> None:
    pair[1].latest["base_validation_loss"] = 4.1
    meaning = meaning_of(pair)
    assert not meaning.alike
    assert "3.400" in meaning.notes[0]
    assert "4.100" in meaning.notes[0]


def test_seeds_alone_show_the_size_of_chance(pair: list[Run]) -> None:
    again = copied(
        pair[0], "again", config={"seed": 99}, latest={**pair[0].latest, "validation_loss": 2.84}
    )
    [note] = meaning_of([*pair, again]).notes
    assert "0.0600" in note
    [note] = meaning_of([pair[1], again]).notes
    assert "no two runs here differ in the seed alone" in note


def test_a_run_that_has_not_ended_is_named(pair: list[Run]) -> None:
    pair[1].state = Run.State.RUNNING
    [note] = meaning_of(pair).notes
    assert "Faster" in note
