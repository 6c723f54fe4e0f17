"""Azure Databricks workspace, and Pulumi's provider that works in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import databricks as azure_databricks


@dataclass(frozen=True, kw_only=True)
class DatabricksWorkspaceArgs:
    """Inputs of `DatabricksWorkspace`. `catalog` is a catalogue of Unity Catalog; empty means the workspace's own."""

    resource_group_name: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    tenant_id: pulumi.Input[str]
    compute_mode: Literal["Serverless", "Hybrid"]
    catalog: str
    tags: Mapping[str, pulumi.Input[str]]


class DatabricksWorkspace(pulumi.ComponentResource):
    """A workspace of the tier Premium, which Unity Catalog needs.

    A serverless one has no managed resource group. That of a hybrid one outlives it (azurerm#28959): azure-native
    cannot send `forceDeletion`. Unity Catalog is on by itself, and so is a catalogue for the workspace; a new one could
    not be made, as the metastore has no storage of its own (databricks/cli#5695).
    """

    url: pulumi.Output[str]
    provider: databricks.Provider
    catalog: pulumi.Output[str]

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
        self.catalog = pulumi.Output.from_input(args.catalog) if args.catalog else self._own_catalog()
        self.register_outputs({"url": self.url})

    def _own_catalog(self) -> pulumi.Output[str]:
        known = databricks.get_catalogs_output(
            opts=pulumi.InvokeOutputOptions(provider=self.provider, depends_on=[self.resource])
        )
        return pulumi.Output.all(self.resource.name, known.ids).apply(lambda known: own_catalog(*known))


def own_catalog(workspace: str, catalogs: Sequence[str]) -> str:
    """The catalogue that came with the workspace: it has its name, and an ending where the name was taken already.

    Raises ValueError when there is none, or more than one.
    """
    name = re.sub(r"[^a-z0-9]", "_", workspace.lower())
    found = [one for one in catalogs if one in (workspace, name) or one.startswith(f"{name}_")]
    if len(found) != 1:
        raise ValueError(
            f"the workspace {workspace} has {len(found)} catalogues of its own among {', '.join(sorted(catalogs))}: "
            "set `catalog` to the one to use"
        )
    return found[0]
