"""`genai leftovers`: options, exit codes and where the output goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.options import Json, stack_option

if TYPE_CHECKING:
    from ops.inventory.found import Leftover


def leftovers(
    stack: Annotated[str, stack_option("Whose leftovers: the name in Pulumi.<stack>.yaml.")] = "dev",
    region: Annotated[str | None, typer.Option(help="AWS region to look in; by default where the stack is.")] = None,
    azure: Annotated[
        bool, typer.Option("--azure", help="Look in Azure; for a stack of the kind azure it does anyway.")
    ] = False,
    stack_id: Annotated[
        str | None,
        typer.Option(help="What is yours: its tag StackId, or the end of the cluster's name. By default the state's."),
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="What is yours: its tag Owner. By default the setting owner.")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove what is found, after showing and asking.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --delete: do not ask.")] = False,
    json_: Json = False,
) -> None:
    """List what a day has left behind.

    Whatever still exists: its age, USD per month and the command that removes it. What may be somebody else's is shown
    apart and never removed.

    Exit codes: 0 nothing is left, 1 something is, 2 the input is wrong or not everything could be looked at.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json

    from ops.commands.leftovers.report import as_json, print_report, print_table
    from ops.commands.pulumi_engine import state_or_reason
    from ops.console import report_console
    from ops.inventory.clouds import AWS, AZURE, CLOUDS, StackInventory, StackPlace
    from ops.inventory.deletion import clear_away
    from ops.project import ROOT
    from ops.stack.location import readable_settings
    from stacks.aws import regions
    from stacks.errors import GenaiError

    if yes and not delete:
        raise GenaiError("--yes answers what --delete asks: add --delete, or leave it out.")
    if json_ and delete and not yes:
        raise GenaiError("--json --delete asks nobody: add --yes, or leave --json out.")
    if region and (problem := regions.problem(region)):
        raise GenaiError(f"--region: {problem}")
    settings = readable_settings(ROOT, stack)
    clouds = [AZURE] if azure else CLOUDS[settings.kind.name]
    if region and AWS not in clouds:
        raise GenaiError("--region is for AWS; what is left in Azure is looked for everywhere: leave it out.")
    state, no_state = state_or_reason(ROOT, stack)
    settings.refuse_unknown_stack(state, named=bool(AWS not in clouds or region))
    place = StackPlace(
        stack=stack,
        identity=settings.identity(state, owner=owner or "", stack_id=stack_id or ""),
        region=region or (settings.known_region(state) if AWS in clouds else ""),
        domain=settings.domain(state),
    )
    cloud = StackInventory(clouds, place)

    console = report_console(stderr=json_)

    def agreed(todo: Sequence[Leftover]) -> bool:
        print_table(todo, console, stack)
        return yes or typer.confirm(f"Remove these {len(todo)}?")

    scan = cloud.scan()
    if settings.problem:
        typer.echo(settings.problem, err=True)
    if no_state and (scan.leftovers or scan.uncertain):
        typer.echo(f"Without the state of stack {stack} only tags and names tell what is its own: {no_state}", err=True)
    if delete:
        scan = clear_away(cloud, scan, agreed, lambda line: console.print(line, markup=False, soft_wrap=True))
    if json_:
        typer.echo(json.dumps(as_json(scan, stack=stack, place=cloud.place), indent=2))
    else:
        print_report(scan, console, stack=stack, place=cloud.place)
    raise typer.Exit(scan.exit_code)
