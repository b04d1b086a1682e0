"""What the rest of the product may know about an adapter.

An ``AdapterSpec`` describes one adapter for forms, docs and counts, and builds its PEFT config when
asked. Importing this module brings in neither torch nor PEFT.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from quantum.chips.calibration import Calibration
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.options import OptionField, Options, validate_options

if TYPE_CHECKING:
    from peft import PeftConfig

Shapes = Mapping[str, tuple[int, int]]
"""Name of every linear module -> (out_features, in_features)."""

ModuleCount = Callable[[str, int, int, Options], int]
"""(module name, out_features, in_features, options) -> trainable parameters in that module."""

SharedCount = Callable[[Sequence[str], Options], int]
"""(names of all targeted modules, options) -> trainable parameters that they share."""

ConfigFactory = Callable[[Options, Sequence[str], int], Any]
"""(options, module-name suffixes, seed) -> PEFT config; imports PEFT when called."""


def config_of(
    place: str, names: Mapping[str, str] | None = None, seed: str = "", **more: Any
) -> ConfigFactory:
    """A factory of the config class at ``module:class``, whose fields are the options.

    Args:
        place: Imported when a config is made.
        names: The config's names of options that it calls otherwise.
        seed: The config's field that takes the seed, if one does.
        more: Fixed fields.
    """
    module, _, kind = place.partition(":")

    def factory(options: Options, targets: Sequence[str], number: int) -> Any:
        fields = {(names or {}).get(name, name): value for name, value in options.items()}
        seeds = {seed: number} if seed else {}
        common = {"task_type": "CAUSAL_LM", "target_modules": list(targets)}
        return getattr(import_module(module), kind)(**common, **fields, **seeds, **more)

    return factory


def targeted(shapes: Shapes, targets: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The modules that PEFT would adapt: named like a target or ending in ``.target``."""
    return {
        name: shape
        for name, shape in shapes.items()
        if any(name == target or name.endswith(f".{target}") for target in targets)
    }


_BLOCK = re.compile(r"\.(\d+)\.")


def block_of(name: str) -> str:
    """The transformer block that a module belongs to; modules without a number share one.

    >>> block_of("model.layers.3.self_attn.q_proj"), block_of("projection")
    ('3', '')
    """
    match = _BLOCK.search(name)
    return match[1] if match else ""


@dataclass(frozen=True)
class Sampled:
    """What an adapter has run where its values come from shots; each block has one circuit.

    Attributes:
        circuits_per_step: ``(options, a chip's figures or None) -> circuits`` of one block in one
            optimizer step, mitigation left out; zero where the angles stay as they are.
        start_shots: The start is measured with this many times the shots of a step, as far as the
            machine allows.
    """

    circuits_per_step: Callable[[Options, Calibration | None], int]
    start_shots: int


@dataclass(frozen=True)
class Controls:
    """What to compare a run with, to see what the circuit adds.

    Attributes:
        words: In a sentence that ends with them: "compare it with ...".
        without: The options that take the circuit out.
        remark: ``options -> `` what to say of a run without a circuit; empty for nothing.
        reduced: ``options -> `` what to say of a control whose circuit does run, such as one
            without entangling gates; empty for the whole circuit.
    """

    words: str
    without: Mapping[str, str]
    remark: Callable[[Mapping[str, Any]], str]
    reduced: Callable[[Mapping[str, Any]], str] = lambda options: ""


@dataclass(frozen=True)
class CircuitOptions:
    """What an adapter's options say of its circuit.

    Attributes:
        width: Name of the option that is its number of qubits.
        layers: Name of the option that is its number of layers; empty where there is none.
        chip: Option and value that build it on a chip's couplers, and a value that needs no chip.
        fixed: ``options -> bool``: whether its angles stay as they start.
    """

    width: str
    layers: str = ""
    chip: tuple[str, str, str] | None = None
    fixed: Callable[[Options], bool] = lambda options: False

    def on_chip(self, options: Mapping[str, Any]) -> bool:
        """Whether it is built on a chip's couplers."""
        return self.chip is not None and options.get(self.chip[0]) == self.chip[1]

    def off_chip(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The same options with couplers that need no chip."""
        return {**options, self.chip[0]: self.chip[2]} if self.chip else dict(options)


@dataclass(frozen=True)
class CircuitFamily:
    """An adapter's circuits in any size, to be looked at without a model.

    Attributes:
        help: One plain line on what they are.
        qubits: Fewest and most.
        circuit: ``(qubits, layers, topology) -> Circuit``.
        topologies: Which qubits may be entangled: name to title; empty where there is no choice.
    """

    help: str
    qubits: tuple[int, int]
    circuit: Callable[[int, int, str], Circuit]
    topologies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AdapterSpec:
    """One adapter.

    Attributes:
        name: Key in the registry.
        title: Name for people.
        help: One plain line on what it is.
        quantum: Whether it has a circuit (in its default form).
        fields: Its options.
        default_targets: Module names it is usually put on.
        default_learning_rate: A learning rate that usually trains.
        module_count: Counts trainable parameters per module.
        config_factory: Makes its PEFT config.
        chip_config: Writes a chip's figures into that config, where a circuit is built on them.
        circuit_factory: ``(options, a chip's figures or None) -> Circuit`` for quantum adapters.
        circuit_options: Which options are about the circuit; ``None`` without one.
        merges: ``options -> bool``: whether it can be folded into the base weights.
        shared_count: Counts trainable parameters that several modules share.
        sampled: What it takes on a backend that samples; ``None`` if it trains on exact values
            only.
        controls: What a run is compared with; ``None`` without a circuit.
        family: Its circuits for the circuit explorer; ``None`` keeps them out of it.
        tuner: Module that teaches PEFT this adapter; ``None`` for PEFT's own.
    """

    name: str
    title: str
    help: str
    quantum: bool
    fields: tuple[OptionField, ...]
    default_targets: tuple[str, ...]
    default_learning_rate: float
    module_count: ModuleCount
    config_factory: ConfigFactory
    circuit_factory: Callable[[Options, Calibration | None], Circuit | None] | None = None
    circuit_options: CircuitOptions | None = None
    merges: Callable[[Options], bool] = lambda options: True
    shared_count: SharedCount | None = None
    chip_config: Callable[[Any, Calibration], None] | None = None
    sampled: Sampled | None = None
    controls: Controls | None = None
    family: CircuitFamily | None = None
    tuner: str | None = None

    def validate(self, options: Mapping[str, Any] | None = None) -> Options:
        """Normalised options with defaults.

        Raises:
            OptionError: With the field, what is wrong and what is allowed.
        """
        return validate_options(self.fields, options or {})

    def count(
        self, shapes: Shapes, targets: Sequence[str], options: Mapping[str, Any] | None = None
    ) -> int:
        """Trainable parameters on a model, exactly, from its shapes alone.

        Args:
            shapes: Every linear module of the model (see ``quantum.adapters.shapes``).
            targets: Module-name suffixes.
            options: The adapter's options.

        Raises:
            OptionError: An option is wrong, does not fit a module, or no module matches.
        """
        clean = self.validate(options)
        modules = targeted(shapes, targets)
        if not modules:
            names = sorted({name.rpartition(".")[2] for name in shapes})
            raise OptionError(
                "targets",
                f"no module is named {', '.join(targets) or '(nothing)'}",
                ", ".join(names),
            )
        own = sum(self.module_count(name, *shape, clean) for name, shape in modules.items())
        return own + (self.shared_count(tuple(modules), clean) if self.shared_count else 0)

    def build_config(
        self,
        options: Mapping[str, Any] | None,
        targets: Sequence[str],
        seed: int = 0,
        chip: Calibration | None = None,
    ) -> PeftConfig:
        """The PEFT config for causal language modelling; imports PEFT and torch.

        Args:
            options: The adapter's options.
            targets: Module-name suffixes.
            seed: For methods with frozen random parts. Trainable start values come from torch's
                global generator: seed it before ``get_peft_model``.
            chip: The chip on whose couplers the circuit is built, where the options say so.

        Raises:
            OptionError: An option is wrong, or the chip has too few qubits.
        """
        self.load_tuner()
        config: PeftConfig = self.config_factory(self.validate(options), targets, seed)
        if chip is not None and self.chip_config is not None:
            self.chip_config(config, chip)
        return config

    def load_tuner(self) -> None:
        """Teach PEFT this adapter, so that a saved one can be loaded; imports torch."""
        if self.tuner is not None:
            import_module(self.tuner)

    def circuit(
        self, options: Mapping[str, Any] | None = None, calibration: Calibration | None = None
    ) -> Circuit | None:
        """The circuit that these options give, ``None`` without one; imports no torch.

        Args:
            options: The adapter's options.
            calibration: The chip whose couplers it is built on, where the options say so; without
                it there is then no circuit.
        """
        clean = self.validate(options)
        return self.circuit_factory(clean, calibration) if self.circuit_factory else None

    def can_merge(self, options: Mapping[str, Any] | None = None) -> bool:
        """Whether these options give an adapter that merges into the base weights."""
        return self.merges(self.validate(options))
