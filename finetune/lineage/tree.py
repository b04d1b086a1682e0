"""What was made of a data set, as a tree; a fixed number of questions to the database.

Nothing of another team is in it. What was deleted is named where a row of it is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.evaluation.models import Evaluation
from finetune.exports.models import Export
from finetune.runs.assistants import assistant_of_run
from finetune.runs.checkpoints import Checkpoint
from finetune.runs.models import Run, RunEvent
from finetune.runs.publishing import runs_used
from finetune.studies.models import Study

RUNS, THINGS = 40, 8  # shown; others are counted


@dataclass
class Node:
    """One thing that was made.

    Attributes:
        kind: `run`, `study`, `checkpoint`, `evaluation`, `export` or `assistant`.
        title: what it is called.
        url: its page; empty where it has none any more.
        note: a few words more.
        state: for its badge, with `state_words`; empty where it has none.
        children: what was made of it.
        more: how many others of its children are not shown.
    """

    kind: str
    title: str
    url: str = ""
    note: str = ""
    state: str = ""
    state_words: str = ""
    children: list[Node] = field(default_factory=list)
    more: int = 0


def lineage_of(dataset: Dataset) -> Node:
    """The tree below a data set, studies with their runs first, then other runs; newest first."""
    uses = Q(dataset=dataset) | Q(validation_dataset=dataset)
    every = Run.objects.filter(uses, team_id=dataset.team_id)
    rows = every.select_related("base", "team", "study_cell__study").defer("base__shapes")
    runs = list(rows.order_by("-created_at", "-id")[:RUNS])
    tests = Q(test_dataset=dataset) | Q(task_dataset=dataset)
    studies = Study.objects.filter(uses | tests, team_id=dataset.team_id).defer("results")
    shown = list(studies.order_by("-created_at", "-id")[:RUNS])
    nodes = run_nodes(runs, dataset)
    root = Node("data", dataset.name, more=max(0, every.count() - len(runs)))
    by_study: dict[int, list[Node]] = defaultdict(list)
    for run, node in zip(runs, nodes, strict=True):
        cell = getattr(run, "study_cell", None)
        by_study[cell.study_id if cell else 0].append(node)
    for study in shown:
        url = reverse("study", args=[study.public_id])
        words = study.get_state_display()
        children = by_study.pop(study.pk, [])
        root.children.append(
            Node("study", study.name, url, "", study.state, words, children=children)
        )
    root.children += [node for some in by_study.values() for node in some]
    return root


def run_nodes(runs: list[Run], dataset: Dataset) -> list[Node]:
    """Each run with all that was made of it."""
    steps: dict[int, list[int]] = defaultdict(list)
    written = RunEvent.objects.filter(run__in=runs, type="checkpoint").order_by("run", "seq")
    for run_id, step in written.values_list("run_id", "data__step"):
        if isinstance(step, int) and step not in steps[run_id]:
            steps[run_id].append(step)
    evaluations = grouped(Evaluation.objects.filter(run__in=runs).defer("result"))
    exports = grouped(Export.objects.filter(run__in=runs).select_related("run"))
    used: dict[int, str] = {}
    answers: Iterable[tuple[Any, Any]] = runs_used.send(Run, runs=runs)
    for _receiver, reasons in answers:
        used |= reasons
    return [
        run_node(run, dataset, steps[run.pk], evaluations[run.pk], exports[run.pk], used)
        for run in runs
    ]


def grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.run_id].append(row)
    return groups


def run_node(
    run: Run,
    dataset: Dataset,
    steps: list[int],
    evaluations: list[Evaluation],
    exports: list[Export],
    used: dict[int, str],
) -> Node:
    held_out = run.dataset_id != dataset.pk
    node = Node(
        "run",
        run.name,
        reverse("run", args=[run.public_id]),
        _("measured on it") if held_out else run.base.title,
        run.state,
        run.get_state_display(),
    )
    parts: list[list[Node]] = [
        [checkpoint_node(run, step) for step in reversed(steps)],
        [evaluation_node(run, one) for one in evaluations],
        [export_node(run, one) for one in exports],
        assistant_nodes(run, used.get(run.pk, "")),
    ]
    for part in parts:
        node.children += part[:THINGS]
        node.more += max(0, len(part) - THINGS)
    return node


def checkpoint_node(run: Run, step: int) -> Node:
    is_kept = Checkpoint(run, step).is_kept
    return Node(
        "checkpoint",
        _("step %(step)s") % {"step": f"{step:,}"},
        reverse("run", args=[run.public_id]) + "#checkpoints" if is_kept else "",
        "" if is_kept else _("its files are deleted"),
    )


def evaluation_node(run: Run, one: Evaluation) -> Node:
    url = reverse("run-evaluations", args=[run.public_id])
    return Node(
        "evaluation",
        str(one.get_kind_display()),
        url,
        one.data_name,
        one.state,
        str(one.get_state_display()),
    )


def export_node(run: Run, one: Export) -> Node:
    gone = one.state == Export.State.DONE and one.file is None
    return Node(
        "export",
        one.parts_words,
        reverse("run-exports", args=[run.public_id]),
        _("its file is deleted") if gone else "",
        one.badge,
        str(one.get_state_display()),
    )


def assistant_nodes(run: Run, use: str) -> list[Node]:
    """What people talk to, and whether they do; also one that was taken back."""
    if run.fine_tuned_model is None:
        return []
    if assistant_of_run(run) is None:
        return [Node("assistant", run.fine_tuned_model, "", _("taken back"))]
    url = f"{reverse('chat')}?{urlencode({'assistant': run.fine_tuned_model})}"
    return [Node("assistant", run.fine_tuned_model, url, use or _("nobody has talked to it yet"))]
