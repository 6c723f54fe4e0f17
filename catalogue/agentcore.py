"""Amazon Bedrock AgentCore: the regions that offer Gateway and Identity, and limits of names and scopes."""

from __future__ import annotations

import difflib

REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    }
)
"""AgentCore developer guide, "Supported AWS Regions", read 2026-11-29: where both are offered, GovCloud left out."""

LONGEST_TOOL_NAME = 64
"""Characters. A gateway calls a tool `<target>___<operationId>`, and no model takes a longer
name of a tool (Bedrock API reference, ToolSpecification; OpenAI and Anthropic alike)."""

LONGEST_SCOPE = 64
"""Characters (AgentCore API reference, OAuthCredentialProvider, scopes)."""


def region_problem(region: str) -> str | None:
    """Say that AgentCore is not offered in that region; None where it is."""
    if region in REGIONS:
        return None
    near = difflib.get_close_matches(region, REGIONS, n=1)
    return (
        f"{region} does not offer Bedrock AgentCore Gateway and Identity: "
        + (f"the nearest by name is {near[0]}, " if near else "")
        + "set one such as us-east-1 or ap-northeast-1"
    )


ROLE = "mcp.invoke"
"""The app role of Entra ID that whoever calls a gateway must hold."""
