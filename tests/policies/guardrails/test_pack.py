"""The policy pack as Pulumi runs it: the process, its answers, and that they are those of `ops.model.guardrails`."""

from __future__ import annotations

import importlib.metadata
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio publishes no types
import pulumi_policy
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from ops.model.guardrails import findings
from ops.model.recorder import UNKNOWN, Recording, plain, record
from policies.guardrails.all_rules import RULES
from tests.policies.guardrails import good, good_azure

PACK = Path(__file__).resolve().parents[3] / "policies" / "guardrails"


def test_the_pack_declares_exactly_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    declared: list[tuple[str, list[pulumi_policy.Policy]]] = []
    monkeypatch.setattr(pulumi_policy, "PolicyPack", lambda name, policies: declared.append((name, policies)))
    monkeypatch.setattr(sys, "path", [str(PACK), *sys.path])
    runpy.run_path(str(PACK / "__main__.py"), run_name="__main__")
    assert declared == [("genai-platform", RULES)]


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) > 30


def test_no_module_of_the_pack_hides_another() -> None:
    """Pulumi starts the pack in its folder, where `import secrets` would find a secrets.py of ours."""
    ours = {path.stem for path in PACK.glob("*.py")} - {"__init__", "__main__"}
    assert not ours & {*sys.stdlib_module_names, *importlib.metadata.packages_distributions()}


@pytest.fixture(scope="module", params=["through pulumi.policy", "as a folder"])
def pack(request: pytest.FixtureRequest) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack, started as Pulumi's language hosts start it; its first line is its port."""
    how = {
        "through pulumi.policy": ["-m", "pulumi.policy", "127.0.0.1:1", str(PACK)],  # pulumi-language-python, RunPlugin
        "as a folder": [str(PACK), "127.0.0.1:1"],
    }
    command = [sys.executable, "-u", *how[request.param]]
    with subprocess.Popen(command, cwd=PACK, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def test_pulumi_sees_every_rule_as_mandatory_and_described(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    information = pack.GetAnalyzerInfo(empty_pb2.Empty())
    assert [policy.name for policy in information.policies] == [rule.name for rule in RULES]
    assert {policy.enforcementLevel for policy in information.policies} == {analyzer_pb2.MANDATORY}
    assert all(policy.description.strip() for policy in information.policies)


def a_bad_day() -> None:
    good.bucket(without="encryption", force_destroy=False, tags={})
    good.database(value="0", deletion_protection=True)
    good.plain_day(protocol="HTTP")
    good.role(without="sub")
    good.pod(image="postgres:latest", env=[{"name": "PASSWORD", "value": "hunter"}])
    good.release({"auth": {"password": "hunter"}}, version="^1.0.0")
    good.cluster(version="1.33")
    good_azure.role_assignment(scope="/subscriptions/s")
    good_azure.vault(soft_delete_retention_in_days=30)
    good_azure.backend(check=False, key="hunter")
    good_azure.api(policy=None, protocols=None)
    good_azure.diagnostic(headers=("Authorization",))
    good_azure.application(role_needed=False, version=1)
    good_azure.password(None)


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_the_pack_answers_pulumi_what_plan_shows(pack: analyzer_pb2_grpc.AnalyzerStub, *, preview: bool) -> None:
    recording = record(a_bad_day, preview=preview)
    answers = answers_to_pulumi(pack, recording)
    expected = findings(recording)
    assert len(expected) > 8
    mandatory = [answer for answer in answers if answer.enforcementLevel == analyzer_pb2.MANDATORY]
    # pulumi-policy puts the description before the sentence, in lines of its own.
    assert {(answer.policyName, answer.urn, answer.message.rpartition("\n")[2]) for answer in mandatory} == {
        (finding.policy, finding.urn, finding.message) for finding in expected if finding.level == "mandatory"
    }
    assert {a.policyName for a in answers if a.enforcementLevel == analyzer_pb2.ADVISORY} == {
        finding.policy for finding in expected if finding.level == "advisory"
    }


def answers_to_pulumi(
    pack: analyzer_pb2_grpc.AnalyzerStub, recording: Recording
) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    """What the pack says when it is told of each resource, and then of all of them, as the engine does."""
    answers: list[analyzer_pb2.AnalyzeDiagnostic] = []
    told: list[analyzer_pb2.AnalyzerResource] = []
    for resource in recording.resources:
        properties = struct_pb2.Struct()
        properties.update(on_the_wire(plain(resource.inputs)))
        common: dict[str, Any] = {
            "type": resource.type,
            "urn": resource.urn,
            "name": resource.name,
            "properties": properties,
        }
        for answer in pack.Analyze(analyzer_pb2.AnalyzeRequest(**common)).diagnostics:
            answer.urn = resource.urn  # the engine knows whom it asked about
            answers.append(answer)
        dependencies = {
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for key, urns in resource.property_dependencies.items()
        }
        told.append(analyzer_pb2.AnalyzerResource(**common, propertyDependencies=dependencies))
    return [*answers, *pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=told)).diagnostics]


def on_the_wire(value: Any) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, dict):
        return {key: on_the_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [on_the_wire(item) for item in value]
    return value
