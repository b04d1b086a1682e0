"""Under autocast an adapter changes little, and its circuits change nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from quantum.adapters.precision import full_precision, product_dtype
from quantum.adapters.qgs.runs import CircuitRuns
from quantum.adapters.qtha.cell import QTHACell

from .test_properties import CASES, IDS, _moved

BFLOAT16 = torch.bfloat16


def autocast() -> torch.autocast:
    return torch.autocast("cpu", dtype=BFLOAT16)


def trained(label: str, *, cast: bool) -> tuple[float, dict[str, torch.Tensor]]:
    """The loss of one step without dropout, and the gradients of what is trained."""
    model = _moved(label).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    with torch.autocast("cpu", dtype=BFLOAT16, enabled=cast):
        loss = model(IDS, labels=IDS).loss
    loss.backward()
    return loss.item(), {
        name: item.grad for name, item in model.named_parameters() if item.requires_grad
    }


@pytest.mark.parametrize("label", CASES)
def test_loss_and_gradients_follow_those_of_float32(label: str) -> None:
    loss, gradients = trained(label, cast=True)
    exact, expected = trained(label, cast=False)
    assert loss == pytest.approx(exact, rel=5e-3)
    assert loss != exact  # or nothing was cast at all
    assert {gradient.dtype for gradient in gradients.values()} == {torch.float32}
    one = torch.cat([item.flatten() for item in gradients.values()])
    other = torch.cat([item.flatten() for item in expected.values()])
    assert torch.cosine_similarity(one, other, dim=0) > 0.99, label


@pytest.mark.parametrize("label", [name for name in CASES if name.startswith(("qtha", "qgs"))])
def test_circuits_are_simulated_in_float32(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a circuit's values are computed nothing is cast, neither inputs nor products."""
    seen: list[torch.dtype] = []

    def watched(owner: type, name: str) -> None:
        plain = getattr(owner, name)

        def watch(*args: Any, **kwargs: Any) -> Any:
            assert not torch.is_autocast_enabled("cpu")
            values = plain(*args, **kwargs)
            seen.extend(item.dtype for item in (*args, *values) if isinstance(item, torch.Tensor))
            return values

        monkeypatch.setattr(owner, name, watch)

    watched(QTHACell, "middle")
    watched(CircuitRuns, "values")
    watched(CircuitRuns, "values_and_jacobian")
    model = _moved(label).train()
    with autocast():
        loss = model(IDS, labels=IDS).loss
    loss.backward()
    without = label.startswith("qgs") and label.split()[-1] in ("free", "span", "polynomial")
    without |= "polynomial L=2" in label
    assert set(seen) == (set() if without else {torch.float32})


def test_products_follow_autocast_and_nothing_else() -> None:
    x = torch.ones(2)
    assert product_dtype(x, torch.float32) is torch.float32
    with autocast():
        assert product_dtype(x, torch.float32) is BFLOAT16
        with full_precision(x):
            assert product_dtype(x, torch.float32) is torch.float32
            assert (torch.eye(2) @ torch.eye(2)).dtype == torch.float32
        assert (torch.eye(2) @ torch.eye(2)).dtype == BFLOAT16
