"""Databricks SQL warehouse that stops by itself, and a dashboard over the inference table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_databricks as databricks

from components.databricks import usage
from components.databricks.model import DestinationModel


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """Inputs of `Dashboard`. `table` is the full name of the inference table."""

    gateway: usage.Gateway
    models: Sequence[DestinationModel]
    table: pulumi.Input[str]
    title: str
    workspace_url: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class Dashboard(pulumi.ComponentResource):
    """The smallest warehouse and a dashboard in the workspace's shared folder; it is paid for while it answers."""

    warehouse_id: pulumi.Output[str]
    url: pulumi.Output[str]
    """Of the published dashboard: the provider publishes what it makes (terraform-provider-databricks,
    dashboards/resource_dashboard.go)."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create both; see `DashboardArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:Dashboard", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        warehouse = databricks.SqlEndpoint(
            name,
            name=args.title,
            cluster_size="2X-Small",
            max_num_clusters=1,
            enable_serverless_compute=True,
            warehouse_type="PRO",  # the only type that can be serverless
            auto_stop_mins=5,
            tags=databricks.SqlEndpointTagsArgs(
                custom_tags=[
                    databricks.SqlEndpointTagsCustomTagArgs(key=key, value=value) for key, value in args.tags.items()
                ]
            ),
            opts=child,
        )
        dashboard = databricks.Dashboard(
            name,
            display_name=args.title,
            parent_path="/Shared",
            warehouse_id=warehouse.id,
            serialized_dashboard=pulumi.Output.from_input(args.table).apply(
                lambda table: usage.dashboard(args.gateway, args.models, table)
            ),
            embed_credentials=False,  # each sees what they may read
            opts=child,
        )
        self.warehouse_id = warehouse.id
        self.url = pulumi.Output.concat(args.workspace_url, "/dashboardsv3/", dashboard.id, "/published")
        self.register_outputs({})
