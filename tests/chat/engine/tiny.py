"""A tiny random Llama with a byte tokenizer, adapters for it, and a real engine process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import torch
from peft import IA3Config, LoraConfig, PeftConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, TokenizersBackend

from chat.engine.client import Delta, EngineClient
from quantum.adapters.qtha.tuner import QTHAConfig

ROOT = Path(__file__).resolve().parents[3]
KEY = "engine-test-key"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HELLO = [{"role": "user", "content": "Hello, how are you?"}]
# Greedy and without penalty, as a plain `generate` would do it.
PLAIN = {"temperature": 0, "extra_body": {"repetition_penalty": 1}}


def save_base(folder: Path, *, seed: int = 0, ends: list[int] | None = None) -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(t, special=True) for t in ("<|im_start|>", "<|im_end|>")])
    tokenizer = TokenizersBackend(
        tokenizer_object=raw, eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>"]
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=258,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.3,
        eos_token_id=ends or 257,
        bos_token_id=None,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        model.lm_head.weight[256:] = 0  # replies end by length, unless a test says otherwise
    model.save_pretrained(folder)


def save_adapter(folder: Path, base: Path, config: PeftConfig) -> None:
    torch.manual_seed(1)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.2 * torch.randn_like(parameter)
    model.save_pretrained(folder)


def lora() -> LoraConfig:
    return LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")


def ia3() -> IA3Config:
    return IA3Config(
        target_modules=["k_proj", "v_proj", "down_proj"],
        feedforward_modules=["down_proj"],
        task_type="CAUSAL_LM",
    )


def qtha() -> PeftConfig:
    return QTHAConfig(
        r=4, mpo_width=8, mpo_bond=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"
    )


async def whole(client: EngineClient, model: str, messages: list, **options: Any) -> Delta:
    """A reply of the client, its pieces put together."""
    text, reason, usage = "", None, None
    async for delta in client.stream_chat(model, messages, **options):
        text += delta.text
        reason, usage = delta.finish_reason or reason, delta.usage or usage
    return Delta(text, reason, usage)


@dataclass
class World:
    """A folder with a base, adapters and assistant files, and an engine that serves it."""

    folder: Path
    url: str = ""

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def assistants(self) -> Path:
        return self.folder / "assistants"

    def publish(self, name: str, adapter: Path | None = None, base: Path | None = None) -> Path:
        card = {
            "name": name,
            "base": str(base or self.base),
            "adapter": str(adapter) if adapter else None,
            "created": 1_700_000_000,
            "owned_by": "team",
        }
        path = self.assistants / f"{name}.json"
        path.write_text(json.dumps(card))
        return path

    def health(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/health").json()

    def wait_idle(self, seconds: float = 5) -> float:
        """Waits until nothing is generated; returns how long that took."""
        begin = time.monotonic()
        while self.health()["active"] or self.health()["waiting"]:
            assert time.monotonic() - begin < seconds, "the engine is still busy"
            time.sleep(0.02)
        return time.monotonic() - begin


@contextmanager
def engine(world: World, *options: str) -> Iterator[World]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = world.folder / f"engine-{port}.log"
    command = [sys.executable, "-m", "chat.engine", "--assistants", str(world.assistants)]
    command += ["--dtype", "float32"]  # what replies are compared with, also where there is AMX
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), *options],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"},
        )
    world.url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text()
            try:
                if world.health()["ready"]:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        else:
            raise AssertionError(log.read_text())
        yield world
    finally:
        process.terminate()
        process.wait(15)
    assert "Traceback" not in log.read_text(), log.read_text()
