"""Sample replies of runs through the real gate: what is held is said by its class in words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from chat.speech.firmness import CLASSES
from chat.speech.samples import replies_gated
from tests.chat.speech.sentences import leaked, sentences_of
from tests.doubles.speaking_engine import SpeakingEngine

ASKED = {"en": "I had a long day.", "zh": "我今天过得很累，没有人可以说。"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_unsafe_sentence_is_in_a_sample_and_each_is_told_of(
    speaker: SpeakingEngine, language: str
) -> None:
    unsafe, _ = sentences_of(language)
    speaker.unsafe = unsafe
    shown = replies_gated([(ASKED[language], sentence) for sentence in unsafe])
    assert shown is not None
    assert len(shown) == len(unsafe) > 60
    for reply in shown:
        assert reply.startswith("[a sentence was held back: it ")
    words = " ".join(one.called for one in CLASSES.values())
    assert not leaked(list(unsafe), " ".join(shown), words)


def test_the_rest_of_a_reply_stays_as_it_was(speaker: SpeakingEngine) -> None:
    speaker.unsafe = {"Blue owls hum about tomorrow evening quietly.": "promise"}
    reply = "It sounds hard.\n\nBlue owls hum about tomorrow evening quietly. What happened?"
    assert replies_gated([("Hello", reply), ("Hello", "")]) == [
        "It sounds hard.\n\n[a sentence was held back: it promises what nobody can promise]"
        " What happened?",
        "",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_good_sentences_are_shown(speaker: SpeakingEngine, language: str) -> None:
    _, good = sentences_of(language)
    shown = replies_gated([(ASKED[language], sentence) for sentence in good])
    assert shown is not None
    same = sum(one == other for one, other in zip(shown, good, strict=True))
    assert same >= 0.95 * len(good)


def test_without_a_judge_nothing_is_shown(speaker: SpeakingEngine) -> None:
    speaker.judging = False
    assert replies_gated([("Hello", "It sounds hard.")]) is None


@pytest.mark.django_db
def test_the_runs_page_tells_that_a_sentence_was_held_back(
    speaker: SpeakingEngine, client: Client, alice: object, tuned: object
) -> None:
    from finetune.runs.events import run_events_copy
    from finetune.runs.models import Run

    speaker.unsafe = {"Blue owls hum about tomorrow evening quietly.": "dose"}
    run = Run.objects.get()
    data = {
        "step": 0,
        "index": 0,
        "prompt": "Hello",
        "reply": "I hear you. Blue owls hum about tomorrow evening quietly.",
    }
    line = {"seq": 1, "time": 1.0, "type": "sample", "level": "info", "message": "a sample"}
    run_events_copy(run.pk, [{**line, "data": data}])
    client.force_login(alice)  # type: ignore[arg-type]
    page = client.get(reverse("run", args=[run.public_id])).content.decode()
    assert "I hear you. [a sentence was held back: it names an amount of a medicine]" in page
    assert "owls" not in page
