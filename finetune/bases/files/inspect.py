"""Describe a base model from its config alone: no weights are read.

    python -m finetune.bases.files.inspect PATH_OR_HUB_ID

prints the description as one JSON object, so that a process without torch can ask for it.
Exit code 1 and `{"error": "..."}` when the model cannot be described.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune.training.dialogues.positions import positions_of
from quantum.threads import wait_passively

from .exceptions import BaseModelError
from .folders import folder_check

CHINESE = (
    "最近总是睡不好，夜里躺在床上会想起白天说错的话。妈妈说我想得太多，可是我停不下来。"
    "你有没有什么办法，能让人安静一点？周末想去公园走走，也许见见老朋友，喝一杯热茶。"
)
TOKENS_A_SIGN = 1.3  # Qwen2.5 takes 0.65 for it, SmolLM2 1.9


@dataclass(frozen=True)
class BaseModelFacts:
    """What forms and pages need to know about a base model.

    Attributes:
        model: folder or hub id.
        name: what people call it.
        architecture: class name, such as `LlamaForCausalLM`.
        parameters: numbers in the model, tied ones counted once.
        layers: transformer blocks.
        hidden_size: width.
        vocabulary: size of the output layer.
        max_positions: longest input in tokens.
        linear_shapes: (out, in) of every linear layer but the output head, by its full name,
            as the adapter registry's `count` takes them.
        targets: names an adapter may target, such as `q_proj`, in order of appearance.
        has_chat_template: whether the tokenizer has one.
        languages: `en`, and `zh` where the tokenizer has learnt Chinese words.
        licence: SPDX name if known, else empty.
        note: what is special about these weights, if anything.
        sizes: what memory depends on, as `finetune.bases.catalogue.sizes.Sizes` reads it.
    """

    model: str
    name: str
    architecture: str
    parameters: int
    layers: int
    hidden_size: int
    vocabulary: int
    max_positions: int
    linear_shapes: dict[str, tuple[int, int]]
    targets: list[str]
    has_chat_template: bool
    languages: list[str]
    licence: str
    note: str
    sizes: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return one JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> BaseModelFacts:
        """Read what `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        values["linear_shapes"] = {
            name: (shape[0], shape[1]) for name, shape in values["linear_shapes"].items()
        }
        return cls(**values)


def inspect(model: str) -> BaseModelFacts:
    """Describe a local folder or a hub id. No code that lies beside the weights is run.

    Raises:
        BaseModelError: there is no such model, it is no causal language model that can be loaded
            here, its weights are another's, or the hub cannot be reached.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from quantum.adapters.shapes import linear_shapes

    folder = Path(model)
    if not folder.is_dir() and (folder.is_absolute() or model.startswith(".")):
        raise BaseModelError(f"There is no folder {model}.")
    stored = folder_check(folder) if folder.is_dir() else None
    try:
        config = AutoConfig.from_pretrained(model, trust_remote_code=False)
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        if "custom code" in first or "trust_remote_code" in first:
            first = (
                "it needs code of its own, which is never run here. Take a model whose "
                "architecture transformers has"
            )
        raise BaseModelError(f"{model} cannot be described: {first}") from error
    parameters = sum(item.numel() for item in network.parameters())
    sizes = sizes_of(network)
    if stored is not None:
        weights_check(model, stored, parameters, sizes["vocabulary"] * sizes["hidden"])
    shapes = linear_shapes(network)
    tokenizer = _tokenizer(model)
    text = config.get_text_config()
    about = _about(folder)
    return BaseModelFacts(
        model=model,
        name=about.get("name") or Path(model).name,
        architecture=type(network).__name__,
        parameters=parameters,
        layers=int(getattr(text, "num_hidden_layers", 0)),
        hidden_size=int(getattr(text, "hidden_size", 0)),
        vocabulary=int(getattr(text, "vocab_size", 0)),
        max_positions=positions_of(config),
        linear_shapes=shapes,
        targets=list(dict.fromkeys(name.rsplit(".", 1)[-1] for name in shapes)),
        has_chat_template=tokenizer.chat_template is not None,
        languages=languages_of(tokenizer),
        licence=about.get("licence", ""),
        note=about.get("note", ""),
        sizes=sizes,
    )


def sizes_of(network: Any) -> dict[str, int]:
    """What memory depends on, by a network that needs no weights."""
    config = network.config.get_text_config()
    hidden, heads = int(config.hidden_size), int(config.num_attention_heads)
    head = int(getattr(config, "head_dim", None) or hidden // heads)
    key_heads = int(getattr(config, "num_key_value_heads", None) or heads)
    return {
        "parameters": sum(item.numel() for item in network.parameters()),
        "layers": int(config.num_hidden_layers),
        "hidden": hidden,
        "intermediate": int(getattr(config, "intermediate_size", None) or 4 * hidden),
        "query": heads * head,
        "keys": key_heads * head,
        "vocabulary": int(config.vocab_size),
    }


def weights_check(model: str, stored: int, parameters: int, embedding: int) -> None:
    """Refuse weights that are not those of the config: missing ones would be made up at random.

    An output layer that is tied to the embedding may be stored or not.
    """
    if not parameters <= stored <= 1.01 * parameters + embedding:
        raise BaseModelError(
            f"The weights in {model} hold {stored:,} numbers, but its config describes a "
            f"model of {parameters:,}. They do not belong together; copy the folder again, whole.",
            code="folder",
        )


def _about(folder: Path) -> dict[str, str]:
    """Read `wukong.json`, which `convert` writes, if the folder has one."""
    path = folder / "wukong.json"
    try:
        about: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{path} cannot be read: {error}") from error
    return about


def languages_of(tokenizer: Any) -> list[str]:
    """Languages that a model with this tokenizer can have learnt.

    A tokenizer learns whole words of what its model was trained on. Where nearly each Chinese sign
    takes two tokens or more there was next to no Chinese: what such a model writes in it is noise.
    """
    tokens = len(tokenizer(CHINESE, add_special_tokens=False)["input_ids"])
    return ["en", "zh"] if tokens <= TOKENS_A_SIGN * len(CHINESE) else ["en"]


def _tokenizer(model: str) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise BaseModelError(f"{model} has no tokenizer that can be loaded: {first}") from error


def main(arguments: list[str] | None = None) -> int:
    """Command line: print the description, or the error, as JSON."""
    wait_passively()
    parser = argparse.ArgumentParser(
        prog="python -m finetune.bases.files.inspect", description="Describe a base model."
    )
    parser.add_argument("model", help="folder or hub id")
    parsed = parser.parse_args(arguments)
    try:
        print(inspect(parsed.model).to_json())
    except BaseModelError as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
