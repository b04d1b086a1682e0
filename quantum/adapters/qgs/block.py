"""The circuit of one transformer block: what its values change in the block's layers.

It knows nothing about layers; ``bank.py`` runs the circuit, ``state.py`` holds its numbers.
"""

from __future__ import annotations

from typing import Any, Self

from torch import Tensor

from quantum.adapters.host import CircuitHost, HostedCircuit
from quantum.adapters.qgs.bank import CircuitBank
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import TRAINED_CIRCUIT, WITHOUT_CIRCUIT
from quantum.adapters.qgs.polynomial import FrozenPolynomial
from quantum.adapters.qgs.signs import FrozenMap
from quantum.adapters.qgs.state import CircuitState
from quantum.circuits.circuit import Circuit


class QGSBlock(CircuitState, CircuitHost):
    """Angles of one block, and the values measured at the start and last.

    The values are saved with the adapter: in use it needs neither a machine nor a simulator, and a
    run can go on on another backend, which then measures the start again.

    Controls: ``product`` runs the circuit without CZ. ``free`` replaces the circuit by a trained
    vector of as many numbers, starting at zero, through a frozen seeded map; ``span`` by one of as
    many numbers as it has values, without a map; ``polynomial`` by a frozen trigonometric
    polynomial of its angles. ``frozen`` keeps the angles at their start and ``random`` at angles
    drawn from the whole circle; their values do not change, so they are used as they are, not
    relative to the start, and the layers' factor s starts at zero instead.

    Args:
        bank: Runs the circuits of all blocks.
        name: The block, to seed the maps of the controls without a circuit.
        config: QGS's configuration.
    """

    def __init__(self, bank: CircuitBank, name: str, config: QGSConfig) -> None:
        n_angles, n_values = bank.circuit.n_angles, len(bank.circuit.observables)
        super().__init__(n_angles, n_values, config)
        self.n_values = n_values
        self.control = config.control
        self.bank = bank
        self._map = FrozenMap(f"qgs/{config.seed}/{name}/free", n_values, n_angles)
        if self.control == "polynomial":
            named = f"qgs/{config.seed}/{name}/polynomial"
            self._polynomial = FrozenPolynomial(named, bank.circuit)
        if self.runs_circuit:
            self.number = bank.add(self)

    @property
    def runs_circuit(self) -> bool:
        """Whether there is a circuit, and not numbers in its place."""
        return self.control not in WITHOUT_CIRCUIT

    def hosted(self) -> HostedCircuit | None:
        """The circuit, one for the whole block; ``None`` for the controls without one."""
        if not self.runs_circuit:
            return None
        return HostedCircuit(
            self.bank.circuit, self.angles, self.bank, self.has_run, start=self.start
        )

    def put(self, circuit: Circuit, angles: Tensor) -> None:
        """Let another circuit with other angles stand there; all blocks have the same circuit.

        The values z0 of the start stay, as everything else that was trained beside them; where a
        control uses z0 itself, it is measured anew.
        """
        self.put_angles(angles, at_start=self.control != "trained")
        self.bank.put(circuit)

    def change(self) -> Tensor:
        """What the layers multiply with their frozen maps, shape ``(n_values,)``, float32.

        Zero at the start, but for the frozen and random controls.
        """
        if self.control == "free":
            return self._map.on(self.angles.device) @ self.angles.float()
        if self.control == "span":
            return self.angles.float()
        if self.control == "polynomial":
            return self._polynomial.change(self.angles.float(), self.start.float())
        if self.control in TRAINED_CIRCUIT:
            return self.bank.values(self) - self.z0.float()
        if self.start_backend != self.bank.config.backend:
            self.bank.live = self.bank.live or self.training
            self.bank.measure_start()
        return self.z0.float()

    def parts(self) -> tuple[Tensor, ...]:
        """The tensors that ``change`` depends on."""
        if self.runs_circuit:
            return self.angles, self.z0, self.z
        return (self.angles, self.start) if self.control == "polynomial" else (self.angles,)

    def train(self, mode: bool = True) -> Self:
        """Change the mode; angles that were written through ``.data`` are then noticed."""
        self.bank.forget_marks()
        return super().train(mode)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Bring the values up to date where that is only arithmetic: files then stand alone.

        An adapter that was never used is left alone: PEFT reads its state before it loads a file.
        """
        if self.runs_circuit and self.bank.exact and self.start_backend:
            self.bank.measure()
        super()._save_to_state_dict(destination, prefix, keep_vars)
