"""Dialogues as token ids and labels, in an order that a seed fixes for the whole run.

Labels stand on the assistant's turns only: on the words and on the token that ends the turn.
Turns with weight 0 get none. Which characters belong to a turn is found by rendering the chat
template twice, up to and including the turn: whatever the second text has more is the turn.
So any template works that writes its turns one after the other.

Knows nothing of models or of the training loop.
"""

from __future__ import annotations

import json
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jinja2.exceptions import TemplateError
from torch.utils.data import Dataset

from finetune.training.exceptions import BadData

IGNORED = -100
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ': ' + message['content'] + eos_token + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}"
)
Message = dict[str, Any]
Span = tuple[int, int]


@dataclass(frozen=True)
class Example:
    """One dialogue: token ids and the ids to predict (`IGNORED` where there is no label)."""

    input_ids: array[int]
    labels: array[int]
    truncated: bool

    @property
    def label_count(self) -> int:
        """Tokens the loss is taken over; position 0 has nothing before it to predict it."""
        return sum(label != IGNORED for label in self.labels[1:])


@dataclass(frozen=True)
class Loaded:
    """What came out of one file."""

    examples: list[Example]
    dialogues: int
    skipped: int
    truncated: int
    tokens: int
    label_tokens: int


def render(tokenizer: Any, messages: Sequence[Message], *, prompt: bool = False) -> str:
    """Render messages with the tokenizer's chat template; `prompt` opens the next reply."""
    plain = [{"role": item["role"], "content": item["content"]} for item in messages]
    text: str = tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=prompt)
    return text


def with_system(messages: Sequence[Message], system_prompt: str) -> list[Message]:
    """Put the system prompt before a dialogue that has none."""
    if not system_prompt or (messages and messages[0]["role"] == "system"):
        return list(messages)
    return [{"role": "system", "content": system_prompt}, *messages]


def folded(messages: Sequence[Message]) -> list[Message]:
    """Move a system message into the first user turn, for templates that know no system."""
    if len(messages) < 2 or messages[0]["role"] != "system" or messages[1]["role"] != "user":
        return list(messages)
    joined = f"{messages[0]['content']}\n\n{messages[1]['content']}"
    return [{**messages[1], "content": joined}, *messages[2:]]


def assistant_spans(tokenizer: Any, messages: Sequence[Message]) -> tuple[str, list[Span]]:
    """Render a dialogue and find the characters the loss is taken over.

    Args:
        tokenizer: any tokenizer with a chat template.
        messages: `{"role", "content"[, "weight"]}` in order.

    Returns:
        The text and the character spans (start, end) of assistant turns with weight 1,
        the mark that ends the turn included, white space after it not.

    Raises:
        TemplateError: the template refuses the roles or their order.
        BadData: a turn cannot be found in the rendered text.
    """
    text = render(tokenizer, messages)
    spans: list[Span] = []
    cursor = 0
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = render(tokenizer, messages[:index], prompt=True) if index else ""
        after = render(tokenizer, messages[: index + 1])
        if index and text.startswith(after) and after.startswith(before):
            span = len(before), len(after.rstrip())
        else:  # the template rewrites earlier turns, or the dialogue starts with this one
            span = _found(text, message["content"], cursor, _ending(tokenizer))
        cursor = span[1]
        if message.get("weight", 1):
            spans.append(span)
    return text, spans


def _ending(tokenizer: Any) -> str:
    """Return what the template writes after an assistant's words, without white space."""
    probe = render(
        tokenizer, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "\u2603"}]
    )
    return probe.rpartition("\u2603")[2].strip()


def _found(text: str, content: str, cursor: int, ending: str) -> Span:
    """Find a turn's words in the text from `cursor` on, and the ending mark behind them."""
    words = content.strip()
    start = text.find(words, cursor)
    if start < 0:
        raise BadData(
            f"The chat template changes the reply {words[:60]!r}: it cannot be found in the "
            "rendered dialogue, so its tokens cannot be marked. Use a plainer template."
        )
    end = start + len(words)
    return (start, end + len(ending)) if ending and text.startswith(ending, end) else (start, end)


def encode(tokenizer: Any, messages: Sequence[Message], *, sequence_length: int) -> Example | None:
    """Turn a dialogue into ids and labels; None if no label is left.

    A dialogue longer than `sequence_length` tokens loses its last turns, so that no turn is
    cut in the middle, unless even the first reply does not fit: then it is cut.

    Raises:
        TemplateError: the template refuses the roles or their order.
        BadData: a turn cannot be found in the rendered text.
    """
    text, spans = assistant_spans(tokenizer, messages)
    ids, labels, ends = _labelled(tokenizer, text, spans)
    truncated = len(ids) > sequence_length
    if truncated:
        whole = [end for end in ends if end <= sequence_length]
        keep = whole[-1] if whole else sequence_length
        ids, labels = ids[:keep], labels[:keep]
    example = Example(array("i", ids), array("i", labels), truncated)
    return example if example.label_count else None


def _labelled(
    tokenizer: Any, text: str, spans: Sequence[Span]
) -> tuple[list[int], list[int], list[int]]:
    """Tokenise; return ids, labels, and for each span the index after its last token."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids: list[int] = encoded["input_ids"]
    labels = [IGNORED] * len(ids)
    ends: list[int] = []
    position = 0
    offsets: list[Span] = encoded["offset_mapping"]
    for start, end in spans:
        while position < len(ids) and offsets[position][1] <= start:
            position += 1
        while position < len(ids) and offsets[position][0] < end:
            labels[position] = ids[position]
            position += 1
        ends.append(position)
    return ids, labels, ends


def load(
    path: Path,
    tokenizer: Any,
    *,
    system_prompt: str,
    sequence_length: int,
    limit: int | None = None,
    seed: int | None = None,
) -> Loaded:
    """Read and encode the dialogues of a JSONL file.

    Args:
        path: one `{"messages": [...]}` a line, as `finetune.datasets` writes it.
        tokenizer: fast tokenizer with a chat template.
        system_prompt: put before dialogues that have no system message.
        sequence_length: longest dialogue in tokens.
        limit: most dialogues to keep.
        seed: with a limit, which ones: a seeded choice; None takes the first.

    Raises:
        BadData: the file cannot be read, a line is not a dialogue, or nothing is left.
    """
    offsets = _line_offsets(path)
    total = len(offsets)
    if limit is not None and limit < total:
        chosen = list(range(total)) if seed is None else _permutation(total, seed, 0)
        offsets = [offsets[index] for index in sorted(chosen[:limit])]
    examples: list[Example] = []
    skipped = 0
    refusal = ""
    for number, messages in _dialogues(path, offsets):
        prepared = with_system(messages, system_prompt)
        try:
            try:
                example = encode(tokenizer, prepared, sequence_length=sequence_length)
            except TemplateError:
                example = encode(tokenizer, folded(prepared), sequence_length=sequence_length)
        except TemplateError as error:
            refusal = f"line {number}: {error}"
            example = None
        if example is None:
            skipped += 1
        else:
            examples.append(example)
    if not examples:
        reason = f" The chat template refuses them ({refusal})." if refusal else ""
        raise BadData(f"{path} holds no dialogue with an assistant's turn to learn.{reason}")
    return Loaded(
        examples=examples,
        dialogues=total,
        skipped=skipped,
        truncated=sum(example.truncated for example in examples),
        tokens=sum(len(example.input_ids) for example in examples),
        label_tokens=sum(example.label_count for example in examples),
    )


def count_dialogues(path: Path) -> int:
    """Count the dialogues of a JSONL file as the data set doctor does: blank lines are none.

    Raises:
        OSError: the file cannot be read.
    """
    return sum(1 for _ in _written_lines(path))


def _written_lines(path: Path) -> Iterator[tuple[int, int]]:
    """Yield number (from 1) and first byte of every line that is not blank."""
    position = 0
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if line.strip():
                yield number, position
            position += len(line)


def _line_offsets(path: Path) -> list[int]:
    try:
        offsets = [position for _, position in _written_lines(path)]
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from error
    if not offsets:
        raise BadData(f"{path} is empty.")
    return offsets


def _dialogues(path: Path, offsets: Sequence[int]) -> Iterator[tuple[int, list[Message]]]:
    with path.open("rb") as handle:
        for number, offset in enumerate(offsets, 1):
            handle.seek(offset)
            try:
                messages = json.loads(handle.readline())["messages"]
                for message in messages:
                    if not isinstance(message["role"], str):
                        raise TypeError("role")
                    if not isinstance(message["content"], str):
                        raise TypeError("content")
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise BadData(
                    f"{path}, dialogue {number} (byte {offset}): not a dialogue ({error}). "
                    "Let the data set doctor write the file."
                ) from error
            yield number, messages


class RunOrder(Dataset[Example]):
    """The examples of a whole run, one after the other: item i is the i-th one trained on.

    Each pass over the data is shuffled by (seed, pass) alone, and batches of similar length
    are put together to save padding. Since the order is fixed from the start, resuming at
    step s is starting at item s x batch, and every batch is full.

    Args:
        examples: the encoded dialogues.
        count: items in the run: steps x batch size x accumulation.
        batch_size: dialogues that are padded together.
        seed: fixes the order.
    """

    def __init__(
        self, examples: Sequence[Example], *, count: int, batch_size: int, seed: int
    ) -> None:
        self._examples = examples
        order: list[int] = []
        left: list[int] = []  # too few for a full batch: they lead the next pass
        window = batch_size * 16
        turn = 0
        while len(order) < count:
            pool = left + _permutation(len(examples), seed, turn)
            usable = len(pool) - len(pool) % batch_size
            pool, left = pool[:usable], pool[usable:]
            for start in range(0, usable, window):
                group = pool[start : start + window]
                group.sort(key=lambda index: len(examples[index].input_ids))
                batches = [group[at : at + batch_size] for at in range(0, len(group), batch_size)]
                random.Random(f"{seed}/{turn}/{start}").shuffle(batches)
                for batch in batches:
                    order.extend(batch)
            turn += 1
        self.order = array("l", order[:count])

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> Example:
        return self._examples[self.order[index]]


def _permutation(count: int, seed: int, turn: int) -> list[int]:
    order = list(range(count))
    random.Random(f"{seed}/{turn}").shuffle(order)
    return order


def collate(examples: Sequence[Example], *, pad: int) -> dict[str, torch.Tensor]:
    """Pad examples on the right into one batch.

    There is no attention mask: with causal attention a token never sees the padding behind
    it, and the padding has no labels, so the result is the same and attention stays fast.

    Returns:
        `input_ids` and `labels`, both int64 of shape (batch, longest).
    """
    longest = max(len(example.input_ids) for example in examples)
    input_ids = torch.full((len(examples), longest), pad, dtype=torch.int64)
    labels = torch.full((len(examples), longest), IGNORED, dtype=torch.int64)
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        input_ids[row, :size] = torch.tensor(example.input_ids, dtype=torch.int64)
        labels[row, :size] = torch.tensor(example.labels, dtype=torch.int64)
    return {"input_ids": input_ids, "labels": labels}
