"""What the engine is sent: the run's system prompt, whole turns, the newest variant, what fits."""

from typing import Any

import pytest

from chat.conversations import services
from chat.conversations.models import Message
from chat.conversations.prompts import system_prompt, turns_for
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT

pytestmark = pytest.mark.django_db


def test_system_prompt_is_the_one_of_training(tuned: Any, plain: Any) -> None:
    assert system_prompt(tuned) == "Be gentle."
    assert system_prompt(plain) == DEFAULT_SYSTEM_PROMPT
    tuned.run.config = {}
    assert system_prompt(tuned) == DEFAULT_SYSTEM_PROMPT


def test_newest_variant_with_words_counts(talk: Any) -> None:
    [again] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=again.pk, state="failed", content="")
    services.message_send(conversation=talk, text="Work.")
    assert [turn.messages for turn in turns_for(talk, "a", 2)] == [
        [
            {"role": "user", "content": "I keep waking up at 4am."},
            {"role": "assistant", "content": "What wakes you?"},
        ],
        [{"role": "user", "content": "Work."}],
    ]


def test_turn_without_a_reply_is_joined_to_the_next(talk: Any) -> None:
    Message.objects.filter(conversation=talk, side="a").update(content="", state="failed")
    services.message_send(conversation=talk, text="Are you there?")
    assert [turn.messages for turn in turns_for(talk, "a", 2)] == [
        [{"role": "user", "content": "I keep waking up at 4am.\n\nAre you there?"}]
    ]


def test_what_the_policy_was_concerned_with_is_never_quoted(talk: Any) -> None:
    [reply] = services.message_send(conversation=talk, text="I want to die.")
    services.reply_finish(message_id=reply.pk, state="done", content="I am here.")
    [reply] = services.message_send(conversation=talk, text="I had soup.")  # a quiet line beside it
    services.reply_finish(message_id=reply.pk, state="done", content="Nice.")
    turns = turns_for(talk, "a", 4)
    assert [[said.text for said in turn.own] for turn in turns] == [
        ["I keep waking up at 4am."],
        [],
        [],
    ]
    assert [turn.number for turn in turns] == [1, 2, 3]
