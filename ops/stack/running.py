"""Pulumi outputs of a running stack, read together with its settings.

StackConfigError and StackOutputsError say why something cannot be read, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from ops.project import PROJECT, ROOT
from ops.stack.outputs import StackOutputsError, read_outputs
from ops.stack.running_stacks import (
    RunningAwsStack,
    RunningDatabricks,
    RunningGateway,
    RunningMcpApis,
    RunningMcpGateway,
    RunningStack,
)
from ops.stack.settings_file import StackConfig, StackConfigError, read
from stacks.aws.mcp_servers import personal
from stacks.aws.settings import AwsSettings
from stacks.azure.settings import AzureSettings
from stacks.configuration import S, validated
from stacks.errors import SettingsError

R = TypeVar("R", bound=RunningStack)


RUNNING: Mapping[str, type[RunningStack]] = {
    "aws": RunningAwsStack,
    "azure": RunningGateway,
    "mcp": RunningMcpGateway,
    "databricks": RunningDatabricks,
}
"""What a running stack of a kind is read as, by the name of the kind (`stacks.kinds`)."""


def running_type(stack: str) -> type[RunningStack]:
    """What that stack is read as once it runs. StackConfigError when it has no file, or no kind."""
    return RUNNING[read(ROOT, stack).kind.name]


def read_aws_stack(stack: str) -> RunningAwsStack:
    """The running AWS stack of that name."""
    config = read(ROOT, stack)
    if RUNNING[config.kind.name] is RunningGateway:
        raise StackConfigError(
            f"{stack} is {config.kind.title}: name it with --azure-stack, and its AWS day with --stack."
        )
    if RUNNING[config.kind.name] is not RunningAwsStack:
        raise StackConfigError(f"{stack} is {config.kind.title}: name an AWS stack with --stack, such as dev.")
    settings = _settings(config, AwsSettings, "models", "virtualKeys", "providerKeys", "mcpServers", "domain")
    running = _fitted(
        RunningAwsStack,
        stack,
        {
            **read_outputs(stack),
            "stack": stack,
            "region": config.values["aws:region"],
            "models": [model.name for model in settings.models],
            "mocks": [model.name for model in settings.models if "mock_response" in model.params],
            "mcpServers": [server.name for server in settings.mcp_servers],
            "keyMcpServers": {key.alias: key.mcp_servers for key in settings.virtual_keys if key.mcp_servers},
            "keyModels": {key.alias: settings.key_models(key) for key in settings.virtual_keys if not personal(key)},
        },
    )
    aliases = {key.alias for key in settings.virtual_keys}
    if missing := sorted(aliases - {*running.virtual_keys, *running.personal_keys}):
        raise StackOutputsError(
            f"Pulumi.{stack}.yaml has virtual keys that stack {stack} does not know yet ({', '.join(missing)}): "
            f"run `pulumi up --stack {stack}`."
        )
    return running


def read_gateway(azure_stack: str, stack: str, running: RunningAwsStack) -> RunningGateway:
    """The running Azure stack of that name, which must stand before the AWS stack `stack`."""
    config = read(ROOT, azure_stack)
    if RUNNING[config.kind.name] is not RunningGateway:
        raise StackConfigError(f"{azure_stack} is no Azure stack: name one with --azure-stack, such as azure.")
    settings = azure_settings(config)
    aws_stack = settings.aws_stack.rpartition("/")[2]
    if aws_stack and aws_stack != stack:
        raise StackConfigError(f"{azure_stack} stands before {aws_stack}, not before {stack}: use --stack {aws_stack}.")
    if not settings.clients:
        raise StackConfigError(
            f"{azure_stack} has no client application, and one is needed to come through it: add one to clients, "
            f"and run `pulumi up --stack {azure_stack}`."
        )
    client = settings.clients[0]
    key_alias = client.keys[0] if client.keys else client.key_alias
    if key_alias not in running.key_models:
        raise StackConfigError(
            f"The client {client.name} of {azure_stack} uses the virtual key {key_alias!r}, which {stack} does not "
            f"have: it has {', '.join(running.key_models) or 'none'}. Correct `key` of the client, or virtualKeys."
        )
    outputs = read_outputs(azure_stack)
    served = [model["name"] for model in outputs.get("gatewayModels", ())]
    own = [name for name in served if not client.models or name in client.models]
    found = {"models": own, "otherModels": [name for name in served if name not in own]}
    checked = {"contentSafety": settings.content_safety.account is not None}
    told = {"stack": azure_stack, "client": client.name, "keyAlias": key_alias}
    return _fitted(RunningGateway, azure_stack, {**outputs, **found, **checked, **told})


def azure_settings(config: StackConfig) -> AzureSettings:
    """The settings of an Azure stack that say who may call what, and what is asked before a model."""
    of_models = ("gatewayModels", "providerKeys", "contentSafety", "semanticCache")
    return _settings(config, AzureSettings, "awsStack", "clients", *of_models)


def read_mcp_gateway(stack: str) -> RunningMcpGateway:
    """The running MCP stack of that name."""
    config = read(ROOT, stack)
    if RUNNING[config.kind.name] is not RunningMcpGateway:
        raise StackConfigError(f"{stack} is {config.kind.title}: name an MCP stack with --stack, such as mcp.")
    return _fitted(
        RunningMcpGateway, stack, {**read_outputs(stack), "stack": stack, "region": config.values["aws:region"]}
    )


def read_mcp_apis(stack: str) -> RunningMcpApis:
    """The MCP servers behind the running Azure stack of that name."""
    outputs = read_outputs(stack)
    if "mcpUrls" not in outputs:
        raise StackOutputsError(
            f"{stack} stands before no MCP server: set mcpServers on its AWS stack, run up there and then "
            f"`pulumi up --stack {stack}` (docs/mcp.md)."
        )
    return _fitted(RunningMcpApis, stack, {**outputs, "stack": stack})


def read_databricks(stack: str) -> RunningDatabricks:
    """The running Databricks stack of that name."""
    return _fitted(RunningDatabricks, stack, {**read_outputs(stack), "stack": stack})


def _settings(config: StackConfig, model: type[S], *names: str) -> S:
    """These settings alone: what else was right when the stack went up may be refused by now."""
    keys = {name: f"{PROJECT}:{name}" for name in names}
    values = {name: config.values[key] for name, key in keys.items() if key in config.values}
    try:
        return validated(model, values, region=config.values.get("aws:region", ""))
    except SettingsError as error:
        raise StackConfigError(f"Pulumi.{config.stack}.yaml: {error}.") from error


def _fitted(model: type[R], stack: str, outputs: Mapping[str, Any]) -> R:
    try:
        return model.model_validate(outputs)
    except ValidationError as error:
        names = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False)})
        raise StackOutputsError(
            f"Stack {stack} has no usable output {', '.join(names)}: finish it with `pulumi up --stack {stack}`."
        ) from None
