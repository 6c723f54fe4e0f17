"""Terminal or no terminal: whether somebody can be asked, and the passphrase that is asked for without echo."""

from __future__ import annotations

import sys

import typer


def has_terminal() -> bool:
    """Whether there is somebody to answer."""
    return sys.stdin.isatty()


def ask_passphrase(*, new: bool) -> str:
    """The passphrase of a stack, which is not shown; a new one twice."""
    typer.echo(
        "\nA passphrase encrypts the secrets of your stacks. Keep it where you keep passwords: without it nobody reads "
        "them."
    )
    answer: str = typer.prompt(
        "Passphrase, not shown", hide_input=True, confirmation_prompt="The same again" if new else False
    )
    return answer
