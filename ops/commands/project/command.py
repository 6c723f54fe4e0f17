"""`genai project`: options, exit codes and where the output goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.options import Json, LangfuseStack
from ops.typer_command import GenaiCommand

if TYPE_CHECKING:
    from ops.checks.verify.administrator import Administrator
    from ops.clouds.langfuse_administrator import LangfuseAdministrator
    from ops.stack.running_stacks import RunningAwsStack

project = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="The developer, or what is tuned.")]


@project.callback()
def projects_() -> None:
    """Langfuse projects of developers, for a limited time.

    Each has an organisation of its own, so that nobody sees another's. Needs the `aws` CLI.
    """


@project.command(cls=GenaiCommand)
def create(
    name: Name,
    until: Annotated[
        str, typer.Option(help="When it ends: 18:00 today, 18:00+09:00, or 2026-11-29T18:00+09:00.", metavar="TIME")
    ],
    ticket: Annotated[str, typer.Option(help="What was approved; it goes into the note of the key.")] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="Also a virtual key of LiteLLM for this model; may be repeated.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The keys into this new file, and not on the screen.")
    ] = None,
    stack: LangfuseStack = "dev",
    json_: Json = False,
) -> None:
    """Make a project and its keys, which are shown this once.

    Exit codes: 0 made, 2 the input is wrong, the stack is not up, or it cannot be made: then nothing is.
    """
    # Imported here, as in the others below: `genai --help` must not wait for the cloud SDKs.
    import json
    from contextlib import ExitStack
    from datetime import UTC, datetime

    from ops.commands.env import private_file
    from ops.commands.env.variables import as_shell
    from ops.commands.project import deadline, litellm_key
    from ops.commands.project.projects import Grant, ProjectError, checked_name, checked_ticket, created

    now = datetime.now(UTC)
    with ExitStack() as made:
        grant = Grant(name=checked_name(name), until=deadline.read(until, now))
        if ticket:
            checked_ticket(ticket)
        if json_ and write:
            raise ProjectError("A file is for shells: leave --json out, or --write.")
        if write:
            private_file.refuse_existing(write)
        running = _running(stack) if model else None
        if running and (unknown := [wanted for wanted in model or [] if wanted not in running.models]):
            raise ProjectError(f"There is no model {', '.join(unknown)}: use those of {', '.join(running.models)}.")
        outputs, langfuse = _open(stack)
        pair = made.enter_context(created(langfuse, grant, ticket, now, stack))
        variables = {
            "LANGFUSE_BASE_URL": outputs["langfuseUrl"],
            "LANGFUSE_PUBLIC_KEY": pair.public_key,
            "LANGFUSE_SECRET_KEY": pair.secret_key,
        }
        if running:
            variables["OPENAI_BASE_URL"] = f"{running.litellm_url}/v1"
            key = litellm_key.created(_litellm(running), grant, model or [], now)
            variables["OPENAI_API_KEY"] = made.enter_context(key)
        if write:
            private_file.write_once(write, as_shell(variables))
    if json_:
        until_ = grant.until.isoformat()
        report = {
            "name": name,
            "until": until_,
            "keys_end_by_themselves": pair.ends_by_itself,
            "variables": variables,
        }
        typer.echo(json.dumps(report, indent=2))
    elif not write:
        typer.echo(as_shell(variables), nl=False)
    where = f"Its keys are in {write}" if write else "Its keys are shown this once"
    end = (
        "Langfuse refuses them then"
        if pair.ends_by_itself
        else "the first sweep after that ends them (docs/projects.md)"
    )
    typer.echo(f"Project {name} is there until {deadline.shown(grant.until)}. {where}; {end}.", err=True)
    if not outputs["langfuseUrl"].startswith("https://"):
        typer.echo(
            f"Without a domain they cross the network in clear: use them through `genai forward -s {stack}`.", err=True
        )


@project.command("list", cls=GenaiCommand)
def list_(stack: LangfuseStack = "dev", json_: Json = False) -> None:
    """Show the projects, whose they are and until when.

    Exit codes: 0 shown, 2 the input is wrong, the stack is not up, or Langfuse cannot be asked.
    """
    import json
    from datetime import UTC, datetime

    from ops.commands.project.deadline import shown
    from ops.commands.project.projects import projects

    found = projects(_open(stack)[1])
    now = datetime.now(UTC)
    if json_:
        rows = [
            {
                "name": listed.grant.name,
                "until": listed.grant.until.isoformat(),
                "over": listed.grant.until <= now,
                "keys": listed.keys,
                "ticket": listed.ticket or None,
            }
            for listed in found
        ]
        typer.echo(json.dumps({"projects": rows}, indent=2))
        return
    for listed in sorted(found, key=lambda listed: listed.grant.until):
        keys = f"{listed.keys} key{'s' * (listed.keys != 1)}"
        state = "over, and goes with a sweep" if listed.grant.until <= now else keys
        ticket = f", ticket {listed.ticket}" if listed.ticket else ""
        typer.echo(f"{listed.grant.name:24}  until {shown(listed.grant.until)}  {state}{ticket}")
    if not found:
        typer.echo("No developer has a project.", err=True)


@project.command(cls=GenaiCommand)
def revoke(name: Name, stack: LangfuseStack = "dev", json_: Json = False) -> None:
    """End a project before its time, with its keys.

    Exit codes: 0 ended, 1 LiteLLM could not be asked to delete its key, 2 the input is wrong, the stack is not up, or
    Langfuse cannot be asked.
    """
    import json
    from datetime import UTC, datetime

    from botocore.exceptions import BotoCoreError

    from ops.checks.verify.step import UnprovedError
    from ops.commands.project import litellm_key
    from ops.commands.project.projects import ProjectError, checked_name, projects
    from ops.commands.project.projects import revoke as end

    problem = ""
    checked_name(name)
    running = _running(stack)
    _, langfuse = _open(stack)
    now = datetime.now(UTC)
    found = [listed for listed in projects(langfuse) if listed.grant.name == name and listed.grant.until > now]
    if not found:
        raise ProjectError(f"There is no project {name}: `genai project list -s {stack}` shows those that there are.")
    for listed in found:
        try:
            litellm_key.delete(_litellm(running), listed.grant)
        except (UnprovedError, BotoCoreError) as error:
            problem = f"Whether LiteLLM has a key of {name} is not known: {error}. It ends by itself in time."
        end(langfuse, listed, now)
    if json_:
        typer.echo(json.dumps({"revoked": name, "problem": problem or None}))
    else:
        typer.echo(f"Project {name} is over: its keys are refused. Langfuse deletes its data in the background.")
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1)


@project.command(cls=GenaiCommand)
def sweep(stack: LangfuseStack = "dev", json_: Json = False) -> None:
    """End the projects that are over.

    `genai up`, `status` and `down` do this too, and the workflow `day` every hour.

    Exit codes: 0 nothing is over any more, or the stack is not up, 1 something could not be ended, 2 the input is
    wrong, or Langfuse cannot be asked.
    """
    import json
    from datetime import UTC, datetime

    from ops.commands.project import projects
    from ops.stack.outputs import NotUpError

    try:
        swept = projects.sweep(_open(stack)[1], datetime.now(UTC))
    except NotUpError as error:
        typer.echo(error, err=True)
        swept = projects.Swept(ended=[], problems=[])
    if json_:
        typer.echo(json.dumps({"ended": swept.ended, "problems": swept.problems}))
    for line in () if json_ else swept.ended:
        typer.echo(line)
    for line in swept.problems:
        typer.echo(line, err=True)
    if not json_ and not swept.ended and not swept.problems:
        typer.echo("No project is over.")
    raise typer.Exit(1 if swept.problems else 0)


def _open(stack: str) -> tuple[Mapping[str, Any], LangfuseAdministrator]:
    from ops.commands.project.access import log_in, read_up

    outputs, region = read_up(stack)
    return outputs, log_in(stack, region, outputs)


def _running(stack: str) -> RunningAwsStack:
    from ops.stack.running import read_aws_stack

    return read_aws_stack(stack)


def _litellm(running: RunningAwsStack) -> Administrator:
    from ops.checks.verify.administrator import Administrator, cluster_api

    return Administrator(running.litellm_master_key, lambda: cluster_api(running.cluster_name, running.region))
