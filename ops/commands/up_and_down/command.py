"""`genai up` and `genai down`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.options import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from ops.commands.up_and_down.up import Show

Json = Annotated[bool, typer.Option("--json", help="Data instead of a report; progress goes to standard error.")]


def up(stack: Stack = "dev", json_: Json = False) -> None:
    """Stand the stack up, with progress.

    `pulumi up`, and at its end the URLs.

    Exit codes: 0 everything is there, 1 not everything is, 2 the input is refused or the engine cannot begin.
    """
    # Imported here: `genai --help` must not wait for Pulumi.

    from ops.commands.project.access import sweep_along
    from ops.commands.pulumi_engine import open_engine
    from ops.commands.up_and_down.report import print_up, speaker, up_as_json
    from ops.commands.up_and_down.up import bring_up
    from ops.model.engine_graph import number
    from ops.project import ROOT
    from ops.stack.outputs import read_outputs
    from ops.stack.plan import make_plan
    from ops.stack.settings_file import read

    console, show = _console(json_)
    config = read(ROOT, stack)
    engine = open_engine(ROOT, stack, speaker(console))
    plan = make_plan(config)
    about = f"about {plan.up.seconds / 60:.0f} minutes from nothing, {plan.cost.per_hour}"
    console.print(f"Stack {stack}: {number(plan.resources)} resources, {about}.", soft_wrap=True)
    result = bring_up(engine, plan, show)
    if json_:
        _print_json(up_as_json(result, plan))
    else:
        print_up(result, plan, console)
    if "clusterName" in result.state.outputs:
        sweep_along(stack, config.values["aws:region"], lambda: read_outputs(stack))
    raise typer.Exit(result.exit_code)


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
    from ops.commands.pulumi_engine import open_engine
    from ops.commands.up_and_down import bill
    from ops.commands.up_and_down.down import in_front, take_down
    from ops.commands.up_and_down.report import down_as_json, print_down, speaker
    from ops.inventory.clouds import AWS, AZURE, CLOUDS, StackInventory, StackPlace
    from ops.project import ROOT
    from ops.stack.engine import EngineError
    from ops.stack.location import readable_settings
    from ops.stack.outputs import read_outputs
    from stacks.errors import GenaiError

    console, show = _console(json_)
    settings = readable_settings(ROOT, stack)
    clouds = CLOUDS[settings.kind.name]
    if (purge and AZURE not in clouds) or (cost_explorer and AWS not in clouds):
        raise GenaiError("--purge is for Azure stacks, --cost-explorer for AWS stacks: leave it out.")
    try:
        engine = open_engine(ROOT, stack, speaker(console))
    except EngineError as error:
        raise EngineError(f"{settings.problem} {error}".strip()) from error
    state = engine.state()
    region = settings.known_region(state) if AWS in clouds else settings.region(state)
    if settings.problem:
        engine.say(f"{settings.problem} The state tells what is needed to end the day.")
        engine.ignore_settings()
    for azure_stack in in_front(engine, ROOT):
        engine.say(
            f"Stack {azure_stack} sends its users here and is still up: end it with `genai down --stack {azure_stack}`."
        )
    place = StackPlace(stack=stack, identity=settings.identity(state), region=region, domain=settings.domain(state))
    cloud = StackInventory(clouds, place)
    if "clusterName" in state.outputs:
        sweep_along(stack, region, lambda: read_outputs(stack))
    result = take_down(engine, cloud, show, purge=purge)
    now = datetime.now(UTC)
    cost = bill.bill(result.before, region, now)
    billed = bill.cost_explorer(Aws(region), cost.since if cost else now, now) if cost_explorer else None
    if json_:
        _print_json(down_as_json(result, cost, billed, stack=stack, place=cloud.place))
    else:
        print_down(result, cost, billed, console, stack=stack, place=cloud.place)
    raise typer.Exit(result.exit_code)


def _console(json_: bool) -> tuple[Console, Show]:
    from ops.commands.up_and_down.display import shown
    from ops.console import report_console

    console = report_console(stderr=json_)
    return console, lambda progress: shown(progress, console)


def _print_json(data: Mapping[str, object]) -> None:
    import json

    typer.echo(json.dumps(data, indent=2))
