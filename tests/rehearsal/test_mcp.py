"""The MCP gateway on the real engine: up, up without a change, another setting, destroy, and nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ops.project import ROOT
from ops.stack import settings_file
from rehearsal import settings
from rehearsal.aws.agentcore import TYPES
from rehearsal.aws.agentcore_model import AgentCore
from rehearsal.aws.package import AwsPackage
from rehearsal.engine import RehearsalEngine
from rehearsal.package import RefusedError, Request
from rehearsal.run import rehearse
from rehearsal.simulation import Simulation
from tests.mcp_program import SETTINGS, recorded
from tests.rehearsal.engines import fail_everything_once, nothing_is_left, succeed

GATEWAY, TARGET, PROVIDER = sorted(TYPES)


def mcp_engine(simulation: Simulation, folder: Path) -> RehearsalEngine:
    for name in ("mcp/google", "mcp/wiki"):
        simulation.store_secret(name)
    plain = {key if ":" in key else f"genaiplatform:{key}": value for key, value in SETTINGS.items()}
    engine = RehearsalEngine(folder, "mcp", plain, simulation.environment)
    engine.add("tests/stacks/mcp/wiki.yaml")
    return engine


@pytest.mark.engine
def test_a_day_of_the_shipped_file_changes_nothing_twice_and_leaves_nothing(simulation: Simulation) -> None:
    config = settings.engine_settings(settings_file.read(ROOT, "mcp"))
    summary = rehearse(simulation, config, change=settings.another(config))
    assert summary.good, summary
    assert summary.changed_by_setting == ["update identity-client"]
    assert "kept-apart" not in str(summary)


@pytest.mark.engine
def test_the_gateway_comes_under_guardrails_and_goes_although_everything_fails_once(
    simulation: Simulation, folder: Path
) -> None:
    engine = mcp_engine(simulation, folder)
    made = fail_everything_once(simulation, "create", engine.up)
    assert {(one.type, one.name) for one in recorded().resources if one.type in TYPES} <= made
    succeed(engine.up("--policy-pack", str(engine.project / "policies" / "guardrails")))
    assert "kept-apart" not in engine.state_text()
    fail_everything_once(simulation, "delete", engine.destroy)
    nothing_is_left(simulation, engine)


def test_agentcore_deletes_a_gateway_after_its_targets_and_tells_what_is_gone() -> None:
    def call(operation: str, **params: object) -> dict[str, object]:
        from rehearsal.aws.account import _session

        model = _session().get_service_model("bedrock-agentcore-control")
        name = "".join(word.title() for word in operation.split("_"))
        return agentcore.call(operation, model.operation_model(name).input_shape, dict(params))

    agentcore = AgentCore("us-east-1")
    gateway = call("create_gateway", name="g", roleArn="arn:aws:iam::1:role/r", authorizerType="NONE")["gatewayId"]
    schema = {"mcp": {"openApiSchema": {"inlinePayload": "{}"}}}
    target = call("create_gateway_target", gatewayIdentifier=gateway, name="t", targetConfiguration=schema)["targetId"]
    with pytest.raises(ClientError, match="Delete all targets first"):
        call("delete_gateway", gatewayIdentifier=gateway)
    call("delete_gateway_target", gatewayIdentifier=gateway, targetId=target)
    call("delete_gateway", gatewayIdentifier=gateway)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call("get_gateway", gatewayIdentifier=gateway)


def test_what_the_api_model_refuses_is_refused(simulation: Simulation) -> None:
    aws = AwsPackage(simulation.account, lambda name, inputs: "", lambda name: None)
    inputs = {"name": "g", "roleArn": "arn:aws:iam::123456789012:role/r", "authorizerType": "OPEN"}
    with pytest.raises(RefusedError, match="authorizerType is 'OPEN', not one of CUSTOM_JWT"):
        aws.create(Request(type=GATEWAY, name="g", inputs=inputs))
