"""One file of a data set of the hub, at one revision, with its hash checked.

The hub is the operator's choice (`HF_ENDPOINT`), so its own redirects are followed. It is asked
without the operator's token: whoever may name a data set must not read with another's rights.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.hub import Part, digest_of
from finetune.bases.files.refusals import refusals

from .addresses import Address
from .exceptions import FetchFailed
from .transfer import AGAIN, Told, size_check

ANSWER_SECONDS = 20
WORDS = {
    "offline": ("The hub cannot be reached, or the line broke.", AGAIN),
    "gated": (
        "The data set is given only to accounts that have accepted its terms.",
        "Accept them there, download the file yourself, and upload it.",
    ),
    "not_found": (
        "The hub has no such data set, or gives it only to some accounts.",
        "Look at the address; of a private data set, download the file and upload it.",
    ),
    "revision": ("The hub has no such revision of the data set.", "Look at the address."),
    "hash": ("What came has another hash than the hub lists.", AGAIN),
    "full": ("The server's disk is full.", "Delete what is not needed, then try again."),
}


def hub_fetch(address: Address, path: Path, told: Told, pinned: Callable[[str], None]) -> None:
    """Write a file of the hub; arguments and errors as `url_fetch`.

    Args:
        address: with its repository.
        path: the file to write.
        told: how far it is.
        pinned: called with the commit that is read.
    """
    try:
        with refusals(address.repository):
            api = HfApi(endpoint=settings.HUB_URL, token=False)
            info: Any = api.dataset_info(
                address.repository,
                revision=address.revision,
                files_metadata=True,
                timeout=ANSWER_SECONDS,
            )
        listed = next((one for one in info.siblings or [] if one.rfilename == address.path), None)
        if listed is None:
            raise FetchFailed(
                "not_found",
                f"The data set {address.repository} has no file {address.path[:200]}.",
                "Look at the list of its files.",
            )
        pinned(info.sha)
        _written(address, info.sha, listed, path, told)
    except BaseModelError as error:
        message, hint = WORDS.get(error.code, ("The hub refuses it.", AGAIN))
        raise FetchFailed(error.code, message, hint) from error


def _written(address: Address, commit: str, listed: Any, path: Path, told: Told) -> None:
    size = int((listed.lfs.size if listed.lfs else listed.size) or 0)
    digest = str((listed.lfs.sha256 if listed.lfs else listed.blob_id) or "")
    size_check(size)
    told(0, size)
    path.unlink(missing_ok=True)
    url = hf_hub_url(
        address.repository,
        address.path,
        repo_type="dataset",
        revision=commit,
        endpoint=settings.HUB_URL,
    )
    headers = {**build_hf_headers(token=False), "Accept-Encoding": "identity"}
    with (
        refusals(address.repository),
        Part(path, size, lambda done: told(done, size)) as handle,
    ):
        http_get(url, handle, headers=headers, expected_size=size, displayed_filename=path.name)
        handle.flush()
        os.fsync(handle.fileno())
    if len(digest) not in (40, 64) or digest_of(path, digest) != digest:
        raise FetchFailed("hash", *WORDS["hash"])
