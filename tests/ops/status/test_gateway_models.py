"""The state of models that the gateway serves by itself, against servers that answer as Azure and as the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ops.checks.check import Outcome, State, run
from ops.checks.status.gateway_models import gateway_model_checks
from ops.clouds.azure import Api
from policies.apim.models import COGNITIVE_SERVICES_USER, OPENAI_USER
from tests.ops.preflight.stand_in import Server, serve

GATEWAY = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ApiManagement/service/genai-gateway"
ACCOUNT = "/subscriptions/s-1/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/ai-east"
BACKENDS = f"GET {GATEWAY}/backends"
ROLES = f"GET {ACCOUNT}/providers/Microsoft.Authorization/roleAssignments"
SERVICE = {"identity": {"userAssignedIdentities": {"/identity": {"principalId": "p-1", "clientId": "c-1"}}}}
BREAKER = {"circuitBreaker": {"rules": [{"name": "failures"}]}}


def backend(name: str, **properties: Any) -> Mapping[str, Any]:
    return {"name": name, "properties": {**BREAKER, **properties}}


def pool(*members: str) -> Mapping[str, Any]:
    services = [{"id": f"{GATEWAY}/backends/{member}"} for member in members]
    return {"name": "model-gpt-pool", "properties": {"type": "Pool", "pool": {"services": services}}}


def role(principal: str = "p-1", definition: str = OPENAI_USER) -> Mapping[str, Any]:
    return {"properties": {"principalId": principal, "roleDefinitionId": f"/x/roleDefinitions/{definition}"}}


BOTH = [backend("model-gpt-1"), backend("model-gpt-2")]
ONE = backend("model-flash-1")


@pytest.fixture
def azure() -> Iterator[Server]:
    """All is well; the server is Resource Manager and the gateway."""
    with serve() as server:
        listing(server, BOTH[0], BOTH[1], pool("model-gpt-1", "model-gpt-2"), ONE)
        server.answers[ROLES] = (200, {}, {"value": [role("p-2"), role()]})
        for path in ("openai", "gemini"):
            server.answers[f"GET /{path}/v1/models"] = (401, {}, {"error": {"code": "invalid_token"}})
        yield server


def listing(server: Server, *backends: Mapping[str, Any]) -> None:
    server.answers[BACKENDS] = (200, {}, {"value": list(backends)})


def outcomes(server: Server, service: Mapping[str, Any] = SERVICE) -> Mapping[str, Outcome]:
    outputs = {
        "gatewayId": GATEWAY,
        "modelApis": {"models": f"{server.url}/openai/v1", "models-gemini": f"{server.url}/gemini/v1"},
        "gatewayModels": [
            {"name": "gpt", "provider": "azureOpenAI", "deployments": ["model-gpt-1", "model-gpt-2"]},
            {"name": "flash", "provider": "gemini", "deployments": ["model-flash-1"]},
        ],
    }
    return run(gateway_model_checks(Api(server.url, "t"), outputs, service, [ACCOUNT], "azure"))


def test_a_stack_without_models_has_nothing_to_check(azure: Server) -> None:
    assert gateway_model_checks(Api(azure.url, "t"), {"gatewayId": GATEWAY}, SERVICE, [], "azure") == {}


def test_models_that_are_well(azure: Server) -> None:
    found = outcomes(azure)
    assert {name: one.says for name, one in found.items()} == {
        "models refuses who has no token": f"{azure.url}/openai/v1/models answered 401",
        "models-gemini refuses who has no token": f"{azure.url}/gemini/v1/models answered 401",
        "model gpt": "2 deployments in a pool",
        "model flash": "1 deployment",
        "gateway may call ai-east": "its identity has the role Cognitive Services OpenAI User",
    }
    assert {one.state for one in found.values()} == {State.FINE}


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_an_api_that_lets_in_or_fails_who_has_no_token_is_not_well(azure: Server, status: int) -> None:
    azure.answers["GET /gemini/v1/models"] = (status, {}, {})
    assert outcomes(azure)["models-gemini refuses who has no token"].state == State.BAD


@pytest.mark.parametrize(
    ("backends", "says"),
    [
        ([BOTH[0], pool("model-gpt-1"), ONE], "gone: model-gpt-2"),
        ([BOTH[0], backend("model-gpt-2", circuitBreaker=None), ONE], "without a circuit breaker: model-gpt-2"),
        ([*BOTH, ONE], "no pool of model-gpt-1, model-gpt-2"),
        ([*BOTH, pool("model-gpt-1"), ONE], "no pool of model-gpt-1, model-gpt-2"),
    ],
)
def test_a_model_that_lost_a_part(azure: Server, backends: list[Mapping[str, Any]], says: str) -> None:
    listing(azure, *backends)
    found = outcomes(azure)["model gpt"]
    assert (found.state, found.says) == (State.BAD, says)
    assert outcomes(azure)["model flash"].state == State.FINE


@pytest.mark.parametrize("given", [[], [role("p-2")], [role(definition="another")]])
def test_an_identity_without_its_role_is_not_well(azure: Server, given: list[Mapping[str, Any]]) -> None:
    azure.answers[ROLES] = (200, {}, {"value": given})
    assert outcomes(azure)["gateway may call ai-east"].state == State.BAD


def test_what_azure_denies_could_not_be_looked_at(azure: Server) -> None:
    azure.answers[ROLES] = azure.answers[BACKENDS] = (403, {}, {})
    found = outcomes(azure)
    assert {found[name].state for name in ("model gpt", "model flash", "gateway may call ai-east")} == {
        State.COULD_NOT_LOOK
    }


def test_a_gateway_that_is_gone_is_asked_for_its_apis_alone(azure: Server) -> None:
    assert list(outcomes(azure, {})) == ["models refuses who has no token", "models-gemini refuses who has no token"]


@pytest.mark.parametrize(("given", "state"), [(COGNITIVE_SERVICES_USER, State.FINE), (OPENAI_USER, State.BAD)])
def test_content_safety_wants_a_role_of_its_own(azure: Server, given: str, state: State) -> None:
    azure.answers[ROLES] = (200, {}, {"value": [role(definition=given)]})
    checks = gateway_model_checks(Api(azure.url, "t"), {"gatewayId": GATEWAY}, SERVICE, [], "azure", safety=ACCOUNT)
    (outcome,) = run(checks).values()
    assert (outcome.state, "Cognitive Services User" in outcome.says) == (state, True)
