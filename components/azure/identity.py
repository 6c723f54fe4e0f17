"""Entra ID: the application that stands for the API, and the client applications that hold its role."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from policies.apim import ROLE

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "genaiplatform")
ROLE_ID = str(uuid.uuid5(_NAMESPACE, ROLE))
SCOPE_ID = str(uuid.uuid5(_NAMESPACE, "user_impersonation"))
"""Ids that are the same every time: a role or scope whose id changes is another one, and loses its assignments."""

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Client id of the Azure CLI in every tenant (learn.microsoft.com, "Verify first-party Microsoft applications")."""


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """Inputs of `Identity`.

    `clients` are names of applications to make; `secret_days` is how long their secrets live and `secret_end` when
    that is over, counted from now (RFC 3339). `owner_id` is the object id of whoever deploys; `users` are object ids
    by user principal name. `tags` become words such as `Project=genaiplatform`: an application has no other kind.
    """

    display_name: str
    clients: Sequence[str]
    secret_days: int
    secret_end: str
    owner_id: pulumi.Input[str]
    users: Mapping[str, pulumi.Input[str]]
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

    Entra ID issues tokens for the API only to who holds the role. Deleted applications stay in the directory for 30
    days and count towards its quota.
    """

    api_client_id: pulumi.Output[str]
    """Audience of the tokens: they are v2 tokens, whose `aud` is the client id of the API."""
    scope: pulumi.Output[str]
    """What a client asks a token for."""
    clients: Mapping[str, Client]

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the applications; see `IdentityArgs`."""
        super().__init__("genai:azure:Identity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Without an owner a deployer with the right Application.ReadWrite.OwnedBy could not change them again. Whoever
        # runs a later `up` changes nothing: an update would take the API its URI away (pulumi-azuread#1036, #1169). So
        # an application from before there were tags stays without.
        owners = [args.owner_id]
        owned = pulumi.ResourceOptions(parent=self, ignore_changes=["owners"])
        tags = [pulumi.Output.concat(key, "=", value) for key, value in args.tags.items()]

        api = azuread.Application(
            name,
            display_name=f"{args.display_name} API",
            sign_in_audience="AzureADMyOrg",
            owners=owners,
            tags=tags,
            api=azuread.ApplicationApiArgs(
                requested_access_token_version=2,
                oauth2_permission_scopes=[
                    azuread.ApplicationApiOauth2PermissionScopeArgs(
                        id=SCOPE_ID,
                        value="user_impersonation",
                        type="User",
                        admin_consent_display_name="Call LiteLLM",
                        admin_consent_description="Call LiteLLM in the name of the signed-in user.",
                        user_consent_display_name="Call LiteLLM",
                        user_consent_description="Call LiteLLM in your name.",
                    )
                ],
            ),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=ROLE_ID,
                    value=ROLE,
                    display_name="Call LiteLLM",
                    description="May call LiteLLM through API Management.",
                    allowed_member_types=["Application", "User"],
                )
            ],
            # The resource below owns them: the URI holds the client id, which this one makes.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["owners", "identifierUris", "tags"]),
        )
        # The only form that every tenant policy allows (learn.microsoft.com, "Restrictions on identifier URIs").
        uri = azuread.ApplicationIdentifierUri(
            name,
            application_id=api.id,
            identifier_uri=pulumi.Output.concat("api://", api.client_id),
            opts=child,
        )
        api_principal = azuread.ServicePrincipal(
            name, client_id=api.client_id, app_role_assignment_required=True, owners=owners, opts=owned
        )

        def grant(who: str, object_id: pulumi.Input[str]) -> None:
            azuread.AppRoleAssignment(
                f"{name}-{who}",
                app_role_id=ROLE_ID,
                principal_object_id=object_id,
                resource_object_id=api_principal.object_id,
                opts=child,
            )

        def client(client_name: str) -> Client:
            application = azuread.Application(
                f"{name}-{client_name}",
                display_name=f"{args.display_name} {client_name}",
                sign_in_audience="AzureADMyOrg",
                owners=owners,
                tags=tags,
                required_resource_accesses=[
                    azuread.ApplicationRequiredResourceAccessArgs(
                        resource_app_id=api.client_id,
                        resource_accesses=[
                            azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=ROLE_ID, type="Role")
                        ],
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["owners", "tags"]),
            )
            principal = azuread.ServicePrincipal(
                f"{name}-{client_name}", client_id=application.client_id, owners=owners, opts=owned
            )
            grant(client_name, principal.object_id)
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
            grant(user, object_id)
        if args.users:
            # So that `az account get-access-token` works for them without a consent prompt.
            azuread.ApplicationPreAuthorized(
                f"{name}-azure-cli",
                application_id=api.id,
                authorized_client_id=AZURE_CLI,
                permission_ids=[SCOPE_ID],
                opts=child,
            )
        self.api_client_id = api.client_id
        self.scope = pulumi.Output.concat(uri.identifier_uri, "/.default")
        self.register_outputs({"scope": self.scope})
