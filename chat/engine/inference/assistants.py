"""Published assistants: which files they are, and models in memory that share one base.

An assistant is `DIR/<name>.json`; writing the file publishes it, deleting it takes it back.
"""

import copy
import json
import logging
import re
import threading
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from peft import PeftConfig, PeftModel, get_peft_model_state_dict
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from chat.engine.exceptions import BrokenAssistant, UnknownAssistant
from chat.engine.inference.cache import PrefixStore, batchable
from chat.engine.inference.precision import dtype_of
from chat.engine.loading import ONE_AT_A_TIME
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import LOCK, TEMPLATE, Lock, LockBroken
from finetune.training.lock.replay import replay
from finetune.training.loop.finite import not_finite
from quantum.adapters.registry import ADAPTERS

logger = logging.getLogger("engine.assistants")

NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")
ADAPTER_FILES = (
    "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", TEMPLATE, LOCK,
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """What an assistant's file says."""

    name: str
    base: str
    adapter: str | None
    created: int
    owned_by: str
    path: Path

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.name,
            "object": "model",
            "created": self.created,
            "owned_by": self.owned_by,
        }


class Base:
    """A base model in memory, with what is needed to talk to it."""

    def __init__(self, name: str, device: torch.device, dtype: torch.dtype) -> None:
        self.name = name
        self.tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_pretrained(
            name, dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
        self.model = model.to(device).eval()
        self.model.requires_grad_(False)
        self.device, self.dtype = device, dtype
        text_config = self.model.config.get_text_config()
        self.context = int(getattr(text_config, "max_position_embeddings", None) or 2**31)
        self.batchable = batchable(DynamicCache(config=self.model.config))


class Assistant:
    """A model ready to generate: the base itself, or a tree with an adapter over its tensors.

    How it is talked to, and what ends its replies, is the chat format's to say: the same one
    that it was trained with.
    """

    def __init__(self, base: Base, model: Any, template: str | None, prefix_bytes: int) -> None:
        self.base = base
        self.model = model
        self.format = ChatFormat.of(base.model, base.tokenizer, template)
        self.prefixes = PrefixStore(prefix_bytes if base.batchable else 0)

    def prompt_ids(self, messages: list[dict[str, str]], begun: str = "") -> list[int]:
        """The tokens of a conversation, ready for the next assistant turn or its rest."""
        return self.format.prompt_ids(messages, begun)

    def text(self, ids: Any) -> str:
        return self.format.text(ids)


class AssistantStore:
    """Reads assistant files and keeps the most recently used models."""

    def __init__(
        self, folder: Path, *, device: str, dtype: str = "auto", loaded: int, prefix_bytes: int
    ) -> None:
        for spec in ADAPTERS.values():
            spec.load_tuner()
        self.folder = folder
        self.device = torch.device(
            ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        )
        self.dtype = dtype_of(self.device, dtype)
        self.limit = loaded
        self.prefix_bytes = prefix_bytes
        self._bases: WeakValueDictionary[str, Base] = WeakValueDictionary()
        self._loaded: OrderedDict[tuple[object, ...], tuple[str, Assistant]] = OrderedDict()
        self._table = threading.Lock()

    def card(self, name: str) -> Card:
        """Reads one assistant's file."""
        if not NAME.fullmatch(name):
            raise UnknownAssistant(name)
        path = self.folder / f"{name}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            card = Card(
                name=content["name"],
                base=content["base"],
                adapter=content.get("adapter"),
                created=int(content.get("created", 0)),
                owned_by=str(content.get("owned_by", "wukong")),
                path=path,
            )
        except FileNotFoundError:
            raise UnknownAssistant(name) from None
        except KeyError as error:
            raise BrokenAssistant(f"{path}: the field {error} is missing.") from None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BrokenAssistant(f"{path}: not a valid assistant file ({error}).") from error
        if card.name != name:
            raise BrokenAssistant(f"{path}: 'name' is {card.name!r}, not the file's own name.")
        if not isinstance(card.base, str) or not isinstance(card.adapter, str | None):
            raise BrokenAssistant(f"{path}: 'base' must be text, 'adapter' text or null.")
        return card

    def cards(self, after: str = "", limit: int | None = None) -> list[Card]:
        """Readable assistants by name, those behind a name if one is given, at most `limit`.

        A file that cannot be read is logged and left out; files beyond the limit are not read.
        """
        cards: list[Card] = []
        for path in sorted(self.folder.glob("*.json"), key=lambda path: path.stem):
            if path.stem <= after:
                continue
            if limit is not None and len(cards) >= limit:
                break
            try:
                cards.append(self.card(path.stem))
            except (UnknownAssistant, BrokenAssistant) as error:
                logger.warning("left out of the list: %s", error)
        return cards

    def loaded_names(self) -> list[str]:
        with self._table:
            return [name for name, _ in self._loaded.values()]

    def find(self, card: Card) -> Assistant | None:
        """The assistant if it is in memory and its files have not changed."""
        key = self._key(card)
        with self._table:
            if key not in self._loaded:
                return None
            self._loaded.move_to_end(key)
            return self._loaded[key][1]

    def load(self, card: Card) -> Assistant:
        """Loads an assistant; slow, one at a time, meant for a thread of its own."""
        with ONE_AT_A_TIME:
            if (known := self.find(card)) is not None:
                return known
            key = self._key(card)
            assistant = self._build(card)
            with self._table:
                # An older version of the same assistant has no reason to stay.
                for old in [k for k, (name, _) in self._loaded.items() if name == card.name]:
                    del self._loaded[old]
                self._loaded[key] = (card.name, assistant)
                while len(self._loaded) > self.limit:
                    _, (name, _) = self._loaded.popitem(last=False)
                    logger.info("unloaded %s", name)
            return assistant

    def _key(self, card: Card) -> tuple[object, ...]:
        key: list[object] = [card.name, card.base, card.adapter]
        if card.adapter is not None:
            for name in ADAPTER_FILES:
                path = Path(card.adapter) / name
                if path.exists():
                    stat = path.stat()
                    key.append((name, stat.st_mtime_ns, stat.st_size))
        return tuple(key)

    def _build(self, card: Card) -> Assistant:
        base = self._base(card)
        model, template = base.model, None
        if card.adapter is not None:
            model = self._adapted(base, card.adapter, card.path)
            own_template = Path(card.adapter) / TEMPLATE
            if own_template.exists():
                template = own_template.read_bytes().decode("utf-8")
        if template is None and not base.tokenizer.chat_template:
            raise BrokenAssistant(
                f"{card.path}: the base {card.base} has no chat template. Put chat_template.jinja "
                "into its folder or the adapter's."
            )
        try:
            assistant = Assistant(base, model, template, self.prefix_bytes)
        except ValueError as error:
            raise _broken(card.path, f"the tokenizer of {card.base}", error) from error
        if card.adapter is not None:
            self._hold(assistant, card)
        logger.info("loaded %s", card.name)
        return assistant

    def _hold(self, assistant: Assistant, card: Card) -> None:
        """Refuse an adapter that does not answer as it was trained to."""
        try:
            lock = Lock.read(Path(card.adapter or ""))
            if lock is not None:
                replay(assistant.model, assistant.format, lock)
        except LockBroken as broken:
            raise BrokenAssistant(
                f"{card.path}: the adapter {card.adapter} does not answer as it was trained to: "
                f"{broken}."
            ) from broken

    def _base(self, card: Card) -> Base:
        base = self._bases.get(card.base)
        if base is None:
            if Path(card.base).is_absolute() and not Path(card.base).is_dir():
                raise BrokenAssistant(f"{card.path}: the base folder {card.base} does not exist.")
            try:
                base = Base(card.base, self.device, self.dtype)
            except Exception as error:
                raise _broken(card.path, f"the base {card.base}", error) from error
            self._bases[card.base] = base
        return base

    def _adapted(self, base: Base, adapter: str, path: Path) -> Any:
        if not Path(adapter).is_dir():
            raise BrokenAssistant(f"{path}: the adapter folder {adapter} does not exist.")
        try:
            config = PeftConfig.from_pretrained(adapter)
            if config.is_prompt_learning:
                raise ValueError(f"{config.peft_type} adapters add virtual tokens; not served here")
            with warnings.catch_warnings():
                # PEFT only warns, and would answer with randomly initialised weights.
                warnings.filterwarnings("error", message=".*Found missing adapter keys")
                model = PeftModel.from_pretrained(
                    sharing_copy(base.model), adapter, torch_device=str(self.device)
                )
            if name := not_finite(get_peft_model_state_dict(model, save_embedding_layers=False)):
                raise ValueError(
                    f"{name} holds numbers that are infinite or not numbers; train it again with "
                    "a lower learning rate"
                )
        except Exception as error:
            raise _broken(path, f"the adapter {adapter}", error) from error
        return model.to(self.device).eval().requires_grad_(False)


def sharing_copy(model: nn.Module) -> nn.Module:
    """A copy of the module tree over the same tensors.

    Parameters become new objects over the same storage, so that a tuner which replaces
    `weight.data` (PiSSA, OLoRA) changes its own copy and not everybody's base.
    """
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        plain = type(parameter) is nn.Parameter
        memo[id(parameter)] = nn.Parameter(parameter.detach(), False) if plain else parameter
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach()
    return copy.deepcopy(model, memo)


def _broken(path: Path, part: str, error: Exception) -> BrokenAssistant:
    reason = " ".join(str(error).split())[:500] or type(error).__name__
    return BrokenAssistant(f"{path}: {part} cannot be loaded: {reason}")
