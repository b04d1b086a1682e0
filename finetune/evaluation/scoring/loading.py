"""The model of a subject in memory: base, adapter, weights, and the tokenizer it was taught with.

Knows nothing of data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from finetune.training.computing.chosen import run_device
from finetune.training.computing.compact import keep_compact
from finetune.training.dialogues.positions import check_positions
from finetune.training.lock.golden import TEMPLATE
from finetune.training.loop.finite_files import WEIGHTS, adapter_problem
from finetune.training.model import attach_adapter, load_base, load_tokenizer
from finetune.training.start import load_start
from quantum.adapters.host import hosted_circuits

from .exceptions import EvaluationError
from .subject import Subject


@dataclass(frozen=True)
class Model:
    """A model, ready to be asked.

    Attributes:
        model: base with adapter, or the base; in evaluation mode.
        tokenizer: with the chat template that the adapter was taught with.
        starts: the angles that its circuits had when the run began, in the order of
            `hosted_circuits`; empty without circuits.
    """

    model: Any
    tokenizer: Any
    starts: tuple[Tensor, ...] = ()


def load_subject(subject: Subject, *, to_reply: bool = False) -> Model:
    """Load a subject's model as its trainer had it, onto the device a trainer would take.

    Args:
        subject: what is evaluated.
        to_reply: keep its weights in the run's number format, as the engine does: casting them
            anew for each token of a reply would cost more than it brings.

    Raises:
        EvaluationError: its weights cannot be used.
        BadConfig: the base cannot be loaded, or the adapter does not fit on it.
    """
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    config, device = subject.config, run_device()
    subject.computing.take_threads(0)
    check_positions(config.base_model, config.sequence_length)
    tokenizer, _ = load_tokenizer(config.base_model)
    chosen = subject.computing.format
    dtype = chosen.dtype() if to_reply else chosen.weights(device)
    base = load_base(config.base_model, dtype)
    if subject.weights is None:
        keep_compact(base, chosen.dtype())
        return Model(base.to(device).eval(), tokenizer)
    template = subject.weights / TEMPLATE
    if template.is_file():
        tokenizer.chat_template = template.read_bytes().decode("utf-8")
    model = attach_adapter(base, config)  # its start values follow from the seed
    if config.start_adapter:
        assert subject.folder is not None
        load_start(model, config, subject.folder)
    starts = [hosted.angles.detach().clone() for hosted in hosted_circuits(model)]
    weights_take(model, subject.weights)
    if not config.start_adapter:  # what is kept is else where an earlier run began
        for number, hosted in enumerate(hosted_circuits(model)):
            if hosted.start is not None:
                starts[number] = hosted.start.detach().clone()
    keep_compact(model, chosen.dtype())
    return Model(model.to(device).eval(), tokenizer, tuple(starts))


def weights_take(model: Any, folder: Path) -> None:
    """Put an adapter's weights into a model that has this adapter.

    Raises:
        EvaluationError: they cannot be read, are not finite, or belong to another adapter.
    """
    if problem := adapter_problem(folder):
        raise EvaluationError(f"{folder} cannot be used: {problem}")
    try:
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise EvaluationError(f"{folder / WEIGHTS} cannot be read ({error})") from error
    own = get_peft_model_state_dict(model)
    for name in sorted(own.keys() ^ weights.keys()):
        where = "is missing in it" if name in own else "is not in this run's adapter"
        raise EvaluationError(f"{folder} does not fit the run's settings: {name} {where}")
    for name, tensor in own.items():
        if tensor.shape != weights[name].shape:
            raise EvaluationError(
                f"{folder} does not fit the run's settings: {name} has shape "
                f"{tuple(weights[name].shape)} in it and {tuple(tensor.shape)} here"
            )
    set_peft_model_state_dict(model, weights)
