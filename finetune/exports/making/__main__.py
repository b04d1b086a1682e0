"""`python -m finetune.exports.making FOLDER [PARENT]`: order.json in, one archive out.

Each form of the model is loaded again and has to answer the golden prompts as the trained one did
before it goes into the archive. Where the worker PARENT is gone, nobody waits for it: it ends.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from finetune.bases.files.wheels import file_sha256
from finetune.files import write_whole
from finetune.training.lock.golden import Lock, LockBroken
from finetune.training.log.sentences import joined, sentence
from quantum.threads import wait_passively

from . import adapter, archive, card, circuits, gguf_file, llama_cpp, merging
from .exceptions import ExportFailed
from .order import CHECKING, LOADING, MERGING, PACKING, WRITING, Order, progress_write

NO_ROOM = "No space left on device"  # as safetensors tells it, without a number


def make(order: Order, folder: Path, told: Callable[[str, float], None]) -> dict[str, Any]:
    """Make an export in its folder.

    Args:
        order: what it is to hold.
        folder: where everything lies.
        told: called with the phase and the share of the work that is done.

    Returns:
        The result, as the site keeps it.

    Raises:
        ExportFailed: a part cannot be made.
        LockBroken: a part does not answer as the trained model.
    """
    stage = folder / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    told(LOADING, 0.0)
    if "gguf" in order.parts and (problem := gguf_file.problem_of(Path(order.base))):
        raise ExportFailed(problem)
    adapter.stage(order, stage)
    model, chat = adapter.load(order, stage / "adapter")
    told(CHECKING, 0.15)
    lock, held = adapter.hold(order, stage / "adapter", model, chat)
    replies = [chat.reply(golden.reply_ids) for golden in lock.golden]
    proof = {"adapter": {"held": held, "of": tokens_of(lock)}}
    circuit = circuits.write(order, model, stage / "circuit")
    if {"merged", "gguf"} & set(order.parts):
        told(MERGING, 0.3)
        merging.merge(model, chat.tokenizer, stage / "merged")
        del model
        proof |= further(order, stage, lock, chat.text, told)
    told(PACKING, 0.8)
    about = {
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "job": order.facts["job"],
        "base": {
            "name": order.base_id,
            "files": base_files(Path(order.base)),
            "licences": sorted(path.name for path in (stage / "licences").glob("*")),
        },
        "golden": proof,
    }
    words = card.card(order, about, lock, replies, circuit)
    (stage / "README.md").write_text(words, encoding="utf-8")
    settings = json.dumps(order.facts["settings"], indent=2, ensure_ascii=False)
    (stage / "settings.json").write_text(settings + "\n", encoding="utf-8")
    if (folder / "metrics.csv").is_file():
        shutil.copyfile(folder / "metrics.csv", stage / "metrics.csv")
    target = folder / f"{order.name}.zip"
    manifest = archive.pack(stage, target, about, lambda share: told(PACKING, 0.85 + 0.1 * share))
    shutil.rmtree(stage)
    return {
        "file": target.name,
        "bytes": target.stat().st_size,
        "sha256": file_sha256(target),
        "files": manifest["files"],
        "golden": proof,
    }


def further(
    order: Order,
    stage: Path,
    lock: Lock,
    text: Callable[[list[int]], str],
    told: Callable[[str, float], None],
) -> dict[str, Any]:
    """Check the merged model, and write and check the GGUF file where one is wanted."""
    proof: dict[str, Any] = {}
    told(CHECKING, 0.4)
    dtype, held = merging.hold(stage / "merged", lock)
    if "merged" in order.parts:
        proof["merged"] = {"held": held, "of": tokens_of(lock), "numbers": dtype}
    if "gguf" in order.parts:
        told(WRITING, 0.5)
        half = "bfloat16" if dtype == "bfloat16" else "float16"
        short = {"bfloat16": "bf16", "float16": "f16"}[half]
        file = stage / "gguf" / f"{order.name}-{short}.gguf"
        file.parent.mkdir()
        template = (stage / "adapter" / "chat_template.jinja").read_bytes().decode("utf-8")
        gguf_file.write(
            stage / "merged",
            file,
            name=order.facts["name"],
            licence=order.licence,
            template=template,
            dtype=half,
        )
        told(CHECKING, 0.7)
        least = lock.least_lead(half)
        texts = [text(golden.sure(least)) for golden in lock.golden]
        held = llama_cpp.replay(file, lock, texts, half, template)
        proof["gguf"] = {"held": held, "of": tokens_of(lock), "numbers": half, "by": "llama.cpp"}
    if "merged" not in order.parts:
        shutil.rmtree(stage / "merged")
    return proof


def tokens_of(lock: Lock) -> int:
    """Return how many tokens the golden replies have."""
    return sum(len(golden.reply_ids) for golden in lock.golden)


def base_files(base: Path) -> dict[str, str]:
    """Return the SHA-256 of the base's weights and tokenizer, by file name."""
    paths = [*sorted(base.glob("*.safetensors")), base / "tokenizer.json"]
    return {path.name: file_sha256(path) for path in paths if path.is_file()}


def main(folder: Path, parent: int | None = None) -> int:
    """Make the export in `folder`; a refusal is its result, too."""
    wait_passively()
    order = Order.read(folder)

    def told(phase: str, share: float) -> None:
        if parent is not None and os.getppid() != parent:
            sys.exit("The worker that wanted it is gone.")
        progress_write(folder, phase, share)

    try:
        result = make(order, folder, told)
    except ExportFailed as error:
        result = {"problem": error.words, "parts": error.words.parts}
    except LockBroken as broken:
        words = joined(sentence("Refused:"), broken.words)
        result = {"problem": f"{words}.", "parts": words.parts, "lock": True}
    except (OSError, SafetensorError) as error:
        if getattr(error, "errno", None) != errno.ENOSPC and NO_ROOM not in str(error):
            raise
        words = sentence("The server's disk became full. Delete old exports, or leave a part out.")
        result = {"problem": words, "parts": words.parts}
    if "problem" in result:
        shutil.rmtree(folder / "stage", ignore_errors=True)
    write_whole(folder / "result.json", json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
