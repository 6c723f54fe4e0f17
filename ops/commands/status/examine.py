"""Collects the status of a stack from its settings, its outputs, its cloud and its services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ops.checks.check import Check, bad, run
from ops.checks.status import agentcore, aws, azure, databricks, schedule
from ops.checks.status.status import Found, Status, could_not_check
from ops.clouds.aws import Aws
from ops.inventory.azure import AzureStackInventory
from ops.stack.outputs import NotUpError, StackOutputsError, read_outputs
from ops.stack.plan import Plan, make_plan
from ops.stack.running import azure_settings
from ops.stack.settings_file import StackConfig


def examine(config: StackConfig, root: Path, now: datetime) -> Status:
    """The status of the stack. What cannot be looked at is among its outcomes; SettingsError passes through."""
    plan = make_plan(config)
    checks: dict[str, Check] = {}
    outputs: Mapping[str, Any] | None = None
    try:
        outputs = read_outputs(config.stack)
    except NotUpError:
        outputs = {}
    except StackOutputsError as error:
        checks["stack outputs"] = could_not_check(str(error))
    ends: datetime | None = None
    found = FINDERS[config.kind.name](config, plan, outputs or {}, now)
    aws_stack = config.setting("awsStack").rpartition("/")[2]
    try:
        if found.exists and not aws_stack:  # else it ends with the stack that it is in front of
            ends = schedule.next_destroy(schedule.destroy_crons(root, config.stack), found.keep_until, now)
    except schedule.ScheduleError as error:
        checks["schedule"] = partial(bad, str(error), "")
    checks |= found.checks
    return Status(
        stack=config.stack,
        place=_place(config),
        now=now,
        found=found,
        outputs=outputs,
        outcomes=run(checks) if checks else {},
        usd_per_hour=plan.cost.usd_per_hour,
        unpriced=plan.cost.unpriced,
        ends=ends,
        aws_stack=aws_stack,
    )


def _find_in_aws(config: StackConfig, plan: Plan, outputs: Mapping[str, Any], _: datetime) -> Found:
    expected = Counter(resource.type for resource in plan.resources)
    return aws.find_parts(Aws(_place(config)), config.stack, expected, outputs)


def _find_in_azure(config: StackConfig, _: Plan, outputs: Mapping[str, Any], now: datetime) -> Found:
    settings = azure_settings(config)
    inventory = AzureStackInventory(stack=config.stack)
    return azure.find_gateway(
        inventory,
        outputs,
        now,
        settings.model_accounts,
        settings.content_safety.account,
        settings.semantic_cache.account,
    )


def _find_mcp_gateway(config: StackConfig, plan: Plan, outputs: Mapping[str, Any], _: datetime) -> Found:
    targets = len(plan.recording.of_type(agentcore.TARGET))
    return agentcore.find_gateway(Aws(_place(config)), config.stack, targets, outputs)


def _find_databricks(config: StackConfig, _: Plan, outputs: Mapping[str, Any], now: datetime) -> Found:
    return databricks.find_workspace(AzureStackInventory(stack=config.stack), outputs, now)


FINDERS: Mapping[str, Callable[[StackConfig, Plan, Mapping[str, Any], datetime], Found]] = {
    "aws": _find_in_aws,
    "azure": _find_in_azure,
    "mcp": _find_mcp_gateway,
    "databricks": _find_databricks,
}
"""What there is of a stack in its clouds, by the name of its kind (`stacks.kinds`)."""


def _place(config: StackConfig) -> str:
    return config.values[config.kind.region_key]
