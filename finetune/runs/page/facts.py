"""What a run's page shows beside its state: rows of values, settings, code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from finetune.runs.calibrations import chip_words
from finetune.runs.models import Run
from finetune.training.config import help_texts
from quantum.adapters.registry import ADAPTERS

from .curves import METRICS, learns_preferences

ROWS = 40
OF_PREFERENCES = ("beta", "sft_weight")
GROUPS: dict[str, tuple[str, ...]] = {
    gettext_noop("Adapter"): ("adapter", "targets", "backend", "backend_options", "calibration"),
    gettext_noop("Training"): (
        "kind",
        "beta",
        "sft_weight",
        "learning_rate",
        "scheduler",
        "warmup_ratio",
        "steps",
        "batch_size",
        "gradient_accumulation",
        "sequence_length",
        "weight_decay",
        "max_grad_norm",
        "precision",
        "devices",
        "sharding",
        "seed",
    ),
    gettext_noop("Evaluation and checkpoints"): (
        "eval_every",
        "eval_dialogues",
        "save_every",
        "keep_checkpoints",
        "early_stopping",
        "sample_tokens",
        "sample_prompts",
        "system_prompt",
    ),
}


def rounded(series: dict[str, Any]) -> dict[str, Any]:
    """The curves with six significant digits: half the bytes, and no eye can tell.

    What is not a number is no point: `NaN` is not JSON, and a line breaks there.
    """

    def short(value: Any) -> Any:
        if not isinstance(value, float):
            return value
        return float(f"{value:.6g}") if math.isfinite(value) else None

    return {
        name: rounded(column) if isinstance(column, dict) else [short(value) for value in column]
        for name, column in series.items()
    }


def table_rows(series: dict[str, Any]) -> list[dict[str, Any]]:
    """The charts' table twin: every evaluation, or some forty steps spread over the run."""
    steps = series["step"]
    checks = series["evaluation"]
    at = {step: index for index, step in enumerate(steps)}
    rows = {
        step: {
            "step": step,
            "validation_loss": loss,
            "validation_accuracy": accuracy,
            "validation_margin": margin,
        }
        for step, loss, accuracy, margin in zip(
            checks["step"],
            checks["validation_loss"],
            checks["validation_accuracy"],
            checks.get("validation_rewards/margins", [None] * len(checks["step"])),
            strict=True,
        )
    }
    if len(rows) > ROWS:
        keep = sorted(rows)[:: max(1, len(rows) // ROWS)]
        rows = {step: rows[step] for step in {*keep, max(rows)}}
    stride = max(1, -(-len(steps) // max(1, ROWS - len(rows))))
    for step in {*steps[::stride], *steps[-1:]}:
        rows.setdefault(step, {"step": step})
    for step, row in rows.items():
        if (index := at.get(step)) is not None:
            row.update({name: series[name][index] for name in METRICS})
            row["margin"] = (
                series["rewards/margins"][index] if "rewards/margins" in series else None
            )
    return [rows[step] for step in sorted(rows)]


def settings_of(run: Run) -> list[tuple[str, list[tuple[str, Any, str]]]]:
    """Groups of (name, value, help) for the settings table."""
    helps = help_texts()
    groups = []
    for title, names in GROUPS.items():
        rows = [
            (name, setting_words(run, name), helps.get(name, ""))
            for name in names
            if (name not in OF_PREFERENCES or learns_preferences(run))
            if run.config.get(name) or (name in run.config and name != "calibration")
        ]
        if title == "Adapter":
            rows[1:1] = option_rows(run)
        groups.append((_(title), rows))
    return groups


def setting_words(run: Run, name: str) -> Any:
    if name == "precision":
        return precision_words(run)
    chip = run.settings.chip if name == "calibration" else None
    return chip_words(chip) if chip else shown(run.config[name])


def precision_words(run: Run) -> str:
    """What was asked for; once a trainer has begun, what it chose, and why."""
    asked: str = run.config["precision"]
    known = run.latest.get("model", {})
    chosen, why = known.get("precision"), known.get("precision_why")
    if not (chosen and why) or asked == chosen:
        return asked
    return _("%(asked)s: %(chosen)s, since %(why)s") % {
        "asked": asked,
        "chosen": chosen,
        "why": _(why),
    }


def option_rows(run: Run) -> list[tuple[str, Any, str]]:
    spec = ADAPTERS.get(run.settings.adapter)
    helps = {option.name: option.help for option in spec.fields} if spec else {}
    options = run.config.get("adapter_options", {})
    return [
        (name, shown(value), helps.get(name, ""))
        for name, value in options.items()
        if name not in run.config  # the backend is a setting of the run
    ]


def shown(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict) and value:
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    return "none" if value in ("", None, {}) else value


# -- as code --------------------------------------------------------------------------------------


def base_source(run: Run) -> str:
    """Where the base is, without a path of this machine: relative, a hub id, or its name."""
    source = Path(run.base.source)
    if not source.is_absolute():
        return run.base.source
    try:
        return str(source.relative_to(settings.BASE_DIR))
    except ValueError:
        return source.name


def config_json(run: Run) -> str:
    values = {
        "base_model": base_source(run),
        "train_file": "train.jsonl",
        "validation_file": "validation.jsonl",
        **run.config,
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def code_of(run: Run, api_url: str) -> dict[str, str]:
    """The run as a command line and as a call of the official client."""
    command = (
        f"mkdir -p {run.public_id} && cat > {run.public_id}/config.json <<'JSON'\n"
        f"{config_json(run)}JSON\n"
        f"# put train.jsonl and validation.jsonl beside it, then\n"
        f"python -m finetune.training {run.public_id}\n"
    )
    config = run.config
    kind = ("kind", "beta", "sft_weight") if learns_preferences(run) else ()
    extra = {
        name: config[name]
        for name in (
            *kind,
            "adapter",
            "adapter_options",
            "targets",
            "backend",
            "backend_options",
            "learning_rate",
            "steps",
            "batch_size",
            "gradient_accumulation",
            "sequence_length",
            "warmup_ratio",
            "precision",
        )
        if name in config
    }
    lines = [
        "from openai import OpenAI",
        "",
        f'client = OpenAI(base_url="{api_url}", api_key="…")  # make one under API keys',
        "job = client.fine_tuning.jobs.create(",
        f"    model={literal(run.base.slug)},",
        f"    training_file={literal(run.dataset.public_id)},",
    ]
    if run.validation_dataset:
        lines.append(f"    validation_file={literal(run.validation_dataset.public_id)},")
    if run.suffix:
        lines.append(f"    suffix={literal(run.suffix)},")
    lines.append(f"    seed={literal(config.get('seed', 0))},")
    if run.spending:
        extra["spending"] = {
            name: run.spending[name] for name in ("key", "circuits", "shots", "seconds")
        }
    if run.continues:
        extra["continue_from"] = run.continues.public_id
        if run.continues_step:
            extra["continue_step"] = run.continues_step
    lines.append("    extra_body={")
    lines += [f"        {literal(name)}: {literal(value)}," for name, value in extra.items()]
    lines += ["    },", ")", "print(job.id, job.status)", ""]
    return {"command": command, "python": "\n".join(lines)}


def literal(value: Any) -> str:
    """A value in Python's notation, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    return repr(value)
