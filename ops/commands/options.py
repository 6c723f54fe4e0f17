"""Typer options that several commands of `genai` share."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.completion import stacks

Stack = Annotated[str, typer.Option(help="Which stack: the name in Pulumi.<stack>.yaml.", autocompletion=stacks)]
LangfuseStack = Annotated[
    str, typer.Option(help="Whose Langfuse: the name in Pulumi.<stack>.yaml.", autocompletion=stacks)
]
Json = Annotated[bool, typer.Option("--json", help="Data instead of a report.")]
