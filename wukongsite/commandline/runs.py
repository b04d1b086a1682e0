"""`studio runs list|show|log|cancel|pause|resume`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finetune.api.jobs.creation import run_of
from finetune.api.jobs.lists import jobs_page
from finetune.api.jobs.objects import event_object, job_object
from finetune.api.pages import listing
from finetune.runs.models import Run, RunEvent
from finetune.runs.selectors import run_list_for
from finetune.runs.services import run_cancel, run_pause, run_resume
from finetune.teams.keys.callers import Member
from finetune.templatetags.words import duration

from .printing import Printer, moment


def runs_list(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    limit, runs = options["limit"], run_list_for(asked.team)
    if printer.as_json:
        printer.json(jobs_page(runs, limit=limit, after=None, wanted={}, bare=False))
        return 0
    found = list(runs[: limit + 1])
    printer.table(
        ("ID", "STATE", "STEP", "LOSS", "LEFT", "NAME"), [row_of(run) for run in found[:limit]]
    )
    if len(found) > limit:
        printer.line(f"There are more: --limit {2 * limit}")
    return 0


def row_of(run: Run) -> tuple[str, ...]:
    left = duration(run.seconds_left) if run.state == Run.State.RUNNING else ""
    steps = f"{run.step}/{run.total_steps}"
    return run.public_id, run.state, steps, loss(run, "train_loss"), left, run.name


def loss(run: Run, name: str) -> str:
    value = run.latest.get(name)
    return f"{value:.4g}" if isinstance(value, int | float) else ""


def runs_show(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    run = run_of(asked, options["id"])
    told = job_object(run)
    if printer.as_json:
        printer.json(told)
        return 0
    own = told["wukong"]
    place = own["place"] or {}
    failed = told["error"] or {}
    printer.facts(
        [
            ("ID", told["id"]),
            ("Name", own["name"]),
            ("State", run.get_state_display()),
            ("Problem", failed.get("message")),
            ("Place in the queue", f"{place['position']} of {place['of']}" if place else None),
            ("Step", f"{run.step} of {run.total_steps}"),
            ("Time left", told["estimated_finish"] and duration(run.seconds_left)),
            ("Loss", loss(run, "train_loss")),
            ("Loss on held-out data", loss(run, "validation_loss")),
            ("Base", told["model"]),
            ("Data", told["training_file"]),
            ("Held-out data", told["validation_file"]),
            ("Adapter", own["config"].get("adapter")),
            ("Trained parameters", own["trainable_parameters"]),
            ("Made", moment(told["created_at"])),
            ("Ended", moment(told["finished_at"])),
            ("Assistant", told["fine_tuned_model"]),
        ]
    )
    for trouble in own["troubles"]:
        printer.line(f"Warning: {trouble.get('words', '')}")
    return 0


def runs_log(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    run, limit = run_of(asked, options["id"]), options["limit"]
    rows = RunEvent.objects.filter(run=run).order_by("-seq")
    found = list(rows[: limit + 1])
    taken = [event_object(run, event) for event in reversed(found[:limit])]
    if printer.as_json:
        printer.json(listing(taken, has_more=len(found) > limit))
        return 0
    for event in taken:
        printer.line(event_line(event))
    return 0


def event_line(event: Mapping[str, Any]) -> str:
    """An event of the API in one line: when, how grave, what."""
    level = "" if event["level"] == "info" else f"{event['level']}: "
    return f"{moment(event['created_at'])}  {level}{' '.join(event['message'].split())}"


def runs_cancel(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    return changed(asked, options, printer, run_cancel)


def runs_pause(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    return changed(asked, options, printer, run_pause)


def runs_resume(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    return changed(asked, options, printer, run_resume)


def changed(
    asked: Member, options: Mapping[str, Any], printer: Printer, change: Callable[..., Run]
) -> int:
    change(run=run_of(asked, options["id"]), by=asked.user)
    run = run_of(asked, options["id"])
    if printer.as_json:
        printer.json(job_object(run))
        return 0
    asked_to = run.request == Run.Request.CANCEL and not run.is_finished
    state = "Stops in a moment" if asked_to else run.get_state_display()
    printer.line(f"{run.public_id}  {state}  {run.name}")
    return 0
