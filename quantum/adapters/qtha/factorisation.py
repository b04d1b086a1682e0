"""How QTHA's tensor network splits a dimension into four factors, and how many numbers that costs.

Pure arithmetic, shared by the PEFT layer and by the counts that a form shows; it knows nothing
about torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

N_CORES = 4


@cache
def factorise(dimension: int, parts: int = N_CORES) -> tuple[int, ...]:
    """Split a dimension into factors, as even as possible.

    Rule: of all ways to write ``dimension`` as a product of ``parts`` factors, the one with the
    smallest sum (ties: the smallest largest factor), in falling order. It reproduces the authors'
    table for Qwen-7B and the factors that METHODS gives for SmolLM2. A prime becomes
    ``(prime, 1, 1, 1)``: exact, but no saving.

    >>> factorise(576), factorise(192), factorise(32), factorise(3584), factorise(512)
    ((6, 6, 4, 4), (4, 4, 4, 3), (4, 2, 2, 2), (8, 8, 8, 7), (8, 4, 4, 4))
    """
    if dimension < 1:
        raise ValueError(f"A dimension must be positive, got {dimension}.")
    return min(_splits(dimension, parts, dimension), key=lambda f: (sum(f), f[0]))


def _splits(rest: int, parts: int, largest: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        if rest <= largest:
            yield (rest,)
        return
    for factor in range(min(rest, largest), 0, -1):
        if rest % factor == 0 and factor**parts >= rest:
            for tail in _splits(rest // factor, parts - 1, factor):
                yield (factor, *tail)


def core_shapes(
    in_factors: tuple[int, ...], out_factors: tuple[int, ...], bond: int
) -> tuple[tuple[int, int], ...]:
    """Shapes ``(out_k * chi_{k+1}, chi_k * in_k)`` of the cores, bonds ``1, bond, …, bond, 1``."""
    n = len(in_factors)
    chi = [1, *[bond] * (n - 1), 1]
    return tuple((out_factors[k] * chi[k + 1], chi[k] * in_factors[k]) for k in range(n))


def mpo_count(in_factors: tuple[int, ...], out_factors: tuple[int, ...], bond: int) -> int:
    """Number of parameters of all cores."""
    return sum(math.prod(shape) for shape in core_shapes(in_factors, out_factors, bond))
