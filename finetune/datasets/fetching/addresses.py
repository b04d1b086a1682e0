"""Addresses that data may be fetched from: what may be named, and what the operator allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from finetune.exceptions import UploadRefused
from finetune.outside.connections import host_of

LENGTH = 2000
HUB_SCHEME = "hf://datasets/"
NAME = r"[A-Za-z0-9][\w.-]{0,95}"
HUB_PATH = re.compile(
    rf"(?P<repository>{NAME}/{NAME})(@(?P<revision>[\w./-]{{1,80}}?))?/(?P<path>.+)"
)
HUB_PAGE = re.compile(
    rf"/datasets/(?P<repository>{NAME}/{NAME})/(blob|resolve|raw)/(?P<revision>[^/]+)/(?P<path>.+)"
)
EVERYWHERE = "*"


@dataclass(frozen=True)
class Address:
    """Where a file stands: at a URL, or in a data set of the hub (then `repository` is given)."""

    url: str
    repository: str = ""
    revision: str = ""
    path: str = ""

    @property
    def filename(self) -> str:
        path = self.path or unquote(httpx.URL(self.url).path)
        return PurePosixPath(path).name

    @property
    def shown(self) -> str:
        """Without what may be a key: the query."""
        if self.repository:
            return f"{HUB_SCHEME}{self.repository}/{self.path}"
        return self.url.partition("?")[0].partition("#")[0]


def fetching_is_allowed() -> bool:
    return bool(allowed_hosts())


def allowed_hosts() -> list[str]:
    return [host.strip().lower() for host in settings.DATA_URLS.split(",") if host.strip()]


def host_allowed(host: str) -> bool:
    """Whether the operator names this host, all hosts, or those below (`*.example.org`)."""
    host = host.lower().rstrip(".")
    return any(
        entry in (EVERYWHERE, host) or (entry.startswith("*.") and host.endswith(entry[1:]))
        for entry in allowed_hosts()
    )


def address_read(text: str) -> Address:
    """What somebody named, if it may be fetched.

    Raises:
        UploadRefused: it is no address of a file, or not allowed here.
    """
    text = text.strip()
    if not fetching_is_allowed():
        raise refused(_("Fetching from an address is not allowed here."), "not_allowed")
    if len(text) > LENGTH:
        raise refused(_("The address is too long."), "invalid_address")
    if text.startswith(HUB_SCHEME):
        found = HUB_PATH.fullmatch(text.removeprefix(HUB_SCHEME))
        if found is None or not _is_plain(found["path"]):
            raise refused(
                _("Write the whole path of one file: hf://datasets/OWNER/NAME/path/file.jsonl"),
                "invalid_address",
            )
        address = Address(text, found["repository"], found["revision"] or "main", found["path"])
        host_check(host_of(httpx.URL(settings.HUB_URL)))
        return address
    return _of_url(text)


def _of_url(text: str) -> Address:
    try:
        url = httpx.URL(text)
        host = host_of(url)
    except (httpx.InvalidURL, UnicodeError):
        url, host = httpx.URL(""), ""
    if url.scheme not in ("http", "https") or not host:
        raise refused(
            _("Write an address that begins with https:// or http://, or hf://datasets/…"),
            "invalid_address",
        )
    if url.userinfo:
        raise refused(
            _("An address with a name or password in it is not kept. Leave them out."),
            "invalid_address",
        )
    host_check(host)
    if (
        host == host_of(httpx.URL(settings.HUB_URL))
        and url.port == httpx.URL(settings.HUB_URL).port
    ):
        found = HUB_PAGE.fullmatch(unquote(url.path))
        if found is None or not _is_plain(found["path"]):
            raise refused(
                _("At the hub, open one file of the data set and give the address of its page."),
                "invalid_address",
            )
        return Address(text, found["repository"], found["revision"], found["path"])
    return Address(text)


def host_check(host: str) -> None:
    """Raises UploadRefused: the operator does not name this host."""
    if not host_allowed(host):
        raise refused(
            _("%(host)s is not among the hosts that data may be fetched from here: %(hosts)s.")
            % {"host": host[:200], "hosts": ", ".join(allowed_hosts())},
            "host_not_allowed",
        )


def _is_plain(path: str) -> bool:
    return not any(part in ("", ".", "..") for part in path.split("/"))


def refused(message: str, code: str) -> UploadRefused:
    return UploadRefused(message, code=code, field="address")
