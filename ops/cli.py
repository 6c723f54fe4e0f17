"""The `genai` command. Each command lives in a package of its own and imports what is slow only when it runs."""

from __future__ import annotations

import typer

from ops.leftovers.command import leftovers
from ops.plan.command import plan
from ops.preflight.command import preflight

# Without markup `--help` needs a third of the time: Typer's own boxes import all of Rich.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def genai() -> None:
    """Plan the GenAI platform for a day, check that it will come up, and that nothing of it is left."""


app.command()(plan)
app.command()(preflight)
app.command()(leftovers)


def main() -> None:
    """Entry point of the `genai` script."""
    app()


if __name__ == "__main__":
    main()
