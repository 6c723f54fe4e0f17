"""`genai up` and `genai down`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ops.completion import stacks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from ops.commands.up_and_down.up import Show
    from ops.stack.engine import Engine

Stack = Annotated[str, typer.Option(help="Which stack: the name in Pulumi.<stack>.yaml.", autocompletion=stacks)]
Json = Annotated[bool, typer.Option("--json", help="Data instead of a report; progress goes to standard error.")]


def up(stack: Stack = "dev", json_: Json = False) -> None:
    """Stand the stack up, with progress.

    `pulumi up`, and at its end the URLs.

    Exit codes: 0 everything is there, 1 not everything is, 2 the input is refused or the engine cannot begin.
    """
    # Imported here: `genai --help` must not wait for Pulumi.
    from ops.commands.project.access import sweep_along
    from ops.commands.up_and_down.report import morning_as_json, print_morning
    from ops.commands.up_and_down.up import bring_up
    from ops.model.plan import make_plan
    from ops.project import ROOT
    from ops.stack.engine import EngineError
    from ops.stack.outputs import read_outputs
    from ops.stack.settings_file import StackConfigError, read
    from stacks.configuration import SettingsError

    console, show = _console(json_)
    try:
        config = read(ROOT, stack)
        engine = _engine(stack, console)
        plan = make_plan(config)
        about = f"about {plan.up.seconds / 60:.0f} minutes from nothing, {plan.cost.per_hour}"
        console.print(f"Stack {stack}: {len(plan.resources)} resources, {about}.", soft_wrap=True)
        morning = bring_up(engine, plan, show)
    except (StackConfigError, SettingsError, EngineError) as error:
        _refuse(error, 2)
    if json_:
        _print_json(morning_as_json(morning, plan))
    else:
        print_morning(morning, plan, console)
    if morning.state.outputs and config.kind.name == "aws":
        sweep_along(stack, config.values["aws:region"], lambda: read_outputs(stack), _say)
    raise typer.Exit(morning.exit_code)


def down(
    stack: Stack = "dev",
    purge: Annotated[
        bool, typer.Option("--purge", help="Azure: also remove what is in soft delete and keeps its name.")
    ] = False,
    cost_explorer: Annotated[
        bool, typer.Option("--cost-explorer", help="AWS: also ask Cost Explorer, which takes 0.01 USD for it.")
    ] = False,
    json_: Json = False,
) -> None:
    """Take the stack down and see that nothing is left.

    `pulumi destroy`, a look for leftovers, and what the day cost.

    Exit codes: 0 nothing is left, 1 something is, 2 the input is refused, the engine cannot begin, or not everything
    could be looked at.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    from datetime import UTC, datetime

    from ops.clouds.aws import Aws
    from ops.commands.project.access import sweep_along
    from ops.commands.up_and_down import bill
    from ops.commands.up_and_down.down import in_front, take_down
    from ops.commands.up_and_down.report import evening_as_json, print_evening
    from ops.inventory.azure import AzureDay
    from ops.inventory.scan import AwsDay, Cloud
    from ops.project import ROOT
    from ops.stack.engine import EngineError
    from ops.stack.location import WhereaboutsError, settings_of
    from ops.stack.outputs import read_outputs

    console, show = _console(json_)
    try:
        settings = settings_of(ROOT, stack)
        azure = settings.azure
        if (purge and not azure) or (cost_explorer and azure):
            _refuse("--purge is for Azure stacks, --cost-explorer for AWS stacks: leave it out.", 2)
        try:
            engine = _engine(stack, console)
        except EngineError as error:
            _refuse(f"{settings.problem} {error}".strip(), 2)
        state = engine.state()
        region, identity = settings.region(state), settings.identity(state)
        if settings.problem:
            engine.say(f"{settings.problem} The state tells what is needed to end the day.")
            engine.ignore_settings()
        for other in () if azure else in_front(engine, ROOT):
            engine.say(f"Stack {other} sends its users here and is still up: end it with `genai down --stack {other}`.")
        aws = None if azure else Aws(region)
        cloud: Cloud = AzureDay(stack=stack, identity=identity)
        if aws:
            cloud = AwsDay(aws, stack, settings.domain(state), identity)
            if state.outputs:
                sweep_along(stack, aws.region, lambda: read_outputs(stack), _say)
        place = f"{aws.region} and what has no region" if aws else "Azure"
        evening = take_down(engine, cloud, show, purge=purge)
    except (WhereaboutsError, EngineError) as error:
        _refuse(error, 2)
    now = datetime.now(UTC)
    cost = bill.bill(evening.before, region, now)
    said = bill.cost_explorer(aws, cost.since if cost else now, now) if aws and cost_explorer else None
    if json_:
        _print_json(evening_as_json(evening, cost, said, stack=stack, place=place))
    else:
        print_evening(evening, cost, said, console, stack=stack, place=place)
    raise typer.Exit(evening.exit_code)


def _console(json_: bool) -> tuple[Console, Show]:
    from ops.commands.up_and_down.display import shown
    from ops.console import report_console

    console = report_console(stderr=json_)
    return console, lambda progress: shown(progress, console)


def _engine(stack: str, console: Console) -> Engine:
    from ops.checks.check import State
    from ops.checks.preflight.tools import pulumi
    from ops.commands.up_and_down.report import speaker
    from ops.project import ROOT
    from ops.stack.engine import Engine, EngineError

    cli = pulumi(ROOT)
    if cli.state is not State.FINE:
        raise EngineError(f"{cli.says}: {cli.fix}")
    return Engine(ROOT, stack, speaker(console))


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _refuse(error: object, code: int) -> NoReturn:
    typer.echo(error, err=True)
    raise typer.Exit(code)


def _print_json(data: Mapping[str, object]) -> None:
    import json

    typer.echo(json.dumps(data, indent=2))
