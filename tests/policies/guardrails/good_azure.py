"""Small Azure programs that no rule objects to; each takes the change that makes it bad."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import apimanagement, authorization, keyvault, redisenterprise, resources

from tests.policies.guardrails.good import TAGS

IN_GATEWAY: Any = {"resource_group_name": "group", "service_name": "gateway"}
VAULT_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
KEY = "0123456789abcdef" * 4
LOAD_BALANCER = "https://entry-1.us-east-1.elb.amazonaws.com:8443"
POLICY = "<policies><inbound><base /><validate-azure-ad-token /></inbound></policies>"


def vault(resource_name: str = "keys", *, tags: Any = TAGS, vault_name: str | None = None, **changes: Any) -> None:
    properties: Any = {
        "tenant_id": "tenant",
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
        "soft_delete_retention_in_days": 7,
        **changes,
    }
    keyvault.Vault(resource_name, resource_group_name="group", vault_name=vault_name, properties=properties, tags=tags)


def gateway(resource_name: str = "gateway", **changes: Any) -> None:
    apimanagement.ApiManagementService(
        resource_name,
        resource_group_name="group",
        publisher_email="someone@example.com",
        publisher_name="someone",
        sku={"name": "BasicV2", "capacity": 1},
        tags=TAGS,
        **changes,
    )


def group(resource_name: str, **changes: Any) -> None:
    resources.ResourceGroup(resource_name, tags=TAGS, **changes)


def role_assignment(*, role: str = SECRETS_USER, scope: pulumi.Input[str] = VAULT_ID) -> None:
    definition = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"
    authorization.RoleAssignment("role", principal_id="id", role_definition_id=definition, scope=scope)


def redis_database(protocol: str = "Encrypted") -> None:
    redisenterprise.Database("cache", resource_group_name="group", cluster_name="cache", client_protocol=protocol)


def lock() -> None:
    authorization.ManagementLockByScope("lock", scope=VAULT_ID, level="CanNotDelete")


def named_value(name: str, value: str | None = None, *, secret: bool | None = None) -> None:
    apimanagement.NamedValue("value", display_name=name, value=value, secret=secret, **IN_GATEWAY)


def backend(
    *, url: str = "https://litellm.example.com:8443", check: bool = True, name: bool = True, key: str = "{{key}}"
) -> None:
    apimanagement.Backend(
        "backend",
        url=url,
        protocol="http",
        tls={"validate_certificate_chain": check, "validate_certificate_name": name},
        credentials={"header": {"cookie": [key]}},
        **IN_GATEWAY,
    )


BREAKER: Any = {"rules": [{"name": "failures", "trip_duration": "PT1M"}]}
ACCOUNT = "https://east.openai.azure.com/openai/v1"


def pool(*, breaker: Any = BREAKER, key: str | None = None, url: str = ACCOUNT) -> None:
    """A pool of one deployment and another one."""
    members = [
        apimanagement.Backend(
            f"backend-{number}",
            type="Single",
            url=url,
            protocol="http",
            circuit_breaker=breaker if number == 2 else BREAKER,
            credentials={"header": {"api-key": [key]}} if key else None,
            **IN_GATEWAY,
        )
        for number in (1, 2)
    ]
    services: Any = [{"id": member.id} for member in members]
    apimanagement.Backend("pool", type="Pool", pool={"services": services}, **IN_GATEWAY)


COUNTED = POLICY.replace("</inbound>", "<llm-emit-token-metric /></inbound>")
CHECKED = COUNTED.replace("</inbound>", "<llm-content-safety /></inbound>")


def two_ways(one: str, other: str) -> None:
    """APIs with these policies, beside one that leads to no model."""
    for name, text in {"one": one, "other": other, "litellm": POLICY}.items():
        made = apimanagement.Api(name, api_id=name, path=name, display_name=name, protocols=["https"], **IN_GATEWAY)
        apimanagement.ApiPolicy(name, api_id=made.name, policy_id="policy", value=text, **IN_GATEWAY)


CACHED = COUNTED.replace(
    "</inbound>",
    "<llm-semantic-cache-lookup><vary-by>@(context.User.Id)</vary-by></llm-semantic-cache-lookup></inbound>",
)


def gateway_with_identity(policy: str, type_: str = "UserAssigned") -> None:
    identity: Any = {"type": type_, "user_assigned_identities": {"id": {}}}
    gateway(identity=identity)
    api(policy=policy)


def api(*, policy: str | None = POLICY, operation_policy: str | None = None, **changes: Any) -> apimanagement.Api:
    good = {"api_id": "api", "path": "", "display_name": "api", "protocols": ["https"], **IN_GATEWAY}
    made = apimanagement.Api("api", **{**good, **changes})
    if policy is not None:
        apimanagement.ApiPolicy("policy", api_id=made.name, policy_id="policy", value=policy, **IN_GATEWAY)
    if operation_policy is not None:
        apimanagement.ApiOperationPolicy(
            "policy", api_id=made.name, operation_id="models", policy_id="policy", value=operation_policy, **IN_GATEWAY
        )
    return made


def open_api(*, method: str = "GET") -> None:
    """One that answers by itself, as that of metadata does."""
    made = api(policy="<policies><inbound><base /><rate-limit-by-key /><return-response /></inbound></policies>")
    operation(method=method, api_id=made.name)


def operation(*, method: str = "GET", path: str = "/v1/models", api_id: Any = "api") -> None:
    apimanagement.ApiOperation(
        "operation", api_id=api_id, display_name="models", method=method, url_template=path, **IN_GATEWAY
    )


def diagnostic(*, headers: tuple[str, ...] = (), size: int = 0, **changes: Any) -> None:
    message: Any = {"headers": list(headers), "body": {"bytes": size}}
    nothing: Any = {"headers": [], "body": {"bytes": 0}}
    settings: Any = {
        "verbosity": "information",
        "log_client_ip": False,
        "frontend": {"request": message, "response": nothing},
        "backend": {"request": nothing, "response": nothing},
        **changes,
    }
    apimanagement.ApiDiagnostic("diagnostic", api_id="api", logger_id="logger", **IN_GATEWAY, **settings)


def deployment(**changes: Any) -> None:
    message = {"headers": [], "body": {"bytes": 0}}
    side = {"request": message, "response": message}
    settings = {"verbosity": "information", "logClientIp": False, "frontend": side, "backend": side, **changes}
    template: Any = {
        "resources": [
            {"type": "Microsoft.ApiManagement/service/loggers", "properties": {"loggerType": "azureMonitor"}},
            {"type": "Microsoft.ApiManagement/service/apis/diagnostics", "properties": settings},
        ]
    }
    resources.Deployment(
        "deployment",
        resource_group_name="group",
        properties=resources.DeploymentPropertiesArgs(mode=resources.DeploymentMode.INCREMENTAL, template=template),
        tags=TAGS,
    )


def application(
    *, role_needed: bool | None = True, version: int | None = 2, roles: bool = True, **changes: Any
) -> None:
    role = {"id": "r", "value": "Call", "display_name": "Call", "description": "x", "allowed_member_types": ["User"]}
    made = azuread.Application(
        "api",
        **{
            "display_name": "api",
            "sign_in_audience": "AzureADMyOrg",
            "api": {"requested_access_token_version": version},
            "app_roles": [role] if roles else None,
            **changes,
        },
    )
    azuread.ServicePrincipal("api", client_id=made.client_id, app_role_assignment_required=role_needed)


def password(end_date: str | None) -> None:
    azuread.ApplicationPassword("password", application_id="api", end_date=end_date)
