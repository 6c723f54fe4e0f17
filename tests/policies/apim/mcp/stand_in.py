"""A stand-in for LiteLLM on the MCP SDK's server: it knows people by their virtual keys and answers in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from starlette.applications import Starlette


def app(keys: Mapping[str, str]) -> Starlette:
    """One server at LiteLLM's path, whose tool says whose key came; `keys` are by person."""
    server = MCPServer("litellm", log_level="ERROR")
    people = {key: person for person, key in keys.items()}

    async def list_files(context: Context[Any, Any]) -> str:
        await context.report_progress(1, 2, "half")
        await asyncio.sleep(0.4)  # so that pieces stay apart on a busy machine
        request: Any = context.request_context.request
        return people.get(request.headers["x-litellm-api-key"], "nobody")

    server.tool(name="listFiles")(list_files)
    return server.streamable_http_app(streamable_http_path="/drive/mcp")
