"""What the hub, the line or the disk refuses, in our words: what is wrong, and what to do."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .exceptions import BaseModelError


def space_check(folder: Path, needed: int, margin: int) -> None:
    """Refuse what does not fit beside the margin that is left free."""
    free = shutil.disk_usage(folder).free
    if free < needed + margin:
        raise BaseModelError(
            f"It needs {needed / 1e9:.2f} GB in {folder}, where {free / 1e9:.2f} GB are free and "
            f"{margin / 1e9:.2f} GB have to stay so. Make room, then go on.",
            code="disk",
            needed=needed,
            free=free,
            margin=margin,
        )


@contextmanager
def refusals(repository: str) -> Iterator[None]:
    """Say in our words what the hub, the line or the disk refuses."""
    try:
        yield
    except (OfflineModeIsEnabled, httpx2.TransportError) as error:
        raise BaseModelError(
            f"{constants.ENDPOINT} cannot be reached, or the line broke ({error_line(error)}). "
            "What came is kept. Look at the network, then go on; or bring the model as a folder.",
            code="offline",
            hub=constants.ENDPOINT,
        ) from error
    except GatedRepoError as error:
        raise BaseModelError(
            f"{repository} is given only to accounts that have accepted its licence. Accept it at "
            f"{constants.ENDPOINT}/{repository}, then give the studio that account's token as "
            "HF_TOKEN, start it again, and go on.",
            code="gated",
            page=f"{constants.ENDPOINT}/{repository}",
        ) from error
    except RevisionNotFoundError as error:
        raise BaseModelError(
            f"The hub no longer has the revision of {repository} that is pinned here.",
            code="revision",
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BaseModelError(
            f"There is no model {repository} at {constants.ENDPOINT}, or this account may not see "
            "it. Check the name, and HF_TOKEN.",
            code="not_found",
            hub=constants.ENDPOINT,
        ) from error
    except HfHubHTTPError as error:
        if error.response.status_code == 401:
            raise BaseModelError(
                "The hub does not take the token in HF_TOKEN. Make a new one there, start the "
                "studio with it, and go on.",
                code="token",
            ) from error
        raise BaseModelError(
            f"The hub refuses {repository} ({error_line(error)}). What came is kept. Try again "
            "later.",
            code="hub",
            status=error.response.status_code,
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        words = "The disk is full" if full else f"It broke off ({error_line(error)})"
        raise BaseModelError(
            f"{words}. What came is kept; {'make room' if full else 'look at the network'}, then "
            "go on.",
            code="full" if full else "offline",
            hub=constants.ENDPOINT,
        ) from error


def error_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
