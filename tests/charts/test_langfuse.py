from collections.abc import Iterator, Mapping
from typing import Any

from charts.langfuse import values

VALUES = values(
    image_tag="4.66.0",
    replicas=2,
    role_arn="arn:aws:iam::123456789012:role/langfuse",
    url="http://langfuse.example.com:3000",
    litellm_host="litellm.genai-platform.svc.cluster.local",
    database_host="database",
    cache_host="cache",
    bucket="events",
    region="eu-west-1",
    secrets_checksum="0" * 64,
)


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def test_the_role_is_the_only_way_to_s3() -> None:
    s3 = dict(leaves(VALUES["s3"]))
    assert not [path for path in s3 if {"accessKeyId", "secretAccessKey", "endpoint"} & {*path}]
    annotations = VALUES["langfuse"]["serviceAccount"]["annotations"]
    assert annotations == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/langfuse"}


def test_the_chart_brings_no_store_of_its_own() -> None:
    assert {store for store, options in VALUES.items() if options.get("deploy") is False} == {
        "postgresql",
        "redis",
        "clickhouse",
        "s3",
    }


def test_postgresql_and_redis_are_reached_with_tls() -> None:
    assert VALUES["postgresql"]["args"].split("&") == ["uselibpqcompat=true", "sslmode=require"]
    assert VALUES["redis"]["tls"]["enabled"] is True


def test_clickhouse_is_one_server() -> None:
    """The 2.x chart reads this key; with `clusterEnabled` of 1.x its tables would be made for a cluster."""
    assert VALUES["clickhouse"]["cluster"]["enabled"] is False


def test_no_number_is_large_enough_for_helm_to_print_it_with_an_exponent() -> None:
    assert not [path for path, value in leaves(VALUES) if isinstance(value, int | float) and value >= 1_000_000]
    assert VALUES["s3"]["mediaUpload"]["maxContentLength"] == "1000000000"


def test_nobody_can_sign_up() -> None:
    assert VALUES["langfuse"]["features"]["signUpDisabled"] is True


def test_the_liveness_probes_leave_a_first_start_its_migrations() -> None:
    for pod in ("web", "worker"):
        probe = VALUES["langfuse"][pod]["livenessProbe"]
        period = probe.get("periodSeconds", 10)  # the chart's default
        assert probe["initialDelaySeconds"] + period * probe["failureThreshold"] >= 300


def test_each_pod_requests_what_it_needs_and_has_a_memory_limit() -> None:
    resources = VALUES["langfuse"]["resources"]
    assert {*resources["requests"]} == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_one_web_pod_migrates_whatever_the_number_of_workers() -> None:
    assert VALUES["langfuse"]["replicas"] == 2
    assert VALUES["langfuse"]["web"]["replicas"] == 1
    assert "replicas" not in VALUES["langfuse"]["worker"]
