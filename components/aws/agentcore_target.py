"""Bedrock AgentCore Gateway target: an API by its OpenAPI document, called with each user's token or with its own."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws


def gateway_target(
    name: str,
    *,
    gateway_id: pulumi.Input[str],
    payload: str,
    provider_arn: pulumi.Input[str],
    scopes: Sequence[str],
    return_url: str,
    google: bool,
) -> aws.bedrock.AgentcoreGatewayTarget:
    """A target of that name, whose tools are called `<name>___<operationId>`.

    `payload` is the document as JSON. With `return_url` the token is that of whoever calls, who consents once and then
    comes back there; without, that of the application, for everybody.

    The target brings its schema: one that AgentCore must ask for it, in the name of a user, stays in
    CREATE_PENDING_AUTH until somebody clicks, and cannot be deleted before (AgentCore API reference,
    DeleteGatewayTarget; hashicorp/terraform-provider-aws#48114).
    """
    oauth: aws.bedrock.AgentcoreGatewayTargetCredentialProviderConfigurationOauthArgsDict = {
        "provider_arn": provider_arn,
        "scopes": list(scopes),
        "grant_type": "AUTHORIZATION_CODE" if return_url else "CLIENT_CREDENTIALS",
    }
    if return_url:
        oauth["default_return_url"] = return_url
    if google:
        # Else Google gives no refresh token, and the consent is over after an hour
        # (aws/bedrock-agentcore-sdk-python#150).
        oauth["custom_parameters"] = {"access_type": "offline", "prompt": "consent"}
    return aws.bedrock.AgentcoreGatewayTarget(
        name,
        name=name,
        gateway_identifier=gateway_id,
        target_configuration={"mcp": {"open_api_schema": {"inline_payload": {"payload": payload}}}},
        credential_provider_configuration={"oauth": oauth},
        opts=pulumi.ResourceOptions(
            custom_timeouts=pulumi.CustomTimeouts(create="5m", update="5m", delete="5m"),  # 30 minutes by default
        ),
    )
