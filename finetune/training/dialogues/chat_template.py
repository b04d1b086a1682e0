"""What a chat template writes, in pieces: which text it wrote itself and which it was given.

A template is a program: it may trim, move, repeat or drop what it is given, so its output is
never searched for a message's words. Instead each message's text is put between two characters
for private use that occur nowhere else; where they come out, the text is. They stand inside the
text's white space, so that templates that trim still do. If the output without them is not what
the template writes by itself, they have changed its mind, and the text counts as changed.

Knows nothing of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jinja2.exceptions import TemplateError

from .folding import Message, folded
from .pieces import Piece, with_blanks
from .tools import for_template, has_tools, tools_of, words_of

Span = tuple[int, int]
Spans = Mapping[int, Sequence[Span]]

PRIVATE = re.compile("[\U000f0000-\U0010fffd]")


@dataclass(frozen=True)
class _Reading:
    """One marked rendering: pieces with the message each comes from, and what the marks met."""

    pieces: list[tuple[str, int | None]]
    met: set[int]
    loose: set[int]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


class ChatTemplate:
    """Renders dialogues with a tokenizer's chat template, or with one given as text.

    Args:
        tokenizer: any tokenizer of transformers.
        source: a template; None takes the tokenizer's own.

    Attributes:
        guarded: finds the words of a text that must stay marked as given even where the
            template changes the text around them.
    """

    def __init__(self, tokenizer: Any, source: str | None = None) -> None:
        self.tokenizer = tokenizer
        self.source = source
        self.guarded: Callable[[str], Sequence[Span]] = lambda _: ()

    def render(self, messages: Sequence[Message], *, prompt: bool = False) -> str:
        """Return what the template writes; `prompt` opens the next reply.

        Raises:
            TemplateError: the template refuses the messages or fails on them.
        """
        if not messages:
            raise TemplateError("There is no message to write.")
        try:
            text: str = self.tokenizer.apply_chat_template(
                [for_template(item) for item in messages],
                tools=tools_of(messages),
                chat_template=self.source,
                tokenize=False,
                add_generation_prompt=prompt,
            )
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise TemplateError(f"{type(error).__name__}: {error}") from error
        return text

    def pieces(self, messages: Sequence[Message], *, prompt: bool = False) -> list[Piece]:
        """Return what the template writes, in pieces.

        If the template refuses a dialogue with a system text, or drops the text without a word,
        the text is folded into the user's turn.

        Raises:
            TemplateError: the template refuses the messages, folded or not.
        """
        if has_tools(messages) and any(self.guarded(words) for words in words_of(messages)):
            raise TemplateError("a tool or its call holds text that models keep for themselves")
        systems = [at for at, item in enumerate(messages) if item["role"] == "system"]
        refusal: TemplateError | None = None
        try:
            pieces, missing = self._pieces(messages, prompt)
            if not any(self._drops(messages, at, prompt) for at in missing.intersection(systems)):
                return pieces
        except TemplateError as error:
            if not systems:
                raise
            refusal = error
        try:
            return self._pieces(folded(messages), prompt)[0]
        except TemplateError as error:
            raise refusal or error from error

    def _pieces(self, messages: Sequence[Message], prompt: bool) -> tuple[list[Piece], set[int]]:
        """Return the pieces, and the messages of whose text no mark is written."""
        plain = self.render(messages, prompt=prompt)
        spans = {at: [_core(item)] for at, item in enumerate(messages) if item["content"].strip()}
        reading = first = self._read(messages, spans, prompt)
        whole = set(spans)
        if reading.loose or reading.text != plain:
            reading, whole = self._read_changed(messages, spans, prompt, plain, first)
        replies = [at for at, item in enumerate(messages) if item["role"] == "assistant"]
        number = {
            at: order
            for order, at in enumerate(replies)
            if at in whole and not messages[at].get("tool_calls")
        }
        pieces = [
            Piece(
                text,
                given=at is not None,
                reply=number.get(at)
                if at is not None and text == messages[at]["content"].strip()
                else None,
            )
            for text, at in reading.pieces
        ]
        if any(messages[at]["content"] != messages[at]["content"].strip() for at in number):
            bare = [
                {**item, "content": item["content"].strip() or item["content"]}
                if at in replies
                else item
                for at, item in enumerate(messages)
            ]
            contents = [messages[at]["content"] for at in replies]
            pieces = with_blanks(pieces, self._pieces(bare, prompt)[0], contents)
        return pieces, set(spans) - first.met

    def _drops(self, messages: Sequence[Message], at: int, prompt: bool) -> bool:
        """Tell whether a message, of which no mark was found, makes no difference at all."""
        twice = {**messages[at], "content": messages[at]["content"] * 2}
        changed = [*messages[:at], twice, *messages[at + 1 :]]
        return self.render(changed, prompt=prompt) == self.render(messages, prompt=prompt)

    def _read_changed(
        self,
        messages: Sequence[Message],
        spans: Spans,
        prompt: bool,
        plain: str,
        first: _Reading,
    ) -> tuple[_Reading, set[int]]:
        """Read a dialogue of which the template changes some texts; return those it keeps."""

        def guarded(at: int) -> Sequence[Span]:
            return self.guarded(messages[at]["content"])

        def without(at: int) -> Message:
            content = messages[at]["content"]
            for start, end in reversed(guarded(at)):
                content = f"{content[:start]} {content[end:]}"
            return {**messages[at], "content": content}

        def whole_alone(at: int) -> bool:
            alone = self._read(messages, {at: spans[at]}, prompt)
            return not alone.loose and alone.text == plain

        suspects = first.loose | (set(spans) - first.met)
        whole = set(spans) - suspects
        for _ in range(2):
            marks = {at: spans[at] if at in whole else guarded(at) for at in spans}
            reading = self._read(messages, marks, prompt)
            if reading.text == plain and whole.isdisjoint(reading.loose):
                return reading, whole
            whole = {at for at in whole if whole_alone(at)}
        # Even marks around control tokens are too much for it: these tokens are taken out.
        bare = [item if at in whole else without(at) for at, item in enumerate(messages)]
        reading = self._read(bare, {at: spans[at] for at in whole}, prompt)
        if reading.text == self.render(bare, prompt=prompt) and not reading.loose:
            return reading, whole
        bare = [without(at) for at in range(len(messages))]
        return self._read(bare, {}, prompt), set()

    def _read(self, messages: Sequence[Message], spans: Spans, prompt: bool) -> _Reading:
        """Render with a pair of signs around each span of text, and take the signs out again."""
        taken = set(PRIVATE.findall("".join(item["content"] for item in messages)))
        free = (chr(code) for code in range(0xF0000, 0x10FFFE) if chr(code) not in taken)
        owner: dict[str, tuple[int, bool]] = {}
        marked = [dict(item) for item in messages]
        for at, places in spans.items():
            pair = list(islice(free, 2))
            if len(pair) < 2:
                raise TemplateError("The dialogue has too many messages.")
            owner |= {pair[0]: (at, True), pair[1]: (at, False)}
            content = messages[at]["content"]
            for start, end in reversed(places):
                inner = pair[0] + content[start:end] + pair[1]
                content = content[:start] + inner + content[end:]
            marked[at]["content"] = content
        try:
            text = self.render(marked, prompt=prompt)
        except TemplateError:
            if not owner:
                raise
            return _Reading([], set(spans), set(spans))  # it is the marks that are refused
        pieces: list[tuple[str, int | None]] = []
        met: set[int] = set()
        loose: set[int] = set()
        last, opened = 0, -1
        for sign in PRIVATE.finditer(text):
            if sign[0] not in owner:
                continue
            at, opens = owner[sign[0]]
            met.add(at)
            inside = not opens and opened == at
            pieces.append((text[last : sign.start()], at if inside else None))
            loose |= set() if inside or opened < 0 else {opened}
            loose |= set() if inside or opens else {at}
            last, opened = sign.end(), at if opens else -1
        pieces.append((text[last:], None))
        loose |= set() if opened < 0 else {opened}
        return _Reading([item for item in pieces if item[0]], met, loose)


def _core(message: Message) -> Span:
    """Return where a message's text is, without the white space around it."""
    content = message["content"]
    start = len(content) - len(content.lstrip())
    return start, start + len(content.strip())
