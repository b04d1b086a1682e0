"""One evaluation on arithmetic: a subject, a file of problems, and which it solves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.bases.files.wheels import file_sha256
from finetune.evaluation.replies.generating import Reply, replies_to
from finetune.evaluation.replies.results import prompt_ids
from finetune.evaluation.scoring.dialogues import Skipped
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.loading import Model, load_subject
from finetune.evaluation.scoring.score import computing_facts, head
from finetune.evaluation.scoring.subject import Subject
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.positions import positions_of
from finetune.training.exceptions import BadData, LeftOut

from .answers import answer_of
from .overlap import Overlap, overlap_of
from .problems import Problem, problems_read, training_texts
from .prompts import FEW_SHOT, PROMPTS, RUN, messages_of

LONGEST = 256
BATCH = 8
SHOTS = 4


@dataclass(frozen=True)
class Terms:
    """How problems are put and replies are taken.

    Attributes:
        prompt: one of `PROMPTS`.
        examples: solved problems for `few-shot`; None without.
        shots: how many of them.
        training: the file that was learned from, to look for overlap; None: the run's own where it
            is still there.
        limit: problems that are enough; 0: all.
        longest: most tokens of a reply.
        batch_size: problems that are put together.
    """

    prompt: str = RUN
    examples: Path | None = None
    shots: int = SHOTS
    training: Path | None = None
    limit: int = 0
    longest: int = LONGEST
    batch_size: int = BATCH


def arithmetic(
    subject: Subject,
    data: Path,
    terms: Terms | None = None,
    told: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Load a model, put the problems to it, and count those whose number is exactly right.

    Args:
        subject: what answers.
        data: problems, in one of the forms of `problems`.
        terms: how.
        told: called with the share that is done; may raise to leave.

    Returns:
        What a file of results says: its rows have `right` and `tokens` as a file of scores has,
        with one token for each problem, so that both are paired alike.

    Raises:
        EvaluationError: the model cannot be evaluated so.
        TrainingError: the settings or the data cannot be used.
    """
    terms = terms or Terms()
    problems = [one for one in problems_read(data) if one.answer is not None]
    if not problems:
        raise BadData(f"{data} holds no problem whose answer is a number.")
    examples = _examples(terms)
    overlap = _overlap(subject, problems, terms)
    loaded = load_subject(subject, to_reply=True)
    asked, prompts, left_out = _asked(subject, loaded, problems, terms, examples)
    started = time.monotonic()
    said = replies_to(
        loaded.model,
        ChatFormat.of(loaded.model, loaded.tokenizer),
        prompts,
        longest=terms.longest,
        batch_size=terms.batch_size,
        pad=loaded.tokenizer.pad_token_id or 0,
        told=told,
    )
    rows = [_row(one, reply, overlap) for one, reply in zip(asked, said, strict=True)]
    apart = [row for row in rows if row["overlap"] is None]
    return {
        **head("arithmetic", subject),
        "data": {
            "file": str(data),
            "sha256": file_sha256(data),
            "dialogues": len(problems),
            "scored": len(asked),
            "left_out": [vars(one) for one in left_out],
        },
        "prompt": terms.prompt,
        "prompt_words": PROMPTS[terms.prompt],
        "shots": len(examples),
        "overlap": None if overlap is None else overlap.facts(),
        "computing": {
            **computing_facts(subject, loaded),
            "batch_size": terms.batch_size,
            "longest": terms.longest,
            "seconds": round(time.monotonic() - started, 2),
        },
        "tokens": len(rows),
        "right": sum(row["right"] for row in rows),
        "accuracy": sum(row["right"] for row in rows) / len(rows),
        "accuracy_without_overlap": (
            sum(row["right"] for row in apart) / len(apart) if overlap and apart else None
        ),
        "ended": sum(one.ended for one in said) / len(said),
        "dialogues": rows,
    }


def _examples(terms: Terms) -> list[Problem]:
    if terms.prompt != FEW_SHOT:
        return []
    if terms.examples is None:
        raise EvaluationError("The few-shot prompt needs a file of solved problems (--examples).")
    return problems_read(terms.examples)[: terms.shots]


def _overlap(subject: Subject, problems: Sequence[Problem], terms: Terms) -> Overlap | None:
    """Compare with what was learned from; None where that is not known."""
    path = terms.training
    if path is None and subject.folder is not None and subject.config.train_file:
        path = subject.folder / subject.config.train_file
        if not path.is_file():
            return None
    return None if path is None else overlap_of(problems, training_texts(path))


def _asked(
    subject: Subject,
    loaded: Model,
    problems: Sequence[Problem],
    terms: Terms,
    examples: Sequence[Problem],
) -> tuple[list[Problem], list[list[int]], list[Skipped]]:
    chat = ChatFormat.of(loaded.model, loaded.tokenizer)
    positions = positions_of(loaded.model.config)
    asked: list[Problem] = []
    prompts: list[list[int]] = []
    left_out: list[Skipped] = []
    for problem in problems:
        if terms.limit and len(asked) >= terms.limit:
            break
        messages = messages_of(
            terms.prompt, problem.question, subject.config.system_prompt, examples
        )
        try:
            prompts.append(prompt_ids(chat, messages, positions, terms.longest))
            asked.append(problem)
        except LeftOut as error:
            left_out.append(Skipped(problem.line, error.kind, str(error)))
    if not asked:
        raise BadData(f"No problem can be put to this base: {left_out[0].why}.")
    return asked, prompts, left_out


def _row(problem: Problem, reply: Reply, overlap: Overlap | None) -> dict[str, Any]:
    given = answer_of(reply.text)
    found = overlap.found.get(problem.line) if overlap else None
    return {
        "line": problem.line,
        "right": int(given is not None and given == problem.answer),
        "tokens": 1,
        "expected": str(problem.answer),
        "given": None if given is None else str(given),
        "overlap": found[0] if found else None,
        "ended": reply.ended,
        "reply": reply.text,
    }
