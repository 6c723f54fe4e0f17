"""Bedrock AgentCore Identity: an OAuth2 credential provider, whose client secret stays in Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

SECRET_KEY = "client_secret"  # noqa: S105  the name of a field
"""The field of the secret, which is JSON, that holds the client secret."""


def credential_provider(
    name: str,
    *,
    client_id: str,
    secret_arn: str,
    discovery_url: str,
    tags: Mapping[str, pulumi.Input[str]],
) -> aws.bedrock.AgentcoreOauth2CredentialProvider:
    """A client of Google, or of the provider that describes itself at `discovery_url`.

    It gets a callback address of its own (`callback_url`), which the provider must be told once; users' tokens are
    kept under it. The client secret is neither an input nor in the state.
    """
    config: aws.bedrock.AgentcoreOauth2CredentialProviderOauth2ProviderConfigArgsDict
    if discovery_url:
        config = {
            "custom_oauth2_provider_config": {
                "oauth_discovery": {"discovery_url": discovery_url},
                "client_id": client_id,
                "client_secret_source": "EXTERNAL",
                "client_secret_config": {"secret_id": secret_arn, "json_key": SECRET_KEY},
            }
        }
    else:
        config = {
            "google_oauth2_provider_config": {
                "client_id": client_id,
                "client_secret_source": "EXTERNAL",
                "client_secret_config": {"secret_id": secret_arn, "json_key": SECRET_KEY},
            }
        }
    return aws.bedrock.AgentcoreOauth2CredentialProvider(
        name,
        credential_provider_vendor="CustomOauth2" if discovery_url else "GoogleOauth2",
        oauth2_provider_config=config,
        tags=dict(tags),
    )
