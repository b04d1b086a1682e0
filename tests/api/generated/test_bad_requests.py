"""No generated request gets a 500 anywhere, and every answer is one that OpenAPI documents.

A longer search by hand, so many requests for each operation:
`WUKONG_BAD_REQUESTS=600 pytest tests/api/generated/test_bad_requests.py`.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.api.generated.bad_requests import Generator, Request
from tests.api.generated.conftest import Studio
from tests.api.generated.openapi import DOCUMENT, OPERATIONS, problems

pytestmark = pytest.mark.django_db
COUNT = int(os.environ.get("WUKONG_BAD_REQUESTS", 25))


def check(request: Request, answer: Any, method: str, path: str) -> None:
    """The answer is one that the document names, in the shape that it names."""
    text = answer.content.decode() if not answer.streaming else ""
    shown = f"{ascii(request)[:1500]} -> {answer.status_code} {text[:500]}"
    assert answer["x-request-id"], shown
    responses = DOCUMENT["paths"][path][method]["responses"]
    status = answer.status_code
    assert status != 500, shown
    assert status in responses, shown
    kind = answer["Content-Type"].partition(";")[0]
    content = responses[status]["content"]
    assert kind in content, shown
    if kind == "application/json":
        body = answer.json()
        assert not problems(DOCUMENT, content[kind]["schema"], body), shown
        if status >= 400:
            assert body["error"]["message"].strip(), shown
            assert "Traceback" not in text, shown
            assert str(django_settings.BASE_DIR) not in body["error"]["message"], shown


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda item: str(item))
def test_no_request_is_too_bad_for_an_answer(studio: Studio, method: str, path: str) -> None:
    made = Generator(DOCUMENT, studio.ids, studio.bodies, (method, path))
    for _ in range(COUNT):
        request = made.request(method, path)
        check(request, studio.send(request), method, path)
