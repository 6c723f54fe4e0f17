"""Azure program: Entra ID, API Management and Key Vault in front of the LiteLLM of an AWS stack."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import pulumi
from pulumi_azure_native import resources

from components.azure.gateway import Gateway, GatewayArgs
from components.azure.identity import AZURE_CLI, Identity, IdentityArgs
from components.azure.key_vault import KeyVault, KeyVaultArgs, StoredKey
from components.azure.logs import Logs, LogsArgs
from components.azure.mcp_apis import McpApis, McpApisArgs
from components.azure.model_backends import ServedModel
from components.azure.model_gateway import ModelGateway, ModelGatewayArgs
from components.azure.model_identity import ModelIdentity, ModelIdentityArgs
from components.azure.semantic_cache import AnswerCache, AnswerCacheArgs
from policies import apim
from policies.apim.models import USERS, ClientAccess
from stacks import identity as stack_identity
from stacks.aws import outputs
from stacks.azure import gateway_models, look_ups, settings
from stacks.azure.settings import AzureSettings
from stacks.configuration import read


def build(stack: str) -> None:
    """Read the settings of the stack and build it. Nothing is created when one of them cannot be right."""
    # Outputs of another stack can only be awaited.
    pulumi.run(lambda: _build(stack))


async def _build(stack: str) -> None:
    config = read(AzureSettings)
    location = settings.location()
    aws = await outputs.read(config)
    deployer = look_ups.deployer()
    users = look_ups.object_ids(config.users)
    publisher_email = config.publisher_email or look_ups.email_of(deployer.directory_object_id)
    secret_end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=config.client_secret_days)
    stack_id = stack_identity.stack_id("stack-id")
    tags = stack_identity.tags(stack, stack_id, owner=config.owner)

    identity = Identity(
        "identity",
        IdentityArgs(
            tags=tags,
            display_name=f"genaiplatform {stack}",
            clients=[client.name for client in config.clients],
            secret_days=config.client_secret_days,
            secret_end=secret_end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            owner_id=deployer.directory_object_id,
            users=users,
            redirect_uris=config.redirect_uris if aws.mcp_servers else (),
        ),
    )
    group = resources.ResourceGroup("genai-azure", location=location, tags=tags)

    named_values: dict[str, pulumi.Input[str]] = {
        "tenant-id": deployer.directory_tenant_id,
        "api-client-id": identity.api_client_id,
    }
    vault: KeyVault | None = None
    stored = _stored_keys(config, identity, users, aws)
    # An MCP client sends a token and nothing beside it, so the keys of people are looked up in either mode.
    if config.key_mode == "keyVault" or aws.mcp_servers:
        # Vault and gateway have names that the world shares, at most 24 and 50 characters with the 8 that Pulumi adds.
        vault = KeyVault(
            "genai-keys",
            KeyVaultArgs(
                resource_group_name=group.name,
                tenant_id=deployer.subscription_tenant_id,
                subscription_id=deployer.subscription_id,
                deployer_id=deployer.subscription_object_id,
                keys=stored,
                tags=tags,
            ),
        )
    if vault:
        named_values |= {"key-vault-uri": vault.uri, "gateway-identity-client-id": vault.reader_client_id}
    if config.key_mode == "header":
        named_values["key-bindings"] = _key_bindings(config, identity, aws)
    model_identity = _model_identity(config, group, tags)
    gateway = Gateway(
        "genai-gateway",
        GatewayArgs(
            resource_group_name=group.name,
            mode=config.key_mode,
            named_values=named_values,
            backend_url=aws.apim_entry_url,
            verify_certificate=aws.certificate_is_public,
            apim_entry_key=aws.apim_entry_key,
            publisher_email=publisher_email,
            key_vault=vault,
            model_identity=model_identity,
            own_identity=config.semantic_cache.service is not None,
            tier=config.gateway_tier,
            tags=tags,
        ),
    )
    mcp_apis: McpApis | None = None
    if aws.mcp_servers:
        mcp_apis = McpApis(
            "genai-mcp",
            McpApisArgs(resource_group_name=group.name, gateway=gateway, servers=aws.mcp_servers),
        )
    cache: AnswerCache | None = None
    if embeddings := config.semantic_cache.service:
        cache = AnswerCache(
            "genai-cache",
            AnswerCacheArgs(resource_group_name=group.name, gateway=gateway, embeddings=embeddings, tags=tags),
        )
    model_gateway = (
        _model_gateway(config, group, gateway, identity, model_identity, cache, tags) if config.gateway_models else None
    )
    logs = Logs(
        "genai-logs",
        LogsArgs(
            resource_group_name=group.name,
            service=gateway.service,
            api=gateway.api,
            model_apis=model_gateway.apis if model_gateway else {},
            log_prompts=config.log_prompts,
            tags=tags,
        ),
    )

    pulumi.export("gatewayUrl", gateway.url)
    pulumi.export("gatewayId", gateway.service.id)
    if model_gateway:
        pulumi.export("modelApis", model_gateway.urls)
        pulumi.export("gatewayModels", [_told(model) for model in gateway_models.served(config.gateway_models)])
    if cache:
        pulumi.export("semanticCacheId", cache.redis_id)
    if mcp_apis:
        pulumi.export("mcpUrls", mcp_apis.urls)
        pulumi.export("mcpClientId", identity.mcp_client_id)
    pulumi.export("logsWorkspaceId", logs.workspace_id)
    pulumi.export("keyMode", config.key_mode)
    pulumi.export("tenantId", deployer.directory_tenant_id)
    pulumi.export("scope", identity.scope)
    pulumi.export("clientIds", {name: client.client_id for name, client in identity.clients.items()})
    pulumi.export("clientSecretEnds", {name: client.secret_end for name, client in identity.clients.items()})
    pulumi.export(
        "clientSecrets", pulumi.Output.secret({name: client.secret for name, client in identity.clients.items()})
    )
    pulumi.export(
        "next",
        f"docs/azure.md gets a token and a completion with these outputs; in the evening: `pulumi destroy -s {stack}`",
    )


def _stored_keys(
    config: AzureSettings, identity: Identity, users: Mapping[str, str], aws: outputs.AwsOutputs
) -> Mapping[str, StoredKey]:
    """Those of applications in mode keyVault, and those of people who may use an MCP server."""
    of_clients = {
        client.name: StoredKey(id=identity.clients[client.name].client_id, key=aws.virtual_keys[client.key_alias])
        for client in config.clients
        if config.key_mode == "keyVault"
    }
    of_people = {
        user: StoredKey(id=object_id, key=aws.personal_keys[user.lower()])
        for user, object_id in users.items()
        if user.lower() in aws.personal_keys
    }
    return {**of_clients, **of_people}


def _model_identity(
    config: AzureSettings, group: resources.ResourceGroup, tags: Mapping[str, pulumi.Input[str]]
) -> ModelIdentity | None:
    """Only where a model, or the check of prompts, needs it."""
    safety_account = config.content_safety.account
    if not config.model_accounts and not safety_account:
        return None
    args = ModelIdentityArgs(
        resource_group_name=group.name, accounts=config.model_accounts, safety_account=safety_account, tags=tags
    )
    return ModelIdentity("genai-models-identity", args)


def _model_gateway(
    config: AzureSettings,
    group: resources.ResourceGroup,
    gateway: Gateway,
    identity: Identity,
    model_identity: ModelIdentity | None,
    cache: AnswerCache | None,
    tags: Mapping[str, pulumi.Input[str]],
) -> ModelGateway:
    client_ids: dict[str, pulumi.Input[str]] = {name: one.client_id for name, one in identity.clients.items()}
    if config.users:
        client_ids[USERS] = AZURE_CLI
    return ModelGateway(
        "genai-models",
        ModelGatewayArgs(
            resource_group_name=group.name,
            gateway=gateway,
            models=gateway_models.served(config.gateway_models),
            clients=[
                ClientAccess(
                    name=client.name,
                    models=client.models,
                    tokens_per_minute=client.tokens_per_minute,
                    tokens_per_day=client.tokens_per_day,
                )
                for client in config.clients
            ],
            client_ids=client_ids,
            keys=config.provider_keys,
            identity=model_identity,
            safety=config.content_safety.service,
            cache=cache,
            tags=tags,
        ),
    )


def _told(model: ServedModel) -> Mapping[str, object]:
    return {"name": model.name, "provider": model.provider, "deployments": model.backend_ids}


def _key_bindings(config: AzureSettings, identity: Identity, aws: outputs.AwsOutputs) -> pulumi.Output[str]:
    bound = {
        client.name: [aws.virtual_keys[alias] for alias in client.keys] for client in config.clients if client.keys
    }

    def bindings(client_ids: Sequence[str]) -> str:
        return apim.key_bindings(dict(zip(client_ids, bound.values(), strict=True)))

    client_ids = pulumi.Output.all(*(identity.clients[name].client_id for name in bound))
    return pulumi.Output.secret(client_ids.apply(bindings))
