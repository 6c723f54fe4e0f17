import json
import re
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from components.kubernetes.langfuse import Langfuse, LangfuseArgs
from ops.model.recorder import Recording, plain, record

RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
SECRETS = (
    "database_password",
    "cache_token",
    "clickhouse_password",
    "salt",
    "encryption_key",
    "nextauth_secret",
    "public_key",
    "secret_key",
    "user_password",
)
ROLE = "arn:aws:iam::123456789012:role/langfuse"


def args(**changes: Any) -> LangfuseArgs:
    later = pulumi.Output.from_input
    defaults: dict[str, Any] = {
        "namespace": later("genai-platform"),
        "role_arn": later(ROLE),
        "url": later("http://balancer.example:3000"),
        "database_host": later("database.example"),
        "cache_host": later("cache.example"),
        "bucket": later("events"),
        "region": "us-east-1",
        "user_email": "admin@example.com",
        "replicas": 1,
        "image_tag": "4.0.0",
        **{name: pulumi.Output.secret(f"plain-{name}") for name in SECRETS},
    }
    return LangfuseArgs(**{**defaults, **changes})


def run(**changes: Any) -> Recording:
    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        Langfuse("langfuse", args(**changes), opts=pulumi.ResourceOptions(provider=provider))

    return record(program)


def values(recording: Recording) -> Any:
    return recording.one(RELEASE).inputs["values"]


def secrets(recording: Recording) -> dict[str, dict[str, str]]:
    return {
        resource.inputs["metadata"]["name"]: plain(resource.inputs["stringData"])
        for resource in recording.of_type(SECRET)
    }


def checksum(**changes: Any) -> Any:
    return values(run(**changes))["langfuse"]["pod"]["annotations"]["checksum/secrets"]


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Each (Secret, key) that the values name, in the chart's three ways of saying it."""
    if not isinstance(value, dict):
        return
    if "secretKeyRef" in value:
        yield value["secretKeyRef"]["name"], value["secretKeyRef"]["key"]
    if "existingSecret" in value:
        keys = [item for key, item in value.items() if key.startswith("existingSecret") and key != "existingSecret"]
        yield from ((value["existingSecret"], key) for key in [*keys, *value.get("secretKeys", {}).values()])
    for item in value.values():
        yield from references(item)


def test_no_secret_is_readable_anywhere() -> None:
    recorded = json.dumps([resource.inputs for resource in run().resources], default=repr)
    assert "plain-" not in recorded
    assert recorded.count("[secret]") == 2


def test_each_secret_that_the_values_name_exists_and_each_key_is_used() -> None:
    recording = run()
    present = {(name, key) for name, data in secrets(recording).items() for key in data if name == "langfuse-secrets"}
    assert set(references(values(recording))) == present


def test_each_store_gets_its_own_password() -> None:
    data = secrets(run())["langfuse-secrets"]
    assert data["postgres-password"] == "plain-database_password"
    assert data["redis-password"] == "plain-cache_token"
    assert data["clickhouse-password"] == "plain-clickhouse_password"


def test_the_first_start_makes_the_project_with_the_given_key_pair_and_the_first_user() -> None:
    recording = run()
    [source] = values(recording)["langfuse"]["web"]["pod"]["additionalEnvFrom"]
    data = secrets(recording)[source["secretRef"]["name"]]
    assert data["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"] == "plain-public_key"
    assert data["LANGFUSE_INIT_PROJECT_SECRET_KEY"] == "plain-secret_key"
    assert data["LANGFUSE_INIT_USER_EMAIL"] == "admin@example.com"
    assert data["LANGFUSE_INIT_USER_PASSWORD"] == "plain-user_password"
    assert {"LANGFUSE_INIT_ORG_ID", "LANGFUSE_INIT_PROJECT_ID"} <= data.keys()


def test_the_service_account_of_the_chart_carries_the_role() -> None:
    account = values(run())["langfuse"]["serviceAccount"]
    assert account == {"name": "langfuse", "annotations": {"eks.amazonaws.com/role-arn": ROLE}}


def test_the_release_waits_for_its_secrets() -> None:
    recording = run()
    needed = {resource.urn for resource in recording.of_type(SECRET)}
    assert len(needed) == 2
    assert needed <= recording.one(RELEASE).dependencies


def test_the_release_has_a_fixed_name_and_an_exact_version() -> None:
    inputs = run().one(RELEASE).inputs
    assert inputs["name"] == "langfuse"
    assert re.fullmatch(r"2\.0\.[1-9]\d*", inputs["version"])
    assert inputs["timeout"] == 900


def test_the_endpoints_reach_the_values_as_they_are() -> None:
    named = values(run())
    assert named["langfuse"]["nextauth"]["url"] == "http://balancer.example:3000"
    assert named["postgresql"]["host"] == "database.example"
    assert named["redis"]["host"] == "cache.example"
    assert named["s3"]["bucket"] == "events"


def test_langfuse_may_call_litellm_inside_the_cluster() -> None:
    [variable] = values(run())["langfuse"]["additionalEnv"]
    assert variable["value"] == "litellm.genai-platform.svc.cluster.local"


@pytest.mark.parametrize("name", SECRETS)
def test_a_changed_secret_rolls_the_pods(name: str) -> None:
    assert checksum(**{name: "plain-other"}) != checksum()


def test_nothing_else_changes_the_checksum() -> None:
    before = checksum()
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    changes = dict.fromkeys(("url", "database_host", "cache_host", "bucket", "region", "role_arn"), "other")
    assert checksum(**changes, replicas=2, image_tag="5") == before


def test_no_replica_is_refused() -> None:
    with pytest.raises(ValueError, match="0 replicas"):
        run(replicas=0)
