"""Public data sets as published: recognised without a hand, each with a sentence about it.

Where they are not there, these tests are skipped (`shared_data`).
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from finetune.datasets.doctor.glance import glance
from finetune.datasets.doctor.options import Options
from finetune.datasets.models import Dataset
from finetune.datasets.report import ReportView

ALL_USED = "Every column that holds something is used."
UNUSED = {  # with the records, of the first six, that hold something there
    "ESConv": {
        **dict.fromkeys(("experience_type", "emotion_type", "problem_type", "situation"), 6),
        "survey_score": 6,
        "dialog[].strategy": 6,
        "seeker_question1": 5,
        "seeker_question2": 5,
        "supporter_question1": 5,
        "supporter_question2": 3,
    },
    "counsel_chat": dict.fromkeys(
        (
            *("(column 1)", "questionID", "questionTitle", "questionLink", "topic"),
            *("therapistInfo", "therapistURL", "upvotes", "views", "split"),
        ),
        6,
    ),
}


def unused(kind: str, keys: dict[str, int]) -> str:
    named = ", ".join(f"{key} (in {count} records)" for key, count in keys.items())
    return f"{kind} that are not used: {named}. Nothing is learned from them."


JOINED = "What one side says in a row is one turn."
READ_AS = {
    "esconv/train.jsonl": f"Read as ESConv. {JOINED} {unused('Keys', UNUSED['ESConv'])}",
    "cpsycoun/CPsyCounD.jsonl": f"Read as OpenAI messages. {unused('Keys', {'id': 6})}",
    "cpsycoun/CPsyCounE.jsonl": (
        f"Read as CPsyCoun. {JOINED} {unused('Keys', {'topic': 6, 'id': 6})}"
    ),
    "counsel_chat/20200325_counsel_chat.csv": (
        "Read as Table with columns: person from questionText, assistant from answerText. "
        + unused("Columns", UNUSED["counsel_chat"])
    ),
    "gsm8k/train.jsonl": (
        f"Read as Table with columns: person from question, assistant from answer. {ALL_USED}"
    ),
    "ugm_aicare_crisis/conversation_scenarios.json": (
        "Read as Turns with their roles. "
        + unused("Keys", {"id": 6, "is_crisis": 6, "category": 6})
    ),
}


def sentence(report: Any) -> str:
    """The sentence of the page, without its marks."""
    view = ReportView(Dataset(report=report.to_dict()))
    page = render_to_string("finetune/datasets/_read_as.html", {"report": view})
    return " ".join(html.unescape(re.sub("<[^>]+>", "", page)).split())


@pytest.mark.parametrize(("file", "expected"), list(READ_AS.items()))
def test_what_was_read_is_said(shared_data: Path, file: str, expected: str) -> None:
    assert sentence(glance(shared_data / file, Options(), records=6)) == expected
