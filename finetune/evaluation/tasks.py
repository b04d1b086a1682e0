"""Tasks of lm-evaluation-harness that a person hands in, or that the operator offers.

Both pass the same checks (`harness.tasks`), and what is kept of them is written anew.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.text import text_problem

from .harness.tasks import MOST_BYTES, MOST_TASK_BYTES, GivenTask, task_read
from .scoring.exceptions import EvaluationError

PACKAGE = "lm_eval"
SUFFIXES = (".yaml", ".yml")
MOST_FILES = 4


def harness_missing() -> bool:
    """Whether the harness is not installed here. It is looked for and not loaded."""
    return importlib.util.find_spec(PACKAGE) is None


def task_given(task: bytes, documents: Sequence[tuple[str, bytes]]) -> GivenTask:
    """Take in a task and its documents, each with its name.

    Raises:
        StudioError: with what in it cannot be taken.
    """
    if not task.strip():
        raise refused(_("Choose the task's YAML file."), "missing")
    if not documents:
        raise refused(_("Choose the task's documents, one JSONL file or several."), "missing")
    if len(documents) > MOST_FILES:
        raise refused(_("A task has at most %(most)d files of documents.") % {"most": MOST_FILES})
    sizes = {_("The task"): (len(task), MOST_TASK_BYTES)}
    sizes[_("All documents")] = (sum(len(one) for _name, one in documents), MOST_BYTES)
    for name, (size, most) in sizes.items():
        if size > most:
            raise refused(
                _("%(name)s: %(size)d kB; the limit is %(limit)d kB.")
                % {"name": name, "size": size // 1000, "limit": most // 1000}
            )
    found = {name: text_of(name, content) for name, content in documents}
    try:
        return task_read(text_of(_("The task"), task), found)
    except EvaluationError as error:
        raise refused(str(error)) from error


def text_of(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(_("%(name)s is no text in UTF-8.") % {"name": name}) from None
    if text_problem(text):
        raise refused(_("%(name)s is no text in UTF-8.") % {"name": name})
    return text


def tasks_offered() -> Mapping[str, Path]:
    """By name the task files of the operator's folder."""
    folder = settings.HARNESS_TASKS
    if not folder or not Path(folder).is_dir():
        return {}
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in SUFFIXES)
    return {path.stem: path for path in files}


def task_offered(name: str) -> GivenTask:
    """One of the operator's tasks, with the documents that lie beside it.

    Raises:
        StudioError: there is none of this name, or something in it cannot be taken.
    """
    offered = tasks_offered()
    if name not in offered:
        words = {"name": name[:80], "there": ", ".join(offered) or "–"}
        raise refused(_("There is no task “%(name)s” here; there are: %(there)s.") % words)
    path = offered[name]
    beside = sorted(path.parent.glob("*.jsonl"))
    content = {one.name: one for one in beside if one.is_file()}
    text = path.read_text(encoding="utf-8")
    wanted = [one for one in content if one in text]  # others belong to other tasks
    try:
        return task_read(text, {one: content[one].read_text("utf-8") for one in wanted})
    except (EvaluationError, UnicodeDecodeError) as error:
        raise refused(f"{path.name}: {error}") from error


def refused(message: str, code: str = "invalid_value") -> StudioError:
    return StudioError(message, code=code, field="task")
