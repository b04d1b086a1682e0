"""What `POST /v1/wukong/evaluations` takes."""

from __future__ import annotations

from typing import Literal

from ninja import Field, Schema

from finetune.evaluation.given import MOST_BYTES
from finetune.evaluation.process.order import Kind, Terms
from finetune.runs.checks import Agreement


class CasesBody(Schema):
    model_config = {"extra": "forbid"}

    name: str = Field(
        min_length=1,
        max_length=200,
        description="Of the file; its ending tells the form: .yaml or .yml (a Promptfoo config), "
        ".json (an exported eval of OpenAI's), .jsonl (samples of its open repository).",
    )
    text: str = Field(
        max_length=MOST_BYTES,
        description=f"What it holds, {MOST_BYTES // 1000} kB in UTF-8 at most, with everything in "
        "this one file.",
    )


class EvaluationBody(Terms):
    """What is evaluated, and the terms."""

    kind: Kind = Field(
        description="scores: loss, perplexity, next-token accuracy. replies: ROUGE-L, BLEU, chrF, "
        "distinct-n. arithmetic: strict accuracy. imported: cases written elsewhere. harness: a "
        "task of lm-evaluation-harness. ladder: the loss with circuits exact, by shots, with "
        "modelled noise and, with chip, on a chip."
    )
    fine_tuning_job_id: str | None = Field(
        default=None, max_length=100, description="The job of which something is evaluated."
    )
    base: str | None = Field(
        default=None, max_length=100, description="A base model by itself, in place of a job."
    )
    checkpoint: str = Field(
        default="best",
        max_length=12,
        description="Of the job: best (lowest held-out loss of the steps that are kept), last, "
        "base (without the adapter) or a step.",
    )
    file: str | None = Field(
        default=None,
        max_length=100,
        description="A training file of the team; none: what the job has held out.",
    )
    part: Literal["held_out", "all"] = Field(default="held_out", description="Of that file.")
    cases: CasesBody | None = Field(default=None, description="With imported: the file of cases.")
    chip: str | None = Field(
        default=None,
        max_length=40,
        description="With a ladder: the provider's name of a chip to climb on to. Needs spending.",
    )
    spending: Agreement | None = Field(
        default=None,
        description="With a ladder's rung on a chip, and nothing is sent without it: the caps that "
        "you agree to. A refusal without it says what it takes.",
    )
