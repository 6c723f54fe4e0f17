import json
import re
from dataclasses import fields
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest

from charts.litellm import GUARD, GUARD_CONFIG_MAP
from charts.shapes import Model
from components.kubernetes.litellm import LiteLLM, LiteLLMArgs
from ops.model.recorder import UNKNOWN, Recording, Resource, plain, record

RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
SECRETS = ("database_password", "cache_token", "master_key", "salt_key", "langfuse_public_key", "langfuse_secret_key")
FROM_THE_CHART = {"LITELLM_MASTER_KEY", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"}


def args(**changes: Any) -> LiteLLMArgs:
    later = pulumi.Output.from_input
    defaults: dict[str, Any] = {
        "namespace": later("genai-platform"),
        "role_arn": later("arn:aws:iam::123456789012:role/litellm"),
        "database_host": later("database.example"),
        "cache_host": later("cache.example"),
        **{name: pulumi.Output.secret(f"plain-{name}") for name in SECRETS},
        "provider_keys": {"azure": "plain-azure", "gemini": "plain-gemini"},
        "mcp_servers": (),
        "models": [
            Model(name="nova-lite", model="bedrock/amazon.nova-lite-v1:0"),
            Model(name="gpt", model="azure/deployment", provider_key="azure"),
        ],
        "region": "us-east-1",
        "vpc_cidr": "10.0.0.0/16",
        "replicas": 1,
        "image_tag": "v1.0.0",
    }
    return LiteLLMArgs(**{**defaults, **changes})


def run(preview: bool = False, **changes: Any) -> Recording:
    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        LiteLLM("litellm", args(**changes), opts=pulumi.ResourceOptions(provider=provider))

    return record(program, preview=preview)


def release(recording: Recording) -> Resource:
    return recording.one(RELEASE)


def values(recording: Recording) -> Any:
    return release(recording).inputs["values"]


def secrets(recording: Recording) -> dict[str, dict[str, str]]:
    return {
        resource.inputs["metadata"]["name"]: plain(resource.inputs["stringData"])
        for resource in recording.of_type(SECRET)
    }


def checksum(**changes: Any) -> Any:
    return values(run(**changes))["gateway"]["podAnnotations"]["checksum/secrets"]


def test_the_hook_is_in_a_config_map_that_exists_before_the_release() -> None:
    recording = run()
    config_map = recording.one("kubernetes:core/v1:ConfigMap")
    assert config_map.inputs["metadata"]["name"] == GUARD_CONFIG_MAP
    assert config_map.inputs["data"] == {GUARD.name: GUARD.read_text()}


def test_no_secret_is_readable_anywhere() -> None:
    recorded = json.dumps([resource.inputs for resource in run().resources], default=repr)
    assert "plain-" not in recorded
    assert recorded.count("[secret]") == 4


def test_each_secret_that_the_values_name_exists_with_its_keys() -> None:
    recording = run()
    present = secrets(recording)
    named = values(recording)
    master, writer, redis = named["masterKey"], named["database"]["writer"]["passwordSecret"], named["redis"]
    assert present[master["secretName"]] == {master["secretKey"]: "plain-master_key"}
    assert present[writer["name"]] == {
        writer["usernameKey"]: "litellm",
        writer["passwordKey"]: "plain-database_password",
    }
    assert present[redis["passwordSecret"]["name"]] == {redis["passwordSecret"]["passwordKey"]: "plain-cache_token"}
    assert {*named["gateway"]["envSecrets"]} < present.keys()


def test_each_environment_reference_of_the_configuration_is_set() -> None:
    recording = run()
    references = set(re.findall(r"os\.environ/(\w+)", json.dumps(values(recording))))
    assert "PROVIDER_KEY_AZURE" in references
    assert references - FROM_THE_CHART <= secrets(recording)["litellm-env"].keys()


def test_litellm_traces_with_the_key_pair_that_it_is_given() -> None:
    environment = secrets(run())["litellm-env"]
    assert environment["LANGFUSE_PUBLIC_KEY"] == "plain-langfuse_public_key"
    assert environment["LANGFUSE_SECRET_KEY"] == "plain-langfuse_secret_key"


def test_the_pods_and_the_migration_run_as_the_service_account_that_carries_the_role() -> None:
    recording = run()
    account = recording.one("kubernetes:core/v1:ServiceAccount").inputs["metadata"]
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/litellm"}
    named = values(recording)
    assert named["serviceAccounts"]["gateway"] == {"create": False, "name": account["name"]}
    assert named["migrationJob"]["serviceAccountName"] == account["name"]


def test_the_release_waits_for_all_that_its_migration_hook_reads() -> None:
    recording = run()
    made = [recording.one(f"kubernetes:core/v1:{kind}") for kind in ("ServiceAccount", "ConfigMap")]
    needed = [*recording.of_type(SECRET), *made]
    assert {resource.urn for resource in needed} <= release(recording).dependencies
    assert len(needed) == 6


def test_the_release_has_a_fixed_name_and_an_exact_version() -> None:
    inputs = release(run()).inputs
    assert inputs["name"] == values(run())["fullnameOverride"] == "litellm"
    assert re.fullmatch(r"\d+\.\d+\.\d+", inputs["version"])
    assert inputs["timeout"] == 900


def test_the_endpoints_reach_the_values_as_they_are() -> None:
    named = values(run())
    assert named["database"]["writer"]["host"] == "database.example"
    assert named["redis"]["host"] == "cache.example"


def test_endpoints_that_are_not_known_yet_stay_unknown() -> None:
    def program() -> None:
        database = aws.rds.Cluster("database", engine="aurora-postgresql")
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        LiteLLM("litellm", args(database_host=database.endpoint), opts=pulumi.ResourceOptions(provider=provider))

    recording = record(program, preview=True)
    assert values(recording)["database"]["writer"]["host"] is UNKNOWN


@pytest.mark.parametrize("name", SECRETS)
def test_a_changed_secret_rolls_the_pods(name: str) -> None:
    assert checksum(**{name: "plain-other"}) != checksum()


def test_a_changed_provider_key_rolls_the_pods() -> None:
    assert checksum(provider_keys={"azure": "plain-azure", "gemini": "plain-other"}) != checksum()


def test_nothing_else_changes_the_checksum() -> None:
    before = checksum()
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    assert checksum() == before
    changes: dict[str, Any] = {"database_host": "other", "cache_host": "other", "role_arn": "other", "region": "other"}
    assert checksum(**changes, replicas=2, image_tag="v2", models=[]) == before


def test_a_checksum_covers_which_secret_holds_a_value() -> None:
    assert checksum(cache_token="plain-salt_key", salt_key="plain-cache_token") != checksum()


def test_a_model_whose_provider_key_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="model gpt needs the provider key azure"):
        run(provider_keys={})


def test_no_replica_is_refused() -> None:
    with pytest.raises(ValueError, match="0 replicas"):
        run(replicas=0)


def test_the_secrets_of_these_tests_are_all_there_are() -> None:
    visible = {"namespace", "role_arn", "database_host", "cache_host", "models", "mcp_servers", "region", "vpc_cidr"}
    others = {"replicas", "image_tag", "environment"}
    assert {field.name for field in fields(LiteLLMArgs)} == {*SECRETS, "provider_keys", *visible, *others}
