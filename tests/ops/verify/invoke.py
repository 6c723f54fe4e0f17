"""`genai verify` as it is typed, against simulated services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from unittest import mock

import typer
from typer.testing import CliRunner, Result

from ops.commands.verify import command
from ops.project import ROOT
from ops.stack.settings_file import StackConfig, read
from ops.typer_command import GenaiCommand
from tests.ops.verify.world import World

app = typer.Typer()
app.command(cls=GenaiCommand)(command.verify)
read_once = cache(read)
NOTHING: Mapping[str, str] = MappingProxyType({})

AWS_STEPS = (
    "LiteLLM",
    "OpenAPI page",
    "admin UI",
    "models",
    "virtual keys",
    "buckets",
    "completion",
    "other model refused",
    "other model refused in query and path",
    "no key and wrong key refused",
    "stream",
    "spend row",
    "Langfuse login page",
    "Langfuse API",
    "trace",
    "Langfuse bucket",
    "ClickHouse bucket",
    "entry for API Management closed",
    "temporary keys removed",
)
AZURE_STEPS = ("Entra ID token", "completion through the gateway", "gateway refuses without a token")


def verify(
    world: World,
    *options: str,
    outputs: Mapping[str, Any] = NOTHING,
    settings: Mapping[str, str] = NOTHING,
    azure_settings: Mapping[str, str] = NOTHING,
) -> Result:
    """The command, on the repository's own stacks, but with these outputs and settings of the AWS stack."""
    told = {"dev": {**world.outputs(), **outputs}, "azure": world.azure_outputs()}

    def config(_: Any, stack: str) -> StackConfig:
        found = read_once(ROOT, stack)
        changed = {"dev": settings, "azure": azure_settings}[stack]
        values = {**found.values, **{f"genaiplatform:{name}": value for name, value in changed.items()}}
        return StackConfig(stack=stack, values=values, secret_keys=())

    with (
        mock.patch("ops.stack.running.read_outputs", told.__getitem__),
        mock.patch("ops.stack.running.read", config),
    ):
        return CliRunner().invoke(app, list(options))


def states(result: Result) -> dict[str, str]:
    """What each step came to, by name, from the command's JSON."""
    return {step["step"]: step["state"] for step in json.loads(result.stdout)["steps"]}


def unproved(result: Result) -> dict[str, str]:
    """The same, of the steps that were not proved."""
    return {name: state for name, state in states(result).items() if state != "proved"}
