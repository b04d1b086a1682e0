"""The entries of PEFT's own methods: options, counts and configs.

PEFT is imported inside the factories only. This module knows nothing about circuits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from quantum.adapters import counting
from quantum.adapters.spec import AdapterSpec, ModuleCount
from quantum.options import OptionField, Options

__all__ = ["CLASSICAL"]

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


def _common(targets: Sequence[str]) -> dict[str, Any]:
    return {"task_type": "CAUSAL_LM", "target_modules": list(targets)}


def _alpha_of(options: Options, name: str = "alpha") -> dict[str, Any]:
    """PEFT declares alpha as int and computes with it as a number: floats work."""
    return {name: options["alpha"]}


def _lora(**extra: Any) -> Callable[[Options, Sequence[str], int], Any]:
    def factory(options: Options, targets: Sequence[str], seed: int) -> Any:
        from peft import LoraConfig

        return LoraConfig(
            r=int(options["r"]),
            lora_dropout=float(options["dropout"]),
            **_alpha_of(options, "lora_alpha"),
            **extra,
            **_common(targets),
        )

    return factory


def _vera(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import VeraConfig

    return VeraConfig(
        r=int(options["r"]),
        vera_dropout=float(options["dropout"]),
        projection_prng_key=seed,
        **_common(targets),
    )


def _ia3(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import IA3Config

    feedforward = [target for target in targets if counting.is_feedforward(target)]
    return IA3Config(feedforward_modules=feedforward, **_common(targets))


def _loha(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import LoHaConfig

    return LoHaConfig(r=int(options["r"]), **_alpha_of(options), **_common(targets))


def _lokr(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import LoKrConfig

    return LoKrConfig(r=int(options["r"]), **_alpha_of(options), **_common(targets))


def _oft(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import OFTConfig

    return OFTConfig(r=0, oft_block_size=int(options["block_size"]), **_common(targets))


def _fourierft(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import FourierFTConfig

    return FourierFTConfig(
        n_frequency=int(options["n_frequency"]),
        scaling=float(options["scaling"]),
        random_loc_seed=seed,
        init_weights=True,  # zeros: PEFT's default starts away from the base model
        **_common(targets),
    )


def _c3a(options: Options, targets: Sequence[str], seed: int) -> Any:
    from peft import C3AConfig

    # True means zeros: PEFT's default starts away from the base model.
    return C3AConfig(block_size=int(options["block_size"]), init_weights=True, **_common(targets))


def _entry(
    name: str,
    title: str,
    help_text: str,
    fields: tuple[OptionField, ...],
    count: ModuleCount,
    factory: Callable[[Options, Sequence[str], int], Any],
    learning_rate: float,
    targets: tuple[str, ...] = _ATTENTION,
) -> AdapterSpec:
    return AdapterSpec(
        name, title, help_text, False, True, fields, targets, learning_rate, count, factory
    )


_LORA_FIELDS = (_rank(8), _alpha(16.0), _DROPOUT)

CLASSICAL: tuple[AdapterSpec, ...] = (
    _entry(
        "lora",
        "LoRA",
        "Adds a trained low-rank matrix to each layer; the usual yardstick.",
        _LORA_FIELDS,
        counting.lora,
        _lora(),
        1e-3,
    ),
    _entry(
        "dora",
        "DoRA",
        "LoRA that learns each weight's length and direction separately.",
        _LORA_FIELDS,
        counting.dora,
        _lora(use_dora=True),
        1e-3,
    ),
    _entry(
        "rslora",
        "rsLoRA",
        "LoRA scaled by the root of the rank, steadier at high ranks.",
        _LORA_FIELDS,
        counting.lora,
        _lora(use_rslora=True),
        1e-3,
    ),
    _entry(
        "vera",
        "VeRA",
        "Trains two small vectors around frozen random matrices.",
        (_rank(256, 4096), _DROPOUT),
        counting.vera,
        _vera,
        1e-2,
    ),
    _entry(
        "ia3",
        "IA³",
        "Trains one scale per channel and nothing else.",
        (),
        counting.ia3,
        _ia3,
        1e-2,
        ("k_proj", "v_proj", "down_proj"),
    ),
    _entry(
        "loha",
        "LoHa",
        "Product, number by number, of two low-rank matrices.",
        (_rank(8), _alpha(8.0)),
        counting.loha,
        _loha,
        1e-3,
    ),
    _entry(
        "lokr",
        "LoKr",
        "Kronecker product of two small matrices.",
        (_rank(8), _alpha(8.0)),
        counting.lokr,
        _lokr,
        1e-3,
    ),
    _entry(
        "oft",
        "OFT",
        "Rotates blocks of each layer's input and keeps all lengths.",
        (
            OptionField(
                "block_size",
                "Block size",
                "int",
                32,
                2,
                1024,
                help="Inputs per rotation; must divide the layer's input width.",
            ),
        ),
        counting.oft,
        _oft,
        1e-3,
    ),
    _entry(
        "fourierft",
        "FourierFT",
        "Learns a few frequencies of the weights' Fourier transform.",
        (
            OptionField(
                "n_frequency",
                "Frequencies",
                "int",
                1000,
                1,
                1_000_000,
                help="Trained frequencies per layer.",
            ),
            OptionField(
                "scaling", "Scaling", "float", 150.0, 0.01, 10_000, help="Factor on the change."
            ),
        ),
        counting.fourierft,
        _fourierft,
        1e-2,
    ),
    _entry(
        "c3a",
        "C³A",
        "Learns circular convolutions, block by block.",
        (
            OptionField(
                "block_size",
                "Block size",
                "int",
                64,
                1,
                8192,
                help="Must divide the input and output widths of all targeted layers.",
            ),
        ),
        counting.c3a,
        _c3a,
        1e-1,
    ),
)
