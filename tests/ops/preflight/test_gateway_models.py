"""Models of the gateway, against servers that answer as Resource Manager, Azure OpenAI's accounts and Gemini do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import Check, Outcome, State, run
from ops.checks.preflight.gateway_models import gateway_model_checks
from ops.clouds.azure import Api
from policies.apim.models import PROVIDERS
from stacks.azure.settings import AzureSettings
from tests.ops.preflight.stand_in import Server, serve

ID = "11111111-2222-3333-4444-555555555555"
EAST, WEST = (
    f"/subscriptions/{ID}/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/{name}"
    for name in ("ai-east", "ai-west")
)
KEY = "AIza-provider-key-0123456789"
MODELS = [
    {"name": "gpt-4o-mini", "provider": "azureOpenAI", "deployments": [{"account": EAST}, {"account": WEST}]},
    {"name": "flash", "provider": "gemini", "model": "gemini-2.5-flash", "deployments": [{"key": "gemini"}]},
]
CLIENTS: list[dict[str, Any]] = [
    {"name": "chat", "models": ["gpt-4o-mini"], "tokensPerMinute": 20_000},
    {"name": "nightly"},
]
LISTED = {"data": [{"id": "models/gemini-2.5-flash"}, {"id": "models/gemini-2.5-pro"}]}
OWNER = {"actions": ["*"], "notActions": []}
CONTRIBUTOR = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}


def settings(
    models: list[dict[str, Any]] = MODELS, clients: list[dict[str, Any]] = CLIENTS, **more: Any
) -> AzureSettings:
    given = {"gatewayModels": models, "clients": clients, "providerKeys": {"gemini": KEY}, **more}
    return AzureSettings.model_validate(given, by_alias=True, by_name=False)


def account(name: str, **properties: Any) -> Mapping[str, Any]:
    return {"kind": "OpenAI", "location": "eastus2", "properties": {"customSubDomainName": name, **properties}}


def deployment(tokens: int | None = 30_000, state: str = "Succeeded", capacity: int = 30) -> Mapping[str, Any]:
    limits = [{"key": "request", "renewalPeriod": 10, "count": 30}]
    limits += [] if tokens is None else [{"key": "token", "renewalPeriod": 60, "count": tokens}]
    model = {"name": "gpt-4o-mini", "version": "2024-07-18"}
    properties = {"provisioningState": state, "model": model, "rateLimits": limits}
    return {"sku": {"name": "GlobalStandard", "capacity": capacity}, "properties": properties}


@pytest.fixture
def arm() -> Iterator[Server]:
    """Two accounts that are well, each with the deployment."""
    with serve() as server:
        for id_ in (EAST, WEST):
            answer(server, id_, account(id_.rpartition("/")[2]))
            answer(server, f"{id_}/deployments/gpt-4o-mini", deployment())
            answer(server, f"{id_}/providers/Microsoft.Authorization/permissions", {"value": [OWNER]})
        yield server


@pytest.fixture
def gemini() -> Iterator[Server]:
    with serve() as server:
        answer(server, "/v1beta/openai/models", LISTED)
        gemini = {"gemini": mock.Mock(**vars(PROVIDERS["gemini"]))}
        gemini["gemini"].endpoint = server.url
        with (
            mock.patch.dict("stacks.azure.gateway_models.PROVIDERS", gemini),
            mock.patch("ops.checks.preflight.gateway_models.provider_keys", return_value={"gemini": KEY}),
        ):
            yield server


def answer(server: Server, path: str, body: Any, status: int = 200) -> None:
    server.answers[f"GET {path}"] = (status, {}, body)


def checks(arm: Server, given: AzureSettings | None = None) -> Mapping[str, Check]:
    return gateway_model_checks(given or settings(), lambda: Api(arm.url, "t"), "azure")


def outcome(arm: Server, name: str, given: AzureSettings | None = None) -> Outcome:
    return run({name: checks(arm, given)[name]})[name]


def test_without_models_nothing_is_asked(arm: Server) -> None:
    assert checks(arm, AzureSettings()) == {}
    assert arm.asked == []


def test_what_is_well_is_told_with_its_quota(arm: Server, gemini: Server) -> None:
    outcomes = run(checks(arm))
    assert {one.state for one in outcomes.values()} == {State.FINE}
    assert {name: one.says for name, one in outcomes.items()} == {
        "account ai-east": "OpenAI in eastus2",
        "rights on the account ai-east": "`up` may let the gateway call it",
        "account ai-west": "OpenAI in eastus2",
        "rights on the account ai-west": "`up` may let the gateway call it",
        "gpt-4o-mini in ai-east": "gpt-4o-mini 2024-07-18, GlobalStandard, 30,000 tokens a minute",
        "gpt-4o-mini in ai-west": "gpt-4o-mini 2024-07-18, GlobalStandard, 30,000 tokens a minute",
        "quota of gpt-4o-mini": "60,000 tokens a minute in 2 deployments, of which clients may use 20,000; "
        "without a limit of their own: nightly",
        "flash with the key gemini": "Gemini takes it, and lists gemini-2.5-flash",
    }
    assert gemini.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert all(KEY not in one.says + one.fix for one in outcomes.values())


@pytest.mark.parametrize(
    ("found", "status", "state", "says"),
    [
        ({}, 404, State.BAD, "there is none"),
        ({}, 403, State.COULD_NOT_LOOK, "403"),
        (account(""), 200, State.BAD, "no subdomain of its own"),
        (account("other"), 200, State.BAD, "its subdomain is other, and the gateway would call https://ai-east.openai"),
        (account("ai-east", publicNetworkAccess="Disabled"), 200, State.BAD, "private networks only"),
        (account("ai-east", networkAcls={"defaultAction": "Deny"}), 200, State.NOTE, "networks on its list only"),
        (account("AI-East", publicNetworkAccess="Enabled", networkAcls=None), 200, State.FINE, "OpenAI in eastus2"),
    ],
)
def test_an_account_that_the_gateway_could_not_call(
    arm: Server, found: Any, status: int, state: State, says: str
) -> None:
    answer(arm, EAST, found, status)
    seen = outcome(arm, "account ai-east")
    assert seen.state == state
    assert says in seen.says


def test_an_account_is_looked_at_once_however_its_id_is_spelled(arm: Server) -> None:
    upper = EAST.replace("ai-east", "AI-EAST")
    other = {"name": "gpt-5", "provider": "azureOpenAI", "deployments": [{"account": upper}]}
    names = checks(arm, settings([MODELS[0], other], []))
    assert [name for name in names if name.startswith("account")] == ["account ai-east", "account ai-west"]


def test_two_accounts_of_one_name_are_both_looked_at(arm: Server) -> None:
    elsewhere = EAST.replace("resourceGroups/ai/", "resourceGroups/ai-2/")
    deployments = [{"account": EAST}, {"account": elsewhere}]
    names = checks(arm, settings([{"name": "gpt-4o-mini", "provider": "azureOpenAI", "deployments": deployments}], []))
    assert len([name for name in names if name.startswith("account ")]) == 2
    assert len([name for name in names if name.startswith("gpt-4o-mini in ")]) == 2


def test_an_endpoint_of_its_own_is_compared(arm: Server) -> None:
    one = {"account": EAST, "endpoint": "https://sub.cognitiveservices.azure.com"}
    given = settings([{"name": "gpt-4o-mini", "provider": "azureOpenAI", "deployments": [one]}], [])
    assert outcome(arm, "account ai-east", given).state == State.BAD
    answer(arm, EAST, account("sub"))
    assert outcome(arm, "account ai-east", given).state == State.FINE


@pytest.mark.parametrize(("held", "state"), [(OWNER, State.FINE), (CONTRIBUTOR, State.BAD)])
def test_who_brings_the_stack_up_needs_to_give_a_role_on_the_account(
    arm: Server, held: Mapping[str, Any], state: State
) -> None:
    answer(arm, f"{EAST}/providers/Microsoft.Authorization/permissions", {"value": [held]})
    assert outcome(arm, "rights on the account ai-east").state == state


def test_a_deployment_that_is_not_there_is_told_with_those_that_are(arm: Server) -> None:
    answer(arm, f"{EAST}/deployments/gpt-4o-mini", {}, 404)
    answer(arm, f"{EAST}/deployments", {"value": [{"name": "gpt-4o"}, {"name": "embed"}]})
    seen = outcome(arm, "gpt-4o-mini in ai-east")
    assert (seen.state, seen.says) == (State.BAD, "ai-east has no deployment gpt-4o-mini: it has embed, gpt-4o")
    assert outcome(arm, "quota of gpt-4o-mini").state == State.SKIPPED


@pytest.mark.parametrize("state", ["Creating", "Failed", "Disabled"])
def test_a_deployment_that_is_not_ready(arm: Server, state: str) -> None:
    answer(arm, f"{EAST}/deployments/gpt-4o-mini", deployment(state=state))
    assert outcome(arm, "gpt-4o-mini in ai-east").says == f"the deployment is {state}"


@pytest.mark.parametrize(
    ("east", "west", "state", "says"),
    [
        (deployment(5_000), deployment(5_000), State.NOTE, "10,000 tokens a minute in 2 deployments, and clients may"),
        (deployment(None), deployment(None), State.FINE, "60,000 tokens a minute"),
        (deployment(0, capacity=0), deployment(0, capacity=0), State.BAD, "a capacity of 0 tokens"),
    ],
)
def test_the_quota_of_all_deployments_is_set_beside_the_limits_of_the_clients(
    arm: Server, east: Mapping[str, Any], west: Mapping[str, Any], state: State, says: str
) -> None:
    answer(arm, f"{EAST}/deployments/gpt-4o-mini", east)
    answer(arm, f"{WEST}/deployments/gpt-4o-mini", west)
    seen = outcome(arm, "quota of gpt-4o-mini")
    assert seen.state == state
    assert says in seen.says


@pytest.mark.parametrize(
    ("status", "body", "state", "says"),
    [
        (400, {"error": {"message": "API key not valid"}}, State.BAD, "Gemini refuses the key (400)"),
        (401, {}, State.BAD, "Gemini refuses the key (401)"),
        (403, {}, State.BAD, "Gemini refuses the key (403)"),
        (429, {}, State.BAD, "its quota is used up"),
        (200, {"data": [{"id": "models/gemini-3"}]}, State.BAD, "lists no gemini-2.5-flash"),
        (500, {}, State.COULD_NOT_LOOK, "Gemini answered 500"),
    ],
)
def test_a_key_that_gemini_does_not_take_or_a_model_that_it_does_not_have(
    arm: Server, gemini: Server, status: int, body: Any, state: State, says: str
) -> None:
    answer(gemini, "/v1beta/openai/models", body, status)
    seen = outcome(arm, "flash with the key gemini")
    assert seen.state == state
    assert says in seen.says


def test_keys_that_cannot_be_read_are_could_not_look(arm: Server) -> None:
    with mock.patch("ops.checks.preflight.gateway_models.provider_keys", side_effect=RuntimeError("no passphrase")):
        seen = outcome(arm, "flash with the key gemini")
    assert (seen.state, seen.says) == (State.COULD_NOT_LOOK, "no passphrase")


def test_deployments_of_several_names_are_looked_for_by_their_own(arm: Server) -> None:
    pooled = [{"account": EAST}, {"account": EAST, "model": "standard"}, {"account": WEST, "model": "standard"}]
    given = settings([{"name": "gpt-4o-mini", "provider": "azureOpenAI", "deployments": pooled}], [])
    for id_ in (EAST, WEST):
        answer(arm, f"{id_}/deployments/standard", deployment())
    outcomes = run(checks(arm, given))
    assert {one.state for one in outcomes.values()} == {State.FINE}
    assert [name for name in outcomes if " as " in name] == [
        "gpt-4o-mini as gpt-4o-mini in ai-east",
        "gpt-4o-mini as standard in ai-east",
        "gpt-4o-mini as standard in ai-west",
    ]
    assert outcomes["quota of gpt-4o-mini"].says.startswith("90,000 tokens a minute in 3 deployments")


SAFETY = EAST.replace("ai-east", "safety")


@pytest.mark.parametrize(
    ("found", "status", "state", "says"),
    [
        ({**account("safety"), "kind": "ContentSafety"}, 200, State.FINE, "ContentSafety in eastus2"),
        ({**account("safety"), "kind": "AIServices"}, 200, State.FINE, "AIServices in eastus2"),
        ({**account("safety"), "kind": "OpenAI"}, 200, State.BAD, "safety is of kind OpenAI, which checks no texts"),
        (
            {**account("own"), "kind": "ContentSafety"},
            200,
            State.BAD,
            "its subdomain is own, and the gateway would call",
        ),
        ({**account(""), "kind": "ContentSafety"}, 200, State.BAD, "no subdomain of its own"),
        ({}, 404, State.BAD, "there is none"),
        ({}, 403, State.COULD_NOT_LOOK, "403"),
    ],
)
def test_an_account_that_could_not_check_prompts(arm: Server, found: Any, status: int, state: State, says: str) -> None:
    answer(arm, SAFETY, found, status)
    seen = outcome(arm, "Content Safety", settings(contentSafety={"account": SAFETY}))
    assert (seen.state, says in seen.says) == (state, True), seen
    assert "gatewayModels" not in seen.fix


@pytest.mark.parametrize(("held", "state"), [(OWNER, State.FINE), (CONTRIBUTOR, State.BAD)])
def test_who_brings_the_stack_up_needs_to_give_a_role_on_content_safety(
    arm: Server, held: Mapping[str, Any], state: State
) -> None:
    answer(arm, f"{SAFETY}/providers/Microsoft.Authorization/permissions", {"value": [held]})
    assert outcome(arm, "rights on Content Safety", settings(contentSafety={"account": SAFETY})).state == state


EMBEDDING = {"name": "text-embedding-3-small", "version": "1"}
CACHE = {"account": WEST, "model": "embed"}


def embedding(tokens: int = 120_000, **properties: Any) -> Mapping[str, Any]:
    """A deployment as Azure describes it."""
    found = deployment(tokens)
    capabilities = {"embeddings": "true", "embeddingsMaxInputs": "2048"}
    own = {"model": EMBEDDING, "capabilities": capabilities, **properties}
    return {"sku": {"name": "Standard", "capacity": 120}, "properties": {**found["properties"], **own}}


def test_what_the_semantic_cache_needs_is_looked_at_once(arm: Server, gemini: Server) -> None:
    answer(arm, f"{WEST}/deployments/embed", embedding())
    outcomes = run(checks(arm, settings(semanticCache=CACHE)))
    assert {one.state for one in outcomes.values()} == {State.FINE}
    assert {name: outcomes[name].says for name in set(outcomes) - set(checks(arm))} == {
        "account of embeddings": "OpenAI in eastus2",
        "embeddings": "text-embedding-3-small 1, Standard, 120,000 tokens a minute; "
        "without a limit of their own: nightly",
    }
    permissions = [one for one in arm.asked if one.path.endswith("/permissions")]
    assert len(permissions) == 2, "the account serves a model, so rights on it are asked already"


@pytest.mark.parametrize(("held", "state"), [(OWNER, State.FINE), (CONTRIBUTOR, State.BAD)])
def test_who_brings_the_stack_up_needs_to_give_a_role_on_the_account_of_embeddings(
    arm: Server, held: Mapping[str, Any], state: State
) -> None:
    north = EAST.replace("ai-east", "ai-north")
    answer(arm, f"{north}/providers/Microsoft.Authorization/permissions", {"value": [held]})
    given = settings(semanticCache={"account": north, "model": "embed"})
    assert outcome(arm, "rights on the account of embeddings", given).state == state


def test_rights_are_asked_once_where_one_account_does_several_things(arm: Server) -> None:
    embeddings = {"account": SAFETY.upper(), "model": "embed"}
    both = settings(contentSafety={"account": SAFETY}, semanticCache=embeddings)
    assert [name for name in checks(arm, both) if name.startswith("rights")] == [
        "rights on the account ai-east",
        "rights on the account ai-west",
        "rights on Content Safety",
    ]
    one = settings(contentSafety={"account": EAST}, semanticCache={"account": EAST, "model": "embed"})
    assert len([name for name in checks(arm, one) if name.startswith("rights")]) == 2


@pytest.mark.parametrize(
    ("found", "status", "state", "says"),
    [
        ({}, 404, State.BAD, "there is none"),
        ({}, 403, State.COULD_NOT_LOOK, "403"),
        (account(""), 200, State.BAD, "no subdomain of its own"),
        (account("own"), 200, State.BAD, "its subdomain is own, and the gateway would call https://ai-west.openai"),
        (account("ai-west", publicNetworkAccess="Disabled"), 200, State.BAD, "private networks only"),
        (account("ai-west"), 200, State.FINE, "OpenAI in eastus2"),
    ],
)
def test_an_account_of_embeddings_that_the_gateway_could_not_call(
    arm: Server, found: Any, status: int, state: State, says: str
) -> None:
    answer(arm, WEST, found, status)
    seen = outcome(arm, "account of embeddings", settings(semanticCache=CACHE))
    assert (seen.state, says in seen.says) == (state, True), seen
    assert "gatewayModels" not in seen.fix


@pytest.mark.parametrize(
    ("found", "state", "says"),
    [
        (embedding(), State.FINE, "text-embedding-3-small 1"),
        (embedding(capabilities=None), State.FINE, "text-embedding-3-small 1"),
        (embedding(capabilities={}, model={"name": "embed-v-4-0"}), State.FINE, "embed-v-4-0"),
        (embedding(model={"name": "own"}), State.FINE, "own, Standard"),
        (deployment(), State.BAD, "embed is gpt-4o-mini 2024-07-18, GlobalStandard, 30,000 tokens a minute, which"),
        (
            embedding(capabilities={"chatCompletion": "true"}, model={"name": "gpt-5"}),
            State.BAD,
            "embed is gpt-5, Standard, 120,000 tokens a minute, which makes no embeddings",
        ),
        (embedding(provisioningState="Creating"), State.BAD, "the deployment is Creating"),
        (embedding(0), State.BAD, "a capacity of 0 tokens"),
        (embedding(19_999), State.NOTE, "19,999 tokens a minute, and clients may use 20,000"),
        (embedding(20_000), State.FINE, "20,000 tokens a minute; without a limit of their own: nightly"),
    ],
)
def test_a_deployment_that_makes_no_embeddings_or_too_few(arm: Server, found: Any, state: State, says: str) -> None:
    answer(arm, f"{WEST}/deployments/embed", found)
    seen = outcome(arm, "embeddings", settings(semanticCache=CACHE))
    assert (seen.state, says in seen.says) == (state, True), seen
    assert "gatewayModels" not in seen.fix


def test_a_deployment_of_embeddings_that_is_not_there_is_told_with_those_that_are(arm: Server) -> None:
    answer(arm, f"{WEST}/deployments", {"value": [{"name": "text-embedding-3-small"}]})
    seen = outcome(arm, "embeddings", settings(semanticCache=CACHE))
    assert (seen.state, seen.says) == (State.BAD, "ai-west has no deployment embed: it has text-embedding-3-small")
    assert seen.fix == "deploy it there, or correct model or account in semanticCache"
