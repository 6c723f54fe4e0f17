"""What can be seen of the model gateway's policy without running it: elements, named values, types, limits, order."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest

from policies.apim import NAMED_VALUE_LENGTH, load
from policies.apim.models import (
    EMBEDDINGS_BACKEND_ID,
    REFUSALS,
    ClientAccess,
    RoutedModel,
    SemanticCache,
    backend_name,
    model_clients,
    named_values,
    operations,
)
from policies.apim.models import load as load_models
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import is_expression, texts
from tests.policies.apim.models.world import CACHE, CLIENTS, ROUTES
from tests.policies.apim.test_lint import TYPES, types_of

APIS: dict[str, Sequence[RoutedModel]] = {
    "all": ROUTES,
    "azureOpenAI": [route for route in ROUTES if route.provider == "azureOpenAI"],
    "gemini": [route for route in ROUTES if route.provider == "gemini"],
}
apis = pytest.mark.parametrize("api", APIS)
caches = pytest.mark.parametrize("cache", [None, CACHE], ids=["no cache", "cache"])

MORE_TYPES = {"Formatting", "JArray", "JValue", "Math"}
"""As allowed as those of the policies in front of LiteLLM."""
LONGEST_POLICY = 256 * 1024
"""Bytes (Azure limits, "API Management limits")."""


def text(api: str, clients: Sequence[ClientAccess] = CLIENTS, cache: SemanticCache | None = None) -> str:
    return load_models(APIS[api], clients, cache=cache)


@apis
@pytest.mark.parametrize("clients", [(), CLIENTS], ids=["no clients", "clients"])
@caches
def test_every_element_is_documented_for_its_place(
    api: str, clients: Sequence[ClientAccess], cache: SemanticCache | None
) -> None:
    check(ET.fromstring(text(api, clients, cache)))


@apis
@caches
def test_nothing_of_the_template_is_left(api: str, cache: SemanticCache | None) -> None:
    assert "[[" not in text(api, cache=cache)
    assert "fragment" not in text(api, cache=cache)


@apis
@caches
def test_named_values_are_those_of_the_contract(api: str, cache: SemanticCache | None) -> None:
    assert set(re.findall(r"\{\{([\w-]+)\}\}", text(api, cache=cache))) == set(named_values(APIS[api]))


@apis
def test_every_id_of_a_policy_stands_once(api: str) -> None:
    limited = [*CLIENTS, ClientAccess(name="other", tokens_per_day=5)]
    ids = [element.attrib["id"] for element in ET.fromstring(text(api, limited)).iter() if "id" in element.attrib]
    assert sorted(ids) == ["address-limit", "client-limit", "token", "token-limit-chat", "token-limit-other"]


def test_no_identity_is_named_where_no_model_needs_it() -> None:
    assert "model-identity-client-id" not in text("gemini")
    assert "managed-identity" not in text("gemini")


@apis
def test_an_api_knows_the_models_of_its_provider_alone(api: str) -> None:
    for route in ROUTES:
        assert (route.name in text(api)) == (route in APIS[api])


def test_operations_are_those_that_a_provider_has() -> None:
    assert "responses" in operations(APIS["all"])
    assert "responses" not in operations(APIS["gemini"])


@apis
@caches
def test_expressions_name_only_types_that_are_allowed(api: str, cache: SemanticCache | None) -> None:
    for place, expression in texts(ET.fromstring(text(api, cache=cache))):
        if is_expression(expression):
            assert types_of(expression) <= TYPES | MORE_TYPES, place


@apis
@caches
def test_the_policy_keeps_to_its_documented_limits(api: str, cache: SemanticCache | None) -> None:
    root = ET.fromstring(text(api, cache=cache))
    assert len(text(api, cache=cache).encode()) < LONGEST_POLICY
    assert all(int(limit.attrib["renewal-period"]) <= 300 for limit in root.iter("rate-limit-by-key"))
    assert all(len(list(metric)) <= 5 for metric in root.iter("llm-emit-token-metric"))
    assert all(trace.get("severity") == "information" for trace in root.iter("trace")), "verbose is not logged"
    assert [int(forward.attrib["timeout"]) < 240 for forward in root.iter("forward-request")] == [True]


@apis
def test_the_semantic_cache_is_asked_as_documented(api: str) -> None:
    """Of llm-semantic-cache-lookup-policy and llm-semantic-cache-store-policy: once in a section, no expression."""
    root = ET.fromstring(text(api, cache=CACHE))
    (lookup,), (store,) = root.iter("llm-semantic-cache-lookup"), root.iter("llm-semantic-cache-store")
    assert lookup.attrib == {
        "score-threshold": "0.05",
        "embeddings-backend-id": EMBEDDINGS_BACKEND_ID,
        "embeddings-backend-auth": "system-assigned",
        "ignore-system-messages": "true",
    }
    assert [one.tag for one in lookup] == ["vary-by"], "without it everybody gets everybody's answers"
    assert store.attrib == {"duration": "300"}


@apis
def test_the_policy_holds_no_key_and_no_address_of_a_provider(api: str) -> None:
    assert set(re.findall(r"https?://[^\s\"]+", text(api))) <= {"https://cognitiveservices.azure.com"}
    assert "Bearer" not in text(api).replace("Bearer error=", "")


@pytest.mark.parametrize("mode", ["header", "keyVault"])
def test_callers_headers_and_refusals_are_those_in_front_of_litellm(mode: str) -> None:
    """Neither of the two ways in is weaker than the other."""

    def shared(policy: str) -> list[str]:
        root = ET.fromstring(policy)
        deleted = [one.attrib["name"] for one in root.iter("set-header") if one.get("exists-action") == "delete"]
        asked = [
            ET.tostring(one).decode()
            for tag in ("validate-azure-ad-token", "rate-limit-by-key")
            for one in root.iter(tag)
        ]
        return [re.sub(r"\s+", " ", line) for line in [*deleted, *asked]]

    litellm = load("header" if mode == "header" else "keyVault")
    assert set(shared(litellm)) == set(shared(text("all")))
    codes = r'case "(\w+)": return "(\d{3} [^"]*)"'
    mine = dict(re.findall(codes, text("all", cache=CACHE)))
    assert {code: mine[code] for code in dict(re.findall(codes, litellm))} == dict(re.findall(codes, litellm))
    assert {code: mine[code] for code in REFUSALS} == REFUSALS


def test_as_many_clients_as_a_named_value_holds() -> None:
    ids = {f"00000000-0000-4000-8000-{number:012}": f"client-{number:02}" for number in range(88)}
    assert len(model_clients(dict(list(ids.items())[:87]))) <= NAMED_VALUE_LENGTH
    with pytest.raises(ValueError, match="88 clients fill 4135 characters, and a named value holds 4096"):
        model_clients(ids)
    assert model_clients({}) == "none"


def test_a_backend_is_named_with_what_azure_takes() -> None:
    assert backend_name("gemini-2.5-flash") == "model-gemini-2-5-flash"
