"""Azure access connector: the managed identity as which Databricks calls Azure OpenAI, without a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import authorization
from pulumi_azure_native import databricks as azure_databricks

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
"""Cognitive Services OpenAI User (learn.microsoft.com, "Azure built-in roles")."""


@dataclass(frozen=True, kw_only=True)
class ManagedIdentityArgs:
    """Inputs of `ManagedIdentity`.

    `accounts` are resource ids of Azure OpenAI accounts, by the name of the model that uses each. `credential_name` is
    unique in the metastore, which all workspaces of a region share.
    """

    resource_group_name: pulumi.Input[str]
    accounts: Mapping[str, str]
    credential_name: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class ManagedIdentity(pulumi.ComponentResource):
    """The connector, its role on each account, and the credential by which Unity Catalog refers to it."""

    credential: pulumi.Output[str]
    """Its name, known once the identity may call."""

    def __init__(self, name: str, args: ManagedIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the identity; see `ManagedIdentityArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:ManagedIdentity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        connector = azure_databricks.AccessConnector(
            name,
            resource_group_name=args.resource_group_name,
            identity=azure_databricks.ManagedServiceIdentityArgs(
                type=azure_databricks.ManagedServiceIdentityType.SYSTEM_ASSIGNED
            ),
            tags=dict(args.tags),
            opts=child,
        )
        # One role for each account, however many models use it: Azure refuses a second one like it.
        accounts = {account: model for model, account in reversed(list(args.accounts.items()))}
        roles = [
            authorization.RoleAssignment(
                f"{name}-{model}",
                scope=account,
                role_definition_id=f"/subscriptions/{account.split('/')[2]}"
                f"/providers/Microsoft.Authorization/roleDefinitions/{OPENAI_USER}",
                principal_id=connector.identity.apply(lambda identity: identity.principal_id if identity else ""),
                # So Azure does not look for an identity that the directory may not show yet.
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                opts=child,
            )
            for account, model in accounts.items()
        ]
        credential = databricks.Credential(
            name,
            name=args.credential_name,
            purpose="SERVICE",
            azure_managed_identity=databricks.CredentialAzureManagedIdentityArgs(access_connector_id=connector.id),
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=roles),
        )
        self.credential = credential.name
        self.register_outputs({})
