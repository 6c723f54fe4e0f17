"""Each resource takes the time of its kind, and the first node is waited for once."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random

from catalogue.resource_types import PACKAGE_TIMES, TYPES, times
from ops.model import engine_graph, typical_times
from ops.model.recorder import Recording, record
from ops.model.typical_times import NODE_START


def seconds(recording: Recording) -> tuple[dict[str, float], dict[str, float]]:
    """Create and delete, by name."""
    resources = engine_graph.engine_resources(recording.resources)
    create = typical_times.create_seconds(resources, engine_graph.edges(resources))
    delete = typical_times.delete_seconds(resources)
    return {r.name: create[r.urn] for r in resources}, {r.name: delete[r.urn] for r in resources}


def job(name: str, *after: pulumi.Resource) -> kubernetes.batch.v1.Job:
    spec: Any = {"template": {"spec": {"containers": [], "restartPolicy": "Never"}}}
    return kubernetes.batch.v1.Job(name, spec=spec, opts=pulumi.ResourceOptions(depends_on=list(after)))


def test_kinds_without_a_figure_take_the_time_of_their_package() -> None:
    def program() -> None:
        aws.ec2.RouteTable("table", vpc_id="vpc-1")
        kubernetes.core.v1.ConfigMap("map")
        random.RandomPassword("password", length=20)
        kubernetes.Provider("provider", kubeconfig="{}")

    create, delete = seconds(record(program))
    assert (create["table"], delete["table"]) == (2, 1)
    assert (create["map"], delete["map"]) == (1, 1)
    assert create["password"] == create["provider"] == delete["password"] == delete["provider"] == 0


def test_only_pods_that_no_other_pods_come_before_wait_for_the_first_node() -> None:
    def program() -> None:
        config = kubernetes.core.v1.ConfigMap("map")
        first = job("first", config)
        second = job("second", first)
        job("third", second)
        job("beside")

    create, _ = seconds(record(program))
    own = times("kubernetes:batch/v1:Job").create
    assert create["first"] == create["beside"] == own + NODE_START.create
    assert create["second"] == create["third"] == own


def test_what_goes_with_another_resource_or_stays_takes_no_time_to_delete() -> None:
    def program() -> None:
        first = job("first")
        second = job("second")
        kubernetes.core.v1.Namespace("namespace", opts=pulumi.ResourceOptions(deleted_with=first))
        kubernetes.core.v1.Namespace("kept", opts=pulumi.ResourceOptions(retain_on_delete=True, depends_on=[second]))

    _, delete = seconds(record(program))
    assert delete["first"] == times("kubernetes:batch/v1:Job").delete
    assert delete["namespace"] == delete["kept"] == 0


def test_every_figure_names_its_source() -> None:
    figures = [*(row.times for row in TYPES.values() if row.times), *PACKAGE_TIMES.values(), NODE_START]
    assert all(len(figure.source) > 20 for figure in figures)
