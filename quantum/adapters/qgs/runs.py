"""How an adapter's circuit is run for many vectors of angles: exactly, or by shots.

It knows nothing about blocks, nor what is kept of the values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor

from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import WITHOUT_CIRCUIT
from quantum.backends.base import Batch, Capabilities
from quantum.backends.registry import backend_spec, make_sampler
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.gradients.exact import exact_values
from quantum.gradients.function import Evaluate, Spsa, rows_for, values_and_jacobian
from quantum.sampling.estimation import DirectRunner, Estimator, Runner
from quantum.simulators import subcircuits


class CircuitRuns:
    """Runs the circuit of one adapter.

    Args:
        config: The adapter's configuration.
        count: Told circuits, batches and shots of everything that was run.
        circuit: Another one than the configuration's, with the same observables.

    Raises:
        OptionError: The exact simulator cannot hold this circuit's light cones.
    """

    def __init__(
        self,
        config: QGSConfig,
        count: Callable[[int, int, int], None],
        circuit: Circuit | None = None,
    ) -> None:
        self.config = config
        self.circuit: Circuit = circuit or config.circuit()
        self.exact = backend_spec(config.backend).exact
        runs = config.control not in WITHOUT_CIRCUIT
        if runs and self.exact and not subcircuits.supports(self.circuit):
            raise OptionError(
                "n_layers",
                f"{self.circuit.name} has light cones too wide for the exact simulator",
                "fewer layers, a chain, or another backend",
            )
        self.runner: tuple[Runner, Capabilities] | None = None
        self._count = count

    def values(self, angles: Tensor, factor: int = 1) -> Tensor:
        """Of the unshifted circuits, ``(blocks, n_observables)``; ``factor`` times the shots."""
        return self._evaluate(angles, factor)(self.circuit, angles)

    def values_and_jacobian(self, angles: Tensor) -> tuple[Tensor, Tensor]:
        """Values and ``(blocks, n_observables, n_angles)`` derivatives."""
        method = self.config.method
        pair = values_and_jacobian(
            self.circuit, angles, method, self._evaluate(angles), spsa=self._spsa(angles)
        )
        if method == "backprop":
            self._count(len(angles), 0, 0)
        return pair

    def step_batches(self, angles: Tensor) -> tuple[Batch, ...]:
        """What values and Jacobian would have run where values are sampled; nothing is run.

        Raises:
            UnsupportedCircuitError: The backend's limits are passed.
        """
        circuit, rows = rows_for(self.circuit, angles, self.config.method, spsa=self._spsa(angles))
        return self._estimator(angles).plan(_bind(circuit, rows.flatten(0, 1)))

    def _estimator(self, angles: Tensor, factor: int = 1) -> Estimator:
        """Asks for shots; the seed follows from the angles, so a repeated step repeats its shots.

        The factor multiplies the shots, as far as the backend allows.
        """
        if self.runner is None:
            sampler = make_sampler(self.config.backend, self.config.backend_options)
            self.runner = (DirectRunner(sampler), sampler.capabilities())
        runner, capabilities = self.runner
        most = capabilities.max_shots or self.config.shots * factor
        return Estimator(
            runner,
            capabilities,
            max(self.config.shots, min(self.config.shots * factor, most)),
            seed=self._seed(angles),
            readout_mitigation=self.config.readout_mitigation,
            zne=self.config.zne,
        )

    def _seed(self, angles: Tensor) -> int:
        numbers = angles.detach().float().cpu().contiguous().numpy().tobytes()
        digest = hashlib.sha256(numbers + str(self.config.seed).encode()).digest()
        return int.from_bytes(digest[:4], "big") >> 2  # room for the batches' numbers below 2**31

    def _spsa(self, angles: Tensor) -> Spsa:
        return Spsa(self.config.spsa_samples, self._seed(angles))

    def _evaluate(self, angles: Tensor, factor: int = 1) -> Evaluate:
        def exact(circuit: Circuit, rows: Tensor) -> Tensor:
            self._count(len(rows), 0, 0)
            return exact_values(circuit, rows)

        def sampled(circuit: Circuit, rows: Tensor) -> Tensor:
            estimates = self._estimator(angles, factor).expectations(_bind(circuit, rows))
            self._count(estimates.circuits, estimates.batches, estimates.shots)
            return torch.as_tensor(estimates.values, dtype=rows.dtype).to(rows.device)

        return exact if self.exact else sampled


def _bind(circuit: Circuit, rows: Tensor) -> list[Circuit]:
    return [circuit.bind(angles=row) for row in rows.double().cpu().tolist()]
