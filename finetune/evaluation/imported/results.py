"""One imported evaluation: a subject, a file of cases, and which of them it passes."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.bases.files.wheels import file_sha256
from finetune.evaluation.replies.generating import replies_to
from finetune.evaluation.replies.results import prompt_ids
from finetune.evaluation.scoring.dialogues import Skipped
from finetune.evaluation.scoring.loading import load_subject
from finetune.evaluation.scoring.score import computing_facts, head
from finetune.evaluation.scoring.subject import Subject
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.folding import with_system
from finetune.training.dialogues.positions import positions_of
from finetune.training.exceptions import BadData, LeftOut

from .alone import within
from .cases import Case
from .openai_evals import openai_cases
from .promptfoo import promptfoo_cases

LONGEST = 256
BATCH = 8
READING, JUDGING = 60.0, 5.0  # seconds for a file that came alone, and for one reply to it
CANNOT = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


def cases_read(path: Path, *, alone: bool = False) -> list[Case]:
    """Read cases in whatever form: YAML is Promptfoo's, JSON and JSONL are OpenAI's.

    Args:
        path: of the file.
        alone: it came alone from somebody else: no files beside it, no code, and no more than
            `READING` seconds.

    Raises:
        BadData: they cannot be read.
    """
    try:
        with within(READING if alone else 0, f"Reading {path}"):
            if path.suffix in (".yaml", ".yml"):
                return promptfoo_cases(path, alone=alone)
            return openai_cases(path)
    except TimeoutError as error:
        raise BadData(str(error)) from error
    except CANNOT as error:
        raise BadData(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def judged_by(case: Case, reply: str, seconds: float) -> tuple[bool | None, list[str]]:
    """Return whether a reply passes, and what of its case cannot be judged."""
    try:
        with within(seconds, "An assertion"):
            return case.passes(reply), case.unjudged
    except (*CANNOT, TimeoutError, re.error) as error:
        return None, [f"an assertion that cannot be judged ({error})"[:120]]


def imported(
    subject: Subject,
    data: Path,
    *,
    limit: int = 0,
    longest: int = LONGEST,
    batch_size: int = BATCH,
    run_prompt: bool = False,
    alone: bool = False,
    told: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Load a model, put the cases to it, and see which it passes.

    Args:
        subject: what answers.
        data: the cases.
        limit: cases that are enough; 0: all.
        longest: most tokens of a reply.
        batch_size: cases that are put together.
        run_prompt: put the run's system prompt before cases that have none.
        alone: the file came alone from somebody else, see `cases_read`.
        told: called with the share that is done; may raise to leave.

    Returns:
        What a file of results says; a case that cannot be judged here counts neither way.

    Raises:
        EvaluationError: the model cannot be evaluated.
        TrainingError: the settings or the cases cannot be used.
    """
    cases = cases_read(data, alone=alone)
    chosen = cases[:limit] if limit else cases
    loaded = load_subject(subject, to_reply=True)
    chat = ChatFormat.of(loaded.model, loaded.tokenizer)
    asked: list[Case] = []
    prompts: list[list[int]] = []
    left_out: list[Skipped] = []
    for case in chosen:
        messages = with_system(case.messages, subject.config.system_prompt if run_prompt else "")
        try:
            prompts.append(prompt_ids(chat, messages, positions_of(loaded.model.config), longest))
            asked.append(case)
        except LeftOut as error:
            left_out.append(Skipped(case.line, error.kind, str(error)))
    if not asked:
        raise BadData(f"No case of {data} can be put to this base: {left_out[0].why}.")
    started = time.monotonic()
    said = replies_to(
        loaded.model,
        chat,
        prompts,
        longest=longest,
        batch_size=batch_size,
        pad=loaded.tokenizer.pad_token_id or 0,
        told=told,
    )
    rows: list[dict[str, Any]] = []
    for case, reply in zip(asked, said, strict=True):
        passed, unjudged = judged_by(case, reply.text, JUDGING if alone else 0)
        rows.append(
            {
                "line": case.line,
                "name": case.name,
                "right": int(bool(passed)),
                "tokens": int(passed is not None),
                "unjudged": unjudged,
                "reply": reply.text,
            }
        )
    judged = sum(row["tokens"] for row in rows)
    right = sum(row["right"] for row in rows)
    return {
        **head("imported", subject),
        "data": {
            "file": str(data),
            "sha256": file_sha256(data),
            "dialogues": len(cases),
            "scored": judged,
            "left_out": [vars(one) for one in left_out],
        },
        "computing": {
            **computing_facts(subject, loaded),
            "batch_size": batch_size,
            "longest": longest,
            "seconds": round(time.monotonic() - started, 2),
        },
        "right": right,
        "tokens": judged,
        "accuracy": right / judged if judged else None,
        "unjudged": dict(Counter(kind for row in rows for kind in row["unjudged"])),
        "dialogues": rows,
    }
