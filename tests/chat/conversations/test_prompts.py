"""What the engine is sent: the run's system prompt, whole turns, the newest variant, what fits."""

from typing import Any

import pytest

from chat.conversations import services
from chat.conversations.models import Message
from chat.conversations.prompts import (
    estimated_tokens,
    prompt_of,
    system_prompt,
    trimmed,
    turns_for,
)
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT

pytestmark = pytest.mark.django_db


def test_system_prompt_is_the_one_of_training(tuned: Any, plain: Any) -> None:
    assert system_prompt(tuned) == "Be gentle."
    assert system_prompt(plain) == DEFAULT_SYSTEM_PROMPT
    tuned.run.config = {}
    assert system_prompt(tuned) == DEFAULT_SYSTEM_PROMPT
    assert prompt_of([], "  ") == []


def test_newest_variant_with_words_counts(talk: Any) -> None:
    [again] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=again.pk, state="failed", content="")
    services.message_send(conversation=talk, text="Work.")
    assert turns_for(talk, "a", 2) == [
        [
            {"role": "user", "content": "I keep waking up at 4am."},
            {"role": "assistant", "content": "What wakes you?"},
        ],
        [{"role": "user", "content": "Work."}],
    ]


def test_turn_without_a_reply_is_joined_to_the_next(talk: Any) -> None:
    Message.objects.filter(conversation=talk, side="a").update(content="", state="failed")
    services.message_send(conversation=talk, text="Are you there?")
    assert turns_for(talk, "a", 2) == [
        [{"role": "user", "content": "I keep waking up at 4am.\n\nAre you there?"}]
    ]


def test_oldest_whole_turns_go_first_and_the_newest_always_stays() -> None:
    turns = [[{"role": "user", "content": f"{number} " + "word " * 100}] for number in range(9)]
    kept = trimmed(turns, "Be gentle.", 1024)
    assert 1 < len(kept) < 9
    assert kept[-1] == turns[-1]
    assert len(trimmed([[{"role": "user", "content": "x" * 99_999}]], "", 1024)) == 1


def test_estimate_is_on_the_safe_side() -> None:
    assert estimated_tokens("hello there") > 2
    assert estimated_tokens("我很难过") >= 8
