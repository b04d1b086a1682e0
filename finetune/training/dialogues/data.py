"""Dialogues of a file as token ids and labels.

Labels stand on the assistant's turns only: on the reply and on what ends it. Turns with weight 0
get none. Where a turn is, which ids its prompt has and what ends it is `chat_format`'s to say;
here dialogues become sequences, and those that cannot be used are counted with their reason.

Knows nothing of models or of the training loop; needs no torch.
"""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError

from finetune.training.exceptions import BadData, ChangedReply, LeftOut

from .chat_format import ChatFormat
from .folding import Message, with_system
from .left_out import KINDS
from .lines import dialogue_of, lines_of, record_at
from .tools import has_tools, without_tools

IGNORED = -100
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ': ' + message['content'] + eos_token + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}"
)
Encoding = Callable[[ChatFormat, dict[str, Any], str, int], list[Any]]  # as `dialogue_encoded`
REASONS_KEPT = 5


@dataclass(frozen=True)
class Example:
    """One sequence: token ids and the ids to predict (`IGNORED` where there is no label)."""

    input_ids: array[int]
    labels: array[int]
    truncated: bool

    @property
    def length(self) -> int:
        """Tokens of the sequence."""
        return len(self.input_ids)

    @property
    def label_count(self) -> int:
        """Tokens the loss is taken over; position 0 has nothing before it to predict it."""
        return sum(label != IGNORED for label in self.labels[1:])


@dataclass(frozen=True)
class Loaded:
    """What came out of one file.

    Attributes:
        examples: the sequences to learn from, in the file's order; or pairs of them.
        dialogues: dialogues in the file.
        skipped: dialogues looked at and left out: the sum of the five counts by reason.
        truncated: dialogues that lost their last turns, or the end of their only one.
        tokens: tokens in the examples.
        label_tokens: tokens the loss is taken over.
        looked_at: dialogues that were read; fewer than `dialogues` if the limit was reached.
        used: dialogues the examples come from.
        refused: left out because the chat template refuses them.
        changed: left out because the chat template changes a reply.
        too_long: left out because the first reply begins behind the longest sequence's end.
        without_reply: left out because no reply has a weight and words.
        unreadable: lines that are no dialogue.
        usable_total: examples that the whole file has: counted if all was looked at, else
            estimated from the share that was usable.
        tool_turns: calls, results and lists of tools that were left out of the dialogues used,
            since the chat template has no words for them.
        reasons: why the first few were left out, each with the number of its line.
    """

    examples: list[Any]
    dialogues: int
    skipped: int
    truncated: int
    tokens: int
    label_tokens: int
    looked_at: int = 0
    used: int = 0
    refused: int = 0
    changed: int = 0
    too_long: int = 0
    without_reply: int = 0
    unreadable: int = 0
    usable_total: int = 0
    tool_turns: int = 0
    reasons: list[str] = field(default_factory=list)


def encode(chat: ChatFormat, messages: Sequence[Message], *, sequence_length: int) -> list[Example]:
    """Turn a dialogue into sequences of ids and labels.

    As long as each prompt goes on from the reply before, all replies share one sequence. Where
    the template writes earlier turns anew, a reply begins another.

    Replies that end behind `sequence_length` tokens are left out, and all that follow them, so
    that none is cut in the middle; unless it is the first: then its end is cut off.

    Raises:
        LeftOut: nothing of the dialogue can be learned.
    """
    sequences: list[tuple[list[int], list[int]]] = []
    truncated = False
    try:
        for prompt, reply in chat.learned(messages):
            fits = len(prompt) + len(reply) <= sequence_length
            truncated = truncated or not fits
            if not fits and (sequences or len(prompt) >= sequence_length):
                break
            ids, labels = sequences[-1] if sequences else ([], [])
            if not ids or prompt[: len(ids)] != ids:
                ids, labels = [], []
                sequences.append((ids, labels))
            labels += [IGNORED] * (len(prompt) - len(ids)) + list(reply)
            ids += [*prompt[len(ids) :], *reply]
            if not fits:
                break
    except TemplateError as error:
        raise LeftOut("refused", f"the chat template refuses it: {error}") from error
    except ChangedReply as error:
        raise LeftOut("changed", str(error)) from error
    if not sequences and not truncated:
        raise LeftOut("without_reply", "it has no assistant's turn to learn")
    last = len(sequences) - 1
    examples = [
        Example(
            array("i", ids[:sequence_length]),
            array("i", labels[:sequence_length]),
            truncated and number == last,
        )
        for number, (ids, labels) in enumerate(sequences)
    ]
    examples = [example for example in examples if example.label_count]
    if not examples:
        raise LeftOut(
            "too_long",
            f"its first reply begins behind the longest length, {sequence_length} tokens",
        )
    return examples


def dialogue_encoded(
    chat: ChatFormat, record: dict[str, Any], system_prompt: str, sequence_length: int
) -> list[Example]:
    """Turn a line's record into sequences. Raises LeftOut: nothing of it can be learned."""
    messages = with_system(dialogue_of(record), system_prompt)
    return encode(chat, messages, sequence_length=sequence_length)


def load(
    path: Path,
    tokenizer: Any,
    *,
    system_prompt: str,
    sequence_length: int,
    limit: int | None = None,
    seed: int | None = None,
    encoded_as: Encoding | None = None,
) -> Loaded:
    """Read and encode the dialogues of a JSONL file.

    With a limit, dialogues are looked at one after the other, in an order that the seed fixes,
    until enough of them are usable: those that are not do not count, and no more is encoded
    than is needed. The same file, settings and seed give the same examples.

    Args:
        path: one `{"messages": [...]}` a line, as `finetune.datasets.doctor` writes it.
        tokenizer: fast tokenizer with a chat template.
        system_prompt: put before dialogues that have no system message.
        sequence_length: longest sequence in tokens.
        limit: examples that are enough.
        seed: with a limit, which dialogues: a seeded choice; None takes the first.
        encoded_as: what makes examples of a line's record; None takes `dialogue_encoded`.

    Raises:
        BadData: the file cannot be read, or nothing in it can be learned.
    """
    lines = lines_of(path)
    total = len(lines)
    chat = ChatFormat(tokenizer)
    seeded = limit is not None and limit < total and seed is not None
    order: Sequence[int] = permutation(total, seed or 0, 0) if seeded else range(total)
    encoded: dict[int, list[Any]] = {}
    examples_of = encoded_as or dialogue_encoded
    counts: Counter[str] = Counter()
    reasons: list[tuple[int, str]] = []
    found = tool_turns = 0
    with path.open("rb") as handle:
        for index in order:
            if limit is not None and found >= limit:
                break
            number, offset = lines[index]
            try:
                record = record_at(handle, offset)
                encoded[index] = examples_of(chat, record, system_prompt, sequence_length)
                found += len(encoded[index])
                tool_turns += tool_turns_left_out(chat, dialogue_of(record))
            except LeftOut as error:
                counts[error.kind] += 1
                reasons = sorted([*reasons, (number, str(error))])[:REASONS_KEPT]
    explained = [f"line {number}: {why}" for number, why in reasons]
    examples = [example for index in sorted(encoded) for example in encoded[index]]
    if not examples:
        raise BadData(
            f"{path} holds no dialogue with an assistant's turn to learn. Left out: "
            f"{', '.join(f'{counts[kind]} {KINDS[kind]}' for kind in KINDS if counts[kind])}. "
            f"{'; '.join(explained)}."
        )
    looked_at = len(encoded) + counts.total()
    return Loaded(
        examples=examples,
        dialogues=total,
        skipped=counts.total(),
        truncated=sum(example.truncated for example in examples),
        tokens=sum(example.length for example in examples),
        label_tokens=sum(example.label_count for example in examples),
        looked_at=looked_at,
        used=len(encoded),
        usable_total=round(len(examples) * total / looked_at),
        tool_turns=tool_turns,
        reasons=explained,
        refused=counts["refused"],
        changed=counts["changed"],
        too_long=counts["too_long"],
        without_reply=counts["without_reply"],
        unreadable=counts["unreadable"],
    )


def tool_turns_left_out(chat: ChatFormat, messages: Sequence[Message]) -> int:
    """Count the calls, results and lists of tools that a template has no words for."""
    if not has_tools(messages) or chat.speaks_tools:
        return 0
    return without_tools(messages)[1]


def permutation(count: int, seed: int, turn: int) -> list[int]:
    """Return the numbers below `count` in an order that seed and turn fix."""
    order = list(range(count))
    random.Random(f"{seed}/{turn}").shuffle(order)
    return order
