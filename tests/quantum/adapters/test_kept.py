"""What follows from tensors is computed again after any of them was written to."""

import torch

from quantum.adapters.kept import KeepingModule, Kept


class Doubled(KeepingModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))
        self.computed = 0

    def forward(self):
        return self.kept(self._compute, self.weight)

    def _compute(self):
        self.computed += 1
        return 2 * self.weight


def test_computed_once_until_written():
    tensor, calls = torch.ones(2), []
    kept = Kept()

    def value():
        return kept.get(lambda: calls.append(1) or tensor.sum().item(), tensor)

    assert [value(), value()] == [2, 2]
    assert len(calls) == 1
    tensor.add_(1)
    assert [value(), value()] == [4, 4]
    assert len(calls) == 2


def test_another_state_is_another_value():
    tensor, state, kept = torch.ones(1), ["a"], Kept()
    assert kept.get(lambda: state[0], tensor, also=lambda: state[0]) == "a"
    state[0] = "b"
    assert kept.get(lambda: state[0], tensor, also=lambda: state[0]) == "b"


def test_inference_tensors_are_never_kept():
    kept, calls = Kept(), []
    with torch.inference_mode():
        tensor = torch.ones(1)
        for _ in range(2):
            kept.get(lambda: calls.append(1), tensor)
    assert len(calls) == 2


def test_a_module_keeps_in_inference_only():
    module = Doubled().eval()
    with torch.no_grad():
        module(), module()
    assert module.computed == 1
    module(), module()  # gradients are wanted: each has a graph of its own
    assert module.computed == 3
    module.train()
    module.weight.data.mul_(3)  # leaves no trace
    module.eval()
    with torch.no_grad():
        assert module().tolist() == [6, 6]
