"""A task of lm-evaluation-harness that somebody handed in: read, checked, written anew.

The harness runs what a task file names (`!function`, classes, metrics of a hub) and fills its
templates in outside a sandbox. So it is never given the file itself: what is known here is taken
over, with known values only, and anything else is refused. Knows nothing of models, and loads
neither torch nor the harness.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import ValidationError

from finetune.evaluation.imported.alone import FILTERS, PLAIN, PlainLoader
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.files import write_whole

from .task_file import TaskFile

TASK = "task.yaml"
MOST_TASK_BYTES = 20_000
MOST_BYTES = 2_000_000  # of all documents
MOST_SIGNS = 20_000_000  # that all prompts together may come to
MOST_LEVELS = 4
TEMPLATES = (*PLAIN, nodes.List)


@dataclass(frozen=True)
class GivenTask:
    """A task that may be run.

    Attributes:
        task: what it says.
        documents: by split, JSON lines.
    """

    task: TaskFile
    documents: Mapping[str, str]

    @property
    def name(self) -> str:
        """What the task calls itself."""
        return self.task.task

    def write(self, folder: Path) -> None:
        """Write a task of ours with its documents; none of the names in it were handed in."""
        folder.mkdir(parents=True, exist_ok=True)
        config = self.task.model_dump(exclude_none=True, exclude={"tag"}, exclude_defaults=True)
        files = {}
        for number, (split, text) in enumerate(self.documents.items()):
            files[split] = f"documents-{number}.jsonl"
            write_whole(folder / files[split], text)
        config["dataset_path"] = "json"
        # What the harness makes of the documents lies with them, and goes where they go.
        config["dataset_kwargs"] = {"data_files": files, "cache_dir": "cache"}
        write_whole(folder / TASK, yaml.safe_dump(config, allow_unicode=True))


def task_read(text: str, documents: Mapping[str, str]) -> GivenTask:
    """Read a task and its documents.

    Args:
        text: of the YAML file.
        documents: by the name of a file, what it holds.

    Returns:
        What of it is run.

    Raises:
        EvaluationError: with what in it cannot be taken.
    """
    if len(text.encode()) > MOST_TASK_BYTES:
        raise EvaluationError(f"The task has more than {MOST_TASK_BYTES // 1000} kB.")
    try:
        values = yaml.load(text, Loader=PlainLoader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise EvaluationError(f"The task is not read: {_short(error)}") from error
    if not isinstance(values, dict):
        raise EvaluationError("The task holds no names with values (task: …, doc_to_text: …).")
    try:
        task = TaskFile.model_validate(values)
    except ValidationError as error:
        raise EvaluationError(_refused(error)) from error
    found = {}
    for split, name in task.splits.items():
        if name not in documents:
            there = ", ".join(sorted(documents)) or "none"
            raise EvaluationError(f"The task names the documents {name!r:.80}; there are: {there}.")
        found[split] = documents[name]
    for wanted in (task.training_split, task.validation_split, task.test_split, task.fewshot_split):
        if wanted is not None and wanted not in found:
            raise EvaluationError(
                f"There are no documents of the split {wanted!r} in data_files; "
                f"it has {', '.join(found)}."
            )
    if sum(len(one.encode()) for one in found.values()) > MOST_BYTES:
        raise EvaluationError(f"The documents have more than {MOST_BYTES // 1_000_000} MB.")
    rows = {split: _rows(split, one) for split, one in found.items()}
    _templates_check(task, rows)
    return GivenTask(task, found)


def sandboxed() -> ImmutableSandboxedEnvironment:
    """What fills templates in: nothing but the document's own fields is there to be named."""
    environment = ImmutableSandboxedEnvironment(
        keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.globals.clear()
    return environment


def _short(error: Exception) -> str:
    words = " ".join(str(error).split())
    if "could not determine a constructor for the tag" in words:
        return f"code of one's own (!function) and other tags are not run here. {words[:120]}"
    return words[:200]


def _refused(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(one) for one in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place} is not taken here: only what needs no code and no hub is."
    words = first["msg"].removeprefix("Value error, ")
    return f"{place}: {words}" if place else f"The task is not read: {words}."


def _rows(split: str, text: str) -> list[dict[str, Any]]:
    """Return the documents of a split. Raises EvaluationError, with the line."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EvaluationError(f"{split}, line {number} is no JSON: {error}") from error
        if not isinstance(row, dict) or not row or _deep(row) > MOST_LEVELS:
            raise EvaluationError(
                f"{split}, line {number} is no object of fields, or nested more than "
                f"{MOST_LEVELS} levels deep."
            )
        if rows and row.keys() != rows[0].keys():
            odd = sorted(row.keys() ^ rows[0].keys())[0]
            raise EvaluationError(f"{split}, line {number}: not every document has {odd!r:.60}.")
        rows.append(row)
    if not rows:
        raise EvaluationError(f"The split {split} holds no documents.")
    return rows


def _deep(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_deep(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_deep(one) for one in value), default=0)
    return 0


def _templates_check(task: TaskFile, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Refuse what computes, names what no document has, or comes to more than is reasonable.

    Raises:
        EvaluationError: with the template.
    """
    everywhere = set.intersection(*(set(one[0]) for one in rows.values()))
    gaps, listed = 1, len(task.doc_to_choice) if isinstance(task.doc_to_choice, list) else 1
    for text in task.templates:
        if text in everywhere:
            gaps += 1
            continue
        found = _template(text)
        for node in found.find_all(nodes.Node):
            if not isinstance(node, TEMPLATES):
                raise EvaluationError(
                    f"The template {text!r:.60} computes something ({type(node).__name__}). Only "
                    "values in gaps, as {{name}}, are filled in here."
                )
            if isinstance(node, nodes.Filter) and node.name not in FILTERS:
                raise EvaluationError(f"The template {text!r:.60} has the filter {node.name}.")
            if isinstance(node, nodes.Name):
                gaps += 1
                if node.name not in everywhere:
                    raise EvaluationError(
                        f"The template {text!r:.60} names {node.name}, which not every document "
                        "has."
                    )
            hidden = node.attr if isinstance(node, nodes.Getattr) else ""
            if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
                hidden = str(node.arg.value)
            if hidden.startswith("_"):
                raise EvaluationError(f"The template {text!r:.60} names {hidden}.")
            if isinstance(node, nodes.List):
                listed = max(listed, len(node.items))
    shots = 1 + (task.num_fewshot or 0)
    fixed = sum(len(text) for text in task.templates)
    signs = 0
    for row in (row for one in rows.values() for row in one):
        long = len(json.dumps(row, ensure_ascii=False)) * gaps + fixed
        signs += long * shots * max(listed, *(_widest(value) for value in row.values()))
        if signs > MOST_SIGNS:
            raise EvaluationError(
                f"The prompts of all documents may come to more than {MOST_SIGNS:,} signs. Take "
                "fewer documents, choices or examples."
            )


def _template(text: str) -> nodes.Template:
    environment = sandboxed()
    try:
        environment.compile(text)
        return environment.parse(text)
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise EvaluationError(f"{text!r:.60} is no template: {_short(error)}") from error


def _widest(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1
