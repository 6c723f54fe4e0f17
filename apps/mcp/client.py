"""MCP SDK client: lists the tools of a gateway and calls one, with the link to a consent followed up (-32042)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx2
from botocore.exceptions import BotoCoreError, ClientError
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent, Tool

from apps.mcp.login import Open, token
from apps.mcp.loopback import HOSTS, returning, safe_to_open
from apps.mcp.settings import Gateway

URL_ELICITATION_REQUIRED = -32042
"""Error code of MCP 2025-11-25: the user must visit a page first."""
_REFUSALS = {
    401: "The gateway takes no such token (401): run `genai mcp login` again",
    403: "You may not use this (403): have the role mcp.invoke assigned, or the server in virtualKeys",
}


class CallError(Exception):
    """The gateway or the tool refuses; the message says why."""


@asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Client]:
    """A session as this user. LoginError when nobody is logged in, CallError when the gateway takes nobody in."""
    if gateway.entra:
        headers = {"Authorization": f"Bearer {await token(gateway)}"}
    else:
        headers = {"x-litellm-api-key": f"Bearer {gateway.key}"}
    refused: list[str] = []

    async def note(answer: httpx2.Response) -> None:
        """The SDK tells of an HTTP error only that there was one."""
        if answer.status_code in _REFUSALS:
            refused.append(await _sentence(answer, gateway))

    try:
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60, event_hooks={"response": [note]}) as http,
            # 2025-11-25 is the newest version that AgentCore speaks.
            Client(streamable_http_client(gateway.url, http_client=http), mode="legacy") as client,
        ):
            yield client
    except (MCPError, httpx2.HTTPError, ValueError, RuntimeError, BaseExceptionGroup) as error:
        if refused:
            raise CallError(refused[-1]) from error
        if isinstance(first := _first(error), httpx2.HTTPError | ValueError | RuntimeError):
            raise CallError(f"{gateway.url} gave no answer of MCP ({type(first).__name__})") from error
        raise first from error


async def _sentence(answer: httpx2.Response, gateway: Gateway) -> str:
    """What to do after a refusal; API Management says it itself."""
    if gateway.way == "apim" and answer.status_code == httpx2.codes.FORBIDDEN:
        await answer.aread()
        with suppress(ValueError, LookupError, TypeError):
            return f"{answer.json()['error']['message']} ({answer.status_code})"
    return _REFUSALS[answer.status_code]


async def tools(gateway: Gateway) -> Sequence[Tool]:
    """All tools, from every page."""
    found: list[Tool] = []
    cursor: str | None = None
    try:
        async with connected(gateway) as client:
            while True:
                page = await client.list_tools(cursor=cursor)
                found += page.tools
                cursor = page.next_cursor
                if not cursor:
                    return found
    except MCPError as error:
        raise CallError(f"{error.error.message} ({error.error.code})") from error


async def call(gateway: Gateway, name: str, arguments: Mapping[str, Any], show: Open) -> str:
    """The text that the tool answers. Where it takes a consent first, the user is led there, and it is called again.

    CallError when it is refused, and when the consent is not completed.
    """
    try:
        return await _answer(gateway, name, arguments)
    except MCPError as error:
        if error.error.code != URL_ELICITATION_REQUIRED:
            raise CallError(f"{error.error.message} ({error.error.code})") from error
        await consent(gateway, _link(error), show)
    try:
        return await _answer(gateway, name, arguments)
    except MCPError as error:
        raise CallError(f"after the consent: {error.error.message} ({error.error.code})") from error


async def _answer(gateway: Gateway, name: str, arguments: Mapping[str, Any]) -> str:
    async with connected(gateway) as client:
        answer = await client.call_tool(name, dict(arguments))
    text = "\n".join(part.text for part in answer.content if isinstance(part, TextContent))
    if answer.is_error:
        raise CallError(text or f"{name} failed")
    return text


async def consent(gateway: Gateway, link: str, show: Open) -> None:
    """Lead the user to the provider, and tell AgentCore that the one who came back is the one who is logged in.

    The session binding: without it whoever opens somebody else's link would give away his own data.
    """
    back = urlsplit(gateway.return_url)
    if back.scheme != "http" or back.hostname not in HOSTS:
        show(link)
        raise CallError(f"Consent on the page that just opened; it returns to {gateway.return_url}. Then call again")
    async with returning(back.port or 80, back.path) as (_, visit):
        show(link)
        came = await visit()
    if not (session := came.get("session_id")):
        why = came.get("error_description") or came.get("error") or "no session"
        raise CallError(f"The consent was refused: {why}")
    data_plane = boto3.client(
        "bedrock-agentcore", region_name=gateway.region, endpoint_url=gateway.identity_url or None
    )
    user = {"userToken": await token(gateway)}
    try:
        await asyncio.to_thread(data_plane.complete_resource_token_auth, userIdentifier=user, sessionUri=session)
    except (BotoCoreError, ClientError) as error:
        raise CallError(f"AgentCore did not take the consent: {error}") from error


def _link(error: MCPError) -> str:
    with suppress(AttributeError, LookupError, TypeError, ValueError):  # of another shape, or no address
        for elicitation in error.error.data["elicitations"]:
            if safe_to_open(url := str(elicitation.get("url", ""))):
                return url
    raise CallError("The gateway asks for a consent and gives no link that is safe to open")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
