"""What the rest of the product may know about an adapter.

An ``AdapterSpec`` describes one adapter for forms, docs and counts, and builds its PEFT config when
asked. Importing this module brings in neither torch nor PEFT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from quantum.chips.calibration import Calibration
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.options import OptionField, Options, validate_options

if TYPE_CHECKING:
    from peft import PeftConfig

__all__ = ["AdapterSpec", "ModuleCount", "Shapes", "SharedCount", "targeted"]

Shapes = Mapping[str, tuple[int, int]]
"""Name of every linear module -> (out_features, in_features)."""

ModuleCount = Callable[[str, int, int, Options], int]
"""(module name, out_features, in_features, options) -> trainable parameters in that module."""

SharedCount = Callable[[Sequence[str], Options], int]
"""(names of all targeted modules, options) -> trainable parameters that they share."""


def targeted(shapes: Shapes, targets: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The modules that PEFT would adapt: named like a target or ending in ``.target``."""
    return {
        name: shape
        for name, shape in shapes.items()
        if any(name == target or name.endswith(f".{target}") for target in targets)
    }


@dataclass(frozen=True)
class AdapterSpec:
    """One adapter.

    Attributes:
        name: Key in the registry.
        title: Name for people.
        help: One plain line on what it is.
        quantum: Whether it has a circuit (in its default form).
        mergeable: Whether it can be folded into the base weights (in its default form).
        fields: Its options.
        default_targets: Module names it is usually put on.
        default_learning_rate: A learning rate that usually trains.
        module_count: Counts trainable parameters per module.
        config_factory: ``(options, targets, seed) -> PeftConfig``; imports PEFT when called.
        circuit_factory: ``(options, a chip's figures or None) -> Circuit`` for quantum adapters.
        merges: ``options -> bool`` where it depends on them.
        shared_count: Counts trainable parameters that several modules share.
        tuner: Module that teaches PEFT this adapter; ``None`` for PEFT's own.
    """

    name: str
    title: str
    help: str
    quantum: bool
    mergeable: bool
    fields: tuple[OptionField, ...]
    default_targets: tuple[str, ...]
    default_learning_rate: float
    module_count: ModuleCount
    config_factory: Callable[[Options, Sequence[str], int], Any]
    circuit_factory: Callable[[Options, Calibration | None], Circuit | None] | None = None
    merges: Callable[[Options], bool] | None = None
    shared_count: SharedCount | None = None
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
        self, options: Mapping[str, Any] | None, targets: Sequence[str], seed: int = 0
    ) -> PeftConfig:
        """The PEFT config for causal language modelling; imports PEFT and torch.

        Args:
            options: The adapter's options.
            targets: Module-name suffixes.
            seed: For methods with frozen random parts. Trainable start values come from torch's
                global generator: seed it before ``get_peft_model``.
        """
        self.load_tuner()
        config: PeftConfig = self.config_factory(self.validate(options), targets, seed)
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
        return self.merges(self.validate(options)) if self.merges else self.mergeable
