"""A pool of Azure OpenAI deployments with several names: each backend's address names its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policies.apim.models import operations
from tests.policies.apim.models.cases import answers
from tests.policies.apim.models.mutations import NAMED_MUTATIONS
from tests.policies.apim.models.world import (
    CHAT,
    EMBEDDINGS,
    FLASH,
    GPT,
    NAMED_ROUTES,
    RESPONSES,
    SMALL,
    ModelWorld,
    policy,
)
from tests.policies.apim.mutations import Mutation, assert_noticed


def named(world: ModelWorld) -> ModelWorld:
    """Two accounts with a deployment of another name each, as the program makes them (test_model_gateway.py)."""
    inputs = dict(world.backends_.inputs)
    for number, (account, deployment) in enumerate({"east": "provisioned", "west": "standard"}.items(), 1):
        url = f"https://{account}.openai.azure.com/openai/deployments/{deployment}"
        inputs[f"model-gpt-5-mini-{number}"] = {**inputs[f"model-gpt-5-mini-{number}"], "url": url}
    services = inputs["model-gpt-5-mini-pool"]["pool"]["services"][:2]
    inputs["model-gpt-5-mini-pool"] = {"type": "Pool", "pool": {"services": services}}
    world.backends_.inputs = inputs
    return world


def each_deployment_is_asked_by_its_own_name(world: ModelWorld) -> None:
    for operation in (CHAT, EMBEDDINGS):
        address = world.passed(operation=operation)[0]
        path = operation.removeprefix("/v1")
        assert address == f"https://east.openai.azure.com/openai/deployments/provisioned{path}?api-version=2024-10-21"
    world.answers["east"] = answers(429)
    address = world.passed()[0]
    assert address.startswith("https://west.openai.azure.com/openai/deployments/standard/chat/completions?")
    assert world.forwarded[-1][2]["messages"] == world.forwarded[-2][2]["messages"]


def a_stream_of_it_is_counted(world: ModelWorld) -> None:
    assert world.passed(stream=True)[2]["stream_options"] == {"include_usage": True}


def a_query_of_the_caller_travels_no_further(world: ModelWorld) -> None:
    assert world.passed(url=f"{CHAT}?api-version=1&x=y")[0].endswith("/chat/completions?api-version=2024-10-21")


def other_models_are_asked_as_before(world: ModelWorld) -> None:
    assert world.passed(model=SMALL)[0] == "https://east.openai.azure.com/openai/v1/chat/completions"
    assert world.passed(model=FLASH)[0].endswith("/v1beta/openai/chat/completions")
    world.passed(model=SMALL, operation=RESPONSES)


def it_has_no_responses(world: ModelWorld) -> None:
    world.refused(400, "operation_not_supported", model=GPT, operation=RESPONSES)


CASES = [
    each_deployment_is_asked_by_its_own_name,
    a_stream_of_it_is_counted,
    a_query_of_the_caller_travels_no_further,
    other_models_are_asked_as_before,
    it_has_no_responses,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_pool_of_several_names_works(
    model_world: Callable[..., ModelWorld], case: Callable[[ModelWorld], None]
) -> None:
    case(named(model_world(policy(routes=NAMED_ROUTES))))


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in NAMED_MUTATIONS])
def test_a_weakened_policy_is_noticed(model_world: Callable[..., ModelWorld], mutation: Mutation) -> None:
    weakened = policy(mutation.edit, NAMED_ROUTES)
    assert_noticed(mutation, CASES, lambda: named(model_world(weakened)))


def test_an_api_of_such_a_pool_alone_has_no_responses() -> None:
    assert "responses" not in operations(NAMED_ROUTES[:1])
    assert "responses" in operations(NAMED_ROUTES)
