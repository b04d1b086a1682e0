"""The page at /v1/docs: every endpoint from the OpenAPI document, with examples and a try-out form.

Ninja's own page loads Swagger UI from a CDN or brings inline styles; this one is plain HTML of the
site, readable without JavaScript, under the same content security policy as every other page.
"""

import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

Document = dict[str, Any]
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
JOB = JOBS + "/{fine_tuning_job_id}"
PYTHON = {
    f"post {FILES}": 'client.files.create(file=open("dialogues.jsonl", "rb"), purpose="fine-tune")',
    f"get {FILES}": "client.files.list()",
    f"get {FILES}/{{file_id}}": 'client.files.retrieve("file-…")',
    f"delete {FILES}/{{file_id}}": 'client.files.delete("file-…")',
    f"get {FILES}/{{file_id}}/content": 'client.files.content("file-…").text',
    f"post {JOBS}": (
        "client.fine_tuning.jobs.create(\n"
        '    model="smollm2-135m-instruct",\n'
        '    training_file="file-…",\n'
        '    suffix="calm",\n'
        '    method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},\n'
        '    extra_body={"adapter": "qtha", "adapter_options": {"r": 8, "n_layers": 1}},\n'
        ")"
    ),
    f"get {JOBS}": 'client.fine_tuning.jobs.list(limit=10, metadata={"topic": "sleep"})',
    f"get {JOB}": 'client.fine_tuning.jobs.retrieve("ftjob-…")',
    f"post {JOB}/cancel": 'client.fine_tuning.jobs.cancel("ftjob-…")',
    f"post {JOB}/pause": 'client.fine_tuning.jobs.pause("ftjob-…")',
    f"post {JOB}/resume": 'client.fine_tuning.jobs.resume("ftjob-…")',
    f"get {JOB}/events": (
        'for event in client.fine_tuning.jobs.list_events("ftjob-…"):\n    print(event.message)'
    ),
    f"get {JOB}/checkpoints": 'client.fine_tuning.jobs.checkpoints.list("ftjob-…")',
    "get /v1/models": "client.models.list()",
    "get /v1/models/{model}": 'client.models.retrieve("smollm2-135m-instruct")',
    "delete /v1/models/{model}": 'client.models.delete("ft:…")',
    "post /v1/chat/completions": (
        "stream = client.chat.completions.create(\n"
        '    model="smollm2-135m-instruct",\n'
        '    messages=[{"role": "user", "content": "I cannot sleep before exams."}],\n'
        "    stream=True,\n"
        ")\n"
        "for chunk in stream:\n"
        '    print(chunk.choices[0].delta.content or "", end="")'
    ),
}


class ApiDocs(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        document = api.get_openapi_schema()
        context = {
            "groups": groups_of(document),
            "openapi_url": self.get_openapi_url(api, kwargs),
            "base_url": settings.SITE_URL.rstrip("/") + "/v1",
            "keys_url": reverse("keys"),
        }
        return render(request, "api/docs.html", context)


def groups_of(document: Document) -> list[dict[str, Any]]:
    """The endpoints by tag, in the order in which the routers were added."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["Other"])[0]
            groups.setdefault(tag, []).append(endpoint_of(document, path, method, operation))
    return [{"name": name, "endpoints": endpoints} for name, endpoints in groups.items()]


def endpoint_of(document: Document, path: str, method: str, operation: Document) -> Document:
    kind, schema = body_of(document, operation)
    example = schema.get("example")
    endpoint = {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": prose(operation.get("description", "")),
        "parameters": [parameter_of(document, one) for one in operation.get("parameters", [])],
        "fields": fields_of(document, schema),
        "body_kind": kind,
        "example": json.dumps(example, indent=2, ensure_ascii=False) if example else "",
        "python": PYTHON.get(f"{method} {path}", ""),
    }
    return endpoint | {"curl": curl_of(endpoint)}


def prose(text: str) -> SafeString:
    """Words of a docstring for the page: lines joined to paragraphs, `names` set as code."""
    paragraphs = [escape(" ".join(part.split())) for part in text.split("\n\n")]
    whole = "\n\n".join(paragraphs)
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", whole))  # noqa: S308 - escaped above


def body_of(document: Document, operation: Document) -> tuple[str, Document]:
    content = operation.get("requestBody", {}).get("content", {})
    for kind, part in content.items():
        return kind, resolved(document, part["schema"])
    return "", {}


def resolved(document: Document, schema: Document) -> Document:
    """A schema with its reference followed; of several alternatives the first that is not null."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return {**document["components"]["schemas"][name], **without(schema, "$ref")}
    if len(schema.get("allOf", [])) == 1:
        return {**resolved(document, schema["allOf"][0]), **without(schema, "allOf")}
    return schema


def without(schema: Document, name: str) -> Document:
    return {key: value for key, value in schema.items() if key != name}


def parameter_of(document: Document, parameter: Document) -> Document:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter.get("required", False),
        "type": type_of(document, schema),
        "default": schema.get("default"),
        "help": prose(parameter.get("description") or schema.get("description", "")),
    }


def fields_of(document: Document, schema: Document) -> list[Document]:
    required = set(schema.get("required", []))
    return [
        {
            "name": name,
            "required": name in required,
            "type": type_of(document, part),
            "help": prose(part.get("description", "")),
            "file": part.get("format") == "binary",
        }
        for name, part in schema.get("properties", {}).items()
    ]


def type_of(document: Document, schema: Document) -> str:
    """A type in the words of a reader: `integer or "auto"`, `list of string`, `object`."""
    schema = resolved(document, schema)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        kinds = [type_of(document, part) for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("format") == "binary":
        return "file"
    if schema.get("type") == "array":
        return f"list of {type_of(document, schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def curl_of(endpoint: Document) -> str:
    method = "" if endpoint["method"] == "GET" else f" -X {endpoint['method']}"
    lines = [f'curl{method} "$BASE{endpoint["path"].removeprefix("/v1")}"']
    lines.append('-H "Authorization: Bearer $KEY"')
    if endpoint["body_kind"] == "multipart/form-data":
        lines += ["-F purpose=fine-tune", "-F file=@dialogues.jsonl"]
    elif endpoint["example"]:
        compact = json.dumps(json.loads(endpoint["example"]), ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', f"-d '{compact}'"]
    return " \\\n  ".join(lines)
