"""GateNet's arithmetic against its formula written out, and its gradients three ways."""

import math
from functools import cache
from itertools import combinations, product

import pytest
import torch

from quantum.adapters.gatenet.linear import gated_linear, gated_weight
from quantum.adapters.gatenet.steps import Step, apply_steps, fuse, plan_steps, work_per_row

AXES = (4, 3, 2, 2)
WIDTH = math.prod(AXES)


def dense_gate(axes, a, b, gate):
    """The gate as a matrix on the whole row, by its definition: the identity elsewhere."""
    places = list(product(*(range(size) for size in axes)))
    entries = gate.tolist()
    others = [n for n in range(len(axes)) if n not in (a, b)]
    return torch.tensor(
        [
            [
                entries[row[a] * axes[b] + row[b]][column[a] * axes[b] + column[b]]
                if all(row[n] == column[n] for n in others)
                else 0.0
                for column in places
            ]
            for row in places
        ],
        dtype=torch.float64,
    )


def random_gates(axes):
    generator = torch.Generator().manual_seed(0)
    sides = [axes[a] * axes[b] for a, b in combinations(range(len(axes)), 2)]
    return [
        torch.eye(n, dtype=torch.float64)
        + 0.3 * torch.randn(n, n, generator=generator, dtype=torch.float64)
        for n in sides
    ]


def single_steps(axes):
    """A step for each gate: nothing fused."""
    return tuple(Step(axes, pair, (pair,)) for pair in combinations(range(len(axes)), 2))


def fused(steps, gates):
    rest = iter(gates)
    return [fuse(step, [next(rest) for _ in step.pairs]) for step in steps]


def two_step_plan():
    first, second = (0, 1), (0, 2)
    rest = tuple(combinations(range(4), 2))[2:]
    return Step(AXES, (0, 1, 2), (first, second)), Step(AXES, (0, 1, 2, 3), rest)


PLANS = {"planned": plan_steps(AXES), "single": single_steps(AXES), "two": two_step_plan()}


@cache
def transform():
    """T by its definition: the dense gates multiplied in the order of their pairs."""
    total = torch.eye(WIDTH, dtype=torch.float64)
    for (a, b), gate in zip(combinations(range(4), 2), random_gates(AXES), strict=True):
        total = total @ dense_gate(AXES, a, b, gate)
    return total


@pytest.mark.parametrize("plan", PLANS)
def test_every_grouping_is_the_same_product(plan):
    rows = torch.randn(5, WIDTH, dtype=torch.float64)
    found = apply_steps(rows, PLANS[plan], fused(PLANS[plan], random_gates(AXES)))
    assert torch.allclose(found, rows @ transform())


def test_plans_fuse_where_it_is_cheaper():
    for axes in ((4, 4, 4, 3, 3), (6, 4, 4, 4, 4), (8, 7, 4, 4, 4)):
        steps = plan_steps(axes)
        assert [pair for step in steps for pair in step.pairs] == [*combinations(range(5), 2)]
        assert work_per_row(steps) < work_per_row(single_steps(axes))
        assert max(step.size for step in steps) < math.prod(axes)


def problem(*, bias, scaled):
    generator = torch.Generator().manual_seed(1)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x, weight = draw(2, 3, WIDTH).requires_grad_(), draw(6, WIDTH)
    scale = (1 + 0.3 * draw(6)).requires_grad_() if scaled else None
    return x, weight, draw(6) if bias else None, scale


@pytest.mark.parametrize("route", ["weight", "tokens", "auto"])
@pytest.mark.parametrize(("bias", "scaled"), [(False, True), (True, True), (False, False)])
def test_forward_is_the_formula(route, bias, scaled):
    x, weight, offset, scale = problem(bias=bias, scaled=scaled)
    steps = PLANS["two"]
    out = gated_linear(x, weight, offset, scale, steps, fused(steps, random_gates(AXES)), route)
    factor = torch.ones(6, dtype=torch.float64) if scale is None else scale
    dense = torch.diag(factor) @ weight @ transform()
    expected = x @ dense.t() + (0 if offset is None else offset)
    assert torch.allclose(out, expected)
    merged = gated_weight(weight, scale, steps, fused(steps, random_gates(AXES)))
    assert torch.allclose(merged, dense)


@pytest.mark.parametrize("route", ["weight", "tokens"])
@pytest.mark.parametrize("plan", ["two", "single"])
@pytest.mark.parametrize("bias", [False, True])
def test_gradients_by_finite_differences(route, plan, bias):
    x, weight, offset, scale = problem(bias=bias, scaled=True)
    steps = PLANS[plan]
    matrices = [matrix.requires_grad_() for matrix in fused(steps, random_gates(AXES))]

    def function(x, scale, *matrices):
        return gated_linear(x, weight, offset, scale, steps, matrices, route)

    assert torch.autograd.gradcheck(function, (x, scale, *matrices), fast_mode=True)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("route", ["weight", "tokens"])
def test_gradients_are_those_of_the_dense_formula(route, zero):
    x, weight, _, scale = problem(bias=False, scaled=True)
    if zero:  # an output scaled to nothing still has a gradient to come back by
        with torch.no_grad():
            scale[2] = 0
    steps = PLANS["two"]
    gates = [gate.requires_grad_() for gate in random_gates(AXES)]
    wanted = (x, scale, *gates)
    slope = torch.randn(2, 3, 6, dtype=torch.float64)

    out = gated_linear(x, weight, None, scale, steps, fused(steps, gates), route)
    ours = torch.autograd.grad((out * slope).sum(), wanted)
    total = apply_steps(torch.eye(WIDTH, dtype=torch.float64), single_steps(AXES), gates)
    plain = x @ (torch.diag(scale) @ weight @ total).t()
    expected = torch.autograd.grad((plain * slope).sum(), wanted)
    for one, other in zip(ours, expected, strict=True):
        assert torch.allclose(one, other)


@pytest.mark.parametrize("route", ["weight", "tokens"])
def test_nothing_but_the_input_and_output_is_kept(route):
    x, weight, _, scale = problem(bias=False, scaled=True)
    steps = PLANS["single"]
    matrices = [matrix.requires_grad_() for matrix in fused(steps, random_gates(AXES))]
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        out = gated_linear(x, weight, None, scale, steps, matrices, route)
    known = {t.data_ptr() for t in (x, weight, scale, out, *matrices)}
    assert {t.data_ptr() for t in kept} <= known
    assert x.data_ptr() in {t.data_ptr() for t in kept}


@pytest.mark.parametrize("route", ["weight", "tokens"])
def test_small_changes_count_in_bfloat16(route):
    """1.003 is 1 in bfloat16; applied in float32 before rounding, it acts on the mean."""
    generator = torch.Generator().manual_seed(2)
    steps = PLANS["two"]
    x = torch.rand(400, WIDTH, generator=generator).bfloat16().requires_grad_()
    weight = torch.rand(64, WIDTH, generator=generator).bfloat16()
    matrices = [torch.eye(step.size).requires_grad_() for step in steps]
    scale = torch.full((64,), 1.003, requires_grad=True)
    out = gated_linear(x, weight, None, scale, steps, matrices, route)
    assert out.dtype == torch.bfloat16
    plain = torch.nn.functional.linear(x.detach(), weight).float()
    change = (out.float().mean() / plain.mean()).item() - 1
    assert 0.001 < change < 0.006
    out.sum().backward()
    assert x.grad.dtype == torch.bfloat16
    assert torch.allclose(scale.grad, plain.sum(0), rtol=2e-2)
    assert {matrix.grad.dtype for matrix in matrices} == {torch.float32}
