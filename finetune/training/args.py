"""The settings of a run, checked once, with the words that form, docs and errors share.

Knows nothing of torch or Django: the web process imports it to check a form.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from finetune.training.circuits.backends import circuit_problems, options_with, run_chip
from finetune.training.exceptions import BadConfig
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration

DEFAULT_SYSTEM_PROMPT = (
    "You are a warm, attentive support companion. Listen first, reflect what you hear, "
    "ask one gentle question at a time, and urge real help when someone may be in danger."
)
SAMPLE_PROMPTS = (
    "I keep waking up at 4am worrying about work.",
    "My best friend moved away and I feel so alone.",
)
SCHEDULERS = ("cosine", "linear", "constant", "constant_with_warmup")


def setting(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare one field with its help text and its bounds."""
    metadata = {
        "help": help,
        "minimum": minimum,
        "maximum": maximum,
        "above": above,
        "choices": choices,
    }
    if isinstance(default, list | dict | tuple):
        kind: Any = dict if isinstance(default, dict) else list
        return field(default_factory=lambda: kind(default), metadata=metadata)
    return field(default=default, metadata=metadata)


# ruff: noqa: RUF009 (`setting` returns a dataclass field)
@dataclass(frozen=True)
class RunConfig:
    """Everything a trainer needs to know. Invalid values never get past the constructor.

    Raises:
        BadConfig: with one sentence per field that cannot be used.
    """

    base_model: str = setting("", "Folder of the base model, or its name on a model hub.")
    train_file: str = setting(
        "", "Dialogues to learn from: a JSONL file of messages, one dialogue a line."
    )
    validation_file: str = setting(
        "", "Held-out dialogues in the same form. Empty: no evaluation, no samples."
    )
    adapter: str = setting("qtha", "Which adapter is trained: a name from the adapter registry.")
    adapter_options: dict[str, Any] = setting({}, "Options of the adapter, such as its rank.")
    targets: list[str] = setting(
        ["q_proj", "v_proj"], "Names of the linear layers that get an adapter."
    )
    system_prompt: str = setting(
        DEFAULT_SYSTEM_PROMPT,
        "Instruction put before every dialogue that has none. Empty: the base model's own.",
    )
    backend: str = setting("statevector", "What runs the circuit.", choices=tuple(BACKENDS))
    backend_options: dict[str, Any] = setting(
        {}, "Options of the backend, such as its noise model or its chip."
    )
    calibration: str = setting(
        "",
        "A chip's figures as JSON, where the circuit is built on the live couplers of a chip.",
    )
    start_adapter: str = setting(
        "",
        "Folder of an adapter to go on from: of the same kind, on the same base. Empty: from "
        "the start.",
    )
    learning_rate: float = setting(
        1e-2, "Step size of the optimizer (AdamW) after warm-up.", above=0.0, maximum=1.0
    )
    steps: int = setting(
        60,
        "Optimizer steps. Each sees batch size x accumulation dialogues.",
        minimum=1,
        maximum=1_000_000,
    )
    batch_size: int = setting(
        4, "Dialogues in one forward and backward pass.", minimum=1, maximum=1024
    )
    gradient_accumulation: int = setting(
        1, "Passes added up before one optimizer step.", minimum=1, maximum=1024
    )
    sequence_length: int = setting(
        384,
        "Longest dialogue in tokens; the last turns of longer ones are left out.",
        minimum=16,
        maximum=1_048_576,
    )
    seed: int = setting(
        7, "Fixes initial weights, data order and dropout.", minimum=0, maximum=2**32 - 1
    )
    warmup_ratio: float = setting(
        0.1,
        "Share of the steps in which the learning rate rises; one step at least has the full rate.",
        minimum=0.0,
        maximum=1.0,
    )
    weight_decay: float = setting(
        0.0, "Pull of the adapter's weights toward zero.", minimum=0.0, maximum=1.0
    )
    max_grad_norm: float = setting(
        1.0,
        "Longest gradient; longer ones are scaled down. 0: no limit.",
        minimum=0.0,
        maximum=1e6,
    )
    scheduler: str = setting(
        "cosine",
        "How the learning rate falls after warm-up; constant has neither.",
        choices=SCHEDULERS,
    )
    eval_every: int = setting(
        20,
        "Steps between evaluations. 0: only before the first and after the last step.",
        minimum=0,
        maximum=1_000_000,
    )
    eval_dialogues: int = setting(
        32, "Most held-out dialogues in an evaluation.", minimum=1, maximum=100_000
    )
    save_every: int = setting(20, "Steps between checkpoints.", minimum=1, maximum=1_000_000)
    sample_prompts: list[str] = setting(
        SAMPLE_PROMPTS, "Messages answered at each evaluation, to read along (at most 8)."
    )
    sample_tokens: int = setting(
        40, "Longest sample reply in tokens. 0: no samples.", minimum=0, maximum=1024
    )
    threads: int = setting(
        0, "CPU threads of the trainer. 0: as many as there are cores.", minimum=0, maximum=1024
    )

    def __post_init__(self) -> None:
        problems: dict[str, str] = {}
        for item in fields(self):
            problem = _problem(item.name, getattr(self, item.name))
            if problem:
                problems[item.name] = problem
        for name in ("base_model", "train_file", "adapter"):
            if name not in problems and not getattr(self, name).strip():
                problems[name] = "is required"
        if "targets" not in problems and not self.targets:
            problems["targets"] = "name at least one linear layer"
        if "sample_prompts" not in problems and len(self.sample_prompts) > 8:
            problems["sample_prompts"] = "at most 8"
        about = ("adapter", "adapter_options", "backend", "backend_options", "calibration")
        if not problems.keys() & set(about):
            problems |= circuit_problems({name: getattr(self, name) for name in about})
        if problems:
            raise BadConfig(problems)

    @property
    def options(self) -> dict[str, Any]:
        """The adapter's options, with the run's backend where the adapter has a circuit."""
        return options_with(self.adapter, self.adapter_options, self.backend)

    @property
    def chip(self) -> Calibration | None:
        """The chip on whose couplers the circuit is built, or None."""
        return run_chip(asdict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """Build a config from plain values.

        Raises:
            BadConfig: an unknown field, a wrong type or a value out of its bounds.
        """
        known = {item.name for item in fields(cls)}
        unknown = {
            name: f"unknown setting; known: {', '.join(sorted(known))}"
            for name in values
            if name not in known
        }
        if unknown:
            raise BadConfig(unknown)
        return cls(**{name: _widened(name, value) for name, value in values.items()})

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read a config from JSON text. Raises BadConfig as `from_dict` does."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadConfig({"config.json": f"is not valid JSON ({error})"}) from error
        if not isinstance(values, dict):
            raise BadConfig({"config.json": "must be one JSON object"})
        return cls.from_dict(values)

    @classmethod
    def read(cls, path: Path) -> RunConfig:
        """Read a config from a file. Raises BadConfig, also if the file is missing."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig({"config.json": f"cannot be read: {error}"}) from error

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `from_dict` takes them."""
        return asdict(self)

    def to_json(self) -> str:
        """Return JSON text, as `from_json` takes it."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @property
    def dialogues_per_step(self) -> int:
        """Dialogues one optimizer step sees."""
        return self.batch_size * self.gradient_accumulation


_KINDS: dict[str, tuple[type, str]] = {
    "str": (str, "must be text"),
    "int": (int, "must be a whole number"),
    "float": (float, "must be a number"),
    "list[str]": (list, "must be a list of texts"),
    "dict[str, Any]": (dict, "must be an object of options"),
}


def help_texts() -> dict[str, str]:
    """Return each setting's one help text, by name."""
    return {item.name: item.metadata["help"] for item in fields(RunConfig)}


def defaults() -> dict[str, Any]:
    """Return each setting's default, by name."""
    values: dict[str, Any] = {}
    for item in fields(RunConfig):
        factory: Any = item.default_factory
        values[item.name] = item.default if factory is MISSING else factory()
    return values


def _widened(name: str, value: Any) -> Any:
    """Take 1 for 1.0 where a number is wanted, and a tuple for a list."""
    kind = RunConfig.__dataclass_fields__.get(name)
    if kind is not None and kind.type == "float" and type(value) is int:
        return float(value)
    return list(value) if isinstance(value, tuple) else value


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, at any depth."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            left += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            left += item


def _problem(name: str, value: Any) -> str:
    """Return what is wrong with one value in one sentence, or an empty text."""
    item = RunConfig.__dataclass_fields__[name]
    kind, complaint = _KINDS[str(item.type)]
    if not isinstance(value, kind) or isinstance(value, bool):
        return f"{complaint}, not {value!r:.60}"
    if isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
        return complaint
    for text in _texts(value):
        if "\0" in text:
            return "must not contain null characters"
        try:
            text.encode()
        except UnicodeEncodeError:
            return "must be valid text; it holds half of a character (or bytes that are not UTF-8)"
    rules = item.metadata
    if rules["choices"] and value not in rules["choices"]:
        return f"unknown: {value!r:.60}; known: {', '.join(rules['choices'])}"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            return "must be a finite number"
        if rules["above"] is not None and value <= rules["above"]:
            return f"must be greater than {rules['above']:g}"
        if rules["minimum"] is not None and value < rules["minimum"]:
            return f"must be at least {rules['minimum']:g}"
        if rules["maximum"] is not None and value > rules["maximum"]:
            return f"must be at most {rules['maximum']:g}"
    return ""
