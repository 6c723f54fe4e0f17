"""API Management policies for MCP servers of LiteLLM: one wants a person's token, one says where it is had.

Whoever deploys them creates, before them: the named values in `NAMED_VALUES` and `METADATA_NAMED_VALUES`, and the
backend `policies.apim.BACKEND_ID`; and stores each person's virtual key in the vault as `litellm-<object id>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from policies import apim

PATH = "mcp"
"""Path of the API: each server is at `/mcp/<server>`."""
METADATA_PATH = ".well-known/oauth-protected-resource"
"""Path of the API of metadata, where RFC 9728 has clients look: each server's is at that path and its own behind it."""
LOGIN = "https://login.microsoftonline.com"
SCOPE = "user_impersonation"
"""The scope of the API that LiteLLM stands behind."""

GATEWAY_URL = "gateway-url"
"""The named value with the gateway's address, without a slash at its end."""
NAMED_VALUES = (*apim.NAMED_VALUES["keyVault"], GATEWAY_URL)
METADATA_NAMED_VALUES = ("tenant-id", "api-client-id", GATEWAY_URL)

REFUSALS: Mapping[str, str] = {
    "consent_missing": "403 permission_error LiteLLM has no token of yours for this MCP server, or your key was "
    "replaced: log in at its provider with `genai mcp login`, naming the AWS stack and your key.",
}
"""Beside those of the policies in front of LiteLLM: status, type and message by code."""


def operations(servers: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """What an MCP client does: send, listen, and end its session (MCP, "Streamable HTTP")."""
    return {
        f"{server}-{method.lower()}": (method, f"/{server}")
        for server in servers
        for method in ("POST", "GET", "DELETE")
    }


def metadata_operations(servers: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """One document a server."""
    return {server: ("GET", f"/{PATH}/{server}") for server in servers}


def load() -> str:
    """The policy of the servers as one well-formed XML document (ARM format `xml`)."""
    policy = apim.with_refusals(_filled("mcp.xml"), REFUSALS)
    policy = re.sub(r"([Tt])his application", r"\1his person", policy)
    # x-mcp-* chooses servers and hands tokens on to them: here the path and the key say which.
    policy = policy.replace("^x-amz-", "^x-(amz|mcp)-")
    refused = r'"Bearer error=\"invalid_token\""'
    return policy.replace(refused, f'{refused} + (string)context.Variables["challenge"]')


def load_metadata() -> str:
    """The policy of the metadata, likewise."""
    return _filled("mcp-metadata.xml")


def _filled(name: str) -> str:
    values = {"path": PATH, "metadata-path": METADATA_PATH, "login": LOGIN, "scope": SCOPE}
    return re.sub(r"\[\[([a-z-]+)\]\]", lambda place: values[place[1]], apim.read(name))
