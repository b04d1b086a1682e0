"""A base model's chat format in tokens: prompts, replies, what ends a reply, and the way back.

The trainer's examples and sample replies and the engine's prompts all come from here, so that a
model is asked as it was taught:

- The ids of a prompt are the beginning of every training sequence for its reply: no token
  reaches across the start or the end of a reply.
- Text that was given never becomes a control token. What looks like one is written out in
  ordinary tokens; nothing is taken away.
- Between these borders a text is tokenised in one go, so ids are those of the whole text's
  ordinary tokenisation, but where a token would cross a border.
- Tokenizers that put a blank before a text (SentencePiece's dummy prefix) put it before a reply
  only where they also put it in the whole text: behind a control token, if they do it there.

Needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any, cast

from jinja2.exceptions import TemplateError

from finetune.training.exceptions import ChangedReply

from .chat_template import ChatTemplate
from .folding import Message
from .pieces import Piece, between
from .tokenising import Ids, Tokeniser
from .tools import PROBE, has_tools, speaks_tools, without_tools

SYSTEM = {"role": "system", "content": "system"}
QUESTION = {"role": "user", "content": "question"}
ANSWER = {"role": "assistant", "content": "answer"}
PROBES = (
    ([QUESTION, ANSWER], False),
    ([QUESTION, ANSWER, QUESTION], True),
    ([SYSTEM, QUESTION], True),
)


class ChatFormat:
    """Turns dialogues into ids and ids into replies.

    Args:
        tokenizer: a fast tokenizer.
        template: a chat template; None takes the tokenizer's own.
        ends: further tokens that end a reply, as a model's generation settings list them.

    Attributes:
        control: id and text of the tokens that no message may yield: the special ones, and
            added ones that the template writes by itself.
        ending: the ids that a learned reply ends with.
        end_ids: the ids that end a generated reply.
        end_text: words in ordinary tokens that end a reply; empty if the template has none.

    Raises:
        ValueError: the tokenizer is not a fast one.
    """

    def __init__(
        self, tokenizer: Any, template: str | None = None, *, ends: Iterable[int] = ()
    ) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise ValueError("there is no fast tokenizer (tokenizer.json)")
        self.tokenizer = tokenizer
        self.template = ChatTemplate(tokenizer, template)
        self._tokeniser = Tokeniser(tokenizer)
        self._chunk_ids = lru_cache(maxsize=512)(self._tokeniser.ids)
        probes = []
        for messages, prompt in PROBES:
            with suppress(TemplateError):  # then this probe tells nothing
                probes.append(self.template.pieces(messages, prompt=prompt))
        if self.speaks_tools:
            with suppress(TemplateError):
                probes.append(self.template.pieces(PROBE))
        self.control = self._tokeniser.control
        self.control |= self._marks(probes)
        self.template.guarded = self._tokeniser.control_words
        self.ending, self.end_text = self._end_of_turn()
        eos = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
        marks = [token for token in self.ending[-1:] if token in self.control]
        self.end_ids = frozenset([*marks, *eos, *ends])

    @classmethod
    def of(cls, model: Any, tokenizer: Any, template: str | None = None) -> ChatFormat:
        """Return a model's chat format, with the ends that its generation settings list."""
        listed = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
        ends = listed if isinstance(listed, list) else [listed]
        return cls(tokenizer, template, ends=[end for end in ends if end is not None])

    @cached_property
    def speaks_tools(self) -> bool:
        """Whether calls and results of tools are written; where not, they are left out."""
        return speaks_tools(self.template.render)

    def spoken(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages without what the template has no words for."""
        if has_tools(messages) and not self.speaks_tools:
            return without_tools(messages)[0]
        return messages

    def prompt_ids(self, messages: Sequence[Message], begun: str = "") -> list[int]:
        """Return the ids of a conversation, ready for the assistant's next turn.

        Args:
            messages: the conversation.
            begun: words that the next turn begins with already.

        Raises:
            TemplateError: the template refuses the messages.
        """
        ids = self._ids(self.template.pieces(self.spoken(messages), prompt=True))
        if begun:
            before = self._tokeniser.context(ids[-1] if ids else None)
            ids += self._chunk_ids((Piece(begun, given=True),), before)
        return ids

    def learned(self, messages: Sequence[Message]) -> Iterator[tuple[list[int], Ids]]:
        """Yield for each reply to be learned the ids of its prompt, and its own with its end.

        A reply is learned if its weight is not 0 and it says something or calls a tool; a call
        as the template writes it, with the words before it. The prompt of a reply that opens the
        dialogue is what the template writes before it.

        Raises:
            TemplateError: the template refuses the messages.
            ChangedReply: the template writes a reply that is learned otherwise than it was given.
        """
        messages = self.spoken(messages)
        learned = [
            at
            for at, item in enumerate(messages)
            if item["role"] == "assistant"
            and item.get("weight", 1)
            and (item["content"].strip() or item.get("tool_calls"))
        ]
        if not learned:
            return
        replies = self._replies(messages[: learned[-1] + 1])
        roles = [item["role"] for item in messages]
        numbers = {at: roles[:at].count("assistant") for at in learned}
        for at, number in numbers.items():
            if number not in replies and not messages[at].get("tool_calls"):
                raise ChangedReply(messages[at]["content"])
        for at, number in numbers.items():
            pieces = self._before(messages, at, number)
            prompt = self._ids(pieces)
            before = self._tokeniser.context(prompt[-1] if prompt else None)
            calls = messages[at].get("tool_calls")
            reply = self._call(messages[: at + 1], pieces) if calls else (replies[number],)
            yield prompt, self._chunk_ids(reply, before) + self.ending

    def text(self, ids: Iterable[int]) -> str:
        """Return the text of ids without special tokens."""
        words = self.tokenizer.decode(
            list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return cast(str, words)

    def reply(self, ids: Sequence[int]) -> str:
        """Return the text of a generated reply up to where it ends, without blanks around it."""
        end = next((at for at, token in enumerate(ids) if token in self.end_ids), len(ids))
        text = self.text(ids[:end])
        return (text.split(self.end_text)[0] if self.end_text else text).strip()

    def _replies(self, messages: Sequence[Message]) -> dict[int, Piece]:
        """Return the replies that the template writes word for word and once, by number."""
        pieces = self.template.pieces(messages)
        numbers = [piece.reply for piece in pieces]
        return {
            piece.reply: piece
            for piece in pieces
            if piece.reply is not None and numbers.count(piece.reply) == 1
        }

    def _call(self, messages: Sequence[Message], before: Sequence[Piece]) -> tuple[Piece, ...]:
        """Return what the template writes of a last turn that calls a tool, without its end.

        Raises:
            ChangedReply: it does not go on from what stands before, or ends otherwise than replies.
        """
        pieces = self.template.pieces(messages)
        text, prompt = ("".join(one.text for one in part) for part in (pieces, before))
        for tail in (self._tail, self._tail.rstrip()):
            if text.startswith(prompt) and text.endswith(tail):
                return tuple(between(pieces, len(prompt), len(text) - len(tail)))
        raise ChangedReply(messages[-1]["tool_calls"][0]["function"]["name"])

    def _before(self, messages: Sequence[Message], at: int, number: int) -> list[Piece]:
        """Return what stands before a reply: its prompt, if there can be one."""
        if at:
            try:
                return self.template.pieces(messages[:at], prompt=True)
            except TemplateError:
                if any(item["content"].strip() for item in messages[:at]):
                    raise
        pieces = self.template.pieces(messages[: at + 1])
        places = [place for place, piece in enumerate(pieces) if piece.reply == number]
        if not places:
            raise ChangedReply(messages[at]["content"])
        return pieces[: places[0]]

    def _ids(self, pieces: Sequence[Piece]) -> list[int]:
        ids: list[int] = []
        for chunk in self._chunks(pieces):
            before = self._tokeniser.context(ids[-1] if ids else None)
            ids += self._chunk_ids(chunk, before)
        return ids

    def _chunks(self, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
        """Yield what is tokenised in one go: no token crosses a reply's border or its end's."""
        chunk: list[Piece] = []
        after_reply = False
        for piece in pieces:
            text = piece.text
            if piece.reply is not None:
                if chunk:
                    yield tuple(chunk)
                yield (piece,)
                chunk = []
            elif after_reply and not piece.given and self._splits(text):
                end = len(self.end_text)
                yield (Piece(text[:end]),)
                chunk = [Piece(text[end:])] if text[end:] else []
            else:
                chunk.append(piece)
            after_reply = piece.reply is not None
        if chunk:
            yield tuple(chunk)

    def _splits(self, text: str) -> bool:
        """Tell whether a text starts with an end in ordinary tokens."""
        return bool(self.end_text) and text.startswith(self.end_text)

    def _marks(self, probes: Iterable[Sequence[Piece]]) -> dict[int, str]:
        """Return the added tokens that the template writes by itself, special or not."""
        texts = {
            number: token.content
            for number, token in self.tokenizer.added_tokens_decoder.items()
            if token.content.strip()
        }
        return {
            number: texts[number]
            for pieces in probes
            for piece in pieces
            if not piece.given
            for number in self._tokeniser.ids((piece,), None)
            if number in texts
        }

    def _end_of_turn(self) -> tuple[Ids, str]:
        """Return what the template writes behind a reply: ids, and words in ordinary tokens.

        That is everything up to the first control token, or all of it without the white space at
        its end if there is none. If the template writes nothing, it is the text's end (eos). So
        it is behind a single ordinary character, too: replies may well contain that.
        """
        eos = () if self.tokenizer.eos_token_id is None else (self.tokenizer.eos_token_id,)
        self._tail = ""
        try:
            pieces = self.template.pieces([QUESTION, ANSWER])
        except TemplateError:
            return eos, ""
        tail = ""
        for piece in reversed(pieces):
            if piece.given:
                if piece.text.casefold() != ANSWER["content"]:
                    tail = ""  # the template drops replies
                break
            tail = piece.text + tail
        self._tail = tail
        ids, found = self._tokeniser.with_control(tail, -1)
        if found:
            at, start = found[0]
            words = tail[:start].rstrip()
            return tuple(ids[: at + 1]), words if len(words.strip()) > 1 else ""
        words = tail.rstrip()
        if len(words.strip()) > 1:
            return self._tokeniser.ids((Piece(words),), -1), words
        return eos, ""
