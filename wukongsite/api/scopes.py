"""Which scope of a key each operation of the API needs: one table, complete.

A key for everything may call all of them. What the table does not name is open to such keys alone,
until somebody says what it needs; `tests/api/test_scopes.py` finds it.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from finetune.api.errors import ApiError
from finetune.teams.keys.rights import ALL, Right
from finetune.teams.models import ApiKey

INSUFFICIENT = "insufficient_scope"  # as RFC 6750 calls it
JOB = "/v1/fine_tuning/jobs/{fine_tuning_job_id}"
DATASET = "/v1/wukong/datasets/{file_id}"
EVALUATION = "/v1/wukong/evaluations/{evaluation_id}"
STUDY = "/v1/wukong/studies/{study_id}"

OPERATIONS: dict[Right, tuple[str, ...]] = {
    Right.READ: (
        "get /v1/files",
        "get /v1/files/{file_id}",
        "get /v1/files/{file_id}/content",
        f"get {DATASET}",
        f"get {DATASET}/dialogues",
        f"get {DATASET}/findings",
        f"get {DATASET}/findings/{{kind}}/places",
        f"get {DATASET}/problems",
        f"get {DATASET}/problems/{{number}}",
        f"get {DATASET}/versions",
        "get /v1/fine_tuning/jobs",
        f"get {JOB}",
        f"get {JOB}/checkpoints",
        f"get {JOB}/events",
        f"get {JOB}/events/stream",
        f"get {JOB}/exports",
        f"get {JOB}/exports/{{export_id}}",
        f"get {JOB}/exports/{{export_id}}/content",
        "get /v1/fine_tuning/queue",
        "get /v1/fine_tuning/use",
        "get /v1/wukong/evaluations",
        f"get {EVALUATION}",
        f"get {EVALUATION}/content",
        "get /v1/wukong/usage",
        "get /v1/wukong/tasks",
        "get /v1/wukong/backends",
        "get /v1/wukong/quantum_jobs",
        "get /v1/wukong/quantum_jobs/{quantum_job_id}",
        "post /v1/wukong/plans",  # a forecast; nothing is made
        "get /v1/wukong/studies",
        f"get {STUDY}",
        f"get {STUDY}/table",
        "get /v1/models",
        "get /v1/models/{model}",
    ),
    Right.DATA: (
        "post /v1/files",
        "post /v1/uploads",
        "post /v1/uploads/{upload_id}/parts",
        "post /v1/uploads/{upload_id}/complete",
        "post /v1/uploads/{upload_id}/cancel",
        "post /v1/wukong/datasets",
        f"post {DATASET}/check",
        f"post {DATASET}/cancel",
        f"post {DATASET}/findings",
        f"post {DATASET}/findings/cancel",
        f"post {DATASET}/versions",
    ),
    Right.RUNS: (
        "post /v1/fine_tuning/jobs",
        f"post {JOB}/cancel",
        f"post {JOB}/pause",
        f"post {JOB}/resume",
        f"post {JOB}/priority",
        f"post {JOB}/requeue",
        f"post {JOB}/rerun",
        f"post {JOB}/clone",
        f"post {JOB}/exports",
        "post /v1/wukong/evaluations",
        f"post {EVALUATION}/cancel",
        "post /v1/wukong/quantum_jobs/{quantum_job_id}/cancel",
        "post /v1/wukong/studies",
        f"post {STUDY}/stop",
        f"post {STUDY}/resume",
    ),
    Right.CHAT: (
        # A program that talks has to know to whom.
        "get /v1/models",
        "get /v1/models/{model}",
        "post /v1/chat/completions",
        "post /v1/embeddings",
        "post /v1/moderations",
        "post /v1/responses",
    ),
    Right.MANAGE: (
        "get /v1/webhooks",
        "post /v1/webhooks",
        "delete /v1/webhooks/{webhook_id}",
        "delete /v1/files/{file_id}",
        f"delete {JOB}/exports/{{export_id}}",
        f"delete {STUDY}",
        "delete /v1/models/{model}",
    ),
}


def scopes_of(operation: str) -> list[Right]:
    """Those of which an operation (`get /v1/files/{file_id}`) needs one; none: a key for all."""
    return [right for right, operations in OPERATIONS.items() if operation in operations]


def operation_of(request: HttpRequest) -> str:
    """The operation that a request asks for, as the API's document writes it."""
    route = request.resolver_match.route if request.resolver_match else request.path
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    return f"{(request.method or '').lower()} /{path.lstrip('/')}"


def scope_check(request: HttpRequest, key: ApiKey) -> None:
    """Refuse what the key may not do.

    Raises:
        ApiError: 403 with the scope that is missing.
    """
    if ALL in key.may:
        return
    operation = operation_of(request)
    needed = scopes_of(operation)
    if key.may.intersection(needed):
        return
    raise scope_missing(key, needed)


def scope_missing(key: ApiKey, needed: list[Right]) -> ApiError:
    """The refusal of a key that has none of the scopes of which one is needed."""
    names = [str(right) for right in needed] or [ALL]
    words = " or ".join(f"“{name}”" for name in names)
    page = f"{settings.SITE_URL.rstrip('/')}{reverse('keys')}"
    return ApiError(
        403,
        f"This needs an API key with the scope {words}, and the key “{key.name}” has only "
        f"{', '.join(key.rights.split())}. Make another key in the studio under Keys ({page}).",
        code=INSUFFICIENT,
        headers={
            "WWW-Authenticate": f'Bearer error="{INSUFFICIENT}", scope="{" ".join(names)}"',
            "x-should-retry": "false",
        },
    )


def with_scopes(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with the scope that each operation needs, in words."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [f"`{right}`" for right in scopes_of(f"{method} {path}")] or [f"`{ALL}`"]
            line = f"Scope of the key: {' or '.join(names)}."
            told = operation.get("description", "")
            if line not in told:
                operation["description"] = f"{told}\n\n{line}".strip()
    return document
