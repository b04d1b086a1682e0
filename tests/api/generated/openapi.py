"""Our OpenAPI document, and the part of JSON Schema that it uses, as a validator for tests."""

from __future__ import annotations

import math
from typing import Any

from wukongsite.api.endpoints import api

Document = dict[str, Any]
DOCUMENT: Document = api.get_openapi_schema(path_prefix="v1/")
OPERATIONS = [(method, path) for path, found in DOCUMENT["paths"].items() for method in found]
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
IGNORED = {"default", "description", "examples", "format", "maximum", "minimum", "title"}
IGNORED |= {"maxItems", "maxLength", "minItems", "minLength"}  # of what is asked, not of answers
CHECKED = {"$ref", "additionalProperties", "anyOf", "const", "enum", "items", "properties"}
CHECKED |= {"required", "type"}


def resolved(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def problems(document: Document, schema: Document, value: Any, where: str = "$") -> list[str]:
    """Every place where a value is not what the schema says."""
    schema = resolved(document, schema)
    unknown = set(schema) - CHECKED - IGNORED
    assert not unknown, f"teach this validator {unknown}"
    if "anyOf" in schema:
        tried = [problems(document, part, value, where) for part in schema["anyOf"]]
        return [] if any(not found for found in tried) else [f"{where}: {value!r:.80} is none"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r:.80} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r:.80} is not one of {schema['enum']}")
    kind = schema.get("type")
    if kind and not is_a(kind, value):
        return [*found, f"{where}: {value!r:.80} is no {kind}"]
    if isinstance(value, dict):
        found += in_object(document, schema, value, where)
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += problems(document, schema.get("items", {}), item, f"{where}[{index}]")
    return found


def is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, KINDS[kind]) and not (isinstance(value, float) and math.isnan(value))


def in_object(document: Document, schema: Document, value: Document, where: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [
        f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value
    ]
    rest = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            found += problems(document, properties[name], item, f"{where}.{name}")
        elif rest is False:
            found.append(f"{where}: {name} is not documented")
        elif isinstance(rest, dict):
            found += problems(document, rest, item, f"{where}.{name}")
    return found
