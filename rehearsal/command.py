"""`rehearse`: options, exit codes and where the output goes."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer


def rehearse(
    stack: Annotated[str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml to rehearse.")] = "dev",
    size: Annotated[str | None, typer.Option(help="Rehearse another size than the stack's: day or team.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Rehearse with another setting.")
    ] = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="Play each typical minute in some seconds.")] = False,
    scale: Annotated[float, typer.Option(help="Seconds that a typical minute lasts with --timeline.", min=0.1)] = 4,
    fail: Annotated[
        list[str] | None, typer.Option(metavar="TYPE[:N]", help="The first N creations and deletions of it fail.")
    ] = None,
    slow: Annotated[
        list[str] | None, typer.Option(metavar="TYPE=SECONDS", help="It takes longer; also `volume` and `node`.")
    ] = None,
    kill_after: Annotated[float | None, typer.Option(help="Kill the engine so many seconds into up.", min=0)] = None,
    lose_cluster: Annotated[bool, typer.Option("--lose-cluster", help="The cluster is gone before destroy.")] = False,
    dirty: Annotated[bool, typer.Option("--dirty", help="Orphans of an earlier run are in the account.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Data instead of a report.")] = False,
) -> None:
    """Run a day of a stack on the real Pulumi engine against a simulated cloud. Needs no account.

    The day: up, a second up that must change nothing, an up with another setting, destroy, a look at what is left.

    Exit codes: 0 all is well, 1 it is not, 2 it cannot be rehearsed.
    """
    # Imported here: `--help` must not wait for moto.
    import json

    from rich.console import Console

    from ops.model.simulated_outputs import REGION
    from ops.project import ROOT
    from ops.stack import settings_file
    from ops.stack.plan import make_plan
    from rehearsal import settings
    from rehearsal.engine import RehearsalError, find_cli
    from rehearsal.faults import failing, slower
    from rehearsal.operations import Operations
    from rehearsal.report import compare, print_summary
    from rehearsal.run import Faults
    from rehearsal.run import rehearse as run
    from rehearsal.simulation import running

    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does: end the engine, remove the folder
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    console = Console(stderr=True, highlight=False)
    overrides = [*([f"size={size}"] if size else []), *(set_ or [])]
    try:
        find_cli()
        config = settings_file.read(ROOT, stack, overrides)
        plan = aws = make_plan(config)
        rehearsed, read_settings = settings.engine_settings(config), None
        change = settings.another(rehearsed)
        changed = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in change.items()]
        last_plan = make_plan(settings_file.read(ROOT, stack, [*overrides, *changed])) if timeline else plan
        if other := settings.read_stack(rehearsed):
            config = settings_file.read(ROOT, other, settings.needed_of_it(rehearsed))
            read_settings = settings.engine_settings(config)
            if config.kind.region_key == "aws:region":
                aws = make_plan(config)
        custom = {resource.type for resource in plan.resources if resource.custom}
        types = sorted(name for name in custom if not name.startswith("pulumi"))
        faults = Faults(
            fail=failing(fail or [], types),
            slow=slower(slow or [], types),
            kill_after=kill_after,
            lose_cluster=lose_cluster,
            dirty=dirty,
        )
        operations = Operations(scale=scale / 60 if timeline else 0)
        region, zones = aws.config.values.get("aws:region", REGION), [aws.domain] if aws.domain else []
        with running(region, zones, operations) as simulation, console.status("Starting ...") as status:
            operations.watch = lambda operation: status.update(
                f"{len(operations.done)} operations, last: {operation.kind} {operation.name}"
            )
            summary = run(
                simulation,
                rehearsed,
                faults,
                lambda part, seconds: console.print(f"{part:<30} {seconds:6.1f} s"),
                read_settings,
                change,
            )
    except OSError as error:
        raise RehearsalError(str(error)) from error
    comparison = compare(plan, last_plan, summary, operations.scale) if timeline else {}
    if json_:
        typer.echo(json.dumps({**summary.as_json(), "timeline": comparison}, indent=2))
    else:
        print_summary(summary, comparison)
    raise typer.Exit(0 if summary.good else 1)
