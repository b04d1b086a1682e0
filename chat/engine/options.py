"""The engine's settings: one frozen dataclass that the command line is made from."""

import argparse
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.training.computing.precision import PRECISIONS


def _option(default: object, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Options:
    """Everything a person can set; each field's help text is shown by `--help`."""

    assistants: Path = field(metadata={"help": "folder with one NAME.json per published assistant"})
    host: str = _option("127.0.0.1", "address to listen on")
    port: int = _option(8801, "port to listen on")
    socket: str | None = _option(None, "listen on this unix socket instead of host and port")
    key_file: Path | None = _option(None, "file with API keys, one per line")  # noqa: RUF009
    encoders: Path | None = _option(  # noqa: RUF009
        None, "folder of the encoder that judges texts; without it none are judged"
    )
    threads: int = _option(0, "CPU threads for the model; 0: as many as there are usable cores")
    device: str = _option("auto", "auto, cpu, cuda or cuda:N")
    dtype: str = _option(
        "auto", "auto, float32 or bfloat16; auto: bfloat16 where GPU or processor multiply in it"
    )
    active: int = _option(8, "replies generated at the same time")
    queue: int = _option(32, "requests that may wait; more are answered with 429")
    loaded: int = _option(4, "assistants kept in memory; the least recently used one goes")
    context: int = _option(4096, "longest prompt and reply in tokens (at most the model's own)")
    max_tokens: int = _option(512, "length of a reply when the request names none")
    max_body: int = _option(1_000_000, "largest request body in bytes")
    prefix_cache: int = _option(128, "MiB per assistant for keys and values of past prompts")
    temperature: float = _option(0.5, "temperature when the request names none")
    top_p: float = _option(0.95, "top_p when the request names none")
    top_k: int = _option(50, "candidates kept before top_p when the request names none; 0: all")
    repetition_penalty: float = _option(1.1, "penalty on tokens of the reply so far; 1.0: none")

    def __post_init__(self) -> None:
        for name in ("active", "loaded", "context", "max_tokens", "max_body"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("threads", "queue", "top_k", "prefix_cache"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        if self.dtype not in PRECISIONS:
            raise ValueError(f"dtype must be one of {', '.join(PRECISIONS)}, not {self.dtype!r}")
        if not self.assistants.is_dir():
            raise ValueError(f"assistants: there is no folder {self.assistants}")
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.repetition_penalty <= 0:
            raise ValueError("temperature ≥ 0, 0 < top_p ≤ 1 and repetition_penalty > 0 are needed")


def options_from(arguments: list[str] | None = None) -> Options:
    """Reads the command line; a bad value ends the process with a message and status 2."""
    parser = argparse.ArgumentParser(prog="python -m chat.engine", description=__doc__)
    for item in dataclasses.fields(Options):
        required = item.default is dataclasses.MISSING
        kind = Path if item.name in {"assistants", "key_file", "encoders"} else type(item.default)
        parser.add_argument(
            "--" + item.name.replace("_", "-"),
            required=required,
            default=None if required else item.default,
            type=str if kind is type(None) else kind,
            help=item.metadata["help"] + ("" if required else " (default: %(default)s)"),
        )
    try:
        return Options(**vars(parser.parse_args(arguments)))
    except ValueError as error:
        parser.error(str(error))
