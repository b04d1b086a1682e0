"""Sentences about results and data: worse is worse, equal is equal, what was lost is named."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from finetune.runs.models import Run
from finetune.templatetags.run_words import (
    circuit_remark,
    loss_change,
    run_change,
    run_data,
    run_data_lost,
    run_failure,
    run_outcome,
    run_troubles,
    run_verdict,
)
from finetune.training.log.sentences import joined, parts_of, sentence
from finetune.training.settings import RunSettings
from finetune.training.watch.advice import lower_rate
from finetune.training.watch.troubles import Trouble
from quantum.adapters.qgs.options import REMARKS

pytestmark = pytest.mark.django_db
COUNTS = {
    "dialogues": 1000, "used": 98, "not_needed": 890, "skipped": 12, "refused": 3, "changed": 0,
    "too_long": 8, "without_reply": 1, "unreadable": 0, "truncated": 5, "tokens": 5000,
    "label_tokens": 1200, "reasons": ["line 4: the chat template refuses it: <roles>"],
}  # fmt: skip


def measured(run, before, after):
    run.result = {
        "base_validation_loss": before,
        "validation_loss": after,
        "improvement": before - after,
    }
    return run


@pytest.mark.parametrize(
    ("after", "outcome", "change", "number", "words"),
    [
        (2.6, "better", "better by 0.8000", "−0.800", "fell from 3.400"),
        (3.9, "worse", "worse by 0.5000", "+0.500", "worse than the base"),
        (3.398, "better", "better by 0.0020", "−0.002", "hardly better"),
        (3.403, "worse", "worse by 0.0030", "+0.003", "no better than the base, but worse by"),
        (3.40001, "worse", "worse by less than 0.0001", "+1e-5", "but worse by less than 0.0001"),
        (3.39999, "better", "better by less than 0.0001", "−1e-5", "hardly better"),
        (3.4, "equal", "equal", "±0", "no better than the base, and no worse"),
    ],
)
def test_a_result(run_made, after, outcome, change, number, words):
    run = measured(run_made, 3.4, after)
    assert run_outcome(run) == outcome
    assert run_change(run) == change
    assert loss_change(run) == number
    assert words in run_verdict(run)


@pytest.mark.parametrize(
    ("control", "circuit"),
    [
        ("product", "180 circuit angles of 900 trainable parameters (20 %), simulated exactly"),
        ("free", ""),
        ("span", ""),
        ("polynomial", ""),
        ("frozen", "0 circuit angles of 900 trainable parameters (0 %), simulated exactly"),
        ("random", "0 circuit angles of 900 trainable parameters (0 %), simulated exactly"),
    ],
)
def test_a_control_is_called_one(run_made, control, circuit):
    run_made.config |= {"adapter": "qgs", "adapter_options": {"control": control, "n_qubits": 3}}
    run_made.trainable_parameters = 900
    remark = circuit_remark(run_made)
    assert remark.startswith(circuit)
    assert remark.endswith(REMARKS[control])
    assert ("circuit angles of" in remark) == bool(circuit)
    assert "compare it with" not in remark
    with translation.override("zh-hans"):
        assert "control" not in circuit_remark(run_made)


def test_a_whole_circuit_is_compared_with_its_controls(run_made):
    run_made.config |= {"adapter": "qgs", "adapter_options": {}}
    remark = circuit_remark(run_made)
    assert "cannot tell what the circuit adds" in remark
    assert "without the circuit's entangling gates" in remark


def test_without_a_measurement_there_is_no_verdict(run_made):
    assert (run_outcome(run_made), run_change(run_made), loss_change(run_made)) == ("", "", "–")
    assert run_verdict(run_made) == ""


@pytest.mark.parametrize(("after", "words"), [(3.40001, "+1e-5"), (3.4, "±0"), (3.2, "−0.200")])
def test_the_lists_say_it(client, alice, run_made, after, words):
    run = measured(run_made, 3.4, after)
    run.state, run.finished_at = Run.State.SUCCEEDED, timezone.now()
    run.save()
    client.force_login(alice)
    assert words in client.get(reverse("home")).content.decode()
    assert run_change(run) in client.get(reverse("runs")).content.decode()


def test_what_the_data_lost_is_on_the_runs_page_and_its_datas(client, alice, run_made):
    run_made.latest = {"data": {"train": COUNTS, "validation": {**COUNTS, "skipped": 0}}}
    run_made.save()
    train, held_out = run_data(run_made)
    assert dict(train.rows) == {
        "used": "98 of 1,000 dialogues; 890 more than the steps need",
        "left out": "12: 3 refused by the chat template, 8 too long, 1 without a reply to learn",
        "shortened": "5 are longer than 256 tokens: without their last turns",
        "tokens": "5,000, 1,200 of them learned",
    }
    assert train.lost
    assert "left out" not in dict(held_out.rows)
    assert run_data_lost(run_made).startswith("12: 3 refused")
    client.force_login(alice)
    page = client.get(reverse("run", args=[run_made.public_id])).content.decode()
    assert "12: 3 refused by the chat template, 8 too long" in page
    assert "line 4: the chat template refuses it: &lt;roles&gt;" in page
    data = client.get(reverse("dataset", args=[run_made.dataset.public_id])).content.decode()
    assert "left out of 1,000; 5 shortened" in data


def test_a_run_of_an_earlier_version_has_fewer_counts(client, alice, run_made):
    old = {
        "dialogues": 20,
        "used": 18,
        "skipped": 2,
        "truncated": 0,
        "tokens": 9,
        "label_tokens": 4,
    }
    run_made.latest = {"data": {"train": old}}
    run_made.save()
    (part,) = run_data(run_made)
    assert dict(part.rows)["left out"] == "2"
    client.force_login(alice)
    assert (
        "18 of 20 dialogues"
        in client.get(reverse("run", args=[run_made.public_id])).content.decode()
    )


def test_before_its_trainer_has_read_it_nothing_is_said(client, alice, run_made):
    (uploaded,) = run_data(run_made)
    assert (uploaded.title, uploaded.lost) == ("“Demo” as uploaded", False)  # the demo's own keys
    run_made.latest = {}
    run_made.save()
    assert run_data(run_made) == []
    client.force_login(alice)
    page = client.get(reverse("run", args=[run_made.public_id])).content.decode()
    assert 'id="run-data"' not in page


def test_what_went_wrong_is_told_in_the_language_of_the_page(run_made: Run) -> None:
    settings = RunSettings(learning_rate=0.03)
    trouble = Trouble(
        "no_progress",
        sentence("The loss became %(number)s at step %(step)s.", number="nan", step=3),
        lower_rate(settings),
    )
    run_made.latest["troubles"] = {"no_progress": json.loads(json.dumps(trouble.data))}
    run_made.error = {"message": "Old: 5 % of it.", "hint": "Do this."}
    [told] = run_troubles(run_made)
    assert told["words"] == trouble.message
    assert told["words"].startswith("The loss became nan at step 3. Start a new run with a")
    with translation.override("zh-hans"):
        [told] = run_troubles(run_made)
        assert told["words"].startswith("损失在第 3 步变为 nan。")
        assert "0.01" in told["words"]
        assert run_failure(run_made)["message"] == "Old: 5 % of it."  # of an earlier version
        run_made.error["parts"] = parts_of(
            joined("Broke at 5 %.", sentence("There is not enough memory for a step."))
        )
        assert run_failure(run_made)["message"] == "Broke at 5 %. 内存不足以完成一步。"
