"""Pulumi CLI: commands that messages tell to run, each with the name of the stack, so that they can be pasted."""

from __future__ import annotations


class _Read:
    """The settings that were read last; checks ask for them from other threads."""

    stack = ""


def name_stack(stack: str) -> None:
    """Say whose settings are read now."""
    _Read.stack = stack


def set_config(arguments: str) -> str:
    """`pulumi config set` for that stack."""
    return f"`pulumi config set {f'-s {_Read.stack} ' if _Read.stack else ''}{arguments}`"


def genai(command: str) -> str:
    """A command of `genai` for that stack."""
    return f"`genai {command}{f' -s {_Read.stack}' if _Read.stack else ''}`"


def set_secret(path: str) -> str:
    """The same for an encrypted value, which the CLI asks for."""
    return set_config(f"--secret --path {path}")
