"""The table of Azure types: id, name limit, soft delete and outputs of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Inputs = Mapping[str, Any]
SUBSCRIPTION = "/subscriptions/581759f7-5e30-5284-ae06-ec558dff6fcf"
_GROUP = SUBSCRIPTION + "/resourceGroups/{resourceGroupName}"
_SERVICE = _GROUP + "/providers/Microsoft.ApiManagement/service/{serviceName}"
_WORKSPACE = _GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}"


@dataclass(frozen=True, kw_only=True)
class AzureType:
    """One type. `id` is made of inputs, `new` stands for a new GUID; what is in it can never change."""

    id: str
    name: str = ""
    """The input that gets a generated name of at most `longest` characters."""
    longest: int = 90
    retained: bool = False
    """Whether the name stays taken after the deletion: soft delete."""
    outputs: Callable[[str, Inputs], Mapping[str, Any]] = lambda id_, inputs: {}
    fixed: frozenset[str] = field(default_factory=frozenset)
    """Further inputs that cannot change."""


def _in_group(kind: str, name: str, longest: int, **more: Any) -> AzureType:
    return AzureType(id=f"{_GROUP}/providers/{kind}/{{{name}}}", name=name, longest=longest, **more)


def _in_service(path: str, **more: Any) -> AzureType:
    return AzureType(id=f"{_SERVICE}/{path}", **more)


def _guid(of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, of))


def _databricks_workspace(id_: str, _: Inputs) -> dict[str, Any]:
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, id_).int)[:16]
    return {"workspaceId": number, "workspaceUrl": f"adb-{number}.{int(number[-2:]) % 20}.azuredatabricks.net"}


def _vault(id_: str, inputs: Inputs) -> dict[str, Any]:
    return {"properties": {**inputs["properties"], "vaultUri": f"https://{inputs['vaultName']}.vault.azure.net/"}}


def _service(id_: str, inputs: Inputs) -> dict[str, Any]:
    """With the principal of its own identity, which is there while the identity is."""
    own = {"principalId": _guid(id_), "tenantId": _guid("tenant")} if "SystemAssigned" in _identity(inputs) else {}
    return {
        "gatewayUrl": f"https://{inputs['serviceName']}.azure-api.net",
        "identity": {**inputs.get("identity", {}), **own},
    }


def _identity(inputs: Inputs) -> str:
    return str(inputs.get("identity", {}).get("type", ""))


TYPES: Mapping[str, AzureType] = {
    "azure-native:resources:ResourceGroup": AzureType(id=_GROUP, name="resourceGroupName"),
    "azure-native:apimanagement:ApiManagementService": _in_group(
        "Microsoft.ApiManagement/service",
        "serviceName",
        50,
        retained=True,  # 48 hours (learn.microsoft.com, "API Management soft-delete")
        outputs=_service,
    ),
    "azure-native:apimanagement:NamedValue": _in_service("namedValues/{namedValueId}"),
    "azure-native:apimanagement:Backend": _in_service("backends/{backendId}"),
    "azure-native:apimanagement:Cache": _in_service("caches/{cacheId}"),
    "azure-native:apimanagement:Logger": _in_service("loggers/{loggerId}"),
    "azure-native:apimanagement:Diagnostic": _in_service("diagnostics/{diagnosticId}"),
    "azure-native:apimanagement:Api": _in_service("apis/{apiId}"),
    "azure-native:apimanagement:ApiPolicy": _in_service("apis/{apiId}/policies/{policyId}"),
    "azure-native:apimanagement:ApiOperation": _in_service("apis/{apiId}/operations/{operationId}"),
    "azure-native:apimanagement:ApiDiagnostic": _in_service("apis/{apiId}/diagnostics/{diagnosticId}"),
    "azure-native:databricks:AccessConnector": _in_group(
        "Microsoft.Databricks/accessConnectors",
        "connectorName",
        64,
        outputs=lambda id_, inputs: {"identity": {**inputs["identity"], "principalId": _guid(id_)}},
    ),
    "azure-native:databricks:Workspace": _in_group(
        "Microsoft.Databricks/workspaces",
        "workspaceName",
        64,
        outputs=_databricks_workspace,
        fixed=frozenset({"computeMode", "managedResourceGroupId"}),
    ),
    "azure-native:storage:StorageAccount": _in_group(
        "Microsoft.Storage/storageAccounts", "accountName", 24, fixed=frozenset({"isHnsEnabled", "kind"})
    ),
    "azure-native:storage:BlobContainer": AzureType(
        id=_GROUP + "/providers/Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers"
        "/{containerName}"
    ),
    "azure-native:redisenterprise:RedisEnterprise": _in_group(
        "Microsoft.Cache/redisEnterprise",
        "clusterName",
        60,
        outputs=lambda id_, inputs: {"hostName": f"{inputs['clusterName']}.eastus2.redis.azure.net"},
    ),
    # Modules only at its creation, the clustering policy never (the SDK's own documentation of the type).
    "azure-native:redisenterprise:Database": AzureType(
        id=_GROUP + "/providers/Microsoft.Cache/redisEnterprise/{clusterName}/databases/{databaseName}",
        fixed=frozenset({"clusteringPolicy", "modules"}),
    ),
    "azure-native:keyvault:Vault": _in_group(
        "Microsoft.KeyVault/vaults", "vaultName", 24, retained=True, outputs=_vault
    ),
    "azure-native:keyvault:Secret": AzureType(
        id=_GROUP + "/providers/Microsoft.KeyVault/vaults/{vaultName}/secrets/{secretName}", retained=True
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _in_group(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "resourceName",
        128,
        outputs=lambda id_, inputs: {"clientId": _guid(id_ + "client"), "principalId": _guid(id_)},
    ),
    "azure-native:authorization:RoleAssignment": AzureType(
        id="{scope}/providers/Microsoft.Authorization/roleAssignments/{new}",
        fixed=frozenset({"principalId", "roleDefinitionId"}),
    ),
    "azure-native:operationalinsights:Workspace": _in_group(
        "Microsoft.OperationalInsights/workspaces",
        "workspaceName",
        63,
        outputs=lambda id_, inputs: {"customerId": _guid(id_)},
    ),
    "azure-native:operationalinsights:SavedSearch": AzureType(id=_WORKSPACE + "/savedSearches/{savedSearchId}"),
    "azure-native:applicationinsights:Component": _in_group(
        "Microsoft.Insights/components",
        "resourceName",
        255,
        outputs=lambda id_, inputs: {"connectionString": f"InstrumentationKey={_guid(id_)}"},
    ),
    "azure-native:applicationinsights:Workbook": AzureType(
        id=_GROUP + "/providers/Microsoft.Insights/workbooks/{resourceName}"
    ),
    "azure-native:monitor:DiagnosticSetting": AzureType(
        id="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}", name="name", longest=260
    ),
    "azure-native:resources:Deployment": AzureType(
        id=_GROUP + "/providers/Microsoft.Resources/deployments/{deploymentName}"
    ),
    "azuread:index/application:Application": AzureType(
        id="/applications/{new}", outputs=lambda id_, inputs: {"clientId": _guid(id_)}
    ),
    "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri": AzureType(
        id="{applicationId}/identifierUris/{new}", fixed=frozenset({"identifierUri"})
    ),
    "azuread:index/applicationPassword:ApplicationPassword": AzureType(
        id="{applicationId}/password/{new}",
        fixed=frozenset({"displayName", "endDate", "rotateWhenChanged"}),
        outputs=lambda id_, inputs: {"value": f"password{uuid.uuid4().hex}", "keyId": _guid(id_)},
    ),
    "azuread:index/applicationPreAuthorized:ApplicationPreAuthorized": AzureType(
        id="{applicationId}/preAuthorizedApplication/{authorizedClientId}"
    ),
    "azuread:index/servicePrincipal:ServicePrincipal": AzureType(
        id="/servicePrincipals/{new}",
        fixed=frozenset({"clientId"}),
        outputs=lambda id_, inputs: {"objectId": _guid(id_)},
    ),
    "azuread:index/appRoleAssignment:AppRoleAssignment": AzureType(
        id="/servicePrincipals/{resourceObjectId}/appRoleAssignedTo/{new}",
        fixed=frozenset({"principalObjectId", "appRoleId"}),
    ),
}
