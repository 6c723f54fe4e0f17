"""Looks at a stack from all sides: its settings, its state, its cloud and its services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ops.checks.check import Check, bad, run
from ops.checks.status import aws, azure
from ops.checks.status.status import Status, could_not_check
from ops.clouds.aws import Aws
from ops.commands.status import schedule
from ops.inventory.azure import AzureStackInventory
from ops.model.plan import make_plan
from ops.project import PROJECT
from ops.stack.outputs import NotUpError, StackOutputsError, read_outputs
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
    behind = ""
    place = config.values[config.kind.region_key]
    if config.kind.name == "azure":
        found = azure.find_gateway(AzureStackInventory(stack=config.stack), outputs or {}, now)
        behind = config.values.get(f"{PROJECT}:awsStack", "").rpartition("/")[2]
    else:
        expected = Counter(resource.type for resource in plan.resources)
        found = aws.find_parts(Aws(place), config.stack, expected, outputs or {})
        try:
            if found.exists:
                ends = schedule.next_evening(schedule.evenings(root, config.stack), found.keep_until, now)
        except schedule.ScheduleError as error:
            checks["schedule"] = partial(bad, str(error), "")
    checks |= found.checks
    return Status(
        stack=config.stack,
        place=place,
        now=now,
        found=found,
        outputs=outputs,
        outcomes=run(checks) if checks else {},
        usd_per_hour=plan.cost.usd_per_hour,
        unpriced=plan.cost.unpriced,
        ends=ends,
        behind=behind,
    )
