"""QTHA's options, variants and parameter count, without torch.

The registry shows these in forms; the PEFT config validates against them; the layer builds what is
counted here. This module knows nothing about tensors.
"""

from __future__ import annotations

from collections.abc import Mapping

from quantum.adapters.qtha.factorisation import factorise, mpo_count
from quantum.circuits.ansatz import qtha_angle_count

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
HIDDEN_LAYERS: Mapping[str, int] = {"D": 1, "E": 2, "F": 3}


def qtha_module_count(
    out_features: int,
    in_features: int,
    *,
    r: int,
    n_layers: int,
    variant: str,
    mpo_width: int,
    mpo_bond: int,
    mpo_factors: Mapping[str, list[int]] | None = None,
) -> int:
    """Trainable parameters that QTHA adds to one linear layer.

    Both MPOs Σ_k out_k χ_{k+1} χ_k in_k, plus 2Mr + 2r² + 4rL for ABC (METHODS 1); without A the
    MLPs meet the layer directly, (d_in + d_out) r; without C there is no QW.

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
        total += r * r + qtha_angle_count(r, n_layers)
    hidden = HIDDEN_LAYERS.get(variant[-1])
    if hidden is not None:
        total += (hidden + 1) * r * r
    return total
