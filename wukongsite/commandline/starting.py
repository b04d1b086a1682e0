"""`studio runs start` and `studio runs plan`: the API's body of a job, from what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from finetune.api.errors import ApiError
from finetune.api.jobs.creation import job_create, job_order, job_refusal, run_of
from finetune.api.jobs.objects import job_object
from finetune.api.jobs.plan import plan_told
from finetune.api.jobs.request import OWN, JobBody, unpacked
from finetune.exceptions import RunRefused
from finetune.teams.keys.callers import Member
from finetune.templatetags.words import duration
from wukongsite.api.handlers import validation_error

from .following import followed
from .printing import Printer, size

NAMES = {  # of options, as the API calls them
    "model": "model",
    "data": "training_file",
    "validation": "validation_file",
    "name": "suffix",
    "preset": "preset",
    "priority": "priority",
}


def runs_start(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    run = run_of(asked, job_create(asked, job_body(options)))
    if options["follow"]:
        return followed(run, printer, seq=0)
    if printer.as_json:
        printer.json(job_object(run))
    else:
        printer.line(f"{run.public_id}  {run.get_state_display()}  {run.name}")
        printer.line(f"Follow it: manage.py studio runs follow {run.public_id}")
    return 0


def runs_plan(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    body = job_body(options)
    try:
        plan = plan_told(job_order(asked, body))
    except RunRefused as error:
        raise job_refusal(body, error) from error
    if printer.as_json:
        printer.json(plan)
        return 0
    time, memory = plan["seconds"], plan["memory_bytes"]
    printer.facts(
        [
            ("Steps", plan["steps"]),
            ("Passes over the data", plan["epochs"]),
            ("Trained parameters", plan["trainable_parameters"]),
            ("Circuits a step", plan["circuits_per_step"]),
            ("Time", time and f"{duration(time['low'])} to {duration(time['high'])}"),
            ("Memory", memory and f"{size(memory['low'])} to {size(memory['high'])}"),
            ("Memory for a run here", size(plan["memory_bytes_there"])),
            ("Disk", size(plan["disk_bytes"])),
            ("Measured runs behind this", plan["rests_on"] or "none: a formula alone"),
            ("It would be refused", plan["refused"]),
        ]
    )
    return 0


def job_body(options: Mapping[str, Any]) -> JobBody:
    """What was typed, as a client of the API would have sent it.

    Raises:
        ApiError: a setting is not known, or a value is of another type.
    """
    fields = {ours: options[name] for name, ours in NAMES.items() if options[name] is not None}
    if options["epochs"] is not None:
        fields["hyperparameters"] = {"n_epochs": options["epochs"]}
    for pair in options["set"]:
        name, equals, text = pair.partition("=")
        if not equals:
            words = f"--set {pair[:80]}: give it as NAME=VALUE."
            raise ApiError(400, words, code="invalid_value", param="set")
        fields[name.strip()] = unpacked(name.strip(), text) if name.strip() in OWN else text
    try:
        body: JobBody = JobBody.model_validate(fields)
    except ValidationError as error:
        problems = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise validation_error(problems) from error
    return body
