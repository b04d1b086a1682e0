"""What a client may ask of a job: OpenAI's fields, and ours beside them or in the metadata.

Our own fields are those of `RunSettings`, so that a new setting is in the API and in its
documentation without a line here. The models are pydantic's own and not Ninja's: those read
attributes and would drop the fields that are too much, and with them every misspelt name.
"""

from typing import Annotated, Any, Literal, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from finetune.api.errors import ApiError
from finetune.runs.checks import Agreement
from finetune.text import TextRefused, json_value
from finetune.training.preference.settings import PREFERENCE
from finetune.training.settings import RunSettings

METADATA_PREFIX = "wukong_"
METADATA_PAIRS, METADATA_NAME, METADATA_TEXT = 16, 64, 512
SUFFIX_LENGTH = 64
OWN = {  # of our settings, those that a client may give; `seed` is OpenAI's
    name: field
    for name, field in RunSettings.model_fields.items()
    if name not in ("threads", "seed")
}


def automatic(value: Any) -> Any:
    """`"auto"` is what is chosen where a client says nothing."""
    return None if value == "auto" else value


def numeric(kind: type, **bounds: Any) -> Any:
    schema = {"type": "integer" if kind is int else "number"}
    return Annotated[
        kind | None,
        Field(**bounds),
        BeforeValidator(automatic),
        WithJsonSchema({"anyOf": [{"const": "auto"}, schema]}),
    ]


class Hyperparameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    batch_size: numeric(int, ge=1, le=1024) = Field(  # type: ignore[valid-type]
        None, description="Dialogues in one optimizer step."
    )
    learning_rate_multiplier: numeric(float, gt=0, le=1000) = Field(  # type: ignore[valid-type]
        None, description="Factor on the preset's learning rate."
    )
    n_epochs: numeric(int, ge=1, le=1000) = Field(  # type: ignore[valid-type]
        None, description="Passes over the data. It decides the steps, once the file is counted."
    )


class Supervised(BaseModel):
    hyperparameters: Hyperparameters | None = None


class DpoHyperparameters(Hyperparameters):
    beta: numeric(float, gt=0, le=10) = Field(  # type: ignore[valid-type]
        None, description="How closely it stays to the reference; higher stays closer."
    )


class Dpo(BaseModel):
    hyperparameters: DpoHyperparameters | None = None


class Method(BaseModel):
    type: Literal["supervised", "dpo"] = "supervised"
    supervised: Supervised | None = None
    dpo: Dpo | None = Field(None, description="For a file of pairs of replies.")

    @property
    def chosen(self) -> Supervised | Dpo | None:
        """What is said of the method that is asked for."""
        return self.dpo if self.type == "dpo" else self.supervised


class Integration(BaseModel):
    """A service that the client wants the numbers sent to; accepted, and answered by an event."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(max_length=40, description="Such as `wandb`.")


def checked_metadata(pairs: dict[str, str] | None) -> dict[str, str] | None:
    if pairs and len(pairs) > METADATA_PAIRS:
        raise ValueError(f"at most {METADATA_PAIRS} pairs, not {len(pairs)}")
    for name, text in (pairs or {}).items():
        if len(name) > METADATA_NAME or len(text) > METADATA_TEXT:
            raise ValueError(
                f"names have at most {METADATA_NAME} characters and values {METADATA_TEXT}: "
                f"{name[:80]!r}"
            )
    return pairs


class AskedPreset(BaseModel):
    preset: str | None = Field(None, description="Where the other settings start from.")


# One field for each of ours: here only the types are looked at, since nothing is complete yet.
_fields: dict[str, Any] = {
    name: (field.annotation | None, Field(None, description=field.description))  # type: ignore[operator]
    for name, field in OWN.items()
}
AskedSettings = create_model("AskedSettings", __base__=AskedPreset, **_fields)
SETTING_NAMES = frozenset(AskedSettings.model_fields)


class JobBody(AskedSettings):  # type: ignore[misc, valid-type]
    """The body of `POST /v1/fine_tuning/jobs`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "model": "smollm2-135m-instruct",
                "training_file": "file-…",
                "suffix": "calm",
                "method": {
                    "type": "supervised",
                    "supervised": {"hyperparameters": {"n_epochs": 2}},
                },
                "adapter": "qtha",
            }
        },
    )

    model: str = Field(
        description="A base model, or a tuned one whose adapter this job starts from: an id from "
        "`/v1/models`."
    )
    training_file: str = Field(description="The id of an uploaded file.")
    validation_file: str | None = Field(
        None, description="Held-out dialogues. Without it, part of the training file is held out."
    )
    suffix: str | None = Field(
        None, max_length=SUFFIX_LENGTH, description="Part of the tuned model's name."
    )
    seed: int | None = Field(
        None, ge=0, le=2**32 - 1, description=RunSettings.model_fields["seed"].description
    )
    metadata: Annotated[dict[str, str] | None, AfterValidator(checked_metadata)] = Field(
        None,
        description=f"Your labels. Names that begin with `{METADATA_PREFIX}` set our settings: "
        f"`{METADATA_PREFIX}steps` and so on.",
    )
    method: Method | None = None
    hyperparameters: Hyperparameters | None = Field(
        None, description="The older place of `method.supervised.hyperparameters`."
    )
    spending: Agreement | None = Field(
        None,
        description="Needed for a billable backend, and nothing is sent without it: the caps that "
        "you agree to.",
    )
    continue_from: str | None = Field(
        None, description="A succeeded or paused job whose adapter this one starts from."
    )
    priority: Literal["low", "normal", "high"] | None = Field(
        None, description="How soon it starts, among the jobs of its team; `normal` without it."
    )
    continue_step: int | None = Field(
        None,
        ge=1,
        description="A step of `continue_from` whose checkpoint is kept: the job starts from that.",
    )
    integrations: list[Integration] | None = Field(
        None,
        max_length=10,
        description="Nothing is sent: the job runs, and a warning among its events says so.",
    )

    def tuned(self) -> Hyperparameters:
        """The hyperparameters, from whichever place they were given in."""
        method = self.method.chosen if self.method else None
        chosen = method.hyperparameters if method else None
        return chosen or self.hyperparameters or Hyperparameters.model_validate({})

    def settings(self) -> dict[str, Any]:
        """Our settings: body fields first, then metadata.

        Raises:
            ApiError: an unknown field, or a value of another type.
        """
        if unknown := sorted(self.model_extra or {}):
            raise unknown_setting(unknown[0], unknown[0])
        given = {
            name: value for name in SETTING_NAMES if (value := getattr(self, name)) is not None
        }
        return {**self._of_method(), **metadata_settings(self.metadata or {}), **given}

    def _of_method(self) -> dict[str, Any]:
        """What the method says of our settings."""
        if self.method is None or self.method.type != "dpo":
            return {}
        beta = getattr(self.tuned(), "beta", None)
        return {"kind": PREFERENCE} | ({"beta": beta} if beta is not None else {})


def metadata_settings(pairs: dict[str, str]) -> dict[str, Any]:
    """Settings among the metadata: `wukong_steps` and so on. Every other name is a label."""
    texts: dict[str, Any] = {}
    for name, text in pairs.items():
        if not name.startswith(METADATA_PREFIX):
            continue
        setting = name.removeprefix(METADATA_PREFIX)
        if setting not in SETTING_NAMES:
            raise unknown_setting(setting, f"metadata.{name}")
        texts[setting] = unpacked(setting, text)
    try:
        chosen = AskedSettings.model_validate(texts)
    except ValidationError as error:
        problem = error.errors()[0]
        place = f"metadata.{METADATA_PREFIX}{problem['loc'][0]}"
        raise ApiError(
            400, f"{place}: {problem['msg']}.", code="invalid_value", param=place
        ) from error
    return chosen.model_dump(exclude_none=True)


def unpacked(setting: str, text: str) -> Any:
    """Metadata values are text: lists and objects come as JSON, a list also with commas."""
    kind = get_origin(OWN[setting].annotation) if setting in OWN else None
    if kind not in (list, dict):
        return text
    try:
        return json_value(text)
    except TextRefused as error:
        if error.code == "invalid_json":
            return [part.strip() for part in text.split(",")] if kind is list else text
        place = f"metadata.{METADATA_PREFIX}{setting}"
        raise ApiError(400, f"{place}: {error.message}", code=error.code, param=place) from error


def unknown_setting(name: str, param: str) -> ApiError:
    known = ", ".join(sorted(SETTING_NAMES | set(JobBody.model_fields)))
    return ApiError(
        400,
        f"{param}: {name[:60]!r} is not known; known: {known}.",
        code="unknown_parameter",
        param=param,
    )
