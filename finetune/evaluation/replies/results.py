"""One evaluation by replies: a subject, a file of dialogues, and what it answers to their ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError

from finetune.bases.files.wheels import file_sha256
from finetune.evaluation.scoring.dialogues import Skipped
from finetune.evaluation.scoring.loading import Model, load_subject
from finetune.evaluation.scoring.score import computing_facts, head
from finetune.evaluation.scoring.subject import Subject
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.folding import Message, with_system
from finetune.training.dialogues.lines import dialogue_at, lines_of
from finetune.training.dialogues.positions import positions_of
from finetune.training.exceptions import BadData, LeftOut

from .generating import replies_to
from .text_metrics import compared
from .turns import cut

LONGEST = 128
BATCH = 8


@dataclass(frozen=True)
class Asked:
    """A prompt: its line, its ids, and what was said there."""

    line: int
    ids: list[int]
    reference: str


def replies(
    subject: Subject,
    data: Path,
    *,
    limit: int = 0,
    longest: int = LONGEST,
    batch_size: int = BATCH,
    tokenizer: str = "",
    told: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Load a model, answer the last user turn of each dialogue, and compare.

    Args:
        subject: what answers.
        data: one `{"messages": [...]}` a line.
        limit: dialogues that are enough; 0: all.
        longest: most tokens of a reply.
        batch_size: dialogues that are answered together.
        tokenizer: of the metrics, `13a` or `zh`; empty: as the references are written.
        told: called with the share that is done; may raise to leave.

    Returns:
        What a file of results says.

    Raises:
        EvaluationError: the model cannot be evaluated.
        TrainingError: the settings or the data cannot be used.
    """
    loaded = load_subject(subject, to_reply=True)
    asked, left_out, total = questions(subject, loaded, data, limit, longest)
    started = time.monotonic()
    said = replies_to(
        loaded.model,
        ChatFormat.of(loaded.model, loaded.tokenizer),
        [one.ids for one in asked],
        longest=longest,
        batch_size=batch_size,
        pad=loaded.tokenizer.pad_token_id or 0,
        told=told,
    )
    together, each = compared(
        [one.text for one in said], [one.reference for one in asked], tokenizer
    )
    return {
        **head("replies", subject),
        "data": {
            "file": str(data),
            "sha256": file_sha256(data),
            "dialogues": total,
            "scored": len(asked),
            "left_out": [vars(one) for one in left_out],
        },
        "computing": {
            **computing_facts(subject, loaded),
            "batch_size": batch_size,
            "longest": longest,
            "seconds": round(time.monotonic() - started, 2),
        },
        **together,
        "ended": sum(one.ended for one in said) / len(said),
        "empty": sum(not one.text for one in said),
        "dialogues": [
            {
                "line": one.line,
                **scores,
                "ended": reply.ended,
                "reply": reply.text,
                "reference": one.reference,
            }
            for one, reply, scores in zip(asked, said, each, strict=True)
        ],
    }


def questions(
    subject: Subject, loaded: Model, data: Path, limit: int, longest: int
) -> tuple[list[Asked], list[Skipped], int]:
    """Return the prompts of a file, what was left out, and how many dialogues it has.

    Raises:
        BadData: the file cannot be read, or nothing in it can be answered.
    """
    chat = ChatFormat.of(loaded.model, loaded.tokenizer)
    lines = lines_of(data)
    asked: list[Asked] = []
    left_out: list[Skipped] = []
    with data.open("rb") as handle:
        for index in range(len(lines)):
            if limit and len(asked) >= limit:
                break
            number, offset = lines[index]
            try:
                messages = with_system(dialogue_at(handle, offset), subject.config.system_prompt)
                before, reference = cut(messages)
                ids = prompt_ids(chat, before, positions_of(loaded.model.config), longest)
                asked.append(Asked(number, ids, reference))
            except LeftOut as error:
                left_out.append(Skipped(number, error.kind, str(error)))
    if not asked:
        shown = "; ".join(f"line {one.line}: {one.why}" for one in left_out[:5])
        raise BadData(f"{data} holds no dialogue that can be answered: {shown}")
    return asked, left_out, len(lines)


def prompt_ids(
    chat: ChatFormat, messages: Sequence[Message], positions: int | None, longest: int
) -> list[int]:
    """Return the ids of a prompt that leaves room for a reply.

    Raises:
        LeftOut: the template refuses it, or it is too long for the base's positions.
    """
    try:
        ids = chat.prompt_ids(messages)
    except TemplateError as error:
        raise LeftOut("refused", f"the chat template refuses it: {error}") from error
    if positions and len(ids) + longest > positions:
        words = f"it takes {len(ids)} of the base's {positions} positions, and a reply {longest}"
        raise LeftOut("too_long", words)
    return ids
