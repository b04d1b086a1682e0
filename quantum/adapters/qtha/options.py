"""QTHA's options, variants and parameter count, without torch.

The registry shows these in forms; the PEFT config validates against them; the layer builds what is
counted here. This module knows nothing about tensors.
"""

from __future__ import annotations

from collections.abc import Mapping

from quantum.adapters.qtha.factorisation import factorise, mpo_count
from quantum.circuits.ansatz import qtha_angle_count
from quantum.exceptions import OptionError

VARIANTS: Mapping[str, str] = {
    "ABC": "tensor network, MLP and circuit: QTHA",
    "BC": "MLP and circuit: simple quantum LoRA",
    "AB": "tensor network and MLP, no circuit (control; merges)",
    "BD": "MLP with a SiLU network of 1 hidden layer instead of the circuit (control)",
    "BE": "MLP with a SiLU network of 2 hidden layers instead of the circuit (control)",
    "BF": "MLP with a SiLU network of 3 hidden layers instead of the circuit (control)",
}
INITS: Mapping[str, str] = {
    "lora": "A like LoRA's, classical path open (identity), circuit's output weights zero",
    "origin": "the authors': Kaiming with a = 0 everywhere, A is √6 times LoRA's",
}
CONTROLS: Mapping[str, str] = {
    "trained": "the circuit, with trained angles",
    "product": "the circuit without entanglers: every CRZ left out, a product state",
    "bottleneck": "a classical bottleneck of as many trained numbers: V tanh(U h)",
    "polynomial": "a trigonometric polynomial with the circuit's frequencies and as many trained "
    "numbers as it has angles",
    "span": "every trigonometric polynomial that a circuit of one layer could give: many numbers",
    "frozen": "the circuit with its angles as they start, not trained",
    "random": "the circuit with other random angles, drawn once, not trained",
}
REMARKS: Mapping[str, str] = {
    "product": "Its circuit has no entangling gates, so its qubits are independent of each other. "
    "It is the control that shows what entanglement adds to a run with the whole circuit.",
    "bottleneck": "A classical bottleneck of as many trained numbers stands where the circuit "
    "stands. It is the control to compare a run with a trained circuit against.",
    "polynomial": "A trigonometric polynomial with the circuit's frequencies and as many trained "
    "numbers stands where the circuit stands. It is the control that shows what gates add.",
    "span": "Every polynomial that a circuit of one layer could give stands where the circuit "
    "stands, with many trained numbers: an upper bound for a run with a trained circuit.",
    "frozen": "Its circuit's angles stay at their start and only the rest is trained. It is the "
    "control that shows what training the circuit adds.",
    "random": "Its circuit's angles are random and stay so, and only the rest is trained. It is "
    "the control that shows what training the circuit adds.",
    "": "This variant has no circuit. It is the control to compare a run with variant ABC against.",
}
"""What a run is that is a control, in full sentences; last, variants without C."""
MOST_SPAN_TERMS = 2**2 * 3**3
"""Products that an output of one layer may have: of 1 and cos h over the two outer qubits of its
light cone, of 1, cos h and sin h over the three inner ones."""
SPAN_TERMS: Mapping[int, int] = {1: 3, 2: 3**2, 3: 3**3, 4: 2 * 3**3}
"""The same where there are fewer than five qubits."""
WITH_CIRCUIT = ("trained", "product", "frozen", "random")
FIXED = ("frozen", "random")
HIDDEN_LAYERS: Mapping[str, int] = {"D": 1, "E": 2, "F": 3}


def control_count(control: str, r: int, n_layers: int) -> int:
    """Trained numbers of what stands in the circuit's place, QW left out.

    Circuit, bottleneck (width 2L) and small polynomial: 4rL, or 2L for r = 1. Without entanglers
    2rL. Frozen and random: none. Span: one for each product of sines and cosines in the light cone,
    108 r from r = 5 on.

    Raises:
        OptionError: The span of more than one layer, whose size grows as 5ʳ.

    >>> [control_count(name, 8, 1) for name in CONTROLS]
    [32, 16, 32, 32, 864, 0, 0]
    """
    check_control(control, n_layers)
    if control in FIXED:
        return 0
    if control == "product":
        return 2 * r * n_layers
    if control == "span":
        return SPAN_TERMS.get(r, MOST_SPAN_TERMS) * r
    return qtha_angle_count(r, n_layers)


def check_control(control: str, n_layers: int) -> None:
    """Refuse what cannot stand in the circuit's place.

    Raises:
        OptionError: An unknown control, or the span of more than one layer.
    """
    if control not in CONTROLS:
        raise OptionError("control", f"{control!r} is unknown", ", ".join(CONTROLS))
    if control == "span" and n_layers > 1:
        raise OptionError(
            "control",
            f"span needs one circuit layer: with {n_layers}, where every angle comes in several "
            "times and each output feels more qubits, it has too many numbers",
            "span with n_layers = 1, or polynomial",
        )


def qtha_module_count(
    out_features: int,
    in_features: int,
    *,
    r: int,
    n_layers: int,
    variant: str,
    mpo_width: int,
    mpo_bond: int,
    control: str = "trained",
    mpo_factors: Mapping[str, list[int]] | None = None,
) -> int:
    """Trainable parameters that QTHA adds to one linear layer.

    Both MPOs Σ_k out_k χ_{k+1} χ_k in_k, plus 2Mr + 2r² + 4rL for ABC (METHODS 1); without A the
    MLPs meet the layer directly, (d_in + d_out) r; without C there is no QW. What stands in the
    circuit's place may have another count than 4rL: ``control_count``.

    Raises:
        OptionError: As ``control_count``.

    >>> qtha_module_count(3584, 3584, r=10, n_layers=1, variant="ABC", mpo_width=256, mpo_bond=8)
    14512
    """

    def factors(dimension: int) -> tuple[int, ...]:
        own = (mpo_factors or {}).get(str(dimension))
        return tuple(own) if own else factorise(dimension)

    total = r * r  # CW
    if "A" in variant:
        middle = factors(mpo_width)
        total += mpo_count(factors(in_features), middle, mpo_bond)
        total += mpo_count(middle, factors(out_features), mpo_bond)
        total += 2 * mpo_width * r
    else:
        total += (in_features + out_features) * r
    if "C" in variant:
        total += r * r + control_count(control, r, n_layers)
    hidden = HIDDEN_LAYERS.get(variant[-1])
    if hidden is not None:
        total += (hidden + 1) * r * r
    return total
