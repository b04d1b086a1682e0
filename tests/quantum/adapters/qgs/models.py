"""A tiny Llama of three blocks with QGS, for the tests of its circuits."""

import torch
from peft import get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from quantum.adapters.circuits import set_runner
from quantum.adapters.qgs.tuner import QGSBlock, QGSConfig
from quantum.sampling.estimation import DirectRunner
from tests.quantum.adapters.qgs.sampler import NAME, Sampler

IDS = torch.randint(0, 64, (2, 9), generator=torch.Generator().manual_seed(1))
BLOCKS = 3
SHOTS = 50


def base_model():
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=24,
        intermediate_size=32,
        num_hidden_layers=BLOCKS,
        num_attention_heads=2,
        num_key_value_heads=1,
        vocab_size=64,
    )
    return LlamaForCausalLM(config)


def make_config(**options):
    values = {"n_qubits": 5, "shots": SHOTS, "backend": NAME, **options}
    return QGSConfig(task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj"], **values)


def make_model(**options):
    torch.manual_seed(3)
    return get_peft_model(base_model(), make_config(**options))


def connect(model, sampler=None):
    """Let the model's circuits run on a sampler, which is returned."""
    sampler = sampler or Sampler()
    set_runner(model, DirectRunner(sampler), sampler.capabilities())
    return sampler


def trainable(model):
    return [p for p in model.parameters() if p.requires_grad]


def blocks_of(model):
    return [m for m in model.modules() if isinstance(m, QGSBlock)]
