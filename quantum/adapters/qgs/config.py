"""Configuration of QGS for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qgs.options import (
    CONTROLS,
    FORMS,
    GRADIENTS,
    TOPOLOGIES,
    check_control,
    circuit_of,
    couplers_for,
)
from quantum.adapters.tuner import TargetedConfig, described
from quantum.backends.registry import backend_spec
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError

if TYPE_CHECKING:
    from quantum.gradients.function import Method

_QGS = extend_peft_type("QGS")
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "form": FORMS,
    "control": CONTROLS,
    "topology": TOPOLOGIES,
    "gradient": GRADIENTS,
}


@dataclass
class QGSConfig(TargetedConfig):
    """Quantum-generated scaling: one circuit a block scales its layers' inputs or outputs.

    Raises:
        OptionError: A value is out of range, or two do not go together.
    """

    n_qubits: int = described(72, "Qubits of each block's circuit.")
    n_layers: int = described(1, "Layers of CZ.")
    topology: str = described("chain", "chain, lattice, or chip.")
    couplers: list[list[int]] = described(
        [], "Pairs joined by CZ; filled in for chain and lattice, given for chip."
    )
    form: str = described("input", "What the circuit scales.")
    control: str = described("trained", "What stands in the circuit's place.")
    backend: str = described("statevector", "Where the circuits run.")
    backend_options: dict[str, Any] = described({}, "Options of a sampling backend.")
    shots: int = described(1000, "Shots of each circuit.")
    gradient: str = described("auto", "auto, backprop, shift or spsa.")
    spsa_samples: int = described(1, "Random directions of SPSA a step.")
    readout_mitigation: bool = described(False, "Correct readout by two extra circuits a batch.")
    zne: bool = described(False, "Extrapolate two-qubit noise to zero.")
    seed: int = described(0, "Of the frozen maps, of shots and of SPSA.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _QGS
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise OptionError(name, f"{getattr(self, name)!r} is unknown", ", ".join(choices))
        for name in ("n_qubits", "n_layers", "shots", "spsa_samples"):
            if getattr(self, name) < 1:
                raise OptionError(name, "is too small", "a whole number from 1")
        check_control(self.control, self.topology, self.backend)
        if not backend_spec(self.backend).exact and self.gradient == "backprop":
            raise OptionError(
                "gradient", f"{self.backend} samples: nothing to go back through", "shift, spsa"
            )
        if self.topology != "chip" and not self.couplers:
            # Fixed here, so that a saved adapter keeps its circuit whatever later versions do.
            pairs = couplers_for(self.n_qubits, self.topology)
            self.couplers = [list(pair) for pair in pairs]

    def circuit(self) -> Circuit:
        """The circuit of every block, or the one in whose place a control's numbers stand.

        Raises:
            OptionError: The chip's couplers were not given.
            CircuitError: The couplers do not fit the qubits.
        """
        if self.topology == "chip":
            couplers_for(self.n_qubits, "chip", self.couplers)  # refuses none
        pairs = tuple((first, second) for first, second in self.couplers)
        return circuit_of(self.control, self.n_qubits, self.n_layers, pairs)

    @property
    def method(self) -> Method:
        """The gradient's method, ``auto`` resolved."""
        if self.gradient != "auto":
            return cast("Method", self.gradient)
        return "backprop" if backend_spec(self.backend).exact else "shift"
