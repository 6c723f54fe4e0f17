"""The state of each part of an AWS stack in moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ops.checks.check import Outcome, State, run
from ops.checks.status import aws
from ops.checks.status.status import Found
from ops.model import engine_graph
from tests.ops.inventory.world import World, error
from tests.ops.preflight.stand_in import aws_answers, serve
from tests.ops.status.world import DENIALS, EXPECTED, PARTS, altered
from tests.program import recorded


def found_parts(world: World, stack: str = "dev", outputs: Mapping[str, Any] | None = None, zones: int = 1) -> Found:
    expected = {**EXPECTED, "aws:ec2/natGateway:NatGateway": zones}
    return aws.find_parts(world.aws(), stack, expected, outputs or {})


def each(key: str, name: str, value: Any) -> Callable[[Any], None]:
    """Sets a field of every entry of a list of the answer."""

    def alter(answer: Any) -> None:
        for item in answer[key]:
            item[name] = value

    return alter


def outcomes(found: Found, beginning: str) -> list[Outcome]:
    return [outcome for name, outcome in run(found.checks).items() if name.startswith(beginning)]


def test_the_parts_are_those_of_the_program() -> None:
    types = [resource.type for resource in engine_graph.engine_resources(recorded("day").resources)]
    assert {part.type: types.count(part.type) for part in aws.PARTS} == EXPECTED


def test_a_day_has_its_parts_and_none_of_another_day(world: World) -> None:
    found = found_parts(world)
    assert (found.seen, found.exists, found.complete, found.keep_until) == (True, True, True, None)
    assert len(found.checks) == len(PARTS)
    for part in PARTS:
        (outcome,) = outcomes(found, part)
        assert outcome.state is State.FINE, part
    assert "EKS cluster genai-dev-abc1234" in found.checks


def test_the_day_is_as_old_as_its_cluster(world: World) -> None:
    tokyo = timezone(timedelta(hours=9))

    def age(answer: Any) -> None:
        answer["cluster"]["createdAt"] = datetime(2026, 11, 26, 8, 2, tzinfo=tokyo)

    older = each("NatGateways", "CreateTime", datetime(2026, 11, 20, tzinfo=UTC))
    with altered(world, DescribeCluster=age, DescribeNatGateways=older):
        since = found_parts(world).since
    assert since == datetime(2026, 11, 25, 23, 2, tzinfo=UTC)
    assert since.tzinfo is UTC


def test_without_its_cluster_it_is_as_old_as_its_first_part(world: World) -> None:
    first = datetime(2026, 11, 26, 8, 2, tzinfo=UTC)
    with altered(
        world,
        ListClusters=lambda answer: answer["clusters"].clear(),
        DescribeNatGateways=each("NatGateways", "CreateTime", first),
    ):
        found = found_parts(world)
    assert found.since == first
    assert (found.exists, found.complete) == (True, False)


def test_the_tag_that_keeps_it_is_told(world: World) -> None:
    def tag(answer: Any) -> None:
        answer["cluster"]["tags"]["genai:keep-until"] = "2026-11-26T22:00:00Z"

    with altered(world, DescribeCluster=tag):
        assert found_parts(world).keep_until == "2026-11-26T22:00:00Z"


def targets(*states: str) -> Callable[[Any], None]:
    def alter(answer: Any) -> None:
        answer["TargetHealthDescriptions"] = [{"TargetHealth": {"State": state}} for state in states]

    return alter


@pytest.mark.parametrize(
    ("part", "operation", "alter", "state", "says"),
    [
        ("NAT", "DescribeNatGateways", each("NatGateways", "State", "failed"), State.BAD, "failed"),
        ("EKS", "DescribeCluster", lambda a: a["cluster"].update(status="DELETING"), State.BAD, "DELETING"),
        ("Aurora cluster", "DescribeDBClusters", each("DBClusters", "Status", "creating"), State.BAD, "creating"),
        ("Aurora cluster", "DescribeDBClusters", each("DBClusters", "Status", "backing-up"), State.FINE, "backing-up"),
        ("Aurora i", "DescribeDBInstances", each("DBInstances", "DBInstanceStatus", "failed"), State.BAD, "failed"),
        ("Elasti", "DescribeReplicationGroups", each("ReplicationGroups", "Status", "deleting"), State.BAD, "deleting"),
        ("load", "DescribeLoadBalancers", each("LoadBalancers", "State", {"Code": "failed"}), State.BAD, "failed"),
        ("target group litellm", "DescribeTargetHealth", targets(), State.BAD, "no pod is in it"),
        ("target group litellm", "DescribeTargetHealth", targets("unhealthy"), State.BAD, "1 unhealthy"),
        ("target group litellm", "DescribeTargetHealth", targets("draining"), State.BAD, "1 draining"),
        ("target group litellm", "DescribeTargetHealth", targets("draining", "healthy"), State.FINE, "healthy"),
        (
            "target group litellm",
            "DescribeTargetHealth",
            targets("healthy", "initial", "healthy"),
            State.BAD,
            "2 healthy, 1 initial",
        ),
    ],
)
def test_each_part_is_well_only_in_the_states_that_serve(
    world: World, part: str, operation: str, alter: Callable[[Any], None], state: State, says: str
) -> None:
    with altered(world, **{operation: alter}):
        (outcome,) = outcomes(found_parts(world), part)
    assert (outcome.state, outcome.says) == (state, says)
    assert bool(outcome.fix) == (state is State.BAD)


def test_the_fix_of_a_part_is_the_command_that_shows_it(world: World) -> None:
    with altered(world, DescribeCluster=lambda answer: answer["cluster"].update(status="FAILED")):
        (outcome,) = outcomes(found_parts(world), "EKS cluster")
    assert outcome.fix == "see `aws eks describe-cluster --name genai-dev-abc1234 --region us-east-1`"


def test_a_part_of_which_there_are_too_few_is_missing(world: World) -> None:
    found = found_parts(world, zones=2)
    assert not found.complete
    (missing,) = outcomes(found, "NAT gateways")
    assert (missing.state, missing.says) == (State.BAD, "1 of 2 exist")
    assert "pulumi up -s dev" in missing.fix


def test_of_a_day_that_is_down_nothing_is_called_missing(world: World) -> None:
    found = found_parts(world, "de")
    assert (found.seen, found.exists, found.complete, found.since) == (True, False, False, None)
    assert not found.checks


def test_of_a_day_with_outputs_every_part_is_missing(world: World) -> None:
    found = found_parts(world, "de", {"clusterName": "genai-de-abc1234"})
    assert [outcome.says for outcome in run(found.checks).values()] == ["0 of 1 exist"] * 6 + ["0 of 2 exist"]


@pytest.mark.parametrize(("operation", "what"), DENIALS.items())
def test_a_denied_call_could_not_look_and_misses_nothing(world: World, operation: str, what: str) -> None:
    with aws_answers({operation: "AccessDenied"}):
        found = found_parts(world)
        assert not found.seen
        assert found.complete
        (outcome,) = outcomes(found, what)
    assert outcome.state is State.COULD_NOT_LOOK
    assert "AccessDenied" in outcome.says


@pytest.mark.parametrize("operation", ["DescribeCluster", "DescribeTargetHealth"])
def test_a_denied_second_call_could_not_look_either(world: World, operation: str) -> None:
    with aws_answers({operation: "AccessDenied"}):
        assert State.COULD_NOT_LOOK in {outcome.state for outcome in run(found_parts(world).checks).values()}


def test_only_when_all_clusters_were_seen_something_is_ours_by_the_name_of_one(world: World) -> None:
    def named(answer: Any) -> None:
        for tag_description in answer["TagDescriptions"]:
            tag_description["Tags"] = [{"Key": "eks:eks-cluster-name", "Value": "genai-dev-abc1234"}]

    def denied(_: Any) -> None:
        raise error("AccessDenied", "ListClusters")

    with altered(world, DescribeTags=named):
        assert len([name for name in found_parts(world).checks if name.startswith("target group")]) == 4
    with altered(world, DescribeTags=named, ListClusters=denied):
        assert [name for name in found_parts(world).checks if name.startswith("target group")] == ["target groups"]


def test_the_services_are_asked_where_users_reach_them(world: World) -> None:
    with serve() as litellm, serve() as langfuse:
        litellm.answers["GET /health/liveliness"] = (200, {}, "I'm alive!")
        langfuse.answers["GET /api/public/health"] = (503, {}, {"status": "no database"})
        found = found_parts(world, outputs={"litellmUrl": litellm.url, "langfuseUrl": langfuse.url})
        (one,), (other,) = outcomes(found, "LiteLLM"), outcomes(found, "Langfuse")
    assert (one.state, other.state) == (State.FINE, State.BAD)
    assert other.says == f"{langfuse.url}/api/public/health answered 503"
