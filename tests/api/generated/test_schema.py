"""Requests that schemathesis makes of the OpenAPI document: valid ones, and ones that break it.

No answer is a 500; each has a status, a content type and a body that the document names. Half of
the ids in addresses are real ones. `make test-all` sends 10,000 requests; the usual tests some 300.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import requests
import schemathesis
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

from tests.api.generated.conftest import Studio
from tests.api.generated.openapi import DOCUMENT, OPERATIONS

pytestmark = pytest.mark.django_db
SCHEMA = schemathesis.openapi.from_dict(deepcopy(DOCUMENT))  # it writes into what it is given
FEW, MANY = 300, 10_000  # requests, of all operations together
HOST = "http://testserver"
CONFORM = [status_code_conformance, content_type_conformance, response_schema_conformance]
REQUEST = ("method", "url", "headers", "params", "data", "json", "files", "cookies")


def of_each(number: int) -> int:
    """So many requests of each operation and kind make that number together."""
    return -(-number // (2 * len(OPERATIONS)))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_answers_are_those_of_the_document(
    studio: Studio,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    send(studio, method, path, mode, of_each(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_ten_thousand_answers_are_those_of_the_document(
    studio: Studio,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    send(studio, method, path, mode, of_each(MANY))


def test_the_numbers_are_what_they_say() -> None:
    assert 2 * len(OPERATIONS) * of_each(FEW) >= FEW
    assert 2 * len(OPERATIONS) * of_each(MANY) >= MANY


def send(studio: Studio, method: str, path: str, mode: GenerationMode, count: int) -> None:
    operation = SCHEMA[path][method]

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def one(case: Any, data: Any) -> None:
        for name in case.path_parameters or {}:
            if name in studio.ids and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(studio.ids[name]))
        answered(studio, case)

    try:
        one()
    except Unsatisfiable:
        pytest.skip("nothing can be asked for in this way: no parameter, no body")


def answered(studio: Studio, case: Any) -> None:
    """Send one case through the site's ASGI handler and hold the answer against the document."""
    asked = case.as_transport_kwargs(base_url=HOST)
    asked["headers"] = {**asked["headers"], **studio.headers}
    prepared = requests.Request(
        **{name: asked[name] for name in REQUEST if asked.get(name) is not None}
    ).prepare()
    answer = async_to_sync(passed_on(studio))(prepared)
    assert answer.status_code != 500, (prepared.method, prepared.url, prepared.body)
    case.validate_response(Response.from_requests(answer, verify=True), checks=CONFORM)


def passed_on(studio: Studio) -> Callable[[requests.PreparedRequest], Any]:
    """What sends a request of the `requests` library through Django's own client."""

    async def send(prepared: requests.PreparedRequest) -> requests.Response:
        body = prepared.body or b""
        headers = {**prepared.headers}
        kind = headers.pop("Content-Type", "")
        headers.pop("Content-Length", None)
        answer = await studio.client.generic(
            prepared.method or "GET",
            prepared.path_url,
            body if isinstance(body, bytes) else body.encode(),
            content_type=kind,
            headers=headers,
        )
        made = requests.Response()
        made.status_code, made.request, made.url = answer.status_code, prepared, prepared.url or ""
        made.headers.update(dict(answer.items()))
        content = b""
        if not answer.streaming:
            content = answer.content
        elif not answer["Content-Type"].startswith("text/event-stream"):  # that may not end
            async for chunk in answer:
                content += chunk
        answer.close()
        made._content = content
        made.raw = HTTPResponse(body=content, headers=dict(answer.items()), status=made.status_code)
        return made

    return send
