"""Azure Databricks workspace, and Pulumi's provider that works in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import databricks as azure_databricks


@dataclass(frozen=True, kw_only=True)
class DatabricksWorkspaceArgs:
    """Inputs of `DatabricksWorkspace`."""

    resource_group_name: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    tenant_id: pulumi.Input[str]
    compute_mode: Literal["Serverless", "Hybrid"]
    tags: Mapping[str, pulumi.Input[str]]


class DatabricksWorkspace(pulumi.ComponentResource):
    """A workspace of the tier Premium, which Unity Catalog needs.

    A serverless one has no managed resource group. That of a hybrid one outlives it (azurerm#28959): azure-native
    cannot send `forceDeletion`. Unity Catalog is on by itself.
    """

    url: pulumi.Output[str]
    provider: databricks.Provider

    def __init__(self, name: str, args: DatabricksWorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the workspace; see `DatabricksWorkspaceArgs`."""
        super().__init__("genai:databricks:Workspace", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        managed_group = (
            pulumi.Output.concat(
                "/subscriptions/", args.subscription_id, "/resourceGroups/", args.resource_group_name, "-managed"
            )
            if args.compute_mode == "Hybrid"
            else None
        )
        self.resource = azure_databricks.Workspace(
            name,
            resource_group_name=args.resource_group_name,
            sku=azure_databricks.SkuArgs(name="premium"),
            compute_mode=azure_databricks.ComputeMode(args.compute_mode),
            managed_resource_group_id=managed_group,
            tags=dict(args.tags),
            opts=child,
        )
        self.url = pulumi.Output.concat("https://", self.resource.workspace_url)
        self.provider = databricks.Provider(
            name,
            host=self.url,
            azure_workspace_resource_id=self.resource.id,
            azure_tenant_id=args.tenant_id,
            opts=child,
        )
        self.register_outputs({"url": self.url})
