"""Download a base model from a hub into a folder that appears whole, or go on with it.

    python -m finetune.bases.files.download REPOSITORY TARGET [--revision COMMIT]

Prints one JSON object a line: `found` (revision, files with hashes, bytes), `progress`, `done`, or
`error` with its code. All work happens in a hidden folder beside the target (`.NAME.download`),
which stays after a break, so that the next call goes on. The target appears by one rename.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .exceptions import BaseModelError
from .folders import folder_check
from .hub import HubModel, bytes_kept, hub_model, model_fetch
from .places import work_folder
from .refusals import refusals, space_check
from .wheels import LOCK, alone

TELL_SECONDS = 0.5


def say(event: str, **facts: Any) -> None:
    print(json.dumps({"event": event, **facts}, ensure_ascii=False), flush=True)


class Progress:
    """Says how many bytes there are, twice a second at most."""

    def __init__(self) -> None:
        self._said = 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._said >= TELL_SECONDS:
            self._said = time.monotonic()
            say("progress", done=done)


def download(
    repository: str,
    target: Path,
    *,
    revision: str = "",
    accepted: bool = False,
    margin: int = 0,
    name: str = "",
    licence: str = "",
) -> HubModel:
    """Fetch, check and put a model into `target`.

    Args:
        repository: the model's name at the hub.
        target: a folder that does not exist yet.
        revision: the commit to hold to; without one, the newest.
        accepted: whether a person here has accepted its licence, where the hub asks for that.
        margin: bytes of the disk that stay free.
        name: what people call it.
        licence: its licence, where that is known better than the hub lists it.

    Raises:
        BaseModelError: with what to do about it; what came is kept.
    """
    model = hub_model(repository, revision)
    files = [asdict(file) for file in model.files]
    say("found", revision=model.revision, bytes=model.size, licence=model.licence, files=files)
    if model.gated and not accepted:
        raise BaseModelError(
            f"The hub asks everybody to accept the licence of {repository} first. Accept it on the "
            "page of base models, then start again.",
            code="accept",
        )
    work = work_folder(target)
    with refusals(repository):
        work.mkdir(parents=True, exist_ok=True)
    with alone(work):
        if target.exists():
            return model_there(target, model)
        kept = bytes_kept(model, work)
        space_check(work, model.size - kept, margin)
        say("progress", done=kept)
        try:
            model_fetch(model, work, Progress())
        finally:
            say("progress", done=bytes_kept(model, work))
        folder_check(work)
        note = {
            "name": name or repository.rpartition("/")[2],
            "licence": licence or model.licence,
            "source": f"{repository} at {model.revision}",
            "upstream": f"https://huggingface.co/{repository}",
            "revision": model.revision,
            "files": {file.path: file.digest for file in model.files},
        }
        with refusals(repository):
            (work / "wukong.json").write_text(json.dumps(note, indent=2) + "\n")
            (work / LOCK).unlink()
            work.rename(target)
    return model


def model_there(target: Path, model: HubModel) -> HubModel:
    """The model, where it is what stands there already.

    Raises:
        BaseModelError: it is another one, or nobody knows what.
    """
    try:
        about = json.loads((target / "wukong.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        about = {}
    if about.get("revision") != model.revision:
        raise BaseModelError(
            f"{target} is in the way: it holds something else. Move it away, then go on.",
            code="in_way",
        )
    return model


def main(arguments: list[str] | None = None) -> int:
    """Command line: events as JSON; 1 on failure."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.bases.files.download", description="Download a base model."
    )
    parser.add_argument("repository", help="the model's name at the hub")
    parser.add_argument("target", type=Path, help="folder to make")
    parser.add_argument("--revision", default="", help="the commit to hold to")
    parser.add_argument("--accepted", action="store_true", help="its licence has been accepted")
    parser.add_argument("--margin", type=int, default=0, help="bytes of the disk that stay free")
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument("--licence", default="", help="its licence")
    values = vars(parser.parse_args(arguments))
    logging.disable(logging.WARNING)  # its words about retries are no events
    try:
        model = download(**values)
    except BaseModelError as error:
        say("error", error=str(error), code=error.code, facts=error.facts)
        return 1
    say("done", done=model.size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
