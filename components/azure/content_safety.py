"""Azure AI Content Safety as a backend of API Management, which it is called at by the gateway's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import resources

from catalogue.pins import API_MANAGEMENT_API
from components.azure.guarded_api import ServicePlace
from components.azure.model_identity import ModelIdentity
from policies.apim.models import COGNITIVE_SERVICES, SAFETY_BACKEND_ID, ContentSafety


@dataclass(frozen=True, kw_only=True)
class SafetyService:
    """An account that is there already: its id, its address, and what its checks refuse."""

    account: str
    url: str
    checks: ContentSafety


def backend(
    service: SafetyService, identity: ModelIdentity, tags: Mapping[str, pulumi.Input[str]], place: ServicePlace
) -> resources.Deployment:
    """The backend that `llm-content-safety` names.

    As an ARM template: the service takes `managedIdentity`, also at this version of its API, but no version's schema
    tells of it (azure-rest-api-specs#32665), so azure-native has it not. A backend that is deployed no longer stays
    until the gateway goes; no policy names it then, and its identity has lost the role.
    """
    parameters: Mapping[str, pulumi.Input[str]] = {"service": place.service_name, "identity": identity.client_id}
    return resources.Deployment(
        f"{place.name}-{SAFETY_BACKEND_ID}",
        deployment_name=SAFETY_BACKEND_ID,
        resource_group_name=place.resource_group_name,
        properties=resources.DeploymentPropertiesArgs(
            mode=resources.DeploymentMode.INCREMENTAL,
            parameters={name: resources.DeploymentParameterArgs(value=value) for name, value in parameters.items()},
            template=template(service.url),
        ),
        tags=dict(tags),
        opts=place.inside(),
    )


def template(url: str) -> dict[str, Any]:
    """The ARM template with the backend; its parameters are `service` and the `identity`'s client id."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"service": {"type": "string"}, "identity": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.ApiManagement/service/backends",
                "apiVersion": API_MANAGEMENT_API.version,
                "name": f"[format('{{0}}/{SAFETY_BACKEND_ID}', parameters('service'))]",
                "properties": {
                    "url": url,
                    "protocol": "http",  # for https URLs too (Azure/bicep#14093)
                    "tls": {"validateCertificateChain": True, "validateCertificateName": True},
                    "credentials": {
                        "managedIdentity": {"clientId": "[parameters('identity')]", "resource": COGNITIVE_SERVICES}
                    },
                },
            }
        ],
    }
