"""What a task of lm-evaluation-harness may say where it came from somebody else.

Names and defaults are the harness's own; what would run code, ask a hub or take another's word for
a metric is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Split = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]
Words = Annotated[str, Field(max_length=4000)]
FilterName = Literal["regex", "remove_whitespace", "take_first", "lowercase", "uppercase"]
Output = Literal["multiple_choice", "generate_until", "loglikelihood", "loglikelihood_rolling"]
MetricName = Literal[
    "acc", "acc_norm", "acc_mutual_info", "acc_bytes", "brier_score", "f1", "mcc", "exact_match",
    "likelihood", "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "bleu",
    "chrf", "chrf++", "ter",
]  # fmt: skip
Aggregation = Literal[
    "mean", "nanmean", "median", "perplexity", "weighted_perplexity", "bits_per_byte", "f1",
    "matthews_corrcoef", "brier_score", "bleu", "chrf", "chrf++", "ter",
]  # fmt: skip


class Strict(BaseModel):
    """What is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetKwargs(Strict):
    """Which documents belong to which split."""

    data_files: str | dict[Split, str]


class Generation(Strict):
    """How a reply ends. Replies are greedy."""

    until: list[Words] | Words | None = None
    do_sample: Literal[False] = False
    temperature: Annotated[float, Field(ge=0, le=0)] = 0.0
    max_gen_toks: Annotated[int, Field(ge=1, le=1024)] = 256


class Metric(Strict):
    """A metric that the harness brings along."""

    metric: MetricName
    aggregation: Aggregation | None = None
    higher_is_better: bool | None = None
    ignore_case: bool = False
    ignore_punctuation: bool = False
    ignore_numbers: bool = False
    regexes_to_ignore: list[Words] = []


class FilterStep(Strict):
    """A step that takes the answer out of a reply."""

    function: FilterName
    regex_pattern: Words | None = None
    group_select: int | None = None
    fallback: Words | None = None


class Filters(Strict):
    """Steps under a name."""

    name: Split
    filter: Annotated[list[FilterStep], Field(max_length=8)]


class Metadata(Strict):
    """Which version of the task it is."""

    version: float | Words = 0


class TaskFile(Strict):
    """What a task may say here; the names and defaults are the harness's own."""

    task: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]
    tag: str | list[str] | None = None
    dataset_path: Literal["json"] = "json"
    dataset_kwargs: DatasetKwargs
    output_type: Output = "generate_until"
    training_split: Split | None = None
    validation_split: Split | None = None
    test_split: Split | None = None
    fewshot_split: Split | None = None
    doc_to_text: Words | int = ""
    doc_to_target: Words | int | list[Words] = ""
    doc_to_choice: Words | Annotated[list[Words], Field(max_length=64)] | None = None
    description: Words = ""
    gen_prefix: Words | None = None
    target_delimiter: Words = " "
    fewshot_delimiter: Words = "\n\n"
    num_fewshot: Annotated[int, Field(ge=0, le=32)] | None = None
    generation_kwargs: Generation | None = None
    metric_list: Annotated[list[Metric], Field(max_length=8)] | None = None
    filter_list: Annotated[list[Filters], Field(max_length=4)] | None = None
    repeats: Literal[1] = 1
    should_decontaminate: Literal[False] = False
    metadata: Metadata = Metadata()

    @model_validator(mode="after")
    def evaluated_split(self) -> Self:
        """Refuse a task that says on what it is scored nowhere."""
        if self.test_split is None and self.validation_split is None:
            raise ValueError("test_split or validation_split is needed")
        return self

    @property
    def splits(self) -> dict[str, str]:
        """The file of each split; a name alone is the harness's `train`."""
        files = self.dataset_kwargs.data_files
        return {"train": files} if isinstance(files, str) else dict(files)

    @property
    def templates(self) -> Iterator[str]:
        """The texts that are filled in."""
        for value in (
            self.doc_to_text,
            self.doc_to_target,
            self.doc_to_choice,
            self.description,
            self.gen_prefix,
        ):
            if isinstance(value, str):
                yield value
