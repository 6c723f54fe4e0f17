"""Pulumi CLI: commands that messages tell to run, each with the name of the stack, so that they can be pasted."""

from __future__ import annotations

import re


def set_config(arguments: str) -> str:
    """`pulumi config set`, without the stack that the rules for settings do not know: `for_stack` adds it."""
    return f"`pulumi config set {arguments}`"


def set_secret(path: str) -> str:
    """The same for an encrypted value, which the CLI asks for."""
    return set_config(f"--secret --path {path}")


def for_stack(stack: str, message: str) -> str:
    """The message with the stack in each command of `set_config`."""
    return re.sub("`pulumi config set (?!-s )", f"`pulumi config set -s {stack} ", message)
