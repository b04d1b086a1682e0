"""A model hub on loopback: what `huggingface_hub` asks of the real one, and how that goes wrong.

Info of models and of data sets (called `datasets/OWNER/NAME`) with hashes, `resolve` with ETag,
X-Repo-Commit and Range, weights by a redirect to another host (as the hub's storage is), gated
models, tokens. A test part: it stands under `tests/`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_double"
LARGE = 4096  # files above are kept as the hub keeps weights: by SHA-256, elsewhere


@dataclass
class Repository:
    """One model: its files, what its card says, and whether it asks for acceptance."""

    files: dict[str, bytes]
    licence: str = "apache-2.0"
    gated: bool = False
    branches: dict[str, str] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()


@dataclass
class ModelHub:
    """What the double holds, how it misbehaves, and what it was asked."""

    models: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)  # close after so many bytes of weights, in turn
    corrupt: set[str] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)  # what is listed instead of the truth
    unhashed: set[str] = field(default_factory=set)
    status: int = 0
    slow: Event | None = None  # weights wait for it in their middle
    url: str = ""
    port: int = 0

    def ranges(self) -> list[str]:
        return [headers["Range"] for _, _, headers in self.asked if "Range" in headers]

    def bodies(self, name: str) -> int:
        """How often a file's bytes were asked for."""
        return sum(method == "GET" and path.endswith(f"/{name}") for method, path, _ in self.asked)


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ModelHub

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        headers = {name.title(): value for name, value in self.headers.items()}
        self.hub.asked.append((self.command, path, headers))
        if self.hub.status:
            return self.refuse(self.hub.status, "", "out of order")
        if path == "/api/models":
            return self.send(b"[]")
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self.info(found[1], found[2] or "main")
        if found := re.fullmatch(r"/api/(datasets/[^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self.info(found[1], found[2] or "main")
        if found := re.fullmatch(r"/((?:datasets/)?[^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.resolve(found[1], found[2], found[3])
        if found := re.fullmatch(r"/storage/((?:datasets/)?[^/]+/[^/]+)/(.+)", path):
            return self.body(found[2], self.hub.models[found[1]].files[found[2]])
        return self.refuse(404, "", "no such page")

    def model(self, name: str, revision: str) -> Repository | None:
        model = self.hub.models.get(name)
        token = self.headers.get("Authorization")
        if token and token != f"Bearer {TOKEN}":
            self.refuse(401, "", "Invalid credentials in Authorization header")
        elif model is None:
            self.refuse(401 if token is None else 404, "RepoNotFound", "Repository not found")
        elif revision not in ("main", model.commit):
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        else:
            return model
        return None

    def info(self, name: str, revision: str) -> None:
        if model := self.model(name, revision):
            siblings = [self.sibling(path, content) for path, content in model.files.items()]
            about = {
                "id": name,
                "sha": model.commit,
                "gated": "manual" if model.gated else False,
                "cardData": {"license": model.licence},
                "tags": [],
                "siblings": siblings,
            }
            self.send(json.dumps(about).encode())

    def sibling(self, path: str, content: bytes) -> dict[str, Any]:
        size = self.hub.sizes.get(path, len(content))
        about: dict[str, Any] = {"rfilename": path, "size": size, "blobId": git_name(content)}
        if len(content) > LARGE:
            sha256 = hashlib.sha256(content).hexdigest()
            about["lfs"] = {"sha256": sha256, "size": size, "pointerSize": 134}
        if path in self.hub.unhashed:
            about = {"rfilename": path, "size": size}
        return about

    def resolve(self, name: str, revision: str, path: str) -> None:
        model = self.model(name, revision)
        if model is None:
            return None
        if model.gated and not self.headers.get("Authorization"):
            return self.refuse(401, "GatedRepo", f"Access to model {name} is restricted.")
        if path not in model.files:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        content = model.files[path]
        if len(content) <= LARGE:
            return self.body(path, content, {"X-Repo-Commit": model.commit})
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.hub.port}/storage/{name}/{path}")
        self.send_header("X-Repo-Commit", model.commit)
        self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def body(self, path: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        if path in self.hub.corrupt:
            content = bytes([content[0] ^ 1]) + content[1:]
        size, start = len(content), 0
        if asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(asked[1])
        self.send_response(206 if asked else 200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("ETag", f'"{git_name(content)}"')
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        if self.command == "GET":
            self.bytes_out(content[start:], weights=size > LARGE)

    def bytes_out(self, content: bytes, *, weights: bool) -> None:
        if weights and self.hub.breaks:
            self.wfile.write(content[: self.hub.breaks.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        elif weights and self.hub.slow:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.hub.slow.wait(60)
            self.wfile.write(content[len(content) // 2 :])
        else:
            self.wfile.write(content)

    def send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that was ended in the middle of a file


@contextmanager
def model_hub() -> Iterator[ModelHub]:
    """A double that answers on a port of its own until the end of the block."""
    hub = ModelHub()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.port = server.server_address[1]
    hub.url = f"http://127.0.0.1:{hub.port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield hub
    finally:
        if hub.slow:
            hub.slow.set()
        server.shutdown()
        server.server_close()
