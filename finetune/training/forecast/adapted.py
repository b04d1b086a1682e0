"""What an adapter adds to the work of its base: numbers that it touches, circuits, amplitudes.

Knows nothing of torch or of seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.adapters.spec import targeted
from quantum.exceptions import CircuitError, OptionError
from quantum.simulators.cones import find_cones

SHARED_READS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))  # read the same input


def evolved(settings: RunSettings) -> tuple[int, int]:
    """Layers of an adapted layer's circuit and two more, and amplitudes that a position evolves.

    Both are 0 without a circuit that is simulated with data in it. Amplitudes are 0 where data
    enters once and light cones are small: then the simulator needs next to nothing for each.
    """
    named = ADAPTERS[settings.adapter].circuit_options
    try:
        circuit = settings.circuit()
    except (OptionError, CircuitError):
        return 0, 0
    if circuit is None or named is None or not circuit.n_inputs:
        return 0, 0
    layers = int(settings.options.get(named.layers, 1))
    evolves = find_cones(circuit) is None
    return layers + 2, layers * 2**circuit.n_qubits if evolves else 0


def wider_of(settings: RunSettings, shapes: Mapping[str, tuple[int, int]]) -> int:
    """What adapted layers read and write, of all layers together; some of them read the same."""
    together = {name: group[0] for group in SHARED_READS for name in group}
    reads: dict[str, int] = {}
    writes = 0
    for name, (out, wide) in targeted(shapes, settings.targets).items():
        block, _, kind = name.rpartition(".")
        reads[f"{block}.{together.get(kind, kind)}"] = wide
        writes += out
    return sum(reads.values()) + writes
