"""Entra ID: the application that stands for the API, and the client applications that hold its role."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components.azure.entra_api import EntraApi, EntraApiArgs
from policies.apim import ROLE
from policies.apim.mcp import SCOPE

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "genaiplatform")
ROLE_ID = str(uuid.uuid5(_NAMESPACE, ROLE))
SCOPE_ID = str(uuid.uuid5(_NAMESPACE, SCOPE))
"""Ids that are the same every time."""

MCP_CLIENTS = "mcp-clients"
"""What the public client is called where clients have their names."""

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Client id of the Azure CLI in every tenant (learn.microsoft.com, "Verify first-party Microsoft applications")."""


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """Inputs of `Identity`.

    `clients` are names of applications to make; `redirect_uris` are where MCP clients take the code of a login, none
    where there is nothing for them; `secret_days` is how long their secrets live and `secret_end` when
    that is over, counted from now (RFC 3339). `owner_id` is the object id of whoever deploys; `users` are object ids
    by user principal name.
    """

    display_name: str
    clients: Sequence[str]
    secret_days: int
    secret_end: str
    owner_id: pulumi.Input[str]
    users: Mapping[str, pulumi.Input[str]]
    redirect_uris: Sequence[str]
    tags: Mapping[str, pulumi.Input[str]]

    def __post_init__(self) -> None:
        if len(set(self.clients)) < len(self.clients):
            raise ValueError(f"two clients have the same name ({', '.join(self.clients)}): rename one")


@dataclass(frozen=True, kw_only=True)
class Client:
    """An application that may call: its id, its secret, and when that ends (RFC 3339)."""

    client_id: pulumi.Output[str]
    secret: pulumi.Output[str]
    secret_end: pulumi.Output[str]


class Identity(pulumi.ComponentResource):
    """The API application with one role, and a client application with that role and a secret for each client.

    Deleted applications stay in the directory for 30 days and count towards its quota.
    """

    api_client_id: pulumi.Output[str]
    """Audience of the tokens."""
    scope: pulumi.Output[str]
    """What a client asks a token for."""
    clients: Mapping[str, Client]
    mcp_client_id: pulumi.Output[str] | None = None
    """Of the public client with which people log in for MCP, where there is one."""

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the applications; see `IdentityArgs`."""
        super().__init__("genai:azure:Identity", name, None, opts)
        api = EntraApi(
            name,
            EntraApiArgs(
                display_name=f"{args.display_name} API",
                use="Call LiteLLM",
                scope=SCOPE,
                scope_id=SCOPE_ID,
                role=ROLE,
                role_id=ROLE_ID,
                role_display_name="Call LiteLLM",
                role_description="May call LiteLLM through API Management.",
                owner_id=args.owner_id,
                tags=args.tags,
            ),
            parent=self,
        )

        def client(client_name: str) -> Client:
            application, principal = api.client(
                client_name,
                display_name=f"{args.display_name} {client_name}",
                permission=azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=ROLE_ID, type="Role"),
            )
            api.grant(client_name, principal.object_id)
            password = azuread.ApplicationPassword(
                f"{name}-{client_name}",
                application_id=application.id,
                display_name="pulumi",
                end_date=args.secret_end,
                rotate_when_changed={"days": str(args.secret_days)},
                # The end moves with the clock: each `up` would make a new secret.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["endDate"]),
            )
            return Client(
                client_id=application.client_id,
                secret=pulumi.Output.secret(password.value),
                secret_end=password.end_date,
            )

        self.clients = {client_name: client(client_name) for client_name in args.clients}
        for user, object_id in args.users.items():
            api.grant(user, object_id)
        if args.users:
            # So that `az account get-access-token` works for them.
            api.authorize("azure-cli", AZURE_CLI)
        if args.redirect_uris:
            # Entra ID registers no client by itself (RFC 7591): MCP clients are told the id of this one.
            public, _ = api.client(
                MCP_CLIENTS,
                display_name=f"{args.display_name} MCP clients",
                permission=azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=SCOPE_ID, type="Scope"),
                public_client=azuread.ApplicationPublicClientArgs(redirect_uris=list(args.redirect_uris)),
            )
            api.authorize(MCP_CLIENTS, public.client_id)
            self.mcp_client_id = public.client_id
        self.api_client_id = api.client_id
        self.scope = pulumi.Output.concat(api.uri, "/.default")
        self.register_outputs({"scope": self.scope})
