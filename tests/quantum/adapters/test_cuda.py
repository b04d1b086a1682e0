"""Every adapter on a GPU: the same numbers as on the processor. Skipped where there is none."""

import copy

import pytest
import torch

from tests.quantum.adapters.test_properties import CASES, IDS, _moved

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
EXACT = [label for label in CASES if CASES[label][0] in ("qtha", "qgs", "gatenet", "lora")]


@pytest.mark.parametrize("label", EXACT)
def test_loss_and_gradients_are_those_of_the_processor(label):
    here = _moved(label)
    there = copy.deepcopy(here).cuda()
    for model in (here, there):
        ids = IDS.to(model.device)
        model(ids, labels=ids).loss.backward()
    gradients = dict(there.named_parameters())
    for name, parameter in here.named_parameters():
        if parameter.grad is not None:
            other = gradients[name].grad.cpu()
            scale = parameter.grad.abs().max().clamp_min(1e-6)
            assert (parameter.grad - other).abs().max() <= 1e-3 * scale, name


@pytest.mark.parametrize("label", EXACT)
def test_it_trains_under_autocast(label):
    model = _moved(label).cuda().train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    ids = IDS.cuda()
    losses = []
    for _ in range(8):
        with torch.autocast("cuda", torch.bfloat16):
            loss = model(ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
