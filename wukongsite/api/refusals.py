"""What each operation of the OpenAPI document may answer beside success.

The routers say what succeeds; refusals come from several layers (the door, the key, the limit of
requests, parsing, services, faults of the machine), so they are written into the document here,
by rules and by the few operations that have refusals of their own.
"""

from typing import Any

Document = dict[str, Any]
JOBS, FILES, MODELS, CHAT = (
    "/v1/fine_tuning/jobs",
    "/v1/files",
    "/v1/models",
    "/v1/chat/completions",
)
STUDIES = "/v1/wukong/studies"
JOB = JOBS + "/{fine_tuning_job_id}"
DATASET = "/v1/wukong/datasets/{file_id}"
EVALUATIONS = "/v1/wukong/evaluations"
MEANINGS = {
    400: "A field, a parameter or the body cannot be used; `param` names it.",
    401: "No key, a wrong one, a revoked one, or one whose time is over.",
    403: "The key has not the scope that is needed, or it cannot be deleted.",
    404: "No such thing in the key's team.",
    409: "The state does not allow it.",
    413: "The body is larger than the limit.",
    429: "Too many requests, or the engine's queue is full. `Retry-After` says when to come again.",
    500: "A bug. The studio's log has it under the answer's `x-request-id`.",
    503: "The engine, the database or the queue does not answer. Try again.",
    507: "The disk is full.",
}
ALWAYS = (400, 401, 403, 429, 500, 503)
OWN: dict[str, tuple[int, ...]] = {
    f"post {JOBS}": (404, 409),
    f"post {JOB}/cancel": (409,),
    f"post {JOB}/pause": (409,),
    f"post {JOB}/resume": (409,),
    f"post {JOB}/priority": (409,),
    f"post {JOB}/requeue": (409,),
    f"post {JOB}/rerun": (409,),
    f"post {JOB}/clone": (409,),
    f"post {JOB}/exports": (409,),
    f"get {JOB}/exports/{{export_id}}/content": (409,),
    f"post {DATASET}/findings": (409,),
    f"post {DATASET}/findings/cancel": (409,),
    f"get {DATASET}/dialogues": (409,),
    f"post {DATASET}/versions": (409,),
    f"post {DATASET}/check": (409,),
    f"post {DATASET}/cancel": (409,),
    f"get {EVALUATIONS}": (404,),
    f"post {EVALUATIONS}": (404, 409),
    f"post {EVALUATIONS}/{{evaluation_id}}/cancel": (409,),
    f"get {EVALUATIONS}/{{evaluation_id}}/content": (409,),
    f"delete {FILES}/{{file_id}}": (409,),
    f"get {FILES}/{{file_id}}/content": (409,),
    "post /v1/uploads/{upload_id}/parts": (409,),
    "post /v1/uploads/{upload_id}/complete": (409,),
    "post /v1/uploads/{upload_id}/cancel": (409,),
    f"post {CHAT}": (404,),
    "post /v1/responses": (404,),
    "post /v1/embeddings": (404,),
    "post /v1/wukong/plans": (404, 409),
    "post /v1/wukong/quantum_jobs/{quantum_job_id}/cancel": (409,),
    f"post {STUDIES}": (404, 409),
    f"delete {STUDIES}/{{study_id}}": (409,),
    f"post {STUDIES}/{{study_id}}/stop": (409,),
    f"post {STUDIES}/{{study_id}}/resume": (409,),
}
TEXT_OR_NONE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
ERROR: Document = {
    "title": "Error",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string", "description": "What is wrong and what to do."},
                "type": {"type": "string"},
                "param": {**TEXT_OR_NONE, "description": "The field that it is about."},
                "code": {**TEXT_OR_NONE, "description": "A stable word for programs."},
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}


def with_refusals(document: Document) -> Document:
    """The document with every status that an operation may answer, and the shape of errors."""
    document["components"]["schemas"]["Error"] = ERROR
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status in refusals_of(method, path, operation):
                operation["responses"].setdefault(status, refusal(status))
    return document


def refusals_of(method: str, path: str, operation: Document) -> list[int]:
    statuses = {*ALWAYS, *OWN.get(f"{method} {path}", ())}
    if "{" in path:
        statuses.add(404)
    if "requestBody" in operation:
        statuses.add(413)
    if method != "get":
        statuses.add(507)
    return sorted(statuses)


def refusal(status: int) -> Document:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": MEANINGS[status], "content": {"application/json": {"schema": schema}}}
