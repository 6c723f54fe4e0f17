"""Typer options that several commands of `genai` share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.completion import stacks


def stack_option(help_: str) -> Any:
    """`--stack`, in short `-s` as in Pulumi; Tab offers the stacks that there are."""
    return typer.Option("--stack", "-s", help=help_, autocompletion=stacks)


Stack = Annotated[str, stack_option("Which stack: the name in Pulumi.<stack>.yaml.")]
LangfuseStack = Annotated[str, stack_option("Whose Langfuse: the name in Pulumi.<stack>.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Data instead of a report.")]
