"""The plan of a stack: its recorded program with the timeline, cost and findings that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from catalogue.pins import Pin
from ops.model import engine_graph, timeline, typical_times
from ops.model.cost import Cost, cost
from ops.model.guardrails import Finding, findings
from ops.model.pinned_versions import ending
from ops.model.recorder import Recording, Resource, record
from ops.model.simulated_outputs import REGION
from ops.project import PROJECT, ROOT
from ops.stack.settings_file import StackConfig, StackConfigError, read


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A recorded run of the program and what follows from it."""

    config: StackConfig
    recording: Recording
    resources: Sequence[Resource]
    """As the engine would have them, the children of the EKS component included."""
    edges: engine_graph.Edges
    up: timeline.Up
    down: timeline.Down
    cost: Cost
    findings: Sequence[Finding]
    """What the guardrails object to."""
    today: date
    ending: Sequence[Pin]
    """What is pinned and loses its support, as of today."""

    @property
    def domain(self) -> str:
        """The domain of the stack, or empty; its hosted zone is taken for granted."""
        return self.config.values.get(f"{PROJECT}:domain", "")


def make_plan(config: StackConfig, program: Callable[[], None] | None = None, *, today: date | None = None) -> Plan:
    """Run the program (the project's `__main__.py`, unless another is given) and plan it; its errors pass through.

    `today` is the day in UTC by which support is judged, by default that of the clock.
    """
    today = today or datetime.now(UTC).date()
    recording = record(
        program,
        stack=config.stack,
        config=config.values,
        secret_keys=config.secret_keys,
        hosted_zones=[config.values.get(f"{PROJECT}:domain", "")],
        other_stacks=_aws_day_behind(config),
    )
    resources = engine_graph.engine_resources(recording.resources)
    edges = engine_graph.edges(resources)
    return Plan(
        config=config,
        recording=recording,
        resources=resources,
        edges=edges,
        up=timeline.up(edges, typical_times.create_seconds(resources, edges)),
        down=timeline.down(edges, typical_times.delete_seconds(resources)),
        cost=cost(resources, config.values.get(config.kind.region_key, REGION)),
        findings=findings(recording),
        today=today,
        ending=ending(recording, today),
    )


def _aws_day_behind(config: StackConfig) -> dict[str, Mapping[str, Any]]:
    """What the AWS stack that an Azure stack names would export with its entry for API Management on, by that name."""
    name = config.values.get(f"{PROJECT}:awsStack", "")
    if not name:
        return {}
    try:
        aws = read(ROOT, name.rpartition("/")[2], ["apimEntry=true"])
    except StackConfigError as error:
        raise StackConfigError(f"awsStack names {name}. {error}") from error
    recording = record(
        stack=aws.stack,
        config=aws.values,
        secret_keys=aws.secret_keys,
        hosted_zones=[aws.values.get(f"{PROJECT}:domain", "")],
    )
    return {name: recording.outputs}
