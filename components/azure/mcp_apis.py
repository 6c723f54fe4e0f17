"""Azure API Management in front of LiteLLM's MCP servers: an API of them, and one of metadata that names Entra ID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.azure.gateway import Gateway
from components.azure.guarded_api import GuardedApiArgs, ServicePlace, guarded_api, named_value
from policies.apim import mcp


@dataclass(frozen=True, kw_only=True)
class McpApisArgs:
    """Inputs of `McpApis`. `servers` are names of LiteLLM's; the gateway's vault holds the keys of the people."""

    resource_group_name: pulumi.Input[str]
    gateway: Gateway
    servers: Sequence[str]


class McpApis(pulumi.ComponentResource):
    """Each MCP server at a path of its own, for people with a token, and beside it what a client without one needs.

    The metadata is open to everybody, as RFC 9728 wants it: its policy answers by itself and leads nowhere.
    """

    urls: Mapping[str, pulumi.Output[str]]
    """What an MCP client is told, by server."""

    def __init__(self, name: str, args: McpApisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create both APIs; see `McpApisArgs`."""
        super().__init__("genai:azure:McpApis", name, None, opts)
        gateway = args.gateway
        place = ServicePlace(
            parent=self,
            name=name,
            resource_group_name=args.resource_group_name,
            service_name=gateway.service.name,
        )
        needed = [*gateway.named_values, named_value(mcp.GATEWAY_URL, gateway.url, place, secret=False)]
        for api_id, operations_of, title, path, policy, operations in (
            ("mcp", f"{name}-mcp", "MCP servers", mcp.PATH, mcp.load(), mcp.operations(args.servers)),
            (
                "mcp-metadata",
                f"{name}-documents",  # a server may be called metadata
                "Metadata of the MCP servers",
                mcp.METADATA_PATH,
                mcp.load_metadata(),
                mcp.metadata_operations(args.servers),
            ),
        ):
            guarded_api(
                f"{name}-{api_id}",
                GuardedApiArgs(
                    api_id=api_id,
                    title=title,
                    path=path,
                    policy=policy,
                    needed=[*needed, gateway.backend] if api_id == "mcp" else needed,
                    operations=operations,
                ),
                place,
                operations_of=operations_of,
            )
        self.urls = {server: pulumi.Output.concat(gateway.url, f"/{mcp.PATH}/{server}") for server in args.servers}
        self.register_outputs({"urls": self.urls})
