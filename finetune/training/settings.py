"""The settings of a run: what a person chooses, parsed once, with the words that all edges share.

Form, API, command line and file each make one `RunSettings` and pass it on. Knows nothing of paths,
of torch or of Django.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from finetune.training.circuits.backends import backends_of
from finetune.training.circuits.kept import calibration_read, circuit_of
from finetune.training.computing.precision import PRECISIONS
from finetune.training.exceptions import BadConfig
from finetune.training.preference.settings import KINDS, KindSettings
from finetune.training.problems import (
    HALF_CHARACTER,
    Problem,
    Unusable,
    options_parsed,
    problems_of,
    texts_in,
)
from quantum.adapters.registry import ADAPTERS, AdapterSpec, Options, get_adapter
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.chips.calibration import Calibration
from quantum.circuits.circuit import Circuit
from quantum.options import validate_options

DEFAULT_SYSTEM_PROMPT = (
    "You are a warm, attentive support companion. Listen first, reflect what you hear, "
    "ask one gentle question at a time, and urge real help when someone may be in danger."
)
SAMPLE_PROMPTS = [
    "I keep waking up at 4am worrying about work.",
    "My best friend moved away and I feel so alone.",
]
SCHEDULERS = ("cosine", "linear", "constant", "constant_with_warmup")
SHARDINGS = ("none", "base")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "backend": tuple(BACKENDS),
    "kind": KINDS,
    "scheduler": SCHEDULERS,
    "precision": PRECISIONS,
    "sharding": SHARDINGS,
}


def setting(
    default: Any, help: str, label: str = "", bounds: tuple[float, float] | None = None, **more: Any
) -> Any:
    """Declare one field with its help text, its label in the form and its bounds."""
    if bounds is not None:
        more |= {"ge": bounds[0], "le": bounds[1]}
    return Field(default, title=label or None, description=help, validate_default=True, **more)


class RunSettings(KindSettings):
    """What a person chooses for a run. Each value is of its type, in its bounds, and an option.

    What only shows where they are put together, `finetune.training.conflicts` tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    adapter: str = setting("qtha", "Which adapter is trained: a name from the adapter registry.")
    adapter_options: dict[str, Any] = setting({}, "Options of the adapter, such as its rank.")
    targets: list[str] = setting(
        ["q_proj", "v_proj"], "Names of the linear layers that get an adapter.", "On these layers"
    )
    system_prompt: str = setting(
        DEFAULT_SYSTEM_PROMPT,
        "Instruction put before every dialogue that has none. Empty: the base model's own.",
        "System prompt",
    )
    backend: str = setting("statevector", "What runs the circuit.", "Circuit runs on")
    backend_options: dict[str, Any] = setting(
        {}, "Options of the backend, such as its noise model or its chip."
    )
    calibration: str = setting(
        "", "A chip's figures as JSON, where the circuit is built on the live couplers of a chip."
    )
    learning_rate: float = setting(
        1e-2, "Step size of the optimizer (AdamW) after warm-up.", "Learning rate", gt=0.0, le=1.0
    )
    steps: int = setting(
        60, "Optimizer steps. Each sees batch size x accumulation dialogues.", "Steps", (1, 10**6)
    )
    batch_size: int = setting(
        4, "Dialogues in one forward and backward pass.", "Batch size", (1, 1024)
    )
    gradient_accumulation: int = setting(
        1, "Passes added up before one optimizer step.", "Gradient accumulation", (1, 1024)
    )
    sequence_length: int = setting(
        384,
        "Longest dialogue in tokens; the last turns of longer ones are left out.",
        "Sequence length",
        (16, 2**20),
    )
    seed: int = setting(7, "Fixes initial weights, data order and dropout.", "Seed", (0, 2**32 - 1))
    warmup_ratio: float = setting(
        0.1,
        "Share of the steps in which the learning rate rises; one step at least has the full rate.",
        "Warm-up",
        (0.0, 1.0),
    )
    weight_decay: float = setting(
        0.0, "Pull of the adapter's weights toward zero.", "Weight decay", (0.0, 1.0)
    )
    max_grad_norm: float = setting(
        1.0, "Longest gradient; longer ones are scaled down. 0: no limit.", bounds=(0.0, 1e6)
    )
    scheduler: str = setting(
        "cosine", "How the learning rate falls after warm-up; constant has neither.", "Schedule"
    )
    eval_every: int = setting(
        20,
        "Steps between evaluations. 0: only before the first and after the last step.",
        "Evaluate every",
        (0, 10**6),
    )
    eval_dialogues: int = setting(
        32, "Most held-out dialogues in an evaluation.", "Held-out dialogues", (1, 10**5)
    )
    save_every: int = setting(20, "Steps between checkpoints.", "Checkpoint every", (1, 10**6))
    keep_checkpoints: int = setting(
        2,
        "Newest checkpoints that are kept. The one with the lowest held-out loss is kept besides.",
        "Checkpoints to keep",
        (1, 1000),
    )
    early_stopping: int = setting(
        0,
        "Evaluations in a row without a lower held-out loss after which the run ends, with its "
        "best checkpoint as the result. 0: never.",
        "End early after",
        (0, 1000),
    )
    sample_prompts: list[str] = setting(
        SAMPLE_PROMPTS, "Messages answered at each evaluation, to read along (at most 8)."
    )
    sample_tokens: int = setting(
        40, "Longest sample reply in tokens. 0: no samples.", bounds=(0, 1024)
    )
    precision: str = setting(
        "auto",
        "Number format of large products. auto: bfloat16 where processor or GPU has units for it, "
        "else float32. Circuits keep float32.",
        "Precision",
    )
    devices: int = setting(
        1,
        "GPUs that learn together, each from its share of every batch.",
        "Devices",
        (1, 64),
    )
    sharding: str = setting(
        "none",
        "What several devices split among themselves. none: each holds the whole base. base: each "
        "holds a part of it and gets the rest layer by layer, which is slower and takes less "
        "memory.",
        "Sharding",
    )
    threads: int = setting(
        0, "CPU threads of the trainer. 0: the cores that are free as it starts.", bounds=(0, 1024)
    )

    # -- parsing ----------------------------------------------------------------------------------

    @field_validator("*")
    @classmethod
    def _sound(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what no file can hold, and what is no choice."""
        name = info.field_name or ""
        for text in texts_in(value):
            if "\0" in text:
                raise Unusable("must not contain null characters")
            try:
                text.encode()
            except UnicodeEncodeError:
                raise Unusable(HALF_CHARACTER) from None
        if name in CHOICES and value not in CHOICES[name]:
            raise Unusable(f"unknown: {value!r:.60}; known: {', '.join(CHOICES[name])}")
        if name == "adapter" and not value.strip():
            raise Unusable("is required")
        if name == "targets" and not value:
            raise Unusable("name at least one linear layer")
        if name == "sample_prompts" and len(value) > 8:
            raise Unusable("at most 8")
        return value

    @field_validator("adapter_options", "backend_options")
    @classmethod
    def _options(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Options in their types. Those of a name that is not known wait for `conflicts`."""
        owners: Mapping[str, AdapterSpec | BackendSpec] = (
            ADAPTERS if info.field_name == "adapter_options" else BACKENDS
        )
        owner = owners.get(info.data.get(str(info.field_name).removesuffix("_options"), ""))
        return given if owner is None else options_parsed(str(info.field_name), owner.fields, given)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Parse plain values.

        Raises:
            BadConfig: an unknown field, a wrong type or a value out of its bounds.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise BadConfig(*problems_of(error, cls)) from None

    @classmethod
    def draft(cls, values: Mapping[str, Any]) -> tuple[Self, tuple[Problem, ...]]:
        """Parse what can be used; the rest has its default, and its problem is returned."""
        try:
            return cls.from_dict(values), ()
        except BadConfig as error:
            problems = error.problems
        bad = {problem.field for problem in problems}
        bad |= {f"{name}_options" for name in bad & {"adapter", "backend"}}
        return cls.from_dict({k: v for k, v in values.items() if k not in bad}), problems

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `from_dict` takes them."""
        return self.model_dump()

    def completed(self) -> Self:
        """The same with every option written out, so that a later default changes no run.

        The backend is a setting of the run and no option, and an address belongs to the key.
        """
        return self.changed(
            adapter_options={k: v for k, v in self.options.items() if k != "backend"},
            backend_options={k: v for k, v in self.machine.items() if k != "url"},
        )

    def changed(self, **values: Any) -> Self:
        """The same with other values, which are checked."""
        return self.from_dict({**self.to_dict(), **values})

    # -- what follows from them -------------------------------------------------------------------

    @property
    def options(self) -> Options:
        """All options of the adapter, with the run's backend where it has a circuit.

        Raises:
            UnknownNameError: there is no such adapter.
        """
        spec = get_adapter(self.adapter)
        own = {name: value for name, value in self.adapter_options.items() if name != "backend"}
        return spec.validate(
            own | ({"backend": self.backend} if self.backend in backends_of(spec) else {})
        )

    @property
    def machine(self) -> Options:
        """All options of the backend."""
        return validate_options(BACKENDS[self.backend].fields, self.backend_options)

    @property
    def on_chip(self) -> bool:
        """Whether the circuit is built on a chip's couplers."""
        circuit = ADAPTERS[self.adapter].circuit_options if self.adapter in ADAPTERS else None
        return circuit is not None and circuit.on_chip(self.options)

    @property
    def chip(self) -> Calibration | None:
        """The chip on whose couplers the circuit is built, or None.

        Raises:
            CircuitError: the calibration is none.
        """
        return calibration_read(self.calibration) if self.calibration and self.on_chip else None

    @property
    def dialogues_per_step(self) -> int:
        """Dialogues one optimizer step sees."""
        return self.batch_size * self.gradient_accumulation

    def circuit(self) -> Circuit | None:
        """The circuit, or None where the adapter (or its variant) has none.

        Raises:
            UnknownNameError: there is no such adapter.
            OptionError: there is no circuit of that size.
            CircuitError: the calibration is none.
        """
        text = self.calibration if self.on_chip else ""
        return circuit_of(self.adapter, tuple(sorted(self.options.items())), text)
