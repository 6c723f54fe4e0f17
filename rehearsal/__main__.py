"""`python -m rehearsal`."""

import typer

from rehearsal.command import rehearse

typer.run(rehearse)
