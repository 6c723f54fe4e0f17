"""For each rule about Azure the defects that must trip it, and the good twins that must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.policies.guardrails import good_azure

Program = Callable[[], Any]

DEFECTS: Mapping[str, Mapping[str, Program]] = {
    "azure-roles-are-for-one-task-on-one-resource": {
        "a subscription": lambda: good_azure.role_assignment(scope="/subscriptions/s"),
        "a resource group": lambda: good_azure.role_assignment(scope="/subscriptions/s/resourcegroups/g/"),
        "a management group": lambda: good_azure.role_assignment(
            scope="/providers/Microsoft.Management/managementGroups/m"
        ),
        "the tenant": lambda: good_azure.role_assignment(scope="/"),
        "an owner": lambda: good_azure.role_assignment(role="8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        "a contributor": lambda: good_azure.role_assignment(role="b24988ac-6180-42a0-ab88-20f7382dd24c"),
        "who gives out roles": lambda: good_azure.role_assignment(role="f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
    },
    "vaults-open-to-roles-alone": {
        "access policies": lambda: good_azure.vault(enable_rbac_authorization=False),
        "access policies by default": lambda: good_azure.vault(enable_rbac_authorization=None),
    },
    "vaults-are-gone-after-a-week": {
        "purge protection": lambda: good_azure.vault(enable_purge_protection=True),
        "purge protection off, a value Azure refuses": lambda: good_azure.vault(enable_purge_protection=False),
        "a month": lambda: good_azure.vault(soft_delete_retention_in_days=30),
        "the default, 90 days": lambda: good_azure.vault(soft_delete_retention_in_days=None),
    },
    "no-locks": {
        "a lock": good_azure.lock,
    },
    "names-that-azure-keeps-are-new-each-morning": {
        "a vault": lambda: good_azure.vault(vault_name="our-keys"),
        "a gateway": lambda: good_azure.gateway(service_name="gateway"),
        "a gateway by the date": lambda: good_azure.gateway(service_name="gateway-20261126"),
    },
    "gateway-keys-are-secret-named-values": {
        "a key in a plain named value": lambda: good_azure.named_value("apim-entry-key", good_azure.KEY),
        "a key by its look": lambda: good_azure.named_value("header", good_azure.KEY, secret=False),
        "hashes of keys": lambda: good_azure.named_value("bindings", f"client:{good_azure.KEY},x"),
        "a virtual key": lambda: good_azure.named_value("default", "sk-1234567890abcdef"),
        "a key of the backend": lambda: good_azure.backend(key="hunter"),
        "a key in the policy": lambda: good_azure.api(policy=good_azure.POLICY + "<value>sk-1234567890abcdef</value>"),
    },
    "apis-ask-for-a-token": {
        "no policy": lambda: good_azure.api(policy=None),
        "a policy that lets everyone in": lambda: good_azure.api(
            policy="<policies><inbound><base /></inbound></policies>"
        ),
        "a token validated too late": lambda: good_azure.api(
            policy="<policies><inbound /><outbound><validate-jwt /></outbound></policies>"
        ),
        "an operation without it": lambda: good_azure.api(operation_policy="<policies><inbound /></policies>"),
        "an answer of its own behind a condition": lambda: good_azure.api(
            policy="<policies><inbound><choose><when><return-response /></when></choose></inbound></policies>"
        ),
        "an answer of its own after somebody was asked": lambda: good_azure.api(
            policy="<policies><inbound><send-request /><return-response /></inbound></policies>"
        ),
        "an answer of its own on the way out": lambda: good_azure.api(
            policy="<policies><inbound><base /></inbound><outbound><return-response /></outbound></policies>"
        ),
        "an answer of its own to a POST": lambda: good_azure.open_api(method="POST"),
    },
    "apis-lead-nowhere-by-themselves": {
        "a service URL": lambda: good_azure.api(service_url="https://litellm.example.com"),
        "HTTP": lambda: good_azure.api(protocols=["https", "http"]),
        "protocols left open": lambda: good_azure.api(protocols=None),
    },
    "operations-are-named-one-by-one": {
        "every path": lambda: good_azure.operation(path="/*"),
        "every path below one": lambda: good_azure.operation(path="/v1/{*rest}"),
        "a model in the path": lambda: good_azure.operation(
            method="POST", path="/openai/deployments/{model}/chat/completions"
        ),
        "every method": lambda: good_azure.operation(method="*"),
    },
    "backends-show-a-valid-certificate": {
        "HTTP": lambda: good_azure.backend(url="http://litellm.example.com"),
        "HTTP to the load balancer": lambda: good_azure.backend(url="http://entry-1.us-east-1.elb.amazonaws.com:8443"),
        "any authority": lambda: good_azure.backend(check=False),
        "any name": lambda: good_azure.backend(name=False),
        "another port of the load balancer": lambda: good_azure.backend(
            url="https://entry-1.us-east-1.elb.amazonaws.com", check=False
        ),
        "a host that only looks like the load balancer": lambda: good_azure.backend(
            url=f"{good_azure.LOAD_BALANCER}@example.com:8443", check=False
        ),
    },
    "pools-leave-out-what-fails": {
        "no breaker": lambda: good_azure.pool(breaker=None),
        "a breaker without rules": lambda: good_azure.pool(breaker={"rules": []}),
    },
    "azure-openai-is-called-without-a-key": {
        "a key": lambda: good_azure.pool(key="{{account-key}}"),
        "a key of a Foundry resource": lambda: good_azure.pool(
            key="{{account-key}}", url="https://east.services.ai.azure.com/openai/v1"
        ),
    },
    "gateways-have-an-identity-only-to-call-with": {
        "an identity for nothing": lambda: good_azure.gateway_with_identity(good_azure.POLICY),
    },
    "gateways-have-one-of-their-own-only-for-embeddings": {
        "beside another one": lambda: good_azure.gateway_with_identity(
            good_azure.CHECKED, "SystemAssigned, UserAssigned"
        ),
        "alone": lambda: good_azure.gateway_with_identity(good_azure.CHECKED, "SystemAssigned"),
    },
    "cached-answers-are-not-shared": {
        "an element without a child": lambda: good_azure.api(
            policy=good_azure.CACHED.replace("<vary-by>@(context.User.Id)</vary-by>", "")
        ),
        "an empty element": lambda: good_azure.api(
            policy=good_azure.COUNTED.replace("</inbound>", "<llm-semantic-cache-lookup /></inbound>")
        ),
        "by its older name": lambda: good_azure.api(
            policy=good_azure.COUNTED.replace("</inbound>", "<azure-openai-semantic-cache-lookup /></inbound>")
        ),
        "one of two": lambda: good_azure.api(
            policy=good_azure.CACHED.replace("</inbound>", "<llm-semantic-cache-lookup /></inbound>")
        ),
    },
    "caches-of-answers-are-encrypted": {
        "plain text": lambda: good_azure.redis_database("Plaintext"),
    },
    "every-way-to-a-model-checks-prompts-or-none": {
        "one API of two": lambda: good_azure.two_ways(good_azure.CHECKED, good_azure.COUNTED),
        "the other one": lambda: good_azure.two_ways(good_azure.COUNTED, good_azure.CHECKED),
    },
    "gateway-logs-hold-no-headers-and-no-bodies": {
        "a header": lambda: good_azure.diagnostic(headers=("Authorization",)),
        "bodies": lambda: good_azure.diagnostic(size=1024),
        "addresses": lambda: good_azure.diagnostic(log_client_ip=True),
        "addresses by default": lambda: good_azure.diagnostic(log_client_ip=None),
        "verbosity left open": lambda: good_azure.diagnostic(verbosity=None),
        "one side left open": lambda: good_azure.diagnostic(backend=None),
        "bodies in a template": lambda: good_azure.deployment(
            frontend={"request": {"headers": [], "body": {"bytes": 8192}}}
        ),
    },
    "tokens-are-version-2-of-this-tenant": {
        "version 1": lambda: good_azure.application(version=1),
        "version 1 by default": lambda: good_azure.application(version=None),
        "any tenant": lambda: good_azure.application(sign_in_audience="AzureADMultipleOrgs"),
    },
    "tokens-are-for-who-holds-a-role": {
        "no role needed": lambda: good_azure.application(role_needed=False),
        "no role needed by default": lambda: good_azure.application(role_needed=None),
    },
    "client-secrets-end": {
        "the default": lambda: good_azure.password(None),
        "much later": lambda: good_azure.password("2099-01-01T00:00:00Z"),
    },
    "names-fit-the-service": {
        "a vault": lambda: good_azure.vault("x" * 17),
        "a gateway": lambda: good_azure.gateway("x" * 43),
        "a resource group": lambda: good_azure.group("x" * 83),
    },
    "everything-carries-the-required-tags": {
        "a vault": lambda: good_azure.vault(tags={"Project": "x"}),
    },
}

GOOD: Mapping[str, Program] = {
    "role on a vault": good_azure.role_assignment,
    "role on a secret": lambda: good_azure.role_assignment(scope=f"{good_azure.VAULT_ID}/secrets/x"),
    "vault": good_azure.vault,
    "vault with a name that just fits": lambda: good_azure.vault("x" * 16),
    "vault named by Pulumi": lambda: good_azure.vault(vault_name="keys1a2b3c4d"),
    "gateway": good_azure.gateway,
    "secret named value": lambda: good_azure.named_value("apim-entry-key", good_azure.KEY, secret=True),
    "named value without a secret": lambda: good_azure.named_value("key-vault-uri", "https://keys.vault.azure.net/"),
    "backend": good_azure.backend,
    "entry for API Management without a domain": lambda: good_azure.backend(
        url=good_azure.LOAD_BALANCER, check=False, name=False
    ),
    "pool": good_azure.pool,
    "pool of a provider that takes a key": lambda: good_azure.pool(
        key="{{gemini-provider-key}}", url="https://generativelanguage.googleapis.com/v1beta/openai"
    ),
    "gateway with an identity to call with": lambda: good_azure.gateway_with_identity(
        good_azure.POLICY.replace("</inbound>", "<authentication-managed-identity /></inbound>")
    ),
    "gateway with an identity to call Content Safety with": lambda: good_azure.gateway_with_identity(
        good_azure.CHECKED
    ),
    "gateway with an identity of its own to ask for embeddings with": lambda: good_azure.gateway_with_identity(
        good_azure.CACHED, "SystemAssigned"
    ),
    "gateway with both": lambda: good_azure.gateway_with_identity(good_azure.CACHED, "SystemAssigned, UserAssigned"),
    "cache of answers": good_azure.redis_database,
    "two ways to a model, both checked": lambda: good_azure.two_ways(good_azure.CHECKED, good_azure.CHECKED),
    "two ways to a model, neither checked": lambda: good_azure.two_ways(good_azure.COUNTED, good_azure.COUNTED),
    "api without a subscription key": lambda: good_azure.api(subscription_required=False),
    "operation with a policy of its own": lambda: good_azure.api(
        operation_policy="<policies><inbound><base/></inbound></policies>"
    ),
    "api that answers by itself": good_azure.open_api,
    "operation": lambda: good_azure.operation(path="/v1/models/{id}"),
    "diagnostic": good_azure.diagnostic,
    "diagnostic in a template": good_azure.deployment,
    "application": good_azure.application,
    "client application": lambda: good_azure.application(roles=False, version=None, role_needed=None),
    "client secret of a year ago": lambda: good_azure.password("2025-11-26T00:00:00Z"),
    "resource group": lambda: good_azure.group("group"),
}
