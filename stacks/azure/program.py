"""Azure program: Entra ID, API Management and Key Vault in front of the LiteLLM of an AWS stack."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pulumi
from pulumi_azure_native import resources

from components.azure.gateway import Gateway, GatewayArgs
from components.azure.identity import Identity, IdentityArgs
from components.azure.key_vault import KeyVault, KeyVaultArgs, StoredKey
from components.azure.logs import Logs, LogsArgs
from policies import apim
from stacks import identity as stack_identity
from stacks.aws import outputs
from stacks.azure import look_ups, settings
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
        ),
    )
    group = resources.ResourceGroup("genai-azure", location=location, tags=tags)

    named_values: dict[str, pulumi.Input[str]] = {
        "tenant-id": deployer.directory_tenant_id,
        "api-client-id": identity.api_client_id,
    }
    vault: KeyVault | None = None
    if config.key_mode == "keyVault":
        # Vault and gateway have names that the world shares, at most 24 and 50 characters with the 8 that Pulumi adds.
        vault = KeyVault(
            "genai-keys",
            KeyVaultArgs(
                resource_group_name=group.name,
                tenant_id=deployer.subscription_tenant_id,
                subscription_id=deployer.subscription_id,
                deployer_id=deployer.subscription_object_id,
                keys={
                    client.name: StoredKey(
                        client_id=identity.clients[client.name].client_id, key=aws.virtual_keys[client.key_alias]
                    )
                    for client in config.clients
                },
                tags=tags,
            ),
        )
        named_values |= {"key-vault-uri": vault.uri, "gateway-identity-client-id": vault.reader_client_id}
    else:
        named_values["key-bindings"] = _key_bindings(config, identity, aws)
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
            tier=config.gateway_tier,
            tags=tags,
        ),
    )
    logs = Logs(
        "genai-logs",
        LogsArgs(
            resource_group_name=group.name,
            service=gateway.service,
            api=gateway.api,
            log_prompts=config.log_prompts,
            tags=tags,
        ),
    )

    pulumi.export("gatewayUrl", gateway.url)
    pulumi.export("gatewayId", gateway.service.id)
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
        "next", "docs/azure.md gets a token and a completion with these outputs; in the evening: pulumi destroy"
    )


def _key_bindings(config: AzureSettings, identity: Identity, aws: outputs.AwsOutputs) -> pulumi.Output[str]:
    bound = {
        client.name: [aws.virtual_keys[alias] for alias in client.keys] for client in config.clients if client.keys
    }

    def bindings(client_ids: Sequence[str]) -> str:
        return apim.key_bindings(dict(zip(client_ids, bound.values(), strict=True)))

    client_ids = pulumi.Output.all(*(identity.clients[name].client_id for name in bound))
    return pulumi.Output.secret(client_ids.apply(bindings))
