"""`genai env`: options, exit codes and where the output goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.commands.options import stack_option
from ops.completion import stacks


def env(
    stack: Annotated[str, stack_option("The AWS day: the name in Pulumi.<stack>.yaml.")] = "dev",
    azure_stack: Annotated[
        str | None,
        typer.Option(
            help="Also what a client of this Azure stack needs, which is in front of the day.", autocompletion=stacks
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS", help="Which virtual key; by default the first, or with --azure-stack the client's."
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Into this file, for its owner alone, and not on the screen.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Data instead of shell lines.")] = False,
) -> None:
    """Print the day's URLs and keys for your tools.

    As environment variables: `eval "$(genai env)"` sets them.

    Exit codes: 0 fine, 2 the input is wrong, the stack is not up, or the file cannot be written.
    """
    # Imported here: `genai --help` must not wait for Pulumi.
    import json

    from ops.commands.env import private_file, variables
    from ops.stack.running import read_aws_stack, read_gateway
    from stacks.errors import GenaiError

    if json_ and write:
        raise GenaiError("A file is for shells: leave --json out, or --write.")
    running = read_aws_stack(stack)
    gateway = read_gateway(azure_stack, stack, running) if azure_stack else None
    alias = key or (gateway.key_alias if gateway else next(iter(running.key_models), ""))
    found = {**variables.of_aws_stack(running, alias), **(variables.of_gateway(gateway) if gateway else {})}
    if write:
        private_file.write(write, variables.as_shell(found))
        typer.echo(f"{len(found)} variables are in {write}, with the virtual key {alias}.", err=True)
    else:
        typer.echo(json.dumps(found, indent=2) if json_ else variables.as_shell(found), nl=json_)
    if not (running.litellm_url.startswith("https://") and running.langfuse_url.startswith("https://")):
        typer.echo(
            "Without a domain LiteLLM and Langfuse speak HTTP: these keys cross the network in clear, and so would "
            f"LiteLLM's master key if your tool sends it there. `genai forward -s {stack}` opens both on localhost, "
            "encrypted; or set domain for HTTPS.",
            err=True,
        )
