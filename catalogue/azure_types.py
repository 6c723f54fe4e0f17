"""Microsoft Azure: one row for each type of resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.resource_type import ESTIMATE, Items, NameLimit, ResourceType, Times


def _api_management(inputs: Mapping[str, Any]) -> Items:
    yield f"API Management {inputs['sku']['name']}", inputs["sku"]["capacity"]


def _managed_redis(inputs: Mapping[str, Any]) -> Items:
    """A cluster that is highly available has two nodes."""
    yield f"Managed Redis {inputs['sku']['name']}", 1 if inputs.get("highAvailability") == "Disabled" else 2


def _tokens(inputs: Mapping[str, Any]) -> Iterable[str]:
    """A deployment of a model says that it is a single backend; LiteLLM's says nothing, and a pool has no address."""
    if inputs.get("type") == "Single":
        yield f"tokens of {'Azure OpenAI' if '.azure.com/' in inputs['url'] else 'Gemini'}"


def _checked_texts(inputs: Mapping[str, Any]) -> Iterable[str]:
    """The template with a backend of the service `content-safety` is the one by which prompts are checked."""
    if inputs.get("deploymentName") == "content-safety":
        yield "texts checked by Content Safety"


TYPES: Mapping[str, ResourceType] = {
    "azure-native:apimanagement:Api": ResourceType(),
    "azure-native:apimanagement:ApiDiagnostic": ResourceType(),
    "azure-native:apimanagement:ApiManagementService": ResourceType(
        label="API Management service",
        items=_api_management,
        times=Times(
            create=480,
            delete=300,
            source="creation of v2 tiers: README and issue claims from 4 to 45 min, most 5 to 10, read 2026-11-23; "
            f"deletion: {ESTIMATE}",
        ),
        taggable=True,
        name_limit=NameLimit(property="serviceName", characters=50, kept="48 hours"),
    ),
    "azure-native:apimanagement:ApiOperation": ResourceType(),
    "azure-native:apimanagement:ApiPolicy": ResourceType(),
    "azure-native:apimanagement:Backend": ResourceType(usage=_tokens),
    "azure-native:apimanagement:Cache": ResourceType(),
    "azure-native:apimanagement:Diagnostic": ResourceType(),
    "azure-native:apimanagement:Logger": ResourceType(),
    "azure-native:apimanagement:NamedValue": ResourceType(),
    "azure-native:applicationinsights:Component": ResourceType(
        times=Times(
            create=31,
            delete=5,
            source=f"azd and Terraform logs on GitHub, 1 to 31 s; deletion: {ESTIMATE}",
        ),
        taggable=True,
    ),
    "azure-native:applicationinsights:Workbook": ResourceType(taggable=True),
    "azure-native:authorization:RoleAssignment": ResourceType(label="role assignment"),
    "azure-native:keyvault:Secret": ResourceType(taggable=True),
    "azure-native:keyvault:Vault": ResourceType(
        label="key vault",
        usage=("Key Vault operations",),
        times=Times(
            create=89, delete=20, source=f"azd and Terraform logs on GitHub, 0:19 to 2:42; deletion: {ESTIMATE}"
        ),
        taggable=True,
        name_limit=NameLimit(property="vaultName", characters=24, kept="at least 7 days"),
    ),
    "azure-native:managedidentity:UserAssignedIdentity": ResourceType(taggable=True),
    "azure-native:monitor:DiagnosticSetting": ResourceType(),
    "azure-native:operationalinsights:SavedSearch": ResourceType(),
    "azure-native:operationalinsights:Workspace": ResourceType(
        usage=("Log Analytics ingestion",),
        times=Times(
            create=26, delete=5, source=f"azd and Terraform logs on GitHub, 0:15 to 0:47; deletion: {ESTIMATE}"
        ),
        taggable=True,
    ),
    "azure-native:redisenterprise:Database": ResourceType(
        times=Times(
            create=60, delete=60, source=f"with the cluster 7:32 in a Terraform log on GitHub; alone: {ESTIMATE}"
        ),
    ),
    "azure-native:redisenterprise:RedisEnterprise": ResourceType(
        label="Managed Redis",
        items=_managed_redis,
        times=Times(
            create=390,
            delete=300,
            source="with its database 7:32 in a Terraform log on GitHub, about 5 min in a test of Aspire, and scripts "
            f"that wait up to an hour, read 2026-11-29; deletion: {ESTIMATE}",
        ),
        taggable=True,
        name_limit=NameLimit(property="clusterName", characters=60),
    ),
    "azure-native:resources:Deployment": ResourceType(taggable=True, usage=_checked_texts),
    "azure-native:resources:ResourceGroup": ResourceType(
        label="resource group",
        taggable=True,
        name_limit=NameLimit(property="resourceGroupName", characters=90),
    ),
    "azuread:index/application:Application": ResourceType(label="Entra application"),
}
"""By type token."""
