"""`python -m rehearsal`: the command `rehearse` as a program."""

import typer

from ops.encoding import print_in_any_encoding
from ops.typer_command import GenaiCommand
from rehearsal.command import rehearse

print_in_any_encoding()
app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
app.command(cls=GenaiCommand)(rehearse)
app()
