"""`python -m rehearsal`."""

import typer

from ops.typer_command import GenaiCommand
from rehearsal.command import rehearse

app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command(cls=GenaiCommand)(rehearse)
app()
