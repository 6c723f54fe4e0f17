"""`genai preflight`: options, exit codes and where the output goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ops.completion import stacks

if TYPE_CHECKING:
    from ops.checks.check import Check
    from ops.stack.identity import StackIdentity
    from ops.stack.settings_file import StackConfig


def preflight(
    stack: Annotated[str, typer.Option(help="Which Pulumi.<stack>.yaml is to go up.", autocompletion=stacks)] = "dev",
    models: Annotated[bool, typer.Option("--models", help="Also call each model for one token.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Data instead of a report.")] = False,
) -> None:
    """Say whether `pulumi up` will succeed, each line with its fix. Changes nothing.

    Exit codes: 0 all fine, 1 something is bad, 2 the configuration is refused or something could not be looked at.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json

    from ops.checks.check import State, exit_code, run
    from ops.checks.report import as_data, print_outcomes
    from ops.console import report_console
    from ops.project import ROOT
    from ops.stack.settings_file import StackConfigError, read
    from stacks.configuration import SettingsError

    try:
        config = read(ROOT, stack)
        checks = _azure(config) if config.kind.name == "azure" else _aws(config, models=models)
    except (StackConfigError, SettingsError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    outcomes = run(checks)
    code = exit_code(outcomes.values())
    if json_:
        typer.echo(json.dumps({"stack": stack, "checks": as_data(outcomes), "exit_code": code}, indent=2))
        raise typer.Exit(code)
    console = report_console()
    print_outcomes(outcomes, console)
    counts = {state: sum(outcome.state == state for outcome in outcomes.values()) for state in State}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) + ".")
    raise typer.Exit(code)


def _aws(config: StackConfig, *, models: bool) -> Mapping[str, Check]:

    from botocore.session import get_session

    from ops.checks.preflight.account import account_checks
    from ops.checks.preflight.credentials import credentials
    from ops.checks.preflight.domain import domain_checks
    from ops.checks.preflight.earlier_stack import yesterday_checks
    from ops.checks.preflight.model_calls import model_checks
    from ops.checks.preflight.nodes import node_checks
    from ops.checks.preflight.offers import offer_checks
    from ops.checks.preflight.pinned_versions import support
    from ops.checks.preflight.registries import artifact_checks
    from ops.checks.preflight.registry_logins import login_checks
    from ops.checks.preflight.tools import tool_checks
    from ops.clouds.aws import Aws
    from ops.inventory.scan import AwsStackInventory
    from ops.model.needs import aws_needs
    from ops.model.recorder import record
    from ops.project import ROOT

    region, domain = config.values["aws:region"], config.values.get("genaiplatform:domain", "")
    recording = record(
        stack=config.stack,
        config=config.values,
        secret_keys=config.secret_keys,
        hosted_zones=[domain],  # whether there is one is a check of its own
    )
    needs = aws_needs(recording, region)
    aws = Aws(region)
    return {
        **tool_checks(ROOT, needs.kubernetes_version),
        "support of what is pinned": lambda: support(recording, datetime.now(UTC).date()),
        **account_checks(aws, needs, config.values),
        "life of the credentials": lambda: credentials(get_session(), needs.up_seconds, datetime.now(UTC)),
        **node_checks(aws, needs.zones),
        **offer_checks(aws, needs),
        **domain_checks(aws, domain),
        **artifact_checks([*needs.charts, *needs.images]),
        **login_checks(needs.charts),
        **(model_checks(aws, needs.models, config.stack) if models else {}),
        **yesterday_checks(AwsStackInventory(aws, config.stack, domain, _identity(config)), config.stack),
    }


def _azure(config: StackConfig) -> Mapping[str, Check]:
    from ops.checks.preflight.azure import azure_checks
    from ops.checks.preflight.earlier_stack import yesterday_checks
    from ops.checks.preflight.pinned_versions import support
    from ops.checks.preflight.tools import pulumi
    from ops.inventory.azure import AzureStackInventory
    from ops.model.plan import make_plan
    from ops.project import ROOT

    plan = make_plan(config)  # refuses settings that the program would refuse
    day = AzureStackInventory(stack=config.stack, identity=_identity(config))
    return {
        "pulumi": lambda: pulumi(ROOT),
        "support of what is pinned": lambda: support(plan.recording, plan.today),
        **azure_checks(day, config.values),
        **yesterday_checks(day, config.stack),
    }


def _identity(config: StackConfig) -> StackIdentity:
    """Before an `up` there is no id: whatever runs may be somebody else's."""
    from ops.stack.identity import StackIdentity

    return StackIdentity(owner=config.values.get("genaiplatform:owner", ""))
