"""One rule says which number format is used: as asked, or what the device has units for."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from finetune.training.computing import precision
from finetune.training.computing.precision import AMX, AS_ASKED, NO_AMX, Precision, precision_of

CPU = torch.device("cpu")


@pytest.mark.parametrize("has_amx", [True, False])
def test_auto_asks_the_processor(has_amx: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: has_amx)
    chosen = Precision("bfloat16", AMX) if has_amx else Precision("float32", NO_AMX)
    assert precision_of("auto", CPU) == chosen
    assert precision_of("float32", CPU) == Precision("float32", AS_ASKED)
    assert precision_of("bfloat16", CPU) == Precision("bfloat16", AS_ASKED)


@pytest.mark.parametrize("has_units", [True, False])
def test_auto_asks_the_gpu(has_units: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_units)
    chosen = precision_of("auto", torch.device("cuda"))
    assert chosen.name == ("bfloat16" if has_units else "float32")
    assert "GPU" in chosen.why


def test_on_a_processor_weights_stay_and_products_are_cast() -> None:
    chosen = Precision("bfloat16", AS_ASKED)
    assert chosen.weights(CPU) is torch.float32
    assert chosen.weights(torch.device("cuda")) is torch.bfloat16
    one = torch.eye(2)
    with chosen.autocast(CPU):
        assert (one @ one).dtype == torch.bfloat16
        assert (one + one).dtype == torch.float32
    with Precision("float32", AS_ASKED).autocast(CPU):
        assert (one @ one).dtype == torch.float32


def test_the_rule_is_known_without_torch() -> None:
    """The site's forms and the engine's options list the formats."""
    code = (
        "import sys, finetune.training.computing.precision as p; from pathlib import Path; "
        "assert p.PRECISIONS and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
