"""Azure access connector: a managed identity as which Databricks calls Azure OpenAI, or reaches a storage account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import authorization
from pulumi_azure_native import databricks as azure_databricks

from policies.apim.models import OPENAI_USER


@dataclass(frozen=True, kw_only=True)
class ConnectorArgs:
    """Inputs of `Connector`. `scopes` are ids of resources by a name of their own, `role` the id of an Azure role."""

    resource_group_name: pulumi.Input[str]
    scopes: Mapping[str, pulumi.Input[str]]
    subscriptions: Mapping[str, pulumi.Input[str]]
    """Of each of the scopes."""
    role: str
    tags: Mapping[str, pulumi.Input[str]]


class Connector(pulumi.ComponentResource):
    """The connector with an identity of its own, and its role on each of the resources."""

    id: pulumi.Output[str]
    """Known once the identity has its roles."""

    def __init__(self, name: str, args: ConnectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create it; see `ConnectorArgs`."""
        super().__init__("genai:databricks:Connector", name, None, opts)
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
        # A role has no tags, and one on what is others' stays when the group with the connector is deleted.
        description = pulumi.Output.all(**args.tags).apply(
            lambda tags: "; ".join(f"{key}={value}" for key, value in tags.items())
        )
        roles = [
            authorization.RoleAssignment(
                f"{name}-{scope}",
                scope=id_,
                role_definition_id=pulumi.Output.concat(
                    "/subscriptions/",
                    args.subscriptions[scope],
                    f"/providers/Microsoft.Authorization/roleDefinitions/{args.role}",
                ),
                principal_id=connector.identity.apply(lambda identity: identity.principal_id if identity else ""),
                # So Azure does not look for an identity that the directory may not show yet.
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                description=description,
                opts=child,
            )
            for scope, id_ in args.scopes.items()
        ]
        self.id = pulumi.Output.all(connector.id, *(role.id for role in roles)).apply(lambda ids: str(ids[0]))
        self.register_outputs({"id": self.id})


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
    """A connector that may call the accounts, and the credential by which Unity Catalog refers to it."""

    credential: pulumi.Output[str]
    """Its name, known once the identity may call."""

    def __init__(self, name: str, args: ManagedIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the identity; see `ManagedIdentityArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:ManagedIdentity", name, None, opts)
        # One role for each account, however many models use it and however each writes it: Azure refuses a second one.
        by_account = {account.lower(): (model, account) for model, account in reversed(list(args.accounts.items()))}
        accounts = dict(by_account.values())
        connector = Connector(
            name,
            ConnectorArgs(
                resource_group_name=args.resource_group_name,
                scopes=accounts,
                subscriptions={model: account.split("/")[2] for model, account in accounts.items()},
                role=OPENAI_USER,
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        credential = databricks.Credential(
            name,
            name=args.credential_name,
            purpose="SERVICE",
            azure_managed_identity=databricks.CredentialAzureManagedIdentityArgs(access_connector_id=connector.id),
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.credential = credential.name
        self.register_outputs({})
