"""Making a run from a job's body: its base, what it goes on from, its settings."""

from typing import Any

from django.db import transaction

from finetune.api.errors import ApiError, api_error_of, not_found
from finetune.api.files import dataset_of
from finetune.bases.hosted import base_named
from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.exceptions import RunRefused
from finetune.runs.assistants import assistant_get
from finetune.runs.checkpoints import checkpoint_get
from finetune.runs.checks import RunOrder, settings_read
from finetune.runs.models import Run
from finetune.runs.queue.services import WORDS
from finetune.runs.selectors import run_list_for
from finetune.runs.services import run_create
from finetune.runs.transitions import run_log
from finetune.teams.models import ApiKey
from finetune.training.preference.settings import PREFERENCE, RATE_SHARE
from finetune.training.presets import PRESETS, Preset
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS

from .objects import ASKED_MODEL
from .request import Integration, JobBody

DEFAULT_PRESET = "quick"
TUNED = "ft:"
OUR_NAMES = {
    "base": "model",
    "dataset": "training_file",
    "validation_dataset": "validation_file",
    "epochs": "n_epochs",
    "continues": "continue_from",
    "quantum_key": "spending",
}
# What makes the adapter of an earlier job what it is, and what it was told; the rest is training.
OPTIONS = {"adapter_options": "adapter", "backend_options": "backend"}
KEPT = ("adapter", "backend", "seed", "system_prompt", "targets")


def run_of(key: ApiKey, job_id: str, param: str = "fine_tuning_job_id") -> Run:
    runs = run_list_for(key.team).select_related("base", "team", "dataset", "validation_dataset")
    run = runs.filter(public_id=job_id).first()
    if run is None:
        raise not_found("fine-tuning job", job_id, param=param)
    return run


def order_of(key: ApiKey, job: JobBody) -> RunOrder:
    """What a body asks for; nothing is checked yet but that what it names is there.

    Raises:
        ApiError: something that it names is not there.
        RunRefused: its settings cannot be read.
    """
    base, earlier, step = start_of(key, job)
    dataset = dataset_of(key, job.training_file, param="training_file")
    held_out = (
        dataset_of(key, job.validation_file, param="validation_file")
        if job.validation_file
        else None
    )
    settings, epochs = job_settings(job, earlier)
    return RunOrder(
        team=key.team,
        user=key.user,
        settings=settings,
        base=base,
        dataset=dataset,
        validation_dataset=held_out,
        continues=earlier,
        continues_step=step,
        name=job.suffix or "",
        suffix=job.suffix or "",
        preset=preset_of(job).name,
        epochs=epochs,
        agreement=job.spending,
        priority=WORDS[job.priority or "normal"],
        key=key,
        metadata=job.metadata or {},
        request_body=body_kept(job, base),
    )


def job_refusal(error: RunRefused, job: JobBody) -> ApiError:
    """A run that is refused, in the names of the body."""
    refusal = api_error_of(error)
    refusal.param = OUR_NAMES.get(error.field, error.field) or None
    if refusal.param == "continue_from" and not job.continue_from:
        refusal.param = "model"
    return refusal


@transaction.atomic
def job_create(key: ApiKey, job: JobBody) -> str:
    try:
        run = run_create(order_of(key, job))
    except RunRefused as error:
        raise job_refusal(error, job) from error
    if (asked := run.request_body.get(ASKED_MODEL)) is not None:
        message = f"{asked[:200]} stands for {run.base.slug} on this site: that is the base."
        run_log(run, "log", message)
    for integration in job.integrations or []:
        run_log(run, "warning", not_sent(integration), level="warn")
    return run.public_id


def not_sent(integration: Integration) -> str:
    return (
        f"The integration {integration.type!r} was left out: this studio sends a job's numbers to "
        "nobody. They are in this job's events and in its result file."
    )


def body_kept(job: JobBody, base: BaseModel) -> dict[str, Any]:
    """What was asked for, with the base really used where a hosted model was named."""
    kept: dict[str, Any] = job.model_dump(exclude_unset=True)
    kept["hyperparameters"] = job.tuned().model_dump(exclude_none=True)
    if job.model != base.slug and not job.model.startswith(TUNED):
        kept |= {"model": base.slug, ASKED_MODEL: job.model}
    return kept


# -- where it starts ------------------------------------------------------------------------------


def start_of(key: ApiKey, job: JobBody) -> tuple[BaseModel, Run | None, int | None]:
    """The base model, the job that this one goes on from, and the step of its checkpoint.

    The job is named so, or as the model itself; a checkpoint by its step, or as the model itself.
    """
    earlier = run_of(key, job.continue_from, "continue_from") if job.continue_from else None
    step = job.continue_step
    if not job.model.startswith(TUNED):
        if step is not None and earlier is None:
            raise ApiError(
                400,
                "continue_step: it is a checkpoint of the job in continue_from. Give both.",
                code="invalid_value",
                param="continue_step",
            )
        return base_of(job.model), earlier, step
    tuned, own_step = tuned_of(key, job.model)
    if (earlier or tuned) != tuned or (step is not None and step != own_step):
        raise ApiError(
            400,
            f"continue_from: {tuned.public_id} is the job that made {job.model[:200]}. "
            "Give one of the two.",
            code="invalid_value",
            param="continue_from" if earlier else "continue_step",
        )
    return tuned.base, tuned, own_step


def tuned_of(key: ApiKey, model: str) -> tuple[Run, int | None]:
    """The job that made a tuned model of this team, and the step of one of its checkpoints."""
    if checkpoint := checkpoint_get(key.team, model):
        return run_of(key, checkpoint.run.public_id, "model"), checkpoint.step
    found = assistant_get(key.team, model)
    if found is not None and found.run is not None:
        return run_of(key, found.run.public_id, "model"), None
    text = f"model: {model[:200]!r} is not a tuned model of this team."
    raise ApiError(400, text, code="model_not_available", param="model")


def base_of(model: str) -> BaseModel:
    """The base of this name, or the one that stands for it in the operator's table."""
    found = base_named(model)
    if found is None:
        known = ", ".join(bases_ready().values_list("slug", flat=True)) or "none is ready yet"
        raise ApiError(
            400,
            f"model: {model[:100]!r} is not a base model of this studio; known: {known}.",
            code="model_not_available",
            param="model",
        )
    return found


# -- its settings ---------------------------------------------------------------------------------


def preset_of(job: JobBody) -> Preset:
    given = job.settings()
    usual = PREFERENCE if given.get("kind") == PREFERENCE else DEFAULT_PRESET
    name = given.get("preset", usual)
    if name not in PRESETS:
        raise ApiError(
            400,
            f"preset: {name[:60]!r} is not known; known: {', '.join(PRESETS)}.",
            code="invalid_value",
            param="preset",
        )
    return PRESETS[name]


def job_settings(job: JobBody, earlier: Run | None) -> tuple[RunSettings, float | None]:
    """The settings, and the epochs that decide their steps: the preset's, those of an earlier
    job's adapter, ours, OpenAI's; what comes later counts.

    Raises:
        RunRefused: a value is out of its bounds, or no option.
        ApiError: the preset is not known, or both steps and epochs are given.
    """
    preset, tuned = preset_of(job), job.tuned()
    ours = {name: value for name, value in job.settings().items() if name != "preset"}
    ours = kept_of(earlier, ours)
    values = dict(preset.values)
    if ours.get("adapter", values["adapter"]) != values["adapter"]:
        # The preset's options and learning rate belong to its own adapter.
        values["adapter_options"] = {}
        if (spec := ADAPTERS.get(ours["adapter"])) is not None:
            share = RATE_SHARE if ours.get("kind") == PREFERENCE else 1.0
            values["learning_rate"] = share * spec.default_learning_rate
    values |= ours
    if tuned.learning_rate_multiplier is not None:
        values["learning_rate"] *= tuned.learning_rate_multiplier
    if tuned.batch_size is not None:
        values |= {"batch_size": tuned.batch_size, "gradient_accumulation": 1}
    if job.seed is not None:
        values["seed"] = job.seed
    if "steps" in ours and tuned.n_epochs is not None:
        raise ApiError(
            400,
            "n_epochs: steps already decides how long the run is. Give one of the two.",
            code="invalid_value",
            param="n_epochs",
        )
    epochs = None if "steps" in ours else tuned.n_epochs or preset.epochs or None
    return settings_read(values), epochs


def kept_of(earlier: Run | None, ours: dict[str, Any]) -> dict[str, Any]:
    """Our settings, with what a job that goes on takes over from the earlier one.

    Another adapter or backend has other options, so they are not mixed: what may not change is
    then refused by its own name.
    """
    if earlier is None:
        return ours
    before = earlier.settings.to_dict()
    values = {name: before[name] for name in KEPT} | ours
    for options, owner in OPTIONS.items():
        if values[owner] == before[owner]:
            values[options] = before[options] | ours.get(options, {})
    return values
