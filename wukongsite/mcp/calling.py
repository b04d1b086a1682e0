"""Calling a tool: its arguments checked, its answer as JSON, its refusals in words."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from finetune.api.errors import ApiError, api_error_of, fault_error
from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.teams.keys.rights import ALL
from finetune.teams.models import ApiKey
from wukongsite.api.handlers import validation_error
from wukongsite.api.scopes import scope_missing

from . import data, runs, studies
from .tools import Tool

log = logging.getLogger("wukongsite.mcp")
TOOLS = {tool.name: tool for tool in (*data.TOOLS, *runs.TOOLS, *studies.TOOLS)}


@dataclass(frozen=True)
class Answer:
    """What a tool says: an object, or why it refuses."""

    content: dict[str, Any]
    refusal: str = ""


def may(key: ApiKey, tool: Tool) -> bool:
    """Whether a key's scopes let it call a tool."""
    return bool(key.may & {ALL, tool.needs})


def tools_for(key: ApiKey) -> list[Tool]:
    """The tools that a key may call."""
    return [tool for tool in TOOLS.values() if may(key, tool)]


def tool_call(key: ApiKey, name: str, given: dict[str, Any], request_id: str) -> Answer:
    """Call a tool in the name of a key's team. A bug is in the log under the request's id."""
    try:
        tool = TOOLS.get(name)
        if tool is None:
            known = ", ".join(one.name for one in tools_for(key))
            raise ApiError(404, f"There is no tool {name[:60]!r}; known: {known}.")
        if not may(key, tool):
            raise scope_missing(key, [tool.needs])
        return Answer(tool.answer(key, tool.arguments.model_validate(given)))
    except ApiError as error:
        refusal = error
    except StudioError as error:
        refusal = api_error_of(error)
    except ValidationError as error:
        problems = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        refusal = validation_error(problems)
    except Exception as error:
        log.error("request %s failed in the tool %s", request_id, name, exc_info=error)
        fault = fault_of(error)
        words = (
            f"The studio failed to answer. It is in its log under this request's id: {request_id}."
        )
        refusal = fault_error(fault) if fault else ApiError(500, words)
    return Answer({}, refusal.as_json()["error"]["message"])
