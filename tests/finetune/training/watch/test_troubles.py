"""What goes wrong is found, told once with what to change, and nothing is found in sound runs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from finetune.training.settings import RunSettings
from finetune.training.watch.troubles import (
    DEAD,
    EXPLODING,
    NO_PROGRESS,
    SPIKE,
    Trouble,
    Watch,
)


def settings(**values: Any) -> RunSettings:
    return RunSettings.from_dict({"steps": 100, "learning_rate": 0.03, **values})


def metrics(step: int, loss: float, **more: Any) -> dict[str, Any]:
    return {"step": step, "train_loss": loss, "grad_norm": 1.0, **more}


def walked(watch: Watch, losses: list[float], **more: Any) -> list[tuple[int, Trouble]]:
    found = [(step, watch.step(metrics(step, loss, **more))) for step, loss in enumerate(losses, 1)]
    return [(step, trouble) for step, trouble in found if trouble is not None]


def test_a_loss_that_explodes_is_found_within_a_window() -> None:
    [(_, spike), (step, trouble), *_] = walked(Watch(settings()), [3.0, 2.9] * 10 + [9.0] * 5)
    assert (spike.kind, trouble.kind) == (SPIKE, EXPLODING)
    assert step <= 24
    assert trouble.data["changes"] == {"learning_rate": 0.01}
    assert "0.01 instead of 0.03" in trouble.message


def test_what_the_words_name_is_among_the_changes() -> None:
    [_, (_, trouble), *_] = walked(Watch(settings(max_grad_norm=0.0)), [3.0, 2.9] * 10 + [9.0] * 5)
    assert "max_grad_norm" in trouble.message
    assert trouble.data["changes"] == {"learning_rate": 0.01, "max_grad_norm": 1.0}


def test_an_explosion_in_the_first_steps_is_found() -> None:
    watch = Watch(settings())
    assert watch.evaluation({"step": 0, "validation_loss": 3.0}) is None
    [(step, trouble), *_] = walked(watch, [3.0, 5.0] + [9.0] * 10)
    assert (step, trouble.kind) == (10, EXPLODING)


def uneven(share: float, steps: int, draw: random.Random) -> list[tuple[float, int]]:
    """Losses and labels of steps of one dialogue: some are of one word, which costs more."""
    return [
        (max(0.1, draw.gauss(8, 1.5)), 4)
        if draw.random() < share
        else (draw.gauss(1.8 - step / 1000, 0.2), draw.randint(150, 400))
        for step in range(steps)
    ]


def walked_labels(watch: Watch, steps: list[tuple[float, int]]) -> list[tuple[int, str]]:
    found, tokens = [], 0
    for step, (loss, labels) in enumerate(steps, 1):
        tokens += labels
        if trouble := watch.step(metrics(step, loss, trained_tokens=tokens)):
            found.append((step, trouble.kind))
    return found


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_short_replies_among_long_ones_are_no_explosion(share: float) -> None:
    draw = random.Random(5)
    for _ in range(50):
        watch = Watch(settings(steps=1000))
        watch.evaluation({"step": 0, "validation_loss": 1.9})
        assert walked_labels(watch, uneven(share, 200, draw)) == []


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_an_explosion_among_short_replies_is_found(share: float) -> None:
    draw = random.Random(7)
    for _ in range(20):
        steps = uneven(share, 80, draw)
        exploded = [(loss + 6, labels) for loss, labels in uneven(share, 20, draw)]
        found = walked_labels(Watch(settings(steps=1000)), steps + exploded)
        assert EXPLODING in {kind for _, kind in found}
        assert min(step for step, _ in found) > 80


def test_held_out_data_that_is_easier_is_no_explosion() -> None:
    watch = Watch(settings())
    watch.evaluation({"step": 0, "validation_loss": 2.0})
    assert walked(watch, [7.0 - step / 50 for step in range(60)]) == []


@pytest.mark.parametrize("spread", [0.1, 0.5, 2.0])
def test_noise_is_no_explosion(spread: float) -> None:
    draw = random.Random(3)
    for _ in range(20):
        level = [3.5 - step / 80 for step in range(100)]
        noisy = [max(0.0, value + draw.gauss(0, spread)) for value in level]
        kinds = {trouble.kind for _, trouble in walked(Watch(settings()), noisy)}
        assert not {EXPLODING, SPIKE} & kinds


def test_one_bad_batch_is_a_spike_and_no_explosion() -> None:
    losses = [3.0, 2.9] * 10 + [9.0] + [2.8, 2.9] * 10 + [9.0] + [2.8] * 5
    [(step, trouble)] = walked(Watch(settings(steps=1000)), losses)
    assert (step, trouble.kind) == (21, SPIKE)
    assert "jumped to 9.00 in step 21, after 2.95" in trouble.words
    assert trouble.data["changes"] == {"learning_rate": 0.01}


def test_a_spike_is_told_beside_a_dead_circuit() -> None:
    found = walked(Watch(settings(steps=1000)), [3.0] * 20 + [9.0], circuit_gradient_norm=1e-9)
    assert [(step, one.kind) for step, one in found] == [(10, DEAD), (21, SPIKE)]


def test_a_dead_circuit_is_told_once() -> None:
    chosen = settings(steps=1000, adapter="qtha", adapter_options={"n_layers": 3})
    found = walked(Watch(chosen), [3.0] * 40, circuit_gradient_norm=1e-9)
    assert [(step, one.kind) for step, one in found] == [(10, DEAD)]
    assert found[0][1].data["changes"] == {"adapter_options": {"n_layers": 2}}


def test_a_circuit_that_starts_at_rest_is_not_dead() -> None:
    watch = Watch(settings(steps=1000))
    norms = [0.0] * 9 + [0.1] + [0.0] * 9 + [1e-4] * 20
    found = [
        watch.step(metrics(step, 3.0, circuit_gradient_norm=norm))
        for step, norm in enumerate(norms, 1)
    ]
    assert not any(found)
    assert walked(Watch(settings(steps=1000)), [3.0] * 40, circuit_gradient_norm=None) == []


@pytest.mark.parametrize(("later", "rate"), [(3.001, 0.09), (3.4, 0.01)])
def test_no_progress_is_told_half_way(later: float, rate: float) -> None:
    watch = Watch(settings())
    for step in (0, 25):
        assert (
            watch.evaluation({"step": step, "validation_loss": 3.0 if not step else later}) is None
        )
    trouble = watch.evaluation({"step": 50, "validation_loss": later})
    assert trouble is not None
    assert trouble.kind == NO_PROGRESS
    assert trouble.data["changes"] == {"learning_rate": rate}
    assert watch.evaluation({"step": 75, "validation_loss": later}) is None  # told once


def test_progress_is_no_trouble() -> None:
    watch = Watch(settings())
    losses = {0: 3.0, 25: 2.9, 50: 2.95, 100: 2.99}
    told = [watch.evaluation({"step": s, "validation_loss": v}) for s, v in losses.items()]
    assert not any(told)


def test_without_held_out_data_the_training_loss_tells() -> None:
    found = walked(Watch(settings()), [3.0] * 60)
    assert [(step, one.kind) for step, one in found] == [(50, NO_PROGRESS)]
    assert walked(Watch(settings()), [3.0 - step / 100 for step in range(60)]) == []


def test_a_resumed_watch_sees_what_it_saw() -> None:
    losses = [3.0, 2.9] * 10 + [9.0] * 5
    [(_, spike), (step, _), *_] = walked(Watch(settings()), losses)
    log = [{"type": "metrics", "data": metrics(n, loss)} for n, loss in enumerate(losses, 1)]
    log.append({"type": "warning", "data": spike.data})
    resumed = Watch(settings(), log, upto=15)
    found = [resumed.step(metrics(n, losses[n - 1])) for n in range(16, step + 1)]
    assert [one is not None for one in found] == [False] * (step - 16) + [True]


def test_what_was_told_is_not_told_again() -> None:
    told = [{"type": "warning", "data": {"trouble": DEAD}}]
    watch = Watch(settings(steps=1000), told)
    assert walked(watch, [3.0] * 40, circuit_gradient_norm=0.0) == []
