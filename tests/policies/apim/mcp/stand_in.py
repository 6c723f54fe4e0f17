"""A stand-in for LiteLLM on the MCP SDK's server: it knows people by their virtual keys and answers in pieces."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from starlette.applications import Starlette

from tests.waiting import PATIENCE


def app(keys: Mapping[str, str], goes_on: threading.Event) -> Starlette:
    """One server at LiteLLM's path, whose tool says whose key came once it `goes_on`; `keys` are by person."""
    server = MCPServer("litellm", log_level="ERROR")
    people = {key: person for person, key in keys.items()}

    async def list_files(context: Context[Any, Any]) -> str:
        await context.report_progress(1, 2, "half")
        await asyncio.to_thread(goes_on.wait, PATIENCE)
        request: Any = context.request_context.request
        return people.get(request.headers["x-litellm-api-key"], "nobody")

    server.tool(name="listFiles")(list_files)
    return server.streamable_http_app(streamable_http_path="/drive/mcp")
