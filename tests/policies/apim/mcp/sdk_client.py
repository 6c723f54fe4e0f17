"""The MCP SDK's own OAuth client, which knows an MCP server's address and the id of a client, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from mcp.types import TextContent
from pydantic import AnyUrl

from apps.mcp.loopback import returning


class _Storage:
    def __init__(self, client: OAuthClientInformationFull) -> None:
        self.client, self.tokens = client, None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def call(
    url: str, client_id: str, show: Callable[[str], object], tool: str, *, name_resource: bool
) -> tuple[str, list[str]]:
    """Text of the tool's answer, and the addresses that were asked on the way.

    `name_resource` is whether the client sends the parameter `resource` (RFC 8707), as the SDK does by default.
    """
    asked: list[str] = []

    async def note(request: httpx2.Request) -> None:
        asked.append(f"{request.method} {request.url}")

    async with returning() as (port, visit):
        redirect: Any = [AnyUrl(f"http://localhost:{port}")]
        metadata = OAuthClientMetadata(redirect_uris=redirect, token_endpoint_auth_method="none")
        known = OAuthClientInformationFull(
            client_id=client_id, redirect_uris=redirect, token_endpoint_auth_method="none"
        )

        async def open_(address: str) -> None:
            asked.append(f"browser {address.partition('?')[0]}")
            show(address)

        async def came() -> AuthorizationCodeResult:
            query = await visit()
            if "code" not in query:
                raise PermissionError(query.get("error_description", "no code"))
            return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))

        provider = OAuthClientProvider(url, metadata, _Storage(known), open_, came)
        if not name_resource:
            provider.context.should_include_resource_param = lambda *_: False
        async with (
            httpx2.AsyncClient(auth=provider, timeout=60, event_hooks={"request": [note]}) as http,
            Client(streamable_http_client(url, http_client=http), mode="legacy") as client,
        ):
            answer = await client.call_tool(tool, {})
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent)), asked
