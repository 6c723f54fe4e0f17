"""The cost of a stack until now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ops.clouds.aws import Aws
from ops.commands.up_and_down.bill import bill, cost_explorer
from ops.model import eks_children
from tests.ops.preflight.stand_in import aws_answers
from tests.ops.up_and_down.stand_in import EMPTY, holding, resource

HEAD = "urn:pulumi:dev::genaiplatform::"
NAT = f"{HEAD}aws:ec2/natGateway:NatGateway::nat"
CLUSTER = f"{HEAD}{eks_children.CLUSTER}::cluster"
SINCE, NOW = datetime(2026, 11, 26, 0, 0, tzinfo=UTC), datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


def test_hours_since_the_cluster_came_times_the_price_of_what_stands() -> None:
    state = holding(
        resource(NAT, created="2026-11-25T09:00:00Z"),  # an earlier day left it
        resource(CLUSTER, created="2026-11-26T00:00:00Z"),
    )
    found = bill(state, "us-east-1", NOW)
    assert found
    assert (found.since, found.hours) == (SINCE, 8.5)
    assert found.usd_per_hour == pytest.approx(0.10 + 0.045)
    assert found.usd == pytest.approx(8.5 * 0.145)
    assert list(found.unpriced) == []


def test_without_a_cluster_it_begins_with_the_first_resource() -> None:
    state = holding(resource(NAT, created="2026-11-26T08:00:00Z"), resource(f"{NAT}-2", created="2026-11-26T08:15:00Z"))
    found = bill(state, "us-east-1", NOW)
    assert found
    assert found.hours == 0.5


def test_what_has_no_price_is_named() -> None:
    found = bill(holding(resource(NAT)), "mars-north-1", NOW)
    assert found
    assert (found.usd_per_hour, list(found.unpriced)) == (0, ["NAT gateway of nat in mars-north-1"])


def test_a_state_that_lost_what_a_price_depends_on_keeps_nobody_from_ending_the_day() -> None:
    instance = resource(
        f"{HEAD}aws:rds/clusterInstance:ClusterInstance::database-0",
        inputs={"instanceClass": "db.serverless"},
        propertyDependencies={"clusterIdentifier": [f"{HEAD}aws:rds/cluster:Cluster::gone"]},
    )
    found = bill(holding(instance), "us-east-1", NOW)
    assert found
    assert found.usd == 0
    assert "Cluster::gone" in found.unpriced[0]


def test_nothing_costs_nothing() -> None:
    assert bill(EMPTY, "us-east-1", NOW) is None


def group(key: str, amount: str) -> dict[str, Any]:
    return {"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}


def day(*groups: Mapping[str, Any]) -> dict[str, Any]:
    return {"ResultsByTime": [{"Groups": [group]} for group in groups]}


def test_cost_explorer_is_asked_once_for_the_days_of_the_stack() -> None:
    asked: list[Mapping[str, Any]] = []

    def answer(parameters: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(parameters)
        return day(group("Project$genaiplatform", "1.25"), group("Project$genaiplatform", "2"), group("Project$", "3"))

    with aws_answers({"GetCostAndUsage": answer}):
        said = cost_explorer(Aws("eu-west-1"), SINCE, NOW)
    [one] = asked
    assert one["TimePeriod"] == {"Start": "2026-11-26", "End": "2026-11-27"}
    assert said.startswith("Cost Explorer knows of 3.25 USD tagged Project=genaiplatform since 2026-11-26, and of 6.25")
    assert "this question cost 0.01 USD" in said


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("AccessDeniedException", "AccessDeniedException"),
        (EndpointConnectionError(endpoint_url="https://ce.us-east-1.amazonaws.com"), "Could not connect"),
    ],
)
def test_cost_explorer_that_does_not_answer_is_said_and_no_error(answer: object, says: str) -> None:
    with aws_answers({"GetCostAndUsage": answer}):
        said = cost_explorer(Aws("eu-west-1"), SINCE, NOW)
    assert said.startswith("Cost Explorer gave no answer: ")
    assert says in said
    assert said.endswith("ce:GetCostAndUsage.")
