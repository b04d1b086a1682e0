"""The entries of PEFT's own methods: options, counts and configs.

PEFT is imported when a config is made. This module knows nothing about circuits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quantum.adapters import counting
from quantum.adapters.spec import AdapterSpec, ConfigFactory, ModuleCount, config_of
from quantum.options import OptionField, Options

_ATTENTION = ("q_proj", "v_proj")
_RANK_HELP = "Width of the low-rank update: more can learn more and costs more."


def _rank(default: int, maximum: int = 256) -> OptionField:
    return OptionField("r", "Rank", "int", default, 1, maximum, help=_RANK_HELP)


def _alpha(default: float) -> OptionField:
    text = "Scale of the update: it counts alpha / rank times."
    return OptionField("alpha", "Alpha", "float", default, 0.01, 1024, help=text)


_DROPOUT = OptionField(
    "dropout", "Dropout", "float", 0.0, 0, 0.9, help="Share of inputs dropped while training."
)
_LORA_FIELDS = (_rank(8), _alpha(16.0), _DROPOUT)


def _lora(**more: Any) -> ConfigFactory:
    names = {"alpha": "lora_alpha", "dropout": "lora_dropout"}
    return config_of("peft:LoraConfig", names, **more)


def _ia3(options: Options, targets: Sequence[str], seed: int) -> Any:
    feedforward = [target for target in targets if counting.is_feedforward(target)]
    factory = config_of("peft:IA3Config", feedforward_modules=feedforward)
    return factory(options, targets, seed)


def _entry(
    name: str,
    title: str,
    help_text: str,
    fields: tuple[OptionField, ...],
    count: ModuleCount,
    factory: ConfigFactory,
    learning_rate: float = 1e-3,
    targets: tuple[str, ...] = _ATTENTION,
) -> AdapterSpec:
    return AdapterSpec(
        name, title, help_text, False, fields, targets, learning_rate, count, factory
    )


# fmt: off
CLASSICAL: tuple[AdapterSpec, ...] = (
    _entry("lora", "LoRA", "Adds a trained low-rank matrix to each layer; the usual yardstick.",
        _LORA_FIELDS, counting.lora, _lora()),
    _entry("dora", "DoRA", "LoRA that learns each weight's length and direction separately.",
        _LORA_FIELDS, counting.dora, _lora(use_dora=True)),
    _entry("rslora", "rsLoRA", "LoRA scaled by the root of the rank, steadier at high ranks.",
        _LORA_FIELDS, counting.lora, _lora(use_rslora=True)),
    _entry("vera", "VeRA", "Trains two small vectors around frozen random matrices.",
        (_rank(256, 4096), _DROPOUT), counting.vera,
        config_of("peft:VeraConfig", {"dropout": "vera_dropout"}, "projection_prng_key"), 1e-2),
    _entry("ia3", "IA³", "Trains one scale per channel and nothing else.",
        (), counting.ia3, _ia3, 1e-2, ("k_proj", "v_proj", "down_proj")),
    _entry("loha", "LoHa", "Product, number by number, of two low-rank matrices.",
        (_rank(8), _alpha(8.0)), counting.loha, config_of("peft:LoHaConfig")),
    _entry("lokr", "LoKr", "Kronecker product of two small matrices.",
        (_rank(8), _alpha(8.0)), counting.lokr, config_of("peft:LoKrConfig")),
    _entry("oft", "OFT", "Rotates blocks of each layer's input and keeps all lengths.",
        (OptionField("block_size", "Block size", "int", 32, 2, 1024,
            help="Inputs per rotation; must divide the layer's input width."),),
        counting.oft, config_of("peft:OFTConfig", {"block_size": "oft_block_size"}, r=0)),
    # Where init_weights is given, True means zeros: PEFT's default starts away from the base model.
    _entry("fourierft", "FourierFT", "Learns a few frequencies of the weights' Fourier transform.",
        (OptionField("n_frequency", "Frequencies", "int", 1000, 1, 1_000_000,
            help="Trained frequencies per layer."),
         OptionField("scaling", "Scaling", "float", 150.0, 0.01, 10_000,
            help="Factor on the change.")),
        counting.fourierft,
        config_of("peft:FourierFTConfig", seed="random_loc_seed", init_weights=True), 1e-2),
    _entry("c3a", "C³A", "Learns circular convolutions, block by block.",
        (OptionField("block_size", "Block size", "int", 64, 1, 8192,
            help="Must divide the input and output widths of all targeted layers."),),
        counting.c3a, config_of("peft:C3AConfig", init_weights=True), 1e-1),
)
# fmt: on
