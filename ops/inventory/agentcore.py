"""Bedrock AgentCore: finds gateways with their targets, and OAuth2 credential providers."""

from __future__ import annotations

from collections.abc import Iterator

from ops.clouds.aws import Aws
from ops.clouds.removal import Item
from ops.inventory import kinds
from ops.inventory.found import FoundResource
from ops.project import PROJECT

CONTROL = "bedrock-agentcore-control"
"""The service of botocore that manages gateways; `bedrock-agentcore` is the one that they use."""


def gateways(aws: Aws) -> Iterator[FoundResource]:
    """Gateways; a gateway goes after its targets (AgentCore API reference, DeleteGateway)."""
    listed = list(aws.items(CONTROL, "list_gateways", "items[]"))

    def describe(one: Item) -> tuple[Item, dict[str, str]]:
        gateway = aws.call(CONTROL, "get_gateway", gatewayIdentifier=one["gatewayId"])
        return gateway, _tags(aws, gateway["gatewayArn"])

    for gateway, tags in aws.each(describe, listed):
        key = gateway["gatewayId"]
        targets = [target["targetId"] for target in targets_of(aws, key)] if tags.get("Project") == PROJECT else []
        yield FoundResource(
            kind=kinds.AGENTCORE_GATEWAY,
            id=key,
            region=aws.region,
            tags=tags,
            created=gateway["createdAt"],
            priced=None,
            removal=(
                *(aws.step(CONTROL, "delete_gateway_target", gatewayIdentifier=key, targetId=one) for one in targets),
                aws.step(CONTROL, "delete_gateway", gatewayIdentifier=key),
            ),
        )


def targets_of(aws: Aws, gateway_id: str) -> Iterator[Item]:
    """The targets of that gateway, as AWS lists them."""
    return aws.items(CONTROL, "list_gateway_targets", "items[]", gatewayIdentifier=gateway_id)


def credential_providers(aws: Aws) -> Iterator[FoundResource]:
    """OAuth2 credential providers. With one goes its callback address, and the consents of all its users."""
    listed = list(aws.items(CONTROL, "list_oauth2_credential_providers", "credentialProviders[]"))
    for provider, tags in zip(
        listed, aws.each(lambda one: _tags(aws, one["credentialProviderArn"]), listed), strict=True
    ):
        yield FoundResource(
            kind=kinds.AGENTCORE_PROVIDER,
            id=provider["name"],
            region=aws.region,
            tags=tags,
            created=provider["createdTime"],
            removal=(aws.step(CONTROL, "delete_oauth2_credential_provider", name=provider["name"]),),
        )


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return dict(aws.call(CONTROL, "list_tags_for_resource", resourceArn=arn).get("tags") or {})
