"""The model of a run: a frozen base with a trainable adapter, and short greedy replies.

Knows nothing of the training loop or of the event log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.training.computing.precision import Precision
from finetune.training.config import RunConfig
from finetune.training.devices.sharding import load_sharded
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import PLAIN_TEMPLATE
from finetune.training.dialogues.folding import Message, with_system
from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem
from quantum.adapters.registry import Shapes, get_adapter, reference_count
from quantum.adapters.shapes import linear_shapes


@dataclass(frozen=True)
class Facts:
    """Numbers about a model that a run page shows."""

    base_parameters: int
    trainable_parameters: int
    lora_r8_parameters: int
    device: str
    dtype: str
    precision: str
    precision_why: str
    threads: int

    @property
    def ratio(self) -> float:
        """Trainable parameters over those of LoRA r = 8 on q_proj and v_proj."""
        return self.trainable_parameters / max(1, self.lora_r8_parameters)


def load_tokenizer(base_model: str) -> tuple[Any, bool]:
    """Load the base's tokenizer; tell whether it needed our plain chat template.

    Raises:
        BadConfig: there is no tokenizer to load.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(base_model, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise BadConfig(Problem("base_model", _first_line(base_model, error))) from error
    if not getattr(tokenizer, "is_fast", False):
        raise BadConfig(
            Problem("base_model", f"{base_model} has no fast tokenizer (tokenizer.json)")
        )
    missing = tokenizer.chat_template is None
    if missing:
        tokenizer.chat_template = PLAIN_TEMPLATE
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, missing


def load_base(base_model: str, dtype: torch.dtype = torch.float32, shards: int = 1) -> Any:
    """Load the base model for training.

    Args:
        base_model: its folder or hub id.
        dtype: what its weights are kept in.
        shards: processes that share it; each has to load its part.

    Raises:
        BadConfig: the folder or hub id cannot be loaded.
    """
    safely: dict[str, Any] = {"use_safetensors": True, "trust_remote_code": False}
    try:
        if shards > 1:
            model = load_sharded(base_model, dtype, shards, **safely)
        else:
            model = AutoModelForCausalLM.from_pretrained(base_model, dtype=dtype, **safely)
    except (OSError, ValueError) as error:
        raise BadConfig(Problem("base_model", _first_line(base_model, error))) from error
    model.config.use_cache = False
    return model


def _first_line(base_model: str, error: Exception) -> str:
    folder = Path(base_model)
    if not folder.exists() and (folder.is_absolute() or base_model.startswith(".")):
        return f"there is no folder {base_model}"
    return f"{base_model} cannot be loaded: {str(error).strip().splitlines()[0]}"


def attach_adapter(model: Any, config: RunConfig) -> Any:
    """Wrap the base with the run's adapter; its initial weights follow from the seed.

    Raises:
        BadConfig: the adapter's options or targets do not fit this model.
    """
    names = {name.rsplit(".", 1)[-1] for name in linear_shapes(model)}
    missing = [target for target in config.targets if target not in names]
    if missing:
        words = (
            f"{', '.join(missing)}: no such linear layer in this model; "
            f"it has {', '.join(sorted(names))}"
        )
        raise BadConfig(Problem("targets", words))
    torch.manual_seed(config.seed)
    try:
        peft_config = get_adapter(config.adapter).build_config(
            config.options, config.targets, config.seed, config.chip
        )
        peft_config.base_model_name_or_path = config.base_model
        adapted = get_peft_model(model, peft_config)
    except (ValueError, TypeError) as error:
        raise BadConfig(Problem("adapter_options", str(error).strip().splitlines()[0])) from error
    # PEFT holds names as sets, whose order differs between processes: then the same adapter would
    # be saved as another file.
    for name, value in vars(peft_config).items():
        if isinstance(value, set):
            setattr(peft_config, name, sorted(value))
    return adapted


def facts(
    model: Any, config: RunConfig, shapes: Shapes, base_parameters: int, precision: Precision
) -> Facts:
    """Count parameters and name device and precision of a model with its adapter.

    Args:
        model: base with adapter.
        config: the run's settings.
        shapes: the base's linear layers before the adapter came.
        base_parameters: numbers in the base.
        precision: what products are computed in.
    """
    trainable = sum(item.numel() for item in model.parameters() if item.requires_grad)
    compared: tuple[str, ...] = ("q_proj", "v_proj")
    if not any(name.endswith(compared) for name in shapes):
        compared = tuple(config.targets)
    first = next(model.parameters())
    return Facts(
        base_parameters=base_parameters,
        trainable_parameters=trainable,
        lora_r8_parameters=reference_count(shapes, compared),
        device=str(first.device),
        dtype=str(first.dtype).removeprefix("torch."),
        precision=precision.name,
        precision_why=precision.why,
        threads=torch.get_num_threads(),
    )


def reply(model: Any, tokenizer: Any, messages: Sequence[Message], *, tokens: int) -> str:
    """Answer a dialogue greedily with at most `tokens` tokens. Takes no random numbers.

    The answer ends where the engine would end it: at the template's end of a turn, at the end
    of the text, or at what the model's generation settings name.
    """
    chat = ChatFormat.of(model, tokenizer)
    prompt = torch.tensor([chat.prompt_ids(messages)], device=model.device)
    with torch.no_grad():
        output = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=tokens,
            do_sample=False,
            use_cache=True,
            eos_token_id=sorted(chat.end_ids) or None,
            pad_token_id=tokenizer.pad_token_id,
        )
    return chat.reply(output[0, prompt.shape[1] :].tolist())


def prompt_messages(prompt: str, system_prompt: str) -> list[Message]:
    """Make the dialogue a sample prompt opens."""
    return with_system([{"role": "user", "content": prompt}], system_prompt)
