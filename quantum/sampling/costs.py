"""What sampling on Origin's chips takes, told before anything is sent.

The figures are guesses: 1.6 to 3.5 s for a small job and 0.67 s a circuit at 4,096 shots in a batch
come from users' public reports about the 72-qubit Wukong, not from Origin, and deserve low trust.
How a circuit's time depends on shots was not reported, so the range spans both ends: all of it
(low) or none of it below 4,096 shots (high). Money is told only where an operator entered a tariff.
Pure; knows nothing about circuits or the cloud.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_CIRCUITS = 200
"""Most circuits that the cloud takes in one batch, by its documents."""

SOURCE = (
    "A guess from users' reports about the 72-qubit Wukong: 1.6 to 3.5 s a batch, 0.67 s a circuit "
    "at 4,096 shots. Waiting in the provider's queue is not counted."
)

_BATCH_SECONDS = (1.6, 3.5)
_CIRCUIT_SECONDS = 0.67
_CIRCUIT_SHOTS = 4096


@dataclass(frozen=True)
class Cost:
    """What a batch will take, told before it is sent.

    Attributes:
        circuits: Number of circuits.
        shots: Shots of all circuits together.
        batches: Submissions that they need.
        seconds: Processor time, shortest and longest guess.
        money: Longest guess in money, where an operator entered a tariff.
        currency: Its currency.
    """

    circuits: int
    shots: int
    batches: int
    seconds: tuple[float, float]
    money: float | None = None
    currency: str = ""


@dataclass(frozen=True)
class Tariff:
    """A price that an operator entered: of one processor second, in a currency."""

    per_second: float
    currency: str


def sampling_cost(
    circuits: int, shots: int, max_circuits: int = MAX_CIRCUITS, tariff: Tariff | None = None
) -> Cost:
    """Circuits, shots, batches and a range of processor seconds.

    Args:
        circuits: Number of circuits.
        shots: Shots of each circuit.
        max_circuits: Most circuits in a batch.
        tariff: For money; the longest guess is priced.

    >>> sampling_cost(390, 4096).batches
    2
    """
    batches = math.ceil(circuits / max_circuits)
    scale = shots / _CIRCUIT_SHOTS
    low = max(_BATCH_SECONDS[0] * batches, circuits * _CIRCUIT_SECONDS * scale)
    high = _BATCH_SECONDS[1] * batches + circuits * _CIRCUIT_SECONDS * max(1.0, scale)
    return Cost(
        circuits=circuits,
        shots=circuits * shots,
        batches=batches,
        seconds=(low, high),
        money=tariff.per_second * high if tariff else None,
        currency=tariff.currency if tariff else "",
    )
