"""`genai status`: options, exit codes and where the output goes."""

from __future__ import annotations

import typer

from ops.commands.options import Json, Stack


def status(
    stack: Stack = "dev",
    json_: Json = False,
) -> None:
    """Say what runs, how it is and what it has cost.

    Also since when it runs, when it ends by the schedule, and what to do next.

    Exit codes: 0 the day is up and all is well, 1 it is not, 2 the input is wrong or something could not be looked at.
    A day that is down is 1 as well: 0 says that the platform can be used now. `stage` in --json tells the two apart.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json
    from datetime import UTC, datetime

    from rich.console import Console

    from ops.commands.project.access import sweep_along
    from ops.commands.status.examine import examine
    from ops.commands.status.report import as_json, print_status
    from ops.console import report_console
    from ops.project import ROOT
    from ops.stack.settings_file import read

    config = read(ROOT, stack)
    with Console(stderr=True).status(f"Looking at stack {stack} ..."):
        found = examine(config, ROOT, datetime.now(UTC))
        sweep_along(stack, found.place, lambda: found.outputs or {})
    if json_:
        typer.echo(json.dumps(as_json(found), indent=2))
    else:
        print_status(found, report_console())
    raise typer.Exit(found.exit_code)
