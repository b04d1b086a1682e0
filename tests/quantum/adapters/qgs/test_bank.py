"""When circuits run, and how many: once per optimizer step, whatever the language model does."""

import copy
import warnings

import pytest
import torch

from quantum.adapters.circuits import circuit_cost
from quantum.adapters.qgs.options import START_SHOTS
from quantum.adapters.report import circuit_report
from quantum.exceptions import OptionError
from tests.quantum.adapters.qgs.models import (
    BLOCKS,
    IDS,
    SHOTS,
    base_model,
    blocks_of,
    connect,
    make_config,
    make_model,
    trainable,
)
from tests.quantum.adapters.qgs.sampler import NAME, Sampler, register


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    register(monkeypatch)


@pytest.mark.parametrize(
    ("options", "each"),
    [({}, 13), ({"gradient": "spsa"}, 3), ({"gradient": "spsa", "spsa_samples": 4}, 9)],
)
def test_once_per_optimizer_step_under_accumulation(options, each):
    model = make_model(**options).train()
    sampler = connect(model)
    cost = circuit_cost(model)
    assert (cost.circuits, cost.batches) == (BLOCKS * each, 1)
    assert cost.shots == cost.circuits * SHOTS
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    for step in range(3):
        seen = len(sampler.batches)
        for _ in range(4):
            model(IDS, labels=IDS).loss.backward()
        new = sampler.batches[seen:]
        start = [len(batch.circuits) for batch in new[:-1]]
        assert start == ([BLOCKS] if step == 0 else [])  # the values at the start, once
        assert len(new[-1].circuits) == BLOCKS * each
        optimizer.step()
        optimizer.zero_grad()
    report = circuit_report(model)
    assert report.circuits_run == sampler.circuits == BLOCKS * (1 + 3 * each)
    assert report.batches_run == len(sampler.batches) == 4
    assert report.shots_run == sum(batch.total_shots for batch in sampler.batches)


@pytest.mark.parametrize("backend", [NAME, "statevector"])
@pytest.mark.parametrize("reentrant", [False, True])
def test_once_per_optimizer_step_under_gradient_checkpointing(reentrant, backend):
    gradients = []
    for checkpointing in (False, True):
        model = make_model(backend=backend).train()
        sampler = connect(model)
        if checkpointing:
            model.enable_input_require_grads()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.gradient_checkpointing_enable({"use_reentrant": reentrant})
        model(IDS, labels=IDS).loss.backward()
        if backend == NAME:
            assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS, BLOCKS * 13]
        assert circuit_report(model).circuits_run == BLOCKS * (14 if backend == NAME else 2)
        gradients.append([p.grad for p in trainable(model)])
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_accumulation_adds_up_what_one_batch_gives():
    whole, parts = (
        make_model(backend="statevector").train(),
        make_model(backend="statevector").train(),
    )
    whole(IDS, labels=IDS).loss.backward()
    for row in IDS:
        (parts(row[None], labels=row[None]).loss / 2).backward()
    for one, other in zip(trainable(whole), trainable(parts), strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-6)


@pytest.mark.parametrize("form", ["input", "output"])
def test_kept_jacobian_is_the_gradient_through_the_simulator(form):
    """All of it: layers, maps and circuits, against finite differences of the model."""

    def score(model):
        return model(IDS).logits.square().mean()

    model = make_model(backend="statevector", form=form).double().train()
    with torch.no_grad():
        for parameter in trainable(model):
            parameter += 0.2 * torch.randn_like(parameter)
    score(model).backward()
    block, step = blocks_of(model)[1], 1e-2
    size = block.angles.grad.abs().max().item()
    for index in (0, 3, 7):
        losses = []
        for sign in (1, -1):
            twin = copy.deepcopy(model)
            with torch.no_grad():
                blocks_of(twin)[1].angles[index] += sign * step
                losses.append(score(twin))
        slope = (losses[0] - losses[1]).item() / (2 * step)
        # The circuits compute in float32.
        assert abs(block.angles.grad[index].item() - slope) < 0.02 * size


def test_evaluation_runs_unshifted_circuits_and_those_only_after_a_step():
    model = make_model().train()
    sampler = connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)

    def evaluate():
        model.eval()
        with torch.no_grad():
            model(IDS)
            model(IDS)
        model.train()

    evaluate()
    assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS]  # the start
    model(IDS, labels=IDS).loss.backward()
    evaluate()
    assert len(sampler.batches) == 2  # values of the step are up to date
    optimizer.step()
    evaluate()
    evaluate()
    assert [len(batch.circuits) for batch in sampler.batches[2:]] == [BLOCKS]


def test_the_start_is_an_exact_no_op_in_training_too():
    model = make_model().train()
    connect(model)
    assert torch.equal(model(IDS).logits, base_model()(IDS).logits)


def test_the_start_is_measured_with_many_shots():
    model = make_model().train()
    sampler = connect(model, Sampler(max_shots=SHOTS * 4))
    model(IDS)
    assert [batch.shots for batch in sampler.batches] == [SHOTS * 4, SHOTS]
    other = make_model().train()
    sampler = connect(other)
    other(IDS)
    assert sampler.batches[0].shots == SHOTS * START_SHOTS


@pytest.mark.parametrize(("control", "batches"), [("trained", 2), ("frozen", 1), ("random", 1)])
def test_default_runner_is_a_local_one(control, batches):
    model = make_model(control=control).train()
    model(IDS, labels=IDS).loss.backward()
    assert circuit_report(model).batches_run == batches


def test_a_runner_that_comes_later_is_used_at_once():
    model = make_model().eval()
    with torch.no_grad():
        plain = model(IDS).logits
        for block in blocks_of(model):
            block.angles += 0.5
        assert torch.equal(model(IDS).logits, plain)  # in use only: nothing is run
        sampler = connect(model)
        assert not torch.equal(model(IDS).logits, plain)
    assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS, BLOCKS]


def test_batches_are_as_long_as_the_backend_allows():
    model = make_model().train()
    sampler = connect(model, Sampler(max_circuits=20))
    model(IDS)
    assert [len(batch.circuits) for batch in sampler.batches] == [3, 20, 19]
    assert circuit_cost(model).batches == 2


@pytest.mark.parametrize("control", ["frozen", "random"])
def test_fixed_controls_measure_once(control):
    model = make_model(control=control).train()
    sampler = connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    for _ in range(3):
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS]
    assert circuit_cost(model).circuits == 0


def test_free_control_has_no_circuit():
    model = make_model(control="free").train()
    sampler = connect(model)
    model(IDS, labels=IDS).loss.backward()
    assert not sampler.batches
    assert circuit_cost(model).circuits == 0


def test_sampled_training_lowers_the_loss():
    model = make_model(form="output", shots=1000).train()
    connect(model)
    optimizer = torch.optim.Adam(trainable(model), lr=0.1)
    losses = []
    for _ in range(15):
        loss = model(IDS, labels=IDS).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.02


def test_backprop_through_samples_is_refused():
    with pytest.raises(OptionError, match="samples"):
        make_config(gradient="backprop")


def test_deep_copies_share_the_runner_and_nothing_else():
    model = make_model().train()
    sampler = connect(model)
    twin = copy.deepcopy(model)
    twin(IDS)
    assert len(sampler.batches) == 2
    assert circuit_report(model).circuits_run == 0
