"""MCP program: a gateway on Bedrock AgentCore that Entra ID guards, and that reaches each user's own data."""

from __future__ import annotations

import pulumi

from catalogue.agentcore import ROLE
from components.aws.agentcore_gateway import AgentcoreGateway, AgentcoreGatewayArgs
from components.aws.agentcore_provider import credential_provider
from components.aws.agentcore_target import gateway_target
from components.azure.mcp_identity import McpIdentity, McpIdentityArgs
from stacks import identity as stack_identity
from stacks.azure import look_ups as entra
from stacks.configuration import read
from stacks.errors import SettingsError
from stacks.mcp import look_ups, openapi, settings
from stacks.mcp.settings import McpSettings


def build(stack: str) -> None:
    """Read the settings of the stack and build it. Nothing is created when one of them cannot be right."""
    region = settings.region()
    config = read(McpSettings)
    tenant_id, owner_id = entra.directory()
    if config.tenant_id and config.tenant_id.lower() != tenant_id.lower():
        raise SettingsError(
            f"tenantId is {config.tenant_id}, but you are logged in to {tenant_id}: log in with "
            f"`az login --tenant {config.tenant_id}`, or take tenantId out"
        )
    secrets = look_ups.secret_arns(config, region)
    callers = look_ups.callers(config)
    tags = stack_identity.tags(stack, stack_identity.stack_id("stack-id"), owner=config.owner)

    identity = McpIdentity(
        "identity",
        McpIdentityArgs(
            display_name=f"genaiplatform {stack}",
            callers=callers,
            redirect_uris=config.redirect_uris,
            owner_id=owner_id,
            tags=tags,
        ),
    )
    providers = {
        target.name: credential_provider(
            f"genai-{target.name}",
            client_id=target.client_id,
            secret_arn=secrets[target.client_secret],
            discovery_url=target.discovery_url,
            tags=tags,
        )
        for target in config.targets
    }
    gateway = AgentcoreGateway(
        "genai-mcp",
        AgentcoreGatewayArgs(
            region=region,
            account=next(iter(secrets.values())).split(":")[4],
            tenant_id=tenant_id,
            audience=identity.audience,
            role=ROLE,
            providers=[provider.credential_provider_arn for provider in providers.values()],
            secrets=list(dict.fromkeys(secrets.values())),
            tags=tags,
        ),
    )
    for target in config.targets:
        gateway_target(
            target.name,
            gateway_id=gateway.gateway_id,
            payload=openapi.payload(target.api),
            provider_arn=providers[target.name].credential_provider_arn,
            scopes=target.asked_scopes,
            return_url=config.return_url if target.grant == "authorizationCode" else "",
            google=target.google,
        )

    pulumi.export("gatewayUrl", gateway.url)
    pulumi.export("gatewayId", gateway.gateway_id)
    pulumi.export("tenantId", tenant_id)
    pulumi.export("clientId", identity.client_id)
    pulumi.export("scope", identity.scope)
    pulumi.export("returnUrl", config.return_url)
    pulumi.export("callbackUrls", {name: provider.callback_url for name, provider in providers.items()})
    pulumi.export(
        "next",
        "Once: add each of callbackUrls to the redirect URIs of its OAuth client at the provider, then "
        f"`genai mcp login --stack {stack}` and `genai mcp tools --stack {stack}` (docs/mcp.md). Keep this stack: a "
        "new one has new callback addresses and no consents",
    )
