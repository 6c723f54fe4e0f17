"""The `genai` command. Each command lives in a package of its own and imports what is slow only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.add_model.command import add_model
from ops.commands.chat.command import chat
from ops.commands.env.command import env
from ops.commands.forward.command import forward
from ops.commands.init.command import init
from ops.commands.langfuse.command import langfuse
from ops.commands.leftovers.command import leftovers
from ops.commands.mcp.command import mcp
from ops.commands.plan.command import plan
from ops.commands.preflight.command import preflight
from ops.commands.project.command import project
from ops.commands.schema import schema
from ops.commands.status.command import status
from ops.commands.up_and_down.command import down, up
from ops.commands.usage.command import usage
from ops.commands.verify.command import verify
from ops.typer_command import GenaiCommand

# Without markup `--help` needs a third of the time: Typer's own boxes import all of Rich.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        from ops.project import PROJECT

        typer.echo(f"genai {version(PROJECT)}")
        raise typer.Exit


@app.callback()
def genai(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """A GenAI platform for a day: plan it, stand it up, use it, take it down, and see that nothing is left."""


for command in (
    init,
    add_model,
    plan,
    preflight,
    up,
    status,
    verify,
    usage,
    env,
    forward,
    chat,
    schema,
    down,
    leftovers,
):
    app.command(cls=GenaiCommand)(command)
app.add_typer(project, name="project")
app.add_typer(langfuse, name="langfuse")
app.add_typer(mcp, name="mcp")


def main() -> None:
    """Entry point of the `genai` script."""
    from ops.encoding import print_in_any_encoding

    print_in_any_encoding()
    app()


if __name__ == "__main__":
    main()
