"""The semantic cache of the model gateway as the engine would receive it."""

from __future__ import annotations

import pytest

from ops.model.recorder import Recording, Resource, Secret, plain
from ops.model.simulated_outputs import generated_secret, guid
from policies.apim.models import OPENAI_USER, SemanticCache, load
from rehearsal.azure.declared import problems
from tests.azure_program import ACCOUNTS, CACHED, MODELS, SAFE, recorded, run, with_models
from tests.policies.apim.models.world import CLIENTS, ROUTES, SAFETY
from tests.program import plaintext

BACKEND = "azure-native:apimanagement:Backend"
CACHE = "azure-native:apimanagement:Cache"
DATABASE = "azure-native:redisenterprise:Database"
POLICY = "azure-native:apimanagement:ApiPolicy"
REDIS = "azure-native:redisenterprise:RedisEnterprise"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
SERVICE = "azure-native:apimanagement:ApiManagementService"
RULE = SemanticCache(score_threshold=0.05, seconds=300)
GEMINI = {
    "gatewayModels": [MODELS["gatewayModels"][2]],
    "providerKeys": MODELS["providerKeys"],
    "semanticCache": CACHED["semanticCache"],
}


def of_cache(recording: Recording, type_token: str) -> Resource:
    (found,) = (one for one in recording.of_type(type_token) if one.name.startswith("genai-cache"))
    return found


def policies(recording: Recording) -> list[Resource]:
    return [one for one in recording.of_type(POLICY) if one.inputs["apiId"].startswith("models")]


def test_a_preview_registers_what_up_registers() -> None:
    up, preview = run(CACHED), run(CACHED, preview=True)
    assert {one.urn for one in up.resources} == {one.urn for one in preview.resources}


def test_without_the_setting_nothing_of_it_is_there() -> None:
    for recording in (with_models(), run(SAFE), recorded()):
        assert not [one.urn for one in recording.resources if "genai-cache" in one.urn]
        assert "semantic-cache" not in str([plain(one.inputs) for one in recording.resources])
        assert "SystemAssigned" not in recording.one(SERVICE).inputs["identity"]["type"]
        assert "semanticCacheId" not in recording.outputs


def test_redis_searches_vectors_takes_tls_alone_and_has_one_small_node() -> None:
    recording = run(CACHED)
    redis, database = of_cache(recording, REDIS), of_cache(recording, DATABASE)
    assert (redis.inputs["sku"], redis.inputs["highAvailability"]) == ({"name": "Balanced_B0"}, "Disabled")
    assert redis.inputs["minimumTlsVersion"] == "1.2"
    assert database.inputs["modules"] == [{"name": "RediSearch"}]
    # Without these two Azure refuses the module (learn.microsoft.com, "Use Redis modules with Azure Managed Redis").
    assert (database.inputs["clusteringPolicy"], database.inputs["evictionPolicy"]) == (
        "EnterpriseCluster",
        "NoEviction",
    )
    assert database.inputs["clientProtocol"] == "Encrypted"
    assert database.inputs["accessKeysAuthentication"] == "Enabled", "API Management takes no other way in"
    for one in (redis, database, of_cache(recording, CACHE), of_cache(recording, BACKEND)):
        assert list(problems(one.type, plain(one.inputs))) == []
    assert recording.outputs["semanticCacheId"] == "genai-cache-id"


def test_redis_is_made_beside_the_gateway_and_not_behind_it() -> None:
    recording = run(CACHED)
    service = recording.one(SERVICE).urn
    assert service not in of_cache(recording, REDIS).dependencies
    assert service not in of_cache(recording, DATABASE).dependencies


def test_the_key_of_redis_is_secret_wherever_it_goes() -> None:
    recording = run(CACHED)
    cache = of_cache(recording, CACHE)
    key = generated_secret("genai-cache1a2b3c4d primaryKey")
    connection = cache.inputs["connectionString"]
    assert isinstance(connection, Secret)
    assert plain(connection) == (
        f"genai-cache1a2b3c4d.eastus2.redis.azure.net:10000,password={key},ssl=True,abortConnect=False"
    )
    assert (cache.inputs["cacheId"], cache.inputs["useFromLocation"]) == ("default", "default")
    assert key not in plaintext(recording)
    assert of_cache(recording, DATABASE).urn in cache.dependencies, "its key is there with the database"


def test_the_gateway_asks_for_embeddings_as_itself_and_without_a_key() -> None:
    recording = run(CACHED)
    backend, role = of_cache(recording, BACKEND), of_cache(recording, ROLE_ASSIGNMENT)
    assert backend.inputs["backendId"] == "embeddings"
    assert (
        backend.inputs["url"] == "https://embed.openai.azure.com/openai/deployments/text-embedding-3-small/embeddings"
    )
    assert "credentials" not in backend.inputs
    assert backend.inputs["tls"] == {"validateCertificateChain": True, "validateCertificateName": True}
    assert role.inputs["scope"] == f"{ACCOUNTS}/accounts/Embed"
    assert role.inputs["roleDefinitionId"].endswith(f"/roleDefinitions/{OPENAI_USER}")
    assert role.inputs["principalId"] == guid("genai-gateway-own")
    assert role.inputs["principalType"] == "ServicePrincipal"
    assert "Stack" in role.inputs["description"], "leftovers finds it by that"


def test_every_policy_uses_the_cache_and_waits_for_all_of_it() -> None:
    recording = run(CACHED)
    found = {one.inputs["apiId"]: one for one in policies(recording)}
    assert len(found) == 3
    assert found["models"].inputs["value"] == load(ROUTES, CLIENTS, cache=RULE)
    for policy in found.values():
        assert "<llm-semantic-cache-lookup" in policy.inputs["value"]
        for type_token in (CACHE, BACKEND, ROLE_ASSIGNMENT):
            assert of_cache(recording, type_token).urn in policy.dependencies
    (litellm,) = (one for one in recording.of_type(POLICY) if one.inputs["apiId"] == "litellm")
    assert "semantic-cache" not in litellm.inputs["value"]


@pytest.mark.parametrize(
    ("settings", "type_"),
    [
        (CACHED, "SystemAssigned, UserAssigned"),
        ({**GEMINI, "keyMode": "header"}, "SystemAssigned"),
        ({**GEMINI, "keyMode": "keyVault"}, "SystemAssigned, UserAssigned"),
    ],
    ids=["models with an identity", "nobody else's", "a reader of keys"],
)
def test_the_gateway_has_an_identity_of_its_own_beside_those_it_is_given(
    settings: dict[str, object], type_: str
) -> None:
    recording = run(settings)
    assert recording.one(SERVICE).inputs["identity"]["type"] == type_
    assert of_cache(recording, ROLE_ASSIGNMENT).inputs["principalId"] == guid("genai-gateway-own")


def test_an_account_may_have_models_and_embeddings_for_two_identities() -> None:
    settings = {**CACHED, "semanticCache": {"account": f"{ACCOUNTS}/accounts/east", "model": "embed"}}
    recording = run(settings)
    given = [(one.inputs["scope"].lower(), one.inputs["principalId"]) for one in recording.of_type(ROLE_ASSIGNMENT)]
    assert len(given) == len({*given}) == 5


def test_what_counts_as_the_same_question_is_a_setting() -> None:
    settings = {
        **CACHED["semanticCache"],
        "endpoint": "https://other.cognitiveservices.azure.com",
        "scoreThreshold": 0.2,
        "duration": "1d",
    }
    recording = run({**CACHED, "contentSafety": SAFE["contentSafety"], "semanticCache": settings})
    texts = {one.inputs["apiId"]: one.inputs["value"] for one in policies(recording)}
    rule = SemanticCache(score_threshold=0.2, seconds=86_400)
    assert texts["models"] == load(ROUTES, CLIENTS, SAFETY, rule)
    assert of_cache(recording, BACKEND).inputs["url"].startswith("https://other.cognitiveservices.azure.com/openai/")
