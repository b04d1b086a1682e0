"""Circuits inside autograd: values forward, a kept Jacobian backward.

``values_and_jacobian`` runs what a method needs, all blocks in one call of the evaluator.
``differentiable`` turns kept values into a tensor whose backward multiplies by the kept Jacobian,
as often as wanted: nothing is run again for the next micro batch. This module knows nothing about
backends: an evaluator gets a circuit and rows of angles and gives rows of values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.gradients.exact import exact_jacobian, exact_values
from quantum.gradients.grouping import shift_plan
from quantum.gradients.spsa import DEFAULT_STEP, directions, spsa_rows, spsa_slopes
from quantum.simulators.constants import constant

Evaluate = Callable[[Circuit, Tensor], Tensor]
"""``(circuit, rows (k, n_angles)) -> values (k, n_observables)``, on the rows' device and dtype."""

Method = Literal["backprop", "shift", "spsa"]


@dataclass(frozen=True)
class Spsa:
    """How SPSA takes its directions: how many, from which seed, and how far (radians)."""

    samples: int = 1
    seed: int = 0
    step: float = DEFAULT_STEP


def values_and_jacobian(
    circuit: Circuit,
    angles: Tensor,
    method: Method,
    evaluate: Evaluate = exact_values,
    *,
    spsa: Spsa | None = None,
    grouped: bool = True,
) -> tuple[Tensor, Tensor]:
    """Expectation values of one circuit for several blocks, and their Jacobian, without a graph.

    Args:
        circuit: A circuit without inputs.
        angles: Shape ``(blocks, n_angles)``, radians, float32 or float64.
        method: ``"backprop"`` is exact and ignores ``evaluate``; ``"shift"`` and ``"spsa"`` run
            circuits.
        evaluate: Runs circuits; called once.
        spsa: For ``"spsa"``.
        grouped: For ``"shift"``: shift together what no observable feels together.

    Returns:
        Shapes ``(blocks, n_observables)`` and ``(blocks, n_observables, n_angles)``.

    Raises:
        OptionError: There is no such method.
    """
    angles = angles.detach()
    if method == "backprop":
        return exact_values(circuit, angles), exact_jacobian(circuit, angles)
    spsa = spsa or Spsa()
    runner, rows = rows_for(circuit, angles, method, spsa=spsa, grouped=grouped)
    values = evaluate(runner, rows.flatten(0, 1))
    values = values.reshape(*rows.shape[:2], values.shape[1])  # (blocks, rows, F)
    if method == "spsa":
        moves = directions(angles.shape[0], spsa.samples, angles.shape[1], spsa.seed)
        return values[:, 0], spsa_slopes(values[:, 1:], moves, spsa.step)
    tables = _shift_tables(circuit, grouped)
    slopes = values.transpose(1, 2) @ constant(tables.factors, angles)  # (blocks, F, occurrences)
    slopes = slopes * constant(tables.felt, angles)  # what an observable cannot feel is noise only
    jacobian = angles.new_zeros(*slopes.shape[:2], angles.shape[1])
    return values[:, 0], jacobian.index_add(2, constant(tables.owners, angles), slopes)


def rows_for(
    circuit: Circuit,
    angles: Tensor,
    method: Method,
    *,
    spsa: Spsa | None = None,
    grouped: bool = True,
) -> tuple[Circuit, Tensor]:
    """The circuits of one gradient by shifts or SPSA, nothing run.

    Returns:
        The circuit to run, and its angles for each block: ``(blocks, rows, angles)``, the unshifted
        row first.

    Raises:
        OptionError: The method runs no circuits, or there is none of that name.
    """
    angles = angles.detach()
    if method == "spsa":
        spsa = spsa or Spsa()
        moves = directions(angles.shape[0], spsa.samples, angles.shape[1], spsa.seed)
        return circuit, torch.cat((angles.unsqueeze(1), spsa_rows(angles, moves, spsa.step)), dim=1)
    if method != "shift":
        raise OptionError("gradient", f"{method!r} runs no circuits", "shift or spsa")
    plan = shift_plan(circuit, grouped=grouped)
    tables = _shift_tables(circuit, grouped)
    own = angles.index_select(1, constant(tables.owners, angles))  # (blocks, occurrences)
    return plan.occurrences.circuit, own.unsqueeze(1) + constant(tables.shifts, angles)


class _ShiftTables(NamedTuple):
    """A shift plan as arrays.

    Attributes:
        shifts: Of each occurrence in each row, ``(rows, occurrences)``.
        factors: Of the rows' values in the derivatives, ``(rows, occurrences)``.
        felt: Which observable feels which occurrence, ``(F, occurrences)``.
        owners: The angle of each occurrence.
    """

    shifts: NDArray[np.float64]
    factors: NDArray[np.float64]
    felt: NDArray[np.float64]
    owners: NDArray[np.int64]


@lru_cache(maxsize=64)
def _shift_tables(circuit: Circuit, grouped: bool) -> _ShiftTables:
    plan = shift_plan(circuit, grouped=grouped)
    owners = np.array(plan.occurrences.owners, dtype=np.int64)
    shifts, factors = np.zeros((2, len(plan.rows), len(owners)))
    felt = np.zeros((len(plan.feels), len(owners)))
    for number, row in enumerate(plan.rows):
        for item, shift in row:
            shifts[number, item] = shift
    for number, item, factor in plan.terms:
        factors[number, item] = factor
    for number, items in enumerate(plan.feels):
        felt[number, list(items)] = 1
    return _ShiftTables(shifts, factors, felt, owners)


def differentiable(angles: Tensor, values: Tensor, jacobian: Tensor) -> Tensor:
    """Kept values as a function of the angles.

    Args:
        angles: What the gradient goes to, shape ``(…, n_angles)``.
        values: Their values, shape ``(…, n_observables)``.
        jacobian: Shape ``(…, n_observables, n_angles)``.

    Returns:
        ``values``; backward gives ``gradient @ jacobian`` each time it is asked.
    """
    result: Tensor = _KeptJacobian.apply(angles, values, jacobian)  # type: ignore[no-untyped-call]
    return result


class _KeptJacobian(torch.autograd.Function):
    """The one place where circuits enter autograd.

    Values and Jacobian are kept on the context and not by ``save_for_backward``: gradient
    checkpointing then finds nothing to recompute here.
    """

    @staticmethod
    def forward(ctx: Any, angles: Tensor, values: Tensor, jacobian: Tensor) -> Tensor:
        ctx.jacobian, ctx.dtype = jacobian, angles.dtype
        return values.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        jacobian = ctx.jacobian
        slopes = (grads[0].to(jacobian.dtype).unsqueeze(-2) @ jacobian).squeeze(-2)
        return slopes.to(ctx.dtype), None, None
