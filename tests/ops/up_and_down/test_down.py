"""When `genai down` is done, and what it does until then."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from ops.commands.up_and_down.down import DownResult, in_front, take_down
from ops.inventory.found import FoundResource, Leftover
from ops.inventory.scan import Failure, Scan
from ops.stack.engine import Engine
from ops.stack.state import StackState
from tests.ops.preflight.stand_in import aws_answers
from tests.ops.up_and_down.stand_in import EMPTY, StandIn, holding, resource, unseen

HEAD = "urn:pulumi:dev::genaiplatform::"
VPC = resource(f"{HEAD}aws:ec2/vpc:Vpc::vpc")
GATE = resource(
    f"{HEAD}pulumi-python:dynamic/genai:DrainGate::gate",
    inputs={"cluster_name": "genai-dev-0a1b2c3", "region": "us-east-1"},
)
NAMESPACE = resource(f"{HEAD}kubernetes:core/v1:Namespace::namespace")
SOFT = ("deleted API Management service", "deleted key vault", "deleted Entra application")
CLEAN = Scan(leftovers=[], failures=[])


@dataclass
class Removal:
    """A step that takes something from the cloud."""

    cloud: Cloud
    kind: str
    command = "az ..."

    def run(self) -> None:
        self.cloud.kinds.remove(self.kind)


@dataclass
class Cloud:
    """Things that are left, by kind."""

    kinds: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    scans: int = 0

    def scan(self) -> Scan:
        self.scans += 1
        resources = [
            FoundResource(kind=kind, id="it", region="", removal=(Removal(self, kind),), soft_deleted=kind in SOFT)
            for kind in self.kinds
        ]
        return Scan(leftovers=[Leftover(resource=resource, why="") for resource in resources], failures=self.failures)


def taken_down(engine: StandIn, cloud: Cloud | None = None, *, purge: bool = False) -> DownResult:
    return take_down(cast(Engine, engine), cloud or Cloud(), unseen, purge=purge)


def test_it_is_done_when_the_state_is_empty_and_the_scan_clean() -> None:
    engine = StandIn(holding(VPC), EMPTY)
    found = taken_down(engine)
    assert (found.exit_code, found.scan, found.errors) == (0, CLEAN, [])
    assert engine.done == ["destroy"]
    assert len(engine.said) == 1
    assert "1 resources" in engine.said[0]


@pytest.mark.parametrize(
    ("cloud", "code"),
    [
        (Cloud(kinds=["EBS volume"]), 1),
        (Cloud(failures=[Failure(what="VPCs", error="denied")]), 2),
        (Cloud(kinds=["EBS volume"], failures=[Failure(what="VPCs", error="denied")]), 2),
    ],
)
def test_an_empty_state_is_not_enough(cloud: Cloud, code: int) -> None:
    assert taken_down(StandIn(holding(VPC), EMPTY), cloud).exit_code == code


def test_an_engine_that_says_that_all_is_well_and_leaves_something_is_run_once_more() -> None:
    engine, cloud = StandIn(holding(VPC), holding(VPC), EMPTY), Cloud()
    assert taken_down(engine, cloud).exit_code == 0
    assert engine.done == ["destroy", "destroy"]
    assert "Once more" in engine.said[-1]
    assert cloud.scans == 1


def test_what_stays_after_that_is_named_and_its_scan_would_only_repeat_it() -> None:
    engine, cloud = StandIn(holding(VPC), complaints=("first", "second")), Cloud()
    found = taken_down(engine, cloud)
    assert engine.done == ["destroy", "destroy"]
    assert (found.exit_code, found.scan, found.errors) == (1, None, ["second"])
    assert [resource.name for resource in found.state.resources] == ["genaiplatform-dev", "vpc"]
    assert cloud.scans == 0


def test_an_operation_that_never_ended_keeps_the_state_from_being_empty() -> None:
    engine = StandIn(holding(VPC), holding(pending=(VPC["urn"],)), holding(pending=(VPC["urn"],)), EMPTY)
    assert taken_down(engine).exit_code == 0
    assert engine.done == ["destroy", "forget", "destroy"]
    assert "in the middle of creating aws:ec2/vpc:Vpc vpc" in engine.said[-1]


@pytest.mark.parametrize(("moment", "done"), [("forget", ["forget"]), ("destroy", ["forget", "destroy"])])
def test_after_ctrl_c_nothing_more_is_run(moment: str, done: list[str]) -> None:
    engine = StandIn(holding(VPC, pending=(VPC["urn"],)), holding(VPC))
    engine.interrupt_in(moment)
    assert taken_down(engine).exit_code == 1
    assert engine.done == done


def test_of_a_day_that_is_over_only_the_leftovers_are_looked_for() -> None:
    engine, cloud = StandIn(EMPTY), Cloud()
    assert taken_down(engine, cloud).exit_code == 0
    assert (engine.done, engine.said, cloud.scans) == ([], [], 1)


def test_purge_removes_what_is_in_soft_delete_and_nothing_else() -> None:
    kept, purged = Cloud(kinds=[*SOFT]), Cloud(kinds=[*SOFT, "resource group"])
    assert taken_down(StandIn(EMPTY), kept).exit_code == 1
    assert kept.kinds == [*SOFT]
    assert taken_down(StandIn(EMPTY), purged, purge=True).exit_code == 1
    assert purged.kinds == ["resource group"]


LOST = holding(VPC, GATE, NAMESPACE)


def lost(answer: object, state: StackState = LOST) -> tuple[list[str], Any]:
    """What is run and which clusters are lost when EKS answers so."""
    engine = StandIn(state)
    with aws_answers({"DescribeCluster": answer}):
        return engine.done, taken_down(engine).lost_clusters


def test_a_cluster_that_eks_does_not_know_is_lost_and_trying_again_is_of_no_use() -> None:
    assert lost("ResourceNotFoundException") == (["destroy"], ["genai-dev-0a1b2c3"])


@pytest.mark.parametrize(
    "answer",
    [
        "AccessDeniedException",
        "ExpiredTokenException",
        EndpointConnectionError(endpoint_url="https://eks.us-east-1.amazonaws.com"),
        NoCredentialsError(),
        {"cluster": {"status": "DELETING"}},
    ],
)
def test_any_other_answer_is_no_proof(answer: object) -> None:
    assert lost(answer) == (["destroy", "destroy"], [])


def test_a_lost_cluster_is_no_trouble_when_the_state_has_nothing_in_it() -> None:
    assert lost("ResourceNotFoundException", holding(VPC, GATE)) == (["destroy", "destroy"], [])


def test_azure_stacks_that_stand_in_front_of_this_one_are_found(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: genaiplatform\n")
    for name, behind in {
        "azure": "organization/genaiplatform/dev",
        "azure-2": "o/p/dev",
        "azure-3": "o/p/other",
    }.items():
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"config:\n  genaiplatform:awsStack: {behind}\n")
    (tmp_path / "Pulumi.azure-4.yaml").write_text("config: {}\n")
    states = {"azure": holding(VPC), "azure-2": EMPTY, "azure-3": holding(VPC), "azure-4": holding(VPC)}
    engine = mock.Mock(spec=Engine, state_of=states.get)
    engine.name, engine.say = "dev", mock.Mock()
    assert list(in_front(engine, tmp_path)) == ["azure"]
    (tmp_path / "Pulumi.azure-2.yaml").write_text("config: [\n")
    assert list(in_front(engine, tmp_path)) == ["azure"]
    assert "azure-2" in engine.say.call_args.args[0]
    states["azure"] = None  # type: ignore[assignment]  # cannot be read
    assert list(in_front(engine, tmp_path)) == []
