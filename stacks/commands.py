"""Pulumi CLI: commands that messages tell to run, each with the name of the stack, so that they can be pasted."""

from __future__ import annotations

import pulumi


def set_config(arguments: str) -> str:
    """`pulumi config set` for the stack whose program runs."""
    return f"`pulumi config set -s {pulumi.get_stack()} {arguments}`"


def set_secret(path: str) -> str:
    """The same for an encrypted value, which the CLI asks for."""
    return set_config(f"--secret --path {path}")
