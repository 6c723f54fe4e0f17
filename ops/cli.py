"""The `genai` command. Each command lives in a package of its own and imports what is slow only when it runs."""

from __future__ import annotations

import typer

from ops.commands.chat.command import chat
from ops.commands.env.command import env
from ops.commands.forward.command import forward
from ops.commands.langfuse.command import langfuse
from ops.commands.leftovers.command import leftovers
from ops.commands.plan.command import plan
from ops.commands.preflight.command import preflight
from ops.commands.project.command import project
from ops.commands.schema import schema
from ops.commands.status.command import status
from ops.commands.up_and_down.command import down, up
from ops.commands.verify.command import verify

# Without markup `--help` needs a third of the time: Typer's own boxes import all of Rich.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def genai() -> None:
    """A GenAI platform for a day: plan it, stand it up, use it, take it down, and see that nothing is left."""


for command in (plan, preflight, up, status, verify, env, forward, chat, schema, down, leftovers):
    app.command()(command)
app.add_typer(project, name="project")
app.add_typer(langfuse, name="langfuse")


def main() -> None:
    """Entry point of the `genai` script."""
    app()


if __name__ == "__main__":
    main()
