"""Tasks that somebody handed in: what is taken over, what is refused and with which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from finetune.evaluation.harness.tasks import MOST_BYTES, TASK, sandboxed, task_read
from finetune.evaluation.scoring.exceptions import EvaluationError
from tests.finetune.evaluation.harness.test_results import DOCUMENTS
from tests.finetune.evaluation.harness.test_results import TASK as CHOICES

ROWS = [dict(zip(("question", "choices", "label"), row, strict=True)) for row in DOCUMENTS]
TEXT = "".join(json.dumps(row) + "\n" for row in ROWS)
FILES = {"colours.jsonl": TEXT}
REPLY = """\
task: says
dataset_path: json
dataset_kwargs: {data_files: {test: colours.jsonl, train: more.jsonl}}
test_split: test
fewshot_split: train
num_fewshot: 1
output_type: generate_until
doc_to_text: "{{question | upper}}"
doc_to_target: "{{choices[0]}}"
generation_kwargs: {until: ["\\n"], do_sample: false, max_gen_toks: 4}
filter_list:
  - name: first
    filter:
      - {function: regex, regex_pattern: "(\\\\w+)"}
      - {function: take_first}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true}
"""


def test_what_is_written_is_ours_and_says_the_same(tmp_path: Any) -> None:
    given = task_read(CHOICES, FILES)
    given.write(tmp_path / "task")
    assert sorted(path.name for path in (tmp_path / "task").iterdir()) == [
        "documents-0.jsonl", TASK,
    ]  # fmt: skip
    assert (tmp_path / "task/documents-0.jsonl").read_text() == TEXT
    written = yaml.safe_load((tmp_path / "task" / TASK).read_text())
    kwargs = {"data_files": {"test": "documents-0.jsonl"}, "cache_dir": "cache"}
    assert written == {**yaml.safe_load(CHOICES), "dataset_kwargs": kwargs}


def test_splits_examples_and_filters_are_taken_over(tmp_path: Any) -> None:
    given = task_read(REPLY, {**FILES, "more.jsonl": TEXT})
    assert list(given.documents) == ["test", "train"]
    given.write(tmp_path)
    written = yaml.safe_load((tmp_path / TASK).read_text())
    assert written["filter_list"] == yaml.safe_load(REPLY)["filter_list"]
    assert written["generation_kwargs"] == {"until": ["\n"], "max_gen_toks": 4}


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ('"Question: {{question}}\\nAnswer:"', "!function utils.text", "not run here"),
        ("label\n", "!!python/object/apply:os.system [id]\n", "not run here"),
        ("task: colours", "task: ../colours", "task: "),
        ("output_type: multiple_choice", "unsafe_code: true", "unsafe_code is not taken"),
        ("output_type: multiple_choice", "process_docs: a.b", "process_docs is not taken"),
        ("output_type: multiple_choice", "include: other.yaml", "include is not taken"),
        ("output_type: multiple_choice", "class: a.B", "class is not taken"),
        ("output_type: multiple_choice", "custom_dataset: a", "custom_dataset is not taken"),
        ("dataset_path: json", "dataset_path: gsm8k", "dataset_path"),
        ("  data_files:", "  cache_dir: /tmp\n  data_files:", "dataset_kwargs.cache_dir"),
        ("test: colours.jsonl", "test: /etc/passwd", "names the documents '/etc/passwd'"),
        ("test: colours.jsonl", "other: colours.jsonl", "no documents of the split 'test'"),
        ("test_split: test\n", "", "test_split or validation_split is needed"),
        ("metric: acc", "metric: ./mine", "metric_list.0.metric"),
        ("aggregation: mean", "aggregation: mine", "metric_list.0.aggregation"),
        ("{{question}}", "{{question.upper()}}", "computes something (Call)"),
        ("{{question}}", "{{question * 99}}", "computes something (Mul)"),
        ("{{question}}", "{% for a in question %}a{% endfor %}", "computes something (For)"),
        ("{{question}}", "{{lipsum.x}}", "names lipsum, which not every document"),
        ("{{question}}", "{{question.__class__}}", "names __class__"),
        ("{{question}}", "{{question['__class__']}}", "names __class__"),
        ("{{question}}", "{{question | attr('x')}}", "has the filter attr"),
        ("{{question}}", "{{question", "is no template"),
        ("task: colours", "task: &a colours\ntag: *a", "the alias"),
        ("task: colours", "- task", "is not read"),
    ],
)
def test_what_would_run_or_reach_elsewhere_is_refused(was: str, now: str, why: str) -> None:
    assert was in CHOICES
    with pytest.raises(EvaluationError) as refused:
        task_read(CHOICES.replace(was, now), FILES)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("documents", "why"),
    [
        ("", "holds no documents"),
        ("{", "line 1 is no JSON"),
        ("[1]\n", "line 1 is no object"),
        (TEXT + '{"question": "?"}\n', "line 5: not every document has"),
        (json.dumps({**ROWS[0], "label": [[[[[1]]]]]}), "nested more than"),
        (TEXT * (MOST_BYTES // len(TEXT) + 1), "have more than 2 MB"),
        (json.dumps({**ROWS[0], "choices": ["a"] * 5000}) + "\n", "20,000,000 signs"),
    ],
)
def test_documents_are_looked_through(documents: str, why: str) -> None:
    with pytest.raises(EvaluationError, match=why):
        task_read(CHOICES, {"colours.jsonl": documents})


def test_templates_are_filled_in_in_a_sandbox_of_their_own() -> None:
    """What the check lets through is let through once more: nothing of the process is there."""
    environment = sandboxed()
    assert environment.from_string("{{a}}\n").render(a=1) == "1\n"
    with pytest.raises(UndefinedError):
        environment.from_string("{{lipsum.x}}").render()
    with pytest.raises(SecurityError):
        environment.from_string("{{a.__class__.__mro__}}").render(a="")
