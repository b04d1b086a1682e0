"""One file from a URL to the disk: each hop judged, size and time bounded, streamed.

Every host on the way has to be allowed, since a redirect may lead anywhere; none may lead into the
server's own network (`finetune.outside.connections`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings

from finetune.exceptions import UploadRefused
from finetune.outside.connections import OutsideRefused, checked, client, host_of, sent

from .addresses import host_check
from .exceptions import FetchFailed

HOPS = 5
TELL_SECONDS = 0.5
CONNECT_SECONDS = 10.0
SILENT_SECONDS = 60.0
HEADERS = {"user-agent": "Wukong-Studio-Data/1", "accept": "*/*", "accept-encoding": "identity"}
REDIRECTS = (301, 302, 303, 307, 308)
Told = Callable[[int, int | None], None]
AGAIN = "Try again later, or download the file yourself and upload it."


def url_fetch(url: str, path: Path, told: Told) -> None:
    """Write what a URL answers.

    Args:
        url: http or https.
        path: the file to write; replaced if it is there.
        told: called twice a second with the bytes that have come and, where it is known, how
            many there will be.
            What it raises ends the transfer.

    Raises:
        FetchFailed: refused, broken off, too large or too slow.
        OSError: the disk is full.
    """
    try:
        _watched(url, path, told)
    except TimeoutError as error:
        raise FetchFailed(
            "timeout",
            f"It was not there within {settings.DATA_FETCH_SECONDS} seconds.",
            AGAIN,
        ) from error
    except OutsideRefused as error:
        raise FetchFailed(error.problem, *_outside_words(error)) from error
    except UploadRefused as error:
        raise FetchFailed(
            error.code, error.message, "Ask the administrator to allow it."
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        text = str(error)[:200] or type(error).__name__
        raise FetchFailed(
            "unreachable", f"The line broke, or nobody answers ({text}).", AGAIN
        ) from (error)


@dataclass
class _Progress:
    """What the thread that transfers and the one that tells of it share."""

    done: int = 0
    total: int | None = None
    is_unwanted: bool = False


def _watched(url: str, path: Path, told: Told) -> None:
    """Transfer in a thread with an event loop, and tell from this one, which has the database."""
    progress = _Progress()
    with ThreadPoolExecutor(1, "data-fetch") as pool:
        transfer = pool.submit(asyncio.run, _within_time(httpx.URL(url), path, progress))
        try:
            while not wait([transfer], TELL_SECONDS).done:
                told(progress.done, progress.total)
        except BaseException:
            progress.is_unwanted = True
            raise
    transfer.result()
    told(progress.done, progress.total)


def _outside_words(error: OutsideRefused) -> tuple[str, str]:
    if error.problem == "private":
        return (
            f"{error.host} leads into the server's own network, which nothing is fetched from.",
            "Give an address that can be reached from outside.",
        )
    return f"There is no host {error.host}.", "Look at the address."


async def _within_time(url: httpx.URL, path: Path, progress: _Progress) -> None:
    limits = httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS)
    async with asyncio.timeout(settings.DATA_FETCH_SECONDS), client(limits) as outside:
        for _ in range(HOPS + 1):
            host_check(host_of(url))
            found = await checked(url, inside=settings.DATA_PRIVATE_URLS)
            answer = await sent(outside, "GET", url, found, HEADERS)
            try:
                if answer.status_code not in REDIRECTS:
                    return await _written(answer, path, progress)
                url = _next_hop(url, answer)
            finally:
                await answer.aclose()
    raise FetchFailed("redirect", f"The address leads on more than {HOPS} times.", "Look at it.")


def _next_hop(url: httpx.URL, answer: httpx.Response) -> httpx.URL:
    try:
        target = url.join(answer.headers.get("location", ""))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchFailed("redirect", "It leads on to something that is no address.", AGAIN) from (
            error
        )
    is_downgrade = url.scheme == "https" and target.scheme != "https"
    if target.scheme not in ("http", "https") or not target.host or is_downgrade:
        raise FetchFailed(
            "redirect", f"It leads on to {str(target)[:200]}, which is not fetched.", AGAIN
        )
    return target.copy_with(userinfo=b"")


async def _written(answer: httpx.Response, path: Path, progress: _Progress) -> None:
    if answer.status_code != 200:
        raise FetchFailed(
            "status",
            f"The server answers {answer.status_code} {answer.reason_phrase[:80]}.",
            "Look at the address, and whether the file may be read without signing in.",
        )
    length = answer.headers.get("content-length", "")
    total = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    size_check(total or 0)
    progress.total = total
    with path.open("wb") as handle:
        async for block in answer.aiter_raw():
            progress.done += len(block)
            size_check(progress.done)
            if progress.is_unwanted:
                return
            handle.write(block)
        handle.flush()
        os.fsync(handle.fileno())
    if total is not None and progress.done != total:
        raise FetchFailed("broke_off", f"Only {progress.done:,} of {total:,} bytes came.", AGAIN)


def size_check(size: int) -> None:
    """Raises FetchFailed: it is over the limit of uploads."""
    if size > settings.UPLOAD_MAX_MB * 2**20:
        raise FetchFailed(
            "too_large",
            f"The file has more than {settings.UPLOAD_MAX_MB} MB, which is the limit.",
            "Choose a smaller one, or ask the administrator to raise WUKONG_UPLOAD_MAX_MB.",
        )
