"""What `genai leftovers` finds of an MCP gateway: both parts in the order that AgentCore takes, and what goes."""

from __future__ import annotations

import io

from rich.console import Console

from ops.commands.leftovers.report import print_report
from ops.inventory import agentcore
from ops.inventory.deletion import in_order
from ops.inventory.ownership import ScannedAccount
from ops.inventory.scan import Scan
from tests.ops.inventory.world import OURS, account


def test_a_gateway_goes_after_its_targets_and_before_its_provider_and_the_loss_is_told() -> None:
    with account() as world:
        control = world.client("bedrock-agentcore-control")
        tags = {**OURS, "Environment": "mcp"}
        config = {"googleOauth2ProviderConfig": {"clientId": "c", "clientSecretSource": "MANAGED", "clientSecret": "s"}}
        control.create_oauth2_credential_provider(
            name="genai-drive", credentialProviderVendor="GoogleOauth2", oauth2ProviderConfigInput=config, tags=tags
        )
        role = "arn:aws:iam::123456789012:role/r"
        key = control.create_gateway(name="genai-mcp", roleArn=role, authorizerType="NONE", tags=tags)["gatewayId"]
        schema = {"mcp": {"openApiSchema": {"inlinePayload": "{}"}}}
        control.create_gateway_target(gatewayIdentifier=key, name="drive", targetConfiguration=schema)
        found = [*agentcore.credential_providers(world.aws()), *agentcore.gateways(world.aws())]
        ours = ScannedAccount(found=found, stack="mcp").namesakes
        assert [one.resource.kind for one in in_order(ours)] == [
            "AgentCore gateway",
            "AgentCore OAuth2 credential provider",
        ]
        shown = io.StringIO()
        print_report(Scan(leftovers=ours, failures=[]), Console(file=shown, width=200), stack="mcp", place="us-east-1")
        assert "is meant to stay" in shown.getvalue()
        assert "delete-gateway-target" in shown.getvalue()
        for one in in_order(ours):
            for step in one.resource.removal:
                step.run()
        assert control.list_gateways()["items"] == []
        assert control.list_oauth2_credential_providers()["credentialProviders"] == []
