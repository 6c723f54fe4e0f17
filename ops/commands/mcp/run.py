"""What `genai mcp` starts, in an environment of its own: the client of `apps/mcp`, told about the gateway as data."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops.project import PROJECT, ROOT
from ops.stack.running import read_aws_stack, read_mcp_apis, read_mcp_gateway, running_type
from ops.stack.running_stacks import RunningAwsStack, RunningGateway, RunningMcpApis, RunningMcpGateway
from policies.apim.mcp import LOGIN, SCOPE
from stacks.errors import GenaiError

CLIENT = ROOT / ".venv-mcp" / "bin" / "python"


class McpCommandError(GenaiError):
    """The gateway cannot be used; the message says why and what to do."""


def run(words: Sequence[str], stack: str, server: str, key: str) -> int:
    """Run the client until it ends; its exit code. GenaiError says what is wrong before it is started."""
    told = _told(stack, server, key)
    if not CLIENT.exists():
        raise McpCommandError("There is no .venv-mcp: `make setup-mcp` makes it.")
    environment = {**os.environ, "GENAI_MCP": json.dumps(told)}
    return subprocess.run([CLIENT, "-m", "apps.mcp", *words], cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


def _told(stack: str, server: str, key: str) -> dict[str, str]:
    if running_type(stack) is RunningMcpGateway:
        if server or key:
            raise McpCommandError(f"{stack} is an MCP stack, which has no --server and no --key: leave them out.")
        return of_agentcore(read_mcp_gateway(stack), token_file(stack))
    if running_type(stack) is RunningGateway:
        if key:
            raise McpCommandError(f"{stack} is an Azure stack, which looks your key up by itself: leave --key out.")
        return of_api_management(read_mcp_apis(stack), token_file(stack), server)
    return of_litellm(read_aws_stack(stack), stack, server, key)


def token_file(stack: str) -> Path:
    """Where the token of a login is kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / PROJECT / f"mcp-{stack}.json"


def of_agentcore(gateway: RunningMcpGateway, file: Path) -> dict[str, str]:
    """What the client is told about AgentCore behind Entra ID."""
    return {
        "way": "agentcore",
        "url": gateway.gateway_url,
        "tokenFile": str(file),
        **_entra(gateway.tenant_id),
        "clientId": gateway.client_id,
        "scope": gateway.scope,
        "returnUrl": gateway.return_url,
        "region": gateway.region,
    }


def of_api_management(apis: RunningMcpApis, file: Path, server: str) -> dict[str, str]:
    """What the client is told about LiteLLM behind API Management. McpCommandError for a server that is not there."""
    return {
        "way": "apim",
        "url": apis.mcp_urls[_server(apis.stack, list(apis.mcp_urls), server)],
        "tokenFile": str(file),
        **_entra(apis.tenant_id),
        "clientId": apis.mcp_client_id,
        "scope": apis.scope.replace("/.default", f"/{SCOPE}"),
    }


def _entra(tenant_id: str) -> dict[str, str]:
    entra = f"{LOGIN}/{tenant_id}/oauth2/v2.0"
    return {
        "authorizeUrl": f"{entra}/authorize",
        "tokenUrl": f"{entra}/token",
        "deviceUrl": f"{entra}/devicecode",
    }


def _server(stack: str, servers: Sequence[str], server: str) -> str:
    """The server that is meant, by default the first."""
    if (server or servers[0]) not in servers:
        raise McpCommandError(f"{stack} has no MCP server {server!r}: it has {', '.join(servers)}.")
    return server or servers[0]


def of_litellm(day: RunningAwsStack, stack: str, server: str, key: str) -> dict[str, str]:
    """What the client is told about LiteLLM. McpCommandError for a server or a key that it does not have."""
    if not day.mcp_servers:
        raise McpCommandError(f"{stack} has no MCP server: set mcpServers in Pulumi.{stack}.yaml (docs/mcp.md).")
    server = _server(stack, day.mcp_servers, server)
    mine = [alias for alias, servers in day.key_mcp_servers.items() if server in servers]
    if not mine or (key and key not in mine):
        raise McpCommandError(
            f"No virtual key {key!r} of {stack} may use {server}: "
            + (f"use --key {' or '.join(mine)}." if mine else "give one mcpServers and a user in virtualKeys.")
        )
    url = f"{day.litellm_url}/{server}"
    return {
        "way": "litellm",
        "url": f"{url}/mcp",
        "tokenFile": "",
        "authorizeUrl": f"{url}/authorize",
        "tokenUrl": f"{url}/token",
        "clientId": "genai",
        "key": {**day.virtual_keys, **day.personal_keys}[key or mine[0]],
    }
