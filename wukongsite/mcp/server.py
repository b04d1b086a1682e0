"""The server of the protocol, from its official package; imported where the first request comes.

The package takes some 20 MB, which a web process that nobody asks for tools does without.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

import mcp_types as protocol
from asgiref.sync import sync_to_async
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from starlette.requests import Request

from finetune.teams.models import ApiKey

from .calling import Answer, tool_call, tools_for
from .tools import Tool

Context = ServerRequestContext[Any, Request]
INSTRUCTIONS = (
    "Wukong Studio fine-tunes language models on dialogues, with and without quantum circuits. "
    "Usual order: list_datasets, read_findings, list_models, plan_run, start_run, then read_run "
    "until it has finished. Times are seconds since 1970, losses nats a token."
)
logging.getLogger("mcp").setLevel(logging.WARNING)  # else two lines for each request


@cache
def server() -> Server[Any]:
    """One for the process; whose key it is comes with each request."""
    return Server(
        "wukong-studio",
        title="Wukong Studio",
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


async def listed(
    context: Context, _: protocol.PaginatedRequestParams | None
) -> protocol.ListToolsResult:
    tools = await sync_to_async(tools_for)(key_of(context))
    return protocol.ListToolsResult(tools=[described(tool) for tool in tools])


def described(tool: Tool) -> protocol.Tool:
    return protocol.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        annotations=protocol.ToolAnnotations(
            read_only_hint=tool.needs == "read",
            destructive_hint=tool.ends,
            open_world_hint=False,
        ),
    )


async def called(
    context: Context, params: protocol.CallToolRequestParams
) -> protocol.CallToolResult:
    request_id = state_of(context)["request_id"]
    answer = await sync_to_async(tool_call)(
        key_of(context), params.name, params.arguments or {}, request_id
    )
    return result_of(answer)


def result_of(answer: Answer) -> protocol.CallToolResult:
    if answer.refusal:
        text = protocol.TextContent(type="text", text=answer.refusal)
        return protocol.CallToolResult(content=[text], is_error=True)
    written = json.dumps(answer.content, ensure_ascii=False)
    return protocol.CallToolResult(
        content=[protocol.TextContent(type="text", text=written)],
        structured_content=answer.content,
    )


def state_of(context: Context) -> dict[str, Any]:
    assert context.request is not None, "the view gives each request to the server"
    state: dict[str, Any] = context.request.scope["state"]
    return state


def key_of(context: Context) -> ApiKey:
    key: ApiKey = state_of(context)["key"]
    return key
