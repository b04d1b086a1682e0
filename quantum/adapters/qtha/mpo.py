"""Contracting an MPO's cores with the small matrix beside it.

MPO and MLP are both linear without bias, so their product is one thin matrix of LoRA's shape. It is
built once per forward from the cores, which is cheap, and tokens then meet two thin matrices as in
LoRA. This module knows nothing about PEFT or circuits.

Core k has shape ``(out_k * chi_{k+1}, chi_k * in_k)``; as an operator from the in-axes to the
out-axes the MPO is the sum over all bonds of the product of its cores.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def apply_mpo(cores: Sequence[Tensor], in_factors: Sequence[int], x: Tensor) -> Tensor:
    """MPO times a matrix, transposed: ``(MPO @ x).T``.

    Args:
        cores: Core tensors.
        in_factors: Factors of the MPO's in-dimension M.
        x: Shape ``(M, columns)``.

    Returns:
        Shape ``(columns, out)``.
    """
    bonds = [core.shape[1] // size for core, size in zip(cores, in_factors, strict=True)]
    columns = x.shape[1]
    for core, next_bond in zip(cores, [*bonds[1:], 1], strict=True):
        x = core @ x.reshape(core.shape[1], -1)  # (out_k * chi_{k+1}, ins * columns * outs)
        x = x.reshape(core.shape[0] // next_bond, -1).t()  # (chi_{k+1} * ins * cols * outs, out_k)
    return x.reshape(columns, -1)


def apply_mpo_transposed(cores: Sequence[Tensor], in_factors: Sequence[int], x: Tensor) -> Tensor:
    """A matrix times the MPO, transposed: ``(x @ MPO).T``.

    Args:
        cores: Core tensors.
        in_factors: Factors of the MPO's in-dimension.
        x: Shape ``(rows, M)``, M being the MPO's out-dimension.

    Returns:
        Shape ``(in, rows)``.
    """
    rows = x.shape[0]
    for core, size in zip(reversed(cores), reversed(in_factors), strict=True):
        x = x.reshape(-1, core.shape[0]) @ core  # (ins * rows * earlier outs, chi_k * in_k)
        x = x.reshape(-1, size).t()  # (in_k, ins * rows * earlier outs * chi_k)
    return x.reshape(-1, rows)
