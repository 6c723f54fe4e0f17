"""`genai plan`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.options import stack_option

if TYPE_CHECKING:
    from ops.model.cost import Cost


def plan(
    stack: Annotated[str, stack_option("Which Pulumi.<stack>.yaml to plan.")] = "dev",
    size: Annotated[str | None, typer.Option(help="Plan another size than the stack's: day or team.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Plan with another setting; lists and objects as JSON."),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Data instead of a report (ops/commands/plan/schema.json).")
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(help="USD a day of 8 hours may cost; exit code 3 when it costs more, 2 when nobody knows.", min=0),
    ] = None,
    write_docs: Annotated[
        bool, typer.Option("--write-docs", help="Also draw the picture of the stack in docs/ (and README) anew.")
    ] = False,
) -> None:
    """Show what `pulumi up` would build, its cost and its timeline. Needs no account and no Pulumi CLI.

    Exit codes: 0 fine, 2 the configuration is refused, a price for the budget is not known, or the drawings cannot be
    written, 3 over budget, 4 `pulumi up` would be stopped: by a mandatory guardrail, or because the AWS stack behind
    an Azure stack has to be set up for it first. 4 wins over 3, and 3 over 2.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json

    from rich.console import Console

    from ops.commands.plan import diagram
    from ops.commands.plan.as_json import as_json
    from ops.commands.plan.report import print_report
    from ops.console import report_console
    from ops.project import ROOT
    from ops.stack.plan import make_plan
    from ops.stack.settings_file import read

    progress = Console(stderr=True)
    config = read(ROOT, stack, [*([f"size={size}"] if size else []), *(set_ or [])])
    with progress.status(f"Running the program of stack {stack} ..."):
        made = make_plan(config)
    if json_:
        typer.echo(json.dumps(as_json(made), indent=2))
    else:
        print_report(made, report_console())
    if write_docs:
        diagram.write(made)
    code = 0 if budget is None else _judge(made.cost, budget)
    raise typer.Exit(4 if made.stopped else code)


def _judge(cost: Cost, budget: float) -> int:
    """0 when the day stays within the budget, 3 when it does not, 2 when nobody knows; says why it is not 0."""
    from ops.model.cost import amount

    if round(cost.usd_per_day, 2) > budget:  # as it is shown
        shown = amount(cost.usd_per_day, cost.unpriced)
        typer.echo(f"The day costs {shown}, more than the budget of {budget:,.10g} USD.", err=True)
        return 3
    if cost.unpriced:
        typer.echo(
            f"Whether the budget of {budget:,.10g} USD holds is not known: no price for {', '.join(cost.unpriced)}.",
            err=True,
        )
        return 2
    return 0
