"""`genai preflight`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import Json, stack_option


def preflight(
    stack: Annotated[str, stack_option("Which Pulumi.<stack>.yaml is to go up.")] = "dev",
    models: Annotated[bool, typer.Option("--models", help="Also call each model for one token.")] = False,
    json_: Json = False,
) -> None:
    """Say whether `pulumi up` will succeed, each line with its fix. Changes nothing.

    Exit codes: 0 all fine, 1 something is bad, 2 the configuration is refused or something could not be looked at.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json

    from ops.checks.check import State, exit_code, run
    from ops.checks.report import as_data, print_outcomes
    from ops.commands.preflight.checks import CHECKS
    from ops.console import report_console
    from ops.project import ROOT
    from ops.stack.settings_file import read

    config = read(ROOT, stack)
    outcomes = run(CHECKS[config.kind.name](config, models))
    code = exit_code(outcomes.values())
    if json_:
        typer.echo(json.dumps({"stack": stack, "checks": as_data(outcomes), "exit_code": code}, indent=2))
        raise typer.Exit(code)
    console = report_console()
    print_outcomes(outcomes, console)
    counts = {state: sum(outcome.state == state for outcome in outcomes.values()) for state in State}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items() if count) + ".")
    raise typer.Exit(code)
