"""One model of a hub, at one revision: which of its files are taken, and their bytes with hashes.

`huggingface_hub` speaks to the hub (`HF_ENDPOINT`, `HF_TOKEN`, proxies, retries). Two things that
its own downloads do not do are done here: a file goes on where it broke off when another process
takes it up, and each file's hash is compared with what the hub lists before it counts. Only
weights as safetensors and the tokenizer's data are taken: no pickle, no code.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from .exceptions import BaseModelError
from .refusals import refusals
from .wheels import LOCK

ANSWER_SECONDS = 20
BLOCK = 1 << 20
LICENCE = 60  # letters of its name that are kept
TAKEN = re.compile(
    r"(model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?"
    r"|(generation_)?config\.json"
    r"|(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json"
    r"|tokenizer\.model|merges\.txt|chat_template\.(jinja|json)"
    r"|(LICEN[CS]E|NOTICE|USE_POLICY|README)(\.(txt|md))?)"
)
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")

Told = Callable[[int], None]

# A break loses what is not written yet: with the library's 10 MiB, minutes of a slow line.
constants.DOWNLOAD_CHUNK_SIZE = BLOCK


@dataclass(frozen=True)
class HubFile:
    """A file as the hub lists it; `digest` is its SHA-256, or git's name of it (SHA-1)."""

    path: str
    size: int
    digest: str

    @property
    def is_weights(self) -> bool:
        return self.path.endswith(".safetensors")


@dataclass(frozen=True)
class HubModel:
    """A model at one revision, and the files of it that are taken: the smallest first."""

    repository: str
    revision: str
    licence: str
    gated: bool
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def hub_model(repository: str, revision: str = "") -> HubModel:
    """Ask the hub for a model.

    Args:
        repository: such as `Qwen/Qwen3-0.6B`.
        revision: the commit to hold to; without one, the newest.

    Raises:
        BaseModelError: it cannot be had, lists no usable files, or is not what was pinned.
    """
    with refusals(repository):
        info = HfApi().model_info(
            repository, revision=revision or None, files_metadata=True, timeout=ANSWER_SECONDS
        )
    found = info.sha or ""
    if not re.fullmatch(r"[0-9a-f]{40}", found) or (revision and found != revision):
        raise BaseModelError(
            f"{repository}: the hub answers with the revision {found or 'none'} instead of "
            f"{revision or 'a commit'}. Nothing was taken.",
            code="revision",
            revision=revision,
        )
    card: Any = info.card_data or {}
    named = card.get("license_name") or card.get("license") or ""
    licence = ", ".join(map(str, named)) if isinstance(named, list) else str(named)
    files = [file_listed(repository, sibling) for sibling in info.siblings or []]
    taken = usable(repository, [file for file in files if TAKEN.fullmatch(file.path)], files)
    return HubModel(repository, found, licence[:LICENCE], bool(info.gated), taken)


def file_listed(repository: str, sibling: Any) -> HubFile:
    """A file as `model_info` lists it."""
    digest = (sibling.lfs.sha256 if sibling.lfs else sibling.blob_id) or ""
    size = (sibling.lfs.size if sibling.lfs else sibling.size) or 0
    if TAKEN.fullmatch(sibling.rfilename) and not re.fullmatch(
        r"[0-9a-f]{40}|[0-9a-f]{64}", digest
    ):
        raise BaseModelError(
            f"{repository}: the hub lists {sibling.rfilename} without a hash, so what comes could "
            "not be checked. Nothing was taken.",
            code="unhashed",
        )
    return HubFile(sibling.rfilename, size, digest)


def usable(repository: str, taken: list[HubFile], every: list[HubFile]) -> tuple[HubFile, ...]:
    """The files to take, if they can make a model."""
    names = {file.path for file in taken}
    if not any(file.is_weights for file in taken):
        pickles = any(file.path.endswith(PICKLES) for file in every)
        why = "only as pickle files, which can run code" if pickles else "not at all"
        raise BaseModelError(
            f"{repository} has its weights {why}. Choose a model with safetensors, or convert it "
            "elsewhere and bring the folder.",
            code="no_safetensors",
        )
    for name in ("config.json", "tokenizer.json"):
        if name not in names:
            raise BaseModelError(
                f"{repository} has no {name}, without which it cannot be loaded here. Choose "
                "another model.",
                code="no_file",
                file=name,
            )
    if "model.safetensors.index.json" in names:
        taken = [file for file in taken if file.path != "model.safetensors"]
    return tuple(sorted(taken, key=lambda file: (file.size, file.path)))


def model_fetch(model: HubModel, folder: Path, told: Told) -> None:
    """Bring all files of a model into `folder`; what is there already is not fetched again.

    Args:
        told: called with the bytes that are there, ever more of them.

    Raises:
        BaseModelError: refused, broken off (what came is kept), or not what the hub lists.
    """
    done = 0
    strangers_remove(model, folder)
    for file in model.files:
        file_fetch(model, file, folder, partial(told_after, told, done))
        done += file.size
        told(done)


def strangers_remove(model: HubModel, folder: Path) -> None:
    """Delete what an earlier process left of another revision: all here becomes the base."""
    own = {path.name for file in model.files for path in places(folder, file)} | {LOCK}
    for path in folder.iterdir():
        if path.name not in own:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def told_after(told: Told, before: int, part: int) -> None:
    told(before + part)


def bytes_kept(model: HubModel, folder: Path) -> int:
    """How much of the model lies in the folder already."""
    kept = 0
    for file in model.files:
        path = next((path for path in places(folder, file) if path.is_file()), None)
        kept += min(file.size, path.stat().st_size) if path else 0
    return kept


def places(folder: Path, file: HubFile) -> tuple[Path, Path]:
    """Where a file stands once it is checked, and where while it comes."""
    return folder / file.path, folder / f"{file.path}.part"


def file_fetch(model: HubModel, file: HubFile, folder: Path, told: Told) -> None:
    whole, part = places(folder, file)
    if whole.is_file():  # of an earlier process, which may have had another revision
        if digest_of(whole, file.digest) == file.digest:
            return
        whole.unlink()
    for _ in range(2):  # what was kept of an earlier break may be what is wrong
        with refusals(model.repository), Part(part, file.size, told) as handle:
            http_get(
                hf_hub_url(model.repository, file.path, revision=model.revision),
                handle,
                resume_size=handle.tell(),
                headers={**build_hf_headers(), "Accept-Encoding": "identity"},
                expected_size=file.size,
                displayed_filename=file.path,
            )
            handle.flush()
            os.fsync(handle.fileno())
        if digest_of(part, file.digest) == file.digest:
            part.rename(whole)
            return
        part.unlink()
    raise BaseModelError(
        f"{file.path} of {model.repository} came twice with another hash than the hub lists. It "
        "was thrown away. Try again later; if it stays so, something between here and the hub "
        "changes files.",
        code="hash",
        file=file.path,
    )


class Part(io.BufferedRandom):
    """A file that is still coming: opened where it broke off, never longer than it should be."""

    def __init__(self, path: Path, size: int, told: Told) -> None:
        if path.is_file() and path.stat().st_size > size:
            path.unlink()
        super().__init__(io.FileIO(path, "r+b" if path.is_file() else "w+b"))
        self.seek(0, os.SEEK_END)
        self._size, self._told, self._path = size, told, path

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > self._size:
            raise BaseModelError(
                f"The hub sends more than the {self._size} bytes that it lists for "
                f"{self._path.stem}. Nothing more was taken.",
                code="hash",
                file=self._path.stem,
            )
        written = super().write(data)
        self._told(self.tell())
        return written


def digest_of(path: Path, like: str) -> str:
    """The file's SHA-256, or git's name of it where that is what the hub lists."""
    if len(like) == 64:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
