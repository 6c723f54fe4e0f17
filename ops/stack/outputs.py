"""Pulumi outputs of a stack, read through the user's own CLI, backend and passphrase (`pulumi stack output`)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from ops.project import ROOT
from stacks.errors import GenaiError


class StackOutputsError(GenaiError):
    """The outputs cannot be read; the message says why and what to do."""


class NotUpError(StackOutputsError):
    """The stack is there and has no outputs."""


def read_outputs(stack: str) -> dict[str, Any]:
    """All outputs of the stack, secrets in plain.

    Raises StackOutputsError when there is no CLI, no such stack or no way to its state, NotUpError when it is not up.
    """
    cli = shutil.which("pulumi")
    if cli is None:
        raise StackOutputsError(
            "There is no `pulumi` on PATH: install the Pulumi CLI (https://www.pulumi.com/docs/install/)."
        )
    command = [cli, "stack", "output", "--stack", stack, "--json", "--show-secrets", "--non-interactive"]
    result = subprocess.run([*command, "--cwd", str(ROOT)], capture_output=True, text=True, check=False)  # noqa: S603
    if "no stack named" in result.stderr:
        raise StackOutputsError(f"There is no stack {stack} in this backend: `pulumi stack init {stack}` makes it.")
    if result.returncode:
        raise StackOutputsError(f"pulumi stack output --stack {stack}: {result.stderr.strip().removeprefix('error: ')}")
    outputs: dict[str, Any] = json.loads(result.stdout)
    if not outputs:
        raise NotUpError(f"Stack {stack} is not up: it has no outputs. Run `pulumi up --stack {stack}` first.")
    return outputs
