"""A sample reply is judged before a row holds it; one that waits, when its page is opened."""

import json

import pytest

from finetune.api.jobs.objects import event_object
from finetune.runs.events import run_events_copy
from finetune.runs.models import RunEvent
from finetune.runs.page.records import sample_replies
from finetune.runs.page.samples import WAITING
from finetune.runs.worker.records import last_common, read_lines
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db
DOUBLES = "tests.doubles.reply_gate"
WORDS = "Quilted marmosets juggle copper spoons."


def sample(seq, step, reply=WORDS):
    return line(seq, "sample", step=step, index=0, prompt="Hello?", reply=reply)


def written(run, lines):
    """The trainer's own file, which stays as it is."""
    run.folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (run.folder / "events.jsonl").write_text(text)
    return lines


def seen(run):
    """What page, feed and API show of a run's samples."""
    run.refresh_from_db()
    events = list(run.events.all())
    replies = sample_replies(run)
    return "\n".join(
        [
            *(json.dumps(event.as_dict()) for event in events),
            *(json.dumps(event_object(run, event)) for event in events),
            *(f"{entry.base} {entry.later}" for entry in replies.prompts),
        ]
    )


def test_rows_hold_what_the_gate_shows(run_made, settings):
    settings.REPLY_GATE = f"{DOUBLES}.held_back"
    run = run_events_copy(run_made.pk, written(run_made, [sample(1, 0), line(2)]))
    assert "marmosets" not in str(list(run.events.values()))
    assert "marmosets" not in seen(run)
    assert sample_replies(run).prompts[0].base == "[held]"
    assert "marmosets" in (run.folder / "events.jsonl").read_text()


def test_what_cannot_be_judged_waits_and_is_judged_when_the_page_is_opened(run_made, settings):
    settings.REPLY_GATE = f"{DOUBLES}.away"
    run = run_events_copy(run_made.pk, written(run_made, [sample(1, 0), sample(2, 5)]))
    assert "marmosets" not in str(list(run.events.values())) + seen(run)
    assert sample_replies(run).prompts[0].base == WAITING
    settings.REPLY_GATE = f"{DOUBLES}.held_back"
    assert sample_replies(run).prompts[0].newest == (5, "[held]")
    assert [event.data["judged"] for event in run.events.filter(type="sample")] == [True, True]
    settings.REPLY_GATE = f"{DOUBLES}.away"  # what was judged is not asked about again
    assert sample_replies(run).prompts[0].base == "[held]"


def test_rows_from_before_there_was_a_gate_are_judged_before_they_are_shown(run_made, settings):
    settings.REPLY_GATE = f"{DOUBLES}.away"
    RunEvent.objects.create(
        run=run_made, seq=50, time=run_made.created_at, type="sample",
        data={"step": 0, "index": 0, "prompt": "Hello?", "reply": WORDS},
    )  # fmt: skip
    assert "marmosets" not in seen(run_made)
    settings.REPLY_GATE = f"{DOUBLES}.open_gate"
    assert sample_replies(run_made).prompts[0].base == WORDS
    assert run_made.events.get(type="sample").data["judged"]


def test_a_waiting_reply_whose_folder_is_gone_stays_unshown(run_made, settings):
    settings.REPLY_GATE = f"{DOUBLES}.away"
    run = run_events_copy(run_made.pk, [sample(1, 0)])
    settings.REPLY_GATE = f"{DOUBLES}.open_gate"
    assert sample_replies(run).prompts[0].base == WAITING


def test_a_gated_row_tells_the_same_as_its_line(run_made, settings):
    """Or a worker that takes the run up would take its rows back."""
    settings.REPLY_GATE = f"{DOUBLES}.held_back"
    run = run_events_copy(run_made.pk, written(run_made, [line(1), sample(2, 1)]))
    assert last_common(run, read_lines(run.folder / "events.jsonl")) == 2
    other = [line(1), sample(2, 2)]
    assert last_common(run, other) == 1


def test_lines_that_are_copied_already_are_not_judged_again(run_made, settings, monkeypatch):
    asked = []
    monkeypatch.setattr(f"{DOUBLES}.open_gate", lambda samples: asked.append(samples) or ["x"])
    settings.REPLY_GATE = f"{DOUBLES}.open_gate"
    for _ in range(3):
        run_events_copy(run_made.pk, [sample(1, 0)])
    assert len(asked) == 1


def test_the_settings_name_the_sites_own_gate():
    from django.conf import settings
    from django.utils.module_loading import import_string

    assert settings.REPLY_GATE == "chat.speech.samples.replies_gated"
    assert callable(import_string(settings.REPLY_GATE))
