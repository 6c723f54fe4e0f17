"""Azure Databricks: one row for each type of resource, of Azure's side and of the workspace's own."""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.resource_type import ESTIMATE, NameLimit, ResourceType, Times

TYPES: Mapping[str, ResourceType] = {
    "azure-native:databricks:AccessConnector": ResourceType(
        label="access connector",
        taggable=True,
        name_limit=NameLimit(property="connectorName", characters=64),
    ),
    "azure-native:databricks:Workspace": ResourceType(
        label="Databricks workspace",
        times=Times(create=180, delete=120, source=ESTIMATE),
        taggable=True,
        name_limit=NameLimit(property="workspaceName", characters=64),
    ),
    "azure-native:storage:BlobContainer": ResourceType(),
    "azure-native:storage:StorageAccount": ResourceType(
        label="storage account",
        usage=("Azure storage GB",),
        times=Times(create=25, delete=5, source=ESTIMATE),
        taggable=True,
        name_limit=NameLimit(property="accountName", characters=24),
    ),
    "databricks:index/aiGatewayModelProviderService:AiGatewayModelProviderService": ResourceType(),
    "databricks:index/aiGatewayModelService:AiGatewayModelService": ResourceType(
        usage=("Databricks inference table GB", "Databricks usage tracking GB")
    ),
    "databricks:index/catalog:Catalog": ResourceType(label="Unity Catalog catalogue"),
    "databricks:index/credential:Credential": ResourceType(label="Unity Catalog service credential"),
    "databricks:index/dashboard:Dashboard": ResourceType(),
    "databricks:index/externalLocation:ExternalLocation": ResourceType(label="Unity Catalog external location"),
    "databricks:index/grant:Grant": ResourceType(),
    "databricks:index/modelServing:ModelServing": ResourceType(
        usage=("Databricks inference table GB", "Databricks usage tracking GB"),
        times=Times(create=30, delete=5, source=f"an endpoint of external models starts no compute; {ESTIMATE}"),
    ),
    "databricks:index/permissions:Permissions": ResourceType(),
    "databricks:index/schema:Schema": ResourceType(),
    "databricks:index/secret:Secret": ResourceType(),
    "databricks:index/secretScope:SecretScope": ResourceType(),
    "databricks:index/servicePrincipal:ServicePrincipal": ResourceType(label="Databricks service principal"),
    "databricks:index/servicePrincipalSecret:ServicePrincipalSecret": ResourceType(),
    "databricks:index/sqlEndpoint:SqlEndpoint": ResourceType(
        label="SQL warehouse",
        # It stops by itself: an idle day pays nothing.
        usage=("Databricks serverless SQL DBU",),
        times=Times(create=10, delete=3, source=f"serverless warehouses start in seconds; {ESTIMATE}"),
    ),
    "databricks:index/storageCredential:StorageCredential": ResourceType(label="Unity Catalog storage credential"),
    "databricks:index/systemSchema:SystemSchema": ResourceType(),
}
"""By type token."""
