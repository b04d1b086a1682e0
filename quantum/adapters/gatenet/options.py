"""How GateNet splits a layer's input into axes, which gates it puts on them, and their count.

Pure arithmetic: the registry counts with it, the PEFT config validates with it, the layer builds
what is counted here. This module knows nothing about tensors.
"""

from __future__ import annotations

from itertools import combinations

from quantum.adapters.qtha.factorisation import factorise
from quantum.exceptions import OptionError

LARGEST_GATE = 1024


def gatenet_axes(dimension: int, n_axes: int = 5) -> tuple[int, ...]:
    """Sizes of the axes ("qudits") into which a dimension is split, in falling order.

    The evenest split into ``n_axes`` factors, axes of size one left out.

    Raises:
        OptionError: The dimension has no two factors, or gates on it would be too large.

    >>> gatenet_axes(576), gatenet_axes(1536), gatenet_axes(3584)
    ((4, 4, 4, 3, 3), (6, 4, 4, 4, 4), (8, 7, 4, 4, 4))
    """
    axes = tuple(factor for factor in factorise(dimension, n_axes) if factor > 1)
    if len(axes) < 2 or axes[0] * axes[1] > LARGEST_GATE:
        raise OptionError(
            "targets",
            f"an input width of {dimension} splits only into {' x '.join(map(str, axes))}",
            f"widths whose two largest axes give gates of at most {LARGEST_GATE} rows; "
            "leave that module out or use another number of axes",
        )
    return axes


def gatenet_pairs(axes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """The pairs of axes in the order in which their gates are multiplied: every pair once."""
    return tuple(combinations(range(len(axes)), 2))


def gatenet_module_count(
    out_features: int,
    in_features: int,
    *,
    n_axes: int = 5,
    orthogonal: bool = False,
    output_scaling: bool = True,
) -> int:
    """Trainable parameters that GateNet adds to one linear layer.

    A gate on axes of sizes a and b has n = a b rows: n² numbers, or n (n - 1) / 2 where it is
    orthogonal; the output scaling u has one number for each output.

    >>> gatenet_module_count(0, 576), gatenet_module_count(0, 1536)
    (1713, 3840)
    >>> gatenet_module_count(192, 576, orthogonal=True)
    984
    """
    axes = gatenet_axes(in_features, n_axes)
    total = out_features if output_scaling else 0
    for a, b in gatenet_pairs(axes):
        n = axes[a] * axes[b]
        total += n * (n - 1) // 2 if orthogonal else n * n
    return total
