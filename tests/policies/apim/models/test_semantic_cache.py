"""Answers that the semantic cache gives again: the policy, executed, and its weakened forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

import pytest

from policies.apim.models import ContentSafety, RoutedModel, SemanticCache, load
from tests.policies.apim.models.cache_cases import CASES, once
from tests.policies.apim.models.cache_mutations import CACHE_MUTATIONS
from tests.policies.apim.models.world import CACHE, CLIENTS, NAMED_ROUTES, ROUTES, SAFETY, ModelWorld, cached_policy
from tests.policies.apim.mutations import Mutation, assert_noticed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_answers_are_given_again(model_world: Callable[..., ModelWorld], case: Callable[[ModelWorld], None]) -> None:
    case(model_world(cached_policy()))


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in CACHE_MUTATIONS])
def test_a_weakened_policy_is_noticed(model_world: Callable[..., ModelWorld], mutation: Mutation) -> None:
    weakened = cached_policy(mutation.edit)
    assert_noticed(mutation, CASES, lambda: model_world(weakened))


def test_it_comes_after_all_that_refuses_and_before_all_that_counts_a_call() -> None:
    inbound = ET.fromstring(load(ROUTES, CLIENTS, SAFETY, CACHE)).find("inbound")
    assert inbound is not None
    tags = [element.tag for element in inbound.iter() if element.tag.startswith("llm-")]
    assert tags == ["llm-token-limit", "llm-content-safety", "llm-semantic-cache-lookup", "llm-emit-token-metric"]


@pytest.mark.parametrize("models", [ROUTES, NAMED_ROUTES, ROUTES[2:]], ids=["all", "named", "gemini"])
@pytest.mark.parametrize("safety", [None, SAFETY], ids=["unchecked", "checked"])
def test_nothing_of_it_is_there_when_nobody_asked(models: Sequence[RoutedModel], safety: ContentSafety | None) -> None:
    plain = load(models, CLIENTS, safety)
    assert "cache" not in plain.replace("cache keys", "")  # a comment on client ids
    rest = iter(line.strip() for line in load(models, CLIENTS, safety, CACHE).splitlines())
    assert all(line.strip() in rest for line in plain.splitlines()), "a cache changes what else is there"


@pytest.mark.parametrize(("threshold", "written"), [(0.05, "0.05"), (0.2, "0.2"), (0.001, "0.001")])
def test_the_threshold_and_the_time_are_those_of_the_settings(threshold: float, written: str) -> None:
    policy = ET.fromstring(load(ROUTES, CLIENTS, cache=SemanticCache(score_threshold=threshold, seconds=7)))
    assert [one.attrib["score-threshold"] for one in policy.iter("llm-semantic-cache-lookup")] == [written]
    assert [one.attrib["duration"] for one in policy.iter("llm-semantic-cache-store")] == ["7"]


def test_a_hash_tells_nothing_of_what_was_asked(model_world: Callable[..., ModelWorld]) -> None:
    world = model_world(cached_policy())
    once(world)
    ((part, *_),) = world.kept
    assert len(part) == 64
    assert set(part) <= set("0123456789abcdef")
    assert part not in json.dumps(world.traces)
