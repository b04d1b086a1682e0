"""What may stand in a trained circuit's place, by name; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping

TRAINED = "trained"
WAYS: Mapping[str, str] = {
    TRAINED: "as the run left it",
    "random": "the trained circuit with angles drawn anew, uniform in (-π, π)",
    "identity": "the trained circuit with all its angles at zero: its own rotations, controlled "
    "ones included, do nothing; the data's rotations stay, and so do gates without an angle "
    "(CZ, which leave |0…0⟩ as it is)",
    "frozen": "the trained circuit with the angles that the run began with",
    "no-entanglers": "the trained angles in the same circuit without its gates on two qubits",
}
