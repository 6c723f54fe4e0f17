"""Reads a running stack: what its outputs and its settings say about URLs, models and keys.

StackConfigError and StackOutputsError say why something cannot be read, and what to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ops.project import ROOT
from ops.stack.day import Day, Door
from ops.stack.outputs import StackOutputsError, read_outputs
from ops.stack.settings_file import StackConfigError, read
from stacks.aws.settings import Settings
from stacks.azure.settings import AzureSettings

Model = TypeVar("Model", bound=BaseModel)


def read_day(stack: str) -> Day:
    """The AWS day of this stack."""
    found = read(ROOT, stack)
    config = found.values
    if found.kind.name != "aws":
        raise StackConfigError(
            f"{stack} is {found.kind.title}: name it with --azure-stack, and its AWS day with --stack."
        )
    settings = _settings(Settings, stack, config, "models", "virtualKeys", "providerKeys")
    day = _fitted(
        Day,
        stack,
        {
            **read_outputs(stack),
            "region": config["aws:region"],
            "models": [model.name for model in settings.models],
            "mocks": [model.name for model in settings.models if "mock_response" in model.params],
            "keyModels": {key.alias: settings.key_models(key) for key in settings.virtual_keys},
        },
    )
    if missing := sorted(set(day.key_models) - set(day.virtual_keys)):
        raise StackOutputsError(
            f"Pulumi.{stack}.yaml has virtual keys that stack {stack} does not know yet ({', '.join(missing)}): "
            f"run `pulumi up --stack {stack}`."
        )
    return day


def read_door(azure_stack: str, stack: str, day: Day) -> Door:
    """The gateway of this Azure stack, which must stand before the AWS day of `stack`."""
    found = read(ROOT, azure_stack)
    config = found.values
    if found.kind.name != "azure":
        raise StackConfigError(f"{azure_stack} is no Azure stack: name one with --azure-stack, such as azure.")
    settings = _settings(AzureSettings, azure_stack, config, "awsStack", "clients")
    behind = settings.aws_stack.rpartition("/")[2]
    if behind and behind != stack:
        raise StackConfigError(f"{azure_stack} stands before {behind}, not before {stack}: use --stack {behind}.")
    client = settings.clients[0]
    key_alias = client.keys[0] if client.keys else client.key_alias
    if key_alias not in day.key_models:
        raise StackConfigError(
            f"The client {client.name} of {azure_stack} uses the virtual key {key_alias!r}, which {stack} does not "
            f"have: it has {', '.join(day.key_models) or 'none'}. Correct `key` of the client, or virtualKeys."
        )
    outputs = read_outputs(azure_stack)
    return _fitted(Door, azure_stack, {**outputs, "client": client.name, "keyAlias": key_alias})


def _settings(model: type[Model], stack: str, config: Mapping[str, str], *names: str) -> Model:
    """These settings alone; the others keep their defaults."""
    values = {name: config[f"genaiplatform:{name}"] for name in names if f"genaiplatform:{name}" in config}
    region = {"region": config.get("aws:region", "")}
    try:
        return model.model_validate({name: _parsed(value) for name, value in values.items()}, context=region)
    except ValidationError as error:
        said = "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors(include_input=False))
        raise StackConfigError(f"Pulumi.{stack}.yaml: {said}.") from error


def _parsed(value: str) -> Any:
    return json.loads(value) if value[:1] in ("[", "{") else value


def _fitted(model: type[Model], stack: str, outputs: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(outputs)
    except ValidationError as error:
        names = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False)})
        raise StackOutputsError(
            f"Stack {stack} has no usable output {', '.join(names)}: finish it with `pulumi up --stack {stack}`."
        ) from None
