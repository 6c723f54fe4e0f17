"""Status, preflight and verify of an MCP gateway, against stand-ins of AWS, Google and the gateway on this machine."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import State, run
from ops.checks.preflight import agentcore as preflight
from ops.checks.status import agentcore as status
from ops.checks.verify.agentcore import mcp_proof
from ops.checks.verify.step import attempt
from ops.stack.outputs import NotUpError
from ops.stack.running_stacks import RunningMcpGateway
from stacks.mcp.settings import TargetSetting
from tests.http_server import Answer, Request, serve
from tests.ops.inventory.world import OURS, World, account

CONTROL = "bedrock-agentcore-control"


@pytest.fixture
def world() -> Iterator[World]:
    with account() as started:
        yield started


def gateway(world: World, stack: str = "mcp") -> str:
    control = world.client(CONTROL)
    made = control.create_gateway(
        name=world.auto_name("genai-mcp"),
        roleArn="arn:aws:iam::123456789012:role/r",
        authorizerType="NONE",
        tags={**OURS, "Environment": stack},
    )
    control.create_gateway_target(
        gatewayIdentifier=made["gatewayId"],
        name="drive",
        targetConfiguration={"mcp": {"openApiSchema": {"inlinePayload": "{}"}}},
    )
    return str(made["gatewayId"])


def test_the_gateway_of_the_stack_is_found_with_its_targets_and_no_other(world: World) -> None:
    mine = gateway(world)
    gateway(world, "mcp-2")
    found = status.find_gateway(world.aws(), "mcp", 1, {"gatewayId": mine})
    assert (found.seen, found.exists, found.complete) == (True, True, True)
    assert found.since
    outcomes = run(found.checks)
    assert set(outcomes) == {f"gateway {mine}", "target drive"}
    assert {one.state for one in outcomes.values()} == {State.FINE}


def test_nothing_is_there_and_a_missing_target_is_named(world: World) -> None:
    assert status.find_gateway(world.aws(), "mcp", 1, {}).exists is False
    mine = gateway(world)
    found = status.find_gateway(world.aws(), "mcp", 2, {"gatewayId": mine})
    assert found.complete is False
    assert run(found.checks)["targets"].says == "1 of 2 exist"


@pytest.mark.parametrize(
    ("state", "says"),
    [("CREATE_PENDING_AUTH", "cannot be deleted before"), ("FAILED", "FAILED"), ("DELETING", "DELETING")],
)
def test_a_target_that_is_not_ready_says_why(world: World, state: str, says: str) -> None:
    mine = gateway(world)
    (target,) = world.agentcores["us-east-1"].targets.values()
    target["status"] = state
    outcome = run(status.find_gateway(world.aws(), "mcp", 1, {"gatewayId": mine}).checks)["target drive"]
    assert outcome.state == State.BAD
    assert says in outcome.says


def test_what_cannot_be_looked_at_is_not_fine(world: World) -> None:
    with mock.patch("ops.inventory.agentcore.gateways", side_effect=RuntimeError("denied")):
        found = status.find_gateway(world.aws(), "mcp", 1, {})
    assert found.seen is False
    assert run(found.checks)["AgentCore gateway"].state == State.COULD_NOT_LOOK


@pytest.mark.parametrize(
    ("value", "state", "says"),
    [
        ('{"client_secret": "kept-apart"}', State.FINE, "has client_secret"),
        ('{"client_secret": ""}', State.BAD, "holds no JSON with the field client_secret"),
        ('{"secret": "kept-apart"}', State.BAD, "holds no JSON with the field client_secret"),
        ("kept-apart", State.BAD, "holds no JSON with the field client_secret"),
        ('["kept-apart"]', State.BAD, "holds no JSON with the field client_secret"),
        (None, State.BAD, "is not there in us-east-1"),
    ],
)
def test_a_secret_that_a_gateway_cannot_use_is_named_and_never_shown(
    world: World, value: str | None, state: State, says: str
) -> None:
    if value is not None:
        world.client("secretsmanager").create_secret(Name="mcp/google", SecretString=value)
    outcome = preflight.secret(world.aws(), "mcp/google")
    assert outcome.state == state
    assert says in outcome.says
    assert "kept-apart" not in f"{outcome}"


def test_the_service_is_asked_whether_it_answers(world: World) -> None:
    assert preflight.offered(world.aws()).says == "answers; 0 gateways there"


TARGET = TargetSetting(name="drive", client_id="1-a.apps.googleusercontent.com", client_secret="mcp/google")
CALLBACK = "https://bedrock-agentcore.us-east-1.amazonaws.com/identities/oauth2/callback/x"


@pytest.mark.parametrize(
    ("error", "callback", "state", "says"),
    [
        ("", CALLBACK, State.FINE, "knows the client and its callback address"),
        ("redirect_uri_mismatch", CALLBACK, State.BAD, f"does not know the callback address {CALLBACK}"),
        ("redirect_uri_mismatch", "", State.NOTE, "its callback address is known only after the first `up`"),
        ("invalid_client", "", State.BAD, "refuses the client: invalid_client"),
        ("deleted_client", CALLBACK, State.BAD, "refuses the client: deleted_client"),
    ],
)
def test_google_is_asked_whether_it_knows_the_client_and_the_callback_address(
    monkeypatch: pytest.MonkeyPatch, error: str, callback: str, state: State, says: str
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        shown = base64.urlsafe_b64encode(f"\n\x15{error}\x12\x00".encode()).decode().rstrip("=")
        to = f"/signin/oauth/error?authError={shown}" if error else "/v3/signin/identifier?x=1"
        return Answer(302, "", {"Location": to})

    def outputs(_: str) -> dict[str, Any]:
        if not callback:
            raise NotUpError("not up")
        return {"callbackUrls": {"drive": callback}}

    monkeypatch.setattr(preflight, "read_outputs", outputs)
    with serve(answer) as url:
        outcome = preflight.known_to_google(TARGET, "mcp", f"{url}/auth")
    assert outcome.state == state
    assert says in outcome.says
    assert asked[0].query["client_id"] == TARGET.client_id
    assert asked[0].query["scope"] == "https://www.googleapis.com/auth/drive.readonly"


TENANT = "11111111-0000-4000-8000-000000000001"


def proved(answer: Any) -> dict[str, State]:
    with serve(answer) as url:
        running = RunningMcpGateway.model_validate(
            {
                "gatewayUrl": f"{url}/mcp",
                "gatewayId": "g",
                "tenantId": TENANT,
                "clientId": "c",
                "scope": "api://22222222-0000-4000-8000-000000000002/access_as_user",
                "returnUrl": "http://localhost:8976/consent",
                "callbackUrls": {},
                "stack": "mcp",
                "region": "us-east-1",
            }
        )
        outcomes: dict[str, Any] = {}
        with mcp_proof(running) as proof:
            for step in proof.steps:
                outcomes[step.name] = attempt(step, outcomes, proof.secrets)
    return {name: outcome.state for name, outcome in outcomes.items()}


def gateway_answers(*, tenant: str = TENANT, metadata: bool = True, forged: int = 401, stranger: int = 401) -> Any:
    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(200, {"authorization_servers": [f"https://login.microsoftonline.com/{tenant}/v2.0"]})
        if "authorization" in request.headers:
            return Answer(forged, {})
        where = f'resource_metadata="http://{request.headers["host"]}/metadata"' if metadata else ""
        return Answer(stranger, {}, {"WWW-Authenticate": f"Bearer {where}"})

    return answer


@pytest.mark.parametrize(
    ("changes", "not_proved"),
    [
        ({}, []),
        ({"stranger": 200}, ["gateway refuses who has no token", "it sends strangers to our tenant"]),
        ({"metadata": False}, ["gateway refuses who has no token", "it sends strangers to our tenant"]),
        ({"tenant": "common"}, ["it sends strangers to our tenant"]),
        ({"forged": 200}, ["gateway refuses a forged token"]),
        ({"forged": 500}, ["gateway refuses a forged token"]),
    ],
    ids=str,
)
def test_verify_proves_what_anybody_may_see_of_a_gateway(changes: dict[str, Any], not_proved: list[str]) -> None:
    states = proved(gateway_answers(**changes))
    assert [name for name, state in states.items() if state != State.FINE] == not_proved
