"""Bedrock AgentCore Gateway: an MCP endpoint that takes the tokens of one Entra ID tenant, and its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SERVICE = "bedrock-agentcore.amazonaws.com"
VERSIONS = ("2025-11-25", "2025-06-18")
"""Of the Model Context Protocol. The first is the one that knows URL elicitation, the link to a consent (-32042)."""


@dataclass(frozen=True, kw_only=True)
class AgentcoreGatewayArgs:
    """Inputs of `AgentcoreGateway`.

    `audience` is the client id of the API in Entra ID, `role` the app role that a caller must hold. `providers` and
    `secrets` are ARNs of what the gateway gets tokens with: credential providers, and the secrets that these refer to.
    """

    region: str
    account: str
    tenant_id: pulumi.Input[str]
    audience: pulumi.Input[str]
    role: str
    providers: Sequence[pulumi.Input[str]]
    secrets: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


class AgentcoreGateway(pulumi.ComponentResource):
    """A gateway without targets (`AgentcoreTarget`), which answers only to who holds the role.

    It costs nothing while nobody calls. Its own metadata (RFC 9728) tells MCP clients where to log in. No scope is
    asked for: a gateway tells clients the short name of a scope, and Entra ID takes only the one with the API's URI in
    front (agentic-community/mcp-gateway-registry#990). The app role, which stands in tokens of users and of
    applications, decides in its place.
    """

    gateway_id: pulumi.Output[str]
    """Known once the gateway may get tokens."""
    url: pulumi.Output[str]

    def __init__(self, name: str, args: AgentcoreGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the gateway and its role; see `AgentcoreGatewayArgs`."""
        super().__init__("genai:aws:AgentcoreGateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)
        own = f"arn:aws:bedrock-agentcore:{args.region}:{args.account}"

        role = aws.iam.Role(
            name,
            description="MCP gateway of genaiplatform",
            assume_role_policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": SERVICE},
                            # Else anybody's gateway could be given this role (IAM user guide, "The confused deputy").
                            "Condition": {
                                "StringEquals": {"aws:SourceAccount": args.account},
                                "ArnLike": {"aws:SourceArn": f"{own}:gateway/*"},
                            },
                        }
                    ],
                }
            ),
            tags=tags,
            opts=child,
        )
        gateway = aws.bedrock.AgentcoreGateway(
            name,
            description="Takes tokens of Entra ID",
            role_arn=role.arn,
            protocol_type="MCP",
            protocol_configuration={"mcp": {"supported_versions": list(VERSIONS)}},
            authorizer_type="CUSTOM_JWT",
            authorizer_configuration={
                "custom_jwt_authorizer": {
                    # Of version 2: the issuer of version 1 is another (sts.windows.net).
                    "discovery_url": pulumi.Output.concat(
                        "https://login.microsoftonline.com/", args.tenant_id, "/v2.0/.well-known/openid-configuration"
                    ),
                    "allowed_audiences": [args.audience],
                    "custom_claims": [
                        {
                            "inbound_token_claim_name": "roles",
                            "inbound_token_claim_value_type": "STRING_ARRAY",
                            "authorizing_claim_match_value": {
                                "claim_match_operator": "CONTAINS",
                                "claim_match_value": {"match_value_string": args.role},
                            },
                        }
                    ],
                }
            },
            tags=tags,
            opts=child,
        )
        workload = gateway.workload_identity_details.apply(lambda details: str(details[0].workload_identity_arn))
        identities = [f"{own}:workload-identity-directory/default", workload]
        policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "bedrock-agentcore:GetWorkloadAccessToken",
                                "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
                            ],
                            "Resource": identities,
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["bedrock-agentcore:GetResourceOauth2Token"],
                            "Resource": [*identities, f"{own}:token-vault/default", *args.providers],
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["secretsmanager:GetSecretValue"],
                            "Resource": list(args.secrets),
                        },
                    ],
                }
            ),
            opts=child,
        )
        self.gateway_id = pulumi.Output.all(gateway.gateway_id, policy.id).apply(lambda values: str(values[0]))
        self.url = gateway.gateway_url
        self.register_outputs({"url": self.url})
