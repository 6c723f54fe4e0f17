"""Entra ID: the application that an MCP gateway stands for, and the public client with which people log in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from catalogue.agentcore import ROLE
from components.azure.entra_api import EntraApi, EntraApiArgs

SCOPE = "access_as_user"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "genaiplatform")
ROLE_ID = str(uuid.uuid5(_NAMESPACE, ROLE))
SCOPE_ID = str(uuid.uuid5(_NAMESPACE, f"mcp/{SCOPE}"))
"""Ids that are the same every time."""


@dataclass(frozen=True, kw_only=True)
class McpIdentityArgs:
    """Inputs of `McpIdentity`.

    `callers` are object ids of users, groups and service principals that get the role, by a name for each.
    `redirect_uris` are where MCP clients take the code of a login. `owner_id` is the object id of whoever deploys.
    """

    display_name: str
    callers: Mapping[str, pulumi.Input[str]]
    redirect_uris: Sequence[str]
    owner_id: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class McpIdentity(pulumi.ComponentResource):
    """An API with one role, and a public client that may ask for it in a user's name.

    Entra ID registers no client by itself (RFC 7591), so MCP clients are told the id of this one. It has no secret:
    a login is proved by PKCE and an exact redirect address.
    """

    audience: pulumi.Output[str]
    """Client id of the API, the `aud` of its tokens."""
    client_id: pulumi.Output[str]
    """Of the public client."""
    scope: pulumi.Output[str]
    """What a client asks a token for."""

    def __init__(self, name: str, args: McpIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the applications; see `McpIdentityArgs`."""
        super().__init__("genai:azure:McpIdentity", name, None, opts)
        api = EntraApi(
            name,
            EntraApiArgs(
                display_name=f"{args.display_name} MCP gateway",
                use="Use the tools of the MCP gateway",
                scope=SCOPE,
                scope_id=SCOPE_ID,
                role=ROLE,
                role_id=ROLE_ID,
                role_display_name="Use the MCP gateway",
                role_description="May use the tools of the MCP gateway.",
                owner_id=args.owner_id,
                tags=args.tags,
            ),
            parent=self,
        )
        for caller, object_id in args.callers.items():
            api.grant(caller, object_id)
        client, _ = api.client(
            "client",
            display_name=f"{args.display_name} MCP clients",
            permission=azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=SCOPE_ID, type="Scope"),
            public_client=azuread.ApplicationPublicClientArgs(redirect_uris=list(args.redirect_uris)),
        )
        api.authorize("client", client.client_id)
        self.audience, self.client_id = api.client_id, client.client_id
        self.scope = pulumi.Output.concat(api.uri, f"/{SCOPE}")
        self.register_outputs({"scope": self.scope})
