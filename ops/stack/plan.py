"""The plan of a stack: its recorded program with the timeline, cost and findings that follow from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from catalogue.pins import Pin
from charts.shapes import STACK_NAME
from ops.model import engine_graph, timeline, typical_times
from ops.model.cost import Cost, cost
from ops.model.guardrails import Finding, findings
from ops.model.pinned_versions import ending
from ops.model.recorder import Recording, Resource, plain, record
from ops.model.simulated_outputs import REGION
from ops.project import PROJECT, ROOT
from ops.stack.settings_file import StackConfig, StackConfigError, read
from stacks.errors import SettingsError
from stacks.kinds import KINDS, Kind


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """What is to be done first: why, and the commands that do it."""

    why: str
    commands: Sequence[str]


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
    first: Sequence[FirstStep] = ()
    """What other stacks need before this one can go up."""
    warnings: Sequence[str] = ()
    """Settings that are allowed and of little use."""

    @property
    def stopped(self) -> bool:
        """Whether `pulumi up` would be stopped as things are."""
        return bool(self.first) or any(finding.level == "mandatory" for finding in self.findings)

    @property
    def domain(self) -> str:
        """The domain of the stack, or empty; its hosted zone is taken for granted."""
        return self.config.values.get(f"{PROJECT}:domain", "")


def make_plan(config: StackConfig, program: Callable[[], None] | None = None, *, today: date | None = None) -> Plan:
    """Run the program (the project's `__main__.py`, unless another is given) and plan it; its errors pass through.

    `today` is the day in UTC by which support is judged, by default that of the clock.
    """
    today = today or datetime.now(UTC).date()
    read_by_it = other_stacks(config)
    recording = record(
        program,
        stack=config.stack,
        config=config.values,
        secret_keys=config.secret_keys,
        hosted_zones=[config.values.get(f"{PROJECT}:domain", "")],
        other_stacks=read_by_it,
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
        first=first_steps(config),
        warnings=list(_warnings(config, read_by_it)),
    )


_TRUE = ("true", "yes", "on", "y", "t", "1")
"""What the program takes for true (pydantic, "Booleans")."""


def first_steps(config: StackConfig) -> Sequence[FirstStep]:
    """What the AWS stack that an Azure stack names has to be set to before, as far as its settings file tells."""
    aws = _read_aws_stack(config)
    if aws is None or aws.values.get(f"{PROJECT}:apimEntry", "").lower() in _TRUE:
        return ()
    return [
        FirstStep(
            why=f"stack {aws.stack}, which awsStack names, has its entry for API Management off (apimEntry)",
            commands=(f"pulumi config set -s {aws.stack} apimEntry true", f"genai up --stack {aws.stack}"),
        )
    ]


def _warnings(config: StackConfig, read_by_it: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if outputs := read_by_it.get(config.values.get(f"{PROJECT}:awsStack", "")):
        servers: Mapping[str, Mapping[str, str]] = plain(outputs.get("mcpServers")) or {}
        known = {str(user).lower() for user in json.loads(config.values.get(f"{PROJECT}:users", "[]"))}
        for user in sorted({user.lower() for users in servers.values() for user in users} - known):
            yield (
                f"{user} has a key for MCP servers and is not in users, so API Management refuses them: add them to "
                f"users of stack {config.stack}"
            )
    if config.values.get(f"{PROJECT}:virtualKeys") == "[]":
        yield (
            "virtualKeys is empty, so nobody has a key and README's first call, with the key demo, has none to use: "
            f"`pulumi config rm -s {config.stack} virtualKeys` brings demo back"
        )


def _read_aws_stack(config: StackConfig, overrides: Sequence[str] = ()) -> StackConfig | None:
    name = config.values.get(f"{PROJECT}:awsStack", "")
    if not name:
        return None
    if not re.fullmatch(STACK_NAME, name):
        raise StackConfigError(
            f"awsStack: {name!r} is no full name of a stack: write organization/project/stack, such as "
            "organization/genaiplatform/dev (with a backend of your own the organization is called organization)."
        )
    return _read_other("awsStack", name, KINDS["aws"], overrides)


def _read_other(setting: str, name: str, kind: Kind, overrides: Sequence[str] = ()) -> StackConfig:
    """The settings of the stack of that full name, which a setting names and which is to be of that kind."""
    organization, project, stack = name.split("/")
    if project != PROJECT:
        raise StackConfigError(f"{setting} names {name}, of another project: write {organization}/{PROJECT}/{stack}.")
    try:
        other = read(ROOT, stack, overrides)
    except StackConfigError as error:
        raise StackConfigError(f"{setting} names {name}. {error}") from error
    if other.kind is kind:
        return other
    raise StackConfigError(
        f"{setting} names {name}, which is {other.kind.title}: name {kind.title}, such as "
        f"{organization}/{PROJECT}/{kind.example}."
    )


def _exported(setting: str, name: str, other: StackConfig, other_stacks: Mapping[str, Mapping[str, Any]]) -> Any:
    """What that stack would export; StackConfigError when its own settings are refused."""
    zones = [other.values.get(f"{PROJECT}:domain", "")]
    try:
        return record(
            stack=other.stack,
            config=other.values,
            secret_keys=other.secret_keys,
            hosted_zones=zones,
            other_stacks=other_stacks,
        ).outputs
    except SettingsError as error:
        raise StackConfigError(f"{setting} names {name}. Pulumi.{other.stack}.yaml: {error}") from error


def other_stacks(config: StackConfig) -> dict[str, Mapping[str, Any]]:
    """What the stacks that this one reads would export, by their full names."""
    return {**_outputs_of_aws_stack(config), **_outputs_of_databricks_stacks(config)}


def _outputs_of_databricks_stacks(config: StackConfig) -> dict[str, Mapping[str, Any]]:
    """What the Databricks stacks that models of an AWS stack name would export."""
    try:
        models = json.loads(config.values.get(f"{PROJECT}:models", "[]"))
        names = {str(model.get("databricksStack")) for model in models}
    except (ValueError, TypeError, AttributeError):
        return {}  # the program says what is wrong with them
    found: dict[str, Mapping[str, Any]] = {}
    for name in sorted(name for name in names if re.fullmatch(STACK_NAME, name)):
        other = _read_other("databricksStack", name, KINDS["databricks"])
        found[name] = _exported("databricksStack", name, other, {})
    return found


def _outputs_of_aws_stack(config: StackConfig) -> dict[str, Mapping[str, Any]]:
    """What the AWS stack that an Azure stack names would export with its entry for API Management on, by that name."""
    aws = _read_aws_stack(config, ["apimEntry=true"])
    if aws is None:
        return {}
    name = config.values[f"{PROJECT}:awsStack"]
    return {name: _exported("awsStack", name, aws, _outputs_of_databricks_stacks(aws))}
