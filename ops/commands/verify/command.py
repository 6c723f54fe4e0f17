"""`genai verify`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import Json, stack_option
from ops.completion import stacks


def verify(
    stack: Annotated[
        str, stack_option("The AWS day, MCP or Databricks stack to prove: the name in Pulumi.<stack>.yaml.")
    ] = "dev",
    azure_stack: Annotated[
        str | None,
        typer.Option(
            help="Also prove the way through this Azure stack, which is in front of the day.", autocompletion=stacks
        ),
    ] = None,
    failover: Annotated[
        bool,
        typer.Option(
            "--failover",
            help="Also let a deployment of each pool of the Azure stack refuse for a minute and a half.",
        ),
    ] = False,
    json_: Json = False,
) -> None:
    """Prove the whole path of a running day.

    Calls LiteLLM as users do, and follows the call to Langfuse and the buckets. A few short completions are paid for;
    only their traces stay. Of an MCP stack it proves what anybody may see: strangers and forged tokens are refused.
    Exit codes: 0 all proved, 1 a step was not, 2 the input is wrong, the outputs cannot be read or nothing answers.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    from ops.checks.check import Outcome
    from ops.checks.verify.step import attempt, exit_code
    from ops.commands.verify.proofs import proof_for
    from ops.commands.verify.report import as_json, print_outcome, print_summary
    from ops.console import report_console
    from stacks.errors import GenaiError

    if failover and not azure_stack:
        raise GenaiError("--failover proves pools of the gateway: name its stack with --azure-stack, or leave it out.")
    console = report_console(stderr=json_)
    outcomes: dict[str, Outcome] = {}
    with proof_for(stack, azure_stack, failover=failover) as proof:
        for step in proof.steps:
            with console.status(step.name):
                outcomes[step.name] = attempt(step, outcomes, proof.secrets)
            print_outcome(step.name, outcomes[step.name], console)
    code = exit_code(outcomes.values())
    print_summary(outcomes, proof.notes, console)
    if json_:
        typer.echo(as_json(outcomes, proof.notes, stack=stack, azure_stack=azure_stack, code=code))
    raise typer.Exit(code)
