"""Checks of `genai preflight`, by the kind of the stack that is to go up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from botocore.session import get_session

from catalogue.resource_types import actions
from ops.checks.check import Check
from ops.checks.preflight.account import account_checks, identity, permissions
from ops.checks.preflight.agentcore import agentcore_checks
from ops.checks.preflight.azure import aws_stack, azure_checks, entra_checks
from ops.checks.preflight.credentials import credentials
from ops.checks.preflight.databricks import databricks_checks
from ops.checks.preflight.domain import domain_checks
from ops.checks.preflight.earlier_stack import leftover_checks
from ops.checks.preflight.gateway_models import gateway_model_checks
from ops.checks.preflight.model_calls import model_checks
from ops.checks.preflight.nodes import node_checks
from ops.checks.preflight.offers import offer_checks
from ops.checks.preflight.pinned_versions import support
from ops.checks.preflight.registries import artifact_checks
from ops.checks.preflight.registry_logins import login_checks
from ops.checks.preflight.tools import pulumi, tool_checks
from ops.clouds.aws import Aws
from ops.inventory.azure import AzureStackInventory
from ops.inventory.clouds import CLOUDS, StackInventory, StackPlace
from ops.inventory.scan import AwsStackInventory
from ops.model import recorder
from ops.model.needs import aws_needs
from ops.project import ROOT
from ops.stack.identity import StackIdentity
from ops.stack.plan import make_plan, other_stacks
from ops.stack.running import azure_settings
from ops.stack.settings_file import StackConfig


def aws_stack_checks(config: StackConfig, models: bool) -> Mapping[str, Check]:
    """What an AWS stack needs; with `models` each of its models is called."""
    region, domain = config.values["aws:region"], config.setting("domain")
    recording = recorder.record(
        stack=config.stack,
        config=config.values,
        secret_keys=config.secret_keys,
        hosted_zones=[domain],  # whether there is one is a check of its own
        other_stacks=other_stacks(config),
    )
    needs = aws_needs(recording, region)
    aws = Aws(region)
    return {
        **tool_checks(ROOT, needs.kubernetes_version),
        "support of what is pinned": lambda: support(recording, datetime.now(UTC).date()),
        **account_checks(aws, needs, config.stack, config.values),
        "life of the credentials": lambda: credentials(get_session(), needs.up_seconds, datetime.now(UTC)),
        **node_checks(aws, needs.zones),
        **offer_checks(aws, needs),
        **domain_checks(aws, domain),
        **artifact_checks([*needs.charts, *needs.images]),
        **login_checks(needs.charts),
        **(model_checks(aws, needs.models, config.stack) if models else {}),
        **leftover_checks(AwsStackInventory(aws, config.stack, domain, _identity(config)), config.stack),
    }


def azure_stack_checks(config: StackConfig, _: bool) -> Mapping[str, Check]:
    """What an Azure stack needs; it calls no model."""
    plan = make_plan(config)  # refuses settings that the program would refuse
    inventory = AzureStackInventory(stack=config.stack, identity=_identity(config))
    settings = azure_settings(config)
    return {
        "pulumi": lambda: pulumi(ROOT),
        "support of what is pinned": lambda: support(plan.recording, plan.today),
        **({"AWS stack": lambda: aws_stack(plan.first)} if config.values.get("genaiplatform:awsStack") else {}),
        **azure_checks(inventory, config.values, redis=settings.semantic_cache.account is not None),
        **gateway_model_checks(settings, inventory.api, config.stack),
        **leftover_checks(inventory, config.stack),
    }


def databricks_stack_checks(config: StackConfig, _: bool) -> Mapping[str, Check]:
    """What a Databricks stack needs; it calls no model."""
    plan = make_plan(config)  # refuses settings that the program would refuse
    inventory = AzureStackInventory(stack=config.stack, identity=_identity(config))
    return {
        "pulumi": lambda: pulumi(ROOT),
        "support of what is pinned": lambda: support(plan.recording, plan.today),
        **databricks_checks(inventory, plan.recording),
        **leftover_checks(inventory, config.stack),
    }


def mcp_stack_checks(config: StackConfig, _: bool) -> Mapping[str, Check]:
    """What an MCP stack needs in AWS, in Entra ID and at the providers of its targets; it calls no model."""
    plan = make_plan(config)  # refuses settings that the program would refuse
    region, aws = config.values["aws:region"], Aws(config.values["aws:region"])
    place = StackPlace(stack=config.stack, identity=_identity(config), region=region)
    types = {one.type for one in plan.recording.resources if one.custom and one.type.startswith("aws:")}
    functions = {token for token, _ in plan.recording.invokes if token.startswith("aws:")}
    return {
        "pulumi": lambda: pulumi(ROOT),
        "identity": lambda: identity(aws, config.values),
        "permissions": lambda: permissions(aws, actions(types | functions)),
        **agentcore_checks(aws, config),
        **entra_checks(AzureStackInventory(stack=config.stack), config.setting("tenantId")),
        **leftover_checks(StackInventory(CLOUDS[config.kind.name], place), config.stack),
    }


CHECKS: Mapping[str, Callable[[StackConfig, bool], Mapping[str, Check]]] = {
    "aws": aws_stack_checks,
    "azure": azure_stack_checks,
    "mcp": mcp_stack_checks,
    "databricks": databricks_stack_checks,
}
"""By the name of the kind (`stacks.kinds`); the flag is `--models`."""


def _identity(config: StackConfig) -> StackIdentity:
    """Before an `up` there is no id: whatever runs may be somebody else's."""
    return StackIdentity(owner=config.setting("owner"))
