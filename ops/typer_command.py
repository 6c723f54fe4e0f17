"""Typer: a command that ends with the sentence and the exit code of an error of ours."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from stacks.errors import GenaiError


class GenaiCommand(TyperCommand):
    """Shows a `GenaiError` on standard error; any other error is a defect and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except GenaiError as error:
            typer.echo(error, err=True)
            raise typer.Exit(error.exit_code) from error
