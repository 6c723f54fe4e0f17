"""Entra ID: the application that an MCP gateway stands for, and the public client with which people log in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from catalogue.agentcore import ROLE

SCOPE = "access_as_user"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "genaiplatform")
ROLE_ID = str(uuid.uuid5(_NAMESPACE, ROLE))
SCOPE_ID = str(uuid.uuid5(_NAMESPACE, f"mcp/{SCOPE}"))
"""Ids that are the same every time: a role or scope whose id changes is another one, and loses its assignments."""


@dataclass(frozen=True, kw_only=True)
class McpIdentityArgs:
    """Inputs of `McpIdentity`.

    `callers` are object ids of users, groups and service principals that get the role, by a name for each.
    `redirect_uris` are where MCP clients take the code of a login. `owner_id` is the object id of whoever deploys.
    `tags` become words such as `Project=genaiplatform`: an application has no other kind.
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
        child = pulumi.ResourceOptions(parent=self)
        # As in components/azure/identity.py: whoever runs a later `up` changes no owner (pulumi-azuread#1036, #1169).
        owners = [args.owner_id]
        owned = pulumi.ResourceOptions(parent=self, ignore_changes=["owners"])
        tags = [pulumi.Output.concat(key, "=", value) for key, value in args.tags.items()]

        api = azuread.Application(
            name,
            display_name=f"{args.display_name} MCP gateway",
            sign_in_audience="AzureADMyOrg",
            owners=owners,
            tags=tags,
            api=azuread.ApplicationApiArgs(
                requested_access_token_version=2,
                oauth2_permission_scopes=[
                    azuread.ApplicationApiOauth2PermissionScopeArgs(
                        id=SCOPE_ID,
                        value=SCOPE,
                        type="User",
                        admin_consent_display_name="Use the tools of the MCP gateway",
                        admin_consent_description="Use the tools of the MCP gateway in the name of the signed-in user.",
                        user_consent_display_name="Use the tools of the MCP gateway",
                        user_consent_description="Use the tools of the MCP gateway in your name.",
                    )
                ],
            ),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=ROLE_ID,
                    value=ROLE,
                    display_name="Use the MCP gateway",
                    description="May use the tools of the MCP gateway.",
                    allowed_member_types=["Application", "User"],
                )
            ],
            # The resource below owns the URI: it holds the client id, which this one makes.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["owners", "identifierUris", "tags"]),
        )
        uri = azuread.ApplicationIdentifierUri(
            name,
            application_id=api.id,
            identifier_uri=pulumi.Output.concat("api://", api.client_id),
            opts=child,
        )
        principal = azuread.ServicePrincipal(
            name, client_id=api.client_id, app_role_assignment_required=True, owners=owners, opts=owned
        )
        for caller, object_id in args.callers.items():
            azuread.AppRoleAssignment(
                f"{name}-{caller}",
                app_role_id=ROLE_ID,
                principal_object_id=object_id,
                resource_object_id=principal.object_id,
                opts=child,
            )

        client = azuread.Application(
            f"{name}-client",
            display_name=f"{args.display_name} MCP clients",
            sign_in_audience="AzureADMyOrg",
            owners=owners,
            tags=tags,
            public_client=azuread.ApplicationPublicClientArgs(redirect_uris=list(args.redirect_uris)),
            required_resource_accesses=[
                azuread.ApplicationRequiredResourceAccessArgs(
                    resource_app_id=api.client_id,
                    resource_accesses=[
                        azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=SCOPE_ID, type="Scope")
                    ],
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["owners", "tags"]),
        )
        azuread.ServicePrincipal(f"{name}-client", client_id=client.client_id, owners=owners, opts=owned)
        # No consent prompt, which a tenant may keep for its administrators.
        azuread.ApplicationPreAuthorized(
            f"{name}-client",
            application_id=api.id,
            authorized_client_id=client.client_id,
            permission_ids=[SCOPE_ID],
            opts=child,
        )
        self.audience, self.client_id = api.client_id, client.client_id
        self.scope = pulumi.Output.concat(uri.identifier_uri, f"/{SCOPE}")
        self.register_outputs({"scope": self.scope})
