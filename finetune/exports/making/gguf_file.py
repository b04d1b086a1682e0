"""A merged model as one GGUF file, through the `gguf` package's writer, tensor by tensor.

llama.cpp's own converter is in no package that its authors keep, so this writes what it would for
the architectures that nearly all small bases have. What it does not know it refuses by name, and
`llama_cpp` loads each file again before anybody gets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoTokenizer
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from finetune.training.log.sentences import Sentence, joined, sentence

from .exceptions import ExportFailed
from .order import GGUF_KINDS

ADVICE = sentence("Take the merged model, and llama.cpp's convert_hf_to_gguf.py for it.")
Numbers = gguf.GGMLQuantizationType
ARCHITECTURES = {name: gguf.MODEL_ARCH[name.upper()] for name in GGUF_KINDS}
FORMATS = {
    "float16": (Numbers.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bfloat16": (Numbers.BF16, gguf.LlamaFileType.MOSTLY_BF16),
}
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}NUMBERS"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# How a byte-level tokenizer cuts a text before it merges, and llama.cpp's name for that.
CUTS = {
    "bytes": "gpt-2",
    "digits+bytes": "smollm",
    _WORDS.replace("NUMBERS", ""): "qwen2",
    _WORDS.replace("NUMBERS", "{1,3}"): "llama-bpe",
}


@dataclass(frozen=True)
class Planned:
    """One tensor to write.

    Attributes:
        name: in the GGUF file.
        shape: its shape, in PyTorch's order.
        numbers: its number format.
        read: fetches it from the model's files.
    """

    name: str
    shape: tuple[int, ...]
    numbers: Numbers
    read: Callable[[], torch.Tensor]

    def packed(self) -> np.ndarray[Any, Any]:
        """Return its bytes as the file holds them.

        Raises:
            ExportFailed: a number is too large for the format.
        """
        tensor = self.read().float().contiguous()
        if self.numbers is Numbers.BF16:
            return tensor.to(torch.bfloat16).view(torch.int16).numpy()
        if self.numbers is Numbers.F32:
            return tensor.numpy()
        half = tensor.to(torch.float16)
        if not bool(torch.isfinite(half).all()):
            raise ExportFailed(
                sentence(
                    "%(name)s holds a number that 16-bit GGUF cannot hold. Take the merged model.",
                    name=self.name,
                )
            )
        return half.numpy()


def problem_of(base: Path) -> Sentence:
    """Return why models on this base cannot be written as GGUF, or an empty text.

    Reads config and tokenizer alone.
    """
    try:
        config = AutoConfig.from_pretrained(base)
        _architecture(config)
        _rope_factors(config)
        _cut(json.loads((base / "tokenizer.json").read_text(encoding="utf-8")))
    except ExportFailed as error:
        return error.words
    except (OSError, ValueError) as error:
        return joined(str(error))
    return joined()


def write(model: Path, target: Path, *, name: str, licence: str, template: str, dtype: str) -> None:
    """Write the model in the folder `model` to the file `target`.

    Args:
        model: a merged model: config, tokenizer and safetensors.
        target: the file to make.
        name: what llama.cpp shows.
        licence: of the base.
        template: the chat template that the model was trained with.
        dtype: `float16` or `bfloat16`; what has one dimension stays float32.

    Raises:
        ExportFailed: an architecture, a tokenizer or a tensor that it does not know.
    """
    config = AutoConfig.from_pretrained(model)
    kind = _architecture(config)
    numbers, file_type = FORMATS[dtype]
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[kind])
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    if licence:
        writer.add_license(licence)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _hyperparameters(writer, config)
    _vocabulary(writer, model, config.vocab_size, template)
    planned = list(_planned(model, config, numbers))
    for one in planned:
        kept = np.dtype(np.float32 if one.numbers is Numbers.F32 else np.float16)
        size = int(np.prod(one.shape)) * kept.itemsize
        writer.add_tensor_info(one.name, one.shape, kept, size, raw_dtype=one.numbers)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for one in planned:
            writer.write_tensor_data(one.packed())
    finally:
        writer.close()


def _architecture(config: Any) -> Any:
    kind = ARCHITECTURES.get(config.model_type)
    if kind is None:
        raise ExportFailed(
            joined(
                sentence(
                    "GGUF is written for %(known)s, and this base is a %(kind)s.",
                    known=", ".join(ARCHITECTURES),
                    kind=config.model_type,
                ),
                ADVICE,
            )
        )
    if getattr(config, "use_sliding_window", False) or getattr(config, "mlp_bias", False):
        raise ExportFailed(
            joined(
                sentence("This base has a sliding window or biases that GGUF is not written with."),
                ADVICE,
            )
        )
    return kind


def _hyperparameters(writer: gguf.GGUFWriter, config: Any) -> None:
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_rope_freq_base(float(config.rope_parameters["rope_theta"]))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)


def _rope_factors(config: Any) -> torch.Tensor | None:
    """Return what each frequency of the positions is divided by; None where nothing is."""
    kind = config.rope_parameters.get("rope_type", "default")
    if kind == "default":
        return None
    if kind != "llama3":
        raise ExportFailed(
            joined(
                sentence("GGUF is not written for positions stretched by “%(kind)s”.", kind=kind),
                ADVICE,
            )
        )
    stretched, _ = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"))
    theta, width = config.rope_parameters["rope_theta"], 2 * len(stretched)
    plain = 1.0 / theta ** (torch.arange(0, width, 2, dtype=torch.float32) / width)
    factors: torch.Tensor = plain / stretched  # (width / 2,)
    return factors


def _cut(tokenizer: dict[str, Any]) -> str:
    """Return llama.cpp's name for how a tokenizer cuts texts."""
    parts = tokenizer.get("pre_tokenizer") or {}
    steps = parts.get("pretokenizers") or [parts]
    words = []
    for step in steps:
        if step.get("type") == "Split":
            words.append(step.get("pattern", {}).get("Regex", "?"))
        elif step.get("type") == "Digits" and step.get("individual_digits"):
            words.append("digits")
        elif step.get("type") == "ByteLevel" and not step.get("add_prefix_space"):
            words += ["bytes"] if step.get("use_regex", True) else []
        else:
            words.append("?")
    name = CUTS.get("+".join(words))
    if tokenizer.get("model", {}).get("type") != "BPE" or name is None:
        raise ExportFailed(
            joined(sentence("GGUF is not written for this base's tokenizer."), ADVICE)
        )
    return name


def _vocabulary(writer: gguf.GGUFWriter, model: Path, size: int, template: str) -> None:
    raw = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(model)
    added = tokenizer.added_tokens_decoder
    words = {number: word for word, number in tokenizer.get_vocab().items()}
    tokens, kinds = [], []
    for number in range(size):
        if number not in words:
            tokens.append(f"[PAD{number}]")
            kinds.append(gguf.TokenType.UNUSED)
        elif number in added:
            tokens.append(words[number])
            special = added[number].special
            kinds.append(gguf.TokenType.CONTROL if special else gguf.TokenType.USER_DEFINED)
        else:
            tokens.append(words[number])
            kinds.append(gguf.TokenType.NORMAL)
    merges = [
        one if isinstance(one, str) else " ".join(one) for one in raw["model"].get("merges", [])
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_cut(raw))
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_add_bos_token(False)  # the template writes it where there is one
    for number, add in (
        (tokenizer.bos_token_id, writer.add_bos_token_id),
        (tokenizer.eos_token_id, writer.add_eos_token_id),
        (tokenizer.unk_token_id, writer.add_unk_token_id),
        (tokenizer.pad_token_id, writer.add_pad_token_id),
    ):
        if number is not None:
            add(number)
    writer.add_chat_template(template)


def _planned(model: Path, config: Any, numbers: Numbers) -> Iterator[Planned]:
    """Yield every tensor that the file is to hold."""
    names = gguf.get_tensor_name_map(_architecture(config), config.num_hidden_layers)
    if (factors := _rope_factors(config)) is not None:
        yield Planned("rope_freqs.weight", tuple(factors.shape), Numbers.F32, lambda: factors)
    for path in sorted(model.glob("*.safetensors")):
        with safe_open(path, "pt") as handle:
            keys: list[str] = handle.keys()
            shapes = {key: tuple(handle.get_slice(key).get_shape()) for key in keys}
        for key, shape in shapes.items():
            if key == "lm_head.weight" and config.tie_word_embeddings:
                continue
            name = names.get_name(key, try_suffixes=(".weight", ".bias"))
            if name is None:
                raise ExportFailed(
                    sentence("GGUF has no place for the tensor %(key)s of this base.", key=key)
                )
            kind = numbers if len(shape) > 1 else Numbers.F32
            yield Planned(name, shape, kind, _reader(path, key, config))


def _reader(path: Path, key: str, config: Any) -> Callable[[], torch.Tensor]:
    """Return what reads one tensor, turned as llama.cpp has it."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    module = key.split(".")[-2] if "." in key else ""

    def read() -> torch.Tensor:
        with safe_open(path, "pt") as handle:
            tensor: torch.Tensor = handle.get_tensor(key)
        if config.model_type == "llama" and module in heads:
            # Pairs of a rotation stand side by side there, and half a head apart here.
            # (heads, 2, half, …) -> (heads, half, 2, …)
            return (
                tensor.reshape(heads[module], 2, -1, *tensor.shape[1:])
                .swapaxes(1, 2)
                .reshape(tensor.shape)
            )
        return tensor

    return read
