"""What is sent to the engine: the system prompt that training used, and turns that fit.

There is no tokenizer in the web process, so lengths are estimated on the safe side; the engine has
the last word (`context_length_exceeded`), and then the oldest turn goes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from chat.conversations.models import Conversation, Message
from chat.personas.selectors import system_text_in
from chat.policy.person import person_of_user
from chat.speech.deciding import Gone
from chat.speech.telling import Listener
from finetune.runs.assistants import Assistant, assistant_get
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT

WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
TOKENS_PER_MESSAGE = 6
ENGINE_CONTEXT = 4096

ChatMessage = dict[str, str]


def system_prompt(assistant: Assistant) -> str:
    """The instruction that the run was trained with; a persona's own; for a base, the default one.

    A run may have an empty prompt on purpose: then the base's own template decides.
    """
    if assistant.manner is not None:
        return assistant.manner.instruction
    if assistant.run is None:
        return DEFAULT_SYSTEM_PROMPT
    return assistant.run.settings.system_prompt


def estimated_tokens(text: str) -> int:
    """An upper guess: two and a half tokens per wide sign, one per three others."""
    wide = len(WIDE.findall(text))
    return int(2.5 * wide + (len(text) - wide) / 3) + TOKENS_PER_MESSAGE


def turns_for(conversation: Conversation, side: str, until: int) -> list[list[ChatMessage]]:
    """Whole turns up to and with the person's message of turn `until`, oldest first.

    Of several variants the newest with text counts. A turn without any reply is joined to the next
    one, because many chat templates want the roles to take turns.
    """
    asked: dict[int, str] = {}
    replied: dict[int, str] = {}
    rows: Iterable[Message] = conversation.messages.filter(turn__lte=until).order_by("turn", "id")
    for message in rows:
        if message.role == Message.Role.USER:
            asked[message.turn] = message.content
        elif message.side == side and message.turn < until and message.content.strip():
            replied[message.turn] = message.content
    turns: list[list[ChatMessage]] = []
    waiting: list[str] = []
    for turn in sorted(asked):
        waiting.append(asked[turn])
        if turn in replied or turn == until:
            messages = [{"role": "user", "content": "\n\n".join(waiting)}]
            if turn in replied:
                messages.append({"role": "assistant", "content": replied[turn]})
            turns.append(messages)
            waiting = []
    return turns


def trimmed(turns: list[list[ChatMessage]], system: str, positions: int) -> list[list[ChatMessage]]:
    """The newest turns that fit into `positions` beside the system prompt and the reply."""
    room = min(positions or ENGINE_CONTEXT, ENGINE_CONTEXT) - settings.CHAT_MAX_TOKENS
    room -= estimated_tokens(system)
    kept: list[list[ChatMessage]] = []
    for turn in reversed(turns):
        room -= sum(estimated_tokens(message["content"]) for message in turn)
        if room < 0 and kept:
            break
        kept.insert(0, turn)
    return kept


def prompt_of(turns: list[list[ChatMessage]], system: str) -> list[ChatMessage]:
    head = [{"role": "system", "content": system}] if system.strip() else []
    return head + [message for turn in turns for message in turn]


@dataclass(frozen=True)
class Plan:
    """What one reply needs, read in one go.

    Attributes:
        said: ids of reviewed words that the person has read lately.
    """

    engine_name: str
    system: str
    turns: list[list[ChatMessage]]
    listener: Listener
    said: list[str]


def plan_of(message_id: int, *, writes: bool) -> Plan:
    """The plan of a reply that was opened; without a prompt where its assistant does not write it.

    Raises:
        Gone: its assistant should write and is not there any more.
    """
    rows = Message.objects.select_related("conversation__team", "conversation__user")
    message = rows.get(pk=message_id)
    conversation = message.conversation
    listener = Listener(person_of_user(conversation.user), message.assistant, conversation)
    if not writes:
        return Plan("", "", [], listener, [])
    assistant = assistant_get(conversation.team, message.assistant)
    if assistant is None:
        raise Gone
    system = system_text_in(conversation, assistant, system_prompt(assistant))
    turns = turns_for(conversation, message.side, message.turn)
    return Plan(
        assistant.engine_name,
        system,
        trimmed(turns, system, assistant.base.max_positions),
        listener,
        listener.said(),
    )
