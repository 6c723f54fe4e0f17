"""Amazon Bedrock AgentCore Gateway and Identity: one row for each type of resource.

`actions` are the calls that the Terraform provider under pulumi-aws makes (hashicorp/terraform-provider-aws,
internal/service/bedrockagentcore), and what AgentCore does in the name of the caller: a gateway comes with a workload
identity, the first credential provider of an account with the token vault.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.resource_type import ESTIMATE, NameLimit, ResourceType, Times, iam_actions

_TAGS = iam_actions("bedrock-agentcore", "ListTagsForResource", "TagResource", "UntagResource")


def _agentcore(*names: str) -> tuple[str, ...]:
    return iam_actions("bedrock-agentcore", *names)


TYPES: Mapping[str, ResourceType] = {
    "aws:bedrock/agentcoreGateway:AgentcoreGateway": ResourceType(
        label="AgentCore gateway",
        usage=("AgentCore Gateway call",),
        times=Times(create=15, delete=10, source=ESTIMATE),
        actions=(
            *_agentcore("CreateGateway", "DeleteGateway", "GetGateway", "UpdateGateway"),
            *_agentcore("CreateWorkloadIdentity", "DeleteWorkloadIdentity", "GetWorkloadIdentity"),
            *_TAGS,
            "iam:PassRole",
        ),
        taggable=True,
        name_limit=NameLimit(property="name", characters=48),
    ),
    "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget": ResourceType(
        times=Times(create=10, delete=10, source=ESTIMATE),
        actions=_agentcore("CreateGatewayTarget", "DeleteGatewayTarget", "GetGatewayTarget", "UpdateGatewayTarget"),
    ),
    "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider": ResourceType(
        label="AgentCore OAuth2 credential provider",
        actions=(
            *_agentcore("CreateOauth2CredentialProvider", "DeleteOauth2CredentialProvider"),
            *_agentcore("GetOauth2CredentialProvider", "UpdateOauth2CredentialProvider"),
            *_agentcore("CreateTokenVault", "GetTokenVault"),
            *_TAGS,
        ),
        taggable=True,
        name_limit=NameLimit(property="name", characters=128),
    ),
}
"""By type token."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:secretsmanager/getSecret:getSecret": iam_actions("secretsmanager", "DescribeSecret", "GetResourcePolicy"),
}
"""IAM actions of provider functions, by token."""
