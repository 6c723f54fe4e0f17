from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest

from components.kubernetes.clickhouse import ClickHouse, ClickHouseArgs
from ops.model.recorder import UNKNOWN, Recording, Resource, plain, record
from tests.kubernetes_schema import validate
from tests.program import plaintext

ROLE = "arn:aws:iam::123456789012:role/clickhouse"
PASSWORD = "clickhouse-password-in-clear"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"


def run(*, bucket: str = "clickhouse-1234567", password: str = PASSWORD, preview: bool = False) -> Recording:
    def program() -> None:
        later = pulumi.Output.from_input
        suffix = random.RandomString("suffix", length=7)  # its result is known only after `up`
        ClickHouse(
            "clickhouse",
            ClickHouseArgs(
                namespace=later("genai-platform"),
                role_arn=later(ROLE),
                bucket=pulumi.Output.concat("preview-", suffix.result) if preview else later(bucket),
                region="eu-west-1",
                password=pulumi.Output.secret(password),
                storage_class=later("gp3-auto"),
            ),
            opts=pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}")),
        )

    return record(program, preview=preview)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run()


def objects(recording: Recording) -> list[Resource]:
    return [resource for resource in recording.resources if resource.type.startswith("kubernetes:")]


def one(recording: Recording, type_token: str) -> Any:
    return plain(recording.one(f"kubernetes:{type_token}").inputs)


def pod(recording: Recording) -> Any:
    return one(recording, "apps/v1:StatefulSet")["spec"]["template"]


def container(recording: Recording) -> Any:
    (only,) = pod(recording)["spec"]["containers"]
    return only


def test_kubernetes_would_take_every_object_as_it_is(recording: Recording) -> None:
    assert len(objects(recording)) == 5
    for resource in objects(recording):
        validate(resource)


def test_a_misspelt_field_would_be_found(recording: Recording) -> None:
    service = recording.one("kubernetes:core/v1:Service")
    wrong = {**service.inputs, "spec": {**service.inputs["spec"], "selectors": {}}}
    with pytest.raises(AssertionError, match=r"Service clickhouse-service, at spec: .*'selectors' was unexpected"):
        validate(replace(service, inputs=wrong))


def test_whatever_the_pod_refers_to_exists_and_is_made_before_it(recording: Recording) -> None:
    spec = pod(recording)["spec"]
    secret, config_map = one(recording, "core/v1:Secret"), one(recording, "core/v1:ConfigMap")
    password = next(item for item in container(recording)["env"] if item["name"] == "CLICKHOUSE_PASSWORD")
    reference = password["valueFrom"]["secretKeyRef"]
    assert reference["name"] == secret["metadata"]["name"]
    assert secret["stringData"][reference["key"]] == PASSWORD
    assert spec["serviceAccountName"] == one(recording, "core/v1:ServiceAccount")["metadata"]["name"]
    assert spec["volumes"] == [{"name": "config", "configMap": {"name": config_map["metadata"]["name"]}}]
    before = recording.one(STATEFUL_SET).dependencies
    for kind in ("Secret", "ConfigMap", "ServiceAccount"):
        assert recording.one(f"kubernetes:core/v1:{kind}").urn in before


def test_the_service_account_carries_the_role(recording: Recording) -> None:
    annotations = one(recording, "core/v1:ServiceAccount")["metadata"]["annotations"]
    assert annotations == {"eks.amazonaws.com/role-arn": ROLE}


def test_the_s3_disk_is_one_file_beside_those_of_the_image(recording: Recording) -> None:
    (mount,) = [m for m in container(recording)["volumeMounts"] if m["name"] == "config"]
    text = one(recording, "core/v1:ConfigMap")["data"][mount["subPath"]]
    assert mount["mountPath"] == f"/etc/clickhouse-server/config.d/{mount['subPath']}"
    assert "<endpoint>https://clickhouse-1234567.s3.eu-west-1.amazonaws.com/clickhouse/</endpoint>" in text
    assert "<region>eu-west-1</region>" in text


def test_the_region_is_known_to_whatever_exchanges_the_token(recording: Recording) -> None:
    values = {item["name"]: item.get("value") for item in container(recording)["env"]}
    assert values["AWS_REGION"] == values["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_the_volume_goes_with_the_stateful_set(recording: Recording) -> None:
    spec = one(recording, "apps/v1:StatefulSet")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Delete", "whenScaled": "Delete"}
    assert claim["spec"]["storageClassName"] == "gp3-auto"
    assert {"name": claim["metadata"]["name"], "mountPath": "/var/lib/clickhouse"} in container(recording)[
        "volumeMounts"
    ]


def test_the_service_leads_to_the_ports_of_the_pod(recording: Recording) -> None:
    service = one(recording, "core/v1:Service")
    target = {port["name"]: port["containerPort"] for port in container(recording)["ports"]}
    assert service["metadata"]["name"] == "clickhouse"
    assert {port["port"]: target[port["targetPort"]] for port in service["spec"]["ports"]} == {8123: 8123, 9000: 9000}
    assert service["spec"]["selector"].items() <= pod(recording)["metadata"]["labels"].items()


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_each_probe_asks_clickhouse_itself(recording: Recording, probe: str) -> None:
    assert container(recording)[probe]["httpGet"] == {"path": "/ping", "port": "http"}


def test_it_may_take_five_minutes_to_start(recording: Recording) -> None:
    probe = container(recording)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 300


def test_the_pod_is_restricted_but_for_the_file_system_that_the_image_writes_to(recording: Recording) -> None:
    spec = pod(recording)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"] == {
        "runAsUser": 101,
        "runAsGroup": 101,
        "fsGroup": 101,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(recording)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_nothing_in_the_namespace_or_on_the_nodes_disturbs_the_pod(recording: Recording) -> None:
    assert pod(recording)["spec"]["enableServiceLinks"] is False
    assert pod(recording)["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"


def test_the_password_is_nowhere_in_clear(recording: Recording) -> None:
    for resource in recording.resources:
        assert not [text for text in plaintext(resource.inputs) if PASSWORD in text], resource.urn


@pytest.mark.parametrize("change", [{"password": "another"}, {"bucket": "another-1234567"}])
def test_what_the_pod_reads_at_its_start_starts_it_anew_when_it_changes(
    recording: Recording, change: dict[str, Any]
) -> None:
    assert pod(run()) == pod(recording)
    assert pod(run(**change))["metadata"] != pod(recording)["metadata"]


def test_a_preview_works_while_the_bucket_has_no_name_yet() -> None:
    preview = run(preview=True)
    assert len(objects(preview)) == 5
    assert one(preview, "core/v1:ConfigMap")["data"] == {"s3_disk.xml": UNKNOWN}
