"""`genai init`: options, exit codes and where the output goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.commands.options import stack_option


def init(
    stack: Annotated[str, stack_option("Name of the AWS stack: dev, dev-anna, ... Azure's follows it.")] = "dev",
    answers_file: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Take the answers from this YAML file (docs/operations.md)."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace Pulumi.<stack>.yaml where there is one, without asking.")
    ] = False,
) -> None:
    """Set up a stack: ask what cannot be guessed, and write Pulumi.<stack>.yaml.

    Explains each question, refuses what the program would refuse, makes the stack with the Pulumi CLI and encrypts the
    keys of model providers. Then `preflight`, where there are credentials. Nothing is made in a cloud.

    Exit codes: 0 written, 1 written, and preflight is not fine, 2 refused or interrupted: nothing was written.
    """
    # Imported here: `genai --help` must not wait for Pulumi.
    from ops.commands.init import answers, set_up
    from ops.project import ROOT

    try:
        given = answers.read(answers_file, stack) if answers_file else None
        done = set_up.set_up(ROOT, given or answers.Answers(stack=stack), ask=given is None, overwrite=overwrite)
    except (KeyboardInterrupt, typer.Abort) as error:
        typer.echo("\nInterrupted: nothing was written.", err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(_after(done, stack))


def _after(stacks_made: list[str], stack: str) -> int:
    """Run preflight where it can ask, print the next command; the exit code."""
    import os

    from botocore.exceptions import BotoCoreError
    from botocore.session import get_session

    from ops.commands.preflight.command import preflight
    from stacks.errors import GenaiError

    code = 0
    following = [f"genai up --stack {one}" for one in stacks_made]
    try:
        credentials = get_session().get_credentials()
        why = "there are no AWS credentials here"
    except BotoCoreError as error:
        credentials, why = None, str(error).rstrip(".")
    if credentials is None:
        typer.echo(
            f"\nWhether `up` will succeed was not asked: {why}. Log in (`aws sso login`) or set AWS_PROFILE, then "
            "go on with the commands below."
        )
        following.insert(0, f"genai preflight --stack {stack}")
    else:
        typer.echo(f"\nPreflight of stack {stack}:")
        try:
            preflight(stack=stack)
        except typer.Exit as exit_:
            code = 1 if exit_.exit_code else 0
        except GenaiError as error:  # refused by the program alone: what was written stays
            typer.echo(error, err=True)
            code = 1
        if code:
            following.insert(0, f"genai preflight --stack {stack}")
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        typer.echo("\nIn every shell, unless the state is in Pulumi Cloud: export PULUMI_CONFIG_PASSPHRASE=...")
    typer.echo("\nNext:\n" + "\n".join(f"  .venv/bin/{line}" for line in [f"genai plan --stack {stack}", *following]))
    return code
