"""The official client of the Model Context Protocol, against a running site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

PATIENCE = 120.0


@asynccontextmanager
async def tools_at(url: str, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a site's tools with an API key.

    Args:
        url: of the site.
        key: sent as a bearer key.
        mode: `legacy` begins with a handshake, as clients before July 2026 do; `auto` needs none.
    """
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=PATIENCE) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def told(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Why a tool refuses."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    assert result.structured_content is None
    (words,) = [block.text for block in result.content if block.type == "text"]
    assert "Traceback" not in words
    return words
