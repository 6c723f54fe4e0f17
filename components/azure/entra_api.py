"""Entra ID: the application that stands for an API, with a scope for users and the role that its callers must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread


@dataclass(frozen=True, kw_only=True)
class EntraApiArgs:
    """Inputs of `EntraApi`.

    `use` says what callers do with it, as in "Call LiteLLM". A role or scope whose id changes is another one, and loses
    its assignments. `owner_id` is the object id of whoever deploys. `tags` become words such as
    `Project=genaiplatform`: an application has no other kind.
    """

    display_name: str
    use: str
    scope: str
    scope_id: str
    role: str
    role_id: str
    role_display_name: str
    role_description: str
    owner_id: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class EntraApi:
    """The application, its URI and its service principal, as children of `parent`.

    Entra ID issues tokens for it only to who holds the role, which `grant` gives. They are v2 tokens, whose `aud` is
    the client id.
    """

    id: pulumi.Output[str]
    """Of the application, as other resources refer to it."""
    client_id: pulumi.Output[str]
    uri: pulumi.Output[str]
    """api://<client id>, without a slash at its end."""

    def __init__(self, name: str, args: EntraApiArgs, parent: pulumi.Resource) -> None:
        """Register the application; see `EntraApiArgs`."""
        self._name, self._args, self._parent = name, args, parent
        api = azuread.Application(
            name,
            display_name=args.display_name,
            sign_in_audience="AzureADMyOrg",
            owners=self._owners,
            tags=self._tags,
            api=azuread.ApplicationApiArgs(
                requested_access_token_version=2,
                oauth2_permission_scopes=[
                    azuread.ApplicationApiOauth2PermissionScopeArgs(
                        id=args.scope_id,
                        value=args.scope,
                        type="User",
                        admin_consent_display_name=args.use,
                        admin_consent_description=f"{args.use} in the name of the signed-in user.",
                        user_consent_display_name=args.use,
                        user_consent_description=f"{args.use} in your name.",
                    )
                ],
            ),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=args.role_id,
                    value=args.role,
                    display_name=args.role_display_name,
                    description=args.role_description,
                    allowed_member_types=["Application", "User"],
                )
            ],
            # The resource below owns the URI: it holds the client id, which this one makes.
            opts=self._inside("owners", "identifierUris", "tags"),
        )
        # The only form that every tenant policy allows (learn.microsoft.com, "Restrictions on identifier URIs").
        uri = azuread.ApplicationIdentifierUri(
            name,
            application_id=api.id,
            identifier_uri=pulumi.Output.concat("api://", api.client_id),
            opts=self._inside(),
        )
        self._principal = self._service_principal(name, api, app_role_assignment_required=True)
        self.id, self.client_id, self.uri = api.id, api.client_id, uri.identifier_uri

    def grant(self, who: str, object_id: pulumi.Input[str]) -> None:
        """Give the role to a user, a group or a service principal; `who` is part of the resource's name."""
        azuread.AppRoleAssignment(
            f"{self._name}-{who}",
            app_role_id=self._args.role_id,
            principal_object_id=object_id,
            resource_object_id=self._principal.object_id,
            opts=self._inside(),
        )

    def authorize(self, client: str, client_id: pulumi.Input[str]) -> None:
        """Let an application ask for the scope without a consent prompt, which a tenant may keep for administrators."""
        azuread.ApplicationPreAuthorized(
            f"{self._name}-{client}",
            application_id=self.id,
            authorized_client_id=client_id,
            permission_ids=[self._args.scope_id],
            opts=self._inside(),
        )

    def client(
        self,
        client: str,
        *,
        display_name: str,
        permission: azuread.ApplicationRequiredResourceAccessResourceAccessArgs,
        public_client: azuread.ApplicationPublicClientArgs | None = None,
    ) -> tuple[azuread.Application, azuread.ServicePrincipal]:
        """An application that calls the API with that permission, and its service principal."""
        name = f"{self._name}-{client}"
        application = azuread.Application(
            name,
            display_name=display_name,
            sign_in_audience="AzureADMyOrg",
            owners=self._owners,
            tags=self._tags,
            public_client=public_client,
            # A login on another machine has no redirect address to tell a public client by (AADSTS7000218).
            fallback_public_client_enabled=True if public_client else None,
            required_resource_accesses=[
                azuread.ApplicationRequiredResourceAccessArgs(
                    resource_app_id=self.client_id, resource_accesses=[permission]
                )
            ],
            opts=self._inside("owners", "tags"),
        )
        return application, self._service_principal(name, application)

    @property
    def _owners(self) -> list[pulumi.Input[str]]:
        """Without one a deployer with the right Application.ReadWrite.OwnedBy could not change them again."""
        return [self._args.owner_id]

    @property
    def _tags(self) -> list[pulumi.Input[str]]:
        return [pulumi.Output.concat(key, "=", value) for key, value in self._args.tags.items()]

    def _service_principal(
        self, name: str, application: azuread.Application, *, app_role_assignment_required: bool | None = None
    ) -> azuread.ServicePrincipal:
        return azuread.ServicePrincipal(
            name,
            client_id=application.client_id,
            app_role_assignment_required=app_role_assignment_required,
            owners=self._owners,
            opts=self._inside("owners"),
        )

    def _inside(self, *unchanged: str) -> pulumi.ResourceOptions:
        """Whoever runs a later `up` changes nothing: an update takes the API its URI away (pulumi-azuread#1036, #1169).

        So an application from before there were tags stays without.
        """
        return pulumi.ResourceOptions(parent=self._parent, ignore_changes=list(unchanged) or None)
