"""The trainer's `config.json`: the settings of a run and the paths that it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from pydantic import field_validator, model_validator

from finetune.training.conflicts import conflicts, reference_conflict
from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem, Unusable
from finetune.training.settings import RunSettings, setting

ANSWER = "trial.json"  # what a trial of a folder has found (`forecast.dry_run`)
PATHS = ("base_model", "train_file", "validation_file", "start_adapter")


class RunConfig(RunSettings):
    """Everything a trainer needs to know. Settings that do not go together are refused.

    Raises:
        BadConfig: with one sentence per field that cannot be used.
    """

    base_model: str = setting("", "Folder of the base model, or its name on a model hub.")
    train_file: str = setting(
        "",
        "Dialogues to learn from: a JSONL file of messages, one dialogue a line; for a preference "
        "run pairs of replies, messages with `chosen` and `rejected`.",
    )
    validation_file: str = setting(
        "", "Held-out dialogues in the same form. Empty: no evaluation, no samples."
    )
    start_adapter: str = setting(
        "",
        "Folder of an adapter to go on from: of the same kind, on the same base. Empty: from "
        "the start.",
    )

    @field_validator("base_model", "train_file")
    @classmethod
    def _given(cls, value: str) -> str:
        if not value.strip():
            raise Unusable("is required")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        continued = bool(self.start_adapter)
        if problems := conflicts(self) or reference_conflict(self, continued=continued):
            raise Unusable("", *problems)
        return self

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a config from JSON text. Raises BadConfig as `from_dict` does."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadConfig(Problem("config.json", f"is not valid JSON ({error})")) from error
        if not isinstance(values, dict):
            raise BadConfig(Problem("config.json", "must be one JSON object"))
        return cls.from_dict(values)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a config from a file. Raises BadConfig, also if the file is missing."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig(Problem("config.json", f"cannot be read: {error}")) from error

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, paths first, as `from_dict` takes them."""
        values = self.model_dump()
        return {**{name: values[name] for name in PATHS}, **values}

    def to_json(self) -> str:
        """Return JSON text, as `from_json` takes it."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"


def help_texts() -> dict[str, str]:
    """Return each setting's one help text, by name."""
    fields = {name: str(field.description) for name, field in RunConfig.model_fields.items()}
    return {**{name: fields[name] for name in PATHS}, **fields}
