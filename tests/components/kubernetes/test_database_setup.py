"""What the Job looks like to Kubernetes and Pulumi. What it does is in test_database_setup_sql.py."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from components.kubernetes.database_setup import DatabaseSetup, DatabaseSetupArgs
from ops.model.recorder import Recording, plain, record
from tests.kubernetes_schema import validate
from tests.program import plaintext

JOB = "kubernetes:batch/v1:Job"
PASSWORDS = {"master": "master-in-clear", "litellm": "litellm-in-clear", "langfuse": "langfuse-in-clear"}


def run(**changed: str) -> Recording:
    def program() -> None:
        passwords = {role: pulumi.Output.secret(password) for role, password in {**PASSWORDS, **changed}.items()}
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        DatabaseSetup(
            "database-setup",
            DatabaseSetupArgs(
                namespace=pulumi.Output.from_input("genai-platform"),
                host=pulumi.Output.from_input("database.example"),
                master_username="postgres",
                master_password=passwords["master"],
                databases={"litellm": passwords["litellm"], "langfuse": passwords["langfuse"]},
            ),
            opts=pulumi.ResourceOptions(provider=provider),
        )

    return record(program)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run()


def spec(recording: Recording) -> Any:
    return recording.one(JOB).inputs["spec"]


def test_kubernetes_would_take_every_object_as_it_is(recording: Recording) -> None:
    objects = [resource for resource in recording.resources if resource.type.startswith("kubernetes:")]
    assert len(objects) == 3
    for resource in objects:
        validate(resource)


def test_whatever_the_pod_refers_to_exists_and_is_made_before_it(recording: Recording) -> None:
    (container,) = spec(recording)["template"]["spec"]["containers"]
    secret = recording.one("kubernetes:core/v1:Secret")
    config_map = recording.one("kubernetes:core/v1:ConfigMap")
    references = [item["valueFrom"]["secretKeyRef"] for item in container["env"] if "valueFrom" in item]
    assert {reference["name"] for reference in references} == {secret.inputs["metadata"]["name"]}
    assert {reference["key"] for reference in references} == plain(secret.inputs["stringData"]).keys()
    (volume,) = spec(recording)["template"]["spec"]["volumes"]
    (mount,) = container["volumeMounts"]
    (file,) = config_map.inputs["data"]
    assert volume == {"name": mount["name"], "configMap": {"name": config_map.inputs["metadata"]["name"]}}
    assert f"--file={mount['mountPath']}/{file}" in container["command"][-1]
    assert {secret.urn, config_map.urn} <= recording.one(JOB).dependencies


def test_no_password_is_in_clear_and_none_on_the_command_line(recording: Recording) -> None:
    for resource in recording.resources:
        assert not [text for text in plaintext(resource.inputs) if "in-clear" in text], resource.urn


def test_the_connection_is_encrypted(recording: Recording) -> None:
    (container,) = spec(recording)["template"]["spec"]["containers"]
    assert {"name": "PGSSLMODE", "value": "require"} in container["env"]


@pytest.mark.parametrize("role", ["litellm", "langfuse"])
def test_a_changed_password_runs_the_job_again(recording: Recording, role: str) -> None:
    assert spec(run()) == spec(recording)
    assert spec(run(**{role: "another"}))["template"] != spec(recording)["template"]
    assert recording.one(JOB).delete_before_replace


def test_a_changed_file_runs_the_job_again(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.kubernetes.database_setup.SQL", "SELECT 1")
    assert spec(run())["template"] != spec(recording)["template"]


def test_a_job_that_failed_is_made_anew_by_the_next_up(recording: Recording) -> None:
    assert recording.one(JOB).inputs["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}


def test_the_job_ends_before_pulumi_gives_up_and_is_not_swept_away(recording: Recording) -> None:
    assert 300 <= spec(recording)["activeDeadlineSeconds"] < 600
    assert spec(recording)["backoffLimit"] <= 3
    assert "ttlSecondsAfterFinished" not in spec(recording)


def test_the_pod_is_restricted(recording: Recording) -> None:
    pod = spec(recording)["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
