"""Azure Data Lake Storage of the stack's own, and the catalogue of Unity Catalog whose tables lie in it.

A serverless workspace comes with a catalogue on Databricks' default storage (learn.microsoft.com, "Default storage in
Databricks"), and the gateway makes inference tables only in catalogues on storage of one's own ("Log requests and
responses with inference tables", limitations, as public guides of 2026 tell). A catalogue without a location cannot be
made either: the metastore has no storage (databricks/cli#5695).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import storage

from components.databricks.managed_identity import Connector, ConnectorArgs

BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Contributor (learn.microsoft.com, "Azure built-in roles for Storage")."""


@dataclass(frozen=True, kw_only=True)
class PayloadStorageArgs:
    """Inputs of `PayloadStorage`. `catalog` is unique in the metastore, which all workspaces of a region share."""

    resource_group_name: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    catalog: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class PayloadStorage(pulumi.ComponentResource):
    """The storage account, the identity as which Databricks writes into it, and the catalogue."""

    catalog: pulumi.Output[str]

    def __init__(self, name: str, args: PayloadStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create all of it; see `PayloadStorageArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:PayloadStorage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = storage.StorageAccount(
            name,
            resource_group_name=args.resource_group_name,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=storage.SkuName.STANDARD_LRS),
            is_hns_enabled=True,  # a data lake, which Unity Catalog wants
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            tags=dict(args.tags),
            opts=child,
        )
        container = storage.BlobContainer(
            name,
            account_name=account.name,
            resource_group_name=args.resource_group_name,
            container_name="catalog",
            public_access=storage.PublicAccess.NONE,
            opts=child,
        )
        connector = Connector(
            name,
            ConnectorArgs(
                resource_group_name=args.resource_group_name,
                scopes={"data": account.id},
                subscriptions={"data": args.subscription_id},
                role=BLOB_CONTRIBUTOR,
                tags=args.tags,
            ),
            opts=child,
        )
        credential = databricks.StorageCredential(
            name,
            name=args.catalog,
            azure_managed_identity=databricks.StorageCredentialAzureManagedIdentityArgs(
                access_connector_id=connector.id
            ),
            force_destroy=True,
            opts=child,
        )
        location = databricks.ExternalLocation(
            name,
            name=args.catalog,
            url=pulumi.Output.concat("abfss://", container.name, "@", account.name, ".dfs.core.windows.net/"),
            credential_name=credential.name,
            # A new role takes up to ten minutes to work (learn.microsoft.com, "Troubleshoot Azure RBAC").
            skip_validation=True,
            force_destroy=True,
            opts=child,
        )
        # The schemas that Databricks puts into it and the tables of the gateway are not Pulumi's.
        self.catalog = databricks.Catalog(
            name,
            name=args.catalog,
            storage_root=location.url,
            comment="genaiplatform: inference tables of the model gateway",
            force_destroy=True,
            opts=child,
        ).name
        self.register_outputs({"catalog": self.catalog})
