"""Requests that no client should send: generated from the OpenAPI document with a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_from_bytes

from tests.api.generated.openapi import Document, resolved

TEXTS = (
    "\ud800", "x\udfffy", "\udc00\ud800", "a\0b", "\0", "", " ", "²", "١٢", "-1", "+5", "1e5",
    "0x10", "1_0", "5.0", "9" * 30, "9" * 5000, "NaN", "null", "true", "[]", "{}", '["\\ud800"]',
    '{"r": "\\u0000"}', "x" * 3000, "😀" * 70, "\u202egnp.exe", "../../etc/passwd", "a/b\\c",
    "a\r\nX-Evil: 1", "' OR 1=1 --", "%s%n{0}", "auto", "quick", "statevector", "lora", "ft::::",
    "ft:x:ckpt-step-²", "ftjob-", "file-results-", "ftevent-x-" + "9" * 5000, "\ufeff", "é" * 40,
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400, 1.5, -0.0, 1e308,
    1e-320, float("nan"), float("inf"), -float("inf"),
)  # fmt: skip
CHARSETS = ("utf-7", "hex", "utf-16", "idna", "latin-1", "nothing", "rot13", "")


def nested(depth: int, kind: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value] if kind else {"a": value}
    return value


@dataclass
class Request:
    """One request, as Django's test client takes it."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Generator:
    """Makes bad requests for the operations of a document.

    Args:
        ids: real ids, own and of others, by the name of the parameter that takes them.
        bodies: good bodies by operation, to be spoiled.
    """

    def __init__(
        self, document: Document, ids: dict[str, list[str]], bodies: dict[str, Document], seed: Any
    ) -> None:
        self.document = document
        self.ids = ids
        self.bodies = bodies
        self.random = random.Random(repr(seed))

    def request(self, method: str, path: str) -> Request:
        operation = self.document["paths"][path][method]
        request = Request(method.upper(), self.path(path), self.query(operation))
        kinds = list(operation.get("requestBody", {}).get("content", {}))
        if kinds == ["multipart/form-data"]:
            self.multipart(request)
        elif kinds:
            self.json(request, operation, f"{method} {path}")
        elif self.maybe(0.1):
            request.body, request.content_type = b"\xff{", "application/json"
        if self.maybe(0.05):
            request.content_type = self.pick(
                ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                 "multipart/form-data; boundary=;charset=hex", "text/json; charset=hex", ";;;=")
            )  # fmt: skip
        if len(request.query) > 4000:
            # With a charset, Django reads a query before it can answer: `BodyLimit` stands there.
            request.content_type = request.content_type.partition("; charset")[0]
        if self.maybe(0.1):
            request.headers["Idempotency-Key"] = self.pick(("k", "é" * 20, "x" * 300))
        if self.maybe(0.05):
            request.headers["Authorization"] = self.pick(("", "Bearer", "Bearer é", "Basic eDp5"))
        if self.maybe(0.1):
            request.headers["Accept"] = self.pick(("text/html", "*/*;q=²", "", "a" * 500))
        return request

    # -- parts ------------------------------------------------------------------------------------

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, values: Any) -> Any:
        return self.random.choice(list(values))

    def value(self, depth: int = 0) -> Any:
        kind = self.random.randrange(10 if depth < 2 else 6)
        if kind < 3:
            return self.pick(TEXTS)
        if kind < 5:
            return self.pick(NUMBERS)
        if kind == 5:
            return self.pick((None, True, False, [], {}))
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.random.randrange(3))]
        if kind == 8:
            return {
                self.pick(TEXTS): self.value(depth + 1) for _ in range(self.random.randrange(3))
            }
        return nested(self.pick((10, 60, 70, 400)), self.random.randrange(2))

    def path(self, template: str) -> str:
        head, _, rest = template.partition("{")
        if not rest:
            return template
        name, _, tail = rest.partition("}")
        if self.maybe(0.5):
            return head + quote(self.pick(self.ids[name]), safe=":") + self.path(tail)
        raw = self.pick(TEXTS).encode("utf-8", "surrogatepass")[:2000]
        return head + quote_from_bytes(raw, safe=":") + self.path(tail)

    def query(self, operation: Document) -> str:
        names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        if self.maybe(0.02):
            return "&".join(f"a{number}=1" for number in range(1001))
        if not names and self.maybe(0.8):
            return ""
        names += ["metadata[topic]", "metadata", "unknown", self.pick(TEXTS)]
        pairs = []
        for _ in range(self.random.randrange(4)):
            value = self.pick(TEXTS) if self.maybe(0.7) else self.pick(self.pick(self.ids.values()))
            parts = [one.encode("utf-8", "surrogatepass") for one in (self.pick(names), value)]
            pairs.append("=".join(quote_from_bytes(one) for one in parts))
        return "&".join(pairs)

    def json(self, request: Request, operation: Document, name: str) -> None:
        request.content_type = "application/json"
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        fields = list(resolved(self.document, schema)["properties"])
        body = json.loads(json.dumps(self.bodies[name]))
        for _ in range(self.random.randrange(1, 4)):
            spoil: Callable[[Any, list[str]], None] = self.pick(
                (self.set_known, self.set_known, self.set_known, self.set_inside, self.drop)
            )
            spoil(body, fields)
        request.body = json.dumps(body).encode()
        if self.maybe(0.15):
            request.body = self.torn(request.body)

    def set_known(self, body: Document, fields: list[str]) -> None:
        body[self.pick(fields) if self.maybe(0.9) else self.pick(TEXTS)] = self.value()

    def set_inside(self, body: Document, fields: list[str]) -> None:
        inner = [value for value in body.values() if isinstance(value, dict | list) and value]
        target: Any = self.pick(inner or [body])
        while self.maybe(0.6):
            items = target.values() if isinstance(target, dict) else target
            deeper = [value for value in items if isinstance(value, dict | list) and value]
            if not deeper:
                break
            target = self.pick(deeper)
        if isinstance(target, list):
            target[self.random.randrange(len(target))] = self.value()
        else:
            target[self.pick([*target, self.pick(TEXTS)])] = self.value()

    def drop(self, body: Document, fields: list[str]) -> None:
        if body:
            del body[self.pick(body)]

    def torn(self, body: bytes) -> bytes:
        head = self.pick(
            (b'"model": "a", "model": "b"', b'"x": "\xed\xa0\x80"', b'"x": 1e999',
             b'"x": -Infinity', b'"x": "\\u0000"', b'"\\udc00": 1', b'"x": ' + b"9" * 5000)
        )  # fmt: skip
        return self.pick(
            (b"", b"{", b"[]", b'"x"', b"3", b"null", b"\xff\xfe", b"\xef\xbb\xbf" + body,
             body[: len(body) // 2], body + b"}", b"[" * 50_000, b'{"a":' * 50_000,
             body.decode().encode("utf-16"), *[body.replace(b"{", b"{" + head + b", ", 1)] * 8)
        )  # fmt: skip

    def multipart(self, request: Request) -> None:
        boundary = "edge"
        request.content_type = f"multipart/form-data; boundary={boundary}"
        if self.maybe(0.15):
            request.content_type += f"; charset={self.pick(CHARSETS)}"
        parts = []
        if self.maybe(0.9):
            parts.append(part("purpose", self.pick(("fine-tune", *TEXTS))))
        if self.maybe(0.9):
            content = self.pick(
                (b"", b"\0" * 50, b'{"messages": []}\n', b"PK\x03\x04", b"x" * 5000)
            )
            field = self.pick(("file", "data"))
            parts.append(part(field, content, name=self.pick(TEXTS), odd=self.maybe(0.3)))
        if self.maybe(0.05):
            parts += [part(f"f{number}", b"x", name="a") for number in range(101)]
        if self.maybe(0.05):
            parts += [part(f"p{number}", "x") for number in range(1001)]
        if self.maybe(0.1):
            parts.append(part(self.pick(TEXTS), self.pick(TEXTS)))
        end = b"" if self.maybe(0.1) else f"--{boundary}--\r\n".encode()
        request.body = b"".join(parts) + end
        if self.maybe(0.05):
            request.body = request.body[: len(request.body) // 2]


def part(field: str, value: str | bytes, name: str | None = None, odd: bool = False) -> bytes:
    """One part of a multipart body; `odd`: the file's name in UTF-7, its body in base64."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"'
    if name is not None:
        head += f'; filename="{name}"'
        head += "; filename*=utf-7''%2B2AA-" if odd else ""
        head += "\r\nContent-Type: application/octet-stream"
        head += "\r\nContent-Transfer-Encoding: base64" if odd else ""
    return head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + raw + b"\r\n"
