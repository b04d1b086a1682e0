"""A GGUF file in llama.cpp itself: `python -m finetune.exports.making.llama_cpp FILE`.

Golden prompts come in as JSON on the standard input; what it answers goes out. A process of its
own, since a broken file takes llama.cpp's along.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from finetune.training.lock.golden import CLOCK, TOKENS, Lock, LockBroken, of_one_day
from finetune.training.log.sentences import sentence

from .exceptions import ExportFailed

SECONDS = 600
ANSWER = "@@wukong "  # begins the line of the answer: llama.cpp writes to the same pipe
ROOM = 1024  # tokens of a prompt and its reply


def replay(file: Path, lock: Lock, texts: list[str], dtype: str, template: str = "") -> int:
    """Have llama.cpp load a file and answer the golden prompts, through its own tokenizer.

    Args:
        file: the GGUF file.
        lock: what it is held to.
        texts: of each golden reply, the part whose tokens are sure in `dtype`.
        dtype: the number format of the file.
        template: the file's own; asked on the golden day where it writes the date.

    Returns:
        How many tokens it said as they were trained.

    Raises:
        LockBroken: a prompt or a reply is another one there.
        ExportFailed: llama.cpp cannot load it.
    """
    dated = of_one_day(template) if CLOCK in template else ""
    asked = json.dumps({"prompts": [one.messages for one in lock.golden], "template": dated})
    command = [sys.executable, "-m", "finetune.exports.making.llama_cpp", str(file)]
    try:
        done = subprocess.run(
            command, input=asked, capture_output=True, encoding="utf-8", errors="replace",
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ExportFailed(
            sentence(
                "llama.cpp did not answer the golden prompts within %(seconds)s s. Try again when "
                "the machine has less to do, or leave GGUF out.",
                seconds=SECONDS,
            )
        ) from None
    lines = [line for line in done.stdout.splitlines() if line.startswith(ANSWER)]
    if done.returncode or not lines:
        last = (done.stderr or done.stdout).strip().rpartition("\n")[2][:300]
        raise ExportFailed(
            sentence("llama.cpp cannot load the GGUF file: %(words)s.", words=last or "–")
        )
    answers = json.loads(lines[-1].removeprefix(ANSWER))
    held, least = 0, lock.least_lead(dtype)
    for number, (golden, text, said) in enumerate(
        zip(lock.golden, texts, answers, strict=True), start=1
    ):
        if said["prompt_tokens"] != len(golden.prompt_ids):
            raise LockBroken(
                sentence(
                    "llama.cpp makes %(there)s tokens of golden prompt %(number)s, the trained "
                    "model has %(here)s: its tokenizer or template differ",
                    there=said["prompt_tokens"],
                    number=number,
                    here=len(golden.prompt_ids),
                )
            )
        sure, broken, _ = text.partition("\ufffd")  # a character of which a token is missing
        if not said["text"].startswith(sure):
            raise LockBroken(
                sentence(
                    "llama.cpp answers golden prompt %(number)s with %(said)s; the trained model "
                    "begins with %(trained)s",
                    number=number,
                    said=repr(said["text"]),
                    trained=repr(sure),
                )
            )
        held += 0 if broken else len(golden.sure(least))  # what was not compared is not counted
    return held


def answers(file: Path, prompts: list[list[dict[str, str]]], template: str) -> list[dict[str, Any]]:
    """Load a file in this process and answer; an empty template takes the file's own."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = ROOM
    params.n_parallel = 1
    params.cpuparams.n_threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    params.use_jinja = True
    if template:
        params.chat_template = template
    server = xllamacpp.Server(params)
    said = []
    for messages in prompts:
        body = {
            "messages": messages,
            "temperature": 0,
            "max_tokens": TOKENS,
            "cache_prompt": False,
            # As transformers asks: a template that can reason is not told to leave that out, and
            # what was thought stays in the reply.
            "chat_template_kwargs": {"enable_thinking": True},
            "reasoning_format": "none",
        }
        reply = server.handle_chat_completions(body)
        if "choices" not in reply:
            raise ExportFailed(str(reply)[:300])
        text = reply["choices"][0]["message"]["content"] or ""
        said.append({"text": text, "prompt_tokens": reply["usage"]["prompt_tokens"]})
    return said


if __name__ == "__main__":
    said = answers(Path(sys.argv[1]), **json.load(sys.stdin))
    print(f"\n{ANSWER}{json.dumps(said)}", flush=True)
