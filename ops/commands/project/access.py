"""Langfuse session of a running stack, and the sweep of projects that other commands do along with their work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from ops.checks.verify.administrator import cluster_api
from ops.clouds.langfuse_administrator import LangfuseAdministrator
from ops.commands.project import projects
from ops.project import ROOT
from ops.stack.outputs import StackOutputsError, read_outputs
from ops.stack.running import RUNNING
from ops.stack.running_stacks import RunningAwsStack
from ops.stack.settings_file import read

_NEEDED = ("clusterName", "langfuseEmail", "langfusePassword")


def read_up(stack: str) -> tuple[Mapping[str, Any], str]:
    """The outputs of a stack and its AWS region. StackConfigError or StackOutputsError when it is none, or not up."""
    config = read(ROOT, stack)
    if RUNNING[config.kind.name] is not RunningAwsStack:
        raise StackOutputsError(f"{stack} is {config.kind.title}: name the stack of an AWS day, which has Langfuse.")
    return read_outputs(stack), config.values["aws:region"]


def log_in(stack: str, region: str, outputs: Mapping[str, Any]) -> LangfuseAdministrator:
    """A session in the Langfuse of the day.

    StackOutputsError when the stack is not an AWS day that is up, LangfuseError and ForwardError when there is no way.
    """
    if missing := [name for name in _NEEDED if name not in outputs]:
        raise StackOutputsError(
            f"Stack {stack} has no output {', '.join(missing)}: name the stack of an AWS day, and run `up`."
        )
    api = cluster_api(outputs["clusterName"], region)
    return LangfuseAdministrator(outputs["langfuseEmail"], outputs["langfusePassword"], api)


def sweep_along(stack: str, region: str, outputs: Callable[[], Mapping[str, Any]]) -> None:
    """End the projects that are over, beside other work.

    Standard error gets what was done, and whatever goes wrong, which raises nothing.
    """
    try:
        found = outputs()
        if any(name not in found for name in _NEEDED):
            return  # not up
        swept = projects.sweep(log_in(stack, region, found), datetime.now(UTC))
    except Exception as error:  # noqa: BLE001  another command goes on, whatever this was
        typer.echo(
            f"Whether developers' projects are over was not looked at: {error or type(error).__name__}", err=True
        )
        return
    for line in (*swept.ended, *swept.problems):
        typer.echo(line, err=True)
