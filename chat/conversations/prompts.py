"""What is sent to the engine: the system prompt that training used, and turns that fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings

from chat.context.window import PromptTurn, Window
from chat.conversations.models import Conversation, Message
from chat.notes.quoting import Said
from chat.personas.selectors import system_text_in
from chat.policy.person import person_of_user
from chat.speech.deciding import Gone
from chat.speech.telling import Listener
from finetune.runs.assistants import Assistant, assistant_get
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT


def system_prompt(assistant: Assistant) -> str:
    """The instruction that the run was trained with; a persona's own; for a base, the default one.

    A run may have an empty prompt on purpose: then the base's own template decides.
    """
    if assistant.manner is not None:
        return assistant.manner.instruction
    if assistant.run is None:
        return DEFAULT_SYSTEM_PROMPT
    return assistant.run.settings.system_prompt


def turns_for(conversation: Conversation, side: str, until: int) -> list[PromptTurn]:
    """Whole turns up to and with the person's message of turn `until`, oldest first.

    Of several variants the newest with text counts. A turn without any reply is joined to the next
    one, because many chat templates want the roles to take turns.
    """
    asked: dict[int, Message] = {}
    replied: dict[int, str] = {}
    rows: Iterable[Message] = conversation.messages.filter(turn__lte=until).order_by("turn", "id")
    for message in rows:
        if message.role == Message.Role.USER:
            asked[message.turn] = message
        elif message.side == side and message.turn < until and message.content.strip():
            replied[message.turn] = message.content
    turns: list[PromptTurn] = []
    waiting: list[Message] = []
    for turn in sorted(asked):
        waiting.append(asked[turn])
        if turn in replied or turn == until:
            said = "\n\n".join(message.content for message in waiting)
            messages = [{"role": "user", "content": said}]
            if turn in replied:
                messages.append({"role": "assistant", "content": replied[turn]})
            own = tuple(
                Said(message.content, message.created_at)
                for message in waiting
                if not message.concerned_policy
            )
            turns.append(PromptTurn(waiting[0].turn, messages, own))
            waiting = []
    return turns


def window_for(turns: list[PromptTurn], assistant: Assistant, system: str) -> Window:
    """The turns that fit into what this assistant reads, beside its instruction and a reply."""
    return Window.fitting(
        turns,
        system,
        positions=assistant.base.max_positions,
        reply=settings.CHAT_MAX_TOKENS,
    )


@dataclass(frozen=True)
class Plan:
    """What one reply needs, read in one go.

    Attributes:
        languages: that the assistant's base knows; none: not known.
        said: ids of reviewed words that the person has read lately.
    """

    engine_name: str
    languages: list[str]
    window: Window
    listener: Listener
    said: list[str]

    def narrowed(self) -> "Plan":
        return replace(self, window=self.window.narrowed())


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
        return Plan("", [], Window("", []), listener, [])
    assistant = assistant_get(conversation.team, message.assistant)
    if assistant is None:
        raise Gone
    system = system_text_in(conversation, assistant, system_prompt(assistant))
    turns = turns_for(conversation, message.side, message.turn)
    window = window_for(turns, assistant, system)
    languages = assistant.base.languages
    return Plan(assistant.engine_name, languages, window, listener, listener.said())
